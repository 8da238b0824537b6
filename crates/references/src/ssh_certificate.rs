//! Certificates of OpenSSH (`id-cert.pub`): who they are for, and until when.

use sluicegate_core::checksum::decode_base64;
use sluicegate_core::{Confidence, Span};

use crate::found::Ctx;
use crate::pattern::id;

/// A certificate for longer is a key in all but name, in seconds.
const LONGEST: u64 = 7 * 86_400;

/// What makes a kind of key one of a certificate.
const MARK: &str = "-cert-v01@openssh.com";

/// Reports the certificates in the file that do not end soon.
pub(crate) fn inspect(ctx: &mut Ctx<'_>) {
    for line in ctx.text.lines() {
        let mut words = line.split_ascii_whitespace();
        // Options may stand before the kind, in files of keys that may log in.
        let Some(kind) = words.find(|word| word.ends_with(MARK)) else {
            continue;
        };
        let digits = words.next().unwrap_or_default();
        let Some(certificate) = decode_base64(digits.as_bytes()).and_then(|b| parse(&b)) else {
            continue;
        };
        let usage = match certificate.before.saturating_sub(certificate.after) {
            _ if certificate.before == u64::MAX => "certificate without an end".to_owned(),
            span if span > LONGEST => format!("certificate for {} days", span / 86_400),
            _ => continue,
        };
        let start = kind.as_ptr() as usize - ctx.text.as_ptr() as usize;
        let span = Span::new(start, start + kind.len());
        let name = format!("certificate {}", certificate.id);
        ctx.report(id::SSH_03, "ssh", &name, span, Confidence::Definite, usage);
    }
}

/// What a certificate says (PROTOCOL.certkeys of OpenSSH).
#[derive(Debug, PartialEq, Eq)]
struct Certificate {
    /// What its authority called it.
    id: String,
    /// Seconds since 1970.
    after: u64,
    /// The greatest number there is means never.
    before: u64,
}

fn parse(bytes: &[u8]) -> Option<Certificate> {
    let mut fields = Fields(bytes);
    let kind = fields.string()?.strip_suffix(MARK.as_bytes())?;
    // A nonce, and what the public key is made of.
    let parts = match kind {
        b"ssh-ed25519" => 1,
        b"ssh-rsa" | b"sk-ssh-ed25519" => 2,
        b"ssh-dss" => 4,
        b"sk-ecdsa-sha2-nistp256" => 3,
        kind if kind.starts_with(b"ecdsa-sha2-") => 2,
        _ => return None,
    };
    for _ in 0..=parts {
        fields.string()?;
    }
    // A serial number, and whether it is for a user or a host.
    fields.number::<8>()?;
    fields.number::<4>()?;
    let id = String::from_utf8_lossy(fields.string()?).into_owned();
    // Whom it may log in as.
    fields.string()?;
    let (after, before) = (fields.number::<8>()?, fields.number::<8>()?);
    Some(Certificate { id, after, before })
}

/// Fields as SSH writes them.
struct Fields<'d>(&'d [u8]);

impl<'d> Fields<'d> {
    fn number<const N: usize>(&mut self) -> Option<u64> {
        let (head, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(head.iter().fold(0, |n, b| n << 8 | u64::from(*b)))
    }

    fn string(&mut self) -> Option<&'d [u8]> {
        let length = usize::try_from(self.number::<4>()?).ok()?;
        let string = self.0.get(..length)?;
        self.0 = &self.0[length..];
        Some(string)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn certificate(kind: &str, parts: usize, after: u64, before: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut string = |text: &[u8]| {
            bytes.extend((text.len() as u32).to_be_bytes());
            bytes.extend(text);
        };
        string(format!("{kind}{MARK}").as_bytes());
        for _ in 0..=parts {
            string(&[7; 32]);
        }
        bytes.extend([0; 8]);
        bytes.extend([0, 0, 0, 1]);
        for text in [&b"ci@corp"[..], b"\0\0\0\x06deploy"] {
            bytes.extend((text.len() as u32).to_be_bytes());
            bytes.extend(text);
        }
        bytes.extend(after.to_be_bytes());
        bytes.extend(before.to_be_bytes());
        bytes
    }

    #[test]
    fn the_end_is_read_behind_keys_of_every_kind() {
        for (kind, parts) in [
            ("ssh-ed25519", 1),
            ("ssh-rsa", 2),
            ("ecdsa-sha2-nistp384", 2),
            ("sk-ssh-ed25519", 2),
            ("sk-ecdsa-sha2-nistp256", 3),
        ] {
            let bytes = certificate(kind, parts, 5, u64::MAX);
            let expected = Certificate {
                id: "ci@corp".to_owned(),
                after: 5,
                before: u64::MAX,
            };
            assert_eq!(parse(&bytes), Some(expected), "{kind}");
            for end in 0..bytes.len() {
                assert_eq!(parse(&bytes[..end]), None, "cut off at {end}");
            }
        }
        assert_eq!(parse(b""), None);
    }
}
