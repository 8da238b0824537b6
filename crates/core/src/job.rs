//! What is known of the job that uses a credential.

use serde::{Deserialize, Serialize};

/// The job of a pipeline that uses a reference at one place, as its file describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default)]
pub struct Job {
    /// The events that start it, sorted, in the words of the CI system, such as `push`;
    /// empty if the file does not tell.
    pub triggers: Vec<String>,
    /// The environment that it runs in, as it is written; may hold an expression.
    pub environment: Option<String>,
    /// Whether it serves users, if its names tell, and if nothing in it could choose another
    /// value under the same name, as an environment may.
    pub tier: Option<Tier>,
    /// The action or the called workflow that is handed the credential, as it is written.
    pub action: Option<String>,
    /// An action that is handed the credential, belongs to neither the platform nor the
    /// credential's provider, and can change under its name.
    pub unpinned_action: Option<String>,
}

/// How near to users something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// For trying out: development, staging, tests by people.
    Dev,
    /// For users.
    Prod,
}

impl Tier {
    /// What a name or a path says; `None` if it says nothing, or both.
    ///
    /// ```
    /// use sluicegate_core::Tier;
    ///
    /// assert_eq!(Tier::named(".env.production"), Some(Tier::Prod));
    /// assert_eq!(Tier::named("deployToStaging"), Some(Tier::Dev));
    /// assert_eq!(Tier::named("pre-prod"), Some(Tier::Dev));
    /// assert_eq!(Tier::named("product/device.py"), None);
    /// ```
    pub fn named(text: &str) -> Option<Self> {
        const DEV: [&str; 10] = [
            "dev",
            "devel",
            "develop",
            "development",
            "staging",
            "stg",
            "qa",
            "uat",
            "sandbox",
            "preprod",
        ];
        const PROD: [&str; 3] = ["prod", "production", "prd"];
        let (mut dev, mut prod) = (false, false);
        let mut before = String::new();
        for word in words(text) {
            dev |= DEV.contains(&word.as_str());
            if PROD.contains(&word.as_str()) {
                let is_not = ["pre", "non", "not"].contains(&before.as_str());
                dev |= is_not;
                prod |= !is_not;
            }
            before = word;
        }
        match (dev, prod) {
            (true, false) => Some(Self::Dev),
            (false, true) => Some(Self::Prod),
            _ => None,
        }
    }

    /// The stable word, as reports have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dev => "dev",
            Self::Prod => "prod",
        }
    }
}

/// The words of a name in lower case, cut at signs and where small letters become capital.
fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_small = false;
    for c in text.chars() {
        let cuts = !c.is_alphanumeric() || (was_small && c.is_uppercase());
        if cuts {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| c.is_alphanumeric()) {
            word.extend(c.to_lowercase());
        }
        was_small = c.is_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_what_is_for_users() {
        for (text, want) in [
            ("deploy-dev", Some(Tier::Dev)),
            ("DEPLOY_PROD", Some(Tier::Prod)),
            ("config/environments/production.rb", Some(Tier::Prod)),
            ("NonProd", Some(Tier::Dev)),
            ("non_production", Some(Tier::Dev)),
            ("dev-and-prod", None),
            ("tests/dev/production.env", None),
            ("reproduce", None),
            ("build", None),
            ("", None),
        ] {
            assert_eq!(Tier::named(text), want, "{text}");
        }
    }
}
