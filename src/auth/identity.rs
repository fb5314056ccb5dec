//! What every reader asks: the one place that knows where the identity comes from.

use std::borrow::Cow;

use super::claims::{self, Subject, Value};
use super::{legacy, session, verified_settings};
use crate::error::{AuthError, Error};

/// The generation whose answers stay good until it ends; none: an answer is good for one call.
pub fn lasting_generation() -> Option<u64> {
    (!legacy::enabled()).then(session::generation)
}

/// The text of all claims, a JSON object in UTF-8; none when there are none. It lives until the
/// identity changes: whoever reads it lets go of it before SQL can run again.
pub fn claims_text() -> Result<Option<&'static str>, Error> {
    let Some(text) = session::claims_text()? else { return Ok(None) };
    text.to_str().map(Some).map_err(|_| AuthError::Claims(claims::Defect::NotJson).into())
}

/// Whether the session says anything of who is asking, be it believed or not.
pub fn is_claimed() -> Result<bool, Error> {
    if !session::from_gateway() {
        return Ok(verified_settings::token().is_some());
    }
    Ok(claims_text()?.is_some() || ["sub", "role"].iter().any(|name| legacy::claim(name).is_some()))
}

/// The claim `sub` as a uuid.
pub fn subject() -> Result<Subject, Error> {
    match session::subject()? {
        Subject::Absent => Ok(legacy::claim("sub")
            .map_or(Subject::Absent, |text| Subject::of(&Value::Untyped(Cow::Owned(text))))),
        subject => Ok(subject),
    }
}

/// Hands the claim at `path` to `read`; an empty path is all claims. A setting of an older gateway
/// is a text, and stands for a path of one element.
///
/// `read` may call input and output functions of the server, and nothing that could change a
/// setting.
pub fn claim<T>(
    path: &[impl AsRef<str>],
    read: impl FnOnce(Value<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    let found = match claims_text()? {
        Some(text) => claims::lookup(text, path).map_err(AuthError::Claims)?,
        None => Value::Absent,
    };
    if let (Value::Absent, [name]) = (&found, path)
        && let Some(text) = legacy::claim(name.as_ref())
    {
        return read(Value::Untyped(Cow::Owned(text)));
    }
    read(found)
}

/// The setting that the subject comes from; none without a subject.
pub fn subject_source() -> Result<Option<&'static str>, Error> {
    Ok(match session::subject()? {
        Subject::Absent => legacy::claim("sub").map(|_| "request.jwt.claim.sub"),
        Subject::Uuid(_) | Subject::NoUuid if session::from_gateway() => Some("request.jwt.claims"),
        Subject::Uuid(_) | Subject::NoUuid => Some("rowguard.jwt"),
    })
}
