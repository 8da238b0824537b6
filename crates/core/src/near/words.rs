//! The words that tell what stands near a name, and what begins as they do.

/// Words that say that a credential follows, lower case.
pub(super) const KEYWORDS: &[&str] = &[
    "key",
    "keys",
    "token",
    "secret",
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "pass",
    "auth",
    "authorization",
    "authentication",
    "credential",
    "credentials",
    "bearer",
    "login",
    "access",
    "private",
    "apikey",
    "pat",
];

/// Words behind a keyword that turn it into something about a credential.
pub(super) const ABOUT: &[&str] = &[
    "id",
    "ids",
    "url",
    "uri",
    "urls",
    "endpoint",
    "type",
    "name",
    "names",
    "path",
    "file",
    "hash",
    "sha",
    "sha1",
    "sha256",
    "sha512",
    "md5",
    "version",
    "length",
    "len",
    "expiry",
    "expires",
    "expiration",
    "fingerprint",
    "size",
    "ttl",
    "algorithm",
    "digest",
    "checksum",
    "commit",
    "revision",
    "rev",
    "uuid",
    "guid",
    "host",
    "domain",
    "email",
    "user",
    "username",
    "public",
    "publishable",
    "pub",
    "count",
    "index",
    "signature",
    "integrity",
    "etag",
    "resolved",
    "image",
    "prefix",
    "thumbprint",
    "region",
    "service",
    "error",
    "aaguid",
    "salt",
    "sub",
    "jti",
];

/// Words that end a name whose value is none even if its form fits.
pub(super) const NO_VALUE: &[&str] = &[
    "hash",
    "sha",
    "sha1",
    "sha256",
    "sha512",
    "md5",
    "digest",
    "checksum",
    "commit",
    "rev",
    "revision",
    "fingerprint",
    "thumbprint",
    "etag",
    "integrity",
    "version",
    "image",
    "sum",
    "resolved",
    "ref",
];

/// Whether a text starts with a word, in any case.
pub(super) fn starts_with(text: &[u8], word: &str) -> bool {
    text.get(..word.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(word.as_bytes()))
}

/// How long the keywords are that `text` starts with.
pub(super) fn keywords_at(text: &[u8]) -> impl Iterator<Item = usize> + '_ {
    let words: &[&str] = match text.first_chunk() {
        Some(head) => keywords_of(*head),
        None => &[],
    };
    let words = words.iter().filter(|word| starts_with(text, word));
    words.map(|word| word.len())
}

/// Whether a keyword may begin with the first two bytes.
#[inline(always)]
pub(super) fn may_begin_keyword(text: &[u8]) -> bool {
    const NEXT: [u32; 32] = {
        let mut next = [0; 32];
        let mut at = 0;
        while at < KEYWORDS.len() {
            let word = KEYWORDS[at].as_bytes();
            next[(word[0] & 31) as usize] |= 1 << (word[1] & 31);
            at += 1;
        }
        next
    };
    NEXT[usize::from(text[0] & 31)] >> (text[1] & 31) & 1 != 0
}

/// The [`KEYWORDS`] that begin with these three bytes.
fn keywords_of(head: [u8; 3]) -> &'static [&'static str] {
    // Letters in lower case; what are none stay none of those below.
    match &head.map(|b| b | 0x20) {
        b"key" => &["key", "keys"],
        b"tok" => &["token"],
        b"sec" => &["secret"],
        b"log" => &["login"],
        b"pas" => &["password", "passwd", "passphrase", "pass"],
        b"pat" => &["pat"],
        b"pwd" => &["pwd"],
        b"pri" => &["private"],
        b"aut" => &["auth", "authorization", "authentication"],
        b"acc" => &["access"],
        b"api" => &["apikey"],
        b"cre" => &["credential", "credentials"],
        b"bea" => &["bearer"],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_keywords_begin_as_it_is_said() {
        for word in KEYWORDS {
            let bytes = word.as_bytes();
            assert!(may_begin_keyword(bytes), "{word}");
            assert_eq!(keywords_at(bytes).max(), Some(word.len()), "{word}");
        }
        let heads = KEYWORDS
            .iter()
            .filter_map(|word| word.as_bytes().first_chunk());
        for word in heads.flat_map(|head| keywords_of(*head)) {
            assert!(KEYWORDS.contains(word), "{word}");
        }
    }
}
