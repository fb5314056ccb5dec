//! Claims as text -> what the readers need of them. Pure: no server calls, nothing allocated that
//! outlives the call, so that it can run inside a setting's check hook.
//!
//! The text is judged as the server's `jsonb` would judge it: RFC 8259, the last of duplicate
//! keys counts, `\u0000` and lone surrogates are refused.

mod sound;
mod subject;
#[cfg(test)]
mod tests;
mod value;

use std::fmt;

use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

pub use subject::Subject;
pub use value::Value;

use value::Text;

/// Deeper claims are refused: no identity provider nests further, and every reader may recurse.
pub const MAX_DEPTH: usize = 128;

/// Why claims cannot be read. Kept beside the setting and raised when a reader is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Defect {
    /// Not JSON, or text that is not UTF-8.
    NotJson,
    /// JSON, but no object.
    NotAnObject,
    /// Nested deeper than [`MAX_DEPTH`].
    TooDeep,
    /// Holds `\u0000`, which no SQL text can.
    NullCharacter,
    /// Holds a character that the database's encoding may not have.
    Encoding,
}

/// What is worth knowing of the claims before anybody asks.
#[derive(Debug, PartialEq, Eq)]
pub struct Claims {
    /// `sub`.
    pub subject: Subject,
}

impl Claims {
    /// Reads the claims from their JSON text. Success means that all of the text is sound: whoever
    /// looks for a claim in it later finds no defect.
    pub fn parse(json: &[u8]) -> Result<Self, Defect> {
        let json = std::str::from_utf8(json).map_err(|_| Defect::NotJson)?;
        sound::check(json.as_bytes())?;
        let json = serde_json::from_str(json).map_err(|_| Defect::NotJson)?;
        if !is_object(json) {
            return Err(Defect::NotAnObject);
        }
        Ok(Self { subject: Subject::of(&Value::of(member(json, "sub")?)?) })
    }
}

fn is_object(json: &RawValue) -> bool {
    json.get().starts_with('{')
}

/// The claim at `path` in sound claims. As the server's operator `#>`, an object is entered by
/// key, of duplicate keys the last, and an array by position, from its end when negative. An empty
/// path is all claims.
pub fn lookup<'a>(json: &'a str, path: &[impl AsRef<str>]) -> Result<Value<'a>, Defect> {
    let mut found = Some(serde_json::from_str::<&RawValue>(json).map_err(|_| Defect::NotJson)?);
    for step in path {
        let Some(value) = found else { break };
        found = match value.get().as_bytes().first() {
            Some(b'{') => member(value, step.as_ref())?,
            Some(b'[') => element(value, step.as_ref())?,
            _ => None,
        };
    }
    Value::of(found)
}

/// The elements of an array.
pub fn elements(array: &RawValue) -> Result<Vec<Value<'_>>, Defect> {
    raw_elements(array)?.into_iter().map(|element| Value::of(Some(element))).collect()
}

fn element<'a>(array: &'a RawValue, step: &str) -> Result<Option<&'a RawValue>, Defect> {
    // What the server's strtoint() reads: white space and a sign may come first.
    let digits = step.trim_start_matches([' ', '\t', '\n', '\x0b', '\x0c', '\r']);
    let Ok(position) = digits.parse::<i32>() else { return Ok(None) };
    let elements = raw_elements(array)?;
    let distance = usize::try_from(position.unsigned_abs()).unwrap_or(usize::MAX);
    let index = if position < 0 { elements.len().checked_sub(distance) } else { Some(distance) };
    Ok(index.and_then(|index| elements.get(index).copied()))
}

fn raw_elements(array: &RawValue) -> Result<Vec<&RawValue>, Defect> {
    serde_json::from_str(array.get()).map_err(|_| Defect::NotJson)
}

fn member<'a>(object: &'a RawValue, key: &str) -> Result<Option<&'a RawValue>, Defect> {
    serde_json::Deserializer::from_str(object.get())
        .deserialize_map(Member(key))
        .map_err(|_| Defect::NotJson)
}

/// Finds one key of an object.
struct Member<'k>(&'k str);

impl<'de> Visitor<'de> for Member<'_> {
    type Value = Option<&'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(Text(key)) = map.next_key()? {
            if key == self.0 {
                found = Some(map.next_value()?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}
