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
    /// The schemas that are locked before those: what is made in them belongs to no relation.
    pub schemas: Vec<Oid>,
    /// Nothing is done.
    pub dry_run: bool,
    /// What is to be done, as things are when it is asked.
    pub plan: Plan,
}

impl Call {
    /// Many calls as one, in their order.
    pub fn of_all(calls: Vec<Self>, dry_run: bool) -> Self {
        Self {
            locks: calls.iter().flat_map(|call| call.locks.clone()).collect(),
            schemas: calls.iter().flat_map(|call| call.schemas.clone()).collect(),
            dry_run,
            plan: Box::new(move |ground| {
                let mut steps = Vec::new();
                for call in &calls {
                    steps.extend((call.plan)(ground)?);
                }
                Ok(steps)
            }),
        }
    }
}
