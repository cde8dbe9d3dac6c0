//! DDEV: `.ddev/config.yaml`, the `config.*.yaml` that override it in alphabetical order, and the Compose files of add-ons.

use super::compose::{self, Images};
use super::reader::{Reader, scalar};
use super::service::Engine;
use super::variables::Variables;
use serde_norway::Value;

const FOLDER: &str = ".ddev";

/// A setting, and the file that has the last word on it.
type Setting = Option<(String, String)>;

/// DDEV: its configuration, what overrides that, and its add-ons.
pub(super) fn read(reader: &mut Reader<'_>) {
    let is_config = |name: &str| name.starts_with("config.") && name.ends_with(".yaml");
    let mut configs = reader.files(FOLDER, is_config);
    // `config.yaml` goes before all that override it.
    configs.sort_by_key(|name| name != "config.yaml");
    let (mut php, mut composer, mut database): (
        Setting,
        Setting,
        Option<(Engine, String, String)>,
    ) = (None, None, None);
    for name in configs {
        let file = format!("{FOLDER}/{name}");
        let Some(config) = reader.yaml(&file) else {
            continue;
        };
        let setting = |key: &str| Some((config.get(key).and_then(scalar)?, file.clone()));
        php = setting("php_version").or(php);
        composer = setting("composer_version").or(composer);
        if let Some((engine, version)) = configured_database(&config) {
            database = Some((engine, version, file));
        }
    }
    for (engine, setting) in [(Engine::Php, php), (Engine::Composer, composer)] {
        if let Some((version, file)) = setting {
            reader.add(engine, Some(&version), &file);
        }
    }
    if let Some((engine, version, file)) = database {
        reader.add(engine, Some(&version), &file);
    }
    let environment = reader.files(FOLDER, |name| name == ".env" || name.starts_with(".env."));
    let variables = Variables::new(
        environment
            .iter()
            .filter_map(|name| reader.text(&format!("{FOLDER}/{name}")))
            .collect(),
    );
    let is_compose = |name: &str| name.starts_with("docker-compose.") && name.ends_with(".yaml");
    let mut images = Images::default();
    for name in reader.files(FOLDER, is_compose) {
        compose::collect(reader, &format!("{FOLDER}/{name}"), &mut images);
    }
    compose::add(reader, images, &variables);
}

fn configured_database(config: &Value) -> Option<(Engine, String)> {
    let database = config.get("database");
    let current = database.and_then(|database| {
        let engine = Engine::from_word(database.get("type")?.as_str()?)?;
        Some((engine, scalar(database.get("version")?)?))
    });
    // Before DDEV 1.19 each kind had a key of its own.
    let former = || {
        [
            ("mariadb_version", Engine::MariaDb),
            ("mysql_version", Engine::MySql),
        ]
        .into_iter()
        .find_map(|(key, engine)| Some((engine, scalar(config.get(key)?)?)))
    };
    current.or_else(former)
}
