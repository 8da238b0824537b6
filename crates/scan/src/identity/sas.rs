//! Shared access signatures: what they allow and until when stands beside the signature.

use sluicegate_core::identity::seconds;
use sluicegate_core::{Identity, Lifetime, Trait};

use super::{Value, query};

/// The query around the value is read so far on either side, in bytes.
const NEAR: usize = 700;

pub(super) fn read(value: &Value<'_>, identity: &mut Identity) {
    let text = query::around(value, NEAR);
    if value.bytes.len() > 2048 || !text.contains("sig=") {
        return;
    }
    let (address, query) = query::split(&text);
    let mut found = false;
    let mut by_identity = false;
    let mut by_policy = false;
    let mut named = Identity::default();
    for (key, said) in query::pairs(query) {
        match key {
            "se" => {
                named.expires = said.parse().ok().or_else(|| seconds(&said));
                found |= named.expires.is_some();
            }
            "st" => named.issued = seconds(&said),
            "sp" => named.add(Trait::Permissions, said),
            "sv" => named.add(Trait::Version, said),
            "sr" if said.contains('.') => named.add(Trait::Host, said),
            "sr" | "ss" => named.add(Trait::Resource, said),
            "skn" => named.add(Trait::User, said),
            "skoid" => by_identity = true,
            "si" => by_policy = true,
            _ => {}
        }
    }
    // `sig=` alone is the signature of many things.
    let of_storage = named.get(Trait::Version).is_some();
    if !found && !of_storage {
        return;
    }
    named.class = match named.expires {
        // Signed by an identity, for seven days at most.
        _ if by_identity => Some(Lifetime::L2),
        // Without a start it cannot be told how long it was made to live, only that it ends.
        Some(_) if of_storage => Some(Lifetime::L3),
        // A policy that is stored with the service says when it ends.
        None if by_policy => Some(Lifetime::LU),
        _ => None,
    };
    named.add(Trait::Host, query::host(address).unwrap_or_default());
    for (name, said) in named.traits() {
        identity.add(name, said);
    }
    (identity.issued, identity.expires) = (named.issued, named.expires);
    identity.class = identity.class.or(named.class);
}
