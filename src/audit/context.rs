//! All that the rules look at, read in bulk before the first one runs.

use std::collections::{HashMap, HashSet};

use pgrx::pg_sys::Oid;

use super::exposed::Exposed;
use super::routines::{Reach, Routines};
use crate::catalog::{
    self, Collation, Command, Function, Grant, Index, Operator, OperatorFamilies, Policy, Schema,
    Table,
};
use crate::error::Error;
use crate::expr::index::{Candidate, Key};
use crate::expr::{self, ColumnRef, Expr, Source};

/// A policy with its clauses read.
#[derive(Debug)]
pub struct ParsedPolicy {
    /// Its place in [`Context::policies`].
    pub index: usize,
    /// As stored.
    pub policy: Policy,
    /// USING.
    pub using: Option<Expr>,
    /// WITH CHECK.
    pub check: Option<Expr>,
}

impl ParsedPolicy {
    /// What a new row must pass: WITH CHECK, or USING where it is absent and the command has both.
    pub fn effective_check(&self) -> Option<&Expr> {
        match self.policy.command {
            Command::All | Command::Update => self.check.as_ref().or(self.using.as_ref()),
            Command::Insert => self.check.as_ref(),
            Command::Select | Command::Delete => None,
        }
    }
}

/// What the rules look at.
pub struct Context {
    /// The tables that are audited: ordinary and partitioned, not of extensions; by schema and name.
    pub tables: Vec<Table>,
    /// Their policies, by table and name.
    pub policies: Vec<ParsedPolicy>,
    /// Who is exposed.
    pub exposed: Exposed,
    /// Names of roles.
    pub roles: HashMap<Oid, String>,
    /// Operator families and classes.
    pub families: OperatorFamilies,
    /// Collations of columns and comparisons.
    pub collations: HashMap<Oid, Collation>,
    pub(super) operators: HashMap<Oid, Operator>,
    pub(super) routines: Routines,
    pub(super) candidates: HashMap<Oid, Vec<Candidate>>,
    relations: HashMap<Oid, Table>,
    grants: HashMap<Oid, Vec<Grant>>,
}

impl Context {
    /// Reads what there is to know of the tables of these schemas.
    pub fn read(schemas: &[Schema]) -> Result<Self, Error> {
        let schema_oids: Vec<Oid> = schemas.iter().map(|schema| schema.oid).collect();
        let mut tables = catalog::table::in_schemas(&schema_oids)?;
        tables.retain(|table| !table.of_extension);
        tables.sort_by(|one, two| (&one.schema, &one.name).cmp(&(&two.schema, &two.name)));
        let table_oids: Vec<Oid> = tables.iter().map(|table| table.oid).collect();

        let mut policies = Vec::new();
        for policy in catalog::policy::of_tables(&table_oids)? {
            policies.push(ParsedPolicy {
                index: policies.len(),
                using: policy.using.as_deref().map(expr::expression).transpose()?,
                check: policy.check.as_deref().map(expr::expression).transpose()?,
                policy,
            });
        }
        let called = Used::by(&policies);
        let mut routines = Routines::read(&schema_oids, &called.functions)?;
        for policy in &mut policies {
            for clause in [&mut policy.using, &mut policy.check].into_iter().flatten() {
                *clause = routines.inlined(clause);
            }
        }
        let used = Used::by(&policies);

        let mut relations: HashMap<Oid, Table> =
            tables.iter().map(|table| (table.oid, table.clone())).collect();
        let others: Vec<Oid> =
            used.relations.iter().filter(|oid| !relations.contains_key(oid)).copied().collect();
        for table in catalog::table::by_oids(&others)? {
            relations.insert(table.oid, table);
        }

        let mut scanned: HashSet<Oid> = used.relations;
        scanned.extend(policies.iter().map(|policy| policy.policy.table));
        let mut candidates: HashMap<Oid, Vec<Candidate>> = HashMap::new();
        for index in catalog::index::of_tables(&Vec::from_iter(scanned))? {
            if index.usable {
                candidates.entry(index.table).or_default().push(candidate(&index)?);
            }
        }

        let mut collations = used.collations;
        for table in relations.values() {
            collations.extend(table.columns.iter().map(|column| column.collation));
        }
        let all_roles = catalog::role::all()?;
        let owners = tables.iter().map(|table| table.owner).collect();
        let exposed = Exposed::read(&all_roles, &catalog::role::memberships()?, &owners)?;
        let mut grants: HashMap<Oid, Vec<Grant>> = HashMap::new();
        let on_tables = catalog::grant::on_tables(&table_oids)?;
        for grant in on_tables.into_iter().chain(catalog::grant::on_schemas(&schema_oids)?) {
            grants.entry(grant.object).or_default().push(grant);
        }

        let function_oids: Vec<Oid> = routines.all().map(|function| function.oid).collect();
        for grant in catalog::grant::on_functions(&function_oids)? {
            grants.entry(grant.object).or_default().push(grant);
        }

        Ok(Self {
            exposed,
            roles: all_roles.into_iter().map(|role| (role.oid, role.name)).collect(),
            families: OperatorFamilies::read()?,
            collations: catalog::collation::by_oids(&Vec::from_iter(collations))?
                .into_iter()
                .map(|collation| (collation.oid, collation))
                .collect(),
            operators: catalog::operator::by_oids(&Vec::from_iter(used.operators))?
                .into_iter()
                .map(|operator| (operator.oid, operator))
                .collect(),
            routines,
            tables,
            policies,
            candidates,
            relations,
            grants,
        })
    }

    /// A table that is audited, or a relation that a policy reads; nothing once it is dropped.
    pub fn relation(&self, oid: Oid) -> Option<&Table> {
        self.relations.get(&oid)
    }

    /// The policies of a table.
    pub fn policies_of(&self, table: Oid) -> impl Iterator<Item = &ParsedPolicy> {
        // Read in order of their tables.
        let start =
            self.policies.partition_point(|policy| policy.policy.table.to_u32() < table.to_u32());
        self.policies[start..].iter().take_while(move |policy| policy.policy.table == table)
    }

    /// A function that a policy uses, by itself or through the bodies of others, or one of the
    /// audited schemas; nothing once it is dropped.
    pub fn function(&self, oid: Oid) -> Option<&Function> {
        self.routines.function(oid)
    }

    /// The function tells who is asking: a reader of schema auth, `current_setting`, one that reads
    /// a session's identity in its body or calls one that does, or one that the settings name.
    #[allow(dead_code, reason = "for the rules")]
    pub fn is_identity(&self, function: Oid) -> bool {
        self.routines.is_identity(function)
    }

    /// The node is where the identity comes from: a call of an identity function, CURRENT_USER or
    /// one of its like, or `current_setting` of a setting that a gateway makes.
    #[allow(dead_code, reason = "for the rules")]
    pub fn is_identity_call(&self, expr: &Expr) -> bool {
        self.routines.is_identity_call(expr)
    }

    /// The value is made of the identity and constants alone: an identity call, or what casts, JSON
    /// operators, NULLIF, COALESCE, CASE and sub-selects without FROM make of it.
    #[allow(dead_code, reason = "for the rules")]
    pub fn is_identity_value(&self, expr: &Expr) -> bool {
        self.routines.is_identity_value(expr)
    }

    /// The function's answer depends on the session: its identity, settings or connection.
    #[allow(dead_code, reason = "for the rules")]
    pub fn reads_session(&self, function: Oid) -> bool {
        self.routines.reads_session(function)
    }

    /// The relations that a function's body reaches, itself or through others, and with whose
    /// rights; says so where a body cannot be read in full.
    #[allow(dead_code, reason = "for the rules")]
    pub fn reads_relations(&self, function: Oid) -> Reach {
        self.routines.reads_relations(function)
    }

    /// The privileges granted on an audited table, its schema, or a function that is read.
    pub fn grants(&self, object: Oid) -> &[Grant] {
        self.grants.get(&object).map_or(&[], Vec::as_slice)
    }

    /// The type of an operator's left side.
    pub fn left_type(&self, operator: Oid) -> Option<Oid> {
        self.operators.get(&operator).map(|known| known.left)
    }

    /// The name of a role as policies show it.
    pub fn role_name(&self, role: Oid) -> String {
        match self.roles.get(&role) {
            _ if role == super::exposed::PUBLIC => "public".to_owned(),
            Some(name) => name.clone(),
            None => role.to_string(),
        }
    }
}

/// Ids of what the policies use.
#[derive(Default)]
struct Used {
    relations: HashSet<Oid>,
    operators: HashSet<Oid>,
    functions: HashSet<Oid>,
    collations: HashSet<Oid>,
}

impl Used {
    fn by(policies: &[ParsedPolicy]) -> Self {
        let mut used = Self::default();
        for policy in policies {
            for clause in policy.using.iter().chain(&policy.check) {
                clause.walk(0, &mut |part, _| used.note(part));
            }
        }
        used
    }

    fn note(&mut self, part: &Expr) {
        match part {
            Expr::Operator { operator, collation, .. }
            | Expr::Distinct { operator, collation, .. }
            | Expr::NullIf { operator, collation, .. }
            | Expr::OverArray { operator, collation, .. } => {
                self.operators.insert(*operator);
                self.collations.insert(*collation);
            }
            Expr::RowCompare { operators, .. } => self.operators.extend(operators),
            Expr::Function { function, .. } | Expr::Aggregate { function, .. } => {
                self.functions.insert(*function);
            }
            Expr::Inlined { function, arguments, .. } => {
                self.functions.insert(*function);
                // An argument that the body leaves out stands nowhere else.
                for argument in arguments {
                    argument.walk(0, &mut |part, _| self.note(part));
                }
            }
            Expr::SubLink { query, .. } => query.each_query(&mut |query| {
                for source in &query.sources {
                    if let Source::Relation { oid, .. } = source {
                        self.relations.insert(*oid);
                    }
                }
            }),
            _ => {}
        }
    }
}

/// An index as the search for one looks at it.
fn candidate(index: &Index) -> Result<Candidate, Error> {
    let mut expressions = index
        .expressions
        .as_deref()
        .map(expr::expressions)
        .transpose()?
        .unwrap_or_default()
        .into_iter();
    let keys = index
        .keys
        .iter()
        .map(|key| Key {
            expr: if key.column == 0 {
                expressions.next().unwrap_or(Expr::Unknown { tag: 0 })
            } else {
                Expr::Column(ColumnRef { level: 0, source: 1, attribute: key.column })
            },
            family: key.family,
            collation: key.collation,
        })
        .collect();
    let predicate = match index.predicate.as_deref().map(expr::expression).transpose()? {
        Some(Expr::And(parts)) => parts,
        Some(whole) => vec![whole],
        None => Vec::new(),
    };
    Ok(Candidate { keys, predicate })
}
