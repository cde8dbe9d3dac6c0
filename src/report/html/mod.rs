//! The document: one HTML file without scripts that loads nothing.

mod data;
pub(crate) mod extensions;
mod figures;
mod findings;
pub(crate) mod hands;
pub(crate) mod matrix;
mod overview;
mod prose;
mod services;
mod steps;
mod style;
mod svg;

use super::outcome::{Outcome, Verdict, blockers};
use super::texts::{Texts, fill};
use super::{Answer, Cover, Extra, Look, Page};
use crate::distribution::known_as_of;
use crate::preview::{Shown, side_name};
use maud::{Markup, PreEscaped, html};
use prose::{paragraphs, unbroken};

/// What the documents of this program begin with, so that one is told from somebody's own file.
const MARK: &str = "<!DOCTYPE html><!-- a report of mageshift -->";

/// What the document may load: nothing but the style and the logo that are in it.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

/// Whether these bytes are a document that was rendered earlier.
pub(crate) fn is_rendered(bytes: &[u8]) -> bool {
    bytes.starts_with(MARK.as_bytes())
}

/// The whole document: what stands above all, the table of all pages where there are several, and each page. With a final
/// newline.
pub(crate) fn document(cover: &Cover, pages: &[Page]) -> String {
    let texts = Texts::english();
    let markup = html! {
        html lang=(texts.language) {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                meta name="generator" content={ "mageshift " (env!("CARGO_PKG_VERSION")) };
                title { (cover.title) }
                style { (PreEscaped(style::CSS)) }
            }
            body {
                a.skip href="#report" { (texts.cover.skip) }
                (head(cover, texts))
                main id="report" {
                    @if let Some(overview) = cover.overview { (overview::section(overview, texts)) }
                    @if pages.len() > 1 { (matrix::section(pages, texts)) }
                    @for page in pages {
                        @match page.answer {
                            Answer::Plan(shown) => (self::page(shown, &page.extra)),
                            Answer::Look(look) => (self::look(look, &page.extra, texts)),
                        }
                    }
                }
                footer {
                    p { (fill(&texts.cover.foot, &[("version", &env!("CARGO_PKG_VERSION")), ("known", &known_as_of())])) }
                    @if cover.is_discreet { p { (texts.cover.discreet) } }
                }
            }
        }
    };
    let body = markup.into_string();
    format!("{MARK}{body}\n")
}

fn head(cover: &Cover, texts: &Texts) -> Markup {
    let day = cover.today.shown(texts);
    let words = &texts.cover;
    html! {
        header.cover {
            @if let Some(logo) = cover.logo {
                img.logo src=(logo.data_uri()) alt=(match cover.agency {
                    Some(agency) => fill(&words.logo, &[("agency", &agency)]),
                    None => String::new(),
                });
            }
            h1 { (unbroken(cover.title)) }
            p.made {
                @match cover.agency {
                    Some(agency) => (fill(&words.made_by, &[("day", &day), ("agency", &agency)])),
                    None => (fill(&words.made, &[("day", &day)])),
                }
            }
            @if let Some(note) = cover.note { div.note { (paragraphs(note)) } }
        }
    }
}

/// One store and one target: an `article` whose headings begin with `h2` and whose `id` is that of `extra`. It is complete in
/// itself but for the style, which [`document`] has.
pub(crate) fn page(shown: &Shown, extra: &Extra) -> Markup {
    let texts = Texts::english();
    let plan = shown.plan();
    let outcome = Outcome::of(plan);
    let id = extra.id;
    html! {
        article.page id=(id) aria-labelledby={ (id) "-title" } {
            header {
                p.store { (extra.store) }
                h2 id={ (id) "-title" } {
                    @if plan.source == plan.target { (unbroken(&side_name(&plan.target))) }
                    @else { (unbroken(&side_name(&plan.source))) " → " (unbroken(&side_name(&plan.target))) }
                }
                (verdict(outcome.verdict, &outcome.sentences(texts), texts))
            }
            (figures::numbers(&outcome, id, texts))
            (findings::blockers(&plan.findings, id, texts))
            (figures::support(&outcome, extra, texts))
            (figures::changes(&outcome, id, texts))
            (extensions::section(&outcome, id, texts))
            (data::section(&outcome, extra, texts))
            (services::section(&outcome, id, texts))
            (hands::section(plan, id, texts))
            (findings::others(plan, id, texts))
            (steps::files(&outcome, id, texts))
            (steps::section(&outcome, extra, texts))
        }
    }
}

/// One store and one target without a plan: the verdict, why, and what stands in the way.
fn look(look: Look, extra: &Extra, texts: &Texts) -> Markup {
    let id = extra.id;
    let sentences = look
        .verdict
        .sentences(blockers(look.blockers), look.target, texts);
    // What stands in the way is told whole below.
    let why = look.blockers.is_empty().then_some(look.why);
    html! {
        article.page id=(id) aria-labelledby={ (id) "-title" } {
            header {
                p.store { (extra.store) }
                h2 id={ (id) "-title" } {
                    @if !look.source.is_empty() && look.source != look.target {
                        (unbroken(look.source))
                        @if !look.target.is_empty() { " → " }
                    }
                    (unbroken(look.target))
                    @if look.source.is_empty() && look.target.is_empty() { (unbroken(extra.store)) }
                }
                (verdict(look.verdict, &sentences, texts))
            }
            @if let Some(why) = why { (prose::prose(why)) }
            (findings::blockers(look.blockers, id, texts))
        }
    }
}

/// The verdict: its word, and the sentences, the first of which counts most.
fn verdict(verdict: Verdict, sentences: &[String], texts: &Texts) -> Markup {
    let (first, rest) = sentences
        .split_first()
        .map_or(("", &[][..]), |(first, rest)| (first, rest));
    html! {
        div.answer.(verdict.tone()) {
            p.word { (verdict.word(texts)) }
            p.first { (unbroken(first)) }
            @if !rest.is_empty() { p { (unbroken(&rest.join(" "))) } }
        }
    }
}
