//! Claims as values of SQL types. NULL where a claim is absent, 22P02 where it has another shape.

use std::ffi::{CStr, CString, c_int};

use pgrx::prelude::*;
use pgrx::{direct_function_call, direct_function_call_as_datum, pg_sys::Datum};

use super::claims::{self, Defect, Subject, Value};
use super::path;
use crate::arguments;
use crate::error::{AuthError, Error};

/// The argument `path text[]` of a reader; 22004 when it is NULL or holds a NULL.
pub fn path_argument(argument: Option<Datum>) -> Result<Vec<String>, Error> {
    // SAFETY: the SQL declaration makes the argument a text[].
    let path =
        argument.and_then(|value| unsafe { Vec::<Option<String>>::from_datum(value, false) });
    arguments::texts(path, "path")
}

/// A claim as text: a string as it is, a number or boolean as `jsonb` prints it.
pub fn text(claim: Value<'_>, path: &[impl AsRef<str>]) -> Result<Option<String>, Error> {
    scalar_text(claim)?.map_err(|Structured| shape(path, "a text"))
}

/// A claim as uuid, from a string.
pub fn uuid(claim: &Value<'_>, path: &[impl AsRef<str>]) -> Result<Option<pgrx::Uuid>, Error> {
    as_uuid(claim).map_err(|NoUuid| shape(path, "a uuid"))
}

/// A claim as jsonb.
pub fn jsonb(claim: &Value<'_>) -> Option<Datum> {
    claim.to_json().and_then(|json| json_datum(&json))
}

/// A claim as boolean, from a boolean, or from the text of one in a setting of an older gateway.
pub fn boolean(claim: &Value<'_>, path: &[impl AsRef<str>]) -> Result<Option<bool>, Error> {
    match claim {
        Value::Absent => Ok(None),
        Value::Boolean(value) => Ok(Some(*value)),
        Value::Untyped(text) if text == "true" => Ok(Some(true)),
        Value::Untyped(text) if text == "false" => Ok(Some(false)),
        _ => Err(shape(path, "a boolean")),
    }
}

/// A claim as an array of texts; a JSON null in it is an SQL NULL.
pub fn texts(
    claim: &Value<'_>,
    path: &[impl AsRef<str>],
) -> Result<Option<Vec<Option<String>>>, Error> {
    let wrong = || shape(path, "an array of texts");
    let Some(elements) = elements(claim, wrong)? else { return Ok(None) };
    elements
        .into_iter()
        .map(|element| scalar_text(element)?.map_err(|Structured| wrong()))
        .collect::<Result<_, _>>()
        .map(Some)
}

/// A claim as an array of uuids; a JSON null in it is an SQL NULL.
pub fn uuids(
    claim: &Value<'_>,
    path: &[impl AsRef<str>],
) -> Result<Option<Vec<Option<pgrx::Uuid>>>, Error> {
    let wrong = || shape(path, "an array of uuids");
    let Some(elements) = elements(claim, wrong)? else { return Ok(None) };
    elements
        .iter()
        .map(|element| as_uuid(element).map_err(|NoUuid| wrong()))
        .collect::<Result<_, _>>()
        .map(Some)
}

/// An object or an array, where a scalar is wanted.
struct Structured;

/// A scalar's text as `jsonb` gives it.
fn scalar_text(claim: Value<'_>) -> Result<Result<Option<String>, Structured>, Error> {
    Ok(Ok(Some(match claim {
        Value::Absent => return Ok(Ok(None)),
        Value::Text(text) | Value::Untyped(text) => in_server_encoding(text.into_owned())?,
        Value::Boolean(value) => value.to_string(),
        Value::Number(number) => number_text(number)?,
        Value::Array(_) | Value::Object(_) => return Ok(Err(Structured)),
    })))
}

/// Text that may be handed to the server: its bytes mean there what they mean here.
fn in_server_encoding(text: String) -> Result<String, AuthError> {
    // SAFETY: a plain read of what the database was made with.
    let utf8 = || unsafe { pg_sys::GetDatabaseEncoding() } == pg_sys::pg_enc::PG_UTF8 as c_int;
    if text.is_ascii() || utf8() { Ok(text) } else { Err(AuthError::Claims(Defect::Encoding)) }
}

/// A number's text as `jsonb` gives it (`1e2` is 100): read and written by the server's numeric.
fn number_text(number: &str) -> Result<String, Error> {
    let written = CString::new(number).map_err(|_| Error::NullByte)?;
    // SAFETY: the argument lists are those of the two functions; the result is a C string.
    let printed = unsafe {
        let number = direct_function_call_as_datum(
            pg_sys::numeric_in,
            &[
                Some(written.as_ptr().into()),
                Some(pg_sys::InvalidOid.into()),
                (-1_i32).into_datum(),
            ],
        );
        direct_function_call::<&CStr>(pg_sys::numeric_out, &[number])
    };
    Ok(printed.unwrap_or_default().to_string_lossy().into_owned())
}

fn as_uuid(claim: &Value<'_>) -> Result<Option<pgrx::Uuid>, NoUuid> {
    match Subject::of(claim) {
        Subject::Absent => Ok(None),
        Subject::Uuid(uuid) => Ok(Some(pgrx::Uuid::from_bytes(uuid.into_bytes()))),
        Subject::NoUuid => Err(NoUuid),
    }
}

/// A claim that is no uuid, where one is wanted.
struct NoUuid;

/// A claim as texts: the elements of an array, or one value as an array of it; none when absent.
pub fn one_or_more_texts(
    claim: Value<'_>,
    path: &[impl AsRef<str>],
) -> Result<Vec<Option<String>>, Error> {
    match claim {
        Value::Array(_) => Ok(texts(&claim, path)?.unwrap_or_default()),
        one => Ok(text(one, path)?.map_or_else(Vec::new, |text| vec![Some(text)])),
    }
}

fn elements<'a>(
    claim: &Value<'a>,
    wrong: impl Fn() -> Error,
) -> Result<Option<Vec<Value<'a>>>, Error> {
    match claim {
        Value::Absent => Ok(None),
        Value::Array(json) => Ok(Some(claims::elements(json).map_err(AuthError::Claims)?)),
        _ => Err(wrong()),
    }
}

/// JSON text as jsonb.
pub fn json_datum(json: &str) -> Option<Datum> {
    // Sound JSON holds no null byte.
    let json = CString::new(json).unwrap_or_default();
    // SAFETY: the input function of jsonb takes one C string, and copies what it keeps of it.
    unsafe { direct_function_call_as_datum(pg_sys::jsonb_in, &[json.as_c_str().into_datum()]) }
}

/// The error of a claim that is not what the reader reads. It names the claim, never its value.
pub fn shape(path: &[impl AsRef<str>], wanted: &'static str) -> Error {
    let claim = match path {
        [] => "the object of all claims".to_owned(),
        path => format!("claim \"{}\"", path::write(path)),
    };
    AuthError::ClaimShape { claim, wanted }.into()
}
