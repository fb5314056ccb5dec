//! Why an operation did not happen.

use super::caught::Caught;
use super::refusal::Refusal;
use crate::error::Error;

/// The three kinds of ending that are no success.
#[derive(Debug)]
pub enum Failure {
    /// The operation's own rules say no: raised, or returned where the caller asked for that.
    Refused(Refusal),
    /// Wrong use or a broken ledger: always raised.
    Error(Error),
    /// An error of the server or of users' code inside our statements: raised again as it was.
    Server(Caught),
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl<E: Into<Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Error(error.into())
    }
}

impl From<Caught> for Failure {
    fn from(caught: Caught) -> Self {
        Self::Server(caught)
    }
}
