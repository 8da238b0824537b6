//! One way to write a JSON value (RFC 8785), so that it can be hashed and signed.

use serde::Serialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// The value in its one form: no blanks, keys sorted by UTF-16 code units, shortest
/// escapes.
///
/// # Panics
///
/// If the value cannot be written as JSON, or holds a number with a fraction; no type of
/// this crate does.
pub fn canonical(value: &impl Serialize) -> String {
    let value = serde_json::to_value(value).expect("types of the gate are plain JSON");
    let mut out = Vec::with_capacity(1 << 10);
    write(&value, &mut out);
    String::from_utf8(out).expect("JSON that was made of text is text")
}

/// The SHA-256 of the bytes, in lower-case hexadecimal digits.
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// The bytes in lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|b| [b >> 4, b & 15]);
    digits.map(|d| char::from(DIGITS[usize::from(d)])).collect()
}

fn write(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Object(object) => {
            let mut keys: Vec<&String> = object.keys().collect();
            // The order of bytes is theirs already, which differs only beyond ASCII.
            if keys.iter().any(|key| !key.is_ascii()) {
                keys.sort_by(|a, b| a.encode_utf16().cmp(b.encode_utf16()));
            }
            let fields = keys.into_iter().map(|key| (Some(key), &object[key]));
            list(b'{', fields, b'}', out);
        }
        Value::Array(array) => list(b'[', array.iter().map(|item| (None, item)), b']', out),
        Value::String(text) => string(text, out),
        Value::Number(number) => {
            assert!(
                number.is_i64() || number.is_u64(),
                "only whole numbers are written"
            );
            out.extend_from_slice(number.to_string().as_bytes());
        }
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Null => out.extend_from_slice(b"null"),
    }
}

fn list<'v>(
    open: u8,
    items: impl Iterator<Item = (Option<&'v String>, &'v Value)>,
    close: u8,
    out: &mut Vec<u8>,
) {
    out.push(open);
    for (number, (key, value)) in items.enumerate() {
        if number > 0 {
            out.push(b',');
        }
        if let Some(key) = key {
            string(key, out);
            out.push(b':');
        }
        write(value, out);
    }
    out.push(close);
}

/// The escapes that RFC 8785 names are those that `serde_json` writes.
fn string(text: &str, out: &mut Vec<u8>) {
    serde_json::to_writer(out, text).expect("a string is plain JSON, and a vector takes all");
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_form_is_that_of_the_rfc() {
        // The example of RFC 8785, 3.2.3, for the order of keys.
        let value = json!({
            "\u{20ac}": "Euro Sign", "\r": "Carriage Return", "\u{fb33}": "Hebrew Letter",
            "1": "One", "\u{1f600}": "Emoji", "\u{80}": "Control", "\u{f6}": "o umlaut",
        });
        let text = canonical(&value);
        let order = [
            "\\r",
            "1",
            "\u{80}",
            "\u{f6}",
            "\u{20ac}",
            "\u{1f600}",
            "\u{fb33}",
        ];
        let places: Vec<_> = order
            .iter()
            .map(|key| text.find(&format!("\"{key}\":")).expect("the key is there"))
            .collect();
        assert!(places.is_sorted(), "{text}");
        assert_eq!(
            canonical(&json!({"b": [1, null, true], "a": "\u{1}\u{8}\t\n\u{c}\r\"\\/\u{7f}é"})),
            "{\"a\":\"\\u0001\\b\\t\\n\\f\\r\\\"\\\\/\u{7f}é\",\"b\":[1,null,true]}"
        );
    }

    #[test]
    fn digests_are_those_of_the_standard() {
        assert_eq!(
            sha256(b"abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
