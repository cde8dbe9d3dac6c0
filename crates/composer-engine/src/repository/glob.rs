//! Folders and files by pattern, as PHP's `glob` with `GLOB_ONLYDIR | GLOB_BRACE` finds them.

use std::fs;
use std::path::Path;

/// The folders that match `pattern`, a path relative to `base` or absolute, with `*`, `?`, `[…]` and `{…,…}`. Each is
/// written as the pattern is, without a slash at the end; those of one alternative are sorted.
pub(super) fn folders(base: &Path, pattern: &str) -> Vec<String> {
    find(base, pattern, Path::is_dir)
}

/// Likewise the files that match, as PHP's `glob` finds them.
pub fn files(base: &Path, pattern: &str) -> Vec<String> {
    find(base, pattern, Path::is_file)
}

fn find(base: &Path, pattern: &str, is_wanted: impl Fn(&Path) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for pattern in alternatives(pattern) {
        let (root, relative) = match pattern.strip_prefix('/') {
            Some(relative) => ("/", relative),
            None => ("", pattern.as_str()),
        };
        let mut paths = vec![root.to_owned()];
        for component in relative
            .split('/')
            .filter(|component| !component.is_empty())
        {
            paths = paths
                .iter()
                .flat_map(|path| step(base, path, component))
                .collect();
        }
        paths.sort_unstable();
        found.extend(paths.into_iter().filter(|path| is_wanted(&base.join(path))));
    }
    found
}

/// What `path` and one more component of a pattern lead to.
fn step(base: &Path, path: &str, component: &str) -> Vec<String> {
    let join = |name: &str| {
        if path.is_empty() || path.ends_with('/') {
            format!("{path}{name}")
        } else {
            format!("{path}/{name}")
        }
    };
    if !component.contains(['*', '?', '[']) {
        return vec![join(component)];
    }
    let entries = fs::read_dir(base.join(path))
        .into_iter()
        .flatten()
        .flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    // A leading dot must be spelt out.
    let names = names.filter(|name| name.starts_with('.') == component.starts_with('.'));
    names
        .filter(|name| matches(component.as_bytes(), name.as_bytes()))
        .map(|name| join(&name))
        .collect()
}

/// Whether a name matches a component of a pattern. Only the last `*` that was met is ever tried at another place: what lies
/// before it has matched already, so the time does not multiply with each `*`.
fn matches(mut pattern: &[u8], mut name: &[u8]) -> bool {
    let mut retry: Option<(&[u8], &[u8])> = None;
    loop {
        if let Some((b'*', rest)) = pattern.split_first() {
            pattern = rest;
            retry = Some((rest, name));
            continue;
        }
        let next = match name.split_first() {
            Some((&byte, left)) => one(pattern, byte).map(|rest| (rest, left)),
            None if pattern.is_empty() => return true,
            None => return false,
        };
        (pattern, name) = match (next, retry) {
            (Some(next), _) => next,
            (None, Some((from, [_, left @ ..]))) => {
                retry = Some((from, left));
                (from, left)
            }
            (None, _) => return false,
        };
    }
}

/// What is left of a pattern when its first member, which is no `*`, stands for this byte.
fn one(pattern: &[u8], byte: u8) -> Option<&[u8]> {
    let (&first, rest) = pattern.split_first()?;
    match first {
        b'?' => Some(rest),
        b'[' => match class(rest) {
            Some((negated, members, behind)) => {
                (in_class(members, byte) != negated).then_some(behind)
            }
            None => (byte == b'[').then_some(rest),
        },
        expected => (expected == byte).then_some(rest),
    }
}

/// Splits what follows `[`: whether it is negated, its members, and the pattern behind it.
fn class(rest: &[u8]) -> Option<(bool, &[u8], &[u8])> {
    let negated = matches!(rest.first(), Some(b'!' | b'^'));
    let members = &rest[usize::from(negated)..];
    // A `]` that comes first is a member.
    let end = 1 + members.iter().skip(1).position(|&byte| byte == b']')?;
    Some((negated, &members[..end], &members[end + 1..]))
}

fn in_class(members: &[u8], byte: u8) -> bool {
    match members {
        [low, b'-', high, rest @ ..] => (*low..=*high).contains(&byte) || in_class(rest, byte),
        [member, rest @ ..] => *member == byte || in_class(rest, byte),
        [] => false,
    }
}

/// The patterns that the first braces of a pattern stand for, and so on. Unbalanced braces are ordinary characters.
fn alternatives(pattern: &str) -> Vec<String> {
    let Some(open) = pattern.find('{') else {
        return vec![pattern.to_owned()];
    };
    let mut depth = 0;
    let mut start = open + 1;
    let mut parts = Vec::new();
    for (at, character) in pattern.char_indices().skip_while(|&(at, _)| at < open) {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if (character == ',' && depth == 1) || depth == 0 {
            parts.push(&pattern[start..at]);
            start = at + 1;
        }
        if depth == 0 {
            let whole = parts
                .iter()
                .map(|part| format!("{}{part}{}", &pattern[..open], &pattern[start..]));
            return whole.flat_map(|pattern| alternatives(&pattern)).collect();
        }
    }
    vec![pattern.to_owned()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_stars_take_no_longer() {
        let name = "a".repeat(200);
        assert!(!matches(
            "*a".repeat(40).as_bytes(),
            format!("{name}b").as_bytes()
        ));
        assert!(matches("*a".repeat(40).as_bytes(), name.as_bytes()));
        assert!(matches(b"a*b*c", b"abxbcxc") && !matches(b"a*b*c", b"abxbcx"));
        assert!(matches(b"*", b"") && !matches(b"?*", b""));
    }

    #[test]
    fn finds_folders() {
        let base = tempfile::tempdir().unwrap();
        for folder in ["a/x", "a/y", "b/x", "a/.hidden", "c[1]/x", "ab/x"] {
            fs::create_dir_all(base.path().join(folder)).unwrap();
        }
        fs::write(base.path().join("a/file"), "").unwrap();
        for (pattern, expected) in [
            ("a/*", vec!["a/x", "a/y"]),
            ("./a/x/", vec!["./a/x"]),
            ("*/x", vec!["a/x", "ab/x", "b/x", "c[1]/x"]),
            ("{b,a}/x", vec!["b/x", "a/x"]),
            ("[ab]/?", vec!["a/x", "a/y", "b/x"]),
            ("[!a]*/x", vec!["b/x", "c[1]/x"]),
            ("a/.*", vec!["a/.hidden"]),
            ("{a,{b}}/x", vec!["a/x", "b/x"]),
            ("nothing/*", vec![]),
        ] {
            assert_eq!(folders(base.path(), pattern), expected, "{pattern}");
        }
        let absolute = base.path().join("a/*").display().to_string();
        assert_eq!(folders(Path::new("/"), &absolute).len(), 2);
    }
}
