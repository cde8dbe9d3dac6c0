//! `mageshift why` and `mageshift why-not`

use crate::apply::Journals;
use crate::cli::options::args::{GlobalArgs, PlatformArgs, SourceArgs, existing_directory};
use crate::cli::options::values;
use crate::cli::outcome::error::CliError;
use crate::cli::outcome::exit::Exit;
use crate::cli::planning::repositories;
use crate::cli::planning::store_plan::plan_store;
use crate::cli::planning::terminal::Terminal;
use crate::cli::screen::ui::Ui;
use crate::distribution::TargetSpec;
use crate::plan::{Plan, SCHEMA};
use crate::planner::error::PlanError;
use crate::planner::lock::unreachable::reason;
use crate::planner::wish::{Aim, Wish};
use crate::preview::layout::Detail;
use crate::preview::plain;
use crate::project::root_files::RootFiles;
use crate::project::{LOCK, Project};
use clap::Args;
use composer_engine::format::constraint::Constraint;
use composer_engine::format::json::document::JsonDocument;
use composer_engine::format::lock::Lock;
use composer_engine::format::package::Package;
use composer_engine::format::package::platform::is_platform_package;
use composer_engine::format::root::RootPackage;
use composer_engine::format::version::compare;
use composer_engine::repository::{Loaded, PackageSource, RepositorySet};
use composer_engine::resolve::lock::dependents::{Dependent, Locked, Relation};
use composer_engine::resolve::lock::text::locked_packages;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;

/// More than these are counted unless all are asked for.
const MAX_LISTED: usize = 20;

/// Say why a package is in the lock
///
/// Names who requires it, under which name, and the way from composer.json to it. With --to it answers for the lock that a
/// switch would write.
#[derive(Debug, Clone, Args)]
#[command(after_long_help = "\
Examples:
  mageshift why symfony/console
  mageshift why mage-os/framework --to mage-os")]
pub(crate) struct WhyArgs {
    /// The package
    pub package: String,
    #[command(flatten)]
    pub lock: PlannedLockArgs,
}

/// Say what stands against a version of a package
///
/// Names the packages whose requirements and conflicts forbid it, and what it requires itself that the lock does not have.
/// With --to it answers for the lock that a switch would write.
#[derive(Debug, Clone, Args)]
#[command(after_long_help = "\
Examples:
  mageshift why-not symfony/console 7.4.0
  mageshift why-not acme/module-shop '^3' --to mage-os")]
pub(crate) struct WhyNotArgs {
    /// The package
    pub package: String,
    /// The version, or a constraint
    #[arg(value_name = "VERSION")]
    pub wanted: String,
    #[command(flatten)]
    pub lock: PlannedLockArgs,
}

/// Which lock a question is about.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct PlannedLockArgs {
    /// Answer for the lock of this switch, not for the store's own
    #[arg(long, value_name = "TARGET[@RELEASE]", value_parser = values::target_spec(), hide_possible_values = true)]
    pub to: Option<TargetSpec>,
    #[command(flatten)]
    pub source: SourceArgs,
    #[command(flatten)]
    pub platform: PlatformArgs,
}

/// A root and a lock, as text.
struct Texts {
    root: String,
    lock: String,
}

impl PlannedLockArgs {
    /// The store's own root and lock, or those of the plan.
    fn texts(&self, store: &Path, ui: &Ui) -> Result<Texts, CliError> {
        existing_directory(store)?;
        Journals::open(store)?.check_finished()?;
        let Some(to) = &self.to else {
            let project = Project::read(store).map_err(PlanError::from)?;
            let lock = project.lock().and(project.lock_text()).ok_or_else(|| {
                CliError::message(Exit::Unusable, format!("there is no {LOCK} to look into"))
                    .hint("make one with `mageshift lock`, or ask about a switch with --to")
            })?;
            return Ok(Texts {
                root: project.root.text().to_owned(),
                lock: lock.to_owned(),
            });
        };
        let wish = Wish {
            aim: Aim::Switch(Some(to.clone())),
            platform: self.platform.wish(),
            ..Wish::default()
        };
        let terminal = Terminal::new(ui, true);
        let plan = plan_store(store, &self.source, wish, false, &terminal)?.plan;
        if plan.is_unanswered() {
            let outages = plan.findings.iter().filter(|finding| finding.is_outage());
            let outages: Vec<String> = outages
                .map(|finding| format!("{}. {}", finding.title, finding.detail))
                .collect();
            return Err(CliError::message(Exit::Failed, outages.join("\n")));
        }
        let files = RootFiles::of(store).map_err(PlanError::from)?;
        match (written(&plan, &files.root), written(&plan, &files.lock)) {
            (Some(root), Some(lock)) => Ok(Texts { root, lock }),
            _ => Err(CliError::message(
                Exit::Blocked,
                format!("there is no lock for {to}: the switch is blocked"),
            )
            .hint(format!(
                "`mageshift switch --to {to} --dry-run` says what stands in the way"
            ))),
        }
    }
}

fn written(plan: &Plan, path: &str) -> Option<String> {
    let edit = plan.edits.iter().find(|edit| edit.path == path)?;
    edit.after.clone()
}

/// Shows what requires a package, in composer.lock or in the lock of a plan.
pub(crate) fn why(args: &WhyArgs, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    let store = &global.working_dir;
    existing_directory(store)?;
    let texts = args.lock.texts(store, ui)?;
    let (root, lock) = parsed(&texts)?;
    let packages = locked_packages(&lock).map_err(PlanError::from)?;
    let locked = Locked {
        root: &root,
        packages: &packages,
    };
    let name = args.package.to_lowercase();
    let Some(why) = locked.why(&name) else {
        return Err(CliError::message(
            Exit::Failed,
            format!("{} is not in {LOCK}, and nothing there replaces it", plain(&args.package)),
        )
        .hint("check the name; packages that a switch renames are asked about under the new name with --to"));
    };
    if ui.json {
        return document(json!(why), ui);
    }
    let mut out = match &why.version {
        Some(version) => format!("{} {version}\n", why.package),
        None if is_platform_package(&why.package) => format!("{}\n", why.package),
        None => format!(
            "{} is not installed; this stands in its place:\n",
            why.package
        ),
    };
    if why.dependents.is_empty() {
        out.push_str("Nothing requires it.\n");
    }
    out.push_str(&rows(&why.dependents, ui));
    if !why.chain.is_empty() {
        out.push_str(&format!(
            "\nThe way to it: {} > {} > {}\n",
            ui.files.root,
            why.chain.join(" > "),
            why.package
        ));
    }
    ui.show(&plain(&out))?;
    Ok(Exit::Done)
}

/// Shows what keeps a version of a package out.
pub(crate) fn why_not(args: &WhyNotArgs, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    let store = &global.working_dir;
    existing_directory(store)?;
    let wanted = Constraint::parse(&args.wanted).map_err(|error| {
        CliError::message(
            Exit::Usage,
            format!("{:?} is no version: {error}", args.wanted),
        )
    })?;
    let texts = args.lock.texts(store, ui)?;
    let (root, lock) = parsed(&texts)?;
    let packages = locked_packages(&lock).map_err(PlanError::from)?;
    let locked = Locked {
        root: &root,
        packages: &packages,
    };
    let name = args.package.to_lowercase();
    // No repository has a PHP.
    let is_platform = is_platform_package(&name);
    let Offer {
        newest: found,
        unasked,
    } = match is_platform {
        true => Offer::default(),
        false => offer(&texts, store, &args.lock.source, &name, &wanted)?,
    };
    // Of what nobody was asked about nothing is known.
    let is_unknown = found.is_none() && !unasked.is_empty();
    let exit = match is_unknown {
        true => Exit::Failed,
        false => Exit::Done,
    };
    for outage in &unasked {
        ui.warn(&plain(&format!("{outage}.")))?;
    }
    let against = locked.why_not(&name, &wanted, found.as_deref());
    let version = found.as_ref().map_or(args.wanted.clone(), |package| {
        package.pretty_version.to_string()
    });
    if ui.json {
        let answer = json!({
            "package": name,
            "version": version,
            "exists": (!is_unknown && !is_platform).then_some(found.is_some()),
            "unasked": unasked,
            "dependents": against,
        });
        document(answer, ui)?;
        return Ok(exit);
    }
    let mut out = format!("{name} {version}\n");
    if is_unknown {
        out.push_str("So whether there is such a version, and what it requires, is not known.\n");
    } else if found.is_none() && !is_platform {
        out.push_str(&format!(
            "No repository of {} has it, so its own requirements are not known.\n",
            ui.files.root
        ));
    }
    if against.is_empty() {
        out.push_str("Nothing in the lock stands against it.\n");
    }
    out.push_str(&rows(&against, ui));
    ui.show(&plain(&out))?;
    Ok(exit)
}

fn parsed(texts: &Texts) -> Result<(RootPackage, Lock), CliError> {
    let root: Value = value(&texts.root)?;
    let root = RootPackage::load(&root).map_err(PlanError::from)?;
    let lock = Lock::parse(&texts.lock).map_err(|error| CliError::new(Exit::Unusable, error))?;
    Ok((root, lock))
}

fn value(text: &str) -> Result<Value, CliError> {
    let document = JsonDocument::parse(text.to_owned())
        .map_err(|error| CliError::new(Exit::Unusable, error))?;
    Ok(document.value().clone())
}

/// What the repositories have of a package.
#[derive(Default)]
struct Offer {
    /// The newest version that satisfies the constraint, from the first repository that has the package.
    newest: Option<Arc<Package>>,
    /// The repositories that might have it and could not be asked before one had it, each with the cause.
    unasked: Vec<String>,
}

fn offer(
    texts: &Texts,
    store: &Path,
    source: &SourceArgs,
    name: &str,
    wanted: &Constraint,
) -> Result<Offer, CliError> {
    let root = value(&texts.root)?;
    let options = repositories::of_store(&root, store, source)?;
    let set = RepositorySet::open(&root, store, &options)
        .map_err(|error| PlanError::Repository(Arc::new(error)))?;
    let names = [Arc::from(name)];
    let mut unasked = Vec::new();
    for (index, info) in set.repositories().iter().enumerate() {
        if !info.allows(name) {
            continue;
        }
        match set.load_with_branches(index, &names).into_iter().next() {
            Some(Loaded::Versions(versions)) => {
                let fitting = versions
                    .records
                    .iter()
                    .filter(|record| wanted.matches_version(record.version()));
                let newest = fitting
                    .max_by(|a, b| compare(a.version(), b.version()))
                    .map(|record| record.package().clone());
                return Ok(Offer { newest, unasked });
            }
            Some(Loaded::Unavailable(error)) => unasked.push(format!(
                "{} could not be asked: {}",
                info.display(),
                reason(&error)
            )),
            Some(Loaded::Absent) | None => {}
        }
    }
    Ok(Offer {
        newest: None,
        unasked,
    })
}

/// One line for each, the first of them when there are many and nobody asked for all.
fn rows(dependents: &[Dependent], ui: &Ui) -> String {
    let listed = match ui.detail {
        Detail::Full => dependents.len(),
        Detail::Brief | Detail::Normal => MAX_LISTED,
    };
    let mut out = String::new();
    for dependent in dependents.iter().take(listed) {
        let package = dependent.package.as_deref().unwrap_or(&ui.files.root);
        let who = match (&dependent.version, dependent.relation) {
            (Some(version), _) => format!("{package} {version}"),
            (None, Relation::IsRequiredBy) => format!("{package} (not locked)"),
            (None, _) => package.to_owned(),
        };
        let what = match dependent.relation {
            Relation::IsRequiredBy => format!("is required by it as {}", dependent.constraint),
            relation => format!(
                "{} {} {}",
                relation.words(),
                dependent.target,
                dependent.constraint
            ),
        };
        out.push_str(&format!("  {who} {what}\n"));
    }
    match dependents.len().saturating_sub(listed) {
        0 => {}
        more => out.push_str(&format!("  and {more} more, which --verbose lists\n")),
    }
    out
}

fn document(mut answer: Value, ui: &Ui) -> Result<Exit, CliError> {
    if let Some(fields) = answer.as_object_mut() {
        fields.insert("schema".to_owned(), SCHEMA.into());
    }
    ui.document(answer)?;
    Ok(Exit::Done)
}
