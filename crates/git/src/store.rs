//! An object database: packs, loose objects, and those of other repositories that it
//! borrows from.

use std::io::Read;
use std::path::{Path, PathBuf};

use gix_index::hash::{Kind as HashKind, ObjectId, oid};

use crate::object::Kind;
use crate::pack::delta;
use crate::pack::inflate::Inflate;
use crate::pack::plan::{Base, Pack, Plan};
use crate::walk::Failure;

/// The objects of a repository, whether they are reachable or not.
pub struct Store {
    hash: HashKind,
    /// The folders `objects`, the repository's own first.
    folders: Vec<PathBuf>,
    packs: Vec<Packed>,
    /// Ids of loose objects that no pack has, sorted.
    loose: Vec<ObjectId>,
    problems: Vec<Problem>,
}

/// A file of the repository that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file, or the object.
    pub what: String,
    /// Why.
    pub reason: String,
}

pub(crate) struct Packed {
    pub(crate) pack: Pack,
    pub(crate) plan: Plan,
    /// For each node whether an earlier pack has it; `None` if there is no earlier pack.
    pub(crate) repeats: Option<Vec<bool>>,
}

impl Packed {
    fn count(&self, kinds: &[Kind]) -> usize {
        let roots = self.plan.roots.iter().filter(|r| kinds.contains(&r.kind));
        roots.map(|root| root.count as usize).sum()
    }
}

/// No chain of deltas is longer; git itself makes at most 4095.
const MAX_CHAIN: usize = 1 << 16;

/// Borrowing from a repository that borrows is followed so far.
const MAX_ALTERNATES: usize = 64;

impl Store {
    /// Opens the object database in the folder `objects`.
    pub(crate) fn open(objects: &Path, hash: HashKind) -> Self {
        let mut store = Self {
            hash,
            folders: vec![objects.to_owned()],
            packs: Vec::new(),
            loose: Vec::new(),
            problems: Vec::new(),
        };
        store.follow_alternates();
        store.open_packs();
        store.list_loose();
        store
    }

    /// What could not be read so far.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// How many bytes an id has.
    pub fn hash_len(&self) -> usize {
        self.hash.len_in_bytes()
    }

    /// How many objects there are at most.
    pub fn len(&self) -> usize {
        self.loose.len() + self.packs.iter().map(|p| p.pack.len()).sum::<usize>()
    }

    /// How many objects of these kinds there are, whatever can be told without reading
    /// loose ones.
    pub fn count(&self, kinds: &[Kind]) -> u64 {
        let packed: usize = self.packs.iter().map(|p| p.count(kinds)).sum();
        (packed + self.loose.len()) as u64
    }

    /// Whether there is no object.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the object is here.
    pub fn contains(&self, id: &oid) -> bool {
        self.packs.iter().any(|packed| packed.pack.holds(id))
            || self
                .loose
                .binary_search_by(|known| known.as_ref().cmp(id))
                .is_ok()
    }

    /// Whether objects may be missing because they were not asked for when it was cloned.
    pub fn is_partial(&self) -> bool {
        let promised = |packed: &Packed| packed.pack.path.with_extension("promisor").exists();
        self.packs.iter().any(promised)
    }

    pub(crate) fn packs(&self) -> &[Packed] {
        &self.packs
    }

    pub(crate) fn loose(&self) -> &[ObjectId] {
        &self.loose
    }

    fn problem(&mut self, what: &Path, reason: impl ToString) {
        let what = what.display().to_string();
        self.problems.push(Problem {
            what,
            reason: reason.to_string(),
        });
    }

    /// `objects/info/alternates` names a folder in each line (`gitrepository-layout(5)`).
    fn follow_alternates(&mut self) {
        let mut at = 0;
        while at < self.folders.len() && at < MAX_ALTERNATES {
            let folder = self.folders[at].clone();
            at += 1;
            let Ok(text) = std::fs::read_to_string(folder.join("info/alternates")) else {
                continue;
            };
            for line in text
                .lines()
                .filter(|l| !l.is_empty() && !l.starts_with('#'))
            {
                let other = folder.join(line);
                let known = |f: &PathBuf| same_folder(f, &other);
                if !other.is_dir() {
                    self.problem(
                        &other,
                        "the folder that objects are borrowed from is missing",
                    );
                } else if !self.folders.iter().any(known) {
                    self.folders.push(other);
                }
            }
        }
    }

    fn open_packs(&mut self) {
        let mut indexes = Vec::new();
        for folder in &self.folders {
            let Ok(entries) = std::fs::read_dir(folder.join("pack")) else {
                continue;
            };
            let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
            let mut own: Vec<_> = paths
                .filter(|p| p.extension().is_some_and(|e| e == "idx"))
                .collect();
            own.sort();
            indexes.append(&mut own);
        }
        for idx in indexes {
            match Pack::open(&idx, self.hash) {
                Ok(pack) => self.add_pack(pack),
                Err(why) => self.problem(&idx, why),
            }
        }
    }

    fn add_pack(&mut self, pack: Pack) {
        let plan = pack.plan();
        let earlier = &self.packs;
        let repeats = (!earlier.is_empty()).then(|| {
            let is_repeat = |node| earlier.iter().any(|other| other.pack.holds(pack.id(node)));
            plan.nodes.iter().map(is_repeat).collect()
        });
        for &(node, dependents) in &plan.damaged {
            let id = pack.id(&plan.nodes[node as usize]);
            self.problems.push(Problem {
                what: format!("object {id} in `{}`", pack.path.display()),
                reason: match dependents {
                    0 => "its entry is damaged".to_owned(),
                    n => format!("its entry is damaged, and {n} others are made of it"),
                },
            });
        }
        self.packs.push(Packed {
            pack,
            plan,
            repeats,
        });
    }

    fn list_loose(&mut self) {
        let mut ids = Vec::new();
        for folder in &self.folders {
            for first in 0..=u8::MAX {
                let Ok(entries) = std::fs::read_dir(folder.join(format!("{first:02x}"))) else {
                    continue;
                };
                for entry in entries.flatten() {
                    let name = entry.file_name();
                    let hex = format!("{first:02x}{}", name.to_string_lossy());
                    if hex.len() == self.hash.len_in_hex() {
                        ids.extend(ObjectId::from_hex(hex.as_bytes()).ok());
                    }
                }
            }
        }
        ids.sort_unstable();
        ids.dedup();
        ids.retain(|id| !self.packs.iter().any(|packed| packed.pack.holds(id)));
        self.loose = ids;
    }

    /// One object, or `None` if it is missing.
    ///
    /// # Errors
    ///
    /// If it is there and damaged.
    pub fn read(&self, id: &oid) -> Result<Option<(Kind, Vec<u8>)>, String> {
        self.read_at_depth(id, 0)
    }

    fn read_at_depth(&self, id: &oid, depth: usize) -> Result<Option<(Kind, Vec<u8>)>, String> {
        for packed in &self.packs {
            if let Some(offset) = packed.pack.entry_of(id) {
                return self.read_packed(&packed.pack, offset, depth).map(Some);
            }
        }
        self.read_loose(id, u64::MAX, |_| true)
            .map_err(|failure| match failure {
                Failure::Damaged(why) => why,
                Failure::TooLarge(size) => format!("{size} bytes"),
            })
    }

    fn read_packed(
        &self,
        pack: &Pack,
        mut offset: u64,
        depth: usize,
    ) -> Result<(Kind, Vec<u8>), String> {
        let mut inflate = Inflate::new();
        let mut deltas = Vec::new();
        let (kind, mut bytes) = loop {
            let entry = pack.entry(offset, None)?;
            let mut data = Vec::new();
            inflate.run(entry.data, entry.size, &mut data)?;
            if deltas.len() >= MAX_CHAIN || depth > MAX_ALTERNATES {
                return Err("its deltas are in a circle".to_owned());
            }
            match entry.base {
                Base::Whole(kind) => break (kind, data),
                Base::Offset(base) => offset = base,
                Base::Id(base) => match pack.entry_of(&base) {
                    Some(base) => offset = base,
                    None => {
                        deltas.push(data);
                        let base = self.read_at_depth(&base, depth + 1)?;
                        break base.ok_or("its base is missing")?;
                    }
                },
            }
            deltas.push(data);
        };
        let (mut made, mut segments) = (Vec::new(), Vec::new());
        for delta in deltas.iter().rev() {
            delta::apply(&bytes, delta, &mut made, &mut segments).map_err(|why| why.to_string())?;
            std::mem::swap(&mut bytes, &mut made);
        }
        Ok((kind, bytes))
    }

    /// A loose object of a kind that is wanted: its kind and size as words, a zero byte
    /// and its contents, compressed together.
    pub(crate) fn read_loose(
        &self,
        id: &oid,
        max_size: u64,
        wanted: impl Fn(Kind) -> bool,
    ) -> Result<Option<(Kind, Vec<u8>)>, Failure> {
        let hex = id.to_hex().to_string();
        let files = self
            .folders
            .iter()
            .map(|f| f.join(&hex[..2]).join(&hex[2..]));
        let Some(path) = files.into_iter().find(|path| path.exists()) else {
            return Ok(None);
        };
        let damaged = |why: &str| Failure::Damaged(why.to_owned());
        let failed = |why: std::io::Error| Failure::Damaged(why.to_string());
        let file = std::fs::File::open(path).map_err(failed)?;
        let mut reader = flate2::read::ZlibDecoder::new(file);
        let mut header = Vec::new();
        loop {
            let mut byte = [0];
            reader.read_exact(&mut byte).map_err(failed)?;
            match byte[0] {
                0 => break,
                _ if header.len() > 32 => return Err(damaged("its header is damaged")),
                byte => header.push(byte),
            }
        }
        let mut words = header.split(|&b| b == b' ');
        let kind = words.next().and_then(Kind::from_word);
        let size = words
            .next()
            .and_then(|w| std::str::from_utf8(w).ok()?.parse::<u64>().ok());
        let (Some(kind), Some(size)) = (kind, size) else {
            return Err(damaged("its header is damaged"));
        };
        if !wanted(kind) {
            return Ok(None);
        }
        if size > max_size {
            return Err(Failure::TooLarge(size));
        }
        let mut bytes = Vec::new();
        reader
            .take(size.saturating_add(1))
            .read_to_end(&mut bytes)
            .map_err(failed)?;
        if bytes.len() as u64 != size {
            return Err(damaged("it has another size than it states"));
        }
        Ok(Some((kind, bytes)))
    }
}

fn same_folder(a: &Path, b: &Path) -> bool {
    match (a.canonicalize(), b.canonicalize()) {
        (Ok(a), Ok(b)) => a == b,
        _ => a == b,
    }
}
