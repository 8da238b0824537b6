//! The objects of a repository, read one at a time.

use std::path::PathBuf;
use std::sync::OnceLock;

use gix_index::hash::{Kind as HashKind, ObjectId, Prefix, oid};

use crate::object::Kind;
use crate::pack::plan::Pack;
use crate::store::{MAX_DETOURS, Problem};
use crate::walk::Failure;
use crate::{alternates, loose, pack};

/// Reads objects by their ids. Opening it costs a few system calls for each pack; who
/// wants to read them all uses a [`Store`](crate::Store).
///
/// ```no_run
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let repository = sluicegate_git::Repository::discover("some/folder".as_ref())?;
/// let objects = repository.objects();
/// let id = repository.resolve(&objects, "HEAD~2")?;
/// if let Ok(Some((kind, bytes))) = objects.read(&id, u64::MAX) {
///     println!("{kind:?} {} bytes", bytes.len());
/// }
/// # Ok(())
/// # }
/// ```
pub struct Objects {
    hash: HashKind,
    own: Vec<PathBuf>,
    folders: Vec<PathBuf>,
    packs: Vec<Pack>,
    problems: Vec<Problem>,
    /// The same, opened later: a repack moves objects while we look for them.
    again: OnceLock<Box<Self>>,
}

impl Objects {
    /// Opens the objects in these folders and those they borrow from.
    pub(crate) fn open(own: Vec<PathBuf>, hash: HashKind) -> Self {
        let mut problems = Vec::new();
        let mut folders = own.clone();
        alternates::follow(&mut folders, &mut problems);
        let mut packs = Vec::new();
        for idx in alternates::pack_indexes(&folders) {
            match Pack::open(&idx, hash) {
                Ok(pack) => packs.push(pack),
                Err(reason) => problems.push(Problem {
                    what: idx.display().to_string(),
                    reason,
                }),
            }
        }
        Self {
            hash,
            own,
            folders,
            packs,
            problems,
            again: OnceLock::new(),
        }
    }

    /// What could not be opened.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// How many bytes an id has.
    pub fn hash_len(&self) -> usize {
        self.hash.len_in_bytes()
    }

    /// The id that is all zeros, which stands for no object.
    pub fn null(&self) -> ObjectId {
        ObjectId::null(self.hash)
    }

    /// One object, or `None` if it is missing.
    ///
    /// # Errors
    ///
    /// If it is there and damaged, or has more bytes than `max_size`.
    pub fn read(&self, id: &oid, max_size: u64) -> Result<Option<(Kind, Vec<u8>)>, Failure> {
        if let Some(found) = self.read_at_depth(id, max_size, 0)? {
            return Ok(Some(found));
        }
        let open = || Box::new(Self::open(self.own.clone(), self.hash));
        let again = self.again.get_or_init(open);
        again.read_at_depth(id, max_size, 0)
    }

    fn read_at_depth(
        &self,
        id: &oid,
        max_size: u64,
        depth: usize,
    ) -> Result<Option<(Kind, Vec<u8>)>, Failure> {
        if depth > MAX_DETOURS {
            return Err(Failure::Damaged("its deltas are in a circle".to_owned()));
        }
        for pack in &self.packs {
            if let Some(offset) = pack.entry_of(id) {
                let other = |base: &oid| self.read_at_depth(base, u64::MAX, depth + 1);
                return pack::read::read(pack, offset, max_size, other).map(Some);
            }
        }
        let mut files = self.folders.iter().map(|folder| loose::path_in(folder, id));
        match files.find(|path| path.exists()) {
            Some(path) => loose::read(&path, max_size, |_| true),
            None => Ok(None),
        }
    }

    /// Whether the object lies where new objects go: in the first folder, which is the
    /// quarantine while a push is received.
    pub(crate) fn is_new(&self, id: &oid) -> bool {
        let Some(folder) = self.folders.first() else {
            return false;
        };
        let mut packs = self.packs.iter();
        packs.any(|pack| pack.path.starts_with(folder) && pack.holds(id))
            || loose::path_in(folder, id).exists()
    }

    /// The ids that start with these hexadecimal digits, sorted. At least four are asked
    /// for, as git does.
    pub fn starting_with(&self, hex: &str) -> Vec<ObjectId> {
        let mut ids = Vec::new();
        let Ok(prefix) = Prefix::from_hex(hex) else {
            return ids;
        };
        for pack in &self.packs {
            pack.ids_with(prefix, &mut ids);
        }
        for folder in &self.folders {
            let entries = std::fs::read_dir(folder.join(&hex[..2]));
            for entry in entries.into_iter().flatten().flatten() {
                let name = format!("{}{}", &hex[..2], entry.file_name().to_string_lossy());
                if name.len() == self.hash.len_in_hex() && name.starts_with(hex) {
                    ids.extend(ObjectId::from_hex(name.as_bytes()).ok());
                }
            }
        }
        ids.sort_unstable();
        ids.dedup();
        ids
    }
}
