//! What a remedy changed, told to the store's owner.

use crate::plan::{Code, Finding};
use crate::planner::blocked::remedies::relaxation::Relaxation;
use crate::project::ROOT;
use composer_engine::repository::PackageSource;
use composer_engine::resolve::candidate::Origin;
use composer_engine::resolve::update::Update;
use std::collections::BTreeMap;

/// One finding for each change.
pub(crate) fn of(
    relaxation: &Relaxation,
    update: &Update,
    source: &dyn PackageSource,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut by_repository: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (repository, name) in &relaxation.hidden {
        by_repository.entry(repository).or_default().push(name);
    }
    for (repository, names) in by_repository {
        let list = names.join(", ");
        let now_from: Vec<String> = names
            .iter()
            .filter_map(|name| origin(update, source, name))
            .collect();
        findings.push(finding(
            Code::RepositoryOrder,
            format!("{list} must not come from {repository}"),
            format!(
                "{repository} is asked first and has versions that do not fit, which hides the versions of other repositories. Its entry in composer.json now excludes {}, so that {} decides.",
                if names.len() == 1 { "the name" } else { "these names" },
                now_from.first().map_or("the next repository", String::as_str),
            ),
            None,
        ));
    }
    for (module, wanted_by) in &relaxation.modules {
        findings.push(finding(
            Code::ModuleAdded,
            format!("{module} is required beside the product"),
            format!(
                "{wanted_by} needs it, and the product does not bring it along. Remove it from composer.json together with {wanted_by}."
            ),
            Some(module),
        ));
    }
    for (name, pin) in &relaxation.repinned {
        findings.push(finding(
            Code::DevToolRepinned,
            format!("{name} in require-dev becomes {pin}"),
            "No version that the old constraint allows goes with the target. No package of the store requires it; check your builds and tests."
                .to_string(),
            Some(name),
        ));
    }
    for name in &relaxation.without {
        findings.push(finding(
            Code::DevToolRemoved,
            format!("{name} is taken out of require-dev"),
            "No version of it that the repositories have goes with the target. No package of the store requires it; require it again when there is a version that fits."
                .to_string(),
            Some(name),
        ));
    }
    findings
}

/// The repository that a package now comes from.
fn origin(update: &Update, source: &dyn PackageSource, name: &str) -> Option<String> {
    let mut chosen = update.packages.iter().chain(&update.packages_dev);
    let chosen = chosen.find(|chosen| *chosen.package.name == *name)?;
    match chosen.origin {
        Origin::Repository(index) => source
            .repositories()
            .get(index)
            .map(|info| info.url.clone()),
        _ => None,
    }
}

fn finding(code: Code, title: String, detail: String, package: Option<&String>) -> Finding {
    let finding = Finding::new(code, title, detail).in_file(ROOT);
    match package {
        Some(package) => finding.of_package(package),
        None => finding,
    }
}
