//! `rls.hierarchy_access(...)`: a row belongs to an organisation, a team in it, and so on, and
//! whoever is a member at any level reaches it.

use serde_json::Value;

use super::generator::{Generator, generator};
use super::options::Options;
use super::target::Target;
use super::template::Template;
use super::{access, levels};
use crate::error::Error;

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
LANGUAGE c VOLATILE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
COMMENT ON FUNCTION rls.hierarchy_access IS
  'policies that give each row to the members of any of its levels, each with a junction table; returns the steps';
"#,
    fn rls_hierarchy_access,
    /// Whose rows are whose.
    struct HierarchyAccess {
        /// The levels, outermost first.
        levels: Value,
    }
}

impl Generator for HierarchyAccess {
    fn template<'a>(
        &self,
        target: &'a Target,
        options: &'a Options,
    ) -> Result<Template<'a>, Error> {
        let mut set = Template::new(target, "hierarchy_access", options);
        access::add(&mut set, &levels::read(&self.levels, &target.table.schema)?)?;
        Ok(set)
    }
}
