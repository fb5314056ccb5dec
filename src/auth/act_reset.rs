//! `rls.act_reset()`: be the session's user again, without claims.

use pgrx::prelude::*;

use super::act_as::set_local;

// Whoever `rls.act_as` has made somebody has to be able to call this, so everybody may: it does
// what RESET ROLE and RESET request.jwt.claims do, and is refused where they are.
#[pg_extern(sql = r#"
CREATE FUNCTION rls.act_reset() RETURNS void
LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
COMMENT ON FUNCTION rls.act_reset() IS
  'undo rls.act_as: role and claims as RESET makes them, for the rest of the transaction';
"#)]
fn rls_act_reset() {
    set_local(c"role", None);
    set_local(c"request.jwt.claims", None);
}
