//! `mageshift explain`

use crate::cli::options::values;
use crate::cli::outcome::error::CliError;
use crate::cli::outcome::exit::Exit;
use crate::cli::screen::ui::Ui;
use crate::plan::findings::catalogue::{self, closest};
use crate::plan::{Code, SCHEMA, Severity};
use crate::preview::layout::wrap;
use clap::Args;
use serde_json::{Value, json};

/// Explain what a finding means
///
/// Every finding of a plan has a code, which stands in brackets behind its title. This says what the code means, where it
/// comes from, and what to do. Without a code it lists all of them.
#[derive(Debug, Clone, Args)]
#[command(after_long_help = "\
Examples:
  mageshift explain data-loss

  All codes, for a script:
    mageshift explain --json")]
pub(crate) struct ExplainArgs {
    /// The code of the finding
    #[arg(value_name = "CODE", value_parser = values::code(), hide_possible_values = true)]
    pub code: Option<String>,
}

/// Explains the code that is named, or lists all.
pub(crate) fn run(args: &ExplainArgs, ui: &Ui) -> Result<Exit, CliError> {
    let asked = args.code.as_deref().map(parse).transpose()?;
    let codes = match &asked {
        Some(code) => std::slice::from_ref(code),
        None => Code::ALL,
    };
    if ui.json {
        let findings: Vec<Value> = codes.iter().map(|code| document(*code)).collect();
        let document = json!({"schema": SCHEMA, "findings": findings});
        ui.document(document)?;
    } else if let Some(code) = asked {
        ui.show(&explained(code, ui))?;
    } else {
        ui.show(&listed(ui))?;
    }
    Ok(Exit::Done)
}

/// The code that was typed, with or without the brackets that a plan shows around it.
fn parse(word: &str) -> Result<Code, CliError> {
    let word = word.trim().trim_matches(['[', ']', '`']).to_lowercase();
    word.parse().map_err(|_| {
        let message = format!("there is no finding `{word}`");
        CliError::message(Exit::Usage, message).hint(match closest(&word) {
            Some(code) => format!("did you mean `{code}`? `mageshift explain` lists all codes"),
            None => "`mageshift explain` lists all codes".to_owned(),
        })
    })
}

fn document(code: Code) -> Value {
    let entry = catalogue::entry(code);
    json!({
        "code": code,
        "severities": code.severities(),
        "meaning": entry.meaning,
        "cause": entry.cause,
        "advice": entry.advice,
    })
}

fn explained(code: Code, ui: &Ui) -> String {
    let entry = catalogue::entry(code);
    let mut text = format!("{} ({})\n", ui.stdout.bold(code), code.severity_words());
    for (title, words) in [
        ("", &entry.meaning),
        ("Cause", &entry.cause),
        ("What to do", &entry.advice),
    ] {
        text.push('\n');
        if !title.is_empty() {
            text.push_str(&format!("{}\n", ui.stdout.bold(title)));
        }
        text.push_str(&indented(words, ui));
    }
    text
}

fn listed(ui: &Ui) -> String {
    let of = |severity: Severity| {
        let title = format!("{}s: {}\n", severity.as_str(), severity.meaning());
        let codes = Code::ALL.iter().filter(|code| code.severity() == severity);
        let codes = codes.map(|code| {
            let meaning = indented(&catalogue::entry(*code).meaning, ui);
            format!("{}\n{meaning}", ui.stdout.bold(code))
        });
        let codes: String = codes.collect();
        format!("{}{codes}", ui.stdout.dim(title))
    };
    Severity::ALL.map(of).join("\n")
}

/// Text in lines that fit, each behind two spaces.
fn indented(text: &str, ui: &Ui) -> String {
    let lines = wrap(text, ui.width.saturating_sub(2));
    lines.iter().map(|line| format!("  {line}\n")).collect()
}
