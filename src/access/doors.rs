//! Ways to rows past the tables' own front: views, partitions by themselves, and functions that run
//! as their owners. They are told with what they reach.

use std::collections::{HashMap, HashSet};

use pgrx::datum::DatumWithOid;
use pgrx::pg_sys::Oid;
use serde_json::{Map, Value, json};

use super::identity::Identity;
use super::matrix::{Cell, Command, Scope, Verdict};
use crate::audit::{Behind, Doors as Plans};
use crate::catalog::{Kind, Schema, Table, select};
use crate::error::Error;
use crate::quote;
use crate::run_as::{PRIVATE_PATH, PinnedPath};

/// The doors among some relations, and the functions of some schemas.
pub struct Doors {
    relations: HashMap<Oid, Map<String, Value>>,
    functions: Vec<Function>,
    callable: HashSet<(Oid, Oid)>,
}

/// A function that runs as its owner.
struct Function {
    oid: Oid,
    schema: String,
    /// With the types of its arguments.
    name: String,
    detail: Map<String, Value>,
}

impl Doors {
    /// Reads those that somebody of `identities` may come to. Bodies and views are read, never run.
    pub fn read(identities: &[Identity], scope: &Scope) -> Result<Self, Error> {
        let roles: HashSet<Oid> =
            identities.iter().filter_map(|one| one.role.as_ref()).map(|(role, _)| *role).collect();
        // Names and expressions are read under our own path; access is tried under the caller's.
        let _path = PinnedPath::begin(PRIVATE_PATH);
        let (found, callable) = definers(&scope.schemas, &roles)?;
        let views: Vec<&Table> = scope.relations.iter().filter(|one| is_view(one)).collect();
        let mut relations = partitions(&scope.relations)?;
        let mut functions = Vec::new();
        if !views.is_empty() || !found.is_empty() {
            let mut schemas: HashMap<Oid, &str> =
                found.iter().map(|one| (one.schema_oid, one.schema.as_str())).collect();
            schemas.extend(views.iter().map(|view| (view.schema_oid, view.schema.as_str())));
            let schemas: Vec<Schema> = schemas
                .into_iter()
                .map(|(oid, name)| Schema { oid, name: name.to_owned() })
                .collect();
            let asked: Vec<Oid> = found.iter().map(|one| one.oid).collect();
            let plans = Plans::read(&schemas, &asked)?;
            for view in views {
                pgrx::check_for_interrupts!();
                let door = if view.kind == Kind::View { "view" } else { "materialized view" };
                let stored = (view.kind != Kind::View).then_some(view.owner);
                let runs_as = stored.or_else(|| plans.view_runs_as(view));
                let detail = detail(&plans, door, runs_as, &plans.behind_view(view.oid));
                relations.insert(view.oid, detail);
            }
            for one in found {
                pgrx::check_for_interrupts!();
                let behind = plans.behind_function(one.oid);
                let detail = detail(&plans, "function", Some(one.owner), &behind);
                functions.push(Function {
                    oid: one.oid,
                    schema: one.schema,
                    name: one.name,
                    detail,
                });
            }
        }
        Ok(Self { relations, functions, callable })
    }

    /// What there is to say of a relation as a door; nothing where it is none.
    pub fn detail(&self, relation: Oid) -> Map<String, Value> {
        self.relations.get(&relation).cloned().unwrap_or_default()
    }

    /// A cell for every function that the identity may call: what its owner may do there, whoever
    /// calls it may.
    pub fn cells(&self, identity: &Identity) -> Vec<Cell> {
        let Some((role, name)) = &identity.role else { return Vec::new() };
        self.functions
            .iter()
            .filter(|function| self.callable.contains(&(*role, function.oid)))
            .map(|function| Cell {
                identity: identity.name.clone(),
                role: Some(name.clone()),
                schema: function.schema.clone(),
                table: function.name.clone(),
                command: Command::Execute,
                verdict: Verdict::All,
                rows_allowed: None,
                rows_total: None,
                sqlstate: None,
                detail: function.detail.clone(),
            })
            .collect()
    }
}

fn is_view(relation: &Table) -> bool {
    matches!(relation.kind, Kind::View | Kind::MaterializedView)
}

fn detail(plans: &Plans, door: &str, runs_as: Option<Oid>, behind: &Behind) -> Map<String, Value> {
    let reaches: Vec<Value> = behind
        .reached
        .iter()
        .map(|((relation, reader), row_security)| {
            json!({"relation": relation, "as": reader, "row_security": row_security.as_str()})
        })
        .collect();
    let mut detail = Map::from_iter([
        ("door".to_owned(), json!(door)),
        ("runs_as".to_owned(), json!(runs_as.map(|role| plans.role_name(role)))),
        ("reaches".to_owned(), json!(reaches)),
    ]);
    if runs_as.is_some_and(|role| plans.is_exempt_everywhere(role)) {
        detail.insert("bypasses_row_security".to_owned(), json!(true));
    }
    if behind.unread {
        detail.insert("beyond".to_owned(), json!("unknown"));
    }
    detail
}

/// The partitions among relations, with the table that each is one of.
fn partitions(relations: &[Table]) -> Result<HashMap<Oid, Map<String, Value>>, Error> {
    let asked: Vec<Oid> = relations.iter().map(|relation| relation.oid).collect();
    let found = select(
        "SELECT i.inhrelid, n.nspname::pg_catalog.text, p.relname::pg_catalog.text
           FROM pg_catalog.pg_inherits i
           JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.inhrelid
           JOIN pg_catalog.pg_class p ON p.oid OPERATOR(pg_catalog.=) i.inhparent
           JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) p.relnamespace
          WHERE c.relispartition AND i.inhrelid OPERATOR(pg_catalog.=) ANY ($1)",
        &[DatumWithOid::from(asked)],
        |row| {
            let parent = quote::qualified(&row.required::<String>(2)?, &row.required::<String>(3)?);
            let detail = Map::from_iter([
                ("door".to_owned(), json!("partition")),
                ("partition_of".to_owned(), json!(parent)),
            ]);
            Ok((row.required(1)?, detail))
        },
    )?;
    Ok(found.into_iter().collect())
}

/// A function as the catalogs have it.
struct Definer {
    oid: Oid,
    schema_oid: Oid,
    schema: String,
    name: String,
    owner: Oid,
}

/// The SECURITY DEFINER functions of schemas that some of the roles may call, by schema and name, and
/// which role may call which. Triggers are not called.
fn definers(
    schemas: &[Oid],
    roles: &HashSet<Oid>,
) -> Result<(Vec<Definer>, HashSet<(Oid, Oid)>), Error> {
    let found = select(
        "SELECT p.oid, n.oid, n.nspname::pg_catalog.text,
                p.proname::pg_catalog.text OPERATOR(pg_catalog.||) '('
                    OPERATOR(pg_catalog.||) pg_catalog.pg_get_function_identity_arguments(p.oid)
                    OPERATOR(pg_catalog.||) ')',
                p.proowner,
                ARRAY(SELECT r.oid FROM pg_catalog.unnest($2) r(oid)
                       WHERE pg_catalog.has_function_privilege(r.oid, p.oid, 'EXECUTE')
                         AND pg_catalog.has_schema_privilege(r.oid, n.oid, 'USAGE'))
           FROM pg_catalog.pg_proc p
           JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) p.pronamespace
          WHERE p.prosecdef AND p.pronamespace OPERATOR(pg_catalog.=) ANY ($1)
            AND p.prorettype OPERATOR(pg_catalog.<>) 'pg_catalog.trigger'::pg_catalog.regtype
            AND p.prorettype OPERATOR(pg_catalog.<>) 'pg_catalog.event_trigger'::pg_catalog.regtype
          ORDER BY n.nspname COLLATE \"C\", p.proname COLLATE \"C\", p.oid",
        &[DatumWithOid::from(schemas.to_vec()), DatumWithOid::from(Vec::from_iter(roles.clone()))],
        |row| {
            let definer = Definer {
                oid: row.required(1)?,
                schema_oid: row.required(2)?,
                schema: row.required(3)?,
                name: row.required(4)?,
                owner: row.required(5)?,
            };
            Ok((definer, row.required::<Vec<Oid>>(6)?))
        },
    )?;
    let mut functions = Vec::new();
    let mut callable = HashSet::new();
    for (definer, callers) in found {
        if callers.is_empty() {
            continue;
        }
        callable.extend(callers.into_iter().map(|role| (role, definer.oid)));
        functions.push(definer);
    }
    Ok((functions, callable))
}
