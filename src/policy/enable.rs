//! `rls.enable(tbl, force, ...)`: row security on, and without policies nothing is let through.

use super::generator::{Generator, generator};
use super::options::Options;
use super::target::Target;
use super::template::Template;
use crate::error::Error;

generator! {
    r#"
CREATE FUNCTION rls.enable(
  tbl regclass,
  force boolean DEFAULT false,
  dry_run boolean DEFAULT false,
  standalone boolean DEFAULT false)
RETURNS TABLE (step integer, kind text, object text, action text, sql text)
LANGUAGE c VOLATILE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
COMMENT ON FUNCTION rls.enable IS
  'switches row security of a table on, with force for its owner, too; returns the steps';
"#,
    fn rls_enable,
    /// Nothing beside the options.
    struct Enable {}
}

impl Generator for Enable {
    fn template<'a>(
        &self,
        target: &'a Target,
        options: &'a Options,
    ) -> Result<Template<'a>, Error> {
        // Row security is part of every set.
        Ok(Template::new(target, "enable", options))
    }
}
