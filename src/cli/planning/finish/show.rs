//! A plan on this terminal.

use crate::cli::options::args::ConsentArgs;
use crate::cli::outcome::error::CliError;
use crate::cli::screen::ui::Ui;
use crate::plan::census::Census;
use crate::preview::Shown;
use crate::preview::layout::{Detail, Layout};
use crate::preview::text;

/// Shows the plan on standard output, through a pager where all of it was asked for. With `--json` and `--quiet` nothing
/// is.
pub(crate) fn show(
    plan: &Shown,
    census: &Census,
    ui: &Ui,
    consent: &ConsentArgs,
) -> Result<(), CliError> {
    if ui.json && ui.detail == Detail::Brief {
        return Ok(());
    }
    let layout = layout(ui, consent);
    let text = text::render(plan, census, &layout);
    if layout.diff || layout.packages || layout.lock_diff || ui.detail == Detail::Full {
        ui.page(&text)
    } else {
        ui.show(&text)
    }
}

/// How things are laid out on this terminal.
pub(crate) fn layout<'a>(ui: &'a Ui, consent: &ConsentArgs) -> Layout<'a> {
    Layout {
        diff: consent.diff,
        packages: consent.packages,
        lock_diff: consent.lock_diff,
        ..ui.layout()
    }
}
