//! `rls.team_access(...)`: a row belongs to a team, and a junction table says who is in it.

use std::ffi::CStr;

use pgrx::AnyElement;
use pgrx::pg_sys::Oid;

use super::generator::generator;
use super::junction::{self, Access};
use super::membership::Membership;
use super::plan::apply;
use super::template::Template;
use crate::arguments::{columns, name as name_argument, required, texts};

generator! {
    r#"
CREATE FUNCTION rls.team_access(
  tbl regclass,
  team_column "any",
  members regclass,
  members_team_column "any",
  members_user_column name,
  members_role_column name DEFAULT NULL,
  read_roles text[] DEFAULT NULL,
  write_roles text[] DEFAULT NULL,
  active_when text DEFAULT NULL,
  roles name[] DEFAULT '{authenticated}',
  commands text[] DEFAULT '{select,insert,update,delete}',
  restrictive boolean DEFAULT false,
  create_index boolean DEFAULT true,
  force boolean DEFAULT false,
  name text DEFAULT NULL,
  dry_run boolean DEFAULT false,
  overwrite boolean DEFAULT false,
  index_concurrently text DEFAULT NULL,
  standalone boolean DEFAULT false)
RETURNS TABLE (step integer, kind text, object text, action text, sql text)
LANGUAGE c VOLATILE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
COMMENT ON FUNCTION rls.team_access IS
  'policies that give each row to the members of its team, who are in a junction table; returns the steps';
"#,
    fn rls_team_access(
        tbl: Option<Oid>,
        team_column: Option<AnyElement>,
        members: Option<Oid>,
        members_team_column: Option<AnyElement>,
        members_user_column: Option<&CStr>,
        members_role_column: Option<&CStr>,
        read_roles: Option<Vec<Option<String>>>,
        write_roles: Option<Vec<Option<String>>>,
        active_when: Option<&str>,
    ) |options| {
        let table = required(tbl, "tbl")?;
        let members = required(members, "members")?;
        let roles = |given: Option<_>, argument| {
            given.map(|given| texts(Some(given), argument)).transpose()
        };
        let way = Access {
            columns: columns(team_column, "team_column")?,
            membership: Membership {
                members,
                columns: columns(members_team_column, "members_team_column")?,
                user: name_argument(members_user_column, "members_user_column")?,
                role: members_role_column.map(|name| name.to_string_lossy().into_owned()),
                active_when: active_when.map(str::to_owned),
                tree: None,
            },
            read_roles: roles(read_roles, "read_roles")?,
            write_roles: roles(write_roles, "write_roles")?,
        };
        apply(table, &options, |target, options| {
            let mut set = Template::new(target, "team_access", options);
            junction::add(&mut set, std::slice::from_ref(&way))?;
            Ok(set)
        })
    }
}
