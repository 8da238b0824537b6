//! Changes that turn references off, applied by git.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::{Sandbox, token_line};

/// A text, and what must stand in it after the change.
struct Case {
    code: &'static str,
    path: &'static str,
    text: &'static str,
    after: &'static [&'static str],
}

const CASES: &[Case] = &[
    Case {
        code: "GHA-01",
        path: ".github/workflows/a.yml",
        text: "on: push\n# ships\njobs:\n  ship:\n    runs-on: ubuntu-latest\n    steps:\n      # who we are\n      - uses: aws-actions/configure-aws-credentials@v4\n        with:\n          # the key of the robot\n          aws-access-key-id: ${{ secrets.AWS_ID }}\n          aws-secret-access-key: ${{ secrets.AWS_KEY }} # old\n          aws-region: eu-central-1 # here\n      - run: make ship\n",
        after: &[
            "    permissions:\n      contents: read\n      id-token: write\n    steps:\n",
            "          role-to-assume: ${{ vars.AWS_ROLE_ARN }}\n          aws-region: eu-central-1 # here\n",
        ],
    },
    Case {
        code: "OID-06",
        path: ".github/workflows/a.yml",
        text: "on: push\njobs:\n  ship:\n    permissions:\n      id-token: write\n    steps:\n      - uses: aws-actions/configure-aws-credentials@v4\n        with:\n          role-to-assume: arn:aws:iam::123456789012:role/ci\n          aws-secret-access-key: ${{ secrets.AWS_KEY }}\n          aws-region: eu-central-1\n",
        after: &["role/ci\n          aws-region"],
    },
    Case {
        code: "GHA-03",
        path: ".github/workflows/a.yml",
        text: "on: push\npermissions:\n  contents: write # releases\njobs:\n  ship:\n    steps:\n      - uses: azure/login@v2\n        with:\n          creds: ${{ secrets.AZURE_CREDENTIALS }}\n",
        after: &[
            "    permissions:\n      contents: write\n      id-token: write\n    steps:\n",
            "          client-id: ${{ vars.AZURE_CLIENT_ID }}\n          tenant-id:",
        ],
    },
    Case {
        code: "GHA-04",
        path: ".github/workflows/a.yml",
        text: "on: push\njobs:\n  ship:\n    permissions:\n      contents: read\n      id-token: none\n    steps:\n      - name: Log in\n        uses: google-github-actions/auth@v2\n        with:\n          credentials_json: '${{ secrets.GCP_SA_KEY }}'\n",
        after: &["      id-token: write\n", "workload_identity_provider: ${{"],
    },
    Case {
        code: "GHA-06",
        path: ".github/workflows/a.yml",
        text: "on: push\njobs:\n  ship:\n    steps:\n      - uses: actions/create-github-app-token@v2\n        with:\n          app-id: ${{ vars.APP_ID }}\n          # rarely read\n          skip-token-revoke: true\n          private-key: ${{ steps.kms.outputs.key }}\n",
        after: &["          # rarely read\n          private-key"],
    },
    Case {
        code: "GHA-08",
        path: ".github/workflows/a.yml",
        text: "on: push\njobs:\n  ship:\n    permissions: {contents: read, id-token: write}\n    steps:\n      - uses: actions/setup-node@v4\n        with:\n          node-version: 24\n      - run: npm publish\n        env:\n          NODE_AUTH_TOKEN: ${{ secrets.NPM_TOKEN }}\n",
        after: &["      - run: npm publish\n"],
    },
    Case {
        code: "GHA-09",
        path: ".github/workflows/a.yml",
        text: "on: push\njobs:\n  ship:\n    permissions:\n      contents: read # only\n    steps:\n      - uses: pypa/gh-action-pypi-publish@release/v1\n        with:\n          user: __token__\n          password: ${{ secrets.PYPI_API_TOKEN }}\n      - run: echo done\n",
        after: &[
            "      contents: read # only\n      id-token: write\n",
            "release/v1\n      - run: echo done",
        ],
    },
    Case {
        code: "GHA-10",
        path: ".github/workflows/a.yml",
        text: "on: push\njobs:\n  ship:\n    permissions:\n      id-token: write\n    steps:\n      - uses: actions/checkout@v4\n      # out with it\n      - run: cargo publish\n        env:\n          CARGO_REGISTRY_TOKEN: ${{ secrets.CRATES_TOKEN }}\n",
        after: &[
            "      # out with it\n      - uses: rust-lang/crates-io-auth-action@v1\n        id: auth\n      - run: cargo publish\n",
            "${{ steps.auth.outputs.token }}",
        ],
    },
    Case {
        code: "GHA-12",
        path: ".github/workflows/a.yml",
        text: "on: push\njobs:\n  ship:\n    permissions:\n      packages: read\n    steps:\n      - uses: docker/login-action@v3\n        with:\n          registry: ghcr.io\n          username: robot\n          password: \"${{ secrets.CR_PAT }}\"\n",
        after: &["      packages: write\n", "password: ${{ github.token }}\n"],
    },
    Case {
        code: "GHA-23",
        path: ".github/workflows/a.yml",
        text: "on: push\njobs:\n  test:\n    permissions: write-all\n    steps:\n      - uses: codecov/codecov-action@v5\n        with:\n          token: ${{ secrets.CODECOV_TOKEN }} # upload\n          files: lcov.info\n",
        after: &["          use_oidc: true\n          files: lcov.info\n"],
    },
    Case {
        code: "GHA-24",
        path: ".github/workflows/a.yml",
        text: "on: push\njobs:\n  test:\n    steps:\n      - uses: actions/checkout@v4 # the tree\n      - uses: actions/upload-artifact@v4\n        with:\n          path: .\n",
        after: &["@v4 # the tree\n        with:\n          persist-credentials: false\n"],
    },
    Case {
        code: "OID-05",
        path: ".github/workflows/a.yml",
        text: "on: push\njobs:\n  ship:\n    permissions:\n      id-token: write\n    steps:\n      - uses: aws-actions/configure-aws-credentials@v4\n        with:\n          role-to-assume: arn:aws:iam::123456789012:role/ci\n          role-duration-seconds: \"21600\" # the long test\n",
        after: &["role-duration-seconds: \"3600\" # the long test"],
    },
    Case {
        code: "OID-05",
        path: "role.tf",
        text: "resource \"aws_iam_role\" \"ci\" {\n  name = \"ci\"\n  # a day\n  max_session_duration = 43200\n}\n",
        after: &["  # a day\n  max_session_duration = 3600\n"],
    },
    Case {
        code: "TF-09",
        path: "registry.tf",
        text: "resource \"azurerm_container_registry\" \"r\" {\n  name          = \"r\"\n  admin_enabled = true # for now\n}\n",
        after: &["  admin_enabled = false # for now\n"],
    },
    Case {
        code: "TF-16",
        path: "db.tf",
        text: "resource \"aws_db_instance\" \"db\" {\n  engine   = \"postgres\"\n  password = var.db_password # set by hand\n}\n",
        after: &["  manage_master_user_password = true # set by hand\n"],
    },
    Case {
        code: "CF-03",
        path: "main.bicep",
        text: "resource acr 'Microsoft.ContainerRegistry/registries@2023-07-01' = {\n  properties: {\n    adminUserEnabled: true // for now\n  }\n}\n",
        after: &["    adminUserEnabled: false // for now\n"],
    },
    Case {
        code: "SSH-03",
        path: "sign.sh",
        text: "#!/bin/sh\n# signs\nssh-keygen -s ca -I me -n root key.pub\n",
        after: &["ssh-keygen -V +1h -s ca"],
    },
];

/// The codes that are found, by case.
fn codes(sandbox: &Sandbox) -> BTreeSet<(usize, String)> {
    let args = ["scan", "--kind", "reference", "--format", "json"];
    let report: Value = serde_json::from_str(&sandbox.run(&args).stdout).expect("it is JSON");
    let mut found = BTreeSet::new();
    for finding in report["findings"].as_array().expect("a list") {
        let code = finding["rule"]["tags"][1].as_str().expect("the code");
        for occurrence in finding["occurrences"].as_array().expect("a list") {
            let path = occurrence["path"].as_str().expect("a path");
            let case = path.trim_start_matches("./").trim_start_matches("case");
            let number = case.split('/').next().unwrap_or_default().parse();
            found.insert((number.expect("a number"), code.to_owned()));
        }
    }
    let skipped = &report["coverage"]["skipped"];
    assert_eq!(skipped.as_array().map(Vec::len), Some(0), "{skipped}");
    found
}

/// The comments of a text, in order, but for those on lines that go.
fn comments(text: &str) -> Vec<&str> {
    let lines = text.lines().filter(|line| !line.contains("secrets."));
    lines
        .filter_map(|line| Some(&line[line.find(" # ").or(line.find(" // "))?..]))
        .collect()
}

#[test]
fn each_change_applies_with_git_keeps_comments_and_turns_the_finding_off() {
    let sandbox = Sandbox::with_repository();
    let path = |number: usize| format!("case{number}/{}", CASES[number].path);
    for (number, case) in CASES.iter().enumerate() {
        sandbox.file(&path(number), case.text);
    }
    sandbox.git(&["add", "-A"]);
    let before = codes(&sandbox);
    for (number, case) in CASES.iter().enumerate() {
        let there = before.contains(&(number, case.code.to_owned()));
        assert!(there, "case {number}: {} is not in {before:?}", case.code);
    }
    let patch = sandbox.run(&["remediate", "--diff"]).ends(0).stdout;
    let file = sandbox.file("../fix.patch", &patch);
    sandbox.git(&["apply", "--check", "../fix.patch"]);
    assert_eq!(codes(&sandbox), before, "nothing is applied unasked");
    sandbox.git(&["apply", "../fix.patch"]);
    std::fs::remove_file(file).expect("it was written");
    let after = codes(&sandbox);
    for (number, case) in CASES.iter().enumerate() {
        let text = sandbox.read(&path(number));
        let still = after.contains(&(number, case.code.to_owned()));
        assert!(
            !still,
            "case {number}: {} is still there\n{text}",
            case.code
        );
        for part in case.after {
            assert!(text.contains(part), "case {number}: no {part:?} in\n{text}");
        }
        assert_eq!(comments(&text), comments(case.text), "case {number}");
        let old: Vec<_> = before.iter().filter(|(n, _)| *n == number).collect();
        let new = after.iter().filter(|found| found.0 == number);
        for found in new {
            assert!(
                old.contains(&found),
                "case {number}: {found:?} is new\n{text}"
            );
        }
    }
    let again = sandbox.run(&["remediate", "--diff"]).ends(0).stdout;
    assert_eq!(again, "", "what is done is done");
}

/// Places where a change is not offered: it would take knowing more than the file says.
const LEFT: &[(&str, &str)] = &[
    // A private index knows no trusted publishers.
    (
        ".github/workflows/a.yml",
        "on: push\njobs:\n  ship:\n    steps:\n      - uses: pypa/gh-action-pypi-publish@release/v1\n        with:\n          repository-url: https://pypi.example.com/legacy/\n          password: ${{ secrets.PYPI_TOKEN }}\n",
    ),
    // Another registry takes no token of the job.
    (
        ".github/workflows/a.yml",
        "on: push\njobs:\n  ship:\n    steps:\n      - uses: docker/login-action@v3\n        with:\n          registry: docker.io\n          username: robot\n          password: ${{ secrets.DOCKERHUB_TOKEN }}\n",
    ),
    // Something pushes later.
    (
        ".github/workflows/a.yml",
        "on: push\njobs:\n  test:\n    steps:\n      - uses: actions/checkout@v4\n      - run: git push\n      - uses: actions/upload-artifact@v4\n        with:\n          path: .\n",
    ),
    // The step is shared by an alias.
    (
        ".github/workflows/a.yml",
        "on: push\nx: &login\n  uses: azure/login@v2\n  with:\n    creds: ${{ secrets.AZURE_CREDENTIALS }}\njobs:\n  ship:\n    steps:\n      - *login\n",
    ),
    // In braces there are no lines.
    (
        ".github/workflows/a.yml",
        "on: push\njobs:\n  ship:\n    steps:\n      - {uses: azure/login@v2, with: {creds: \"${{ secrets.AZURE_CREDENTIALS }}\"}}\n",
    ),
    // An old npm.
    (
        ".github/workflows/a.yml",
        "on: push\njobs:\n  ship:\n    steps:\n      - uses: actions/setup-node@v4\n        with:\n          node-version: 18\n      - run: npm publish\n        env:\n          NODE_AUTH_TOKEN: ${{ secrets.NPM_TOKEN }}\n",
    ),
];

#[test]
fn what_takes_knowing_more_is_left() {
    for (path, text) in LEFT {
        let sandbox = Sandbox::new();
        sandbox.file(path, text);
        sandbox.run(&["scan", "--kind", "reference"]).ends(1);
        let patch = sandbox.run(&["remediate", "--diff"]).ends(0).stdout;
        assert_eq!(patch, "", "{text}");
        sandbox
            .run(&["remediate"])
            .ends(0)
            .says(&["can be changed without knowing more"]);
    }
}

#[test]
fn the_list_says_what_a_change_needs() {
    let sandbox = Sandbox::new();
    sandbox.file(CASES[0].path, CASES[0].text);
    sandbox.run(&["remediate"]).ends(0).says(&[
        "a.yml:12",
        "AWS keys in the login step",
        "needs the permission `id-token: write` in the job",
        "a role in AWS",
        "1 of ",
    ]);
}

#[test]
fn marked_references_are_left_alone() {
    let sandbox = Sandbox::new();
    let marker = ["sluice", "allow"].join(":");
    let marked = CASES[13].text.replace("for now", &marker);
    sandbox.file("registry.tf", &marked);
    assert_eq!(sandbox.run(&["remediate", "--diff"]).ends(0).stdout, "");
}

#[test]
fn lines_with_secrets_are_not_printed() {
    let sandbox = Sandbox::new();
    let text = format!("# {}\n{}", token_line(), CASES[13].text);
    sandbox.file("registry.tf", &text);
    let ran = sandbox.run(&["remediate", "--diff"]).ends(0);
    assert_eq!(ran.stdout, "");
    assert!(ran.stderr.contains("would show a secret"), "{ran:?}");
    let shown = sandbox.run(&["remediate", "--diff", "--show-secrets"]);
    shown.ends(0).says(&["+  admin_enabled = false"]);
}
