//! Lists of names in settings, written as SQL writes names. Pure.

/// The members of a comma list, trimmed; commas inside double quotes and parentheses do not count.
/// Nothing where a member is empty or a quote or parenthesis stays open.
pub fn members(list: &str) -> Option<Vec<&str>> {
    let (mut quoted, mut depth, mut start) = (false, 0_usize, 0);
    let mut found = Vec::new();
    if list.trim().is_empty() {
        return Some(found);
    }
    for (at, letter) in list.char_indices() {
        match letter {
            '"' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth = depth.checked_sub(1)?,
            ',' if !quoted && depth == 0 => {
                found.push(list[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    found.push(list[start..].trim());
    (!quoted && depth == 0 && found.iter().all(|member| !member.is_empty())).then_some(found)
}

/// The parts of a dotted name: quoted ones as they stand, others in lower case. Nothing where it is
/// no name.
pub fn parts(name: &str) -> Option<Vec<String>> {
    let mut found = Vec::new();
    let mut rest = name.trim();
    loop {
        let part;
        (part, rest) = first(rest)?;
        found.push(part);
        rest = rest.trim_start();
        match rest.strip_prefix('.') {
            Some(after) => rest = after.trim_start(),
            None => return rest.is_empty().then_some(found),
        }
    }
}

/// The first identifier and what follows it.
fn first(text: &str) -> Option<(String, &str)> {
    let Some(mut rest) = text.strip_prefix('"') else {
        let end = text
            .find(|letter: char| !(letter.is_alphanumeric() || letter == '_' || letter == '$'))
            .unwrap_or(text.len());
        let begins = text.chars().next()?;
        let (name, rest) = text.split_at(end);
        // As the server folds: ASCII letters only.
        return (begins == '_' || begins.is_alphabetic())
            .then(|| (name.to_ascii_lowercase(), rest));
    };
    let mut name = String::new();
    loop {
        let end = rest.find('"')?;
        name.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        match rest.strip_prefix('"') {
            Some(after) => {
                name.push('"');
                rest = after;
            }
            None => return (!name.is_empty()).then_some((name, rest)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{members, parts};

    #[test]
    fn members_keep_quoted_commas() {
        assert_eq!(members(""), Some(vec![]));
        assert_eq!(members(" anon, authenticated"), Some(vec!["anon", "authenticated"]));
        assert_eq!(members("\"a,b\",c"), Some(vec!["\"a,b\"", "c"]));
        assert_eq!(members("app.f(int, text),g"), Some(vec!["app.f(int, text)", "g"]));
    }

    #[test]
    fn broken_lists_are_refused() {
        for list in ["a,", ",a", "a,,b", "\"a", "f(", "f)"] {
            assert_eq!(members(list), None, "{list}");
        }
    }

    #[test]
    fn parts_fold_as_sql_does() {
        let is = |name, wanted: &[&str]| {
            assert_eq!(parts(name), Some(wanted.iter().map(|part| (*part).to_owned()).collect()));
        };
        is("Anon", &["anon"]);
        is("\"Anon\"", &["Anon"]);
        is("app . Me", &["app", "me"]);
        is("\"a\"\"b\".c", &["a\"b", "c"]);
        is("straße_1$", &["straße_1$"]);
        for name in ["", "a b", "a.", ".a", "1a", "\"\"", "\"a", "a-b"] {
            assert_eq!(parts(name), None, "{name}");
        }
    }
}
