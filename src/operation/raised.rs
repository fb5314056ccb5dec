//! An error as it is told, once what it ended is undone.

use std::ffi::{CStr, c_char};

use pgrx::pg_sys;

use crate::error::Error;

/// An error that somebody's code, or the server, ended with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Raised {
    /// SQLSTATE, five characters.
    pub sqlstate: String,
    /// The primary message.
    pub message: String,
    /// The server refuses it to whoever runs restricted, as trials do: becoming another role, a
    /// temporary table, a prepared statement.
    pub to_restricted: bool,
}

/// How the server's messages end that say so, before they are translated.
const TO_RESTRICTED: [&str; 2] =
    ["within security-restricted operation", "within security-definer function"];

impl Raised {
    /// By the number that the server packs a SQLSTATE into.
    pub fn new(code: i32, message: String) -> Self {
        let sqlstate =
            (0..5).map(|place| char::from(((code >> (6 * place)) & 0x3f) as u8 + b'0')).collect();
        Self { sqlstate, message, to_restricted: false }
    }

    /// # Safety
    /// `error` must be a copy that the server made.
    pub unsafe fn read(error: *const pg_sys::ErrorData) -> Self {
        // SAFETY: as promised.
        unsafe {
            let untranslated = text((*error).message_id).unwrap_or_default();
            Self {
                to_restricted: TO_RESTRICTED.iter().any(|ending| untranslated.ends_with(ending)),
                ..Self::new((*error).sqlerrcode, text((*error).message).unwrap_or_default())
            }
        }
    }

    /// SQLSTATE and message.
    pub fn in_words(&self) -> String {
        format!("{}: {}", self.sqlstate, self.message)
    }

    /// Nobody may catch it: a serialization failure, a deadlock, a cancelled query, a lock that was
    /// not to be had, a server that stops.
    pub fn is_uncatchable(&self) -> bool {
        is_uncatchable(&self.sqlstate)
    }
}

/// The same, of an SQLSTATE.
pub fn is_uncatchable(sqlstate: &str) -> bool {
    matches!(sqlstate, "40001" | "40P01" | "57014" | "55P03") || sqlstate.starts_with("57P")
}

/// The same as an error of ours, to be raised again where the server's record does not last.
///
/// # Safety
/// `error` must be a copy that the server made.
pub unsafe fn again(error: *const pg_sys::ErrorData) -> Error {
    // SAFETY: as promised.
    unsafe {
        Error::FromServer {
            code: (*error).sqlerrcode.into(),
            message: text((*error).message).unwrap_or_default(),
            detail: text((*error).detail),
            hint: text((*error).hint),
        }
    }
}

/// # Safety
/// Null, or a string of the server's, which ends with a null byte.
unsafe fn text(text: *const c_char) -> Option<String> {
    // SAFETY: as promised.
    (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::Raised;

    #[test]
    fn a_packed_code_is_five_characters() {
        // As the server packs 57014: six bits a character, the first one lowest.
        let code = b"57014".iter().rev().fold(0, |code, byte| code << 6 | i32::from(byte - b'0'));
        let raised = Raised::new(code, String::new());
        assert_eq!(raised.sqlstate, "57014");
        assert!(raised.is_uncatchable());
        assert!(!Raised::new(0, String::new()).is_uncatchable());
    }
}
