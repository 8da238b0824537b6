//! All objects of a repository, each once.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};

use gix_index::hash::{ObjectId, oid};

use crate::object::Kind;
use crate::pack::delta::Segment;
use crate::pack::plan::Mark;
use crate::pack::walk::{Walked, Walker};
use crate::share::Exchange;
use crate::store::Store;

/// An object that is visited.
#[derive(Clone, Copy, Debug)]
pub struct Object<'o> {
    /// Its id.
    pub id: &'o oid,
    /// What it is.
    pub kind: Kind,
    /// Its contents.
    pub bytes: &'o [u8],
    /// Whether another pack has it too, from which it is visited as new. It comes again
    /// only because objects are made of it.
    pub is_repeat: bool,
}

/// What an object was made of.
#[derive(Debug)]
pub struct Made<'o, S> {
    /// The object that it was made of, which was visited before.
    pub base: &'o [u8],
    /// What that visit gave.
    pub state: &'o S,
    /// What of it is new, and where the rest stood, in order and without gaps.
    pub segments: &'o [Segment],
}

/// Why an object cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Its bytes make no sense.
    Damaged(String),
    /// It has so many bytes, which is more than was asked for.
    TooLarge(u64),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Damaged(why) => f.write_str(why),
            Self::TooLarge(size) => write!(f, "{size} bytes"),
        }
    }
}

/// Sees objects; each thread has its own.
pub trait Visitor {
    /// What is kept of a visit while objects made of this one are visited.
    type State;

    /// What follows is from there.
    fn enter(&mut self, _: Source) {}

    /// An object; `made` if it was stored as a difference to another.
    fn visit(&mut self, object: &Object<'_>, made: Option<Made<'_, Self::State>>) -> Self::State;

    /// An object that another thread has visited and whose children this one is to visit. What
    /// it gives is the state for those.
    fn again(&mut self, object: &Object<'_>) -> Self::State {
        self.visit(object, None)
    }

    /// An object cannot be read, and so cannot `dependents` others that are made of it.
    fn failed(&mut self, id: &oid, why: Failure, dependents: u32);

    /// Whether to stop soon.
    fn is_stopped(&self) -> bool;
}

/// Where a store keeps objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// A pack, counted from zero.
    Pack(usize),
    /// The files that hold one object each.
    Loose,
}

/// Objects to walk.
#[derive(Clone, Debug)]
pub struct Part {
    /// Where they are.
    pub source: Source,
    /// If not all are wanted, which; those that they are made of are visited as repeats.
    pub only: Option<Vec<ObjectId>>,
}

/// A part, ready to be walked.
struct Stretch {
    source: Source,
    marks: Option<Vec<Mark>>,
    /// Of loose objects those that are wanted, sorted, if not all are.
    only: Option<Vec<ObjectId>>,
}

/// Something for one thread to do in a stretch.
enum Job {
    Roots { roots: Vec<(u32, Kind)> },
    Thin { number: usize },
    Loose { from: usize, to: usize },
}

/// Small trees are handed out together, as many as have this many bytes.
const JOB_WEIGHT: u64 = 4 << 20;

const LOOSE_PER_JOB: usize = 256;

impl Store {
    /// Visits all objects of these kinds, each once, on all threads of the pool that this
    /// runs in; gives the visitors back. Larger objects than `max_size` are failures.
    pub fn walk<V: Visitor + Send>(
        &self,
        kinds: &[Kind],
        max_size: u64,
        visitor: impl Fn() -> V + Sync,
    ) -> Vec<V> {
        self.walk_parts(&self.parts(), kinds, max_size, visitor)
    }

    /// All that there is.
    pub fn parts(&self) -> Vec<Part> {
        let packs = (0..self.packs().len()).map(Source::Pack);
        packs
            .chain([Source::Loose])
            .map(|source| Part { source, only: None })
            .collect()
    }

    /// Does the same for some objects.
    pub fn walk_parts<V: Visitor + Send>(
        &self,
        parts: &[Part],
        kinds: &[Kind],
        max_size: u64,
        visitor: impl Fn() -> V + Sync,
    ) -> Vec<V> {
        let stretches: Vec<Stretch> = parts.iter().map(|part| self.stretch(part)).collect();
        let exchange = Exchange::default();
        let jobs = self.jobs(&stretches, kinds, &exchange);
        let next = AtomicUsize::new(0);
        rayon::broadcast(|_| {
            let mut visitor = visitor();
            let mut walker = Walker::new(max_size);
            let busy = exchange.begin();
            while let Some((stretch, job)) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
                if visitor.is_stopped() {
                    break;
                }
                let walked = (*stretch, &stretches[*stretch], &exchange);
                visitor.enter(walked.1.source);
                self.run(walked, job, kinds, max_size, &mut walker, &mut visitor);
            }
            while !visitor.is_stopped()
                && let Some(offcut) = busy.take()
            {
                let stretch = &stretches[offcut.stretch];
                visitor.enter(stretch.source);
                if let Source::Pack(pack) = stretch.source {
                    let walked = self.walked(pack, (offcut.stretch, stretch, &exchange));
                    walker.go_on(&walked, offcut, &mut visitor);
                }
            }
            visitor
        })
    }

    fn stretch(&self, part: &Part) -> Stretch {
        let marks = match (part.source, &part.only) {
            (Source::Pack(number), Some(only)) => {
                let packed = &self.packs()[number];
                let wanted = only.iter().filter_map(|id| packed.pack.number_of(id));
                Some(packed.plan().marks(&wanted.collect()))
            }
            _ => None,
        };
        let only = match part.source {
            Source::Pack(_) => None,
            Source::Loose => part.only.clone().map(|mut only| {
                only.sort_unstable();
                only
            }),
        };
        Stretch {
            source: part.source,
            marks,
            only,
        }
    }

    fn run<V: Visitor>(
        &self,
        place: (usize, &Stretch, &Exchange),
        job: &Job,
        kinds: &[Kind],
        max_size: u64,
        walker: &mut Walker,
        visitor: &mut V,
    ) {
        let (_, stretch, _) = place;
        match (stretch.source, job) {
            (Source::Pack(pack), Job::Roots { roots }) => {
                let walked = self.walked(pack, place);
                for &(root, kind) in roots {
                    walker.tree(&walked, root, kind, visitor);
                }
            }
            (Source::Pack(pack), Job::Thin { number }) => {
                let walked = self.walked(pack, place);
                let (base, node) = &walked.plan.thin[*number];
                if walked.is_idle(*node) {
                    return;
                }
                let id = walked.pack.id(&walked.plan.nodes[*node as usize]);
                match self.read(base) {
                    Ok(Some((kind, bytes))) if kinds.contains(&kind) => {
                        walker.thin(&walked, *node, kind, &bytes, visitor);
                    }
                    Ok(Some(_)) => {}
                    Ok(None) => {
                        let why = format!("its base {base} is missing");
                        visitor.failed(id, Failure::Damaged(why), 0);
                    }
                    Err(why) => visitor.failed(id, Failure::Damaged(why), 0),
                }
            }
            (_, Job::Loose { from, to }) => {
                let is_wanted = |id: &&ObjectId| {
                    let only = stretch.only.as_ref();
                    only.is_none_or(|only| only.binary_search(id).is_ok())
                };
                for id in self.loose()[*from..*to].iter().filter(is_wanted) {
                    match self.read_loose(id, max_size, |kind| kinds.contains(&kind)) {
                        Ok(Some((kind, bytes))) => {
                            let object = Object {
                                id,
                                kind,
                                bytes: &bytes,
                                is_repeat: false,
                            };
                            visitor.visit(&object, None);
                        }
                        Ok(None) => {}
                        Err(why) => visitor.failed(id, why, 0),
                    }
                }
            }
            (Source::Loose, _) => {}
        }
    }

    fn walked<'w>(
        &'w self,
        pack: usize,
        (number, stretch, exchange): (usize, &'w Stretch, &'w Exchange),
    ) -> Walked<'w> {
        let packed = &self.packs()[pack];
        Walked {
            pack: &packed.pack,
            plan: packed.plan(),
            repeats: self.repeats(pack),
            marks: stretch.marks.as_deref(),
            stretch: number,
            exchange,
        }
    }

    /// The work, the largest trees first: what is begun last should be done soon.
    fn jobs(
        &self,
        stretches: &[Stretch],
        kinds: &[Kind],
        exchange: &Exchange,
    ) -> Vec<(usize, Job)> {
        let mut large: Vec<(u64, (usize, Job))> = Vec::new();
        let mut small = Vec::new();
        let mut loose = Vec::new();
        for (at, stretch) in stretches.iter().enumerate() {
            let Source::Pack(pack) = stretch.source else {
                let count = self.loose().len();
                loose.extend((0..count).step_by(LOOSE_PER_JOB).map(|from| {
                    let to = count.min(from + LOOSE_PER_JOB);
                    (at, Job::Loose { from, to })
                }));
                continue;
            };
            let walked = self.walked(pack, (at, stretch, exchange));
            let mut roots = Vec::new();
            let mut weight = 0;
            let own = walked.plan.roots.iter();
            for root in own.filter(|r| kinds.contains(&r.kind) && !walked.is_idle(r.node)) {
                if root.weight >= JOB_WEIGHT {
                    let roots = vec![(root.node, root.kind)];
                    large.push((root.weight, (at, Job::Roots { roots })));
                    continue;
                }
                roots.push((root.node, root.kind));
                weight += root.weight;
                if weight >= JOB_WEIGHT {
                    let roots = std::mem::take(&mut roots);
                    small.push((at, Job::Roots { roots }));
                    weight = 0;
                }
            }
            small.push((at, Job::Roots { roots }));
            small.extend((0..walked.plan.thin.len()).map(|number| (at, Job::Thin { number })));
        }
        large.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
        let large = large.into_iter().map(|(_, job)| job);
        large.chain(small).chain(loose).collect()
    }
}
