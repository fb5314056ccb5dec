//! Which counter a request is counted by.

use pgrx::pg_sys;
use sha2::{Digest, Sha256};

use super::shared;
use super::window::Limit;

/// A counter's name. Keys are kept as strong hashes alone: their length costs nothing, and whoever looks at
/// the counters does not read addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Counter([u8; 32]);

impl Counter {
    /// The counter of a kind, told from others of the kind by these texts. Kinds share no counters.
    pub fn of(kind: &str, parts: &[&[u8]]) -> Self {
        let mut hash = Sha256::new();
        hash.update(shared::secret());
        // SAFETY: a plain variable of the server.
        hash.update(unsafe { pg_sys::MyDatabaseId }.to_u32().to_le_bytes());
        for part in std::iter::once(&kind.as_bytes()).chain(parts) {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        Self(hash.finalize().into())
    }

    /// All of it.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// As much of it as tells counters apart.
    pub fn name(&self) -> [u8; 16] {
        let mut name = [0; 16];
        name.copy_from_slice(&self.0[..16]);
        name
    }
}

/// A request, for one counter.
#[derive(Clone, Copy, Debug)]
pub struct Demand {
    /// The counter.
    pub counter: Counter,
    /// What it allows.
    pub limit: Limit,
    /// How much of that the request uses; not negative.
    pub cost: i32,
}
