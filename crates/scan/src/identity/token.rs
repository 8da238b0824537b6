//! Tokens that carry JSON: JSON Web Tokens, and those of providers that put an object
//! behind a prefix.

use serde_json::{Map, Value as Json};
use sluicegate_core::checksum::decode_base64;
use sluicegate_core::{Identity, Lifetime, Trait};

use super::{Value, line};

/// Larger objects are not read, in bytes of base64.
const LONGEST: usize = 8192;

/// Names of members, of the registered claims and of those that large issuers use.
const MEMBERS: &[(&str, Trait)] = &[
    ("iss", Trait::Issuer),
    ("sub", Trait::Subject),
    ("aud", Trait::Audience),
    ("azp", Trait::Client),
    ("client_id", Trait::Client),
    ("clientId", Trait::Client),
    ("appid", Trait::Client),
    ("tid", Trait::Tenant),
    ("scope", Trait::Scope),
    ("scp", Trait::Scope),
    ("role", Trait::Scope),
    ("roles", Trait::Scope),
    ("email", Trait::User),
    ("preferred_username", Trait::User),
    ("upn", Trait::User),
    ("unique_name", Trait::User),
    ("username", Trait::User),
    ("user", Trait::User),
    // Supabase: the project.
    ("ref", Trait::Project),
    // Sentry, Grafana: the organisation.
    ("org", Trait::Account),
    ("o", Trait::Account),
    ("region_url", Trait::Region),
    ("url", Trait::Host),
    // 1Password: the account's address.
    ("signInAddress", Trait::Host),
    ("n", Trait::Comment),
    // Mapbox.
    ("u", Trait::User),
];

/// Prefixes behind which an object stands in base64.
const PREFIXES: &[&str] = &["sntrys_", "glc_", "ops_", "sk.", "pk.", "tk.", "eyJ"];

pub(super) fn read(value: &Value<'_>, identity: &mut Identity) {
    let Some(text) = line(value.bytes) else {
        return;
    };
    if let Some(user) = value.rule.starts_with("http-basic").then(|| basic(text)) {
        identity.add(Trait::User, user.unwrap_or_default());
    }
    // Objects that start on a line of their own are `ewo`.
    let starts = ["eyJ", "ewo"].into_iter();
    let start = starts.filter_map(|start| text.find(start)).min();
    let start = start.filter(|at| {
        *at == 0 || text[..*at].ends_with([' ', ':', '_', '-']) || PREFIXES.contains(&&text[..*at])
    });
    let Some(text) = start.map(|at| &text[at..]) else {
        return;
    };
    let mut parts = text.split('.');
    let head = parts.next().unwrap_or_default();
    // Of some the checksum or the random part follows behind an underscore.
    let first = object(head).or_else(|| object(head.rsplit_once('_')?.0));
    // The last part of `header.payload.signature` that is needed stands in the middle; a
    // token with one part is its own payload.
    let mut is_jwt = false;
    let claims = match (&first, parts.next().and_then(object)) {
        (Some(header), Some(claims)) => {
            is_jwt = true;
            if let Some(Json::String(algorithm)) = header.get("alg") {
                identity.add(Trait::Algorithm, algorithm);
            }
            claims
        }
        (Some(_), None) => first.unwrap_or_default(),
        _ => return,
    };
    for (member, name) in MEMBERS {
        if let Some(said) = claims.get(*member).and_then(words) {
            identity.add(*name, said);
        }
    }
    let time = |member: &str| claims.get(member).and_then(|v| v.as_f64()).map(whole);
    identity.issued = time("iat").or_else(|| time("nbf")).flatten();
    identity.expires = time("exp").flatten();
    // Such a token never ends without `exp`. Without a start it cannot be told how long it
    // was made to live; that it ends is known.
    if is_jwt {
        let class = identity.expires.map_or(Lifetime::L4, |_| Lifetime::L3);
        identity.class = identity.class.or(Some(class));
    }
}

/// Seconds since 1970; some issuers count in thousandths.
fn whole(number: f64) -> Option<i64> {
    const LAST: f64 = 253_402_300_799.0;
    let seconds = if number > LAST {
        number / 1000.0
    } else {
        number
    };
    (0.0..=LAST).contains(&seconds).then_some(seconds as i64)
}

fn object(part: &str) -> Option<Map<String, Json>> {
    if part.len() > LONGEST {
        return None;
    }
    match serde_json::from_slice(&decode_base64(part.as_bytes())?).ok()? {
        Json::Object(object) => Some(object),
        _ => None,
    }
}

/// What a claim says, if it is a word, a number or a list of words.
fn words(claim: &Json) -> Option<String> {
    match claim {
        Json::String(text) => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        Json::Array(list) => {
            let words: Option<Vec<&str>> = list.iter().map(Json::as_str).collect();
            words.map(|words| words.join(" "))
        }
        _ => None,
    }
}

/// The user in base64 of a user and a password.
fn basic(text: &str) -> Option<String> {
    let plain = decode_base64(text.trim_start_matches("Basic ").as_bytes())?;
    let plain = String::from_utf8(plain).ok()?;
    let (user, _) = plain.split_once(':')?;
    Some(user.to_owned())
}
