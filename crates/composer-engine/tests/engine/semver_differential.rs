//! Versions and constraints against composer/semver itself.
//!
//! Runs where `php` and a Composer are installed (`MAGESHIFT_COMPOSER_AUTOLOAD` names another autoloader). With
//! `MAGESHIFT_REGISTRY` recorded versions and constraints are asked about too; `MAGESHIFT_DIFFERENTIAL=full` asks ten
//! times as much; `MAGESHIFT_SEED` repeats a run.

use crate::cases::{Random, Source};
use composer_engine::format::constraint::intervals;
use composer_engine::format::constraint::{Constraint, InvalidConstraint, Operator};
use composer_engine::format::version::stability::Stability;
use composer_engine::format::version::{
    Version, compare, normalize, normalize_branch, normalize_default_branch, numeric_alias_prefix,
};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const OPERATORS: [Operator; 6] = [
    Operator::Eq,
    Operator::Lt,
    Operator::Le,
    Operator::Gt,
    Operator::Ge,
    Operator::Ne,
];

#[test]
fn answers_as_composer_semver_does() {
    let Some(autoload) = autoloader() else {
        eprintln!("skipped: no php with a Composer autoloader");
        return;
    };
    let full = std::env::var("MAGESHIFT_DIFFERENTIAL").is_ok_and(|value| value == "full");
    let seed = std::env::var("MAGESHIFT_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok())
        .unwrap_or(20_260_711);
    let mut random = Random::new(seed);
    let (versions, constraints) = match std::env::var_os("MAGESHIFT_REGISTRY") {
        Some(registry) => crate::cases::recorded(
            Path::new(&registry),
            &mut random,
            if full { 400 } else { 50 },
        ),
        None => Default::default(),
    };
    let (versions, constraints) = (Source::versions(versions), Source::constraints(constraints));
    let wanted = if full { 240_000 } else { 24_000 };
    let questions: Vec<Vec<String>> = (0..wanted)
        .map(|_| question(&mut random, &versions, &constraints))
        .collect();

    let answers = ask(&autoload, &questions);
    assert_eq!(answers.len(), questions.len(), "php stopped early");
    let mut counts = BTreeMap::<&str, usize>::new();
    let mut differences = Vec::new();
    for (question, theirs) in questions.iter().zip(&answers) {
        *counts.entry(&question[0]).or_default() += 1;
        let ours = answer(question).unwrap_or_else(|error| format!("invalid: {error}"));
        if ours != *theirs {
            differences.push(format!(
                "{question:?}\n  composer: {theirs}\n  ours:     {ours}"
            ));
        }
    }
    let invalid = answers
        .iter()
        .filter(|answer| answer.starts_with("invalid"))
        .count();
    eprintln!(
        "seed {seed}: {} questions ({invalid} about invalid texts; {} versions and {} constraints recorded) {counts:?}",
        questions.len(),
        versions.recorded(),
        constraints.recorded(),
    );
    assert!(
        differences.is_empty(),
        "{} differences, seed {seed}\n{}",
        differences.len(),
        differences[..differences.len().min(20)].join("\n")
    );
}

fn autoloader() -> Option<PathBuf> {
    let autoload = std::env::var_os("MAGESHIFT_COMPOSER_AUTOLOAD").map_or_else(
        || PathBuf::from("/usr/share/php/Composer/autoload.php"),
        PathBuf::from,
    );
    let php = Command::new("php")
        .arg("-v")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    (autoload.is_file() && php.is_ok_and(|status| status.success())).then_some(autoload)
}

/// Makes up one question.
fn question(random: &mut Random, versions: &Source, constraints: &Source) -> Vec<String> {
    let kind = random.pick(&[
        "normalize",
        "branch",
        "stability",
        "parse",
        "parse",
        "compare",
        "holds",
        "satisfies",
        "satisfies",
        "satisfies",
        "matches",
        "matches",
        "matches",
        "subset",
        "subset",
        "all",
        "any",
        "any",
    ]);
    let arguments = match kind {
        "normalize" | "branch" | "stability" => vec![versions.next(random)],
        "parse" => vec![constraints.next(random)],
        "compare" => vec![comparable(random, versions), comparable(random, versions)],
        "holds" => vec![
            comparable(random, versions),
            comparable(random, versions),
            OPERATORS[random.below(OPERATORS.len())].to_string(),
        ],
        "satisfies" => vec![versions.next(random), constraints.next(random)],
        "matches" | "subset" => vec![constraints.next(random), constraints.next(random)],
        _ => (0..1 + random.below(4))
            .map(|_| constraints.next(random))
            .collect(),
    };
    std::iter::once(kind.to_owned()).chain(arguments).collect()
}

/// A normalised version that PHP's `version_compare` finds equal to itself, which it does not when there is a separator
/// at its end.
fn comparable(random: &mut Random, versions: &Source) -> String {
    loop {
        if let Ok(version) = normalize(&versions.next(random))
            && version.ends_with(|end: char| end.is_ascii_alphanumeric())
        {
            return version;
        }
    }
}

/// Our answer to a question.
fn answer(question: &[String]) -> Result<String, InvalidConstraint> {
    let (kind, arguments) = question.split_first().expect("a question has a kind");
    let a = arguments[0].as_str();
    let b = arguments.get(1).map_or("", String::as_str);
    Ok(match kind.as_str() {
        "normalize" => normalize(a)?,
        "branch" => format!(
            "{} {} {}",
            normalize_branch(a),
            normalize_default_branch(a),
            numeric_alias_prefix(a).unwrap_or("-".to_owned())
        ),
        "stability" => Stability::of(a).name().to_owned(),
        "parse" => Constraint::parse(a)?.to_string(),
        "compare" => {
            (compare(&Version::from_normalized(a), &Version::from_normalized(b)) as i8).to_string()
        }
        "holds" => {
            let operator = OPERATORS
                .into_iter()
                .find(|operator| operator.as_str() == arguments[2]);
            let operator = operator.expect("a question names an operator");
            operator
                .holds(&Version::from_normalized(a), &Version::from_normalized(b))
                .to_string()
        }
        "satisfies" => {
            let version = Version::parse(a)?;
            let constraint = Constraint::parse(b)?;
            let fast = constraint.matches_version(&version);
            format!(
                "{} {fast}",
                constraint.matches(&Constraint::exactly(version))
            )
        }
        "matches" => {
            let (a, b) = (Constraint::parse(a)?, Constraint::parse(b)?);
            format!("{} {}", a.matches(&b), b.matches(&a))
        }
        "subset" => {
            let (a, b) = (Constraint::parse(a)?, Constraint::parse(b)?);
            format!(
                "{} {}",
                intervals::is_subset_of(&a, &b),
                intervals::have_intersections(&a, &b)
            )
        }
        _ => {
            let constraints = arguments
                .iter()
                .map(|text| Constraint::parse(text))
                .collect::<Result<_, _>>()?;
            let constraint = Constraint::multi(constraints, kind == "all");
            format!("{constraint} {}", intervals::compact(&constraint))
        }
    })
}

/// Composer's answers, all by one PHP process.
fn ask(autoload: &Path, questions: &[Vec<String>]) -> Vec<String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/semver_oracle.php");
    let mut php = Command::new("php")
        .args([
            "-d",
            "memory_limit=-1",
            "-d",
            "display_errors=0",
            "-d",
            "precision=14",
        ])
        .args([&script, autoload])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("php runs");
    let mut input = BufWriter::new(php.stdin.take().expect("stdin is piped"));
    let output = BufReader::new(php.stdout.take().expect("stdout is piped"));
    let answers = std::thread::scope(|scope| {
        scope.spawn(move || {
            for question in questions {
                serde_json::to_writer(&mut input, question).expect("php reads every question");
                input.write_all(b"\n").expect("php reads every question");
            }
        });
        let lines = output
            .lines()
            .map(|line| line.expect("php answers in UTF-8"));
        lines
            .map(|line| serde_json::from_str(&line).expect("an answer is a JSON text"))
            .collect()
    });
    assert!(php.wait().expect("php ends").success());
    answers
}
