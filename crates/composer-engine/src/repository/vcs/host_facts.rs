//! What a site says of a repository beside its history, and what Composer writes of it into each version.

use super::code_host::{CodeHost, Protocol, Site};
use super::git::{Reference, References};
use super::objects::Commit;
use crate::format::php::truth::is_truthy;
use crate::repository::address;
use rustc_hash::FxHashMap;
use serde_json::{Map, Value, json};

/// The first tag and the first branch of each commit.
pub(crate) struct Labels<'a> {
    tags: FxHashMap<&'a str, &'a str>,
    branches: FxHashMap<&'a str, &'a str>,
}

impl<'a> Labels<'a> {
    pub(crate) fn of(references: &'a References) -> Labels<'a> {
        let first = |list: &'a [Reference]| {
            let mut first: FxHashMap<&str, &str> = FxHashMap::default();
            for Reference { name, commit } in list {
                first.entry(commit).or_insert(name);
            }
            first
        };
        Labels {
            tags: first(&references.tags),
            branches: first(&references.branches),
        }
    }
}

/// A repository at a site, as its entries tell of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Facts {
    /// Under the names that it has today.
    pub host: CodeHost,
    /// The address of the code.
    pub source: String,
    /// Its page. None where the site tells nothing of it to us, so that entries are those of git, with an archive.
    page: Option<String>,
    has_issues: bool,
    is_archived: bool,
    homepage: Option<String>,
    /// Who may be paid for it.
    pub funding: Option<Value>,
    /// The name of the main branch, where the site says it.
    pub main: Option<String>,
}

impl Facts {
    /// What is usual, for a repository at `url` whose site could not be asked: everybody may see it, unless it is named by SSH.
    pub(crate) fn usual(host: &CodeHost, url: &str) -> Facts {
        let CodeHost {
            scheme,
            origin,
            owner,
            repository,
            ..
        } = host;
        Facts {
            source: if url.starts_with("git@") {
                host.ssh()
            } else {
                host.https()
            },
            page: Some(format!("{scheme}://{origin}/{owner}/{repository}")),
            // A tracker is off at Bitbucket unless somebody switched it on.
            has_issues: host.site != Site::Bitbucket,
            is_archived: false,
            homepage: None,
            funding: None,
            main: None,
            host: host.clone(),
        }
    }

    /// For a repository that the site hides from who asks without a key: Composer then takes git, over SSH unless the site
    /// has said that anybody may have the code.
    pub(crate) fn hidden(host: &CodeHost, is_public: bool) -> Facts {
        Facts {
            page: None,
            source: match is_public {
                true => host.https(),
                false => host.ssh(),
            },
            ..Facts::usual(host, "")
        }
    }

    /// For a repository that is read through git because somebody said so.
    pub(crate) fn by_git(host: &CodeHost, url: &str) -> Facts {
        Facts {
            page: None,
            source: url.to_owned(),
            ..Facts::usual(host, url)
        }
    }

    /// What an API said. Fails with what is wrong about it. None where it told no more than that there is a project: then it
    /// wants to know who asks.
    pub(crate) fn told(host: &CodeHost, project: &Value) -> Result<Option<Facts>, &'static str> {
        let at = |path: &str| project.pointer(path).filter(|value| !value.is_null());
        let text = |path: &str| at(path).and_then(Value::as_str);
        let is = |path: &str| at(path).is_some_and(|value| value != &Value::Bool(false));
        let main = text("/default_branch");
        let mut facts = Facts {
            main: main.map(str::to_owned),
            is_archived: is("/archived"),
            has_issues: is("/has_issues"),
            ..Facts::usual(host, "")
        };
        let source = match host.site {
            Site::GitHub => {
                let named = |path: &str| text(path).filter(|name| is_name(name));
                facts.host.owner = named("/owner/login").ok_or("names no owner")?.to_owned();
                facts.host.repository = named("/name").ok_or("has no name")?.to_owned();
                let CodeHost {
                    origin,
                    owner,
                    repository,
                    ..
                } = &facts.host;
                facts.page = Some(format!("https://{origin}/{owner}/{repository}"));
                facts.main = Some(
                    main.or(text("/master_branch"))
                        .unwrap_or("master")
                        .to_owned(),
                );
                if is("/private") {
                    facts.host.ssh()
                } else {
                    facts.host.https()
                }
            }
            Site::GitLab => {
                if main.is_none() {
                    return Ok(None);
                }
                facts.has_issues = is("/issues_enabled");
                facts.page = Some(text("/web_url").ok_or("has no page")?.to_owned());
                let is_open = text("/visibility").is_none_or(|visible| visible == "public");
                let usual = if is_open {
                    Protocol::Http
                } else {
                    Protocol::Ssh
                };
                let source = match host.protocol.unwrap_or(usual) {
                    Protocol::Http => text("/http_url_to_repo"),
                    Protocol::Ssh => text("/ssh_url_to_repo"),
                };
                source.ok_or("has no address of its code")?.to_owned()
            }
            Site::Bitbucket => {
                if text("/scm") != Some("git") {
                    return Err("is no repository of git");
                }
                facts.main = Some(text("/mainbranch/name").unwrap_or("master").to_owned());
                let website = text("/website").filter(|website| !website.is_empty());
                facts.homepage = website.or(text("/links/html/href")).map(str::to_owned);
                let links = at("/links/clone").and_then(Value::as_array);
                let clone = links
                    .into_iter()
                    .flatten()
                    .find(|link| link["name"] == "https");
                let clone = clone.and_then(|link| link["href"].as_str());
                address::without_login(clone.ok_or("has no address of its code")?)
            }
            Site::Forgejo => {
                facts.page = Some(text("/html_url").ok_or("has no page")?.to_owned());
                let source = if is("/private") {
                    "/ssh_url"
                } else {
                    "/clone_url"
                };
                text(source).ok_or("has no address of its code")?.to_owned()
            }
        };
        let starts = ["https://", "http://", "ssh://", "git@"];
        if !starts.iter().any(|start| source.starts_with(start))
            || source.contains(char::is_control)
        {
            return Err("has an address of its code that is none");
        }
        facts.source = source;
        Ok(Some(facts))
    }

    /// Whether the site says more of the versions than git does.
    pub(crate) fn is_told(&self) -> bool {
        self.page.is_some()
    }

    /// When a commit was made, as Composer asks for it.
    pub(crate) fn time<'a>(&self, commit: &'a Commit) -> Option<&'a str> {
        let time = match self.host.site {
            _ if !self.is_told() => &commit.authored,
            // It alone keeps the clock of who made it.
            Site::GitLab => &commit.committed_there,
            _ => &commit.committed,
        };
        time.as_deref()
    }

    /// `dist` of a commit; none where Composer writes none.
    pub(crate) fn dist(&self, commit: &str) -> Option<Value> {
        let api = self.host.api();
        let url = match self.host.site {
            Site::GitHub => format!("{api}/zipball/{commit}"),
            Site::GitLab => format!("{api}/repository/archive.zip?sha={commit}"),
            Site::Bitbucket if !self.is_told() => return None,
            Site::Bitbucket => {
                let CodeHost {
                    owner, repository, ..
                } = &self.host;
                format!("https://bitbucket.org/{owner}/{repository}/get/{commit}.zip")
            }
            Site::Forgejo => format!("{api}/archive/{commit}.zip"),
        };
        Some(json!({"type": "zip", "url": url, "reference": commit, "shasum": ""}))
    }

    /// Where to look and to complain, and what else the site knows, unless the package says it itself.
    pub(crate) fn complete(&self, root: &mut Map<String, Value>, labels: &Labels, commit: &str) {
        let Some(page) = &self.page else {
            return;
        };
        let (tag, branch) = (labels.tags.get(commit), labels.branches.get(commit));
        let label = tag.or(branch).copied().unwrap_or(commit);
        let source = match self.host.site {
            Site::GitHub => format!("{page}/tree/{label}"),
            Site::GitLab => format!("{page}/-/tree/{label}"),
            Site::Bitbucket => format!("{page}/src/{commit}/?at={label}"),
            Site::Forgejo => match (tag, branch) {
                (Some(tag), _) => format!("{page}/tag/{tag}"),
                (None, Some(branch)) => format!("{page}/branch/{branch}"),
                (None, None) => format!("{page}/commit/{commit}"),
            },
        };
        let issues = match self.host.site {
            Site::GitLab => format!("{page}/-/issues"),
            _ => format!("{page}/issues"),
        };
        let support = root.entry("support").or_insert_with(|| json!({}));
        if !support.is_object() {
            *support = json!({});
        }
        if let Value::Object(support) = support {
            add(support, "source", source.into());
            if self.has_issues {
                add(support, "issues", issues.into());
            }
        }
        if self.is_archived {
            add(root, "abandoned", true.into());
        }
        if let Some(homepage) = &self.homepage {
            add(root, "homepage", homepage.as_str().into());
        }
        if let Some(funding) = &self.funding {
            add(root, "funding", funding.clone());
        }
    }
}

/// Whether the code of a project is everybody's, as a GitLab tells that says nothing else of it (`GitLabDriver::getContents`).
pub(super) fn is_public(project: &Value) -> bool {
    let permissions = project.get("permissions").and_then(Value::as_object);
    // Access levels from 20 on are those of reporters, who see the code.
    let sees_code = |permission: &Value| permission["access_level"].as_i64() >= Some(20);
    match permissions {
        Some(permissions) if !permissions.values().any(sees_code) => {
            project["visibility"] == "public"
        }
        _ => project.get("id").is_some_and(is_truthy),
    }
}

/// Adds a field that is not there.
fn add(map: &mut Map<String, Value>, key: &str, value: Value) {
    if map.get(key).is_none_or(Value::is_null) {
        map.insert(key.to_owned(), value);
    }
}

/// Whether a text can be the name of an account or repository at GitHub.
fn is_name(name: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    !name.is_empty() && name.chars().all(is_plain) && name.chars().any(|c| c != '.')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(site: Site) -> CodeHost {
        CodeHost {
            site,
            scheme: "https",
            origin: "code.acme.test".to_owned(),
            owner: "acme".to_owned(),
            repository: "x".to_owned(),
            protocol: None,
            only_git: false,
            may_use_git: true,
        }
    }

    #[test]
    fn an_answer_that_is_none_is_refused() {
        for site in [Site::GitHub, Site::Bitbucket, Site::Forgejo] {
            for answer in [
                json!(null),
                json!([]),
                json!("a"),
                json!({}),
                json!({"owner": 1, "name": {}}),
            ] {
                assert!(Facts::told(&host(site), &answer).is_err(), "{answer}");
            }
        }
        let project = |source: &str| json!({"default_branch": "main", "web_url": "https://code.acme.test/acme/x", "http_url_to_repo": source});
        for source in ["--upload-pack=x", "ext::sh -c x", "/etc", "https://a\nb"] {
            assert!(
                Facts::told(&host(Site::GitLab), &project(source)).is_err(),
                "{source}"
            );
        }
        assert_eq!(
            Facts::told(&host(Site::GitLab), &json!({"id": 1})),
            Ok(None)
        );
        let named = |name: &str| json!({"owner": {"login": "acme"}, "name": name});
        for name in ["..", "a/b", "a?b", ""] {
            assert!(
                Facts::told(&host(Site::GitHub), &named(name)).is_err(),
                "{name}"
            );
        }
    }

    #[test]
    fn a_project_without_code_to_see_says_whose_it_is() {
        let guest = json!({"project_access": {"access_level": 10}, "group_access": null});
        let reporter = json!({"project_access": null, "group_access": {"access_level": 20}});
        for (project, expected) in [
            (json!({"id": 7}), true),
            (json!({}), false),
            (
                json!({"id": 7, "permissions": guest, "visibility": "private"}),
                false,
            ),
            (
                json!({"id": 7, "permissions": guest, "visibility": "public"}),
                true,
            ),
            (
                json!({"id": 7, "permissions": reporter, "visibility": "private"}),
                true,
            ),
        ] {
            assert_eq!(is_public(&project), expected, "{project}");
        }
        let source = |is_public| Facts::hidden(&host(Site::GitLab), is_public).source;
        assert_eq!(source(true), "https://code.acme.test/acme/x.git");
        assert_eq!(source(false), "git@code.acme.test:acme/x.git");
    }

    #[test]
    fn who_may_see_a_project_decides_how_its_code_is_named() {
        let source =
            |site, project: Value| Facts::told(&host(site), &project).unwrap().unwrap().source;
        let github = |private: bool| json!({"owner": {"login": "Acme"}, "name": "new-x", "private": private});
        assert_eq!(
            source(Site::GitHub, github(false)),
            "https://code.acme.test/Acme/new-x.git"
        );
        assert_eq!(
            source(Site::GitHub, github(true)),
            "git@code.acme.test:Acme/new-x.git"
        );
        let gitlab = |visibility: Option<&str>| {
            json!({
                "default_branch": "main", "visibility": visibility, "web_url": "https://code.acme.test/acme/x",
                "http_url_to_repo": "https://code.acme.test/acme/x.git", "ssh_url_to_repo": "git@code.acme.test:acme/x.git"
            })
        };
        for (visibility, starts) in [
            (None, "https"),
            (Some("public"), "https"),
            (Some("internal"), "git@"),
        ] {
            assert!(
                source(Site::GitLab, gitlab(visibility)).starts_with(starts),
                "{visibility:?}"
            );
        }
        let bitbucket = json!({
            "scm": "git",
            "links": {"clone": [{"name": "ssh", "href": "git@b"}, {"name": "https", "href": "https://me@bitbucket.org/acme/x.git"}]}
        });
        assert_eq!(
            source(Site::Bitbucket, bitbucket),
            "https://bitbucket.org/acme/x.git"
        );
    }
}
