//! `auth.claim_uuid_array(VARIADIC path)`: the claim at a path as an array of uuids.

use pgrx::pg_sys::Datum;
use pgrx::prelude::*;

use super::declaration::{Argument, Declaration};
use super::identity;
use super::reader::reader;
use super::typed;
use crate::error::Error;

fn read(path: Option<Datum>) -> Result<Option<Datum>, Error> {
    let path = typed::path_argument(path)?;
    identity::claim(&path, |claim| typed::uuids(&claim, &path)).map(IntoDatum::into_datum)
}

reader!(
    rowguard_auth_claim_uuid_array,
    pg_finfo_rowguard_auth_claim_uuid_array,
    Varlena,
    OfArgument(read)
);

/// How SQL declares it.
pub const DECLARATION: Declaration = Declaration {
    name: "auth.claim_uuid_array",
    argument: Some(Argument::PATH),
    result: pg_sys::UUIDARRAYOID,
    reads: true,
    symbol: "rowguard_auth_claim_uuid_array",
    comment: "the claim at a path, an array of uuids; 22P02 when it is no such array; null when absent",
};
