//! Who is asking: the identity of the session and its readers.

// Pure: text in, values out.
mod claims;
mod numeric_date;
mod path;

// Where the identity comes from, and the settings that say so.
mod claim_paths;
mod identity;
mod legacy;
mod session;

// Verified mode: tokens, keys, and their settings.
mod ecdsa;
mod key_file;
mod keys;
mod members;
mod placeholder;
pub mod readiness;
mod token;
mod verified;
mod verified_settings;

// How it becomes SQL values, and how SQL declares the functions.
mod declaration;
mod latest;
mod reader;
mod typed;

// One file per SQL function.
mod act_as;
mod act_reset;
mod claim;
mod claim_bool;
mod claim_matches;
mod claim_text;
mod claim_text_array;
mod claim_uuid;
mod claim_uuid_array;
mod email;
mod expires_at;
mod explain;
mod has_role;
mod is_authenticated;
mod jwt;
mod login;
mod logout;
mod require_uid;
mod role;
mod tenant_id;
mod uid;
mod user_id;

use crate::error::Error;

pub use claims::{Defect, MAX_DEPTH};
pub use declaration::Declaration;
pub use identity::is_claimed;
pub use session::{ClaimsCount, from_gateway as claims_count};
pub use uid::uid;
pub use user_id::user_id;
pub use verified::Reason;

/// The paths of the claims that name one role and many; 22023 for a setting that is no path.
pub fn role_claims() -> Result<[Option<Vec<String>>; 2], Error> {
    Ok([claim_paths::ROLE.read()?, claim_paths::ROLES.read()?])
}

/// Every function of schema `auth`.
pub static FUNCTIONS: [Declaration; 19] = [
    uid::DECLARATION,
    user_id::DECLARATION,
    require_uid::DECLARATION,
    is_authenticated::DECLARATION,
    role::DECLARATION,
    has_role::DECLARATION,
    tenant_id::DECLARATION,
    email::DECLARATION,
    expires_at::DECLARATION,
    jwt::DECLARATION,
    claim::DECLARATION,
    claim_text::DECLARATION,
    claim_uuid::DECLARATION,
    claim_bool::DECLARATION,
    claim_text_array::DECLARATION,
    claim_uuid_array::DECLARATION,
    explain::DECLARATION,
    login::DECLARATION,
    logout::DECLARATION,
];

/// Defines the settings of identity. 42710 where another library has taken the one of the claims.
pub fn define_settings() -> Result<(), Error> {
    session::require_free()?;
    let before = placeholder::Origins::of(&[
        c"rowguard.identity_mode",
        c"rowguard.jwks",
        c"rowguard.jwks_file",
        c"rowguard.jwt_issuer",
        c"rowguard.jwt_audience",
        c"rowguard.jwt_leeway",
        c"rowguard.jwt_max_lifetime",
        c"rowguard.tenant_claim",
        c"rowguard.roles_claim",
        c"rowguard.role_claim",
    ]);
    // `request.jwt.claims`: its hooks are the identity itself.
    session::define_settings();
    claim_paths::define_settings();
    legacy::define_setting();
    // `rowguard.identity_mode` and what verified mode needs.
    verified_settings::define();
    if before.lost() {
        verified_settings::overrule();
    }
    Ok(())
}
