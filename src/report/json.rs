//! The report for programs: one document with what [`html`](super::html) says, and the plans themselves.

use super::outcome::{Outcome, Tally};
use super::places::places;
use super::texts::Texts;
use super::{Answer, Cover, Page};
use crate::plan::SCHEMA;
use serde_json::{Map, Value, json};

/// The document.
pub(crate) fn document(cover: &Cover, pages: &[Page]) -> Value {
    let texts = Texts::english();
    json!({
        "schema": SCHEMA,
        "title": cover.title,
        "made": cover.today.to_string(),
        "agency": cover.agency,
        "note": cover.note,
        "pages": pages.iter().map(|page| self::page(page, texts)).collect::<Vec<_>>(),
    })
}

fn page(page: &Page, texts: &Texts) -> Value {
    match page.answer {
        Answer::Look(look) => json!({
            "store": page.extra.store,
            "target": look.target,
            "verdict": look.verdict,
            "why": look.why,
        }),
        Answer::Plan(shown) => {
            let outcome = Outcome::of(shown.plan());
            let rows = outcome.rows.iter().map(|row| {
                json!({
                    "name": row.extension.name,
                    "fate": row.fate,
                    "words": row.in_words(&texts.extensions),
                    "from": row.change.and_then(|change| change.from.as_ref()),
                    "to": row.change.and_then(|change| change.to.as_ref()),
                    "licences": row.extension.licences,
                    "needs_keys": row.extension.needs_keys,
                    "finding": row.reason,
                })
            });
            let places = outcome
                .plan
                .findings
                .iter()
                .enumerate()
                .flat_map(|(number, finding)| {
                    let places = places(&finding.detail).into_iter();
                    places.map(move |place| {
                        json!({
                            "finding": number,
                            "file": place.file,
                            "line": place.line.and_then(|line| line.parse::<usize>().ok()),
                            "what": place.what,
                        })
                    })
                });
            json!({
                "store": page.extra.store,
                "verdict": outcome.verdict,
                "sentences": outcome.sentences(texts),
                "effort": effort(&outcome),
                "extensions": rows.collect::<Vec<_>>(),
                "places": places.collect::<Vec<_>>(),
                "plan": shown.plan(),
            })
        }
    }
}

fn effort(outcome: &Outcome) -> Value {
    let tallies: Map<String, Value> = [
        ("core", outcome.core),
        ("extensions", outcome.extensions),
        ("libraries", outcome.libraries),
    ]
    .into_iter()
    .map(|(name, tally): (&str, Tally)| (name.to_owned(), json!(tally)))
    .collect();
    json!({
        "packages": tallies,
        "blockers": outcome.blockers,
        "warnings": outcome.warnings,
        "files": outcome.files,
        "places": outcome.places,
        "steps": outcome.steps,
        "services_that_do_not_fit": outcome.unfit,
    })
}
