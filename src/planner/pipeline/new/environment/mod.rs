//! A development environment for a new project: DDEV's or Warden's configuration, with the services of the release.

mod ddev;
mod services;
mod warden;

pub use crate::planner::wish::environment::Environment;
pub use services::{Service, Services};

use crate::plan::{Code, Edit, Finding};
use crate::project::store_files::StoreFiles;

impl Environment {
    /// The file whose presence means that a folder is configured.
    pub fn main_file(self) -> &'static str {
        match self {
            Self::Ddev => ddev::CONFIG,
            Self::Warden => warden::CONFIG,
        }
    }

    /// The environment that a folder is configured for already.
    pub(crate) fn of_folder(folder: &dyn StoreFiles) -> Option<Self> {
        if folder.is_file(ddev::CONFIG) {
            return Some(Self::Ddev);
        }
        let env = folder.configuration(warden::CONFIG).unwrap_or_default();
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
    pub fn files(
        self,
        folder: &dyn StoreFiles,
        name: &str,
        services: &Services,
    ) -> (Vec<Edit>, Vec<Finding>) {
        let main = self.main_file();
        if folder.kind(main).is_some() {
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
            .filter(|(path, _)| folder.kind(path).is_none())
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

fn note(code: Code, title: String, detail: String, path: &str) -> Finding {
    Finding::new(code, title, detail).in_file(path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::distribution::{ReleaseCatalog, Target};
    use crate::project::store_files::MapFiles;

    fn written(environment: Environment, folder: &MapFiles) -> Vec<(String, String)> {
        let catalog = ReleaseCatalog::bundled();
        let release = catalog.facts(Target::MageOs, "3.4.0").unwrap();
        let services = Services::choose(environment, release, Some("8.4"), true);
        let (edits, _) = environment.files(folder, "shop", &services);
        edits
            .into_iter()
            .map(|edit| (edit.path, edit.after.unwrap()))
            .collect()
    }

    #[test]
    fn ddev_gets_the_services_of_the_release() {
        let folder = MapFiles::default();
        let files = written(Environment::Ddev, &folder);
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
        let folder = MapFiles::default();
        let files = written(Environment::Warden, &folder);
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
        let mut folder = MapFiles::default();
        folder.write(".env", "SECRET=1\n");
        assert_eq!(Environment::of_folder(&folder), None);
        assert!(written(Environment::Warden, &folder).is_empty());
        folder.write(".env", "WARDEN_ENV_NAME=mine\n");
        assert_eq!(Environment::of_folder(&folder), Some(Environment::Warden));
        folder.write(".ddev/commands/web/own", "");
        assert_eq!(written(Environment::Ddev, &folder).len(), 4);
        folder.write(".ddev/config.yaml", "name: mine\n");
        assert_eq!(Environment::of_folder(&folder), Some(Environment::Ddev));
        assert!(written(Environment::Ddev, &folder).is_empty());
    }
}
