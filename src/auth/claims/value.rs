//! One claim.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::Defect;

/// One claim, by its shape.
#[derive(Debug)]
pub enum Value<'a> {
    /// Missing, or JSON null.
    Absent,
    /// A string, unescaped.
    Text(Cow<'a, str>),
    /// Text of a scalar whose type nobody tells; never in JSON.
    Untyped(Cow<'a, str>),
    /// `true` or `false`.
    Boolean(bool),
    /// A number, as it was written.
    Number(&'a str),
    /// An array, as it was written.
    Array(&'a RawValue),
    /// An object, as it was written.
    Object(&'a RawValue),
}

impl<'a> Value<'a> {
    /// The shape of a claim's JSON; none: the claim is missing.
    pub fn of(json: Option<&'a RawValue>) -> Result<Self, Defect> {
        let Some(json) = json else { return Ok(Self::Absent) };
        let text = json.get();
        Ok(match text.as_bytes().first() {
            Some(b'"') => {
                let Text(text) = serde_json::from_str(text).map_err(|_| Defect::NotJson)?;
                Self::Text(text)
            }
            Some(b'{') => Self::Object(json),
            Some(b'[') => Self::Array(json),
            Some(b'n') => Self::Absent,
            Some(b't') => Self::Boolean(true),
            Some(b'f') => Self::Boolean(false),
            _ => Self::Number(text),
        })
    }

    /// The claim as JSON text; none when it is absent.
    pub fn to_json(&self) -> Option<Cow<'a, str>> {
        Some(match self {
            Self::Absent => return None,
            Self::Text(text) | Self::Untyped(text) => {
                Cow::Owned(serde_json::Value::from(text.as_ref()).to_string())
            }
            Self::Boolean(true) => Cow::Borrowed("true"),
            Self::Boolean(false) => Cow::Borrowed("false"),
            Self::Number(json) => Cow::Borrowed(json),
            Self::Array(json) | Self::Object(json) => Cow::Borrowed(json.get()),
        })
    }
}

/// A JSON string, borrowed where it holds no escape.
#[derive(Deserialize)]
pub struct Text<'a>(#[serde(borrow)] pub Cow<'a, str>);
