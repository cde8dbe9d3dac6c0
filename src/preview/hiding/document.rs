//! Hiding secrets in a JSON document: each text in it by itself.

use super::mask::Masker;
use serde_json::Value;
use std::borrow::Cow;

impl Masker {
    /// Hides secrets in every text of a document, each by itself: in the text of a whole document a pattern would not know
    /// where one ends. A member's name says what its text is, as that of a header does.
    pub(crate) fn mask_json(&self, document: &mut Value) {
        match document {
            Value::String(text) => {
                if let Cow::Owned(masked) = self.mask(text) {
                    *text = masked;
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.mask_json(item)),
            Value::Object(members) => {
                for (name, member) in members.iter_mut() {
                    match member {
                        Value::String(text) => self.mask_member(name, text),
                        member => self.mask_json(member),
                    }
                }
                if members.keys().any(|name| self.mask(name) != *name) {
                    *members = std::mem::take(members)
                        .into_iter()
                        .map(|(name, member)| (self.mask(&name).into_owned(), member))
                        .collect();
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn mask_member(&self, name: &str, text: &mut String) {
        let pair = format!("{name}: {text}");
        let Cow::Owned(masked) = self.mask(&pair) else {
            return;
        };
        *text = match masked
            .strip_prefix(name)
            .and_then(|rest| rest.strip_prefix(": "))
        {
            Some(masked) => masked.to_owned(),
            // The name holds a secret itself.
            None => self.mask(text).into_owned(),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::super::mask::Secrets;
    use super::*;
    use serde_json::json;

    #[test]
    fn each_text_of_a_document_is_masked_by_itself() {
        let mut secrets = Secrets::default();
        secrets.add("ends-in-a-quote\"");
        let masker = Masker::new(&secrets);
        let mut document = json!({
            "run": ["curl -H \"Authorization: Bearer heron-value\" x", "Cookie: a=ibis; b=stork", "kept"],
            "authorization": "Bearer plover-value",
            "ends-in-a-quote\"": {"next": "ends-in-a-quote\" and more"},
        });
        masker.mask_json(&mut document);
        let expected = json!({
            "run": ["curl -H \"Authorization: Bearer ***\" x", "Cookie: ***", "kept"],
            "authorization": "Bearer ***",
            "***": {"next": "*** and more"},
        });
        assert_eq!(document, expected);
        assert_eq!(
            masker.mask(r#"{"a": "ends-in-a-quote\"", "b": 1}"#),
            r#"{"a": "***", "b": 1}"#
        );
    }
}
