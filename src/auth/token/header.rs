//! The header of a token, and the key that it names.

use jsonwebtoken::Algorithm;
use jsonwebtoken::crypto::JwtVerifier;

use super::Refusal;
use crate::auth::keys::{Key, KeySet, algorithm};
use crate::auth::members::Members;

/// What of a header counts. Keys, addresses of keys and certificates in it are never looked at.
pub struct Header {
    algorithm: Algorithm,
    /// The name of the key, when the token gives one.
    pub kid: Option<String>,
}

impl Header {
    /// Reads it from its JSON text.
    pub fn parse(json: &[u8]) -> Result<Self, Refusal> {
        let json = std::str::from_utf8(json).map_err(|_| Refusal::Header)?;
        let members = Members::parse(json).ok_or(Refusal::Header)?;
        let text = |name| members.text(name).map_err(|_| Refusal::HeaderMember(name));
        let name = text("alg")?.ok_or(Refusal::HeaderMember("alg"))?;
        let algorithm = algorithm(&name).ok_or(Refusal::Algorithm)?;
        if members.get("crit").is_some() {
            return Err(Refusal::Critical);
        }
        for name in ["b64", "enc", "zip"] {
            if members.get(name).is_some() {
                return Err(Refusal::Extension(name));
            }
        }
        Ok(Self { algorithm, kid: text("kid")? })
    }
}

/// The one key that can have signed: by its name when the token gives one, else by its type.
pub fn choose<'a>(keys: &'a KeySet, header: &Header) -> Result<&'a dyn JwtVerifier, Refusal> {
    let named = |key: &&Key| header.kid.is_none() || key.kid == header.kid;
    if !keys.keys.iter().any(|key| named(&key)) {
        return Err(Refusal::UnknownKid);
    }
    let mut fitting =
        keys.keys.iter().filter(named).filter_map(|key| key.verifier(header.algorithm));
    match (fitting.next(), fitting.next()) {
        (None, _) => Err(Refusal::NoFittingKey),
        (Some(one), None) => Ok(one),
        (Some(_), Some(_)) => Err(Refusal::SeveralKeys),
    }
}
