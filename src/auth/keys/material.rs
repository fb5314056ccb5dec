//! One entry of a set, and what it is a key for.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::crypto::JwtVerifier;
use jsonwebtoken::crypto::rust_crypto::DEFAULT_PROVIDER;
use jsonwebtoken::{Algorithm, DecodingKey};
use serde_json::value::RawValue;

use super::defect::OneKey;
use super::{Key, Place, algorithm};
use crate::auth::ecdsa::Ecdsa;
use crate::auth::members::Members;

/// Bits of an RSA modulus: fewer are within reach of an attacker, more are beyond the library.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=4096;

/// Bytes of a symmetric key: a shorter one can be guessed from a token.
const MIN_SECRET: usize = 32;

/// The families of keys that are ours.
enum Family {
    Ed25519,
    P256,
    P384,
    Rsa,
    Secret,
}

impl Family {
    fn algorithms(&self) -> &'static [Algorithm] {
        match self {
            Self::Ed25519 => &[Algorithm::EdDSA],
            Self::P256 => &[Algorithm::ES256],
            Self::P384 => &[Algorithm::ES384],
            Self::Rsa => &[Algorithm::RS256, Algorithm::RS384, Algorithm::RS512, Algorithm::PS256],
            Self::Secret => &[Algorithm::HS256, Algorithm::HS384, Algorithm::HS512],
        }
    }
}

/// One entry of a set, not yet judged.
pub struct Material<'a> {
    members: Members<'a>,
    /// None: meant for something that is not ours.
    family: Option<Family>,
}

impl<'a> Material<'a> {
    /// Reads its type; the rest is judged when it becomes a key.
    pub fn read(json: &'a RawValue) -> Result<Self, OneKey> {
        let members = Members::parse(json.get()).ok_or(OneKey::NotAnObject)?;
        let kty = required(&members, "kty")?;
        let family = match kty.as_str() {
            "RSA" => Some(Family::Rsa),
            "oct" => Some(Family::Secret),
            "EC" | "OKP" => match (kty.as_str(), required(&members, "crv")?.as_str()) {
                ("EC", "P-256") => Some(Family::P256),
                ("EC", "P-384") => Some(Family::P384),
                ("OKP", "Ed25519") => Some(Family::Ed25519),
                _ => None,
            },
            _ => None,
        };
        Ok(Self { members, family })
    }

    /// The key; none when it is meant for something that is not ours.
    pub fn into_key(self, place: Place) -> Result<Option<Key>, OneKey> {
        let Self { members, family: Some(family) } = self else { return Ok(None) };
        if optional(&members, "use")?.is_some_and(|meant| meant != "sig")
            || !operations(&members)?.is_none_or(|meant| meant.iter().any(|one| one == "verify"))
        {
            return Ok(None);
        }
        let mut algorithms = family.algorithms().to_vec();
        if let Some(name) = optional(&members, "alg")? {
            let Some(only) = algorithm(&name) else { return Ok(None) };
            if !algorithms.contains(&only) {
                return Err(OneKey::Algorithm);
            }
            algorithms = vec![only];
        }
        if ["d", "p", "q", "dp", "dq", "qi", "oth"].iter().any(|name| members.get(name).is_some()) {
            return Err(OneKey::Private);
        }
        let key = match family {
            Family::Ed25519 => ed25519(&members)?,
            Family::P256 => point(&members, 32)?,
            Family::P384 => point(&members, 48)?,
            Family::Rsa => rsa(&members)?,
            Family::Secret => secret(&members, place)?,
        };
        let verifiers = algorithms
            .iter()
            .map(|algorithm| verifier(*algorithm, &key))
            .collect::<Result<_, _>>()?;
        Ok(Some(Key { kid: optional(&members, "kid")?, verifiers }))
    }
}

/// What verifies signatures of this algorithm by this key.
fn verifier(algorithm: Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>, OneKey> {
    let made = (DEFAULT_PROVIDER.verifier_factory)(&algorithm, key).map_err(|_| OneKey::Point)?;
    // What was made has shown that a key of a curve is a point of it. RSA keys have no bytes.
    let ecdsa = key.try_get_as_bytes().ok().and_then(|point| Ecdsa::new(algorithm, point));
    Ok(ecdsa.map_or(made, |ecdsa| Box::new(ecdsa)))
}

fn ed25519(members: &Members<'_>) -> Result<DecodingKey, OneKey> {
    let x = decoded(members, "x")?;
    if x.len() == 32 { Ok(DecodingKey::from_ed_der(&x)) } else { Err(OneKey::Point) }
}

/// Coordinates of full length each: x and y may not share their bytes out otherwise.
fn point(members: &Members<'_>, length: usize) -> Result<DecodingKey, OneKey> {
    let (x, y) = (decoded(members, "x")?, decoded(members, "y")?);
    if x.len() != length || y.len() != length {
        return Err(OneKey::Point);
    }
    Ok(DecodingKey::from_ec_der(&[&[4], x.as_slice(), y.as_slice()].concat()))
}

fn rsa(members: &Members<'_>) -> Result<DecodingKey, OneKey> {
    let (modulus, exponent) = (decoded(members, "n")?, decoded(members, "e")?);
    let (n, e) = (without_zeros(&modulus), without_zeros(&exponent));
    let bits = n.len() * 8 - n.first().map_or(0, |byte| byte.leading_zeros() as usize);
    if !RSA_BITS.contains(&bits) {
        return Err(OneKey::RsaBits(bits));
    }
    let odd = |number: &[u8]| number.last().is_some_and(|byte| byte % 2 == 1);
    // 1 would make every signature its own proof; the library takes up to 32 bits.
    if !odd(n) || !odd(e) || e == [1] || e.len() > 4 {
        return Err(OneKey::Rsa);
    }
    Ok(DecodingKey::from_rsa_raw_components(n, e))
}

fn without_zeros(number: &[u8]) -> &[u8] {
    &number[number.iter().take_while(|byte| **byte == 0).count()..]
}

fn secret(members: &Members<'_>, place: Place) -> Result<DecodingKey, OneKey> {
    if place == Place::Public {
        return Err(OneKey::PublicSecret);
    }
    let k = decoded(members, "k")?;
    if k.len() < MIN_SECRET {
        return Err(OneKey::ShortSecret(k.len()));
    }
    Ok(DecodingKey::from_secret(&k))
}

fn optional(members: &Members<'_>, name: &'static str) -> Result<Option<String>, OneKey> {
    members.text(name).map_err(|_| OneKey::Member(name))
}

fn required(members: &Members<'_>, name: &'static str) -> Result<String, OneKey> {
    optional(members, name)?.ok_or(OneKey::Member(name))
}

fn decoded(members: &Members<'_>, name: &'static str) -> Result<Vec<u8>, OneKey> {
    URL_SAFE_NO_PAD.decode(required(members, name)?).map_err(|_| OneKey::Encoding(name))
}

fn operations(members: &Members<'_>) -> Result<Option<Vec<String>>, OneKey> {
    let Some(json) = members.get("key_ops") else { return Ok(None) };
    serde_json::from_str(json.get()).map(Some).map_err(|_| OneKey::Member("key_ops"))
}
