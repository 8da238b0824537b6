//! Checksums and structures that providers build into their tokens.

use crate::model;
use crate::spec::Checksum;

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// How many digits the CRC-32 takes in base 62.
pub const CRC32_BASE62_DIGITS: usize = 6;

impl Checksum {
    /// Whether `value`, the whole secret, satisfies it.
    pub fn holds(self, value: &[u8]) -> bool {
        match self {
            Self::Crc32Base62 => {
                let body = value.rsplit(|&b| b == b'_').next().unwrap_or_default();
                body.len() > CRC32_BASE62_DIGITS && {
                    let (random, digits) = body.split_at(body.len() - CRC32_BASE62_DIGITS);
                    digits == crc32_base62(random)
                }
            }
            Self::Jwt => is_jwt(value),
            Self::AwsKeyId => aws_account(value).is_some(),
            Self::BasicAuth => basic(value)
                .and_then(|plain| {
                    let colon = plain.iter().position(|b| *b == b':')?;
                    Some(is_credible(&plain[colon + 1..]))
                })
                .unwrap_or(false),
            // Base64 of text has capitals.
            Self::BasicIfText => {
                value.iter().any(u8::is_ascii_uppercase)
                    && basic(value).is_none_or(|plain| {
                        let colon = plain.iter().position(|b| *b == b':');
                        colon.is_some_and(|at| !plain[at + 1..].trim_ascii().is_empty())
                    })
            }
            Self::Password => is_credible(value),
            Self::Random => is_credible(value) && model::word_bits(value) < 0.0,
            Self::KeyStore => is_key_store(value),
            Self::GitlabRoutable => gitlab_routable(value).is_some(),
        }
    }
}

/// The CRC-32 (IEEE) of `bytes` as six base-62 digits, zero padded.
pub fn crc32_base62(bytes: &[u8]) -> [u8; CRC32_BASE62_DIGITS] {
    let mut rest = crc32fast::hash(bytes) as usize;
    let mut digits = [b'0'; CRC32_BASE62_DIGITS];
    for digit in digits.iter_mut().rev() {
        *digit = BASE62[rest % 62];
        rest /= 62;
    }
    digits
}

/// How many digits the CRC-32 takes in base 36.
pub const CRC32_BASE36_DIGITS: usize = 7;

/// The CRC-32 (IEEE) of `bytes` as seven base-36 digits, zero padded.
pub fn crc32_base36(bytes: &[u8]) -> [u8; CRC32_BASE36_DIGITS] {
    const BASE36: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let mut rest = crc32fast::hash(bytes) as usize;
    let mut digits = [b'0'; CRC32_BASE36_DIGITS];
    for digit in digits.iter_mut().rev() {
        *digit = BASE36[rest % 36];
        rest /= 36;
    }
    digits
}

/// The payload of a routable token of GitLab, in base64url: what stands between the prefix
/// and the version, if the length and the checksum behind it are right.
pub fn gitlab_routable(token: &[u8]) -> Option<&[u8]> {
    let at = token.len().checked_sub(CRC32_BASE36_DIGITS)?;
    let (checked, digits) = token.split_at(at);
    if digits != crc32_base36(checked) {
        return None;
    }
    let (head, length) = checked.split_at(checked.len().checked_sub(2)?);
    let length = usize::from_str_radix(std::str::from_utf8(length).ok()?, 36).ok()?;
    let head = head.strip_suffix(b".")?;
    // The first tokens of this kind had no version.
    let is_version = |rest: &[u8]| rest.len() == 3 && rest[0] == b'.';
    let end = match head.len().checked_sub(3) {
        Some(end) if is_version(&head[end..]) => end,
        _ => head.len(),
    };
    head[..end].get(end.checked_sub(length)?..)
}

/// Decodes base64url or base64, with or without padding; `None` if a byte does not
/// belong.
pub fn decode_base64(text: &[u8]) -> Option<Vec<u8>> {
    let end = text.iter().rposition(|&b| b != b'=').map_or(0, |at| at + 1);
    let mut out = Vec::with_capacity(end * 3 / 4);
    let mut bits = 0u32;
    let mut have = 0;
    for &byte in &text[..end] {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(digit);
        have += 6;
        if have >= 8 {
            have -= 8;
            out.push((bits >> have) as u8);
        }
    }
    Some(out)
}

/// What base64 of a user and a password (RFC 7617) says; `None` if it is not text.
pub(crate) fn basic(value: &[u8]) -> Option<Vec<u8>> {
    let plain = decode_base64(value)?;
    (plain.len() >= 3 && plain.iter().all(|b| b.is_ascii_graphic() || *b == b' ')).then_some(plain)
}

/// Whether somebody could use it as a password: it is not made of the words of
/// placeholders, and no template.
fn is_credible(value: &[u8]) -> bool {
    const STANDS_FOR_A_VALUE: f32 = 0.85;
    value.len() >= 3
        && model::stock(value) < STANDS_FOR_A_VALUE
        && super::placeholder(value).is_none()
        && !value.iter().all(u8::is_ascii_digit)
}

/// Java's JKS and JCEKS, KeePass 1 and 2, and what may be the outermost sequence of
/// PKCS#12 (RFC 7292).
fn is_key_store(value: &[u8]) -> bool {
    const STARTS: &[&[u8]] = &[
        &[0xFE, 0xED, 0xFE, 0xED],
        &[0xCE, 0xCE, 0xCE, 0xCE],
        &[0x03, 0xD9, 0xA2, 0x9A],
        b"kych",
        b"GnomeKeyring",
        b"KWALLET",
        &[0x30],
    ];
    STARTS.iter().any(|start| value.starts_with(start)) && !is_trust_store(value)
}

/// Whether a PKCS#12 file holds nothing but one encrypted part: certificates. Keys stand in
/// a part of their own, each encrypted by itself (RFC 7292, section 5.1), and so do those of
/// every program that writes such files.
fn is_trust_store(value: &[u8]) -> bool {
    const ENCRYPTED_DATA: &[u8] = b"\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x07\x06";
    /// The tag, the content as far as it is known, and its whole length.
    fn open(bytes: &[u8]) -> Option<(u8, &[u8], usize)> {
        let (&tag, rest) = bytes.split_first()?;
        let (&first, rest) = rest.split_first()?;
        let count = usize::from(first & 0x7F);
        if first < 0x80 {
            return Some((tag, rest, count));
        }
        if !(1..=3).contains(&count) {
            return None;
        }
        let length = rest.get(..count)?;
        let length = length.iter().fold(0, |n, b| n << 8 | usize::from(*b));
        Some((tag, &rest[count..], length))
    }
    fn only_part(value: &[u8]) -> Option<bool> {
        let (_, file, _) = open(value)?;
        let (_, _, version) = open(file)?;
        let (_, info, _) = open(file.get(2 + version..)?)?;
        let (_, _, name) = open(info)?;
        let (_, explicit, _) = open(info.get(2 + name..)?)?;
        let (tag, octets, _) = open(explicit)?;
        let (_, parts, all) = open(octets)?;
        let (_, part, length) = open(parts)?;
        let header = parts.len() - part.len();
        let alone = tag == 0x04 && header + length == all;
        Some(alone && part.starts_with(ENCRYPTED_DATA))
    }
    value.first() == Some(&0x30) && only_part(value).unwrap_or(false)
}

/// Names of the members of a header that are registered: the parameters of headers and of
/// keys in IANA's registry for JOSE (RFC 7515 to 7518, 7797, 8225, 8555, 9321), and the
/// claims that RFC 7519, section 5.3, lets a header repeat.
const JOSE: [&str; 31] = [
    "alg", "typ", "cty", "kid", "jku", "jwk", "x5u", "x5c", "x5t", "x5t#S256", "crit", "enc",
    "zip", "epk", "apu", "apv", "p2s", "p2c", "b64", "use", "iv", "tag", "ppt", "nonce", "svt",
    "kty", "key_ops", "iss", "sub", "aud", "ver",
];

/// RFC 7515, section 7.1: three parts, the first a JSON object of which a member is one
/// that headers have. `alg` is demanded there, but not everybody writes it.
fn is_jwt(value: &[u8]) -> bool {
    let mut parts = value.split(|&b| b == b'.');
    let (Some(header), Some(payload)) = (parts.next(), parts.next()) else {
        return false;
    };
    let object = |part: &[u8]| decode_base64(part).filter(|json| json.first() == Some(&b'{'));
    let has = |json: &[u8], name: &str| {
        let quoted = [b"\"", name.as_bytes(), b"\""].concat();
        json.windows(quoted.len()).any(|w| w == quoted)
    };
    object(header).is_some_and(|json| JOSE.iter().any(|name| has(&json, name)))
        && object(payload).is_some()
}

/// The account number in an AWS access key id (`AKIA…`, 20 characters).
///
/// The 16 characters after the prefix are base 32; bits 1 to 40 of the number they
/// make are the account. Ids from before 2019 start with `I` or `J` there and hold no
/// account: they give 0. `None` if the id is not valid.
pub fn aws_account(id: &[u8]) -> Option<u64> {
    let body = id.get(4..20)?;
    let mut head = 0u64;
    for (place, &byte) in body.iter().enumerate() {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'2'..=b'7' => byte - b'2' + 26,
            _ => return None,
        };
        // Ten digits make the 50 bits that are of interest.
        if place < 10 {
            head = head << 5 | u64::from(digit);
        }
    }
    if matches!(body[0], b'I' | b'J') {
        return Some(0);
    }
    let account = (head >> 2 & 0x7FFF_FFFF_FF80) >> 7;
    (account < 1_000_000_000_000).then_some(account)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crc32_base62_is_padded_and_checked() {
        let random = b"abcdefghijklmnopqrstuvwxyzABCD";
        let token = [b"ghp_".as_slice(), random, &crc32_base62(random)].concat();
        assert!(Checksum::Crc32Base62.holds(&token));
        let mut wrong = token.clone();
        wrong[10] ^= 1;
        assert!(!Checksum::Crc32Base62.holds(&wrong));
        assert!(!Checksum::Crc32Base62.holds(b"ghp_abc"));
        assert_eq!(crc32_base62(b""), *b"000000");
    }

    #[test]
    fn aws_key_ids_decode_to_their_account() {
        // The pair that the first public description of the encoding works through.
        let id = ["ASIA", "QNZG", "KIQY", "56JQ", "7WML"].concat();
        assert_eq!(aws_account(id.as_bytes()), Some(29608264753));
        assert_eq!(
            aws_account(["AKIA", "IOSFODNN7EXAMPLE"].concat().as_bytes()),
            Some(0)
        );
        assert_eq!(
            aws_account(["AKIA", "1111111111111111"].concat().as_bytes()),
            None
        );
        assert_eq!(aws_account(b"AKIA"), None);
    }

    #[test]
    fn made_up_passwords_are_not_credible() {
        // svc:h7Qm2vXw9LrT, user:password, and no text at all
        assert!(Checksum::BasicAuth.holds(b"c3ZjOmg3UW0ydlh3OUxyVA=="));
        assert!(!Checksum::BasicAuth.holds(b"dXNlcjpwYXNzd29yZA=="));
        assert!(!Checksum::BasicAuth.holds(b"/////w=="));
        for (text, expected) in [
            ("c3ZjOmg3UW0ydlh3OUxyVA==", true),
            ("ZGVtbzp0ZXN0", true),
            ("q8Zr3kT1vNw5Yb2L", true),
            ("fakeauthdetails", false),
            ("Y2xpZW50aWQxMTIxMQ==", false),
            ("Y2xpZW50aWQxMTIxMTo=", false),
            ("Y2xpZW50aWQxMTIxMTogICAg", false),
        ] {
            assert_eq!(
                Checksum::BasicIfText.holds(text.as_bytes()),
                expected,
                "{text}"
            );
        }
        for (value, credible) in [
            ("D1fficult%40Word", true),
            ("sunshine", true),
            ("s3cr3t", false),
            ("my_password", false),
            ("${DB_PASS}", false),
            ("1234", false),
        ] {
            assert_eq!(
                Checksum::Password.holds(value.as_bytes()),
                credible,
                "{value}"
            );
        }
    }

    #[test]
    fn jwts_need_a_header_that_says_so() {
        // {"alg":"none"} . {"a":1} .
        assert!(Checksum::Jwt.holds(b"eyJhbGciOiJub25lIn0.eyJhIjoxfQ."));
        // {"a":1} twice
        assert!(!Checksum::Jwt.holds(b"eyJhIjoxfQ.eyJhIjoxfQ.x"));
        assert!(!Checksum::Jwt.holds(b"eyJhbGciOiJub25lIn0"));
    }

    #[test]
    fn files_of_certificates_alone_are_no_key_stores() {
        let wrap = |tag: u8, content: &[u8]| {
            let length = u8::try_from(content.len()).expect("short");
            [&[tag, 0x81, length], content].concat()
        };
        let kind = |last: u8| {
            [
                b"\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x07".as_slice(),
                &[last],
            ]
            .concat()
        };
        let part = |last: u8| wrap(0x30, &[kind(last), vec![0xA0, 0x01, 0x00]].concat());
        let file = |parts: &[Vec<u8>]| {
            let octets = wrap(0x04, &wrap(0x30, &parts.concat()));
            let info = wrap(0x30, &[kind(1), wrap(0xA0, &octets)].concat());
            wrap(0x30, &[b"\x02\x01\x03".as_slice(), &info].concat())
        };
        assert!(!Checksum::KeyStore.holds(&file(&[part(6)])));
        assert!(Checksum::KeyStore.holds(&file(&[part(6), part(1)])));
        assert!(Checksum::KeyStore.holds(&file(&[part(1)])));
        assert!(Checksum::KeyStore.holds(b"\x30\x80\x02\x01\x03"));
    }
}
