//! Dockerfiles: instructions with their continuations and here-documents.

use sluicegate_core::{Confidence, Span};

use crate::found::Ctx;
use crate::name::{self, Class, Name, Named};
use crate::pattern::{PatternId, id};
use crate::script::{self, Bound, Platform, Variables};
use crate::shell;

/// One instruction.
struct Instruction<'t> {
    /// In upper case.
    name: String,
    rest: &'t str,
    span: Span,
}

const PLATFORM: Platform = Platform {
    pattern,
    report_plain: false,
};

fn pattern(named: Named) -> PatternId {
    match named.class {
        Class::Npm => id::PKG_01,
        Class::Pypi => id::PKG_03,
        Class::Scm | Class::Ssh => id::CTR_04,
        _ => id::CTR_01,
    }
}

/// Reads a Dockerfile.
pub(crate) fn read(ctx: &mut Ctx<'_>) {
    let mut variables = Variables::of_file();
    for instruction in instructions(ctx.text) {
        match instruction.name.as_str() {
            "ARG" => arg(ctx, &instruction, &mut variables),
            "ENV" => env(ctx, &instruction, &mut variables),
            "COPY" | "ADD" => copy(ctx, &instruction),
            "RUN" => run(ctx, &instruction, &variables),
            _ => {}
        }
    }
}

fn instructions(text: &str) -> Vec<Instruction<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let start = at;
        let mut end = line_end(text, at);
        let first = text[start..end].trim_start();
        if first.is_empty() || first.starts_with('#') {
            at = end + 1;
            continue;
        }
        while end < text.len() && continues(&text[start..end]) {
            end = line_end(text, end + 1);
        }
        let mut whole = &text[start..end];
        if let Some(delimiter) = heredoc(whole) {
            while end < text.len() {
                let next = line_end(text, end + 1);
                let line = text.get(end + 1..next).unwrap_or_default().trim();
                end = next;
                if line == delimiter {
                    break;
                }
            }
            whole = &text[start..end.min(text.len())];
        }
        at = end + 1;
        let word = whole.trim_start();
        let name = word.split_whitespace().next().unwrap_or_default();
        let rest = word[name.len()..].trim_start();
        let offset = rest.as_ptr() as usize - text.as_ptr() as usize;
        found.push(Instruction {
            name: name.to_ascii_uppercase(),
            rest,
            span: Span::new(offset, offset + rest.len()),
        });
    }
    found
}

fn line_end(text: &str, at: usize) -> usize {
    let rest = text.as_bytes().get(at..).unwrap_or_default();
    at.min(text.len()) + memchr::memchr(b'\n', rest).unwrap_or(rest.len())
}

/// Whether the next line belongs to this one: it ends in a backslash, or is a comment
/// among lines that do.
fn continues(text: &str) -> bool {
    let last = text.lines().next_back().unwrap_or_default();
    let last = last.trim_end();
    last.ends_with('\\') || text.lines().count() > 1 && last.trim_start().starts_with('#')
}

fn heredoc(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("<<")?;
    let rest = rest.trim_start_matches('-').trim_start_matches(['"', '\'']);
    let length = rest
        .bytes()
        .take_while(|b| b.is_ascii_alphanumeric() || *b == b'_')
        .count();
    (length > 0).then(|| &rest[..length])
}

/// What a name declares: how sure it is a credential.
fn credential(key: &str) -> Option<(Named, Confidence)> {
    match name::classify(key) {
        Name::Secret(named) if named.class == Class::Generic => Some((named, Confidence::Probable)),
        Name::Secret(named) => Some((named, Confidence::Definite)),
        // A build has no job of its own: the token is handed in like any other.
        Name::ShortLived if key.ends_with("GITHUB_TOKEN") => Some((
            Named {
                provider: "github",
                class: Class::Scm,
            },
            Confidence::Probable,
        )),
        _ => None,
    }
}

fn arg(ctx: &mut Ctx<'_>, instruction: &Instruction<'_>, variables: &mut Variables) {
    for word in shell::commands(instruction.rest, instruction.span.start)
        .iter()
        .flat_map(|c| &c.words)
    {
        let key = word.text.split('=').next().unwrap_or_default().to_owned();
        let Some((named, confidence)) = credential(&key) else {
            continue;
        };
        // `ARG mongo_url=https://…/mongodb.tgz` is where something is loaded from.
        let default = word.text.split_once('=').map_or("", |(_, default)| default);
        let is_place = default.contains("://") && !default.contains(['@', '$']);
        if is_place && key.to_ascii_uppercase().ends_with("URL") {
            continue;
        }
        let span = Span::new(word.span.start, word.span.start + key.len());
        let pattern = if name::is_public_prefix(&key) {
            id::CTR_05
        } else {
            id::CTR_01
        };
        ctx.report_beside_value(
            pattern,
            named.provider,
            &key,
            span,
            confidence,
            "build argument",
        );
        let bound = Bound {
            name: key.clone(),
            named: Some(named),
        };
        variables.bind(&key, bound);
    }
}

fn env(ctx: &mut Ctx<'_>, instruction: &Instruction<'_>, variables: &mut Variables) {
    let words: Vec<_> = shell::commands(instruction.rest, instruction.span.start)
        .into_iter()
        .flat_map(|c| c.words)
        .collect();
    let old_form = words.first().is_some_and(|w| !w.text.contains('='));
    let pairs: Vec<(String, String, usize)> = if old_form {
        let value = words
            .iter()
            .skip(1)
            .map(|w| w.text.as_str())
            .collect::<Vec<_>>()
            .join(" ");
        words
            .first()
            .map(|w| (w.text.clone(), value, w.span.start))
            .into_iter()
            .collect()
    } else {
        words
            .iter()
            .filter_map(|w| {
                let (key, value) = w.text.split_once('=')?;
                Some((key.to_owned(), value.to_owned(), w.span.start))
            })
            .collect()
    };
    for (key, value, start) in pairs {
        let span = Span::new(start, start + key.len());
        if key == "GOOGLE_APPLICATION_CREDENTIALS" && value.ends_with(".json") {
            ctx.report(
                id::CTR_03,
                "gcp",
                &value,
                span,
                Confidence::Definite,
                "key file in the image",
            );
            continue;
        }
        // `X=${X:-host:1521/name}` is a place.
        let default = value.split_once(":-").map_or("", |(_, default)| default);
        let upper = key.to_ascii_uppercase();
        let is_place = default.contains([':', '/']) && !default.contains(['@', ';']);
        if is_place && (upper.ends_with("URL") || upper.ends_with("CONNECTION_STRING")) {
            continue;
        }
        let empty = value.is_empty() || value.contains('$') || is_placeholder(&value);
        let Some((named, confidence)) = credential(&key).filter(|_| empty) else {
            continue;
        };
        let pattern = if name::is_public_prefix(&key) {
            id::CTR_05
        } else {
            id::CTR_02
        };
        ctx.report(
            pattern,
            named.provider,
            &key,
            span,
            confidence,
            "environment of the image",
        );
        let bound = Bound {
            name: key.clone(),
            named: Some(named),
        };
        variables.bind(&key, bound);
    }
}

/// A value that stands for one.
pub(crate) fn is_placeholder(value: &str) -> bool {
    let lower = value
        .trim_matches(['"', '\'', '<', '>'])
        .to_ascii_lowercase();
    lower.is_empty()
        || [
            "changeme",
            "change_me",
            "change-me",
            "todo",
            "none",
            "null",
            "~",
            "replace_me",
            "secret",
            "dummy",
        ]
        .contains(&lower.as_str())
        || lower.starts_with("your")
        || value.starts_with('<') && value.ends_with('>')
        || lower.bytes().all(|b| b"x*.-_".contains(&b))
}

fn copy(ctx: &mut Ctx<'_>, instruction: &Instruction<'_>) {
    const FILES: &[(&str, &str)] = &[
        (".npmrc", "npm"),
        (".pypirc", "pypi"),
        (".netrc", "stored"),
        (".git-credentials", "github"),
        (".docker/config.json", "docker"),
        ("id_rsa", "ssh"),
        ("id_ed25519", "ssh"),
        ("id_ecdsa", "ssh"),
        (".aws", "aws"),
        ("kubeconfig", "kubernetes"),
        (".kube/config", "kubernetes"),
    ];
    let commands = shell::commands(instruction.rest, instruction.span.start);
    let words: Vec<_> = commands.iter().flat_map(|c| &c.words).collect();
    if words.iter().any(|w| w.text.starts_with("--from=")) {
        return;
    }
    let sources: Vec<_> = words.iter().filter(|w| !w.text.starts_with("--")).collect();
    let Some((target, sources)) = sources.split_last() else {
        return;
    };
    // Keys that packages are checked with are public, and are called so as well.
    let is_public = ["pub", "keyring", "trusted", "gpg", "apt", "yum"]
        .iter()
        .any(|word| target.text.contains(word));
    for source in sources {
        let path = source
            .text
            .trim_matches(['"', '[', ']', ','])
            .trim_end_matches('/');
        let last = path.rsplit('/').next().unwrap_or(path);
        let lower = last.to_ascii_lowercase();
        let known = FILES.iter().find(|(file, _)| {
            last == *file || path.ends_with(&format!("/{file}")) || path == *file
        });
        let key = |end: &str| lower.ends_with(end);
        let provider = match known {
            Some((_, provider)) => provider,
            None if key(".p12") || key(".pfx") || key(".jks") => "signing",
            None if lower.contains("service-account") && key(".json") => "gcp",
            None if lower.contains("service_account") && key(".json") => "gcp",
            None if key("key.pem") || key(".key") && !is_public => "signing",
            None if last == ".env" || last.starts_with(".env.prod") => "stored",
            None => continue,
        };
        let confidence = if last == ".npmrc" || last == ".env" {
            Confidence::Probable
        } else {
            Confidence::Definite
        };
        ctx.report(
            id::CTR_03,
            provider,
            path,
            source.span,
            confidence,
            "copied into the image",
        );
    }
}

fn run(ctx: &mut Ctx<'_>, instruction: &Instruction<'_>, variables: &Variables) {
    let first = ctx.found.len();
    script::scan(
        ctx,
        instruction.span,
        variables,
        PLATFORM,
        "in a `RUN` instruction",
    );
    // A token in a URL ends in a layer here, which is a matter of its own.
    for found in &mut ctx.found[first..] {
        if [id::GIT_01, id::GIT_02, id::GIT_03].contains(&found.pattern) {
            found.pattern = id::CTR_04;
        }
    }
}
