//! The answers of operations, and the connection within which they arise.

use pgrx::pg_sys;
use serde_json::{Map, Value};
use uuid::Uuid;
use uuid::fmt::Hyphenated;

use super::decimal::{self, Decimal};
use super::jsonb;
use crate::error::Error;
use crate::operation::failure::Failure;
use crate::operation::refusal::Refusal;
use crate::operation::statement::Connection;

/// Runs an operation inside a connection of its own. What it answers must not lie in the
/// connection's memory.
pub fn connected<T>(run: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    let connection = Connection::open()?;
    let outcome = run();
    // After an error of the server the abort closes it.
    if !matches!(outcome, Err(Failure::Server(_))) {
        connection.close()?;
    }
    outcome
}

/// An exact number, as JSON holds it.
pub fn number(value: &Decimal) -> Result<Value, Error> {
    exact(&decimal::plain(value))
}

/// The same, by its text.
pub fn exact(text: &str) -> Result<Value, Error> {
    Ok(serde_json::from_str(text)?)
}

/// `{"success": true, ...}`.
pub fn success<const N: usize>(fields: [(&str, Value); N]) -> Value {
    let mut object = Map::new();
    object.insert("success".to_owned(), true.into());
    object.extend(fields.into_iter().map(|(name, value)| (name.to_owned(), value)));
    Value::Object(object)
}

/// A field of an answer.
pub enum Field {
    Truth(bool),
    Id(Uuid),
    Money(Decimal),
}

/// An answer of few fields, which needs no document to become jsonb.
pub struct Answer<const N: usize>(pub [(&'static str, Field); N]);

impl<const N: usize> Answer<N> {
    /// As a document.
    pub fn value(&self) -> Result<Value, Error> {
        let mut object = Map::new();
        for (name, field) in &self.0 {
            let value = match field {
                Field::Truth(truth) => (*truth).into(),
                Field::Id(id) => id.to_string().into(),
                Field::Money(money) => number(money)?,
            };
            object.insert((*name).to_owned(), value);
        }
        Ok(Value::Object(object))
    }

    /// As jsonb, in the current memory context.
    pub fn datum(&self) -> Result<pg_sys::Datum, Error> {
        let mut texts = [[0; Hyphenated::LENGTH]; N];
        let fields = self.0.iter().zip(&mut texts).map(|((name, field), text)| {
            let value = match field {
                Field::Truth(truth) => Ok(jsonb::bool(*truth)),
                Field::Id(id) => jsonb::text(id.hyphenated().encode_lower(text)),
                Field::Money(money) => decimal::datum(money).map(jsonb::number_of),
            };
            (*name, value)
        });
        jsonb::object(fields)
    }
}

/// `{"error": {"code": ..., "message": ...}}`.
pub fn refusal(refusal: &Refusal) -> Value {
    serde_json::json!({"error": {"code": refusal.code(), "message": refusal.to_string()}})
}

/// An answer as jsonb, in the current memory context.
pub fn datum(answer: Value) -> Result<pg_sys::Datum, Error> {
    jsonb::datum(&answer)
}
