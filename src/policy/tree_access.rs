//! `rls.tree_access(...)`: a row belongs to a node of a tree, and whoever is in a node reaches all
//! below it.

use pgrx::pg_sys::Oid;

use super::access::{self, Access};
use super::generator::{Generator, generator};
use super::membership::{Membership, Tree};
use super::options::Options;
use super::target::Target;
use super::template::Template;
use crate::error::Error;

generator! {
    r#"
CREATE FUNCTION rls.tree_access(
  tbl regclass,
  node_column name,
  tree regclass,
  tree_id_column name,
  tree_parent_column name,
  members regclass,
  members_node_column name,
  members_user_column name,
  max_depth integer DEFAULT 32,
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
COMMENT ON FUNCTION rls.tree_access IS
  'policies that give each row to the members of its node and of all nodes above it; returns the steps';
"#,
    fn rls_tree_access,
    /// Whose rows are whose.
    struct TreeAccess {
        /// The node of a row.
        node_column: String,
        /// The table of nodes.
        tree: u32,
        /// Its column of the node.
        tree_id_column: String,
        /// Its column of the node above.
        tree_parent_column: String,
        /// The junction.
        members: u32,
        /// Its column of the node.
        members_node_column: String,
        /// Its column of the user.
        members_user_column: String,
        /// How many levels below a member's node are reached.
        max_depth: i32,
    }
}

impl Generator for TreeAccess {
    fn template<'a>(
        &self,
        target: &'a Target,
        options: &'a Options,
    ) -> Result<Template<'a>, Error> {
        let mut set = Template::new(target, "tree_access", options);
        let way = Access {
            columns: vec![self.node_column.clone()],
            membership: Membership {
                members: Oid::from(self.members),
                columns: vec![self.members_node_column.clone()],
                user: self.members_user_column.clone(),
                role: None,
                active_when: None,
                tree: Some(Tree {
                    table: Oid::from(self.tree),
                    id: self.tree_id_column.clone(),
                    parent: self.tree_parent_column.clone(),
                    max_depth: self.max_depth,
                }),
            },
            read_roles: None,
            write_roles: None,
        };
        access::add(&mut set, &[way])?;
        Ok(set)
    }
}
