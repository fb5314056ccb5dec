//! The identity in verified mode: the session's token, verified at the first read after a change
//! and kept until the settings change or the configuration is reloaded (keys may change in a file
//! whose path stays). Its times are compared at every read with the start of the statement.

use std::cell::RefCell;
use std::ffi::{CStr, CString};
use std::rc::Rc;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

use pgrx::pg_sys;
use thiserror::Error;

use super::claims::{Claims, Defect, Subject};
use super::keys::KeySet;
use super::session;
use super::token::{self, Refusal, Rules, Verified};
use super::verified_settings::{self as settings, Mode, SettingDefect};

/// Why nobody is authenticated.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum Reason {
    /// No token was given.
    #[error("no token is given")]
    NoToken,
    /// The settings.
    #[error("{0}")]
    Settings(#[from] SettingDefect),
    /// The token.
    #[error("{0}")]
    Token(#[from] Refusal),
}

/// The identity in force.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The token, and when it is valid.
    verified: Verified,
    /// The claim `sub`.
    pub subject: Subject,
    /// The claims' text, as the server wants it.
    claims: CString,
}

/// What was found, and what it was found from.
struct State {
    changes: u64,
    reload: i64,
    found: Result<Rc<Identity>, Reason>,
    /// What the readers go by: `found`, seen at some moment between [`FROM`] and [`UNTIL`].
    now: Result<Rc<Identity>, Reason>,
}

/// Keys, and what they were read from.
struct Keys {
    changes: u64,
    reload: i64,
    found: Result<Rc<KeySet>, SettingDefect>,
}

thread_local! {
    static STATE: RefCell<Option<State>> = const { RefCell::new(None) };
    static KEYS: RefCell<Option<Keys>> = const { RefCell::new(None) };
}

// From when until when (exclusive), and up to which reload, the answers of this generation hold.
static FROM: AtomicI64 = AtomicI64::new(i64::MAX);
static UNTIL: AtomicI64 = AtomicI64::new(i64::MIN);
static RELOAD: AtomicI64 = AtomicI64::new(i64::MIN);

/// What a process has for the start of its statement before the first one.
const NO_STATEMENT: i64 = 0;

/// Whether answers of the current generation are still good.
#[inline]
pub fn holds() -> bool {
    let now = statement_start();
    now != NO_STATEMENT
        && FROM.load(Relaxed) <= now
        && now < UNTIL.load(Relaxed)
        && RELOAD.load(Relaxed) == reload()
}

/// Who is asking, or why nobody is.
pub fn identity() -> Result<Rc<Identity>, Reason> {
    STATE.with_borrow_mut(|state| {
        let (changes, reload, now) = (settings::changes(), reload(), time());
        let fresh = state.as_ref().is_some_and(|s| s.changes == changes && s.reload == reload);
        if let (true, true, Some(state)) = (fresh, holds(), state.as_ref()) {
            return state.now.clone();
        }
        let found = match state.take() {
            Some(state) if fresh => state.found,
            _ => find(),
        };
        let (from, until, answer) = match &found {
            Err(reason) => (i64::MIN, i64::MAX, Err(reason.clone())),
            Ok(identity) => match identity.verified.at(now) {
                Ok(()) => (identity.verified.from, identity.verified.until, Ok(identity.clone())),
                Err(refusal @ Refusal::Expired) => {
                    (identity.verified.until, i64::MAX, Err(refusal.into()))
                }
                Err(refusal) => (i64::MIN, identity.verified.from, Err(refusal.into())),
            },
        };
        FROM.store(from, Relaxed);
        UNTIL.store(until, Relaxed);
        RELOAD.store(reload, Relaxed);
        // Call sites that remember an answer from another span of time must not take this one's.
        session::changed();
        *state = Some(State { changes, reload, found, now: answer.clone() });
        answer
    })
}

/// The claims in force, a JSON object; none when nobody is authenticated. Good until the identity
/// changes: callers copy the text at once.
pub fn claims_text() -> Option<&'static CStr> {
    // SAFETY: the state keeps the identity, and with it the text.
    identity().ok().map(|identity| unsafe { CStr::from_ptr(identity.claims.as_ptr()) })
}

/// The name of the key by which the identity in force was verified, if there is one and it has one.
pub fn kid() -> Option<String> {
    if session::from_gateway() {
        return None;
    }
    identity().ok()?.verified.kid.clone()
}

/// What tokens are verified by, or why nobody can be authenticated whatever the token.
pub fn means() -> Result<(Rules, Rc<KeySet>), SettingDefect> {
    match settings::mode() {
        Mode::Verified => {}
        Mode::Overruled => return Err(SettingDefect::Overruled),
        Mode::Gateway | Mode::Invalid => return Err(SettingDefect::Mode),
    }
    let rules = Rules {
        issuer: settings::issuer()?,
        audience: settings::audience()?,
        leeway: settings::leeway()?,
        max_lifetime: settings::max_lifetime()?,
    };
    Ok((rules, keys()?))
}

fn find() -> Result<Rc<Identity>, Reason> {
    let (rules, keys) = means()?;
    let token = settings::token().ok_or(Reason::NoToken)?;
    let verified = token::verify(token, &keys, &rules)?;
    if !verified.payload.is_ascii() && !takes_utf8() {
        return Err(Refusal::Payload(Defect::Encoding).into());
    }
    let subject = Claims::parse(verified.payload.as_bytes()).map_err(Refusal::Payload)?.subject;
    let claims =
        CString::new(verified.payload.as_str()).map_err(|_| Refusal::Payload(Defect::NotJson))?;
    Ok(Rc::new(Identity { verified, subject, claims }))
}

/// The keys, read again after their settings changed and after every reload.
fn keys() -> Result<Rc<KeySet>, SettingDefect> {
    KEYS.with_borrow_mut(|keys| {
        let (changes, reload) = (settings::key_changes(), reload());
        if let Some(keys) = keys.as_ref().filter(|k| k.changes == changes && k.reload == reload) {
            return keys.found.clone();
        }
        let found = settings::keys().map(Rc::new);
        *keys = Some(Keys { changes, reload, found: found.clone() });
        found
    })
}

/// Whether the claims' text is text of the database.
fn takes_utf8() -> bool {
    // SAFETY: a plain call.
    unsafe { pg_sys::GetDatabaseEncoding() }.cast_unsigned() == pg_sys::pg_enc::PG_UTF8
}

/// When this process last loaded the configuration.
fn reload() -> i64 {
    // SAFETY: a plain variable of the server.
    unsafe { pg_sys::PgReloadTime }
}

/// When the statement began. Where no statement has (background processes may not say), the clock:
/// an expired token must not come back to life at the server's epoch.
fn time() -> i64 {
    match statement_start() {
        // SAFETY: a plain call.
        NO_STATEMENT => unsafe { pg_sys::GetCurrentTimestamp() },
        start => start,
    }
}

/// The same without the guard that the bindings put round every call: readers ask for every row,
/// and the function returns a variable and raises nothing.
fn statement_start() -> i64 {
    unsafe extern "C-unwind" {
        fn GetCurrentStatementStartTimestamp() -> pg_sys::TimestampTz;
    }
    // SAFETY: no arguments, no errors.
    unsafe { GetCurrentStatementStartTimestamp() }
}
