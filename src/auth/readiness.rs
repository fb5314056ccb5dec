//! Whether the settings let anybody be authenticated.

use super::claim_paths::{ROLE, ROLES, TENANT};
use super::verified;
use super::verified_settings::{self, Mode};

/// The mode as `auth.explain()` names it.
pub fn mode() -> &'static str {
    verified_settings::mode().as_str()
}

/// Why nobody can be authenticated, or claims cannot be found; none where nothing stands against it.
pub fn defect() -> Option<String> {
    if verified_settings::mode() != Mode::Gateway
        && let Err(defect) = verified::means()
    {
        return Some(defect.to_string());
    }
    [&TENANT, &ROLES, &ROLE]
        .into_iter()
        .find_map(|path| path.read().err())
        .map(|error| error.in_words())
}
