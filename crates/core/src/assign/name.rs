//! What a name promises about its value.

use super::known::Known;
use crate::span::Span;

/// The longest name, in bytes. A longer one is cut, evenly around the anchor word.
pub(super) const MAX: usize = 96;

/// What kind of secret a name speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// Something a person may have thought up.
    Password,
    /// Something a machine made.
    Token,
    /// Some key: a secret only if it looks like one.
    Key,
}

/// The whole name around the anchor word.
pub(super) fn around(hay: &[u8], anchor: Span) -> Span {
    let is_name = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'$');
    // An anchor may end with the sign that follows a name.
    let word = anchor.of(hay).iter().take_while(|b| is_name(b)).count();
    let anchor = Span::new(anchor.start, anchor.start + word);
    let half = (MAX - word.min(MAX)) / 2;
    let before = &hay[anchor.start.saturating_sub(half)..anchor.start];
    let left = before.iter().rev().take_while(|b| is_name(b)).count();
    let after = &hay[anchor.end..hay.len().min(anchor.end + half)];
    let right = after.iter().take_while(|b| is_name(b)).count();
    let mut span = Span::new(anchor.start - left, anchor.end + right);
    // The letter of an escape is no part of the name: `user=jo\npass=…`.
    let escaped = span.start > 0 && hay[span.start - 1] == b'\\';
    if escaped && span.start < anchor.start && matches!(hay[span.start], b'n' | b'r' | b't') {
        span.start += 1;
    }
    while span.end > span.start + 1 && matches!(hay[span.end - 1], b'.' | b'-' | b'$') {
        span.end -= 1;
    }
    span
}

/// What a name says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) class: Class,
    /// Whether it ends with the word for a secret.
    pub(super) ends: bool,
    /// Whether it speaks of tests or examples.
    pub(super) made_up: bool,
    /// Whether it is in capitals.
    pub(super) constant: bool,
    /// Whether it is one word that says little, such as `key`.
    pub(super) alone: bool,
    /// Whether it is that of a function that looks a secret up: `get_password`.
    pub(super) asks: bool,
    /// Whether it is that of a function that sets one: `setPassword`.
    pub(super) sets: bool,
    /// Whether it is that of several: `passwords`.
    pub(super) plural: bool,
    /// Whether it is that of a token that makes a call happen once: `ClientRequestToken`.
    pub(super) once: bool,
}

/// What the name promises, or why it is not that of a secret.
pub(super) fn judge(name: &[u8]) -> Result<Named, &'static str> {
    let words = Words::of(name);
    let word = |n: usize| words.get(n);
    let known = words.known();
    let Some(last) = words
        .iter()
        .rposition(|w| !w.chars().all(|c| c.is_ascii_digit()))
    else {
        return Err("the name has no words");
    };
    let key_of_owner =
        |n: usize| matches!(word(n), "key" | "keys") && n > 0 && known[n - 1].is(Known::KEY_OWNER);
    let class = (0..=last).rev().find_map(|n| {
        if known[n].is(Known::PASSWORD) || ends_with_one_of(word(n), &["password", "passwd"]) {
            Some((n, Class::Password))
        } else if known[n].is(Known::TOKEN)
            || key_of_owner(n)
            || ends_with_one_of(word(n), &["secret", "token", "apikey", "secretkey"])
        {
            Some((n, Class::Token))
        } else {
            None
        }
    });
    let alone = last == 0 && matches!(word(0), "key" | "auth");
    let some_key = || {
        let owned = last > 0 && matches!(word(last), "key" | "keys" | "auth");
        let of_data = owned && known[last - 1].is(Known::KEY_OF_DATA);
        (alone || owned && !of_data).then_some((last, Class::Key))
    };
    let Some((place, class)) = class.or_else(some_key) else {
        return Err("the name only looks like that of a secret");
    };
    // `token-validity-in-seconds-for-remember-me`
    let lasts = |w: &str| matches!(w, "seconds" | "minutes" | "hours" | "days" | "validity");
    if words.iter().any(lasts) {
        return Err("the name is that of something about a secret");
    }
    if known[last].is(Known::ABOUT) {
        return Err("the name is that of something about a secret");
    }
    // `passwordKey` is what a text is called, or a key that passwords are signed with.
    let class = if word(last) == "key" && class == Class::Password {
        Class::Key
    } else {
        class
    };
    if words
        .iter()
        .any(|w| w.starts_with("csrf") || w.starts_with("xsrf"))
    {
        return Err("the name is not that of a secret");
    }
    // Where the pages of an answer go on.
    let of_pages = |w: &str| {
        matches!(
            w,
            "output" | "input" | "previous" | "prev" | "paging" | "pagination" | "scroll"
        )
    };
    if word(last) == "token" && last > 0 && of_pages(word(last - 1)) {
        return Err("the name is that of a field");
    }
    // `X-Debug-Token` of Symfony names the record of a request.
    let of_request = |at: usize| word(at - 1) == "debug" && word(at - 2) == "x";
    if word(last) == "token" && last > 1 && of_request(last) {
        return Err("the name is that of an identifier");
    }
    // The field of WSO2 that holds the ID of a client.
    if words.iter().eq(["inbound", "auth", "key"]) {
        return Err("the name is that of an identifier");
    }
    // `encryptedMetadataKey` opens nothing without the key that it was encrypted with; of
    // passwords the word is said that programs decrypt by themselves.
    if class != Class::Password && words.iter().take(last).any(|w| w == "encrypted") {
        return Err("the name is not that of a secret");
    }
    // `/proxy/LdPNR1GBDigeeNp2_PWLfHGjYFrrWWIY=/…`
    if name.len() >= 32 && crate::model::word_bits(name) < -24.0 {
        return Err("the name is a random value");
    }
    if known[..last].iter().any(|w| w.is(Known::NOT_SECRET)) {
        return Err("the name is not that of a secret");
    }
    Ok(Named {
        class,
        ends: place == last,
        made_up: known.iter().any(|w| w.is(Known::MADE_UP)),
        constant: !name.iter().any(u8::is_ascii_lowercase),
        alone,
        sets: place == last && is_setter(name),
        plural: matches!(
            word(last),
            "passwords" | "passphrases" | "tokens" | "secrets"
        ),
        asks: known[..place].iter().any(|w| w.is(Known::ASKS)),
        once: word(last) == "token" && last > 0 && is_of_call(&words, last, name),
    })
}

/// Whether a token is one of a call by the word before it. `client_token` is a credential
/// elsewhere, `ClientToken` and `clientToken` are not.
fn is_of_call(words: &Words, last: usize, name: &[u8]) -> bool {
    match words.get(last - 1) {
        "request" | "change" | "idempotent" | "operation" => true,
        "client" | "update" => !name.contains(&b'_') && !name.contains(&b'-'),
        _ => false,
    }
}

/// Whether the last part of a dotted name is that of a function that sets what it names:
/// `builder.SetClientSecret`, `with_token`.
fn is_setter(name: &[u8]) -> bool {
    let own = name.rsplit(|b| *b == b'.').next().unwrap_or(name);
    ["set", "with"].iter().any(|verb| {
        let head = own.get(..verb.len());
        let next = own.get(verb.len());
        head.is_some_and(|head| head.eq_ignore_ascii_case(verb.as_bytes()))
            && next.is_some_and(|b| b.is_ascii_uppercase() || *b == b'_')
    })
}

/// Whether the word was written together with another: `dbpassword`.
fn ends_with_one_of(word: &str, ends: &[&str]) -> bool {
    ends.iter().any(|end| word.ends_with(end))
}

/// The words of a name, in lower case: `my-APIKey2` is `my api key 2`.
struct Words {
    text: [u8; MAX],
    spans: [(u8, u8); MAX],
    count: usize,
}

impl Words {
    fn of(name: &[u8]) -> Self {
        let mut words = Self {
            text: [0; MAX],
            spans: [(0, 0); MAX],
            count: 0,
        };
        let name = &name[..name.len().min(MAX)];
        let mut start = 0;
        let mut previous = b' ';
        for (at, &byte) in name.iter().enumerate() {
            let next = name.get(at + 1).copied().unwrap_or(b' ');
            let starts = byte.is_ascii_uppercase()
                && (previous.is_ascii_lowercase()
                    || (previous.is_ascii_uppercase() && next.is_ascii_lowercase()))
                || byte.is_ascii_digit() != previous.is_ascii_digit();
            if starts || !byte.is_ascii_alphanumeric() {
                words.end(start, at);
                start = at + usize::from(!byte.is_ascii_alphanumeric());
            }
            words.text[at] = byte.to_ascii_lowercase();
            previous = byte;
        }
        words.end(start, name.len());
        words
    }

    fn end(&mut self, start: usize, end: usize) {
        if start < end {
            // Both are at most MAX.
            self.spans[self.count] = (start as u8, end as u8);
            self.count += 1;
        }
    }

    /// The word at this place, or none.
    fn get(&self, number: usize) -> &str {
        if number >= self.count {
            return "";
        }
        let (start, end) = self.spans[number];
        let bytes = &self.text[usize::from(start)..usize::from(end)];
        std::str::from_utf8(bytes).unwrap_or("")
    }

    /// What each of them is known as; none of those behind the last.
    fn known(&self) -> [Known; MAX] {
        let mut known = [Known::default(); MAX];
        for (known, word) in known.iter_mut().zip(self.iter()) {
            *known = Known::of(word);
        }
        known
    }

    fn iter(&self) -> impl DoubleEndedIterator<Item = &str> + ExactSizeIterator {
        (0..self.count).map(|number| self.get(number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_split_in_every_style() {
        for (name, words) in [
            ("my-APIKey2", "my api key 2"),
            ("DB_PASSWORD", "db password"),
            ("spring.datasource.password", "spring datasource password"),
            ("clientSecret", "client secret"),
            ("$pass", "pass"),
        ] {
            let split = Words::of(name.as_bytes());
            assert_eq!(split.iter().collect::<Vec<_>>().join(" "), words);
        }
    }

    #[test]
    fn names_of_secrets_are_told_from_names_about_them() {
        for (name, class) in [
            ("DB_PASSWORD", Some(Class::Password)),
            ("password2", Some(Class::Password)),
            ("apiKey", Some(Class::Token)),
            ("X-Api-Key", Some(Class::Token)),
            ("client_secret", Some(Class::Token)),
            ("tokenizer", None),
            ("token_type", None),
            ("passwordField", None),
            ("max_tokens", None),
            ("publicKey", None),
            ("secretary", None),
            ("SECRET_NAME", None),
            ("nextToken", None),
            ("previousToken", None),
            ("prev_page_token", None),
            ("previous_password", Some(Class::Password)),
            ("passwordSignerKey", Some(Class::Key)),
            ("sourceKey", None),
            ("X-Debug-Token", None),
            ("InboundAuthKey", None),
            ("LdPNR1GBDigeeNp2ArUQRyZsVqT_PWLfHGjYFrrWWIY", None),
            (
                "SPRING_DATASOURCE_HIKARI_DATA_SOURCE_PROPERTIES_PASSWORD",
                Some(Class::Password),
            ),
            ("DEBUG_TOKEN", Some(Class::Token)),
            ("token_signature", None),
            ("REFRESH_TOKEN_LIFETIME", None),
            ("monkey", None),
            ("hashed_secret", None),
            ("x-csrftoken", None),
            ("Kms-Sealed-Key", None),
            ("wrapped_key", None),
            ("encryptedMetadataKey", None),
            ("token-validity-in-seconds-for-remember-me", None),
            ("encrypted_password", Some(Class::Password)),
            ("access.token.lifespan", None),
            ("get_password", Some(Class::Password)),
        ] {
            assert_eq!(
                judge(name.as_bytes()).ok().map(|n| n.class),
                class,
                "{name}"
            );
        }
    }
}
