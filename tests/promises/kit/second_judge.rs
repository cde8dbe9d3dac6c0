//! Vivacity, a port of Composer's current resolver, asked where the installed Composer is older and answers otherwise.
//!
//! `MAGESHIFT_SECOND_JUDGE` names the program (`cargo install vivacity`). It has no answer for repositories with `only`,
//! `exclude` or `canonical`, nor for `--lock` and `--minimal-changes`.

use super::world::World;
use serde_json::{Map, Value, json};
use std::fs;
use std::path::Path;
use std::process::Command;

/// What it answers to a world.
pub(crate) enum Verdict {
    Solved(Value),
    Unsolvable,
}

/// Its answer; none when there is no such program, or it takes no such question.
pub(crate) fn ask(world: &World) -> Option<Verdict> {
    let program = std::env::var_os("MAGESHIFT_SECOND_JUDGE")?;
    let folder = tempfile::tempdir().ok()?;
    let project = folder.path().join("project");
    fs::create_dir(&project).ok()?;
    let root = served(world.composer.clone(), folder.path())?;
    fs::write(project.join("composer.json"), json!(root).to_string()).ok()?;
    if !world.lock.is_null() {
        fs::write(project.join("composer.lock"), world.lock.to_string()).ok()?;
    }
    let output = Command::new(program)
        .args(["update", "--no-install", "--no-fallback", "--no-plugins"])
        .args(["--no-scripts", "--no-interaction"])
        .args(&world.args)
        .current_dir(&project)
        .env("HOME", folder.path())
        .env("COMPOSER_ROOT_VERSION", "1.0.0")
        .output()
        .ok()?;
    let said = String::from_utf8_lossy(&output.stderr) + String::from_utf8_lossy(&output.stdout);
    match output.status.code() {
        Some(0) => {
            let lock = fs::read(project.join("composer.lock")).ok()?;
            Some(Verdict::Solved(serde_json::from_slice(&lock).ok()?))
        }
        Some(2) if said.contains("could not be resolved") => Some(Verdict::Unsolvable),
        _ => None,
    }
}

/// The root with its inline repositories in folders: it reads no inline ones.
fn served(mut root: Map<String, Value>, folder: &Path) -> Option<Map<String, Value>> {
    let repositories = root.get_mut("repositories")?.as_array_mut()?;
    for (number, repository) in repositories.iter_mut().enumerate() {
        let packages = match repository.get_mut("package").map(Value::take) {
            Some(Value::Array(packages)) => packages,
            Some(Value::Object(package)) => vec![package.into()],
            _ => continue,
        };
        let mut versions: Map<String, Value> = Map::new();
        for package in packages {
            let name = package["name"].as_str()?.to_owned();
            let version = package["version"].as_str()?.to_owned();
            versions.entry(name).or_insert_with(|| json!({}))[version] = package;
        }
        let place = folder.join(number.to_string());
        fs::create_dir(&place).ok()?;
        let packages = json!({ "packages": versions });
        fs::write(place.join("packages.json"), packages.to_string()).ok()?;
        let entry = repository.as_object_mut()?;
        if entry.get("canonical") == Some(&Value::Bool(true)) {
            entry.shift_remove("canonical");
        }
        entry.shift_remove("package");
        entry.insert("type".into(), "composer".into());
        entry.insert("url".into(), format!("file://{}", place.display()).into());
    }
    Some(root)
}
