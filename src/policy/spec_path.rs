//! Where in a document something stands, written as the server's jsonpath. Pure.

use std::fmt;

/// A place in a document.
#[derive(Clone, Debug)]
pub struct SpecPath(String);

impl SpecPath {
    /// The document itself.
    pub fn root() -> Self {
        Self("$".to_owned())
    }

    /// A key of the object at this place.
    pub fn key(&self, key: &str) -> Self {
        let plain = !key.starts_with(|c: char| c.is_ascii_digit())
            && !key.is_empty()
            && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if plain {
            Self(format!("{self}.{key}"))
        } else {
            Self(format!("{self}.{}", serde_json::Value::from(key)))
        }
    }

    /// An element of the array at this place, counted from 0.
    pub fn at(&self, index: usize) -> Self {
        Self(format!("{self}[{index}]"))
    }
}

impl fmt::Display for SpecPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::SpecPath;

    #[test]
    fn keys_are_quoted_where_jsonpath_needs_it() {
        let path = SpecPath::root().key("tables").key("app.\"x\"").key("owner_access").at(1);
        assert_eq!(path.to_string(), r#"$.tables."app.\"x\"".owner_access[1]"#);
        assert_eq!(SpecPath::root().key("").key("0a").to_string(), r#"$."".""#.to_owned() + "0a\"");
    }
}
