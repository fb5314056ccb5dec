//! The identities that access is tried as: who they are, and whether the caller may become them.

use std::collections::BTreeMap;
use std::ffi::{CStr, CString};

use pgrx::pg_sys::{self, Oid};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::auth;
use crate::error::{AccessError, AuthError, Error};

/// Somebody to try as.
#[derive(Debug, Clone)]
pub struct Identity {
    /// What the caller calls it.
    pub name: String,
    /// The role it works as, unquoted; none is an identity that cannot be tried.
    pub role: Option<(Oid, String)>,
    /// Its claims.
    pub claims: Claims,
    /// What it stands for, where it is said.
    said: Option<Kind>,
}

/// The claims of an identity.
#[derive(Debug, Clone)]
pub enum Claims {
    /// Those of whoever is asking now, in either mode.
    Present,
    /// These.
    Given {
        /// A JSON object, or empty where nobody is asking.
        all: CString,
        /// Single claims, for readers of an older gateway's settings.
        single: Vec<(CString, CString)>,
    },
}

/// What an identity stands for in a review.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Nobody is asking.
    Anonymous,
    /// Somebody like many others.
    User,
    /// Somebody with rights that others lack.
    Admin,
}

/// An identity as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object with role, claims and kind")]
struct Written {
    role: Option<String>,
    claims: Option<Map<String, Value>>,
    kind: Option<Kind>,
}

/// The claims that older gateways set one by one, and policies may read so.
const SINGLE: [&str; 3] = ["sub", "role", "email"];

/// Reads `{"name": {"role": "...", "claims": {...}}, ...}`, in order of names.
///
/// 22023 for anything else, 42704 for a role that does not exist, 42501 for one that the caller may
/// not become, and in verified mode for a caller who is no superuser: claims without a token are an
/// identity that nobody has proven.
pub fn read(document: Value) -> Result<Vec<Identity>, Error> {
    let written: BTreeMap<String, Value> = serde_json::from_value(document)
        .map_err(|error| AccessError::InvalidIdentities(error.to_string()))?;
    if written.is_empty() {
        return Err(AccessError::InvalidIdentities("there is none".to_owned()).into());
    }
    written
        .into_iter()
        .map(|(name, one)| {
            let one: Written = serde_json::from_value(one)
                .map_err(|error| AccessError::InvalidIdentities(format!("\"{name}\": {error}")))?;
            resolve(name, one)
        })
        .collect()
}

/// Reads one identity, `{"role": "...", "claims": {...}}`, and its role. Errors are those of
/// [`read`], and 22023 where it has no role.
pub fn one(document: Value, argument: &'static str) -> Result<(Identity, Oid), Error> {
    let invalid = |why: String| AccessError::InvalidIdentity { argument, why };
    let written: Written =
        serde_json::from_value(document).map_err(|error| invalid(error.to_string()))?;
    let identity = resolve(argument.to_owned(), written)?;
    match identity.role {
        Some((role, _)) => Ok((identity, role)),
        None => Err(invalid("It has no role".to_owned()).into()),
    }
}

/// Whoever is asking now, and its role.
pub fn present() -> (Identity, Oid) {
    // SAFETY: the server's name of a role that exists.
    let (role, name) = unsafe {
        let role = pg_sys::GetUserId();
        (role, CStr::from_ptr(pg_sys::GetUserNameFromId(role, false)))
    };
    let name = name.to_string_lossy().into_owned();
    let identity = Identity {
        name: String::new(),
        role: Some((role, name)),
        claims: Claims::Present,
        said: None,
    };
    (identity, role)
}

fn resolve(name: String, written: Written) -> Result<Identity, Error> {
    let text = |text: String| CString::new(text).map_err(|_| Error::NullByte);
    let role = match written.role {
        None => None,
        Some(role) => {
            let terminated = text(role.clone())?;
            // SAFETY: a look-up of a C string.
            let oid = unsafe { pg_sys::get_role_oid(terminated.as_ptr(), true) };
            if oid == Oid::INVALID {
                return Err(AuthError::UnknownActor(role).into());
            }
            if !may_become(oid) {
                return Err(AccessError::MayNotBecome(role).into());
            }
            Some((oid, role))
        }
    };
    // SAFETY: asks who is running.
    if !auth::claims_count() && !unsafe { pg_sys::superuser() } {
        return Err(AccessError::NotProven.into());
    }
    let all = match &written.claims {
        None => CString::default(),
        Some(claims) => text(Value::Object(claims.clone()).to_string())?,
    };
    let single = SINGLE
        .into_iter()
        .map(|claim| {
            let value = written.claims.as_ref().and_then(|claims| claims.get(claim));
            let value = match value {
                None | Some(Value::Null) => String::new(),
                Some(Value::String(value)) => value.clone(),
                Some(other) => other.to_string(),
            };
            Ok((text(format!("request.jwt.claim.{claim}"))?, text(value)?))
        })
        .collect::<Result<_, Error>>()?;
    Ok(Identity { name, role, claims: Claims::Given { all, single }, said: written.kind })
}

/// Values of the claim `role` that make nobody more than others.
const ORDINARY: [&str; 2] = ["authenticated", "anon"];

impl Identity {
    /// The claims that it is tried with, a JSON object; empty where nobody is asking.
    pub fn claims_text(&self) -> String {
        match &self.claims {
            Claims::Present => String::new(),
            Claims::Given { all, .. } => all.to_string_lossy().into_owned(),
        }
    }

    /// What it stands for: what is said, or else an administrator where row security does not bind its
    /// role or its claims give it a role, and nobody without a `sub`. 22023 for a setting that names a
    /// claim and cannot be read.
    pub fn kind(&self) -> Result<Kind, Error> {
        if let Some(kind) = self.said {
            return Ok(kind);
        }
        if let Some((role, _)) = self.role
            // SAFETY: look-ups by id.
            && unsafe { pg_sys::superuser_arg(role) || pg_sys::has_bypassrls_privilege(role) }
        {
            return Ok(Kind::Admin);
        }
        let claims = self.claims_text();
        let claims: Map<String, Value> = match claims.is_empty() {
            true => Map::new(),
            false => serde_json::from_str(&claims)?,
        };
        if !matches!(claims.get("sub"), Some(Value::String(sub)) if !sub.is_empty()) {
            return Ok(Kind::Anonymous);
        }
        let [one, many] = auth::role_claims()?;
        let name = self.role.as_ref().map_or("", |(_, name)| name);
        let special = match (at(&claims, one.as_deref()), at(&claims, many.as_deref())) {
            (_, Some(Value::Array(roles))) if !roles.is_empty() => true,
            (Some(Value::String(role)), _) => role != name && !ORDINARY.contains(&role.as_str()),
            _ => false,
        };
        Ok(if special { Kind::Admin } else { Kind::User })
    }
}

/// The claim at a path.
fn at<'a>(claims: &'a Map<String, Value>, path: Option<&[String]>) -> Option<&'a Value> {
    let (first, rest) = path?.split_first()?;
    rest.iter().try_fold(claims.get(first)?, |value, key| value.get(key))
}

/// SET ROLE would let the caller.
fn may_become(role: Oid) -> bool {
    // SAFETY: look-ups of two role ids.
    unsafe {
        let user = pg_sys::GetUserId();
        #[cfg(feature = "pg15")]
        return pg_sys::is_member_of_role(user, role);
        #[cfg(not(feature = "pg15"))]
        return pg_sys::member_can_set_role(user, role);
    }
}
