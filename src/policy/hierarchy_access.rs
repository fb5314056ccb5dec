//! `rls.hierarchy_access(...)`: a row belongs to an organisation, a team in it, and so on, and
//! whoever is a member at any level reaches it.

use pgrx::JsonB;
use pgrx::pg_sys::Oid;

use super::generator::generator;
use super::junction;
use super::levels;
use super::plan::apply;
use super::template::Template;
use crate::arguments::required;
use crate::run_as::{PRIVATE_PATH, PinnedPath};

generator! {
    r#"
CREATE FUNCTION rls.hierarchy_access(
  tbl regclass,
  levels jsonb,
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
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
COMMENT ON FUNCTION rls.hierarchy_access IS
  'policies that give each row to the members of any of its levels, each with a junction table; returns the steps';
"#,
    fn rls_hierarchy_access(
        tbl: Option<Oid>,
        levels: Option<JsonB>,
    ) |options| {
        let table = required(tbl, "tbl")?;
        // Tables in the document are found by the caller's search path, like those in arguments;
        // everything after that by none.
        let ways = levels::read(required(levels, "levels")?.0)?;
        let _path = PinnedPath::begin(PRIVATE_PATH);
        apply(table, &options, |target, options| {
            let mut set = Template::new(target, "hierarchy_access", options);
            junction::add(&mut set, &ways)?;
            Ok(set)
        })
    }
}
