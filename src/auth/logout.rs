//! `auth.logout()`: forgets the token.

use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

use super::declaration::Declaration;
use super::login::{set_token, verified_mode};

/// How SQL declares it.
pub const DECLARATION: Declaration = Declaration {
    name: "auth.logout",
    argument: None,
    result: pg_sys::VOIDOID,
    reads: false,
    symbol: "auth_logout_wrapper",
    comment: "verified mode: forgets the token, in this transaction and after it; 55000 in gateway mode",
};

/// Forgets the session's token, in this transaction and after it: also one that was set for the
/// session.
///
/// Anybody may call it. 55000 in gateway mode, where the identity is the gateway's to end.
#[pg_extern(sql = false)]
fn auth_logout() -> Result<(), ErrorReport> {
    verified_mode()?;
    set_token(c"", pg_sys::GucAction::GUC_ACTION_SET);
    Ok(())
}
