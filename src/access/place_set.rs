//! Sets of rows, by where they lie.

use std::collections::HashMap;

use pgrx::pg_sys;

use super::answer::Place;

/// A relation's id, and the number of a block in it.
type Block = (u32, u32);

/// Rows of a table and its partitions: a bit for each, 64 in a word, so that a row takes about a
/// byte. What is added while a trial runs is added without a panic.
#[derive(Debug, Default)]
pub struct PlaceSet {
    words: HashMap<(Block, u16), u64>,
    full: bool,
}

impl PlaceSet {
    /// Adds a row, where there is memory for it.
    pub fn add(&mut self, (relation, row): Place) {
        if self.words.try_reserve(1).is_err() {
            self.full = true;
            return;
        }
        let key = ((relation.to_u32(), block_of(&row)), row.ip_posid / 64);
        *self.words.entry(key).or_default() |= 1 << (row.ip_posid % 64);
    }

    /// Some did not fit into memory.
    pub fn is_full(&self) -> bool {
        self.full
    }

    pub fn contains(&self, (relation, row): Place) -> bool {
        let word = self.words.get(&((relation.to_u32(), block_of(&row)), row.ip_posid / 64));
        word.is_some_and(|word| word & (1 << (row.ip_posid % 64)) != 0)
    }
}

/// The number of the block that a row lies in.
pub fn block_of(row: &pg_sys::ItemPointerData) -> u32 {
    u32::from(row.ip_blkid.bi_hi) << 16 | u32::from(row.ip_blkid.bi_lo)
}

/// How many rows are in one of `sets`.
pub fn count(sets: &[&PlaceSet]) -> u64 {
    union(sets).values().map(|word| u64::from(word.count_ones())).sum()
}

/// The rows that are in one of `ours` and in one of `theirs`: how many, and the first few.
pub fn shared(ours: &[&PlaceSet], theirs: &[&PlaceSet], few: usize) -> (u64, Vec<Place>) {
    let theirs = union(theirs);
    let mut common: Vec<_> = union(ours)
        .into_iter()
        .filter_map(|(key, word)| {
            let word = word & theirs.get(&key)?;
            (word != 0).then_some((key, word))
        })
        .collect();
    common.sort_unstable();
    let count = common.iter().map(|(_, word)| u64::from(word.count_ones())).sum();
    let first = common.iter().flat_map(|(key, word)| rows(*key, *word)).take(few).collect();
    (count, first)
}

fn union(sets: &[&PlaceSet]) -> HashMap<(Block, u16), u64> {
    let mut all: HashMap<(Block, u16), u64> = HashMap::new();
    for set in sets {
        for (key, word) in &set.words {
            *all.entry(*key).or_default() |= word;
        }
    }
    all
}

fn rows(((relation, block), group): (Block, u16), word: u64) -> impl Iterator<Item = Place> {
    let ip_blkid = pg_sys::BlockIdData { bi_hi: (block >> 16) as u16, bi_lo: block as u16 };
    (0..64).filter(move |bit| word & (1 << bit) != 0).map(move |bit| {
        (relation.into(), pg_sys::ItemPointerData { ip_blkid, ip_posid: group * 64 + bit })
    })
}

#[cfg(test)]
mod tests {
    use super::{Place, PlaceSet, count, shared};
    use pgrx::pg_sys::{BlockIdData, ItemPointerData};

    fn row(relation: u32, block: u32, offset: u16) -> Place {
        let ip_blkid = BlockIdData { bi_hi: (block >> 16) as u16, bi_lo: block as u16 };
        (relation.into(), ItemPointerData { ip_blkid, ip_posid: offset })
    }

    fn set(rows: &[(u32, u32, u16)]) -> PlaceSet {
        let mut places = PlaceSet::default();
        for (relation, block, offset) in rows {
            places.add(row(*relation, *block, *offset));
        }
        places
    }

    #[test]
    fn rows_are_told_apart_by_relation_block_and_offset() {
        let ours = set(&[(1, 0, 1), (1, 70_000, 63), (1, 70_000, 64), (2, 0, 1), (1, 0, 1)]);
        let theirs = set(&[(1, 70_000, 64), (2, 1, 1), (3, 0, 1), (2, 0, 1)]);
        assert_eq!(count(&[&ours]), 4);
        assert_eq!(count(&[&ours, &theirs]), 6);
        assert!(ours.contains(row(1, 70_000, 63)) && !theirs.contains(row(1, 70_000, 63)));
        let (both, first) = shared(&[&ours], &[&theirs], 5);
        let first: Vec<_> = first
            .iter()
            .map(|(relation, row)| {
                (relation.to_u32(), row.ip_blkid.bi_hi, row.ip_blkid.bi_lo, row.ip_posid)
            })
            .collect();
        assert_eq!((both, first), (2, vec![(1, 1, 4464, 64), (2, 0, 0, 1)]));
        assert_eq!(shared(&[&ours, &theirs], &[&theirs], 1).1.len(), 1);
        assert_eq!(shared(&[&ours], &[], 5).0, 0);
    }
}
