//! Every setting of rowguard in one place: name, flags, default, why.

/// Defines the settings. Called once, when the server loads the library.
pub fn define() {}
