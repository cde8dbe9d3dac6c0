//! Repositories that could not be asked, and what stays as it is for that reason.

use crate::distribution::{Target, host_and_path};
use crate::plan::sentence::{and, count, list};
use crate::plan::{Code, Finding, Severity};
use composer_engine::format::package::Package;
use composer_engine::repository::{
    ErrorKind, Loaded, PackageSource, RepositoryError, RepositoryInfo, RepositorySet,
};
use composer_engine::resolve::candidate::Origin;
use composer_engine::resolve::update::{Chosen, LockedPackages, Update};
use composer_engine::resolve::world::Unavailable;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A finding for each repository that could not be asked by name, and one for all those that give their packages at once
/// (`vcs` and the like) and failed alike.
pub(crate) fn findings(
    unavailable: &[Unavailable],
    result: &Update,
    source: &dyn PackageSource,
) -> Vec<Finding> {
    let kept: Vec<&Chosen> = result
        .packages
        .iter()
        .chain(&result.packages_dev)
        .filter(|chosen| chosen.origin == Origin::Locked)
        .collect();
    let mut by_name: BTreeMap<usize, (&RepositoryError, BTreeSet<&str>)> = BTreeMap::new();
    let mut whole: BTreeMap<&str, (&RepositoryError, BTreeSet<usize>)> = BTreeMap::new();
    for missing in unavailable {
        if &*missing.package == "*" {
            let (_, repositories) = whole
                .entry(&missing.error.message)
                .or_insert_with(|| (&missing.error, BTreeSet::new()));
            repositories.insert(missing.repository);
            continue;
        }
        let (_, names) = by_name
            .entry(missing.repository)
            .or_insert_with(|| (&missing.error, BTreeSet::new()));
        let package = kept
            .iter()
            .find(|chosen| chosen.package.name == missing.package);
        // What another repository has, too, stays for other reasons.
        let package = package.filter(|chosen| {
            let name = &chosen.package.name;
            !is_elsewhere(source, missing.repository, name)
        });
        names.extend(package.map(|chosen| &*chosen.package.name));
    }
    let info = |repository: usize| source.repositories().get(repository);
    let by_name = by_name
        .into_iter()
        .filter_map(|(repository, (error, names))| {
            let names: Vec<&str> = names.into_iter().collect();
            let title = format!("{} could not be asked", info(repository)?.display());
            Some(finding(title, &reason(error), &names))
        });
    let whole = whole.into_iter().map(|(message, (error, repositories))| {
        let infos = || repositories.iter().filter_map(|index| info(*index));
        let urls: Vec<&str> = infos().map(|info| info.url.as_str()).collect();
        let from_there = |chosen: &&&Chosen| {
            code_url(&chosen.package)
                .is_some_and(|url| urls.iter().any(|known| is_same_place(known, &url)))
        };
        let names: BTreeSet<&str> = kept
            .iter()
            .filter(from_there)
            .map(|chosen| &*chosen.package.name)
            .collect();
        let names: Vec<&str> = names.into_iter().collect();
        let (title, reason) = match infos().next() {
            Some(info) if urls.len() == 1 => (
                format!("{} could not be asked", info.display()),
                reason(error),
            ),
            _ => (
                format!("{} could not be asked", count(urls.len(), "repository")),
                format!("{}: {message}", list(&urls)),
            ),
        };
        finding(title, &reason, &names)
    });
    by_name.chain(whole).collect()
}

/// What could not be asked when without it nothing can be said of a target: a blocker for each `composer` repository that did
/// not answer, while none of those that did has the target's product, or none of them may have the libraries that it builds on.
/// Whatever else is found then is a guess about what was never asked. None when the answer does not depend on it.
pub(crate) fn decisive(source: &RepositorySet, target: Target) -> Vec<Finding> {
    let infos = source.repositories();
    let failed: Vec<(&RepositoryInfo, &RepositoryError)> = infos
        .iter()
        .enumerate()
        .filter(|(_, info)| info.type_ == "composer")
        .filter_map(|(index, info)| Some((info, source.given_up(index)?)))
        .collect();
    if failed.is_empty() {
        return Vec::new();
    }
    let answers = |index: usize| source.given_up(index).is_none();
    let product: Arc<str> = target.facts().product.as_str().into();
    let has_product = infos.iter().enumerate().any(|(index, info)| {
        let found = || source.load(index, std::slice::from_ref(&product));
        info.allows(&product)
            && answers(index)
            && matches!(found().first(), Some(Loaded::Versions(found)) if !found.records.is_empty())
    });
    let is_core_host = |info: &RepositoryInfo| {
        let host = |url: &str| host_and_path(url).map(|(host, _)| host.to_string());
        Target::ALL
            .iter()
            .any(|target| host(&target.facts().repository) == host(&info.url))
    };
    let has_libraries = infos.iter().enumerate().any(|(index, info)| {
        let is_open = info.type_ == "composer" && info.only.is_none();
        is_open && answers(index) && !is_core_host(info)
    });
    if has_product && has_libraries {
        return Vec::new();
    }
    failed
        .into_iter()
        .map(|(info, error)| decides(info, error, target))
        .collect()
}

/// A warning for each `composer` repository that was asked in vain, whatever it would have been needed for.
pub(crate) fn given_up(source: &RepositorySet) -> Vec<Finding> {
    let infos = source.repositories().iter().enumerate();
    let infos = infos.filter(|(_, info)| info.type_ == "composer");
    let warning = |(index, info): (usize, &RepositoryInfo)| {
        let error = source.given_up(index)?;
        let title = format!("{} could not be asked", info.display());
        Some(finding(title, &reason(error), &[]))
    };
    infos.filter_map(warning).collect()
}

/// A warning for all that is not known at first hand: what is read from the cache, and what is taken as usual because a site
/// told nothing.
pub(crate) fn at_second_hand(source: &RepositorySet) -> Vec<Finding> {
    let mut findings = outdated(source);
    findings.extend(untold(source));
    findings
}

/// A warning for each site that told nothing of repositories that git could read all the same.
fn untold(source: &RepositorySet) -> Vec<Finding> {
    let mut sites: BTreeMap<String, (&RepositoryError, Vec<&str>)> = BTreeMap::new();
    for (index, info) in source.repositories().iter().enumerate() {
        if let Some(error) = source.silence(index) {
            let host = host_and_path(&error.url).map_or(error.url.as_str(), |(host, _)| host);
            let (_, urls) = sites
                .entry(host.to_owned())
                .or_insert_with(|| (error, Vec::new()));
            urls.push(&info.url);
        }
    }
    let told = sites.into_iter().map(|(host, (error, urls))| {
        let owner = urls.first().and_then(|url| code_server(url));
        Finding::new(
            Code::RepositorySiteSilent,
            format!(
                "{host} told nothing of {}",
                count(urls.len(), "repository")
            ),
            format!(
                "It {}. The versions of {} were read with git. What only the site knows, whether a repository is private, renamed or archived, is taken as usual. Try again when it answers; where its limit is used up, `mageshift auth {}` stores a token that raises it.",
                error.message,
                list(&urls),
                owner.unwrap_or(host),
            ),
        )
    });
    told.collect()
}

/// The host of a repository of code, whose address may be as SSH has it.
fn code_server(url: &str) -> Option<String> {
    let of_ssh = || {
        let (host, _) = url.split_once(':')?;
        Some(host.rsplit('@').next().unwrap_or(host).to_owned())
    };
    let host = host_and_path(url).map(|(host, _)| host.to_owned());
    host.or_else(of_ssh)
}

/// A warning for each repository that fails and is read from the cache, as Composer gives one.
fn outdated(source: &RepositorySet) -> Vec<Finding> {
    let infos = source.repositories().iter().enumerate();
    let warning = |(index, info): (usize, &RepositoryInfo)| {
        let error = source.outage(index)?;
        Some(Finding::new(
            Code::RepositoryOutdated,
            format!(
                "{} is read from the cache and may be outdated",
                info.display()
            ),
            format!(
                "{}. What it published since it was last read is not seen.",
                reason(error)
            ),
        ))
    };
    infos.filter_map(warning).collect()
}

fn finding(title: String, reason: &str, names: &[&str]) -> Finding {
    let stays = if names.is_empty() {
        "What the lock has from there stays as it is.".to_string()
    } else {
        format!(
            "What comes from there stays as it is locked: {}.",
            list(names)
        )
    };
    Finding::new(
        Code::RepositoryUnreachable,
        title,
        format!("{reason}. {stays}"),
    )
}

/// The repositories that give all packages at once (`vcs` and the like) and could not be read, which may have a package, as
/// they are to be named: with their type, address and why.
pub(crate) fn unread(
    unavailable: &[Unavailable],
    source: &dyn PackageSource,
    package: Option<&str>,
) -> Vec<String> {
    let indices: BTreeMap<usize, &Arc<RepositoryError>> = unavailable
        .iter()
        .filter(|missing| &*missing.package == "*" || missing.error.kind == ErrorKind::Unsupported)
        .map(|missing| (missing.repository, &missing.error))
        .collect();
    indices
        .into_iter()
        .filter_map(|(index, error)| Some((source.repositories().get(index)?, error)))
        .filter(|(info, _)| package.is_none_or(|package| info.allows(package)))
        .map(|(info, error)| {
            format!(
                "the {} repository {} ({})",
                info.type_, info.url, error.message
            )
        })
        .collect()
}

/// A package that no repository has that could be read, while composer.json has others that could not.
pub(crate) fn perhaps_unread(package: &str, repositories: &[String]) -> Finding {
    Finding::new(
        Code::RepositoryNotRead,
        format!("{package} may come from a repository that could not be read"),
        format!(
            "composer.json has {}; the others have no version that fits. Try again when it can be read. Or make a lock that holds the package with `composer update` first: what is locked stays. Or give the package by a `path`, `artifact` or `composer` repository.",
            and(repositories)
        ),
    )
    .of_package(package.to_string())
    .in_file("composer.json")
}

/// The repositories that failed and that every reason against a target is about: whether it can be reached depends on them, so
/// there is a blocker for each, which says so. None where anything else stands in the way, none for repositories that a
/// further try would not open either (those that are not read, do not exist, or stay unread because the network is off), and
/// none for repositories of code whose packages, by the lock, are not among those that stand in the way.
pub(crate) fn undecided(
    findings: &[Finding],
    unavailable: &[Unavailable],
    source: &dyn PackageSource,
    locked: Option<&LockedPackages>,
    target: Target,
) -> Vec<Finding> {
    // Composer's own text only repeats the others.
    let blockers = findings
        .iter()
        .filter(|finding| finding.is_blocker() && finding.code() != Code::NoSolution);
    let blockers: Vec<&Finding> = blockers.collect();
    if blockers.is_empty() || !blockers.iter().all(|blocker| blocker.leaves_it_open()) {
        return Vec::new();
    }
    let is_wanted = |name: &str| {
        let mut blockers = blockers.iter();
        blockers.any(|blocker| blocker.package.as_deref() == Some(name))
    };
    let infos = source.repositories();
    let of_others = |index: usize| {
        let Some(info) = infos.get(index) else {
            return false;
        };
        let packages = locked.into_iter().flat_map(LockedPackages::all);
        let from_there = packages.filter(|package| {
            code_url(package).is_some_and(|origin| is_same_place(&info.url, &origin))
        });
        let mut wanted = from_there
            .map(|package| is_wanted(&package.name))
            .peekable();
        wanted.peek().is_some() && !wanted.any(|is_wanted| is_wanted)
    };
    let failed: BTreeMap<usize, &Arc<RepositoryError>> = unavailable
        .iter()
        .filter(|missing| is_failure(&missing.error))
        .filter(|missing| match &*missing.package {
            "*" => !of_others(missing.repository),
            name => is_wanted(name),
        })
        .map(|missing| (missing.repository, &missing.error))
        .collect();
    failed
        .into_iter()
        .filter_map(|(index, error)| Some(decides(infos.get(index)?, error, target)))
        .collect()
}

/// Whether a repository may well answer another time, or to other credentials.
fn is_failure(error: &RepositoryError) -> bool {
    matches!(
        error.kind,
        ErrorKind::Network | ErrorKind::Unauthorized | ErrorKind::Forbidden
    )
}

/// That what can be said of a target depends on a repository that did not answer.
fn decides(info: &RepositoryInfo, error: &RepositoryError, target: Target) -> Finding {
    Finding::new(
        Code::RepositoryUnreachable,
        format!("{} could not be asked", info.display()),
        format!(
            "{}. Without it nothing can be said of {}. Try again when it answers.",
            reason(error),
            target.name()
        ),
    )
    .as_severity(Severity::Blocker)
}

/// What was not read, in a plan that is blocked: it may be the very reason.
pub(crate) fn unread_findings(
    unavailable: &[Unavailable],
    source: &dyn PackageSource,
) -> Option<Finding> {
    let repositories = unread(unavailable, source, None);
    (!repositories.is_empty()).then(|| Finding::new(
        Code::RepositoryUnreachable,
        format!("{} not read", match repositories.len() {
            1 => "1 repository was".to_string(),
            more => format!("{} were", count(more, "repository")),
        }),
        format!(
            "What could not be read is {}. What composer.lock has from there can stay as it is; what else is there is not known.",
            and(&repositories)
        ),
    )
    .in_file("composer.json"))
}

/// Why the repository that may have another version of a package could not be asked: one that is asked by name and is the only
/// one to have it, or the one that gives all at once and that the locked version came from.
pub(crate) fn unasked<'u>(
    unavailable: &'u [Unavailable],
    source: &dyn PackageSource,
    name: &Arc<str>,
    locked: Option<&LockedPackages>,
) -> Option<&'u Unavailable> {
    let mut packages = locked.into_iter().flat_map(LockedPackages::all);
    let origin = packages
        .find(|package| package.name == *name)
        .and_then(|package| code_url(package));
    unavailable.iter().find(|missing| {
        let info = source.repositories().get(missing.repository);
        let gives = match &*missing.package {
            "*" => origin
                .as_deref()
                .zip(info)
                .is_some_and(|(origin, info)| is_same_place(&info.url, origin)),
            asked => asked == &**name,
        };
        gives && !is_elsewhere(source, missing.repository, name)
    })
}

/// The address that the code of a package is kept at.
fn code_url(package: &Package) -> Option<String> {
    let source = package.metadata.get("source");
    let url = source.as_ref()?.get("url")?.as_str()?;
    Some(url.to_owned())
}

/// Whether another repository that may give a package has it. Every one of them was asked before.
pub(crate) fn is_elsewhere(source: &dyn PackageSource, but: usize, name: &Arc<str>) -> bool {
    let others = source.repositories().iter().enumerate();
    let mut others = others.filter(|(index, info)| *index != but && info.allows(name));
    others.any(|(index, _)| {
        let answer = source.load(index, std::slice::from_ref(name));
        matches!(answer.first(), Some(Loaded::Versions(_)))
    })
}

/// Why a repository could not be asked, and what helps.
pub(crate) fn reason(error: &RepositoryError) -> String {
    let refused = matches!(error.kind, ErrorKind::Unauthorized | ErrorKind::Forbidden);
    match host_and_path(&error.url) {
        Some((host, _)) if refused => {
            format!("{error}. `mageshift auth {host}` stores and tests its credentials")
        }
        _ => error.to_string(),
    }
}

/// Whether two addresses of a code repository are those of one: over HTTPS or SSH, with `.git` or without.
fn is_same_place(a: &str, b: &str) -> bool {
    let place = |url: &str| {
        let url = url.split_once("://").map_or(url, |(_, rest)| rest);
        let url = url.rsplit_once('@').map_or(url, |(_, rest)| rest);
        let url = url.trim_end_matches('/').trim_end_matches(".git");
        url.replacen(':', "/", 1).to_ascii_lowercase()
    };
    place(a) == place(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_repository_has_many_spellings() {
        let same = |a, b| is_same_place(a, b);
        assert!(same(
            "git@github.com:Acme/module.git",
            "https://github.com/acme/module"
        ));
        assert!(same(
            "https://***@github.com/acme/module/",
            "ssh://git@github.com/acme/module.git"
        ));
        assert!(!same(
            "https://github.com/acme/module",
            "https://github.com/acme/other"
        ));
    }

    #[test]
    fn a_refusal_names_the_command_that_helps() {
        let error = |kind| RepositoryError {
            kind,
            url: "https://***@repo.acme.test/p2".to_string(),
            message: "asks for credentials (HTTP 401)".to_string(),
        };
        assert!(
            reason(&error(ErrorKind::Unauthorized)).contains("`mageshift auth repo.acme.test`")
        );
        assert!(!reason(&error(ErrorKind::Network)).contains("mageshift"));
    }
}
