//! The package that does not run on the PHP that a plan is made for.

use super::demands::NEWEST_PATCH;
use crate::plan::{Code, Finding};
use composer_engine::repository::platform::Platform;
use composer_engine::resolve::explain::problem::{Explanation, Relation};

/// A package that does not run on the PHP that a plan is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused {
    /// With its version.
    package: String,
    /// What it requires.
    range: String,
    /// The PHP that the plan is for.
    php: String,
}

impl Refused {
    /// Whether the PHP that was refused is of a minor version (`8.2`).
    pub(crate) fn is_of(&self, series: &str) -> bool {
        let rest = self.php.strip_prefix(series);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }
}

/// The first package that does not run on the PHP to plan for, among what explains why there is no solution. The root itself is
/// no package: what it requires is compared before.
pub(crate) fn refused<'e>(
    explanations: impl IntoIterator<Item = &'e Explanation>,
    platform: &Platform,
) -> Option<Refused> {
    let php = platform.php()?;
    // A patch level that stands for all of them is no PHP that anybody has.
    let all = format!(".{NEWEST_PATCH}");
    let php = php.strip_suffix(&all).unwrap_or(php);
    let mut involved = explanations
        .into_iter()
        .flat_map(|explanation| &explanation.requirements);
    involved.find_map(|involved| {
        let (name, version) = involved.package.as_ref()?;
        let is_refusal = involved.relation == Relation::Requires
            && &*involved.target == "php"
            && !involved.satisfiable;
        is_refusal.then(|| Refused {
            package: format!("{name} {version}"),
            range: involved.constraint.to_string(),
            php: php.to_string(),
        })
    })
}

/// That the packages of a target need another PHP than the plan is for, and that there is a solution with `other`.
pub(crate) fn needs_another(refused: &Refused, other: &str) -> Finding {
    let Refused {
        package,
        range,
        php,
    } = refused;
    Finding::new(
        Code::PhpMismatch,
        format!("{package} does not run on PHP {php}"),
        format!(
            "It requires php {range}, and what is planned needs it. With PHP {other} there is a solution: give the server that, and plan with --php {other}."
        ),
    )
    .of_package("php")
    .in_file("composer.json")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::planner::lock::php::demands::newest_patch;
    use composer_engine::resolve::explain::problem::Involved;

    #[test]
    fn the_package_that_refuses_a_php_is_found_in_the_explanation() {
        let involved = |package: Option<&str>, target: &str, satisfiable| Involved {
            package: package.map(|name| (name.into(), "2.0.1".into())),
            relation: Relation::Requires,
            target: target.into(),
            constraint: ">=8.3".into(),
            satisfiable,
        };
        let explained = |requirements: Vec<Involved>| Explanation {
            requirements,
            ..Explanation::default()
        };
        let none = explained(vec![
            involved(None, "php", false),
            involved(Some("acme/other"), "ext-intl", false),
            involved(Some("acme/other"), "php", true),
        ]);
        let one = explained(vec![involved(Some("acme/slider"), "php", false)]);
        let of = |php: &str, explanations: &[&Explanation]| {
            refused(explanations.iter().copied(), &Platform::of_php(php))
        };
        let named = of("8.2.9", &[&none, &one]).unwrap();
        assert_eq!(
            needs_another(&named, "8.3").title,
            "acme/slider 2.0.1 does not run on PHP 8.2.9"
        );
        assert!(named.is_of("8.2") && !named.is_of("8.3"));
        let any_patch = of(&newest_patch("8.2"), &[&one]).unwrap();
        assert_eq!(
            needs_another(&any_patch, "8.3").title,
            "acme/slider 2.0.1 does not run on PHP 8.2"
        );
        assert_eq!(of("8.2.9", &[&none]), None);
        assert_eq!(refused([&one], &Platform::unknown()), None);
    }
}
