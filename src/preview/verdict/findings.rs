//! Findings in a verdict: what each is, why, and what to do about it.

use super::super::layout::{Layout, line, put, wrap};
use super::room::{MOST_REASONS, Room};
use crate::plan::findings::catalogue;
use crate::plan::{Code, Finding, Severity};

/// Findings with what to do about each; many with one code are told as one that names them.
pub(super) fn findings<'p>(
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
    let same = same_end(&all);
    let all: Vec<&str> = all.iter().map(|name| &name[..name.len() - same]).collect();
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

/// How long the words are with which all texts end, as titles do that say the same of several things. Something is left of each.
fn same_end(texts: &[&str]) -> usize {
    let Some((first, others)) = texts.split_first() else {
        return 0;
    };
    let starts = first.match_indices(' ').map(|(at, _)| &first[at..]);
    let mut common = starts.filter(|end| {
        others
            .iter()
            .all(|other| other.len() > end.len() && other.ends_with(end))
    });
    match others {
        [] => 0,
        _ => common.next().map_or(0, str::len),
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
            today: "2026-06-01",
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
    fn what_titles_have_in_common_is_said_once() {
        let end = |texts: &[&'static str]| &texts[0][texts[0].len() - same_end(texts)..];
        let both = ["repo a could not be asked", "repo b could not be asked"];
        assert_eq!(end(&both), " could not be asked");
        assert_eq!(end(&["acme/a", "acme/b"]), "");
        assert_eq!(end(&["one alone"]), "");
        assert_eq!(end(&["the same text", "the same text"]), " same text");
        assert_eq!(end(&["no ü at all", "no ä at all"]), " at all");
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
