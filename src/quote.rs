//! Names and literals as SQL text.

use pgrx::spi::{quote_identifier, quote_literal, quote_qualified_identifier};

/// A name as the server itself would print it: quoted only where it must be.
pub fn ident(name: &str) -> String {
    quote_identifier(name)
}

/// `schema.name`, each part quoted only where it must be.
pub fn qualified(schema: &str, name: &str) -> String {
    quote_qualified_identifier(schema, name)
}

/// A string literal, safe whatever `standard_conforming_strings` says.
pub fn literal(value: &str) -> String {
    quote_literal(value)
}

/// A name always in double quotes: independent of key-word lists and `quote_all_identifiers`, so
/// that identities built from it are the same on every server and version.
pub fn exact(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// An array of texts as a literal, elements quoted only where they must be.
pub fn array(values: &[String]) -> String {
    let plain = |value: &str| {
        !value.is_empty()
            && !value.eq_ignore_ascii_case("null")
            && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
    };
    let elements: Vec<String> = values
        .iter()
        .map(|value| {
            if plain(value) {
                value.clone()
            } else {
                format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
            }
        })
        .collect();
    literal(&format!("{{{}}}", elements.join(",")))
}

/// A string in dollar quotes, with a tag that does not occur in it.
pub fn dollar(value: &str) -> String {
    let mut tag = String::from("$$");
    while format!("{value}{tag}").find(&tag) != Some(value.len()) {
        tag.insert(tag.len() - 1, 'q');
    }
    format!("{tag}{value}{tag}")
}

#[cfg(test)]
mod tests {
    use super::{dollar, exact};

    #[test]
    fn dollar_never_closes_early() {
        assert_eq!(dollar("SELECT 1"), "$$SELECT 1$$");
        for body in ["$", "a$$b", "$q$", "x$q", "$qq$ $q"] {
            let quoted = dollar(body);
            let tag = &quoted[..=quoted[1..].find('$').unwrap() + 1];
            assert_eq!(quoted.strip_prefix(tag).unwrap().find(tag), Some(body.len()), "{quoted}");
        }
    }

    #[test]
    fn exact_doubles_quotes() {
        assert_eq!(exact("a\"b"), "\"a\"\"b\"");
        assert_eq!(exact(""), "\"\"");
    }
}
