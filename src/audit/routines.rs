//! Functions: what they are, what their bodies say, and whose identity they read. Nothing is run.

use std::collections::{HashMap, HashSet};

use pgrx::pg_sys::{self, Oid};

use super::names;
use crate::catalog::{
    self, Function, Operator, OperatorFamilies, Volatility, function::FunctionKind,
};
use crate::error::{AuditError, Error};
use crate::expr::convert::{self, expressions};
use crate::expr::inline::{Bodies, Defaults};
use crate::expr::mentions::mentions;
use crate::expr::sql::names::{Names, Wanted};
use crate::expr::sql::{self, Signature, as_value};
use crate::expr::tree::{Bound, Expr, Query};
use crate::expr::truth::is_built_in;
use crate::expr::used::Used;
use crate::expr::uses::{CURRENT_SETTING, Uses, names_user, setting};
use crate::settings::IDENTITY_FUNCTIONS;

/// Ids from here on are users'; those below are the server's own.
const FIRST_USER_OID: u32 = 16384;

/// Names may lead to others, of types and columns; they never lead further than this.
const MAX_ROUNDS: usize = 16;

/// `current_user`, `session_user` and `getpgusername` as functions.
const USER_FUNCTIONS: [u32; 3] = [745, 746, 710];

/// Functions of the server that tell sessions apart, besides those that read settings.
const SESSION_FUNCTIONS: [&str; 8] = [
    "current_schema",
    "current_schemas",
    "getpgusername",
    "inet_client_addr",
    "inet_client_port",
    "pg_backend_pid",
    "pg_my_temp_schema",
    "set_config",
];

/// Functions of the server that run statements, or read relations, that they are given.
const RUN_STATEMENTS: [&str; 16] = [
    "cursor_to_xml",
    "cursor_to_xmlschema",
    "database_to_xml",
    "database_to_xml_and_xmlschema",
    "database_to_xmlschema",
    "query_to_xml",
    "query_to_xml_and_xmlschema",
    "query_to_xmlschema",
    "schema_to_xml",
    "schema_to_xml_and_xmlschema",
    "schema_to_xmlschema",
    "table_to_xml",
    "table_to_xml_and_xmlschema",
    "table_to_xmlschema",
    "ts_rewrite",
    "ts_stat",
];

/// The functions that are looked at.
#[derive(Debug, Default)]
pub struct Routines {
    functions: HashMap<Oid, Function>,
    uses: HashMap<Oid, Uses>,
    bodies: Bodies,
    listed: HashSet<Oid>,
    identity: HashSet<Oid>,
    session: HashSet<Oid>,
}

/// A relation that a function's body reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Reached {
    /// The relation.
    pub relation: Oid,
    /// The owner whose rights it is reached with, by SECURITY DEFINER; nothing for the caller's.
    pub as_owner: Option<Oid>,
}

/// What a function's body reaches.
#[derive(Debug, Clone, Default)]
pub struct Reach {
    /// The relations.
    pub relations: HashSet<Reached>,
    /// The body, or that of a function that it calls, cannot be read in full.
    pub incomplete: bool,
}

impl Routines {
    /// Those of the audited schemas, those that are used, and all that their bodies call.
    pub fn read(
        schemas: &[Oid],
        mut used: Used,
        families: &OperatorFamilies,
    ) -> Result<Self, Error> {
        let mut reader = Reader { settled: Vec::new(), names: None, default: None };
        let mut found = Self::default();
        let mut read: HashMap<Oid, Expr> = HashMap::new();
        let mut defaults: HashMap<Oid, Defaults> = HashMap::new();
        // Which function computes each operator.
        let mut computed: HashMap<Oid, Oid> = HashMap::new();
        let computed_by = |used: HashSet<Oid>| -> Result<Vec<(Oid, Oid)>, Error> {
            let known = catalog::operator::by_oids(&Vec::from_iter(used))?;
            Ok(known.into_iter().map(|operator| (operator.oid, operator.function)).collect())
        };
        computed.extend(computed_by(std::mem::take(&mut used.operators))?);
        used.functions.extend(computed.values());
        let mut wave = catalog::function::in_schemas(schemas)?;
        let known: HashSet<Oid> = wave.iter().map(|function| function.oid).collect();
        let others: Vec<Oid> = used.functions.difference(&known).copied().collect();
        wave.extend(catalog::function::by_oids(&others)?);
        while !wave.is_empty() {
            let mut next: HashSet<Oid> = HashSet::new();
            let mut users: HashMap<Oid, HashSet<Oid>> = HashMap::new();
            reader.read(&wave)?;
            for (function, value, uses) in reader.settled.drain(..) {
                next.extend(&uses.functions);
                // Casts call functions that the text does not name.
                let mut used = Used::default();
                value.iter().for_each(|value| used.by(value));
                next.extend(used.functions);
                used.operators.retain(|oid| !is_built_in(*oid));
                users.insert(function, used.operators);
                read.extend(value.map(|value| (function, value)));
                found.uses.insert(function, uses);
            }
            for function in &wave {
                let Some(known) = own_defaults(function)? else { continue };
                let mut used = Used::default();
                known.last.iter().for_each(|value| used.by(value));
                next.extend(used.functions);
                used.operators.retain(|oid| !is_built_in(*oid));
                users.entry(function.oid).or_default().extend(used.operators);
                defaults.insert(function.oid, known);
            }
            let new: HashSet<Oid> = users
                .values()
                .flatten()
                .filter(|oid| !computed.contains_key(oid))
                .copied()
                .collect();
            if !new.is_empty() {
                computed.extend(computed_by(new)?);
            }
            // What an operator calls, the function that uses it calls.
            for (function, operators) in users {
                let called = operators.iter().filter_map(|operator| computed.get(operator));
                if let Some(uses) = found.uses.get_mut(&function) {
                    uses.functions.extend(called.clone());
                }
                next.extend(called);
            }
            found.functions.extend(wave.drain(..).map(|function| (function.oid, function)));
            next.retain(|oid| !found.functions.contains_key(oid));
            wave = catalog::function::by_oids(&Vec::from_iter(next))?;
        }
        // An operator that an index could serve is looked up by what it is, not by its body.
        computed
            .retain(|operator, _| !is_built_in(*operator) && !families.is_searchable(*operator));
        found.bodies = Bodies::new(read, defaults, computed);
        found.listed = identity_functions()?;
        found.identity = found.closure(found.listed.clone(), |function, uses| {
            is_source(function)
                || uses.is_some_and(|uses| {
                    uses.user || uses.settings.iter().any(|name| is_identity_setting(name))
                })
        });
        found.session = found.closure(found.identity.clone(), |function, uses| {
            (function.schema == "pg_catalog" && SESSION_FUNCTIONS.contains(&function.name.as_str()))
                || uses.is_some_and(|uses| uses.schema || !uses.settings.is_empty())
        });
        Ok(found)
    }

    /// The functions of `known`, those of which `is_one` says so, and all that call one of them.
    fn closure(
        &self,
        known: HashSet<Oid>,
        is_one: impl Fn(&Function, Option<&Uses>) -> bool,
    ) -> HashSet<Oid> {
        let mut callers: HashMap<Oid, Vec<Oid>> = HashMap::new();
        for (function, uses) in &self.uses {
            for called in &uses.functions {
                // Which setting is read says more than that one is.
                if !CURRENT_SETTING.contains(&called.to_u32()) {
                    callers.entry(*called).or_default().push(*function);
                }
            }
        }
        let mut open: Vec<Oid> = self
            .functions
            .values()
            .filter(|function| is_one(function, self.uses.get(&function.oid)))
            .map(|function| function.oid)
            .chain(known)
            .collect();
        let mut found = HashSet::new();
        while let Some(function) = open.pop() {
            if found.insert(function) {
                open.extend(callers.get(&function).into_iter().flatten());
            }
        }
        found
    }

    /// A function; nothing for one that is gone.
    pub fn function(&self, oid: Oid) -> Option<&Function> {
        self.functions.get(&oid)
    }

    /// All of them, by id.
    pub fn functions(&self) -> &HashMap<Oid, Function> {
        &self.functions
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &Function> {
        self.functions.values()
    }

    /// The value of a function's body, with arguments as they are bound; nothing where it cannot be
    /// read.
    pub fn body(&self, function: Oid) -> Option<&Expr> {
        self.bodies.of(function)
    }

    /// The expression with the bodies of what it calls in place.
    pub fn inlined(&mut self, expr: &Expr) -> Expr {
        self.bodies.inlined(expr)
    }

    /// What a call of the function has for the arguments that it leaves out.
    pub fn left_out<'a>(&'a self, function: Oid, arguments: &'a [Expr]) -> Vec<&'a Expr> {
        self.bodies.left_out(function, arguments)
    }

    /// The SQL functions whose bodies the planner puts in place of calls, as its inline_function()
    /// asks. `operators` are those of the expressions that call them.
    pub fn planned_inline(&self, operators: &HashMap<Oid, Operator>) -> HashSet<Oid> {
        self.functions
            .values()
            .filter(|function| self.is_planned_inline(function, operators))
            .map(|function| function.oid)
            .collect()
    }

    fn is_planned_inline(&self, known: &Function, operators: &HashMap<Oid, Operator>) -> bool {
        let Some(body) = self.bodies.of(known.oid) else { return false };
        let mut plain = known.language == "sql"
            && !known.security_definer
            && !known.returns_set
            && known.settings.is_empty()
            && known.result != pg_sys::RECORDOID;
        let mut bound: HashSet<usize> = HashSet::new();
        body.walk(0, &mut |part, _| {
            let (volatility, strict) = match part {
                Expr::Function { function, .. } => {
                    self.functions.get(function).map_or((Volatility::Volatile, false), |called| {
                        (called.volatility, called.strict)
                    })
                }
                Expr::Operator { operator, .. } => match operators.get(operator) {
                    Some(called) if !called.volatile => (Volatility::Immutable, called.strict),
                    _ => (Volatility::Volatile, false),
                },
                Expr::Bound(Bound::Argument(number)) => {
                    bound.insert(*number);
                    (Volatility::Immutable, true)
                }
                Expr::Const { .. } | Expr::Cast { .. } => (Volatility::Immutable, true),
                Expr::SessionValue { .. } => (Volatility::Stable, false),
                Expr::SubLink { .. } => {
                    plain = false;
                    (Volatility::Immutable, false)
                }
                _ => (Volatility::Immutable, false),
            };
            plain &= volatility <= known.volatility && (strict || !known.strict);
        });
        plain && (!known.strict || bound.len() == known.arguments.len())
    }

    /// What a function's own body uses; nothing where there is no body to look at.
    pub fn uses(&self, function: Oid) -> Option<&Uses> {
        self.uses.get(&function)
    }

    /// Its answer can be anything: somebody's own function, and the settings do not say that it
    /// returns the identity. Calls whose body was read do not ask.
    pub fn is_opaque(&self, function: Oid) -> bool {
        function.to_u32() >= FIRST_USER_OID
            && !self.listed.contains(&function)
            && !self.functions.get(&function).is_some_and(|known| known.ours)
    }

    /// It tells who is asking.
    pub fn is_identity(&self, function: Oid) -> bool {
        self.identity.contains(&function) || is_built_in_source(function)
    }

    /// Its answer depends on the session: its identity, its settings or its connection.
    pub fn reads_session(&self, function: Oid) -> bool {
        self.session.contains(&function) || is_built_in_source(function)
    }

    /// The relations that a function's body reaches, through the functions that it calls.
    pub fn reads_relations(&self, function: Oid) -> Reach {
        let mut reach = Reach::default();
        let mut seen: HashSet<(Oid, Option<Oid>)> = HashSet::new();
        let mut open: Vec<(Oid, Option<Oid>)> = vec![(function, None)];
        while let Some((oid, caller)) = open.pop() {
            let Some(known) = self.functions.get(&oid) else {
                reach.incomplete = true;
                continue;
            };
            let as_owner = if known.security_definer { Some(known.owner) } else { caller };
            if !seen.insert((oid, as_owner)) {
                continue;
            }
            let Some(uses) = self.uses.get(&oid) else {
                // What the server and extensions bring reads no table of users, unless it runs
                // statements that it is given.
                reach.incomplete |= if oid.to_u32() < FIRST_USER_OID {
                    RUN_STATEMENTS.contains(&known.name.as_str())
                } else {
                    !known.ours && !known.of_extension
                };
                continue;
            };
            reach.incomplete |= uses.incomplete;
            for relation in &uses.relations {
                reach.relations.insert(Reached { relation: *relation, as_owner });
            }
            open.extend(uses.functions.iter().map(|called| (*called, as_owner)));
        }
        reach
    }

    /// This node is where the identity comes from: a call of an identity function, CURRENT_USER or
    /// one of its like, or `current_setting` of a setting that a gateway makes.
    pub fn is_identity_call(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Function { function, arguments, .. } => match setting(*function, arguments) {
                Some(name) => is_identity_setting(&name),
                None => self.is_identity(*function),
            },
            Expr::Inlined { function, .. } => self.is_identity(*function),
            Expr::SessionValue { which } => names_user(*which),
            _ => false,
        }
    }
}

/// What a function of users' has for arguments that calls leave out.
fn own_defaults(function: &Function) -> Result<Option<Defaults>, Error> {
    let Some(text) = function.defaults.as_deref() else { return Ok(None) };
    if function.ours || function.oid.to_u32() < FIRST_USER_OID {
        return Ok(None);
    }
    let last = expressions(text)
        .map_err(|error| error.held_by(|| format!("function {}", function.qualified())))?;
    Ok(Some(Defaults { arguments: function.arguments.len(), last }))
}

/// A function that is an identity function whatever calls it.
fn is_source(function: &Function) -> bool {
    is_built_in_source(function.oid)
        || (function.ours
            && (function.source.starts_with("rowguard_auth_")
                || ["rowguard_rls_claim_matches", "rowguard_rls_memberships"]
                    .contains(&function.source.as_str())))
}

fn is_built_in_source(function: Oid) -> bool {
    let number = function.to_u32();
    CURRENT_SETTING.contains(&number) || USER_FUNCTIONS.contains(&number)
}

/// A setting that says who is asking: one that an application makes, or the role. Of one whose name
/// is computed nothing else can be said.
fn is_identity_setting(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.is_empty() || name.contains('.') || name == "role" || name == "session_authorization"
}

/// Reads bodies, and keeps what names mean from one to the next.
struct Reader {
    settled: Vec<(Oid, Option<Expr>, Uses)>,
    names: Option<Names>,
    default: Option<Vec<Oid>>,
}

impl Reader {
    fn read(&mut self, functions: &[Function]) -> Result<(), Error> {
        let mut open: Vec<&Function> = Vec::new();
        for function in functions.iter().filter(|function| !function.ours) {
            if let Some(body) = &function.body {
                let (queries, selects) = convert::body(body).map_err(|error| {
                    error.held_by(|| format!("function {}", function.qualified()))
                })?;
                self.settled.push(of_queries(function, queries, selects));
            } else if matches!(function.language.as_str(), "sql" | "plpgsql")
                && function.oid.to_u32() >= FIRST_USER_OID
            {
                open.push(function);
            }
        }
        if open.is_empty() {
            return Ok(());
        }
        let names = match &mut self.names {
            Some(names) => names,
            none => none.insert(catalog::names::start()?),
        };
        let default = match &self.default {
            Some(path) => path.clone(),
            None => default_path(names)?,
        };
        self.default = Some(default.clone());
        for round in 0..=MAX_ROUNDS {
            let mut wanted = Wanted::default();
            let mut left = Vec::new();
            for function in open {
                pgrx::check_for_interrupts!();
                let (value, uses) = one(function, names, &default)?;
                if names.is_wanting() && round < MAX_ROUNDS {
                    left.push(function);
                } else {
                    self.settled.push((function.oid, value, uses));
                }
                wanted.add(names.take_wanted());
            }
            if left.is_empty() {
                break;
            }
            catalog::names::load(names, &wanted)?;
            open = left;
        }
        Ok(())
    }
}

/// The body of a function whose text must be read.
fn one(function: &Function, names: &Names, default: &[Oid]) -> Result<(Option<Expr>, Uses), Error> {
    let path = search_path(function, names, default);
    if function.language != "sql" {
        return Ok((None, mentioned(&function.source, names, &path)));
    }
    let signature = Signature {
        name: &function.name,
        arguments: function
            .argument_names
            .iter()
            .map(String::as_str)
            .zip(function.arguments.iter().copied())
            .collect(),
        result: function.result,
        path,
    };
    let body = sql::read(&function.source, names, &signature)?;
    let callable = function.kind == FunctionKind::Function && !function.for_triggers;
    Ok((body.value.filter(|_| callable), body.uses))
}

/// What the text of a body in another language mentions. It may read more: the text is not judged.
fn mentioned(source: &str, names: &Names, path: &[Oid]) -> Uses {
    let found = mentions(source);
    let mut uses =
        Uses { user: found.user, schema: found.schema, incomplete: true, ..Uses::default() };
    for call in found.calls {
        let schema = match &call.schema {
            None => None,
            Some(name) => match names.schemas.get(name) {
                Some(oid) => Some(*oid),
                None => continue,
            },
        };
        for callable in names.callables(schema, &call.name, path) {
            uses.functions.insert(callable.oid);
            if CURRENT_SETTING.contains(&callable.oid.to_u32()) {
                uses.settings.insert(call.literal.clone().unwrap_or_default());
            }
        }
    }
    uses
}

/// A SQL-standard body.
fn of_queries(
    function: &Function,
    mut queries: Vec<Query>,
    selects: bool,
) -> (Oid, Option<Expr>, Uses) {
    let mut uses = Uses::default();
    queries.iter().for_each(|query| uses.note_query(query));
    let callable = function.kind == FunctionKind::Function
        && !function.for_triggers
        && function.result != pg_sys::VOIDOID;
    let value = queries.pop().filter(|_| callable && selects).map(|mut query| {
        if query.targets.len() != 1 {
            query.targets = vec![Expr::Row(std::mem::take(&mut query.targets))];
        }
        as_value(query)
    });
    (function.oid, value, uses)
}

/// Where a function's names are looked up: by its own setting, or else as usual.
fn search_path(function: &Function, names: &Names, default: &[Oid]) -> Vec<Oid> {
    let own = function.settings.iter().find_map(|setting| setting.strip_prefix("search_path="));
    own.map_or_else(|| default.to_vec(), |list| listed(list, names))
}

fn listed(list: &str, names: &Names) -> Vec<Oid> {
    let mut path: Vec<Oid> = names::members(list)
        .unwrap_or_default()
        .into_iter()
        .filter_map(names::parts)
        .filter_map(|parts| match parts.as_slice() {
            // The caller's own schema and what is temporary are nobody's to rely on.
            [name] if name != "$user" && name != "pg_temp" => names.schemas.get(name).copied(),
            _ => None,
        })
        .collect();
    if let Some(system) = names.schemas.get("pg_catalog")
        && !path.contains(system)
    {
        path.insert(0, *system);
    }
    path
}

/// The search path that sessions begin with: the database's, or else the server's usual one.
fn default_path(names: &Names) -> Result<Vec<Oid>, Error> {
    let of_database = catalog::schema::database_search_path()?;
    Ok(listed(of_database.as_deref().unwrap_or("\"$user\", public"), names))
}

/// The functions that `rowguard.identity_functions` names. 42883 for one that does not exist, 22023
/// for a setting that is no list of qualified names.
fn identity_functions() -> Result<HashSet<Oid>, Error> {
    let setting = IDENTITY_FUNCTIONS.get();
    let setting = setting.as_deref().map(std::ffi::CStr::to_string_lossy).unwrap_or_default();
    let invalid = || AuditError::InvalidSetting {
        name: "rowguard.identity_functions",
        value: setting.clone().into_owned(),
    };
    let mut found = HashSet::new();
    for member in names::members(&setting).ok_or_else(invalid)? {
        let name = member.split('(').next().unwrap_or_default();
        let parts = names::parts(name).ok_or_else(invalid)?;
        let [schema, name] = parts.as_slice() else { return Err(invalid().into()) };
        let functions = if member.contains('(') {
            Vec::from_iter(catalog::function::by_signature(member)?)
        } else {
            catalog::function::by_name(schema, name)?
        };
        if functions.is_empty() {
            return Err(AuditError::UnknownIdentityFunction(member.to_owned()).into());
        }
        found.extend(functions);
    }
    Ok(found)
}
