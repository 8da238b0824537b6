//! All objects that belong together, from packs and from files of their own.
//!
//! Packs are read twice: first for where their objects are and what builds on what, then
//! from each object that is whole to all that build on it, depth first, so that no more is
//! held than one chain. Commits and trees come before the files, which they name.

use std::collections::HashMap;
use std::io::{self, BufReader, Cursor, Read, SeekFrom};

use gix_hash::ObjectId;
use sluicegate_core::SkipReason;

use super::super::meter::Meter;
use super::super::{Opener, ReadSeek, damaged, inside};
use super::names::Names;
use super::object::{self, Kind, Refusal};
use super::pack::{self, Entry, Stored};
use super::{short, version};

/// Larger objects are not held whole, in bytes.
const LARGEST: u64 = 64 << 20;

/// What is held for an entry of a pack, in bytes.
const ENTRY: u64 = 96;

pub(super) struct Database<'i> {
    packs: Vec<Pack<'i>>,
    loose: Vec<Vec<u8>>,
    hash: Option<gix_hash::Kind>,
    by_offset: HashMap<(u32, u64), Vec<u32>>,
    by_id: HashMap<ObjectId, Vec<(u32, u32)>>,
    /// Objects stored as changes of others that were not reached yet.
    waiting: u64,
    too_large: u64,
    broken: u64,
    taken: u64,
}

struct Pack<'i> {
    input: Box<dyn ReadSeek + 'i>,
    start: u64,
    entries: Vec<Entry>,
}

#[derive(Clone, Copy)]
enum Place {
    Loose(usize),
    Packed(u32, u32),
}

/// An object, held until all that build on it are read.
struct Held<'m> {
    bytes: Vec<u8>,
    meter: &'m Meter,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.meter.release(self.bytes.len() as u64);
    }
}

impl<'i> Database<'i> {
    pub(super) fn new(hash: Option<gix_hash::Kind>) -> Self {
        Self {
            packs: Vec::new(),
            loose: Vec::new(),
            hash,
            by_offset: HashMap::new(),
            by_id: HashMap::new(),
            waiting: 0,
            too_large: 0,
            broken: 0,
            taken: 0,
        }
    }

    /// Adds the pack that starts there.
    pub(super) fn add_pack(&mut self, input: Box<dyn ReadSeek + 'i>, start: u64) {
        self.packs.push(Pack {
            input,
            start,
            entries: Vec::new(),
        });
    }

    /// Adds an object that lies alone, compressed.
    pub(super) fn add_loose(&mut self, bytes: Vec<u8>) {
        self.loose.push(bytes);
    }

    fn hash(&self) -> gix_hash::Kind {
        self.hash.unwrap_or(gix_hash::Kind::Sha1)
    }

    /// Shows all of it. What is damaged ends the reading of its pack, and is told last.
    pub(super) fn show(
        mut self,
        opener: &mut Opener<'_>,
        path: &str,
        depth: usize,
    ) -> io::Result<()> {
        let mut outcome = Ok(());
        for number in 0..self.packs.len() {
            outcome = outcome.and(self.index(number, opener.meter));
        }
        let shown = self.show_objects(opener, path, depth);
        opener.meter.release(self.taken);
        shown?;
        for (count, reason, what) in [
            (
                self.too_large,
                SkipReason::TooMuchMemory,
                "are too large to be held in memory",
            ),
            (self.broken, SkipReason::Damaged, "are damaged"),
            (
                self.waiting,
                SkipReason::Missing,
                "build on others that are not in it",
            ),
        ] {
            if count > 0 && outcome.is_ok() {
                let detail = format!("{count} of its objects {what}");
                opener.visitor.skipped(path, reason, detail);
            }
        }
        outcome
    }

    /// Takes note of where the objects of a pack are.
    fn index(&mut self, number: usize, meter: &Meter) -> io::Result<()> {
        let pack = &mut self.packs[number];
        let start = pack.start;
        let mut entries = Vec::new();
        let mut taken = 0;
        let mut hash = self.hash.unwrap_or(gix_hash::Kind::Sha1);
        let mut outcome = Ok(0);
        // How long ids are only the end of a pack tells, and ids stand in its middle.
        for _ in 0..2 {
            entries.clear();
            pack.input.seek(SeekFrom::Start(start))?;
            let source = BufReader::with_capacity(64 << 10, &mut pack.input);
            outcome = pack::each(source, start, hash, &mut |entry, plain| {
                if !meter.keep(ENTRY) {
                    return Err(io::Error::new(
                        io::ErrorKind::OutOfMemory,
                        "the list of its objects takes more memory than is allowed",
                    ));
                }
                taken += ENTRY;
                meter.entry()?;
                let count = io::copy(plain, &mut io::sink())?;
                meter.put_out(count)?;
                entries.push(entry);
                Ok(())
            });
            let is_long = match outcome {
                Ok(rest) => rest == 32,
                Err(_) => !meter.is_stopped() && entries.is_empty(),
            };
            if self.hash.is_some() || !is_long {
                break;
            }
            hash = gix_hash::Kind::Sha256;
        }
        self.taken += taken;
        if self.hash.is_none() && outcome.is_ok() {
            self.hash = Some(hash);
        }
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        for (index, entry) in entries.iter().enumerate() {
            let index = u32::try_from(index).unwrap_or(u32::MAX);
            match entry.stored {
                Stored::Whole(_) => continue,
                Stored::Offset(base) => {
                    self.by_offset
                        .entry((number, base))
                        .or_default()
                        .push(index);
                }
                Stored::Id(base) => self.by_id.entry(base).or_default().push((number, index)),
            }
            self.waiting += 1;
        }
        self.packs[number as usize].entries = entries;
        outcome.map(|_| ())
    }

    fn show_objects(
        &mut self,
        opener: &mut Opener<'_>,
        path: &str,
        depth: usize,
    ) -> io::Result<()> {
        let mut names = Names::new(self.hash(), opener.meter);
        for place in self.roots(|kind| kind != Kind::Blob)? {
            self.descend(opener, place, &mut |opener, kind, id, held| {
                let word = match kind {
                    Kind::Tree => {
                        names.tree(id, &held.bytes);
                        return Ok(());
                    }
                    Kind::Commit => {
                        names.commit(id, &held.bytes);
                        "commit"
                    }
                    _ => "tag",
                };
                let message = object::message(&held.bytes);
                if !message.is_empty() {
                    let shown = inside(path, format!("{word} {}", short(&id)).as_bytes());
                    opener.leaf(&shown, &mut &*message, None);
                }
                Ok(())
            })?;
        }
        names.settle();
        for place in self.roots(|kind| kind == Kind::Blob)? {
            self.descend(opener, place, &mut |opener, _, id, held| {
                let shown = match names.of(&id) {
                    Some((commit, name)) => version(path, commit, name),
                    None => inside(path, format!("blob {}", short(&id)).as_bytes()),
                };
                opener.seekable(&shown, &mut Cursor::new(held.bytes.as_slice()), depth + 1);
                match opener.meter.is_stopped() {
                    true => Err(io::Error::other("stopped")),
                    false => Ok(()),
                }
            })?;
        }
        Ok(())
    }

    /// The objects of those kinds that build on no other.
    fn roots(&mut self, wanted: impl Fn(Kind) -> bool) -> io::Result<Vec<Place>> {
        let mut roots = Vec::new();
        for (number, bytes) in self.loose.iter().enumerate() {
            let mut plain = flate2::read::ZlibDecoder::new(bytes.as_slice());
            if object::header(&mut plain).is_ok_and(|(kind, _)| wanted(kind)) {
                roots.push(Place::Loose(number));
            }
        }
        for (number, pack) in (0..).zip(&self.packs) {
            for (index, entry) in (0..).zip(&pack.entries) {
                if matches!(entry.stored, Stored::Whole(kind) if wanted(kind)) {
                    roots.push(Place::Packed(number, index));
                }
            }
        }
        Ok(roots)
    }

    /// Reads an object and all that build on it.
    fn descend<'m>(
        &mut self,
        opener: &mut Opener<'m>,
        root: Place,
        each: &mut dyn FnMut(&mut Opener<'m>, Kind, ObjectId, &Held<'m>) -> io::Result<()>,
    ) -> io::Result<()> {
        let meter = opener.meter;
        let Some((kind, bytes)) = self.whole(root, meter)? else {
            return Ok(());
        };
        let mut open = vec![(root, Held { bytes, meter })];
        while let Some((place, held)) = open.pop() {
            if opener.visitor.is_cancelled() {
                return Err(meter.stop(SkipReason::Internal, "cancelled".to_owned()));
            }
            let Some(id) = object::id(self.hash(), kind, &held.bytes) else {
                self.broken += 1;
                continue;
            };
            for child in self.children(place, &id) {
                self.waiting = self.waiting.saturating_sub(1);
                if let Some(bytes) = self.changed(child, &held.bytes, meter)? {
                    open.push((child, Held { bytes, meter }));
                }
            }
            each(opener, kind, id, &held)?;
        }
        Ok(())
    }

    /// The objects that are stored as changes of this one; each is given once.
    fn children(&mut self, place: Place, id: &ObjectId) -> Vec<Place> {
        let mut found = Vec::new();
        if let Place::Packed(pack, index) = place {
            let offset = self.packs[pack as usize].entries[index as usize].offset;
            let by_offset = self.by_offset.remove(&(pack, offset)).unwrap_or_default();
            found.extend(
                by_offset
                    .into_iter()
                    .map(|index| Place::Packed(pack, index)),
            );
        }
        let by_id = self.by_id.remove(id).unwrap_or_default();
        found.extend(
            by_id
                .into_iter()
                .map(|(pack, index)| Place::Packed(pack, index)),
        );
        found
    }

    /// An object that builds on no other; `None`, and counted, if it cannot be held.
    fn whole(&mut self, place: Place, meter: &Meter) -> io::Result<Option<(Kind, Vec<u8>)>> {
        let read = match place {
            Place::Loose(number) => {
                let bytes = self.loose[number].as_slice();
                let mut plain = object::inflated(bytes, meter);
                object::header(&mut plain)
                    .and_then(|(kind, size)| Ok((kind, taken(&mut plain, size, meter)?)))
            }
            Place::Packed(pack, index) => {
                let pack = &mut self.packs[pack as usize];
                let entry = pack.entries[index as usize].clone();
                let Stored::Whole(kind) = entry.stored else {
                    return Ok(None);
                };
                pack.read(&entry, meter).map(|bytes| (kind, bytes))
            }
        };
        self.judged(read, meter)
    }

    /// What an entry makes of its base.
    fn changed(&mut self, place: Place, base: &[u8], meter: &Meter) -> io::Result<Option<Vec<u8>>> {
        let Place::Packed(pack, index) = place else {
            return Ok(None);
        };
        let pack = &mut self.packs[pack as usize];
        let entry = pack.entries[index as usize].clone();
        let read = pack.read(&entry, meter).and_then(|delta| {
            let made = object::apply(base, &delta, LARGEST);
            meter.release(delta.len() as u64);
            let made = made.map_err(|why| match why {
                Refusal::Damaged => damaged("a change does not fit what it changes"),
                Refusal::TooLarge => too_large(),
            })?;
            meter.put_out(made.len() as u64)?;
            match meter.keep(made.len() as u64) {
                true => Ok(made),
                false => Err(too_large()),
            }
        });
        self.judged(read, meter)
    }

    /// Counts what cannot be read; only limits of all end the reading.
    fn judged<T>(&mut self, read: io::Result<T>, meter: &Meter) -> io::Result<Option<T>> {
        match read {
            Ok(read) => Ok(Some(read)),
            Err(why) if meter.is_stopped() => Err(why),
            Err(why) if why.kind() == io::ErrorKind::OutOfMemory => {
                self.too_large += 1;
                Ok(None)
            }
            Err(_) => {
                self.broken += 1;
                Ok(None)
            }
        }
    }
}

impl Pack<'_> {
    fn read(&mut self, entry: &Entry, meter: &Meter) -> io::Result<Vec<u8>> {
        self.input.seek(SeekFrom::Start(entry.data))?;
        let source = BufReader::with_capacity(16 << 10, &mut self.input);
        taken(&mut object::inflated(source, meter), entry.size, meter)
    }
}

fn too_large() -> io::Error {
    io::Error::new(io::ErrorKind::OutOfMemory, "too large to be held in memory")
}

/// All that `plain` gives, which should be so many bytes; the memory is taken.
fn taken(plain: &mut dyn Read, size: u64, meter: &Meter) -> io::Result<Vec<u8>> {
    if size > LARGEST || !meter.keep(size) {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    let outcome = plain.take(size + 1).read_to_end(&mut bytes);
    if outcome.is_err() || bytes.len() as u64 != size {
        meter.release(size);
        outcome?;
        return Err(damaged("an object has another size than it says"));
    }
    Ok(bytes)
}
