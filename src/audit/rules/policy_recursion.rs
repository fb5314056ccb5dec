//! Applying the policies of a table leads back to the table.
//!
//! Why: A sub-query in a policy is subject to the policies of what it reads. Where it comes back to
//! the table, and the policies for SELECT there hold a sub-query of their own, even one like
//! (SELECT auth.uid()), every query fails with 42P17; through functions, which the server does not
//! look into, it calls itself until the stack is full: 54001. Followed are sub-queries, views as far
//! as row security binds their readers, and functions, also of operators, that run as the caller or as
//! an owner whom row security binds. One finding for each table on the way round.
//!
//! Fix: Read the other table in a SECURITY DEFINER function whose owner row security does not bind,
//! or in the table itself take the sub-queries out of the policies for SELECT.
//!
//! Example:
//! ```sql
//! CREATE TABLE members (team_id uuid, user_id uuid);
//! ALTER TABLE members ENABLE ROW LEVEL SECURITY;
//! CREATE POLICY mates ON members USING (team_id IN (
//!   SELECT m.team_id FROM members m WHERE m.user_id = auth.uid()));
//! ```

use std::collections::{HashMap, HashSet, VecDeque};

use pgrx::pg_sys::Oid;
use serde_json::json;

use crate::audit::context::{Context, ParsedPolicy};
use crate::audit::elsewhere::{Behind, World};
use crate::audit::exposed::PUBLIC;
use crate::audit::finding::Findings;
use crate::audit::reads::{Bodies, Reads};
use crate::audit::rule::{Level, Rule};
use crate::catalog::{Command, Table};
use crate::error::Error;
use crate::expr::Expr;

/// See the head of this file.
pub const RULE: Rule = Rule {
    id: "policy_recursion",
    level: Level::Error,
    source: include_str!("policy_recursion.rs"),
    check,
};

fn check(context: &Context, findings: &mut Findings<'_>) -> Result<(), Error> {
    let world = context.world()?;
    let mut search = Search::new(context, world);
    let users = users(context, world);
    for table in context.protected_tables() {
        pgrx::check_for_interrupts!();
        let policies = world.policies_of(table.oid);
        if !search.leads_back(table.oid)? {
            continue;
        }
        let mut found = None;
        let mut perhaps = None;
        for user in users.iter().copied() {
            found = search.way_round(table, user, false)?;
            if found.is_some() {
                break;
            }
            if perhaps.is_none() {
                perhaps = search.way_round(table, user, true)?;
            }
        }
        if let Some(way) = found {
            report(context, findings, table, &policies, way);
        } else if let Some(way) = perhaps {
            let reason =
                "it calls a function, itself or in a view, that may lead back to the table";
            if let Some(policy) = policies.iter().find(|policy| policy.policy.oid == way.first) {
                findings.not_evaluated(table, policy, reason);
            }
        }
    }
    Ok(())
}

/// Whether a table's policies lead back to it, were row security on and whoever asked.
pub fn may_lead_back(context: &Context, table: &Table) -> Result<bool, Error> {
    Search::new(context, context.world()?).leads_back(table.oid)
}

fn report(
    context: &Context,
    findings: &mut Findings<'_>,
    table: &Table,
    policies: &[&ParsedPolicy],
    way: Way,
) {
    let state = if way.by_function { "54001" } else { "42P17" };
    let message = format!(
        "the policies lead back to the table, by {}: queries fail with {state}",
        way.stations.join(", ")
    );
    let finding = match policies.iter().find(|policy| policy.policy.oid == way.first) {
        Some(policy) => findings.policy(Level::Error, table, policy, message),
        None => findings.table(Level::Error, table, message),
    };
    finding.detail.insert("sqlstate".to_owned(), json!(state));
    finding.detail.insert("way".to_owned(), json!(way.stations));
    finding.detail.insert("for_role".to_owned(), json!(context.role_name(way.user)));
}

/// How a table comes back to itself.
struct Way {
    /// The policy that it begins with.
    first: Oid,
    /// `schema.table` and functions on the way, the table itself last.
    stations: Vec<String>,
    /// Some step is a function's query.
    by_function: bool,
    user: Oid,
}

/// Policies of one relation for SELECT, as one role comes to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Place {
    relation: Oid,
    /// With whose rights it is read.
    reader: Oid,
    /// Whose rights functions run with.
    session: Oid,
    /// Some step so far was a function's query.
    by_function: bool,
}

/// What a clause leads to.
struct Clause {
    reads: Reads,
    sub_query: bool,
}

struct Search<'a> {
    context: &'a Context,
    world: World<'a>,
    /// By policy: USING, WITH CHECK.
    clauses: HashMap<Oid, [Option<Clause>; 2]>,
    /// By function, and whether what it may read counts: relations, and as whom.
    read_by: HashMap<(Oid, bool), Vec<(Oid, Option<Oid>)>>,
    /// By relation: what its policies may read, whoever asks.
    next: HashMap<Oid, Vec<Oid>>,
}

/// A step from one place to the next, and what to say of it.
struct Step {
    to: Place,
    policy: Oid,
    function: Option<Oid>,
}

impl<'a> Search<'a> {
    fn new(context: &'a Context, world: World<'a>) -> Self {
        Self {
            context,
            world,
            clauses: HashMap::new(),
            read_by: HashMap::new(),
            next: HashMap::new(),
        }
    }

    fn clauses(&mut self, policy: &ParsedPolicy) -> &[Option<Clause>; 2] {
        let context = self.context;
        self.clauses.entry(policy.policy.oid).or_insert_with(|| {
            [&policy.using, &policy.check].map(|clause| {
                clause.as_ref().map(|clause: &Expr| {
                    let reads = context.reads(policy.policy.table, clause, Bodies::None);
                    Clause { sub_query: reads.sub_query, reads }
                })
            })
        })
    }

    /// Whether any way leads back to a table, whoever asks: for most there is none.
    fn leads_back(&mut self, table: Oid) -> Result<bool, Error> {
        let mut seen = HashSet::new();
        let mut open = vec![table];
        while let Some(relation) = open.pop() {
            for next in self.next(relation)? {
                if next == table {
                    return Ok(true);
                }
                if seen.insert(next) {
                    open.push(next);
                }
            }
        }
        Ok(false)
    }

    fn next(&mut self, relation: Oid) -> Result<Vec<Oid>, Error> {
        if let Some(known) = self.next.get(&relation) {
            return Ok(known.clone());
        }
        let mut read: HashSet<Oid> = HashSet::new();
        for policy in self.world.policies_of(relation) {
            let mut functions: Vec<Oid> = Vec::new();
            for clause in self.clauses(policy).iter().flatten() {
                read.extend(clause.reads.relations());
                functions.extend(clause.reads.functions());
            }
            for function in functions {
                read.extend(self.read_by(function, true).iter().map(|(relation, _)| *relation));
            }
        }
        let mut found: HashSet<Oid> = HashSet::new();
        for relation in read {
            found.extend(self.world.behind(relation, None)?.iter().map(|at| at.relation));
        }
        let found = Vec::from_iter(found);
        self.next.insert(relation, found.clone());
        Ok(found)
    }

    /// The server counts a policy that has a sub-query in either clause.
    fn has_sub_query(&mut self, policy: &ParsedPolicy) -> bool {
        self.clauses(policy).iter().flatten().any(|clause| clause.sub_query)
    }

    /// The clauses that are applied to a command of a reader, each as the place of its policy and
    /// whether it is USING.
    fn applied(
        &self,
        table: &Table,
        command: Command,
        reader: Oid,
    ) -> Vec<(&'a ParsedPolicy, usize)> {
        let mut found = Vec::new();
        if !table.rls_enabled || self.context.exposed.is_exempt(reader, table) {
            return found;
        }
        let policies: Vec<&ParsedPolicy> = self
            .world
            .policies_of(table.oid)
            .into_iter()
            .filter(|policy| self.context.exposed.applies(&policy.policy.roles, reader))
            .collect();
        // What is read by WHERE or RETURNING must pass the policies for SELECT, too.
        for command in [command, Command::Select] {
            let covering: Vec<&ParsedPolicy> = policies
                .iter()
                .filter(|policy| policy.policy.command.covers(command))
                .copied()
                .collect();
            let using = |policy: &&ParsedPolicy| policy.using.is_some();
            let checked = |policy: &&ParsedPolicy| policy.effective_check().is_some();
            if command != Command::Insert
                && covering.iter().any(|policy| policy.policy.permissive && using(policy))
            {
                found.extend(
                    covering.iter().filter(|policy| using(policy)).map(|policy| (*policy, 0)),
                );
            }
            if matches!(command, Command::Insert | Command::Update)
                && covering.iter().any(|policy| policy.policy.permissive && checked(policy))
            {
                found.extend(
                    covering
                        .iter()
                        .filter(|policy| checked(policy))
                        .map(|policy| (*policy, usize::from(policy.check.is_some()))),
                );
            }
            if command == Command::Select || command == Command::Insert {
                break;
            }
        }
        found
    }

    /// A way from the table's policies back to them, as one role; `perhaps` follows also what
    /// functions may read whose bodies cannot be read.
    fn way_round(&mut self, table: &Table, user: Oid, perhaps: bool) -> Result<Option<Way>, Error> {
        for command in Command::SINGLE {
            let start =
                Place { relation: table.oid, reader: user, session: user, by_function: false };
            let mut before: HashMap<Place, (Option<Place>, Step)> = HashMap::new();
            let mut open = VecDeque::new();
            for step in self.steps(start, command, perhaps)? {
                open.push_back((None, step));
            }
            let mut seen = HashSet::new();
            while let Some((from, step)) = open.pop_front() {
                let to = step.to;
                if self.is_round(table, command, start, to)? {
                    return Ok(Some(self.way(&before, from, step, user)));
                }
                if !seen.insert(to) {
                    continue;
                }
                before.insert(to, (from, step));
                for step in self.steps(to, Command::Select, perhaps)? {
                    open.push_back((Some(to), step));
                }
            }
        }
        Ok(None)
    }

    /// Coming to `to` is coming back, and fails.
    fn is_round(
        &mut self,
        table: &Table,
        command: Command,
        start: Place,
        to: Place,
    ) -> Result<bool, Error> {
        if to.relation != start.relation {
            return Ok(false);
        }
        if to.by_function {
            // The same policies again, and so for ever.
            return Ok(command == Command::Select
                && to.reader == start.reader
                && to.session == start.session);
        }
        let applied = self.applied(table, Command::Select, to.reader);
        Ok(applied.into_iter().any(|(policy, _)| self.has_sub_query(policy)))
    }

    fn steps(&mut self, at: Place, command: Command, perhaps: bool) -> Result<Vec<Step>, Error> {
        let Some(table) = self.world.relation(at.relation) else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        for (policy, side) in self.applied(table, command, at.reader) {
            let Some(clause) = &self.clauses(policy)[side] else { continue };
            let relations: Vec<Oid> = clause.reads.relations().collect();
            let functions: Vec<Oid> = clause.reads.functions().collect();
            let policy = policy.policy.oid;
            for relation in relations {
                for behind in self.world.behind(relation, Some(at.reader))? {
                    found.extend(step(at, policy, None, behind, perhaps));
                }
            }
            for function in functions {
                for (relation, reader) in self.read_by(function, perhaps) {
                    let session = reader.unwrap_or(at.session);
                    let called = Place { session, ..at };
                    for behind in self.world.behind(relation, Some(session))? {
                        found.extend(step(called, policy, Some(function), behind, perhaps));
                    }
                }
            }
        }
        Ok(found)
    }

    /// What a function reads, and as whom; nobody stands for its caller.
    fn read_by(&mut self, function: Oid, perhaps: bool) -> Vec<(Oid, Option<Oid>)> {
        let (context, world) = (self.context, self.world);
        let read = || {
            let mut found: Vec<(Oid, Option<Oid>)> = context
                .reads_relations(function)
                .relations
                .into_iter()
                .map(|reached| (reached.relation, reached.as_owner))
                .collect();
            if perhaps {
                let owner = context
                    .function(function)
                    .filter(|known| known.security_definer)
                    .map(|known| known.owner);
                let named = world.named(&world.opaque(function));
                found.extend(named.into_iter().map(|table| (table.oid, owner)));
            }
            found.sort_by_key(|(relation, owner)| (relation.to_u32(), owner.map(Oid::to_u32)));
            found
        };
        self.read_by.entry((function, perhaps)).or_insert_with(read).clone()
    }

    fn way(
        &self,
        before: &HashMap<Place, (Option<Place>, Step)>,
        from: Option<Place>,
        last: Step,
        user: Oid,
    ) -> Way {
        let name =
            |oid: Oid| self.world.relation(oid).map_or_else(|| oid.to_string(), Table::qualified);
        let mut stations = Vec::new();
        let mut first = last.policy;
        let mut station = |step: &Step| {
            stations.push(name(step.to.relation));
            if let Some(function) = step.function.and_then(|oid| self.context.function(oid)) {
                stations.push(function.qualified());
            }
        };
        station(&last);
        let mut at = from;
        while let Some((earlier, step)) = at.and_then(|place| before.get(&place)) {
            station(step);
            first = step.policy;
            at = *earlier;
        }
        stations.reverse();
        Way { first, stations, by_function: last.to.by_function, user }
    }
}

/// The step to a relation behind what is read at a place, or by the query of `function`. What a
/// function in a view reads counts only `perhaps`: it is not called for a column that nobody asks for.
fn step(
    from: Place,
    policy: Oid,
    function: Option<Oid>,
    to: Behind,
    perhaps: bool,
) -> Option<Step> {
    if to.function.is_some() && !perhaps {
        return None;
    }
    let function = to.function.or(function);
    let session = match to.function {
        // It runs as whoever calls it, or as its owner.
        Some(_) => to.reader.unwrap_or(from.session),
        None => from.session,
    };
    let to = Place {
        relation: to.relation,
        reader: to.reader.unwrap_or(session),
        session,
        by_function: from.by_function || function.is_some(),
    };
    Some(Step { to, policy, function })
}

/// One role for each way that policies apply: those that the same policies are for and that own the
/// same, as far as policies go. PUBLIC stands for a role without any rights.
fn users(context: &Context, world: World<'_>) -> Vec<Oid> {
    let mut named: Vec<Oid> =
        world.policies().flat_map(|policy| &policy.policy.roles).copied().collect();
    named.extend(world.relations().filter(|table| table.rls_enabled).map(|table| table.owner));
    named.sort_by_key(|role| role.to_u32());
    named.dedup();
    let mut roles: Vec<Oid> = context.exposed.roles.keys().copied().collect();
    roles.sort_by_key(|role| context.role_name(*role));
    let mut seen: HashSet<Vec<Oid>> = HashSet::new();
    std::iter::once(PUBLIC)
        .chain(roles)
        .filter(|role| !context.exposed.is_exempt_everywhere(*role))
        .filter(|role| {
            seen.insert(
                named
                    .iter()
                    .copied()
                    .filter(|other| {
                        *other != PUBLIC
                            && *role != PUBLIC
                            && context.exposed.has_rights_of(*role, *other)
                    })
                    .collect(),
            )
        })
        .collect()
}
