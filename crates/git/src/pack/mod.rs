//! Packs, read in the order of their delta trees.
//!
//! Decoding object by object inflates every base again and again; here each entry is
//! inflated once, and whoever visits it learns what it has in common with its base.

pub mod delta;
pub(crate) mod inflate;
pub(crate) mod plan;
pub(crate) mod read;
pub(crate) mod walk;
