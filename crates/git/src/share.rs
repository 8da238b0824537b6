//! Work that threads leave to each other.
//!
//! The objects of a pack hang together in trees of deltas, and a few of these may hold most of
//! the pack: all versions of a folder or of a file that everybody changes. When a thread has
//! nothing left to do, another gives it a part of the tree that it is in.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::object::Kind;

/// An object whose children another thread visits.
pub(crate) struct Offcut {
    /// The number of the stretch that it is in.
    pub(crate) stretch: usize,
    pub(crate) kind: Kind,
    pub(crate) node: u32,
    pub(crate) bytes: Vec<u8>,
    /// Which of its children.
    pub(crate) children: std::ops::Range<usize>,
}

/// Where threads leave work, and wait for it.
#[derive(Default)]
pub(crate) struct Exchange {
    /// How many threads wait and were given nothing yet.
    hungry: AtomicUsize,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    offcuts: Vec<Offcut>,
    /// How many threads are at work.
    busy: usize,
}

/// A thread at work; when it is dropped, the thread has ended, however that came.
pub(crate) struct Busy<'e>(&'e Exchange);

impl Exchange {
    /// Says that a thread is at work.
    pub(crate) fn begin(&self) -> Busy<'_> {
        self.lock().busy += 1;
        Busy(self)
    }

    /// Whether a thread waits.
    #[inline]
    pub(crate) fn is_hungry(&self) -> bool {
        self.hungry.load(Ordering::Relaxed) > 0
    }

    /// Leaves work to a thread that waits.
    pub(crate) fn give(&self, offcut: Offcut) {
        let mut state = self.lock();
        let hungry = self.hungry.load(Ordering::Relaxed);
        self.hungry
            .store(hungry.saturating_sub(1), Ordering::Relaxed);
        state.offcuts.push(offcut);
        self.changed.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Busy<'_> {
    /// Waits for work that another thread leaves; `None` when all of them have ended.
    pub(crate) fn take(&self) -> Option<Offcut> {
        let exchange = self.0;
        let mut state = exchange.lock();
        state.busy -= 1;
        loop {
            if let Some(offcut) = state.offcuts.pop() {
                state.busy += 1;
                return Some(offcut);
            }
            if state.busy == 0 {
                // What is dropped counts itself out once more.
                state.busy += 1;
                exchange.changed.notify_all();
                return None;
            }
            exchange.hungry.fetch_add(1, Ordering::Relaxed);
            state = exchange
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.busy -= 1;
        if state.busy == 0 {
            self.0.changed.notify_all();
        }
    }
}
