//! Which commits lie between others.

use std::collections::{BinaryHeap, HashMap, HashSet};
use std::rc::Rc;

use gix_index::hash::ObjectId;

use super::Stop;
use crate::object::{self, Kind};
use crate::objects::Objects;
use crate::repository::Repository;
use crate::store::Problem;

/// Clocks are wrong now and then: so many more commits are looked at when it seems that
/// none can come that matters.
const SLOP: usize = 16;

const HEAD: u8 = 1;
const BASE: u8 = 2;
/// Behind a common ancestor that is known.
const STALE: u8 = 4;

/// What is needed of a commit.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) tree: ObjectId,
    pub(super) parents: Vec<ObjectId>,
    date: i64,
}

/// Reads commits; keeps them.
pub(super) struct History<'o> {
    objects: &'o Objects,
    shallow: HashSet<ObjectId>,
    nodes: HashMap<ObjectId, Option<Rc<Node>>>,
    between: HashSet<ObjectId>,
    /// Whether what is not in quarantine counts as known.
    by_quarantine: bool,
    problems: Vec<Problem>,
}

impl<'o> History<'o> {
    pub(super) fn new(repository: &Repository, objects: &'o Objects) -> Self {
        Self {
            objects,
            shallow: repository.shallow().into_iter().collect(),
            nodes: HashMap::new(),
            between: HashSet::new(),
            by_quarantine: false,
            problems: Vec::new(),
        }
    }

    /// Takes for known what is not in quarantine. That is nearly as good as to know all
    /// references: what the server had and nothing leads to counts as known as well.
    pub(super) fn trust_quarantine(&mut self) {
        self.by_quarantine = true;
    }

    pub(super) fn objects(&self) -> &'o Objects {
        self.objects
    }

    /// What could not be read.
    pub(super) fn problems(&mut self) -> Vec<Problem> {
        std::mem::take(&mut self.problems)
    }

    /// A commit; `None` if it cannot be read. That it is missing need not be a problem.
    pub(super) fn node(&mut self, id: &ObjectId) -> Option<Rc<Node>> {
        if let Some(known) = self.nodes.get(id) {
            return known.clone();
        }
        let problem = |reason: String| Problem {
            what: format!("commit {id}"),
            reason,
        };
        let node = match self.objects.read(id, u64::MAX) {
            Ok(Some((Kind::Commit, bytes))) => object::commit(&bytes).map(|commit| {
                Rc::new(Node {
                    tree: commit.tree,
                    parents: commit.parents,
                    date: commit.committed,
                })
            }),
            Ok(_) => None,
            Err(why) => {
                self.problems.push(problem(why.to_string()));
                None
            }
        };
        self.nodes.insert(*id, node.clone());
        node
    }

    /// The parents of a commit that are here.
    pub(super) fn parents(&mut self, id: &ObjectId, node: &Node) -> Vec<ObjectId> {
        if self.shallow.contains(id) {
            return Vec::new();
        }
        let parents = node.parents.iter().copied();
        parents.filter(|id| self.node(id).is_some()).collect()
    }

    /// The folders at the top of these commits; those that cannot be read are left out.
    pub(super) fn trees(&mut self, ids: &[ObjectId]) -> Vec<ObjectId> {
        let nodes = ids.iter().filter_map(|id| self.node(id));
        nodes.map(|node| node.tree).collect()
    }

    /// Whether the commit was among the last that [`between`](Self::between) gave.
    pub(super) fn is_between(&self, id: &ObjectId) -> bool {
        self.between.contains(id)
    }

    /// Says that what a commit follows is not here.
    pub(super) fn say_cut(&mut self, id: &ObjectId) {
        let reason = if self.shallow.contains(id) {
            "this shallow clone ends here, and what the commits before it brought is not seen; \
             get them with `git fetch --deepen=N` or `--unshallow`"
        } else {
            "a commit that it follows is missing, and what that brought is not seen"
        };
        self.problems.push(Problem {
            what: format!("commit {id}"),
            reason: reason.to_owned(),
        });
    }

    /// The commits that `heads` lead to and `bases` do not, parents first.
    pub(super) fn between(
        &mut self,
        heads: &[ObjectId],
        bases: &[ObjectId],
        stop: Stop<'_>,
    ) -> Vec<ObjectId> {
        let mut queue = Queue::default();
        let marked = heads.iter().map(|id| (id, HEAD));
        for (id, mark) in marked.chain(bases.iter().map(|id| (id, BASE))) {
            self.push(&mut queue, id, mark);
        }
        let mut oldest = i64::MAX;
        let mut slop = SLOP;
        while let Some((date, id)) = queue.pop() {
            if stop() {
                break;
            }
            let marks = queue.marks[&id];
            if marks & BASE == 0 {
                oldest = oldest.min(date);
                slop = SLOP;
            } else if queue.open == 0 && date < oldest {
                if slop == 0 {
                    break;
                }
                slop -= 1;
            }
            let Some(node) = self.node(&id) else {
                continue;
            };
            for parent in self.parents(&id, &node) {
                self.push(&mut queue, &parent, marks);
            }
        }
        let is_new = |marks: Option<&u8>| marks.is_some_and(|marks| marks & BASE == 0);
        self.between = queue
            .marks
            .iter()
            .filter(|(_, marks)| is_new(Some(marks)))
            .map(|(id, _)| *id)
            .collect();
        self.sorted(heads)
    }

    /// The commits between, parents first.
    fn sorted(&mut self, heads: &[ObjectId]) -> Vec<ObjectId> {
        let mut sorted = Vec::with_capacity(self.between.len());
        let mut entered = HashSet::new();
        let mut stack: Vec<(ObjectId, bool)> = heads.iter().rev().map(|id| (*id, false)).collect();
        while let Some((id, is_done)) = stack.pop() {
            if is_done {
                sorted.push(id);
                continue;
            }
            if !self.between.contains(&id) || !entered.insert(id) {
                continue;
            }
            stack.push((id, true));
            if let Some(node) = self.node(&id) {
                let parents = self.parents(&id, &node);
                stack.extend(parents.into_iter().rev().map(|id| (id, false)));
            }
        }
        sorted
    }

    fn push(&mut self, queue: &mut Queue, id: &ObjectId, mark: u8) {
        let is_known = self.by_quarantine && !self.objects.is_new(id);
        let mark = if is_known { mark | BASE } else { mark };
        if let Some(node) = self.node(id) {
            queue.push(node.date, *id, mark);
        }
    }

    /// The best common ancestors of two commits; several if they were merged crosswise.
    pub(super) fn merge_bases(
        &mut self,
        a: ObjectId,
        b: ObjectId,
        stop: Stop<'_>,
    ) -> Vec<ObjectId> {
        if a == b {
            return vec![a];
        }
        let mut queue = Queue::default();
        self.push(&mut queue, &a, BASE);
        self.push(&mut queue, &b, HEAD);
        let mut found = Vec::new();
        while let Some((_, id)) = queue.pop() {
            if stop() || queue.all_stale(&id) {
                break;
            }
            let mut marks = queue.marks[&id];
            if marks & (HEAD | BASE) == HEAD | BASE && marks & STALE == 0 {
                found.push(id);
                marks |= STALE;
            }
            let Some(node) = self.node(&id) else {
                continue;
            };
            for parent in self.parents(&id, &node) {
                self.push(&mut queue, &parent, marks);
            }
        }
        found.retain(|id| queue.marks[id] & STALE == 0);
        found
    }
}

/// Commits to look at, the youngest first, and what is known of each.
#[derive(Default)]
struct Queue {
    heap: BinaryHeap<(i64, ObjectId)>,
    marks: HashMap<ObjectId, u8>,
    /// How many entries of the heap are of commits that no base leads to.
    open: usize,
    /// How many are of commits that are not stale.
    fresh: usize,
    waiting: HashMap<ObjectId, usize>,
}

impl Queue {
    fn push(&mut self, date: i64, id: ObjectId, mark: u8) {
        let known = self.marks.get(&id).copied();
        let marks = known.unwrap_or(0) | mark;
        if known == Some(marks) {
            return;
        }
        self.marks.insert(id, marks);
        // Entries that wait change with their commit.
        let waiting = self.waiting.get(&id).copied().unwrap_or(0);
        if let Some(known) = known {
            self.count(known, waiting, false);
        }
        self.count(marks, waiting + 1, true);
        self.waiting.insert(id, waiting + 1);
        self.heap.push((date, id));
    }

    fn pop(&mut self) -> Option<(i64, ObjectId)> {
        let (date, id) = self.heap.pop()?;
        let marks = self.marks.get(&id).copied().unwrap_or(0);
        self.count(marks, 1, false);
        if let Some(waiting) = self.waiting.get_mut(&id) {
            *waiting -= 1;
        }
        Some((date, id))
    }

    fn count(&mut self, marks: u8, entries: usize, is_more: bool) {
        let change = |counter: &mut usize| match is_more {
            true => *counter += entries,
            false => *counter = counter.saturating_sub(entries),
        };
        if marks & BASE == 0 {
            change(&mut self.open);
        }
        if marks & STALE == 0 {
            change(&mut self.fresh);
        }
    }

    /// Whether this one and all that wait lie behind a common ancestor.
    fn all_stale(&self, id: &ObjectId) -> bool {
        self.fresh == 0 && self.marks.get(id).is_some_and(|marks| marks & STALE != 0)
    }
}
