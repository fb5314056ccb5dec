//! `auth.logout()`: forgets the token.

use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

use super::login::{set_token, verified_mode};

/// Forgets the session's token, in this transaction and after it: also one that was set for the
/// session.
///
/// Anybody may call it. 55000 in gateway mode, where the identity is the gateway's to end.
#[pg_extern(sql = r#"
CREATE FUNCTION auth.logout() RETURNS void
LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
COMMENT ON FUNCTION auth.logout() IS
  'verified mode: forgets the token, in this transaction and after it; 55000 in gateway mode';
"#)]
fn auth_logout() -> Result<(), ErrorReport> {
    verified_mode()?;
    set_token(c"", pg_sys::GucAction::GUC_ACTION_SET);
    Ok(())
}
