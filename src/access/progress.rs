//! Tells how far it is, when it takes long.

use std::time::{Duration, Instant};

use pgrx::prelude::*;

/// How often progress is told.
const EVERY: Duration = Duration::from_secs(3);

/// How far something is that is done in equal steps.
pub struct Progress {
    /// What is done.
    what: &'static str,
    total: usize,
    done: usize,
    told: Instant,
}

impl Progress {
    pub fn new(what: &'static str, total: usize) -> Self {
        Self { what, total, done: 0, told: Instant::now() }
    }

    /// Before each step: where it may be cancelled.
    pub fn step(&mut self) {
        pgrx::check_for_interrupts!();
        if self.told.elapsed() >= EVERY {
            ereport!(
                PgLogLevel::NOTICE,
                PgSqlErrorCode::ERRCODE_SUCCESSFUL_COMPLETION,
                format!("{}: {} of {} done", self.what, self.done, self.total)
            );
            self.told = Instant::now();
        }
        self.done += 1;
    }
}
