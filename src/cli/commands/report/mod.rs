//! `mageshift report`, and the document of `switch --report`.

mod args;

pub(crate) use args::ReportArgs;

use super::plans::apply::read as read_plan;
use crate::cli::options::args::GlobalArgs;
use crate::cli::options::command_line::CommandLine;
use crate::cli::outcome::error::CliError;
use crate::cli::outcome::exit::Exit;
use crate::cli::output_file::Output;
use crate::cli::planning::finish::{
    add_diffs, agreed_flags, but_for_locks, foresee, markdown_file,
};
use crate::cli::planning::report::{html_file, json_file, places};
use crate::cli::planning::store_plan::plan_store;
use crate::cli::planning::terminal::Terminal;
use crate::cli::screen::ui::Ui;
use crate::cli::secrets;
use crate::distribution::TargetSpec;
use crate::plan::Plan;
use crate::planner::wish::{Aim, Wish};
use crate::preview::{Masker, Shown, clean};
use crate::project::env_php::EnvPhp;
use crate::project::root_files::RootFiles;
use crate::project::store_files::DiskFiles;
use crate::report::day::Day;
use crate::report::logo::{LARGEST, Logo};
use crate::report::{Answer, Cover, Extra, Look, Page, html, json, markdown, title};
use composer_engine::files;
use std::path::{Path, PathBuf};

/// What one argument stands for.
enum Input {
    Store(PathBuf),
    Plan { file: PathBuf, plan: Box<Plan> },
}

/// A store with a target, and what came of planning.
struct Made {
    /// Which of the arguments it is from.
    input: usize,
    store: String,
    target: String,
    answer: Result<Plan, CliError>,
    apply: String,
    table_prefix: String,
}

/// Plans the store for each target and writes the documents that are asked for.
pub(crate) fn run(args: &ReportArgs, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    if args.html.is_none() && args.markdown.is_none() && args.json_file.is_none() && !global.json {
        return Err(
            CliError::message(Exit::Usage, "no file to write the report to is named")
                .hint("name one with `--html FILE`, `--markdown FILE` or `--json-file FILE`"),
        );
    }
    let logo = args.logo.as_deref().map(logo).transpose()?;
    let inputs = inputs(args, global)?;
    let folders: Vec<&Path> = inputs.iter().filter_map(Input::folder).collect();
    let outputs = outputs(args);
    let store = folders.first().copied().unwrap_or(&global.working_dir);
    for store in folders
        .iter()
        .copied()
        .chain([global.working_dir.as_path()])
    {
        Output::check_all(&outputs, store, None)?;
    }
    let mut made = made(args, &inputs, ui)?;
    for output in &outputs {
        for plan in made.iter().filter_map(|made| made.answer.as_ref().ok()) {
            output.check(store, Some(plan))?;
        }
    }
    if let [only] = made.as_mut_slice()
        && only.answer.is_err()
    {
        let nothing = Err(CliError::interrupted());
        std::mem::replace(&mut only.answer, nothing)?;
    }
    let masker = masker(args, global, &inputs, &made);
    write(args, global, ui, &made, &masker, logo.as_ref(), store)?;
    Ok(exit(&made))
}

/// Writes all documents that are wanted.
fn write(
    args: &ReportArgs,
    global: &GlobalArgs,
    ui: &Ui,
    made: &[Made],
    masker: &Masker,
    logo: Option<&Logo>,
    store: &Path,
) -> Result<(), CliError> {
    let clean = |text: &str| clean(text, masker);
    let today = Day::today();
    let texts: Vec<[String; 5]> = made
        .iter()
        .enumerate()
        .map(|(index, made)| {
            let why = made.answer.as_ref().err().map(told).unwrap_or_default();
            [
                format!("p{}", index + 1),
                clean(&made.store),
                clean(&made.apply),
                clean(&made.target),
                clean(&why),
            ]
        })
        .collect();
    let shown: Vec<Option<Shown>> = made
        .iter()
        .map(|made| Some(Shown::new(made.answer.as_ref().ok()?, masker)))
        .collect();
    let pages: Vec<Page> = made
        .iter()
        .zip(&texts)
        .zip(&shown)
        .map(|((made, [id, store, apply, target, why]), shown)| Page {
            extra: Extra {
                id,
                store,
                today,
                table_prefix: &made.table_prefix,
                apply,
            },
            answer: match shown {
                Some(shown) => Answer::Plan(shown),
                None => Answer::Look(Look::failed(target, why)),
            },
        })
        .collect();
    let heading = args.title.as_deref().map_or_else(|| title(&pages), clean);
    let [agency, note] = [&args.agency, &args.note].map(|text| text.as_deref().map(clean));
    let cover = Cover {
        title: &heading,
        agency: agency.as_deref(),
        logo,
        note: note.as_deref(),
        today,
        is_discreet: !args.with_hosts,
        overview: None,
    };
    if let Some(path) = &args.html {
        let text = html::document(&cover, &pages);
        html_file(path).write(store, text.as_bytes())?;
        ui.tell(&format!("The report is in {}.", path.display()))?;
    }
    if let Some(path) = &args.markdown {
        let text = markdown::document(&pages);
        markdown_file(path).write(store, text.as_bytes())?;
        ui.tell(&format!("The report is in {} as Markdown.", path.display()))?;
    }
    if args.json_file.is_some() || global.json {
        let document = json::document(&cover, &pages);
        if let Some(path) = &args.json_file {
            json_file(path).write(store, format!("{document:#}\n").as_bytes())?;
            ui.tell(&format!("The report is in {} as JSON.", path.display()))?;
        }
        if global.json {
            ui.document(document)?;
        }
    }
    Ok(())
}

impl Input {
    /// The store's folder, if it is one.
    fn folder(&self) -> Option<&Path> {
        match self {
            Self::Store(folder) => Some(folder),
            Self::Plan { .. } => None,
        }
    }
}

/// Looks at what is named.
fn inputs(args: &ReportArgs, global: &GlobalArgs) -> Result<Vec<Input>, CliError> {
    let named = match args.inputs.as_slice() {
        [] => std::slice::from_ref(&global.working_dir),
        named => named,
    };
    let mut inputs = Vec::new();
    for path in named {
        inputs.push(if path.is_file() {
            let plan = Box::new(read_plan(path)?);
            Input::Plan {
                file: path.clone(),
                plan,
            }
        } else {
            if !path.is_dir() {
                let message = format!("there is neither a store nor a plan at {}", path.display());
                return Err(CliError::message(Exit::Usage, message)
                    .hint("name the folder of a store, or a plan saved with `switch --out FILE`"));
            }
            Input::Store(path.clone())
        });
    }
    let has_store = inputs.iter().any(|input| input.folder().is_some());
    if has_store && args.to.is_empty() {
        return Err(
            CliError::message(Exit::Usage, "what the store should become is not said")
                .hint("name a target with `--to TARGET`; repeat it to show the choice"),
        );
    }
    if !has_store && !args.to.is_empty() {
        return Err(CliError::message(
            Exit::Usage,
            "a saved plan has its target already, `--to` names another one",
        )
        .hint("leave `--to` out, or name the store's folder"));
    }
    Ok(inputs)
}

/// Plans whatever is not planned yet. What fails, fails alone; an interruption ends all.
fn made(args: &ReportArgs, inputs: &[Input], ui: &Ui) -> Result<Vec<Made>, CliError> {
    let mut made = Vec::new();
    let names = names(inputs);
    for (input, (given, store)) in inputs.iter().zip(&names).enumerate() {
        match given {
            Input::Store(folder) => {
                for to in &args.to {
                    let mut one = of_store(args, folder, to, ui);
                    (one.input, one.store) = (input, store.clone());
                    if let Err(error) = &one.answer
                        && error.exit == Exit::Interrupted
                    {
                        return Err(CliError::interrupted());
                    }
                    made.push(one);
                }
            }
            Input::Plan { file, plan } => made.push(Made {
                input,
                store: store.clone(),
                target: String::new(),
                apply: apply_command(CommandLine::new("apply").word(name(file.file_name())), plan),
                answer: Ok((**plan).clone()),
                table_prefix: String::new(),
            }),
        }
    }
    Ok(made)
}

fn of_store(args: &ReportArgs, folder: &Path, to: &TargetSpec, ui: &Ui) -> Made {
    let wish = Wish {
        aim: Aim::Switch(Some(to.clone())),
        platform: args.platform.wish(),
        ..Wish::default()
    };
    // A yes beforehand: nobody is asked in the middle of a document.
    let terminal = Terminal::new(ui, true);
    let files = RootFiles::of(folder).unwrap_or_default();
    let planned = plan_store(folder, &args.source, wish.clone(), false, &terminal);
    let answer = planned.map(|planned| {
        let mut plan = planned.plan;
        foresee(&mut plan, folder, &files);
        add_diffs(&mut plan, folder, but_for_locks);
        plan
    });
    let release = answer
        .as_ref()
        .ok()
        .and_then(|plan| plan.target.release.clone());
    let spec = TargetSpec {
        target: to.target,
        release: release.or_else(|| to.release.clone()),
    };
    let line = CommandLine::new("switch")
        .options("--to", Some(spec.to_string()))
        .platform(&wish.platform)
        .with_files(&files);
    let env = EnvPhp::read(&DiskFiles::below(folder)).ok().flatten();
    Made {
        input: 0,
        store: String::new(),
        target: spec_name(&spec),
        apply: match &answer {
            Ok(plan) => apply_command(line, plan),
            Err(_) => line.to_string(),
        },
        answer,
        table_prefix: env.unwrap_or_default().table_prefix,
    }
}

/// The command that applies a plan without questions.
fn apply_command(line: CommandLine, plan: &Plan) -> String {
    let flags = agreed_flags(plan);
    let line = flags.into_iter().fold(line, CommandLine::word);
    line.word("--yes").to_string()
}

/// What people call each store; of two with one name the second is told by a number.
fn names(inputs: &[Input]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for input in inputs {
        let own = match input {
            Input::Store(folder) => name(
                folder
                    .canonicalize()
                    .ok()
                    .as_deref()
                    .and_then(Path::file_name),
            ),
            Input::Plan { file, .. } => name(file.file_stem()),
        };
        let numbered = (2..).map(|number| format!("{own} ({number})"));
        let mut tries = std::iter::once(own.clone()).chain(numbered);
        let free = tries.find(|name| !names.contains(name));
        names.push(free.unwrap_or(own));
    }
    names
}

fn spec_name(spec: &TargetSpec) -> String {
    let release = spec.release.as_deref().map(|release| format!(" {release}"));
    format!("{}{}", spec.target.name(), release.unwrap_or_default())
}

fn name(name: Option<&std::ffi::OsStr>) -> String {
    name.map_or_else(
        || "store".to_owned(),
        |name| name.to_string_lossy().into_owned(),
    )
}

/// An error with its causes and its way out, as a text.
fn told(error: &CliError) -> String {
    let mut lines: Vec<String> = error.error.chain().map(ToString::to_string).collect();
    lines.extend(error.hint.clone());
    lines.join("\n")
}

/// What hides all that no document says, whichever store or plan it comes from.
fn masker(args: &ReportArgs, global: &GlobalArgs, inputs: &[Input], made: &[Made]) -> Masker {
    let mut hidden = secrets::of_store(&global.working_dir);
    let mut places = places::of_machine();
    if let Some(mirror) = &args.source.mirror_dir {
        places::add_folder(&mut places, mirror);
    }
    for input in inputs {
        match input {
            Input::Store(folder) => {
                hidden.extend(secrets::of_store(folder));
                places::add_store(&mut places, folder);
            }
            Input::Plan { plan, .. } => secrets::add_plan(&mut hidden, plan),
        }
    }
    for plan in made.iter().filter_map(|made| made.answer.as_ref().ok()) {
        places::add_plan(&mut places, plan);
    }
    let masker = Masker::new(&hidden);
    match args.with_hosts {
        true => masker,
        false => masker.discreet(&places),
    }
}

fn logo(path: &Path) -> Result<Logo, CliError> {
    let bytes = files::read(path, LARGEST)?;
    Logo::new(bytes).map_err(|error| {
        let message = format!("{} cannot be the logo: {error}", path.display());
        CliError::message(Exit::Usage, message)
    })
}

fn outputs(args: &ReportArgs) -> Vec<Output<'_>> {
    let html = args.html.as_deref().map(html_file);
    let markdown = args.markdown.as_deref().map(markdown_file);
    let json = args.json_file.as_deref().map(json_file);
    html.into_iter().chain(markdown).chain(json).collect()
}

/// Whether every store has somewhere to go.
fn exit(made: &[Made]) -> Exit {
    let mut stores: Vec<usize> = made.iter().map(|made| made.input).collect();
    stores.dedup();
    let mut worst = Exit::Done;
    for store in stores {
        let of_store = || made.iter().filter(|made| made.input == store);
        let goes = |made: &Made| made.answer.as_ref().is_ok_and(|plan| !plan.is_blocked());
        let is_blocked = |made: &Made| {
            made.answer
                .as_ref()
                .is_ok_and(|plan| plan.is_blocked() && !plan.is_unanswered())
        };
        if of_store().any(goes) {
            continue;
        }
        worst = match of_store().any(is_blocked) && worst != Exit::Failed {
            true => Exit::Blocked,
            false => Exit::Failed,
        };
    }
    worst
}
