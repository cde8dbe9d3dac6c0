//! Services and PHP: what the release is made for against what the store's configuration names.

use super::findings;
use super::findings::Told;
use crate::plan::background::{Fit, Role, Service};
use crate::preview::side_name;
use crate::report::outcome::Outcome;
use crate::report::texts::{ServicesTexts, Texts, fill};
use crate::report::topic::Topic;
use maud::{Markup, html};

/// The section; nothing where nothing is known.
pub(crate) fn section(outcome: &Outcome, id: &str, texts: &Texts) -> Markup {
    let words = &texts.services;
    let plan = outcome.plan;
    let services = &plan.background.services;
    let told = Told::all(plan, |finding| {
        Topic::of(finding.code()) == Topic::Services && !finding.is_blocker()
    });
    if services.is_empty() && told.is_empty() {
        return html! {};
    }
    let caption = fill(&words.caption, &[("to", &side_name(&plan.target))]);
    html! {
        section aria-labelledby={ (id) "-services" } {
            h3 id={ (id) "-services" } { (words.heading) }
            @if !services.is_empty() {
                div.scroll tabindex="0" role="region" aria-label=(caption) {
                    table.cards {
                        caption { (caption) }
                        thead { tr {
                            th scope="col" { (words.service) }
                            th scope="col" { (words.wanted) }
                            th scope="col" { (words.found) }
                            th scope="col" { (words.verdict) }
                        } }
                        tbody { @for service in services { (row(service, texts, words)) } }
                    }
                }
            }
            (findings::list(&told, id, texts))
        }
    }
}

fn row(service: &Service, texts: &Texts, words: &ServicesTexts) -> Markup {
    let wanted = match service.wanted.as_slice() {
        [] => words.not_known.clone(),
        wanted => wanted.join("; "),
    };
    let tone = match service
        .found
        .iter()
        .map(|found| found.fit)
        .max_by_key(grade)
    {
        Some(Fit::Unsupported) => "warn",
        _ => "plain",
    };
    let found: Vec<String> = service
        .found
        .iter()
        .map(|found| match found.file.as_str() {
            "" => found.name.clone(),
            file => fill(&words.in_file, &[("name", &found.name), ("file", &file)]),
        })
        .collect();
    html! {
        tr.(tone) {
            th scope="row" { (name(service.role, words)) }
            td data-label=(words.wanted) { (wanted) }
            td data-label=(words.found) {
                @if found.is_empty() { (words.not_told) } @else { (texts.join(&found)) }
            }
            td data-label=(words.verdict) { (verdict(service, words)) }
        }
    }
}

fn grade(fit: &Fit) -> u8 {
    match fit {
        Fit::Fits => 0,
        Fit::Unknown => 1,
        Fit::Close => 2,
        Fit::Unsupported => 3,
    }
}

fn verdict<'t>(service: &Service, words: &'t ServicesTexts) -> &'t str {
    let worst = service
        .found
        .iter()
        .map(|found| found.fit)
        .max_by_key(grade);
    match worst {
        None => &words.to_compare,
        Some(Fit::Fits) => &words.fits,
        Some(Fit::Close) => &words.close,
        Some(Fit::Unsupported) => &words.unsupported,
        Some(Fit::Unknown) => &words.unknown,
    }
}

fn name(role: Role, words: &ServicesTexts) -> &str {
    match role {
        Role::Php => &words.php,
        Role::Composer => &words.composer,
        Role::Database => &words.database,
        Role::Search => &words.search,
        Role::Cache => &words.cache,
        Role::Queue => &words.queue,
        Role::HttpCache => &words.http_cache,
        Role::WebServer => &words.web_server,
    }
}
