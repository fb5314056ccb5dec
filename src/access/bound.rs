//! Whether row security binds a role on a table, and why not.

use pgrx::pg_sys::{self, CheckEnableRlsResult, Oid};

use crate::catalog::Table;

/// Whether policies decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Binding {
    /// They do.
    Bound,
    /// They do, although the role owns the table.
    Forced,
    /// Row security is off.
    Off,
    /// The role is a superuser.
    Superuser,
    /// The role has BYPASSRLS.
    Bypass,
    /// The role has the rights of the table's owner, whom nothing forces.
    Owner,
    /// A table of the server's own.
    System,
}

/// Asks the server whether row security binds `role` on `table`.
pub fn by_row_security(table: &Table, role: Oid) -> Binding {
    // SAFETY: look-ups by id.
    unsafe {
        let answer = pg_sys::check_enable_rls(table.oid, role, true);
        let owner = pg_sys::has_privs_of_role(role, table.owner);
        if answer == CheckEnableRlsResult::RLS_ENABLED as i32 {
            return if owner { Binding::Forced } else { Binding::Bound };
        }
        if table.oid.to_u32() < pg_sys::FirstNormalObjectId {
            Binding::System
        } else if !table.rls_enabled {
            Binding::Off
        } else if pg_sys::superuser_arg(role) {
            Binding::Superuser
        } else if pg_sys::has_bypassrls_privilege(role) {
            Binding::Bypass
        } else {
            Binding::Owner
        }
    }
}

impl Binding {
    /// Policies decide.
    pub fn binds(self) -> bool {
        matches!(self, Self::Bound | Self::Forced)
    }

    /// In a word.
    pub fn answer(self) -> &'static str {
        match self {
            Self::Bound | Self::Forced => "on",
            Self::Off | Self::System => "off",
            Self::Superuser | Self::Bypass | Self::Owner => "exempt",
        }
    }

    /// Why, where there is something to say.
    pub fn reason(self) -> Option<&'static str> {
        match self {
            Self::Bound => None,
            Self::Forced => Some("FORCE binds the owner too"),
            Self::Off => Some("row security is off"),
            Self::Superuser => Some("the role is a superuser"),
            Self::Bypass => Some("the role has BYPASSRLS"),
            Self::Owner => Some("the role owns the table, without FORCE"),
            Self::System => Some("a table of the server's own"),
        }
    }
}
