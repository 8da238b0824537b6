//! What a pattern asks about a place, written as its number.

use regex_automata::util::look;
use regex_syntax::hir;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A question about the bytes around a place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Look(pub(super) look::Look);

impl Look {
    /// The same question as the engine knows it; `None` if it is about characters and not
    /// about bytes.
    pub(super) fn of(look: hir::Look) -> Option<Self> {
        let look = look::Look::from_repr(look.as_repr())?;
        let of_characters = matches!(
            look,
            look::Look::WordUnicode
                | look::Look::WordUnicodeNegate
                | look::Look::WordStartUnicode
                | look::Look::WordEndUnicode
                | look::Look::WordStartHalfUnicode
                | look::Look::WordEndHalfUnicode
        );
        (!of_characters).then_some(Self(look))
    }
}

impl Serialize for Look {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.as_repr().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Look {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = u32::deserialize(deserializer)?;
        let look = look::Look::from_repr(number);
        look.map(Self)
            .ok_or_else(|| D::Error::custom("no question"))
    }
}
