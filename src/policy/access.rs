//! Ways to reach rows through junctions, and the objects that open them.

use super::junction::{Junction, Source, check};
use super::membership::Membership;
use super::part::{DesiredIndex, DesiredMemberships, DesiredPolicy, IndexElsewhere};
use super::template::Template;
use crate::catalog::{Column, Command};
use crate::error::Error;
use crate::quote;

/// What a generator is told of a way to reach rows: by columns of the table, through a junction.
pub struct Access {
    /// The columns of the protected table.
    pub columns: Vec<String>,
    /// What is read of the junction.
    pub membership: Membership,
    /// Who may read, by role; none is every member.
    pub read_roles: Option<Vec<String>>,
    /// Who may write, by role; none is whoever may read.
    pub write_roles: Option<Vec<String>>,
}

impl Access {
    fn roles(&self, command: Command) -> Option<&[String]> {
        match command {
            Command::Select => self.read_roles.as_deref(),
            _ => self.write_roles.as_deref().or(self.read_roles.as_deref()),
        }
    }
}

/// Adds the objects that let the caller reach rows by any of some ways: the registration of what is
/// read, or functions that read it where this library is not, indexes, and the policies.
pub fn add(set: &mut Template<'_>, ways: &[Access]) -> Result<(), Error> {
    let junctions = ways.iter().map(|way| check(&way.membership)).collect::<Result<Vec<_>, _>>()?;
    for (way, junction) in ways.iter().zip(&junctions) {
        junction.check_roles(way.read_roles.as_deref(), "read_roles")?;
        junction.check_roles(way.write_roles.as_deref(), "write_roles")?;
    }
    add_indexes(set, ways, &junctions)?;
    let sources = add_sources(set, &junctions)?;
    for command in &set.options.commands {
        let mut conditions = Vec::new();
        let mut rows = Vec::new();
        for ((way, junction), source) in ways.iter().zip(&junctions).zip(&sources) {
            let roles = way.roles(*command);
            let condition = junction.condition(&way.columns, roles, source);
            let several = way.columns.len() > 1 && ways.len() > 1;
            conditions.push(if several { format!("({condition})") } else { condition });
            rows.push(junction.rows(&way.columns, roles));
        }
        let rows = format!("rows whose {}", rows.join(" or "));
        let policy = DesiredPolicy::symmetric(set, *command, &conditions.join("\n    OR "), &rows);
        set.add(policy);
    }
    Ok(())
}

/// The indexes of the protected table, then those of the tables that are looked into.
fn add_indexes(
    set: &mut Template<'_>,
    ways: &[Access],
    junctions: &[Junction],
) -> Result<(), Error> {
    let target = set.target;
    let mut lookups = Vec::new();
    for (way, junction) in ways.iter().zip(junctions) {
        let columns = way
            .columns
            .iter()
            .map(|name| target.column(name))
            .collect::<Result<Vec<&Column>, _>>()?;
        junction.fits(target, &columns)?;
        lookups.push(columns);
    }
    // An index of several columns serves the look-ups by its first one, too.
    lookups.sort_by_key(|columns| std::cmp::Reverse(columns.len()));
    for columns in lookups {
        set.add(DesiredIndex { table: &target.table, columns });
    }
    for (table, column) in junctions.iter().flat_map(Junction::lookups) {
        set.add(IndexElsewhere::new(table, column));
    }
    Ok(())
}

/// What the policies ask: for each junction a function of its own on another server, here the one
/// reader, which has to be permitted to.
fn add_sources(set: &mut Template<'_>, junctions: &[Junction]) -> Result<Vec<Source>, Error> {
    if !set.options.standalone {
        set.add(DesiredMemberships {
            memberships: junctions.iter().map(|junction| junction.membership.clone()).collect(),
            owners: junctions.iter().map(|junction| junction.table.owner).collect(),
        });
        return Ok(junctions.iter().map(|_| Source::Native).collect());
    }
    let mut sources = Vec::new();
    for (number, junction) in (1..).zip(junctions) {
        let suffix =
            if junctions.len() == 1 { "members".to_owned() } else { format!("members_{number}") };
        let function = junction.function(set, &suffix)?;
        let schema = &set.target.table.schema;
        sources.push(Source::Function(quote::qualified(schema, &function.name)));
        set.add(function);
    }
    Ok(sources)
}
