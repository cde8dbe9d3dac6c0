//! A development environment for a new project: DDEV's or Warden's configuration, with the services of the release.

mod ddev;
mod services;
mod warden;

pub use crate::planner::wish::environment::Environment;
pub use services::{Service, Services};

use crate::plan::{Code, Edit, Finding};
use composer_engine::files;
use std::path::Path;

impl Environment {
    /// The file whose presence means that a folder is configured.
    pub fn main_file(self) -> &'static str {
        match self {
            Self::Ddev => ddev::CONFIG,
            Self::Warden => warden::CONFIG,
        }
    }

    /// The environment that a folder is configured for already.
    pub fn of_folder(dir: &Path) -> Option<Self> {
        if dir.join(ddev::CONFIG).is_file() {
            return Some(Self::Ddev);
        }
        let env = files::text(&dir.join(warden::CONFIG), files::CONFIGURATION).unwrap_or_default();
        let is_wardens = env
            .lines()
            .any(|line| line.trim_start().starts_with("WARDEN_ENV_NAME"));
        is_wardens.then_some(Self::Warden)
    }

    /// The command that runs a command line inside, with a space behind it.
    pub fn inside(self) -> &'static str {
        match self {
            Self::Ddev => "ddev exec ",
            Self::Warden => "warden env exec -T php-fpm ",
        }
    }

    /// The commands that bring it up, in order.
    pub fn start(self, name: &str) -> Vec<String> {
        match self {
            Self::Ddev => vec!["ddev start".to_owned()],
            Self::Warden => vec![
                format!("warden sign-certificate {}", warden::domain(name)),
                "warden env up".to_owned(),
            ],
        }
    }

    /// The shop's address inside it, with a slash at the end.
    pub fn base_url(self, name: &str) -> String {
        match self {
            Self::Ddev => format!("https://{name}.ddev.site/"),
            Self::Warden => format!("https://app.{}/", warden::domain(name)),
        }
    }

    /// Host, database, user and password that it gives to its database; known to everybody and reachable only from inside.
    pub fn database(self) -> [&'static str; 4] {
        match self {
            Self::Ddev => ["db", "db", "db", "db"],
            Self::Warden => ["db", "magento", "magento", "magento"],
        }
    }

    /// The files to write into a folder. When it is configured already, nothing is written, and a finding says so.
    pub fn files(self, dir: &Path, name: &str, services: &Services) -> (Vec<Edit>, Vec<Finding>) {
        let main = self.main_file();
        if dir.join(main).exists() {
            let title = format!("{main} stays as it is");
            let detail = format!(
                "This release wants PHP {}, {} and {}; compare them with what is configured.",
                services.php,
                label(&services.database),
                label(&services.search)
            );
            return (
                Vec::new(),
                vec![note(Code::EnvironmentKept, title, detail, main)],
            );
        }
        let files = match self {
            Self::Ddev => ddev::files(name, services),
            Self::Warden => warden::files(name, services),
        };
        let edits = files
            .into_iter()
            .filter(|(path, _)| !dir.join(path).exists())
            .map(|(path, text)| Edit::new(&path, None, Some(&text)));
        let replaced = services.replaced.as_ref().map(|wanted| {
            let title = format!("{} in place of {wanted}", label(&services.database));
            let detail = format!(
                "{} has no image of the database that the release names.",
                self.name()
            );
            note(Code::EnvironmentDatabase, title, detail, main)
        });
        (edits.collect(), replaced.into_iter().collect())
    }
}

/// `mariadb` `11.4` → `MariaDB 11.4`
fn label(service: &Service) -> String {
    let name = match service.name {
        "mariadb" => "MariaDB",
        "mysql" => "MySQL",
        "opensearch" => "OpenSearch",
        "elasticsearch" => "Elasticsearch",
        other => other,
    };
    format!("{name} {}", service.version)
}

/// The name of a project after its folder, as a host name takes it: `My Shop` → `my-shop`.
pub fn project_name(dir: &Path) -> String {
    let absolute = std::path::absolute(dir).unwrap_or_else(|_| dir.to_path_buf());
    let folder = absolute
        .file_name()
        .map(|name| name.to_string_lossy().to_lowercase());
    let is_word = |c: &str| !c.is_empty();
    let folder = folder.unwrap_or_default();
    let words: Vec<&str> = folder
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| is_word(word))
        .collect();
    if words.is_empty() {
        "shop".to_owned()
    } else {
        words.join("-")
    }
}

fn note(code: Code, title: String, detail: String, path: &str) -> Finding {
    Finding::new(code, title, detail).in_file(path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::distribution::{ReleaseCatalog, Target};
    use std::fs;

    fn written(environment: Environment, dir: &Path) -> Vec<(String, String)> {
        let catalog = ReleaseCatalog::bundled();
        let release = catalog.facts(Target::MageOs, "3.4.0").unwrap();
        let services = Services::choose(environment, release, Some("8.4"), true);
        let (edits, _) = environment.files(dir, "shop", &services);
        edits
            .into_iter()
            .map(|edit| (edit.path, edit.after.unwrap()))
            .collect()
    }

    #[test]
    fn ddev_gets_the_services_of_the_release() {
        let folder = tempfile::tempdir().unwrap();
        let files = written(Environment::Ddev, folder.path());
        let names: Vec<&str> = files.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(
            names,
            [
                ".ddev/config.yaml",
                ".ddev/docker-compose.opensearch.yaml",
                ".ddev/docker-compose.valkey.yaml",
                ".ddev/docker-compose.rabbitmq.yaml",
            ]
        );
        assert!(
            files[0].1.contains("php_version: \"8.4\"\n"),
            "{}",
            files[0].1
        );
        assert!(
            files[0]
                .1
                .contains("    type: mariadb\n    version: \"11.4\"\n")
        );
        assert!(
            files[1]
                .1
                .contains("image: opensearchproject/opensearch:3\n"),
            "{}",
            files[1].1
        );
        assert!(
            files[3].1.contains("image: rabbitmq:4.1-management\n"),
            "{}",
            files[3].1
        );
    }

    #[test]
    fn warden_gets_the_services_of_the_release() {
        let folder = tempfile::tempdir().unwrap();
        let files = written(Environment::Warden, folder.path());
        assert_eq!(files.len(), 1);
        for line in [
            "WARDEN_ENV_NAME=shop",
            "PHP_VERSION=8.4",
            "OPENSEARCH_VERSION=3",
            "WARDEN_VALKEY=1",
            "WARDEN_REDIS=0",
        ] {
            assert!(files[0].1.lines().any(|other| other == line), "{line}");
        }
    }

    #[test]
    fn what_is_configured_stays() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(".env"), "SECRET=1\n").unwrap();
        assert_eq!(Environment::of_folder(folder.path()), None);
        assert!(written(Environment::Warden, folder.path()).is_empty());
        fs::write(folder.path().join(".env"), "WARDEN_ENV_NAME=mine\n").unwrap();
        assert_eq!(
            Environment::of_folder(folder.path()),
            Some(Environment::Warden)
        );
        fs::create_dir(folder.path().join(".ddev")).unwrap();
        assert_eq!(written(Environment::Ddev, folder.path()).len(), 4);
        fs::write(folder.path().join(".ddev/config.yaml"), "name: mine\n").unwrap();
        assert_eq!(
            Environment::of_folder(folder.path()),
            Some(Environment::Ddev)
        );
        assert!(written(Environment::Ddev, folder.path()).is_empty());
    }

    #[test]
    fn a_folder_makes_a_host_name() {
        assert_eq!(project_name(Path::new("/x/My Shop_2")), "my-shop-2");
        assert_eq!(project_name(Path::new("/")), "shop");
    }
}
