//! The statement that reads the caller's memberships: built from a registration, prepared once per
//! backend, run as the owner of the junction.

use std::cell::RefCell;
use std::ffi::CString;
use std::mem::ManuallyDrop;
use std::rc::Rc;

use pgrx::IntoDatum;
use pgrx::pg_sys::{self, Datum, Oid};

use super::membership::{Key, Membership, Tree};
use super::membership_registry::Registration;
use crate::auth;
use crate::catalog::table;
use crate::error::{Error, MembershipError};
use crate::operation::failure::Failure;
use crate::operation::row_set::RowSet;
use crate::operation::statement::{Connection, Statement, lock_table};
use crate::quote;
use crate::run_as::{PRIVATE_PATH, RunAs};

/// A prepared statement and what it was prepared for.
struct Prepared {
    membership: Membership,
    sql: String,
    statement: Rc<Statement>,
}

thread_local! {
    // Never dropped: when a backend exits, the server is no longer there to be called.
    static PREPARED: ManuallyDrop<RefCell<Vec<Prepared>>> =
        const { ManuallyDrop::new(RefCell::new(Vec::new())) };
}

/// Adds the caller's memberships to `rows`: those in one of `roles`, a text[], where it is given.
///
/// The junction is locked, found to be its owner's still, and read under its name of today; where
/// anything is not as it was registered, nothing is read.
pub fn read(
    registration: &Registration,
    roles: Option<Datum>,
    rows: &RowSet,
) -> Result<(), Failure> {
    let membership = &registration.membership;
    for relation in membership.tables() {
        lock_table(relation, pg_sys::AccessShareLock)?;
    }
    let query = check(registration)?;
    let Some(caller) = caller(query.user)? else { return Ok(()) };
    let connection = Connection::open()?;
    let owner = RunAs::begin(registration.owner, PRIVATE_PATH);
    let statement = prepared(membership, query)?;
    let found = statement.read([Some(caller), roles])?;
    // The name was looked up once more; schemas are not locked.
    if !membership.tables().into_iter().all(|relation| statement.is_on(relation)) {
        return Err(MembershipError::Replaced(membership.describe()).into());
    }
    if !rows.add(found) {
        return Err(MembershipError::Columns(membership.describe()).into());
    }
    drop(owner);
    connection.close()?;
    Ok(())
}

/// The statement for a registration, if what is registered is still there and its owner's.
pub fn check(registration: &Registration) -> Result<Query, Error> {
    for relation in registration.membership.tables() {
        let owner = table::owner_of(relation).ok_or(Error::UnknownRelation(relation))?;
        if owner != registration.owner {
            return Err(MembershipError::ChangedHands {
                table: super::membership::name_of(relation),
                registered: role_name(registration.owner),
                found: role_name(owner),
            }
            .into());
        }
    }
    Query::of(&registration.membership)
}

/// The caller, as the column of the user is compared.
fn caller(user: Key) -> Result<Option<Datum>, Error> {
    Ok(match user {
        Key::Uuid => {
            auth::uid()?.and_then(|uuid| pgrx::Uuid::from_bytes(uuid.into_bytes()).into_datum())
        }
        _ => auth::user_id()?.and_then(IntoDatum::into_datum),
    })
}

fn prepared(membership: &Membership, query: Query) -> Result<Rc<Statement>, Failure> {
    PREPARED.with(|all| {
        let known = all
            .borrow()
            .iter()
            .find(|prepared| prepared.membership == *membership && prepared.sql == query.sql)
            .map(|prepared| prepared.statement.clone());
        if let Some(statement) = known {
            return Ok(statement);
        }
        let user = if query.user == Key::Uuid { pg_sys::UUIDOID } else { pg_sys::TEXTOID };
        let statement = Rc::new(Statement::prepare(&query.sql, &[user, pg_sys::TEXTARRAYOID])?);
        let mut all = all.borrow_mut();
        all.retain(|prepared| prepared.membership != *membership);
        all.push(Prepared {
            membership: membership.clone(),
            sql: query.sql,
            statement: statement.clone(),
        });
        Ok(statement)
    })
}

/// The statement, as the tables are named today.
pub struct Query {
    sql: String,
    user: Key,
}

impl Query {
    fn of(membership: &Membership) -> Result<Self, Error> {
        let source = Source::of(membership.members)?;
        let keys = membership
            .columns
            .iter()
            .map(|name| source.key(name).map(|(column, key)| (column, name, key)))
            .collect::<Result<Vec<_>, _>>()?;
        let (user_column, user) = source.key(&membership.user)?;
        let asker = match user {
            Key::Uuid => "$1",
            Key::Text => "$1",
            Key::Bigint | Key::Integer => "$1::pg_catalog.int8",
        };
        let user_value =
            if user == Key::Text { format!("{user_column}::pg_catalog.text") } else { user_column };
        let mut condition = format!("{user_value} OPERATOR(pg_catalog.=) {asker}");
        condition.push_str(&match &membership.role {
            Some(role) => format!(
                " AND ($2 IS NULL OR {}::pg_catalog.text OPERATOR(pg_catalog.=) ANY ($2))",
                source.column(role)?
            ),
            None => " AND $2 IS NULL".to_owned(),
        });
        if let Some(text) = &membership.active_when {
            condition.push_str(&format!(" AND (\n{text}\n)"));
        }
        let from = format!("FROM {} WHERE {condition}", source.name);
        let sql = match (&membership.tree, keys.as_slice()) {
            (None, keys) => {
                let columns: Vec<String> = keys
                    .iter()
                    .map(|(column, name, key)| {
                        format!("{column}::{} AS {}", key.qualified(), quote::exact(name))
                    })
                    .collect();
                format!("SELECT {} {from}", columns.join(", "))
            }
            (Some(tree), [(column, name, key)]) => below(tree, column, name, *key, &from)?,
            (Some(_), _) => return Err(Error::Unexpected("a tree with a composite node")),
        };
        Ok(Self { sql, user })
    }
}

/// The nodes of `from` and all below them. A cycle ends with the levels.
fn below(tree: &Tree, column: &str, name: &str, key: Key, from: &str) -> Result<String, Error> {
    let nodes = Source { alias: "below".to_owned(), ..Source::of(tree.table)? };
    let (id, id_key) = nodes.key(&tree.id)?;
    let (parent, parent_key) = nodes.key(&tree.parent)?;
    let common = id_key
        .common(parent_key)
        .and_then(|below| key.common(below))
        .ok_or_else(|| MembershipError::Columns(nodes.name.clone()))?;
    Ok(format!(
        "WITH RECURSIVE reached (node, depth) AS (\
         SELECT {column}::{node}{collate}, 0 {from} \
         UNION SELECT {id}::{node}{collate}, above.depth OPERATOR(pg_catalog.+) 1 \
         FROM reached AS above \
         JOIN {nodes} AS below ON {parent} OPERATOR(pg_catalog.=) above.node \
         WHERE above.depth OPERATOR(pg_catalog.<) {depth}) \
         SELECT DISTINCT reached.node AS {name} FROM reached",
        node = common.qualified(),
        collate = common.collate(),
        nodes = nodes.name,
        depth = tree.max_depth,
        name = quote::exact(name),
    ))
}

/// A table as it stands after FROM, and its columns.
struct Source {
    oid: Oid,
    /// Qualified.
    name: String,
    /// What its columns are prefixed with; that of the table, because a condition may say it.
    alias: String,
}

impl Source {
    fn of(oid: Oid) -> Result<Self, Error> {
        let name = table::name_of(oid).ok_or(Error::UnknownRelation(oid))?;
        // SAFETY: a look-up by id; it was there a line before.
        let alias = unsafe { pg_sys::get_rel_name(oid) };
        if alias.is_null() {
            return Err(Error::UnknownRelation(oid));
        }
        // SAFETY: a terminated string of the server's.
        let alias = unsafe { std::ffi::CStr::from_ptr(alias) }.to_string_lossy().into_owned();
        Ok(Self { oid, name, alias: quote::ident(&alias) })
    }

    fn number(&self, column: &str) -> Result<i16, Error> {
        let missing =
            || Error::UnknownColumn { relation: self.name.clone(), column: column.to_owned() };
        let name = CString::new(column).map_err(|_| missing())?;
        // SAFETY: a look-up by id and name.
        match unsafe { pg_sys::get_attnum(self.oid, name.as_ptr()) } {
            number if number > 0 => Ok(number),
            _ => Err(missing()),
        }
    }

    fn column(&self, column: &str) -> Result<String, Error> {
        self.number(column)?;
        Ok(format!("{}.{}", self.alias, quote::ident(column)))
    }

    fn key(&self, column: &str) -> Result<(String, Key), Error> {
        let number = self.number(column)?;
        // SAFETY: a look-up by id and number.
        let type_oid = unsafe { pg_sys::get_atttype(self.oid, number) };
        let key = Key::of(type_oid).ok_or_else(|| MembershipError::NotAKeyColumn {
            relation: self.name.clone(),
            column: column.to_owned(),
            found: super::identity::type_name(type_oid),
        })?;
        Ok((self.column(column)?, key))
    }
}

/// The name of a role, for messages.
pub fn role_name(role: Oid) -> String {
    // SAFETY: the server returns a string of its own, or null for a role that is gone.
    unsafe {
        let name = pg_sys::GetUserNameFromId(role, true);
        if name.is_null() {
            role.to_u32().to_string()
        } else {
            std::ffi::CStr::from_ptr(name).to_string_lossy().into_owned()
        }
    }
}
