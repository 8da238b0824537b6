//! Numbers and names as bytes.

use std::sync::Arc;

use sluicegate_core::{SkipReason, Skipped};
use sluicegate_git::ObjectId;

/// Appends a number: seven bits in a byte, the least significant first.
pub(super) fn put(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

pub(super) fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

pub(super) fn put_id(out: &mut Vec<u8>, id: &ObjectId) {
    put_bytes(out, id.as_bytes());
}

pub(super) fn put_skipped(out: &mut Vec<u8>, skipped: &[Skipped]) {
    put(out, skipped.len() as u64);
    for skip in skipped {
        put_bytes(out, skip.path.as_bytes());
        put_bytes(out, skip.reason.as_str().as_bytes());
        put_bytes(out, skip.detail.as_bytes());
    }
}

/// Takes apart what was put together; `None` where it makes no sense.
pub(super) struct Bytes<'b>(pub(super) &'b [u8]);

impl<'b> Bytes<'b> {
    pub(super) fn number(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let (&byte, rest) = self.0.split_first()?;
            self.0 = rest;
            value |= u64::from(byte & 0x7F).checked_shl(shift)?;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    pub(super) fn small<T: TryFrom<u64>>(&mut self) -> Option<T> {
        T::try_from(self.number()?).ok()
    }

    /// How many items follow; each takes a byte at least.
    pub(super) fn count(&mut self) -> Option<usize> {
        self.small().filter(|count| *count <= self.0.len())
    }

    pub(super) fn bytes(&mut self) -> Option<&'b [u8]> {
        let length = self.count()?;
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(bytes)
    }

    pub(super) fn text(&mut self) -> Option<&'b str> {
        std::str::from_utf8(self.bytes()?).ok()
    }

    pub(super) fn id(&mut self) -> Option<ObjectId> {
        ObjectId::try_from(self.bytes()?).ok()
    }

    pub(super) fn skipped(&mut self) -> Option<Vec<Skipped>> {
        let count = self.count()?;
        let one = |bytes: &mut Self| {
            let path = Arc::from(bytes.text()?);
            let word = bytes.text()?;
            let reason = *SkipReason::ALL.iter().find(|r| r.as_str() == word)?;
            let detail = bytes.text()?.to_owned();
            Some(Skipped {
                parts: 1,
                path,
                reason,
                detail,
            })
        };
        (0..count).map(|_| one(self)).collect()
    }
}
