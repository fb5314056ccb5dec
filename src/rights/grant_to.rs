//! `rls.grant_to(role, part)`: hands out the rights to one part of the extension.

use std::ffi::{CStr, CString};

use pgrx::pg_sys::{self, panic::ErrorReport};
use pgrx::prelude::*;

use super::PARTS;
use crate::arguments::{name as name_argument, required};
use crate::catalog::schema;
use crate::error::{Error, RightsError};
use crate::{quote, read_only};

extension_sql!(
    r#"
COMMENT ON FUNCTION rls.grant_to(name, text) IS
  'lets a role call one part of the extension: app (operations), migrate (generators, ledgers) or ci (audit, rls.act_as)';
"#,
    name = "comment_rls_grant_to",
    requires = [rls_grant_to]
);

/// Lets `role` use one part of the extension: `app` (operations), `migrate` (generators and
/// ledgers) or `ci` (audit, `rls.act_as`). Granting twice changes nothing.
///
/// Errors: 22004 for a NULL, 42704 for a role that does not exist (PUBLIC is none), 22023 for an
/// unknown part, 42501 for a caller who does not own the extension's objects. Who may call it: the
/// extension's owner.
#[pg_extern(sql = r#"
CREATE FUNCTION rls.grant_to(role name, part text) RETURNS void
LANGUAGE c VOLATILE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
"#)]
fn rls_grant_to(role: Option<&CStr>, part: Option<&str>) -> Result<(), ErrorReport> {
    let role = name_argument(role, "role")?;
    let wanted = required(part, "part")?;
    let part = PARTS
        .iter()
        .find(|part| part.name == wanted)
        .ok_or_else(|| RightsError::UnknownPart(wanted.to_owned()))?;
    require_role(&role)?;
    require_owner()?;

    read_only::refuse(c"rls.grant_to()");
    take_turns()?;
    let grantee = quote::ident(&role);
    let mut statements = Vec::new();
    for object in part.functions.iter().chain(part.views) {
        if let Some((schema, _)) = object.split_once('.') {
            statements.push(format!("GRANT USAGE ON SCHEMA {schema} TO {grantee}"));
        }
    }
    statements.dedup();
    statements.extend(
        part.functions.iter().map(|name| format!("GRANT EXECUTE ON FUNCTION {name} TO {grantee}")),
    );
    statements.extend(part.views.iter().map(|name| format!("GRANT SELECT ON {name} TO {grantee}")));
    Spi::connect_mut(|client| {
        statements.iter().try_for_each(|sql| client.update(sql.as_str(), None, &[]).map(|_| ()))
    })
    .map_err(Error::from)?;
    Ok(())
}

/// GRANT takes no lock on what it changes: of two at once the second would end in "tuple concurrently
/// updated".
fn take_turns() -> Result<(), Error> {
    let found = schema::hands("rls")?.ok_or(Error::Unexpected("schema rls is missing"))?;
    schema::take_turns(found.oid);
    Ok(())
}

fn require_role(role: &str) -> Result<(), Error> {
    let name = CString::new(role).map_err(|_| Error::NullByte)?;
    // SAFETY: a look-up of a C string.
    if unsafe { pg_sys::get_role_oid(name.as_ptr(), true) } == pg_sys::InvalidOid {
        return Err(Error::UnknownRole(role.to_owned()));
    }
    Ok(())
}

/// A GRANT by somebody else would only warn, and change nothing.
fn require_owner() -> Result<(), Error> {
    let owner = schema::owner("rls")?;
    // SAFETY: a look-up of two role ids.
    if !owner.is_some_and(|owner| unsafe { pg_sys::has_privs_of_role(pg_sys::GetUserId(), owner) })
    {
        return Err(RightsError::NotExtensionOwner.into());
    }
    Ok(())
}
