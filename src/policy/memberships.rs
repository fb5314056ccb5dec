//! `rls.memberships(...)`: what the caller is a member of, for policies.

use pgrx::pg_sys::{Datum, Oid};
use pgrx::prelude::*;

use super::membership::{Membership, Tree};
use super::{membership_query, membership_registry};
use crate::arguments::texts;
use crate::catalog::table;
use crate::error::{Error, MembershipError};
use crate::operation::boundary::{Call, sql_function};
use crate::operation::failure::Failure;
use crate::operation::row_set::RowSet;

sql_function!(rowguard_rls_memberships, pg_finfo_rowguard_rls_memberships, memberships);

extension_sql!(
    r#"
CREATE FUNCTION rls.memberships(members regclass, member_columns text[], user_column text,
  role_column text DEFAULT NULL, roles text[] DEFAULT NULL, active_when text DEFAULT NULL,
  tree regclass DEFAULT NULL, tree_id_column text DEFAULT NULL, tree_parent_column text DEFAULT NULL,
  max_depth integer DEFAULT NULL)
RETURNS SETOF record
LANGUAGE c STABLE PARALLEL SAFE ROWS 10
AS 'MODULE_PATHNAME', 'rowguard_rls_memberships';
COMMENT ON FUNCTION rls.memberships IS
  'what the caller is a member of, by a junction table that its owner registered; what generated policies ask';
"#,
    name = "rls_memberships",
    requires = ["bootstrap"]
);

/// The values of `member_columns` in the rows of `members` whose `user_column` is the caller: of
/// those, the rows whose `role_column` is one of `roles` and where `active_when` holds; with `tree`,
/// also the nodes below. Serves only what `rls.register_memberships()` was told, word for word, and
/// reads it as the owner of `members`, past row security: the caller needs no right on it, and
/// policies on it cannot lead back here. Nobody, without an identity.
///
/// NULL: 22004 for `members`, `member_columns` and `user_column`.
///
/// Who: anybody, about himself.
///
/// Errors: 42P01 no such table, 55000 not registered, or another owner since, 42703 and 42804 a
/// column that is gone or of another type, or other columns than the call asks for, 40001 the table
/// was replaced meanwhile, 0A000 no column definition list, and what the identity raises.
fn memberships(call: &Call) -> Result<Datum, Failure> {
    let asked = membership(call, [0, 1, 2, 3, 5, 6, 7, 8, 9])?;
    let roles = call.datum(4);
    if roles.is_some() && asked.role.is_none() {
        return Err(MembershipError::RolesWithoutColumn.into());
    }
    let owner = table::owner_of(asked.members).ok_or(Error::UnknownRelation(asked.members))?;
    let registration = membership_registry::of_members(asked.members)?
        .into_iter()
        .filter(|registration| registration.membership == asked)
        // Another set may still be registered by an owner from before.
        .max_by_key(|registration| registration.owner == owner)
        .ok_or_else(|| MembershipError::NotRegistered(asked.describe()))?;
    let rows = RowSet::begin(call)?;
    membership_query::read(&registration, roles, &rows)?;
    Ok(Datum::null())
}

/// What a call says of a membership, in the arguments at these places: `members`, `member_columns`,
/// `user_column`, `role_column`, `active_when`, `tree`, `tree_id_column`, `tree_parent_column` and
/// `max_depth`.
pub fn membership(call: &Call, places: [usize; 9]) -> Result<Membership, Error> {
    let [members, columns, user, role, active_when, tree, id, parent, max_depth] = places;
    let tree = match call.get::<Oid>(tree) {
        None => None,
        Some(table) => Some(Tree {
            table,
            id: call.need(id, "tree_id_column")?,
            parent: call.need(parent, "tree_parent_column")?,
            max_depth: call.need(max_depth, "max_depth")?,
        }),
    };
    Ok(Membership {
        members: call.need(members, "members")?,
        columns: texts(call.get::<Vec<Option<String>>>(columns), "member_columns")?,
        user: call.need(user, "user_column")?,
        role: call.get(role),
        active_when: call.get(active_when),
        tree,
    })
}
