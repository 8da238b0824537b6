//! Who may approve: a file of allowed signers, as `ssh-keygen(1)` describes it, and
//! signatures checked against it.

use sluicegate_core::without_values;
use ssh_key::{Algorithm, EcdsaCurve, HashAlg, PublicKey, SshSig};

use crate::canonical::sha256;
use crate::decision::Approval;
use crate::time::Time;

/// The namespace of approvals: a signature made for anything else, such as a commit, is
/// worth nothing here.
pub const APPROVAL_NAMESPACE: &str = "gate-approval@v1";

/// The longest file that is read, in bytes, and the longest signature.
const MAX_FILE: usize = 1 << 20;
const MAX_SIGNATURE: usize = 16 << 10;

/// The lines of a file of allowed signers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signers {
    lines: Vec<Line>,
    revoked: Vec<PublicKey>,
    /// Lines that could not be used, counted from 1, and why.
    pub problems: Vec<(usize, String)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Line {
    principals: Vec<String>,
    namespaces: Vec<String>,
    valid_after: Option<Time>,
    valid_before: Option<Time>,
    key: PublicKey,
}

/// Why a signature is worth nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureError {
    /// It is no signature, or not of these bytes, or for something else.
    Bad,
    /// Nobody who may approve has that key, or not now, or under another name.
    UnknownSigner,
    /// The key was revoked.
    Revoked,
}

impl Signers {
    /// Reads the file. A line that cannot be used is a problem and lets nobody in.
    ///
    /// ```
    /// let signers = sluicegate_gate::Signers::parse("alice@example.com ssh-ed25519 broken\n");
    /// assert!(signers.is_empty());
    /// assert_eq!(signers.problems[0].0, 1);
    /// ```
    pub fn parse(text: &str) -> Self {
        let mut out = Self::default();
        if text.len() > MAX_FILE {
            out.problems
                .push((1, format!("the file has more than {MAX_FILE} bytes")));
            return out;
        }
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            match parse_line(line) {
                Ok(line) => out.lines.push(line),
                Err(why) => out.problems.push((number, why)),
            }
        }
        out
    }

    /// Reads the file of revoked keys: public keys, one a line, as git's
    /// `gpg.ssh.revocationFile` takes them. Whatever such a key has signed is worth nothing.
    ///
    /// ```
    /// let mut signers = sluicegate_gate::Signers::default();
    /// assert!(signers.revoke(b"# nobody\n").is_ok());
    /// assert!(signers.revoke(b"SSHKRL\n\0").is_err());
    /// ```
    ///
    /// # Errors
    ///
    /// If anything in it is not understood: a revoked key must not count because of how
    /// it is written down.
    pub fn revoke(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.revoked.extend(revoked_keys(bytes)?);
        Ok(())
    }

    /// Whether nobody may approve.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Checks a signature over `message` by somebody who goes by `principal`.
    ///
    /// # Errors
    ///
    /// If it is worth nothing.
    pub fn verify(
        &self,
        principal: &str,
        armoured: &str,
        message: &[u8],
        clock: Time,
    ) -> Result<Approval, SignatureError> {
        if armoured.len() > MAX_SIGNATURE {
            return Err(SignatureError::Bad);
        }
        let signature = SshSig::from_pem(armoured.trim()).map_err(|_| SignatureError::Bad)?;
        let key = PublicKey::from(signature.public_key().clone());
        key.verify(APPROVAL_NAMESPACE, message, &signature)
            .map_err(|_| SignatureError::Bad)?;
        if !was_touched(&signature) {
            return Err(SignatureError::Bad);
        }
        if self.revoked.iter().any(|k| k.key_data() == key.key_data()) {
            return Err(SignatureError::Revoked);
        }
        let may = |line: &&Line| {
            line.key.key_data() == key.key_data()
                && line.fits(principal)
                && (line.namespaces.is_empty()
                    || line
                        .namespaces
                        .iter()
                        .any(|n| matches(n, APPROVAL_NAMESPACE)))
                && line.valid_after.is_none_or(|after| after <= clock)
                && line.valid_before.is_none_or(|before| clock < before)
        };
        self.lines
            .iter()
            .find(may)
            .ok_or(SignatureError::UnknownSigner)?;
        Ok(Approval {
            principal: principal.to_owned(),
            key: key.fingerprint(HashAlg::Sha256).to_string(),
            signature_digest: sha256(armoured.trim().as_bytes()),
            in_device: matches!(
                key.algorithm(),
                Algorithm::SkEd25519 | Algorithm::SkEcdsaSha2NistP256
            ),
        })
    }

    /// Every key, with the names it is listed under.
    pub(crate) fn keys(&self) -> impl Iterator<Item = (&[String], &PublicKey)> {
        let lines = self.lines.iter();
        let good = lines.filter(|l| {
            let mut revoked = self.revoked.iter().map(PublicKey::key_data);
            !revoked.any(|key| key == l.key.key_data())
        });
        good.map(|line| (line.principals.as_slice(), &line.key))
    }

    /// Whether somebody goes by that name.
    pub(crate) fn knows(&self, who: &str) -> bool {
        self.lines.iter().any(|line| line.fits(who))
    }

    /// All names that the person has who goes by `principal`: whoever holds a key is one
    /// person, under whichever names that key is listed.
    pub fn aliases(&self, principal: &str) -> Vec<String> {
        let keys: Vec<_> = self
            .lines
            .iter()
            .filter(|l| l.fits(principal))
            .map(|l| l.key.key_data())
            .collect();
        let lines = self
            .lines
            .iter()
            .filter(|l| keys.contains(&l.key.key_data()));
        let mut out: Vec<String> = lines.flat_map(|l| l.principals.iter().cloned()).collect();
        out.push(principal.to_owned());
        out.sort();
        out.dedup();
        out
    }
}

/// The keys of a file of revoked keys.
pub(crate) fn revoked_keys(bytes: &[u8]) -> Result<Vec<PublicKey>, String> {
    if bytes.starts_with(b"SSHKRL") {
        return Err(
            "it is a binary key revocation list (KRL), which is not read; write the revoked \
             public keys instead, one a line"
                .to_owned(),
        );
    }
    if bytes.len() > MAX_FILE {
        return Err(format!("it has more than {MAX_FILE} bytes"));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())?;
    let mut keys = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let mut words = line.split_whitespace();
        let key = match (words.next(), words.next()) {
            (Some(kind), Some(data)) => PublicKey::from_openssh(&format!("{kind} {data}")).ok(),
            _ => None,
        };
        keys.push(key.ok_or_else(|| {
            format!("line {number} is no public key: write it as a file that ends in .pub has it")
        })?);
    }
    Ok(keys)
}

/// A key in a device says whether somebody touched it; without that a program could sign.
fn was_touched(signature: &SshSig) -> bool {
    let is_device = matches!(
        signature.public_key(),
        ssh_key::public::KeyData::SkEd25519(_) | ssh_key::public::KeyData::SkEcdsaSha2NistP256(_)
    );
    // Flags and a counter of four bytes stand at the end.
    let bytes = signature.signature_bytes();
    let flags = bytes.len().checked_sub(5).and_then(|at| bytes.get(at));
    !is_device || flags.is_some_and(|flags| flags & 1 == 1)
}

impl Line {
    fn fits(&self, principal: &str) -> bool {
        let denied = self.principals.iter().filter_map(|p| p.strip_prefix('!'));
        let allowed = self.principals.iter().filter(|p| !p.starts_with('!'));
        !principal.is_empty()
            && !denied.into_iter().any(|p| matches(p, principal))
            && allowed.into_iter().any(|p| matches(p, principal))
    }
}

/// Whether a name fits a pattern of `ssh_config(5)`, with `*` and `?`; case does not
/// matter, as in addresses.
pub(crate) fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.to_lowercase(), name.to_lowercase());
    let (pattern, name): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), name.chars().collect());
    let (mut p, mut n) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        if p < pattern.len() && pattern[p] == '*' {
            star = Some((p, n));
            p += 1;
        } else if p < pattern.len() && (pattern[p] == '?' || pattern[p] == name[n]) {
            p += 1;
            n += 1;
        } else if let Some((star_p, star_n)) = star {
            star = Some((star_p, star_n + 1));
            p = star_p + 1;
            n = star_n + 1;
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

fn parse_line(line: &str) -> Result<Line, String> {
    let (principals, rest) = line.split_once([' ', '\t']).ok_or("there is no key")?;
    let mut out = Line {
        principals: principals
            .trim_matches('"')
            .split(',')
            .map(ToOwned::to_owned)
            .collect(),
        namespaces: Vec::new(),
        valid_after: None,
        valid_before: None,
        // Replaced below; a line without a key is refused.
        key: PublicKey::from(ssh_key::public::Ed25519PublicKey([0; 32])),
    };
    let rest = rest.trim_start();
    let is_key = |text: &str| {
        text.starts_with("ssh-") || text.starts_with("ecdsa-") || text.starts_with("sk-")
    };
    let key = if is_key(rest) {
        rest
    } else {
        let end = options_end(rest).ok_or("there is no key behind the options")?;
        options(&rest[..end], &mut out)?;
        rest[end..].trim_start()
    };
    let mut words = key.split_whitespace();
    let (Some(kind), Some(data)) = (words.next(), words.next()) else {
        return Err("there is no key".to_owned());
    };
    let read = PublicKey::from_openssh(&format!("{kind} {data}"));
    out.key = read.map_err(|error| format!("the key cannot be read: {error}"))?;
    takes(&out.key.algorithm())?;
    Ok(out)
}

/// Says that signatures of such keys can be checked.
///
/// # Errors
///
/// Which keys cannot, and what to do: a key that is listed and never counts would be found
/// out at the worst time.
pub fn takes(algorithm: &Algorithm) -> Result<(), String> {
    match algorithm {
        Algorithm::Ed25519 | Algorithm::SkEd25519 | Algorithm::SkEcdsaSha2NistP256 => Ok(()),
        Algorithm::Ecdsa {
            curve: EcdsaCurve::NistP256 | EcdsaCurve::NistP384,
        } => Ok(()),
        other => Err(format!(
            "keys of the kind {} are not taken; make one with `ssh-keygen -t ed25519`, or \
             ed25519-sk for one in a device",
            other.as_str()
        )),
    }
}

/// Where the options end: at the first blank outside quotes.
fn options_end(text: &str) -> Option<usize> {
    let mut quoted = false;
    text.char_indices().find_map(|(at, c)| {
        quoted ^= c == '"';
        (c.is_whitespace() && !quoted).then_some(at)
    })
}

fn options(text: &str, line: &mut Line) -> Result<(), String> {
    let mut quoted = false;
    let parts = text.split(|c| {
        quoted ^= c == '"';
        c == ',' && !quoted
    });
    for part in parts {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let value = value.trim_matches('"');
        match name.to_ascii_lowercase().as_str() {
            "namespaces" => line.namespaces = value.split(',').map(ToOwned::to_owned).collect(),
            "valid-after" => line.valid_after = Some(moment(value)?),
            "valid-before" => line.valid_before = Some(moment(value)?),
            "cert-authority" => {
                return Err("certificates are not supported; list the key".to_owned());
            }
            other => {
                let other = without_values(other);
                return Err(format!("the option `{other}` is not known"));
            }
        }
    }
    Ok(())
}

/// `YYYYMMDD[HHMM[SS]][Z]`; without the letter it would be local time, which a decision
/// cannot depend on, so it is taken as UTC.
fn moment(text: &str) -> Result<Time, String> {
    let digits = text.trim_end_matches(['Z', 'z']);
    let is_number = digits.is_ascii() && digits.bytes().all(|b| b.is_ascii_digit());
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or("00");
    let parsed = matches!(digits.len(), 8 | 12 | 14).then(|| {
        format!(
            "{}-{}-{}T{}:{}:{}Z",
            part(0, 4),
            part(4, 6),
            part(6, 8),
            part(8, 10),
            part(10, 12),
            part(12, 14)
        )
    });
    parsed
        .filter(|_| is_number)
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| {
            let text = without_values(text);
            format!("`{text}` is no date such as 20260301 or 202603011200Z")
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_has_to_be_touched() {
        let public = ssh_key::public::SkEd25519::new(
            ssh_key::public::Ed25519PublicKey([7; 32]),
            "ssh:".to_owned(),
        );
        for (flags, want) in [(1, true), (5, true), (0, false), (4, false)] {
            let mut bytes = vec![0; 64];
            bytes.extend([flags, 0, 0, 0, 9]);
            let signature = ssh_key::Signature::new(Algorithm::SkEd25519, bytes);
            let signature = SshSig::new(
                public.clone().into(),
                APPROVAL_NAMESPACE,
                HashAlg::Sha512,
                signature.expect("64 bytes, flags and a counter"),
            );
            assert_eq!(
                was_touched(&signature.expect("a signature")),
                want,
                "{flags}"
            );
        }
    }

    #[test]
    fn patterns_are_those_of_ssh() {
        for (pattern, name, want) in [
            ("alice@example.com", "Alice@Example.com", true),
            ("*@example.com", "bob@example.com", true),
            ("*@example.com", "bob@example.com.evil", false),
            ("a?c", "abc", true),
            ("a*c*e", "abcde", true),
            ("*", "", true),
            ("", "x", false),
        ] {
            assert_eq!(matches(pattern, name), want, "{pattern} {name}");
        }
    }

    /// A key of a kind that is not taken; its number is the smallest that one can have.
    fn rsa() -> String {
        use ssh_key::public::{KeyData, RsaPublicKey};
        let number = |bytes: &[u8]| ssh_key::Mpint::from_bytes(bytes).expect("a number");
        let modulus = [&[0][..], &[0x91; 256]].concat();
        let key = RsaPublicKey::new(number(&[1, 0, 1]), number(&modulus)).expect("a key");
        let key = PublicKey::from(KeyData::Rsa(key));
        key.to_openssh().expect("it can be written")
    }

    #[test]
    fn lines_that_cannot_be_used_let_nobody_in() {
        let key = [
            "ssh-ed25519 ",
            "AAAAC3NzaC1lZDI1NTE5AAAAI",
            "AsB4ZuvTkCYEI1mSSPIHLgXmpBBuZcTx91i5lAdOGPe",
        ]
        .concat();
        let text = format!(
            "alice@example.com {key} her laptop\n# no\n\
             bob namespaces=\"git,gate-*\",valid-before=\"20270101\" {key}\n\
             ca cert-authority {key}\nx valid-after=2026 {key}\ny\nz unknown=1 {key}\n\
             r {}\n",
            rsa()
        );
        let signers = Signers::parse(&text);
        assert_eq!(signers.lines.len(), 2, "{signers:?}");
        assert_eq!(
            signers.problems.iter().map(|p| p.0).collect::<Vec<_>>(),
            [4, 5, 6, 7, 8]
        );
        assert!(signers.problems[4].1.contains("ssh-rsa"), "{signers:?}");
        assert_eq!(
            signers.aliases("bob"),
            ["alice@example.com", "bob"],
            "one key is one person"
        );
    }
}
