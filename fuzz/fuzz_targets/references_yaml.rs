//! References in YAML: pipelines, manifests, charts, templates, playbooks.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sluicegate_fuzz::references::look;

const PATHS: &[&str] = &[
    ".github/workflows/a.yml",
    "action.yml",
    ".github/dependabot.yml",
    ".gitlab-ci.yml",
    ".circleci/config.yml",
    "azure-pipelines.yml",
    "bitbucket-pipelines.yml",
    ".travis.yml",
    ".drone.yml",
    "buildspec.yml",
    "jenkins.yaml",
    "docker-compose.yml",
    "k8s/a.yaml",
    "charts/a/templates/a.yaml",
    "charts/a/values.yaml",
    "kubeconfig",
    "serverless.yml",
    "group_vars/all.yml",
    ".yarnrc.yml",
    ".bundle/config",
];

fuzz_target!(|input: (u8, &[u8])| look(PATHS, input));
