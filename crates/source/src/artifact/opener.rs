//! Opens containers, and containers in them.

use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;

use sluicegate_core::SkipReason;

use super::beside::Inner;
use super::format::{Format, HEAD, format};
use super::held::{Capped, Kept, read_up_to};
use super::meter::{Meter, Output};
use super::place::{Buffered, ReadSeek};
use super::tar::Placed;
use super::zip::{ends_as_zip, may_carry_zip};
use super::{
    INSIDE, Visitor, ahead, ar, class, cpio, detail, git, inside, notebook, pdf, rpm, seven,
    source_map, sqlite, tar, zip,
};
use crate::PIECE;

/// Larger scripts in streams are not asked whether they carry a zip, in bytes.
const SCRIPT: u64 = 64 << 20;

/// Opens containers, and containers in them.
pub(super) struct Opener<'o> {
    pub(super) meter: &'o Meter,
    pub(super) visitor: &'o mut dyn Visitor,
    /// What was last said to be broken, if nothing was read since.
    told: Option<String>,
    /// The folders of git in the containers that are open.
    pub(super) repositories: git::Repositories<'o>,
    /// The file that is opened, if it is one, and the containers in it that are left to be
    /// opened beside each other.
    file: Option<Arc<File>>,
    inners: Vec<Inner>,
}

impl<'o> Opener<'o> {
    pub(super) fn new(meter: &'o Meter, visitor: &'o mut dyn Visitor) -> Self {
        Self {
            meter,
            visitor,
            told: None,
            repositories: git::Repositories::default(),
            file: None,
            inners: Vec::new(),
        }
    }

    /// One that opens this file.
    pub(super) fn of_file(meter: &'o Meter, visitor: &'o mut dyn Visitor, file: Arc<File>) -> Self {
        Self {
            file: Some(file),
            ..Self::new(meter, visitor)
        }
    }

    /// What is left to be opened.
    pub(super) fn left(&mut self) -> Vec<Inner> {
        std::mem::take(&mut self.inners)
    }

    /// Opens something that can be read from any place.
    pub(super) fn seekable(&mut self, path: &str, input: &mut dyn ReadSeek, depth: usize) {
        let mut head = Vec::with_capacity(HEAD);
        let read = (&mut *input)
            .take(HEAD as u64)
            .read_to_end(&mut head)
            .and_then(|_| input.rewind());
        if let Err(why) = read {
            return self.failed(path, &why);
        }
        let Some(format) = format(&head) else {
            if may_carry_zip(&head) && depth < self.meter.limits.depth {
                let carried = zip::open_carried(self, path, input, depth);
                match carried.and_then(|carried| input.rewind().map(|()| carried)) {
                    Ok(false) => {}
                    Ok(true) => return git::show_folders(self, path),
                    Err(why) => return self.failed(path, &why),
                }
            }
            return self.leaf(path, input, None);
        };
        if self.too_deep(path, depth) {
            return;
        }
        let outcome = match format {
            Format::Tar if depth == 0 && self.file.is_some() => {
                tar::open(self, path, &mut Placed(input), depth)
            }
            Format::Zip => zip::open(self, path, input, depth),
            Format::SevenZip => seven::open(self, path, input, depth),
            Format::Sqlite => sqlite::open(self, path, input),
            Format::Pack => git::pack(self, path, input, depth),
            Format::Bundle => git::bundle(self, path, input, depth),
            _ => return self.container(format, path, input, depth),
        };
        if let Err(why) = outcome {
            self.failed(path, &why);
        }
        git::show_folders(self, path);
    }

    /// Opens a container of so many bytes that stands in a file: those that are read as
    /// streams as the stream that they are for all who cannot go back.
    pub(super) fn inner(&mut self, path: &str, input: &mut dyn ReadSeek, size: u64, depth: usize) {
        let mut head = Vec::with_capacity(HEAD);
        let read = (&mut *input)
            .take(HEAD as u64)
            .read_to_end(&mut head)
            .and_then(|_| input.rewind());
        match (read, format(&head)) {
            (Err(why), _) => self.failed(path, &why),
            (_, Some(kind)) if kind.is_read_from_any_place() => self.seekable(path, input, depth),
            _ => self.stream(path, input, Some(size), depth),
        }
    }

    /// Opens a stream, which a container says to have so many bytes.
    pub(super) fn stream(
        &mut self,
        path: &str,
        reader: &mut dyn Read,
        size: Option<u64>,
        depth: usize,
    ) {
        let mut head = Vec::with_capacity(HEAD);
        let mut reader = Output {
            inner: reader,
            meter: self.meter,
        };
        if let Err(why) = (&mut reader).take(HEAD as u64).read_to_end(&mut head) {
            return self.failed(path, &why);
        }
        let found = format(&head);
        let start = [0, 1].map(|at| head.get(at).copied().unwrap_or(0));
        let mut whole = io::Cursor::new(head).chain(reader);
        // Programs are too many and too large to be kept for what few of them carry.
        let is_script = matches!(start, [b'#', b'!'] | [b'M', b'Z']);
        match found {
            None if is_script && size.is_none_or(|size| size < SCRIPT) => {
                self.script(path, &mut whole, size, depth);
            }
            None => self.leaf(path, &mut whole, size),
            Some(_) if self.too_deep(path, depth) => {}
            Some(format) if format.is_read_from_any_place() => {
                self.keep(format, path, &mut whole, depth);
            }
            Some(format) => self.container(format, path, &mut whole, depth),
        }
    }

    /// Keeps a script or a program in memory, because a zip may stand at its end.
    fn script(&mut self, path: &str, reader: &mut dyn Read, size: Option<u64>, depth: usize) {
        let mut kept = Kept::new(self.meter);
        let outcome = kept.fill_up_to(reader, usize::try_from(SCRIPT).unwrap_or(usize::MAX));
        let bytes = std::mem::take(&mut kept.bytes);
        match outcome {
            Ok(true) if ends_as_zip(&bytes) => {
                self.seekable(path, &mut io::Cursor::new(bytes), depth);
            }
            outcome => {
                let broken = git::Broken(outcome.err());
                let mut whole = io::Cursor::new(bytes).chain(broken).chain(reader);
                self.leaf(path, &mut whole, size);
            }
        }
    }

    /// Keeps a stream in memory, because its format is read from any place.
    fn keep(&mut self, format: Format, path: &str, reader: &mut dyn Read, depth: usize) {
        let mut kept = Kept::new(self.meter);
        match kept.fill(reader) {
            Ok(true) => {
                let mut input = io::Cursor::new(std::mem::take(&mut kept.bytes));
                self.seekable(path, &mut input, depth);
            }
            Ok(false) if format == Format::Pack => {
                let start = std::mem::take(&mut kept.bytes);
                drop(kept);
                let mut whole = io::Cursor::new(start).chain(reader);
                if let Err(why) = git::pack_as_stream(self, path, &mut whole, depth) {
                    self.failed(path, &why);
                }
            }
            Ok(false) => {
                let most = self.meter.limits.memory;
                self.visitor.skipped(
                    path,
                    SkipReason::TooMuchMemory,
                    format!("a container of this kind inside another is held in memory, which may take {most} bytes"),
                );
            }
            Err(why) => self.failed(path, &why),
        }
    }

    /// Opens a container that is read from its start to its end.
    fn container(&mut self, format: Format, path: &str, reader: &mut dyn Read, depth: usize) {
        let outcome = match format {
            Format::Tar => tar::open(self, path, &mut tar::Streamed(reader), depth),
            Format::Ar => ar::open(self, path, reader, depth),
            Format::Cpio => cpio::open(self, path, reader, depth),
            Format::Rpm => rpm::open(self, path, reader, depth),
            Format::Pdf => pdf::open(self, path, reader),
            Format::SourceMap => source_map::open(self, path, reader),
            Format::Notebook => notebook::open(self, path, reader),
            Format::Class => class::open(self, path, reader),
            Format::Loose => git::loose(self, path, reader, depth),
            Format::Closed(name) => {
                let detail = format!("{name} cannot be opened");
                self.visitor.skipped(path, SkipReason::Unsupported, detail);
                Ok(())
            }
            Format::Locked(name) => {
                let detail = format!("by {name}");
                self.visitor.skipped(path, SkipReason::Encrypted, detail);
                Ok(())
            }
            compressed => ahead::open(compressed, reader, self.meter).map(|plain| {
                let mut plain = Output {
                    inner: plain,
                    meter: self.meter,
                };
                self.stream(path, &mut plain, None, depth + 1);
            }),
        };
        if let Err(why) = outcome {
            self.failed(path, &why);
        }
        git::show_folders(self, path);
    }

    /// Shows something that is no container.
    pub(super) fn leaf(&mut self, path: &str, reader: &mut dyn Read, size: Option<u64>) {
        let largest = self.meter.limits.largest;
        if let Some(size) = size.filter(|&size| size > largest) {
            return self.visitor.skipped(
                path,
                SkipReason::TooLarge,
                format!("{size} bytes, and files may have {largest}"),
            );
        }
        let mut start = Vec::new();
        if let Err(why) = read_up_to(reader, PIECE + 1, size, &mut start) {
            // What came out before the damage is as good as the rest.
            self.visitor.whole(path, start);
            return self.failed(path, &why);
        }
        self.told = None;
        if start.len() <= PIECE {
            return self.visitor.whole(path, start);
        }
        let mut rest = Capped {
            inner: reader,
            left: largest - start.len() as u64,
            more: false,
        };
        let outcome = self
            .visitor
            .stream(path, &mut io::Cursor::new(start).chain(&mut rest));
        if rest.more {
            let detail =
                format!("more than the {largest} bytes that files may have; the rest was left out");
            self.visitor.skipped(path, SkipReason::TooLarge, detail);
        } else if let Err(why) = outcome {
            self.failed(path, &why);
        }
    }

    /// Opens one entry of a container.
    pub(super) fn entry(
        &mut self,
        container: &str,
        name: &[u8],
        reader: &mut dyn Read,
        size: Option<u64>,
        depth: usize,
    ) -> io::Result<()> {
        self.count_entry()?;
        if !git::keep(self, container, name, reader, depth + 1)? {
            self.stream(&inside(container, name), reader, size, depth + 1);
        }
        // The rest of the container cannot be read if a limit of all was reached.
        if self.meter.is_stopped() {
            return Err(io::Error::other("stopped"));
        }
        Ok(())
    }

    /// Takes note of one more entry, or says that there may be none.
    fn count_entry(&self) -> io::Result<()> {
        self.meter.entry()?;
        if self.visitor.is_cancelled() {
            return Err(self
                .meter
                .stop(SkipReason::Internal, "cancelled".to_owned()));
        }
        Ok(())
    }

    /// Leaves an entry, of which `size` bytes stand at `start` in the file, for later: it can
    /// be opened beside others. Gives whether it is such an entry.
    pub(super) fn put_off(
        &mut self,
        container: &str,
        name: &[u8],
        (start, size): (u64, u64),
        depth: usize,
    ) -> io::Result<bool> {
        let Some(file) = self
            .file
            .as_ref()
            .filter(|_| size >= self.meter.limits.apart)
        else {
            return Ok(false);
        };
        let end = start.saturating_add(size);
        if git::is_kept(name) || file.metadata()?.len() < end {
            return Ok(false);
        }
        let mut head = Vec::with_capacity(HEAD);
        let read = Buffered::part(Arc::clone(file), start, end)
            .take(HEAD as u64)
            .read_to_end(&mut head);
        if read.is_err() || !format(&head).is_some_and(|format| format.can_be_opened()) {
            return Ok(false);
        }
        self.count_entry()?;
        self.inners.push(Inner {
            path: inside(container, name),
            start,
            end,
            depth: depth + 1,
        });
        Ok(true)
    }

    fn too_deep(&mut self, path: &str, depth: usize) -> bool {
        let most = self.meter.limits.depth;
        if depth >= most {
            let detail = format!("{most} containers stand in each other");
            self.visitor.skipped(path, SkipReason::TooDeep, detail);
        }
        depth >= most
    }

    /// Says that reading failed, unless it is for a limit, which is told once at the end, or
    /// for something inside that was told already: one break is one entry.
    pub(super) fn failed(&mut self, path: &str, why: &io::Error) {
        let inner = self.told.as_deref().and_then(|t| t.strip_prefix(path));
        if self.meter.is_stopped() || inner.is_some_and(|t| t.is_empty() || t.starts_with(INSIDE)) {
            return;
        }
        self.told = Some(path.to_owned());
        let reason = match why.kind() {
            io::ErrorKind::OutOfMemory => SkipReason::TooMuchMemory,
            io::ErrorKind::Unsupported => SkipReason::Unsupported,
            io::ErrorKind::PermissionDenied => SkipReason::Unreadable,
            _ => SkipReason::Damaged,
        };
        self.visitor.skipped(path, reason, detail(why));
    }

    pub(super) fn tell_stop(&mut self, path: &str) {
        if let Some(stop) = self.meter.stopped()
            && !self.visitor.is_cancelled()
        {
            self.visitor.skipped(path, stop.reason, stop.detail);
        }
    }
}
