//! A JSON object as its members, none of which may be named twice. Pure.
//!
//! Two parsers that take different ones of two namesakes see two different documents: that is how
//! a check in front of us and ours come to judge different tokens.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The members of an object in the order they were written.
pub struct Members<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Members<'a> {
    /// The members of the object that `json` is; none when it is anything else, or when two members
    /// have one name.
    pub fn parse(json: &'a str) -> Option<Self> {
        serde_json::from_str(json).ok()
    }

    /// The member's JSON.
    pub fn get(&self, name: &str) -> Option<&'a RawValue> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| *value)
    }

    /// The member as a string; `Err` when it is something else.
    pub fn text(&self, name: &str) -> Result<Option<String>, NotText> {
        let Some(value) = self.get(name) else { return Ok(None) };
        serde_json::from_str(value.get()).map(Some).map_err(|_| NotText)
    }
}

/// A member is no string.
#[derive(Debug)]
pub struct NotText;

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members: Vec<(Cow<'de, str>, &'de RawValue)> = Vec::new();
                while let Some(Name(name)) = map.next_key()? {
                    members.push((name, map.next_value()?));
                }
                let mut names: Vec<&str> = members.iter().map(|(name, _)| name.as_ref()).collect();
                names.sort_unstable();
                if names.windows(2).any(|pair| pair[0] == pair[1]) {
                    return Err(A::Error::custom("two members of one name"));
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Object)
    }
}

/// A member's name, borrowed where it holds no escape.
#[derive(serde::Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_members_by_their_unescaped_names() {
        let members = Members::parse(r#"{"a":1,"\u0062":"x\n","c":null}"#).unwrap();
        assert_eq!(members.get("a").unwrap().get(), "1");
        assert_eq!(members.text("b").unwrap().as_deref(), Some("x\n"));
        assert!(members.text("a").is_err());
        assert!(members.text("c").is_err());
        assert!(members.text("d").unwrap().is_none());
    }

    #[test]
    fn refuses_namesakes_and_what_is_no_object() {
        for json in [r#"{"a":1,"a":1}"#, r#"{"a":1,"\u0061":2}"#, "[]", "null", "{", "", "{} x"] {
            assert!(Members::parse(json).is_none(), "{json}");
        }
    }
}
