//! A notice from a script of the extension.

use std::ffi::CStr;

use pgrx::pg_sys;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

use crate::settings;

const SETTING: &CStr = c"client_min_messages";

/// Raises a NOTICE. Scripts run with `client_min_messages` at WARNING or above, against the chatter
/// of statements; this one is for whoever runs CREATE EXTENSION, as loud as he set it before.
pub fn raise(message: &CStr, hint: &CStr) {
    let report = || {
        ErrorReport::new(
            PgSqlErrorCode::ERRCODE_SUCCESSFUL_COMPLETION,
            message.to_string_lossy().into_owned(),
            "rowguard",
        )
        .set_hint(hint.to_string_lossy().into_owned())
        .report(PgLogLevel::NOTICE);
    };
    let Some(level) = before_the_script() else { return report() };
    // SAFETY: a nest level that is closed below, and by the server should something be raised.
    unsafe {
        let nest = pg_sys::NewGUCNestLevel();
        pg_sys::set_config_option(
            SETTING.as_ptr(),
            level.as_ptr(),
            pg_sys::GucContext::PGC_USERSET,
            pg_sys::GucSource::PGC_S_SESSION,
            pg_sys::GucAction::GUC_ACTION_SAVE,
            true,
            0,
            false,
        );
        report();
        pg_sys::AtEOXact_GUC(false, nest);
    }
}

/// The value that the script's own displaced; none when it displaced none.
fn before_the_script() -> Option<&'static CStr> {
    // SAFETY: the server's own record of a setting that is an enum.
    unsafe {
        let setting = settings::find(SETTING).as_ref()?;
        let displaced = setting.stack.as_ref()?;
        // By SET, and not by the script.
        if displaced.state != pg_sys::GucStackState::GUC_SAVE {
            return None;
        }
        let prior = displaced.prior.val.enumval;
        let name = pg_sys::config_enum_lookup_by_value(
            std::ptr::from_ref(setting).cast_mut().cast(),
            prior,
        );
        (!name.is_null()).then(|| CStr::from_ptr(name))
    }
}
