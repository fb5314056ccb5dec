//! A policy for writing relies on another table that the same callers may change.
//!
//! Why: The sub-query sees the other table as it was when the statement began. A change that another
//! transaction has not committed yet is not seen, and the row is written by the old state: a member
//! who is being removed still writes. Only where an exposed role may change the other table; reading
//! it in a function changes nothing.
//!
//! Fix: Lock the row that is relied on before writing, or accept the finding where the old state does
//! no harm.
//!
//! Example:
//! ```sql
//! CREATE TABLE members (team_id uuid, user_id uuid);
//! GRANT DELETE ON members TO authenticated;
//! CREATE POLICY team ON notes FOR INSERT WITH CHECK (EXISTS (
//!   SELECT FROM members m WHERE m.team_id = notes.team_id AND m.user_id = auth.uid()));
//! ```

use std::collections::{BTreeMap, BTreeSet, HashMap};

use pgrx::pg_sys::Oid;
use serde_json::json;

use crate::audit::context::{Context, ParsedPolicy};
use crate::audit::elsewhere::World;
use crate::audit::finding::Findings;
use crate::audit::reads::Bodies;
use crate::audit::rule::{Level, Rule};
use crate::catalog::{Command, Kind, Privilege, Table};
use crate::error::Error;

/// See the head of this file.
pub const RULE: Rule = Rule {
    id: "race_prone_subquery",
    level: Level::Info,
    source: include_str!("race_prone_subquery.rs"),
    check,
};

/// What changes rows.
const WRITES: [Command; 3] = [Command::Insert, Command::Update, Command::Delete];

fn check(context: &Context, findings: &mut Findings<'_>) -> Result<(), Error> {
    let world = context.world()?;
    let mut changed: HashMap<Oid, Vec<String>> = HashMap::new();
    let mut changers = |read: &Table| {
        changed.entry(read.oid).or_insert_with(|| changers(context, world, read)).clone()
    };
    for policy in context.policies.iter().filter(|policy| writes(policy)) {
        pgrx::check_for_interrupts!();
        let Some(table) = context.relation(policy.policy.table) else { continue };
        let reads = context.policy_reads(policy, Bodies::All);
        let mut read: BTreeSet<u32> = BTreeSet::new();
        for oid in reads.relations() {
            read.extend(world.behind(oid, None)?.iter().map(|at| at.relation.to_u32()));
        }
        for function in reads.functions() {
            for reached in context.reads_relations(function).relations {
                let behind = world.behind(reached.relation, None)?;
                read.extend(behind.iter().map(|at| at.relation.to_u32()));
            }
        }
        read.remove(&table.oid.to_u32());
        let changing: BTreeMap<String, Vec<String>> = read
            .into_iter()
            .filter_map(|oid| world.relation(Oid::from_u32(oid)))
            .map(|read| (read.qualified(), changers(read)))
            .filter(|(_, roles)| !roles.is_empty())
            .collect();
        if changing.is_empty() {
            let perhaps = reads.functions().any(|function| {
                let named = world.named(&world.opaque(function));
                named.into_iter().any(|read| read.oid != table.oid && !changers(read).is_empty())
            });
            if perhaps {
                let reason = "it calls a function whose body cannot be read and may read a table \
                              that exposed roles may change";
                findings.not_evaluated(table, policy, reason);
            }
            continue;
        }
        let words: Vec<String> = changing
            .iter()
            .map(|(read, roles)| format!("{read}, which {} may change", roles.join(", ")))
            .collect();
        let message = format!(
            "rows are written by the state of {}: a change that is not committed yet is not seen",
            words.join("; ")
        );
        let finding = findings.policy(Level::Info, table, policy, message);
        finding.detail.insert("changed_by".to_owned(), json!(changing));
    }
    Ok(())
}

fn writes(policy: &ParsedPolicy) -> bool {
    policy.policy.command != Command::Select
}

/// The exposed roles that may change rows of a table: by privilege, and by its policies.
fn changers(context: &Context, world: World<'_>, read: &Table) -> Vec<String> {
    if !matches!(read.kind, Kind::Table | Kind::Partitioned | Kind::Foreign) {
        return Vec::new();
    }
    let policies = world.policies_of(read.oid);
    let gates = WRITES.map(|command| (command, context.gate(&policies, read, command)));
    let may = |role: Oid| {
        gates.iter().any(|(command, gate)| {
            context.holds(role, world.grants(read.oid), Privilege::for_command(*command))
                && (!read.rls_enabled
                    || context.exposed.is_exempt(role, read)
                    || gate.admits(context, role))
        })
    };
    context
        .exposed
        .identities
        .iter()
        .filter(|identity| {
            let mut acting = context.exposed.roles.keys().filter(|role| identity.holds(**role));
            may(identity.role) || acting.any(|role| may(*role))
        })
        .map(|identity| identity.name.clone())
        .collect()
}
