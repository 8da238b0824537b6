//! The gate through the program, in real repositories of git.
//!
//! | attack | test |
//! |---|---|
//! | a key added by the change itself | `approvals::a_key_that_the_change_brings_opens_nothing` |
//! | the author approves, under a second address or one of the day | `approvals::nobody_approves_what_they_had_a_part_in` |
//! | committer, co-author, pusher, opener, requester, operator approve | the same |
//! | an approval of another commit, stage, repository or policy | `replays::*` |
//! | a signature made for git | `approvals::signatures_for_other_purposes_are_worth_nothing` |
//! | a key past its `valid-before`, a key of a kind that is not taken | `approvals::keys_count_while_they_hold` |
//! | an agent approves | `approvals::nobody_approves_what_they_had_a_part_in` |
//! | an edited waiver, keys twice in JSON, globs, odd paths, other Unicode | `approvals::a_waiver_says_one_thing_and_no_more` |
//! | a waiver that is a link | `approvals::a_link_is_no_waiver` |
//! | what works right now, waived | `approvals::what_works_is_not_waived` |
//! | an emergency of one person, or of another commit | `replays::an_emergency_takes_two_and_rings` |
//! | tail cut, lines swapped or edited, log written anew, torn, two writers | `log::*` |
//! | a broken log, policy, baseline or report | `usage::what_is_broken_is_never_an_allow` |
//! | summaries: keys, subjects, issuers, results, levels | `crates/gate/tests/attest.rs`, and `replays::a_summary_is_for_what_it_names` |

mod approvals;
mod baseline;
mod canary;
mod log;
mod pipelines;
mod plans;
mod replays;
mod scopes;
mod usage;

use serde_json::Value;
use sluicegate::gate::ssh_key::PrivateKey;
use sluicegate::gate::ssh_key::private::Ed25519Keypair;

use crate::support::{Ran, Sandbox, token, token_of};
use crate::walkthrough::key;

/// Who may approve. Ann has two addresses on one key; the agent should not be there.
const PEOPLE: &[(&str, u8, &str)] = &[
    ("ann", 1, "ann@example.com,ann@home.example"),
    ("bob", 2, "bob@example.com"),
    ("carol", 3, "carol@example.com"),
    ("agent", 4, "agent@example.com"),
];

/// A repository with allowed signers on `main`, a branch `topic` whose only commit brings a
/// token, and a key for everybody in the folder above.
struct Desk {
    sandbox: Sandbox,
}

impl Desk {
    fn new() -> Self {
        Self::with(|_| ())
    }

    /// One whose `main` has more in it.
    fn with(prepare: impl FnOnce(&Self)) -> Self {
        let desk = Self {
            sandbox: Sandbox::new(),
        };
        for (name, seed, _) in PEOPLE {
            key(desk.sandbox.path(), name, *seed);
        }
        desk.file("app.py", "print('hello')\n");
        desk.git(&["init", "-q", "-b", "main"]);
        let signers = PEOPLE.iter().map(|(name, _, names)| {
            let public = desk.sandbox.read(&format!("{name}.key.pub"));
            format!("{names} {public}\n")
        });
        desk.file(".sluice/allowed_signers", &signers.collect::<String>());
        prepare(&desk);
        desk.commit("ann@example.com", "Begin");
        desk.git(&["checkout", "-qb", "topic"]);
        desk.file("job.py", &format!("key = '{}'\n", token()));
        desk.commit("ann@example.com", "A job");
        desk
    }

    fn file(&self, name: &str, text: &str) {
        self.sandbox.file(&format!("repo/{name}"), text);
    }

    fn read(&self, name: &str) -> String {
        self.sandbox.read(&format!("repo/{name}"))
    }

    #[track_caller]
    fn git(&self, args: &[&str]) -> String {
        let ran = self.sandbox.try_git("repo", &[], args);
        assert_eq!(ran.code, Some(0), "git {args:?}: {ran:#?}");
        ran.stdout.trim().to_owned()
    }

    /// Commits all that is there, as somebody.
    fn commit(&self, who: &str, message: &str) {
        self.git(&["add", "-A"]);
        let env = [
            ("GIT_AUTHOR_NAME", who),
            ("GIT_AUTHOR_EMAIL", who),
            ("GIT_COMMITTER_NAME", who),
            ("GIT_COMMITTER_EMAIL", who),
        ];
        let args = ["commit", "-qm", message, "--allow-empty"];
        let ran = self.sandbox.try_git("repo", &env, &args);
        assert_eq!(ran.code, Some(0), "{ran:#?}");
    }

    fn run(&self, args: &[&str]) -> Ran {
        self.sandbox.run_in("repo", args)
    }

    /// Asks the gate about `topic`; what it writes holds no token.
    #[track_caller]
    fn gate(&self, args: &[&str]) -> Ran {
        let ran = self.run(&[&["gate"], args].concat());
        let said = format!("{}{}", ran.stdout, ran.stderr);
        assert!(!said.contains(&token()), "a token in {said}");
        ran
    }

    /// The decision about `topic`.
    #[track_caller]
    fn decision(&self, args: &[&str]) -> Value {
        self.gate(&[&["--format", "json", "--no-log"], args].concat())
            .json()
    }

    /// The fingerprint of the token.
    #[track_caller]
    fn fingerprint(&self) -> String {
        let decision = self.decision(&[]);
        let all = decision["findings"].as_array().expect("a list");
        let token = all
            .iter()
            .find(|f| f["kind"] == "secret_value")
            .expect("it is found");
        token["fingerprint"].as_str().expect("a text").to_owned()
    }

    /// Writes a waiver for the token, asked for by Dave; gives its name.
    #[track_caller]
    fn waive(&self, more: &[&str]) -> String {
        let print = self.fingerprint();
        let args = [
            "waive",
            &print,
            "--reason",
            "migration",
            "--why",
            "moves next week",
            "--expires",
            &in_days(7),
        ];
        let ran = self.run(&[&args[..], more].concat()).ends(0);
        let id = ran
            .stderr
            .split("waiver ")
            .nth(1)
            .and_then(|rest| rest.split(' ').next());
        id.expect("it says the name").to_owned()
    }

    /// Has the waiver signed by somebody, under a name.
    #[track_caller]
    fn sign(&self, id: &str, who: &str, principal: &str) {
        let key = format!("../{who}.key");
        self.run(&["waive", id, "--sign", &key, "--as", principal])
            .ends(0);
    }

    /// The codes that the decision about `topic` gives, with its verdict in front.
    #[track_caller]
    fn codes(&self, args: &[&str]) -> Vec<String> {
        let decision = self.decision(args);
        let mut codes = vec![decision["decision"].as_str().expect("a text").to_owned()];
        let of_findings = decision["findings"].as_array().expect("a list").iter();
        let reasons = of_findings.flat_map(|f| f["reasons"].as_array().expect("a list"));
        let notices = decision["notices"].as_array().expect("a list").iter();
        let all = reasons.chain(notices.map(|n| &n["reason"]));
        codes.extend(all.map(|r| r["code"].as_str().expect("a text").to_owned()));
        codes
    }

    /// Checks the verdict, and that a code is among the reasons.
    #[track_caller]
    fn decides(&self, args: &[&str], verdict: &str, code: &str) {
        let codes = self.codes(args);
        assert_eq!(codes[0], verdict, "{codes:?}");
        assert!(codes.iter().any(|c| c == code), "no {code} in {codes:?}");
    }
}

/// The key of somebody, to sign with in ways that the program would not.
fn private(name: &str) -> PrivateKey {
    let seed = PEOPLE.iter().find(|(known, _, _)| *known == name);
    let seed = seed.map_or(9, |(_, seed, _)| *seed);
    PrivateKey::new(Ed25519Keypair::from_seed(&[seed; 32]).into(), "").expect("a key")
}

/// The date so many days from now.
fn in_days(days: i64) -> String {
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .expect("it is later");
    let now = i64::try_from(now.as_secs()).expect("not so late");
    sluicegate::gate::Time::from_seconds(now)
        .plus_days(days)
        .date()
}

/// Another token than that of `topic`.
fn other_token() -> String {
    token_of(77)
}
