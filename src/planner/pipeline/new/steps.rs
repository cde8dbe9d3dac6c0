//! What is left to do once the files of a new project are there: installing, with the services that the store will find.

use crate::distribution::{Family, Release, Target};
use crate::plan::{Edit, Finding, Phase, Step};
use crate::planner::pipeline::new::environment::Services;
use crate::planner::wish::environment::Environment;
use crate::project::store_files::StoreFiles;
use serde_json::Value;

/// What a new store is installed with.
#[derive(Debug, Clone)]
pub(crate) struct Surroundings {
    target: Target,
    /// The release's requirement on PHP.
    php: Option<String>,
    search: Engine,
    /// Whether the store has the module that speaks to RabbitMQ.
    has_queue: bool,
    environment: Option<(Environment, Services)>,
    /// The project's name inside the environment.
    name: String,
    /// Hosts that want a key of the buyer's own.
    key_hosts: Vec<String>,
}

/// The search engine, as `setup:install` knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Engine {
    Open,
    /// Also OpenSearch 1 under Magento 2.4.4 and 2.4.5, which speaks to it as if it were Elasticsearch 7.
    Elastic7,
    Elastic8,
}

impl Engine {
    /// The newest engine that a lock has a module for.
    fn of(has: impl Fn(&str) -> bool) -> Self {
        if has("module-open-search") {
            Self::Open
        } else if has("module-elasticsearch-8") {
            Self::Elastic8
        } else {
            Self::Elastic7
        }
    }

    /// The engine's name, and that of its options.
    fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Open => ("opensearch", "opensearch"),
            Self::Elastic7 => ("elasticsearch7", "elasticsearch"),
            Self::Elastic8 => ("elasticsearch8", "elasticsearch"),
        }
    }
}

impl Surroundings {
    /// Looks at the lock for what the store can speak to; `name` is the project's own, and `php` the
    /// version that was asked for.
    pub(crate) fn of(
        target: Target,
        release: &Release,
        lock: &Value,
        environment: Option<Environment>,
        name: &str,
        php: Option<&str>,
    ) -> Self {
        let vendor = target.distribution().vendor();
        let packages = || {
            lock.get("packages")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
        };
        let has = |short: &str| {
            let name = format!("{vendor}/{short}");
            packages().any(|package| package.get("name").and_then(Value::as_str) == Some(&name))
        };
        let has_queue = has("module-amqp");
        Self {
            target,
            php: release.php.clone(),
            search: Engine::of(has),
            has_queue,
            environment: environment.map(|environment| {
                let services = Services::choose(environment, release, php, has_queue);
                (environment, services)
            }),
            name: name.to_owned(),
            key_hosts: Vec::new(),
        }
    }

    /// The same with repositories that want a key of the buyer's own.
    pub(crate) fn with_keys_for(mut self, hosts: Vec<String>) -> Self {
        self.key_hosts = hosts;
        self
    }

    /// The files that configure the environment, and what there is to say about them.
    pub(crate) fn files(&self, folder: &dyn StoreFiles) -> (Vec<Edit>, Vec<Finding>) {
        match &self.environment {
            Some((environment, services)) => environment.files(folder, &self.name, services),
            None => Default::default(),
        }
    }

    /// What is left to do, in order; `enter` is the command that leads to the project's folder.
    pub(crate) fn steps(&self, enter: Option<String>) -> Vec<Step> {
        let mut steps = Vec::new();
        let mut run = |command: String, text: String| {
            steps.push(Step::run(Phase::Install, command, text));
        };
        if let Some(enter) = enter {
            run(enter, String::new());
        }
        let environment = self
            .environment
            .as_ref()
            .map(|(environment, _)| *environment);
        for command in environment
            .iter()
            .flat_map(|environment| environment.start(&self.name))
        {
            run(command, String::new());
        }
        let inside = environment.map_or("", Environment::inside);
        if self.target.facts().credentials {
            let entitled = match self.target.is_in(Family::Commerce) {
                true => format!(" with an entitlement to {}", self.target.distribution()),
                false => String::new(),
            };
            let host = self.target.host();
            run(
                format!("mageshift auth {host}"),
                format!("stores the keys of {host}{entitled}, and tests them"),
            );
        }
        for host in &self.key_hosts {
            run(
                format!("composer config --auth http-basic.{host} token KEY"),
                "unless an auth.json has the key".to_owned(),
            );
        }
        let php = self.php.as_deref().filter(|_| environment.is_none());
        let php = php.map_or_else(String::new, |php| format!(", with PHP {php}"));
        run(
            format!("{inside}composer install"),
            format!("with plugins on{php}"),
        );
        if self.target.is_in(Family::Cloud) {
            run(
                "git add -A".to_owned(),
                "the base files that Composer deploys must be committed for Commerce on Cloud"
                    .to_owned(),
            );
            return steps;
        }
        let (command, text) = self.setup_install();
        run(format!("{inside}{command}"), text);
        if environment.is_none() {
            run("bin/magento cron:install".to_owned(), String::new());
        }
        run(
            format!("{inside}bin/magento deploy:mode:set developer"),
            "or `production` for a live shop".to_owned(),
        );
        steps
    }

    /// `bin/magento setup:install`, with words in capitals for what only the user knows and variables for passwords, and what
    /// to do about those. A password that is typed into a command stays in the shell's history.
    fn setup_install(&self) -> (String, String) {
        let options = self.setup(&Setup::default());
        let mut variables = Vec::new();
        let mut command = "bin/magento setup:install".to_owned();
        for (option, value) in options {
            let value = value.unwrap_or_else(|| match option.as_str() {
                DB_PASSWORD | ADMIN_PASSWORD => {
                    let variable = variable(&option);
                    let value = format!("\"${variable}\"");
                    variables.push(variable);
                    value
                }
                _ => placeholder(&option).to_owned(),
            });
            command.push_str(&format!(" --{option}={value}"));
        }
        let reads: Vec<String> = variables
            .iter()
            .map(|variable| format!("`read -rs {variable}`"))
            .collect();
        let text = format!(
            "replace the words in capitals, and type the {} first: {}",
            if reads.len() == 1 {
                "password"
            } else {
                "passwords"
            },
            reads.join(", then ")
        );
        (command, text)
    }

    /// The options of `setup:install`, in order, without their dashes; none for the value of what is not known.
    pub(crate) fn setup(&self, given: &Setup) -> Vec<(String, Option<String>)> {
        let (engine, search) = self.search.names();
        let environment = self.environment.as_ref();
        let known = |index: usize| {
            let database = environment.map(|(environment, _)| environment.database());
            database.and_then(|database| database.get(index).map(|word| (*word).to_owned()))
        };
        let base_url = environment.map(|(environment, _)| environment.base_url(&self.name));
        let search_host = environment.map(|(_, services)| services.search.name.to_owned());
        let given = given.clone();
        let mut options = vec![
            ("base-url".to_owned(), given.base_url.or(base_url)),
            ("db-host".to_owned(), given.db_host.or_else(|| known(0))),
            ("db-name".to_owned(), given.db_name.or_else(|| known(1))),
            ("db-user".to_owned(), given.db_user.or_else(|| known(2))),
            (DB_PASSWORD.to_owned(), known(3)),
            ("search-engine".to_owned(), Some(engine.to_owned())),
            (format!("{search}-host"), given.search_host.or(search_host)),
            (format!("{search}-port"), Some("9200".to_owned())),
        ];
        if let Some((_, services)) = environment {
            options.extend(self.cache_and_queue(services));
        }
        options.extend([
            (
                "admin-user".to_owned(),
                given.admin_user.or_else(|| Some("admin".to_owned())),
            ),
            ("admin-firstname".to_owned(), given.admin_firstname),
            ("admin-lastname".to_owned(), given.admin_lastname),
            ("admin-email".to_owned(), given.admin_email),
            (ADMIN_PASSWORD.to_owned(), None),
        ]);
        let optional = [
            ("language", given.language),
            ("currency", given.currency),
            ("timezone", given.timezone),
        ];
        let optional = optional.into_iter().filter(|(_, value)| value.is_some());
        options.extend(optional.map(|(option, value)| (option.to_owned(), value)));
        options
    }

    /// Sessions, caches and messages in the services of an environment.
    fn cache_and_queue(&self, services: &Services) -> Vec<(String, Option<String>)> {
        let cache = services.cache.name;
        let mut options = vec![
            ("session-save", "redis"),
            ("session-save-redis-host", cache),
            ("session-save-redis-db", "2"),
            ("cache-backend", "redis"),
            ("cache-backend-redis-server", cache),
            ("cache-backend-redis-db", "0"),
            ("page-cache", "redis"),
            ("page-cache-redis-server", cache),
            ("page-cache-redis-db", "1"),
        ];
        if self.has_queue && services.queue.is_some() {
            options.extend([
                ("amqp-host", "rabbitmq"),
                ("amqp-port", "5672"),
                ("amqp-user", "guest"),
                ("amqp-password", "guest"),
            ]);
        }
        let owned = options.into_iter();
        owned
            .map(|(option, value)| (option.to_owned(), Some(value.to_owned())))
            .collect()
    }
}

/// The options of `setup:install` that are secret, unless an environment makes them public.
pub(crate) const DB_PASSWORD: &str = "db-password";
/// Likewise.
pub(crate) const ADMIN_PASSWORD: &str = "admin-password";

/// The variable that the value of a secret option is taken from: `MAGESHIFT_DB_PASSWORD`.
pub(crate) fn variable(option: &str) -> String {
    format!("MAGESHIFT_{}", option.replace('-', "_").to_uppercase())
}

/// What only the user knows about a new shop.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Setup {
    /// `--base-url`.
    pub base_url: Option<String>,
    /// `--db-host`, with a port where it needs one.
    pub db_host: Option<String>,
    /// `--db-name`; it has to be there.
    pub db_name: Option<String>,
    /// `--db-user`. The password is a variable's, never an argument.
    pub db_user: Option<String>,
    /// `--opensearch-host` or `--elasticsearch-host`, whichever the release takes.
    pub search_host: Option<String>,
    /// `--admin-user`.
    pub admin_user: Option<String>,
    /// `--admin-firstname`.
    pub admin_firstname: Option<String>,
    /// `--admin-lastname`.
    pub admin_lastname: Option<String>,
    /// `--admin-email`.
    pub admin_email: Option<String>,
    /// A locale: `de_DE`.
    pub language: Option<String>,
    /// A currency's code: `EUR`.
    pub currency: Option<String>,
    /// As PHP names it: `Europe/Berlin`.
    pub timezone: Option<String>,
}

/// What stands for a value that is not known.
fn placeholder(option: &str) -> &'static str {
    match option {
        "base-url" => "https://shop.test/",
        "db-name" => "NAME",
        "db-user" => "USER",
        "admin-firstname" => "FIRST",
        "admin-lastname" => "LAST",
        "admin-email" => "MAIL",
        _ => "HOST",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::distribution::ReleaseCatalog;
    use serde_json::json;

    fn steps(
        target: Target,
        release: &str,
        packages: &[&str],
        env: Option<Environment>,
    ) -> Vec<String> {
        let catalog = ReleaseCatalog::bundled();
        let release = catalog.facts(target, release).unwrap();
        let packages: Vec<Value> = packages.iter().map(|name| json!({"name": name})).collect();
        let lock = json!({ "packages": packages });
        let steps = Surroundings::of(target, release, &lock, env, "shop", None)
            .steps(Some("cd shop".to_owned()));
        steps.iter().map(Step::line).collect()
    }

    #[test]
    fn the_search_engine_is_the_one_that_the_lock_has_a_module_for() {
        let step = |target, release, package| steps(target, release, &[package], None)[3].clone();
        let magento = step(Target::Magento, "2.4.5", "magento/module-elasticsearch-7");
        assert!(
            magento.contains("--search-engine=elasticsearch7 --elasticsearch-host"),
            "{magento}"
        );
        let newer = step(Target::Magento, "2.4.8", "magento/module-open-search");
        assert!(
            newer.contains("--search-engine=opensearch --opensearch-host"),
            "{newer}"
        );
    }

    #[test]
    fn in_an_environment_everything_but_the_administrator_is_known() {
        let packages = ["mage-os/module-open-search", "mage-os/module-amqp"];
        let steps = steps(Target::MageOs, "3.4.0", &packages, Some(Environment::Ddev));
        assert_eq!(
            steps[..3],
            [
                "cd shop",
                "ddev start",
                "ddev exec composer install: with plugins on"
            ]
        );
        let install = &steps[3];
        assert!(
            install.contains("--base-url=https://shop.ddev.site/ --db-host=db"),
            "{install}"
        );
        assert!(install.contains("--amqp-host=rabbitmq") && install.contains("server=valkey"));
    }
}
