//! `rls.explain_access()`: why somebody reaches a row, or does not.

use pgrx::JsonB;
use pgrx::pg_sys::{Oid, panic::ErrorReport};
use pgrx::prelude::*;

use super::{door, explain, given, identity};
use crate::arguments::required;
use crate::catalog::{Command, Kind, table};
use crate::error::{AccessError, Error};

/// Says for one row and one identity what is asked on the way to it, in order, and what each says:
/// privileges, row security, every policy and each of its conjuncts, what the server itself does
/// with the row, and what follows in words. Nothing is changed.
///
/// `command`: select, insert, update or delete. `key`: columns and values that one row alone has;
/// for an insert the row, defaults left out. `identity`: `{"role": "...", "claims": {...}}`; NULL is
/// whoever asks now. Clauses are evaluated alone, as the role, in a read-only subtransaction that is
/// rolled back; one that raises says so with its SQLSTATE. The row is looked for as the caller. Of a
/// view it says what it reads.
///
/// Errors: 22004 NULL table, command or key; 22023 an unknown command, an identity or a key that makes
/// no sense, a key that several rows have; 42703 a column that there is not, 42883 one that cannot
/// be compared; 42P01 no such table, 42809 no table or view; 42704 no such role; 42501 a role that the
/// caller may not become, or in verified mode claims from no superuser. For whoever is granted
/// EXECUTE.
#[pg_extern(sql = r#"
CREATE FUNCTION rls.explain_access(
  tbl regclass,
  command text,
  key jsonb,
  identity jsonb DEFAULT NULL)
RETURNS TABLE (step integer, kind text, object text, clause text, expression text, answer text,
  detail text)
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
COMMENT ON FUNCTION rls.explain_access(regclass, text, jsonb, jsonb) IS
  'why an identity reaches one row, or does not: privileges, every policy, the server''s own answer; changes nothing';
"#)]
fn rls_explain_access(
    tbl: Option<Oid>,
    command: Option<&str>,
    key: Option<JsonB>,
    identity: Option<JsonB>,
) -> Result<
    TableIterator<
        'static,
        (
            name!(step, i32),
            name!(kind, &'static str),
            name!(object, String),
            name!(clause, Option<String>),
            name!(expression, Option<String>),
            name!(answer, Option<String>),
            name!(detail, Option<String>),
        ),
    >,
    ErrorReport,
> {
    let oid = required(tbl, "tbl")?;
    let command = read_command(required(command, "command")?)?;
    let key = required(key, "key")?.0;
    let relation = table::by_oid(oid)?.ok_or(Error::UnknownRelation(oid))?;
    let (identity, role) = match identity {
        Some(JsonB(document)) => identity::one(document, "identity")?,
        None => identity::present(),
    };
    let name = identity.role.as_ref().map_or("", |(_, name)| name.as_str());
    let who = (role, name);
    let steps = match relation.kind {
        Kind::Table | Kind::Partitioned => explain::run(&identity, who, &relation, command, &key)?,
        Kind::View | Kind::MaterializedView | Kind::Foreign => {
            given::read(&relation, "key", &key)?;
            door::explain(&identity, who, &relation, command)?
        }
        Kind::Other => return Err(AccessError::NotReadable(relation.qualified()).into()),
    };
    Ok(TableIterator::new((1..).zip(steps).map(|(number, step)| {
        (number, step.kind, step.object, step.clause, step.expression, step.answer, step.detail)
    })))
}

fn read_command(word: &str) -> Result<Command, Error> {
    Command::SINGLE
        .into_iter()
        .find(|command| command.as_str().eq_ignore_ascii_case(word))
        .ok_or_else(|| Error::UnknownCommand(word.to_owned()))
}
