//! `rls.forget_memberships(...)`: takes back what `rls.register_memberships()` permitted.

use pgrx::pg_sys::{Datum, Oid};
use pgrx::prelude::*;

use super::membership_registry;
use super::target::Target;
use crate::operation::boundary::{Call, sql_function};
use crate::operation::failure::Failure;
use crate::operation::statement::Connection;
use crate::read_only;

sql_function!(rowguard_rls_forget_memberships, pg_finfo_rowguard_rls_forget_memberships, forget);

extension_sql!(
    r#"
CREATE FUNCTION rls.forget_memberships(tbl regclass, name text)
RETURNS void
LANGUAGE c VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'rowguard_rls_forget_memberships';
COMMENT ON FUNCTION rls.forget_memberships IS
  'takes back what rls.register_memberships() permitted for a set of policies; what generators and rls.revert() run';
"#,
    name = "rls_forget_memberships",
    requires = ["bootstrap"]
);

/// Forgets what was registered for the set `name` of policies on `tbl`. Policies that still ask are
/// refused from now on. Forgetting twice changes nothing.
///
/// NULL: 22004.
///
/// Who: part `migrate`, with the rights of the owner of `tbl` (42501).
///
/// Errors: 42P01 and 42809 as for the generators.
fn forget(call: &Call) -> Result<Datum, Failure> {
    let tbl: Oid = call.need(0, "tbl")?;
    let name: String = call.need(1, "name")?;
    Target::read(tbl)?;
    read_only::refuse(c"rls.forget_memberships()");
    let connection = Connection::open()?;
    membership_registry::delete(tbl, &name)?;
    connection.close()?;
    Ok(Datum::null())
}
