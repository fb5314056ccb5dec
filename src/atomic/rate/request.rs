//! The request that the gateway is at: what PostgREST says of it in settings of the transaction.

use std::ffi::CStr;

use pgrx::pg_sys;
use serde::Deserialize;

use super::{address, path};
use crate::auth;
use crate::error::Error;
use crate::settings;

/// A request.
pub struct Request {
    /// GET and the like.
    pub method: String,
    /// Its path, in its one spelling.
    pub path: Vec<u8>,
}

/// Whom a request is counted for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Client {
    /// Somebody with an identity.
    User(String),
    /// Somebody without, by his address.
    Address(Vec<u8>),
    /// All of whom neither is known.
    Unknown,
    /// Everybody, by the rule's wish.
    Everybody,
}

impl Client {
    /// What tells it from others.
    pub fn parts(&self) -> [&[u8]; 2] {
        match self {
            Self::User(id) => [b"user", id.as_bytes()],
            Self::Address(address) => [b"address", address],
            Self::Unknown => [b"unknown", b""],
            Self::Everybody => [b"everybody", b""],
        }
    }
}

impl Request {
    /// The request; none where no gateway has told of one.
    pub fn current() -> Option<Self> {
        let method = setting(c"request.method")?.to_string_lossy().into_owned();
        let path = path::normal(setting(c"request.path")?.to_bytes());
        Some(Self { method, path })
    }

    /// Whether it only reads.
    pub fn reads(&self) -> bool {
        matches!(self.method.as_str(), "GET" | "HEAD")
    }
}

/// The caller by his identity; by his address where he has none.
pub fn user() -> Result<Client, Error> {
    Ok(auth::user_id()?.map_or_else(by_address, Client::User))
}

/// The caller by his address.
pub fn by_address() -> Client {
    #[derive(Deserialize)]
    struct Headers {
        #[serde(rename = "x-forwarded-for")]
        forwarded: String,
    }
    let proxies = settings::trusted_proxies();
    let address = || {
        let headers = setting(c"request.headers")?.to_bytes();
        let Headers { forwarded } = serde_json::from_slice(headers).ok()?;
        address::client(&forwarded, proxies)
    };
    // Headers that cannot be read name nobody.
    (proxies > 0).then(address).flatten().map_or(Client::Unknown, Client::Address)
}

/// A setting; none where it is not set or empty, which is what a pooled connection resets it to. Good until
/// the setting changes: callers copy it at once.
fn setting(name: &CStr) -> Option<&'static CStr> {
    // SAFETY: the server returns a string or null, which lives until the setting changes.
    unsafe {
        let value = pg_sys::GetConfigOption(name.as_ptr(), true, false);
        (!value.is_null()).then(|| CStr::from_ptr(value))
    }
    .filter(|value| !value.is_empty())
}
