//! Claims as text -> what the readers need of them. Pure: no server calls, nothing allocated that
//! outlives the call, so that it can run inside a setting's check hook.
//!
//! The text is judged as the server's `jsonb` would judge it: RFC 8259, the last of duplicate
//! keys counts, `\u0000` and lone surrogates are refused.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use uuid::Uuid;

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
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// The claim `sub` as a uuid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// No `sub`, or JSON null.
    Absent,
    /// A uuid in any of the forms that the server's type `uuid` takes.
    Uuid(Uuid),
    /// Anything else.
    NoUuid,
}

impl Subject {
    /// The subject that a claim is.
    pub fn of(claim: &Value<'_>) -> Self {
        match claim {
            Value::Absent => Self::Absent,
            Value::Text(text) | Value::Untyped(text) => {
                parse_uuid(text).map_or(Self::NoUuid, Self::Uuid)
            }
            // 32 digits without quotes are a number, and no uuid.
            _ => Self::NoUuid,
        }
    }
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
        check_strings_and_depth(json.as_bytes())?;
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

/// A uuid in the forms of the server's own input function: 32 hexadecimal digits, a hyphen allowed
/// after every group of four, braces allowed around the whole.
fn parse_uuid(text: &str) -> Option<Uuid> {
    let inner = match text.strip_prefix('{') {
        Some(rest) => rest.strip_suffix('}')?,
        None => text,
    };
    let mut digits = [0_u8; 32];
    let mut count = 0;
    let mut after_hyphen = false;
    for byte in inner.bytes() {
        if byte == b'-' {
            if after_hyphen || count == 0 || count == digits.len() || count % 4 != 0 {
                return None;
            }
            after_hyphen = true;
        } else {
            *digits.get_mut(count)? = byte;
            count += 1;
            after_hyphen = false;
        }
    }
    if count < digits.len() { None } else { Uuid::try_parse_ascii(&digits).ok() }
}

/// What `jsonb` refuses and a JSON parser may pass over in values that nobody asked for: too deep
/// nesting, `\u0000`, and halves of surrogate pairs.
fn check_strings_and_depth(json: &[u8]) -> Result<(), Defect> {
    let (mut depth, mut in_string, mut high_surrogate) = (0_usize, false, false);
    let mut rest = json;
    while let [byte, tail @ ..] = rest {
        rest = tail;
        if !in_string {
            match byte {
                b'"' => in_string = true,
                b'{' | b'[' => {
                    depth += 1;
                    if depth > MAX_DEPTH {
                        return Err(Defect::TooDeep);
                    }
                }
                b'}' | b']' => depth = depth.saturating_sub(1),
                _ => {}
            }
            continue;
        }
        let code = match (byte, rest) {
            (b'\\', [b'u', a, b, c, d, after @ ..]) => {
                rest = after;
                Some(hex4([*a, *b, *c, *d]).ok_or(Defect::NotJson)?)
            }
            (b'\\', [_, after @ ..]) => {
                rest = after;
                None
            }
            (b'"', _) => {
                in_string = false;
                None
            }
            _ => None,
        };
        match (high_surrogate, code) {
            (true, Some(0xDC00..=0xDFFF)) => high_surrogate = false,
            (true, _) | (false, Some(0xDC00..=0xDFFF)) => return Err(Defect::NotJson),
            (false, Some(0xD800..=0xDBFF)) => high_surrogate = true,
            (false, Some(0)) => return Err(Defect::NullCharacter),
            (false, _) => {}
        }
    }
    Ok(())
}

fn hex4(digits: [u8; 4]) -> Option<u32> {
    digits.iter().try_fold(0, |code, &digit| Some(code * 16 + char::from(digit).to_digit(16)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "00000000-0000-4000-8000-000000000001";

    fn subject(json: &str) -> Subject {
        Claims::parse(json.as_bytes()).unwrap().subject
    }

    /// The claim at a path, written as JSON.
    fn at(json: &str, path: &[&str]) -> Option<String> {
        Claims::parse(json.as_bytes()).unwrap();
        lookup(json, path).unwrap().to_json().map(Cow::into_owned)
    }

    fn role(json: &str) -> Option<String> {
        at(json, &["role"])
    }

    fn defect(json: &str) -> Defect {
        Claims::parse(json.as_bytes()).unwrap_err()
    }

    #[test]
    fn reads_the_subject_in_every_form_of_the_servers_uuid() {
        let id = Subject::Uuid(Uuid::try_parse(ID).unwrap());
        for form in [
            ID.to_owned(),
            ID.replace('-', ""),
            format!("{{{ID}}}"),
            "0000-0000-0000-4000-8000-0000-0000-0001".to_owned(),
        ] {
            assert_eq!(subject(&format!(r#"{{"sub":"{form}"}}"#)), id, "{form}");
        }
    }

    #[test]
    fn refuses_subjects_that_the_server_would_refuse() {
        for form in [
            "",
            "alice",
            " 00000000-0000-4000-8000-000000000001",
            "urn:uuid:00000000-0000-4000-8000-000000000001",
            "{00000000-0000-4000-8000-000000000001",
            "00000000--0000-4000-8000-000000000001",
            "-00000000000040008000000000000001",
            "00000000000040008000000000000001-",
            "000000000000400080000000000000011",
            "0-0000000000040008000000000000001",
            "0000000000004000800000000000000g",
        ] {
            assert_eq!(subject(&format!(r#"{{"sub":"{form}"}}"#)), Subject::NoUuid, "{form}");
        }
        for value in ["1", "true", "{}", "[]", "00"] {
            let json = format!(r#"{{"sub":{value}}}"#);
            match Claims::parse(json.as_bytes()) {
                Ok(claims) => assert_eq!(claims.subject, Subject::NoUuid, "{json}"),
                Err(defect) => assert_eq!(defect, Defect::NotJson, "{json}"),
            }
        }
    }

    #[test]
    fn missing_and_null_claims_are_absent() {
        for json in ["{}", r#"{"sub":null,"role":null}"#, " {\n} "] {
            assert_eq!(subject(json), Subject::Absent, "{json}");
            assert_eq!(role(json), None, "{json}");
        }
    }

    #[test]
    fn a_claim_comes_back_as_it_was_sent() {
        let shape = |json| Value::of(Some(serde_json::from_str(json).unwrap())).unwrap();
        assert!(matches!(shape(r#""a\u0062\n""#), Value::Text(text) if text == "ab\n"));
        assert!(matches!(shape("true"), Value::Boolean(true)));
        assert!(matches!(shape("false"), Value::Boolean(false)));
        assert!(matches!(shape("1.50"), Value::Number("1.50")));
        assert!(matches!(shape("-0"), Value::Number("-0")));
        assert!(matches!(shape("null"), Value::Absent));
        assert!(matches!(shape("[1]"), Value::Array(json) if json.get() == "[1]"));
        // A number's private form is an object like any other.
        let private = r#"{"$serde_json::private::Number":"1"}"#;
        assert!(matches!(shape(private), Value::Object(json) if json.get() == private));
        assert_eq!(role(r#"{"role":"a\u0022\\"}"#), Some(r#""a\"\\""#.to_owned()));
        assert_eq!(role(r#"{"role": { "a" : 1 } }"#), Some(r#"{ "a" : 1 }"#.to_owned()));
    }

    #[test]
    fn the_last_of_duplicate_keys_counts_at_every_level_also_when_escaped() {
        assert_eq!(role(r#"{"role":"a","r\u006fle":"b"}"#), Some(r#""b""#.to_owned()));
        assert_eq!(role(r#"{"role":"a","role":null}"#), None);
        assert_eq!(at(r#"{"a":{"b":1,"b":2}}"#, &["a", "b"]), Some("2".to_owned()));
        assert_eq!(at(r#"{"a":{"b":1},"a":{"c":2}}"#, &["a", "b"]), None);
    }

    #[test]
    fn paths_lead_through_objects_and_arrays_as_the_servers_operator_does() {
        let json = r#" {"a": {"b": [10, [11], {"c": 12}], "1": 13}, "": {"": 14}} "#;
        for (path, expected) in [
            (&["a", "b", "0"][..], Some("10")),
            (&["a", "b", "1", "0"], Some("11")),
            (&["a", "b", "2", "c"], Some("12")),
            (&["a", "b", "-1", "c"], Some("12")),
            (&["a", "b", "-3"], Some("10")),
            (&["a", "b", "+1"], Some("[11]")),
            (&["a", "b", " 0"], Some("10")),
            (&["a", "b", "00"], Some("10")),
            (&["a", "1"], Some("13")),
            (&["", ""], Some("14")),
            (&["a", "b", "3"], None),
            (&["a", "b", "-4"], None),
            (&["a", "b", "-2147483648"], None),
            (&["a", "b", "2147483648"], None),
            (&["a", "b", ""], None),
            (&["a", "b", "0 "], None),
            (&["a", "b", "x"], None),
            (&["a", "b", "0", "0"], None),
            (&["A"], None),
        ] {
            assert_eq!(at(json, path).as_deref(), expected, "{path:?}");
        }
        assert_eq!(at(json, &[]).as_deref(), Some(json.trim()));
    }

    #[test]
    fn elements_keep_their_order_and_nulls() {
        let array = serde_json::from_str(r#"["a", null, 1]"#).unwrap();
        let elements = elements(array).unwrap();
        assert!(matches!(&elements[0], Value::Text(text) if text == "a"));
        assert!(matches!(elements[1], Value::Absent));
        assert!(matches!(elements[2], Value::Number("1")));
    }

    #[test]
    fn names_the_defect() {
        for json in ["", "x", "{", r#"{"sub":}"#, r#"{"sub":"a"} x"#, "{\"a\":\"\n\"}", "[1"] {
            assert_eq!(defect(json), Defect::NotJson, "{json}");
        }
        for json in ["null", "[]", "1", "\"a\"", " true "] {
            assert_eq!(defect(json), Defect::NotAnObject, "{json}");
        }
        assert_eq!(Claims::parse(b"{\"a\":\"\xff\"}").unwrap_err(), Defect::NotJson);
    }

    #[test]
    fn refuses_what_jsonb_refuses_in_claims_that_nobody_reads() {
        assert_eq!(defect(r#"{"x":"\u0000"}"#), Defect::NullCharacter);
        assert_eq!(defect(r#"{"\u0000":1}"#), Defect::NullCharacter);
        assert_eq!(subject(r#"{"x":"\\u0000"}"#), Subject::Absent);
        for lone in [r"\ud800", r"\udc00", r"\ud800x\udc00", r"\ud800\ud800\udc00", r"\udc00\ud800"]
        {
            assert_eq!(defect(&format!(r#"{{"x":"{lone}"}}"#)), Defect::NotJson, "{lone}");
        }
        assert_eq!(role(r#"{"role":"\ud83d\ude00"}"#), Some("\"😀\"".to_owned()));
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |n: usize| format!(r#"{{"x":{}{}}}"#, "[".repeat(n), "]".repeat(n));
        assert_eq!(subject(&nested(MAX_DEPTH - 1)), Subject::Absent);
        assert_eq!(defect(&nested(MAX_DEPTH)), Defect::TooDeep);
        assert_eq!(defect(&nested(1_000_000)), Defect::TooDeep);
        assert_eq!(subject(r#"{"x":"[[[[","y":"\"[["}"#), Subject::Absent);
    }
}
