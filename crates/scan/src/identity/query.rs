//! Addresses whose query is signed: the text around a signature, and what is in it.

use super::Value;

/// The address that the value stands in, as far as characters of addresses reach on either
/// side of it, `near` bytes at most; entities and escapes for `&` are undone.
pub(super) fn around(value: &Value<'_>, near: usize) -> String {
    let before = &value.before[value.before.len().saturating_sub(near)..];
    let after = &value.after[..value.after.len().min(near)];
    let left = before.iter().rev().take_while(|b| is_query(**b)).count();
    let right = after.iter().take_while(|b| is_query(**b)).count();
    let text = [&before[before.len() - left..], value.bytes, &after[..right]].concat();
    let text = String::from_utf8_lossy(&text);
    text.replace("&amp;", "&").replace("\\u0026", "&")
}

/// Host and path, and the query behind them; all of it is query if there is no `?`.
pub(super) fn split(address: &str) -> (&str, &str) {
    address.split_once('?').unwrap_or(("", address))
}

/// Names and decoded values of a query.
pub(super) fn pairs(query: &str) -> impl Iterator<Item = (&str, String)> {
    query
        .split(['&', ' ', ';'])
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, said)| (name, decode(said)))
}

/// The host of what stands before a query.
pub(super) fn host(address: &str) -> Option<&str> {
    let (_, rest) = address.rsplit_once("://")?;
    rest.split('/').next()
}

fn is_query(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"%&=-._~:/?+;@!*,\\".contains(&byte)
}

/// Undoes percent signs; what is none stays.
fn decode(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        // `from_str_radix` would take a sign, too.
        let digits = tail
            .get(..2)
            .filter(|d| d.iter().all(u8::is_ascii_hexdigit));
        let digits = digits.and_then(|d| std::str::from_utf8(d).ok());
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match byte.filter(|_| *first == b'%') {
            Some(byte) => {
                out.push(byte);
                rest = &tail[2..];
            }
            None => {
                out.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_percent_signs_before_two_digits_are_undone() {
        let query = "a=x%2Fy&b=%+1z&c=100%&d=%4";
        let said: Vec<_> = pairs(query).map(|(_, said)| said).collect();
        assert_eq!(said, ["x/y", "%+1z", "100%", "%4"]);
    }
}
