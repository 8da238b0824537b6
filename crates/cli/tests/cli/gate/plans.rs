//! What is done about findings, as programs read it: plans, and the changes in SARIF.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Desk;
use crate::support::token;

const BAD: &str = "# ours\nresource \"azurerm_container_registry\" \"r\" {\n  admin_enabled = true # for now\n}\n";

const DEPLOY: &str = "name: ship\non: push\njobs:\n  ship:\n    runs-on: ubuntu-latest\n    steps:\n      \
                      - uses: pypa/gh-action-pypi-publish@release/v1\n        with:\n          \
                      password: ${{ secrets.PYPI_API_TOKEN }}\n";

const WORKFLOW: &str = ".github/workflows/ship.yml";

fn desk() -> Desk {
    let desk = Desk::new();
    desk.file("infra/main.tf", BAD);
    desk.file(WORKFLOW, DEPLOY);
    desk.commit("ann@example.com", "Infrastructure");
    desk
}

fn list<'v>(value: &'v Value, name: &str) -> &'v Vec<Value> {
    value[name].as_array().expect("a list")
}

fn asked(desk: &Desk, format: &str) -> Value {
    let args = ["--stage", "release", "--no-log", "--format", format, "."];
    desk.gate(&args).json()
}

/// The plan for what stands in that file.
fn plan_for<'v>(plans: &'v Value, decision: &Value, path: &str) -> &'v Value {
    let mut findings = list(decision, "findings").iter();
    let finding = findings.find(|f| f["locations"][0]["path"] == path);
    let print = &finding.expect("it is found")["fingerprint"];
    let mut all = list(plans, "plans").iter();
    all.find(|plan| &plan["findings"][0] == print)
        .unwrap_or_else(|| panic!("no plan for {path}: {plans:#}"))
}

fn ids(plan: &Value) -> Vec<&str> {
    let steps = list(plan, "steps").iter();
    steps.map(|s| s["id"].as_str().expect("a text")).collect()
}

#[test]
fn each_obligation_names_a_plan_and_each_plan_says_what_closes_it() {
    let desk = desk();
    let (decision, plans) = (asked(&desk, "json"), asked(&desk, "plan"));
    let texts = |value: &Value, name: &str, key: &str| -> BTreeSet<String> {
        let all = list(value, name).iter();
        all.map(|v| v[key].as_str().expect("a text").to_owned())
            .collect()
    };
    let named = texts(&decision, "obligations", "plan_ref");
    assert!(named.len() >= 3, "{decision:#}");
    assert_eq!(named, texts(&plans, "plans", "id"));
    let closed = list(&plans, "plans").iter();
    let closed = closed.flat_map(|plan| texts(plan, "verification", "obligation"));
    assert_eq!(
        closed.collect::<BTreeSet<_>>(),
        texts(&decision, "obligations", "id")
    );
    assert_eq!(
        ids(plan_for(&plans, &decision, "job.py")),
        ["revoke", "rotate", "remove", "verify-dead", "close"]
    );
    let federate = plan_for(&plans, &decision, WORKFLOW);
    assert_eq!(federate["strategy"], "federate");
    let ids = ids(federate);
    let at = |id: &str| ids.iter().position(|known| *known == id);
    assert!(
        at("edit") < at("promote") && at("promote") < at("delete-key"),
        "{ids:?}"
    );
}

#[test]
fn the_changes_in_sarif_and_in_plans_are_the_same_and_turn_it_off() {
    let desk = desk();
    let (decision, plans) = (asked(&desk, "json"), asked(&desk, "plan"));
    let plan = plan_for(&plans, &decision, "infra/main.tf");
    let steps = list(plan, "steps").iter();
    let patches: Vec<&Value> = steps
        .map(|s| &s["patch"])
        .filter(|p| !p.is_null())
        .collect();
    assert_eq!(patches.len(), 1, "{plan:#}");
    let change = &patches[0]["content"][0];
    assert_eq!(change["path"], "infra/main.tf");
    assert_eq!(
        change["base_sha256"],
        sluicegate::gate::sha256(BAD.as_bytes())
    );
    let sarif = asked(&desk, "sarif");
    let results = list(&sarif["runs"][0], "results").iter();
    let fixes: Vec<&Value> = results
        .filter(|r| {
            r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "infra/main.tf"
        })
        .flat_map(|r| list(r, "fixes"))
        .collect();
    assert_eq!(fixes.len(), 1, "{sarif:#}");
    let replacements = list(&fixes[0]["artifactChanges"][0], "replacements");
    let (sarif, own) = (&replacements[0], &change["replacements"][0]);
    assert_eq!(
        (
            &sarif["insertedContent"]["text"],
            &sarif["deletedRegion"]["startLine"]
        ),
        (&own["inserted"], &own["line"])
    );
    // Applied as the region says, it is gone, and the comment beside it stays.
    let mut lines: Vec<String> = BAD.split_inclusive('\n').map(str::to_owned).collect();
    let line = |name: &str| sarif["deletedRegion"][name].as_u64().expect("a number") as usize - 1;
    let text = sarif["insertedContent"]["text"].as_str().expect("a text");
    lines.splice(line("startLine")..line("endLine"), [text.to_owned()]);
    desk.file("infra/main.tf", &lines.concat());
    assert!(desk.read("infra/main.tf").contains("# for now"));
    let paths = |v: &Value| {
        list(v, "findings")
            .iter()
            .filter(|f| f["locations"][0]["path"] == "infra/main.tf")
            .count()
    };
    assert_eq!((paths(&decision), paths(&asked(&desk, "json"))), (1, 0));
}

#[test]
fn a_change_that_would_carry_a_value_along_is_left_out() {
    let desk = desk();
    let beside = BAD.replace("for now", &token());
    desk.file("infra/main.tf", &beside);
    desk.commit("ann@example.com", "A comment");
    let (decision, plans) = (asked(&desk, "json"), asked(&desk, "plan"));
    let mut findings = list(&decision, "findings").iter();
    let reference = findings
        .find(|f| f["locations"][0]["path"] == "infra/main.tf" && f["kind"] != "secret_value");
    let print = &reference.expect("it is found")["fingerprint"];
    let mut all = list(&plans, "plans").iter();
    let plan = all.find(|p| &p["findings"][0] == print).expect("a plan");
    assert!(
        list(plan, "steps").iter().all(|s| s["patch"].is_null()),
        "{plan:#}"
    );
}
