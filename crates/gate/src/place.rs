//! What a path says about the file.

use crate::words::PathClass;

/// Folders and what is in them, wherever they stand in a path. The first that fits counts.
const FOLDERS: &[(PathClass, &[&str])] = &[
    (
        PathClass::Vendored,
        &[
            "vendor",
            "third_party",
            "third-party",
            "node_modules",
            "bower_components",
        ],
    ),
    (
        PathClass::Test,
        &[
            "test",
            "tests",
            "__tests__",
            "spec",
            "specs",
            "testdata",
            "test-data",
            "fixtures",
            "fixture",
            "mocks",
            "__mocks__",
            "e2e",
            "testing",
        ],
    ),
    (
        PathClass::Example,
        &[
            "example",
            "examples",
            "sample",
            "samples",
            "demo",
            "demos",
            "template",
            "templates",
        ],
    ),
    (PathClass::Docs, &["doc", "docs", "documentation", "man"]),
    (
        PathClass::Ci,
        &[
            ".github",
            ".circleci",
            ".gitlab",
            ".buildkite",
            ".woodpecker",
            ".teamcity",
            ".tekton",
        ],
    ),
    (
        PathClass::Iac,
        &[
            "terraform",
            "tofu",
            "k8s",
            "kubernetes",
            "helm",
            "charts",
            "ansible",
            "pulumi",
            "cloudformation",
            "kustomize",
            "infra",
            "infrastructure",
            "deploy",
            "deployment",
        ],
    ),
];

/// File names of pipelines, in lower case.
const PIPELINES: &[&str] = &[
    ".gitlab-ci.yml",
    "jenkinsfile",
    "azure-pipelines.yml",
    ".travis.yml",
    ".drone.yml",
    "bitbucket-pipelines.yml",
    "buildspec.yml",
    "cloudbuild.yaml",
    "appveyor.yml",
    ".cirrus.yml",
    "codefresh.yml",
    "buildkite.yml",
    "wercker.yml",
];

/// Ends of file names, in lower case.
const ENDS: &[(PathClass, &[&str])] = &[
    (PathClass::Local, &[".local", ".env.local", ".envrc"]),
    (
        PathClass::Test,
        &[
            "_test.go", "_test.py", "_spec.rb", ".test.ts", ".test.js", ".spec.ts", ".spec.js",
        ],
    ),
    (
        PathClass::Example,
        &[".example", ".sample", ".template", ".dist", ".tmpl"],
    ),
    (
        PathClass::Iac,
        &[
            ".tf",
            ".tfvars",
            ".hcl",
            ".bicep",
            "dockerfile",
            "containerfile",
        ],
    ),
    (
        PathClass::Docs,
        &[".md", ".rst", ".adoc", ".markdown", ".mdx"],
    ),
];

/// What the file at the path is for.
pub(crate) fn class(path: &str) -> PathClass {
    let path = path.to_ascii_lowercase();
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", &path));
    // A pipeline is one wherever it lies: what it can reach does not depend on the folder.
    if PIPELINES.contains(&name) || folders.contains(".github/workflows") {
        return PathClass::Ci;
    }
    let by_folder = FOLDERS
        .iter()
        .find(|(_, known)| folders.split('/').any(|folder| known.contains(&folder)));
    let by_end = || {
        ENDS.iter()
            .find(|(_, known)| known.iter().any(|end| name.ends_with(end)))
    };
    by_folder
        .or_else(by_end)
        .map_or(PathClass::Prod, |(class, _)| *class)
}

/// How mildly a class is judged; of several places of a finding the hardest counts.
pub(crate) fn mildness(class: PathClass) -> u8 {
    match class {
        PathClass::Prod => 0,
        PathClass::Ci => 1,
        PathClass::Iac => 2,
        PathClass::Vendored => 3,
        PathClass::Local => 4,
        PathClass::Example => 5,
        PathClass::Docs => 6,
        PathClass::Test => 7,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_tell_what_a_file_is_for() {
        use PathClass::{Ci, Docs, Example, Iac, Local, Prod, Test, Vendored};
        for (path, want) in [
            ("src/app.py", Prod),
            (".env", Prod),
            ("config/production.yml", Prod),
            (".github/workflows/ci.yml", Ci),
            ("tests/repo/.github/workflows/ci.yml", Ci),
            (".gitlab-ci.yml", Ci),
            ("Jenkinsfile", Ci),
            ("infra/main.tf", Iac),
            ("app/Dockerfile", Iac),
            ("tests/data/key.pem", Test),
            ("pkg/auth/token_test.go", Test),
            ("README.md", Docs),
            ("docs/setup.txt", Docs),
            (".env.example", Example),
            ("vendor/lib/tests/a.c", Vendored),
            ("web/.env.local", Local),
            ("contest/app.py", Prod),
            ("latest/app.py", Prod),
        ] {
            assert_eq!(class(path), want, "{path}");
        }
    }
}
