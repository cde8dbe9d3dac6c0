//! What Composer thinks of a root and a lock. Asking takes seconds, so every verdict is remembered in `target/verdicts`.
#![allow(dead_code, reason = "each test file uses its own part")]

use super::composer::{Composer, said};
use super::mirror::Mirror;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// How long ago or where a verdict was made does not matter, only by whom and on what.
pub(crate) struct Judge {
    composer: Composer,
    mirror: Mirror,
    /// Goes into every key: another Composer or registry may think otherwise.
    about: String,
}

/// What Composer is asked.
#[derive(Clone, Copy, PartialEq)]
enum Question {
    /// Whether it installs from a lock.
    Install,
    /// Whether a root has a solution.
    Update,
    /// Which packages it locks for a root.
    Lock,
    /// Whether a root is a good one, and the lock is its.
    Validate,
}

impl Question {
    fn command(self) -> &'static str {
        match self {
            Self::Install => "install",
            Self::Update | Self::Lock => "update",
            Self::Validate => "validate",
        }
    }

    fn flags(self) -> &'static [&'static str] {
        match self {
            Self::Install => &["--dry-run", "--ignore-platform-reqs"],
            Self::Update => &["--dry-run", "--ignore-platform-reqs", "--no-install"],
            Self::Lock => &["--ignore-platform-reqs", "--no-install"],
            Self::Validate => &["--no-check-publish"],
        }
    }

    /// What a remembered verdict is filed under.
    fn key(self) -> &'static str {
        match self {
            Self::Lock => "lock",
            other => other.command(),
        }
    }
}

/// The packages of a lock, one a line: list, name and version.
pub(crate) fn packages(lock: &Value) -> BTreeSet<String> {
    let lists = ["packages", "packages-dev"].iter().flat_map(|list| {
        let packages = lock[list].as_array().into_iter().flatten();
        packages.map(move |package| {
            let text = |key: &str| package[key].as_str().unwrap_or_default().to_owned();
            format!("{list} {} {}", text("name"), text("version"))
        })
    });
    lists.collect()
}

/// What Composer said, and its exit code.
pub(crate) struct Verdict {
    pub exit: i64,
    pub said: String,
}

impl Verdict {
    /// The first lines that matter, for a report.
    pub(crate) fn words(&self) -> String {
        let lines = self.said.lines().map(str::trim).filter(|line| {
            line.starts_with("- ") && !line.starts_with("- Lock") && !line.starts_with("- Install")
                || line.contains("lock file")
        });
        lines.take(4).collect::<Vec<_>>().join(" ")
    }
}

/// What a better plan might have made of a root; a block that one of these lifts was not needed.
#[derive(Debug, Clone)]
pub(crate) enum Relief {
    /// Packages that no repository here has can stay at what is locked, as when a private one is out of reach.
    Locked(Vec<Value>),
    /// No development tool stands in the way.
    NoDevelopmentTools,
    /// No repository hides what a later one has.
    AnyOrder,
}

impl Relief {
    /// What it is, to finish the sentence "is only blocked by …".
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Locked(_) => "locked packages that could stay",
            Self::NoDevelopmentTools => "development tools",
            Self::AnyOrder => "the order of repositories",
        }
    }

    fn apply(&self, root: &mut Map<String, Value>) {
        let repositories = root.get_mut("repositories").and_then(Value::as_array_mut);
        match self {
            // Composer would take an empty list for one package without a name.
            Self::Locked(packages) if packages.is_empty() => {}
            Self::Locked(packages) => {
                let packages =
                    json!({ "type": "package", "package": packages, "canonical": false });
                repositories
                    .into_iter()
                    .for_each(|list| list.insert(0, packages.clone()));
            }
            Self::NoDevelopmentTools => drop(root.remove("require-dev")),
            Self::AnyOrder => {
                let Some(list) = repositories else { return };
                let closed = std::mem::take(list);
                list.extend(closed.into_iter().flat_map(opened));
            }
        }
    }
}

/// A repository that hides nothing of another; but what a distribution publishes in its own is taken from nowhere else,
/// which no repair may change.
fn opened(repository: Value) -> Vec<Value> {
    const OWN: [(&str, &str); 2] = [
        ("repo.magento.com", "magento/*"),
        ("repo.mage-os.org", "mage-os/*"),
    ];
    if repository.get("type").is_none() {
        return vec![repository];
    }
    let mut open = repository.clone();
    open["canonical"] = false.into();
    if let Some(fields) = open.as_object_mut() {
        fields.remove("only");
        fields.remove("exclude");
    }
    let url = repository["url"].as_str().unwrap_or_default();
    match OWN.iter().find(|(host, _)| url.contains(host)) {
        Some((_, names)) => {
            let mut own = open.clone();
            own["canonical"] = true.into();
            own["only"] = json!([names]);
            open["exclude"] = json!([names]);
            vec![own, open]
        }
        None => vec![open],
    }
}

impl Judge {
    /// None, with a word on stderr, without a Composer.
    pub(crate) fn over(registry: &Path) -> Option<Self> {
        let composer = Composer::find()?;
        let version = composer.command(registry, ["--version"]).output().ok()?;
        let mirror = Mirror::of(registry).expect("a registry folder");
        let mut roots: Vec<_> = fs::read_dir(registry)
            .ok()?
            .flatten()
            .map(|host| host.path().join("packages.json"))
            .collect();
        roots.sort();
        let roots: String = roots
            .iter()
            .filter_map(|root| fs::read_to_string(root).ok())
            .collect();
        let about = format!("{} {:x?}", said(&version), Sha256::digest(roots));
        Some(Self {
            composer,
            mirror,
            about,
        })
    }

    /// `composer install --dry-run`: whether the lock fits the root and can be installed as it is. Asks no repository.
    pub(crate) fn install(&self, root: &[u8], lock: &[u8]) -> Verdict {
        self.ask(Question::Install, root, lock, |dir| {
            fs::write(dir.join("composer.json"), root)
                .and_then(|()| fs::write(dir.join("composer.lock"), lock))
        })
    }

    /// `composer validate --no-check-publish`: whether the root is as Composer wants it, and the lock is its.
    pub(crate) fn validate(&self, root: &[u8], lock: &[u8]) -> Verdict {
        self.ask(Question::Validate, root, lock, |dir| {
            fs::write(dir.join("composer.json"), root)
                .and_then(|()| fs::write(dir.join("composer.lock"), lock))
        })
    }

    /// `composer update --no-install` of the root from the mirror alone. What it said is the [`packages`] that it locked.
    pub(crate) fn lock(&self, root: &[u8]) -> Verdict {
        self.ask(Question::Lock, root, b"", |dir| {
            let mut document: Map<String, Value> = serde_json::from_slice(root)?;
            self.mirror.stand_in(&mut document);
            fs::write(dir.join("composer.json"), serde_json::to_vec(&document)?)
        })
    }

    /// `composer update --dry-run` of the root from the mirror alone, with what makes it easier.
    pub(crate) fn update(&self, root: &[u8], reliefs: &[Relief]) -> Verdict {
        let more = format!("{reliefs:?}");
        let more = if reliefs.is_empty() {
            ""
        } else {
            more.as_str()
        };
        self.ask(Question::Update, root, more.as_bytes(), |dir| {
            let mut document: Map<String, Value> = serde_json::from_slice(root)?;
            self.mirror.stand_in(&mut document);
            for relief in reliefs {
                relief.apply(&mut document);
            }
            fs::write(dir.join("composer.json"), serde_json::to_vec(&document)?)
        })
    }

    fn ask(
        &self,
        question: Question,
        root: &[u8],
        more: &[u8],
        write: impl Fn(&Path) -> std::io::Result<()>,
    ) -> Verdict {
        let mut key = Sha256::new();
        for part in [self.about.as_bytes(), question.key().as_bytes(), root, more] {
            key.update((part.len() as u64).to_le_bytes());
            key.update(part);
        }
        let key: String = key
            .finalize()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let remembered = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join("verdicts")
            .join(key);
        if let Some((exit, said)) = fs::read_to_string(&remembered)
            .ok()
            .as_deref()
            .and_then(|text| text.split_once('\n'))
        {
            return Verdict {
                exit: exit.parse().unwrap_or(-1),
                said: said.into(),
            };
        }
        let dir = tempfile::tempdir().expect("a temporary folder");
        write(dir.path()).expect("a writable folder");
        let flags = [
            "--no-plugins",
            "--no-scripts",
            "--no-interaction",
            "--no-ansi",
        ];
        let args = [question.command()]
            .into_iter()
            .chain(flags)
            .chain(question.flags().iter().copied());
        let output = self
            .composer
            .command(dir.path(), args)
            .output()
            .expect("Composer runs");
        let said = match fs::read(dir.path().join("composer.lock")) {
            Ok(lock) if question == Question::Lock => {
                let lock = serde_json::from_slice(&lock).expect("a lock is JSON");
                packages(&lock).into_iter().collect::<Vec<_>>().join("\n")
            }
            _ => said(&output),
        };
        let verdict = Verdict {
            exit: output.status.code().map_or(-1, i64::from),
            said,
        };
        fs::create_dir_all(remembered.parent().expect("a folder"))
            .expect("a writable target folder");
        fs::write(remembered, format!("{}\n{}", verdict.exit, verdict.said))
            .expect("a writable target folder");
        verdict
    }
}
