//! How stable a version is, as Composer ranks it.

use super::scan::{Modifier, at_end, suffixes};

/// Composer's five stabilities. The order is Composer's: the larger the value, the less stable
/// (`BasePackage::$stabilities`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stability {
    /// 0
    Stable,
    /// 5
    Rc,
    /// 10
    Beta,
    /// 15
    Alpha,
    /// 20
    Dev,
}

impl Stability {
    const ALL: [Stability; 5] = [
        Stability::Stable,
        Stability::Rc,
        Stability::Beta,
        Stability::Alpha,
        Stability::Dev,
    ];

    /// The number that stands for it in a lock's `stability-flags`.
    pub fn value(self) -> u8 {
        match self {
            Stability::Stable => 0,
            Stability::Rc => 5,
            Stability::Beta => 10,
            Stability::Alpha => 15,
            Stability::Dev => 20,
        }
    }

    /// Its name in `minimum-stability` and after `@`.
    pub fn name(self) -> &'static str {
        match self {
            Stability::Stable => "stable",
            Stability::Rc => "RC",
            Stability::Beta => "beta",
            Stability::Alpha => "alpha",
            Stability::Dev => "dev",
        }
    }

    /// The stability of that name, in any case (`VersionParser::normalizeStability`).
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|stability| stability.name().eq_ignore_ascii_case(name))
    }

    /// The stability of a version, normalised or as written (`VersionParser::parseStability`).
    pub fn of(version: &str) -> Self {
        // Most versions are numbers alone, and looking for a modifier at every place takes long.
        if version
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'.')
        {
            return Stability::Stable;
        }
        let version = strip_reference(version);
        if version.starts_with("dev-") || version.ends_with("-dev") {
            return Stability::Dev;
        }
        // The modifier is whatever the longest readable end of the text says.
        for end in suffixes(version) {
            let (modifier, rest) = Modifier::scan(end);
            if at_end(rest) || is_build_metadata(rest) {
                return match modifier.stability {
                    _ if modifier.dev => Stability::Dev,
                    "beta" => Stability::Beta,
                    "alpha" => Stability::Alpha,
                    "RC" => Stability::Rc,
                    _ => Stability::Stable,
                };
            }
        }
        Stability::Stable
    }
}

/// Cuts off `#reference`. Composer's expression does not cross a line end, so only the last line can lose one.
fn strip_reference(version: &str) -> &str {
    let body = version.strip_suffix('\n').unwrap_or(version);
    let line = body.rfind('\n').map_or(0, |at| at + 1);
    match body[line..].find('#') {
        Some(at) if line + at + 1 < body.len() => &body[..line + at],
        _ => version,
    }
}

fn is_build_metadata(rest: &str) -> bool {
    rest.starts_with('+') && !rest.strip_suffix('\n').unwrap_or(rest).contains('\n')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_as_composer_does() {
        let values: Vec<u8> = Stability::ALL.into_iter().map(Stability::value).collect();
        assert_eq!(values, [0, 5, 10, 15, 20]);
        assert!(Stability::ALL.is_sorted());
        for stability in Stability::ALL {
            assert_eq!(
                Stability::parse(&stability.name().to_uppercase()),
                Some(stability)
            );
        }
        assert_eq!(Stability::parse("gamma"), None);
    }

    #[test]
    fn reads_the_stability_of_a_version() {
        let cases = [
            ("1.0.0", Stability::Stable),
            ("2.4.8-p4", Stability::Stable),
            ("1.0-rc2", Stability::Rc),
            ("1.0.0.0-RC1-dev", Stability::Dev),
            ("1.0b3+build.5", Stability::Beta),
            ("1.2.0a1", Stability::Alpha),
            ("dev-master", Stability::Dev),
            ("1.x-dev#abc", Stability::Dev),
            ("1.0.0#1.0-beta", Stability::Stable),
            ("9999999-dev", Stability::Dev),
            ("", Stability::Stable),
        ];
        for (version, stability) in cases {
            assert_eq!(Stability::of(version), stability, "{version}");
        }
    }
}
