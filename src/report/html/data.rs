//! What becomes of the shop's data, with the queries that count what is affected.

use super::findings;
use super::findings::Told;
use crate::plan::queries;
use crate::report::Extra;
use crate::report::outcome::Outcome;
use crate::report::texts::Texts;
use crate::report::topic::Topic;
use maud::{Markup, html};

/// The section; nothing where the plan says nothing of data.
pub(crate) fn section(outcome: &Outcome, extra: &Extra, texts: &Texts) -> Markup {
    let (words, id, plan) = (&texts.data, extra.id, outcome.plan);
    let told = Told::all(plan, |finding| {
        Topic::of(finding.code()) == Topic::Data && !finding.is_blocker()
    });
    let script = queries::script(plan, extra.table_prefix);
    if told.is_empty() && script.is_none() {
        return html! {};
    }
    html! {
        section aria-labelledby={ (id) "-data" } {
            h3 id={ (id) "-data" } { (words.heading) }
            p { (words.intro) }
            (findings::list(&told, id, texts))
            @if let Some(script) = &script {
                h4 id={ (id) "-queries" } { (words.queries) }
                p { (words.queries_intro) }
                pre.code tabindex="0" role="region" aria-labelledby={ (id) "-queries" } {
                    code { (script.trim_end()) }
                }
            }
        }
    }
}
