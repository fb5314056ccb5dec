//! `rls.access_matrix()`: what every identity may do with every table, by trying it.

use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use pgrx::{AnyArray, JsonB};
use serde_json::Value;

use super::matrix::Scope;
use super::{identity, matrix};
use crate::arguments::{oids, required, texts};
use crate::catalog::{schema, table};
use crate::error::{AccessError, Error};

/// How many rows of a table are looked at where nobody says.
pub const SAMPLE: i32 = 1000;

/// Becomes each identity, tries each command on each relation, and undoes it: one row for each.
///
/// `identities`: `{"name": {"role": "...", "claims": {...}, "kind": "..."}, ...}`; `kind` is for
/// `rls.checklist()`. `schemas` and `tables`: where to
/// look; both NULL is all schemas of users. Functions are listed for schemas, not for tables. `sample`: at most so many rows of a table are looked at,
/// in primary-key order. SELECT counts the rows that are visible, UPDATE and DELETE those that the
/// statement would touch, INSERT the rows there are that could be inserted, TRUNCATE asks for the
/// privilege. Views, materialized views, partitions and SECURITY DEFINER functions are listed as doors,
/// with what they reach.
///
/// Errors: 22004 NULL identities or sample, 22023 identities, lists or sample that make no sense, 42704
/// unknown role, 42501 a role that the caller may not become, or in verified mode no superuser, 3F000
/// unknown schema, 42P01 unknown table, and where there are doors those of `rls.audit()` that come from
/// settings. What a trial raises comes in its row, with the SQLSTATE. For
/// whoever is granted EXECUTE.
#[pg_extern(sql = r#"
CREATE FUNCTION rls.access_matrix(
  identities jsonb,
  schemas text[] DEFAULT NULL,
  tables regclass[] DEFAULT NULL,
  sample integer DEFAULT 1000)
RETURNS TABLE (identity text, role text, schema_name text, table_name text, command text,
  verdict text, rows_allowed bigint, rows_total bigint, sqlstate text, detail jsonb)
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
COMMENT ON FUNCTION rls.access_matrix(jsonb, text[], regclass[], integer) IS
  'what every identity may do with every table, found out by becoming it and trying; changes nothing';
"#)]
fn rls_access_matrix(
    identities: Option<JsonB>,
    schemas: Option<Vec<Option<String>>>,
    tables: Option<AnyArray>,
    sample: Option<i32>,
) -> Result<
    TableIterator<
        'static,
        (
            name!(identity, String),
            name!(role, Option<String>),
            name!(schema_name, String),
            name!(table_name, String),
            name!(command, &'static str),
            name!(verdict, &'static str),
            name!(rows_allowed, Option<i64>),
            name!(rows_total, Option<i64>),
            name!(sqlstate, Option<String>),
            name!(detail, JsonB),
        ),
    >,
    ErrorReport,
> {
    let identities = identity::read(required(identities, "identities")?.0)?;
    let sample = required(sample, "sample")?;
    if sample < 1 {
        return Err(AccessError::SampleSize.into());
    }
    let cells = matrix::run(&identities, &scope(schemas, tables)?, sample)?;
    Ok(TableIterator::new(cells.into_iter().map(|cell| {
        (
            cell.identity,
            cell.role,
            cell.schema,
            cell.table,
            cell.command.as_str(),
            cell.verdict.as_str(),
            cell.rows_allowed,
            cell.rows_total,
            cell.sqlstate,
            JsonB(Value::Object(cell.detail)),
        )
    })))
}

/// What is asked for, by the arguments of the SQL functions.
pub fn scope(
    schemas: Option<Vec<Option<String>>>,
    tables: Option<AnyArray>,
) -> Result<Scope, Error> {
    let mut found = match tables {
        Some(tables) => {
            let tables = oids(Some(tables), "tables")?;
            if tables.is_empty() {
                return Err(Error::EmptyList("tables"));
            }
            let found = table::by_oids(&tables)?;
            for oid in &tables {
                if !found.iter().any(|table| table.oid == *oid) {
                    return Err(Error::UnknownRelation(*oid));
                }
            }
            found
        }
        None => Vec::new(),
    };
    let schemas = match schemas {
        Some(names) => {
            let names = texts(Some(names), "schemas")?;
            if names.is_empty() {
                return Err(Error::EmptyList("schemas"));
            }
            let known = schema::by_names(&names)?;
            if let Some(name) =
                names.iter().find(|name| !known.iter().any(|one| one.name == **name))
            {
                return Err(Error::UnknownSchema(name.clone()));
            }
            known
        }
        None if found.is_empty() => schema::of_users()?,
        None => Vec::new(),
    };
    let schemas: Vec<_> = schemas.iter().map(|schema| schema.oid).collect();
    found.extend(table::readable_in_schemas(&schemas)?);
    found.retain(|table| !table.of_extension);
    found.sort_by(|one, two| (&one.schema, &one.name).cmp(&(&two.schema, &two.name)));
    found.dedup_by_key(|table| table.oid);
    Ok(Scope { relations: found, schemas })
}
