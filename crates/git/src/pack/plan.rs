//! The delta trees of a pack: which object is made of which.
//!
//! Read from the index and the few bytes before each entry; nothing is inflated.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use gix_index::hash::{Kind as HashKind, ObjectId, Prefix, oid};
use gix_pack::data::entry::Header;
use gix_pack::{data, index};
use rayon::prelude::*;

use crate::object::Kind;

/// A pack and its index, mapped.
pub(crate) struct Pack {
    pub(crate) path: PathBuf,
    data: data::File,
    index: index::File,
    hash_len: u64,
}

/// No node.
const NONE: u32 = u32::MAX;

/// More compressed bytes than this cannot come of one: what a header promises beyond it is
/// a lie that must not be paid for.
const MAX_RATIO: u64 = 1040;

impl Node {
    /// Its place in the index.
    pub(crate) fn number(&self) -> usize {
        self.number as usize
    }
}

/// One entry of a pack, in the order of the pack.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node {
    offset: u64,
    /// Its place in the index.
    number: u32,
    /// Before the compressed data, in bytes.
    header: u16,
    kind: NodeKind,
    /// Uncompressed: of the object, or of its delta.
    size: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NodeKind {
    Whole(Kind),
    Delta,
    /// A delta whose base is not in this pack.
    Thin,
    Damaged,
}

/// The delta trees of one pack.
pub(crate) struct Plan {
    pub(crate) nodes: Vec<Node>,
    /// The children of node `n` are `children[starts[n]..starts[n + 1]]`, heaviest last.
    starts: Vec<u32>,
    children: Vec<u32>,
    /// Objects that are whole, with the kind and the work that hangs on each.
    pub(crate) roots: Vec<Root>,
    /// Deltas on objects that other packs have.
    pub(crate) thin: Vec<(ObjectId, u32)>,
    /// Entries that cannot be read, and how many are made of each.
    pub(crate) damaged: Vec<(u32, u32)>,
}

/// What a walk to some objects does with a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    /// Nothing.
    Leave,
    /// Others are made of it.
    Pass,
    /// It is one of those.
    Visit,
}

/// The root of a delta tree.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Root {
    pub(crate) node: u32,
    pub(crate) kind: Kind,
    /// The uncompressed bytes of all entries of the tree, roughly.
    pub(crate) weight: u64,
    /// How many objects the tree has.
    pub(crate) count: u32,
}

impl Pack {
    /// Maps the pack that the index at `idx` is for.
    pub(crate) fn open(idx: &Path, hash: HashKind) -> Result<Self, String> {
        let path = idx.with_extension("pack");
        let index = index::File::at(idx, hash).map_err(|why| why.to_string())?;
        let data = data::File::at(&path, hash).map_err(|why| why.to_string())?;
        if index.num_objects() != data.num_objects() {
            return Err("the pack and its index differ".to_owned());
        }
        let hash_len = hash.len_in_bytes() as u64;
        Ok(Self {
            path,
            data,
            index,
            hash_len,
        })
    }

    /// The checksum of the pack, which names its contents.
    pub(crate) fn checksum(&self) -> ObjectId {
        self.index.pack_checksum()
    }

    /// The ids of all objects, sorted.
    pub(crate) fn ids(&self) -> impl IndexedParallelIterator<Item = &oid> {
        (0..self.index.num_objects())
            .into_par_iter()
            .map(|number| self.index.oid_at_index(number))
    }

    /// The place of an object in the index, if it is here.
    pub(crate) fn number_of(&self, id: &oid) -> Option<u32> {
        self.index.lookup(id)
    }

    pub(crate) fn len(&self) -> usize {
        self.index.num_objects() as usize
    }

    pub(crate) fn id(&self, node: &Node) -> &oid {
        self.index.oid_at_index(node.number)
    }

    pub(crate) fn holds(&self, id: &oid) -> bool {
        self.index.lookup(id).is_some()
    }

    /// The entry of this object, if it is here.
    pub(crate) fn entry_of(&self, id: &oid) -> Option<u64> {
        let number = self.index.lookup(id)?;
        Some(self.index.pack_offset_at_index(number))
    }

    /// Adds the ids that start like this.
    pub(crate) fn ids_with(&self, prefix: Prefix, into: &mut Vec<ObjectId>) {
        let mut range = 0..0;
        self.index.lookup_prefix(prefix, Some(&mut range));
        into.extend(range.map(|number| self.index.oid_at_index(number).to_owned()));
    }

    /// The header of the entry at `offset`, and its data up to `end` or that of the pack.
    pub(crate) fn entry(&self, offset: u64, end: Option<u64>) -> Result<Entry<'_>, String> {
        let entry = self.data.entry(offset).map_err(|why| why.to_string())?;
        let end = end.unwrap_or_else(|| self.end());
        let data = self
            .data
            .entry_slice(entry.data_offset..end)
            .unwrap_or_default();
        if entry.decompressed_size > (data.len() as u64 + 1) * MAX_RATIO {
            return Err("the size it states is impossible".to_owned());
        }
        let size = usize::try_from(entry.decompressed_size).map_err(|why| why.to_string())?;
        let base = match entry.header {
            Header::OfsDelta { base_distance } => Base::Offset(
                offset
                    .checked_sub(base_distance)
                    .filter(|_| base_distance > 0)
                    .ok_or("its base lies outside the pack")?,
            ),
            Header::RefDelta { base_id } => Base::Id(base_id),
            Header::Commit => Base::Whole(Kind::Commit),
            Header::Tree => Base::Whole(Kind::Tree),
            Header::Blob => Base::Whole(Kind::Blob),
            Header::Tag => Base::Whole(Kind::Tag),
        };
        Ok(Entry { data, size, base })
    }

    fn end(&self) -> u64 {
        (self.data.data_len() as u64).saturating_sub(self.hash_len)
    }

    /// The compressed data of a node, and how long it is when inflated.
    pub(crate) fn data(&self, plan: &Plan, node: u32) -> (&[u8], usize) {
        let own = &plan.nodes[node as usize];
        let end = plan
            .nodes
            .get(node as usize + 1)
            .map_or(self.end(), |next| next.offset);
        let start = own.offset + u64::from(own.header);
        let data = self
            .data
            .entry_slice(start..end.max(start))
            .unwrap_or_default();
        (data, own.size as usize)
    }

    /// Works out the delta trees.
    pub(crate) fn plan(&self) -> Plan {
        let mut places: Vec<(u64, u32)> = (0..self.index.num_objects())
            .into_par_iter()
            .map(|number| (self.index.pack_offset_at_index(number), number))
            .collect();
        places.par_sort_unstable();
        let node_at = |offset: u64| {
            let found = places.binary_search_by_key(&offset, |place| place.0);
            found.ok().and_then(|node| u32::try_from(node).ok())
        };
        let read: Vec<(Node, u32, Option<ObjectId>)> = places
            .par_iter()
            .enumerate()
            .map(|(at, &(offset, number))| {
                let end = places.get(at + 1).map(|place| place.0);
                self.node(offset, number, end, &node_at)
            })
            .collect();
        let mut parents = Vec::with_capacity(read.len());
        let mut nodes = Vec::with_capacity(read.len());
        let mut thin = Vec::new();
        for (number, (node, parent, base)) in (0u32..).zip(read) {
            nodes.push(node);
            parents.push(parent);
            thin.extend(base.map(|id| (id, number)));
        }
        drop(places);
        Plan::new(nodes, &parents, thin)
    }

    fn node(
        &self,
        offset: u64,
        number: u32,
        end: Option<u64>,
        node_at: &impl Fn(u64) -> Option<u32>,
    ) -> (Node, u32, Option<ObjectId>) {
        let damaged = Node {
            offset,
            number,
            header: 0,
            kind: NodeKind::Damaged,
            size: 0,
        };
        let Ok(entry) = self.entry(offset, end) else {
            return (damaged, NONE, None);
        };
        let end = end.unwrap_or_else(|| self.end());
        let header = end
            .saturating_sub(offset)
            .saturating_sub(entry.data.len() as u64);
        let node = |kind| Node {
            header: u16::try_from(header).unwrap_or(0),
            kind,
            size: entry.size as u64,
            ..damaged
        };
        match entry.base {
            Base::Whole(kind) => (node(NodeKind::Whole(kind)), NONE, None),
            Base::Offset(base) => match node_at(base) {
                Some(parent) => (node(NodeKind::Delta), parent, None),
                None => (damaged, NONE, None),
            },
            Base::Id(id) => match self.entry_of(&id).and_then(node_at) {
                Some(parent) => (node(NodeKind::Delta), parent, None),
                None => (node(NodeKind::Thin), NONE, Some(id)),
            },
        }
    }
}

/// An entry as its header has it.
pub(crate) struct Entry<'p> {
    pub(crate) data: &'p [u8],
    pub(crate) size: usize,
    pub(crate) base: Base,
}

/// What an entry is made of.
pub(crate) enum Base {
    Whole(Kind),
    Offset(u64),
    Id(ObjectId),
}

impl Plan {
    fn new(nodes: Vec<Node>, parents: &[u32], thin: Vec<(ObjectId, u32)>) -> Self {
        let mut starts = vec![0u32; nodes.len() + 1];
        for &parent in parents.iter().filter(|&&p| p != NONE) {
            starts[parent as usize + 1] += 1;
        }
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let mut children = vec![0u32; starts.last().map_or(0, |&n| n as usize)];
        let mut next = starts.clone();
        for (number, &parent) in (0u32..).zip(parents) {
            if parent != NONE {
                children[next[parent as usize] as usize] = number;
                next[parent as usize] += 1;
            }
        }
        drop(next);
        let mut plan = Self {
            nodes,
            starts,
            children,
            roots: Vec::new(),
            thin,
            damaged: Vec::new(),
        };
        plan.weigh(parents);
        plan
    }

    /// Adds up what hangs on each node, puts the heaviest child last, and finds the roots.
    fn weigh(&mut self, parents: &[u32]) {
        let top = (0u32..)
            .zip(parents)
            .filter(|(_, p)| **p == NONE)
            .map(|(n, _)| n);
        let mut order: Vec<u32> = top.collect();
        let mut at = 0;
        while at < order.len() {
            order.extend_from_slice(self.children(order[at]));
            at += 1;
        }
        let mut weights: Vec<u64> = self.nodes.iter().map(|n| n.size + 64).collect();
        let mut counts = vec![1u32; self.nodes.len()];
        for &node in order.iter().rev() {
            let parent = parents[node as usize];
            if parent != NONE {
                weights[parent as usize] += weights[node as usize];
                counts[parent as usize] += counts[node as usize];
            }
        }
        for node in 0..self.nodes.len() {
            let range = self.starts[node] as usize..self.starts[node + 1] as usize;
            let own = &mut self.children[range];
            let heaviest = (0..own.len()).max_by_key(|&n| weights[own[n] as usize]);
            if let Some(heaviest) = heaviest {
                let last = own.len() - 1;
                own.swap(heaviest, last);
            }
        }
        for (number, node) in (0u32..).zip(&self.nodes) {
            let weight = weights[number as usize];
            match node.kind {
                NodeKind::Whole(kind) => self.roots.push(Root {
                    node: number,
                    kind,
                    weight,
                    count: counts[number as usize],
                }),
                NodeKind::Damaged => self.damaged.push((number, counts[number as usize] - 1)),
                NodeKind::Delta | NodeKind::Thin => {}
            }
        }
        // A circle of deltas hangs on no root.
        if order.len() < self.nodes.len() {
            let mut reached = vec![false; self.nodes.len()];
            order.iter().for_each(|&node| reached[node as usize] = true);
            let lost = (0u32..)
                .zip(&reached)
                .filter(|(_, r)| !**r)
                .map(|(n, _)| (n, 0));
            self.damaged.extend(lost);
        }
    }

    /// Of each node what a walk to `wanted` does with it; they are numbers in the index.
    pub(crate) fn marks(&self, wanted: &HashSet<u32>) -> Vec<Mark> {
        let mut parents = vec![NONE; self.nodes.len()];
        for node in (0u32..).take(self.nodes.len()) {
            for &child in self.children(node) {
                parents[child as usize] = node;
            }
        }
        let mut marks = vec![Mark::Leave; self.nodes.len()];
        for (mut at, node) in (0u32..).zip(&self.nodes) {
            if !wanted.contains(&node.number) {
                continue;
            }
            marks[at as usize] = Mark::Visit;
            // A circle of deltas ends where it has been.
            while let Some(&parent) = parents.get(at as usize)
                && let Some(mark) = marks.get_mut(parent as usize)
                && *mark == Mark::Leave
            {
                *mark = Mark::Pass;
                at = parent;
            }
        }
        marks
    }

    pub(crate) fn children(&self, node: u32) -> &[u32] {
        let node = node as usize;
        &self.children[self.starts[node] as usize..self.starts[node + 1] as usize]
    }
}
