//! How findings about many places are worded: counted, with a few places named.

pub(super) use crate::plan::sentence::count;

/// As many places as a finding names.
const SHOWN: usize = 8;

/// A sentence, and below it a line for each place, the first eight of them.
pub(super) fn with_places(sentence: &str, places: &[String]) -> String {
    let mut text = sentence.to_owned();
    for place in places.iter().take(SHOWN) {
        text.push_str("\n- ");
        text.push_str(place);
    }
    if let Some(more @ 1..) = places.len().checked_sub(SHOWN) {
        text.push_str(&format!("\n- and {more} more"));
    }
    text
}

/// A sentence, and below it a line for each place, however many there are: for what is lost unless somebody acts on it.
pub(super) fn with_all_places(sentence: &str, places: &[String]) -> String {
    format!("{sentence}\n- {}", places.join("\n- "))
}

/// `a, b and c`, or the first few and how many there are beside them.
pub(super) fn names(all: &[impl AsRef<str>]) -> String {
    let shown: Vec<&str> = all.iter().take(SHOWN).map(AsRef::as_ref).collect();
    match (shown.split_last(), all.len() - shown.len()) {
        (None, _) => String::new(),
        (Some((only, [])), _) => (*only).to_owned(),
        (Some((last, others)), 0) => format!("{} and {last}", others.join(", ")),
        (Some(_), more) => format!("{} and {more} more", shown.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_cut() {
        let all: Vec<String> = (0..11).map(|number| format!("p{number}")).collect();
        assert_eq!(names(&all[..1]), "p0");
        assert_eq!(names(&all[..3]), "p0, p1 and p2");
        assert!(names(&all).ends_with("p7 and 3 more"));
        assert!(with_places("Places:", &all).ends_with("\n- p7\n- and 3 more"));
        assert_eq!(with_places("Places:", &all[..1]), "Places:\n- p0");
        assert!(with_all_places("Places:", &all).ends_with("\n- p9\n- p10"));
    }
}
