//! Keys that everybody may know.

/// How public keys start in base64: those of SSH, and those of X.509 with their usual
/// algorithms.
const STARTS: &[&[u8]] = &[
    b"AAAAB3NzaC1",
    b"AAAAC3NzaC1",
    b"AAAAE2VjZHNh",
    b"MCowBQYDK2VwAyEA",
    b"MFkwEwYHKoZIzj0CAQ",
    b"MHYwEAYHKoZIzj0CAQ",
    b"MIGfMA0GCSqGSIb3DQEBA",
    b"MIIBIjANBgkqhkiG9w0BAQ",
    b"MIICIjANBgkqhkiG9w0BAQ",
];

/// Whether the value is a public key of SSH, X.509 or NATS.
pub(crate) fn is_public_key(value: &[u8]) -> bool {
    // Most values end here.
    matches!(
        value.first(),
        Some(b'A' | b'C' | b'M' | b'N' | b'O' | b'U' | b'X')
    ) && (STARTS.iter().any(|start| value.starts_with(start)) || is_nkey(value))
}

/// Whether the value is a public key of NATS: base 32 of a byte for its type, 32 bytes and
/// their CRC-16 (XMODEM), low byte first.
fn is_nkey(value: &[u8]) -> bool {
    const LENGTH: usize = 56;
    if value.len() != LENGTH || !matches!(value[0], b'A' | b'C' | b'N' | b'O' | b'U' | b'X') {
        return false;
    }
    let mut bytes = [0u8; LENGTH * 5 / 8];
    let (mut bits, mut have, mut at) = (0u32, 0, 0);
    for &byte in value {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'2'..=b'7' => byte - b'2' + 26,
            _ => return false,
        };
        bits = bits << 5 | u32::from(digit);
        have += 5;
        if have >= 8 {
            have -= 8;
            bytes[at] = (bits >> have) as u8;
            at += 1;
        }
    }
    let (key, sum) = bytes.split_at(bytes.len() - 2);
    crc16(key).to_le_bytes() == *sum
}

/// CRC-16 with the polynomial 0x1021, from zero.
fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |sum, &byte| {
        (0..8).fold(sum ^ u16::from(byte) << 8, |sum: u16, _| {
            let carry = sum & 0x8000 != 0;
            sum << 1 ^ if carry { 0x1021 } else { 0 }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_keys_are_told_by_their_start_or_checksum() {
        assert_eq!(crc16(b"123456789"), 0x31C3);
        // From the documentation of nkeys.
        let user = b"UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4";
        assert!(is_public_key(user));
        let mut other = *user;
        other[9] = b'A';
        assert!(!is_public_key(&other));
        assert!(is_public_key(b"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE"));
        assert!(!is_public_key(b"MIGHAgEAMBMGByqGSM49AgEG"));
    }
}
