//! A signed JWT (RFC 7515, 7519) -> its claims, or the reason why not. Pure: the settings, the keys
//! and the time come from outside.
//!
//! Signatures are verified by the crate `jsonwebtoken` with RustCrypto behind it; all ten algorithms
//! are its own, so no other crate is needed. Only its verifiers are used: the checks of the header
//! and of the claims that it leaves optional are mandatory here and made below, and its own reading
//! of `exp` would not survive `serde_json`'s arbitrary precision, which exact claims need.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::Algorithm;
use thiserror::Error;

use super::claims::{Claims, Defect, MAX_DEPTH};
use super::keys::{Key, KeySet, algorithm};
use super::members::Members;
use super::numeric_date::to_timestamp;

/// A longer token is refused unread: no provider issues one, and reading costs time.
pub const MAX_TOKEN: usize = 16 * 1024;

/// What a token must fulfil beyond its signature.
#[derive(Clone, Debug)]
pub struct Rules {
    /// The exact `iss`; none: any or none.
    pub issuer: Option<String>,
    /// What `aud` must name; none: any or none.
    pub audience: Option<String>,
    /// By how many seconds clocks may differ.
    pub leeway: u32,
    /// Seconds from `iat` to `exp` at most; none: any, `iat` is not needed.
    pub max_lifetime: Option<u32>,
}

/// A token that has been verified, whenever it is valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The claims as they were signed: a JSON object without namesakes, sound for
    /// [`Claims::parse`].
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

/// Why a token does not count. Never holds a part of the token.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum Refusal {
    /// Longer than [`MAX_TOKEN`].
    #[error("the token is longer than 16 KiB")]
    TooLong,
    /// Not header, payload and signature in base64url.
    #[error("the token is not three base64url parts with dots between them")]
    Form,
    /// The header is no JSON object, or names a member twice.
    #[error("the token's header is not a JSON object with unique member names")]
    Header,
    /// A member of the header that must be a text is none.
    #[error("\"{0}\" in the token's header is missing or not a text")]
    HeaderMember(&'static str),
    /// `alg` is none of ours; `none` among them.
    #[error("the token's algorithm is not accepted")]
    Algorithm,
    /// Names extensions that must be understood.
    #[error("the token's header has \"crit\", and no extension is understood")]
    Critical,
    /// The payload would not be what was signed, or is encrypted or compressed.
    #[error("the token's header has \"{0}\", which is not supported")]
    Extension(&'static str),
    /// No key has the token's `kid`.
    #[error("no key has the token's kid")]
    UnknownKid,
    /// The key of this `kid`, or every key, is of another type.
    #[error("no key fits the token's algorithm")]
    NoFittingKey,
    /// Without `kid`, with several keys that fit.
    #[error("the token has no kid, and several keys fit its algorithm")]
    SeveralKeys,
    /// The signature is not that of the key.
    #[error("the signature does not match")]
    Signature,
    /// The payload cannot be read as claims.
    #[error("{}", defect(*.0))]
    Payload(Defect),
    /// A claim is there twice.
    #[error("a claim is there twice")]
    Twice,
    /// A claim that must be there is not.
    #[error("claim \"{0}\" is missing")]
    Missing(&'static str),
    /// A claim is of the wrong type.
    #[error("claim \"{0}\" is not of its type")]
    Type(&'static str),
    /// `iss` is another.
    #[error("the issuer is not rowguard.jwt_issuer")]
    Issuer,
    /// `aud` names others.
    #[error("the audience is not rowguard.jwt_audience")]
    Audience,
    /// Lives longer than is allowed.
    #[error("the token lives longer than rowguard.jwt_max_lifetime")]
    Lifetime,
    /// `exp` has passed.
    #[error("the token has expired")]
    Expired,
    /// `nbf` has not come.
    #[error("the token is not valid yet")]
    NotYet,
}

fn defect(defect: Defect) -> String {
    match defect {
        Defect::NotJson => "the payload is not valid JSON".to_owned(),
        Defect::NotAnObject => "the payload is not a JSON object".to_owned(),
        Defect::TooDeep => format!("the claims are nested deeper than {MAX_DEPTH} levels"),
        Defect::NullCharacter => "the claims hold \\u0000".to_owned(),
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
    read(payload, header.kid, rules)
}

/// What of a header counts. Keys, addresses of keys and certificates in it are never looked at.
struct Header {
    algorithm: Algorithm,
    kid: Option<String>,
}

impl Header {
    fn parse(json: &[u8]) -> Result<Self, Refusal> {
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
fn choose<'a>(
    keys: &'a KeySet,
    header: &Header,
) -> Result<&'a dyn jsonwebtoken::crypto::JwtVerifier, Refusal> {
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

/// The claims of a payload whose signature holds.
fn read(payload: Vec<u8>, kid: Option<String>, rules: &Rules) -> Result<Verified, Refusal> {
    Claims::parse(&payload).map_err(Refusal::Payload)?;
    let payload = String::from_utf8(payload).map_err(|_| Refusal::Payload(Defect::NotJson))?;
    let claims = Members::parse(&payload).ok_or(Refusal::Twice)?;
    let time = |name| match claims.get(name) {
        None => Ok(None),
        Some(json) => number(json.get()).map(Some).ok_or(Refusal::Type(name)),
    };

    let (exp, nbf, iat) = (time("exp")?, time("nbf")?, time("iat")?);
    let exp = exp.ok_or(Refusal::Missing("exp"))?;
    let mut begins = nbf;
    if let Some(most) = rules.max_lifetime {
        let iat = iat.ok_or(Refusal::Missing("iat"))?;
        if exp.saturating_sub(iat) > seconds(most) {
            return Err(Refusal::Lifetime);
        }
        // Else a token dated ahead would outlive the limit, counted from today.
        begins = Some(nbf.map_or(iat, |nbf| nbf.max(iat)));
    }
    if let Some(wanted) = &rules.issuer {
        let found = claims.text("iss").map_err(|_| Refusal::Type("iss"))?;
        if found.ok_or(Refusal::Missing("iss"))? != *wanted {
            return Err(Refusal::Issuer);
        }
    }
    if let Some(wanted) = &rules.audience {
        let found = claims.get("aud").ok_or(Refusal::Missing("aud"))?.get();
        let named: Vec<String> = serde_json::from_str(found)
            .or_else(|_| serde_json::from_str(found).map(|one| vec![one]))
            .map_err(|_| Refusal::Type("aud"))?;
        if !named.contains(wanted) {
            return Err(Refusal::Audience);
        }
    }

    let leeway = seconds(rules.leeway);
    let from = begins.map_or(i64::MIN, |begins| begins.saturating_sub(leeway));
    let until = exp.saturating_add(leeway);
    Ok(Verified { payload, kid, from, until })
}

/// A NumericDate; none when the JSON is no number, or no time that the server can hold.
fn number(json: &str) -> Option<i64> {
    json.starts_with(|first: char| first == '-' || first.is_ascii_digit())
        .then(|| to_timestamp(json))
        .flatten()
}

fn seconds(count: u32) -> i64 {
    i64::from(count) * 1_000_000
}
