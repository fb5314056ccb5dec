//! `rls.checklist()`: the seven questions that a review of row security begins with.

use pgrx::JsonB;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use serde_json::Value;

use super::access_matrix::{SAMPLE, scope};
use super::identity::Identity;
use super::matrix::{self, Cell, Scope};
use super::{identity, review};
use crate::audit::questions::{Answer, answers as by_rules};
use crate::error::Error;
use crate::run_as::{PRIVATE_PATH, PinnedPath};

/// Seven rows, in the order of reviews: `status` is `pass`, `fail` or `not_tested`, `evidence` what fails
/// it and what could not be tested, `findings` how much fails it.
///
/// An item that rules answer fails for a finding at level warning or worse that nobody has accepted,
/// the last one for any, and for what could not be judged. Items 4 to 6 are answered by trying access
/// as `identities`, which are those of `rls.access_matrix()`; NULL tries nobody, and they are
/// `not_tested`.
///
/// Errors: those of `rls.audit()` that come from settings, and with identities those of
/// `rls.access_matrix()`. For whoever is granted EXECUTE.
#[pg_extern(sql = r#"
CREATE FUNCTION rls.checklist(identities jsonb DEFAULT NULL)
RETURNS TABLE (item integer, title text, status text, findings integer, evidence jsonb)
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
COMMENT ON FUNCTION rls.checklist(jsonb) IS
  'the seven questions of a review of row security, with pass, fail or not_tested, and evidence';
"#)]
fn rls_checklist(
    identities: Option<JsonB>,
) -> Result<
    TableIterator<
        'static,
        (
            name!(item, i32),
            name!(title, &'static str),
            name!(status, &'static str),
            name!(findings, i32),
            name!(evidence, JsonB),
        ),
    >,
    ErrorReport,
> {
    let answers = match identities {
        None => by_rules_of_ours()?,
        Some(given) => {
            let identities = identity::read(given.0)?;
            let scope = scope(None, None)?;
            let cells = matrix::run(&identities, &scope, SAMPLE)?;
            answers(&identities, &scope, &cells, SAMPLE)?
        }
    };
    Ok(TableIterator::new(answers.into_iter().map(|answer| {
        let findings = i32::try_from(answer.findings).unwrap_or(i32::MAX);
        let evidence = JsonB(Value::Array(answer.evidence));
        (answer.item, answer.title, answer.status, findings, evidence)
    })))
}

/// All questions, those that only trying answers by what `cells` say of `identities`.
pub fn answers(
    identities: &[Identity],
    scope: &Scope,
    cells: &[Cell],
    sample: i32,
) -> Result<Vec<Answer>, Error> {
    let mut answers = by_rules_of_ours()?;
    for (item, tried) in review::run(identities, scope, cells, sample)? {
        if let Some(answer) = answers.iter_mut().find(|answer| answer.item == item) {
            answer.status = tried.status();
            answer.findings = tried.failing.len();
            answer.evidence = tried.failing.into_iter().chain(tried.untested).collect();
        }
    }
    Ok(answers)
}

/// The catalogs are read under our own path; access is tried under the caller's, which the code of
/// policies may rely on.
fn by_rules_of_ours() -> Result<Vec<Answer>, Error> {
    let _path = PinnedPath::begin(PRIVATE_PATH);
    by_rules()
}
