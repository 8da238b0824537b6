//! All objects of a repository, each once.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};

use gix_index::hash::oid;

use crate::object::Kind;
use crate::pack::delta::Segment;
use crate::pack::plan::Root;
use crate::pack::walk::{Walked, Walker};
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

    /// An object; `made` if it was stored as a difference to another.
    fn visit(&mut self, object: &Object<'_>, made: Option<Made<'_, Self::State>>) -> Self::State;

    /// An object cannot be read, and so cannot `dependents` others that are made of it.
    fn failed(&mut self, id: &oid, why: Failure, dependents: u32);

    /// Whether to stop soon.
    fn is_stopped(&self) -> bool;
}

/// Something for one thread to do.
enum Job {
    Roots {
        pack: usize,
        roots: Vec<(u32, Kind)>,
    },
    Thin {
        pack: usize,
        number: usize,
    },
    Loose {
        from: usize,
        to: usize,
    },
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
        let jobs = self.jobs(kinds);
        let next = AtomicUsize::new(0);
        rayon::broadcast(|_| {
            let mut visitor = visitor();
            let mut walker = Walker::new(max_size);
            while let Some(job) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
                if visitor.is_stopped() {
                    break;
                }
                self.run(job, kinds, max_size, &mut walker, &mut visitor);
            }
            visitor
        })
    }

    fn run<V: Visitor>(
        &self,
        job: &Job,
        kinds: &[Kind],
        max_size: u64,
        walker: &mut Walker,
        visitor: &mut V,
    ) {
        match job {
            Job::Roots { pack, roots } => {
                let walked = self.walked(*pack);
                for &(root, kind) in roots {
                    walker.tree(&walked, root, kind, visitor);
                }
            }
            Job::Thin { pack, number } => {
                let walked = self.walked(*pack);
                let (base, node) = &walked.plan.thin[*number];
                match self.read(base) {
                    Ok(Some((kind, bytes))) if kinds.contains(&kind) => {
                        walker.thin(&walked, *node, kind, &bytes, visitor);
                    }
                    Ok(Some(_)) => {}
                    Ok(None) => {
                        let id = walked.pack.id(&walked.plan.nodes[*node as usize]);
                        let why = format!("its base {base} is missing");
                        visitor.failed(id, Failure::Damaged(why), 0);
                    }
                    Err(why) => {
                        let id = walked.pack.id(&walked.plan.nodes[*node as usize]);
                        visitor.failed(id, Failure::Damaged(why), 0);
                    }
                }
            }
            Job::Loose { from, to } => {
                for id in &self.loose()[*from..*to] {
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
        }
    }

    fn walked(&self, number: usize) -> Walked<'_> {
        let packed = &self.packs()[number];
        Walked {
            pack: &packed.pack,
            plan: &packed.plan,
            repeats: packed.repeats.as_deref(),
        }
    }

    /// The work, the largest trees first: what is begun last should be done soon.
    fn jobs(&self, kinds: &[Kind]) -> Vec<Job> {
        let mut large: Vec<(u64, Job)> = Vec::new();
        let mut small = Vec::new();
        for (pack, packed) in self.packs().iter().enumerate() {
            let mut roots = Vec::new();
            let mut weight = 0;
            for root in packed.plan.roots.iter().filter(|r| kinds.contains(&r.kind)) {
                let &Root {
                    node,
                    kind,
                    weight: own,
                    ..
                } = root;
                if own >= JOB_WEIGHT {
                    large.push((
                        own,
                        Job::Roots {
                            pack,
                            roots: vec![(node, kind)],
                        },
                    ));
                    continue;
                }
                roots.push((node, kind));
                weight += own;
                if weight >= JOB_WEIGHT {
                    small.push(Job::Roots {
                        pack,
                        roots: std::mem::take(&mut roots),
                    });
                    weight = 0;
                }
            }
            small.push(Job::Roots { pack, roots });
            small.extend((0..packed.plan.thin.len()).map(|number| Job::Thin { pack, number }));
        }
        large.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
        let loose = self.loose().len();
        let loose = (0..loose).step_by(LOOSE_PER_JOB).map(|from| Job::Loose {
            from,
            to: loose.min(from + LOOSE_PER_JOB),
        });
        large
            .into_iter()
            .map(|(_, job)| job)
            .chain(small)
            .chain(loose)
            .collect()
    }
}
