//! Running statements as another role, and under a search path of our own.

use std::ffi::CStr;

use pgrx::pg_sys;

/// The path for statements on our own tables: everything in them is qualified.
pub const PRIVATE_PATH: &CStr = c"pg_catalog, pg_temp";

/// While this lives, statements run as `role` under `path`; dropping it restores both.
///
/// SECURITY_LOCAL_USERID_CHANGE keeps users' code in triggers from leaving the role by SET ROLE or
/// RESET ROLE; NOFORCE_RLS keeps FORCE ROW LEVEL SECURITY from hiding the owner's own rows. The
/// server's foreign-key checks run under the same two.
pub struct RunAs {
    // In this order: the path goes back before the role does.
    _path: PinnedPath,
    _role: SwitchedRole,
}

impl RunAs {
    /// Switches to `role` under `path`.
    pub fn begin(role: pg_sys::Oid, path: &CStr) -> Self {
        let role = SwitchedRole::begin(role);
        Self { _path: PinnedPath::begin(path), _role: role }
    }

    /// Plans made while this lives use indexes: a plan that is kept must not scan a table because
    /// the table was empty when the plan was made.
    pub fn avoid_scans(&self) {
        set(c"enable_seqscan", c"off");
    }
}

/// While this lives, the user is another; dropping it restores the caller.
pub struct SwitchedRole {
    user: pg_sys::Oid,
    context: core::ffi::c_int,
}

impl SwitchedRole {
    /// Switches to `role`.
    pub fn begin(role: pg_sys::Oid) -> Self {
        let mut user = pg_sys::InvalidOid;
        let mut context = 0;
        // SAFETY: plain calls, which do not fail.
        unsafe {
            pg_sys::GetUserIdAndSecContext(&raw mut user, &raw mut context);
            pg_sys::SetUserIdAndSecContext(
                role,
                context
                    | pg_sys::SECURITY_LOCAL_USERID_CHANGE.cast_signed()
                    | pg_sys::SECURITY_NOFORCE_RLS.cast_signed(),
            );
        }
        Self { user, context }
    }
}

impl Drop for SwitchedRole {
    fn drop(&mut self) {
        // SAFETY: undoes what `begin` did. On the way out of an error the abort that follows would
        // do the same; doing it here does not depend on that.
        unsafe { pg_sys::SetUserIdAndSecContext(self.user, self.context) };
    }
}

/// While this lives, `search_path` is another; dropping it restores the caller's.
pub struct PinnedPath {
    _settings: Settings,
}

impl PinnedPath {
    /// Sets `search_path`.
    pub fn begin(path: &CStr) -> Self {
        Self { _settings: Settings::begin(&[(c"search_path", path)]) }
    }
}

/// While this lives, some settings have other values; dropping it restores the caller's.
pub struct Settings {
    level: core::ffi::c_int,
}

impl Settings {
    /// Sets them.
    pub fn begin(settings: &[(&CStr, &CStr)]) -> Self {
        // The guard is made before a setting is touched, so that a failing call is undone by its
        // drop.
        // SAFETY: a plain call.
        let guard = Self { level: unsafe { pg_sys::NewGUCNestLevel() } };
        settings.iter().for_each(|(name, value)| set(name, value));
        guard
    }
}

/// Sets a setting until the innermost nest level ends.
fn set(name: &CStr, value: &CStr) {
    // SAFETY: terminated strings, copied by the server.
    unsafe {
        pg_sys::set_config_option(
            name.as_ptr(),
            value.as_ptr(),
            pg_sys::GucContext::PGC_USERSET,
            pg_sys::GucSource::PGC_S_SESSION,
            pg_sys::GucAction::GUC_ACTION_SAVE,
            true,
            0,
            false,
        );
    }
}

impl Drop for Settings {
    fn drop(&mut self) {
        // SAFETY: undoes what `begin` did; on the way out of an error as above.
        unsafe { pg_sys::AtEOXact_GUC(true, self.level) };
    }
}
