//! `rls.assert_visible()`: an identity sees rows, or so many.

use pgrx::JsonB;
use pgrx::pg_sys::{Oid, panic::ErrorReport};
use pgrx::prelude::*;

use super::seen::{Question, Seen};
use crate::arguments::required;
use crate::error::{AccessError, Error};

/// Raises P0004 unless `identity`, `{"role": "...", "claims": {...}}`, sees a row of `tbl`, or one
/// that satisfies `predicate`, an SQL condition on the table that is evaluated as the role. Returns
/// what it sees, in words. DETAIL of the error has the evidence.
///
/// Errors: 22004 NULL identity or table, 22023 an identity of another form or a predicate that is
/// no expression, 42601 one that cannot be parsed, 42704 unknown role, 42501 a role that the caller
/// may not become, or in verified mode no superuser, 42P01 unknown table, 42809 no table or view.
/// For whoever is granted EXECUTE.
#[pg_extern(sql = r#"
CREATE FUNCTION rls.assert_visible(identity jsonb, tbl regclass, predicate text DEFAULT NULL)
RETURNS text
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
COMMENT ON FUNCTION rls.assert_visible(jsonb, regclass, text) IS
  'raises P0004 unless the identity sees a row of the table, or one that satisfies the predicate';
"#)]
fn rls_assert_visible(
    identity: Option<JsonB>,
    tbl: Option<Oid>,
    predicate: Option<&str>,
) -> Result<String, ErrorReport> {
    Ok(check(&Question::new(identity, tbl, predicate)?, None)?)
}

/// The same, where the identity has to see exactly `count` rows; 22004 for a NULL count, too.
#[pg_extern(sql = r#"
CREATE FUNCTION rls.assert_visible(identity jsonb, tbl regclass, count bigint, predicate text DEFAULT NULL)
RETURNS text
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
COMMENT ON FUNCTION rls.assert_visible(jsonb, regclass, bigint, text) IS
  'raises P0004 unless the identity sees so many rows of the table, or so many that satisfy the predicate';
"#)]
fn rls_assert_visible_count(
    identity: Option<JsonB>,
    tbl: Option<Oid>,
    count: Option<i64>,
    predicate: Option<&str>,
) -> Result<String, ErrorReport> {
    let question = Question::new(identity, tbl, predicate)?;
    Ok(check(&question, Some(required(count, "count")?))?)
}

fn check(question: &Question, wanted: Option<i64>) -> Result<String, Error> {
    let (claim, mut evidence) = match question.seen()? {
        Seen::Denied(raised) => {
            let claim = format!("{} may not read {}", question.who(), question.what());
            (claim, vec![format!("It raised {}", raised.in_words())])
        }
        Seen::Rows(seen) => {
            let claim = format!("{} sees {}", question.who(), question.rows(seen));
            if wanted.map_or(seen > 0, |wanted| wanted == seen) {
                return Ok(claim);
            }
            let claim = wanted.map(|wanted| format!("{claim}, not {wanted}")).unwrap_or(claim);
            let first = if seen > 0 { question.first(seen)? } else { None };
            (claim, first.into_iter().collect())
        }
    };
    evidence.extend(question.predicate());
    Err(AccessError::AssertionFailed {
        claim,
        evidence,
        advice: "rls.explain_access() says of one row which privileges and policies decide.",
    }
    .into())
}
