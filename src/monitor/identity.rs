//! Whether anybody can be authenticated.

use super::check::Outcome;
use crate::auth::readiness;
use crate::operation::failure::Failure;

/// By the settings: who is asking now, and with which token, does not matter.
pub fn check() -> Result<Outcome, Failure> {
    let outcome = readiness::defect().map_or_else(Outcome::ok, Outcome::failed);
    Ok(outcome.with("mode", readiness::mode()))
}
