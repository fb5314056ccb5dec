//! `json`: every column of `rls.audit()`, to be kept and compared by `rls.audit_diff()`.

use serde::{Deserialize, Serialize};

use super::{Entry, Report};
use crate::error::Error;

/// The document.
#[derive(Debug, Serialize, Deserialize)]
pub struct Document {
    /// Version of the extension that wrote it.
    pub rowguard: String,
    /// Ids of the rules that were applied.
    pub rules: Vec<String>,
    /// What they found.
    pub findings: Vec<Entry>,
}

pub fn render(report: &Report) -> Result<String, Error> {
    let document = Document {
        rowguard: env!("CARGO_PKG_VERSION").to_owned(),
        rules: report.rules.iter().map(|rule| rule.id.to_owned()).collect(),
        findings: report.entries.clone(),
    };
    Ok(serde_json::to_string_pretty(&document)? + "\n")
}
