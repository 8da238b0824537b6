//! Names that say what a file is, or that it is nothing that is looked for.

use super::Kind;

/// Whether the name says that this is source code or an image, of which most trees are full:
/// the names that are looked for need not be held against it.
pub(super) fn is_source(name: &str) -> bool {
    // `Dockerfile.rb`, `.env.ts`
    if matches!(name.as_bytes().first(), Some(b'.' | b'C' | b'D' | b'J')) {
        return false;
    }
    let ending = memchr::memrchr(b'.', name.as_bytes()).map_or("", |dot| &name[dot + 1..]);
    matches!(
        ending,
        "c" | "cc"
            | "cpp"
            | "cs"
            | "css"
            | "dart"
            | "erl"
            | "ex"
            | "exs"
            | "gif"
            | "go"
            | "h"
            | "hpp"
            | "hs"
            | "html"
            | "java"
            | "jpg"
            | "js"
            | "jsx"
            | "kt"
            | "m"
            | "mm"
            | "php"
            | "pl"
            | "png"
            | "py"
            | "rb"
            | "rs"
            | "rst"
            | "scala"
            | "scss"
            | "svg"
            | "swift"
            | "ts"
            | "tsx"
            | "vue"
    )
}

/// What files of these names are, wherever they lie; by name.
pub(super) const NAMES: [(&str, Kind); 78] = [
    (".boto", Kind::Profiles),
    (".bunfig.toml", Kind::Bunfig),
    (".claude.json", Kind::Mcp),
    (".condarc", Kind::Conda),
    (".cursorrules", Kind::Instructions),
    (".databrickscfg", Kind::Profiles),
    (".devcontainer.json", Kind::Editor),
    (".dockercfg", Kind::DockerClient),
    (".drone.yaml", Kind::Drone),
    (".drone.yml", Kind::Drone),
    (".env.prod", Kind::DotenvProduction),
    (".env.production", Kind::DotenvProduction),
    (".envrc", Kind::Envrc),
    (".gitmodules", Kind::Requirements),
    (".kubeconfig", Kind::Kubeconfig),
    (".mcp.json", Kind::Mcp),
    (".mise.toml", Kind::Mise),
    (".npmrc", Kind::Npmrc),
    (".pypirc", Kind::Pypirc),
    (".renovaterc", Kind::Renovate),
    (".renovaterc.json", Kind::Renovate),
    (".s3cfg", Kind::Profiles),
    (".terraformrc", Kind::Terraform),
    (".travis.yml", Kind::Travis),
    (".yarnrc.yml", Kind::Yarnrc),
    ("AGENTS.md", Kind::Instructions),
    ("CLAUDE.md", Kind::Instructions),
    ("GEMINI.md", Kind::Instructions),
    ("GNUmakefile", Kind::Shell),
    ("Makefile", Kind::Shell),
    ("NuGet.Config", Kind::Xml),
    ("NuGet.config", Kind::Xml),
    ("Pipfile", Kind::Requirements),
    ("SKILL.md", Kind::Instructions),
    ("action.yaml", Kind::Action),
    ("action.yml", Kind::Action),
    ("ansible.cfg", Kind::AnsibleConfig),
    ("application.properties", Kind::Framework),
    ("auth.json", Kind::Composer),
    ("authorized_keys", Kind::AuthorizedKeys),
    ("azure-pipelines.yaml", Kind::Azure),
    ("azure-pipelines.yml", Kind::Azure),
    ("bitbucket-pipelines.yml", Kind::Bitbucket),
    ("build.gradle.kts", Kind::Gradle),
    ("buildspec.yaml", Kind::CodeBuild),
    ("buildspec.yml", Kind::CodeBuild),
    ("bunfig.toml", Kind::Bunfig),
    ("claude_desktop_config.json", Kind::Mcp),
    ("database.yml", Kind::Framework),
    ("devcontainer.json", Kind::Editor),
    ("hosts", Kind::Inventory),
    ("hosts.ini", Kind::Inventory),
    ("inventory", Kind::Inventory),
    ("inventory.ini", Kind::Inventory),
    ("jenkins.yaml", Kind::JenkinsCasc),
    ("jenkins.yml", Kind::JenkinsCasc),
    ("justfile", Kind::Shell),
    ("kubeconfig", Kind::Kubeconfig),
    ("makefile", Kind::Shell),
    ("mcp.json", Kind::Mcp),
    ("mise.toml", Kind::Mise),
    ("nuget.config", Kind::Xml),
    ("opencode.json", Kind::Mcp),
    ("package.json", Kind::PackageJson),
    ("pip.conf", Kind::Requirements),
    ("pip.ini", Kind::Requirements),
    ("prod.env", Kind::DotenvProduction),
    ("production.env", Kind::DotenvProduction),
    ("pyproject.toml", Kind::Requirements),
    ("rclone.conf", Kind::Profiles),
    ("renovate.json", Kind::Renovate),
    ("renovate.json5", Kind::Renovate),
    ("serverless.yaml", Kind::Serverless),
    ("serverless.yml", Kind::Serverless),
    ("settings.gradle.kts", Kind::Gradle),
    ("settings.xml", Kind::Xml),
    ("terraform.rc", Kind::Terraform),
    ("uv.toml", Kind::Requirements),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_in_order() {
        assert!(NAMES.is_sorted_by(|a, b| a.0 < b.0));
        for (name, source) in [
            ("main.go", true),
            ("Dockerfile.rb", false),
            (".env.ts", false),
            ("vue", false),
            ("main.tf", false),
        ] {
            assert_eq!(is_source(name), source, "{name}");
        }
    }
}
