//! Docker Compose: the images of its services.

use super::reader::{Reader, scalar};
use super::service::Engine;
use super::variables::Variables;
use indexmap::IndexMap;

/// The names of the file, the one that Compose prefers first.
const FILES: [&str; 4] = [
    "compose.yaml",
    "compose.yml",
    "docker-compose.yaml",
    "docker-compose.yml",
];

/// What an image name may have behind the word for its service.
const SUFFIXES: [&str; 6] = ["fpm", "cli", "apache", "server", "oss", "management"];

/// The image of each service, and the last file that names one.
pub(super) type Images = IndexMap<String, (String, String)>;

/// Docker Compose: what the images of its services are.
pub(super) fn read(reader: &mut Reader<'_>) {
    let is_there = |name: &str| reader.store.is_file(name);
    let Some(file) = FILES.into_iter().find(|name| is_there(name)) else {
        return;
    };
    let mut images = Images::default();
    collect(reader, file, &mut images);
    if let Some((stem, extension)) = file.rsplit_once('.') {
        collect(reader, &format!("{stem}.override.{extension}"), &mut images);
    }
    let variables = Variables::new(reader.text(".env").into_iter().collect());
    add(reader, images, &variables);
}

/// Takes over the images of a file; a later file overrides an earlier one service by service.
pub(super) fn collect(reader: &mut Reader<'_>, file: &str, images: &mut Images) {
    let yaml = reader.yaml(file);
    let services = yaml
        .as_ref()
        .and_then(|yaml| yaml.get("services")?.as_mapping())
        .into_iter()
        .flatten();
    for (name, service) in services {
        if let (Some(name), Some(image)) = (scalar(name), service.get("image").and_then(scalar)) {
            images.insert(name, (image, file.to_string()));
        }
    }
}

/// Adds the services whose images are known ones.
pub(super) fn add(reader: &mut Reader<'_>, images: Images, variables: &Variables) {
    for (image, file) in images.into_values() {
        let image = variables.expand(&image);
        if let Some((engine, version)) = known(&image) {
            reader.add(engine, version, &file);
        }
    }
}

/// The service behind an image, and its tag: `markoshust/magento-opensearch:2.12-0` is OpenSearch `2.12-0`.
fn known(image: &str) -> Option<(Engine, Option<&str>)> {
    let image = image.split('@').next().unwrap_or(image);
    let last = image.rsplit('/').next().unwrap_or(image);
    let (name, tag) = match last.split_once(':') {
        Some((name, tag)) => (name, Some(tag)),
        None => (last, None),
    };
    let mut words: Vec<&str> = name.split(['-', '_']).collect();
    while words.len() > 1 && words.last().is_some_and(|word| SUFFIXES.contains(word)) {
        words.pop();
    }
    let engine = match *words.last()? {
        // A MySQL of another vendor, with the same versions.
        "percona" => Engine::MySql,
        "artemis" => Engine::ActiveMq,
        word => Engine::from_word(word)?,
    };
    Some((engine, tag))
}
