//! Tokens of every kind, made beforehand.

use super::*;
use crate::auth::claims::Defect;
use crate::auth::keys::Place;
use crate::auth::members::Members;

// Made by tests/tokens/generate.py, which says what each token is.
const TOKENS: &str = include_str!("../../../tests/tokens/tokens.txt");
const JWKS: &str = include_str!("../../../tests/tokens/jwks.json");
const SECRET: &str = include_str!("../../../tests/tokens/secret.json");
const ONE: &str = include_str!("../../../tests/tokens/one.json");
const TWO: &str = include_str!("../../../tests/tokens/two.json");
const NAMELESS: &str = include_str!("../../../tests/tokens/nameless.json");
const RSA256: &str = include_str!("../../../tests/tokens/rsa256.json");

// Microseconds of the server's time: 2026-01-01, 2100-01-01, and the tokens' `iat`, 2000-01-01.
const NOW: i64 = 820_540_800_000_000;
const EXP: i64 = 3_155_760_000_000_000;

fn token(name: &str) -> &'static str {
    TOKENS.lines().filter_map(|line| line.split_once(' ')).find(|line| line.0 == name).unwrap().1
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
