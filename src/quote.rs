//! Names and literals as SQL text.

use std::ffi::CStr;

use pgrx::pg_sys::{self, Oid};
use pgrx::spi::{quote_identifier, quote_literal};

/// A name as the server itself would print it: quoted only where it must be.
pub fn ident(name: &str) -> String {
    quote_identifier(name)
}

/// `schema.name`, each part quoted only where it must be. The server's own function takes a kilobyte for
/// each, until the statement ends.
pub fn qualified(schema: &str, name: &str) -> String {
    format!("{}.{}", ident(schema), ident(name))
}

/// A string literal, safe whatever `standard_conforming_strings` says.
pub fn literal(value: &str) -> String {
    quote_literal(value)
}

/// A type as people write it.
pub fn type_name(oid: Oid) -> String {
    // SAFETY: the server returns a fresh C string for any id.
    unsafe { CStr::from_ptr(pg_sys::format_type_be(oid)) }.to_string_lossy().into_owned()
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

/// An expression as the server prints it under `standard_conforming_strings`, its strings written so that
/// it is the same without that setting.
pub fn plain_strings(printed: &str) -> String {
    let mut plain = String::with_capacity(printed.len());
    let mut rest = printed;
    while let Some(start) = rest.find(['\'', '"']) {
        let (before, from) = rest.split_at(start);
        let quote = &from[..1];
        let mut end = 1;
        while let Some(at) = from[end..].find(quote) {
            end += at + 1;
            // A quote inside is doubled.
            if !from[end..].starts_with(quote) {
                break;
            }
            end += 1;
        }
        let (quoted, after) = from.split_at(end);
        plain.push_str(before);
        if quote == "'" && quoted.contains('\\') {
            plain.push('E');
            plain.push_str(&quoted.replace('\\', "\\\\"));
        } else {
            plain.push_str(quoted);
        }
        rest = after;
    }
    plain + rest
}

/// A name in double quotes unless it is plain: lower-case letters, digits and underscores. For people
/// to read; key words are left as they are.
pub fn exact_where_needed(name: &str) -> String {
    let plain = name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'))
        && name.starts_with(|first: char| !first.is_ascii_digit());
    if plain { name.to_owned() } else { exact(name) }
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
    use super::{dollar, exact, exact_where_needed, plain_strings};

    #[test]
    fn strings_with_backslashes_are_escaped_and_nothing_else() {
        for (printed, plain) in [
            (r"(a ~ '\d''\w'::text)", r"(a ~ E'\\d''\\w'::text)"),
            (r#"("a\'b" = 'c''"d')"#, r#"("a\'b" = 'c''"d')"#),
            (r#"("""\" = '\')"#, r#"("""\" = E'\\')"#),
            (r"('' = 'é\'::text)", r"('' = E'é\\'::text)"),
            ("true", "true"),
        ] {
            assert_eq!(plain_strings(printed), plain);
        }
    }

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
    fn quotes_only_where_needed() {
        assert_eq!(exact_where_needed("a_1"), "a_1");
        for name in ["", "1a", "A", "a b", "é", "f(int)", "a\"b"] {
            assert_eq!(exact_where_needed(name), exact(name));
        }
    }

    #[test]
    fn exact_doubles_quotes() {
        assert_eq!(exact("a\"b"), "\"a\"\"b\"");
        assert_eq!(exact(""), "\"\"");
    }
}
