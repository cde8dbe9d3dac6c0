//! Repositories known to serve a distribution's core.

use super::facts::{DATA, HostFacts};
use super::kind::Distribution;

/// What is known of the repository behind a URL.
#[derive(Debug, Clone, Copy)]
pub struct RepositoryHost(&'static HostFacts);

impl RepositoryHost {
    /// Whether the core of a distribution comes from here.
    pub fn serves(&self, distribution: Distribution) -> bool {
        self.0.serves.contains(&distribution)
    }

    /// Whether it has finished releases, not only builds between them.
    pub fn has_releases(&self) -> bool {
        self.0.releases
    }

    /// Whether it also serves extensions (the Adobe Marketplace).
    pub fn is_marketplace(&self) -> bool {
        self.0.marketplace
    }

    /// Its name, without a path.
    pub fn host(&self) -> &'static str {
        &self.0.host
    }
}

/// Looks up the repository, or the dist file, behind a URL. None for a host nothing is known of.
pub fn repository_host(url: &str) -> Option<RepositoryHost> {
    let (host, path) = host_and_path(url)?;
    DATA.host
        .iter()
        .find(|facts| {
            facts.host.eq_ignore_ascii_case(host)
                && facts.path.as_deref().is_none_or(|below| {
                    path.strip_prefix(below)
                        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
                })
        })
        .map(RepositoryHost)
}

/// Whether the repository behind a URL is known to serve nothing without keys.
pub fn needs_keys(url: &str) -> bool {
    let Some((host, _)) = host_and_path(url) else {
        return false;
    };
    let host = host.to_ascii_lowercase();
    DATA.keys.iter().any(|known| match known.strip_prefix('*') {
        Some(domain) => host.ends_with(domain),
        None => host == *known,
    })
}

/// Whether an address (of a clone or of a forge's archive, in any spelling) belongs to an account in which a distribution
/// publishes its packages.
pub fn is_published_source(address: &str) -> bool {
    let (host, path) = match host_and_path(address) {
        Some(parts) => parts,
        // git@github.com:owner/name.git
        None => match address
            .rsplit_once('@')
            .map_or(address, |(_, rest)| rest)
            .split_once(':')
        {
            Some(parts) => parts,
            None => return false,
        },
    };
    let path = path.trim_start_matches('/');
    let path = match host.to_ascii_lowercase().as_str() {
        "github.com" | "www.github.com" | "codeload.github.com" => path,
        "api.github.com" => path.strip_prefix("repos/").unwrap_or_default(),
        _ => return false,
    };
    let owner = path.split('/').next().unwrap_or_default();
    DATA.accounts
        .iter()
        .any(|account| account.eq_ignore_ascii_case(owner))
}

/// The host (without credentials and port) and the path of a URL; none without a scheme.
pub fn host_and_path(url: &str) -> Option<(&str, &str)> {
    let (_, rest) = url.split_once("://")?;
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let host = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    let host = host.split_once(':').map_or(host, |(host, _)| host);
    Some((host, path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_that_need_keys() {
        assert!(needs_keys("https://Repo.magento.com/"));
        assert!(needs_keys("https://acme.repo.packagist.com/shop/"));
        assert!(!needs_keys("https://repo.packagist.com.example.org/"));
        assert!(!needs_keys("https://mirror.mage-os.org/"));
    }

    #[test]
    fn accounts_of_the_distributions() {
        for address in [
            "https://github.com/magento/composer.git",
            "git@github.com:Magento/composer.git",
            "ssh://git@github.com/mage-os/mageos-magento2.git",
            "https://api.github.com/repos/magento/composer/zipball/0a",
        ] {
            assert!(is_published_source(address), "{address}");
        }
        for address in [
            "https://github.com/magento-fan/composer.git",
            "https://github.com.example.org/magento/composer.git",
            "https://gitlab.com/magento/composer.git",
            "../magento/composer",
            "",
        ] {
            assert!(!is_published_source(address), "{address}");
        }
    }

    #[test]
    fn known_hosts_in_their_spellings() {
        let serves = |url: &str, distribution| {
            repository_host(url).is_some_and(|host| host.serves(distribution))
        };
        assert!(serves("https://repo.magento.com", Distribution::Commerce));
        assert!(serves(
            "https://user:key@Repo.Magento.com:443/",
            Distribution::Magento
        ));
        assert!(serves(
            "https://repo.mage-os.org/packages/mage-os/framework-3.0.0.zip",
            Distribution::MageOs
        ));
        assert!(serves("https://mirror.mage-os.org/", Distribution::Magento));
        assert!(!serves(
            "https://mirror.mage-os.org/",
            Distribution::Commerce
        ));
        assert!(serves(
            "https://mage-os.hypernode.com/mirror/",
            Distribution::Magento
        ));
        assert!(repository_host("https://mage-os.hypernode.com/mirrored/").is_none());
        assert!(repository_host("git@github.com:magento/x.git").is_none());
    }
}
