//! Signed addresses of AWS, CloudFront and Google Cloud Storage: whoever has one may do what
//! it says, until it ends.

use sluicegate_core::checksum::decode_base64;
use sluicegate_core::identity::seconds;
use sluicegate_core::{Identity, Lifetime, Trait};

use super::{AROUND, Value, prefix, query};

/// AWS and Google sign for seven days at most.
const LONGEST: i64 = 7 * 86_400;

/// A key of Bedrock that lives for hours is such an address in base64.
const BEDROCK: &[u8] = b"bedrock-api-key-";

pub(super) fn read(value: &Value<'_>, identity: &mut Identity) {
    if let Some(digits) = value.bytes.strip_prefix(BEDROCK) {
        let Some(address) = decode_base64(digits) else {
            return;
        };
        address_of(&String::from_utf8_lossy(&address), identity);
    } else if value.bytes.len() <= 4096 && may_be_signature(value.bytes) {
        address_of(&query::around(value, AROUND), identity);
    }
}

/// Most values are none, and then the text around them is not read.
fn may_be_signature(bytes: &[u8]) -> bool {
    bytes.len() >= 27 && !bytes.contains(&b'\n')
}

fn address_of(text: &str, identity: &mut Identity) {
    if !text.contains("Signature=") {
        return;
    }
    let (address, query) = query::split(text);
    let mut named = Identity::default();
    let mut signed = false;
    let mut start = None;
    let mut span = None;
    let mut end = None;
    for (key, said) in query::pairs(query) {
        match key {
            "X-Amz-Date" | "X-Goog-Date" => start = compact(&said),
            "X-Amz-Expires" | "X-Goog-Expires" => span = said.parse::<i64>().ok(),
            "X-Amz-Credential" => {
                signed = true;
                aws(&said, &mut named);
            }
            "X-Goog-Credential" => {
                signed = true;
                named.add(Trait::User, said.split('/').next().unwrap_or_default());
            }
            // The older form, of S3, of Google and of CloudFront.
            "Expires" => {
                end = said
                    .parse::<i64>()
                    .ok()
                    .filter(|time| *time > 1_000_000_000)
            }
            "AWSAccessKeyId" => {
                signed = true;
                prefix::aws(&said, &mut named);
            }
            "GoogleAccessId" => {
                signed = true;
                named.add(Trait::User, said);
            }
            "Key-Pair-Id" => signed = true,
            _ => {}
        }
    }
    if !signed {
        return;
    }
    let span = span.filter(|span| (1..=LONGEST).contains(span));
    identity.issued = start;
    identity.expires = match (start, span) {
        (Some(start), Some(span)) => Some(start + span),
        _ => end,
    };
    // How long the key lives that signed it is not how long the address does.
    identity.class = identity.expires.map(|_| Lifetime::L3);
    let host = query::host(address).unwrap_or_default();
    identity.add(Trait::Host, host);
    for (name, said) in named.traits() {
        identity.add(name, said);
    }
}

/// `AKIA…/20250101/eu-west-1/s3/aws4_request`: who signed, where and for what.
fn aws(credential: &str, named: &mut Identity) {
    let mut parts = credential.split('/');
    prefix::aws(parts.next().unwrap_or_default(), named);
    named.add(Trait::Region, parts.nth(1).unwrap_or_default());
    named.add(Trait::Resource, parts.next().unwrap_or_default());
}

/// `20250131T235959Z`, the form without separators.
fn compact(time: &str) -> Option<i64> {
    let digits = time.strip_suffix('Z')?;
    let (date, clock) = digits.split_once('T')?;
    let all = [date, clock].iter().all(|part| part.is_ascii());
    if !all || date.len() != 8 || clock.len() != 6 {
        return None;
    }
    seconds(&format!(
        "{}-{}-{}T{}:{}:{}Z",
        &date[..4],
        &date[4..6],
        &date[6..],
        &clock[..2],
        &clock[2..4],
        &clock[4..]
    ))
}
