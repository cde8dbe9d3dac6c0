//! What the storefront of a shop shows, read as Magento reads it: with content staging, of the versions that are alive at a
//! moment, and without it. It knows nothing of how a database is converted.

use super::server::in_words;
use mysql::Conn;
use mysql::prelude::Queryable;

/// How a shop's tables are read.
#[derive(Clone, Copy)]
pub(crate) struct Reading<'a> {
    pub database: &'a str,
    pub prefix: &'a str,
    /// The moment, for a shop with content staging.
    pub staged_at: Option<u64>,
}

impl Reading<'_> {
    fn table(&self, name: &str) -> String {
        format!("`{}`.`{}{name}`", self.database, self.prefix)
    }

    /// A staged table, with `e` as its name.
    fn entities(&self, table: &str) -> (String, String) {
        let alive = match self.staged_at {
            Some(at) => format!("e.created_in <= {at} AND e.updated_in > {at}"),
            None => "TRUE".to_string(),
        };
        (format!("{} AS e", self.table(table)), alive)
    }

    /// The column of `e` to which what belongs to a version points, and the column that points there.
    fn link<'n>(&self, entity: &'n str, column: &'n str) -> (&'n str, &'n str) {
        match (self.staged_at, column) {
            (Some(_), column) => ("row_id", column),
            (None, "row_id") => (entity, entity),
            (None, column) => (entity, column),
        }
    }

    /// All that is shown, in lines.
    pub(crate) fn lines(&self, conn: &mut Conn) -> Vec<String> {
        let mut lines = Vec::new();
        let mut ask = |what: &str, sql: String| {
            let rows: Vec<mysql::Row> = conn
                .query(&sql)
                .unwrap_or_else(|error| panic!("{error}: {sql}"));
            lines.extend(
                rows.into_iter()
                    .map(|row| format!("{what}: {}", in_words(row))),
            );
        };
        let (products, alive) = self.entities("catalog_product_entity");
        ask(
            "product",
            format!("SELECT e.entity_id, e.sku, e.type_id FROM {products} WHERE {alive}"),
        );
        let stores = self.table("store");
        let attributes = self.table("eav_attribute");
        for (entity, kinds) in [
            ("catalog_product_entity", &["varchar", "decimal", "int"][..]),
            ("catalog_category_entity", &["varchar"][..]),
        ] {
            let (entities, alive) = self.entities(entity);
            let (own, there) = self.link("entity_id", "row_id");
            for kind in kinds {
                let values = self.table(&format!("{entity}_{kind}"));
                // The value of the store view, else the default one.
                ask(
                    kind,
                    format!(
                        "SELECT e.entity_id, s.code, a.attribute_code, COALESCE(v.value, d.value) FROM {entities} JOIN {stores} AS s JOIN {attributes} AS a \
                     JOIN {values} AS d ON d.{there} = e.{own} AND d.attribute_id = a.attribute_id AND d.store_id = 0 \
                     LEFT JOIN {values} AS v ON v.{there} = e.{own} AND v.attribute_id = a.attribute_id AND v.store_id = s.store_id \
                     WHERE {alive} AND a.attribute_code IN ('name', 'price', 'color', 'status')"
                    ),
                );
            }
        }
        let of_product = |table: &str, column: &str, columns: &str, joins: &str| {
            let (own, there) = self.link("entity_id", column);
            format!(
                "SELECT e.entity_id, {columns} FROM {products} JOIN {} AS x ON x.{there} = e.{own} {joins} WHERE {alive}",
                self.table(table)
            )
        };
        let alive_too = |id: &str| match self.staged_at {
            Some(at) => format!(
                "JOIN {} AS c ON c.entity_id = {id} AND c.created_in <= {at} AND c.updated_in > {at}",
                self.table("catalog_product_entity")
            ),
            None => format!(
                "JOIN {} AS c ON c.entity_id = {id}",
                self.table("catalog_product_entity")
            ),
        };
        ask(
            "tier price",
            of_product(
                "catalog_product_entity_tier_price",
                "row_id",
                "x.qty, x.value, x.customer_group_id, x.website_id",
                "",
            ),
        );
        ask(
            "image",
            of_product(
                "catalog_product_entity_media_gallery_value_to_entity",
                "row_id",
                "g.value",
                &format!(
                    "JOIN {} AS g ON g.value_id = x.value_id",
                    self.table("catalog_product_entity_media_gallery")
                ),
            ),
        );
        ask(
            "image label",
            of_product(
                "catalog_product_entity_media_gallery_value",
                "row_id",
                "x.value_id, x.store_id, x.label, x.position",
                "",
            ),
        );
        ask(
            "link",
            of_product(
                "catalog_product_link",
                "product_id",
                "c.sku, i.value",
                &format!(
                    "{} JOIN {} AS i ON i.link_id = x.link_id",
                    alive_too("x.linked_product_id"),
                    self.table("catalog_product_link_attribute_int")
                ),
            ),
        );
        ask(
            "child",
            of_product(
                "catalog_product_relation",
                "parent_id",
                "c.sku",
                &alive_too("x.child_id"),
            ),
        );
        ask(
            "variant",
            of_product(
                "catalog_product_super_link",
                "parent_id",
                "c.sku",
                &alive_too("x.product_id"),
            ),
        );
        ask(
            "option of a configurable",
            of_product(
                "catalog_product_super_attribute",
                "product_id",
                "x.attribute_id, l.value",
                &format!(
                    "JOIN {} AS l ON l.product_super_attribute_id = x.product_super_attribute_id",
                    self.table("catalog_product_super_attribute_label")
                ),
            ),
        );
        ask(
            "bundle option",
            of_product(
                "catalog_product_bundle_option",
                "parent_id",
                "x.option_id, x.position, t.title, t.store_id",
                &format!(
                    "JOIN {} AS t ON t.option_id = x.option_id AND t.parent_product_id = x.parent_id",
                    self.table("catalog_product_bundle_option_value")
                ),
            ),
        );
        ask(
            "bundle selection",
            of_product(
                "catalog_product_bundle_selection",
                "parent_product_id",
                "x.option_id, c.sku, x.selection_qty, p.selection_price_value",
                &format!(
                    "{} JOIN {} AS p ON p.selection_id = x.selection_id AND p.parent_product_id = x.parent_product_id",
                    alive_too("x.product_id"),
                    self.table("catalog_product_bundle_selection_price")
                ),
            ),
        );
        ask(
            "custom option",
            of_product(
                "catalog_product_option",
                "product_id",
                "t.title, v.sku, w.title",
                &format!(
                    "JOIN {} AS t ON t.option_id = x.option_id JOIN {} AS v ON v.option_id = x.option_id JOIN {} AS w ON w.option_type_id = v.option_type_id",
                    self.table("catalog_product_option_title"),
                    self.table("catalog_product_option_type_value"),
                    self.table("catalog_product_option_type_title")
                ),
            ),
        );
        ask(
            "download",
            of_product(
                "downloadable_link",
                "product_id",
                "x.link_url, t.title",
                &format!(
                    "JOIN {} AS t ON t.link_id = x.link_id",
                    self.table("downloadable_link_title")
                ),
            ),
        );
        ask(
            "note of an extension",
            of_product("acme_note", "product_row", "x.note", ""),
        );
        ask(
            "website",
            format!(
                "SELECT e.entity_id, w.website_id FROM {products} JOIN {} AS w ON w.product_id = e.entity_id WHERE {alive}",
                self.table("catalog_product_website")
            ),
        );
        ask(
            "stock",
            format!(
                "SELECT e.entity_id, s.qty FROM {products} JOIN {} AS s ON s.product_id = e.entity_id WHERE {alive}",
                self.table("cataloginventory_stock_item")
            ),
        );
        let (categories, category_alive) = self.entities("catalog_category_entity");
        ask(
            "category",
            format!(
                "SELECT e.entity_id, e.path, c.sku, x.position FROM {categories} JOIN {} AS x ON x.category_id = e.entity_id {} WHERE {category_alive}",
                self.table("catalog_category_product"),
                alive_too("x.product_id")
            ),
        );
        for (table, entity) in [("cms_page", "page_id"), ("cms_block", "block_id")] {
            let (entities, alive) = self.entities(table);
            let (own, there) = self.link(entity, "row_id");
            ask(
                table,
                format!(
                    "SELECT e.{entity}, e.identifier, e.content, s.store_id FROM {entities} JOIN {} AS s ON s.{there} = e.{own} WHERE {alive}",
                    self.table(&format!("{table}_store"))
                ),
            );
        }
        for table in ["catalogrule", "salesrule"] {
            let (entities, alive) = self.entities(table);
            let (own, there) = self.link("rule_id", "row_id");
            // A rule for a segment cannot be asked any more: it is not shown as active afterwards.
            ask(
                table,
                format!(
                    "SELECT e.rule_id, e.name, e.discount_amount, e.is_active AND e.conditions_serialized NOT LIKE '%CustomerSegment%', w.website_id, g.customer_group_id FROM {entities} \
                 JOIN {} AS w ON w.{there} = e.{own} JOIN {} AS g ON g.{there} = e.{own} WHERE {alive}",
                    self.table(&format!("{table}_website")),
                    self.table(&format!("{table}_customer_group"))
                ),
            );
        }
        let (rules, alive) = self.entities("salesrule");
        ask(
            "coupon",
            format!(
                "SELECT e.rule_id, c.code FROM {rules} JOIN {} AS c ON c.rule_id = e.rule_id WHERE {alive}",
                self.table("salesrule_coupon")
            ),
        );
        ask(
            "customer",
            format!(
                "SELECT email, password_hash, preferences FROM {}",
                self.table("customer_entity")
            ),
        );
        ask(
            "wish",
            format!(
                "SELECT DISTINCT l.customer_id, i.wishlist_item_id, c.sku FROM {} AS i JOIN {} AS l ON l.wishlist_id = i.wishlist_id {}",
                self.table("wishlist_item"),
                self.table("wishlist"),
                alive_too("i.product_id")
            ),
        );
        ask(
            "order",
            format!(
                "SELECT o.increment_id, o.grand_total, o.customer_id, o.old_date, i.product_id, i.product_options FROM {} AS o JOIN {} AS i ON i.order_id = o.entity_id",
                self.table("sales_order"),
                self.table("sales_order_item")
            ),
        );
        ask(
            "review",
            format!("SELECT entity_pk_value FROM {}", self.table("review")),
        );
        lines.sort();
        lines
    }
}
