//! A pattern as steps that are tried one after the other, with a way back.
//!
//! Most scans meet an anchor of some dozens of rules, each a few times. An engine for regular
//! expressions first makes states of a pattern, a few hundred where it counts to a few hundred,
//! which takes longer than all that is then done with them. Steps are as many as the pattern
//! has parts: a class that is counted is one.
//!
//! The match is the same that the engine finds, also which of several it is. Going back can take
//! long where a pattern can match a text in many ways; after [`ENOUGH`] the engine is asked.

mod build;
mod look;
#[cfg(test)]
mod tests;

use regex_automata::util::look::LookMatcher;
use serde::{Deserialize, Serialize};

use self::look::Look;
use crate::bytes::ByteSet;
use crate::span::Span;

/// So much is tried for one window, about a step each.
const ENOUGH: u32 = 1 << 15;

/// More bytes of a row count as a further step.
const ROW: usize = 16;

/// Patterns of more groups that may hold the secret are for the engine.
const GROUPS: usize = 4;

/// So are those of more parts that are counted.
const COUNTS: usize = 8;

/// The starts and ends of groups, and behind them how often counted parts were gone through.
const SLOTS: usize = GROUPS * 2 + COUNTS;

/// Where a group has not been.
const NOWHERE: usize = usize::MAX;

/// The number of a step.
type Place = u32;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Program {
    steps: Vec<Step>,
    sets: Vec<ByteSet>,
    /// What a match can start with.
    starts: ByteSet,
    /// How many groups there are that may hold the secret.
    groups: usize,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Step {
    Literal(Box<[u8]>),
    /// One byte of a set.
    One(u16),
    Row(Row),
    /// Goes on with the first, and if that fails with the other.
    Either(Place, Place),
    Go(Place),
    /// Notes the place in a slot.
    Note(u8),
    /// Starts to count.
    Count(u8),
    Again(Again),
    Look(Look),
    Match,
}

/// Bytes of a set.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Row {
    set: u16,
    least: usize,
    most: usize,
    /// As many as there are, or as few as will do.
    greedy: bool,
    /// What must come behind, if that is known.
    then: Option<u16>,
}

/// A part that is gone through a number of times; it stands behind, and leads back here.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Again {
    /// Where it is counted.
    slot: u8,
    least: usize,
    most: usize,
    greedy: bool,
    /// Behind the part.
    end: Place,
}

/// What is tried if all after it fails.
enum Back {
    To(Place, usize),
    /// The part that is counted here, once more.
    In(Place, usize),
    /// A row that may end earlier, down to the second place.
    Shorter(Place, usize, usize),
    /// A row that may end later, up to the second place.
    Longer(Place, usize, usize),
    /// What was noted before.
    Was(u8, usize),
}

/// It took too long to tell.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Exhausted;

/// What trying writes to; made anew for each window, and empty until there is a way back.
pub(crate) struct Trial {
    back: Vec<Back>,
    slots: [usize; SLOTS],
    left: u32,
}

impl Trial {
    pub(crate) fn new() -> Self {
        Self {
            back: Vec::new(),
            slots: [NOWHERE; SLOTS],
            left: ENOUGH,
        }
    }

    fn note(&mut self, slot: u8, value: usize) {
        let old = std::mem::replace(&mut self.slots[usize::from(slot)], value);
        self.back.push(Back::Was(slot, old));
    }

    /// Into the part that is counted, or behind it.
    fn again(&mut self, again: Again, place: Place, at: usize) -> (Place, usize) {
        let count = self.slots[usize::from(again.slot)];
        if count >= again.most {
            return (again.end, at);
        }
        if count >= again.least {
            if !again.greedy {
                self.back.push(Back::In(place, at));
                return (again.end, at);
            }
            self.back.push(Back::To(again.end, at));
        }
        self.note(again.slot, count + 1);
        (place + 1, at)
    }

    fn spend(&mut self, steps: usize) -> Result<(), Exhausted> {
        let steps = u32::try_from(steps).map_err(|_| Exhausted)?;
        self.left = self.left.checked_sub(steps).ok_or(Exhausted)?;
        Ok(())
    }
}

impl Program {
    /// Whether a match can start here.
    #[inline]
    pub(crate) fn may_start(&self, hay: &[u8], at: usize) -> bool {
        hay.get(at).is_some_and(|&b| self.starts.contains(b))
    }

    /// Where the match ends that starts at `at`, if one does that ends at `end` at the latest.
    /// What a pattern asks about the bytes around it may lie outside.
    pub(crate) fn end_of_match(
        &self,
        hay: &[u8],
        at: usize,
        end: usize,
        trial: &mut Trial,
    ) -> Result<Option<usize>, Exhausted> {
        trial.back.clear();
        trial.slots = [NOWHERE; SLOTS];
        let mut here = Some((0, at));
        while let Some((place, at)) = here {
            trial.spend(1)?;
            here = match &self.steps[place as usize] {
                Step::Match => return Ok(Some(at)),
                Step::Literal(literal) => hay[at..end]
                    .starts_with(literal)
                    .then_some((place + 1, at + literal.len())),
                Step::One(set) => {
                    let fits = at < end && self.set(*set).contains(hay[at]);
                    fits.then_some((place + 1, at + 1))
                }
                Step::Row(row) => self.row(*row, place + 1, (hay, at, end), trial)?,
                Step::Either(first, other) => {
                    trial.back.push(Back::To(*other, at));
                    Some((*first, at))
                }
                Step::Go(to) => Some((*to, at)),
                Step::Note(slot) => {
                    trial.note(*slot, at);
                    Some((place + 1, at))
                }
                Step::Count(slot) => {
                    trial.note(*slot, 0);
                    Some((place + 1, at))
                }
                Step::Again(again) => Some(trial.again(*again, place, at)),
                Step::Look(look) => LookMatcher::new()
                    .matches(look.0, hay, at)
                    .then_some((place + 1, at)),
            };
            if here.is_none() {
                here = self.back(hay, end, trial)?;
            }
        }
        Ok(None)
    }

    /// The first of the groups that holds anything, after a match.
    pub(crate) fn secret(&self, trial: &Trial) -> Option<Span> {
        let slots = trial.slots.chunks_exact(2).take(self.groups);
        slots
            .filter(|slot| slot[0] != NOWHERE && slot[1] != NOWHERE && slot[0] < slot[1])
            .map(|slot| Span::new(slot[0], slot[1]))
            .next()
    }

    fn set(&self, set: u16) -> &ByteSet {
        &self.sets[usize::from(set)]
    }

    /// Where it goes on behind a row that starts at `at`.
    #[inline]
    fn row(
        &self,
        row: Row,
        next: Place,
        (hay, at, end): (&[u8], usize, usize),
        trial: &mut Trial,
    ) -> Result<Option<(Place, usize)>, Exhausted> {
        let farthest = end.min(at.saturating_add(row.most));
        let set = self.set(row.set);
        let stop = if row.greedy {
            farthest
        } else {
            farthest.min(at + row.least)
        };
        let length = hay[at..stop]
            .iter()
            .take_while(|&&b| set.contains(b))
            .count();
        trial.spend(length / ROW)?;
        if length < row.least {
            return Ok(None);
        }
        if row.greedy {
            return Ok(self.shorter(next, (at + row.least, at + length), (hay, end), trial));
        }
        trial.back.push(Back::Longer(next, at + length, farthest));
        Ok(Some((next, at + length)))
    }

    /// The last place of a row at which what comes next could stand.
    #[inline]
    fn shorter(
        &self,
        next: Place,
        (low, high): (usize, usize),
        (hay, end): (&[u8], usize),
        trial: &mut Trial,
    ) -> Option<(Place, usize)> {
        let Step::Row(Row { then, .. }) = self.steps[next as usize - 1] else {
            return None;
        };
        let at = match then {
            None => high,
            Some(then) => {
                let then = self.set(then);
                let fits = |&at: &usize| at < end && then.contains(hay[at]);
                (low..=high).rev().find(fits)?
            }
        };
        if at > low {
            trial.back.push(Back::Shorter(next, low, at - 1));
        }
        Some((next, at))
    }

    /// Goes back to what was not tried yet.
    fn back(
        &self,
        hay: &[u8],
        end: usize,
        trial: &mut Trial,
    ) -> Result<Option<(Place, usize)>, Exhausted> {
        while let Some(back) = trial.back.pop() {
            trial.spend(1)?;
            match back {
                Back::To(place, at) => return Ok(Some((place, at))),
                Back::In(place, at) => {
                    if let Step::Again(Again { slot, .. }) = self.steps[place as usize] {
                        trial.note(slot, trial.slots[usize::from(slot)] + 1);
                        return Ok(Some((place + 1, at)));
                    }
                }
                Back::Was(slot, old) => trial.slots[usize::from(slot)] = old,
                Back::Shorter(next, low, high) => {
                    let found = self.shorter(next, (low, high), (hay, end), trial);
                    let at = found.map_or(low, |(_, at)| at);
                    trial.spend((high - at) / ROW)?;
                    if found.is_some() {
                        return Ok(found);
                    }
                }
                Back::Longer(next, at, farthest) => {
                    let Step::Row(row) = self.steps[next as usize - 1] else {
                        continue;
                    };
                    if at < farthest && self.set(row.set).contains(hay[at]) {
                        trial.back.push(Back::Longer(next, at + 1, farthest));
                        return Ok(Some((next, at + 1)));
                    }
                }
            }
        }
        Ok(None)
    }
}
