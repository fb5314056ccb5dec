//! `auth.tenant_id()`: the claim that `rowguard.tenant_claim` names, as uuid.

use pgrx::pg_sys::Datum;
use pgrx::prelude::*;

use super::claim_paths::TENANT;
use super::declaration::Declaration;
use super::identity;
use super::reader::reader;
use super::typed;
use crate::error::Error;

fn read() -> Result<Option<Datum>, Error> {
    let Some(path) = TENANT.read()? else { return Ok(None) };
    identity::claim(&path, |claim| typed::uuid(&claim, &path)).map(IntoDatum::into_datum)
}

reader!(rowguard_auth_tenant_id, pg_finfo_rowguard_auth_tenant_id, Uuid, Plain(read));

/// How SQL declares it.
pub const DECLARATION: Declaration = Declaration {
    name: "auth.tenant_id",
    argument: None,
    result: pg_sys::UUIDOID,
    reads: true,
    symbol: "rowguard_auth_tenant_id",
    comment: "the tenant: the claim at rowguard.tenant_claim as uuid; null when absent; 22P02 when it is no uuid",
};
