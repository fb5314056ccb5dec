//! Which functions schema `auth` holds: made with the schema where there was none, left alone where
//! somebody else has one, adopted on request.

mod adopt_auth;
mod create_auth;
mod notice;
mod present;
