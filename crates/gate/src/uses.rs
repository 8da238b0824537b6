//! What the places of a finding say together: of several jobs the one that is judged hardest
//! counts.

use std::collections::BTreeSet;

use sluicegate_core::{Job, Tier};

use crate::finding::Finding;

/// Events that somebody outside can set off, and that run with the secrets of the
/// repository. The built-in policy names the same.
const STRANGERS: &[&str] = &[
    "pull_request_target",
    "workflow_run",
    "issue_comment",
    "issues",
    "discussion",
    "discussion_comment",
    "fork",
];

/// What is known of all places of a finding.
#[derive(Default)]
pub(crate) struct Uses<'o> {
    triggers: BTreeSet<&'o str>,
    environments: BTreeSet<String>,
    outside_environments: bool,
    unpinned: BTreeSet<String>,
    actions: BTreeSet<String>,
    tiers: BTreeSet<Tier>,
}

impl<'o> Uses<'o> {
    /// A place of a reference.
    pub(crate) fn add_job(&mut self, job: Option<&'o Job>) {
        let Some(job) = job else {
            self.actions.insert(String::new());
            self.outside_environments = true;
            return;
        };
        self.triggers
            .extend(job.triggers.iter().map(String::as_str));
        match &job.environment {
            Some(name) => {
                self.environments.insert(name.clone());
            }
            None => self.outside_environments = true,
        }
        self.actions.insert(job.action.clone().unwrap_or_default());
        let unpinned = job.unpinned_action.iter();
        self.unpinned.extend(unpinned.cloned());
        self.tiers.extend(job.tier);
    }

    /// A place of a value.
    pub(crate) fn add_path(&mut self, path: &str) {
        self.tiers.extend(Tier::named(path));
    }

    /// Writes down what there is to know.
    pub(crate) fn tell(self, finding: &mut Finding) {
        let stranger = STRANGERS
            .iter()
            .find(|event| self.triggers.contains(**event));
        let trigger = stranger.or(self.triggers.first()).copied();
        trigger.unwrap_or_default().clone_into(&mut finding.trigger);
        finding.triggers = self.triggers.into_iter().map(ToOwned::to_owned).collect();
        finding.environments = self.environments.into_iter().collect();
        finding.outside_environments = self.outside_environments;
        finding.unpinned_actions = self.unpinned.into_iter().collect();
        finding.actions = self.actions.into_iter().collect();
        finding.across_environments = self.tiers.len() > 1;
        let labels = [
            (!finding.unpinned_actions.is_empty(), "NHI3:2025"),
            (finding.across_environments, "NHI8:2025"),
        ];
        for (_, taxon) in labels.into_iter().filter(|(holds, _)| *holds) {
            if !finding.taxa.iter().any(|own| own == taxon) {
                finding.taxa.push(taxon.to_owned());
            }
        }
    }
}

/// Whether the action or workflow belongs to whoever the repository belongs to: they review
/// it as they review this.
pub(crate) fn is_own(action: &str, repo: &str) -> bool {
    let path = repo.split_once("://").map_or("", |(_, rest)| rest);
    let owner = path.split('/').nth(1).unwrap_or_default();
    !owner.is_empty()
        && action
            .split('/')
            .next()
            .is_some_and(|own| own.eq_ignore_ascii_case(owner))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::condition::Condition;
    use crate::context::Context;
    use crate::policy::Policy;
    use crate::time::Time;
    use crate::words::{FindingKind, Stage};

    #[test]
    fn the_policy_knows_the_events_of_strangers() {
        let policy = Policy::builtin();
        let shift = policy.shifts.iter().find(|s| &*s.code == "MOD-FORK");
        let when: &Condition = &shift.expect("it is there").when;
        let context = Context::new(Stage::Merge, Time::from_seconds(0));
        for (event, want) in STRANGERS.iter().map(|event| (*event, true)).chain([
            ("push", false),
            ("pull_request", false),
            ("", false),
        ]) {
            let mut finding = Finding::new("0f", "r", FindingKind::CredentialReference);
            finding.trigger = event.to_owned();
            assert_eq!(when.holds(&finding, &context), want, "{event}");
        }
    }

    #[test]
    fn own_actions_are_those_of_the_owner_of_the_repository() {
        let repo = "git+https://github.com/acme/app";
        for (action, repo, want) in [
            ("acme/deploy@main", repo, true),
            ("Acme/flows/.github/workflows/x.yml@v1", repo, true),
            ("acme-evil/deploy@main", repo, false),
            ("github.com/deploy@main", repo, false),
            ("/x@main", "git+ssh://example.com/", false),
            ("acme/deploy@main", "", false),
        ] {
            assert_eq!(is_own(action, repo), want, "{action} in {repo}");
        }
    }
}
