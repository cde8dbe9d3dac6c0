//! From the words that were typed to a command; and what to type instead where they are none.

use super::commands::{Cli, Command};
use super::options::command_line::CommandLine;
use super::outcome::error::CliError;
use super::outcome::exit::Exit;
use super::secrets;
use crate::distribution::{SpecError, TargetSpec};
use crate::plan::Code;
use crate::plan::sentence::or;
use crate::preview::{Masker, Paint};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory, Parser};
use std::borrow::Cow;
use std::error::Error;
use std::ffi::OsString;
use std::io::Write;

/// What people call commands, with the words that do it here. Others are found by their spelling.
const OTHER_COMMANDS: [(&str, &[&str]); 32] = [
    ("add", &["slim --with"]),
    ("analyse", &["check"]),
    ("analyze", &["check"]),
    ("compare", &["check"]),
    ("convert", &["switch"]),
    ("create", &["new"]),
    ("create-project", &["new"]),
    ("diff", &["switch --dry-run --diff"]),
    ("downgrade", &["switch"]),
    ("credentials", &["auth"]),
    ("dry-run", &["switch --dry-run"]),
    ("history", &["undo --list"]),
    ("info", &["check"]),
    ("init", &["new"]),
    ("install", &["new", "next"]),
    ("list", &["check", "releases"]),
    ("log", &["undo --list"]),
    ("login", &["auth"]),
    ("migrate", &["switch"]),
    ("move", &["switch"]),
    ("outdated", &["check"]),
    ("preview", &["switch --dry-run"]),
    ("remove", &["slim --without"]),
    ("revert", &["undo"]),
    ("rollback", &["undo"]),
    ("show", &["check"]),
    ("steps", &["next"]),
    ("test", &["check"]),
    ("todo", &["next"]),
    ("uninstall", &["slim --without"]),
    ("update", &["upgrade", "lock"]),
    ("versions", &["releases"]),
];

/// What people call options.
const OTHER_OPTIONS: [(&str, &str); 11] = [
    ("--accept", "--yes"),
    ("--apply", "--yes"),
    ("--confirm", "--yes"),
    ("--dir", "--working-dir"),
    ("--distribution", "--to"),
    ("--dryrun", "--dry-run"),
    ("--force", "--yes"),
    ("--no-ask", "--no-interaction"),
    ("--path", "--working-dir"),
    ("--preview", "--dry-run"),
    ("--target", "--to"),
];

/// The command that the arguments of this process name. Help and version are shown, and so is what is wrong.
pub(super) fn parse() -> Result<Cli, Exit> {
    let typed: Vec<OsString> = std::env::args_os().collect();
    let error = match Cli::try_parse_from(&typed) {
        Ok(cli) => return Ok(cli),
        Err(error) => error,
    };
    let words: Vec<String> = typed
        .iter()
        .skip(1)
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    if let Some(cli) = meant(&error, &typed, &words) {
        return Ok(cli);
    }
    Err(report(&error, &words))
}

/// What is no command as it was typed, and means one: nothing at all, and `help` with the code of a finding.
fn meant(error: &clap::Error, typed: &[OsString], words: &[String]) -> Option<Cli> {
    match error.kind() {
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand | ErrorKind::MissingSubcommand => {
            let overview = typed.iter().cloned().chain(["overview".into()]);
            let cli = Cli::try_parse_from(overview).ok()?;
            matches!(cli.command, Command::Overview).then_some(cli)
        }
        ErrorKind::InvalidSubcommand => match words {
            [help, topic] if help == "help" && topic.parse::<Code>().is_ok() => {
                Cli::try_parse_from(["mageshift", "explain", topic]).ok()
            }
            _ => None,
        },
        _ => None,
    }
}

/// Help and version, which are no errors, and wrong usage, which may repeat what was typed.
fn report(error: &clap::Error, words: &[String]) -> Exit {
    let masker = secrets::masker(std::path::Path::new("."));
    let is_help = !error.use_stderr();
    let terminal = match is_help {
        true => console::Term::stdout(),
        false => console::Term::stderr(),
    };
    let paint = Paint(terminal.features().colors_supported());
    // When nobody reads any more there is nobody to tell, either.
    if is_help {
        let _ = write!(std::io::stdout(), "{}", rendered(error, paint, &masker));
        return Exit::Done;
    }
    let explained = explained(error, words);
    let text = match &explained {
        Some(explained) => {
            explained.render(&masker, paint, crate::cli::screen::ui::terminal_width())
        }
        None => rendered(error, paint, &masker),
    };
    let _ = write!(std::io::stderr(), "{text}");
    let is_json = words
        .iter()
        .take_while(|word| *word != "--")
        .any(|word| word == "--json");
    if is_json {
        let explained = explained.unwrap_or_else(|| plain(error));
        let _ = write!(std::io::stdout(), "{}", explained.json(&masker));
    }
    Exit::Usage
}

fn rendered(error: &clap::Error, paint: Paint, masker: &Masker) -> String {
    let rendered = error.render();
    let text = rendered.to_string();
    // The version is the program's own word; to look for secrets in it takes longer than all else.
    if error.kind() == ErrorKind::DisplayVersion {
        return text;
    }
    // What was typed may come from a list of somebody else's.
    let text = match crate::preview::plain(&text) {
        Cow::Borrowed(_) if paint.0 => rendered.ansi().to_string(),
        plain => plain.into_owned(),
    };
    masker.mask(&text).into_owned()
}

/// The error without usage and tips.
fn plain(error: &clap::Error) -> CliError {
    let text = error.render().to_string();
    let first = text.split("\n\n").next().unwrap_or_default();
    let lines: Vec<&str> = first.lines().map(str::trim).collect();
    let message = lines.join(" ");
    let message = message.strip_prefix("error: ").unwrap_or(&message);
    CliError::message(Exit::Usage, message).hint("`mageshift help` lists all commands")
}

/// What is wrong, with the whole command that was most likely meant; none where clap tells it well.
fn explained(error: &clap::Error, words: &[String]) -> Option<CliError> {
    let text = |kind: ContextKind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.as_str()),
        _ => None,
    };
    match error.kind() {
        ErrorKind::InvalidSubcommand => {
            let word = text(ContextKind::InvalidSubcommand)?;
            Some(no_command(word, words, suggestions(error)))
        }
        ErrorKind::UnknownArgument => {
            let option = text(ContextKind::InvalidArg)?;
            let suggested = text(ContextKind::SuggestedArg);
            no_option(option, suggested, words)
        }
        ErrorKind::MissingRequiredArgument => {
            let missing = match error.get(ContextKind::InvalidArg)? {
                ContextValue::Strings(names) => names.join(" and "),
                ContextValue::String(name) => name.clone(),
                _ => return None,
            };
            let command = words.iter().find(|word| !word.starts_with('-'))?;
            let cli = Cli::command();
            let name = cli.find_subcommand(command)?.get_name();
            let message = format!("`mageshift {name}` needs {missing}");
            let hint = format!("`mageshift {name} --help` says what it takes");
            Some(CliError::message(Exit::Usage, message).hint(hint))
        }
        ErrorKind::ValueValidation => {
            let spec = error.source()?.downcast_ref::<SpecError>()?;
            let typed = text(ContextKind::InvalidValue)?;
            let message = CliError::message(Exit::Usage, spec.problem());
            let instead: Vec<String> = spec
                .likely()
                .iter()
                .map(|likely| replaced(words, typed, likely))
                .collect();
            Some(match instead.is_empty() {
                true => message.hint("`mageshift releases` lists what there is"),
                false => message.hint(format!("did you mean {}?", or(&instead))),
            })
        }
        ErrorKind::InvalidValue if text(ContextKind::InvalidValue) == Some("") => {
            let option = text(ContextKind::InvalidArg)?;
            let values = match error.get(ContextKind::ValidValue) {
                Some(ContextValue::Strings(values)) => values.as_slice(),
                _ => &[],
            };
            let message = format!("`{option}` was given without a value");
            Some(CliError::message(Exit::Usage, message).hint(value_hint(values, words)))
        }
        _ => None,
    }
}

/// More values than these are too many to read.
const MOST_VALUES: usize = 12;

/// What an option takes: its values where they are few, or those that stand for a whole target; else where to read of them.
fn value_hint(values: &[String], words: &[String]) -> String {
    let plain: Vec<String> = values
        .iter()
        .filter(|value| !value.contains('@'))
        .map(|value| format!("`{value}`"))
        .collect();
    if (1..=MOST_VALUES).contains(&plain.len()) {
        return format!("it takes {}", or(&plain));
    }
    match words.iter().find(|word| !word.starts_with('-')) {
        Some(command) => format!("`mageshift {command} --help` says what it takes"),
        None => "`mageshift help` lists all commands".to_owned(),
    }
}

fn suggestions(error: &clap::Error) -> Vec<String> {
    match error.get(ContextKind::SuggestedSubcommand) {
        Some(ContextValue::Strings(names)) => names.clone(),
        Some(ContextValue::String(name)) => vec![name.clone()],
        _ => Vec::new(),
    }
}

/// A word that is no command: another word for one, a target, or a slip of the finger.
fn no_command(word: &str, words: &[String], alike: Vec<String>) -> CliError {
    let is_help = words.first().is_some_and(|first| first == "help");
    let known = OTHER_COMMANDS.iter().find(|(other, _)| *other == word);
    let instead: Vec<String> = match known {
        Some((_, commands)) => commands.iter().map(|name| (*name).to_owned()).collect(),
        None if word.parse::<TargetSpec>().is_ok() => vec![format!("switch {word}")],
        None => alike.into_iter().take(2).collect(),
    };
    let instead: Vec<String> = instead
        .iter()
        .map(|name| match is_help {
            true => {
                let name = name.split(' ').next().unwrap_or(name);
                format!("`mageshift help {name}`")
            }
            false => replaced(words, word, name),
        })
        .collect();
    let all = "`mageshift help` lists all commands";
    CliError::message(Exit::Usage, format!("there is no command `{word}`")).hint(
        match instead.is_empty() {
            true => all.to_owned(),
            false => format!("did you mean {}? {all}", or(&instead)),
        },
    )
}

/// A word that a command does not take: a target that belongs behind its option, or one with a word of English before it.
fn extra_word(word: &str, words: &[String], command: &clap::Command) -> CliError {
    let name = command.get_name();
    let message = format!("`mageshift {name}` takes no `{word}`");
    let help = format!("`mageshift {name} --help` says what it takes");
    let is_target = word.parse::<TargetSpec>().is_ok();
    let filler = words
        .windows(2)
        .find(|two| two[1] == word && matches!(two[0].as_str(), "to" | "into" | "from"));
    let takes_to = command
        .get_arguments()
        .any(|argument| argument.get_long() == Some("to"));
    let instead = match filler {
        _ if !is_target || !takes_to => None,
        Some(two) => {
            let line = words.iter().filter(|word| **word != two[0]);
            let line = line.fold(CommandLine::of(["mageshift"]), |line, word| line.word(word));
            Some(format!("`{line}`"))
        }
        None => Some(replaced(words, word, &format!("--to {word}"))),
    };
    CliError::message(Exit::Usage, message).hint(match instead {
        Some(instead) => format!("did you mean {instead}? {help}"),
        None => help,
    })
}

/// An option that is none: another word for one, or a slip of the finger.
fn no_option(option: &str, suggested: Option<&str>, words: &[String]) -> Option<CliError> {
    let name = option.split(['=', ' ']).next().unwrap_or(option);
    let command = words.iter().find(|word| !word.starts_with('-'));
    let cli = Cli::command();
    let command = command.and_then(|word| cli.find_subcommand(word));
    if !name.starts_with('-') {
        return Some(extra_word(option, words, command?));
    }
    let has = |wanted: &str| {
        let all = command
            .into_iter()
            .flat_map(clap::Command::get_arguments)
            .chain(cli.get_arguments());
        all.filter_map(clap::Arg::get_long)
            .any(|long| wanted.strip_prefix("--") == Some(long))
    };
    let known = OTHER_OPTIONS
        .iter()
        .find(|(other, meant)| *other == name && has(meant))
        .map(|(_, meant)| *meant);
    let place = match command {
        Some(command) => format!("mageshift {}", command.get_name()),
        None => "mageshift".to_owned(),
    };
    let message = format!("`{place}` has no option `{name}`");
    let all = format!("`{place} --help` lists all options");
    // Most options are of a command, so without one a switch is meant.
    let of_switch = || {
        let switch = cli.find_subcommand("switch")?;
        let mut longs = switch.get_arguments().filter_map(clap::Arg::get_long);
        let is_there = command.is_none() && longs.any(|long| name.strip_prefix("--") == Some(long));
        is_there.then(|| {
            let line = words
                .iter()
                .fold(CommandLine::new("switch"), |line, word| line.word(word));
            format!("`{line}`")
        })
    };
    let instead = known
        .or(suggested)
        .map(|meant| replaced(words, name, meant))
        .or_else(of_switch);
    Some(CliError::message(Exit::Usage, message).hint(match instead {
        Some(instead) => format!("did you mean {instead}? {all}"),
        None => all,
    }))
}

/// What was typed, with another word in the place of one.
fn replaced(words: &[String], wrong: &str, right: &str) -> String {
    let mut is_replaced = false;
    let line = words
        .iter()
        .fold(CommandLine::of(["mageshift"]), |line, word| {
            let rest = word.strip_prefix(wrong);
            let stands = rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('='));
            let value = word
                .strip_suffix(wrong)
                .filter(|start| start.ends_with('='));
            if is_replaced || !(stands || value.is_some()) {
                return line.word(word);
            }
            is_replaced = true;
            match value {
                Some(start) => line.word(format!("{start}{right}")),
                None => {
                    let right = format!("{right}{}", rest.unwrap_or_default());
                    right.split(' ').fold(line, CommandLine::word)
                }
            }
        });
    format!("`{line}`")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(line: &str) -> String {
        let typed = line.split(' ').map(str::to_owned);
        let words: Vec<String> = typed.clone().skip(1).collect();
        let error = Cli::try_parse_from(typed).unwrap_err();
        explained(&error, &words).map_or_else(
            || panic!("{line}: {error}"),
            |error| error.hint.unwrap_or_default(),
        )
    }

    #[test]
    fn what_is_missing_or_too_much_is_named() {
        assert_eq!(
            said("mageshift why"),
            "`mageshift why --help` says what it takes"
        );
        assert_eq!(
            said("mageshift doctor now"),
            "`mageshift doctor --help` says what it takes"
        );
    }

    #[test]
    fn the_whole_command_is_told() {
        for (typed, meant) in [
            (
                "mageshift swich --to mage-os",
                "`mageshift switch --to mage-os`",
            ),
            ("mageshift rollback", "`mageshift undo`"),
            (
                "mageshift update",
                "`mageshift upgrade` or `mageshift lock`",
            ),
            ("mageshift mage-os@3.*", "`mageshift switch 'mage-os@3.*'`"),
            (
                "mageshift switch --to=mageso",
                "`mageshift switch --to=mage-os`",
            ),
            (
                "mageshift switch --target mage-os",
                "`mageshift switch --to mage-os`",
            ),
            ("mageshift --to mage-os", "`mageshift switch --to mage-os`"),
            ("mageshift help revert", "`mageshift help undo`"),
            ("mageshift check magento", "`mageshift check --to magento`"),
            (
                "mageshift switch to mage-os@3",
                "`mageshift switch mage-os@3`",
            ),
            (
                "mageshift remove braintree",
                "`mageshift slim --without braintree`",
            ),
            (
                "mageshift switch mage-os --force",
                "`mageshift switch mage-os --yes`",
            ),
        ] {
            let said = said(typed);
            assert!(
                said.starts_with(&format!("did you mean {meant}?")),
                "{said}"
            );
        }
    }
}
