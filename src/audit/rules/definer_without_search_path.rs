//! A SECURITY DEFINER function leaves it to others what its names mean.
//!
//! Why: The function runs with its owner's rights. Names in it are looked up along search_path: of
//! the caller, where the function sets none; in schemas where others may create objects, where its
//! own holds one; and in the caller's temporary schema before all others, unless pg_temp stands at
//! the end. Whoever puts a table, function or operator there runs as the owner.
//!
//! Fix: Set a search_path of trusted schemas that ends in pg_temp.
//!
//! Example:
//! ```sql
//! CREATE FUNCTION note_count() RETURNS bigint LANGUAGE sql SECURITY DEFINER
//!   SET search_path = public AS 'SELECT count(*) FROM notes';
//! ```

use std::collections::{BTreeSet, HashMap};

use pgrx::pg_sys::Oid;
use serde_json::json;

use crate::audit::context::Context;
use crate::audit::exposed::PUBLIC;
use crate::audit::finding::Findings;
use crate::audit::names;
use crate::audit::rule::{Level, Rule};
use crate::catalog::{self, Function, Grant, Privilege};
use crate::error::Error;
use crate::quote;

/// See the head of this file.
pub const RULE: Rule = Rule {
    id: "definer_without_search_path",
    level: Level::Error,
    source: include_str!("definer_without_search_path.rs"),
    check,
};

fn check(context: &Context, findings: &mut Findings<'_>) -> Result<(), Error> {
    let definers: Vec<&Function> =
        context.audited_functions().filter(|function| function.security_definer).collect();
    if definers.is_empty() {
        return Ok(());
    }
    let places = Places::read(context, &definers)?;
    for function in definers {
        let set = search_path(function);
        let path = set.map(path);
        let (message, trusted) = match &path {
            None => {
                let own = vec![function.schema.clone()];
                ("it has no search_path of its own: the caller's decides what its names mean", own)
            }
            // What cannot be read is not trusted.
            Some(None) => ("its search_path cannot be read", Vec::new()),
            Some(Some(path)) => {
                let at = path.iter().position(|name| name == "pg_temp");
                let open = path.iter().any(|name| places.is_open(context, function.owner, name));
                let message = if path.is_empty() {
                    continue;
                } else if open {
                    "its search_path holds a schema where others may create objects"
                } else if at.is_none() {
                    "its search_path leaves pg_temp out, so the caller's temporary schema comes \
                     first"
                } else if at.is_some_and(|at| at + 1 < path.len()) {
                    "its search_path holds pg_temp before other schemas: the caller's temporary \
                     objects come first"
                } else {
                    continue;
                };
                (message, path.clone())
            }
        };
        let finding = findings.function(Level::Error, function, message.to_owned());
        finding.detail.insert("search_path".to_owned(), json!(set));
        finding.detail.insert("owner".to_owned(), json!(context.role_name(function.owner)));
        finding.fix = Some(fix(context, &places, function, trusted));
    }
    Ok(())
}

/// The function's own setting, as `pg_proc` holds it.
fn search_path(function: &Function) -> Option<&str> {
    function.settings.iter().find_map(|setting| setting.strip_prefix("search_path="))
}

/// The schemas of a stored search_path; an empty name stands for none.
fn path(setting: &str) -> Option<Vec<String>> {
    let mut found = Vec::new();
    for member in names::members(setting)? {
        if member == "\"\"" {
            continue;
        }
        match names::parts(member)?.as_slice() {
            [name] => found.push(name.clone()),
            _ => return None,
        }
    }
    Some(found)
}

fn fix(context: &Context, places: &Places, function: &Function, path: Vec<String>) -> String {
    let mut kept: Vec<String> = Vec::new();
    for name in path {
        let trusted = name != "pg_temp"
            && places.exists(context, function.owner, &name)
            && !places.is_open(context, function.owner, &name);
        if trusted && !kept.contains(&name) {
            kept.push(name);
        }
    }
    if !kept.iter().any(|name| name == "pg_catalog") {
        kept.insert(0, "pg_catalog".to_owned());
    }
    kept.push("pg_temp".to_owned());
    let kept: Vec<String> = kept.iter().map(|name| quote::ident(name)).collect();
    format!("ALTER {} SET search_path = {};", function.as_object(), kept.join(", "))
}

/// Where the names on search paths lead, and who may create there.
struct Places {
    schemas: HashMap<String, Vec<Grant>>,
    database: Vec<Grant>,
}

impl Places {
    fn read(context: &Context, definers: &[&Function]) -> Result<Self, Error> {
        let mut named: BTreeSet<String> = BTreeSet::new();
        for function in definers {
            named.insert(function.schema.clone());
            for name in search_path(function).and_then(path).into_iter().flatten() {
                named.insert(meant(context, function.owner, &name));
            }
        }
        let schemas = catalog::schema::by_names(&Vec::from_iter(named))?;
        let oids: Vec<Oid> = schemas.iter().map(|schema| schema.oid).collect();
        let mut found: HashMap<String, Vec<Grant>> = HashMap::new();
        let mut grants: HashMap<Oid, Vec<Grant>> = HashMap::new();
        for grant in catalog::grant::on_schemas(&oids)? {
            grants.entry(grant.object).or_default().push(grant);
        }
        for schema in schemas {
            found.insert(schema.name, grants.remove(&schema.oid).unwrap_or_default());
        }
        Ok(Self { schemas: found, database: catalog::grant::on_database()? })
    }

    fn exists(&self, context: &Context, owner: Oid, name: &str) -> bool {
        self.schemas.contains_key(&meant(context, owner, name))
    }

    /// Somebody else than the owner, who is no superuser, may create objects in the schema, or the
    /// schema itself where there is none yet.
    fn is_open(&self, context: &Context, owner: Oid, name: &str) -> bool {
        if name == "pg_temp" {
            return false;
        }
        let grants = self.schemas.get(&meant(context, owner, name)).unwrap_or(&self.database);
        grants
            .iter()
            .filter(|grant| grant.privilege == Privilege::Create)
            .any(|grant| is_another(context, owner, grant.grantee))
    }
}

/// A name on the owner's search_path as the name of a schema.
fn meant(context: &Context, owner: Oid, name: &str) -> String {
    if name == "$user" { context.role_name(owner) } else { name.to_owned() }
}

/// Somebody who is neither the owner nor a superuser has the rights of `grantee`.
fn is_another(context: &Context, owner: Oid, grantee: Oid) -> bool {
    let roles = &context.exposed.roles;
    let counts =
        |role: Oid| role != owner && roles.get(&role).is_some_and(|known| !known.superuser);
    if grantee == PUBLIC {
        return true;
    }
    // pg_database_owner is nobody but the owner of the database.
    let itself = roles.get(&grantee).is_some_and(|role| role.name != "pg_database_owner");
    (itself && counts(grantee))
        || context
            .exposed
            .memberships
            .iter()
            .any(|member| member.role == grantee && counts(member.member) && grantee != owner)
}

#[cfg(test)]
mod tests {
    use super::path;

    #[test]
    fn paths_are_read_as_the_server_stores_them() {
        let is = |setting, wanted: &[&str]| {
            assert_eq!(path(setting), Some(wanted.iter().map(|name| (*name).to_owned()).collect()));
        };
        is("\"\"", &[]);
        is("pg_catalog, pg_temp", &["pg_catalog", "pg_temp"]);
        is("\"$user\", public", &["$user", "public"]);
        is("\"app, pg_temp\"", &["app, pg_temp"]);
        is("\"A\"\"b\",pg_temp", &["A\"b", "pg_temp"]);
        assert_eq!(path("a,,b"), None);
    }
}
