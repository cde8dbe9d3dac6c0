//! The files of a report, and the document about one plan.

pub(crate) mod places;

use crate::apply::Readers;
use crate::cli::output_file::Output;
use crate::cli::secrets;
use crate::plan::{Plan, SCHEMA};
use crate::preview::{Masker, Shown, clean};
use crate::report::day::Day;
use crate::report::{Answer, Cover, Extra, Page, html, title};
use serde::Deserialize;
use std::path::Path;

/// The HTML file.
pub(crate) fn html_file(path: &Path) -> Output<'_> {
    Output {
        path,
        what: "a report",
        readers: Readers::Umask,
        is_own: &html::is_rendered,
    }
}

/// The JSON file.
pub(crate) fn json_file(path: &Path) -> Output<'_> {
    Output {
        path,
        what: "a report as JSON",
        readers: Readers::Umask,
        is_own: &is_json_report,
    }
}

/// Whether these bytes are a report as JSON.
fn is_json_report(bytes: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct AnyReport {
        schema: u32,
        #[serde(rename = "title")]
        _title: String,
        #[serde(rename = "made")]
        _made: String,
        #[serde(rename = "pages")]
        _pages: Vec<serde::de::IgnoredAny>,
    }
    serde_json::from_slice::<AnyReport>(bytes).is_ok_and(|report| report.schema <= SCHEMA)
}

/// The HTML document about the plan of one store, without internal hosts and folders. `apply` is the command that applies it.
pub(crate) fn of_plan(plan: &Plan, store: &Path, apply: &str, table_prefix: &str) -> String {
    let mut places = places::of_machine();
    places::add_store(&mut places, store);
    places::add_plan(&mut places, plan);
    let masker = Masker::new(&secrets::of_store(store)).discreet(&places);
    let clean = |text: &str| clean(text, &masker);
    let shown = Shown::new(plan, &masker);
    let folder = store.canonicalize().ok();
    let name = folder.as_deref().and_then(Path::file_name);
    let name = clean(&name.map_or_else(|| "store".into(), |name| name.to_string_lossy()));
    let apply = clean(apply);
    let page = Page {
        extra: Extra {
            id: "p1",
            store: &name,
            today: Day::today(),
            table_prefix,
            apply: &apply,
        },
        answer: Answer::Plan(&shown),
    };
    let cover = Cover {
        title: &title(&[page]),
        agency: None,
        logo: None,
        note: None,
        today: Day::today(),
        is_discreet: true,
        overview: None,
    };
    html::document(&cover, &[page])
}
