//! What is wrong with the settings.

use thiserror::Error;

use crate::auth::key_file::FileDefect;
use crate::auth::keys::KeyDefect;

/// What the settings' values mean cannot be said.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum SettingDefect {
    /// `rowguard.identity_mode` is neither of its two values.
    #[error("rowguard.identity_mode is neither gateway nor verified")]
    Mode,
    /// What the administrator chose is not known.
    #[error(
        "a setting of rowguard was thrown away when the library was loaded: a role that may not choose it gave it at the start of the connection, or it has no meaning"
    )]
    Overruled,
    /// A duration is none, or out of its range.
    #[error("{0} is not a duration in its range")]
    Duration(&'static str),
    /// A text is not UTF-8.
    #[error("{0} is not valid UTF-8")]
    Text(&'static str),
    /// No place for keys is named.
    #[error("neither rowguard.jwks nor rowguard.jwks_file is set")]
    NoKeys,
    /// Two places for keys are named.
    #[error("rowguard.jwks and rowguard.jwks_file are both set")]
    TwoPlaces,
    /// The set in `rowguard.jwks`.
    #[error("rowguard.jwks cannot be used: {0}")]
    Keys(#[from] KeyDefect),
    /// The set in the file.
    #[error("the file of rowguard.jwks_file cannot be used: {0}")]
    File(#[from] FileDefect),
}
