//! Which policy reads which table: what a picture of it is drawn from.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use pgrx::pg_sys::Oid;

use super::context::{Context, ParsedPolicy};
use super::elsewhere::World;
use super::finding::Findings;
use super::reads::Bodies;
use super::rules::policy_recursion;
use crate::catalog::Table;
use crate::error::Error;

/// Tables, and the policies by which they read each other.
#[derive(Debug, Default)]
pub struct Graph {
    /// The tables that some policy leads from or to, by schema and name.
    pub tables: Vec<Node>,
    /// What policies read, by table and policy.
    pub reads: Vec<Reading>,
}

/// A table of the graph.
#[derive(Debug)]
pub struct Node {
    /// `schema.table`, quoted where needed.
    pub name: String,
    /// Row security is on, so its policies are applied.
    pub protected: bool,
    /// Rule `policy_recursion` has found that its queries fail.
    pub fails: bool,
}

/// A policy that reads a table.
#[derive(Debug)]
pub struct Reading {
    /// The policy, unquoted.
    pub policy: String,
    /// The command that it is for.
    pub command: &'static str,
    /// Whose policy it is, a place in [`Graph::tables`].
    pub from: usize,
    /// The table that it reads.
    pub to: usize,
    /// The views and functions in whose queries it does.
    pub through: Vec<String>,
}

/// By the table read: the views and functions on the way to it.
type Targets = BTreeMap<u32, BTreeSet<String>>;

impl Graph {
    /// From the policies of the audited tables, and of what these lead to.
    pub fn read(context: &Context) -> Result<Self, Error> {
        let world = context.world()?;
        let mut found: Vec<(&ParsedPolicy, &Table, Targets)> = Vec::new();
        for policy in world.policies() {
            pgrx::check_for_interrupts!();
            let Some(table) = world.relation(policy.policy.table) else { continue };
            let targets = targets(context, world, policy)?;
            if !targets.is_empty() {
                found.push((policy, table, targets));
            }
        }
        let place = |table: &&Table| (table.schema.clone(), table.name.clone());
        found.sort_by(|one, two| {
            (place(&one.1), &one.0.policy.name).cmp(&(place(&two.1), &two.0.policy.name))
        });

        let mut tables: Vec<&Table> = found.iter().map(|(_, table, _)| *table).collect();
        let read = found.iter().flat_map(|(_, _, targets)| targets.keys());
        tables.extend(read.filter_map(|oid| world.relation(Oid::from_u32(*oid))));
        tables.sort_by_cached_key(place);
        tables.dedup_by_key(|table| table.oid);
        let places: HashMap<Oid, usize> =
            tables.iter().zip(0..).map(|(table, at)| (table.oid, at)).collect();

        let mut reads = Vec::new();
        for (policy, table, targets) in &found {
            for (oid, through) in targets {
                let (Some(from), Some(to)) =
                    (places.get(&table.oid), places.get(&Oid::from_u32(*oid)))
                else {
                    continue;
                };
                reads.push(Reading {
                    policy: policy.policy.name.clone(),
                    command: policy.policy.command.as_str(),
                    from: *from,
                    to: *to,
                    through: through.iter().cloned().collect(),
                });
            }
        }
        let failing = failing(context)?;
        let tables = tables
            .into_iter()
            .map(|table| Node {
                name: table.qualified(),
                protected: table.rls_enabled,
                fails: failing.contains(&place(&table)),
            })
            .collect();
        Ok(Self { tables, reads })
    }
}

fn targets(context: &Context, world: World<'_>, policy: &ParsedPolicy) -> Result<Targets, Error> {
    let reads = context.policy_reads(policy, Bodies::None);
    let mut scanned: Vec<(Oid, Option<String>)> =
        reads.relations().map(|relation| (relation, None)).collect();
    for function in reads.functions() {
        let name = context.function(function).map(|known| known.qualified());
        let reached = context.reads_relations(function).relations;
        scanned.extend(reached.iter().map(|reached| (reached.relation, name.clone())));
    }
    let mut found = Targets::new();
    for (scanned, function) in scanned {
        for at in world.behind(scanned, None)? {
            let relation = at.relation;
            let of_users = |table: &Table| {
                !matches!(table.schema.as_str(), "pg_catalog" | "information_schema")
            };
            if !world.relation(relation).is_some_and(of_users) {
                continue;
            }
            let through = found.entry(relation.to_u32()).or_default();
            through.extend(function.clone());
            let called = at.function.and_then(|called| context.function(called));
            through.extend(called.map(|known| known.qualified()));
            if relation != scanned {
                through.extend(world.relation(scanned).map(Table::qualified));
            }
        }
    }
    Ok(found)
}

/// Schema and name of every table whose policies lead back to it and fail.
fn failing(context: &Context) -> Result<HashSet<(String, String)>, Error> {
    let rule = &policy_recursion::RULE;
    let mut findings = Findings::new(rule);
    (rule.check)(context, &mut findings)?;
    Ok(findings
        .into_vec()
        .into_iter()
        .filter(|finding| finding.rule == rule.id)
        .filter_map(|finding| Some((finding.schema?, finding.object)))
        .collect())
}
