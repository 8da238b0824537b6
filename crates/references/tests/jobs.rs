//! Which job a reference belongs to, on each platform that says so.

use sluicegate_core::{Job, Tier};
use sluicegate_references::inspect;

/// The jobs of what is called `name` in the file, by place.
fn jobs(path: &str, text: &str, name: &str) -> Vec<Job> {
    let seen = inspect(path, text.as_bytes(), &[]);
    assert_eq!(seen.trouble, None, "{path}");
    let named = seen.references.into_iter().filter(|r| r.name == name);
    let mut jobs: Vec<Job> = named
        .map(|r| r.job.as_deref().cloned().unwrap_or_default())
        .collect();
    jobs.dedup();
    jobs
}

fn job(environment: Option<&str>, tier: Option<Tier>) -> Job {
    Job {
        environment: environment.map(ToOwned::to_owned),
        tier,
        ..Job::default()
    }
}

#[test]
fn each_platform_says_where_a_job_runs() {
    let gitlab = "
.deploy:
  environment: { name: production }
one:
  extends: .deploy
  script: [./ship]
  variables: { VAULT_TOKEN: $VAULT_TOKEN }
ship-dev:
  script: [./ship]
  variables: { VAULT_TOKEN: $VAULT_TOKEN }
";
    let circle = "
workflows:
  ship:
    jobs:
      - deploy: { name: deploy-prod, context: cloud }
      - deploy-dev: { context: [cloud] }
      - build: { context: cloud }
";
    let azure = "
stages:
  - stage: Dev
    jobs:
      - deployment: ship
        environment: sandbox
        strategy:
          runOnce:
            deploy:
              steps:
                - task: AWSCLI@1
                  inputs: { awsCredentials: cloud }
  - stage: Prod
    jobs:
      - job: ship
        steps:
          - task: AWSCLI@1
            inputs: { awsCredentials: cloud }
";
    let bitbucket = "
pipelines:
  default:
    - step:
        deployment: production
        script:
          - pipe: atlassian/aws-s3-deploy:1.1.0
            variables:
              AWS_SECRET_ACCESS_KEY: $AWS_SECRET_ACCESS_KEY
";
    for (path, text, name, want) in [
        (
            ".gitlab-ci.yml",
            gitlab,
            "VAULT_TOKEN",
            vec![job(Some("production"), None), job(None, Some(Tier::Dev))],
        ),
        (
            ".circleci/config.yml",
            circle,
            "cloud",
            vec![
                job(None, Some(Tier::Prod)),
                job(None, Some(Tier::Dev)),
                job(None, None),
            ],
        ),
        (
            "azure-pipelines.yml",
            azure,
            "cloud",
            vec![
                job(Some("sandbox"), Some(Tier::Dev)),
                job(None, Some(Tier::Prod)),
            ],
        ),
        (
            "bitbucket-pipelines.yml",
            bitbucket,
            "AWS_SECRET_ACCESS_KEY",
            vec![job(Some("production"), None)],
        ),
    ] {
        assert_eq!(jobs(path, text, name), want, "{path}");
    }
}

#[test]
fn a_workflow_says_what_is_handed_where() {
    let pinned = "0a".repeat(20);
    let text = format!(
        "name: release prod
on:
  push:
  issue_comment:
env:
  SENTRY_AUTH_TOKEN: ${{{{ secrets.SENTRY_AUTH_TOKEN }}}}
jobs:
  called:
    uses: helpers/flows/.github/workflows/ship.yml@main
    secrets:
      NPM_TOKEN: ${{{{ secrets.NPM_TOKEN }}}}
  own:
    if: github.event_name == 'push'
    environment:
      name: live
    steps:
      - uses: helpers/ask@{pinned}
        with:
          api_key: ${{{{ secrets.OPENAI_API_KEY }}}}
"
    );
    let path = ".github/workflows/x.yml";
    let events = ["issue_comment", "push"].map(ToOwned::to_owned).to_vec();
    let all = |name: &str| jobs(path, &text, name);
    let called = "helpers/flows/.github/workflows/ship.yml@main".to_owned();
    let of_call = Job {
        triggers: events.clone(),
        tier: Some(Tier::Prod),
        action: Some(called.clone()),
        unpinned_action: Some(called),
        environment: None,
    };
    assert!(
        all("NPM_TOKEN").contains(&of_call),
        "{:?}",
        all("NPM_TOKEN")
    );
    let of_step = Job {
        triggers: vec!["push".to_owned()],
        environment: Some("live".to_owned()),
        action: Some(format!("helpers/ask@{pinned}")),
        ..Job::default()
    };
    assert_eq!(all("OPENAI_API_KEY"), [of_step]);
    let everywhere = Job {
        triggers: events,
        tier: Some(Tier::Prod),
        ..Job::default()
    };
    assert_eq!(all("SENTRY_AUTH_TOKEN"), [everywhere]);
}
