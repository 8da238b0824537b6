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
mod beside;
mod class;
mod cpio;
mod decode;
mod format;
mod git;
mod held;
mod image;
mod meter;
mod notebook;
mod office;
mod opener;
mod pdf;
mod place;
mod rpm;
mod seven;
mod source_map;
mod sqlite;
mod tar;
pub(crate) mod zip;

pub use beside::{Inners, Opened, Purse};
pub use format::{Format, HEAD, format};
pub use image::{Image, Layer, Layout, Part, layout};
pub use meter::{Limits, Spent};
pub use notebook::cells;
pub use zip::{ZIP_TAIL, ends_as_zip, may_carry_zip};

use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;

use sluicegate_core::SkipReason;

use held::Kept;
use meter::{Input, Meter};
use opener::Opener;
use place::{Buffered, ReadSeek};

/// Stands between a container and what is in it.
pub const INSIDE: char = '!';

/// Is shown what an artifact holds.
pub trait Visitor {
    /// A part, whole. Its path ends with its name inside the innermost container.
    fn whole(&mut self, path: &str, bytes: Vec<u8>);

    /// A part of more than [`PIECE`](crate::PIECE) bytes, as a stream; what is not read of it
    /// is lost.
    ///
    /// # Errors
    ///
    /// What reading gave.
    fn stream(&mut self, path: &str, reader: &mut dyn Read) -> io::Result<()>;

    /// A part, or the rest of a container, that could not be read.
    fn skipped(&mut self, path: &str, reason: SkipReason, detail: String);

    /// Large containers stand as they are in the file that is opened, such as the layers of an
    /// image. They can be opened on any thread; [`Inners::open_in_turn`] opens them on this one.
    /// Comes after everything else.
    fn inners(&mut self, inners: &Inners);

    /// A container turned out to be an image. Comes after what is in it, but for
    /// [`inners`](Self::inners).
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
    open_file_beside(path, file, limits, &Arc::new(Purse::new(1)), visitor);
}

/// The same where others open files side by side, who share the purse.
pub fn open_file_beside(
    path: &str,
    file: File,
    limits: Limits,
    purse: &Arc<Purse>,
    visitor: &mut dyn Visitor,
) {
    let file = Arc::new(file);
    let meter = Meter::new(limits, Arc::clone(purse));
    let mut opener = Opener::of_file(&meter, visitor, Arc::clone(&file));
    let mut input = Input::new(Buffered::new(Arc::clone(&file)), &meter);
    opener.seekable(path, &mut input, 0);
    opener.tell_stop(path);
    let list = opener.left();
    if list.is_empty() || meter.is_stopped() {
        return;
    }
    let inners = Inners {
        path: path.to_owned(),
        file,
        limits,
        purse: Arc::clone(purse),
        input: meter.read(),
        spent: meter.spent(),
        list,
    };
    // What it has of the purse, others may need now.
    drop(input);
    drop(opener);
    drop(meter);
    visitor.inners(&inners);
}

/// Shows what the stream holds.
pub fn open_stream(path: &str, reader: impl Read, limits: Limits, visitor: &mut dyn Visitor) {
    open_stream_beside(path, reader, limits, &Arc::new(Purse::new(1)), visitor);
}

/// The same where others open files side by side, who share the purse.
pub fn open_stream_beside(
    path: &str,
    reader: impl Read,
    limits: Limits,
    purse: &Arc<Purse>,
    visitor: &mut dyn Visitor,
) {
    let meter = Meter::new(limits, Arc::clone(purse));
    let mut opener = Opener::new(&meter, visitor);
    let mut input = Input::new(reader, &meter);
    opener.stream(path, &mut input, None, 0);
    opener.tell_stop(path);
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
