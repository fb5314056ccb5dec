//! Why a token does not count.

use thiserror::Error;

use crate::auth::claims::{Defect, MAX_DEPTH};

/// Why a token does not count. Never holds a part of the token.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum Refusal {
    /// Longer than [`super::MAX_TOKEN`].
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
