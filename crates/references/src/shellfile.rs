//! Shell scripts and makefiles.

use std::collections::HashSet;

use sluicegate_core::{Confidence, Span};

use crate::found::Ctx;
use crate::name::{Class, Named};
use crate::pattern::{PatternId, id};
use crate::script::{self, Platform, Variables};
use crate::shell::{self, Command};

/// Only what is done with a credential counts here: that a script reads a variable says
/// little.
const PLATFORM: Platform = Platform {
    pattern,
    report_plain: false,
};

fn pattern(named: Named) -> PatternId {
    match named.class {
        Class::Npm => id::PKG_01,
        Class::Scm => id::GIT_03,
        Class::Ssh => id::GIT_04,
        _ => id::CI_01,
    }
}

/// Whether the script reads a variable that is named like a credential, or does something
/// else that is looked for. Most do not, and need not be taken apart.
fn may_hold(text: &str, variables: &Variables) -> bool {
    const WORDS: [&str; 7] = [
        "${{",
        "GIT_SSH_COMMAND=",
        "TF_TOKEN_",
        "credential.helper",
        "ssh-keygen",
        "--env-file",
        ".env.prod",
    ];
    let has = |word: &str| memchr::memmem::find(text.as_bytes(), word.as_bytes()).is_some();
    let mut known = HashSet::new();
    shell::variables(text, 0)
        .iter()
        .any(|v| known.insert(v.name) && variables.resolve(v.name).is_some())
        || has("ssh ") && has("config")
        || WORDS.iter().any(|word| has(word))
}

/// Reads a script.
pub(crate) fn read(ctx: &mut Ctx<'_>) {
    let variables = Variables::of_settings();
    if !may_hold(ctx.text, &variables) {
        return;
    }
    let span = Span::new(0, ctx.text.len());
    let commands = shell::commands(ctx.text, 0);
    script::scan_commands(ctx, span, &commands, &variables, PLATFORM, "in the script");
    // What a script does with a variable of its caller is worth telling where the place
    // is the trouble: a URL, a file, a command line.
    ctx.found.retain(|f| f.pattern != id::CI_01);
    for found in &mut ctx.found {
        if found.pattern == id::GHA_21 {
            found.confidence = found.confidence.min(Confidence::Probable);
        }
    }
    for command in &commands {
        command_of(ctx, command);
    }
}

fn command_of(ctx: &mut Ctx<'_>, command: &Command) {
    let name = command.name();
    for word in &command.words {
        let value = word.text.strip_prefix("GIT_SSH_COMMAND=");
        let value = value.or_else(|| {
            (command.has(&["git", "config"]) && word.text.starts_with("ssh "))
                .then_some(word.text.as_str())
        });
        if let Some(key) = value.and_then(key_file) {
            ctx.report(
                id::GIT_04,
                "ssh",
                key,
                word.span,
                Confidence::Definite,
                "key that git uses",
            );
        }
        if let Some((name, value)) = word.text.split_once('=')
            && name.starts_with("TF_TOKEN_")
            && let Some(variable) = shell::variables(value, 0).first()
        {
            ctx.report(
                id::PKG_09,
                "terraform",
                variable.name,
                word.span,
                Confidence::Definite,
                format!("`{name}`"),
            );
        }
    }
    if command.has(&["git", "config", "credential.helper"]) {
        let store = command
            .words
            .iter()
            .find(|w| w.text == "store" || w.text.starts_with("store "));
        if let Some(word) = store {
            ctx.report(
                id::GIT_03,
                "github",
                "credential.helper store",
                word.span,
                Confidence::Probable,
                "git keeps what it is told",
            );
        }
    }
    if name == "ssh-keygen" && command.words.iter().any(|w| w.text == "-s") {
        let until = command.value_of(&["-V"]);
        let endless = until.is_none_or(|w| w.text.contains("forever"));
        if let Some(word) = command
            .words
            .first()
            .filter(|_| endless && !command.words.iter().any(|w| w.text == "-k"))
        {
            ctx.report(
                id::SSH_03,
                "ssh",
                "ssh-keygen -s",
                word.span,
                Confidence::Definite,
                "certificate without an end",
            );
        }
    }
    if ["docker", "podman"].contains(&name)
        && let Some(file) = command.value_of(&["--env-file"])
        && file.text.contains("prod")
    {
        let path = file.text.rsplit('=').next().unwrap_or_default();
        ctx.report(
            id::AGT_05,
            "stored",
            path,
            file.span,
            Confidence::Probable,
            "environment file of a container",
        );
    }
    if ["source", "."].contains(&name)
        && let Some(file) = command
            .words
            .get(1)
            .filter(|w| w.text.contains(".env.prod"))
    {
        ctx.report(
            id::AGT_05,
            "stored",
            &file.text,
            file.span,
            Confidence::Probable,
            "environment file of a script",
        );
    }
}

/// The file behind `-i`.
fn key_file(command: &str) -> Option<&str> {
    let mut words = command.split_whitespace();
    words.find(|word| *word == "-i")?;
    words.next().map(|word| word.trim_matches(['"', '\'']))
}
