//! From a pattern to its steps.

use regex_syntax::hir::{Class, Hir, HirKind, Repetition};

use super::look::Look;
use super::{Again, COUNTS, GROUPS, Place, Program, Row, Step};
use crate::bytes::ByteSet;
use crate::lower::{alphabet, is_secret_group};

/// Parts that are gone through more often are counted; others are written out.
const WRITTEN_OUT: usize = 3;

/// Patterns of more steps are left to the engine.
const MOST: usize = 600;

impl Program {
    /// The steps of a pattern; `None` if it has parts that steps do not do.
    pub(crate) fn of(hir: &Hir) -> Option<Self> {
        let mut groups = Vec::new();
        secret_groups(hir, &mut groups);
        groups.sort_unstable();
        let mut builder = Builder {
            groups,
            ..Builder::default()
        };
        builder.part(hir, &Follow::Anything)?;
        builder.push(Step::Match)?;
        let starts = starts(hir);
        Some(Self {
            steps: builder.steps,
            sets: builder.sets,
            starts: if starts.empty {
                ByteSet::ALL
            } else {
                starts.set
            },
            groups: builder.groups.len(),
        })
    }
}

/// What can come behind a part.
#[derive(Clone, Copy)]
enum Follow {
    /// Anything, the end as well.
    Anything,
    One(ByteSet),
}

/// What a part can start with, and whether it can be empty.
struct Starts {
    set: ByteSet,
    empty: bool,
}

#[derive(Default)]
struct Builder {
    steps: Vec<Step>,
    sets: Vec<ByteSet>,
    /// The numbers of those that may hold the secret, in the order in which they are asked.
    groups: Vec<u32>,
    /// How many parts are counted.
    counts: usize,
}

impl Builder {
    fn push(&mut self, step: Step) -> Option<()> {
        self.steps.push(step);
        (self.steps.len() <= MOST).then_some(())
    }

    fn here(&self) -> Option<Place> {
        Place::try_from(self.steps.len()).ok()
    }

    fn set(&mut self, set: ByteSet) -> Option<u16> {
        let known = self.sets.iter().position(|own| *own == set);
        let at = known.unwrap_or_else(|| {
            self.sets.push(set);
            self.sets.len() - 1
        });
        u16::try_from(at).ok()
    }

    fn part(&mut self, hir: &Hir, follow: &Follow) -> Option<()> {
        match hir.kind() {
            HirKind::Empty => Some(()),
            HirKind::Literal(literal) => self.push(Step::Literal(literal.0.clone())),
            HirKind::Class(_) => {
                let set = self.set(byte_class(hir)?)?;
                self.push(Step::One(set))
            }
            HirKind::Look(look) => {
                let look = Look::of(*look)?;
                self.push(Step::Look(look))
            }
            HirKind::Repetition(repetition) => self.repetition(repetition, follow),
            HirKind::Capture(capture) => {
                let is_wanted = capture.name.as_deref().is_some_and(is_secret_group);
                if !is_wanted {
                    return self.part(&capture.sub, follow);
                }
                let slot = self.slot(capture.index)?;
                self.push(Step::Note(slot))?;
                self.part(&capture.sub, follow)?;
                self.push(Step::Note(slot + 1))
            }
            HirKind::Concat(parts) => {
                for (number, part) in parts.iter().enumerate() {
                    self.part(part, &follow_of(&parts[number + 1..], follow))?;
                }
                Some(())
            }
            HirKind::Alternation(parts) => self.alternation(parts, follow),
        }
    }

    fn alternation(&mut self, parts: &[Hir], follow: &Follow) -> Option<()> {
        let mut ends = Vec::new();
        for (number, part) in parts.iter().enumerate() {
            if number + 1 == parts.len() {
                self.part(part, follow)?;
                break;
            }
            let either = self.steps.len();
            self.push(Step::Go(0))?;
            self.part(part, follow)?;
            ends.push(self.steps.len());
            self.push(Step::Go(0))?;
            self.steps[either] = Step::Either(Place::try_from(either + 1).ok()?, self.here()?);
        }
        let here = self.here()?;
        for end in ends {
            self.steps[end] = Step::Go(here);
        }
        Some(())
    }

    fn repetition(&mut self, repetition: &Repetition, follow: &Follow) -> Option<()> {
        let sub = &*repetition.sub;
        let least = repetition.min as usize;
        if let Some(set) = byte_class(sub) {
            let then = match follow {
                Follow::Anything => None,
                Follow::One(then) => Some(self.set(*then)?),
            };
            let set = self.set(set)?;
            return self.push(Step::Row(Row {
                set,
                least,
                most: repetition.max.map_or(usize::MAX, |max| max as usize),
                greedy: repetition.greedy,
                then,
            }));
        }
        let starts = starts(sub);
        // Round and round without a byte: the engine knows when to stop.
        if starts.empty && repetition.max.is_none() {
            return None;
        }
        let again = match follow {
            Follow::One(then) if !starts.empty => {
                let mut set = starts.set;
                set.union(then);
                Follow::One(set)
            }
            _ => Follow::Anything,
        };
        let most = repetition.max.map_or(usize::MAX, |max| max as usize);
        if !starts.empty && repetition.max.map_or(least, |_| most) > WRITTEN_OUT {
            return self.counted(repetition, least, most, &again);
        }
        for number in 0..least {
            let is_last = number + 1 == least && repetition.max == Some(repetition.min);
            self.part(sub, if is_last { follow } else { &again })?;
        }
        let mut choices = Vec::new();
        match repetition.max {
            None => {
                choices.push(self.steps.len());
                let start = self.here()?;
                self.push(Step::Go(0))?;
                self.part(sub, &again)?;
                self.push(Step::Go(start))?;
            }
            Some(_) => {
                for _ in least..most {
                    choices.push(self.steps.len());
                    self.push(Step::Go(0))?;
                    self.part(sub, &again)?;
                }
            }
        }
        let end = self.here()?;
        for at in choices {
            let inner = Place::try_from(at + 1).ok()?;
            self.steps[at] = if repetition.greedy {
                Step::Either(inner, end)
            } else {
                Step::Either(end, inner)
            };
        }
        Some(())
    }

    /// A part that is gone through many times, and is never empty.
    fn counted(
        &mut self,
        repetition: &Repetition,
        least: usize,
        most: usize,
        again: &Follow,
    ) -> Option<()> {
        (self.counts < COUNTS).then_some(())?;
        let slot = u8::try_from(GROUPS * 2 + self.counts).ok()?;
        self.counts += 1;
        self.push(Step::Count(slot))?;
        let start = self.here()?;
        self.push(Step::Go(0))?;
        self.part(&repetition.sub, again)?;
        self.push(Step::Go(start))?;
        self.steps[start as usize] = Step::Again(Again {
            slot,
            least,
            most,
            greedy: repetition.greedy,
            end: self.here()?,
        });
        Some(())
    }

    /// The slot of where a group starts; that of its end is behind it.
    fn slot(&self, group: u32) -> Option<u8> {
        let number = self.groups.iter().position(|own| *own == group)?;
        (number < GROUPS).then_some(())?;
        u8::try_from(number * 2).ok()
    }
}

fn secret_groups(hir: &Hir, into: &mut Vec<u32>) {
    match hir.kind() {
        HirKind::Capture(capture) => {
            if capture.name.as_deref().is_some_and(is_secret_group) {
                into.push(capture.index);
            }
            secret_groups(&capture.sub, into);
        }
        HirKind::Repetition(repetition) => secret_groups(&repetition.sub, into),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().for_each(|part| secret_groups(part, into));
        }
        HirKind::Empty | HirKind::Look(_) | HirKind::Literal(_) | HirKind::Class(_) => {}
    }
}

/// The set, if the part is a single byte.
fn byte_class(hir: &Hir) -> Option<ByteSet> {
    match hir.kind() {
        HirKind::Class(Class::Bytes(_)) => Some(alphabet(hir)),
        HirKind::Class(Class::Unicode(class)) => class.is_ascii().then(|| alphabet(hir)),
        HirKind::Literal(literal) if literal.0.len() == 1 => Some(alphabet(hir)),
        _ => None,
    }
}

fn follow_of(rest: &[Hir], last: &Follow) -> Follow {
    let mut set = ByteSet::default();
    for part in rest {
        let own = starts(part);
        set.union(&own.set);
        if !own.empty {
            return Follow::One(set);
        }
    }
    match last {
        Follow::Anything => Follow::Anything,
        Follow::One(then) => {
            set.union(then);
            Follow::One(set)
        }
    }
}

fn starts(hir: &Hir) -> Starts {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Starts {
            set: ByteSet::default(),
            empty: true,
        },
        HirKind::Literal(literal) => Starts {
            set: literal.0.iter().copied().take(1).collect(),
            empty: literal.0.is_empty(),
        },
        HirKind::Class(_) => Starts {
            set: alphabet(hir),
            empty: false,
        },
        HirKind::Repetition(repetition) => {
            let sub = starts(&repetition.sub);
            Starts {
                empty: sub.empty || repetition.min == 0,
                ..sub
            }
        }
        HirKind::Capture(capture) => starts(&capture.sub),
        HirKind::Concat(parts) => {
            let mut whole = Starts {
                set: ByteSet::default(),
                empty: true,
            };
            for part in parts {
                let own = starts(part);
                whole.set.union(&own.set);
                if !own.empty {
                    whole.empty = false;
                    break;
                }
            }
            whole
        }
        HirKind::Alternation(parts) => {
            let mut whole = Starts {
                set: ByteSet::default(),
                empty: false,
            };
            for part in parts {
                let own = starts(part);
                whole.set.union(&own.set);
                whole.empty |= own.empty;
            }
            whole
        }
    }
}
