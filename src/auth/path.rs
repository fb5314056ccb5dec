//! Claim paths as settings write them, `app_metadata.tenant_id`, pure.
//!
//! Elements stand between dots. Identity providers name their own claims by URLs, which hold dots:
//! such an element stands in double quotes, a quote inside it doubled.

use std::fmt::Write;

/// The elements of a path; none when the text is no path. Nothing but an empty text has no
/// elements.
pub fn parse(text: &str) -> Option<Vec<String>> {
    let mut elements = Vec::new();
    if text.is_empty() {
        return Some(elements);
    }
    let mut rest = text;
    loop {
        let (element, after) = match rest.strip_prefix('"') {
            Some(quoted) => unquote(quoted)?,
            None => {
                let (plain, after) = rest.split_at(rest.find('.').unwrap_or(rest.len()));
                // White space beside a dot is more likely a slip than part of a name.
                if plain.is_empty() || plain.contains(|c: char| c == '"' || c.is_whitespace()) {
                    return None;
                }
                (plain.to_owned(), after)
            }
        };
        elements.push(element);
        if after.is_empty() {
            return Some(elements);
        }
        rest = after.strip_prefix('.')?;
    }
}

/// The element behind an opening quote, and what follows its closing quote.
fn unquote(mut rest: &str) -> Option<(String, &str)> {
    let mut element = String::new();
    loop {
        let (part, after) = rest.split_once('"')?;
        element.push_str(part);
        match after.strip_prefix('"') {
            Some(more) => {
                element.push('"');
                rest = more;
            }
            None => return Some((element, after)),
        }
    }
}

/// A path as a setting would write it, for messages.
pub fn write(path: &[impl AsRef<str>]) -> String {
    let mut text = String::new();
    for (index, element) in path.iter().map(AsRef::as_ref).enumerate() {
        let separator = if index == 0 { "" } else { "." };
        let plain = !element.is_empty()
            && !element.contains(|c: char| c == '.' || c == '"' || c.is_whitespace());
        // Writing into a string cannot fail.
        let _ = if plain {
            write!(text, "{separator}{element}")
        } else {
            write!(text, "{separator}\"{}\"", element.replace('"', "\"\""))
        };
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_stand_between_dots_or_in_quotes() {
        for (text, elements) in [
            ("", &[][..]),
            ("role", &["role"]),
            ("app_metadata.tenant_id", &["app_metadata", "tenant_id"]),
            ("a.0.-1", &["a", "0", "-1"]),
            (r#""https://example.com/tenant""#, &["https://example.com/tenant"]),
            (r#"a."b.c".d"#, &["a", "b.c", "d"]),
            (r#""say ""hi""""#, &["say \"hi\""]),
            (r#""".a"#, &["", "a"]),
            (r#"" a ""#, &[" a "]),
            ("ключ", &["ключ"]),
        ] {
            let parsed = parse(text).unwrap();
            assert_eq!(parsed, elements, "{text}");
            assert_eq!(write(&parsed), text);
        }
    }

    #[test]
    fn refuses_what_is_no_path() {
        for text in [
            ".", "a.", ".a", "a..b", "a b", " a", "a ", "a. b", "\"a", "\"a\"b", "a\"b\"",
            "\"a\".", "\"",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
