//! `auth.tenant_id()`: the claim that `rowguard.tenant_claim` names, as uuid.

use pgrx::pg_sys::Datum;
use pgrx::prelude::*;

use super::claim_paths::TENANT;
use super::identity;
use super::reader::reader;
use super::typed;
use crate::error::Error;

fn read() -> Result<Option<Datum>, Error> {
    let Some(path) = TENANT.read()? else { return Ok(None) };
    identity::claim(&path, |claim| typed::uuid(&claim, &path)).map(IntoDatum::into_datum)
}

reader!(rowguard_auth_tenant_id, pg_finfo_rowguard_auth_tenant_id, Uuid, Plain(read));

extension_sql!(
    r"
CREATE FUNCTION auth.tenant_id() RETURNS uuid
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'rowguard_auth_tenant_id';
COMMENT ON FUNCTION auth.tenant_id() IS
  'the tenant: the claim at rowguard.tenant_claim as uuid; null when absent; 22P02 when it is no uuid';
",
    name = "auth_tenant_id"
);
