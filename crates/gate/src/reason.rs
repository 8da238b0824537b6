//! Why: stable codes. Those of the policy stand in the policy; these are of the gate
//! itself.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// One reason for a verdict.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Reason {
    /// The stable code.
    pub code: Arc<str>,
    /// Why, in words.
    pub says: Arc<str>,
    /// What belongs to it, such as a date; may be empty.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub facts: BTreeMap<String, String>,
}

impl Reason {
    pub(crate) fn new(code: &Arc<str>, says: &Arc<str>) -> Self {
        Self {
            code: Arc::clone(code),
            says: Arc::clone(says),
            facts: BTreeMap::new(),
        }
    }

    /// One of [`CODES`].
    pub(crate) fn known(code: &'static str) -> Self {
        let says = CODES
            .iter()
            .find(|known| known.code == code)
            .map_or("", |known| known.says);
        Self::new(&code.into(), &says.into())
    }

    pub(crate) fn fact(mut self, name: &str, value: impl ToString) -> Self {
        self.facts.insert(name.to_owned(), value.to_string());
        self
    }
}

/// A code of the gate itself, and what it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    /// The stable code.
    pub code: &'static str,
    /// Why, in a few words: what decisions say.
    pub says: &'static str,
    /// When it is given.
    pub meaning: &'static str,
    /// What to do about it.
    pub next: &'static str,
}

const fn code(
    code: &'static str,
    says: &'static str,
    meaning: &'static str,
    next: &'static str,
) -> Code {
    Code {
        code,
        says,
        meaning,
        next,
    }
}

/// The codes of the gate itself; those of the policy stand in the policy.
pub const CODES: &[Code] = &[
    code(
        "UNKNOWN",
        "no row of the policy fits, so it is judged hard",
        "The finding is of a kind that the built-in policy has no row for. Its verdict is R/R/B, as nothing that nobody thought of is let through.",
        "report it: the policy should have a row",
    ),
    code(
        "REF-PATTERN",
        "the rule says how its pattern is judged",
        "The catalogue of references gives this pattern verdicts of its own, which take the place of the table while the reference is new.",
        "docs/references.md says what to use instead",
    ),
    code(
        "MARKED",
        "a marker in the file says that it does not count",
        "A comment beside the value, such as `sluice:allow`, lets it pass. A marker that a change brings with its own finding is TAMPER-MARKER; floors that no waiver may lower ignore markers.",
        "nothing",
    ),
    code(
        "ABSENT",
        "it is not there any more",
        "The finding was there in the base and is gone.",
        "nothing; a value that was ever pushed is still to be revoked",
    ),
    code(
        "OVERDUE",
        "its remedy is overdue",
        "A remedy was asked for by an earlier decision in the log, and its date is past: the verdict goes up by one step. Dates start when something is first asked for, not with each run.",
        "do what is owed, or ask whoever it escalates to",
    ),
    code(
        "BUDGET",
        "more is owed than may be before something goes to users",
        "At release and deploy no more findings may wait for a remedy, and for no more days, than the policy says (10 and 30 unless it says less).",
        "remedy what is open; `sluice log show` says since when",
    ),
    code(
        "WAIVED",
        "a waiver lets it pass until its end",
        "A waiver for this finding and this stage holds: it is signed by somebody who may approve and had no part in the change.",
        "nothing until its end",
    ),
    code(
        "WAIVER-EXPIRED",
        "there was a waiver, and it has ended",
        "The finding is judged as if there had never been a waiver.",
        "remedy it, or ask for a new waiver: `sluice waive`",
    ),
    code(
        "WAIVER-SOON",
        "its waiver ends soon",
        "The waiver holds and ends within the days that the policy says (14).",
        "remedy it before that, or ask for a new waiver",
    ),
    code(
        "WAIVER-EARLY",
        "there is a waiver, and it does not hold yet",
        "The waiver was written later than the time that is decided for.",
        "check the clock of the machine, or `--clock`",
    ),
    code(
        "WAIVER-LONG",
        "there is a waiver for longer than the policy lets one hold",
        "From its creation to its end a waiver may take 180 days at commit, 90 at merge, 30 at release and deploy, or fewer if the policy says so.",
        "write one that ends earlier",
    ),
    code(
        "WAIVER-UNSIGNED",
        "there is a waiver, and nobody has signed it",
        "A waiver is worth nothing until somebody else has signed it.",
        "have it signed: `sluice waive ID --sign KEY`",
    ),
    code(
        "WAIVER-SIGNATURE",
        "there is a waiver with a signature that is not good",
        "The signature is not over these bytes, or was made for another purpose than approvals, or by a device that nobody touched. One bad signature spoils all: somebody may have edited the waiver.",
        "have it signed again",
    ),
    code(
        "WAIVER-UNKNOWN-SIGNER",
        "there is a waiver signed by somebody who may not approve",
        "The key is not in the allowed signers of the base under that name, or not now, or the name is that of a program.",
        "have it signed by somebody in `.sluice/allowed_signers` of the base",
    ),
    code(
        "WAIVER-REVOKED",
        "there is a waiver signed with a key that was revoked",
        "The key stands in `.sluice/revoked_keys` of the base. Whatever it has signed is worth nothing, whenever that was.",
        "have it signed with another key",
    ),
    code(
        "WAIVER-CONDITION",
        "there is a waiver, and what it rests on has changed",
        "The waiver is for the content that a file had, or for the commit that an action was pinned to (`blob_oid`, `action_sha`), and it is another one now, or cannot be told from what is judged.",
        "look at what has changed, and ask for a new waiver",
    ),
    code(
        "WAIVER-SELF",
        "there is a waiver approved by somebody who had a part in the change",
        "Authors, committers, co-authors, signers-off, the pusher, the opener, whoever asked for the waiver and the person an agent works for cannot approve, under any address that a key or `.mailmap` ties to them.",
        "have it signed by somebody else",
    ),
    code(
        "WAIVER-APPROVERS",
        "there is a waiver that needs more approvers",
        "Two people have to sign where a risk for users is accepted, and where the authors of the change are unknown: no commit names them, or neither the allowed signers nor `.mailmap` know their addresses.",
        "have a second person sign it",
    ),
    code(
        "WAIVER-ROLE",
        "there is a waiver that needs an approver with the role security",
        "`.sluice/roles` of the base names people for security, and accepting a risk for users needs one of them.",
        "have one of them sign it",
    ),
    code(
        "WAIVER-DEVICE",
        "there is a signature by a key that is in no device",
        "The policy (`[approvals] device`) lets only keys approve here that are in a device which somebody has to touch: `sk-ssh-ed25519` and `sk-ecdsa-sha2-nistp256`. A key in a file can be copied by whatever runs as its owner.",
        "make a key with `ssh-keygen -t ed25519-sk`, have it added to `.sluice/allowed_signers`, and sign with it",
    ),
    code(
        "WAIVER-RENEWALS",
        "there is a waiver renewed too often by the same approver",
        "A waiver may be renewed twice.",
        "remedy the finding, or let somebody else approve a new waiver",
    ),
    code(
        "WAIVER-DENIED",
        "there is a waiver, and for this no waiver counts",
        "What works right now, private keys outside tests, and edits to what the gate is judged by cannot be waived.",
        "revoke the credential; have an edit approved with `sluice approve`",
    ),
    code(
        "WAIVER-UNUSED",
        "a waiver lets nothing pass and can be taken away",
        "All of the repository was judged, and nothing is found that the waiver is for.",
        "delete its file",
    ),
    code(
        "WAIVER-MALFORMED",
        "a waiver cannot be read",
        "The file is no JSON, lacks something, has a key twice or one that nobody knows.",
        "`sluice waiver verify` says what is wrong",
    ),
    code(
        "APPROVAL-OTHER",
        "there is an approval of another commit, stage, policy or time",
        "An approval holds for one commit, one base, one stage, one policy and one repository, and for 14 days at most; an emergency for 4 hours. A commit more, and it is worth nothing.",
        "have the last commit approved again: `sluice approve`",
    ),
    code(
        "APPROVAL-APPROVERS",
        "an emergency needs two people who agree",
        "Breaking the glass takes two approvers who had no part in the change.",
        "have a second person sign it: `sluice approve --break-glass`",
    ),
    code(
        "APPROVED",
        "somebody who may has approved it",
        "The edit to what the gate is judged by was approved by a signature over this very commit.",
        "nothing",
    ),
    code(
        "BREAK-GLASS",
        "two people have let it go on in an emergency",
        "It would block. For a few hours it may go on, everything is owed within a day, and the log has a record of its own. What works right now stays blocked all the same.",
        "do what is owed within the day",
    ),
    code(
        "PREVIOUS-MISSING",
        "nothing shows that it has passed the stage before",
        "The policy asks for a summary of the stage before (`[previous]`), signed by somebody in `.sluice/verifiers` of the base, that says of this very commit that it has passed.",
        "give it: --evidence FILE, as `sluice attest` writes it",
    ),
    code(
        "PREVIOUS-FAILED",
        "it has not passed the stage before",
        "A summary by somebody in `.sluice/verifiers` of the base says of this very commit that it did not pass an earlier stage, and none says that it did.",
        "have it pass there first",
    ),
    code(
        "PREVIOUS-OTHER",
        "there is a summary of a stage that does not count",
        "Its signature is not by somebody in `.sluice/verifiers` of the base, or it is of another commit, repository or stage.",
        "give the summary of this commit: `sluice attest`",
    ),
    code(
        "REGO",
        "a policy in another language asks for it",
        "A result of conftest was given as evidence. Its failures block, its warnings ask for a remedy; it can make a decision harder and never milder.",
        "ask the owners of that policy",
    ),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn codes_are_told_apart_and_explained() {
        let mut seen = BTreeSet::new();
        let policy = crate::Policy::builtin();
        let own = CODES.iter().map(|known| (known.code, known.says));
        for (code, says) in own.chain(policy.codes()) {
            assert!(seen.insert(code), "{code} twice");
            assert!(says.len() > 8, "{code}");
        }
        assert!(
            CODES
                .iter()
                .all(|known| known.meaning.len() > 20 && !known.next.is_empty())
        );
    }
}
