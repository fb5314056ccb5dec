//! Partitions and children by inheritance, `pg_inherits`.

use std::collections::{HashMap, HashSet};

use pgrx::pg_sys::Oid;

use super::select;
use crate::error::Error;

/// Which relations are partitions or children of which.
#[derive(Debug, Default)]
pub struct Inheritance {
    parents: HashMap<Oid, Vec<Oid>>,
    children: HashMap<Oid, Vec<Oid>>,
}

impl Inheritance {
    /// That of every relation of the database; indexes are left out.
    pub fn read() -> Result<Self, Error> {
        let links: Vec<(Oid, Oid)> = select(
            "SELECT i.inhrelid, i.inhparent
               FROM pg_catalog.pg_inherits i
               JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.inhrelid
              WHERE c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p,f}'::pg_catalog.\"char\"[])
              ORDER BY i.inhrelid, i.inhseqno",
            &[],
            |row| Ok((row.required(1)?, row.required(2)?)),
        )?;
        let mut read = Self::default();
        for (child, parent) in links {
            read.parents.entry(child).or_default().push(parent);
            read.children.entry(parent).or_default().push(child);
        }
        Ok(read)
    }

    /// Every relation that is a child or a parent.
    pub fn relations(&self) -> HashSet<Oid> {
        self.parents.keys().chain(self.children.keys()).copied().collect()
    }

    /// Parents, their parents and so on, nearest first.
    pub fn ancestors(&self, relation: Oid) -> Vec<Oid> {
        follow(&self.parents, relation)
    }

    /// Children, their children and so on, nearest first.
    pub fn descendants(&self, relation: Oid) -> Vec<Oid> {
        follow(&self.children, relation)
    }
}

fn follow(links: &HashMap<Oid, Vec<Oid>>, start: Oid) -> Vec<Oid> {
    let mut found = Vec::new();
    let mut seen = HashSet::from([start]);
    let mut at = vec![start];
    while !at.is_empty() {
        let next: Vec<Oid> =
            at.iter().filter_map(|oid| links.get(oid)).flatten().copied().collect();
        at = next.into_iter().filter(|oid| seen.insert(*oid)).collect();
        found.extend(&at);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_come_first_and_none_twice() {
        let oid = Oid::from_u32;
        let links = HashMap::from([
            (oid(1), vec![oid(2), oid(3)]),
            (oid(2), vec![oid(4)]),
            (oid(3), vec![oid(4)]),
        ]);
        assert_eq!(follow(&links, oid(1)), [oid(2), oid(3), oid(4)]);
        assert_eq!(follow(&links, oid(4)), []);
    }
}
