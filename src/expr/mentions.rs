//! Calls named in the text of a body that cannot be read, such as PL/pgSQL. Pure.
//!
//! Only the words are looked at, as the server's scanner would split them: comments, strings and
//! quoted names are told apart, so that neither hides a call nor makes one.

/// A word that may be a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// The schema it is qualified by.
    pub schema: Option<String>,
    /// Its name.
    pub name: String,
    /// The first argument, where it is a string on its own.
    pub literal: Option<String>,
}

/// What a text mentions.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Mentions {
    /// Names that a parenthesis follows.
    pub calls: Vec<Mention>,
    /// CURRENT_USER or one of its other names.
    pub user: bool,
    /// CURRENT_SCHEMA.
    pub schema: bool,
    /// EXECUTE: it runs a text that is made as it goes.
    pub dynamic: bool,
}

/// Words of the language.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    /// A name, and whether it was quoted.
    Name(String, bool),
    /// A string.
    Text(String),
    /// Anything else.
    Sign(char),
}

/// What a text mentions.
pub fn mentions(text: &str) -> Mentions {
    let tokens = tokens(text);
    let mut found = Mentions::default();
    for (at, token) in tokens.iter().enumerate() {
        let Token::Name(name, quoted) = token else { continue };
        let before = |back: usize| at.checked_sub(back).and_then(|at| tokens.get(at));
        let dotted = before(1) == Some(&Token::Sign('.'));
        if tokens.get(at + 1) == Some(&Token::Sign('(')) {
            let schema = match before(2) {
                Some(Token::Name(schema, _)) if dotted => Some(schema.clone()),
                _ => None,
            };
            let literal = match (tokens.get(at + 2), tokens.get(at + 3)) {
                (Some(Token::Text(text)), Some(Token::Sign(',' | ')'))) => Some(text.clone()),
                _ => None,
            };
            found.calls.push(Mention { schema, name: name.clone(), literal });
        } else if !quoted && !dotted {
            match name.as_str() {
                "current_user" | "session_user" | "user" | "current_role" => found.user = true,
                "current_schema" => found.schema = true,
                _ => {}
            }
        }
        if !quoted && !dotted && name == "execute" {
            found.dynamic = true;
        }
    }
    found
}

fn tokens(text: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if first.is_whitespace() {
            rest = &rest[first.len_utf8()..];
        } else if rest.starts_with("--") {
            rest = rest.find(['\n', '\r']).map_or("", |end| &rest[end..]);
        } else if rest.starts_with("/*") {
            rest = after_comment(rest);
        } else if first == '\'' {
            let (text, after) = quoted(&rest[1..], '\'', false);
            found.push(Token::Text(text));
            rest = after;
        } else if first == '"' {
            let (name, after) = quoted(&rest[1..], '"', false);
            found.push(Token::Name(name, true));
            rest = after;
        } else if rest.starts_with("E'") || rest.starts_with("e'") {
            let (text, after) = quoted(&rest[2..], '\'', true);
            found.push(Token::Text(text));
            rest = after;
        } else if first == '$'
            && let Some((text, after)) = dollar_quoted(rest)
        {
            found.push(Token::Text(text.to_owned()));
            rest = after;
        } else if is_name_start(first) {
            let end = rest.find(|letter| !is_name_part(letter)).unwrap_or(rest.len());
            // As the server folds: ASCII letters only.
            found.push(Token::Name(rest[..end].to_ascii_lowercase(), false));
            rest = &rest[end..];
        } else if first.is_ascii_digit() {
            let end = rest.find(|letter| !is_name_part(letter)).unwrap_or(rest.len());
            found.push(Token::Sign('0'));
            rest = &rest[end..];
        } else {
            found.push(Token::Sign(first));
            rest = &rest[first.len_utf8()..];
        }
    }
    found
}

fn is_name_start(letter: char) -> bool {
    letter == '_' || letter.is_ascii_alphabetic() || !letter.is_ascii()
}

fn is_name_part(letter: char) -> bool {
    is_name_start(letter) || letter.is_ascii_digit() || letter == '$'
}

/// What follows a comment, which may hold others.
fn after_comment(text: &str) -> &str {
    let mut depth = 0_usize;
    let mut rest = text;
    loop {
        if let Some(after) = rest.strip_prefix("/*") {
            depth += 1;
            rest = after;
        } else if let Some(after) = rest.strip_prefix("*/") {
            depth -= 1;
            rest = after;
            if depth == 0 {
                return rest;
            }
        } else {
            match rest.chars().next() {
                Some(letter) => rest = &rest[letter.len_utf8()..],
                None => return rest,
            }
        }
    }
}

/// The text up to the closing quote, and what follows it; a doubled quote is one of the text.
fn quoted(text: &str, quote: char, escapes: bool) -> (String, &str) {
    let mut found = String::new();
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        if escapes && letter == '\\' {
            if let Some((_, escaped)) = letters.next() {
                found.push(escaped);
            }
        } else if letter == quote {
            let after = &text[at + letter.len_utf8()..];
            if !after.starts_with(quote) {
                return (found, after);
            }
            found.push(quote);
            letters.next();
        } else {
            found.push(letter);
        }
    }
    (found, "")
}

/// The text between two equal tags, and what follows them.
fn dollar_quoted(text: &str) -> Option<(&str, &str)> {
    let inside = &text[1..];
    let end = inside.find('$')?;
    let tag = &inside[..end];
    let is_tag = tag
        .chars()
        .enumerate()
        .all(|(at, letter)| is_name_start(letter) || (at > 0 && letter.is_ascii_digit()));
    if !is_tag {
        return None;
    }
    let tag = &text[..end + 2];
    let body = &text[tag.len()..];
    // An open string takes the rest.
    let close = body.find(tag).unwrap_or(body.len());
    Some((&body[..close], body.get(close + tag.len()..).unwrap_or("")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(schema: Option<&str>, name: &str, literal: Option<&str>) -> Mention {
        Mention {
            schema: schema.map(str::to_owned),
            name: name.to_owned(),
            literal: literal.map(str::to_owned),
        }
    }

    #[test]
    fn calls_are_told_from_comments_and_strings() {
        let text = "begin -- auth.uid()
            /* auth.uid() /* nested */ auth.uid() */
            perform log('auth.uid()', E'it\\'s me()', $q$ me() $q$);
            return Auth . Uid() = \"My\".\"Who\"\"m\"('x');
          end";
        let found = mentions(text);
        assert_eq!(
            found.calls,
            [
                call(None, "log", Some("auth.uid()")),
                call(Some("auth"), "uid", None),
                call(Some("My"), "Who\"m", Some("x")),
            ]
        );
        assert!(!found.user && !found.dynamic);
    }

    #[test]
    fn sources_without_parentheses_and_dynamic_statements_are_seen() {
        assert!(mentions("return owner = CURRENT_USER").user);
        assert!(!mentions("return new.user = \"current_user\"").user);
        assert!(mentions("execute format('select %I()', f)").dynamic);
        assert!(mentions("select current_schema").schema);
    }

    #[test]
    fn broken_texts_end() {
        for text in ["'", "\"", "$a$ x", "/* /*", "E'\\", "$1 = $2", "-- x", "a.", "1e5("] {
            mentions(text);
        }
        assert_eq!(mentions("$1.f()").calls, [call(None, "f", None)]);
    }
}
