//! What stood at places that looked alike.
//!
//! The lines of a history repeat: in files that are copies of others, in deltas that move
//! what was there, in translations of one catalogue. What stands at an anchor depends on the
//! bytes that were looked at around it and on nothing else, so where the same bytes stand
//! around the same anchor the same stands there. The bytes themselves are compared, not a
//! hash of them.

use sluicegate_core::{Anchor, Looked};

use super::probe::LeadId;

/// What is known of a place.
#[derive(Default)]
struct Slot {
    tag: u32,
    /// The anchor as if it were the first byte; `None` if nothing is known.
    anchor: Option<Anchor>,
    binary: bool,
    lead: Option<LeadId>,
    looked: Looked,
    /// The bytes that were looked at.
    bytes: Vec<u8>,
}

/// Remembers what stood at places, as far as there is room.
pub(crate) struct Memo {
    slots: Vec<Slot>,
    /// Which slot of a bucket is taken next.
    turn: usize,
}

/// Places that are asked for alike share so many slots.
const WAYS: usize = 4;

const BUCKETS: usize = 1 << 12;

/// The bytes around an anchor that choose the bucket.
const BEFORE: usize = 16;
const AFTER: usize = 48;

/// What depends on more bytes than these is not kept.
const MOST: usize = 640;

impl Memo {
    pub(crate) fn new() -> Self {
        Self {
            slots: (0..BUCKETS * WAYS).map(|_| Slot::default()).collect(),
            turn: 0,
        }
    }

    /// The place in the memo of what stands at `anchor`, if it can be kept.
    pub(crate) fn place(bytes: &[u8], anchor: Anchor) -> Option<u64> {
        let from = anchor.at.checked_sub(BEFORE)?;
        let near = bytes.get(from..anchor.at + AFTER)?;
        let (words, _) = near.as_chunks::<8>();
        let mut hash = 0u64;
        for word in words {
            hash = (hash.rotate_left(23) ^ u64::from_le_bytes(*word))
                .wrapping_mul(0x9E37_79B9_7F4A_7C15);
        }
        Some(hash ^ hash >> 32)
    }

    /// What stands there, if it is known.
    pub(crate) fn get(
        &self,
        place: u64,
        bytes: &[u8],
        binary: bool,
        anchor: Anchor,
    ) -> Option<(Option<LeadId>, Looked)> {
        let alike = Some(anchor.moved(0));
        let slots = &self.slots[bucket(place)..][..WAYS];
        let known = slots.iter().find(|slot| {
            slot.tag == tag(place)
                && slot.anchor == alike
                && slot.binary == binary
                && around(bytes, anchor, slot.looked) == Some(&slot.bytes)
        })?;
        Some((known.lead, known.looked))
    }

    /// Remembers what stands there.
    pub(crate) fn keep(
        &mut self,
        place: u64,
        bytes: &[u8],
        binary: bool,
        anchor: Anchor,
        (lead, looked): (Option<LeadId>, Looked),
    ) {
        let Some(around) = around(bytes, anchor, looked).filter(|own| own.len() <= MOST) else {
            return;
        };
        self.turn = (self.turn + 1) % WAYS;
        let slot = &mut self.slots[bucket(place) + self.turn];
        slot.tag = tag(place);
        slot.anchor = Some(anchor.moved(0));
        (slot.binary, slot.lead, slot.looked) = (binary, lead, looked);
        slot.bytes.clear();
        slot.bytes.extend_from_slice(around);
    }
}

fn bucket(place: u64) -> usize {
    place as usize % BUCKETS * WAYS
}

fn tag(place: u64) -> u32 {
    (place >> 32) as u32
}

/// The bytes that were looked at, if the text has all of them: that it ends matters otherwise.
fn around(bytes: &[u8], anchor: Anchor, looked: Looked) -> Option<&[u8]> {
    let from = anchor.at.checked_sub(looked.before())?;
    bytes.get(from..anchor.at + looked.after())
}
