//! What a file is, by its path and by a look at its content.

mod content;
mod names;

pub(crate) use content::by_content;
use names::{NAMES, is_source};

/// What a file is read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Workflow,
    Action,
    Dependabot,
    Renovate,
    GitLab,
    Circle,
    Azure,
    Bitbucket,
    Travis,
    Drone,
    CodeBuild,
    Jenkinsfile,
    JenkinsCasc,
    TeamCity,
    Dockerfile,
    Compose,
    Terraform,
    TerraformJson,
    /// One of the manifests, templates and playbooks that are told by their content.
    Yaml,
    Kubernetes,
    HelmTemplate,
    HelmValues,
    CloudFormation,
    CloudFormationJson,
    Serverless,
    Bicep,
    ArmJson,
    PolicyJson,
    Ansible,
    AnsibleConfig,
    Inventory,
    Json,
    Npmrc,
    Yarnrc,
    Bunfig,
    Requirements,
    Pypirc,
    CargoConfig,
    Xml,
    Gradle,
    Composer,
    Bundler,
    Conda,
    DockerClient,
    Profiles,
    PackageJson,
    Mcp,
    McpToml,
    Editor,
    Envrc,
    Mise,
    Instructions,
    DotenvProduction,
    Dotenv,
    Shell,
    AuthorizedKeys,
    SshCertificate,
    Framework,
    Kubeconfig,
}

impl Kind {
    /// What people call such a file.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Workflow => "workflow",
            Self::Action => "action",
            Self::Terraform | Self::TerraformJson => "Terraform",
            Self::HelmTemplate | Self::HelmValues => "chart",
            Self::Kubernetes | Self::Yaml | Self::Kubeconfig => "manifest",
            Self::Dockerfile | Self::Compose => "container",
            _ => "configuration",
        }
    }

    /// Whether the reader of it follows the variables of scripts.
    pub(crate) fn has_scripts(self) -> bool {
        matches!(
            self,
            Self::Workflow
                | Self::Action
                | Self::GitLab
                | Self::Circle
                | Self::Azure
                | Self::Bitbucket
                | Self::Dockerfile
                | Self::Shell
        )
    }

    /// Whether the path alone leaves no doubt about what it is, and something runs with it.
    pub(crate) fn is_certain(self) -> bool {
        matches!(
            self,
            Self::Workflow
                | Self::Dependabot
                | Self::GitLab
                | Self::Circle
                | Self::Bitbucket
                | Self::Travis
                | Self::Terraform
        )
    }
}

/// What the file at `path` may be.
pub(crate) fn by_path(path: &str) -> Option<Kind> {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    if is_source(name) {
        return None;
    }
    let last_folder = folder.rsplit('/').next().unwrap_or_default();
    if let Some(kind) = by_name(folder, last_folder, name) {
        return Some(kind);
    }
    let extension = name.rsplit_once('.').map(|(_, extension)| extension)?;
    match extension {
        // What a package manager writes is long, and no credential is looked for in it.
        "yml" | "yaml" if name.contains("-lock.") => None,
        "yml" | "yaml" => Some(yaml(folder, last_folder, name)),
        "tpl" if last_folder == "templates" => Some(Kind::HelmTemplate),
        "tf" | "tofu" => Some(Kind::Terraform),
        "hcl" if name == "terragrunt.hcl" => Some(Kind::Terraform),
        "json" => json(folder, last_folder, name),
        "template" => Some(Kind::CloudFormationJson),
        "dockerfile" | "Dockerfile" => Some(Kind::Dockerfile),
        "sh" | "bash" | "zsh" | "mk" => Some(Kind::Shell),
        "bicep" => Some(Kind::Bicep),
        "gradle" => Some(Kind::Gradle),
        "kubeconfig" => Some(Kind::Kubeconfig),
        "mdc" => Some(Kind::Instructions),
        "kts" if folder.contains(".teamcity") => Some(Kind::TeamCity),
        _ => None,
    }
}

fn by_name(folder: &str, last_folder: &str, name: &str) -> Option<Kind> {
    if let Ok(at) = NAMES.binary_search_by_key(&name, |(name, _)| name) {
        return Some(NAMES[at].1);
    }
    let kind = match name {
        "dependabot.yml" | "dependabot.yaml" if last_folder == ".github" => Kind::Dependabot,
        "config" | "credentials" if last_folder == ".aws" => Kind::Profiles,
        "config" if last_folder == ".oci" => Kind::Profiles,
        "config" if last_folder == ".kube" => Kind::Kubeconfig,
        "config" if last_folder == ".bundle" => Kind::Bundler,
        "config.json" if last_folder == ".docker" => Kind::DockerClient,
        "config.toml" | "credentials.toml" | "config" if last_folder == ".cargo" => {
            Kind::CargoConfig
        }
        "config.toml" if last_folder == ".codex" => Kind::McpToml,
        "config.toml" if last_folder == ".snowflake" => Kind::Profiles,
        "settings.json" | "settings.local.json"
            if [".claude", ".gemini"].contains(&last_folder) =>
        {
            Kind::Mcp
        }
        "launch.json" | "settings.json" if last_folder == ".vscode" => Kind::Editor,
        "config.yml" if last_folder == ".circleci" => Kind::Circle,
        _ if name.ends_with("-cert.pub") => Kind::SshCertificate,
        _ if name.starts_with("Dockerfile") || name.starts_with("Containerfile") => {
            Kind::Dockerfile
        }
        _ if name.starts_with("Jenkinsfile") => Kind::Jenkinsfile,
        _ if name.starts_with("requirements") && name.ends_with(".txt") => Kind::Requirements,
        _ if name.starts_with("application")
            && (name.ends_with(".yml") || name.ends_with(".properties")) =>
        {
            Kind::Framework
        }
        _ if name.starts_with(".env") && !name.contains("example") && !name.contains("sample") => {
            Kind::Dotenv
        }
        _ if folder.ends_with(".cargo") && name == "credentials" => Kind::CargoConfig,
        _ => return None,
    };
    Some(kind)
}

fn yaml(folder: &str, last_folder: &str, name: &str) -> Kind {
    if folder.ends_with(".github/workflows") {
        return Kind::Workflow;
    }
    if name.ends_with(".gitlab-ci.yml")
        || name.ends_with(".gitlab-ci.yaml")
        || name == "gitlab-ci.yml"
        || folder.contains(".gitlab/ci")
    {
        return Kind::GitLab;
    }
    if name.starts_with("azure-pipelines")
        || folder.contains(".azure-pipelines")
        || last_folder == ".azuredevops"
    {
        return Kind::Azure;
    }
    if name.starts_with("docker-compose")
        || name.starts_with("compose.")
        || name.starts_with("compose-")
    {
        return Kind::Compose;
    }
    if name.starts_with(".woodpecker")
        || last_folder == ".woodpecker"
        || folder.ends_with(".buildkite")
        || name.starts_with(".drone")
    {
        return Kind::Drone;
    }
    if last_folder == "templates" || folder.contains("/templates/") {
        return Kind::HelmTemplate;
    }
    if name.starts_with("values") {
        return Kind::HelmValues;
    }
    if ["group_vars", "host_vars"]
        .iter()
        .any(|f| folder.split('/').any(|part| part == *f))
    {
        return Kind::Ansible;
    }
    Kind::Yaml
}

fn json(folder: &str, last_folder: &str, name: &str) -> Option<Kind> {
    if name.ends_with(".tf.json") {
        return Some(Kind::TerraformJson);
    }
    if [".cursor", ".vscode"].contains(&last_folder) && name == "mcp.json" {
        return Some(Kind::Mcp);
    }
    if folder.contains("node_modules") || name.contains("lock") || name == "tsconfig.json" {
        return None;
    }
    Some(Kind::Json)
}
