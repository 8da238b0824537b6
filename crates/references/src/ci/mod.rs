//! GitLab, CircleCI, Azure Pipelines, Bitbucket, Travis, Drone, Woodpecker, Buildkite and
//! CodeBuild.

mod azure;
mod bitbucket;
mod circle;
mod drone;
mod gitlab;

use crate::found::Ctx;
use crate::name::{self, Class, Name, Named};
use crate::node::Node;
use crate::pattern::PatternId;
use crate::script::{self, Bound, Platform, Variables};
use crate::shell;
use sluicegate_core::{Confidence, Span};

pub(crate) use azure::azure;
pub(crate) use bitbucket::{bitbucket, travis};
pub(crate) use circle::circle;
pub(crate) use drone::{codebuild, drone};
pub(crate) use gitlab::gitlab;

/// What stands behind `key: value` if the value is a variable that holds a stored
/// credential, and the place of its name.
pub(crate) fn bound_variable(ctx: &Ctx<'_>, key: &str, value: &Node<'_>) -> Option<(Bound, Span)> {
    let raw = ctx.raw(value.span);
    let variables = shell::variables(raw, value.span.start);
    let is_secret = |name: &str| name::classify(name).secret().is_some();
    // In a URL only the part that is a credential counts: a host from a variable is none.
    let named = variables.iter().find(|v| is_secret(v.name));
    let variable = match named {
        Some(variable) => *variable,
        None if raw.contains("://") && !raw.contains('@') => return None,
        None => *variables.first()?,
    };
    let of_key = name::classify(key);
    let of_name = name::classify(variable.name);
    if of_name == Name::ShortLived || of_key == Name::Plain {
        return None;
    }
    let named = of_key
        .known()
        .or(of_name.known())
        .or(of_key.secret())
        .or(of_name.secret())?;
    if of_name == Name::Plain && of_key.known().is_none() {
        return None;
    }
    let bound = Bound {
        name: variable.name.to_owned(),
        named: Some(named),
    };
    Some((bound, variable.span))
}

/// How sure it is that a variable of that kind is a credential.
pub(crate) fn confidence(named: Named) -> Confidence {
    if named.class == Class::Generic {
        Confidence::Probable
    } else {
        Confidence::Definite
    }
}

/// Reads a map of variables: reports those that hold stored credentials, and remembers
/// all of them.
pub(super) fn read_variables(
    ctx: &mut Ctx<'_>,
    map: &Node<'_>,
    platform: Platform,
    place: &str,
    variables: &mut Variables,
) {
    let has_session = map.entry_of(&["AWS_SESSION_TOKEN"]).is_some();
    for entry in map.entries() {
        let Some((bound, span)) = bound_variable(ctx, &entry.key, &entry.value) else {
            variables.set_locally(&entry.key);
            continue;
        };
        let Some(named) = bound.named else { continue };
        let half = entry.key == "AWS_ACCESS_KEY_ID" && map.entry("AWS_SECRET_ACCESS_KEY").is_some();
        let short = named.class == Class::Aws && has_session;
        if !half && !short {
            let usage = format!("variable `{}` {place}", entry.key);
            ctx.report(
                (platform.pattern)(named),
                named.provider,
                &bound.name,
                span,
                confidence(named),
                usage,
            );
        }
        variables.bind(&entry.key, bound);
    }
}

pub(super) const fn platform(pattern: fn(Named) -> PatternId) -> Platform {
    Platform {
        pattern,
        report_plain: true,
    }
}

/// Scripts: one text or a list of them.
pub(super) fn scripts(
    ctx: &mut Ctx<'_>,
    script: &Node<'_>,
    variables: &Variables,
    platform: Platform,
    place: &str,
) {
    // Lines of one script share the variables that they set.
    let mut variables = variables.clone();
    let mut items: Vec<&Node<'_>> = Vec::new();
    script.each(&mut |node| {
        if node.text().is_some() {
            items.push(node);
        }
    });
    for item in &items {
        for command in shell::commands(ctx.raw(item.span), item.span.start) {
            for word in &command.words {
                let local = word.text.split_once('=').filter(|(name, value)| {
                    !value.is_empty()
                        && !value.starts_with('$')
                        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
                });
                if let Some((name, _)) = local {
                    variables.set_locally(name);
                }
            }
        }
    }
    for item in items {
        script::scan(ctx, item.span, &variables, platform, place);
    }
}
