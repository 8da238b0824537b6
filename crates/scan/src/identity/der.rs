//! As much of DER (X.690) as private keys and certificates need. A key may be cut off: what is
//! there is read.

/// One element: its tag, its content as far as it is there, and its length as it is said.
pub(super) struct Element<'d> {
    pub(super) tag: u8,
    pub(super) content: &'d [u8],
    pub(super) length: usize,
}

pub(super) const BOOLEAN: u8 = 0x01;
pub(super) const INTEGER: u8 = 0x02;
pub(super) const BITS: u8 = 0x03;
pub(super) const OCTETS: u8 = 0x04;
pub(super) const OBJECT: u8 = 0x06;
pub(super) const UTC_TIME: u8 = 0x17;
pub(super) const GENERAL_TIME: u8 = 0x18;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;

/// The elements that stand behind each other in `rest`.
pub(super) struct Elements<'d> {
    rest: &'d [u8],
}

/// The elements in these bytes.
pub(super) fn elements(bytes: &[u8]) -> Elements<'_> {
    Elements { rest: bytes }
}

impl<'d> Iterator for Elements<'d> {
    type Item = Element<'d>;

    fn next(&mut self) -> Option<Element<'d>> {
        let (&tag, rest) = self.rest.split_first()?;
        let (&first, rest) = rest.split_first()?;
        let (length, rest) = if first < 0x80 {
            (usize::from(first), rest)
        } else {
            let count = usize::from(first & 0x7F);
            let digits = rest.get(..count).filter(|_| (1..=3).contains(&count))?;
            let length = digits.iter().fold(0, |n, b| n << 8 | usize::from(*b));
            (length, &rest[count..])
        };
        let (content, rest) = rest.split_at(length.min(rest.len()));
        self.rest = rest;
        Some(Element {
            tag,
            content,
            length,
        })
    }
}

impl<'d> Element<'d> {
    /// The bytes of a positive number, without noughts before them.
    pub(super) fn magnitude(&self) -> &'d [u8] {
        let noughts = self.content.iter().take_while(|b| **b == 0).count();
        &self.content[noughts..]
    }

    /// The bits of a positive number, by its length and its first byte.
    pub(super) fn bits(&self) -> Option<usize> {
        let leading = match (self.tag, self.content.first()) {
            (INTEGER, Some(0)) => 8,
            (INTEGER, Some(first)) => first.leading_zeros() as usize,
            _ => return None,
        };
        (self.length * 8).checked_sub(leading)
    }
}

/// The name of an algorithm or a curve.
pub(super) fn name(object: &[u8]) -> Option<&'static str> {
    let name = match object {
        [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01 | 0x0A] => "RSA",
        [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x03, 0x01] => "DH",
        [0x2A, 0x86, 0x48, 0xCE, 0x38, 0x04, 0x01] => "DSA",
        [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01] => "EC",
        [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07] => "EC P-256",
        [0x2B, 0x81, 0x04, 0x00, 0x21] => "EC P-224",
        [0x2B, 0x81, 0x04, 0x00, 0x22] => "EC P-384",
        [0x2B, 0x81, 0x04, 0x00, 0x23] => "EC P-521",
        [0x2B, 0x81, 0x04, 0x00, 0x0A] => "EC secp256k1",
        [0x2A, 0x81, 0x1C, 0xCF, 0x55, 0x01, 0x82, 0x2D] => "SM2",
        [0x2B, 0x65, 0x6E] => "X25519",
        [0x2B, 0x65, 0x6F] => "X448",
        [0x2B, 0x65, 0x70] => "Ed25519",
        [0x2B, 0x65, 0x71] => "Ed448",
        _ => return None,
    };
    Some(name)
}
