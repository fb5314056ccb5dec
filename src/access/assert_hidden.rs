//! `rls.assert_hidden()`: an identity sees no row.

use pgrx::JsonB;
use pgrx::pg_sys::{Oid, panic::ErrorReport};
use pgrx::prelude::*;

use super::seen::{Question, Seen};
use crate::error::AccessError;

/// Raises P0004 where `identity`, `{"role": "...", "claims": {...}}`, sees a row of `tbl`, or one
/// that satisfies `predicate`, an SQL condition on the table that is evaluated as the role; also
/// where a policy or the predicate raises: that is no answer. An identity without the privilege to
/// read the table sees nothing. Returns what was found, in words. DETAIL of the error has the rows.
///
/// Warns where the caller can tell that there is no row to hide. Errors: 22004 NULL identity or
/// table, 22023 an identity of another form or a predicate that is no expression, 42601 one that
/// cannot be parsed, 42704 unknown role, 42501 a role that the caller may not become, or in
/// verified mode no superuser, 42P01 unknown table, 42809 no table or view. For whoever is granted
/// EXECUTE.
#[pg_extern(sql = r#"
CREATE FUNCTION rls.assert_hidden(identity jsonb, tbl regclass, predicate text DEFAULT NULL)
RETURNS text
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
COMMENT ON FUNCTION rls.assert_hidden(jsonb, regclass, text) IS
  'raises P0004 where the identity sees a row of the table, or one that satisfies the predicate';
"#)]
fn rls_assert_hidden(
    identity: Option<JsonB>,
    tbl: Option<Oid>,
    predicate: Option<&str>,
) -> Result<String, ErrorReport> {
    let question = Question::new(identity, tbl, predicate)?;
    match question.seen()? {
        Seen::Denied(_) => Ok(format!("{} may not read {}", question.who(), question.what())),
        Seen::Rows(0) => {
            if question.known_empty()? {
                ereport!(
                    PgLogLevel::WARNING,
                    PgSqlErrorCode::ERRCODE_WARNING,
                    format!("{} has no rows: there was nothing to hide", question.what())
                );
            }
            Ok(format!("{} sees {}", question.who(), question.rows(0)))
        }
        Seen::Rows(count) => {
            let mut evidence: Vec<String> = question.first(count)?.into_iter().collect();
            evidence.extend(question.predicate());
            Err(AccessError::AssertionFailed {
                claim: format!("{} sees {}", question.who(), question.rows(count)),
                evidence,
                advice: "rls.explain_access() says of one row which policy lets it through.",
            }
            .into())
        }
    }
}
