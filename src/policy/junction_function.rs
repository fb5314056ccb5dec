//! The function by which policies read a junction where this library is not.

use pgrx::pg_sys;

use super::expression;
use super::identity;
use super::junction::Junction;
use super::membership::Key;
use super::names::bounded;
use super::part::DesiredFunction;
use super::template::Template;
use crate::catalog::Column;
use crate::error::{Error, MembershipError};
use crate::quote;

impl Junction {
    /// The function of a set, made by its owner's rights, for the roles of the policies alone. 0A000 where
    /// it could not read the junction.
    pub fn function(&self, set: &Template<'_>, suffix: &str) -> Result<DesiredFunction, Error> {
        let membership = &self.membership;
        for (table, _) in self.lookups() {
            // SAFETY: look-ups of the current role.
            let exempt = unsafe { pg_sys::has_bypassrls_privilege(pg_sys::GetUserId()) };
            if table.rls_forced && !exempt {
                return Err(MembershipError::ForcedJunction(table.qualified()).into());
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
            (Some(tree), Some(nodes), [(node, _)]) => format!(
                "\n  WITH RECURSIVE reached (node, depth) AS (\n  SELECT {}, 0\n  {from}\n  UNION\n  \
                 SELECT below.{}, above.depth + 1\n  FROM reached AS above\n  \
                 JOIN {} AS below ON below.{} = above.node\n  WHERE above.depth < {})\n  \
                 SELECT DISTINCT reached.node FROM reached\n",
                cast(of(node), nodes.key) + nodes.key.collate(),
                cast(quote::ident(&nodes.id.name), nodes.key) + nodes.key.collate(),
                nodes.table.qualified(),
                quote::ident(&nodes.parent.name),
                tree.max_depth
            ),
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
