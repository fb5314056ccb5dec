//! `rls.act_as(role, claims)`: go on as somebody else until the transaction ends.

use std::ffi::{CStr, CString};

use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

use super::session;
use crate::arguments::required;
use crate::error::{AuthError, Error};

// Neither reads nor writes anything but two settings, which the server restores when the
// transaction or savepoint ends.
#[pg_extern(sql = r#"
CREATE FUNCTION rls.act_as(role name, claims jsonb) RETURNS void
LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
COMMENT ON FUNCTION rls.act_as(name, jsonb) IS
  'SET LOCAL ROLE and claims for the rest of the transaction; claims null: nobody';
"#)]
fn rls_act_as(role: Option<&CStr>, claims: Option<pgrx::JsonB>) -> Result<(), ErrorReport> {
    if !session::from_gateway() {
        return Err(AuthError::NotGatewayMode.into());
    }
    let role = required(role, "role")?;
    // The server's own message for this depends on where the value comes from.
    // SAFETY: a catalog look-up of a name.
    if unsafe { pg_sys::get_role_oid(role.as_ptr(), true) } == pg_sys::InvalidOid {
        return Err(AuthError::UnknownActor(role.to_string_lossy().into_owned()).into());
    }
    let claims = match claims {
        None => CString::default(),
        Some(pgrx::JsonB(claims)) if claims.is_object() => {
            CString::new(claims.to_string()).map_err(|_| Error::NullByte)?
        }
        Some(_) => return Err(AuthError::ClaimsNoObject.into()),
    };
    set_local(c"role", Some(role));
    set_local(c"request.jwt.claims", Some(&claims));
    Ok(())
}

/// SET LOCAL, or with none SET LOCAL ... TO DEFAULT, with every check of the server's: who may
/// become whom, and that no function with its owner's rights changes the role.
pub fn set_local(setting: &CStr, value: Option<&CStr>) {
    // SAFETY: strings that live through the call; the server copies what it keeps, and raises
    // what it refuses.
    unsafe {
        pg_sys::set_config_option(
            setting.as_ptr(),
            value.map_or(std::ptr::null(), CStr::as_ptr),
            if pg_sys::superuser() {
                pg_sys::GucContext::PGC_SUSET
            } else {
                pg_sys::GucContext::PGC_USERSET
            },
            pg_sys::GucSource::PGC_S_SESSION,
            pg_sys::GucAction::GUC_ACTION_LOCAL,
            true,
            0,
            false,
        );
    }
}
