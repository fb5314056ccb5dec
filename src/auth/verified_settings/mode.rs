//! `rowguard.identity_mode`.

use std::ffi::CStr;
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

/// The mode that no administrator sets: see [`super::SettingDefect::Overruled`].
pub(super) const OVERRULED: &CStr = c"overruled";

/// The value, as a number.
static MODE: AtomicU8 = AtomicU8::new(Mode::Gateway as u8);

/// Where the identity comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Mode {
    /// `request.jwt.claims`, which a gateway vouches for.
    Gateway,
    /// A token whose signature holds.
    Verified,
    /// Nobody is authenticated: see [`super::SettingDefect::Overruled`].
    Overruled,
    /// Nobody is authenticated: the setting has no meaning.
    Invalid,
}

impl Mode {
    /// The mode by its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::Verified => "verified",
            Self::Overruled => "overruled",
            Self::Invalid => "invalid",
        }
    }

    /// The mode of this name.
    pub(super) fn named(name: Option<&CStr>) -> Self {
        match name.map(CStr::to_bytes) {
            Some(b"gateway") => Self::Gateway,
            Some(b"verified") => Self::Verified,
            Some(value) if value == OVERRULED.to_bytes() => Self::Overruled,
            _ => Self::Invalid,
        }
    }
}

/// The value of `rowguard.identity_mode`.
pub fn mode() -> Mode {
    match MODE.load(Relaxed) {
        0 => Mode::Gateway,
        1 => Mode::Verified,
        2 => Mode::Overruled,
        _ => Mode::Invalid,
    }
}

/// Notes the new value.
pub(super) fn set(mode: Mode) {
    MODE.store(mode as u8, Relaxed);
}
