//! A JWK set (RFC 7517) as keys that verify. Pure.
//!
//! One key that is wrong makes the whole set useless: a set that silently shrinks locks out those
//! whose key was dropped, and says nothing. Keys that are meant for something else (encryption, or
//! an algorithm that is not among ours) are passed over, as providers publish them side by side.
//!
//! A key's type fixes its algorithms, so that no token can choose: an RSA key never serves as the
//! secret of an HMAC, whatever a header says.

mod defect;
mod material;
#[cfg(test)]
mod tests;

use std::fmt;

use jsonwebtoken::Algorithm;
use jsonwebtoken::crypto::JwtVerifier;
use serde_json::value::RawValue;

pub use defect::KeyDefect;

use super::members::Members;
use material::Material;

/// A larger set is refused, as text and as a file.
pub const MAX_SET: usize = 1024 * 1024;

/// Who else can read the place that a set comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Only the server's administrator: symmetric keys may come from here.
    Private,
    /// A catalog, a command line or a session: whoever reads a symmetric key there can sign.
    Public,
}

/// A key that verifies.
pub struct Key {
    /// Its name in the set.
    pub kid: Option<String>,
    verifiers: Vec<Box<dyn JwtVerifier>>,
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").field("kid", &self.kid).finish_non_exhaustive()
    }
}

impl Key {
    /// What verifies signatures of this algorithm, if the key's type allows it.
    pub fn verifier(&self, algorithm: Algorithm) -> Option<&dyn JwtVerifier> {
        self.verifiers.iter().map(Box::as_ref).find(|one| one.algorithm() == algorithm)
    }
}

/// Keys that verify: at least one, and no two with one `kid`.
#[derive(Debug)]
pub struct KeySet {
    /// The keys in the order they were written.
    pub keys: Vec<Key>,
    /// Whether one of them is symmetric.
    pub has_secret: bool,
}

impl KeySet {
    /// Reads a set from its JSON text.
    pub fn parse(json: &[u8], place: Place) -> Result<Self, KeyDefect> {
        if json.len() > MAX_SET {
            return Err(KeyDefect::TooLarge);
        }
        let json = std::str::from_utf8(json).map_err(|_| KeyDefect::NotASet)?;
        let listed = Members::parse(json).and_then(|set| set.get("keys"));
        let listed: Vec<&RawValue> = listed
            .and_then(|keys| serde_json::from_str(keys.get()).ok())
            .ok_or(KeyDefect::NotASet)?;
        let mut set = Self { keys: Vec::new(), has_secret: false };
        for (number, json) in (1..).zip(listed) {
            match Material::read(json).and_then(|material| material.into_key(place)) {
                Err(defect) => return Err(KeyDefect::Key { number, defect }),
                Ok(None) => {}
                Ok(Some(key)) => {
                    let same = |other: &Key| key.kid.is_some() && other.kid == key.kid;
                    if set.keys.iter().any(same) {
                        return Err(KeyDefect::SameKid);
                    }
                    set.has_secret |= key.verifier(Algorithm::HS256).is_some()
                        || key.verifier(Algorithm::HS384).is_some()
                        || key.verifier(Algorithm::HS512).is_some();
                    set.keys.push(key);
                }
            }
        }
        if set.keys.is_empty() { Err(KeyDefect::NoKey) } else { Ok(set) }
    }
}

/// The algorithms that tokens may use, by name. PS384, PS512 and ES512 are not among them.
pub fn algorithm(name: &str) -> Option<Algorithm> {
    Some(match name {
        "EdDSA" => Algorithm::EdDSA,
        "ES256" => Algorithm::ES256,
        "ES384" => Algorithm::ES384,
        "RS256" => Algorithm::RS256,
        "RS384" => Algorithm::RS384,
        "RS512" => Algorithm::RS512,
        "PS256" => Algorithm::PS256,
        "HS256" => Algorithm::HS256,
        "HS384" => Algorithm::HS384,
        "HS512" => Algorithm::HS512,
        _ => return None,
    })
}
