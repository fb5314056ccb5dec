//! `auth.login(token)`: gives a token for this transaction, and says at once whether it counts.

use std::ffi::{CStr, CString};

use pgrx::callconv::{BoxRet, FcInfo};
use pgrx::datum::Datum;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

use super::declaration::{Argument, Declaration};
use super::verified::{self, Reason};
use super::verified_settings::{self as settings, Mode};
use crate::arguments::required;
use crate::error::{AuthError, Error};

/// How SQL declares it.
pub const DECLARATION: Declaration = Declaration {
    name: "auth.login",
    argument: Some(Argument::text("token")),
    result: pg_sys::JSONBOID,
    reads: false,
    symbol: "auth_login_wrapper",
    comment: "verified mode: gives a signed JWT for this transaction and returns its claims; 28000 with the reason when it does not count, 55000 in gateway mode",
};

/// The verified claims; the token counts until the transaction ends, as after
/// `SET LOCAL rowguard.jwt`.
///
/// - `token`: a signed JWT in its compact form; 22004 when it is NULL.
///
/// Anybody may call it. 28000 with the reason when the token does not count; what was before then
/// comes back with the rollback that an error means. 55000 in gateway mode.
#[pg_extern(sql = false)]
fn auth_login(token: Option<&str>) -> Result<Jsonb, ErrorReport> {
    verified_mode()?;
    let token = required(token, "token")?;
    let token = CString::new(token).map_err(|_| Error::NullByte)?;
    set_token(&token, pg_sys::GucAction::GUC_ACTION_LOCAL);
    verified::identity().map_err(AuthError::LoginRefused)?;
    let claims = verified::claims_text().ok_or(AuthError::LoginRefused(Reason::NoToken))?;
    // SAFETY: the input function of jsonb takes one C string, and copies what it keeps of it.
    let claims =
        unsafe { pgrx::direct_function_call_as_datum(pg_sys::jsonb_in, &[claims.into_datum()]) };
    Ok(Jsonb(claims.ok_or(Error::Unexpected("jsonb of claims is null"))?))
}

/// A value of the server's own making: through a JSON tree of ours a large number would change.
struct Jsonb(pg_sys::Datum);

impl_sql_translatable!(Jsonb, "jsonb");

// SAFETY: the datum is a jsonb in the caller's memory context, and goes to the caller.
unsafe impl BoxRet for Jsonb {
    unsafe fn box_into<'fcx>(self, fcinfo: &mut FcInfo<'fcx>) -> Datum<'fcx> {
        // SAFETY: as above.
        unsafe { fcinfo.return_raw_datum(self.0) }
    }
}

/// 55000 in gateway mode.
pub fn verified_mode() -> Result<(), AuthError> {
    if settings::mode() == Mode::Gateway { Err(AuthError::GatewayMode) } else { Ok(()) }
}

/// Sets `rowguard.jwt` as SET or SET LOCAL does.
pub fn set_token(token: &CStr, action: pg_sys::GucAction::Type) {
    // SAFETY: both strings end with a null byte, and the server copies them. Any user may set it.
    unsafe {
        pg_sys::set_config_option(
            c"rowguard.jwt".as_ptr(),
            token.as_ptr(),
            pg_sys::GucContext::PGC_USERSET,
            pg_sys::GucSource::PGC_S_SESSION,
            action,
            true,
            0,
            false,
        );
    }
}
