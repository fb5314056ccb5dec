//! Who is asking: claims, tokens and acting as somebody.

use pgrx::prelude::PgSqlErrorCode;
use thiserror::Error;

use super::Facts;
use crate::auth::{Defect, MAX_DEPTH, Reason};

/// What stands between a call and an identity.
#[derive(Debug, Error)]
pub enum AuthError {
    /// The claims cannot be read.
    #[error("request.jwt.claims cannot be read")]
    Claims(Defect),
    /// The claim `sub` is asked for as a uuid and is none.
    #[error("claim \"sub\" is not a uuid")]
    SubjectNoUuid,
    /// A claim is asked for as something that it is not.
    #[error("{claim} is not {wanted}")]
    ClaimShape {
        /// The claim, as `claim "path"`.
        claim: String,
        /// What it is asked for as.
        wanted: &'static str,
    },
    /// The claim `exp` is no time that the server can hold.
    #[error("claim \"exp\" is out of range")]
    ExpiryOutOfRange,
    /// A claim is asked for by a setting that cannot be read.
    #[error("invalid claim path in {0}")]
    InvalidClaimPath(String),
    /// No way to compare a claim with several values.
    #[error("unknown value \"{0}\" for match")]
    UnknownMatch(String),
    /// There is no identity, and the caller needs one.
    #[error("not authenticated")]
    NotAuthenticated,
    /// There is no role of this name to act as.
    #[error("role \"{0}\" does not exist")]
    UnknownActor(String),
    /// The claims to act with are no object.
    #[error("claims must be a JSON object")]
    ClaimsNoObject,
    /// A login whose token does not count. The reason holds no part of the token.
    #[error("the token does not authenticate anybody")]
    LoginRefused(Reason),
    /// Something of verified mode is asked for in gateway mode.
    #[error("rowguard.identity_mode is gateway")]
    GatewayMode,
    /// An identity is to be set, and only a token can be one.
    #[error("rowguard.identity_mode is not gateway")]
    NotGatewayMode,
    /// Another library reads the claims.
    #[error("setting request.jwt.claims belongs to another library")]
    ClaimsTaken {
        /// Its file.
        library: Option<String>,
    },
}

impl AuthError {
    /// What its report says besides the message.
    pub(super) fn facts(&self) -> Facts {
        use PgSqlErrorCode::*;
        match self {
            Self::Claims(defect) => {
                let (state, detail) = match defect {
                    Defect::NotJson => (
                        ERRCODE_INVALID_TEXT_REPRESENTATION,
                        "The text is not valid JSON.".to_owned(),
                    ),
                    Defect::NotAnObject => (
                        ERRCODE_INVALID_TEXT_REPRESENTATION,
                        "The text is JSON, but not an object.".to_owned(),
                    ),
                    Defect::TooDeep => (
                        ERRCODE_STATEMENT_TOO_COMPLEX,
                        format!("The claims are nested deeper than {MAX_DEPTH} levels."),
                    ),
                    Defect::NullCharacter => (
                        ERRCODE_UNTRANSLATABLE_CHARACTER,
                        "\\u0000 cannot be converted to text.".to_owned(),
                    ),
                    Defect::Encoding => (
                        ERRCODE_UNTRANSLATABLE_CHARACTER,
                        "In a database that is not encoded in UTF8 claims are read in ASCII only."
                            .to_owned(),
                    ),
                };
                Facts::of(state).detail(detail).hint(
                    "The gateway sets request.jwt.claims to the JSON object of verified claims, \
                     for each transaction.",
                )
            }
            Self::SubjectNoUuid => Facts::of(ERRCODE_INVALID_TEXT_REPRESENTATION).hint(
                "Policies compare uuid columns with auth.uid(); the identity provider must issue \
                 a uuid as subject.",
            ),
            Self::ClaimShape { .. } => Facts::of(ERRCODE_INVALID_TEXT_REPRESENTATION),
            Self::ExpiryOutOfRange => Facts::of(ERRCODE_DATETIME_FIELD_OVERFLOW),
            Self::InvalidClaimPath(_) => Facts::of(ERRCODE_INVALID_PARAMETER_VALUE).hint(
                "Keys are joined by dots, and a key with dots or spaces stands in double quotes: \
                 app_metadata.tenant_id.",
            ),
            Self::UnknownMatch(_) => {
                Facts::of(ERRCODE_INVALID_PARAMETER_VALUE).hint("Give 'any' or 'all'.")
            }
            Self::NotAuthenticated => Facts::of(ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION)
                .hint("auth.explain() says why."),
            Self::UnknownActor(_) => Facts::of(ERRCODE_UNDEFINED_OBJECT)
                .hint("Act as a role that policies and grants name."),
            Self::ClaimsNoObject => Facts::of(ERRCODE_INVALID_PARAMETER_VALUE).hint(
                "Give what the gateway would set, such as '{\"sub\": \"...\"}', or null for \
                 nobody.",
            ),
            Self::LoginRefused(reason) => Facts::of(ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION)
                .detail(format!("Reason: {reason}.")),
            Self::GatewayMode => Facts::of(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE).hint(
                "Tokens count in verified mode, which an administrator chooses: ALTER DATABASE \
                 ... SET rowguard.identity_mode = 'verified'.",
            ),
            Self::NotGatewayMode => Facts::of(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE)
                .hint("An identity comes from a signed token here: auth.login()."),
            Self::ClaimsTaken { library } => {
                let facts = Facts::of(ERRCODE_DUPLICATE_OBJECT).hint(
                    "Only one of the two can be loaded: look for the other in \
                     shared_preload_libraries, session_preload_libraries and \
                     local_preload_libraries.",
                );
                match library {
                    Some(library) => facts.detail(format!("It is defined by {library}.")),
                    None => facts,
                }
            }
        }
    }
}
