//! How far around a trigger was looked to decode a run, or to see that there is none.

use super::{BACK, Layer, MAX_RUN, Trigger, digits, literal};
use crate::looked::Looked;

/// What a decoder may look at behind the end of a run: a line end with its indentation,
/// the longest escape or entity.
const BEHIND: usize = 64;

/// An escape or an entity and what must follow it.
const SIGN: usize = 16;

impl Trigger {
    /// What decoding looks at in the worst case.
    fn worst(self) -> Looked {
        match self {
            Self::Base64 | Self::Packed | Self::Hex | Self::Wide => {
                Looked::new(digits::BACK, MAX_RUN + BEHIND)
            }
            Self::Escape | Self::Entity | Self::Percent | Self::Joint | Self::Lines => {
                Looked::new(BACK + BEHIND, MAX_RUN + BEHIND)
            }
            Self::Kubernetes => Looked::new(super::DOCUMENT + 64, super::DOCUMENT + 64),
        }
    }

    /// What was looked at to make `layer`, or nothing, of the trigger at `at`.
    pub(crate) fn looked(self, hay: &[u8], at: usize, layer: Option<&Layer>) -> Looked {
        match (self, layer) {
            (Self::Base64 | Self::Packed | Self::Hex | Self::Wide, Some(layer)) => {
                Looked::new(digits::BACK, end(layer) - at + BEHIND)
            }
            (Self::Escape | Self::Entity | Self::Percent, Some(layer)) => {
                Looked::new(at - layer.start + SIGN, end(layer) - at + SIGN)
            }
            (Self::Joint, Some(layer)) => Looked::new(
                at - layer.start.min(at) + literal::JOINT,
                end(layer) - at + literal::JOINT,
            ),
            // Nothing is decoded where an earlier sign of the stretch is the first, or the
            // sign itself is none.
            (Self::Escape | Self::Entity, None) => Looked::new(super::escape::NEAR + SIGN, SIGN),
            (Self::Percent, None) => Looked::new(BACK + SIGN, SIGN),
            (Self::Joint | Self::Lines, None) => match literal::is_no_start(self, hay, at) {
                Some(looked) => looked,
                None => self.worst(),
            },
            _ => self.worst(),
        }
    }
}

/// Where the run ends that a layer was made of.
fn end(layer: &Layer) -> usize {
    layer.start + layer.maps.last().map_or(0, crate::map::SpanMap::taken)
}
