//! JSON documents as the server's jsonb, piece by piece: text that the server would have to read again
//! costs five times as much.

use std::ptr;

use pgrx::pg_sys;
use serde_json::Value;

use super::decimal;
use crate::error::Error;

const LOST: Error = Error::Unexpected("a document cannot be written");

/// An object as jsonb in the current memory context.
pub fn datum(document: &Value) -> Result<pg_sys::Datum, Error> {
    if !document.is_object() {
        return Err(LOST);
    }
    let mut state = ptr::null_mut();
    let root = push(&mut state, document, ELEMENT)?;
    // SAFETY: a finished document; the strings in it are alive still.
    Ok(unsafe { pg_sys::JsonbValueToJsonb(root) }.into())
}

type State = *mut pg_sys::JsonbParseState;
type Token = pg_sys::JsonbIteratorToken::Type;

const ELEMENT: Token = pg_sys::JsonbIteratorToken::WJB_ELEM;
const VALUE: Token = pg_sys::JsonbIteratorToken::WJB_VALUE;

/// Adds a value, as an element or as the value of a key.
fn push(state: &mut State, value: &Value, place: Token) -> Result<*mut pg_sys::JsonbValue, Error> {
    use pg_sys::JsonbIteratorToken::{
        WJB_BEGIN_ARRAY, WJB_BEGIN_OBJECT, WJB_END_ARRAY, WJB_END_OBJECT, WJB_KEY,
    };
    match value {
        Value::Object(fields) => {
            end(state, WJB_BEGIN_OBJECT);
            for (key, field) in fields {
                add(state, WJB_KEY, text(key)?);
                push(state, field, VALUE)?;
            }
            Ok(end(state, WJB_END_OBJECT))
        }
        Value::Array(elements) => {
            end(state, WJB_BEGIN_ARRAY);
            for element in elements {
                push(state, element, ELEMENT)?;
            }
            Ok(end(state, WJB_END_ARRAY))
        }
        scalar => Ok(add(state, place, self::scalar(scalar)?)),
    }
}

fn scalar(value: &Value) -> Result<pg_sys::JsonbValue, Error> {
    let mut scalar = pg_sys::JsonbValue::default();
    match value {
        Value::Bool(truth) => {
            scalar.type_ = pg_sys::jbvType::jbvBool;
            scalar.val.boolean = *truth;
        }
        Value::Number(number) => {
            scalar.type_ = pg_sys::jbvType::jbvNumeric;
            scalar.val.numeric = decimal::parse(number.as_str())?.cast_mut_ptr();
        }
        Value::String(string) => return text(string),
        Value::Null | Value::Array(_) | Value::Object(_) => {
            scalar.type_ = pg_sys::jbvType::jbvNull;
        }
    }
    Ok(scalar)
}

/// A string, which must outlive the document's making.
fn text(string: &str) -> Result<pg_sys::JsonbValue, Error> {
    let kind = pg_sys::jbvType::jbvString;
    let mut value = pg_sys::JsonbValue { type_: kind, ..Default::default() };
    value.val.string.len = i32::try_from(string.len()).map_err(|_| LOST)?;
    value.val.string.val = string.as_ptr().cast_mut().cast();
    Ok(value)
}

fn add(state: &mut State, token: Token, mut value: pg_sys::JsonbValue) -> *mut pg_sys::JsonbValue {
    // SAFETY: the state is the server's own; it copies the value.
    unsafe { pg_sys::pushJsonbValue(ptr::from_mut(state), token, &raw mut value) }
}

fn end(state: &mut State, token: Token) -> *mut pg_sys::JsonbValue {
    // SAFETY: as above; these tokens take no value.
    unsafe { pg_sys::pushJsonbValue(ptr::from_mut(state), token, ptr::null_mut()) }
}
