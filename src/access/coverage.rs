//! `rls.coverage()`: which policies decide anything for the identities that there are.

use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use pgrx::{AnyArray, JsonB};
use serde_json::Value;

use super::access_matrix::scope;
use super::{identity, survey};
use crate::arguments::required;
use crate::error::AccessError;

/// Asks every policy as each identity about the rows of its table, and says of each whether it ever
/// decided anything: one row for each policy.
///
/// `identities`: `{"name": {"role": "...", "claims": {...}}, ...}`. `schemas` and `tables`: where to
/// look; both NULL is all schemas of users. `sample`: at most so many rows of a table, in primary-key
/// order. WITH CHECK is asked of the rows as they are. A policy decides where a row fares otherwise
/// without it. Nothing is changed.
///
/// Errors: 22004 NULL identities or sample, 22023 identities or sample that make no sense, 42704
/// unknown role, 42501 a role that the caller may not become, or in verified mode no superuser, 3F000
/// unknown schema, 42P01 unknown table. What a policy raises comes in its row. For whoever is granted
/// EXECUTE.
#[pg_extern(sql = r#"
CREATE FUNCTION rls.coverage(
  identities jsonb,
  schemas text[] DEFAULT NULL,
  tables regclass[] DEFAULT NULL,
  sample integer DEFAULT 1000)
RETURNS TABLE (schema_name text, table_name text, policy text, command text, permissive boolean,
  asked integer, decided bigint, verdict text, detail jsonb)
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
COMMENT ON FUNCTION rls.coverage(jsonb, text[], regclass[], integer) IS
  'which policies ever decide anything for some identities, found out by asking each about the rows there are; changes nothing';
"#)]
fn rls_coverage(
    identities: Option<JsonB>,
    schemas: Option<Vec<Option<String>>>,
    tables: Option<AnyArray>,
    sample: Option<i32>,
) -> Result<
    TableIterator<
        'static,
        (
            name!(schema_name, String),
            name!(table_name, String),
            name!(policy, String),
            name!(command, &'static str),
            name!(permissive, bool),
            name!(asked, i32),
            name!(decided, i64),
            name!(verdict, &'static str),
            name!(detail, JsonB),
        ),
    >,
    ErrorReport,
> {
    let identities = identity::read(required(identities, "identities")?.0)?;
    if let Some(one) = identities.iter().find(|one| one.role.is_none()) {
        let why = format!("\"{}\": It has no role", one.name);
        return Err(AccessError::InvalidIdentities(why).into());
    }
    let sample = required(sample, "sample")?;
    if sample < 1 {
        return Err(AccessError::SampleSize.into());
    }
    let found = survey::run(&identities, &scope(schemas, tables)?, sample)?;
    Ok(TableIterator::new(found.into_iter().map(|one| {
        (
            one.schema,
            one.table,
            one.policy,
            one.command.as_str(),
            one.permissive,
            one.asked,
            one.decided,
            one.verdict.as_str(),
            JsonB(Value::Object(one.detail)),
        )
    })))
}
