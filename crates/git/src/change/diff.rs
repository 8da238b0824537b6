//! Folders side by side: what stands in the new one and in none of the old ones.

use std::collections::HashMap;
use std::rc::Rc;

use gix_index::hash::ObjectId;

use super::Stop;
use crate::object::{self, Kind};
use crate::objects::Objects;
use crate::store::Problem;

/// Folders in folders are followed so far.
const MAX_DEPTH: usize = 1024;

/// More versions are not listed: a folder that holds itself many times over, at many
/// depths, has more files than anybody could read.
const MAX_VERSIONS: usize = 1 << 22;

/// Folders are kept to be read again, up to so many bytes.
const KEPT: usize = 64 << 20;

/// What a name in a folder stands for. Submodules are left out: they are other
/// repositories.
#[derive(Clone, Debug)]
pub(super) enum Node<D> {
    Blob(ObjectId),
    Dir(D),
}

/// A name and what it stands for.
pub(super) type Named<D> = (Box<[u8]>, Node<D>);

/// What is in a folder.
pub(super) type List<D> = Vec<Named<D>>;

/// The new side.
pub(super) trait Side {
    /// A folder.
    type Dir;

    /// Its id, where it is known without looking into it.
    fn id(&self, dir: &Self::Dir) -> Option<ObjectId>;

    /// What is in it, in any order; a name may stand there several times.
    fn list(&mut self, trees: &mut Trees<'_>, dir: &Self::Dir) -> List<Self::Dir>;
}

/// Folders as objects.
pub(super) struct TreeSide;

impl Side for TreeSide {
    type Dir = ObjectId;

    fn id(&self, dir: &ObjectId) -> Option<ObjectId> {
        Some(*dir)
    }

    fn list(&mut self, trees: &mut Trees<'_>, dir: &ObjectId) -> List<ObjectId> {
        trees.list(dir)
    }
}

/// Reads folders; keeps some.
pub(super) struct Trees<'o> {
    pub(super) objects: &'o Objects,
    known: HashMap<ObjectId, Rc<[u8]>>,
    size: usize,
    pub(super) problems: Vec<Problem>,
}

impl Trees<'_> {
    /// What is in a folder; nothing if it cannot be read, which is a problem.
    pub(super) fn list(&mut self, id: &ObjectId) -> List<ObjectId> {
        let bytes = self.read(id);
        let node = |entry: object::TreeEntry<'_>| {
            let id = ObjectId::try_from(entry.id).ok()?;
            let node = match entry.is_tree {
                true => Node::Dir(id),
                false => Node::Blob(id),
            };
            (!entry.is_submodule).then(|| (Box::from(entry.name), node))
        };
        object::tree(&bytes, self.objects.hash_len())
            .filter_map(node)
            .collect()
    }

    fn read(&mut self, id: &ObjectId) -> Rc<[u8]> {
        if let Some(known) = self.known.get(id) {
            return Rc::clone(known);
        }
        let bytes: Rc<[u8]> = match self.objects.read(id, u64::MAX) {
            Ok(Some((Kind::Tree, bytes))) => bytes.into(),
            Ok(Some(_)) => self.failed(id, "it is no folder".to_owned()),
            // The empty folder need not be there.
            Ok(None) if is_empty_tree(id) => Rc::from([]),
            Ok(None) => self.failed(id, "it is missing".to_owned()),
            Err(why) => self.failed(id, why.to_string()),
        };
        if self.size > KEPT {
            self.known.clear();
            self.size = 0;
        }
        self.size += bytes.len();
        self.known.insert(*id, Rc::clone(&bytes));
        bytes
    }

    fn failed(&mut self, id: &ObjectId, reason: String) -> Rc<[u8]> {
        let what = format!("folder {id}");
        self.problems.push(Problem { what, reason });
        Rc::from([])
    }
}

fn is_empty_tree(id: &ObjectId) -> bool {
    ObjectId::empty_tree(id.kind()) == *id
}

/// Compares folders; collects what differs.
pub(super) struct Comparer<'o> {
    trees: Trees<'o>,
    stop: Stop<'o>,
    path: Vec<u8>,
    depth: usize,
    is_full: bool,
    /// What the new side has at a path and no old one has there.
    pub(super) brought: Vec<(Vec<u8>, ObjectId)>,
    /// What the old sides have where the new one is like none of them.
    pub(super) replaced: Vec<(Vec<u8>, ObjectId)>,
}

impl<'o> Comparer<'o> {
    pub(super) fn new(objects: &'o Objects, stop: Stop<'o>) -> Self {
        Self {
            trees: Trees {
                objects,
                known: HashMap::new(),
                size: 0,
                problems: Vec::new(),
            },
            stop,
            path: Vec::new(),
            depth: 0,
            is_full: false,
            brought: Vec::new(),
            replaced: Vec::new(),
        }
    }

    /// What could not be seen.
    pub(super) fn finish(mut self) -> Vec<Problem> {
        if self.is_full {
            self.trees.problems.push(Problem {
                what: "(folders)".to_owned(),
                reason: "so many files, or so deep, that not all were followed".to_owned(),
            });
        }
        self.trees.problems
    }

    /// Compares a folder with others that stand at its place; `None` where nothing does.
    pub(super) fn compare<S: Side>(
        &mut self,
        side: &mut S,
        new: Option<&S::Dir>,
        olds: &[Option<ObjectId>],
    ) {
        // What is like one of the old sides is not the doing of this change.
        let id = new.map(|dir| side.id(dir));
        let is_like = |old: &Option<ObjectId>| match id {
            Some(id) => id.is_some() && *old == id,
            None => old.is_none(),
        };
        if olds.iter().any(is_like) || (self.stop)() {
            return;
        }
        if self.depth >= MAX_DEPTH || self.brought.len() + self.replaced.len() >= MAX_VERSIONS {
            self.is_full = true;
            return;
        }
        let mut news = new.map_or_else(Vec::new, |dir| side.list(&mut self.trees, dir));
        news.sort_by(|a, b| a.0.cmp(&b.0));
        let listed = |old: &Option<ObjectId>| {
            let mut list = old.map_or_else(Vec::new, |id| self.trees.list(&id));
            list.sort_by(|a, b| a.0.cmp(&b.0));
            list
        };
        let olds: Vec<List<ObjectId>> = olds.iter().map(listed).collect();
        let mut at_new = 0;
        let mut at_olds = vec![0; olds.len()];
        loop {
            let heads = olds
                .iter()
                .zip(&at_olds)
                .filter_map(|(old, &at)| old.get(at));
            let least = heads.map(|(name, _)| name).min();
            let least = match (news.get(at_new), least) {
                (Some((new, _)), Some(old)) => new.min(old),
                (Some((new, _)), None) => new,
                (None, Some(old)) => old,
                (None, None) => break,
            };
            let here = news[at_new..].iter().take_while(|(name, _)| name == least);
            let end = at_new + here.count();
            let mut old_here = Vec::with_capacity(olds.len());
            for (old, at) in olds.iter().zip(&mut at_olds) {
                let found = old.get(*at).filter(|(name, _)| name == least);
                *at += usize::from(found.is_some());
                old_here.push(found.map(|(_, node)| node));
            }
            let length = self.path.len();
            if length > 0 {
                self.path.push(b'/');
            }
            self.path.extend_from_slice(least);
            self.depth += 1;
            self.name(side, &news[at_new..end], &old_here);
            self.depth -= 1;
            self.path.truncate(length);
            at_new = end;
        }
    }

    /// Compares what stands at one path.
    fn name<S: Side>(
        &mut self,
        side: &mut S,
        news: &[Named<S::Dir>],
        olds: &[Option<&Node<ObjectId>>],
    ) {
        let dirs = || {
            olds.iter().map(|old| match old {
                Some(Node::Dir(id)) => Some(*id),
                _ => None,
            })
        };
        let new_dir = news.iter().find_map(|(_, node)| match node {
            Node::Dir(dir) => Some(dir),
            Node::Blob(_) => None,
        });
        if let Some(dir) = new_dir {
            let dirs: Vec<_> = dirs().collect();
            if dirs.iter().all(Option::is_none) {
                self.replace_blobs(olds);
            }
            return self.compare(side, Some(dir), &dirs);
        }
        let mut is_changed = news.is_empty() && olds.iter().all(Option::is_some);
        for (_, node) in news {
            let Node::Blob(id) = node else {
                continue;
            };
            let is_it =
                |old: &Option<&Node<ObjectId>>| matches!(old, Some(Node::Blob(o)) if o == id);
            if !olds.iter().any(is_it) {
                self.brought.push((self.path.clone(), *id));
                is_changed = true;
            }
        }
        if is_changed {
            self.replace_blobs(olds);
            let dirs: Vec<_> = dirs().filter(Option::is_some).collect();
            if !dirs.is_empty() {
                self.compare(side, None, &dirs);
            }
        }
    }

    fn replace_blobs(&mut self, olds: &[Option<&Node<ObjectId>>]) {
        let from = self.replaced.len();
        for old in olds.iter().flatten() {
            if let Node::Blob(id) = old
                && self.replaced[from..].iter().all(|(_, known)| known != id)
            {
                self.replaced.push((self.path.clone(), *id));
            }
        }
    }
}
