//! The identity of a finding.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The key where the user has none. It keeps fingerprints of different programs apart;
/// it does not keep a guessable value secret from somebody who knows this program.
const DOMAIN_KEY: &[u8] = b"sluicegate fingerprint v1";

/// How many bytes of the code make a fingerprint.
const LENGTH: usize = 16;

/// Makes fingerprints: HMAC-SHA256 over the rule and the value (RFC 2104), so that a
/// report can be shared without letting its reader test guesses, if the key is kept.
#[derive(Clone)]
pub(crate) struct Fingerprinter {
    mac: Hmac<Sha256>,
}

impl Fingerprinter {
    pub(crate) fn new(key: Option<&[u8]>) -> Self {
        let mac = Hmac::new_from_slice(key.unwrap_or(DOMAIN_KEY))
            .expect("this code takes keys of any length");
        Self { mac }
    }

    /// The fingerprint of a value found by a rule, 32 lower-case hexadecimal digits.
    pub(crate) fn of(&self, rule: &str, value: &[u8]) -> String {
        let mut mac = self.mac.clone();
        mac.update(rule.as_bytes());
        mac.update(&[0]);
        mac.update(&normalised(value));
        let code = mac.finalize().into_bytes();
        code[..LENGTH].iter().map(|b| format!("{b:02x}")).collect()
    }
}

/// A value that spans lines is the same however it is indented and its line ends are
/// written.
pub(crate) fn normalised(value: &[u8]) -> Vec<u8> {
    if !value.starts_with(b"-----BEGIN") {
        return value.to_vec();
    }
    let mut out = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = match tail.first() {
            Some(b'n' | b'r') if byte == b'\\' => &tail[1..],
            _ => {
                if !byte.is_ascii_whitespace() && byte != b'\\' {
                    out.push(byte);
                }
                tail
            }
        };
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_value_has_the_same_fingerprint_however_it_is_written() {
        let prints = Fingerprinter::new(None);
        let plain = prints.of("r", b"-----BEGIN X-----\nab+/\ncd==\n-----END X-----");
        for other in [
            b"-----BEGIN X-----\r\n  ab+/\r\n  cd==\r\n  -----END X-----".as_slice(),
            br"-----BEGIN X-----\nab+/\ncd==\n-----END X-----",
        ] {
            assert_eq!(prints.of("r", other), plain);
        }
        assert_ne!(prints.of("r", b"ab"), prints.of("r", b"a b"));
        assert_ne!(prints.of("r", b"ab"), prints.of("s", b"ab"));
        assert_ne!(
            prints.of("r", b"ab"),
            Fingerprinter::new(Some(b"k")).of("r", b"ab")
        );
        assert_eq!(plain.len(), 32);
    }
}
