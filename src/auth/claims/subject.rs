//! Who the claims say is asking.

use uuid::Uuid;

use super::Value;

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
