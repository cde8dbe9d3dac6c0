//! Adobe Commerce on Cloud: `.magento.app.yaml` and `.magento/services.yaml`.

use super::reader::{Reader, scalar};
use super::service::Engine;

const APP: &str = ".magento.app.yaml";
const SERVICES: &str = ".magento/services.yaml";

/// Adobe Commerce on Cloud: what its files ask for.
pub(super) fn read(reader: &mut Reader<'_>) {
    if let Some(app) = reader.yaml(APP) {
        let php = app.get("type").and_then(scalar);
        if let Some(version) = php.as_deref().and_then(|php| php.strip_prefix("php:")) {
            reader.add(Engine::Php, Some(version), APP);
        }
        let composer = ["dependencies", "php", "composer/composer"]
            .iter()
            .try_fold(&app, |value, key| value.get(*key))
            .and_then(scalar);
        if let Some(version) = composer {
            reader.add(Engine::Composer, Some(&version), APP);
        }
    }
    let services = reader.yaml(SERVICES);
    for service in services
        .iter()
        .filter_map(|yaml| yaml.as_mapping())
        .flat_map(|map| map.values())
    {
        let Some(kind) = service.get("type").and_then(scalar) else {
            continue;
        };
        let (name, version) = kind.split_once(':').unwrap_or((&kind, ""));
        let engine = match name {
            // The service of this name has always been MariaDB, and has its version numbers.
            "mysql" => Some(Engine::MariaDb),
            name => Engine::from_word(name),
        };
        if let Some(engine) = engine {
            reader.add(engine, Some(version), SERVICES);
        }
    }
}
