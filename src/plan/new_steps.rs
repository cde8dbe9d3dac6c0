//! What is left to do once the files of a new project are there: installing, with the services that the store will find.

use super::environment::{Environment, Services, project_name};
use super::{Edit, Finding};
use crate::distribution::{Distribution, Release, Target};
use serde_json::Value;
use std::path::Path;

/// What a new store is installed with.
#[derive(Debug, Clone)]
pub struct Surroundings {
    target: Target,
    /// The release's requirement on PHP.
    php: Option<String>,
    search: Search,
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
enum Search {
    OpenSearch,
    /// Also OpenSearch 1 under Magento 2.4.4 and 2.4.5, which speaks to it as if it were Elasticsearch 7.
    Elasticsearch7,
    Elasticsearch8,
}

impl Search {
    /// The newest engine that a lock has a module for.
    fn of(has: impl Fn(&str) -> bool) -> Self {
        if has("module-open-search") {
            Self::OpenSearch
        } else if has("module-elasticsearch-8") {
            Self::Elasticsearch8
        } else {
            Self::Elasticsearch7
        }
    }

    /// The engine's name, and that of its options.
    fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::OpenSearch => ("opensearch", "opensearch"),
            Self::Elasticsearch7 => ("elasticsearch7", "elasticsearch"),
            Self::Elasticsearch8 => ("elasticsearch8", "elasticsearch"),
        }
    }
}

impl Surroundings {
    /// Looks at the lock for what the store can speak to; `php` is the version that was asked for.
    pub fn of(
        target: Target,
        release: &Release,
        lock: &Value,
        environment: Option<Environment>,
        dir: &Path,
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
            search: Search::of(has),
            has_queue,
            environment: environment.map(|environment| {
                let services = Services::choose(environment, release, php, has_queue);
                (environment, services)
            }),
            name: project_name(dir),
            key_hosts: Vec::new(),
        }
    }

    /// The same with repositories that want a key of the buyer's own.
    pub fn with_keys_for(mut self, hosts: Vec<String>) -> Self {
        self.key_hosts = hosts;
        self
    }

    /// The files that configure the environment, and what there is to say about them.
    pub fn files(&self, dir: &Path) -> (Vec<Edit>, Vec<Finding>) {
        match &self.environment {
            Some((environment, services)) => environment.files(dir, &self.name, services),
            None => Default::default(),
        }
    }

    /// Commands and sentences, in order. A line that is a command starts with it.
    pub fn steps(&self, dir: &Path) -> Vec<String> {
        let mut steps = Vec::new();
        if dir != Path::new(".") {
            steps.push(format!("cd {}", dir.display()));
        }
        let environment = self
            .environment
            .as_ref()
            .map(|(environment, _)| *environment);
        steps.extend(
            environment
                .iter()
                .flat_map(|environment| environment.start(&self.name)),
        );
        let inside = environment.map_or("", Environment::inside);
        if self.target.facts().credentials {
            let entitled = if self.target.distribution() == Distribution::Commerce {
                " with an entitlement to Adobe Commerce"
            } else {
                ""
            };
            steps.push(format!("composer config --auth http-basic.repo.magento.com PUBLIC-KEY PRIVATE-KEY, the keys of repo.magento.com{entitled}"));
        }
        for host in &self.key_hosts {
            steps.push(format!("composer config --auth http-basic.{host} token KEY, unless an auth.json has the key"));
        }
        let php = self.php.as_deref().filter(|_| environment.is_none());
        let php = php.map_or_else(String::new, |php| format!(", with PHP {php}"));
        steps.push(format!("{inside}composer install, plugins on{php}"));
        if self.target == Target::CommerceCloud {
            steps.push("git add -A: the base files that Composer deploys must be committed for Commerce on Cloud".to_string());
            return steps;
        }
        steps.push(format!("{inside}{}", self.setup_install()));
        if environment.is_none() {
            steps.push("bin/magento cron:install".to_string());
        }
        steps.push(format!(
            "{inside}bin/magento deploy:mode:set developer, or production for a live shop"
        ));
        steps
    }

    /// `bin/magento setup:install`, with words in capitals for what only the user knows.
    fn setup_install(&self) -> String {
        let (engine, option) = self.search.names();
        let admin = "--admin-user=admin --admin-firstname=FIRST --admin-lastname=LAST --admin-email=MAIL --admin-password=PASSWORD";
        let Some((environment, services)) = &self.environment else {
            return format!(
                "bin/magento setup:install --base-url=https://shop.test/ --db-host=HOST --db-name=NAME --db-user=USER --db-password=PASSWORD --search-engine={engine} --{option}-host=HOST --{option}-port=9200 {admin}"
            );
        };
        let [host, database, user, password] = environment.database();
        let (search, cache) = (services.search.name, services.cache.name);
        let queue = if self.has_queue && services.queue.is_some() {
            " --amqp-host=rabbitmq --amqp-port=5672 --amqp-user=guest --amqp-password=guest"
        } else {
            ""
        };
        format!(
            "bin/magento setup:install --base-url={url} --db-host={host} --db-name={database} --db-user={user} --db-password={password} --search-engine={engine} --{option}-host={search} --{option}-port=9200 --session-save=redis --session-save-redis-host={cache} --session-save-redis-db=2 --cache-backend=redis --cache-backend-redis-server={cache} --cache-backend-redis-db=0 --page-cache=redis --page-cache-redis-server={cache} --page-cache-redis-db=1{queue} {admin}",
            url = environment.base_url(&self.name),
        )
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
        let dir = Path::new("shop");
        Surroundings::of(target, release, &lock, env, dir, None).steps(dir)
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
                "ddev exec composer install, plugins on"
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
