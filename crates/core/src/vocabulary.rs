//! The words findings are described with. One word per idea, in every crate.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$vdoc])* #[serde(rename = $word)] $variant,)+
        }

        impl $name {
            /// All of them, lowest first.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The word as it is written in rule files, reports and flags.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = UnknownWord;

            fn from_str(text: &str) -> Result<Self, UnknownWord> {
                Self::ALL.iter().copied().find(|w| w.as_str() == text).ok_or_else(|| UnknownWord {
                    given: text.to_owned(),
                    known: Self::ALL.iter().map(|w| w.as_str()).collect(),
                })
            }
        }
    };
}

words! {
    /// How sure we are that a match is a credential.
    Confidence {
        /// Worth a look.
        Hint = "hint",
        /// Right far more often than wrong.
        Probable = "probable",
        /// The shape alone proves it.
        Definite = "definite",
    }
}

words! {
    /// How bad it is if the match is a credential.
    Severity {
        /// Test keys, read-only trivia.
        Low = "low",
        /// Limited scope.
        Medium = "medium",
        /// Write access or sensitive reads.
        High = "high",
        /// Control of an account, of money or of production data.
        Critical = "critical",
    }
}

words! {
    /// What is found: the value itself, or a dependence on a stored one.
    Kind {
        /// The value is there.
        Secret = "secret",
        /// The file makes something depend on a stored long-lived credential.
        Reference = "reference",
    }
}

words! {
    /// How long the credential lives.
    Lifetime {
        /// Minted per job from a workload identity, at most an hour.
        L0 = "L0",
        /// Issued on demand, at most a day, no stored secret needed.
        L1 = "L1",
        /// Static, expires within 90 days.
        L2 = "L2",
        /// Static, expires later than that.
        L3 = "L3",
        /// Static, no expiry or none that the file tells.
        L4 = "L4",
        /// A root of trust: can mint others.
        L5 = "L5",
        /// Hidden by an indirection.
        LU = "LU",
    }
}

words! {
    /// What a credential can say about itself.
    Trait {
        /// The account or organisation it belongs to, as the provider numbers it.
        Account = "account",
        /// The algorithm of a key.
        Algorithm = "algorithm",
        /// Whom a token is for.
        Audience = "audience",
        /// The length of a key, in bits.
        Bits = "bits",
        /// The application it was issued to.
        Client = "client",
        /// What its maker wrote on it.
        Comment = "comment",
        /// `live` or `test`, or what the provider calls it.
        Environment = "environment",
        /// Where it is good.
        Host = "host",
        /// Who issued it.
        Issuer = "issuer",
        /// Which of the provider's kinds of credentials it is.
        Kind = "kind",
        /// What it allows, as the provider abbreviates it.
        Permissions = "permissions",
        /// The project it belongs to.
        Project = "project",
        /// Whether a key is under a passphrase: `none` or `passphrase`.
        Protection = "protection",
        /// Where the provider keeps the account.
        Region = "region",
        /// What it is for: a container, a queue, a database.
        Resource = "resource",
        /// What it allows, in words.
        Scope = "scope",
        /// Whom a token speaks for.
        Subject = "subject",
        /// The tenant or directory.
        Tenant = "tenant",
        /// Who logs in with it.
        User = "user",
        /// The version of the format.
        Version = "version",
    }
}

/// The text names none of the known words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownWord {
    given: String,
    known: Vec<&'static str>,
}

impl fmt::Display for UnknownWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is none of {}", self.given, self.known.join(", "))
    }
}

impl std::error::Error for UnknownWord {}
