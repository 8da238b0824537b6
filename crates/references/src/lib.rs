//! References to long-lived credentials: places that hold no secret and still make a
//! build, a deploy or a running system depend on a stored one.
//!
//! - [`inspect`] reads one file as what it is and gives its [`Reference`]s.
//! - [`Pattern`] is an entry of the catalogue: what it is called, why it matters, what to
//!   write instead.
//! - [`WATCH`] are the words to look for in source code, where nothing is parsed.
//!
//! ```
//! let workflow = b"jobs:\n  ship:\n    steps:\n      - uses: aws-actions/configure-aws-credentials@v4\n        \
//!     with:\n          aws-secret-access-key: ${{ secrets.AWS_KEY }}\n";
//! let seen = sluicegate_references::inspect(".github/workflows/ship.yml", workflow, &[]);
//! let login = seen.references.iter().find(|r| r.pattern.pattern().code() == "GHA-01");
//! assert_eq!(login.map(|r| r.name.as_str()), Some("AWS_KEY"));
//! ```
//!
//! Path and bytes in, references out: it opens no file and decides nothing. What a file
//! is follows from its path, and from its content where many things share a path.

#![forbid(unsafe_code)]

mod agents;
mod ansible;
mod ci;
mod cloudformation;
mod compose;
mod dockerfile;
mod expr;
mod file;
mod found;
mod github;
mod hcl;
mod ini;
mod jenkins;
mod json;
mod kubernetes;
mod name;
mod node;
mod packages;
mod part;
mod pattern;
mod provider;
mod remedy;
mod script;
mod shell;
mod shellfile;
mod source;
mod ssh_certificate;
mod terraform;
mod toml_tree;
mod trust;
mod yaml;

use std::borrow::Cow;

use sluicegate_core::{Confidence, Span};

use file::Kind;
use found::{Area, Ctx};
use node::{Malformed, Node};
use pattern::id;

pub use found::Reference;
pub use pattern::{Pattern, PatternId};
pub use remedy::{Remedied, Remedy, remedy};

/// Words that stand where source code builds a client from a stored credential. Whoever
/// has a fast search hands the places to [`inspect`]; without them source code is left
/// out.
pub const WATCH: &[&str] = source::WORDS;

/// What one file gave.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Inspection {
    /// The references, by place.
    pub references: Vec<Reference>,
    /// Why the file could not be read as what it seems to be.
    pub trouble: Option<Trouble>,
}

/// A file that could not be read as what it seems to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// What is wrong and where, without anything from the file.
    pub detail: String,
    /// Whether the path leaves no doubt about what the file should be, and something runs
    /// with it: what it refers to is then not known. Otherwise it may be a template, a
    /// test or something else of that name.
    pub is_certain: bool,
}

/// Whether the file at `path` may hold references that are found by structure. Cheap:
/// looks at the path only.
pub fn is_candidate(path: &str) -> bool {
    file::by_path(path).is_some()
}

/// What is to be said of the file at `path` if it is not looked at, because it is too
/// large to be read at once; nothing if the path says that no references are in it.
///
/// ```
/// use sluicegate_references::unread;
///
/// assert!(unread("main.tf", "larger than 2 MiB").is_some_and(|trouble| trouble.is_certain));
/// assert!(unread("photo.png", "larger than 2 MiB").is_none());
/// ```
pub fn unread(path: &str, why: &str) -> Option<Trouble> {
    let kind = file::by_path(path)?;
    Some(Trouble {
        detail: format!("{}: {why}, not looked at for references", kind.title()),
        is_certain: is_certain(kind, path),
    })
}

/// Whether there is no doubt that the file is what its path says, and something runs with
/// it.
fn is_certain(kind: Kind, path: &str) -> bool {
    let is_template = path.split('/').any(|folder| folder == "templates");
    kind.is_certain() && Area::of(path) == Area::Own && !is_template
}

/// Reads a file. `watched` are places of [`WATCH`] in it: the word's number and where it
/// stands.
pub fn inspect(path: &str, bytes: &[u8], watched: &[(usize, Span)]) -> Inspection {
    let mut seen = Inspection::default();
    let kind = file::by_path(path).and_then(|kind| file::by_content(kind, bytes));
    if kind.is_none() && watched.is_empty() {
        return seen;
    }
    let text = readable(bytes);
    let mut ctx = Ctx::new(path, &text);
    if let Some(kind) = kind
        && let Err(Malformed { what }) = read(&mut ctx, kind)
    {
        seen.trouble = Some(Trouble {
            detail: format!("{}: {what}", kind.title()),
            is_certain: is_certain(kind, path),
        });
    }
    if !watched.is_empty() {
        let structured = kind.is_some_and(Kind::has_scripts) && seen.trouble.is_none();
        source::read(&mut ctx, watched, structured);
    }
    seen.references = tidy(ctx.found);
    part::assign(&mut seen.references, ctx.parts);
    seen
}

/// The bytes as text of the same length: what is no UTF-8 becomes `?`.
fn readable(bytes: &[u8]) -> Cow<'_, str> {
    let mut text = String::new();
    let mut rest = bytes;
    loop {
        match std::str::from_utf8(rest) {
            Ok(valid) if text.is_empty() => return Cow::Borrowed(valid),
            Ok(valid) => {
                text.push_str(valid);
                return Cow::Owned(text);
            }
            Err(error) => {
                let (valid, tail) = rest.split_at(error.valid_up_to());
                text.push_str(&String::from_utf8_lossy(valid));
                let bad = error.error_len().unwrap_or(tail.len());
                text.extend(std::iter::repeat_n('?', bad));
                rest = &tail[bad..];
            }
        }
    }
}

/// What reads the documents of a YAML file.
type ReadTree = fn(&mut Ctx<'_>, &Node<'_>);

fn read(ctx: &mut Ctx<'_>, kind: Kind) -> Result<(), Malformed> {
    let text = ctx.text;
    let of_yaml: ReadTree = match kind {
        Kind::Workflow => github::workflow,
        Kind::Action => github::composite,
        Kind::Dependabot => packages::dependabot,
        Kind::GitLab => ci::gitlab,
        Kind::Circle => ci::circle,
        Kind::Azure => ci::azure,
        Kind::Bitbucket => ci::bitbucket,
        Kind::Travis => ci::travis,
        Kind::Drone => ci::drone,
        Kind::CodeBuild => ci::codebuild,
        Kind::JenkinsCasc => jenkins::casc,
        Kind::Compose => compose::read,
        Kind::Yaml | Kind::Kubernetes | Kind::HelmTemplate => kubernetes::read,
        Kind::Kubeconfig => kubernetes::kubeconfig,
        Kind::HelmValues => kubernetes::values,
        Kind::CloudFormation => cloudformation::read,
        Kind::Serverless => cloudformation::serverless,
        Kind::Ansible => ansible::yaml,
        Kind::Yarnrc => packages::yarnrc,
        Kind::Bundler => packages::bundler,
        other => return read_other(ctx, other),
    };
    // Places are the same in the masked text, and what stands there is taken from the
    // real one.
    let masked = match kind {
        Kind::HelmTemplate => yaml::mask(text),
        _ => String::new(),
    };
    let source = if masked.is_empty() { text } else { &masked };
    let relaxed;
    let roots = match yaml::parse(source) {
        Ok(roots) => roots,
        Err(why) => {
            relaxed = yaml::relaxed(source).ok_or(why)?;
            yaml::parse(&relaxed)?
        }
    };
    for root in &roots {
        of_yaml(ctx, root);
    }
    Ok(())
}

fn read_other(ctx: &mut Ctx<'_>, kind: Kind) -> Result<(), Malformed> {
    let text = ctx.text;
    match kind {
        Kind::Terraform => terraform::read(ctx, &hcl::parse(text)?),
        Kind::TerraformJson => terraform::read(ctx, &json::parse(text)?),
        Kind::Renovate => packages::renovate(ctx, &json::parse(text)?),
        Kind::CloudFormationJson => cloudformation::read(ctx, &json::parse(text)?),
        Kind::PolicyJson => trust::policies(ctx, &json::parse(text)?),
        Kind::Composer => packages::composer(ctx, &json::parse(text)?),
        Kind::DockerClient => packages::docker_client(ctx, &json::parse(text)?),
        Kind::Mcp => agents::mcp(ctx, &json::parse(text)?),
        Kind::Editor => agents::editor(ctx, &json::parse(text)?),
        Kind::McpToml => agents::mcp(ctx, &toml_tree::parse(text)?),
        Kind::Bunfig => packages::bunfig(ctx, &toml_tree::parse(text)?),
        Kind::CargoConfig => packages::cargo(ctx, &toml_tree::parse(text)?),
        Kind::Mise => agents::mise(ctx, &toml_tree::parse(text)?),
        Kind::Xml => packages::xml(ctx)?,
        Kind::Bicep | Kind::ArmJson => cloudformation::bicep(ctx),
        Kind::Jenkinsfile => jenkins::read(ctx),
        Kind::TeamCity => jenkins::teamcity(ctx),
        Kind::Dockerfile => dockerfile::read(ctx),
        Kind::AnsibleConfig => ansible::config(ctx),
        Kind::Inventory => ansible::inventory(ctx),
        Kind::AuthorizedKeys => ansible::authorized_keys(ctx),
        Kind::SshCertificate => ssh_certificate::inspect(ctx),
        Kind::Npmrc => packages::npmrc(ctx),
        Kind::Requirements => packages::index_urls(ctx),
        Kind::PackageJson => packages::repository_urls(ctx),
        Kind::Pypirc => packages::pypirc(ctx),
        Kind::Gradle => packages::gradle(ctx),
        Kind::Conda => packages::conda(ctx),
        Kind::Profiles => packages::profiles(ctx),
        Kind::Envrc => agents::envrc(ctx),
        Kind::Instructions => agents::instructions(ctx),
        Kind::DotenvProduction => packages::dotenv(ctx),
        Kind::Dotenv => packages::public_env(ctx),
        Kind::Shell => shellfile::read(ctx),
        Kind::Framework => source::framework(ctx),
        _ => {}
    }
    Ok(())
}

/// In order of their places. What is only known to be some credential goes where the
/// file says elsewhere what it is.
fn tidy(mut found: Vec<Reference>) -> Vec<Reference> {
    let told: Vec<String> = found
        .iter()
        .filter(|f| {
            f.confidence > Confidence::Hint
                && ![id::CI_01, id::GHA_19, id::GHA_20].contains(&f.pattern)
        })
        .map(|f| f.name.clone())
        .collect();
    found.retain(|f| f.pattern != id::CI_01 || !told.contains(&f.name));
    found.sort_by(|a, b| (a.span, a.pattern, &a.name).cmp(&(b.span, b.pattern, &b.name)));
    found
}
