//! What a plan stands on beside the catalogs: what the steps before it will have done. So a plan of
//! many calls is the same whether its steps run or not.

use std::cell::OnceCell;
use std::rc::Rc;

use pgrx::pg_sys::Oid;

use super::managed::{self, Marked};
use crate::catalog::OperatorFamilies;
use crate::error::Error;

/// What earlier steps of the same plan do.
#[derive(Debug, Default)]
pub struct Ground {
    /// The sets that they make: what each is made for, and what it goes by.
    pub sets: Vec<(String, String)>,
    /// Tables whose row security they switch on.
    pub enabled: Vec<Oid>,
    /// Tables whose owner they bind, too.
    pub forced: Vec<Oid>,
    /// Indexes that they make.
    pub indexes: Vec<PlannedIndex>,
    /// Indexes that were there, and that they count on.
    pub kept: Vec<Oid>,
    /// Indexes that they remove.
    pub dropped: Vec<Oid>,
    /// Functions that they make, each with its definition.
    pub functions: Vec<(String, String)>,
    families: OnceCell<OperatorFamilies>,
    marked: OnceCell<Rc<Vec<Marked>>>,
}

impl Ground {
    /// Everything that has a mark, read when first asked for.
    pub fn marked(&self) -> Result<Rc<Vec<Marked>>, Error> {
        if let Some(known) = self.marked.get() {
            return Ok(Rc::clone(known));
        }
        let read = Rc::new(managed::all()?);
        Ok(Rc::clone(self.marked.get_or_init(|| read)))
    }

    /// All operator families, read when first asked for.
    pub fn families(&self) -> Result<&OperatorFamilies, Error> {
        if let Some(known) = self.families.get() {
            return Ok(known);
        }
        let read = OperatorFamilies::read()?;
        Ok(self.families.get_or_init(|| read))
    }
}

/// An index that a step makes.
#[derive(Debug)]
pub struct PlannedIndex {
    /// Its table.
    pub table: Oid,
    /// Its schema, that of the table.
    pub schema: Oid,
    /// Its columns, in order: number, operator family and collation of the key.
    pub keys: Vec<(i16, Oid, Oid)>,
    /// Unquoted name.
    pub name: String,
}
