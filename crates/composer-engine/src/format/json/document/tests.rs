use super::*;
use crate::format::json::php_json;
use proptest::prelude::*;
use serde_json::json;

fn document(text: &str) -> JsonDocument {
    JsonDocument::parse(text.to_owned()).unwrap()
}

/// The text after one edit.
fn after<T>(text: &str, edit: impl FnOnce(&mut JsonDocument) -> Result<T, EditError>) -> String {
    let mut document = document(text);
    edit(&mut document).unwrap();
    document.text
}

const ROOT: &str = "{\n    \"name\": \"a/b\",\n    \"require\": {\n        \"x/x\" :  \"1\",\n        \"y/y\": \"2\"\n    }\n}\n";

#[test]
fn set_replaces_the_value_only() {
    let text = after(ROOT, |d| d.set(["require", "x/x"], &json!("^2")));
    assert_eq!(text, ROOT.replace("\"1\"", "\"^2\""));
}

#[test]
fn set_appends_what_is_new() {
    let text = after(ROOT, |d| d.set(["require", "z/z"], &json!("3")));
    assert_eq!(
        text,
        ROOT.replace("\"2\"\n", "\"2\",\n        \"z/z\": \"3\"\n")
    );
    let text = after(ROOT, |d| {
        d.set(["config", "platform", "php"], &json!("8.3"))
    });
    let config = ",\n    \"config\": {\n        \"platform\": {\n            \"php\": \"8.3\"\n        }\n    }\n}\n";
    assert_eq!(
        text,
        ROOT.replace("\n    }\n}\n", &format!("\n    }}{config}"))
    );
}

#[test]
fn insert_goes_where_it_is_told() {
    let text = |position| after(ROOT, |d| d.insert("require", position, "n/n", &json!("0")));
    let first = ROOT.replace("\"x/x\"", "\"n/n\": \"0\",\n        \"x/x\"");
    let between = ROOT.replace("\"1\",", "\"1\",\n        \"n/n\": \"0\",");
    let last = ROOT.replace("\"2\"", "\"2\",\n        \"n/n\": \"0\"");
    assert_eq!(text(Position::Start), first);
    assert_eq!(text(Position::Before("x/x")), first);
    assert_eq!(text(Position::After("x/x")), between);
    assert_eq!(text(Position::Before("y/y")), between);
    assert_eq!(text(Position::After("y/y")), last);
    assert_eq!(text(Position::End), last);
}

#[test]
fn remove_takes_the_comma_and_the_line() {
    let first = after(ROOT, |d| d.remove(["require", "x/x"]));
    assert_eq!(first, ROOT.replace("\"x/x\" :  \"1\",\n        ", ""));
    let last = after(ROOT, |d| d.remove(["require", "y/y"]));
    assert_eq!(last, ROOT.replace(",\n        \"y/y\": \"2\"", ""));
    assert_eq!(
        after(&last, |d| d.remove(["require", "x/x"])),
        "{\n    \"name\": \"a/b\",\n    \"require\": {\n    }\n}\n"
    );
    assert_eq!(
        after(ROOT, |d| d.remove("require")),
        "{\n    \"name\": \"a/b\"\n}\n"
    );
    assert_eq!(document(ROOT).remove(["require", "no/no"]), Ok(false));
    assert_eq!(document(ROOT).remove(["no", "no"]), Ok(false));
}

#[test]
fn rename_keeps_place_and_value() {
    let text = after(ROOT, |d| d.rename_key("require", "x/x", "n/n"));
    assert_eq!(text, ROOT.replace("x/x", "n/n"));
    let taken = document(ROOT).rename_key("require", "x/x", "y/y");
    assert_eq!(taken, Err(EditError::Exists("require.y/y".to_owned())));
}

#[test]
fn one_line_stays_one_line() {
    let text = r#"{"a": {"b": [1], "c": {}}}"#;
    assert_eq!(
        after(text, |d| d.set(["a", "c", "d"], &json!([{"e": 1}]))),
        r#"{"a": {"b": [1], "c": {"d": [{"e": 1}]}}}"#
    );
    assert_eq!(
        after(text, |d| d.insert("a", Position::Start, "z", &json!(0))),
        r#"{"a": {"z": 0, "b": [1], "c": {}}}"#
    );
    assert_eq!(after(text, |d| d.remove(["a", "b"])), r#"{"a": {"c": {}}}"#);
    assert_eq!(after(text, |d| d.remove("a")), "{}");
}

#[test]
fn new_text_is_written_as_the_file_is() {
    let text = "{\r\n\t\"require\": {\r\n\t\t\"a\\/a\": \"1\"\r\n\t}\r\n}";
    assert_eq!(
        after(text, |d| d.set(["extra", "dir/x"], &json!("c/d"))),
        "{\r\n\t\"require\": {\r\n\t\t\"a\\/a\": \"1\"\r\n\t},\r\n\t\"extra\": {\r\n\t\t\"dir\\/x\": \"c\\/d\"\r\n\t}\r\n}"
    );
}

#[test]
fn what_is_empty_is_spread_or_made() {
    for empty in ["{}", "[]", "null", "{\n  }"] {
        let text = format!("{{\n  \"require\": {empty}\n}}");
        assert_eq!(
            after(&text, |d| d.set(["require", "a/a"], &json!("1"))),
            "{\n  \"require\": {\n    \"a/a\": \"1\"\n  }\n}"
        );
    }
    assert_eq!(after("{}", |d| d.set("a", &json!(1))), "{\n    \"a\": 1\n}");
    assert_eq!(
        after("{}", |d| d.insert("a", Position::Start, "b", &json!(1))),
        "{\n    \"a\": {\n        \"b\": 1\n    }\n}"
    );
}

#[test]
fn lists_grow_and_shrink() {
    let text = "{\n  \"l\": [\n    {\"u\": 1},\n    {\"u\": 2}\n  ],\n  \"k\": [\"a\"]\n}";
    let inserted = after(text, |d| d.list_insert("l", 1, &json!({"u": 3})));
    assert_eq!(
        inserted,
        text.replace("{\"u\": 2}", "{\"u\": 3},\n    {\"u\": 2}")
    );
    assert_eq!(after(&inserted, |d| d.list_remove("l", 1)), text);
    let appended = after(text, |d| d.list_insert("k", 9, &json!("b")));
    assert_eq!(appended, text.replace("[\"a\"]", "[\"a\", \"b\"]"));
    assert_eq!(
        after(text, |d| d.list_remove("k", 0)),
        text.replace("[\"a\"]", "[]")
    );
    let item = [Step::Key("l"), Step::Index(0), Step::Key("u")];
    assert_eq!(
        after(text, |d| d.set(item, &json!(9))),
        text.replace("{\"u\": 1}", "{\"u\": 9}")
    );
    assert_eq!(
        after("{}", |d| d.list_insert("l", 0, &json!({"u": "x"}))),
        "{\n    \"l\": [\n        {\n            \"u\": \"x\"\n        }\n    ]\n}"
    );
}

#[test]
fn of_repeated_keys_the_last_one_counts() {
    let text = "{\n  \"a\": 1,\n  \"b\": 2,\n  \"a\": 3\n}";
    assert_eq!(document(text).value(), &json!({"a": 3, "b": 2}));
    assert_eq!(
        after(text, |d| d.set("a", &json!(4))),
        text.replace('3', "4")
    );
    assert_eq!(after(text, |d| d.remove("a")), "{\n  \"b\": 2\n}");
    assert_eq!(
        after(text, |d| d.rename_key(Path::root(), "a", "c")),
        text.replace("\"a\"", "\"c\"")
    );
    assert_eq!(document(text).line_of("a"), Some(4));
}

#[test]
fn impossible_edits_are_refused() {
    let mut document = document(ROOT);
    let not_object = document.set(["name", "x"], &json!(1));
    assert_eq!(not_object, Err(EditError::NotAnObject("name".to_owned())));
    let exists = document.insert("require", Position::End, "x/x", &json!(1));
    assert_eq!(exists, Err(EditError::Exists("require.x/x".to_owned())));
    let missing = document.insert("require", Position::After("no"), "n", &json!(1));
    assert_eq!(missing, Err(EditError::Missing("require.no".to_owned())));
    assert_eq!(
        document.list_insert("require", 0, &json!(1)),
        Err(EditError::NotAList("require".to_owned()))
    );
    assert!(matches!(
        document.remove(Path::root()),
        Err(EditError::Missing(_))
    ));
    let deep = (0..600).fold(json!(1), |value, _| json!([value]));
    assert!(matches!(
        document.set("deep", &deep),
        Err(EditError::Invalid(_))
    ));
    assert_eq!(document.text(), ROOT);
}

#[test]
fn lines_are_known() {
    let document = document(ROOT);
    assert_eq!(document.line_of(Path::root()), Some(1));
    assert_eq!(document.line_of(["require", "y/y"]), Some(5));
    assert_eq!(document.line_of(["require", "no"]), None);
}

/// Small documents whose keys collide often.
fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        "[a/é\"]{0,3}".prop_map(Value::from)
    ];
    leaf.prop_recursive(3, 20, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec(("[a-d]", inner), 0..4)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

fn any_document() -> impl Strategy<Value = String> {
    let indent = prop_oneof![Just("  "), Just("    "), Just("\t"), Just("")];
    let object = prop::collection::vec(("[a-d]", any_value()), 0..4)
        .prop_map(|entries| entries.into_iter().collect());
    (object, indent, any::<(bool, bool)>()).prop_map(|(object, indent, (one_line, crlf))| {
        let value = Value::Object(object);
        let text = match one_line {
            true => php_json::encode_compact(&value),
            false => php_json::encode_pretty(&value, indent) + "\n",
        };
        if crlf {
            text.replace('\n', "\r\n")
        } else {
            text
        }
    })
}

/// `set` on a plain value.
fn set_in(value: &mut Value, path: &[String], new: &Value) {
    match path {
        [] => *value = new.clone(),
        [key, rest @ ..] => {
            if !value.is_object() {
                *value = json!({});
            }
            set_in(&mut value[key.as_str()], rest, new);
        }
    }
}

proptest! {
    #[test]
    fn set_means_what_it_says(text in any_document(), path in prop::collection::vec("[a-e]", 1..4), new in any_value()) {
        let mut document = document(&text);
        let mut expected = document.value().clone();
        let steps: Vec<Step> = path.iter().map(Step::from).collect();
        match document.set(steps.as_slice(), &new) {
            Ok(()) => {
                set_in(&mut expected, &path, &new);
                prop_assert_eq!(document.value(), &expected);
                prop_assert_eq!(document.get(steps.as_slice()), Some(&new));
                prop_assert!(!text.contains("\r\n") || !document.text().replace("\r\n", "").contains('\n'));
            }
            Err(error) => prop_assert!(matches!(error, EditError::NotAnObject(_))),
        }
    }

    /// The text differs in one stretch; before and after it, it is the same. For a value that is replaced, that stretch
    /// is the value.
    #[test]
    fn set_touches_nothing_else(text in any_document(), path in prop::collection::vec("[a-d]", 1..3), new in any_value()) {
        let mut document = document(&text);
        let steps: Vec<Step> = path.iter().map(Step::from).collect();
        let path = Path::from(steps.as_slice());
        let (found, rest) = document.descend(&path);
        let span = found.node.span.clone();
        let replaced = rest.is_empty();
        if document.set(steps.as_slice(), &new).is_ok() {
            prop_assert!(document.text().starts_with(&text[..span.start]));
            prop_assert!(document.text().ends_with(&text[span.end..]));
            if replaced {
                let new_span = document.descend(&path).0.node.span.clone();
                prop_assert_eq!(new_span.start, span.start);
                prop_assert_eq!(&document.text()[new_span.end..], &text[span.end..]);
            }
        }
    }

    #[test]
    fn remove_and_rename_mean_what_they_say(text in any_document(), parent in "[a-d]", key in "[a-d]", new in "[a-d]") {
        let mut renamed = document(&text);
        let mut removed = renamed.clone();
        let before = renamed.get([&parent]).cloned();
        let object = before.as_ref().and_then(Value::as_object);
        let exists = object.is_some_and(|object| object.contains_key(&key));
        prop_assert_eq!(removed.remove([&parent, &key]), Ok(exists));
        if let Some(object) = object {
            let rest: Vec<_> = object.iter().filter(|(name, _)| **name != key).collect();
            let left = removed.get([&parent]).and_then(Value::as_object).unwrap();
            prop_assert_eq!(left.iter().collect::<Vec<_>>(), rest);
            if renamed.rename_key(parent.as_str(), &key, &new).is_ok() {
                let names: Vec<_> = object.keys().map(|name| if *name == key { &new } else { name }).collect();
                let now = renamed.get([&parent]).and_then(Value::as_object).unwrap();
                prop_assert_eq!(now.keys().collect::<Vec<_>>(), names);
                prop_assert_eq!(now.values().collect::<Vec<_>>(), object.values().collect::<Vec<_>>());
            }
        } else {
            prop_assert_eq!(removed.text(), &text);
        }
    }

    #[test]
    fn lists_and_plain_lists_agree(text in any_document(), key in "[a-d]", index in 0usize..5, new in any_value()) {
        let original = document(&text);
        let Some(items) = original.get([&key]).and_then(Value::as_array).cloned() else { return Ok(()) };
        let mut edited = original.clone();
        edited.list_insert(key.as_str(), index, &new).unwrap();
        let mut expected = items.clone();
        let at = index.min(items.len());
        expected.insert(at, new);
        prop_assert_eq!(edited.get([&key]), Some(&Value::Array(expected)));
        prop_assert_eq!(edited.list_remove(key.as_str(), at), Ok(true));
        prop_assert_eq!(edited.get([&key]), Some(&Value::Array(items)));
    }

    #[test]
    fn no_text_makes_it_panic(text in "[\\[\\]{},:\"\\\\ab0 \n\r]*") {
        if let Ok(mut document) = JsonDocument::parse(text) {
            let _ = document.set(["a", "b"], &json!({"c": [1]}));
            let _ = document.list_insert("b", 1, &json!([]));
            let _ = document.remove([Step::Key("a"), Step::Index(0)]);
            let _ = document.rename_key(Path::root(), "a", "b");
            let _ = document.line_of(["a", "b"]);
        }
    }
}
