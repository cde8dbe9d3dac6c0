//! How Magento names indexes and foreign keys. A converted key gets the name that Open Source's own setup would look for, so
//! that `setup:upgrade` does not make a second one beside it.
//!
//! The rule is that of Magento's `ExpressionConverter`: the whole name when it fits, else words cut short, else a hash. It
//! gives 794 of the 808 names in two real schemas (see `commerce.toml`); the others are of fulltext indexes, which have a
//! prefix of their own, and of indexes that the server made for a foreign key and that have its name.

use crate::database::schema::IndexKind;
use md5::{Digest, Md5};

/// Longer names do not fit.
const LONGEST: usize = 64;

/// Words and what they are cut to, in the order in which they are replaced.
const SHORT: [(&str, &str); 44] = [
    ("address", "addr"),
    ("admin", "adm"),
    ("attribute", "attr"),
    ("enterprise", "ent"),
    ("catalog", "cat"),
    ("category", "ctgr"),
    ("customer", "cstr"),
    ("notification", "ntfc"),
    ("product", "prd"),
    ("session", "sess"),
    ("user", "usr"),
    ("entity", "entt"),
    ("datetime", "dtime"),
    ("decimal", "dec"),
    ("varchar", "vchr"),
    ("index", "idx"),
    ("compare", "cmp"),
    ("bundle", "bndl"),
    ("option", "opt"),
    ("gallery", "glr"),
    ("media", "mda"),
    ("value", "val"),
    ("link", "lnk"),
    ("title", "ttl"),
    ("super", "spr"),
    ("label", "lbl"),
    ("website", "ws"),
    ("aggregat", "aggr"),
    ("minimal", "min"),
    ("inventory", "inv"),
    ("status", "sts"),
    ("agreement", "agrt"),
    ("layout", "lyt"),
    ("resource", "res"),
    ("directory", "dir"),
    ("downloadable", "dl"),
    ("element", "elm"),
    ("fieldset", "fset"),
    ("checkout", "chkt"),
    ("newsletter", "nlttr"),
    ("shipping", "shpp"),
    ("calculation", "calc"),
    ("search", "srch"),
    ("query", "qr"),
];

/// The name of an index over columns of a table.
pub(crate) fn index_name(table: &str, columns: &[&str], kind: IndexKind) -> String {
    let prefix = match kind {
        IndexKind::Primary => return "PRIMARY".to_string(),
        IndexKind::Unique => "UNQ_",
        IndexKind::Fulltext => "FTI_",
        IndexKind::Plain | IndexKind::Spatial => "IDX_",
    };
    name(&format!("{table}_{}", columns.join("_")), prefix)
}

/// The name of a foreign key.
pub(crate) fn foreign_key_name(
    table: &str,
    column: &str,
    parent: &str,
    parent_column: &str,
) -> String {
    name(&format!("{table}_{column}_{parent}_{parent_column}"), "FK_")
}

fn name(whole: &str, prefix: &str) -> String {
    let whole = whole.to_ascii_lowercase();
    if whole.len() <= LONGEST {
        return whole.to_ascii_uppercase();
    }
    let short = SHORT.iter().fold(whole.clone(), |name, (long, short)| {
        name.replace(long, short)
    });
    if short.len() <= LONGEST {
        return short.to_ascii_uppercase();
    }
    let hash = Md5::digest(whole.as_bytes());
    let hash: String = hash.iter().map(|byte| format!("{byte:02X}")).collect();
    format!("{prefix}{hash}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_real_schemas() {
        assert_eq!(
            index_name(
                "catalog_product_entity_int",
                &["entity_id", "attribute_id", "store_id"],
                IndexKind::Unique
            ),
            "CATALOG_PRODUCT_ENTITY_INT_ENTITY_ID_ATTRIBUTE_ID_STORE_ID"
        );
        assert_eq!(
            index_name(
                "catalog_product_entity_media_gallery_value",
                &["entity_id", "value_id", "store_id"],
                IndexKind::Plain
            ),
            "CAT_PRD_ENTT_MDA_GLR_VAL_ENTT_ID_VAL_ID_STORE_ID"
        );
        assert_eq!(
            foreign_key_name(
                "catalog_category_entity_datetime",
                "entity_id",
                "catalog_category_entity",
                "entity_id"
            ),
            "CAT_CTGR_ENTT_DTIME_ENTT_ID_CAT_CTGR_ENTT_ENTT_ID"
        );
        assert_eq!(
            foreign_key_name(
                "catalog_product_bundle_selection_price",
                "selection_id",
                "catalog_product_bundle_selection",
                "selection_id"
            ),
            "FK_DCF37523AA05D770A70AA4ED7C2616E4"
        );
    }
}
