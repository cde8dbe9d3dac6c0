//! Warden: everything is in `.env`.

use crate::planner::pipeline::new::environment::Services;

/// Where Warden's configuration is.
pub(super) const CONFIG: &str = ".env";

/// The domain under which a project is reached.
pub(super) fn domain(name: &str) -> String {
    format!("{name}.test")
}

/// The files, by path. The variables are those that `warden env-init` writes for the type `magento2`.
pub(super) fn files(name: &str, services: &Services) -> Vec<(String, String)> {
    let is = |service: &str| {
        let all = [
            Some(&services.search),
            Some(&services.cache),
            services.queue.as_ref(),
        ];
        u8::from(all.into_iter().flatten().any(|other| other.name == service))
    };
    let mut lines = vec![
        format!("WARDEN_ENV_NAME={name}"),
        "WARDEN_ENV_TYPE=magento2".to_owned(),
        "WARDEN_WEB_ROOT=/".to_owned(),
        String::new(),
        format!("TRAEFIK_DOMAIN={}", domain(name)),
        "TRAEFIK_SUBDOMAIN=app".to_owned(),
        String::new(),
        "WARDEN_DB=1".to_owned(),
        format!("WARDEN_OPENSEARCH={}", is("opensearch")),
        format!("WARDEN_ELASTICSEARCH={}", is("elasticsearch")),
        "WARDEN_VARNISH=0".to_owned(),
        format!("WARDEN_RABBITMQ={}", is("rabbitmq")),
        format!("WARDEN_REDIS={}", is("redis")),
        format!("WARDEN_VALKEY={}", is("valkey")),
        String::new(),
        format!("PHP_VERSION={}", services.php),
        "PHP_XDEBUG_3=1".to_owned(),
        format!("COMPOSER_VERSION={}", services.composer),
        format!("MYSQL_DISTRIBUTION={}", services.database.name),
        format!("MYSQL_DISTRIBUTION_VERSION={}", services.database.version),
    ];
    let versioned = [
        Some(&services.search),
        Some(&services.cache),
        services.queue.as_ref(),
    ];
    lines.extend(versioned.into_iter().flatten().map(|service| {
        format!(
            "{}_VERSION={}",
            service.name.to_uppercase(),
            service.version
        )
    }));
    vec![(CONFIG.to_owned(), lines.join("\n") + "\n")]
}
