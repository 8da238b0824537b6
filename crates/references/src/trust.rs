//! Trust policies of AWS that let identity tokens in, in Terraform, CloudFormation and
//! JSON.

use sluicegate_core::{Confidence, Span};

use crate::found::Ctx;
use crate::node::{Entry, Node};
use crate::pattern::id;

/// Issuers that sign tokens for everybody who uses them.
const SHARED: [&str; 6] = [
    "token.actions.githubusercontent.com",
    "gitlab.com",
    "oidc.circleci.com",
    "api.bitbucket.org",
    "app.terraform.io",
    "agent.buildkite.com",
];

/// A condition on a claim.
struct Condition<'n> {
    test: &'n str,
    variable: &'n str,
    values: Vec<(&'n str, Span)>,
}

/// Reads every policy in the tree.
pub(crate) fn policies(ctx: &mut Ctx<'_>, root: &Node<'_>) {
    let mut maps: Vec<&Node<'_>> = Vec::new();
    root.each(&mut |node| {
        if node.is_map() {
            maps.push(node);
        }
    });
    for map in maps {
        if let Some(federated) = map.get("Principal").and_then(|p| p.get("Federated")) {
            let conditions = json_conditions(map);
            judge(ctx, federated, &conditions);
        }
        let principals = map.entries().iter().filter(|e| e.key == "principals");
        for principal in principals {
            if principal.value.text_at(&["type"]) == Some("Federated")
                && let Some(federated) = principal.value.get("identifiers")
            {
                let conditions = block_conditions(map);
                judge(ctx, federated, &conditions);
            }
        }
    }
}

fn json_conditions<'n>(statement: &'n Node<'_>) -> Vec<Condition<'n>> {
    let mut all = Vec::new();
    for test in statement.get("Condition").map_or(&[][..], Node::entries) {
        for claim in test.value.entries() {
            all.push(Condition {
                test: &test.key,
                variable: &claim.key,
                values: texts(&claim.value),
            });
        }
    }
    all
}

fn block_conditions<'n>(statement: &'n Node<'_>) -> Vec<Condition<'n>> {
    let is_condition = |entry: &&'n Entry<'_>| entry.key == "condition";
    statement
        .entries()
        .iter()
        .filter(is_condition)
        .map(|entry| Condition {
            test: entry.value.text_at(&["test"]).unwrap_or_default(),
            variable: entry.value.text_at(&["variable"]).unwrap_or_default(),
            values: entry.value.get("values").map_or(Vec::new(), texts),
        })
        .collect()
}

fn texts<'n>(node: &'n Node<'_>) -> Vec<(&'n str, Span)> {
    let items = node.one_or_many().iter();
    items
        .filter_map(|item| Some((item.text()?, item.span)))
        .collect()
}

fn judge(ctx: &mut Ctx<'_>, federated: &Node<'_>, conditions: &[Condition<'_>]) {
    let raw = ctx.raw(federated.span);
    // What is built from variables may be any issuer.
    let shared = SHARED.iter().any(|issuer| raw.contains(issuer)) || {
        conditions
            .iter()
            .any(|c| SHARED.iter().any(|issuer| c.variable.contains(issuer)))
    };
    if !shared {
        return;
    }
    let mut report = |name: &str, span: Span, usage: &str| {
        ctx.report(id::OID_01, "aws", name, span, Confidence::Definite, usage);
    };
    let subjects: Vec<_> = conditions
        .iter()
        .filter(|c| c.variable.ends_with(":sub"))
        .collect();
    let bound = conditions.iter().any(|c| {
        [
            ":repository",
            ":repository_id",
            ":job_workflow_ref",
            ":environment",
            ":project_path",
            ":repository_owner_id",
        ]
        .iter()
        .any(|claim| c.variable.ends_with(claim))
    });
    if subjects.is_empty() && !bound {
        report("no subject", federated.span, "no condition on the subject");
    }
    for subject in &subjects {
        for &(value, span) in &subject.values {
            if is_wide(value) && (subject.test.contains("Like") || value.is_empty()) {
                report(value, span, "subject that others can have");
            }
        }
        if subject.test.starts_with("ForAllValues") {
            let span = subject
                .values
                .first()
                .map_or(federated.span, |(_, span)| *span);
            report(
                "ForAllValues",
                span,
                "holds for tokens without a subject as well",
            );
        }
    }
    if !conditions.iter().any(|c| c.variable.ends_with(":aud")) {
        report(
            "no audience",
            federated.span,
            "no condition on the audience",
        );
    }
}

/// Whether a subject leaves the repository open.
fn is_wide(subject: &str) -> bool {
    let Some(rest) = subject.strip_prefix("repo:") else {
        return subject.starts_with('*') || subject == "project_path:*";
    };
    let repository = rest.split(':').next().unwrap_or_default();
    repository.contains('*')
}
