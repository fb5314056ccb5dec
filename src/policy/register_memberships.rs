//! `rls.register_memberships(...)`: lets generated policies read memberships.

use pgrx::pg_sys::{self, Datum, Oid};
use pgrx::prelude::*;

use super::junction;
use super::membership_query;
use super::membership_registry::{self, Registration};
use super::memberships::membership;
use super::target::Target;
use crate::catalog::table;
use crate::error::Error;
use crate::operation::boundary::{Call, sql_function};
use crate::operation::failure::Failure;
use crate::operation::statement::{Connection, lock_table};
use crate::read_only;

sql_function!(
    rowguard_rls_register_memberships,
    pg_finfo_rowguard_rls_register_memberships,
    register
);

extension_sql!(
    r#"
CREATE FUNCTION rls.register_memberships(tbl regclass, name text, template text,
  members regclass, member_columns text[], user_column text, role_column text DEFAULT NULL,
  active_when text DEFAULT NULL, tree regclass DEFAULT NULL, tree_id_column text DEFAULT NULL,
  tree_parent_column text DEFAULT NULL, max_depth integer DEFAULT NULL)
RETURNS void
LANGUAGE c VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'rowguard_rls_register_memberships';
COMMENT ON FUNCTION rls.register_memberships IS
  'lets rls.memberships() read a junction table for a generated set of policies; what generators run, for the owner of both tables';
"#,
    name = "rls_register_memberships",
    requires = ["bootstrap"]
);

/// Lets `rls.memberships()` answer from `members`, with these columns and no others, for the set
/// `name` of policies on `tbl` that `template` generates. `active_when` is kept as the server prints
/// it, and asked for in these words. Registering the same twice changes nothing.
///
/// NULL: 22004 for `tbl`, `name`, `template`, `members`, `member_columns`, `user_column`, and for the
/// columns and `max_depth` of a `tree`.
///
/// Who: part `migrate`, with the rights of the owners of `tbl`, `members` and `tree` (42501).
///
/// Errors: 42P01, 42809, 42703, 42804 as for the generators, 42601 `active_when` is no single
/// expression, 55000 `members` and `tree` have two owners, 22023 an empty list or a bad `max_depth`.
fn register(call: &Call) -> Result<Datum, Failure> {
    let tbl: Oid = call.need(0, "tbl")?;
    let name: String = call.need(1, "name")?;
    let template: String = call.need(2, "template")?;
    let given = membership(call, [3, 4, 5, 6, 7, 8, 9, 10, 11])?;
    // Before and after the lock: strangers must not hold one, and the owner may change while we
    // wait for it.
    Target::read(tbl)?;
    junction::check(&given)?;
    read_only::refuse(c"rls.register_memberships()");
    // One that conflicts with itself: two sessions that register the same take turns.
    lock_table(tbl, pg_sys::ShareUpdateExclusiveLock)?;
    for relation in given.tables() {
        lock_table(relation, pg_sys::AccessShareLock)?;
    }
    Target::read(tbl)?;
    // The condition as the server prints it: whatever came in, that is one expression.
    let what = junction::check(&given)?.membership;
    let owner = table::owner_of(what.members).ok_or(Error::UnknownRelation(what.members))?;
    let new = Registration::new(tbl, name, template, owner, what);
    membership_query::check(&new)?;
    let known = membership_registry::of_members(new.membership.members)?
        .iter()
        .any(|known| known.same(&new));
    if !known {
        let connection = Connection::open()?;
        membership_registry::insert(&new)?;
        connection.close()?;
    }
    Ok(Datum::null())
}
