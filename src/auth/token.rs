//! A signed JWT (RFC 7515, 7519) -> its claims, or the reason why not. Pure: the settings, the keys
//! and the time come from outside.
//!
//! Signatures are verified by the crate `jsonwebtoken` with RustCrypto behind it, but for ES256
//! and ES384, which have their reasons in [`super::ecdsa`]. Only its verifiers are used: the checks of the header
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
        Defect::Encoding => "claims beyond ASCII need a database in UTF-8".to_owned(),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::keys::Place;

    // Made by tests/tokens/generate.py, which says what each token is.
    const TOKENS: &str = include_str!("../../tests/tokens/tokens.txt");
    const JWKS: &str = include_str!("../../tests/tokens/jwks.json");
    const SECRET: &str = include_str!("../../tests/tokens/secret.json");
    const ONE: &str = include_str!("../../tests/tokens/one.json");
    const TWO: &str = include_str!("../../tests/tokens/two.json");
    const NAMELESS: &str = include_str!("../../tests/tokens/nameless.json");
    const RSA256: &str = include_str!("../../tests/tokens/rsa256.json");

    // Microseconds of the server's time: 2026-01-01, 2100-01-01, and the tokens' `iat`, 2000-01-01.
    const NOW: i64 = 820_540_800_000_000;
    const EXP: i64 = 3_155_760_000_000_000;

    fn token(name: &str) -> &'static str {
        TOKENS
            .lines()
            .filter_map(|line| line.split_once(' '))
            .find(|line| line.0 == name)
            .unwrap()
            .1
    }

    fn rules() -> Rules {
        Rules {
            issuer: Some("https://issuer.example".to_owned()),
            audience: Some("app".to_owned()),
            leeway: 0,
            max_lifetime: None,
        }
    }

    fn verified(token: &str, jwks: &str, rules: &Rules) -> Result<Verified, Refusal> {
        let keys = KeySet::parse(jwks.as_bytes(), Place::Private).unwrap();
        let verified = verify(token.as_bytes(), &keys, rules)?;
        verified.at(NOW).map(|()| verified)
    }

    fn refusal(name: &str) -> Refusal {
        verified(token(name), JWKS, &rules()).unwrap_err()
    }

    fn subject(json: &str) -> String {
        Members::parse(json).unwrap().text("sub").unwrap().unwrap()
    }

    #[test]
    fn takes_a_token_of_every_algorithm() {
        for (name, jwks, kid) in [
            ("eddsa", JWKS, "ed"),
            ("es256", JWKS, "ec"),
            ("es384", JWKS, "ec384"),
            ("rs256", JWKS, "rsa"),
            ("rs384", JWKS, "rsa"),
            ("rs512", JWKS, "rsa"),
            ("ps256", JWKS, "rsa"),
            ("hs256", SECRET, "secret"),
            ("hs384", SECRET, "secret"),
            ("hs512", SECRET, "secret"),
        ] {
            let verified = verified(token(name), jwks, &rules()).unwrap();
            assert_eq!(subject(&verified.payload), "00000000-0000-4000-8000-00000000000a");
            assert_eq!(verified.kid.as_deref(), Some(kid), "{name}");
            assert_eq!((verified.from, verified.until), (i64::MIN, EXP), "{name}");
        }
    }

    #[test]
    fn refuses_every_change_of_one_character() {
        let good = token("es256");
        for (place, old) in good.char_indices() {
            let new = if old == 'A' { 'B' } else { 'A' };
            let changed = format!("{}{new}{}", &good[..place], &good[place + 1..]);
            assert!(verified(&changed, JWKS, &rules()).is_err(), "{place}");
        }
    }

    #[test]
    fn refuses_what_is_no_token() {
        let good = token("es256");
        let (signed, signature) = good.rsplit_once('.').unwrap();
        for bad in [
            "",
            ".",
            "..",
            "a.b",
            &format!("{good}."),
            &format!("{good}="),
            &format!(" {good}"),
            &format!("{good}\n"),
            &format!("Bearer {good}"),
            &format!("{signed}.{signature}.{signature}.{signature}"),
        ] {
            let refusal = verified(bad, JWKS, &rules()).unwrap_err();
            assert!(matches!(refusal, Refusal::Form | Refusal::Header), "{bad}: {refusal}");
        }
        let keys = KeySet::parse(JWKS.as_bytes(), Place::Private).unwrap();
        assert_eq!(verify(b"\xff.\xff.\xff", &keys, &rules()), Err(Refusal::Form));
        assert_eq!(refusal("long"), Refusal::TooLong);
        assert_eq!(verified(&"a".repeat(MAX_TOKEN), JWKS, &rules()), Err(Refusal::Form));
        assert_eq!(verified(&"a".repeat(MAX_TOKEN + 1), JWKS, &rules()), Err(Refusal::TooLong));
    }

    #[test]
    fn refuses_a_token_without_a_signature() {
        let (signed, _) = token("es256").rsplit_once('.').unwrap();
        assert_eq!(verified(&format!("{signed}."), JWKS, &rules()), Err(Refusal::Signature));
        for name in ["none", "None", "NONE", "nOnE", ""] {
            let header = format!(r#"{{"alg":"{name}","kid":"ec"}}"#);
            let (_, payload) = signed.split_once('.').unwrap();
            let bad = format!("{}.{payload}.", URL_SAFE_NO_PAD.encode(header));
            assert_eq!(verified(&bad, JWKS, &rules()), Err(Refusal::Algorithm), "{name}");
        }
        // r = s = 0 proves anything to a verifier that does not look.
        let zeros = URL_SAFE_NO_PAD.encode([0; 64]);
        let bad = format!("{signed}.{zeros}");
        assert_eq!(verified(&bad, JWKS, &rules()), Err(Refusal::Signature));
    }

    #[test]
    fn refuses_another_key() {
        assert_eq!(refusal("stranger"), Refusal::Signature);
        assert_eq!(refusal("stranger_jwk"), Refusal::Signature);
        assert_eq!(refusal("unknown_kid"), Refusal::UnknownKid);
        assert_eq!(refusal("kid_of_other_type"), Refusal::NoFittingKey);
        assert_eq!(refusal("kid_number"), Refusal::HeaderMember("kid"));
        // A secret that everybody knows, because it is a public key.
        assert_eq!(refusal("rsa_as_secret"), Refusal::NoFittingKey);
        assert_eq!(refusal("hs256"), Refusal::UnknownKid);
        let both = JWKS.replace(']', ",").trim_end().trim_end_matches('}').to_owned()
            + SECRET.split_once('[').unwrap().1;
        assert!(verified(token("hs256"), &both, &rules()).is_ok());
        assert_eq!(verified(token("rsa_as_secret"), &both, &rules()), Err(Refusal::NoFittingKey));
    }

    #[test]
    fn a_keys_alg_leaves_one_algorithm() {
        assert!(verified(token("rs256"), RSA256, &rules()).is_ok());
        for name in ["rs384", "rs512", "ps256"] {
            assert_eq!(verified(token(name), RSA256, &rules()), Err(Refusal::NoFittingKey));
        }
        assert_eq!(refusal("ps384"), Refusal::Algorithm);
    }

    #[test]
    fn without_kid_only_one_key_may_fit() {
        for jwks in [ONE, JWKS, NAMELESS] {
            assert!(verified(token("no_kid"), jwks, &rules()).is_ok());
        }
        assert_eq!(verified(token("no_kid"), TWO, &rules()), Err(Refusal::SeveralKeys));
        // A key without a name is not the one that the token names.
        assert_eq!(verified(token("es256"), NAMELESS, &rules()), Err(Refusal::UnknownKid));
        for (name, jwks) in [("es256", TWO), ("old", TWO)] {
            assert!(verified(token(name), jwks, &rules()).is_ok());
        }
    }

    #[test]
    fn refuses_headers_that_ask_for_more() {
        assert_eq!(refusal("crit"), Refusal::Critical);
        assert_eq!(refusal("crit_empty"), Refusal::Critical);
        assert_eq!(refusal("b64"), Refusal::Extension("b64"));
        assert_eq!(refusal("zip"), Refusal::Extension("zip"));
        assert_eq!(refusal("alg_twice"), Refusal::Header);
        assert_eq!(refusal("header_array"), Refusal::Header);
        assert_eq!(refusal("alg_missing"), Refusal::HeaderMember("alg"));
        assert_eq!(refusal("alg_case"), Refusal::Algorithm);
    }

    #[test]
    fn a_token_counts_from_nbf_to_exp_and_the_leeway() {
        assert_eq!(refusal("expired"), Refusal::Expired);
        assert_eq!(refusal("early"), Refusal::NotYet);
        let keys = KeySet::parse(JWKS.as_bytes(), Place::Private).unwrap();
        let early = verify(token("early").as_bytes(), &keys, &rules()).unwrap();
        assert_eq!(early.at(EXP - 60_000_001), Err(Refusal::NotYet));
        assert_eq!(early.at(EXP - 60_000_000), Ok(()));
        assert_eq!(early.at(EXP - 1), Ok(()));
        assert_eq!(early.at(EXP), Err(Refusal::Expired));
        let lenient = Rules { leeway: 30, ..rules() };
        let early = verify(token("early").as_bytes(), &keys, &lenient).unwrap();
        assert_eq!((early.from, early.until), (EXP - 90_000_000, EXP + 30_000_000));
    }

    #[test]
    fn times_are_numbers_that_the_server_can_hold() {
        assert_eq!(refusal("no_exp"), Refusal::Missing("exp"));
        for name in ["exp_text", "exp_null", "exp_huge"] {
            assert_eq!(refusal(name), Refusal::Type("exp"), "{name}");
        }
        assert_eq!(refusal("nbf_text"), Refusal::Type("nbf"));
        let fraction = verified(token("exp_fraction"), JWKS, &rules()).unwrap();
        assert_eq!(fraction.until, EXP + 500_000);
    }

    #[test]
    fn the_lifetime_is_counted_from_iat() {
        let within = |seconds| Rules { max_lifetime: Some(seconds), leeway: 0, ..rules() };
        let day = |seconds| verified(token("day"), JWKS, &within(seconds)).unwrap_err();
        assert_eq!(day(86_399), Refusal::Lifetime);
        // Issued ahead of time: not yet.
        assert_eq!(day(86_400), Refusal::NotYet);
        let no_iat = verified(token("no_iat"), JWKS, &within(86_400));
        assert_eq!(no_iat, Err(Refusal::Missing("iat")));
        assert!(verified(token("no_iat"), JWKS, &rules()).is_ok());
        assert_eq!(verified(token("es256"), JWKS, &within(86_400)), Err(Refusal::Lifetime));
    }

    #[test]
    fn issuer_and_audience_must_be_there_and_match() {
        assert_eq!(refusal("no_iss"), Refusal::Missing("iss"));
        assert_eq!(refusal("iss_array"), Refusal::Type("iss"));
        assert_eq!(refusal("iss_slash"), Refusal::Issuer);
        assert_eq!(refusal("no_aud"), Refusal::Missing("aud"));
        assert_eq!(refusal("aud_other"), Refusal::Audience);
        assert_eq!(refusal("aud_empty"), Refusal::Audience);
        assert_eq!(refusal("aud_mixed"), Refusal::Type("aud"));
        assert!(verified(token("aud_array"), JWKS, &rules()).is_ok());
        let any = Rules { issuer: None, audience: None, ..rules() };
        for name in ["no_iss", "iss_slash", "no_aud", "aud_other", "aud_mixed"] {
            assert!(verified(token(name), JWKS, &any).is_ok(), "{name}");
        }
    }

    #[test]
    fn the_payload_is_judged_as_claims_are() {
        for name in ["payload_array", "payload_null"] {
            assert_eq!(refusal(name), Refusal::Payload(Defect::NotAnObject), "{name}");
        }
        for name in ["payload_text", "payload_surrogate"] {
            assert_eq!(refusal(name), Refusal::Payload(Defect::NotJson), "{name}");
        }
        assert_eq!(refusal("payload_nul"), Refusal::Payload(Defect::NullCharacter));
        assert_eq!(refusal("payload_deep"), Refusal::Payload(Defect::TooDeep));
        assert!(verified(token("payload_128"), JWKS, &rules()).is_ok());
        assert_eq!(refusal("exp_twice"), Refusal::Twice);
        let number = verified(token("payload_number"), JWKS, &rules()).unwrap();
        assert!(number.payload.contains("12345678901234567890.10"));
        for name in ["no_sub", "sub_text"] {
            assert!(verified(token(name), JWKS, &rules()).is_ok(), "{name}");
        }
    }

    #[test]
    fn no_reason_repeats_the_token() {
        for (name, _) in TOKENS.lines().filter_map(|line| line.split_once(' ')) {
            let Err(refusal) = verified(token(name), JWKS, &rules()) else { continue };
            let reason = refusal.to_string();
            for secret in ["alice", "nobody", "evil", "00000000", "issuer.example"] {
                assert!(!reason.contains(secret), "{name}: {reason}");
            }
            assert!(!reason.contains(&token(name)[..10]), "{name}: {reason}");
        }
    }
}
