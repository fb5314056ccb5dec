//! A table of counters in a piece of memory of fixed size: found by hash, kept in the order of their last
//! use, the one that was not used for longest dropped for a new one.

use super::window::{Moment, Window};

/// A counter's name: a part of a hash with a secret of this server's, so that nobody can choose names that
/// lie in one chain.
pub type Name = [u8; 16];

/// The place of no slot.
const NONE: u32 = u32::MAX;

/// How many of the slots unused for longest are looked at for one whose window is over.
const LOOK: usize = 16;

/// A counter and its place in the chain of its hash and in the order of use.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Slot {
    window: Window,
    name: Name,
    next: u32,
    older: u32,
    newer: u32,
}

/// Ends of the order of use, and what happened.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Order {
    oldest: u32,
    newest: u32,
    filled: u32,
    /// Counters that were dropped before their windows were over.
    pub dropped: u64,
}

impl Order {
    /// Of an empty table.
    pub const EMPTY: Self = Self { oldest: NONE, newest: NONE, filled: 0, dropped: 0 };

    /// How many slots have held a counter.
    pub fn filled(&self) -> u32 {
        self.filled
    }
}

/// An empty chain.
pub const EMPTY_CHAIN: u32 = NONE;

/// How many chains a table of so many slots has: a power of two.
pub fn chains(slots: usize) -> usize {
    slots.next_power_of_two()
}

/// The table. There are as many chains as [`chains`] says.
pub struct Slots<'a> {
    pub order: &'a mut Order,
    pub chains: &'a mut [u32],
    pub slots: &'a mut [Slot],
}

impl Slots<'_> {
    /// The state of a counter, which counts as used now.
    pub fn find(&mut self, name: &Name) -> Option<Window> {
        let place = self.place(name)?;
        self.unlink(place);
        self.link(place);
        Some(self.slot(place).window)
    }

    /// Remembers the state of a counter.
    pub fn store(&mut self, name: &Name, window: Window, now: Moment) {
        if let Some(place) = self.place(name) {
            self.slot(place).window = window;
            return;
        }
        let place = self.vacate(now);
        let chain = self.chain(name);
        let next = std::mem::replace(&mut self.chains[chain], place);
        *self.slot(place) = Slot { window, name: *name, next, older: NONE, newer: NONE };
        self.link(place);
    }

    fn slot(&mut self, place: u32) -> &mut Slot {
        &mut self.slots[place as usize]
    }

    fn chain(&self, name: &Name) -> usize {
        let [a, b, c, d, ..] = *name;
        u32::from_le_bytes([a, b, c, d]) as usize & (self.chains.len() - 1)
    }

    fn place(&self, name: &Name) -> Option<u32> {
        let mut place = self.chains[self.chain(name)];
        while place != NONE {
            let slot = &self.slots[place as usize];
            if slot.name == *name {
                return Some(place);
            }
            place = slot.next;
        }
        None
    }

    /// A slot for a new counter.
    fn vacate(&mut self, now: Moment) -> u32 {
        let filled = self.order.filled;
        if (filled as usize) < self.slots.len() {
            self.order.filled = filled + 1;
            return filled;
        }
        let place = self.least_wanted(now);
        if now < self.slot(place).window.ends {
            self.order.dropped = self.order.dropped.saturating_add(1);
        }
        self.unlink(place);
        let Slot { name, next, .. } = *self.slot(place);
        let chain = self.chain(&name);
        if self.chains[chain] == place {
            self.chains[chain] = next;
        } else {
            let mut before = self.chains[chain];
            while self.slot(before).next != place {
                before = self.slot(before).next;
            }
            self.slot(before).next = next;
        }
        place
    }

    /// Of those unused for longest one whose window is over, which nobody misses; else the very oldest.
    fn least_wanted(&self, now: Moment) -> u32 {
        let mut place = self.order.oldest;
        for _ in 0..LOOK {
            if place == NONE {
                break;
            }
            let slot = &self.slots[place as usize];
            if slot.window.ends <= now {
                return place;
            }
            place = slot.newer;
        }
        self.order.oldest
    }

    /// Puts a slot at the newer end of the order of use.
    fn link(&mut self, place: u32) {
        let newest = std::mem::replace(&mut self.order.newest, place);
        let slot = self.slot(place);
        (slot.older, slot.newer) = (newest, NONE);
        match newest {
            NONE => self.order.oldest = place,
            newest => self.slot(newest).newer = place,
        }
    }

    /// Takes a slot out of the order of use.
    fn unlink(&mut self, place: u32) {
        let Slot { older, newer, .. } = *self.slot(place);
        match older {
            NONE => self.order.oldest = newer,
            older => self.slot(older).newer = newer,
        }
        match newer {
            NONE => self.order.newest = older,
            newer => self.slot(newer).older = older,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::{EMPTY_CHAIN, LOOK, Name, Order, Slot, Slots, chains};
    use crate::atomic::rate::window::Window;

    struct Memory {
        order: Order,
        chains: Vec<u32>,
        slots: Vec<Slot>,
    }

    impl Memory {
        fn of(slots: usize) -> Self {
            let window = Window { started: 0, ends: 0, used: 0 };
            let slot = Slot { window, name: [0; 16], next: 0, older: 0, newer: 0 };
            let chains = vec![EMPTY_CHAIN; chains(slots)];
            Self { order: Order::EMPTY, chains, slots: vec![slot; slots] }
        }

        fn table(&mut self) -> Slots<'_> {
            Slots { order: &mut self.order, chains: &mut self.chains, slots: &mut self.slots }
        }
    }

    /// All in one chain of eight, or spread.
    fn name(number: u32, spread: bool) -> Name {
        let mut name = [0; 16];
        name[8..12].copy_from_slice(&number.to_le_bytes());
        if spread {
            name[..4].copy_from_slice(&number.to_le_bytes());
        }
        name
    }

    fn window(ends: i64, used: i64) -> Window {
        Window { started: 0, ends, used }
    }

    #[test]
    fn agrees_with_a_list() {
        for spread in [false, true] {
            let mut memory = Memory::of(7);
            let mut model: VecDeque<(Name, Window)> = VecDeque::new();
            let mut random = 1_u32;
            for step in 0..20_000_i64 {
                random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let name = name((random >> 16) % 19, spread);
                // Nothing is ever over, so that the order of use alone decides.
                let state = window(i64::MAX, step);
                let mut table = memory.table();
                let found = table.find(&name);
                let at = model.iter().position(|(other, _)| *other == name);
                let known = at.and_then(|at| model.remove(at));
                assert_eq!(found, known.map(|(_, window)| window));
                if known.is_none() && model.len() == 7 {
                    model.pop_front();
                }
                model.push_back((name, state));
                table.store(&name, state, 0);
            }
            assert!(memory.order.dropped > 1_000);
        }
    }

    #[test]
    fn what_is_over_goes_first_and_is_not_counted() {
        let mut memory = Memory::of(4);
        for (number, ends) in [(0, 100), (1, 100), (2, 10), (3, 100)] {
            memory.table().store(&name(number, true), window(ends, 1), 0);
        }
        memory.table().store(&name(4, true), window(100, 1), 10);
        assert_eq!(memory.order.dropped, 0);
        assert_eq!(memory.table().find(&name(2, true)), None);
        assert!(memory.table().find(&name(0, true)).is_some());
        memory.table().store(&name(5, true), window(100, 1), 10);
        assert_eq!(memory.order.dropped, 1);
        assert_eq!(memory.table().find(&name(1, true)), None);
    }

    #[test]
    fn looks_at_a_few_only() {
        let mut memory = Memory::of(LOOK + 1);
        for number in 0..=LOOK as u32 {
            let ends = if number == LOOK as u32 { 10 } else { 100 };
            memory.table().store(&name(number, true), window(ends, 1), 0);
        }
        memory.table().store(&name(99, true), window(100, 1), 10);
        assert_eq!(memory.order.dropped, 1);
        assert_eq!(memory.table().find(&name(0, true)), None);
    }

    #[test]
    fn one_slot_is_enough() {
        let mut memory = Memory::of(1);
        for number in 0..5 {
            memory.table().store(&name(number, true), window(9, number.into()), 0);
            assert_eq!(memory.table().find(&name(number, true)), Some(window(9, number.into())));
        }
        assert_eq!(memory.order.dropped, 4);
    }
}
