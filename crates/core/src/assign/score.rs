//! Adds up what speaks for a credential and what against it.
//!
//! What is seen at a place is a set of features; each moves the odds by its weight, and
//! the sum is a probability. The weights were fitted to labelled files, see
//! `docs/generic.md`, which also says how they do on files that they were not fitted to.

use std::fmt;

use super::role::Role;
use crate::vocabulary::Confidence;

macro_rules! features {
    ($($name:ident = $weight:literal, $text:literal;)+) => {
        /// Something that is seen at a place.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub(crate) enum Feature { $($name,)+ }

        impl Feature {
            const ALL: &'static [Self] = &[$(Self::$name,)+];
            /// By how much it moves the natural logarithm of the odds, in hundredths.
            const WEIGHTS: &'static [i16] = &[$($weight,)+];
            const TEXTS: &'static [&'static str] = &[$($text,)+];
        }
    };
}

features! {
    Always = -40, "any literal that is set to a name";
    NamePassword = 85, "the name is that of a password";
    NameToken = 50, "the name is that of a token";
    NameKey = -20, "the name is that of some key";
    NameKeyAlone = -120, "the name is only `key` or `auth`";
    NameEnds = 95, "the name ends with the word for a secret";
    NameMadeUp = -30, "the name speaks of a test or an example";
    NameConstant = -100, "the name is in capitals";
    SetsQuotedInCode = -5, "a literal in code";
    SetsQuotedInConfig = -70, "a quoted value in a configuration";
    SetsBareInConfig = 150, "a bare value in a configuration";
    SetsInShell = 120, "a value in a script";
    SetsQuotedInProse = 70, "a quoted value in a text for people";
    SetsBareInProse = 50, "a bare value in a text for people";
    SetsQuotedElsewhere = 50, "a quoted value in a file of no known kind";
    SetsBareElsewhere = 85, "a bare value in a file of no known kind";
    Argument = -300, "the value is an argument";
    Compare = 55, "the value is compared with";
    Element = -210, "the value stands in an element";
    Wrapped = 55, "the value is passed to a constructor";
    Told = 100, "the text says that this is it";
    RandomVery = 105, "the value reads as random, over and over";
    RandomMuch = 135, "the value reads as random";
    RandomSome = -45, "the value reads as random rather than as words";
    WordsSome = -100, "the value reads as words rather than as random";
    WordsMuch = -270, "the value reads as words";
    WordsBroken = 200, "signs stand among the letters of words";
    StockAll = -340, "the value is made of the words of placeholders";
    StockMost = -110, "most of the value is made of the words of placeholders";
    StockSome = -60, "the value holds words of placeholders";
    Uuid = 200, "the value is a UUID";
    Hex = 85, "the value is hexadecimal";
    Digest = -40, "the value has the length of a digest";
    DigitsOnly = -20, "the value is a number";
    LettersOnly = 105, "the value has letters only";
    LettersAndDigits = 65, "the value mixes letters and digits";
    Symbols = -60, "the value has signs as passwords have them";
    Slug = -140, "the value is made of words joined by signs";
    Blanks = -215, "the value has blanks";
    Dotted = -25, "the value is a dotted name";
    CasedName = -40, "the value is a name in code";
    LikeName = -115, "the value repeats the name";
    NotAscii = -130, "the value has letters beyond ASCII";
    LowEntropy = -65, "few different characters";
    Under6 = -85, "shorter than 6 characters";
    Under8 = -5, "6 or 7 characters long";
    Under12 = 45, "8 to 11 characters long";
    Under20 = -25, "12 to 19 characters long";
    Under41 = 25, "20 to 40 characters long";
    Over40 = 45, "more than 40 characters long";
    Companion = 150, "a user, a host or an address stands near";
    TextsNear = -30, "texts for people stand near";
    InTest = 0, "in a test";
    InExample = -20, "in documentation or an example";
    InVendored = -50, "in somebody else's code";
    InComment = -30, "in a comment";
    TokenOfWords = -105, "a token that reads as words";
    WordsOutside = -80, "a word, and not in production code";
    TokenOutside = 40, "a token, and not in production code";
}

/// A set of features.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Evidence(u64);

impl Evidence {
    pub(super) fn add(&mut self, feature: Feature) {
        self.0 |= 1 << feature as u8;
    }

    pub(super) fn add_if(&mut self, feature: Feature, holds: bool) {
        self.0 |= u64::from(holds) << feature as u8;
    }

    pub(super) fn has(self, feature: Feature) -> bool {
        self.0 >> feature as u8 & 1 == 1
    }

    pub(super) fn reads_as_words(self) -> bool {
        self.has(Feature::WordsSome) || self.has(Feature::WordsMuch)
    }

    /// The same in a file of this role.
    pub(super) fn in_role(mut self, role: Role, is_comment: bool) -> Self {
        let outside = match role {
            Role::Production if is_comment => Some(Feature::InComment),
            Role::Production => None,
            Role::Test => Some(Feature::InTest),
            Role::Example => Some(Feature::InExample),
            Role::Vendored | Role::Generated | Role::Translation => Some(Feature::InVendored),
        };
        if let Some(feature) = outside {
            self.add(feature);
            self.add_if(Feature::WordsOutside, self.reads_as_words());
            let token = !self.has(Feature::NamePassword);
            self.add_if(Feature::TokenOutside, token);
        }
        self
    }

    /// Whether the place is not in production code.
    fn is_outside(self) -> bool {
        [
            Feature::InTest,
            Feature::InExample,
            Feature::InVendored,
            Feature::InComment,
        ]
        .iter()
        .any(|feature| self.has(*feature))
    }

    fn features(self) -> impl Iterator<Item = (Feature, i16)> {
        let all = Feature::ALL.iter().zip(Feature::WEIGHTS);
        all.map(|(feature, weight)| (*feature, *weight))
            .filter(move |(feature, _)| self.has(*feature))
    }

    /// The natural logarithm of the odds, in hundredths.
    fn points(self) -> i32 {
        let (mut bits, mut sum) = (self.0, 0);
        while bits != 0 {
            sum += i32::from(Feature::WEIGHTS[bits.trailing_zeros() as usize]);
            bits &= bits - 1;
        }
        sum
    }

    /// Whether nothing that is still to be seen could make it a hint: what stands near,
    /// and the role of the file.
    pub(super) fn is_hopeless(self) -> bool {
        const TO_COME: &[Feature] = &[
            Feature::Companion,
            Feature::TextsNear,
            Feature::InTest,
            Feature::InExample,
            Feature::InVendored,
            Feature::InComment,
            Feature::WordsOutside,
            Feature::TokenOutside,
        ];
        let gain: i32 = TO_COME
            .iter()
            .map(|feature| i32::from(Feature::WEIGHTS[*feature as usize]).max(0))
            .sum();
        self.points() + gain < HINT
    }

    /// How likely it is a credential.
    pub(super) fn probability(self) -> f32 {
        1.0 / (1.0 + (-self.points() as f32 / 100.0).exp())
    }

    /// The confidence that the probability amounts to, if any.
    pub(super) fn confidence(self) -> Option<Confidence> {
        match self.points() {
            points if points >= DEFINITE && !self.is_outside() => Some(Confidence::Definite),
            points if points >= PROBABLE => Some(Confidence::Probable),
            points if points >= HINT => Some(Confidence::Hint),
            _ => None,
        }
    }
}

/// Odds of 99 to 1, in points.
const DEFINITE: i32 = 460;
/// Odds of 2 to 1.
const PROBABLE: i32 = 70;
/// Odds of 1 to 6.
const HINT: i32 = -180;

/// How likely a value is a credential, and what moved that.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weighing(Evidence);

impl Weighing {
    pub(super) fn of(evidence: Evidence) -> Self {
        Self(evidence)
    }

    /// The probability, 0 to 1.
    pub fn probability(&self) -> f32 {
        self.0.probability()
    }

    /// What was seen, and by how much each moved the natural logarithm of the odds;
    /// what moved it most comes first.
    pub fn features(&self) -> Vec<(&'static str, f32)> {
        let mut all: Vec<(Feature, i16)> = self.0.features().collect();
        all.sort_by_key(|(_, weight)| -i32::from(weight.unsigned_abs()));
        all.into_iter()
            .map(|(feature, weight)| {
                let text = Feature::TEXTS[feature as usize];
                (text, f32::from(weight) / 100.0)
            })
            .collect()
    }
}

/// The probability and the three features that moved it most.
impl fmt::Display for Weighing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "probability {:.2}", self.probability())?;
        for (text, weight) in self.features() {
            if weight != 0.0 {
                write!(f, "; {text} ({weight:+.2})")?;
            }
        }
        Ok(())
    }
}
