//! Why the platform does not satisfy a requirement, and which packages provide a missing name.

use super::missing_package::{MissingPackage, Sentence};
use crate::format::constraint::Constraint;
use crate::format::package::platform::is_platform_package;
use crate::repository::RepositoryKind;
use crate::resolve::candidate::{CandidateId, Origin};
use crate::resolve::pool::Pool;
use crate::resolve::request::Request;
use indexmap::IndexMap;
use std::sync::Arc;

/// How many packages are listed that provide an extension or a library.
const MAX_ALTERNATIVES: usize = 5;

/// How many bytes are shown of the description of such a package.
const DESCRIPTION: usize = 100;

impl MissingPackage<'_, '_> {
    /// What is wrong with a platform package; none for other packages.
    pub(crate) fn platform_reason(
        &mut self,
        pool: &Pool,
        request: &Request,
        name: &Arc<str>,
        text: &str,
    ) -> Option<Sentence> {
        if !is_platform_package(name) {
            return None;
        }
        let version = self.platform_version(pool, name);
        let is_hidden = |name: &str| self.hidden.iter().any(|hidden| hidden == name);
        let disabled = format!(
            "the {name} package is disabled by your platform config. Enable it again with \"composer config platform.{name} --unset\"."
        );
        if name.starts_with("php") {
            let end = version.map_or(disabled, |version| {
                format!("your {name} version ({version}) does not satisfy that requirement.")
            });
            return Some((
                format!("- Root composer.json requires {name}{text} but "),
                end,
            ));
        }
        if &**name == "hhvm" {
            let end = match version {
                Some(_) => "your HHVM version does not satisfy that requirement.",
                None => "HHVM was not detected on this machine, make sure it is in your PATH.",
            };
            return Some((
                format!("- Root composer.json requires {name}{text} but "),
                end.to_string(),
            ));
        }
        if let Some(extension) = name.strip_prefix("ext-") {
            if extension.contains(' ') {
                let better = name.replace(' ', "-");
                let end = format!("PHP extension {name} should be required as {better}.");
                return Some(("- ".to_string(), end));
            }
            let end = match version {
                Some(version) => format!("it has the wrong version installed ({version})."),
                None => {
                    let why = match is_hidden(name) {
                        true => disabled,
                        false => format!(
                            "it is missing from your system. Install or enable PHP's {extension} extension."
                        ),
                    };
                    format!("{why}{}", self.alternatives(request, name, "extension"))
                }
            };
            return Some((
                format!("- Root composer.json requires PHP extension {name}{text} but "),
                end,
            ));
        }
        let end = match &**name {
            "lib-icu"
                if self.platform_version(pool, "ext-intl").is_some() || is_hidden("ext-intl") =>
            {
                "it has the wrong version installed, try upgrading the intl extension.".to_string()
            }
            "lib-icu" => "it is missing from your system, make sure the intl extension is loaded."
                .to_string(),
            library if library.starts_with("lib-") => format!(
                "it has the wrong version installed or is missing from your system, make sure to load the extension providing it.{}",
                self.alternatives(request, name, "library")
            ),
            _ => return None,
        };
        Some((
            format!("- Root composer.json requires linked library {name}{text} but "),
            end,
        ))
    }

    fn alternatives(&mut self, request: &Request, name: &str, what: &str) -> String {
        let providers = self.providers(request, name, MAX_ALTERNATIVES);
        providers.map_or_else(String::new, |providers| {
            format!(
                "\n\n      Alternatively you can require one of these packages that provide the {what} (or parts of it):\n      Keep in mind that the suggestions are automated and may not be valid or safe to use\n{providers}"
            )
        })
    }

    /// The version of a platform package as shown, with what `config.platform` put in its place.
    fn platform_version(&self, pool: &Pool, name: &str) -> Option<String> {
        let candidates = &self.world.candidates;
        let available = pool.providers(candidates, name, &Constraint::Any);
        let available: Vec<CandidateId> = available
            .into_iter()
            .map(|literal| pool.candidate(literal))
            .collect();
        let real = available
            .iter()
            .find(|&&id| candidates[id].origin == Origin::Platform);
        let package = &candidates[*real.or(available.first())?].package;
        if &*package.name != name {
            let provided = package.provides.iter().map(|link| (link, "provided"));
            let mut held = provided.chain(package.replaces.iter().map(|link| (link, "replaced")));
            if let Some((link, verb)) = held.find(|(link, _)| &*link.target == name) {
                let holder = format!("{} {}", package.pretty_name, package.pretty_version);
                return Some(format!("{} {verb} by {holder}", link.pretty_constraint));
            }
        }
        let overridden = package
            .metadata
            .get("extra")
            .is_some_and(|extra| extra.get("config.platform") == Some(&true.into()));
        let note = package.metadata.get("description").filter(|_| overridden);
        let note = note
            .as_ref()
            .and_then(|note| note.as_str())
            .map(|note| format!("; {}", note.replace("Package ", "")));
        Some(format!(
            "{}{}",
            package.pretty_version,
            note.unwrap_or_default()
        ))
    }

    /// The packages that provide a name, one a line, as far as repositories give all their packages at once.
    pub(crate) fn providers(
        &mut self,
        request: &Request,
        name: &str,
        max: usize,
    ) -> Option<String> {
        let mut members: Vec<CandidateId> = request.fixed.iter().copied().collect();
        for repository in 0..self.world.source.repositories().len() {
            let info = &self.world.source.repositories()[repository];
            if info.kind == RepositoryKind::Array {
                let of_repository = self.world.members(repository);
                let allowed = of_repository
                    .iter()
                    .filter(|&&id| info.allows(self.world.candidates[id].name()));
                members.extend(allowed);
            }
        }
        members.extend(self.last);
        let mut providers: IndexMap<Arc<str>, String> = IndexMap::new();
        for package in members
            .into_iter()
            .map(|id| &self.world.candidates[id].package)
        {
            if package.provides.iter().any(|link| &*link.target == name) {
                let description = package.metadata.get("description");
                let description = description
                    .as_ref()
                    .and_then(|text| text.as_str())
                    .unwrap_or_default();
                let cut = description.floor_char_boundary(DESCRIPTION);
                let description = description.get(..cut).unwrap_or_default().to_string();
                providers.entry(package.name.clone()).or_insert(description);
            }
        }
        let shown = if providers.len() > max + 1 {
            max
        } else {
            providers.len()
        };
        let mut text: String = providers
            .iter()
            .take(shown)
            .map(|(name, description)| {
                format!("{}\n", format!("      - {name} {description}").trim_end())
            })
            .collect();
        if providers.len() > shown {
            text.push_str(&format!(
                "      ... and {} more.\n",
                providers.len() - shown
            ));
        }
        (!providers.is_empty()).then_some(text)
    }
}
