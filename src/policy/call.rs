//! A generator's call, checked but not planned yet.

use pgrx::pg_sys::Oid;

use super::ground::Ground;
use super::step::Step;
use crate::error::Error;

/// Finds what is to be done.
pub type Plan = Box<dyn Fn(&mut Ground) -> Result<Vec<Step>, Error>>;

/// What a generator was called with.
pub struct Call {
    /// The relations that are locked before anything is done to them.
    pub locks: Vec<Oid>,
    /// Nothing is done.
    pub dry_run: bool,
    /// What is to be done, as things are when it is asked.
    pub plan: Plan,
}
