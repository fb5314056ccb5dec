//! `rls.tenant_isolation(...)`: a floor under all other policies: nobody leaves his tenant.

use std::ffi::CStr;

use pgrx::pg_sys::Oid;

use super::generator::generator;
use super::identity;
use super::part::{DesiredIndex, DesiredPolicy};
use super::plan::apply;
use super::template::Template;
use crate::arguments::{name as name_argument, required};
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
    fn rls_tenant_isolation(
        tbl: Option<Oid>,
        tenant_column: Option<&CStr>,
        claim: Option<Vec<Option<String>>>,
    ) |options| {
        let table = required(tbl, "tbl")?;
        let column = name_argument(tenant_column, "tenant_column")?;
        let claim = identity::path(claim, "claim")?;
        let rows = format!("rows whose {} is the caller's tenant", quote::ident(&column));
        apply(table, &options, |target, options| {
            let mut set = Template::new(target, "tenant_isolation", options);
            let tenant = target.column(&column)?;
            let own = identity::claim_for(options, &claim, &target.table, tenant)?;
            let condition = format!("{} = {own}", quote::ident(&column));
            set.add(DesiredIndex { table: &target.table, columns: vec![tenant] });
            for command in &options.commands {
                set.add(DesiredPolicy::symmetric(&set, *command, &condition, &rows));
            }
            Ok(set)
        })
    }
}
