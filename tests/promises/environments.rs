//! The configurations of DDEV and Warden for every release: they parse, say nothing that these programs do not know, and name
//! the services that the release runs on. Neither program is started; where there is a `docker-compose`, it reads DDEV's files.

use crate::kit;
use crate::kit::run_command;
use mageshift::distribution::{Distribution, Release, ReleaseCatalog, Target};
use mageshift::planner::pipeline::new::environment::{Environment, Service, Services};
use mageshift::project::store_files::DiskFiles;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// The keys of DDEV's `config.yaml` that are used, by its documentation.
const DDEV_KEYS: [&str; 9] = [
    "name",
    "type",
    "docroot",
    "php_version",
    "webserver_type",
    "database",
    "composer_version",
    "upload_dirs",
    "disable_settings_management",
];

/// The keys of a service in a Compose file that are used, by the Compose specification.
const COMPOSE_KEYS: [&str; 7] = [
    "container_name",
    "image",
    "restart",
    "labels",
    "expose",
    "environment",
    "volumes",
];

/// The variables of Warden's `.env` for the type `magento2`, by its documentation.
const WARDEN_KEYS: [&str; 22] = [
    "WARDEN_ENV_NAME",
    "WARDEN_ENV_TYPE",
    "WARDEN_WEB_ROOT",
    "TRAEFIK_DOMAIN",
    "TRAEFIK_SUBDOMAIN",
    "WARDEN_DB",
    "WARDEN_OPENSEARCH",
    "WARDEN_ELASTICSEARCH",
    "WARDEN_VARNISH",
    "WARDEN_RABBITMQ",
    "WARDEN_REDIS",
    "WARDEN_VALKEY",
    "PHP_VERSION",
    "PHP_XDEBUG_3",
    "COMPOSER_VERSION",
    "MYSQL_DISTRIBUTION",
    "MYSQL_DISTRIBUTION_VERSION",
    "OPENSEARCH_VERSION",
    "ELASTICSEARCH_VERSION",
    "RABBITMQ_VERSION",
    "REDIS_VERSION",
    "VALKEY_VERSION",
];

fn releases() -> impl Iterator<Item = Release> {
    let catalog = ReleaseCatalog::bundled();
    let all = Distribution::ALL
        .into_iter()
        .flat_map(|distribution| catalog.releases(Target::full(distribution)).to_vec());
    all.collect::<Vec<_>>().into_iter()
}

/// The files of an environment, and what they are made of.
fn written(
    environment: Environment,
    release: &Release,
) -> (Services, Vec<(String, String)>, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let services = Services::choose(environment, release, None, true);
    let (edits, findings) = environment.files(&DiskFiles::below(folder.path()), "shop", &services);
    let files = edits
        .into_iter()
        .map(|edit| (edit.path, edit.after.unwrap()));
    (
        services,
        files.collect(),
        findings
            .into_iter()
            .map(|finding| finding.code().to_string())
            .collect(),
    )
}

fn yaml(text: &str) -> Value {
    serde_norway::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn keys(value: &Value) -> BTreeSet<&str> {
    value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}

/// Whether the release's own table names this version of the service; of a patch level its minor version, which is what images
/// are tagged with. A release that the table knows nothing of has the newest services.
fn is_of_release(release: &Release, service: &Service) -> bool {
    let Some(versions) = release.services.get(service.name) else {
        return release.services.is_empty();
    };
    versions.split([',', '/']).any(|version| {
        let version = version.trim().trim_end_matches('+');
        let rest = version.strip_prefix(&service.version);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    })
}

/// Whether the database is of the release, or a finding tells of another one.
fn is_told_or_right(findings: &[String], release: &Release, database: &Service) -> bool {
    findings == ["environment-database"] || is_of_release(release, database)
}

fn beside_the_database(services: &Services) -> Vec<&Service> {
    let all = [
        Some(&services.search),
        Some(&services.cache),
        services.queue.as_ref(),
    ];
    all.into_iter().flatten().collect()
}

/// The parts of a version that a tag of an image must have for its makers to have published it.
fn parts(text: &str) -> usize {
    text.split('.').count()
}

#[test]
fn ddev_knows_every_key_and_runs_what_the_release_names() {
    let mut seen = BTreeSet::new();
    for release in releases() {
        let (services, files, findings) = written(Environment::Ddev, &release);
        let about = format!("{}: {services:?}", release.version);
        let config = yaml(&files[0].1);
        assert!(
            keys(&config).is_subset(&BTreeSet::from(DDEV_KEYS)),
            "{about}"
        );
        assert_eq!(config["php_version"], services.php.as_str());
        assert!(
            release.php_series().is_empty() || release.php_series().contains(&services.php),
            "{about}"
        );
        assert_eq!(config["database"]["type"], services.database.name);
        assert_eq!(
            config["database"]["version"],
            services.database.version.as_str()
        );
        assert!(["1", "2", "2.2"].contains(&config["composer_version"].as_str().unwrap()));
        assert!(
            is_told_or_right(&findings, &release, &services.database),
            "{about}"
        );
        let others = beside_the_database(&services);
        assert_eq!(files.len(), 1 + others.len(), "{about}");
        for (service, (path, text)) in others.into_iter().zip(&files[1..]) {
            assert!(is_of_release(&release, service), "{about}");
            assert_eq!(*path, format!(".ddev/docker-compose.{}.yaml", service.name));
            let file = yaml(text);
            assert!(keys(&file).is_subset(&BTreeSet::from(["services", "volumes"])));
            assert_eq!(keys(&file["services"]), BTreeSet::from([service.name]));
            let container = &file["services"][service.name];
            assert!(
                keys(container).is_subset(&BTreeSet::from(COMPOSE_KEYS)),
                "{text}"
            );
            let (_, tag) = container["image"]
                .as_str()
                .unwrap()
                .rsplit_once(':')
                .unwrap();
            assert!(tag.starts_with(&service.version), "{text}");
            // Elastic publishes whole versions alone.
            assert!(
                service.name != "elasticsearch" || parts(tag) == 3,
                "{about}"
            );
            for volume in container["volumes"].as_array().into_iter().flatten() {
                let (name, _) = volume.as_str().unwrap().split_once(':').unwrap();
                assert!(file["volumes"].as_object().unwrap().contains_key(name));
            }
        }
        seen.extend(files);
    }
    let compose: Vec<&(String, String)> = seen
        .iter()
        .filter(|(path, _)| path.contains("compose"))
        .collect();
    assert!(compose.len() > 20, "{}", compose.len());
    if Command::new("docker-compose")
        .arg("version")
        .output()
        .is_err()
    {
        eprintln!(
            "skipped: there is no docker-compose to read {} files",
            compose.len()
        );
        return;
    }
    for (_, text) in compose {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("compose.yaml"), text).unwrap();
        let read = docker_compose(folder.path());
        assert_eq!(read.code, Some(0), "{}{text}", read.stderr);
    }
}

/// Has Compose read `compose.yaml` with the variables that DDEV sets.
fn docker_compose(folder: &Path) -> kit::Run {
    let mut command = Command::new("docker-compose");
    command
        .current_dir(folder)
        .args(["-f", "compose.yaml", "config", "--quiet"]);
    run_command(
        command
            .env("DDEV_SITENAME", "shop")
            .env("DDEV_APPROOT", folder),
    )
}

#[test]
fn warden_knows_every_variable_and_runs_what_the_release_names() {
    for release in releases() {
        let (services, files, findings) = written(Environment::Warden, &release);
        let about = format!("{}: {services:?}", release.version);
        assert_eq!(files.len(), 1);
        let lines = files[0].1.lines().filter(|line| !line.is_empty());
        let pairs: Vec<(&str, &str)> = lines.map(|line| line.split_once('=').unwrap()).collect();
        let names: BTreeSet<&str> = pairs.iter().map(|(name, _)| *name).collect();
        assert_eq!(names.len(), pairs.len(), "{about}");
        assert!(names.is_subset(&BTreeSet::from(WARDEN_KEYS)), "{names:?}");
        let value = |name: &str| {
            pairs
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| *value)
        };
        assert_eq!(value("PHP_VERSION"), Some(services.php.as_str()));
        assert_eq!(value("MYSQL_DISTRIBUTION"), Some(services.database.name));
        assert_eq!(
            value("MYSQL_DISTRIBUTION_VERSION"),
            Some(services.database.version.as_str())
        );
        assert!(
            is_told_or_right(&findings, &release, &services.database),
            "{about}"
        );
        for service in beside_the_database(&services) {
            assert!(is_of_release(&release, service), "{about}");
            let name = service.name.to_uppercase();
            assert_eq!(value(&format!("WARDEN_{name}")), Some("1"), "{about}");
            assert_eq!(
                value(&format!("{name}_VERSION")),
                Some(service.version.as_str())
            );
        }
        let on = pairs
            .iter()
            .filter(|(name, value)| name.starts_with("WARDEN_") && *value == "1");
        assert_eq!(
            on.count(),
            3 + usize::from(services.queue.is_some()),
            "{about}"
        );
    }
}
