//! The options that every generator takes.

use std::collections::BTreeMap;

use pgrx::AnyArray;
use pgrx::pg_sys::{self, Oid};

use crate::arguments::{names, required, texts};
use crate::catalog::{Command, role};
use crate::error::Error;
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

/// The options as SQL passes them.
pub struct Arguments<'a> {
    /// `roles name[]`
    pub roles: Option<AnyArray>,
    /// `commands text[]`
    pub commands: Option<Vec<Option<String>>>,
    /// `restrictive boolean`
    pub restrictive: Option<bool>,
    /// `create_index boolean`
    pub create_index: Option<bool>,
    /// `force boolean`
    pub force: Option<bool>,
    /// `name text`; NULL is the default
    pub name: Option<&'a str>,
    /// `dry_run boolean`
    pub dry_run: Option<bool>,
    /// `overwrite boolean`
    pub overwrite: Option<bool>,
    /// `index_concurrently text`; NULL is no
    pub index_concurrently: Option<&'a str>,
    /// `standalone boolean`
    pub standalone: Option<bool>,
}

impl Arguments<'_> {
    /// Checks the options: 22004 for a NULL, 22023 for an unknown command or mode, an empty
    /// list, or standalone SQL without a dry run, 42602
    /// for an empty name, 42704 for a role that does not exist.
    pub fn check(self) -> Result<Options, Error> {
        if self.name == Some("") {
            return Err(Error::EmptyName("name"));
        }
        let dry_run = required(self.dry_run, "dry_run")?;
        let standalone = required(self.standalone, "standalone")?;
        if standalone && !dry_run {
            return Err(Error::StandaloneRuns);
        }
        Ok(Options {
            commands: commands(texts(self.commands, "commands")?)?,
            roles: grantees(names(self.roles, "roles")?)?,
            restrictive: required(self.restrictive, "restrictive")?,
            index: match (required(self.create_index, "create_index")?, self.index_concurrently) {
                (_, Some(mode)) if mode != "print" => {
                    return Err(Error::UnknownIndexMode(mode.to_owned()));
                }
                (false, _) => IndexMode::Never,
                (true, Some(_)) => IndexMode::PrintConcurrently,
                (true, None) => IndexMode::Create,
            },
            force: required(self.force, "force")?,
            name: self.name.map(str::to_owned),
            dry_run,
            overwrite: required(self.overwrite, "overwrite")?,
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
fn grantees(given: Vec<String>) -> Result<Vec<Grantee>, Error> {
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
    if let Some(everybody) = grantees.iter().position(|role| role.oid == pg_sys::InvalidOid) {
        grantees = vec![grantees.swap_remove(everybody)];
    }
    grantees.sort_by(|a, b| a.sql.cmp(&b.sql));
    grantees.dedup();
    Ok(grantees)
}
