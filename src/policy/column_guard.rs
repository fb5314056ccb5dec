//! `rls.column_guard(...)`: columns that not everybody who may write a row may change. A policy sees
//! a row before or after the command, never both, so a trigger does it.

use pgrx::pg_sys;

use super::generator::{Generator, generator};
use super::identity;
use super::names::bounded;
use super::options::{Options, memberships_of};
use super::part::{DesiredFunction, DesiredTrigger};
use super::target::Target;
use super::template::Template;
use crate::catalog::Column;
use crate::error::{Error, PolicyError};
use crate::quote;

generator! {
    r#"
CREATE FUNCTION rls.column_guard(
  tbl regclass,
  columns name[],
  rule text,
  owner_column name DEFAULT NULL,
  exempt name[] DEFAULT '{}',
  force boolean DEFAULT false,
  name text DEFAULT NULL,
  dry_run boolean DEFAULT false,
  overwrite boolean DEFAULT false,
  standalone boolean DEFAULT false)
RETURNS TABLE (step integer, kind text, object text, action text, sql text)
LANGUAGE c VOLATILE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
COMMENT ON FUNCTION rls.column_guard IS
  'a trigger by which columns are immutable, set_once, or changed by the owner in owner_column only; returns the steps';
"#,
    fn rls_column_guard,
    /// Which columns are guarded how.
    struct ColumnGuard {
        /// The columns.
        columns: Vec<String>,
        /// `immutable`, `set_once` or `owner_only`.
        rule: String,
        /// The column of the row's owner, for `owner_only`.
        owner_column: Option<String>,
        /// Roles whose members are not bound.
        exempt: Vec<String>,
    }
}

/// What a guard allows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rule {
    Immutable,
    SetOnce,
    OwnerOnly,
}

impl Generator for ColumnGuard {
    fn template<'a>(
        &self,
        target: &'a Target,
        options: &'a Options,
    ) -> Result<Template<'a>, Error> {
        let rule = match self.rule.as_str() {
            "immutable" => Rule::Immutable,
            "set_once" => Rule::SetOnce,
            "owner_only" => Rule::OwnerOnly,
            other => return Err(PolicyError::UnknownGuardRule(other.to_owned()).into()),
        };
        let mut columns: Vec<&str> = Vec::new();
        for name in &self.columns {
            let column = target.column(name)?;
            if column.generated {
                return Err(Error::ColumnGenerated {
                    table: target.table.qualified(),
                    column: name.clone(),
                });
            }
            if !columns.contains(&name.as_str()) {
                columns.push(name);
            }
        }
        if columns.is_empty() {
            return Err(Error::EmptyList("columns"));
        }
        memberships_of(&self.exempt)?;
        target.refuse_inheritors()?;

        // Rules stand side by side, each with its own columns.
        let mut set = Template::new(target, "column_guard", options).named(&self.rule);
        set.row_security = false;
        let names = columns.iter().map(|name| quote::ident(name)).collect::<Vec<_>>().join(", ");
        let does = match rule {
            Rule::Immutable => format!("keeps {names} from being changed"),
            Rule::SetOnce => format!("keeps {names} from being changed once set"),
            Rule::OwnerOnly => format!("keeps {names} from being changed by others than the owner"),
        };
        let function = DesiredFunction {
            name: bounded(&set.name(), "guard"),
            arguments: String::new(),
            types: String::new(),
            header: "RETURNS trigger\nLANGUAGE plpgsql\nSET search_path = pg_catalog, pg_temp"
                .to_owned(),
            body: self.body(rule, &columns, target, options)?,
            roles: Vec::new(),
            does: does.clone(),
            reviewed: None,
        };
        let call = quote::qualified(&target.table.schema, &function.name);
        set.add(function);
        set.add(DesiredTrigger {
            // Fires after the triggers of most others, and looks at what they made of the row.
            name: bounded(&format!("zz_{}", set.name()), "guard"),
            columns: Vec::new(),
            when: self.when(rule, &columns, target)?,
            function: call,
            does,
        });
        Ok(set)
    }
}

impl ColumnGuard {
    /// What spares the call where nothing changes. Dumps print it as it can be read again, which the
    /// operators of the function's body would not be.
    fn when(&self, rule: Rule, columns: &[&str], target: &Target) -> Result<String, Error> {
        let mut changes = Vec::new();
        for name in columns {
            let same = equal_is_same(target.column(name)?);
            let (old, new) =
                (format!("OLD.{}", quote::ident(name)), format!("NEW.{}", quote::ident(name)));
            let changed = if same {
                format!("{old} IS DISTINCT FROM {new}")
            } else {
                format!("pg_catalog.record_image_ne(ROW({old}), ROW({new}))")
            };
            changes.push(match rule {
                Rule::SetOnce => format!("NOT {old} IS NULL AND {changed}"),
                Rule::Immutable | Rule::OwnerOnly => changed,
            });
        }
        Ok(changes.join(" OR "))
    }

    /// The trigger function. Values are compared as they are stored, whatever their type: not every
    /// type has an equality, and some call equal what is not the same.
    fn body(
        &self,
        rule: Rule,
        columns: &[&str],
        target: &Target,
        options: &Options,
    ) -> Result<String, Error> {
        let row = |record: &str, columns: &[&str]| {
            let fields: Vec<String> =
                columns.iter().map(|name| format!("{record}.{}", quote::ident(name))).collect();
            format!("ROW({})::record", fields.join(", "))
        };
        let mut body = format!(
            "\nBEGIN\n  IF {} OPERATOR(pg_catalog.*=) {} THEN\n    RETURN NEW;\n  END IF;\n",
            row("OLD", columns),
            row("NEW", columns)
        );
        let mut unbound: Vec<String> = self
            .exempt
            .iter()
            .map(|role| format!("pg_has_role({}, 'USAGE')", quote::literal(role)))
            .collect();
        if rule == Rule::OwnerOnly {
            let owner = self.owner_column.as_deref().ok_or(Error::NullArgument("owner_column"))?;
            let column = target.column(owner)?;
            let caller = identity::caller(options, &target.table, column)?;
            // Whoever row security does not bind.
            if !options.force {
                unbound.push(
                    "pg_has_role((SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'USAGE')"
                        .to_owned(),
                );
            }
            unbound.push(
                "(SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user)"
                    .to_owned(),
            );
            unbound.push(format!("OLD.{} = {caller}", quote::ident(owner)));
        } else if self.owner_column.is_some() {
            return Err(PolicyError::OwnerColumnUnused(self.rule.clone()).into());
        }
        for condition in unbound {
            body.push_str(&format!("  IF {condition} THEN\n    RETURN NEW;\n  END IF;\n"));
        }
        let (code, says) = match rule {
            Rule::Immutable => ("check_violation", "is immutable"),
            Rule::SetOnce => ("check_violation", "is set already"),
            Rule::OwnerOnly => ("insufficient_privilege", "is for the owner of the row to change"),
        };
        for name in columns {
            let one = [*name];
            let (old, new) = (row("OLD", &one), row("NEW", &one));
            let set = match rule {
                Rule::SetOnce => format!("NOT OLD.{} IS NULL AND ", quote::ident(name)),
                Rule::Immutable | Rule::OwnerOnly => String::new(),
            };
            let name = quote::literal(name);
            body.push_str(&format!(
                "  IF {set}{old} OPERATOR(pg_catalog.*<>) {new} THEN\n    RAISE EXCEPTION USING\n      \
                 ERRCODE = '{code}',\n      MESSAGE = format('column \"%s\" of relation \"%s\" {says}', {name}, \
                 TG_TABLE_NAME),\n      SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME, COLUMN = \
                 {name}, CONSTRAINT = TG_NAME;\n  END IF;\n"
            ));
        }
        body.push_str("  RETURN NEW;\nEND\n");
        Ok(body)
    }
}

/// Whether values of a column that are equal are stored alike, by the server's word: what lets an
/// index keep one for both. Not so for numbers with a scale, texts without case, and others.
fn equal_is_same(column: &Column) -> bool {
    /// Of a btree operator class: whether equal is same. `BTEQUALIMAGE_PROC` of the server.
    const EQUAL_IMAGE: i16 = 4;
    // SAFETY: look-ups by ids; the entry lives in the server's cache. Only the server's own two
    // functions count, and neither is called.
    unsafe {
        let flags = pg_sys::TYPECACHE_BTREE_OPFAMILY | pg_sys::TYPECACHE_EQ_OPR;
        let entry = &*pg_sys::lookup_type_cache(column.type_oid, flags.cast_signed());
        let built_in = entry.eq_opr.to_u32() < pg_sys::FirstNormalObjectId;
        // Blanks at the end of a char without a length make no difference to it.
        let padded = pg_sys::getBaseType(column.type_oid) == pg_sys::BPCHAROID;
        if entry.btree_opf == pg_sys::InvalidOid || !built_in || padded {
            return false;
        }
        let input = entry.btree_opintype;
        match pg_sys::get_opfamily_proc(entry.btree_opf, input, input, EQUAL_IMAGE).to_u32() {
            pg_sys::F_BTEQUALIMAGE => true,
            pg_sys::F_BTVARSTREQUALIMAGE => {
                column.collation != pg_sys::InvalidOid
                    && pg_sys::get_collation_isdeterministic(column.collation)
            }
            _ => false,
        }
    }
}
