//! What scripts of CI systems do with stored credentials.

mod sink;

use crate::expr::{self, Context};
use crate::found::Ctx;
use crate::name::{self, Class, Name, Named};
use crate::pattern::{PatternId, id};
use crate::shell::{self, Command, Word};
use sluicegate_core::{Confidence, Span};
use std::collections::{HashMap, HashSet};

use sink::{Argument, command_title, host_provider, in_url, is_argument, sink, special};

pub(crate) use sink::{publishes, registry_provider};

/// A variable that holds a stored credential.
#[derive(Clone, Debug)]
pub(crate) struct Bound {
    /// The name of the stored credential.
    pub(crate) name: String,
    pub(crate) named: Option<Named>,
}

/// What the variables of a script stand for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Variables {
    bound: HashMap<String, Bound>,
    /// Names that are set in the file and not from a stored credential.
    local: HashSet<String>,
    /// Whether any other variable comes from the settings of the CI system.
    from_settings: bool,
}

impl Variables {
    /// Variables that are not set in the file are unknown.
    pub(crate) fn of_file() -> Self {
        Self::default()
    }

    /// Variables that are not set in the file come from the settings of the CI system.
    pub(crate) fn of_settings() -> Self {
        Self {
            from_settings: true,
            ..Self::default()
        }
    }

    pub(crate) fn bind(&mut self, variable: &str, bound: Bound) {
        self.bound.insert(variable.to_owned(), bound);
    }

    pub(crate) fn set_locally(&mut self, variable: &str) {
        self.bound.remove(variable);
        self.local.insert(variable.to_owned());
    }

    pub(crate) fn resolve(&self, variable: &str) -> Option<Bound> {
        if let Some(bound) = self.bound.get(variable) {
            return Some(bound.clone());
        }
        if !self.from_settings || self.local.contains(variable) {
            return None;
        }
        match name::classify(variable) {
            // Settings of CI systems are written in capitals or with dashes; `$token` is
            // a variable of the script.
            Name::Secret(named)
                if named.class == Class::Generic
                    && !variable.contains(['-', '.'])
                    && variable.bytes().any(|b| b.is_ascii_lowercase()) =>
            {
                None
            }
            Name::Secret(named) => Some(Bound {
                name: variable.to_owned(),
                named: Some(named),
            }),
            _ => None,
        }
    }
}

/// Which pattern speaks for which kind of credential in one CI system.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Platform {
    /// By class; `None` for those that the general pattern covers.
    pub(crate) pattern: fn(Named) -> PatternId,
    /// Whether a plain `$X` is reported when nothing special is done with it.
    pub(crate) report_plain: bool,
}

/// A use of a credential in a script.
struct Use {
    bound: Bound,
    /// The name, where it stands.
    span: Span,
    /// Written out by the CI system before the shell sees it.
    expanded: bool,
}

/// Reports what the script at `span` does.
pub(crate) fn scan(
    ctx: &mut Ctx<'_>,
    span: Span,
    variables: &Variables,
    platform: Platform,
    place: &str,
) {
    let commands = shell::commands(ctx.raw(span), span.start);
    scan_commands(ctx, span, &commands, variables, platform, place);
}

/// As [`scan`], of commands that were read already.
pub(crate) fn scan_commands(
    ctx: &mut Ctx<'_>,
    span: Span,
    commands: &[Command],
    variables: &Variables,
    platform: Platform,
    place: &str,
) {
    let text = ctx.raw(span);
    let mut variables = variables.clone();
    for (at, command) in commands.iter().enumerate() {
        note_assignments(command, &mut variables, ctx);
        let mut uses: Vec<(usize, Use)> = Vec::new();
        for (number, word) in command.words.iter().enumerate() {
            let found = uses_of(ctx, word, &variables);
            uses.extend(found.into_iter().map(|u| (number, u)));
        }
        if uses.is_empty() {
            continue;
        }
        let pipeline: Vec<&Command> = commands
            .iter()
            .filter(|other| other.pipeline == command.pipeline)
            .collect();
        let next = commands.get(at + 1);
        for (number, used) in &uses {
            report_use(
                ctx, command, *number, used, &pipeline, next, platform, place, text,
            );
        }
    }
}

/// `X=literal` and `read X` make a variable one of the script's own.
fn note_assignments(command: &Command, variables: &mut Variables, ctx: &Ctx<'_>) {
    let words = command.words.iter();
    for word in words {
        let Some((name, value)) = word.text.split_once('=') else {
            if ["export", "local", "declare", "readonly"].contains(&word.text.as_str()) {
                continue;
            }
            return;
        };
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
            return;
        }
        let used = uses_of(ctx, word, variables).into_iter().next();
        match used {
            Some(used) if !value.contains("$(") => variables.bind(name, used.bound),
            _ if !value.is_empty() => variables.set_locally(name),
            _ => {}
        }
    }
}

fn uses_of(ctx: &Ctx<'_>, word: &Word, variables: &Variables) -> Vec<Use> {
    let raw = ctx.raw(word.span);
    let mut uses = Vec::new();
    if memchr::memchr2(b'$', b'%', raw.as_bytes()).is_none() {
        return uses;
    }
    for read in expr::reads(raw, word.span.start) {
        let bound = match read.context {
            Context::Secrets => stored(read.name),
            Context::Env => variables.bound.get(read.name).cloned(),
            _ => None,
        };
        uses.extend(bound.map(|bound| Use {
            bound,
            span: read.span,
            expanded: true,
        }));
    }
    for variable in shell::variables(raw, word.span.start) {
        if let Some(bound) = variables.resolve(variable.name) {
            uses.push(Use {
                bound,
                span: variable.span,
                expanded: false,
            });
        }
    }
    uses
}

/// The stored secret of that name, unless the name says that it is none.
pub(crate) fn stored(secret: &str) -> Option<Bound> {
    let named = match name::classify(secret) {
        Name::ShortLived | Name::Plain => return None,
        other => other.secret(),
    };
    Some(Bound {
        name: secret.to_owned(),
        named,
    })
}

#[expect(
    clippy::too_many_arguments,
    reason = "one use and all that stands around it"
)]
fn report_use(
    ctx: &mut Ctx<'_>,
    command: &Command,
    number: usize,
    used: &Use,
    pipeline: &[&Command],
    next: Option<&Command>,
    platform: Platform,
    place: &str,
    script: &str,
) {
    let word = &command.words[number];
    let named = used.bound.named;
    let generic = Named {
        provider: "stored",
        class: Class::Generic,
    };
    let (name, provider) = (&used.bound.name, named.unwrap_or(generic).provider);
    let mut report = |pattern, provider, usage: &str| {
        let usage = format!("{usage} {place}");
        ctx.report(
            pattern,
            provider,
            name,
            used.span,
            Confidence::Definite,
            usage,
        );
    };
    if let Some((host, what)) = in_url(&word.text, name) {
        let all: String = command
            .words
            .iter()
            .map(|w| w.text.as_str())
            .collect::<Vec<_>>()
            .join(" ");
        if all.to_ascii_lowercase().contains("insteadof") {
            return report(
                id::GIT_02,
                host_provider(&host).unwrap_or(provider),
                "rewriting of URLs",
            );
        }
        if let Some(host) = host_provider(&host) {
            return report(id::GIT_01, host, "URL of a repository");
        }
        if what == "http" {
            return report(id::GHA_21, provider, "URL on a command line");
        }
    }
    if let Some((class, provider)) = sink(command, pipeline, next, script, named) {
        let known = named.filter(|n| n.class == class && n.provider != "stored");
        let provider = known.map_or(provider, |n| n.provider);
        let named = Named { provider, class };
        let pattern = special(pipeline, named).unwrap_or((platform.pattern)(named));
        report(
            pattern,
            provider,
            &format!("`{}`", command_title(command, pipeline)),
        );
        let on_line = used.expanded && is_argument(command, number) == Some(Argument::Password);
        if on_line && class == Class::Registry {
            report(id::GHA_21, provider, "argument of a command");
        }
        return;
    }
    if is_argument(command, number).is_some_and(|a| a != Argument::Password || used.expanded) {
        return report(id::GHA_21, provider, "argument of a command");
    }
    if !used.expanded && !platform.report_plain {
        return;
    }
    let title = command_title(command, pipeline);
    let pattern = (platform.pattern)(named.unwrap_or(generic));
    let confidence = match named {
        Some(n) if n.class != Class::Generic => Confidence::Definite,
        Some(_) => Confidence::Probable,
        None => Confidence::Hint,
    };
    let usage = format!("`{title}` {place}");
    ctx.report(pattern, provider, name, used.span, confidence, usage);
}
