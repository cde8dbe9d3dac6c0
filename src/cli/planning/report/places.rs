//! Gathers which hosts and folders a document leaves out: those that stores, plans and this machine name.

use crate::plan::Plan;
use crate::preview::Places;
use crate::project::env_php::EnvPhp;
use crate::project::root_files::RootFiles;
use crate::project::store_files::DiskFiles;
use composer_engine::files;
use regex::Regex;
use serde_json::Value;
use std::path::Path;
use std::sync::LazyLock;

/// The host of an address, in any spelling that git takes.
static HOST: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?:[a-zA-Z][a-zA-Z0-9+.-]*://(?:[^/@]*@)?|[^/@:]+@)(?<host>[^/:@?#]+)")
        .expect("a valid pattern")
});

/// What this machine is called by: the folders from which the program was started, and those of its user.
pub(crate) fn of_machine() -> Places {
    let mut places = Places::default();
    let here = std::env::current_dir().ok();
    let home = std::env::var_os("HOME").or_else(|| std::env::var_os("USERPROFILE"));
    let folders = [here, home.map(Into::into), Some(std::env::temp_dir())];
    for folder in folders.into_iter().flatten() {
        add_folder(&mut places, &folder);
    }
    places
}

/// Adds a folder, as it is called and as it is.
pub(crate) fn add_folder(places: &mut Places, folder: &Path) {
    places.add_folder(&folder.display().to_string());
    if let Ok(real) = folder.canonicalize() {
        places.add_folder(&real.display().to_string());
    }
}

/// Adds what a store names. Files that cannot be read are left to whoever needs them.
pub(crate) fn add_store(places: &mut Places, store: &Path) {
    add_folder(places, store);
    let named = RootFiles::of(store).unwrap_or_default();
    if let Ok(root) = files::read(&store.join(&named.root), files::CONFIGURATION) {
        add_root(places, &root);
    }
    if let Ok(lock) = files::read(&store.join(&named.lock), files::DATA) {
        add_lock(places, &lock);
    }
    if let Ok(Some(env)) = EnvPhp::read(&DiskFiles::below(store)) {
        for host in env.hosts() {
            places.add_host(&host);
        }
    }
}

/// Adds what the files of a plan name, as they were and as they become.
pub(crate) fn add_plan(places: &mut Places, plan: &Plan) {
    for edit in &plan.edits {
        let before = edit.text_before();
        for text in [edit.after.as_ref(), before.as_ref()].into_iter().flatten() {
            match edit.path.ends_with(".lock") {
                true => add_lock(places, text.as_bytes()),
                false => add_root(places, text.as_bytes()),
            }
        }
    }
    let background = &plan.background;
    let of_extensions = background.extensions.iter();
    let of_extensions = of_extensions.filter_map(|extension| extension.host.as_ref());
    for host in of_extensions.chain(&background.hosts) {
        places.add_host(host);
    }
}

fn add_root(places: &mut Places, text: &[u8]) {
    let root: Value = serde_json::from_slice(text).unwrap_or_default();
    let entries: Vec<&Value> = match root.get("repositories") {
        Some(Value::Array(list)) => list.iter().collect(),
        Some(Value::Object(object)) => object.values().collect(),
        _ => Vec::new(),
    };
    for url in entries
        .iter()
        .filter_map(|entry| entry.get("url")?.as_str())
    {
        add_address(places, url);
    }
}

fn add_lock(places: &mut Places, text: &[u8]) {
    let lock: Value = serde_json::from_slice(text).unwrap_or_default();
    let lists = ["packages", "packages-dev"].into_iter();
    let packages = lists
        .filter_map(|list| lock.get(list)?.as_array())
        .flatten();
    for package in packages {
        for pointer in ["/source/url", "/dist/url"] {
            if let Some(url) = package.pointer(pointer).and_then(Value::as_str) {
                add_address(places, url);
            }
        }
    }
}

/// The host of an address; a folder, where it is one.
fn add_address(places: &mut Places, address: &str) {
    match HOST.captures(address) {
        Some(found) => places.add_host(&found["host"]),
        None => places.add_folder(address),
    }
}
