//! What one blob could be found to hold, worked out from its base where it has one.
//!
//! Anchors are few and small, so all of a blob are kept while others are made of it, found
//! or not. In an object made of it, those that lie in a copied stretch stand where they
//! stood, and new ones can only touch new bytes or places where the base went on otherwise:
//! that is all that is read again. What stands at an anchor is worked out anew only if new
//! bytes lie in the context that the rule looks at.

use std::num::NonZeroU32;
use std::ops::Range;

use sluicegate_core::text::{self, Encoding};
use sluicegate_core::{
    Anchor, Codec, Decoded, Lead, Looked, Match, RuleSet, Scope, Scratch, Secret, Sink,
};
use sluicegate_git::delta::Segment;

use super::memo::Memo;

/// Copied stretches that are no longer are read again with what is new on both sides: to
/// begin anew takes as long.
const SHORT: usize = 32;

/// The number of a lead in [`Leads`].
pub(crate) type LeadId = NonZeroU32;

/// Leads of many blobs, each once for all places where it was carried over.
#[derive(Debug, Default)]
pub(crate) struct Leads(Vec<Lead>);

impl Leads {
    pub(crate) fn get(&self, id: LeadId) -> &Lead {
        &self.0[id.get() as usize - 1]
    }

    fn add(&mut self, lead: Lead, before: Option<LeadId>) -> LeadId {
        if let Some(before) = before.filter(|&before| *self.get(before) == lead) {
            return before;
        }
        self.0.push(lead);
        let count = u32::try_from(self.0.len()).ok().and_then(NonZeroU32::new);
        count.unwrap_or(NonZeroU32::MAX)
    }
}

/// All anchors of a blob, and what stands at each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Probe {
    encoding: Encoding,
    /// Whether parts of it are compressed and were left out.
    is_packed: bool,
    pub(crate) spots: Vec<Spot>,
}

/// An anchor and what stands there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Spot {
    pub(crate) anchor: Anchor,
    pub(crate) lead: Option<LeadId>,
    /// The bytes around the anchor that say what stands there.
    pub(crate) looked: Looked,
}

/// What an anchor is told by.
#[derive(Clone, Copy)]
enum Kind {
    /// A literal and what follows it.
    Literal,
    /// What stands before it as well.
    Run,
}

/// Probes blobs on one thread.
pub(crate) struct Prober<'s> {
    rules: &'s RuleSet,
    scope: Scope,
    pub(crate) scratch: Scratch,
    pub(crate) leads: Leads,
    /// How many bytes were searched for anchors.
    pub(crate) searched: u64,
    /// How many bytes before the first of an anchor that is no literal tell whether it is one,
    /// and how many behind it.
    back: usize,
    ahead: usize,
    fresh: Vec<Anchor>,
    windows: Vec<Range<usize>>,
    /// `None` where everything is to be worked out.
    memo: Option<Memo>,
    /// How many places needed not be worked out because others were like them.
    #[cfg(test)]
    pub(crate) remembered: u64,
}

impl<'s> Prober<'s> {
    pub(crate) fn new(rules: &'s RuleSet, scope: Scope) -> Self {
        Self {
            rules,
            scope,
            scratch: rules.scratch(),
            leads: Leads::default(),
            searched: 0,
            back: rules.anchor_back(),
            ahead: rules.run_extent() - 1,
            fresh: Vec::new(),
            windows: Vec::new(),
            memo: Some(Memo::new()),
            #[cfg(test)]
            remembered: 0,
        }
    }

    /// Reads all of a blob.
    pub(crate) fn whole(&mut self, bytes: &[u8]) -> Probe {
        let encoding = text::encoding(bytes);
        let mut spots = Vec::new();
        let mut is_packed = false;
        match encoding {
            Encoding::Text => self.all(bytes, encoding, &mut spots),
            Encoding::Binary => {
                for readable in readable(bytes) {
                    is_packed |= readable.len() < bytes.len();
                    let from = spots.len();
                    self.all(&bytes[readable.clone()], encoding, &mut spots);
                    for spot in &mut spots[from..] {
                        spot.anchor = spot.anchor.moved(spot.anchor.at + readable.start);
                    }
                }
            }
            Encoding::Wide(wide) => {
                let (text, _) = text::decode(bytes, wide);
                self.all(&text, Encoding::Text, &mut spots);
            }
        }
        // Rows that are sorted already are only merged by this one.
        spots.sort();
        Probe {
            encoding,
            is_packed,
            spots,
        }
    }

    fn all(&mut self, bytes: &[u8], encoding: Encoding, spots: &mut Vec<Spot>) {
        for kind in [Kind::Literal, Kind::Run] {
            self.stretch(bytes, encoding, kind, 0..bytes.len(), spots);
        }
    }

    /// Reads what is new in a blob that was made of `base`.
    pub(crate) fn made_of(
        &mut self,
        bytes: &[u8],
        base: &Probe,
        base_len: usize,
        segments: &[Segment],
    ) -> Probe {
        let encoding = text::encoding(bytes);
        // Whether a value must be printable depends on the whole blob, and what is wide is read
        // after it is decoded.
        let is_plain = matches!(encoding, Encoding::Text | Encoding::Binary);
        // And a match without an anchor can start anywhere.
        let is_other = encoding != base.encoding || base.is_packed || is_packed(bytes, encoding);
        if is_other || !is_plain || self.rules.has_unanchored() {
            return self.whole(bytes);
        }
        let mut spots = Vec::with_capacity(base.spots.len() + 8);
        let mut windows = std::mem::take(&mut self.windows);
        self.run_starts(bytes.len(), base_len, segments, &mut windows);
        for window in &windows {
            self.stretch(bytes, encoding, Kind::Run, window.clone(), &mut spots);
        }
        changed(bytes.len(), base_len, segments, &mut windows);
        for window in &windows {
            self.stretch(bytes, encoding, Kind::Literal, window.clone(), &mut spots);
        }
        let found = spots.len();
        let mut read = windows.iter().peekable();
        for segment in segments {
            while read.next_if(|window| window.end < segment.end()).is_some() {}
            let is_read = read
                .peek()
                .is_some_and(|window| window.start <= segment.start);
            if !is_read {
                self.carry_over(bytes, encoding, base, base_len, segment, &mut spots);
            }
        }
        self.windows = windows;
        if found > 0 {
            spots.sort();
        }
        Probe {
            encoding,
            is_packed: false,
            spots,
        }
    }

    /// Where an anchor may start that is no literal and that the base does not have: in new
    /// bytes, and so far before and behind a place where the base went on otherwise that it
    /// depends on what is beyond.
    fn run_starts(
        &self,
        len: usize,
        base_len: usize,
        segments: &[Segment],
        windows: &mut Vec<Range<usize>>,
    ) {
        windows.clear();
        let mut add = |range: Range<usize>| match windows.last_mut() {
            _ if range.is_empty() => {}
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => windows.push(range),
        };
        for segment in segments {
            let end = match segment.base {
                None => segment.end(),
                // Both start here: nothing is new.
                Some(0) if segment.start == 0 => 0,
                Some(_) => segment.start + self.back,
            };
            add(segment.start.saturating_sub(self.ahead)..end.min(len));
        }
        if !ends_alike(segments, base_len) {
            add(len.saturating_sub(self.ahead)..len);
        }
    }

    /// Reads the anchors that touch a stretch, or that start in it where they are no literals.
    fn stretch(
        &mut self,
        bytes: &[u8],
        encoding: Encoding,
        kind: Kind,
        stretch: Range<usize>,
        spots: &mut Vec<Spot>,
    ) {
        let mut fresh = std::mem::take(&mut self.fresh);
        fresh.clear();
        match kind {
            Kind::Literal => {
                self.searched += stretch.len() as u64;
                self.rules
                    .literals_touching(bytes, stretch, self.scope, &mut fresh);
            }
            Kind::Run => self.rules.runs_in(bytes, stretch, &mut fresh),
        }
        fresh.sort_unstable();
        fresh.dedup();
        for &anchor in &fresh {
            spots.push(self.look(bytes, encoding, anchor, None));
        }
        self.fresh = fresh;
    }

    fn look(
        &mut self,
        bytes: &[u8],
        encoding: Encoding,
        anchor: Anchor,
        before: Option<LeadId>,
    ) -> Spot {
        let binary = encoding == Encoding::Binary;
        let place = if self.rules.is_dear(anchor) {
            Memo::place(bytes, anchor)
        } else {
            None
        };
        if let (Some(memo), Some(place)) = (&self.memo, place)
            && let Some((lead, looked)) = memo.get(place, bytes, binary, anchor)
        {
            #[cfg(test)]
            {
                self.remembered += 1;
            }
            return Spot {
                anchor,
                lead,
                looked,
            };
        }
        let scratch = &mut self.scratch;
        let (lead, looked) = self.rules.lead(scratch, bytes, binary, anchor, self.scope);
        let lead = lead.map(|lead| self.leads.add(lead, before));
        if let (Some(memo), Some(place)) = (&mut self.memo, place) {
            memo.keep(place, bytes, binary, anchor, (lead, looked));
        }
        Spot {
            anchor,
            lead,
            looked,
        }
    }

    /// Takes over the anchors of a copied stretch, but for those that were looked for anew.
    fn carry_over(
        &mut self,
        bytes: &[u8],
        encoding: Encoding,
        base: &Probe,
        base_len: usize,
        segment: &Segment,
        spots: &mut Vec<Spot>,
    ) {
        let Some(from) = segment.base else {
            return;
        };
        // Where both begin or both end nothing else can follow on that side.
        let is_start = segment.start == 0 && from == 0;
        let is_end = segment.end() == bytes.len() && from + segment.len == base_len;
        let end = from + segment.len;
        // What is no literal was looked for anew behind the seam.
        let behind = if is_start { from } else { from + self.back };
        let first = base.spots.partition_point(|spot| spot.anchor.at < from);
        for spot in &base.spots[first..] {
            let at = spot.anchor.at;
            if at >= end {
                break;
            }
            if at < behind && !spot.anchor.is_literal() {
                continue;
            }
            if !is_end && at + self.rules.extent(spot.anchor) > end {
                continue;
            }
            let anchor = spot.anchor.moved(spot.anchor.at - from + segment.start);
            let (before, after) = (spot.looked.before(), spot.looked.after());
            let is_same = (is_start || anchor.at >= segment.start + before)
                && (is_end || anchor.at + after <= segment.end());
            spots.push(if is_same {
                Spot { anchor, ..*spot }
            } else {
                self.look(bytes, encoding, anchor, spot.lead)
            });
        }
    }

    /// Whether `probe` is what reading the whole blob gives, and what is made of it at a
    /// few paths is what the ordinary scan finds.
    pub(crate) fn is_right(&mut self, bytes: &[u8], probe: &Probe) -> bool {
        let (known, searched) = (self.leads.0.len(), self.searched);
        let memo = self.memo.take();
        let whole = self.whole(bytes);
        self.memo = memo;
        let same = |(a, b): (&Spot, &Spot)| {
            let lead = |spot: &Spot| spot.lead.map(|id| self.leads.get(id));
            a.anchor == b.anchor && lead(a) == lead(b)
        };
        let is_same = whole.spots.len() == probe.spots.len()
            && whole.spots.iter().zip(&probe.spots).all(same)
            && self.settles_right(bytes, probe);
        self.leads.0.truncate(known);
        self.searched = searched;
        is_same
    }

    fn settles_right(&mut self, bytes: &[u8], probe: &Probe) -> bool {
        if probe.is_packed {
            // The scan below knows nothing of files that are left out in part.
            return true;
        }
        let decoded;
        let text = match probe.encoding {
            Encoding::Text | Encoding::Binary => bytes,
            Encoding::Wide(wide) => {
                decoded = text::decode(bytes, wide).0;
                &decoded
            }
        };
        let paths = [
            None,
            Some("a.conf"),
            Some("a.py"),
            Some("test/a.sh"),
            Some(".npmrc").filter(|_| self.scope == Scope::All),
        ];
        paths.into_iter().all(|path| {
            let (mut settled, mut scanned) = (Matches::default(), Matches::default());
            let leads = probe
                .spots
                .iter()
                .filter_map(|spot| Some((spot.anchor.at, self.leads.get(spot.lead?))));
            self.rules
                .settle(&mut self.scratch, path, leads, &mut settled);
            let binary = probe.encoding == Encoding::Binary;
            let blob = sluicegate_core::Blob {
                bytes: text,
                path,
                binary,
            };
            self.rules.scan_with(&mut self.scratch, &blob, &mut scanned);
            settled == scanned
        })
    }
}

/// The stretches of a binary file that are not compressed.
fn readable(bytes: &[u8]) -> Vec<Range<usize>> {
    let mut start = 0;
    let mut readable: Vec<Range<usize>> = sluicegate_source::compressed(bytes)
        .into_iter()
        .map(|stretch| std::mem::replace(&mut start, stretch.end)..stretch.start)
        .collect();
    readable.push(start..bytes.len());
    readable
}

/// Whether not all of a file is readable.
fn is_packed(bytes: &[u8], encoding: Encoding) -> bool {
    encoding == Encoding::Binary && !sluicegate_source::compressed(bytes).is_empty()
}

/// Where a blob has what its base has not, in order: new bytes, and, as empty ranges, places
/// where the base went on otherwise or ended.
fn changed(len: usize, base_len: usize, segments: &[Segment], windows: &mut Vec<Range<usize>>) {
    windows.clear();
    let mut add = |range: Range<usize>| match windows.last_mut() {
        Some(last) if range.start <= last.end + SHORT => last.end = last.end.max(range.end),
        _ => windows.push(range),
    };
    for segment in segments {
        match segment.base {
            None => add(segment.start..segment.end()),
            // What comes before a literal says nothing about it.
            Some(_) if segment.start == 0 => {}
            Some(_) => add(segment.start..segment.start),
        }
    }
    if !ends_alike(segments, base_len) {
        add(len..len);
    }
}

/// Whether a blob of these parts ends as its base does.
fn ends_alike(segments: &[Segment], base_len: usize) -> bool {
    segments
        .last()
        .is_none_or(|last| last.base.is_some_and(|from| from + last.len == base_len))
}

/// The matches that a scan reports.
#[derive(Default, PartialEq)]
pub(crate) struct Matches {
    pub(crate) plain: Vec<Match>,
    /// Those in encoded text, with their values.
    pub(crate) decoded: Vec<(Match, Secret, Vec<Codec>)>,
}

impl Sink for Matches {
    fn found(&mut self, _: &sluicegate_core::Blob<'_>, found: &Match) {
        self.plain.push(*found);
    }

    fn decoded(&mut self, _: &sluicegate_core::Blob<'_>, decoded: &Decoded<'_>) {
        let value = Secret::new(decoded.value.to_vec());
        self.decoded
            .push((decoded.found, value, decoded.codecs.to_vec()));
    }
}
