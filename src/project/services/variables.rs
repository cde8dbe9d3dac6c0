//! Variables of a `.env` file, looked up one by one: such files hold secrets, too.

/// The texts of `.env` files; a later one has the last word.
pub(super) struct Variables(Vec<String>);

impl Variables {
    /// Takes the texts in the order in which they are read.
    pub(super) fn new(texts: Vec<String>) -> Self {
        Self(texts)
    }

    /// The value of a variable, without quotes and the comment behind it; none when it is not set or empty.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        let lines = self.0.iter().rev().flat_map(|text| text.lines().rev());
        let value = lines
            .filter_map(|line| line.trim().trim_start_matches("export ").split_once('='))
            .find(|(key, _)| key.trim() == name)?
            .1
            .trim();
        let value = match value.chars().next() {
            Some(quote @ ('"' | '\'')) => value[1..].split(quote).next(),
            _ => value.split(" #").next().map(str::trim),
        };
        value.filter(|value| !value.is_empty()).map(str::to_string)
    }

    /// A text with its variables put in, as Compose does: `$NAME`, `${NAME}`, `${NAME:-default}`. One that is not set and
    /// has no default is left out.
    pub(super) fn expand(&self, text: &str) -> String {
        let mut expanded = String::new();
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once('$') {
            expanded.push_str(before);
            let (expression, behind) = match behind.strip_prefix('{') {
                Some(braced) => braced.split_once('}').unwrap_or((braced, "")),
                None => {
                    let end = behind
                        .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                        .unwrap_or(behind.len());
                    behind.split_at(end)
                }
            };
            let (name, default) = expression
                .split_once(":-")
                .or_else(|| expression.split_once('-'))
                .unwrap_or((expression, ""));
            expanded.push_str(&self.get(name).unwrap_or_else(|| default.to_string()));
            rest = behind;
        }
        expanded + rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_put_in() {
        let variables = Variables::new(vec![
            "A=1\nB='2 # x'\n".into(),
            "export A = \"3\" \nC=4 # y\nE=\n".into(),
        ]);
        assert_eq!(
            variables.expand("$A-${B}-${C:-5}-${D:-6}-${D-7}-${E:-8}${D}$"),
            "3-2 # x-4-6-7-8"
        );
        assert_eq!(variables.expand("${unclosed"), "");
    }
}
