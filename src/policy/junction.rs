//! A table of memberships as generators see it: checked, and turned into the conditions of policies.

use pgrx::pg_sys::{self, Oid};

use super::expression;
use super::identity::{self, type_name};
use super::membership::{Key, Membership};
use super::names::bounded;
use super::part::{
    DesiredFunction, DesiredIndex, DesiredMemberships, DesiredPolicy, IndexElsewhere,
};
use super::target::Target;
use super::template::Template;
use crate::catalog::row::select;
use crate::catalog::{Column, Command, Table};
use crate::error::Error;
use crate::quote;

/// How deep a tree may be followed.
const DEPTHS: std::ops::RangeInclusive<i32> = 0..=1000;

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

/// A junction that was found to be one.
pub struct Junction {
    /// What is read, the condition as the server prints it.
    pub membership: Membership,
    table: Table,
    keys: Vec<(Column, Key)>,
    user: Column,
    role: Option<Column>,
    tree: Option<(Table, Column, Key, Column)>,
}

/// Checks what is to be read: the tables exist and are the caller's, the columns are there and of
/// types that can be compared, and the condition is one expression.
pub fn check(membership: &Membership) -> Result<Junction, Error> {
    let members = Target::read(membership.members)?;
    if membership.columns.is_empty() {
        return Err(Error::EmptyList("member_columns"));
    }
    let keys =
        membership.columns.iter().map(|name| key(&members, name)).collect::<Result<Vec<_>, _>>()?;
    let (user, _) = key(&members, &membership.user)?;
    let role = membership.role.as_deref().map(|name| role_column(&members, name)).transpose()?;
    let active_when = match &membership.active_when {
        // Twice: what is printed once may be printed in other words again, and the words count.
        Some(text) => {
            let printed = expression::condition(membership.members, text, "active_when")?;
            Some(expression::condition(membership.members, &printed, "active_when")?)
        }
        None => None,
    };
    let tree = match &membership.tree {
        None => None,
        Some(tree) => {
            if !DEPTHS.contains(&tree.max_depth) {
                return Err(Error::BadDepth(tree.max_depth));
            }
            let nodes = Target::read(tree.table)?;
            if nodes.table.owner != members.table.owner {
                return Err(Error::TwoOwnersOfTree {
                    members: members.table.qualified(),
                    tree: nodes.table.qualified(),
                });
            }
            let (id, id_key) = key(&nodes, &tree.id)?;
            let (parent, parent_key) = key(&nodes, &tree.parent)?;
            let below =
                comparable(&nodes.table, (&id, id_key), &nodes.table, (&parent, parent_key))?;
            let [(node, node_key)] = keys.as_slice() else {
                return Err(Error::CompositeNode);
            };
            let common = comparable(&members.table, (node, *node_key), &nodes.table, (&id, below))?;
            Some((nodes.table, id, common, parent))
        }
    };
    let membership = Membership { active_when, ..membership.clone() };
    Ok(Junction { membership, table: members.table, keys, user, role, tree })
}

fn key(target: &Target, name: &str) -> Result<(Column, Key), Error> {
    let column = target.column(name)?.clone();
    let key = Key::of(column.type_oid).ok_or_else(|| Error::NotAKeyColumn {
        relation: target.table.qualified(),
        column: column.name.clone(),
        found: type_name(column.type_oid),
    })?;
    Ok((column, key))
}

/// What two columns are compared as; 42804 where they cannot be.
fn comparable(
    one_table: &Table,
    (one, one_key): (&Column, Key),
    other_table: &Table,
    (other, other_key): (&Column, Key),
) -> Result<Key, Error> {
    one_key.common(other_key).ok_or_else(|| Error::KeysDiffer {
        one: format!("{}.{}", one_table.qualified(), quote::ident(&one.name)),
        one_type: type_name(one.type_oid),
        other: format!("{}.{}", other_table.qualified(), quote::ident(&other.name)),
        other_type: type_name(other.type_oid),
    })
}

/// A column of roles: text, varchar or an enum.
fn role_column(members: &Target, name: &str) -> Result<Column, Error> {
    let column = members.column(name)?;
    // SAFETY: look-ups of a type id.
    let fits = unsafe {
        let base = pg_sys::getBaseType(column.type_oid);
        matches!(base, pg_sys::TEXTOID | pg_sys::VARCHAROID) || pg_sys::type_is_enum(base)
    };
    if !fits {
        return Err(Error::NotARoleColumn {
            relation: members.table.qualified(),
            column: column.name.clone(),
            found: type_name(column.type_oid),
        });
    }
    Ok(column.clone())
}

/// Refuses a role that the column cannot hold: misspelt, it would admit nobody and say nothing.
fn check_roles(junction: &Junction, roles: &[String], argument: &'static str) -> Result<(), Error> {
    if roles.is_empty() {
        return Err(Error::EmptyList(argument));
    }
    let Some(column) = &junction.role else { return Err(Error::RolesWithoutColumn) };
    // SAFETY: look-ups of a type id.
    let base = unsafe { pg_sys::getBaseType(column.type_oid) };
    // SAFETY: as above.
    if !unsafe { pg_sys::type_is_enum(base) } {
        return Ok(());
    }
    let labels: Vec<String> = select(
        "SELECT e.enumlabel::pg_catalog.text FROM pg_catalog.pg_enum e
          WHERE e.enumtypid OPERATOR(pg_catalog.=) $1",
        &[pgrx::datum::DatumWithOid::from(base)],
        |row| row.required(1),
    )?;
    match roles.iter().find(|role| !labels.contains(role)) {
        Some(role) => {
            Err(Error::UnknownMemberRole { role: role.clone(), found: type_name(column.type_oid) })
        }
        None => Ok(()),
    }
}

/// Adds the objects that let the caller reach rows by any of some ways: the registration of what is
/// read, or functions that read it where this library is not, indexes, and the policies.
pub fn add(set: &mut Template<'_>, ways: &[Access]) -> Result<(), Error> {
    let target = set.target;
    let junctions = ways.iter().map(|way| check(&way.membership)).collect::<Result<Vec<_>, _>>()?;
    let mut memberships = Vec::new();
    let mut sources = Vec::new();
    let mut lookups = Vec::new();
    let mut elsewhere = Vec::new();
    let mut helpers = Vec::new();
    for (at, (way, junction)) in ways.iter().zip(&junctions).enumerate() {
        for (roles, argument) in
            [(&way.read_roles, "read_roles"), (&way.write_roles, "write_roles")]
        {
            if let Some(roles) = roles {
                check_roles(junction, roles, argument)?;
            }
        }
        let columns = way
            .columns
            .iter()
            .map(|name| target.column(name))
            .collect::<Result<Vec<&Column>, _>>()?;
        junction.fits(target, &columns)?;
        lookups.push(columns);
        elsewhere.push(IndexElsewhere::new(&junction.table, &junction.user));
        if let Some((nodes, _, _, parent)) = &junction.tree {
            elsewhere.push(IndexElsewhere::new(nodes, parent));
        }
        if set.options.standalone {
            let suffix =
                if ways.len() == 1 { "members".to_owned() } else { format!("members_{}", at + 1) };
            let helper = junction.helper(set, &suffix)?;
            sources.push(Source::Helper(quote::qualified(&target.table.schema, &helper.name)));
            helpers.push(helper);
        } else {
            memberships.push(junction.membership.clone());
            sources.push(Source::Native);
        }
    }
    // An index of several columns serves the look-ups by its first one, too.
    lookups.sort_by_key(|columns| std::cmp::Reverse(columns.len()));
    for columns in lookups {
        set.add(DesiredIndex { table: &target.table, columns });
    }
    for index in elsewhere {
        set.add(index);
    }
    for helper in helpers {
        set.add(helper);
    }
    if !memberships.is_empty() {
        set.add(DesiredMemberships {
            memberships,
            owners: junctions.iter().map(|junction| junction.table.owner).collect(),
        });
    }
    for command in &set.options.commands {
        let mut conditions = Vec::new();
        let mut rows = Vec::new();
        for ((way, junction), source) in ways.iter().zip(&junctions).zip(&sources) {
            let roles = way.roles(*command);
            let condition = junction.condition(way, roles, source);
            let several = way.columns.len() > 1 && ways.len() > 1;
            conditions.push(if several { format!("({condition})") } else { condition });
            rows.push(junction.rows(way, roles));
        }
        let rows = format!("rows whose {}", rows.join(" or "));
        let policy = DesiredPolicy::symmetric(set, *command, &conditions.join("\n    OR "), &rows);
        set.add(policy);
    }
    Ok(())
}

/// Where a policy asks for memberships.
enum Source {
    /// `rls.memberships()`.
    Native,
    /// A generated function.
    Helper(String),
}

impl Junction {
    /// What is returned of a junction column.
    fn returned(&self, key: Key) -> Key {
        self.tree.as_ref().map_or(key, |(_, _, common, _)| *common)
    }

    fn fits(&self, target: &Target, columns: &[&Column]) -> Result<(), Error> {
        if columns.len() != self.keys.len() {
            return Err(Error::KeyLengths { columns: columns.len(), members: self.keys.len() });
        }
        for (column, (member, member_key)) in columns.iter().zip(&self.keys) {
            let (_, own) = key(target, &column.name)?;
            comparable(&target.table, (column, own), &self.table, (member, *member_key))?;
        }
        Ok(())
    }

    fn condition(&self, way: &Access, roles: Option<&[String]>, source: &Source) -> String {
        let names: Vec<String> =
            self.keys.iter().map(|(column, _)| quote::ident(&column.name)).collect();
        let source = match source {
            Source::Native => {
                let columns: Vec<String> = self
                    .keys
                    .iter()
                    .zip(&names)
                    .map(|((_, key), name)| format!("{name} {}", self.returned(*key).sql()))
                    .collect();
                format!(
                    "rls.memberships({}) AS m({})",
                    self.membership.arguments(roles),
                    columns.join(", ")
                )
            }
            Source::Helper(function) => {
                let roles = match (&self.role, roles) {
                    (None, _) => String::new(),
                    (Some(_), None) => "NULL".to_owned(),
                    (Some(_), Some(roles)) => quote::array(roles),
                };
                format!("{function}({roles}) AS m")
            }
        };
        let own: Vec<String> = way.columns.iter().map(|name| quote::ident(name)).collect();
        // Each column by itself, so that an index serves; where there are several, the pairs that
        // this lets through and that are none are then left out.
        let mut terms: Vec<String> = own
            .iter()
            .zip(&names)
            .map(|(own, name)| format!("{own} = ANY (ARRAY(SELECT m.{name} FROM {source}))"))
            .collect();
        if own.len() > 1 {
            let names: Vec<String> = names.iter().map(|name| format!("m.{name}")).collect();
            terms.push(format!(
                "({}) IN (SELECT {} FROM {source})",
                own.join(", "),
                names.join(", ")
            ));
        }
        terms.join("\n    AND ")
    }

    /// What the rows are, for people.
    fn rows(&self, way: &Access, roles: Option<&[String]>) -> String {
        let columns: Vec<String> = way.columns.iter().map(|name| quote::ident(name)).collect();
        let columns = columns.join(", ");
        let columns = if way.columns.len() > 1 { format!("({columns})") } else { columns };
        let mut text = format!("{columns} is the caller's in {}", self.membership.describe());
        if let Some(roles) = roles {
            text.push_str(&format!(" as {}", roles.join(" or ")));
        }
        text
    }

    /// The function by which policies read the junction where this library is not.
    fn helper(&self, set: &Template<'_>, suffix: &str) -> Result<DesiredFunction, Error> {
        let membership = &self.membership;
        for table in
            [Some(&self.table), self.tree.as_ref().map(|(nodes, ..)| nodes)].into_iter().flatten()
        {
            // SAFETY: look-ups of the current role.
            let exempt = unsafe { pg_sys::has_bypassrls_privilege(pg_sys::GetUserId()) };
            if table.rls_forced && !exempt {
                return Err(Error::ForcedJunction(table.qualified()));
            }
        }
        let alias = quote::ident(&self.table.name);
        let of = |column: &Column| format!("{alias}.{}", quote::ident(&column.name));
        let mut condition = format!(
            "{} = {}",
            of(&self.user),
            identity::caller(set.options, &self.table, &self.user)?
        );
        if let Some(role) = &self.role {
            condition.push_str(&format!("\n    AND ($1 IS NULL OR {}::text = ANY ($1))", of(role)));
        }
        if let Some(text) = &membership.active_when {
            expression::portable(membership.members, text)?;
            condition.push_str(&format!("\n    AND ({text})"));
        }
        let from = format!("FROM {}\n  WHERE {condition}", self.table.qualified());
        let cast = |sql: String, key: Key| format!("{sql}::{}", key.sql());
        let body = match (&membership.tree, &self.tree, self.keys.as_slice()) {
            (Some(tree), Some((nodes, id, common, parent)), [(node, _)]) => {
                let nodes_alias = quote::ident(&nodes.name);
                let node_of =
                    |column: &Column| format!("{nodes_alias}.{}", quote::ident(&column.name));
                format!(
                    "\n  WITH RECURSIVE reached (node, depth) AS (\n  SELECT {}, 0\n  {from}\n  UNION\n  \
                     SELECT {}, above.depth + 1\n  FROM reached AS above\n  \
                     JOIN {} ON {} = above.node\n  WHERE above.depth < {})\n  \
                     SELECT DISTINCT reached.node FROM reached\n",
                    cast(of(node), *common),
                    cast(node_of(id), *common),
                    nodes.qualified(),
                    node_of(parent),
                    tree.max_depth
                )
            }
            _ => {
                let columns: Vec<String> =
                    self.keys.iter().map(|(column, key)| cast(of(column), *key)).collect();
                format!("\n  SELECT {}\n  {from}\n", columns.join(", "))
            }
        };
        let returns: Vec<String> = self
            .keys
            .iter()
            .map(|(column, key)| {
                format!("{} {}", quote::ident(&column.name), self.returned(*key).sql())
            })
            .collect();
        let roles = self.role.as_ref().map(|_| "text[]");
        Ok(DesiredFunction {
            name: bounded(&set.name(), suffix),
            arguments: roles.map_or_else(String::new, |kind| format!("roles {kind}")),
            types: roles.unwrap_or_default().to_owned(),
            header: format!(
                "RETURNS TABLE ({})\nLANGUAGE sql STABLE SECURITY DEFINER\nSET search_path = pg_catalog, pg_temp",
                returns.join(", ")
            ),
            body,
            roles: set.options.roles.clone(),
            does: format!("reads the caller's rows of {}", membership.describe()),
            reviewed: Some(format!(
                "returns the caller's own memberships and nothing else: rls.{}",
                set.template
            )),
        })
    }
}

/// A table named in a document, in a schema where it names none; 42P01 when there is none.
pub fn relation(name: &str, schema: &str) -> Result<Oid, Error> {
    let mut quoted = false;
    let has_schema = name.chars().any(|character| {
        quoted ^= character == '"';
        character == '.' && !quoted
    });
    let text =
        if has_schema { name.to_owned() } else { format!("{}.{name}", quote::ident(schema)) };
    let text = std::ffi::CString::new(text).map_err(|_| Error::NullByte)?;
    // SAFETY: the input function of regclass, on a terminated string.
    let found = unsafe {
        pg_sys::OidInputFunctionCall(
            pg_sys::Oid::from(pg_sys::F_REGCLASSIN),
            text.as_ptr().cast_mut(),
            pg_sys::InvalidOid,
            -1,
        )
    };
    Ok(Oid::from(u32::try_from(found.value()).unwrap_or(0)))
}
