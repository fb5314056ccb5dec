//! How requests are counted.
//!
//! In windows of a fixed length, each begun by the first request that finds none. A window is two
//! numbers, when it began and what was used in it, so that answers are exact: within a window `remaining`
//! only falls and `reset_at` stands still, and a limit that changes applies at once to what was used
//! already. Over the long run no more than the limit gets through in each length of time; the price is
//! that the end of one window and the beginning of the next may lie close together. A bucket that leaks
//! has the same bound, and answers in fractions.

use pgrx::datum::Interval;

/// A moment, in the server's microseconds.
pub type Moment = i64;

/// How many requests, in how long a time.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// At most so many.
    pub max: i32,
    /// The length of a window, in microseconds; positive.
    pub per: i64,
}

/// A length of time in microseconds; none where it is not positive, too long, or has months, which have no
/// fixed length.
pub fn length(per: &Interval) -> Option<i64> {
    const DAY: i64 = 86_400_000_000;
    const LONGEST: i64 = 366 * DAY;
    i64::from(per.days())
        .checked_mul(DAY)
        .and_then(|days| days.checked_add(per.micros()))
        .filter(|length| per.months() == 0 && (1..=LONGEST).contains(length))
}

/// The state of a counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Window {
    /// When it began.
    pub started: Moment,
    /// When it ends, by the limit that was asked last.
    pub ends: Moment,
    /// What was used in it.
    pub used: i64,
}

/// The answer to one demand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Whether there was room.
    pub allowed: bool,
    /// What may still be used in this window.
    pub remaining: i64,
    /// Microseconds until there is room; none where waiting does not help.
    pub retry_after: Option<i64>,
    /// When everything may be used again.
    pub reset_at: Moment,
}

/// A counter as a demand finds it.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    limit: Limit,
    cost: i32,
    now: Moment,
    window: Option<Window>,
    allowed: bool,
}

impl Standing {
    /// What a demand of `cost` finds `now`. A cost of 0 only looks: it is allowed while one more would be.
    pub fn find(window: Option<Window>, limit: Limit, cost: i32, now: Moment) -> Self {
        let window = window.and_then(|Window { started, used, .. }| {
            // A clock that was set back: nobody waits longer than one length from now.
            let started = started.min(now);
            let ends = started.saturating_add(limit.per);
            // A window in which nothing was used has not begun.
            (used > 0 && now < ends).then_some(Window { started, ends, used })
        });
        let used = window.map_or(0, |window| window.used);
        let needed = used.saturating_add(i64::from(cost.max(1)));
        Self { limit, cost, now, window, allowed: needed <= i64::from(limit.max) }
    }

    /// Whether there is room.
    pub fn allowed(&self) -> bool {
        self.allowed
    }

    /// Uses it up.
    pub fn take(&mut self) {
        if self.cost > 0 {
            let (started, ends) = (self.now, self.now.saturating_add(self.limit.per));
            let window = self.window.get_or_insert(Window { started, ends, used: 0 });
            window.used = window.used.saturating_add(i64::from(self.cost));
        }
    }

    /// What is to be remembered; none: nothing is.
    pub fn window(&self) -> Option<Window> {
        self.window
    }

    /// What to answer.
    pub fn outcome(&self) -> Outcome {
        let used = self.window.map_or(0, |window| window.used);
        let reset_at = self.window.map_or(self.now, |window| window.ends);
        Outcome {
            allowed: self.allowed,
            remaining: i64::from(self.limit.max).saturating_sub(used).max(0),
            retry_after: if self.allowed {
                Some(0)
            } else if self.cost.max(1) > self.limit.max {
                None
            } else {
                Some(reset_at.saturating_sub(self.now))
            },
            reset_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Limit, Outcome, Standing, Window};

    const FIVE: Limit = Limit { max: 5, per: 60 };

    /// A counter by itself: what is allowed is used.
    fn ask(window: &mut Option<Window>, limit: Limit, cost: i32, now: i64) -> Outcome {
        let mut standing = Standing::find(*window, limit, cost, now);
        if standing.allowed() {
            standing.take();
        }
        *window = standing.window();
        standing.outcome()
    }

    #[test]
    fn counts_down_to_the_end_of_the_window() {
        let mut window = None;
        for (now, remaining) in [(100, 4), (110, 3), (120, 2), (130, 1), (140, 0)] {
            let outcome = ask(&mut window, FIVE, 1, now);
            assert_eq!(
                outcome,
                Outcome { allowed: true, remaining, retry_after: Some(0), reset_at: 160 }
            );
        }
        for now in [141, 150, 159] {
            let outcome = ask(&mut window, FIVE, 1, now);
            let retry_after = Some(160 - now);
            assert_eq!(
                outcome,
                Outcome { allowed: false, remaining: 0, retry_after, reset_at: 160 }
            );
        }
        let outcome = ask(&mut window, FIVE, 1, 160);
        assert_eq!(
            outcome,
            Outcome { allowed: true, remaining: 4, retry_after: Some(0), reset_at: 220 }
        );
    }

    #[test]
    fn a_refused_demand_uses_nothing() {
        let mut window = None;
        assert!(ask(&mut window, FIVE, 3, 0).allowed);
        assert!(!ask(&mut window, FIVE, 3, 1).allowed);
        assert_eq!(ask(&mut window, FIVE, 2, 2).remaining, 0);
    }

    #[test]
    fn what_never_fits_is_never_promised() {
        let mut window = None;
        let outcome = ask(&mut window, FIVE, 6, 7);
        assert_eq!(
            outcome,
            Outcome { allowed: false, remaining: 5, retry_after: None, reset_at: 7 }
        );
        assert_eq!(window, None);
        let closed = Limit { max: 0, per: 60 };
        assert_eq!(ask(&mut window, closed, 1, 7).retry_after, None);
        assert!(!ask(&mut window, closed, 0, 7).allowed);
    }

    #[test]
    fn a_look_uses_nothing() {
        let mut window = None;
        let outcome = ask(&mut window, FIVE, 0, 7);
        assert_eq!(
            outcome,
            Outcome { allowed: true, remaining: 5, retry_after: Some(0), reset_at: 7 }
        );
        assert_eq!(window, None);
        ask(&mut window, FIVE, 5, 8);
        let empty = Some(Window { started: 0, ends: 60, used: 0 });
        assert_eq!(Standing::find(empty, FIVE, 1, 7).outcome().reset_at, 7);
        let outcome = ask(&mut window, FIVE, 0, 9);
        assert_eq!(
            outcome,
            Outcome { allowed: false, remaining: 0, retry_after: Some(59), reset_at: 68 }
        );
    }

    #[test]
    fn a_changed_limit_applies_to_what_was_used() {
        let mut window = None;
        ask(&mut window, FIVE, 4, 0);
        let outcome = ask(&mut window, Limit { max: 3, per: 60 }, 1, 1);
        assert_eq!(
            outcome,
            Outcome { allowed: false, remaining: 0, retry_after: Some(59), reset_at: 60 }
        );
        assert_eq!(ask(&mut window, Limit { max: 10, per: 60 }, 1, 2).remaining, 5);
        assert_eq!(ask(&mut window, Limit { max: 10, per: 600 }, 1, 3).reset_at, 600);
        // A shorter window may be over already.
        let outcome = ask(&mut window, Limit { max: 10, per: 2 }, 1, 3);
        assert_eq!((outcome.remaining, outcome.reset_at), (9, 5));
    }

    #[test]
    fn a_clock_set_back_locks_nobody_out() {
        let mut window = None;
        ask(&mut window, FIVE, 5, 1_000_000);
        let outcome = ask(&mut window, FIVE, 1, 500);
        assert_eq!(
            outcome,
            Outcome { allowed: false, remaining: 0, retry_after: Some(60), reset_at: 560 }
        );
        // What was moved stays there: asking again does not move it on.
        assert_eq!(ask(&mut window, FIVE, 1, 501).reset_at, 560);
        assert!(ask(&mut window, FIVE, 1, 560).allowed);
    }

    #[test]
    fn nothing_wraps() {
        let mut window = None;
        let most = Limit { max: i32::MAX, per: i64::MAX };
        assert_eq!(ask(&mut window, most, i32::MAX, i64::MAX - 1).remaining, 0);
        assert_eq!(window.map(|window| window.ends), Some(i64::MAX));
        assert!(!ask(&mut window, most, i32::MAX, i64::MAX - 1).allowed);
        let full = Window { started: i64::MIN, ends: 0, used: i64::MAX };
        assert!(!Standing::find(Some(full), most, 1, -5).allowed());
    }
}
