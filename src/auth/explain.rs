//! `auth.explain()`: how the session sees its caller.

use std::ffi::{CStr, c_char};
use std::ptr;

use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use serde::Serialize;

use super::claim_paths::ROLE;
use super::claims::Value;
use super::declaration::Declaration;
use super::expires_at::expires_at;
use super::identity;
use super::is_authenticated::is_authenticated;
use super::session;
use super::verified;
use super::verified_settings;
use crate::error::Error;

/// How SQL declares it.
pub const DECLARATION: Declaration = Declaration {
    name: "auth.explain",
    argument: None,
    result: pg_sys::JSONBOID,
    reads: true,
    symbol: "auth_explain_wrapper",
    comment: "the identity and where it comes from: mode, source, sub, role, kid, expires_at, seconds_left, reason why there is none; never the token; raises nothing for malformed claims",
};

/// The answer's keys, in the order in which they are written.
#[derive(Serialize)]
struct Explanation {
    /// `gateway`: a trusted gateway vouches for the claims. `verified`: a signature does.
    /// `overruled`, `invalid`: nothing counts, see `reason`.
    mode: &'static str,
    /// The setting that holds the subject; null without one.
    source: Option<&'static str>,
    sub: Option<String>,
    role: Option<String>,
    /// The key that the token was verified by; null where nothing is verified.
    kid: Option<String>,
    expires_at: Option<String>,
    /// Whole seconds until then, from the start of the statement; negative when it is over.
    seconds_left: Option<i64>,
    /// Why nobody is authenticated; null when somebody is.
    reason: Option<String>,
}

#[pg_extern(sql = false)]
fn auth_explain() -> Result<pgrx::JsonB, ErrorReport> {
    let expiry = expires_at().ok().flatten();
    let explanation = Explanation {
        mode: verified_settings::mode().as_str(),
        source: identity::subject_source().ok().flatten(),
        sub: shown(&["sub"]).ok().flatten(),
        role: ROLE
            .read()
            .and_then(|path| path.map_or(Ok(None), |path| shown(&path)))
            .ok()
            .flatten(),
        kid: verified::kid(),
        expires_at: expiry.map(iso),
        seconds_left: expiry.map(seconds_left),
        reason: reason(),
    };
    let json = serde_json::to_value(explanation).map_err(Error::from)?;
    Ok(pgrx::JsonB(json))
}

/// A claim as it was sent, if it is a scalar. Unlike `auth.claim_text()` this asks the server for
/// nothing, so that no number is too big for it.
fn shown(path: &[impl AsRef<str>]) -> Result<Option<String>, Error> {
    identity::claim(path, |claim| {
        Ok(match claim {
            Value::Text(text) | Value::Untyped(text) => Some(text.into_owned()),
            Value::Boolean(value) => Some(value.to_string()),
            Value::Number(number) => Some(number.to_owned()),
            Value::Absent | Value::Array(_) | Value::Object(_) => None,
        })
    })
}

/// Why nobody is authenticated; none when somebody is.
fn reason() -> Option<String> {
    if !session::from_gateway()
        && let Err(reason) = verified::identity()
    {
        return Some(reason.to_string());
    }
    match (is_authenticated(), identity::subject_source(), identity::claims_text()) {
        (Ok(true), ..) => None,
        (Err(error), ..) => Some(error.in_words()),
        (Ok(false), Ok(Some(_)), _) => {
            Some("claim \"sub\" is not a string, or an empty one".to_owned())
        }
        (Ok(false), _, Ok(Some(_))) => Some("the claims have no \"sub\"".to_owned()),
        (Ok(false), ..) => Some("no claims are set".to_owned()),
    }
}

/// A time as the server writes it into JSON: ISO 8601 in the session's time zone.
fn iso(time: i64) -> String {
    let mut buffer = [0 as c_char; pg_sys::MAXDATELEN as usize + 1];
    // SAFETY: the buffer has the size that the function asks for; it writes a C string into it.
    unsafe {
        pg_sys::JsonEncodeDateTime(
            buffer.as_mut_ptr(),
            pg_sys::Datum::from(time),
            pg_sys::TIMESTAMPTZOID,
            ptr::null(),
        );
        CStr::from_ptr(buffer.as_ptr()).to_string_lossy().into_owned()
    }
}

fn seconds_left(time: i64) -> i64 {
    // SAFETY: a plain read of the server's clock for this statement.
    let now = unsafe { pg_sys::GetCurrentStatementStartTimestamp() };
    time.saturating_sub(now).div_euclid(1_000_000)
}
