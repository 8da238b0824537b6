//! Containers that stand as they are in one file, such as the layers of an image: they can be
//! opened beside each other.
//!
//! What they may cost is settled in the order they stand in. Whoever opens one says what was
//! spent before it, as far as that is known by then; when all before it are done it shows
//! whether that made a difference ([`Inners::holds`]), and only then it is opened again.

use std::fs::File;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use super::Visitor;
use super::meter::{Input, Limits, Meter, Spent, Stop};
use super::opener::Opener;
use super::place::Buffered;

/// The containers in one file that are left to be opened.
pub struct Inners {
    /// What reports call the file.
    pub(super) path: String,
    pub(super) file: Arc<File>,
    pub(super) limits: Limits,
    pub(super) purse: Arc<Purse>,
    /// How many bytes of the file are read in all.
    pub(super) input: u64,
    /// What was spent on everything else in it.
    pub(super) spent: Spent,
    pub(super) list: Vec<Inner>,
}

/// One of them.
pub(super) struct Inner {
    pub(super) path: String,
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) depth: usize,
}

/// How opening one of them went.
pub struct Opened {
    before: Spent,
    /// What is spent when it has been opened.
    pub spent: Spent,
    stop: Option<Stop>,
}

impl Opened {
    /// Whether a limit of all was reached, so that those behind it cannot be opened.
    pub fn is_stopped(&self) -> bool {
        self.stop.is_some()
    }

    /// The same as if so much had been spent before.
    #[must_use]
    pub fn after(self, before: Spent) -> Self {
        Self {
            before,
            spent: self.spent.without(self.before).and(before),
            stop: self.stop,
        }
    }
}

impl Inners {
    /// How many there are; never none.
    #[expect(clippy::len_without_is_empty, reason = "it never is")]
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// What reports call one of them.
    ///
    /// # Panics
    ///
    /// If there are not so many.
    pub fn path(&self, number: usize) -> &str {
        &self.list[number].path
    }

    /// What was spent before the first of them.
    pub fn spent(&self) -> Spent {
        self.spent
    }

    /// Opens one of them, as if so much had been spent before.
    ///
    /// # Panics
    ///
    /// If there are not so many.
    pub fn open(&self, number: usize, before: Spent, visitor: &mut dyn Visitor) -> Opened {
        let inner = &self.list[number];
        let meter = Meter::after(self.limits, Arc::clone(&self.purse), before, self.input);
        let mut opener = Opener::new(&meter, visitor);
        let part = Buffered::part(Arc::clone(&self.file), inner.start, inner.end);
        let mut input = Input::new(part, &meter);
        opener.inner(
            &inner.path,
            &mut input,
            inner.end - inner.start,
            inner.depth,
        );
        Opened {
            before,
            spent: meter.spent(),
            stop: meter.stopped(),
        }
    }

    /// Whether one that was opened as if less had been spent before it would have been the
    /// same after `before`.
    pub fn holds(&self, opened: &Opened, before: Spent) -> bool {
        let then = opened.spent.without(opened.before).and(before);
        opened.before == before || opened.stop.is_none() && then.fits(&self.limits, self.input)
    }

    /// Says that a limit was reached, if one was.
    pub fn tell(&self, opened: &Opened, visitor: &mut dyn Visitor) {
        if let Some(stop) = &opened.stop
            && !visitor.is_cancelled()
        {
            visitor.skipped(&self.path, stop.reason, stop.detail.clone());
        }
    }

    /// Opens all of them, one behind the other.
    pub fn open_in_turn(&self, visitor: &mut dyn Visitor) {
        let mut spent = self.spent;
        for number in 0..self.list.len() {
            let opened = self.open(number, spent, visitor);
            spent = opened.spent;
            self.tell(&opened, visitor);
            if opened.is_stopped() {
                return;
            }
        }
    }
}

/// More openers than so many do not work side by side, for the memory that each takes.
const MOST: usize = 4;

/// What containers may take of the memory for what is held and for what decoders remember
/// without asking others, in bytes.
const LITTLE: u64 = 16 << 20;

/// What those who open containers side by side share: how many there may be, and the memory.
/// Each may take a little of it, and only one at a time more than that, up to the limits; the
/// others wait meanwhile. So the limits are the same for each as if it were alone.
pub struct Purse {
    is_taken: Mutex<bool>,
    given: Condvar,
    /// How many more may be opening.
    free: AtomicUsize,
}

impl Purse {
    /// For so many threads.
    pub fn new(threads: usize) -> Self {
        Self {
            is_taken: Mutex::new(false),
            given: Condvar::new(),
            free: AtomicUsize::new(threads.min(MOST).saturating_sub(1)),
        }
    }

    /// Whether one more may open containers beside the one that is; who is done says so with
    /// [`leave`](Self::leave).
    pub fn join(&self) -> bool {
        let less = |free: usize| free.checked_sub(1);
        self.free
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, less)
            .is_ok()
    }

    /// One that has joined has ended.
    pub fn leave(&self) {
        self.free.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether so much can be taken without asking.
    pub(super) fn is_little(bytes: u64) -> bool {
        bytes <= LITTLE
    }

    /// Waits until nobody else has it.
    pub(super) fn take(&self) {
        let mut is_taken = self.is_taken.lock().unwrap_or_else(PoisonError::into_inner);
        while *is_taken {
            is_taken = self
                .given
                .wait(is_taken)
                .unwrap_or_else(PoisonError::into_inner);
        }
        *is_taken = true;
    }

    pub(super) fn give(&self) {
        *self.is_taken.lock().unwrap_or_else(PoisonError::into_inner) = false;
        self.given.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;
    use std::time::Duration;

    #[test]
    fn one_at_a_time_takes_more_than_a_little_and_no_more_than_a_few_open() {
        let purse = Arc::new(Purse::new(3));
        assert!(purse.join() && purse.join() && !purse.join());
        purse.leave();
        assert!(purse.join());
        let first = Meter::new(Limits::default(), Arc::clone(&purse));
        assert!(first.keep(LITTLE));
        let second = Meter::new(Limits::default(), Arc::clone(&purse));
        let window = second.window(LITTLE + 1).expect("there is as much");
        let (say, hear) = channel();
        std::thread::scope(|scope| {
            scope.spawn(move || {
                assert!(first.keep(1), "it waits, and then it has it");
                say.send(()).expect("somebody listens");
                first.release(1);
                assert!(first.keep(1), "it gave it back itself");
            });
            let waits = hear.recv_timeout(Duration::from_millis(50));
            assert!(waits.is_err(), "it is taken");
            drop(window);
            hear.recv().expect("it goes on");
        });
        // Who ends leaves nothing taken.
        let third = Meter::new(Limits::default(), purse);
        assert!(third.keep(LITTLE + 1));
    }
}
