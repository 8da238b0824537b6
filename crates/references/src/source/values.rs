//! What stands around a word: URLs with passwords, hosts with tokens, lifetimes.

use super::Line;
use crate::found::Ctx;
use crate::name::{self, Name};
use crate::pattern::id;
use crate::shell::{self, Variable};
use sluicegate_core::{Confidence, Span};

/// `scheme://user:${PASSWORD}@host`
pub(super) fn url(ctx: &mut Ctx<'_>, line: &Line<'_>) {
    let end = line
        .after
        .find(|c: char| c.is_whitespace() || c == '`')
        .unwrap_or(line.after.len());
    let rest = &line.after[..end];
    let Some(at) = rest.rfind('@') else { return };
    let Some(colon) = rest[..at].find(':').filter(|c| !rest[..*c].contains('/')) else {
        return;
    };
    let password = &rest[colon + 1..at];
    let base = line.at + colon + 1;
    let variable =
        attribute(password, base).or_else(|| shell::variables(password, base).into_iter().next());
    let Some(variable) = variable else {
        return;
    };
    let safe = ["sslcert=", "authenticator=oauth", "localhost", "127.0.0.1"]
        .iter()
        .any(|word| rest.contains(word));
    if !safe {
        ctx.report(
            id::APP_05,
            "database",
            variable.name,
            variable.span,
            Confidence::Definite,
            "password in the URL of a database",
        );
    }
}

/// What an expression takes from elsewhere, without the functions around it:
/// `${urlencode(random_password.db.result)}`, `${process.env.DB_PASSWORD}`.
fn attribute(text: &str, base: usize) -> Option<Variable<'_>> {
    let inner = text.strip_prefix("${")?.split('}').next()?;
    let inner = inner.rsplit('(').next()?.split([')', ',']).next()?.trim();
    let name = inner.strip_prefix("process.env.").unwrap_or(inner);
    let is_part = |b: u8| b.is_ascii_alphanumeric() || b"_.-[]\"".contains(&b);
    let start = base + (name.as_ptr() as usize - text.as_ptr() as usize);
    (inner.contains('.') && inner.bytes().all(is_part)).then_some(Variable {
        name,
        span: Span::new(start, start + name.len()),
    })
}

/// `https://${TOKEN}@github.com`
pub(super) fn host(ctx: &mut Ctx<'_>, provider: &'static str, line: &Line<'_>, span: Span) {
    let Some(scheme) = line.before.rfind("://") else {
        return;
    };
    let user = &line.before[scheme + 3..];
    if user.contains(['/', ' ']) && !user.contains("${{") {
        return;
    }
    // Of `user:password` it is the second.
    let user = user.rsplit_once(':').map_or(user, |(_, password)| password);
    let base = span.start - user.len();
    let Some(mut variable) = shell::variables(user, base).into_iter().next_back() else {
        return;
    };
    // `${process.env.X}`
    if let Some(at) = user.find("process.env.") {
        let rest = &user[at + 12..];
        let length = rest
            .bytes()
            .take_while(|b| b.is_ascii_alphanumeric() || *b == b'_')
            .count();
        variable.name = &rest[..length];
        variable.span = Span::new(base + at + 12, base + at + 12 + length);
    }
    if !matches!(
        name::classify(variable.name),
        Name::ShortLived | Name::Plain
    ) {
        ctx.report(
            id::GIT_01,
            provider,
            variable.name,
            variable.span,
            Confidence::Definite,
            "URL of a repository",
        );
    }
}

pub(super) fn lifetime(ctx: &mut Ctx<'_>, word: &str, own: Span, line: &Line<'_>) {
    let value = line.after.trim_start_matches(['"', '\'']).trim_start();
    let Some(value) = value.strip_prefix([':', '=', '(']) else {
        return;
    };
    let value = value.trim().trim_start_matches(['"', '\'']);
    let digits: String = value.chars().take_while(char::is_ascii_digit).collect();
    let number: u64 = digits.parse().unwrap_or(0);
    let unit = value[digits.len()..].trim_start();
    let days = match word {
        "expiresIn" if unit.starts_with('y') => number * 365,
        "expiresIn" if unit.starts_with('d') => number,
        "accessTokenValiditySeconds" => number / 86_400,
        "ACCESS_TOKEN_LIFETIME" => {
            let inner = value
                .strip_prefix("timedelta(days=")
                .or(value.strip_prefix("datetime.timedelta(days="));
            inner
                .and_then(|d| d.split(')').next()?.trim().parse().ok())
                .unwrap_or(0)
        }
        _ => 0,
    };
    let most = if word == "expiresIn" { 30 } else { 1 };
    if days > most {
        let name = format!("{word} of {days} days");
        ctx.report(
            id::APP_09,
            "application",
            &name,
            own,
            Confidence::Definite,
            "lifetime of a token",
        );
    }
}
