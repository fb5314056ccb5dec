//! `rls.team_access(...)`: a row belongs to a team, and a junction table says who is in it.

use pgrx::pg_sys::Oid;

use super::access::{self, Access};
use super::generator::{Generator, generator};
use super::membership::{Membership, Names};
use super::options::Options;
use super::target::Target;
use super::template::Template;
use crate::error::Error;

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
    fn rls_team_access,
    /// Whose rows are whose.
    struct TeamAccess {
        /// The team of a row, one column or several.
        team_column: Names,
        /// The junction.
        members: u32,
        /// Its columns of the team, in the same order.
        members_team_column: Names,
        /// Its column of the user.
        members_user_column: String,
        /// Its column of the user's role.
        members_role_column: Option<String>,
        /// The roles that may read; every member without them.
        read_roles: Option<Vec<String>>,
        /// The roles that may write; those that may read without them.
        write_roles: Option<Vec<String>>,
        /// A condition on the junction's rows.
        active_when: Option<String>,
    }
}

impl Generator for TeamAccess {
    fn template<'a>(
        &self,
        target: &'a Target,
        options: &'a Options,
    ) -> Result<Template<'a>, Error> {
        let columns = self.team_column.to_vec();
        let members_columns = self.members_team_column.to_vec();
        for (names, argument) in
            [(&columns, "team_column"), (&members_columns, "members_team_column")]
        {
            if names.is_empty() {
                return Err(Error::EmptyList(argument));
            }
        }
        let mut set = Template::new(target, "team_access", options);
        let way = Access {
            columns,
            membership: Membership {
                members: Oid::from(self.members),
                columns: members_columns,
                user: self.members_user_column.clone(),
                role: self.members_role_column.clone(),
                active_when: self.active_when.clone(),
                tree: None,
            },
            read_roles: self.read_roles.clone(),
            write_roles: self.write_roles.clone(),
        };
        access::add(&mut set, &[way])?;
        Ok(set)
    }
}
