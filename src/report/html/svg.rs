//! Pictures in the document: drawn in per cent of its width, so that lines of text keep their size on a phone and on paper.

use crate::report::day::Day;
use maud::{Markup, html};

/// How long one release gets fixes.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    /// The release, written above the line.
    pub(crate) label: String,
    /// From the first day that is drawn where it is not known.
    pub(crate) begins: Option<Day>,
    /// To today where it is not known.
    pub(crate) ends: Option<Day>,
    /// The last day of paid support, where there is such.
    pub(crate) extended: Option<Day>,
    /// Whether nobody knows when it ends: it is certain up to today.
    pub(crate) is_open: bool,
}

/// More years than these are not all written.
const YEARS_WRITTEN: i32 = 6;

/// Lines of support on one scale of years, with today on it.
pub(crate) fn timeline(lines: &[Line], today: Day, today_label: &str, description: &str) -> Markup {
    let days = || {
        let all = lines
            .iter()
            .flat_map(|line| [line.begins, line.ends, line.extended]);
        all.flatten().chain([today])
    };
    let (Some(first), Some(last)) = (days().min(), days().max()) else {
        return html! {};
    };
    let from = f64::from(first.year());
    let is_open = lines.iter().any(|line| line.is_open);
    // Room for an arrow behind today.
    let to = f64::from(last.year() + 1).max(today.as_years() + if is_open { 1.0 } else { 0.0 });
    let at = |years: f64| (years - from) / (to - from) * 100.0;
    let of = |day: Day| at(day.as_years());
    let percent = |value: f64| format!("{:.2}%", value.clamp(0.0, 100.0));
    let span = to.ceil() as i32 - first.year();
    let every = (span + YEARS_WRITTEN - 1) / YEARS_WRITTEN;
    let height = lines.len() * ROW + 40;
    let ruler = lines.len() * ROW + 8;
    html! {
        svg.picture role="img" aria-label=(description) width="100%" height=(height) {
            @for year in (first.year()..=to as i32).filter(|year| (year - first.year()) % every.max(1) == 0) {
                @let x = at(f64::from(year));
                line.grid x1=(percent(x)) x2=(percent(x)) y1="0" y2=(ruler) {}
                @if x < 94.0 {
                    text.tick x=(percent(x)) dx="3" y=(ruler + 14) { (year) }
                }
            }
            @let now = of(today);
            line.today x1=(percent(now)) x2=(percent(now)) y1="0" y2=(ruler + 4) {}
            @for (row, line) in lines.iter().enumerate() {
                @let y = row * ROW + 22;
                @let begin = line.begins.map_or(0.0, of);
                @let end = if line.is_open { of(today).max(begin) } else { of(line.ends.unwrap_or(today)) };
                text.label x="0" y=(y - 6) { (line.label) }
                rect.regular x=(percent(begin)) y=(y) width=(percent((end - begin).max(0.6))) height="14" rx="2" {}
                @if line.is_open {
                    line.open x1=(percent(end)) x2="100%" y1=(y + 7) y2=(y + 7) {}
                }
                @if let Some(extended) = line.extended.map(of).filter(|extended| *extended > end) {
                    rect.extended x=(percent(end)) y=(y) width=(percent(extended - end)) height="14" rx="2" {}
                }
            }
            @let x = of(today);
            text.today x=(percent(x)) dx=(if x > 85.0 { "-3" } else { "3" }) text-anchor=(if x > 85.0 { "end" } else { "start" }) y=(ruler + 26) { (today_label) }
        }
    }
}

/// The height of a line with its label.
const ROW: usize = 44;

/// Packages of one sort.
#[derive(Debug, Clone)]
pub(crate) struct Bar<'a> {
    /// Which sort, written above the bar.
    pub(crate) label: &'a str,
    /// From left to right; together they are the whole bar.
    pub(crate) shares: Vec<Share>,
}

/// As many of them as have the same fate.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Share {
    /// Its name in the style.
    pub(crate) class: &'static str,
    /// How many packages; its part of the bar's width.
    pub(crate) number: usize,
}

/// Bars that are each the whole of what they stand for.
pub(crate) fn bars(bars: &[Bar], description: &str) -> Markup {
    html! {
        svg.picture role="img" aria-label=(description) width="100%" height=(bars.len() * BAR + 4) {
            @for (row, bar) in bars.iter().enumerate() {
                @let y = row * BAR;
                @let sum = bar.shares.iter().map(|share| share.number).sum::<usize>().max(1);
                text.label x="0" y=(y + 14) { (bar.label) ", " (sum) }
                @for (index, share) in bar.shares.iter().enumerate() {
                    @let before: usize = bar.shares[..index].iter().map(|share| share.number).sum();
                    rect.(share.class) x=(part(before, sum)) y=(y + 20) width=(part(share.number, sum)) height="18" {}
                }
            }
        }
    }
}

const BAR: usize = 46;

fn part(number: usize, sum: usize) -> String {
    format!("{:.3}%", number as f64 / sum as f64 * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_stay_inside_the_picture() {
        let day = |text| Day::parse(text);
        let lines = [
            Line {
                label: "<now>".into(),
                begins: day("2016-01-01"),
                ends: day("2017-05-01"),
                extended: None,
                is_open: false,
            },
            Line {
                label: "then".into(),
                begins: None,
                ends: None,
                extended: day("2031-12-31"),
                is_open: true,
            },
        ];
        let drawn = timeline(&lines, day("2026-11-28").unwrap(), "today", "a & b").into_string();
        assert!(drawn.contains("&lt;now&gt;") && drawn.contains("a &amp; b"));
        let years = drawn.matches("class=\"tick\"").count();
        assert!((3..=7).contains(&years), "{drawn}");
        for part in drawn.split('"').filter_map(|text| text.strip_suffix('%')) {
            let value: f64 = part.parse().unwrap();
            assert!((0.0..=100.0).contains(&value), "{drawn}");
        }
        assert!(
            !timeline(&[], day("2026-11-28").unwrap(), "today", "")
                .into_string()
                .contains("NaN")
        );
    }

    #[test]
    fn shares_fill_their_bar() {
        let shares = vec![
            Share {
                class: "kept",
                number: 3,
            },
            Share {
                class: "removed",
                number: 1,
            },
        ];
        let drawn = bars(
            &[Bar {
                label: "Core",
                shares,
            }],
            "",
        )
        .into_string();
        assert!(
            drawn.contains("x=\"75.000%\" y=\"20\" width=\"25.000%\""),
            "{drawn}"
        );
    }
}
