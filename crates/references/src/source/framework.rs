//! Settings of frameworks: keys for a password whose value comes from the environment.

use super::variable_in;
use crate::found::Ctx;
use crate::name::{self, Class};
use crate::pattern::id;
use sluicegate_core::{Confidence, Span};

/// Spring's `application.yml` and `.properties`, `database.yml` of Rails: keys for a
/// password whose value comes from the environment.
pub(crate) fn framework(ctx: &mut Ctx<'_>) {
    let mut at = 0;
    for line in ctx.text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let trimmed = line.trim();
        if trimmed.starts_with(['#', '!']) {
            continue;
        }
        let Some((key, value)) = trimmed.split_once([':', '=']) else {
            continue;
        };
        let last = key.trim().rsplit('.').next().unwrap_or_default();
        let is_password = ["password", "passwd", "secret-key", "client-secret"].contains(&last)
            || last == "url" && value.contains("DATABASE_URL");
        if !is_password {
            continue;
        }
        let variable = line.find("${").and_then(|at| {
            // Spring's names have dashes and dots.
            let rest = &line[at + 2..];
            let is_name = |b: &u8| b.is_ascii_alphanumeric() || b"_.-".contains(b);
            let length = rest.as_bytes().iter().take_while(|b| is_name(b)).count();
            let span = Span::new(start + at + 2, start + at + 2 + length);
            (length > 0).then(|| (rest[..length].to_owned(), span))
        });
        let ruby = line.find("ENV").and_then(|env| {
            let name = variable_in(&line[env + 3..])?;
            let offset = start + line.find(name)?;
            Some((name.to_owned(), Span::new(offset, offset + name.len())))
        });
        if let Some((name, span)) = variable.or(ruby) {
            let class = name::classify(&name).secret().map(|n| n.class);
            let provider = if !["password", "passwd", "url"].contains(&last) {
                name::classify(&name)
                    .secret()
                    .map_or("stored", |n| n.provider)
            } else if class == Some(Class::Generic) || class.is_none() {
                "database"
            } else {
                name::classify(&name)
                    .secret()
                    .map_or("database", |n| n.provider)
            };
            ctx.report(
                id::APP_06,
                provider,
                &name,
                span,
                Confidence::Definite,
                format!("`{}`", key.trim()),
            );
        }
    }
}
