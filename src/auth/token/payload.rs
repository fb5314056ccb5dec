//! The claims of a token, judged by the rules.

use super::{Refusal, Verified};
use crate::auth::claims::{Claims, Defect};
use crate::auth::members::Members;
use crate::auth::numeric_date::to_timestamp;

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

/// The claims of a payload whose signature holds.
pub fn read(payload: Vec<u8>, kid: Option<String>, rules: &Rules) -> Result<Verified, Refusal> {
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
