//! Platform packages: PHP, its extensions and libraries, and Composer's own APIs.

/// Whether a name is a platform package (`PlatformRepository::PLATFORM_PACKAGE_REGEX`): `php` and its variants, `hhvm`,
/// `ext-*`, `lib-*`, `composer`, `composer-plugin-api` and `composer-runtime-api`. Case does not matter.
pub fn is_platform_package(name: &str) -> bool {
    let lower;
    let name = if name.bytes().any(|b| b.is_ascii_uppercase()) {
        lower = name.to_ascii_lowercase();
        lower.as_str()
    } else {
        name
    };
    match name {
        "php"
        | "php-64bit"
        | "php-ipv6"
        | "php-zts"
        | "php-debug"
        | "hhvm"
        | "composer"
        | "composer-plugin-api"
        | "composer-runtime-api" => true,
        _ => name
            .strip_prefix("ext-")
            .or_else(|| name.strip_prefix("lib-"))
            .is_some_and(is_extension_name),
    }
}

/// `[a-z0-9](?:[_.-]?[a-z0-9]+)*`
fn is_extension_name(name: &str) -> bool {
    let mut after_separator = true;
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' => after_separator = false,
            b'_' | b'.' | b'-' if !after_separator => after_separator = true,
            _ => return false,
        }
    }
    !after_separator
}

#[cfg(test)]
mod tests {
    use super::is_platform_package;

    #[test]
    fn names() {
        for name in [
            "php",
            "PHP",
            "php-64bit",
            "ext-json",
            "ext-pdo_mysql",
            "lib-icu-cldr",
            "composer-plugin-api",
            "hhvm",
        ] {
            assert!(is_platform_package(name), "{name}");
        }
        for name in [
            "php-http/discovery",
            "ext-",
            "ext--a",
            "ext-a-",
            "composer/composer",
            "phpunit",
            "acme/ext-json",
            "php-",
        ] {
            assert!(!is_platform_package(name), "{name}");
        }
    }
}
