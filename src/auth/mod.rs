//! Who is asking: the identity of the session and its readers.

mod claims;
mod reader;
mod session;

// One file per SQL function.
mod jwt;
mod role;
mod uid;

pub use claims::{Defect, MAX_DEPTH};
pub use session::define_settings;
pub use uid::uid;
