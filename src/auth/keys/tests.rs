//! Key sets, right and wrong.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::defect::OneKey;
use super::*;

// Made by tests/tokens/generate.py.
const JWKS: &str = include_str!("../../../tests/tokens/jwks.json");
const SECRET: &str = include_str!("../../../tests/tokens/secret.json");
const SMALL: &str = include_str!("../../../tests/tokens/small.json");
const SHORT: &str = include_str!("../../../tests/tokens/short.json");
const OFF_CURVE: &str = include_str!("../../../tests/tokens/off_curve.json");
const ONE: &str = include_str!("../../../tests/tokens/one.json");

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
                "EdDSA", "ES256", "ES384", "RS256", "RS384", "RS512", "PS256", "HS256", "HS384",
                "HS512",
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
