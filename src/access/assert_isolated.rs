//! `rls.assert_isolated()`: no row reaches two identities.

use pgrx::JsonB;
use pgrx::pg_sys::{Oid, panic::ErrorReport};
use pgrx::prelude::*;

use super::answer::{FEW, Place};
use super::identity;
use super::place_set::{self, block_of};
use super::reach::Reach;
use crate::arguments::required;
use crate::catalog::{Kind, table};
use crate::error::{AccessError, Error};

/// Raises P0004 where a row of `tbl` reaches both identities, each `{"role": "...", "claims":
/// {...}}`: where each can select, update or delete it, in whatever combination. DETAIL names the
/// first such rows, by primary key, and what either does with them. Every row is looked at. Returns
/// how many rows reach either. Warns where none reaches one of them: then nothing was kept apart.
///
/// Errors: 22004 a NULL, 22023 an identity of another form, 42704 unknown role, 42501 a role that
/// the caller may not become, or in verified mode no superuser, 42P01 unknown table, 42809 no table,
/// 53200 no memory for so many rows. For whoever is granted EXECUTE.
#[pg_extern(sql = r#"
CREATE FUNCTION rls.assert_isolated(tbl regclass, identity_a jsonb, identity_b jsonb)
RETURNS text
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
COMMENT ON FUNCTION rls.assert_isolated(regclass, jsonb, jsonb) IS
  'raises P0004 where two identities reach the same row, to select, update or delete it';
"#)]
fn rls_assert_isolated(
    tbl: Option<Oid>,
    identity_a: Option<JsonB>,
    identity_b: Option<JsonB>,
) -> Result<String, ErrorReport> {
    let oid = required(tbl, "tbl")?;
    let (one, one_role) = identity::one(required(identity_a, "identity_a")?.0, "identity_a")?;
    let (two, two_role) = identity::one(required(identity_b, "identity_b")?.0, "identity_b")?;
    let table = table::by_oid(oid)?.ok_or(Error::UnknownRelation(oid))?;
    let name = table.qualified();
    if !matches!(table.kind, Kind::Table | Kind::Partitioned) {
        return Err(Error::NotATable(name).into());
    }
    let one = Reach::find(&one, one_role, &table)?;
    let two = Reach::find(&two, two_role, &table)?;

    let (count, first) = place_set::shared(&one.sets(), &two.sets(), FEW);
    if count > 0 {
        let rows = if count == 1 { "row reaches" } else { "rows reach" };
        let mut evidence =
            first.iter().map(|row| described(*row, &one, &two)).collect::<Result<Vec<_>, _>>()?;
        let more = count.saturating_sub(evidence.len() as u64);
        if more > 0 {
            evidence.push(format!("... and {more} more"));
        }
        return Err(AccessError::AssertionFailed {
            claim: format!("{count} {rows} both identities in {name}"),
            evidence,
            advice: "rls.explain_access() says of one row and identity which policy lets it through.",
        }
        .into());
    }
    let reached = [place_set::count(&one.sets()), place_set::count(&two.sets())];
    for (argument, rows) in ["identity_a", "identity_b"].iter().zip(reached) {
        if rows == 0 {
            ereport!(
                PgLogLevel::WARNING,
                PgSqlErrorCode::ERRCODE_WARNING,
                format!("no row of {name} reaches {argument}: there was nothing to keep apart")
            );
        }
    }
    let [one, two] = reached;
    Ok(format!("no row of {name} reaches both: {one} reach identity_a, {two} identity_b"))
}

/// `(id) = (1): identity_a selects, updates; identity_b deletes`.
fn described(row: Place, one: &Reach<'_>, two: &Reach<'_>) -> Result<String, Error> {
    let key = match one.key_of(row)? {
        Some(key) => Some(key),
        None => two.key_of(row)?,
    };
    let key = key.unwrap_or_else(|| {
        let (relation, at) = row;
        let relation = table::name_of(relation).unwrap_or_default();
        format!("(tableoid, ctid) = ({relation}, ({},{}))", block_of(&at), at.ip_posid)
    });
    Ok(format!("{key}: {}; {}", one.does_with(row), two.does_with(row)))
}
