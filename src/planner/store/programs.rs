//! The programs that packages put into `vendor/bin`.

use super::packages::Packages;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Those of packages that go, unless a package of the new lock has one of the same name; and whose they are.
pub(super) fn gone<'a>(packages: &Packages<'a>) -> BTreeMap<&'a str, &'a str> {
    let stay: BTreeSet<&str> = packages
        .all_new()
        .flat_map(|(_, entry)| of(entry))
        .collect();
    let gone = packages.gone().into_iter();
    let programs = gone.flat_map(|name| {
        let entry = packages.old(name).unwrap_or(&Value::Null);
        of(entry).map(move |program| (program, name))
    });
    programs
        .filter(|(program, _)| !stay.contains(program))
        .collect()
}

fn of(entry: &Value) -> impl Iterator<Item = &str> {
    let listed = entry.get("bin").and_then(Value::as_array);
    let paths = listed.into_iter().flatten().filter_map(Value::as_str);
    paths.map(|path| path.rsplit('/').next().unwrap_or(path))
}
