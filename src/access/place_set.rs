//! Sets of rows, by where they lie.

use std::collections::HashMap;

use pgrx::pg_sys;

use super::answer::Place;

/// A relation's id, and the number of a block in it.
type Block = (u32, u32);

/// Where a word of 64 rows belongs.
type Key = (Block, u16);

/// Rows of a table and its partitions, a bit for each: some fifty bytes for up to 64 rows of a block.
/// What is added while a trial runs is added without a panic.
#[derive(Debug, Default)]
pub struct PlaceSet {
    words: HashMap<Key, u64>,
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
    words(sets).map(|(_, word)| u64::from(word.count_ones())).sum()
}

/// The rows that are in one of `ours` and in one of `theirs`: how many, and the first few.
pub fn shared(ours: &[&PlaceSet], theirs: &[&PlaceSet], few: usize) -> (u64, Vec<Place>) {
    let mut count = 0;
    // Each word has a row at least.
    let mut first: Vec<(Key, u64)> = Vec::new();
    for (key, word) in words(ours) {
        let word = word & word_at(theirs, key);
        count += u64::from(word.count_ones());
        if word != 0 && (first.len() < few || first.last().is_some_and(|(last, _)| key < *last)) {
            let at = first.partition_point(|(known, _)| *known < key);
            first.insert(at, (key, word));
            first.truncate(few);
        }
    }
    (count, first.into_iter().flat_map(|(key, word)| rows(key, word)).take(few).collect())
}

/// The words of a union of sets, each once, in no order. Nothing is allocated for it.
fn words<'a>(sets: &'a [&PlaceSet]) -> impl Iterator<Item = (Key, u64)> + 'a {
    sets.iter().enumerate().flat_map(move |(at, set)| {
        let of_earlier = move |key: &Key| sets[..at].iter().any(|set| set.words.contains_key(key));
        set.words
            .keys()
            .filter(move |key| !of_earlier(key))
            .map(move |key| (*key, word_at(sets, *key)))
    })
}

/// The word of a union of sets.
fn word_at(sets: &[&PlaceSet], key: Key) -> u64 {
    sets.iter().filter_map(|set| set.words.get(&key)).fold(0, |all, word| all | word)
}

fn rows(((relation, block), group): Key, word: u64) -> impl Iterator<Item = Place> {
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
