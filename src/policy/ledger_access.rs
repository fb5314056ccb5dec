//! What `atomic.create_ledger` gives its tables: an owner of accounts reads them, their transfers,
//! entries and holds, and nobody writes.

use pgrx::pg_sys::{self, Oid};
use pgrx::prelude::Spi;

use super::call::Call;
use super::identity;
use super::options::{IndexMode, Options, grantees};
use super::part::DesiredPolicy;
use super::planner::{LatestSnapshot, perform, plan};
use super::target::Target;
use super::template::Template;
use crate::catalog::{Command, schema, table};
use crate::error::Error;

/// The tables of a ledger.
pub struct LedgerTables {
    pub accounts: Oid,
    pub transfers: Oid,
    pub entries: Oid,
    pub holds: Oid,
}

/// The role that applications act as for their users; where it exists it may read.
const USERS: &str = "authenticated";

/// Switches row security on and makes the policies. They are for role `authenticated`, which gets
/// SELECT and USAGE on the schema; where there is no such role, for whoever is granted SELECT.
pub fn ledger_access(tables: &LedgerTables) -> Result<(), Error> {
    // The tables were made by the same call.
    let _latest = LatestSnapshot::push();
    let users = grantees(vec![USERS.to_owned()]);
    let (roles, granted) = match users {
        Ok(roles) => (roles, true),
        Err(Error::UnknownRole(_)) => (grantees(vec!["public".to_owned()])?, false),
        Err(error) => return Err(error),
    };
    let options = Options {
        roles,
        commands: vec![Command::Select],
        restrictive: false,
        index: IndexMode::Never,
        force: false,
        name: None,
        dry_run: false,
        overwrite: false,
        standalone: false,
    };
    let name = |oid| -> Result<String, Error> {
        Ok(table::by_oid(oid)?.ok_or(Error::UnknownRelation(oid))?.qualified())
    };
    let (accounts, entries) = (name(tables.accounts)?, name(tables.entries)?);
    // Arrays, so that the server finds the rows by the tables' indexes.
    let own = format!(
        "ARRAY(SELECT a.id FROM {accounts} AS a WHERE a.owner_id = {})",
        identity::uid(&options)?
    );
    let own_transfers =
        format!("ARRAY(SELECT e.transfer_id FROM {entries} AS e WHERE e.account_id = ANY ({own}))");
    for (oid, condition, rows) in [
        (
            tables.accounts,
            format!("owner_id = {}", identity::uid(&options)?),
            "accounts of the caller",
        ),
        (tables.entries, format!("account_id = ANY ({own})"), "entries of the caller's accounts"),
        (
            tables.transfers,
            format!("id = ANY ({own_transfers})"),
            "transfers from and to the caller's accounts",
        ),
        (
            tables.holds,
            format!("from_id = ANY ({own}) OR to_id = ANY ({own})"),
            "holds on and for the caller's accounts",
        ),
    ] {
        let options = options.clone();
        let call = Call {
            locks: vec![oid],
            schemas: Vec::new(),
            dry_run: false,
            plan: Box::new(move |ground| {
                let target = Target::read(oid)?;
                let mut set = Template::new(&target, "ledger_access", &options);
                let policy = DesiredPolicy::symmetric(&set, Command::Select, &condition, rows);
                set.add(policy);
                plan(&set, ground)
            }),
        };
        perform(&call)?;
        if granted {
            run(&format!("GRANT SELECT ON {} TO {USERS}", name(oid)?))?;
        }
    }
    if granted {
        let schema =
            table::by_oid(tables.accounts)?.ok_or(Error::UnknownRelation(tables.accounts))?.schema;
        // Somebody else's schema is his to open.
        let owner = schema::owner(&schema)?;
        // SAFETY: a look-up of two role ids.
        let is_owner = |owner| unsafe { pg_sys::has_privs_of_role(pg_sys::GetUserId(), owner) };
        if owner.is_some_and(is_owner) {
            run(&format!("GRANT USAGE ON SCHEMA {} TO {USERS}", crate::quote::ident(&schema)))?;
        }
    }
    Ok(())
}

fn run(statement: &str) -> Result<(), Error> {
    Spi::connect_mut(|client| client.update(statement, None, &[]).map(|_| ()))?;
    Ok(())
}
