//! What is inside archives, packages and images: opened in memory, never unpacked.
//!
//! [`open_file`] and [`open_stream`] tell a container by its content ([`format()`]) and show
//! what is in it to a [`Visitor`], each part with its whole path inside
//! (`image.tar!layer.tar!app/config.env`); containers in containers are opened as well.
//!
//! Input is taken to be hostile: names are only labels, sizes that are stated are not
//! believed, and everything that could be endless has a limit with a name ([`Limits`]).
//! What cannot be read is told to the visitor with the reason; what was read of it before
//! was shown.

mod ahead;
mod ar;
mod class;
mod cpio;
mod decode;
mod format;
mod git;
mod image;
mod meter;
mod notebook;
mod office;
mod pdf;
mod rpm;
mod seven;
mod source_map;
mod sqlite;
mod tar;
pub(crate) mod zip;

pub use format::{Format, HEAD, format};
pub use image::{Image, Layer, Layout, Part, layout};
pub use meter::Limits;
pub use notebook::cells;
pub use zip::{ZIP_TAIL, ends_as_zip, may_carry_zip};

use std::fs::File;
use std::io::{self, Read, Seek};

use sluicegate_core::SkipReason;

use crate::PIECE;
use meter::{Input, Meter, Output};

/// Stands between a container and what is in it.
pub const INSIDE: char = '!';

/// Is shown what an artifact holds.
pub trait Visitor {
    /// A part, whole. Its path ends with its name inside the innermost container.
    fn whole(&mut self, path: &str, bytes: Vec<u8>);

    /// A part of more than [`PIECE`] bytes, as a stream; what is not read of it is lost.
    ///
    /// # Errors
    ///
    /// What reading gave.
    fn stream(&mut self, path: &str, reader: &mut dyn Read) -> io::Result<()>;

    /// A part, or the rest of a container, that could not be read.
    fn skipped(&mut self, path: &str, reason: SkipReason, detail: String);

    /// A container turned out to be an image. Comes after all that is in it.
    fn image(&mut self, image: Image);

    /// The container at this path deletes a file of the layers below it, if it is a layer
    /// of an image.
    fn deletes(&mut self, container: &str, path: String);

    /// Whether nothing more is wanted.
    fn is_cancelled(&self) -> bool;
}

/// Shows what the file holds; `path` is what reports call it. Bytes that are no container
/// are shown as one part.
pub fn open_file(path: &str, file: File, limits: Limits, visitor: &mut dyn Visitor) {
    let meter = Meter::new(limits);
    let mut opener = Opener::new(&meter, visitor);
    let mut input = Input::new(Buffered::new(file), &meter);
    opener.seekable(path, &mut input, 0);
    opener.tell_stop(path);
}

/// The same for a stream.
pub fn open_stream(path: &str, reader: impl Read, limits: Limits, visitor: &mut dyn Visitor) {
    let meter = Meter::new(limits);
    let mut opener = Opener::new(&meter, visitor);
    let mut input = Input::new(reader, &meter);
    opener.stream(path, &mut input, None, 0);
    opener.tell_stop(path);
}

const BUFFER: usize = 128 << 10;

/// Larger scripts in streams are not asked whether they carry a zip, in bytes.
const SCRIPT: u64 = 64 << 20;

/// A file with a buffer that short ways do not throw away: a zip has thousands of entries
/// one behind the other, and each is looked for by its place.
struct Buffered {
    reader: io::BufReader<File>,
    at: u64,
}

impl Buffered {
    fn new(file: File) -> Self {
        Self {
            reader: io::BufReader::with_capacity(BUFFER, file),
            at: 0,
        }
    }
}

impl Read for Buffered {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let got = self.reader.read(buf)?;
        self.at += got as u64;
        Ok(got)
    }
}

impl Seek for Buffered {
    fn seek(&mut self, to: io::SeekFrom) -> io::Result<u64> {
        match to {
            io::SeekFrom::Start(to) => {
                let way = i128::from(to) - i128::from(self.at);
                match i64::try_from(way) {
                    Ok(way) => self.reader.seek_relative(way)?,
                    Err(_) => return Err(io::ErrorKind::InvalidInput.into()),
                }
                self.at = to;
            }
            other => self.at = self.reader.seek(other)?,
        }
        Ok(self.at)
    }
}

/// Reads from any place: a file, or what was kept of a stream.
pub(crate) trait ReadSeek: Read + Seek {}

impl<T: Read + Seek> ReadSeek for T {}

/// Opens containers, and containers in them.
struct Opener<'o> {
    meter: &'o Meter,
    visitor: &'o mut dyn Visitor,
    /// What was last said to be broken, if nothing was read since.
    told: Option<String>,
    /// The folders of git in the containers that are open.
    repositories: git::Repositories<'o>,
}

impl<'o> Opener<'o> {
    fn new(meter: &'o Meter, visitor: &'o mut dyn Visitor) -> Self {
        Self {
            meter,
            visitor,
            told: None,
            repositories: git::Repositories::default(),
        }
    }

    /// Opens something that can be read from any place.
    fn seekable(&mut self, path: &str, input: &mut dyn ReadSeek, depth: usize) {
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

    /// Opens a stream, which a container says to have so many bytes.
    fn stream(&mut self, path: &str, reader: &mut dyn Read, size: Option<u64>, depth: usize) {
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
            Some(
                format @ (Format::Zip
                | Format::SevenZip
                | Format::Sqlite
                | Format::Pack
                | Format::Bundle),
            ) => {
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
                    SkipReason::TooLarge,
                    format!("a container of this kind inside another is held in memory, which may take {most} bytes"),
                );
            }
            Err(why) => self.failed(path, &why),
        }
    }

    /// Opens a container that is read from its start to its end.
    fn container(&mut self, format: Format, path: &str, reader: &mut dyn Read, depth: usize) {
        let outcome = match format {
            Format::Tar => tar::open(self, path, reader, depth),
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
    fn leaf(&mut self, path: &str, reader: &mut dyn Read, size: Option<u64>) {
        let largest = self.meter.limits.largest;
        if let Some(size) = size.filter(|&size| size > largest) {
            return self
                .visitor
                .skipped(path, SkipReason::TooLarge, format!("{size} bytes"));
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
            let detail = format!("more than {largest} bytes; the rest was left out");
            self.visitor.skipped(path, SkipReason::TooLarge, detail);
        } else if let Err(why) = outcome {
            self.failed(path, &why);
        }
    }

    /// Opens one entry of a container.
    fn entry(
        &mut self,
        container: &str,
        name: &[u8],
        reader: &mut dyn Read,
        size: Option<u64>,
        depth: usize,
    ) -> io::Result<()> {
        self.meter.entry()?;
        if self.visitor.is_cancelled() {
            return Err(self
                .meter
                .stop(SkipReason::Internal, "cancelled".to_owned()));
        }
        if !git::keep(self, container, name, reader, depth + 1)? {
            self.stream(&inside(container, name), reader, size, depth + 1);
        }
        // The rest of the container cannot be read if a limit of all was reached.
        if self.meter.is_stopped() {
            return Err(io::Error::other("stopped"));
        }
        Ok(())
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
    fn failed(&mut self, path: &str, why: &io::Error) {
        let inner = self.told.as_deref().and_then(|t| t.strip_prefix(path));
        if self.meter.is_stopped() || inner.is_some_and(|t| t.is_empty() || t.starts_with(INSIDE)) {
            return;
        }
        self.told = Some(path.to_owned());
        let reason = match why.kind() {
            io::ErrorKind::OutOfMemory => SkipReason::TooLarge,
            io::ErrorKind::Unsupported => SkipReason::Unsupported,
            io::ErrorKind::PermissionDenied => SkipReason::Unreadable,
            _ => SkipReason::Damaged,
        };
        self.visitor.skipped(path, reason, detail(why));
    }

    fn tell_stop(&mut self, path: &str) {
        if let Some(stop) = self.meter.stopped()
            && !self.visitor.is_cancelled()
        {
            self.visitor.skipped(path, stop.reason, stop.detail);
        }
    }
}

/// The path of an entry: where its container is, and its own name, which may be anything.
fn inside(container: &str, name: &[u8]) -> String {
    let name = String::from_utf8_lossy(name);
    let name = name.trim_start_matches("./");
    format!("{container}{INSIDE}{name}")
}

fn detail(why: &io::Error) -> String {
    match why.kind() {
        io::ErrorKind::UnexpectedEof => "it ends too early".to_owned(),
        _ => crate::reason(why),
    }
}

/// What is missing or wrong in a container.
fn damaged(what: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.into())
}

/// Bytes in memory that count against the limit until they are dropped.
struct Kept<'m> {
    bytes: Vec<u8>,
    meter: &'m Meter,
    taken: u64,
}

impl<'m> Kept<'m> {
    fn new(meter: &'m Meter) -> Self {
        Self {
            bytes: Vec::new(),
            meter,
            taken: 0,
        }
    }

    /// Gives back the memory that was taken and is not needed.
    fn settle(&mut self) {
        self.bytes.shrink_to_fit();
        let needed = (self.bytes.len() as u64 + 128).min(self.taken);
        self.meter.release(self.taken - needed);
        self.taken = needed;
    }

    /// Reads all of it; false if the memory does not suffice.
    fn fill(&mut self, reader: &mut dyn Read) -> io::Result<bool> {
        self.fill_up_to(reader, usize::MAX)
    }

    /// The same, and false if there is more than `most`.
    fn fill_up_to(&mut self, reader: &mut dyn Read, most: usize) -> io::Result<bool> {
        loop {
            if self.bytes.len() > most {
                return Ok(false);
            }
            if !self.meter.keep(PIECE as u64) {
                return Ok(false);
            }
            self.taken += PIECE as u64;
            let got = (&mut *reader)
                .take(PIECE as u64)
                .read_to_end(&mut self.bytes)?;
            if got < PIECE {
                return Ok(true);
            }
        }
    }
}

impl Drop for Kept<'_> {
    fn drop(&mut self) {
        self.meter.release(self.taken);
    }
}

/// Where nobody says how long something is, so much room is made for it at first.
const ROOM: usize = 16 << 10;

/// Reads all there is into the empty `out`, and no more than `most`; what was read before an
/// error stays. The standard library starts with 32 bytes, which costs decoders dear.
fn read_up_to(
    reader: &mut dyn Read,
    most: usize,
    said: Option<u64>,
    out: &mut Vec<u8>,
) -> io::Result<()> {
    // One byte more, for that is how the end shows.
    let said = said.map(|said| usize::try_from(said).map_or(most, |said| said.saturating_add(1)));
    out.resize(said.unwrap_or(ROOM).min(most), 0);
    let mut filled = 0;
    let outcome = loop {
        if filled == out.len() {
            if filled == most {
                break Ok(());
            }
            out.resize((filled * 2).clamp(ROOM, most), 0);
        }
        match reader.read(&mut out[filled..]) {
            Ok(0) => break Ok(()),
            Ok(got) => filled += got,
            Err(why) if why.kind() == io::ErrorKind::Interrupted => {}
            Err(why) => break Err(why),
        }
    };
    out.truncate(filled);
    // Many small ones wait together, and sizes are only said.
    if out.capacity() - filled > filled / 4 + 64 {
        out.shrink_to_fit();
    }
    outcome
}

/// Ends after so many bytes, and remembers whether there were more.
struct Capped<R> {
    inner: R,
    left: u64,
    more: bool,
}

impl<R: Read> Read for Capped<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            self.more = self.more || self.inner.read(&mut [0; 1])? > 0;
            return Ok(0);
        }
        let most = usize::try_from(self.left)
            .unwrap_or(usize::MAX)
            .min(buf.len());
        let got = self.inner.read(&mut buf[..most])?;
        self.left -= got as u64;
        Ok(got)
    }
}
