//! JSON documents as the server's jsonb, built as it lays them out: text that the server would have to
//! read again costs five times as much.

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
    Ok(finish(tree(document)?))
}

/// An object of these fields, which have different names, as jsonb in the current memory context.
pub fn object<'a>(
    fields: impl ExactSizeIterator<Item = (&'a str, Result<pg_sys::JsonbValue, Error>)>,
) -> Result<pg_sys::Datum, Error> {
    Ok(finish(map(fields)?))
}

fn finish(mut root: pg_sys::JsonbValue) -> pg_sys::Datum {
    // SAFETY: a whole object; the strings in it are alive still.
    unsafe { pg_sys::JsonbValueToJsonb(&raw mut root) }.into()
}

fn tree(value: &Value) -> Result<pg_sys::JsonbValue, Error> {
    match value {
        Value::Object(fields) => {
            map(fields.iter().map(|(name, field)| (name.as_str(), tree(field))))
        }
        Value::Array(elements) => {
            let mut all = Vec::with_capacity(elements.len());
            for element in elements {
                all.push(tree(element)?);
            }
            let mut array = kind(pg_sys::jbvType::jbvArray);
            array.val.array.nElems = length(all.len())?;
            array.val.array.rawScalar = false;
            array.val.array.elems = lasting(&all);
            Ok(array)
        }
        Value::Bool(truth) => Ok(bool(*truth)),
        Value::Number(number) => Ok(number_of(decimal::parse(number.as_str())?)),
        Value::String(string) => text(string),
        Value::Null => Ok(kind(pg_sys::jbvType::jbvNull)),
    }
}

/// The server has the shorter names first, and those of one length in the order of their bytes.
fn map<'a>(
    fields: impl ExactSizeIterator<Item = (&'a str, Result<pg_sys::JsonbValue, Error>)>,
) -> Result<pg_sys::JsonbValue, Error> {
    let mut pairs = Vec::with_capacity(fields.len());
    for (name, value) in fields {
        let pair = pg_sys::JsonbPair { key: text(name)?, value: value?, order: 0 };
        pairs.push((name.len(), name.as_bytes(), pair));
    }
    pairs.sort_unstable_by_key(|(length, name, _)| (*length, *name));
    let pairs: Vec<_> = pairs.into_iter().map(|(_, _, pair)| pair).collect();
    let mut object = kind(pg_sys::jbvType::jbvObject);
    object.val.object.nPairs = length(pairs.len())?;
    object.val.object.pairs = lasting(&pairs);
    Ok(object)
}

/// True or false.
pub fn bool(truth: bool) -> pg_sys::JsonbValue {
    let mut value = kind(pg_sys::jbvType::jbvBool);
    value.val.boolean = truth;
    value
}

/// A numeric.
pub fn number_of(numeric: pg_sys::Datum) -> pg_sys::JsonbValue {
    let mut value = kind(pg_sys::jbvType::jbvNumeric);
    value.val.numeric = numeric.cast_mut_ptr();
    value
}

/// A string, which must outlive the document's making.
pub fn text(string: &str) -> Result<pg_sys::JsonbValue, Error> {
    let mut value = kind(pg_sys::jbvType::jbvString);
    value.val.string.len = length(string.len())?;
    value.val.string.val = string.as_ptr().cast_mut().cast();
    Ok(value)
}

fn kind(kind: pg_sys::jbvType::Type) -> pg_sys::JsonbValue {
    pg_sys::JsonbValue { type_: kind, ..Default::default() }
}

fn length(count: usize) -> Result<i32, Error> {
    i32::try_from(count).map_err(|_| LOST)
}

/// A copy that lives as long as the current memory context.
fn lasting<T: Copy>(values: &[T]) -> *mut T {
    // SAFETY: new memory of that size.
    unsafe {
        let copy = pg_sys::palloc(size_of_val(values)).cast::<T>();
        copy.copy_from_nonoverlapping(values.as_ptr(), values.len());
        copy
    }
}
