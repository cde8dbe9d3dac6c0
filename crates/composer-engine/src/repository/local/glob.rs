//! Folders and files by pattern, as PHP's `glob` with `GLOB_ONLYDIR | GLOB_BRACE` finds them.

use std::fs;
use std::path::Path;

/// As many characters as PHP takes for a pattern.
const LONGEST: usize = 4096;
/// How many patterns the braces of one may stand for. PHP has no limit; `{a,b}` a few dozen times would fill the memory.
const MOST_ALTERNATIVES: usize = 1_000;
/// How many files and folders may be looked at for one pattern. PHP has no limit here, either; a few `*/` over a link that
/// leads upwards would never end.
const MOST_LOOKED_AT: usize = 100_000;

/// Why a pattern was not followed to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TooMuch {
    /// PHP would not take it.
    #[error("the pattern is longer than {LONGEST} characters")]
    Length,
    /// Its braces stand for too many others.
    #[error("the braces of the pattern stand for more than {MOST_ALTERNATIVES} others")]
    Alternatives,
    /// It leads too far.
    #[error("the pattern leads through more than {MOST_LOOKED_AT} files and folders")]
    LookedAt,
}

/// The folders that match `pattern`, a path relative to `base` or absolute, with `*`, `?`, `[…]` and `{…,…}`. Each is
/// written as the pattern is, without a slash at the end; those of one alternative are sorted.
pub(crate) fn folders(base: &Path, pattern: &str) -> Result<Vec<String>, TooMuch> {
    is_short(pattern)?;
    find(base, &alternatives(pattern)?, Path::is_dir)
}

/// Likewise the files that match, as PHP's `glob` finds them without an option: braces stand for themselves.
pub fn files(base: &Path, pattern: &str) -> Result<Vec<String>, TooMuch> {
    is_short(pattern)?;
    find(base, &[pattern.to_owned()], Path::is_file)
}

fn is_short(pattern: &str) -> Result<(), TooMuch> {
    match pattern.len() > LONGEST {
        true => Err(TooMuch::Length),
        false => Ok(()),
    }
}

fn find(
    base: &Path,
    patterns: &[String],
    is_wanted: impl Fn(&Path) -> bool,
) -> Result<Vec<String>, TooMuch> {
    let mut found = Vec::new();
    let mut left = MOST_LOOKED_AT;
    for pattern in patterns {
        let (root, relative) = match pattern.strip_prefix('/') {
            Some(relative) => ("/", relative),
            None => ("", pattern.as_str()),
        };
        let mut paths = vec![root.to_owned()];
        for component in relative
            .split('/')
            .filter(|component| !component.is_empty())
        {
            let mut further = Vec::new();
            for path in &paths {
                step(base, path, component, &mut further, &mut left)?;
            }
            paths = further;
        }
        paths.sort_unstable();
        found.extend(paths.into_iter().filter(|path| is_wanted(&base.join(path))));
    }
    Ok(found)
}

/// Adds what `path` and one more component of a pattern lead to. `left` is how much may still be looked at.
fn step(
    base: &Path,
    path: &str,
    component: &str,
    found: &mut Vec<String>,
    left: &mut usize,
) -> Result<(), TooMuch> {
    let join = |name: &str| {
        if path.is_empty() || path.ends_with('/') {
            format!("{path}{name}")
        } else {
            format!("{path}/{name}")
        }
    };
    let mut look = || {
        *left = left.checked_sub(1).ok_or(TooMuch::LookedAt)?;
        Ok(())
    };
    if !component.contains(['*', '?', '[']) {
        look()?;
        found.push(join(component));
        return Ok(());
    }
    let entries = fs::read_dir(base.join(path)).into_iter().flatten();
    for entry in entries.flatten() {
        look()?;
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        // A leading dot must be spelt out.
        if name.starts_with('.') == component.starts_with('.')
            && matches(component.as_bytes(), name.as_bytes())
        {
            found.push(join(&name));
        }
    }
    Ok(())
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

/// The patterns that the braces of a pattern stand for, one after the other. Unbalanced braces are ordinary characters.
fn alternatives(pattern: &str) -> Result<Vec<String>, TooMuch> {
    let mut found = Vec::new();
    // The next one is the last.
    let mut pending = vec![pattern.to_owned()];
    while let Some(pattern) = pending.pop() {
        match first_braces(&pattern) {
            Some(parts) => pending.extend(parts.into_iter().rev()),
            None => found.push(pattern),
        }
        if found.len() + pending.len() > MOST_ALTERNATIVES {
            return Err(TooMuch::Alternatives);
        }
    }
    Ok(found)
}

/// What a pattern becomes with each of the parts of its first braces; none without balanced ones.
fn first_braces(pattern: &str) -> Option<Vec<String>> {
    let open = pattern.find('{')?;
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
            return Some(whole.collect());
        }
    }
    None
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
    fn braces_count_for_folders_only() {
        let base = tempfile::tempdir().unwrap();
        for folder in ["a", "b"] {
            fs::create_dir_all(base.path().join(folder).join("x")).unwrap();
            fs::write(base.path().join(folder).join("f.json"), "{}").unwrap();
        }
        fs::write(base.path().join("{a,b}.json"), "{}").unwrap();
        let folders = folders(base.path(), "{b,a}/*").unwrap();
        assert_eq!(folders, ["b/x", "a/x"]);
        let files = |pattern: &str| files(base.path(), pattern).unwrap();
        assert_eq!(files("{a,b}/*.json"), [""; 0]);
        assert_eq!(files("{a,b}.json"), ["{a,b}.json"]);
        assert_eq!(files("?/f.json"), ["a/f.json", "b/f.json"]);
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
            assert_eq!(
                folders(base.path(), pattern),
                Ok(expected.iter().map(|&path| path.to_owned()).collect()),
                "{pattern}"
            );
        }
        let absolute = base.path().join("a/*").display().to_string();
        assert_eq!(folders(Path::new("/"), &absolute).unwrap().len(), 2);
    }

    #[test]
    fn no_pattern_takes_the_machine() {
        let base = tempfile::tempdir().unwrap();
        fs::create_dir_all(base.path().join("x")).unwrap();
        let found = |pattern: &str| folders(base.path(), pattern);
        assert_eq!(found(&"{x,x}".repeat(25)), Err(TooMuch::Alternatives));
        assert_eq!(found(&"{".repeat(5_000)), Err(TooMuch::Length));
        assert_eq!(found(&"{".repeat(4_000)), Ok(vec![]));
        assert_eq!(found(&"{a}".repeat(1_000)), Ok(vec![]));
        assert_eq!(found(&format!("[{}]", "a".repeat(4_000))), Ok(vec![]));
        assert_eq!(
            found(&format!("{{{}x}}", "x,".repeat(999))).map(|all| all.len()),
            Ok(1_000)
        );
    }

    #[cfg(unix)]
    #[test]
    fn links_that_lead_upwards_end() {
        let base = tempfile::tempdir().unwrap();
        for name in 0..20 {
            let folder = base.path().join(format!("x/{name}"));
            fs::create_dir_all(&folder).unwrap();
            std::os::unix::fs::symlink("..", folder.join("up")).unwrap();
        }
        assert_eq!(folders(base.path(), "x/*/*").map(|all| all.len()), Ok(20));
        let deep = format!("x{}", "/*".repeat(30));
        assert_eq!(folders(base.path(), &deep), Err(TooMuch::LookedAt));
    }
}
