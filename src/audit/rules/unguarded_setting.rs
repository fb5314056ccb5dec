//! A policy reads a setting of the application as if it were always set.
//!
//! Why: A custom setting (its name has a dot) that was never set in a session raises an error when it
//! is read without missing_ok. Once it was set for a transaction, it reads as the empty string for
//! the rest of the session: on a connection from a pool the cast to uuid, a number, json, boolean or
//! a timestamp then fails, and every query with it. A CASE or NULLIF that takes the empty string out
//! clears it; an AND does not, because its sides come in any order. Settings of the server are always
//! set.
//!
//! Fix: NULLIF(current_setting('app.user_id', true), '')::uuid.
//!
//! Example:
//! ```sql
//! CREATE POLICY own ON notes USING (owner_id = current_setting('app.user_id')::uuid);
//! ```

use std::collections::{BTreeMap, BTreeSet};

use pgrx::pg_sys::{self, Oid};
use serde_json::json;

use crate::audit::context::{Context, ParsedPolicy};
use crate::audit::finding::Findings;
use crate::audit::rule::{Level, Rule};
use crate::catalog::{DataType, TypeKind};
use crate::error::Error;
use crate::expr::Expr;
use crate::expr::unset::{casts, readings};

/// See the head of this file.
pub const RULE: Rule = Rule {
    id: "unguarded_setting",
    level: Level::Warning,
    source: include_str!("unguarded_setting.rs"),
    check,
};

/// Scalar types of the server that refuse the empty string.
const REFUSING: [Oid; 24] = [
    pg_sys::UUIDOID,
    pg_sys::INT2OID,
    pg_sys::INT4OID,
    pg_sys::INT8OID,
    pg_sys::FLOAT4OID,
    pg_sys::FLOAT8OID,
    pg_sys::NUMERICOID,
    pg_sys::MONEYOID,
    pg_sys::OIDOID,
    pg_sys::BOOLOID,
    pg_sys::JSONOID,
    pg_sys::JSONBOID,
    pg_sys::DATEOID,
    pg_sys::TIMEOID,
    pg_sys::TIMETZOID,
    pg_sys::TIMESTAMPOID,
    pg_sys::TIMESTAMPTZOID,
    pg_sys::INTERVALOID,
    pg_sys::INETOID,
    pg_sys::CIDROID,
    pg_sys::MACADDROID,
    pg_sys::REGCLASSOID,
    pg_sys::REGROLEOID,
    pg_sys::REGTYPEOID,
];

/// What is wrong with how a policy reads one setting.
#[derive(Default)]
struct Faults {
    missing: bool,
    types: BTreeSet<u32>,
}

fn check(context: &Context, findings: &mut Findings<'_>) -> Result<(), Error> {
    let mut found: Vec<(&ParsedPolicy, BTreeMap<String, Faults>)> = Vec::new();
    for policy in &context.policies {
        let clauses = || policy.using.iter().chain(&policy.check);
        let mut faults: BTreeMap<String, Faults> = BTreeMap::new();
        let mut computed = false;
        for clause in clauses() {
            for reading in readings(context, clause) {
                match reading.name {
                    // Only settings that extensions and applications make up have a dot.
                    Some(name) if name.contains('.') => {
                        faults.entry(name).or_default().missing |= !reading.missing_ok;
                    }
                    Some(_) => {}
                    None => computed = true,
                }
            }
            for (name, faults) in &mut faults {
                faults.types.extend(casts(context, clause, name).iter().map(|oid| oid.to_u32()));
            }
        }
        if let Some(reason) = unread(context, clauses(), computed)
            && let Some(table) = context.relation(policy.policy.table)
        {
            findings.not_evaluated(table, policy, reason);
        }
        found.push((policy, faults));
    }

    let cast_to: BTreeSet<u32> = found
        .iter()
        .flat_map(|(_, faults)| faults.values())
        .flat_map(|fault| &fault.types)
        .copied()
        .collect();
    let types: BTreeMap<u32, DataType> = crate::catalog::data_type::by_oids(
        &cast_to.into_iter().map(Oid::from_u32).collect::<Vec<_>>(),
    )?
    .into_iter()
    .map(|known| (known.oid.to_u32(), known))
    .collect();
    for (policy, faults) in found {
        let Some(table) = context.relation(policy.policy.table) else { continue };
        let mut messages = Vec::new();
        let mut detail = serde_json::Map::new();
        for (name, fault) in faults {
            let refusing: Vec<&str> = fault
                .types
                .iter()
                .filter_map(|oid| types.get(oid))
                .filter(|known| refuses(known))
                .map(|known| known.name.as_str())
                .collect();
            if fault.missing {
                messages.push(format!("{name} raises an error where it was never set"));
            }
            if !refusing.is_empty() {
                messages.push(format!(
                    "{name} is cast to {} although it may be the empty string",
                    refusing.join(", ")
                ));
            }
            if fault.missing || !refusing.is_empty() {
                detail.insert(name, json!({ "missing_ok": !fault.missing, "cast_to": refusing }));
            }
        }
        if messages.is_empty() {
            continue;
        }
        let message = format!("unguarded setting: {}", messages.join("; "));
        let finding = findings.policy(Level::Warning, table, policy, message);
        finding.detail.insert("settings".to_owned(), json!(detail));
    }
    Ok(())
}

fn refuses(known: &DataType) -> bool {
    REFUSING.contains(&known.oid)
        || matches!(
            known.kind,
            TypeKind::Array | TypeKind::Enum | TypeKind::Range | TypeKind::Composite
        )
}

/// Why a policy may read settings in a way that cannot be seen.
fn unread<'a>(
    context: &Context,
    clauses: impl Iterator<Item = &'a Expr>,
    computed: bool,
) -> Option<&'static str> {
    if computed {
        return Some("it reads a setting whose name is computed");
    }
    let mut opaque = false;
    let mut unknown = false;
    for clause in clauses {
        unknown |= clause.has_unknown();
        clause.walk(0, &mut |part, _| {
            if let Expr::Function { function, .. } = part
                && let Some(known) = context.function(*function)
            {
                opaque |= !known.ours
                    && known.language != "internal"
                    && known.language != "c"
                    && known.source.to_ascii_lowercase().contains("current_setting");
            }
        });
    }
    if opaque {
        Some("a function that it calls reads settings in a body that cannot be read")
    } else if unknown {
        Some("it holds an expression that cannot be read")
    } else {
        None
    }
}
