//! Columns, arguments, and their parts.

use pgrx::pg_sys::{self, Oid};

use super::raw::{name_of, names_of};
use super::types::{Context, Typed};
use super::{Item, Resolver};
use crate::expr::convert::{members, tag};
use crate::expr::tree::{Bound, ColumnRef, Expr};

/// A column seen from inside so many queries.
pub fn outwards(mut typed: Typed, level: usize) -> Typed {
    if level > 0 {
        typed.expr.each_column_mut(&mut |column| column.level += level);
    }
    typed
}

/// What a name could be found to mean.
enum Found {
    Here(Typed),
    Doubtful,
    Nowhere,
}

/// See the impl in the module above for what makes the methods unsafe.
impl Resolver<'_> {
    /// The item that a qualified name begins with, and how many queries outwards it stands.
    pub(super) fn item(&self, qualifiers: &[String]) -> Option<(usize, &Item)> {
        let (schema, name) = match qualifiers {
            [name] => (None, name),
            [schema, name] => (Some(*self.names.schemas.get(schema)?), name),
            _ => return None,
        };
        for (level, scope) in self.scopes.iter().rev().enumerate() {
            let mut found = scope
                .items
                .iter()
                .filter(|item| item.name == *name && (schema.is_none() || item.schema == schema));
            if let Some(item) = found.next() {
                return found.next().is_none().then_some((level, item));
            }
        }
        None
    }

    fn bare(&self, name: &str) -> Found {
        for (level, scope) in self.scopes.iter().rev().enumerate() {
            let mut found: Option<Typed> = None;
            for item in scope.items.iter().filter(|item| item.bare) {
                for (_, typed) in item.columns.iter().filter(|(known, _)| known == name) {
                    if found.is_some() {
                        return Found::Doubtful;
                    }
                    found = Some(outwards(typed.clone(), level));
                }
            }
            // An item whose columns are not known may have one of this name.
            if scope.items.iter().any(|item| item.open) {
                return Found::Doubtful;
            }
            if let Some(typed) = found {
                return Found::Here(typed);
            }
        }
        Found::Nowhere
    }

    pub(super) unsafe fn column_ref(&mut self, node: &pg_sys::ColumnRef) -> Typed {
        let tag = pg_sys::NodeTag::T_ColumnRef as u32;
        // SAFETY: see the impl.
        let Some(parts) = (unsafe { names_of(node.fields) }) else { return self.in_doubt(tag) };
        let found = match parts.as_slice() {
            [name] => match self.bare(name) {
                Found::Here(typed) => Some(typed),
                Found::Doubtful => None,
                // The whole row of a table, or an argument.
                Found::Nowhere => match self.item(std::slice::from_ref(name)) {
                    Some((level, item)) => item.row.map(|(source, type_oid)| {
                        let expr = Expr::Column(ColumnRef { level, source, attribute: 0 });
                        Typed { type_oid, ..Typed::of(self.names, expr, Oid::INVALID) }
                    }),
                    None => self.named_argument(name),
                },
            },
            [qualifiers @ .., name] => match self.item(qualifiers) {
                Some((level, item)) => item
                    .columns
                    .iter()
                    .find(|(known, _)| known == name)
                    .map(|(_, typed)| outwards(typed.clone(), level)),
                None => match qualifiers {
                    [function] if function == self.signature.name => self.named_argument(name),
                    [argument] => self.named_argument(argument).map(|row| self.field(row, name)),
                    _ => None,
                },
            },
            [] => None,
        };
        found.unwrap_or_else(|| self.in_doubt(tag))
    }

    fn named_argument(&mut self, name: &str) -> Option<Typed> {
        let at = self.signature.arguments.iter().position(|(known, _)| *known == name)?;
        Some(self.argument(i32::try_from(at + 1).ok()?))
    }

    /// An argument of the function, by its number.
    pub(super) fn argument(&mut self, number: i32) -> Typed {
        let at = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
        match at.and_then(|at| self.signature.arguments.get(at)) {
            Some((_, type_oid)) => {
                let expr = Expr::Bound(Bound::Argument(at.unwrap_or(0) + 1));
                if super::names::is_polymorphic(*type_oid) {
                    return Typed {
                        type_oid: Oid::INVALID,
                        ..Typed::of(self.names, expr, Oid::INVALID)
                    };
                }
                Typed::of(self.names, expr, *type_oid)
            }
            None => self.in_doubt(pg_sys::NodeTag::T_ParamRef as u32),
        }
    }

    /// A field of a row.
    fn field(&mut self, row: Typed, name: &str) -> Typed {
        let relation =
            self.names.type_of(self.names.base(row.type_oid)).map_or(Oid::INVALID, |t| t.relation);
        let column = self
            .names
            .row(relation)
            .and_then(|known| known.columns.iter().find(|column| column.name == name));
        match column {
            Some(column) => {
                let (number, type_oid) = (column.number, column.type_oid);
                let name = name.to_owned();
                let expr = Expr::Field { argument: Box::new(row.expr), number, name };
                Typed::of(self.names, expr, type_oid)
            }
            None => self.in_doubt(pg_sys::NodeTag::T_FieldSelect as u32),
        }
    }

    pub(super) unsafe fn indirection(&mut self, node: &pg_sys::A_Indirection) -> Typed {
        // SAFETY: see the impl.
        unsafe {
            let mut value = self.value(node.arg);
            let mut subscripts = Vec::new();
            let mut slice = false;
            for step in members::<pg_sys::Node>(node.indirection) {
                if tag(step) == Some(pg_sys::NodeTag::T_A_Indices) {
                    let step = &*step.cast::<pg_sys::A_Indices>();
                    slice |= step.is_slice;
                    for index in [step.uidx, step.lidx] {
                        if !index.is_null() {
                            let index = self.value(index);
                            let plain = if index.is_untyped() {
                                self.names.coerce(&index, pg_sys::TEXTOID, Context::Implicit)
                            } else {
                                Some(index)
                            };
                            subscripts.push(plain.map_or(Expr::Unknown { tag: 0 }, |i| i.expr));
                        }
                    }
                    continue;
                }
                value = self.subscripted(value, &mut subscripts, slice);
                match name_of(step) {
                    Some(name) => value = self.field(value, &name),
                    None => return self.in_doubt(pg_sys::NodeTag::T_A_Indirection as u32),
                }
            }
            self.subscripted(value, &mut subscripts, slice)
        }
    }

    fn subscripted(&mut self, value: Typed, subscripts: &mut Vec<Expr>, slice: bool) -> Typed {
        if subscripts.is_empty() {
            return value;
        }
        let base = self.names.base(value.type_oid);
        let element = self.names.element(base);
        let type_oid = if slice || base == pg_sys::JSONBOID {
            base
        } else if element != Oid::INVALID {
            element
        } else {
            return self.in_doubt(pg_sys::NodeTag::T_SubscriptingRef as u32);
        };
        let expr = Expr::Subscript {
            container: Box::new(value.expr),
            subscripts: std::mem::take(subscripts),
        };
        Typed::of(self.names, expr, type_oid)
    }
}
