//! The verdict on a plan, on one screen: what becomes what, what stands in the way and what to do about it, what happens to
//! extensions and data, and which files change. All else is for who asks for it.

mod feature_sets;

use super::changes;
use super::layout::{Layout, heading_lines, is_lock, line, put, sum, table, wrap};
use crate::distribution::ReleaseCatalog;
use crate::plan::catalogue;
use crate::plan::census::Census;
use crate::plan::sentence;
use crate::plan::{Change, ChangeKind, Code, Edit, Finding, Lines, Plan, Severity, Side};
use composer_engine::format::version::moves_with_its_branch;
use console::measure_text_width;

/// Lines of a screen, less the command that is printed below the verdict.
const SCREEN: usize = 37;

/// The same where there is neither a blocker nor a warning.
const SMALL_SCREEN: usize = 21;

/// The lines that a diff may have to be shown in the verdict.
const SMALL_DIFF: usize = 24;

/// How many lines of a small diff go before lists of packages, notes and files.
const PEEK: usize = 11;

/// How many of Composer's reasons stand where nothing else says why.
const MOST_REASONS: usize = 3;

/// How much room each part may take.
#[derive(Clone, Copy)]
struct Room {
    /// Lines of what to do about a finding.
    advice: usize,
    /// More findings than these with one code are told as one.
    alike: usize,
    /// Lines of the names of those that are told as one.
    names: usize,
    /// Rows of extensions.
    extensions: usize,
    /// Rows of libraries.
    libraries: usize,
    /// Rows of files.
    files: usize,
    /// Lines of why a blocker stands in the way.
    reasons: usize,
    /// Rows of notes, which are told by their titles.
    notes: usize,
}

/// How many lines the names of findings take that are told as one, where there is room.
const MOST_NAMES: usize = 8;

/// From much room to little; the first with which all fits the screen is taken.
const ROOMS: [Room; 9] = [
    room(2, 6, 12, 8, 12, 9, 9),
    room(2, 3, 8, 4, 8, 9, 6),
    room(2, 3, 4, 0, 4, 6, 6),
    room(2, 1, 3, 0, 3, 6, 4),
    room(2, 1, 3, 0, 3, 4, 0),
    room(2, 1, 0, 0, 0, 3, 0),
    room(1, 1, 3, 0, 3, 2, 0),
    room(1, 1, 0, 0, 0, 1, 0),
    room(0, 1, 0, 0, 0, 0, 0),
];

const fn room(
    advice: usize,
    alike: usize,
    extensions: usize,
    libraries: usize,
    files: usize,
    reasons: usize,
    notes: usize,
) -> Room {
    Room {
        advice,
        alike,
        names: 1,
        extensions,
        libraries,
        files,
        reasons,
        notes,
    }
}

/// The verdict, with a final newline.
pub(super) fn render(plan: &Plan, census: &Census, layout: &Layout) -> String {
    let is_calm = |finding: &Finding| finding.severity() == Severity::Note;
    let screen = match plan.findings.iter().all(is_calm) {
        true => SMALL_SCREEN,
        false => SCREEN,
    };
    let small = small_edit(plan).filter(|_| !layout.diff);
    let reserved = small.map_or(0, |edit| (edit.diff.lines().count() + 1).min(PEEK));
    let mut end = String::new();
    more(&mut end, plan, layout);
    let screen = screen.saturating_sub(end.lines().count());
    let mut text = String::new();
    let fits = |text: &str| text.lines().count() + reserved <= screen;
    for room in ROOMS {
        text = with_room(plan, census, layout, room);
        if fits(&text) {
            // What is left goes to the names of findings that are told as one.
            let wider = (2..=MOST_NAMES).rev().map(|names| Room { names, ..room });
            let mut wider = wider.map(|room| with_room(plan, census, layout, room));
            text = wider.find(|text| fits(text)).unwrap_or(text);
            break;
        }
    }
    if let Some(edit) = small {
        peek(&mut text, edit, layout, screen);
    }
    text + &end
}

/// The file with the smallest change to what was there, where that is small enough to be shown in a glance.
fn small_edit(plan: &Plan) -> Option<&Edit> {
    let length = |edit: &&Edit| edit.diff.lines().count();
    plan.edits
        .iter()
        .filter(|edit| edit.before_sha256.is_some() && !is_lock(&edit.path))
        .filter(|edit| !plan.is_blocked() && (1..=SMALL_DIFF).contains(&length(edit)))
        .min_by_key(length)
}

/// The lines of a small change, as many as the screen has room for.
fn peek(text: &mut String, edit: &Edit, layout: &Layout, screen: usize) {
    let left = screen.saturating_sub(text.lines().count() + 1);
    let diff = super::diff::render(&edit.diff, layout.paint);
    let lines: Vec<&str> = diff.trim_end_matches('\n').lines().collect();
    let shown = if lines.len() <= left {
        lines.len()
    } else {
        left.saturating_sub(1)
    };
    // Less than this is file names only.
    if shown < 5 {
        return;
    }
    text.push('\n');
    for shown in &lines[..shown] {
        line(text, shown);
    }
    if shown < lines.len() {
        let more = format!("… {} more lines (--diff)", lines.len() - shown);
        line(text, &layout.paint.dim(more));
    }
}

fn with_room(plan: &Plan, census: &Census, layout: &Layout, room: Room) -> String {
    let mut out = String::new();
    for text in heading_lines(plan, layout.width) {
        line(&mut out, &layout.paint.bold(text));
    }
    if let Some(support) = support(plan) {
        for text in wrap(&support, layout.width) {
            line(&mut out, &layout.paint.dim(text));
        }
    }
    sum(&mut out, plan, layout);
    for (title, severity) in [
        ("Blockers", Severity::Blocker),
        ("Warnings", Severity::Warning),
    ] {
        let wanted =
            |finding: &&Finding| finding.severity() == severity && !finding.code().is_about_data();
        findings(
            &mut out,
            title,
            plan.findings.iter().filter(wanted),
            layout,
            room,
        );
    }
    if is_new(plan) {
        feature_sets::render(&mut out, plan, layout);
    }
    extensions(&mut out, plan, census, layout, room);
    let data = |finding: &&Finding| finding.code().is_about_data();
    findings(
        &mut out,
        "Data",
        plan.findings.iter().filter(data),
        layout,
        room,
    );
    notes(&mut out, plan, layout, room);
    files(&mut out, plan, layout, room);
    out
}

/// Whether the plan makes a project where there was none.
fn is_new(plan: &Plan) -> bool {
    let lock = Census::lock_edit(plan);
    plan.source == plan.target && lock.is_some_and(|edit| edit.before_sha256.is_none()) && {
        let root = plan.edits.iter().find(|edit| !is_lock(&edit.path));
        root.is_some_and(|edit| edit.before_sha256.is_none())
    }
}

/// How long the two releases get fixes, as far as that is known.
fn support(plan: &Plan) -> Option<String> {
    let catalog = ReleaseCatalog::bundled();
    let end = |side: &Side| {
        let version = side.release.as_deref()?;
        let end = catalog
            .facts(side.target()?, version)?
            .support_end
            .clone()?;
        Some(format!("{version} until {end}"))
    };
    let ends: Vec<String> = match plan.source == plan.target {
        true => end(&plan.target).into_iter().collect(),
        false => [end(&plan.source), end(&plan.target)]
            .into_iter()
            .flatten()
            .collect(),
    };
    (!ends.is_empty()).then(|| format!("Regular support: {}", ends.join(", ")))
}

/// Findings with what to do about each; many with one code are told as one that names them.
fn findings<'p>(
    out: &mut String,
    title: &str,
    list: impl Iterator<Item = &'p Finding>,
    layout: &Layout,
    room: Room,
) {
    let mut groups: Vec<Vec<&Finding>> = Vec::new();
    for finding in list {
        let key = |other: &Finding| (other.code(), other.severity());
        match groups
            .iter_mut()
            .find(|group| key(group[0]) == key(finding))
        {
            Some(group) => group.push(finding),
            None => groups.push(vec![finding]),
        }
    }
    if groups.is_empty() {
        return;
    }
    out.push('\n');
    line(out, &layout.paint.bold(title));
    if let [group] = &groups[..]
        && let [alone] = group[..]
        && alone.code() == Code::NoSolution
    {
        return unexplained(out, alone, layout, room);
    }
    for group in groups {
        if group.len() > room.alike {
            finding(out, group[0], group.len() - 1, layout, 0, 0);
            told(out, &names(&group[1..], room.names, layout), layout);
            if room.advice > 0 {
                advice(out, group[0].code(), room.advice, layout);
            }
        } else {
            for one in group {
                finding(out, one, 0, layout, room.advice, room.reasons);
            }
        }
    }
}

/// That there is no solution, where no other blocker says why: the first of Composer's reasons, and the way that was found.
fn unexplained(out: &mut String, alone: &Finding, layout: &Layout, room: Room) {
    finding(out, alone, 0, layout, 0, 0);
    let detail = layout.files.words(&alone.detail);
    let width = layout.width.saturating_sub(6);
    let reasons = detail
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix("- "))
        .take(room.reasons.clamp(1, MOST_REASONS));
    for reason in reasons {
        let mut bullet = "- ";
        for text in wrap(reason, width) {
            put(out, format_args!("    {bullet}{text}\n"));
            bullet = "  ";
        }
    }
    match way_found(&detail) {
        Some(way) if wrap(way, width).len() <= room.advice => told(out, way, layout),
        _ => told(out, "`-v` shows all of Composer's words.", layout),
    }
}

/// The last line of what Composer says where it has a command of this program: a way that was found.
fn way_found(detail: &str) -> Option<&str> {
    let last = detail.lines().last();
    last.filter(|last| last.contains("mageshift "))
}

/// One finding; `more` says how many of its kind are told with it, `lines` and `reasons` how many lines what to do, and why it
/// blocks, may take.
fn finding(
    out: &mut String,
    finding: &Finding,
    more: usize,
    layout: &Layout,
    lines: usize,
    reasons: usize,
) {
    let paint = layout.paint;
    let mut sign = match finding.severity() {
        Severity::Blocker => paint.red("×"),
        Severity::Warning => paint.yellow("!"),
        Severity::Note => paint.cyan("·"),
    };
    let code = format!("[{}]", finding.code());
    let more = match more {
        0 => String::new(),
        more => format!(", and {more} more like it"),
    };
    let title = format!("{}{more} {code}", finding.title);
    for text in wrap(&title, layout.width.saturating_sub(4)) {
        let text = match text.strip_suffix(&code) {
            Some(text) => format!("{text}{}", paint.dim(&code)),
            None => text,
        };
        put(out, format_args!("  {sign} {text}\n"));
        sign = " ".to_owned();
    }
    if lines > 0 && finding.severity() < Severity::Note {
        let width = layout.width.saturating_sub(4);
        // What stands in the way is told whole where that is not Composer's text.
        let lines = match finding.severity() {
            Severity::Blocker if finding.code() != Code::NoSolution => lines.max(reasons),
            _ => lines,
        };
        let detail = layout.files.words(&finding.detail);
        // What Composer says at the end of its text leads to its own documentation; a last line with a command of this
        // program is a way that was found.
        let way = match finding.code() {
            Code::NoSolution => way_found(&detail).unwrap_or_default(),
            _ => &detail,
        };
        match what_to_do(way, |text| wrap(text, width).len() <= lines) {
            Some(own) => told(out, &own, layout),
            None => advice(out, finding.code(), lines, layout),
        }
    }
}

/// What to do in general about findings of a code, in at most so many lines. What does not fit goes sentence by sentence, and a
/// command that shows it stands in its place.
fn advice(out: &mut String, code: Code, lines: usize, layout: &Layout) {
    let width = layout.width.saturating_sub(4);
    let whole = match code {
        Code::NoSolution => "Solve the other blockers; `-v` shows Composer's words.",
        code => &catalogue::entry(code).advice,
    };
    let whole = layout.files.words(whole);
    let starts = sentence_starts(&whole);
    let shorter = starts.iter().rev().map(|end| {
        let kept = whole[..*end].trim_end();
        format!("{kept} `mageshift explain {code}` says more.")
    });
    let text = std::iter::once(whole.to_string())
        .chain(shorter)
        .find(|text| wrap(text, width).len() <= lines)
        .unwrap_or_else(|| format!("`mageshift explain {code}` says what to do."));
    told(out, &text, layout);
}

/// Text below the title of a finding.
fn told(out: &mut String, text: &str, layout: &Layout) {
    for text in wrap(text, layout.width.saturating_sub(4)) {
        put(out, format_args!("    {text}\n"));
    }
}

/// Of a finding's detail, which goes from what to why to what to do, as many sentences from the end as fit: those that tell
/// what to do. None when not even the last one fits, or when there is none. Lists and what Composer says are left out.
fn what_to_do(detail: &str, fits: impl Fn(&str) -> bool) -> Option<String> {
    let is_prose = |line: &&str| {
        let is_item = line.starts_with([' ', '-']) || line.trim().is_empty();
        !is_item && !line.starts_with("Problem ") && !line.starts_with("Use the option ")
    };
    let all: Vec<&str> = detail.lines().collect();
    // What announces a list that is left out would be half a sentence.
    let announces = |at: usize| {
        let next = all.get(at + 1);
        all[at].ends_with(':') && next.is_some_and(|next| !is_prose(next))
    };
    let prose: Vec<&str> = all
        .iter()
        .enumerate()
        .filter(|(at, line)| is_prose(line) && !announces(*at))
        .map(|(_, line)| *line)
        .collect();
    let prose = prose.join(" ");
    if prose.is_empty() {
        return None;
    }
    let mut starts: Vec<usize> = vec![0];
    starts.extend(sentence_starts(&prose));
    let fitting = starts.into_iter().map(|start| &prose[start..]);
    fitting.map(str::to_owned).find(|text| fits(text))
}

/// Where a sentence begins after another one: behind a full stop and a blank, outside backticks.
fn sentence_starts(text: &str) -> Vec<usize> {
    let mut is_code = false;
    let mut starts = Vec::new();
    for (at, c) in text.char_indices() {
        if c == '`' {
            is_code = !is_code;
        }
        let rest = &text[at..];
        let begins = |next: char| next.is_uppercase() || next == '`';
        let next = rest.strip_prefix(". ").and_then(|rest| rest.chars().next());
        if !is_code && next.is_some_and(begins) {
            starts.push(at + 2);
        }
    }
    starts
}

/// What findings are about: as many names as fit so many lines, the rest counted.
fn names(findings: &[&Finding], lines: usize, layout: &Layout) -> String {
    let width = layout.width.saturating_sub(4);
    let all: Vec<&str> = findings
        .iter()
        .map(|finding| {
            let about = finding.package.as_deref().or(finding.path.as_deref());
            about.unwrap_or(&finding.title)
        })
        .collect();
    let some = |shown: usize| match all.len() - shown {
        0 => all.join(", "),
        left => format!("{} and {left} more (-v)", all[..shown].join(", ")),
    };
    let fits = |text: &String| wrap(text, width).len() <= lines;
    // A name has some letters, so that of many not all need be tried.
    (1..=all.len().min(lines * width / 4))
        .rev()
        .map(some)
        .find(fits)
        .unwrap_or_else(|| "`-v` names them".to_owned())
}

/// What becomes of what the distribution does not build: extensions first, and of libraries above all the older ones.
fn extensions(out: &mut String, plan: &Plan, census: &Census, layout: &Layout, room: Room) {
    let is_new = plan.source == plan.target && census.kept_extensions + census.kept_libraries == 0;
    let mut others: Vec<&Change> = plan.changes.iter().filter(|change| !change.core).collect();
    others.sort_by_key(|change| (weight(change.kind), change.package.as_str()));
    let (extensions, libraries): (Vec<&Change>, Vec<&Change>) = others
        .into_iter()
        .partition(|change| census.is_extension(&change.package));
    // What is blocked keeps everything, which says nothing.
    let moves = !extensions.is_empty() || !libraries.is_empty();
    if !moves && (census.kept_extensions == 0 || plan.is_blocked() || !plan.changes_files()) {
        return;
    }
    out.push('\n');
    for (title, rows, kept, limit) in [
        (
            "Extensions",
            extensions,
            census.kept_extensions,
            room.extensions,
        ),
        (
            "Libraries",
            libraries,
            census.kept_libraries,
            room.libraries,
        ),
    ] {
        let counts = counts(&rows, kept);
        if counts.is_empty() {
            continue;
        }
        for (index, text) in wrap(&format!("{title}  {counts}"), layout.width)
            .iter()
            .enumerate()
        {
            let rest = text.strip_prefix(title).filter(|_| index == 0);
            let text = rest.map_or(text.clone(), |rest| layout.paint.bold(title) + rest);
            line(out, &text);
        }
        // Of a new project everything is new.
        let limit = if is_new { 0 } else { limit };
        table(out, &rows[..rows.len().min(limit)], layout);
        if limit > 0 && rows.len() > limit {
            let text = format!("  and {} more (--packages)", rows.len() - limit);
            line(out, &layout.paint.dim(text));
        }
    }
}

/// What is to be seen first comes first.
fn weight(kind: ChangeKind) -> u8 {
    match kind {
        ChangeKind::Downgrade => 0,
        ChangeKind::Remove => 1,
        ChangeKind::Rename => 2,
        ChangeKind::Update => 3,
        ChangeKind::Add => 4,
    }
}

/// `1 downgraded, 2 gone, 3 moved up, 12 kept`.
fn counts(rows: &[&Change], kept: usize) -> String {
    let of = |kind: ChangeKind| rows.iter().filter(|row| row.kind == kind).count();
    // To another commit, or from or to a branch, is neither up nor down.
    let is_branch =
        |version: &Option<String>| version.as_deref().is_some_and(moves_with_its_branch);
    let is_sideways = |row: &&&Change| {
        row.kind == ChangeKind::Update && (is_branch(&row.from) || is_branch(&row.to))
    };
    let sideways = rows.iter().filter(is_sideways).count();
    [
        (of(ChangeKind::Downgrade), "downgraded"),
        (of(ChangeKind::Remove), "gone"),
        (of(ChangeKind::Rename), "renamed"),
        (of(ChangeKind::Update) - sideways, "moved up"),
        (sideways, "on another commit"),
        (of(ChangeKind::Add), "added"),
        (kept, "kept"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, verb)| format!("{count} {verb}"))
    .collect::<Vec<_>>()
    .join(", ")
}

/// What else is worth knowing, by its titles; what the plan does to composer.json first.
fn notes(out: &mut String, plan: &Plan, layout: &Layout, room: Room) {
    let mut all: Vec<&Finding> = plan
        .findings
        .iter()
        .filter(|finding| finding.severity() == Severity::Note && !finding.code().is_about_data())
        .collect();
    if all.is_empty() || room.notes == 0 || plan.is_blocked() {
        return;
    }
    all.sort_by_key(|finding| finding.path.as_deref() != Some(layout.files.root.as_str()));
    out.push('\n');
    line(out, &layout.paint.bold("Notes"));
    let width = layout.width.saturating_sub(4);
    for finding in all.iter().take(room.notes) {
        let title = layout.files.words(&finding.title);
        let mut sign = layout.paint.cyan("·");
        for text in wrap(&title, width) {
            put(out, format_args!("  {sign} {text}\n"));
            sign = " ".to_owned();
        }
    }
    if all.len() > room.notes {
        let text = format!("  and {} more (-v)", all.len() - room.notes);
        line(out, &layout.paint.dim(text));
    }
}

/// The files that change, with how many lines come and go.
fn files(out: &mut String, plan: &Plan, layout: &Layout, room: Room) {
    let edits: Vec<&Edit> = plan
        .edits
        .iter()
        .filter(|edit| edit.changes_file())
        .collect();
    if edits.is_empty() || plan.is_blocked() {
        return;
    }
    out.push('\n');
    let total = sentence::count(edits.len(), "file");
    line(out, &format!("{}  {total}", layout.paint.bold("Files")));
    let shown = &edits[..edits.len().min(room.files)];
    let width = shown
        .iter()
        .map(|edit| measure_text_width(&edit.path))
        .max();
    let width = width
        .unwrap_or_default()
        .min(layout.width.saturating_sub(20));
    for edit in shown {
        put(
            out,
            format_args!("  {:<width$}  {}\n", edit.path, size(edit, layout)),
        );
    }
    if !shown.is_empty() && edits.len() > shown.len() {
        let text = format!("  and {} more (--diff)", edits.len() - shown.len());
        line(out, &layout.paint.dim(text));
    }
}

/// `+12 −3`, or what else becomes of a file.
fn size(edit: &Edit, layout: &Layout) -> String {
    let Some(Lines { come, go }) = edit.lines() else {
        return match (&edit.before_sha256, &edit.after_sha256) {
            (None, _) => "new".to_owned(),
            (_, None) => "removed".to_owned(),
            _ if is_lock(&edit.path) => "made anew".to_owned(),
            _ => "changed".to_owned(),
        };
    };
    let paint = layout.paint;
    format!(
        "{} {}",
        paint.green(format!("+{come}")),
        paint.red(format!("-{go}"))
    )
}

/// Where the rest is.
fn more(out: &mut String, plan: &Plan, layout: &Layout) {
    let notes = plan
        .findings
        .iter()
        .filter(|finding| finding.severity() == Severity::Note && !finding.code().is_about_data())
        .count();
    let mut parts = Vec::new();
    if plan.edits.iter().any(Edit::changes_file) {
        parts.push("`--diff` the lines".to_owned());
    }
    if !changes::count(plan).is_empty() {
        parts.push("`--packages` every package".to_owned());
    }
    let all = match notes {
        0 => String::new(),
        notes => format!(", with {}", sentence::count(notes, "note")),
    };
    if parts.is_empty() && notes == 0 && plan.findings.is_empty() {
        return;
    }
    parts.push(format!("`-v` all{all}"));
    out.push('\n');
    for text in wrap(&format!("More: {}", parts.join(", ")), layout.width) {
        line(out, &layout.paint.dim(text));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preview::Paint;
    use crate::preview::layout::Detail;
    use crate::project::root_files::RootFiles;

    #[test]
    fn no_sentence_is_a_half_one() {
        let files = RootFiles::default();
        let mut layout = Layout {
            files: &files,
            width: 80,
            paint: Paint(false),
            detail: Detail::Normal,
            diff: false,
            packages: false,
            lock_diff: false,
        };
        for code in Code::ALL {
            for (width, lines) in [(80, 1), (80, 2), (60, 1), (40, 2)] {
                layout.width = width;
                let mut text = String::new();
                advice(&mut text, *code, lines, &layout);
                let text = text.trim_end();
                assert!(text.ends_with('.') && !text.contains('…'), "{code}: {text}");
                let is_command = text.contains("mageshift explain");
                assert!(
                    is_command || text.lines().count() <= lines,
                    "{code}: {text}"
                );
            }
        }
    }

    #[test]
    fn what_to_do_stands_last() {
        let short = |text: &str| text.len() <= 40;
        let detail = "It is old. See `a. B` there. Take 1.2.3 instead: allow ^1.2.";
        assert_eq!(
            what_to_do(detail, short).as_deref(),
            Some("Take 1.2.3 instead: allow ^1.2.")
        );
        assert_eq!(what_to_do("Short.", short).as_deref(), Some("Short."));
        assert_eq!(what_to_do("", short), None);
        let composer = "  Problem 1\n    - acme/blog requires x.\n\nUse the option --with-all-dependencies (-W).";
        assert_eq!(what_to_do(composer, short), None);
        let list = "These are affected:\n- acme/blog\n- acme/shop\nLook at each.";
        assert_eq!(what_to_do(list, short).as_deref(), Some("Look at each."));
        let long = "This sentence is far too long to be put on the line.";
        assert_eq!(what_to_do(long, short), None);
    }
}
