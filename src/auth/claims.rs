//! Claims as text -> what the readers need of them. Pure: no server calls, nothing allocated that
//! outlives the call, so that it can run inside a setting's check hook.
//!
//! The text is judged as the server's `jsonb` would judge it: RFC 8259, the last of duplicate
//! keys counts, `\u0000` and lone surrogates are refused.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
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
}

/// One claim that is wanted as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim<T> {
    /// Missing, or JSON null.
    Absent,
    /// A string, or a boolean's name.
    Text(T),
    /// A number, as it was written.
    Number(T),
    /// An object or an array: no text.
    Structured,
}

impl<T> Claim<T> {
    /// The same claim with its text, if it has one, in another form.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Claim<U> {
        match self {
            Self::Absent => Claim::Absent,
            Self::Text(text) => Claim::Text(change(text)),
            Self::Number(text) => Claim::Number(change(text)),
            Self::Structured => Claim::Structured,
        }
    }
}

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

/// The claims that readers ask for by name.
#[derive(Debug, PartialEq, Eq)]
pub struct Claims<'a> {
    /// `sub`.
    pub subject: Subject,
    /// `role`.
    pub role: Claim<Cow<'a, str>>,
}

impl<'a> Claims<'a> {
    /// Reads the claims from their JSON text.
    pub fn parse(json: &'a [u8]) -> Result<Self, Defect> {
        let json = std::str::from_utf8(json).map_err(|_| Defect::NotJson)?;
        check_strings_and_depth(json.as_bytes())?;
        let Named { sub, role } =
            serde_json::from_str(json).map_err(|_| {
                match serde_json::from_str::<&RawValue>(json) {
                    Ok(_) => Defect::NotAnObject,
                    Err(_) => Defect::NotJson,
                }
            })?;
        let subject = match claim(sub)? {
            Claim::Absent => Subject::Absent,
            Claim::Text(text) => parse_uuid(&text).map_or(Subject::NoUuid, Subject::Uuid),
            // 32 digits without quotes are a number, and no uuid.
            Claim::Number(_) | Claim::Structured => Subject::NoUuid,
        };
        Ok(Self { subject, role: claim(role)? })
    }
}

/// One claim's JSON as text.
fn claim(raw: Option<&RawValue>) -> Result<Claim<Cow<'_, str>>, Defect> {
    let Some(raw) = raw.map(RawValue::get) else { return Ok(Claim::Absent) };
    Ok(match raw.as_bytes().first() {
        Some(b'"') => Claim::Text(serde_json::from_str(raw).map_err(|_| Defect::NotJson)?),
        Some(b'{' | b'[') => Claim::Structured,
        Some(b'n') => Claim::Absent,
        Some(b't' | b'f') => Claim::Text(Cow::Borrowed(raw)),
        _ => Claim::Number(Cow::Borrowed(raw)),
    })
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

/// The top level of the claims, of duplicate keys the last.
struct Named<'a> {
    sub: Option<&'a RawValue>,
    role: Option<&'a RawValue>,
}

impl<'de> Deserialize<'de> for Named<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Named<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut named = Named { sub: None, role: None };
                while let Some((key, value)) = map.next_entry::<Cow<'de, str>, &'de RawValue>()? {
                    match key.as_ref() {
                        "sub" => named.sub = Some(value),
                        "role" => named.role = Some(value),
                        _ => {}
                    }
                }
                Ok(named)
            }
        }

        deserializer.deserialize_map(Object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "00000000-0000-4000-8000-000000000001";

    fn subject(json: &str) -> Subject {
        Claims::parse(json.as_bytes()).unwrap().subject
    }

    fn role(json: &str) -> Claim<String> {
        Claims::parse(json.as_bytes()).unwrap().role.map(Cow::into_owned)
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
            assert_eq!(role(json), Claim::Absent, "{json}");
        }
    }

    #[test]
    fn scalars_have_a_text_and_structures_have_none() {
        assert_eq!(role(r#"{"role":"a\u0062\n"}"#), Claim::Text("ab\n".to_owned()));
        assert_eq!(role(r#"{"role":true}"#), Claim::Text("true".to_owned()));
        assert_eq!(role(r#"{"role":1.50}"#), Claim::Number("1.50".to_owned()));
        assert_eq!(role(r#"{"role":["a"]}"#), Claim::Structured);
        assert_eq!(role(r#"{"role":{"$serde_json::private::Number":"1"}}"#), Claim::Structured);
    }

    #[test]
    fn the_last_of_duplicate_keys_counts_also_when_escaped() {
        assert_eq!(role(r#"{"role":"a","r\u006fle":"b"}"#), Claim::Text("b".to_owned()));
        assert_eq!(role(r#"{"role":"a","role":null}"#), Claim::Absent);
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
        assert_eq!(role(r#"{"role":"\ud83d\ude00"}"#), Claim::Text("😀".to_owned()));
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
