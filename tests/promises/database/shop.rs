//! Made-up shops on a database with the shape of Adobe Commerce.

use mysql::Conn;
use mysql::prelude::Queryable;

/// The moment at which every shop is looked at.
pub(crate) const NOW: u64 = 1_800_000_000;
/// The end of a version that has none.
const NEVER: u64 = 2_147_483_647;

/// What a shop is like.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shop {
    pub seed: u64,
    pub prefix: String,
    /// How many of each thing.
    pub size: u64,
    /// Without foreign keys to sequences and rows, as if somebody had dropped them.
    pub lacks_keys: bool,
    /// With rows that point to nothing.
    pub orphans: bool,
    /// A word that is in every key's name.
    pub key_word: String,
}

/// A small source of numbers.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(crate) fn roll(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % below.max(1)
    }

    fn one_in(&mut self, many: u64) -> bool {
        self.roll(many) == 0
    }
}

impl Shop {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            seed,
            size: 6,
            key_word: "K".into(),
            ..Self::default()
        }
    }

    /// Makes the tables and fills them.
    pub(crate) fn make(&self, conn: &mut Conn, database: &str) {
        conn.query_drop(format!("USE {database}")).unwrap();
        conn.query_drop("SET FOREIGN_KEY_CHECKS = 0").unwrap();
        // The same shop again is the same in every value.
        conn.query_drop("SET SESSION timestamp = 1700000000")
            .unwrap();
        for statement in self.tables() {
            conn.query_drop(&statement)
                .unwrap_or_else(|error| panic!("{error}: {statement}"));
        }
        if self.size > 0 {
            Filler {
                shop: self,
                conn,
                dice: Dice::new(self.seed),
            }
            .fill();
        }
        conn.query_drop("SET FOREIGN_KEY_CHECKS = 1").unwrap();
        conn.query_drop("SET SESSION timestamp = DEFAULT").unwrap();
    }

    fn tables(&self) -> Vec<String> {
        let mut tables: Vec<(String, Vec<String>)> = Vec::new();
        let mut keys = 0;
        let p = &self.prefix;
        for line in include_str!("schema.txt").lines() {
            if line.starts_with('#') || line.trim().is_empty() {
                continue;
            }
            if !line.starts_with(' ') {
                tables.push((line.to_string(), Vec::new()));
                continue;
            }
            let (table, lines) = tables.last_mut().unwrap();
            let (text, key) = match line.trim().split_once(" -> ") {
                Some((text, key)) => (text, Some(key)),
                None => (line.trim(), None),
            };
            let words: Vec<&str> = text.split(' ').collect();
            let columns = |words: &[&str]| -> String {
                let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
                quoted.join(",")
            };
            let mut name = |kind: &str| {
                keys += 1;
                format!(
                    "`{}_{kind}{keys}_{}`",
                    self.key_word,
                    &table[..table.len().min(30)]
                )
            };
            match words[0] {
                "primary" => lines.push(format!("PRIMARY KEY ({})", columns(&words[1..]))),
                "unique" => lines.push(format!(
                    "UNIQUE KEY {} ({})",
                    name("U"),
                    columns(&words[1..])
                )),
                "index" => lines.push(format!("KEY {} ({})", name("I"), columns(&words[1..]))),
                "fulltext" => lines.push(format!(
                    "FULLTEXT KEY {} ({})",
                    name("T"),
                    columns(&words[1..])
                )),
                column => {
                    lines.push(format!("`{column}` {}", words[1..].join(" ")));
                    let Some(key) = key else { continue };
                    let (parent, rule) = key.split_once(' ').unwrap();
                    let (parent, parent_column) = parent.split_once('.').unwrap();
                    let of_staging = parent.starts_with("sequence_") || parent_column == "row_id";
                    if self.lacks_keys && of_staging && !table.starts_with("acme") {
                        lines.push(format!("KEY {} (`{column}`)", name("M")));
                        continue;
                    }
                    let rule = match rule {
                        "cascade" => "ON DELETE CASCADE",
                        "null" => "ON DELETE SET NULL",
                        _ => "",
                    };
                    lines.push(format!(
                        "CONSTRAINT {} FOREIGN KEY (`{column}`) REFERENCES `{p}{parent}` (`{parent_column}`) {rule}",
                        name("F")
                    ));
                }
            }
        }
        tables
            .iter()
            .map(|(table, lines)| {
                format!(
                    "CREATE TABLE `{p}{table}` ({}) ENGINE=InnoDB COMMENT='{table} of a shop'",
                    lines.join(", ")
                )
            })
            .collect()
    }
}

/// A version: when it begins and ends.
type Span = (u64, u64);

struct Filler<'a> {
    shop: &'a Shop,
    conn: &'a mut Conn,
    dice: Dice,
}

impl Filler<'_> {
    /// A row; returns the number that the server gave it.
    fn row(&mut self, table: &str, values: &str) -> u64 {
        let sql = format!("INSERT INTO `{}{table}` SET {values}", self.shop.prefix);
        self.conn
            .query_drop(&sql)
            .unwrap_or_else(|error| panic!("{error}: {sql}"));
        self.conn.last_insert_id()
    }

    fn rows(&mut self, table: &str, columns: &str, rows: &[&str]) {
        let sql = format!(
            "INSERT INTO `{}{table}` ({columns}) VALUES {}",
            self.shop.prefix,
            rows.join(",")
        );
        self.conn
            .query_drop(&sql)
            .unwrap_or_else(|error| panic!("{error}: {sql}"));
    }

    /// Versions one after the other: past ones, one that is alive or none, future ones.
    fn versions(&mut self) -> Vec<Span> {
        let mut marks = vec![1];
        let mut at = NOW - 400_000_000;
        for _ in 0..self.dice.roll(4) {
            at += 1 + self.dice.roll(250_000_000);
            marks.push(at);
        }
        // Exactly now is a moment, too.
        if self.dice.one_in(5) {
            marks.push(NOW);
        }
        marks.sort_unstable();
        marks.dedup();
        let last = if self.dice.one_in(8) {
            at + 200_000_000
        } else {
            NEVER
        };
        marks.push(last.max(*marks.last().unwrap() + 1));
        marks.windows(2).map(|pair| (pair[0], pair[1])).collect()
    }

    /// An entity with its versions; returns its number and the rows.
    fn entity(
        &mut self,
        table: &str,
        entity: &str,
        sequence: &str,
        values: &dyn Fn(&mut Dice, usize) -> String,
    ) -> (u64, Vec<u64>) {
        // Gaps in the numbers, as after deletions.
        if self.dice.one_in(4) {
            let lost = self.row(sequence, "sequence_value = NULL");
            let sql = format!(
                "DELETE FROM `{}{sequence}` WHERE sequence_value = {lost}",
                self.shop.prefix
            );
            self.conn.query_drop(sql).unwrap();
        }
        let id = self.row(sequence, "sequence_value = NULL");
        let mut rows = Vec::new();
        for (index, (begins, ends)) in self.versions().into_iter().enumerate() {
            if begins > 1 {
                let sql = format!(
                    "INSERT IGNORE INTO `{}staging_update` SET id = {begins}, start_time = FROM_UNIXTIME({begins}), name = 'update {begins}'",
                    self.shop.prefix
                );
                self.conn.query_drop(sql).unwrap();
            }
            let values = values(&mut self.dice, index);
            rows.push(self.row(
                table,
                &format!("{entity} = {id}, created_in = {begins}, updated_in = {ends}, {values}"),
            ));
        }
        (id, rows)
    }

    fn fill(&mut self) {
        self.fixed();
        let products = self.products();
        self.categories(&products);
        self.content();
        self.rules();
        self.customers(&products);
        if self.shop.orphans {
            self.row(
                "catalog_category_product",
                "category_id = 64000, product_id = 64000",
            );
            self.row(
                "catalog_product_entity_int",
                "attribute_id = 1, store_id = 0, value = 1, row_id = 64000",
            );
            self.row("sales_order_item", "order_id = 64000");
            self.row("wishlist_item", "wishlist_id = 64000, product_id = 1");
        }
    }

    fn fixed(&mut self) {
        self.rows(
            "store_website",
            "website_id, code",
            &["(0,'admin')", "(1,'base')", "(2,'second')"],
        );
        self.rows(
            "store",
            "store_id, code, website_id",
            &["(0,'admin',0)", "(1,'de',1)", "(2,'fr',1)", "(5,'en',2)"],
        );
        self.rows(
            "customer_group",
            "customer_group_id, customer_group_code",
            &["(0,'NOT LOGGED IN')", "(1,'General')", "(2,'Wholesale')"],
        );
        self.rows(
            "core_config_data",
            "path, value",
            &[
                "('general/locale/code','de_DE')",
                "('giftcard/general/is_redeemable','1')",
                "('payment/companycredit/active','1')",
                "('web/secure/base_url','https://x.test/')",
                "('giftcards_of_acme/a','1')",
            ],
        );
        self.rows(
            "setup_module",
            "module, schema_version",
            &[
                "('Magento_Catalog','1')",
                "('Magento_GiftCard','1')",
                "('Magento_Staging','1')",
                "('Acme_Note','1')",
                "('Magento_CompanyCredit','1')",
            ],
        );
        self.rows(
            "patch_list",
            "patch_name",
            &[
                r"('Magento\\Catalog\\Setup\\Patch\\Data\\A')",
                r"('Magento\\Rma\\Setup\\Patch\\Data\\B')",
                r"('Acme\\Note\\C')",
            ],
        );
        self.rows(
            "flag",
            "flag_code, flag_data",
            &[
                "('staging','{\"current_version\":\"1\"}')",
                "('report_order','x')",
            ],
        );
        self.rows(
            "cron_schedule",
            "job_code",
            &[
                "('staging_apply_version')",
                "('indexer_reindex_all_invalid')",
            ],
        );
        self.rows(
            "indexer_state",
            "indexer_id, status",
            &[
                "('catalog_product_price','valid')",
                "('targetrule_product_rule','valid')",
            ],
        );
        self.rows(
            "mview_state",
            "view_id, mode, status, version_id",
            &[
                "('catalog_product_price','enabled','working',7)",
                "('targetrule_product_rule','enabled','idle',1)",
            ],
        );
        self.rows("catalog_product_price_cl", "entity_id", &["(1)", "(2)"]);
        self.rows(
            "ui_bookmark",
            "namespace",
            &["('product_listing')", "('company_listing')"],
        );
        self.rows(
            "authorization_role",
            "role_id, role_type, role_name, gws_is_all",
            &["(1,'G','Administrators',1)", "(2,'G','German shop',0)"],
        );
        self.rows(
            "authorization_rule",
            "role_id, resource_id, permission",
            &[
                "(1,'Magento_Backend::all','allow')",
                "(2,'Magento_Catalog::products','allow')",
                "(2,'Magento_Rma::magento_rma','allow')",
            ],
        );
        self.rows(
            "eav_entity_type",
            "entity_type_id, entity_type_code, entity_model",
            &[
                r"(1,'customer','Magento\\Customer\\Model\\ResourceModel\\Customer')",
                r"(3,'catalog_category','Magento\\Catalog\\Model\\ResourceModel\\Category')",
                r"(4,'catalog_product','Magento\\Catalog\\Model\\ResourceModel\\Product')",
                r"(9,'rma_item','Magento\\Rma\\Model\\ResourceModel\\Item')",
            ],
        );
        self.rows("eav_attribute", "attribute_id, entity_type_id, attribute_code, backend_model, backend_type, is_user_defined", &[
            "(1,4,'status',NULL,'int',0)", "(2,4,'name',NULL,'varchar',0)", "(3,4,'price',NULL,'decimal',0)", "(4,4,'media_gallery',NULL,'static',0)",
            r"(5,4,'giftcard_amounts','Magento\\GiftCard\\Model\\Attribute\\Backend\\Giftcard\\Amount','decimal',0)", "(6,4,'lifetime',NULL,'int',0)",
            "(7,3,'name',NULL,'varchar',0)", "(8,9,'reason',NULL,'varchar',0)", "(9,1,'allow_message',NULL,'int',1)", "(10,4,'color',NULL,'int',1)",
        ]);
        self.rows("magento_customersegment_segment", "name", &["('VIP')"]);
        self.rows("acme_target", "segment_id", &["(1)", "(NULL)"]);
        self.rows("magento_bulk", "description", &["('kept')"]);
        self.rows("magento_rma", "status", &["('open')"]);
        self.rows("company", "company_name", &["('Acme & Sons')"]);
        self.rows(
            "paypal_settlement_report_row",
            "transaction_id",
            &["('t1')"],
        );
        self.rows("sequence_order_1", "sequence_value", &["(1)", "(2)"]);
    }

    fn products(&mut self) -> Vec<u64> {
        let mut ids: Vec<u64> = Vec::new();
        for number in 0..self.shop.size {
            let kinds = [
                "simple",
                "configurable",
                "bundle",
                "grouped",
                "downloadable",
            ];
            let kind = kinds[(number % 5) as usize];
            let (id, rows) = self.entity(
                "catalog_product_entity",
                "entity_id",
                "sequence_product",
                &|_, _| format!("type_id = '{kind}', sku = 'sku-{number}'"),
            );
            // The numbers of a bundle's options are the same in all versions, the texts are not.
            let options: Vec<u64> = match kind {
                "bundle" => (0..2)
                    .map(|_| self.row("sequence_product_bundle_option", "sequence_value = NULL"))
                    .collect(),
                _ => Vec::new(),
            };
            let selections: Vec<u64> = options
                .iter()
                .map(|_| self.row("sequence_product_bundle_selection", "sequence_value = NULL"))
                .collect();
            let image = self.row(
                "catalog_product_entity_media_gallery",
                &format!("attribute_id = 4, value = '/i/{number}.jpg'"),
            );
            for row in rows {
                self.product_version(row, &ids, image, kind, &options, &selections);
            }
            for website in [1, 2] {
                if self.dice.roll(3) > 0 {
                    self.row(
                        "catalog_product_website",
                        &format!("product_id = {id}, website_id = {website}"),
                    );
                }
            }
            let qty = self.dice.roll(100);
            self.row(
                "cataloginventory_stock_item",
                &format!("product_id = {id}, qty = {qty}"),
            );
            self.row(
                "url_rewrite",
                &format!(
                    "entity_type = 'product', entity_id = {id}, request_path = 'p{number}.html'"
                ),
            );
            self.row("review", &format!("entity_pk_value = {id}"));
            ids.push(id);
        }
        ids
    }

    fn product_version(
        &mut self,
        row: u64,
        others: &[u64],
        image: u64,
        kind: &str,
        options: &[u64],
        selections: &[u64],
    ) {
        for store in [0, 1, 2, 5] {
            if store > 0 && self.dice.one_in(2) {
                continue;
            }
            let number = self.dice.roll(1000);
            let null = self.dice.one_in(6);
            let text = if null {
                "NULL".to_string()
            } else {
                format!("'Näme {number} \\'q\\''")
            };
            self.row(
                "catalog_product_entity_varchar",
                &format!("attribute_id = 2, store_id = {store}, value = {text}, row_id = {row}"),
            );
            self.row(
                "catalog_product_entity_decimal",
                &format!(
                    "attribute_id = 3, store_id = {store}, value = {number}.25, row_id = {row}"
                ),
            );
            self.row(
                "catalog_product_entity_int",
                &format!("attribute_id = 10, store_id = {store}, value = {number}, row_id = {row}"),
            );
            self.row("catalog_product_entity_media_gallery_value", &format!("value_id = {image}, store_id = {store}, label = 'l{number}', position = 1, row_id = {row}"));
        }
        self.row(
            "catalog_product_entity_int",
            &format!("attribute_id = 6, store_id = 0, value = 3, row_id = {row}"),
        );
        self.row(
            "magento_giftcard_amount",
            &format!("value = 10, row_id = {row}"),
        );
        self.row(
            "catalog_product_entity_media_gallery_value_to_entity",
            &format!("value_id = {image}, row_id = {row}"),
        );
        if image > 1 && self.dice.one_in(2) {
            // An image that two products share.
            self.row(
                "catalog_product_entity_media_gallery_value_to_entity",
                &format!("value_id = {}, row_id = {row}", image - 1),
            );
        }
        for qty in 0..self.dice.roll(3) {
            let value = self.dice.roll(50);
            let group = self.dice.roll(3);
            self.row("catalog_product_entity_tier_price", &format!("all_groups = 0, customer_group_id = {group}, qty = {}, value = {value}, website_id = 0, row_id = {row}", qty + 2));
        }
        let note = self.dice.roll(1000);
        self.row(
            "acme_note",
            &format!("product_row = {row}, note = 'n{note}'"),
        );
        for other in others {
            if self.dice.one_in(3) {
                let link = self.row(
                    "catalog_product_link",
                    &format!("product_id = {row}, linked_product_id = {other}, link_type_id = 1"),
                );
                let position = self.dice.roll(9);
                self.row(
                    "catalog_product_link_attribute_int",
                    &format!("link_id = {link}, value = {position}"),
                );
            }
            if matches!(kind, "configurable" | "grouped") && self.dice.one_in(2) {
                self.row(
                    "catalog_product_relation",
                    &format!("parent_id = {row}, child_id = {other}"),
                );
                self.row(
                    "catalog_product_super_link",
                    &format!("parent_id = {row}, product_id = {other}"),
                );
            }
        }
        if kind == "configurable" {
            let attribute = self.row(
                "catalog_product_super_attribute",
                &format!("product_id = {row}, attribute_id = 10"),
            );
            self.row("catalog_product_super_attribute_label", &format!("product_super_attribute_id = {attribute}, store_id = 0, value = 'Colour {note}'"));
        }
        for (option, selection) in options.iter().zip(selections) {
            if self.dice.one_in(5) {
                continue;
            }
            self.row(
                "catalog_product_bundle_option",
                &format!("option_id = {option}, parent_id = {row}, position = {note}"),
            );
            self.row("catalog_product_bundle_option_value", &format!("option_id = {option}, parent_product_id = {row}, store_id = 0, title = 'Option {note}'"));
            if let Some(other) = others.first() {
                self.row("catalog_product_bundle_selection", &format!("selection_id = {selection}, option_id = {option}, parent_product_id = {row}, product_id = {other}, selection_qty = {note}"));
                self.row("catalog_product_bundle_selection_price", &format!("selection_id = {selection}, parent_product_id = {row}, website_id = 1, selection_price_value = {note}"));
            }
        }
        if self.dice.one_in(2) {
            let option = self.row(
                "catalog_product_option",
                &format!("product_id = {row}, type = 'drop_down'"),
            );
            self.row(
                "catalog_product_option_title",
                &format!("option_id = {option}, store_id = 0, title = 'Engraving {note}'"),
            );
            let value = self.row(
                "catalog_product_option_type_value",
                &format!("option_id = {option}, sku = 'o{note}'"),
            );
            self.row(
                "catalog_product_option_type_title",
                &format!("option_type_id = {value}, store_id = 0, title = 'gold {note}'"),
            );
        }
        if kind == "downloadable" {
            let link = self.row(
                "downloadable_link",
                &format!("product_id = {row}, link_url = 'https://x.test/{note}'"),
            );
            self.row(
                "downloadable_link_title",
                &format!("link_id = {link}, store_id = 0, title = 'File {note}'"),
            );
        }
    }

    fn categories(&mut self, products: &[u64]) {
        for number in 0..self.shop.size.div_ceil(2) {
            let (id, rows) = self.entity(
                "catalog_category_entity",
                "entity_id",
                "sequence_catalog_category",
                &|_, _| format!("path = '1/2/{number}'"),
            );
            for row in rows {
                for store in [0, 1] {
                    let name = self.dice.roll(1000);
                    self.row("catalog_category_entity_varchar", &format!("attribute_id = 7, store_id = {store}, value = 'c{name}', row_id = {row}"));
                }
            }
            for product in products {
                if self.dice.one_in(2) {
                    let position = self.dice.roll(100);
                    self.row(
                        "catalog_category_product",
                        &format!(
                            "category_id = {id}, product_id = {product}, position = {position}"
                        ),
                    );
                }
            }
            self.row("magento_catalogpermissions", &format!("category_id = {id}"));
        }
    }

    fn content(&mut self) {
        for number in 0..self.shop.size.div_ceil(2) {
            for (table, entity, link) in [
                ("cms_page", "page_id", "cms_page_store"),
                ("cms_block", "block_id", "cms_block_store"),
            ] {
                let (_, rows) =
                    self.entity(table, entity, &format!("sequence_{table}"), &|dice, _| {
                        format!(
                            "title = 't{number}', identifier = 'i{number}', content = 'text {}'",
                            dice.roll(1000)
                        )
                    });
                for row in rows {
                    let store = [0, 1, 2][self.dice.roll(3) as usize];
                    self.row(link, &format!("store_id = {store}, row_id = {row}"));
                }
            }
        }
    }

    fn rules(&mut self) {
        for number in 0..self.shop.size.div_ceil(2) {
            for table in ["catalogrule", "salesrule"] {
                let (id, rows) = self.entity(table, "rule_id", &format!("sequence_{table}"), &|dice, _| {
                    let condition = match dice.roll(4) {
                        0 => r#"{"type":"Magento\\\\CustomerSegment\\\\Model\\\\Segment\\\\Condition\\\\Segment"}"#,
                        _ => r#"{"type":"Magento\\\\SalesRule\\\\Model\\\\Rule\\\\Condition\\\\Combine"}"#,
                    };
                    format!("name = 'r{number}', is_active = {}, conditions_serialized = '{condition}', discount_amount = {}", dice.roll(2), dice.roll(50))
                });
                for row in rows {
                    for website in [1, 2] {
                        if self.dice.one_in(2) {
                            self.row(
                                &format!("{table}_website"),
                                &format!("website_id = {website}, row_id = {row}"),
                            );
                        }
                    }
                    let group = self.dice.roll(3);
                    self.row(
                        &format!("{table}_customer_group"),
                        &format!("customer_group_id = {group}, row_id = {row}"),
                    );
                    if table == "salesrule" {
                        self.row(
                            "salesrule_label",
                            &format!("store_id = 0, label = 'l{group}', row_id = {row}"),
                        );
                        self.row(
                            "magento_reward_salesrule",
                            &format!("rule_id = {row}, points_delta = 5"),
                        );
                    }
                }
                if table == "salesrule" {
                    self.row(
                        "salesrule_coupon",
                        &format!("rule_id = {id}, code = 'CODE{number}'"),
                    );
                }
            }
        }
    }

    fn customers(&mut self, products: &[u64]) {
        for number in 1..=3 {
            let customer = self.row(
                "customer_entity",
                &format!("email = 'c{number}@x.test', password_hash = 'hash:{number}:1', preferences = X'00FF{number:02}27'"),
            );
            self.row(
                "magento_customerbalance",
                &format!("customer_id = {customer}, amount = 12.5"),
            );
            for list in 0..=self.dice.roll(2) {
                let wishlist = self.row(
                    "wishlist",
                    &format!("customer_id = {customer}, name = 'list {list}'"),
                );
                let product = products[self.dice.roll(products.len() as u64) as usize];
                self.row(
                    "wishlist_item",
                    &format!("wishlist_id = {wishlist}, product_id = {product}, store_id = 1"),
                );
            }
            let order = self.row(
                "sales_order",
                &format!("increment_id = '00000{number}', customer_id = {customer}, store_id = 1, grand_total = 99.99, gift_cards_amount = 5"),
            );
            self.row(
                "sales_order_item",
                &format!(
                    "order_id = {order}, product_id = {}, product_options = '{{\"a\":[1,\"ü\"]}}'",
                    products[0]
                ),
            );
        }
    }
}
