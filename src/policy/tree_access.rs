//! `rls.tree_access(...)`: a row belongs to a node of a tree, and whoever is in a node reaches all
//! below it.

use std::ffi::CStr;

use pgrx::pg_sys::Oid;

use super::generator::generator;
use super::junction::{self, Access};
use super::membership::{Membership, Tree};
use super::plan::apply;
use super::template::Template;
use crate::arguments::{name as name_argument, required};

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
    fn rls_tree_access(
        tbl: Option<Oid>,
        node_column: Option<&CStr>,
        tree: Option<Oid>,
        tree_id_column: Option<&CStr>,
        tree_parent_column: Option<&CStr>,
        members: Option<Oid>,
        members_node_column: Option<&CStr>,
        members_user_column: Option<&CStr>,
        max_depth: Option<i32>,
    ) |options| {
        let table = required(tbl, "tbl")?;
        let way = Access {
            columns: vec![name_argument(node_column, "node_column")?],
            membership: Membership {
                members: required(members, "members")?,
                columns: vec![name_argument(members_node_column, "members_node_column")?],
                user: name_argument(members_user_column, "members_user_column")?,
                role: None,
                active_when: None,
                tree: Some(Tree {
                    table: required(tree, "tree")?,
                    id: name_argument(tree_id_column, "tree_id_column")?,
                    parent: name_argument(tree_parent_column, "tree_parent_column")?,
                    max_depth: required(max_depth, "max_depth")?,
                }),
            },
            read_roles: None,
            write_roles: None,
        };
        apply(table, &options, |target, options| {
            let mut set = Template::new(target, "tree_access", options);
            junction::add(&mut set, std::slice::from_ref(&way))?;
            Ok(set)
        })
    }
}
