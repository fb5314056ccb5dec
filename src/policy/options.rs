//! The options that every generator takes.

use std::collections::BTreeMap;

use pgrx::pg_sys::{self, Oid};

use super::declaration::Arguments;
use crate::catalog::{Command, role};
use crate::error::{Error, PolicyError};
use crate::quote;

/// A role that a policy is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grantee {
    /// Its id; 0 is PUBLIC.
    pub oid: Oid,
    /// As SQL, quoted where needed.
    pub sql: String,
}

/// Checked options.
#[derive(Clone, Debug)]
pub struct Options {
    /// The roles that the policies are for, ordered.
    pub roles: Vec<Grantee>,
    /// One policy is made for each.
    pub commands: Vec<Command>,
    /// The policies narrow what others give.
    pub restrictive: bool,
    /// What to do where no index serves.
    pub index: IndexMode,
    /// Bind the table's owner, too.
    pub force: bool,
    /// What the generated set goes by, instead of `<table>_<template>`.
    pub name: Option<String>,
    /// Return the plan and change nothing.
    pub dry_run: bool,
    /// Replace what somebody has edited since it was generated.
    pub overwrite: bool,
    /// Plan for a server that has none of this: everything is made, and identity is asked by
    /// `auth.uid()` and `auth.jwt()` alone.
    pub standalone: bool,
}

/// What to do where no index serves the policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IndexMode {
    /// Make it with everything else.
    Create,
    /// Return the statement, to be run outside a transaction.
    PrintConcurrently,
    /// Nothing.
    Never,
}

impl Options {
    /// Takes the options out of the arguments: those that the function has. 22023 for an unknown
    /// command or mode, an empty list, or standalone SQL without a dry run, 42602 for an empty name,
    /// 42704 for a role that does not exist.
    pub fn take(arguments: &mut Arguments) -> Result<Self, Error> {
        let name: Option<String> = arguments.take("name")?.flatten();
        if name.as_deref() == Some("") {
            return Err(PolicyError::EmptyName("name").into());
        }
        let mut flag = |name| Ok::<_, Error>(arguments.take(name)?.unwrap_or(false));
        let dry_run = flag("dry_run")?;
        let standalone = flag("standalone")?;
        if standalone && !dry_run {
            return Err(PolicyError::StandaloneRuns.into());
        }
        let restrictive = flag("restrictive")?;
        let create_index = flag("create_index")?;
        let force = flag("force")?;
        let overwrite = flag("overwrite")?;
        let concurrently: Option<String> = arguments.take("index_concurrently")?.flatten();
        Ok(Self {
            commands: arguments.take("commands")?.map(commands).transpose()?.unwrap_or_default(),
            roles: arguments.take("roles")?.map(grantees).transpose()?.unwrap_or_default(),
            restrictive,
            index: match (create_index, concurrently) {
                (_, Some(mode)) if mode != "print" => {
                    return Err(PolicyError::UnknownIndexMode(mode).into());
                }
                (false, _) => IndexMode::Never,
                (true, Some(_)) => IndexMode::PrintConcurrently,
                (true, None) => IndexMode::Create,
            },
            force,
            name,
            dry_run,
            overwrite,
            standalone,
        })
    }
}

/// Each command once, in the order in which people read them.
fn commands(given: Vec<String>) -> Result<Vec<Command>, Error> {
    const EACH: [Command; 4] = [Command::Select, Command::Insert, Command::Update, Command::Delete];
    if given.is_empty() {
        return Err(Error::EmptyList("commands"));
    }
    for command in &given {
        if !EACH.iter().any(|each| each.as_str().eq_ignore_ascii_case(command)) {
            return Err(Error::UnknownCommand(command.clone()));
        }
    }
    Ok(EACH
        .into_iter()
        .filter(|each| given.iter().any(|command| each.as_str().eq_ignore_ascii_case(command)))
        .collect())
}

/// The roles of these names. `public` is everybody, and then no other role counts.
pub fn grantees(given: Vec<String>) -> Result<Vec<Grantee>, Error> {
    if given.is_empty() {
        return Err(Error::EmptyList("roles"));
    }
    let known: BTreeMap<String, Oid> =
        role::all()?.into_iter().map(|role| (role.name, role.oid)).collect();
    let mut grantees = Vec::new();
    for name in given {
        if name == "public" {
            grantees.push(Grantee { oid: pg_sys::InvalidOid, sql: "PUBLIC".to_owned() });
        } else {
            let oid = *known.get(&name).ok_or_else(|| Error::UnknownRole(name.clone()))?;
            grantees.push(Grantee { oid, sql: quote::ident(&name) });
        }
    }
    Ok(united(grantees))
}

/// Whether roles whose members a condition asks for exist; there may be none. 42704 for PUBLIC, too,
/// which nobody is a member of.
pub fn memberships_of(given: &[String]) -> Result<(), Error> {
    if given.is_empty() {
        return Ok(());
    }
    match grantees(given.to_vec())?.iter().any(|role| role.oid == pg_sys::InvalidOid) {
        true => Err(Error::UnknownRole("public".to_owned())),
        false => Ok(()),
    }
}

/// Each role once, ordered; where PUBLIC is among them, it alone.
pub fn united(mut grantees: Vec<Grantee>) -> Vec<Grantee> {
    if let Some(everybody) = grantees.iter().position(|role| role.oid == pg_sys::InvalidOid) {
        grantees = vec![grantees.swap_remove(everybody)];
    }
    grantees.sort_by(|a, b| a.sql.cmp(&b.sql));
    grantees.dedup();
    grantees
}
