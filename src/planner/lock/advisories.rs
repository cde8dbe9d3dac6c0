//! Security advisories against the packages of a new lock.

use crate::plan::{Code, Finding};
use composer_engine::resolve::lock::audit::Concern;

/// One warning for each package that has any.
pub(crate) fn findings(concerns: &[Concern]) -> Vec<Finding> {
    let by_package = concerns.chunk_by(|a, b| a.package == b.package);
    by_package.filter_map(of_package).collect()
}

fn of_package(concerns: &[Concern]) -> Option<Finding> {
    let Concern {
        package, version, ..
    } = concerns.first()?;
    let count = match concerns.len() {
        1 => "a security advisory".to_string(),
        several => format!("{several} security advisories"),
    };
    let told: Vec<String> = concerns.iter().map(one).collect();
    Some(
        Finding::new(
            Code::SecurityAdvisory,
            format!("{package} {version} has {count}"),
            format!(
                "{}. Update it as soon as its dependents allow.",
                told.join("; ")
            ),
        )
        .of_package(package.to_string()),
    )
}

fn one(concern: &Concern) -> String {
    let advisory = &concern.advisory;
    let details = advisory.details.as_ref();
    let name = details
        .and_then(|details| details.cve.as_deref())
        .unwrap_or(&advisory.id);
    let title = details.map_or_else(String::new, |details| format!(" ({})", details.title));
    format!("{name}{title} in versions {}", advisory.affected)
}
