//! Every setting of rowguard in one place: name, flags, default, why.

use crate::auth;

/// Defines the settings. Called once, when the server loads the library.
pub fn define() {
    // `request.jwt.claims`: its hooks are the identity itself, so it is defined beside them.
    auth::define_settings();
}
