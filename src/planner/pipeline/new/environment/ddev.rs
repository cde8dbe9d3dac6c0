//! DDEV: `config.yaml`, and a Compose file for each service that DDEV does not bring along.

use crate::planner::pipeline::new::environment::{Service, Services};

/// Where DDEV's configuration is.
pub(super) const CONFIG: &str = ".ddev/config.yaml";

/// The files, by path.
pub(super) fn files(name: &str, services: &Services) -> Vec<(String, String)> {
    let Services {
        php,
        composer,
        database,
        ..
    } = services;
    let config = format!(
        "name: {name}
type: magento2
docroot: pub
php_version: \"{php}\"
webserver_type: nginx-fpm
database:
    type: {}
    version: \"{}\"
composer_version: \"{composer}\"
upload_dirs:
    - media
disable_settings_management: true
",
        database.name, database.version
    );
    let others = [
        Some(&services.search),
        Some(&services.cache),
        services.queue.as_ref(),
    ];
    let others = others.into_iter().flatten().map(|service| {
        (
            format!(".ddev/docker-compose.{}.yaml", service.name),
            compose(service),
        )
    });
    std::iter::once((CONFIG.to_owned(), config))
        .chain(others)
        .collect()
}

/// What a container needs to know.
struct Container {
    image: String,
    port: u16,
    environment: &'static [(&'static str, &'static str)],
    data: Option<&'static str>,
}

fn container(service: &Service) -> Container {
    let version = &service.version;
    match service.name {
        "opensearch" => Container {
            image: format!("opensearchproject/opensearch:{}", full(version)),
            port: 9200,
            environment: &[
                ("discovery.type", "single-node"),
                ("DISABLE_SECURITY_PLUGIN", "true"),
                ("DISABLE_INSTALL_DEMO_CONFIG", "true"),
                ("OPENSEARCH_JAVA_OPTS", "-Xms512m -Xmx512m"),
            ],
            data: Some("/usr/share/opensearch/data"),
        },
        "elasticsearch" => Container {
            image: format!(
                "docker.elastic.co/elasticsearch/elasticsearch:{}",
                full(version)
            ),
            port: 9200,
            environment: &[
                ("discovery.type", "single-node"),
                ("xpack.security.enabled", "false"),
                ("ES_JAVA_OPTS", "-Xms512m -Xmx512m"),
            ],
            data: Some("/usr/share/elasticsearch/data"),
        },
        "rabbitmq" => Container {
            image: format!("rabbitmq:{version}-management"),
            port: 5672,
            environment: &[],
            data: Some("/var/lib/rabbitmq"),
        },
        "valkey" => Container {
            image: format!("valkey/valkey:{version}"),
            port: 6379,
            environment: &[],
            data: None,
        },
        other => Container {
            image: format!("{other}:{version}"),
            port: 6379,
            environment: &[],
            data: None,
        },
    }
}

/// The makers of search engines tag images with three numbers, or with the first alone.
fn full(version: &str) -> String {
    if version.split('.').count() == 2 {
        format!("{version}.0")
    } else {
        version.to_owned()
    }
}

fn compose(service: &Service) -> String {
    let name = service.name;
    let Container {
        image,
        port,
        environment,
        data,
    } = container(service);
    let mut text = format!(
        "services:
  {name}:
    container_name: ddev-${{DDEV_SITENAME}}-{name}
    image: {image}
    restart: \"no\"
    labels:
      com.ddev.site-name: ${{DDEV_SITENAME}}
      com.ddev.approot: ${{DDEV_APPROOT}}
    expose:
      - \"{port}\"
"
    );
    if !environment.is_empty() {
        text.push_str("    environment:\n");
        for (key, value) in environment {
            text.push_str(&format!("      {key}: \"{value}\"\n"));
        }
    }
    if let Some(folder) = data {
        text.push_str(&format!(
            "    volumes:\n      - {name}:{folder}\nvolumes:\n  {name}:\n"
        ));
    }
    text
}
