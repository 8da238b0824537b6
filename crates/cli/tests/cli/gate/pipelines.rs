//! What a pipeline says about the job that uses a credential moves its verdict, through the
//! program; and what only looks alike does not.

use serde_json::Value;

use super::{Desk, other_token};

const WORKFLOW: &str = ".github/workflows/answer.yml";

/// A workflow with a job that uses a key of a model, `A` for commit and `R` later.
fn workflow(on: &str, job: &str, steps: &str) -> String {
    format!(
        "name: answer\non: {on}\njobs:\n  answer:\n    runs-on: ubuntu-latest\n{job}    steps:\n{steps}"
    )
}

const PLAIN: &str =
    "      - run: ./ask\n        env:\n          OPENAI_API_KEY: ${{ secrets.OPENAI_API_KEY }}\n";

fn action(uses: &str) -> String {
    format!(
        "      - uses: {uses}\n        with:\n          api_key: ${{{{ secrets.OPENAI_API_KEY }}}}\n"
    )
}

/// A change that brings nothing but these files.
fn change(main: &[(&str, &str)], files: &[(&str, &str)]) -> Desk {
    let desk = Desk::with(|desk| main.iter().for_each(|(name, text)| desk.file(name, text)));
    desk.git(&["reset", "-q", "--hard", "main"]);
    desk.git(&["remote", "add", "origin", "https://github.com/acme/app.git"]);
    files.iter().for_each(|(name, text)| desk.file(name, text));
    desk.commit("ann@example.com", "A change");
    desk
}

/// The verdict on what the rule found, and the codes of its reasons.
fn on(decision: &Value, rule: &str) -> (String, Vec<String>) {
    let all = decision["findings"].as_array().expect("a list");
    let found = all.iter().find(|f| f["rule"] == rule);
    let found = found.unwrap_or_else(|| panic!("no {rule} in {decision:#}"));
    let reasons = found["reasons"].as_array().expect("a list").iter();
    let codes = reasons.map(|r| r["code"].as_str().expect("a text").to_owned());
    (
        found["decision"].as_str().expect("a text").to_owned(),
        codes.collect(),
    )
}

#[track_caller]
fn is(told: &(String, Vec<String>), verdict: &str, code: &str, want: bool) {
    let (got, codes) = told;
    assert_eq!(
        (got.as_str(), codes.iter().any(|c| c == code)),
        (verdict, want),
        "{code} in {codes:?}"
    );
}

const POLICY: &str = "schema = 'sluicegate.policy/1'\nname = 'acme'\n\
                      [environments]\nreviewed = ['Production']\n";

#[test]
fn each_modifier_acts_and_its_look_alike_does_not() {
    let guarded = "    if: github.event_name == 'push'\n";
    let named = "    environment: production\n";
    let both = "    environment: { name: production, url: 'https://example.com' }\n";
    let pinned = action(&format!("helpers/ask@{}", "0a".repeat(20)));
    let admin = PLAIN.replace("secrets.OPENAI_API_KEY", "secrets.OPENAI_ADMIN_KEY");
    let at_job = format!(
        "    env:\n      OPENAI_API_KEY: ${{{{ secrets.OPENAI_API_KEY }}}}\n{}",
        ""
    );
    let stranger = "      - uses: helpers/ask@v1\n";
    for (what, text, verdict, code, want) in [
        (
            "plain",
            workflow("push", "", PLAIN),
            "remediate",
            "MOD-FORK",
            false,
        ),
        (
            "of strangers",
            workflow("[push, pull_request_target]", "", PLAIN),
            "block",
            "MOD-FORK",
            true,
        ),
        (
            "written as a map",
            workflow("{ issue_comment: { types: [created] } }", "", PLAIN),
            "block",
            "MOD-FORK",
            true,
        ),
        (
            "of forks, without secrets",
            workflow("pull_request", "", PLAIN),
            "remediate",
            "MOD-FORK",
            false,
        ),
        (
            "of strangers, and the job is not for them",
            workflow("[push, pull_request_target]", guarded, PLAIN),
            "remediate",
            "MOD-FORK",
            false,
        ),
        (
            "an action by its tag",
            workflow("push", "", &action("helpers/ask@v1")),
            "block",
            "MOD-UNPINNED",
            true,
        ),
        (
            "the same action by its commit",
            workflow("push", "", &pinned),
            "remediate",
            "MOD-UNPINNED",
            false,
        ),
        (
            "an action of the platform",
            workflow("push", "", &action("actions/ask@v1")),
            "remediate",
            "MOD-UNPINNED",
            false,
        ),
        (
            "an action of the provider",
            workflow("push", "", &action("openai/ask@v1")),
            "remediate",
            "MOD-UNPINNED",
            false,
        ),
        (
            "an action of our own",
            workflow("push", "", &action("acme/ask@main")),
            "remediate",
            "MOD-UNPINNED",
            false,
        ),
        (
            "an action beside it, which is not handed it",
            workflow("push", "", &format!("{PLAIN}{stranger}")),
            "remediate",
            "MOD-UNPINNED",
            false,
        ),
        (
            "an action in a job that has it everywhere",
            workflow("push", &at_job, stranger),
            "block",
            "MOD-UNPINNED",
            true,
        ),
        (
            "where people agree first",
            workflow("push", named, PLAIN),
            "allow",
            "MOD-REVIEWED",
            true,
        ),
        (
            "the same, with an address",
            workflow("push", both, PLAIN),
            "allow",
            "MOD-REVIEWED",
            true,
        ),
        (
            "an environment of another name",
            workflow("push", "    environment: preview\n", PLAIN),
            "remediate",
            "MOD-REVIEWED",
            false,
        ),
        (
            "of an administrator",
            workflow("push", "", &admin),
            "block",
            "MOD-ADMIN",
            true,
        ),
    ] {
        let desk = change(&[(".sluice/policy.toml", POLICY)], &[(WORKFLOW, &text)]);
        let told = on(&desk.decision(&[]), "ref-github-ai-key");
        assert!(told.0 == verdict, "{what}: {told:?}");
        is(&told, verdict, code, want);
        // What a report carries is what the scan knows.
        desk.run(&["scan", ".", "--format", "json", "-o", "../scan.json"]);
        let of_report = desk.decision(&["--findings", "../scan.json"]);
        is(&on(&of_report, "ref-github-ai-key"), verdict, code, want);
    }
}

#[test]
fn that_an_environment_is_reviewed_is_said_in_the_base() {
    let text = workflow("push", "    environment: production\n", PLAIN);
    let nobody = change(&[], &[(WORKFLOW, &text)]);
    let told = on(&nobody.decision(&[]), "ref-github-ai-key");
    is(&told, "remediate", "MOD-REVIEWED", false);
    // Not by the change itself.
    let own = change(&[], &[(WORKFLOW, &text), (".sluice/policy.toml", POLICY)]);
    let told = on(&own.decision(&[]), "ref-github-ai-key");
    is(&told, "remediate", "MOD-REVIEWED", false);
    // And not if another job uses the same key outside.
    let other = workflow("push", "", PLAIN);
    let files = [(WORKFLOW, &*text), (".github/workflows/b.yml", &*other)];
    let outside = change(&[(".sluice/policy.toml", POLICY)], &files);
    let told = on(&outside.decision(&[]), "ref-github-ai-key");
    is(&told, "remediate", "MOD-REVIEWED", false);
}

#[test]
fn environments_of_gitlab_are_known_too() {
    let job = |environment: &str| {
        format!(
            "deploy:\n  script: ./deploy\n{environment}  rules:\n    - if: $CI_COMMIT_TAG\n  \
             variables:\n    VAULT_TOKEN: $VAULT_TOKEN\n"
        )
    };
    let told = |environment: &str| {
        let text = job(environment);
        let main = [(".sluice/policy.toml", POLICY)];
        let desk = change(&main, &[(".gitlab-ci.yml", &text)]);
        let input = desk.gate(&["--format", "input", "--no-log"]).json();
        let all = input["findings"].as_array().expect("a list").clone();
        let found = all
            .into_iter()
            .find(|f| f["rule"] == "ref-gitlab-vault-token");
        found.unwrap_or_else(|| panic!("not in {input:#}"))
    };
    let named = told("  environment: production\n");
    assert_eq!(named["environments"], serde_json::json!(["production"]));
    assert_eq!(named["reviewed_environment"], true);
    let nowhere = told("");
    assert_eq!(nowhere["environments"], serde_json::json!([]));
    assert_eq!(nowhere["reviewed_environment"], false);
}

#[test]
fn one_credential_for_trying_out_and_for_users_is_told() {
    let jobs = |of_dev: &str, of_prod: &str| {
        let job = |name: &str, more: &str| {
            format!("  deploy-{name}:\n    runs-on: ubuntu-latest\n{more}    steps:\n{PLAIN}")
        };
        let (dev, prod) = (job("dev", of_dev), job("prod", of_prod));
        format!("on: push\njobs:\n{dev}{prod}")
    };
    let environments = ("    environment: dev\n", "    environment: production\n");
    for (text, verdict, want) in [
        (jobs("", ""), "block", true),
        // Each environment may have its own key under that name.
        (jobs(environments.0, environments.1), "remediate", false),
        (
            jobs("", "").replace("deploy-dev", "deploy-production"),
            "remediate",
            false,
        ),
        (
            jobs("", "").replace("deploy-dev", "build"),
            "remediate",
            false,
        ),
    ] {
        let desk = change(&[], &[(WORKFLOW, &text)]);
        let told = on(&desk.decision(&[]), "ref-github-ai-key");
        is(&told, verdict, "MOD-ISOLATION", want);
    }
    // The same value in files for both.
    let line = format!("TOKEN={}\n", other_token());
    for (second, verdict, want) in [
        (".env.production", "block", true),
        (".env.staging", "remediate", false),
    ] {
        let desk = change(&[], &[(".env.development", &line), (second, &line)]);
        desk.run(&["baseline", "create"]).ends(0);
        desk.commit("ann@example.com", "Known debt");
        let decision = desk.decision(&["."]);
        let rule = decision["findings"][0]["rule"].as_str().expect("a text");
        is(&on(&decision, rule), verdict, "MOD-ISOLATION", want);
    }
    // A change that copies a value from where things are tried out.
    let development = [(".env.development", &*line)];
    let desk = change(&development, &[(".env.production", &line)]);
    let input = desk.gate(&["--format", "input", "--no-log"]).json();
    assert_eq!(
        input["findings"][0]["across_environments"], true,
        "{input:#}"
    );
}

#[test]
fn what_a_patch_turns_off_is_known() {
    let bad = "resource \"azurerm_container_registry\" \"r\" {\n  admin_enabled = true\n}\n";
    let by_hand = workflow("push", "", PLAIN);
    let files = [("infra/main.tf", bad), (WORKFLOW, &*by_hand)];
    let desk = change(&[], &files);
    for args in [&[][..], &["."]] {
        let all = [&["--format", "input", "--no-log"], args].concat();
        let input = desk.gate(&all).json();
        let told = input["findings"].as_array().expect("a list").iter();
        let told = told.map(|f| (f["path"].as_str().unwrap_or_default(), f["autofix"] == true));
        let told: std::collections::BTreeMap<_, _> = told.collect();
        assert_eq!(
            (told["infra/main.tf"], told[WORKFLOW]),
            (true, false),
            "{args:?}"
        );
    }
}
