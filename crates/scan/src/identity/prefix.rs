//! Kinds of credentials that the first characters tell apart, and ids that they hold.

use sluicegate_core::{Identity, Lifetime, Trait, checksum};

use super::{Value, line};

/// Prefix, kind, and how long such a credential lives if that is fixed.
type Kind = (&'static str, &'static str, Option<Lifetime>);

/// From the providers' documentation of their formats.
const KINDS: &[Kind] = &[
    ("ghp_", "classic personal access token", None),
    ("github_pat_", "fine-grained personal access token", None),
    ("gho_", "OAuth access token", None),
    ("ghu_", "user token of a GitHub App", Some(Lifetime::L1)),
    (
        "ghs_",
        "installation token of a GitHub App",
        Some(Lifetime::L1),
    ),
    ("ghr_", "refresh token of a GitHub App", Some(Lifetime::L3)),
    ("glpat-", "personal, project or group access token", None),
    ("gldt-", "deploy token", None),
    ("glrt-", "runner authentication token", None),
    ("glcbt-", "CI job token", Some(Lifetime::L0)),
    ("glptt-", "pipeline trigger token", None),
    ("xoxb-", "bot token", None),
    ("xoxp-", "user token", None),
    ("xoxa-", "workspace token", None),
    ("xoxr-", "refresh token", None),
    ("xoxs-", "session token of a browser", None),
    ("xoxc-", "session token of a browser", None),
    ("xoxd-", "session cookie of a browser", None),
    ("xapp-", "app-level token", None),
    ("xoxe.", "token that is rotated", Some(Lifetime::L1)),
    ("xoxe-", "refresh token", Some(Lifetime::L3)),
    ("ya29.", "OAuth access token", Some(Lifetime::L1)),
    ("1//", "OAuth refresh token", None),
    ("AIza", "API key", None),
    ("GOCSPX-", "OAuth client secret", None),
    ("dop_v1_", "personal access token", None),
    ("doo_v1_", "OAuth access token", Some(Lifetime::L2)),
    ("dor_v1_", "OAuth refresh token", None),
    ("hvs.", "service token", None),
    ("hvb.", "batch token", Some(Lifetime::L2)),
    ("hvr.", "recovery token", None),
    ("dckr_pat_", "personal access token", None),
    ("dckr_oat_", "organisation access token", None),
    ("sk-ant-api", "API key", None),
    ("sk-ant-admin", "admin key", None),
    ("sk-ant-oat", "OAuth access token", None),
    ("sk-proj-", "project key", None),
    ("sk-svcacct-", "service account key", None),
    ("sk-admin-", "admin key", None),
    ("dp.st.", "service token", None),
    ("dp.pt.", "personal token", None),
    ("dp.ct.", "CLI token", None),
    ("dp.sa.", "service account token", None),
    ("glsa_", "service account token", None),
    ("glc_", "access policy token", None),
    ("sntrys_", "organisation auth token", None),
    ("sntryu_", "user auth token", None),
    ("shpat_", "Admin API access token", None),
    ("shpca_", "custom app access token", None),
    ("shppa_", "private app password", None),
    ("shpss_", "shared secret", None),
    ("tskey-auth-", "auth key", None),
    ("tskey-api-", "API access token", None),
    ("tskey-client-", "OAuth client secret", None),
    ("pscale_pw_", "database password", None),
    ("pscale_tkn_", "service token", None),
    ("pscale_oauth_", "OAuth token", None),
    ("lin_api_", "API key", None),
    ("lin_oauth_", "OAuth access token", None),
    ("pat-na", "private app token", None),
    ("sk_", "secret key", None),
    ("rk_", "restricted key", None),
];

/// Prefixes of AWS's unique ids that are credentials, and what they are.
const AWS: &[Kind] = &[
    ("AKIA", "long-term access key", None),
    ("ASIA", "temporary access key", Some(Lifetime::L1)),
    ("ABIA", "bearer token", None),
    ("ACCA", "context-specific credential", None),
];

pub(super) fn read(value: &Value<'_>, identity: &mut Identity) {
    let Some(text) = line(value.bytes) else {
        return;
    };
    if let Some((_, kind, class)) = KINDS.iter().find(|(prefix, ..)| text.starts_with(prefix)) {
        identity.add(Trait::Kind, kind);
        identity.class = *class;
    }
    environment(text, identity);
    if aws(text, identity) {
        return;
    }
    if value.rule.starts_with("aws") {
        aws_near(value, identity);
    }
    match value.rule {
        // The number of the bot stands before the colon.
        rule if rule.starts_with("telegram") => {
            let id = text.split(':').next().filter(|id| *id != text);
            identity.add(Trait::Account, id.unwrap_or_default());
        }
        // The id of the bot's user, in base64.
        rule if rule.starts_with("discord") => {
            let id = text.split('.').next().filter(|id| *id != text);
            let id = id.and_then(|id| checksum::decode_base64(id.as_bytes()));
            let id = id.filter(|id| id.len() >= 15 && id.iter().all(u8::is_ascii_digit));
            identity.add(
                Trait::Account,
                String::from_utf8_lossy(&id.unwrap_or_default()),
            );
        }
        _ => {}
    }
    if let Some(payload) = checksum::gitlab_routable(text.as_bytes()) {
        routable(payload, identity);
    }
    // Service tokens are longer since they carry the state of the store; a root token, which
    // never ends, is made without it.
    if text.starts_with("hvs.") && text.len() == 28 {
        identity.class = Some(Lifetime::L4);
    }
    // `dp.st.CONFIG.…`: the configuration is the provider's word for the environment.
    if let Some(rest) = text.strip_prefix("dp.st.")
        && let Some((config, _)) = rest.split_once('.')
    {
        identity.add(Trait::Environment, config);
    }
}

/// What GitLab finds the way by: sixteen random bytes, lines such as `o:1`, in base 36, and
/// how long those are.
fn routable(payload: &[u8], identity: &mut Identity) -> Option<()> {
    const RANDOM: usize = 16;
    let bytes = checksum::decode_base64(payload)?;
    let (&length, rest) = bytes.split_last()?;
    let lines = rest.get(RANDOM..)?;
    let lines = std::str::from_utf8(lines).ok()?;
    if lines.len() != usize::from(length) {
        return None;
    }
    for line in lines.lines() {
        let (kind, number) = line.split_once(':')?;
        let number = u64::from_str_radix(number, 36).ok()?;
        match kind {
            "o" => identity.add(Trait::Account, format!("organisation {number}")),
            "g" => identity.add(Trait::Project, format!("group {number}")),
            "p" => identity.add(Trait::Project, number.to_string()),
            "u" => identity.add(Trait::User, format!("user {number}")),
            _ => {}
        }
    }
    Some(())
}

/// `live` and `test`, where they are a part of the prefix between separators.
fn environment(text: &str, identity: &mut Identity) {
    let Some(end) = text.rfind(['_', '-']).filter(|end| *end < text.len() / 2) else {
        return;
    };
    let prefix = &text[..end.min(32)];
    for part in prefix.split(['_', '-']) {
        for (word, name) in [
            ("live", "live"),
            ("test", "test"),
            ("prod", "live"),
            ("production", "live"),
            ("sandbox", "test"),
        ] {
            if part.eq_ignore_ascii_case(word) {
                identity.add(Trait::Environment, name);
            }
        }
    }
}

/// An AWS key id: its kind, and the account in it.
pub(super) fn aws(text: &str, identity: &mut Identity) -> bool {
    let Some((_, kind, class)) = AWS.iter().find(|(prefix, ..)| text.starts_with(prefix)) else {
        return false;
    };
    let Some(account) = checksum::aws_account(text.as_bytes()).filter(|_| text.len() == 20) else {
        return false;
    };
    identity.add(Trait::Kind, kind);
    identity.class = *class;
    if account > 0 {
        identity.add(Trait::Account, format!("{account:012}"));
    }
    true
}

/// The key id that stands near the secret; the nearest one counts.
fn aws_near(value: &Value<'_>, identity: &mut Identity) {
    const NEAR: usize = 400;
    let start = value.before.len().saturating_sub(NEAR);
    let before = value.before[start..].windows(20).rev();
    let after = value.after[..value.after.len().min(NEAR)].windows(20);
    let is_id = |id: &&[u8]| {
        id.starts_with(b"A")
            && AWS
                .iter()
                .any(|(prefix, ..)| id.starts_with(prefix.as_bytes()))
    };
    let found = before.enumerate().find(|(_, id)| is_id(id));
    let behind = after.enumerate().find(|(_, id)| is_id(id));
    let nearest = match (found, behind) {
        (Some(a), Some(b)) if b.0 < a.0 => b.1,
        (Some((_, id)), _) | (None, Some((_, id))) => id,
        (None, None) => return,
    };
    if let Ok(id) = std::str::from_utf8(nearest) {
        aws(id, identity);
    }
}
