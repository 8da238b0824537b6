//! What opening one artifact may cost, and how much of that is spent.

use std::cell::{Cell, RefCell};
use std::io::{self, Read};
use std::sync::Arc;

use sluicegate_core::SkipReason;

use super::beside::Purse;

/// What opening one artifact may cost. Reaching a limit ends the opening, is reported
/// with the limit's name, and makes the scan incomplete.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// How many containers may stand in each other.
    pub depth: usize,
    /// How many files may be in it, all containers in it together.
    pub entries: u64,
    /// How many bytes may come out before the ratio is asked for.
    pub free_output: u64,
    /// How many bytes may come out for each that was read, above that.
    pub ratio: u64,
    /// How many bytes may come out, whatever went in.
    pub total: u64,
    /// How many bytes of containers that cannot be read as a stream are kept in memory.
    pub memory: u64,
    /// How many bytes decoders may take for what they have to remember (windows,
    /// dictionaries), all that are open at a time together.
    pub windows: u64,
    /// The largest file in it that is read, in bytes.
    pub largest: u64,
    /// Containers in a file of fewer bytes are opened where they are met, and others beside
    /// each other. No limit, but it goes with them.
    pub apart: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            depth: 8,
            entries: 2_000_000,
            free_output: 1 << 30,
            ratio: 100,
            total: 1 << 40,
            memory: 96 << 20,
            windows: 160 << 20,
            largest: 1 << 30,
            apart: 1 << 20,
        }
    }
}

/// Counts for one artifact.
pub(super) struct Meter {
    pub(super) limits: Limits,
    input: Cell<u64>,
    output: Cell<u64>,
    entries: Cell<u64>,
    kept: Cell<u64>,
    windows: Cell<u64>,
    is_in_stream: Cell<bool>,
    stopped: RefCell<Option<Stop>>,
    purse: Arc<Purse>,
    has_purse: Cell<bool>,
}

/// What was spent of the limits that hold for all of an artifact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    output: u64,
    entries: u64,
}

impl Spent {
    pub(super) fn without(self, other: Self) -> Self {
        Self {
            output: self.output.saturating_sub(other.output),
            entries: self.entries.saturating_sub(other.entries),
        }
    }

    pub(super) fn and(self, other: Self) -> Self {
        Self {
            output: self.output.saturating_add(other.output),
            entries: self.entries.saturating_add(other.entries),
        }
    }

    /// Whether no limit is reached after so many bytes in.
    pub(super) fn fits(self, limits: &Limits, input: u64) -> bool {
        let by_ratio = limits
            .free_output
            .saturating_add(input.saturating_mul(limits.ratio));
        self.entries <= limits.entries && self.output <= limits.total.min(by_ratio)
    }
}

/// Why opening ended early.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stop {
    pub(super) reason: SkipReason,
    pub(super) detail: String,
}

impl Meter {
    pub(super) fn new(limits: Limits, purse: Arc<Purse>) -> Self {
        Self::after(limits, purse, Spent::default(), 0)
    }

    /// One that shares its memory with nobody.
    #[cfg(test)]
    pub(super) fn alone(limits: Limits) -> Self {
        Self::new(limits, Arc::new(Purse::new(1)))
    }

    /// One that goes on from there.
    pub(super) fn after(limits: Limits, purse: Arc<Purse>, spent: Spent, input: u64) -> Self {
        Self {
            limits,
            input: Cell::new(input),
            output: Cell::new(spent.output),
            entries: Cell::new(spent.entries),
            purse,
            has_purse: Cell::new(false),
            kept: Cell::new(0),
            windows: Cell::new(0),
            is_in_stream: Cell::new(false),
            stopped: RefCell::new(None),
        }
    }

    /// Whether a limit was reached: from then on every read fails.
    pub(super) fn is_stopped(&self) -> bool {
        self.stopped.borrow().is_some()
    }

    /// The limit that was reached, once.
    pub(super) fn stopped(&self) -> Option<Stop> {
        self.stopped.borrow().clone()
    }

    pub(super) fn stop(&self, reason: SkipReason, detail: String) -> io::Error {
        let text = detail.clone();
        let mut stopped = self.stopped.borrow_mut();
        if stopped.is_none() {
            *stopped = Some(Stop { reason, detail });
        }
        io::Error::other(text)
    }

    pub(super) fn entry(&self) -> io::Result<()> {
        let count = self.entries.get() + 1;
        self.entries.set(count);
        if count <= self.limits.entries {
            return Ok(());
        }
        let most = self.limits.entries;
        Err(self.stop(SkipReason::TooManyEntries, format!("more than {most}")))
    }

    pub(super) fn put_out(&self, bytes: u64) -> io::Result<()> {
        let output = self.output.get() + bytes;
        self.output.set(output);
        let Limits {
            free_output,
            ratio,
            total,
            ..
        } = self.limits;
        if output > total {
            let detail = format!("more than {total} bytes come out");
            return Err(self.stop(SkipReason::ExpandsTooMuch, detail));
        }
        if output <= free_output.saturating_add(self.input.get().saturating_mul(ratio)) {
            return Ok(());
        }
        let detail = format!("more than {ratio} bytes come out for each that goes in");
        Err(self.stop(SkipReason::ExpandsTooMuch, detail))
    }

    /// Takes so much of the memory for things that must be held whole, if it is there.
    pub(super) fn keep(&self, bytes: u64) -> bool {
        let kept = self.kept.get().saturating_add(bytes);
        let fits = kept <= self.limits.memory;
        if fits {
            self.ask(kept.saturating_add(self.windows.get()));
            self.kept.set(kept);
        }
        fits
    }

    /// Takes so much of the memory for decoders, until it is dropped.
    pub(super) fn window(&self, bytes: u64) -> io::Result<Window<'_>> {
        let taken = self.windows.get().saturating_add(bytes);
        let most = self.limits.windows;
        if taken > most {
            return Err(io::Error::new(
                io::ErrorKind::OutOfMemory,
                format!("unpacking takes {taken} bytes of memory, and {most} are allowed"),
            ));
        }
        self.ask(taken.saturating_add(self.kept.get()));
        self.windows.set(taken);
        Ok(Window { meter: self, bytes })
    }

    /// Whether no other stream is being unpacked, of those that this one may stand in.
    pub(super) fn enter_stream(&self) -> bool {
        !self.is_in_stream.replace(true)
    }

    /// The stream of which [`enter_stream`](Self::enter_stream) said that has ended.
    pub(super) fn leave_stream(&self, is_outermost: bool) {
        self.is_in_stream
            .set(self.is_in_stream.get() && !is_outermost);
    }

    /// Waits for the memory if it is not little.
    fn ask(&self, bytes: u64) {
        if !Purse::is_little(bytes) && !self.has_purse.replace(true) {
            self.purse.take();
        }
    }

    /// Lets others have it again.
    fn settle(&self) {
        let bytes = self.kept.get().saturating_add(self.windows.get());
        if Purse::is_little(bytes) && self.has_purse.replace(false) {
            self.purse.give();
        }
    }

    /// What was spent so far.
    pub(super) fn spent(&self) -> Spent {
        Spent {
            output: self.output.get(),
            entries: self.entries.get(),
        }
    }

    /// How many bytes were read from outside.
    pub(super) fn read(&self) -> u64 {
        self.input.get()
    }

    /// How many bytes decoders have taken.
    #[cfg(test)]
    pub(super) fn windows(&self) -> u64 {
        self.windows.get()
    }

    pub(super) fn release(&self, bytes: u64) {
        self.kept.set(self.kept.get().saturating_sub(bytes));
        self.settle();
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        if self.has_purse.get() {
            self.purse.give();
        }
    }
}

/// Memory that a decoder has taken.
pub(super) struct Window<'m> {
    meter: &'m Meter,
    bytes: u64,
}

impl Drop for Window<'_> {
    fn drop(&mut self) {
        let left = self.meter.windows.get().saturating_sub(self.bytes);
        self.meter.windows.set(left);
        self.meter.settle();
    }
}

/// Counts what is read from outside: each byte once, however often it is read, or entries
/// that lie on each other would pay for what comes out of them.
pub(super) struct Input<'m, R> {
    inner: R,
    meter: &'m Meter,
    at: u64,
}

impl<'m, R> Input<'m, R> {
    pub(super) fn new(inner: R, meter: &'m Meter) -> Self {
        Self {
            inner,
            meter,
            at: 0,
        }
    }
}

impl<R: Read> Read for Input<'_, R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.meter.is_stopped() {
            return Err(io::Error::other("stopped"));
        }
        let got = self.inner.read(buf)?;
        self.at += got as u64;
        self.meter.input.set(self.meter.input.get().max(self.at));
        Ok(got)
    }
}

impl<R: io::Seek> io::Seek for Input<'_, R> {
    fn seek(&mut self, to: io::SeekFrom) -> io::Result<u64> {
        self.at = self.inner.seek(to)?;
        Ok(self.at)
    }
}

/// Counts what comes out of a decoder, and ends it when that is too much.
pub(super) struct Output<'m, R> {
    pub(super) inner: R,
    pub(super) meter: &'m Meter,
}

impl<R: Read> Read for Output<'_, R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.meter.is_stopped() {
            return Err(io::Error::other("stopped"));
        }
        let got = self.inner.read(buf)?;
        self.meter.put_out(got as u64)?;
        Ok(got)
    }
}
