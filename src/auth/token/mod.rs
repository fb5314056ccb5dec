//! A signed JWT (RFC 7515, 7519) -> its claims, or the reason why not. Pure: the settings, the keys
//! and the time come from outside.
//!
//! Signatures are verified by the crate `jsonwebtoken` with RustCrypto behind it, but for ES256
//! and ES384, which have their reasons in [`super::ecdsa`]. Only its verifiers are used: the checks
//! of the header and of the claims that it leaves optional are mandatory here, and its own reading
//! of `exp` would not survive `serde_json`'s arbitrary precision, which exact claims need.

mod header;
mod payload;
mod refusal;
#[cfg(test)]
mod tests;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

pub use payload::Rules;
pub use refusal::Refusal;

use super::keys::KeySet;
use header::{Header, choose};

/// A longer token is refused unread: no provider issues one, and reading costs time.
pub const MAX_TOKEN: usize = 16 * 1024;

/// A token that has been verified, whenever it is valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The claims as they were signed: a JSON object without namesakes, sound for
    /// [`super::claims::Claims::parse`].
    pub payload: String,
    /// The name of the key, when the token gave one.
    pub kid: Option<String>,
    /// The first microsecond of the server's time at which the token is valid.
    pub from: i64,
    /// The first microsecond at which it is no longer.
    pub until: i64,
}

impl Verified {
    /// Whether the token is valid at this time.
    pub fn at(&self, now: i64) -> Result<(), Refusal> {
        if now >= self.until {
            Err(Refusal::Expired)
        } else if now < self.from {
            Err(Refusal::NotYet)
        } else {
            Ok(())
        }
    }
}

/// Verifies everything but the time, which [`Verified::at`] compares at every use.
pub fn verify(token: &[u8], keys: &KeySet, rules: &Rules) -> Result<Verified, Refusal> {
    if token.len() > MAX_TOKEN {
        return Err(Refusal::TooLong);
    }
    let token = std::str::from_utf8(token).map_err(|_| Refusal::Form)?;
    let (signed, signature) = token.rsplit_once('.').ok_or(Refusal::Form)?;
    let (header, payload) = signed.split_once('.').ok_or(Refusal::Form)?;
    let [header, payload, signature] = [header, payload, signature]
        .map(|part| URL_SAFE_NO_PAD.decode(part).map_err(|_| Refusal::Form));

    let header = Header::parse(&header?)?;
    let (payload, signature) = (payload?, signature?);
    let verifier = choose(keys, &header)?;
    verifier.verify(signed.as_bytes(), &signature).map_err(|_| Refusal::Signature)?;
    payload::read(payload, header.kid, rules)
}
