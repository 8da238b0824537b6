//! How far a detector looked around a place.
//!
//! What a rule can look at in the worst case is a few thousand bytes; what it did look at
//! before it made up its mind is mostly the rest of the line. In a history a place is judged
//! again only if one of the bytes that decided about it has changed, so it pays to know
//! which those were. Every number here may be too large and none too small: the tests of
//! `scan/src/history/equality.rs` compare with what reading everything gives.

/// How many bytes before the first byte of an anchor were looked at, and how many from it
/// on. They may reach beyond the ends of the text: then it mattered that it ends there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Looked {
    before: u16,
    after: u16,
}

impl Looked {
    /// So many bytes before an anchor, and so many from its first byte on.
    pub(crate) fn new(before: usize, after: usize) -> Self {
        // All bounds of rules and runs are below, with margins; see `lower::MAX_LENGTH` and
        // `encoded::MAX_RUN`.
        debug_assert!(before < usize::from(u16::MAX) && after < usize::from(u16::MAX));
        Self {
            before: u16::try_from(before).unwrap_or(u16::MAX),
            after: u16::try_from(after).unwrap_or(u16::MAX),
        }
    }

    /// How many bytes before the anchor.
    pub fn before(self) -> usize {
        usize::from(self.before)
    }

    /// How many bytes from the first byte of the anchor on.
    pub fn after(self) -> usize {
        usize::from(self.after)
    }
}
