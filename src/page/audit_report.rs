//! `rls.audit_report()`: the findings as a document, or as a page with all there is to show.

use pgrx::JsonB;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

use super::html;
use crate::access::access_matrix::scope;
use crate::access::{checklist, identity, matrix};
use crate::arguments::required;
use crate::audit::questions;
use crate::audit::report::{Entry, HTML, Report};
use crate::audit::run::{Reported, Request};
use crate::error::{AccessError, AuditError, Error};
use crate::run_as::{PRIVATE_PATH, PinnedPath};

/// What `rls.audit()` finds, as a document in `format`: `text`, `json`, `sarif` (2.1.0), `junit`,
/// `github` (workflow commands), `tap` (14), `markdown`, or `html`. The same findings give the same
/// document, but for `html`, which says when and where it was written.
///
/// `html` is one page: summary, checklist, findings, and which policy reads which table. With
/// `identities` it shows besides what `rls.access_matrix(identities, schemas, sample => sample)`
/// finds; NULL tries nobody. The other arguments, and their errors, are those of `rls.audit()`; 22004
/// for a NULL format or sample, 22023 for an unknown format, a sample that is not positive, or
/// identities with another format than `html`, and with identities the errors of `rls.access_matrix()`. For whoever is granted EXECUTE.
#[pg_extern(sql = r#"
CREATE FUNCTION rls.audit_report(
  format text,
  identities jsonb DEFAULT NULL,
  schemas text[] DEFAULT NULL,
  rules text[] DEFAULT NULL,
  min_level text DEFAULT 'info',
  include_suppressed boolean DEFAULT false,
  sample integer DEFAULT 1000)
RETURNS text
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
COMMENT ON FUNCTION rls.audit_report(text, jsonb, text[], text[], text, boolean, integer) IS
  'the findings of rls.audit() as a document: text, json, sarif, junit, github, tap, markdown or html';
"#)]
fn rls_audit_report(
    format: Option<&str>,
    identities: Option<JsonB>,
    schemas: Option<Vec<Option<String>>>,
    rules: Option<Vec<Option<String>>>,
    min_level: Option<&str>,
    include_suppressed: Option<bool>,
    sample: Option<i32>,
) -> Result<String, ErrorReport> {
    let format = required(format, "format")?;
    let include_suppressed = required(include_suppressed, "include_suppressed")?;
    let sample = required(sample, "sample")?;
    if sample < 1 {
        return Err(AccessError::SampleSize.into());
    }
    if format != HTML {
        if identities.is_some() {
            return Err(AuditError::NotTriedIn.into());
        }
        let request = read(|| Request::new(schemas, rules, min_level))?;
        let entries = entries(&read(|| request.run())?, include_suppressed);
        let report = Report { entries, rules: request.into_rules() };
        return Ok(report.render(format)?);
    }
    // First what may be refused, then what takes time.
    let identities = identities.map(|given| identity::read(given.0)).transpose()?;
    let request = read(|| Request::new(schemas.clone(), rules, min_level))?;
    let (cells, answers) = match &identities {
        Some(identities) => {
            let scope = scope(schemas, None)?;
            let cells = matrix::run(identities, &scope, sample)?;
            let answers = checklist::answers(identities, &scope, &cells, sample)?;
            (cells, answers)
        }
        None => (Vec::new(), read(questions::answers)?),
    };
    let survey = read(|| request.survey())?;
    let entries = entries(&survey.findings, include_suppressed);
    let page = html::Page {
        database: html::Database::read()?,
        accepted: survey.findings.iter().filter(|found| found.suppressed_by.is_some()).count(),
        report: Report { entries, rules: request.into_rules() },
        survey,
        answers,
        identities: identities.as_deref(),
        cells,
    };
    Ok(page.render()?)
}

/// The catalogs are read under our own path, so that expressions are printed in full; access is tried
/// under the caller's, which the code of policies may rely on.
fn read<T>(f: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    let _path = PinnedPath::begin(PRIVATE_PATH);
    f()
}

fn entries(found: &[Reported], include_suppressed: bool) -> Vec<Entry> {
    found
        .iter()
        .filter(|reported| include_suppressed || reported.suppressed_by.is_none())
        .map(Entry::from)
        .collect()
}
