//! What a name promises about its value.

use crate::span::Span;

/// The longest name, in bytes. A longer one is cut, evenly around the anchor word.
pub(super) const MAX: usize = 96;

/// What kind of secret a name speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// Something a person may have thought up.
    Password,
    /// Something a machine made.
    Token,
    /// Some key: a secret only if it looks like one.
    Key,
}

/// The whole name around the anchor word.
pub(super) fn around(hay: &[u8], anchor: Span) -> Span {
    let is_name = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'$');
    // An anchor may end with the sign that follows a name.
    let word = anchor.of(hay).iter().take_while(|b| is_name(b)).count();
    let anchor = Span::new(anchor.start, anchor.start + word);
    let half = (MAX - word.min(MAX)) / 2;
    let before = &hay[anchor.start.saturating_sub(half)..anchor.start];
    let left = before.iter().rev().take_while(|b| is_name(b)).count();
    let after = &hay[anchor.end..hay.len().min(anchor.end + half)];
    let right = after.iter().take_while(|b| is_name(b)).count();
    let mut span = Span::new(anchor.start - left, anchor.end + right);
    while span.end > span.start + 1 && matches!(hay[span.end - 1], b'.' | b'-' | b'$') {
        span.end -= 1;
    }
    span
}

/// Words that make a name one of a password, lower case.
const PASSWORD: &[&str] = &[
    "password",
    "passwd",
    "passwort",
    "pwd",
    "passphrase",
    "passcode",
    "pass",
    "userpass",
    "dbpass",
    "passw",
    "userpassword",
    "dbpassword",
    "passwords",
    "rootpw",
    "adminpassword",
    "dbpasswd",
    "mypassword",
    "dbpwd",
];

/// Words that make a name one of a token, alone.
const TOKEN: &[&str] = &[
    "secret",
    "token",
    "credential",
    "credentials",
    "apikey",
    "accesskey",
    "privatekey",
    "authkey",
    "secretkey",
    "clientsecret",
    "authtoken",
    "accesstoken",
    "encryptionkey",
    "signingkey",
    "masterkey",
    "accountkey",
    "storagekey",
    "sharedkey",
    "appkey",
    "clientkey",
    "servicekey",
    "cryptkey",
    "aeskey",
    "hmackey",
    "sessionkey",
    "licensekey",
    "deploykey",
    "adminkey",
    "sshkey",
    "apitoken",
    "secrets",
    "apisecret",
    "appsecret",
    "tokens",
    "sharedsecret",
    "bearertoken",
    "usertoken",
    "refreshtoken",
    "webtoken",
];

/// Words that make `key` one of a token, when they stand before it.
const KEY_OWNERS: &[&str] = &[
    "api",
    "access",
    "private",
    "auth",
    "secret",
    "encryption",
    "signing",
    "master",
    "account",
    "storage",
    "shared",
    "app",
    "client",
    "service",
    "crypt",
    "aes",
    "hmac",
    "session",
    "webhook",
    "license",
    "deploy",
    "admin",
    "ssh",
    "encrypt",
    "decryption",
    "application",
];

/// Words that make `key` one of data, when they stand before it.
const KEY_OF_DATA: &[&str] = &[
    "primary",
    "foreign",
    "sort",
    "partition",
    "public",
    "cache",
    "map",
    "hash",
    "index",
    "row",
    "group",
    "object",
    "translation",
    "lookup",
    "unique",
    "parent",
    "query",
    "data",
    "config",
    "setting",
    "state",
    "event",
    "message",
    "routing",
    "binding",
    "shortcut",
    "hot",
    "press",
    "arrow",
    "site",
    "pub",
    "host",
    "known",
    "idempotency",
    "dedupe",
    "feature",
    "flag",
    "field",
    "property",
    "attribute",
    "header",
    "column",
    "test",
    "env",
    "variable",
    "locale",
    "s3",
];

/// Last words that say the value is about a secret and not one.
const ABOUT: &[&str] = &[
    "algo",
    "algorithm",
    "age",
    "alias",
    "arn",
    "attempt",
    "attempts",
    "attr",
    "attribute",
    "audience",
    "bits",
    "box",
    "button",
    "bytes",
    "cache",
    "callback",
    "chars",
    "charset",
    "check",
    "class",
    "col",
    "column",
    "confirm",
    "cookie",
    "count",
    "counter",
    "description",
    "desc",
    "digest",
    "dir",
    "directory",
    "disabled",
    "email",
    "enabled",
    "encoding",
    "endpoint",
    "entropy",
    "env",
    "error",
    "errors",
    "exp",
    "expiration",
    "expires",
    "expiry",
    "expired",
    "factory",
    "field",
    "file",
    "filename",
    "filter",
    "flag",
    "fn",
    "form",
    "format",
    "from",
    "func",
    "generator",
    "handler",
    "hash",
    "hashed",
    "hasher",
    "hashes",
    "header",
    "help",
    "hint",
    "host",
    "id",
    "ids",
    "identifier",
    "index",
    "input",
    "invalid",
    "issuer",
    "kind",
    "label",
    "len",
    "length",
    "level",
    "limit",
    "line",
    "link",
    "list",
    "location",
    "manager",
    "map",
    "max",
    "maxlength",
    "message",
    "method",
    "min",
    "minlength",
    "missing",
    "mode",
    "model",
    "msg",
    "name",
    "names",
    "namespace",
    "needed",
    "not",
    "num",
    "number",
    "offset",
    "option",
    "options",
    "page",
    "param",
    "parameter",
    "params",
    "parser",
    "path",
    "paths",
    "pattern",
    "placeholder",
    "policy",
    "pos",
    "position",
    "prefix",
    "prompt",
    "property",
    "provider",
    "question",
    "ref",
    "reference",
    "regex",
    "regexp",
    "required",
    "reset",
    "role",
    "route",
    "rule",
    "rules",
    "salt",
    "schema",
    "scheme",
    "scope",
    "scopes",
    "screen",
    "selector",
    "separator",
    "service",
    "set",
    "size",
    "source",
    "start",
    "state",
    "status",
    "store",
    "strategy",
    "strength",
    "suffix",
    "template",
    "test",
    "text",
    "time",
    "timeout",
    "timestamp",
    "title",
    "tokenizer",
    "ttl",
    "type",
    "types",
    "uri",
    "url",
    "usage",
    "user",
    "username",
    "valid",
    "validation",
    "validator",
    "validity",
    "value?",
    "var",
    "variable",
    "verifier",
    "version",
    "view",
    "visible",
    "widget",
    "width",
    "words",
    "checksum",
    "fingerprint",
    "sha",
    "sha1",
    "sha256",
    "md5",
    "address",
    "symbol",
    "contract",
    "balance",
    "amount",
    "price",
    "supply",
    "uuid",
    "guid",
    "kid",
    "thumbprint",
    "mask",
    "masked",
    "encrypted",
    "pointer",
    "row",
    "icon",
    "color",
    "style",
    "css",
    "html",
    "node",
    "kinds",
    "stream",
    "tree",
    "span",
    "range",
    "end",
    "budget",
    "cost",
    "used",
];

/// First words that say the same, or that what follows is a public thing.
const NOT_SECRET: &[&str] = &[
    "no",
    "is",
    "has",
    "use",
    "allow",
    "enable",
    "disable",
    "show",
    "hide",
    "forgot",
    "forget",
    "reset",
    "invalid",
    "missing",
    "bad",
    "wrong",
    "public",
    "incorrect",
    "weak",
    "max",
    "min",
    "num",
    "next",
    "page",
    "continuation",
    "csrf",
    "xsrf",
    "eos",
    "bos",
    "pad",
    "sep",
    "mask",
    "unk",
    "stop",
    "special",
    "total",
    "prompt",
    "completion",
    "lexer",
    "parse",
    "peek",
    "cancellation",
    "syntax",
    "requires",
    "require",
    "needs",
    "without",
    "expired",
    "verify",
    "validate",
    "empty",
    "blank",
    "publishable",
    "design",
    "authenticity",
    "antiforgery",
    "verification",
    "erc20",
    "nft",
    "sync",
    "resume",
    "cursor",
    "partition",
    "sort",
    "primary",
    "foreign",
];

/// What class of secret the name promises, or why it is none.
pub(super) fn judge(name: &[u8]) -> Result<Class, &'static str> {
    let words = split(name);
    let word = |n: usize| words.get(n).map_or("", String::as_str);
    let Some(last) = words
        .iter()
        .rposition(|w| !w.chars().all(|c| c.is_ascii_digit()))
    else {
        return Err("the name has no words");
    };
    let key_of_owner =
        |n: usize| matches!(word(n), "key" | "keys") && n > 0 && KEY_OWNERS.contains(&word(n - 1));
    let class = (0..=last).rev().find_map(|n| {
        if PASSWORD.contains(&word(n)) {
            Some(Class::Password)
        } else if TOKEN.contains(&word(n)) || key_of_owner(n) {
            Some(Class::Token)
        } else {
            None
        }
    });
    let some_key = || {
        let owned = last > 0 && matches!(word(last), "key" | "keys");
        (owned && !KEY_OF_DATA.contains(&word(last - 1))).then_some(Class::Key)
    };
    let Some(class) = class.or_else(some_key) else {
        return Err("the name only looks like that of a secret");
    };
    if ABOUT.contains(&word(last)) {
        return Err("the name is that of something about a secret");
    }
    if word(last) == "key" && class == Class::Password {
        return Err("the name is that of something about a secret");
    }
    if words[..last]
        .iter()
        .any(|w| NOT_SECRET.contains(&w.as_str()))
    {
        return Err("the name is not that of a secret");
    }
    Ok(class)
}

/// The words of a name in any style, in lower case: `my-APIKey2` is `my api key 2`.
fn split(name: &[u8]) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut previous = b' ';
    for (at, &byte) in name.iter().enumerate() {
        let next = name.get(at + 1).copied().unwrap_or(b' ');
        let starts = byte.is_ascii_uppercase()
            && (previous.is_ascii_lowercase()
                || (previous.is_ascii_uppercase() && next.is_ascii_lowercase()))
            || byte.is_ascii_digit() != previous.is_ascii_digit();
        if (starts || !byte.is_ascii_alphanumeric()) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if byte.is_ascii_alphanumeric() {
            word.push(char::from(byte.to_ascii_lowercase()));
        }
        previous = byte;
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_split_in_every_style() {
        for (name, words) in [
            ("my-APIKey2", "my api key 2"),
            ("DB_PASSWORD", "db password"),
            ("spring.datasource.password", "spring datasource password"),
            ("clientSecret", "client secret"),
            ("$pass", "pass"),
        ] {
            assert_eq!(split(name.as_bytes()).join(" "), words);
        }
    }

    #[test]
    fn names_of_secrets_are_told_from_names_about_them() {
        for (name, class) in [
            ("DB_PASSWORD", Some(Class::Password)),
            ("password2", Some(Class::Password)),
            ("apiKey", Some(Class::Token)),
            ("X-Api-Key", Some(Class::Token)),
            ("client_secret", Some(Class::Token)),
            ("tokenizer", None),
            ("token_type", None),
            ("passwordField", None),
            ("max_tokens", None),
            ("publicKey", None),
            ("secretary", None),
            ("SECRET_NAME", None),
            ("nextToken", None),
            ("monkey", None),
        ] {
            assert_eq!(judge(name.as_bytes()).ok(), class, "{name}");
        }
    }
}
