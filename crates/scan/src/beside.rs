//! Containers that stand in one file, such as the layers of an image, opened side by side.
//!
//! What they found is taken in the order they stand in. Each is opened as if only those had
//! cost anything that were done when it was begun; if that turns out to have made a difference,
//! because a limit is near, it and those behind it are opened again one after the other. So the
//! report is the same for any number of threads.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rayon::Scope;
use sluicegate_core::SkipReason;
use sluicegate_source::artifact::{Inners, Opened, Spent};

use crate::artifact::{MOST_NOTED, Parts, Shared, noted};
use crate::collect::Gathered;
use crate::skips::Skips;

/// No more than so many are begun before the first that is not done.
const AHEAD: usize = 8;

/// The containers of one file.
pub(crate) struct Line<'i, 's> {
    inners: &'i Inners,
    shared: Shared<'i, 's>,
    state: Mutex<State>,
}

struct State {
    /// The next to be begun.
    next: usize,
    /// The first that is not taken.
    first: usize,
    /// What was spent on those before it.
    spent: Spent,
    /// Those that are done and not taken.
    done: BTreeMap<usize, Done>,
    /// Nothing more is begun.
    has_ended: bool,
    /// How many bytes of deletions are remembered.
    noted: usize,
}

/// What one of them held.
struct Done {
    /// Nothing if the scanner failed on it.
    opened: Option<Opened>,
    gathered: Gathered,
    skips: Skips,
}

impl<'i, 's> Line<'i, 's> {
    pub(crate) fn new(inners: &'i Inners, shared: Shared<'i, 's>, noted: usize) -> Self {
        Self {
            inners,
            shared,
            state: Mutex::new(State {
                next: 0,
                first: 0,
                spent: inners.spent(),
                done: BTreeMap::new(),
                has_ended: false,
                noted,
            }),
        }
    }

    /// Opens all of them, on a thread of the scanner's.
    pub(crate) fn open(&self) {
        rayon::scope(|scope| self.work(scope));
    }

    /// Opens one after the other, and asks others to do the same if there may be more.
    fn work<'l>(&'l self, scope: &Scope<'l>) {
        while let Some((number, before)) = self.next() {
            if self.has_more() && self.shared.purse.join() {
                scope.spawn(|scope| {
                    self.work(scope);
                    self.shared.purse.leave();
                });
            }
            let done = self.open_one(number, before);
            self.take(number, done);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next that can be begun, and what was spent as far as that is known.
    fn next(&self) -> Option<(usize, Spent)> {
        let mut state = self.state();
        if !state.has_more(self.inners) || self.shared.monitor.is_cancelled() {
            return None;
        }
        state.next += 1;
        Some((state.next - 1, state.spent))
    }

    fn has_more(&self) -> bool {
        self.state().has_more(self.inners)
    }

    fn open_one(&self, number: usize, before: Spent) -> Done {
        let (gathered, skips) = (Mutex::default(), Mutex::default());
        let shared = Shared {
            gathered: &gathered,
            skips: &skips,
            ..self.shared
        };
        let opened = rayon::scope(|scope| {
            let mut parts = Parts::new(shared, Some(scope));
            let opened = catch_unwind(AssertUnwindSafe(|| {
                self.inners.open(number, before, &mut parts)
            }));
            parts.hand_over();
            opened.ok()
        });
        if opened.is_none() {
            let detail = "please report this".to_owned();
            shared.skip(self.inners.path(number), SkipReason::Internal, detail);
        }
        Done {
            opened,
            gathered: gathered
                .into_inner()
                .unwrap_or_else(PoisonError::into_inner),
            skips: skips.into_inner().unwrap_or_else(PoisonError::into_inner),
        }
    }

    /// Takes what is done, as far as all before it is.
    fn take(&self, number: usize, done: Done) {
        let mut state = self.state();
        state.done.insert(number, done);
        while !state.has_ended {
            let first = state.first;
            let Some(mut done) = state.done.remove(&first) else {
                return;
            };
            let before = state.spent;
            if let Some(opened) = done.opened.take() {
                if !self.inners.holds(&opened, before) {
                    state.has_ended = true;
                    // Whoever waits for what comes out of it may have to know the state.
                    drop(state);
                    return self.again(first);
                }
                done.opened = Some(opened.after(before));
            }
            self.keep(&mut state, done);
        }
        state.done.clear();
    }

    /// Opens those from there on one after the other.
    fn again(&self, first: usize) {
        for number in first..self.inners.len() {
            let before = self.state().spent;
            let done = self.open_one(number, before);
            let mut state = self.state();
            if self.keep(&mut state, done) || self.shared.monitor.is_cancelled() {
                break;
            }
        }
        self.state().done.clear();
    }

    /// Keeps what was found; gives whether it was the last for which there was room.
    fn keep(&self, state: &mut State, done: Done) -> bool {
        let Done {
            opened,
            mut gathered,
            skips,
        } = done;
        state.first += 1;
        gathered.deletions.retain(|(container, path)| {
            state.noted += noted(container, path);
            state.noted <= MOST_NOTED
        });
        let lock = self.shared.gathered.lock();
        lock.unwrap_or_else(PoisonError::into_inner).merge(gathered);
        let lock = self.shared.skips.lock();
        lock.unwrap_or_else(PoisonError::into_inner).merge(skips);
        let Some(opened) = opened else {
            return false;
        };
        state.spent = opened.spent;
        self.inners
            .tell(&opened, &mut Parts::new(self.shared, None));
        state.has_ended |= opened.is_stopped();
        opened.is_stopped()
    }
}

impl State {
    fn has_more(&self, inners: &Inners) -> bool {
        !self.has_ended && self.next < inners.len().min(self.first + AHEAD)
    }
}

#[cfg(test)]
mod tests;
