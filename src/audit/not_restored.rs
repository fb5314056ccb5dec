//! What a restore has left out: an audit of a dump says of it that it was not judged.

use serde::Deserialize;
use serde_json::{Map, json};

use super::finding::{Finding, NOT_EVALUATED};
use super::rule::Level;
use crate::error::{AuditError, Error};
use crate::settings::NOT_RESTORED;

/// An object that is missing from the database, as whoever restored it tells.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Missing {
    schema: String,
    object: String,
    kind: String,
    reason: String,
    statement: String,
}

/// One finding for each object of `rowguard.not_restored`; 22023 when that is no such list.
pub fn findings() -> Result<Vec<Finding>, Error> {
    let setting = NOT_RESTORED.get();
    let setting = setting.as_deref().map(std::ffi::CStr::to_string_lossy).unwrap_or_default();
    if setting.is_empty() {
        return Ok(Vec::new());
    }
    let missing: Vec<Missing> =
        serde_json::from_str(&setting).map_err(|_| AuditError::InvalidSetting {
            name: "rowguard.not_restored",
            value: setting.clone().into_owned(),
        })?;
    Ok(missing.into_iter().map(finding).collect())
}

fn finding(missing: Missing) -> Finding {
    let kind = match missing.kind.as_str() {
        "table" => "table",
        "view" => "view",
        "materialized view" => "materialized view",
        "function" | "procedure" | "aggregate" => "function",
        "publication" => "publication",
        _ => "object",
    };
    let detail = json!({
        "kind": missing.kind,
        "reason": missing.reason,
        "statement": missing.statement,
    });
    Finding {
        rule: NOT_EVALUATED,
        applied: NOT_EVALUATED,
        level: Level::Error,
        schema: (!missing.schema.is_empty()).then_some(missing.schema),
        object: missing.object,
        kind,
        policy: None,
        part: None,
        columns: None,
        message: format!("no rule could be evaluated: {}", missing.reason),
        detail: match detail {
            serde_json::Value::Object(detail) => detail,
            _ => Map::new(),
        },
        fix: None,
    }
}
