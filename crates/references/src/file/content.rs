//! What a file is, by a look at what stands in it.

use std::sync::LazyLock;

use aho_corasick::packed::Searcher;
use memchr::memmem;

use super::Kind;

/// What a word in a YAML file of no particular name says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sign {
    Manifest,
    Template,
    /// A login of Ansible: all of them have one of these words in their names.
    Login,
    /// An argument of a module of Ansible, which counts beside `{{`.
    Argument,
    Sops,
    Jenkins,
}

const SIGNS: [(&str, Sign); 19] = [
    ("apiVersion:", Sign::Manifest),
    ("AWS::", Sign::Template),
    ("_pass", Sign::Login),
    ("private_key_file", Sign::Login),
    ("!vault", Sign::Login),
    ("ssh_authorized_keys", Sign::Login),
    ("lookup(", Sign::Argument),
    ("aws_secret_key", Sign::Argument),
    ("aws_secret_access_key", Sign::Argument),
    ("secret_key", Sign::Argument),
    ("aws_access_key", Sign::Argument),
    ("client_secret", Sign::Argument),
    ("service_account_file", Sign::Argument),
    ("service_account_contents", Sign::Argument),
    ("vault_secret_id", Sign::Argument),
    ("api_token", Sign::Argument),
    ("github_token", Sign::Argument),
    ("sops:", Sign::Sops),
    ("domainCredentials", Sign::Jenkins),
];

/// All of them at once, where the processor can: trees hold large YAML files in which there
/// is none. An automaton takes ten steps for each byte of them.
static SEARCH: LazyLock<Option<Searcher>> =
    LazyLock::new(|| Searcher::new(SIGNS.iter().map(|(word, _)| word)));

/// What the words in a YAML file say.
fn signs(bytes: &[u8]) -> Vec<Sign> {
    let mut seen = Vec::new();
    let mut note = |sign: Sign| {
        if !seen.contains(&sign) {
            seen.push(sign);
        }
    };
    match &*SEARCH {
        Some(search) => search
            .find_iter(bytes)
            .for_each(|found| note(SIGNS[found.pattern().as_usize()].1)),
        None => SIGNS
            .iter()
            .filter(|(word, _)| memmem::find(bytes, word.as_bytes()).is_some())
            .for_each(|(_, sign)| note(*sign)),
    }
    seen
}

/// What a YAML file is whose path does not say it.
fn yaml_by_content(bytes: &[u8], has: impl Fn(&str) -> bool) -> Option<Kind> {
    let seen = signs(bytes);
    let says = |sign: Sign| seen.contains(&sign);
    if says(Sign::Manifest) && has("kind:") {
        let template = has("{{") && !has("${{") || has("{{-");
        return Some(match template {
            true => Kind::HelmTemplate,
            false => Kind::Kubernetes,
        });
    }
    if says(Sign::Template) {
        Some(Kind::CloudFormation)
    } else if says(Sign::Login) || says(Sign::Argument) && has("{{") {
        Some(Kind::Ansible)
    } else if says(Sign::Sops) {
        Some(Kind::Kubernetes)
    } else if says(Sign::Jenkins) {
        Some(Kind::JenkinsCasc)
    } else {
        None
    }
}

/// What it is, after a look at what stands in it; `None` if nothing there is looked for.
pub(crate) fn by_content(kind: Kind, bytes: &[u8]) -> Option<Kind> {
    let has = |word: &str| memmem::find(bytes, word.as_bytes()).is_some();
    // What a JSON file says about itself stands at its start; many are large and say nothing.
    let head = &bytes[..bytes.len().min(4096)];
    let starts_with = |word: &str| memmem::find(head, word.as_bytes()).is_some();
    match kind {
        Kind::Yaml => yaml_by_content(bytes, has),
        Kind::HelmTemplate if !has("apiVersion") => None,
        Kind::Json if has("\"AWS::") => Some(Kind::CloudFormationJson),
        Kind::Json if starts_with("deploymentTemplate.json") => Some(Kind::ArmJson),
        Kind::Json if has("\"Federated\"") => Some(Kind::PolicyJson),
        Kind::Json if starts_with("\"apiVersion\"") && has("\"kind\"") => Some(Kind::Kubernetes),
        Kind::Json => None,
        Kind::CloudFormationJson if !has("AWS::") => None,
        Kind::CloudFormationJson if bytes.trim_ascii_start().first() != Some(&b'{') => {
            Some(Kind::CloudFormation)
        }
        // One word is enough to say that a file may be worth the reading.
        Kind::Requirements | Kind::PackageJson if !has("@") || !has("://") => None,
        other => Some(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yaml_is_told_by_its_words() {
        for (text, kind) in [
            ("apiVersion: v1\nkind: Secret\n", Some(Kind::Kubernetes)),
            (
                "apiVersion: v1\nkind: {{ .kind }}\n",
                Some(Kind::HelmTemplate),
            ),
            ("apiVersion: v1\n", None),
            ("Type: AWS::IAM::User\n", Some(Kind::CloudFormation)),
            ("ansible_ssh_pass: x\n", Some(Kind::Ansible)),
            ("client_secret_key: '{{ x }}'\n", Some(Kind::Ansible)),
            ("client_secret_key: x\n", None),
            ("sops:\n  age: x\n", Some(Kind::Kubernetes)),
            ("domainCredentials: x\n", Some(Kind::JenkinsCasc)),
            ("a: b\n", None),
        ] {
            // So that the fast search has something to do.
            let long = format!("{}{text}", "# nothing here\n".repeat(20));
            for text in [text, &long] {
                assert_eq!(by_content(Kind::Yaml, text.as_bytes()), kind, "{text}");
            }
        }
    }
}
