//! YAML of a stranger's store.

use serde::de::DeserializeOwned;

/// How deep brackets may lie in each other; serde stops at the same depth. The scanner of YAML looks through all open
/// brackets at every token, so a file of nothing but brackets must be refused before it is scanned.
const DEEPEST: usize = 128;

/// Decodes a YAML text; none when it is not YAML of that shape, or is nested more deeply than any configuration.
pub(crate) fn decode<T: DeserializeOwned>(text: &str) -> Option<T> {
    if is_deep(text) {
        return None;
    }
    serde_norway::from_str(text).ok()
}

/// Brackets within quotes and comments count as well: a text with that many that are never closed is none of ours.
fn is_deep(text: &str) -> bool {
    let mut depth = 0_usize;
    text.bytes().any(|byte| {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth > DEEPEST
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    #[test]
    fn depth_is_refused_at_once() {
        assert!(decode::<Value>("a: [{b: [1]}]\n").is_some());
        assert!(decode::<Value>("a: [").is_none());
        let lists = format!("a: {}", "[],".repeat(1000));
        assert!(!is_deep(&lists));
        for bracket in ["[", "{\"a\":", "{b: "] {
            let begun = std::time::Instant::now();
            assert!(decode::<Value>(&bracket.repeat(200_000)).is_none());
            assert!(begun.elapsed().as_secs() < 5, "{bracket}");
        }
    }
}
