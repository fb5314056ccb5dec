//! A JWK set (RFC 7517) as keys that verify. Pure.
//!
//! One key that is wrong makes the whole set useless: a set that silently shrinks locks out those
//! whose key was dropped, and says nothing. Keys that are meant for something else (encryption, or
//! an algorithm that is not among ours) are passed over, as providers publish them side by side.
//!
//! A key's type fixes its algorithms, so that no token can choose: an RSA key never serves as the
//! secret of an HMAC, whatever a header says.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::crypto::JwtVerifier;
use jsonwebtoken::crypto::rust_crypto::DEFAULT_PROVIDER;
use jsonwebtoken::{Algorithm, DecodingKey};
use serde_json::value::RawValue;
use thiserror::Error;

use super::ecdsa::Ecdsa;
use super::members::Members;

/// A larger set is refused, as text and as a file.
pub const MAX_SET: usize = 1024 * 1024;

/// Bits of an RSA modulus: fewer are within reach of an attacker, more are beyond the library.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=4096;

/// Bytes of a symmetric key: a shorter one can be guessed from a token.
const MIN_SECRET: usize = 32;

/// Who else can read the place that a set comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Only the server's administrator: symmetric keys may come from here.
    Private,
    /// A catalog, a command line or a session: whoever reads a symmetric key there can sign.
    Public,
}

/// Why a key set cannot be used.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum KeyDefect {
    /// Larger than [`MAX_SET`].
    #[error("it is larger than 1 MiB")]
    TooLarge,
    /// No JSON object with an array `keys`, or not UTF-8.
    #[error("it is no JSON object with an array \"keys\"")]
    NotASet,
    /// All keys are for something else, or there are none.
    #[error("it holds no key that can verify a token")]
    NoKey,
    /// Two keys that a token could not tell apart.
    #[error("two of its keys have the same kid")]
    SameKid,
    /// One key is wrong.
    #[error("key {number}: {defect}")]
    Key {
        /// Its place in the set, from 1.
        number: usize,
        /// What is wrong with it.
        defect: OneKey,
    },
}

/// Why one key cannot be used.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum OneKey {
    /// No JSON object, or one with two members of one name.
    #[error("no JSON object with unique member names")]
    NotAnObject,
    /// A member that must be a text is missing or something else.
    #[error("member \"{0}\" is missing or not a text")]
    Member(&'static str),
    /// A member that must be base64url is something else.
    #[error("member \"{0}\" is not base64url")]
    Encoding(&'static str),
    /// `alg` does not belong to the key's type.
    #[error("its algorithm does not belong to its type")]
    Algorithm,
    /// The private half has no business here.
    #[error("it is a private key; publish its public part")]
    Private,
    /// A modulus outside [`RSA_BITS`].
    #[error("an RSA key of {0} bits; 2048 to 4096 are accepted")]
    RsaBits(usize),
    /// No modulus or exponent that RSA could use.
    #[error("its modulus or exponent is not one of RSA")]
    Rsa,
    /// Not on the curve.
    #[error("it is no point of its curve")]
    Point,
    /// A symmetric key below [`MIN_SECRET`].
    #[error("a symmetric key of {0} bytes; at least 32 are needed")]
    ShortSecret(usize),
    /// A symmetric key in a place that others can read.
    #[error("a symmetric key is accepted only from rowguard.jwks_file or a configuration file")]
    PublicSecret,
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
struct Material<'a> {
    members: Members<'a>,
    /// None: meant for something that is not ours.
    family: Option<Family>,
}

impl<'a> Material<'a> {
    fn read(json: &'a RawValue) -> Result<Self, OneKey> {
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
    fn into_key(self, place: Place) -> Result<Option<Key>, OneKey> {
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

#[cfg(test)]
mod tests {
    use super::*;

    // Made by tests/tokens/generate.py.
    const JWKS: &str = include_str!("../../tests/tokens/jwks.json");
    const SECRET: &str = include_str!("../../tests/tokens/secret.json");
    const SMALL: &str = include_str!("../../tests/tokens/small.json");
    const SHORT: &str = include_str!("../../tests/tokens/short.json");
    const OFF_CURVE: &str = include_str!("../../tests/tokens/off_curve.json");
    const ONE: &str = include_str!("../../tests/tokens/one.json");

    fn defect(json: &str) -> KeyDefect {
        KeySet::parse(json.as_bytes(), Place::Private).unwrap_err()
    }

    fn one(json: &str) -> OneKey {
        match defect(&format!(r#"{{"keys":[{json}]}}"#)) {
            KeyDefect::Key { number: 1, defect } => defect,
            other => panic!("{json}: {other}"),
        }
    }

    fn names(json: &str) -> Vec<String> {
        let set = KeySet::parse(json.as_bytes(), Place::Public).unwrap();
        set.keys.into_iter().map(|key| key.kid.unwrap_or_default()).collect()
    }

    /// The set with a member more, or one replaced, in its first key.
    fn with(set: &str, member: &str) -> String {
        set.replacen('{', "", 1).replacen('{', &format!("{{{member}, "), 1).replacen(
            "\"keys\"",
            "{\"keys\"",
            1,
        )
    }

    #[test]
    fn a_type_has_its_algorithms_and_no_others() {
        let set = KeySet::parse(JWKS.as_bytes(), Place::Public).unwrap();
        assert!(!set.has_secret);
        let fits: Vec<(&str, Vec<&str>)> = set
            .keys
            .iter()
            .map(|key| {
                let all = [
                    "EdDSA", "ES256", "ES384", "RS256", "RS384", "RS512", "PS256", "HS256",
                    "HS384", "HS512",
                ];
                let fits = |name: &&str| key.verifier(algorithm(name).unwrap()).is_some();
                (key.kid.as_deref().unwrap(), all.into_iter().filter(fits).collect())
            })
            .collect();
        assert_eq!(
            fits,
            [
                ("ed", vec!["EdDSA"]),
                ("ec", vec!["ES256"]),
                ("ec384", vec!["ES384"]),
                ("rsa", vec!["RS256", "RS384", "RS512", "PS256"]),
            ]
        );
    }

    #[test]
    fn refuses_what_is_no_set() {
        for json in ["", "x", "[]", "{}", "null", r#"{"keys":{}}"#, r#"{"keys":[],"keys":[]}"#] {
            assert_eq!(defect(json), KeyDefect::NotASet, "{json}");
        }
        assert_eq!(KeySet::parse(b"\xff", Place::Private).unwrap_err(), KeyDefect::NotASet);
        assert_eq!(defect(&" ".repeat(MAX_SET + 1)), KeyDefect::TooLarge);
        assert_eq!(defect(r#"{"keys":[]}"#), KeyDefect::NoKey);
    }

    #[test]
    fn a_wrong_key_makes_the_set_useless() {
        assert_eq!(defect(SMALL), KeyDefect::Key { number: 5, defect: OneKey::RsaBits(1024) });
        let first = |set: &str| match defect(set) {
            KeyDefect::Key { number: 1, defect } => defect,
            other => panic!("{other}"),
        };
        assert_eq!(first(OFF_CURVE), OneKey::Point);
        assert_eq!(first(SHORT), OneKey::ShortSecret(31));
        assert_eq!(first(&with(ONE, r#""d":"AAAA""#)), OneKey::Private);
        assert_eq!(first(&with(ONE, r#""alg":"RS256""#)), OneKey::Algorithm);
        assert_eq!(first(&with(ONE, r#""use":1"#)), OneKey::Member("use"));
        assert_eq!(first(&with(ONE, r#""x":"AAAA""#)), OneKey::NotAnObject);
        assert_eq!(one("1"), OneKey::NotAnObject);
        assert_eq!(one("{}"), OneKey::Member("kty"));
        assert_eq!(one(r#"{"kty":"EC"}"#), OneKey::Member("crv"));
        assert_eq!(one(r#"{"kty":"EC","crv":"P-256","x":"AA"}"#), OneKey::Member("y"));
        assert_eq!(one(r#"{"kty":"EC","crv":"P-256","x":"AA","y":"A="}"#), OneKey::Encoding("y"));
        assert_eq!(one(r#"{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}"#), OneKey::Point);
        assert_eq!(one(r#"{"kty":"OKP","crv":"Ed25519","x":"AA"}"#), OneKey::Point);
        assert_eq!(one(r#"{"kty":"oct"}"#), OneKey::Member("k"));
        assert_eq!(one(r#"{"kty":"RSA","n":"","e":""}"#), OneKey::RsaBits(0));
    }

    #[test]
    fn an_rsa_key_needs_an_odd_exponent_and_modulus() {
        let n = |last: u8| {
            let mut n = vec![0; 257];
            (n[1], n[256]) = (0x80, last);
            URL_SAFE_NO_PAD.encode(n)
        };
        let key = |n: &str, e: &str| format!(r#"{{"kty":"RSA","n":"{n}","e":"{e}"}}"#);
        for e in ["", "AA", "AQ", "Ag", "AQAA", "AQAAAAE"] {
            assert_eq!(one(&key(&n(1), e)), OneKey::Rsa, "{e}");
        }
        assert_eq!(one(&key(&n(2), "AQAB")), OneKey::Rsa);
        let large = URL_SAFE_NO_PAD.encode([0xff; 513]);
        assert_eq!(one(&key(&large, "AQAB")), OneKey::RsaBits(4104));
        assert_eq!(names(&format!(r#"{{"keys":[{}]}}"#, key(&n(1), "AAEAAQ"))), [""]);
    }

    #[test]
    fn a_secret_comes_only_from_a_private_place() {
        let set = KeySet::parse(SECRET.as_bytes(), Place::Private).unwrap();
        assert!(set.has_secret);
        assert_eq!(
            KeySet::parse(SECRET.as_bytes(), Place::Public).unwrap_err(),
            KeyDefect::Key { number: 1, defect: OneKey::PublicSecret }
        );
    }

    #[test]
    fn passes_over_keys_for_something_else() {
        for other in [
            r#"{"kty":"new"}"#,
            r#"{"kty":"EC","crv":"secp256k1"}"#,
            r#"{"kty":"OKP","crv":"X25519"}"#,
            r#"{"kty":"RSA","use":"enc"}"#,
            r#"{"kty":"RSA","alg":"RSA-OAEP"}"#,
            r#"{"kty":"RSA","key_ops":["encrypt"]}"#,
        ] {
            let set = ONE.replacen('[', &format!("[{other},"), 1);
            assert_eq!(names(&set), ["ec"], "{other}");
            assert_eq!(defect(&format!(r#"{{"keys":[{other}]}}"#)), KeyDefect::NoKey, "{other}");
        }
        assert_eq!(names(&with(ONE, r#""use":"sig","key_ops":["verify"]"#)), ["ec"]);
    }

    #[test]
    fn two_keys_never_share_a_name() {
        let key = ONE.split_once('[').unwrap().1.rsplit_once(']').unwrap().0;
        assert_eq!(defect(&format!(r#"{{"keys":[{key},{key}]}}"#)), KeyDefect::SameKid);
    }

    #[test]
    fn no_defect_repeats_a_key() {
        for set in [SMALL, SHORT, OFF_CURVE] {
            let words = set.split('"').filter(|word| word.len() > 20);
            let said = format!("{0} {0:?}", defect(set));
            for word in words {
                assert!(!said.contains(word));
            }
        }
    }
}
