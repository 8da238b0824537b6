//! Changes to workflows of GitHub: a login by the job's own identity in the place of a stored
//! credential, and what an action keeps although nothing needs it.

use sluicegate_core::Span;

use super::lines::{Edit, Lines};
use super::{Proposal, at_once};
use crate::expr::{self, Context};
use crate::found::Reference;
use crate::node::{Entry, Node};
use crate::pattern::id;

const NEEDS_AWS: &str = "a role in AWS that trusts the identity tokens of this repository, and its ARN in the variable AWS_ROLE_ARN";
const NEEDS_AZURE: &str = "a federated credential for this repository, and its ids in the variables AZURE_CLIENT_ID, AZURE_TENANT_ID and AZURE_SUBSCRIPTION_ID";
const NEEDS_GCP: &str = "a workload identity provider for this repository, named in the variables GCP_WORKLOAD_IDENTITY_PROVIDER and GCP_SERVICE_ACCOUNT";
const NEEDS_NPM: &str = "this workflow as a trusted publisher of the package on npmjs.com";
const NEEDS_PYPI: &str = "this workflow as a trusted publisher of the project on pypi.org";
const NEEDS_CRATES: &str = "this workflow as a trusted publisher of the crate on crates.io";
const NEEDS_GHCR: &str = "write access of this repository to the package in its settings";

/// A step, and where it stands.
struct Place<'n, 't> {
    lines: Lines<'t>,
    root: &'n Node<'t>,
    job: &'n Entry<'t>,
    step: &'n Node<'t>,
}

pub(super) fn propose<'t>(
    text: &'t str,
    root: &Node<'t>,
    reference: &Reference,
) -> Option<Proposal> {
    let place = place(text, root, reference.span)?;
    match reference.pattern {
        id::GHA_01 | id::OID_06 => place.aws(),
        id::GHA_03 => place.login("azure/login", "creds", AZURE, NEEDS_AZURE),
        id::GHA_04 => place.login(
            "google-github-actions/auth",
            "credentials_json",
            GCP,
            NEEDS_GCP,
        ),
        id::GHA_06 => place.revoked(reference),
        id::GHA_08 => place.npm(),
        id::GHA_09 => place.pypi(),
        id::GHA_10 => place.crates(reference),
        id::GHA_12 => place.ghcr(reference),
        id::GHA_23 => place.login("codecov/codecov-action", "token", &["use_oidc: true"], ""),
        id::GHA_24 => place.checkout(),
        id::OID_05 => place.session(reference),
        _ => None,
    }
}

const AZURE: &[&str] = &[
    "client-id: ${{ vars.AZURE_CLIENT_ID }}",
    "tenant-id: ${{ vars.AZURE_TENANT_ID }}",
    "subscription-id: ${{ vars.AZURE_SUBSCRIPTION_ID }}",
];
const GCP: &[&str] = &[
    "workload_identity_provider: ${{ vars.GCP_WORKLOAD_IDENTITY_PROVIDER }}",
    "service_account: ${{ vars.GCP_SERVICE_ACCOUNT }}",
];

/// The step in which the span stands.
fn place<'n, 't>(text: &'t str, root: &'n Node<'t>, span: Span) -> Option<Place<'n, 't>> {
    let holds = |node: &Node<'_>| {
        let mut inside = false;
        node.each(&mut |node| {
            let own =
                node.text().is_some() && node.span.start <= span.start && span.end <= node.span.end;
            inside = inside || own;
        });
        node.each_entry(&mut |entry| inside = inside || entry.key_span == span);
        inside
    };
    root.get("jobs")?.entries().iter().find_map(|job| {
        let steps = job.value.get("steps")?.items();
        let step = steps.iter().find(|step| holds(step))?;
        Some(Place {
            lines: Lines(text),
            root,
            job,
            step,
        })
    })
}

impl Place<'_, '_> {
    /// Whether the step uses the action.
    fn uses(&self, action: &str) -> bool {
        let uses = self.step.text_at(&["uses"]).unwrap_or_default();
        let name = uses.split('@').next().unwrap_or_default();
        name.eq_ignore_ascii_case(action)
    }

    /// Whether some script of the job has the words in it.
    fn job_runs(&self, words: &str) -> bool {
        let steps = self.job.value.get("steps").map_or(&[][..], Node::items);
        steps.iter().any(|step| {
            step.text_at(&["run"])
                .is_some_and(|run| run.contains(words))
        })
    }

    /// Lets the job do what `scope` stands for. Permissions that a job names are all it has,
    /// so those of the workflow come along.
    fn grant(&self, scope: &str) -> Option<Vec<Edit>> {
        let wanted = format!("{scope}: write");
        let steps = self.job.value.entry("steps")?;
        let (owner, is_own) = match self.job.value.entry("permissions") {
            Some(own) => (Some(own), true),
            None => (self.root.entry("permissions"), false),
        };
        let Some(owner) = owner else {
            let lines = ["permissions:", "  contents: read", &format!("  {wanted}")];
            return Some(vec![self.lines.before(steps, &lines)?]);
        };
        if owner.value.text() == Some("write-all") {
            return Some(Vec::new());
        }
        if owner.value.text_at(&[scope]) == Some("write") {
            return Some(Vec::new());
        }
        let entries = owner.value.entries();
        if is_own {
            if let Some(entry) = owner.value.entry(scope) {
                return Some(vec![Edit::new(entry.value.span, "write")]);
            }
            return Some(vec![self.lines.behind(entries.last()?, &[&wanted])?]);
        }
        let others = entries.iter().filter(|e| e.key != scope);
        let mut lines = vec!["permissions:".to_owned()];
        for entry in others {
            lines.push(format!("  {}: {}", entry.key, entry.value.text()?));
        }
        lines.push(format!("  {wanted}"));
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        Some(vec![self.lines.before(steps, &lines)?])
    }

    /// The edits, and the permission to ask for an identity token.
    fn federated(&self, mut edits: Vec<Edit>, needs: &'static str) -> Option<Proposal> {
        edits.extend(self.grant("id-token")?);
        Some(Proposal {
            edits,
            needs,
            permission: "id-token: write",
        })
    }

    fn aws(&self) -> Option<Proposal> {
        const KEYS: [&str; 3] = [
            "aws-access-key-id",
            "aws-secret-access-key",
            "aws-session-token",
        ];
        if !self.uses("aws-actions/configure-aws-credentials") {
            return None;
        }
        let with = self.step.entry("with")?;
        if with.value.get("role-to-assume").is_some() {
            return self.federated(self.lines.without(with, &KEYS)?, NEEDS_AWS);
        }
        let mut keys = with
            .value
            .entries()
            .iter()
            .filter(|entry| KEYS.contains(&&*entry.key));
        let line = "role-to-assume: ${{ vars.AWS_ROLE_ARN }}";
        let mut edits = vec![self.lines.instead(keys.next()?, &[line])?];
        for entry in keys {
            edits.push(self.lines.instead(entry, &[])?);
        }
        self.federated(edits, NEEDS_AWS)
    }

    /// One input of an action gives way to others that hold no secret.
    fn login(
        &self,
        action: &str,
        input: &str,
        lines: &[&str],
        needs: &'static str,
    ) -> Option<Proposal> {
        if !self.uses(action) {
            return None;
        }
        let with = self.step.get("with")?;
        let entry = with.entry(input)?;
        let names = lines.iter().filter_map(|line| line.split(':').next());
        if names.into_iter().any(|name| with.get(name).is_some()) {
            return None;
        }
        self.federated(vec![self.lines.instead(entry, lines)?], needs)
    }

    /// An app's token that is not taken back.
    fn revoked(&self, reference: &Reference) -> Option<Proposal> {
        let with = self.step.entry("with")?;
        let key = "skip-token-revoke";
        let is_it = with.value.get(key)?.span == reference.span;
        is_it.then_some(())?;
        Some(at_once(self.lines.without(with, &[key])?))
    }

    /// Publishing to npm by identity takes npm 11.5, which comes with Node 24.
    fn npm(&self) -> Option<Proposal> {
        let run = self.step.text_at(&["run"])?.trim();
        let steps = self.job.value.get("steps").map_or(&[][..], Node::items);
        let version = steps
            .iter()
            .find_map(|step| step.text_at(&["with", "node-version"]));
        let major: String = version
            .unwrap_or_default()
            .chars()
            .take_while(char::is_ascii_digit)
            .collect();
        let is_new = major.parse::<u32>().is_ok_and(|major| major >= 24)
            || self.job_runs("npm@latest")
            || self.job_runs("npm@11");
        if !run.starts_with("npm publish") || run.contains("--registry") || !is_new {
            return None;
        }
        let env = self.step.entry("env")?;
        let edits = self.lines.without(env, &["NODE_AUTH_TOKEN", "NPM_TOKEN"])?;
        self.federated(edits, NEEDS_NPM)
    }

    fn pypi(&self) -> Option<Proposal> {
        if !self.uses("pypa/gh-action-pypi-publish") {
            return None;
        }
        let with = self.step.entry("with")?;
        // Other indexes know no trusted publishers.
        let index = with
            .value
            .text_at(&["repository-url"])
            .or(with.value.text_at(&["repository_url"]));
        if index.is_some_and(|url| !url.contains("pypi.org")) {
            return None;
        }
        let edits = self.lines.without(with, &["password", "user"])?;
        self.federated(edits, NEEDS_PYPI)
    }

    fn crates(&self, reference: &Reference) -> Option<Proposal> {
        let entry = self.step.at(&["env"])?.entry("CARGO_REGISTRY_TOKEN")?;
        self.is_whole(&entry.value, reference).then_some(())?;
        let steps = self.job.value.get("steps").map_or(&[][..], Node::items);
        let taken = |step: &Node<'_>| {
            let uses = step.text_at(&["uses"]).unwrap_or_default();
            step.text_at(&["id"]) == Some("auth") || uses.contains("crates-io-auth-action")
        };
        if steps.iter().any(taken) {
            return None;
        }
        let lines = ["- uses: rust-lang/crates-io-auth-action@v1", "  id: auth"];
        let edits = vec![
            self.lines.item_before(self.step, &lines)?,
            Edit::new(entry.value.span, "${{ steps.auth.outputs.token }}"),
        ];
        self.federated(edits, NEEDS_CRATES)
    }

    /// The registry of the code host takes the job's own token.
    fn ghcr(&self, reference: &Reference) -> Option<Proposal> {
        let with = self.step.get("with")?;
        let password = with.get("password")?;
        let is_own = with
            .text_at(&["registry"])
            .is_some_and(|r| r.trim() == "ghcr.io");
        if !self.uses("docker/login-action") || !is_own || !self.is_whole(password, reference) {
            return None;
        }
        let mut edits = vec![Edit::new(password.span, "${{ github.token }}")];
        if let Some(user) = with.get("username") {
            edits.push(Edit::new(user.span, "${{ github.actor }}"));
        }
        edits.extend(self.grant("packages")?);
        Some(Proposal {
            edits,
            needs: NEEDS_GHCR,
            permission: "packages: write",
        })
    }

    /// Whether the value is one expression that reads nothing but the credential.
    fn is_whole(&self, value: &Node<'_>, reference: &Reference) -> bool {
        let raw = self.lines.0.get(value.span.start..value.span.end);
        let raw = raw.unwrap_or_default();
        let reads = expr::reads(raw, value.span.start);
        let inner = raw.trim_matches(['"', '\'']);
        reads.len() == 1
            && reads[0].context == Context::Secrets
            && reads[0].span == reference.span
            && inner.starts_with("${{")
            && inner.ends_with("}}")
            && !inner.contains("||")
    }

    /// Nothing later in the job talks to the remote, so the checkout need not keep anything.
    fn checkout(&self) -> Option<Proposal> {
        if self.job_runs("git push") || self.job_runs("git fetch") || self.job_runs("git pull") {
            return None;
        }
        let uses = self.step.entry("uses")?;
        let line = "persist-credentials: false";
        let edit = match self.step.entry("with") {
            Some(with) => match with.value.entry("persist-credentials") {
                Some(entry) => Edit::new(entry.value.span, "false"),
                None => self.lines.behind(with.value.entries().last()?, &[line])?,
            },
            None => {
                let inner = format!("  {line}");
                self.lines.behind(uses, &["with:", &inner])?
            }
        };
        Some(at_once(vec![edit]))
    }

    /// A session of an hour.
    fn session(&self, reference: &Reference) -> Option<Proposal> {
        let raw = self.lines.0.get(reference.span.start..reference.span.end)?;
        let number = raw.trim_matches(['"', '\'']);
        let unit = number.trim_start_matches(|c: char| c.is_ascii_digit());
        let quote = if raw.len() == number.len() {
            ""
        } else {
            &raw[..1]
        };
        let text = format!("{quote}3600{unit}{quote}");
        Some(at_once(vec![Edit::new(reference.span, text)]))
    }
}
