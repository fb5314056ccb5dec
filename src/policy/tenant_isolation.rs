//! `rls.tenant_isolation(...)`: a floor under all other policies: nobody leaves his tenant.

use super::generator::{Generator, generator};
use super::identity;
use super::options::Options;
use super::part::{DesiredIndex, DesiredPolicy};
use super::target::Target;
use super::template::Template;
use crate::error::Error;
use crate::quote;

generator! {
    r#"
CREATE FUNCTION rls.tenant_isolation(
  tbl regclass,
  tenant_column name DEFAULT 'tenant_id',
  claim text[] DEFAULT '{app_metadata,tenant_id}',
  roles name[] DEFAULT '{authenticated}',
  commands text[] DEFAULT '{select,insert,update,delete}',
  restrictive boolean DEFAULT true,
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
COMMENT ON FUNCTION rls.tenant_isolation IS
  'restrictive policies that keep callers to the rows of the tenant in their claim; returns the steps';
"#,
    fn rls_tenant_isolation,
    /// Which rows are which tenant's.
    struct TenantIsolation {
        /// The column of the row's tenant.
        tenant_column: String,
        /// The path of the claim that holds the caller's.
        claim: Vec<String>,
    }
}

impl Generator for TenantIsolation {
    fn template<'a>(
        &self,
        target: &'a Target,
        options: &'a Options,
    ) -> Result<Template<'a>, Error> {
        let claim = identity::path(&self.claim, "claim")?;
        let column = quote::ident(&self.tenant_column);
        let rows = format!("rows whose {column} is the caller's tenant");
        let mut set = Template::new(target, "tenant_isolation", options);
        let tenant = target.column(&self.tenant_column)?;
        let own = identity::claim_for(options, claim, &target.table, tenant)?;
        let condition = format!("{column} = {own}");
        set.add(DesiredIndex { table: &target.table, columns: vec![tenant] });
        for command in &options.commands {
            set.add(DesiredPolicy::symmetric(&set, *command, &condition, &rows));
        }
        Ok(set)
    }
}
