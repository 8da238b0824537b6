//! The words that people write where a secret will stand.

/// Words that placeholders and test values are made of, sorted by their first letter; a
/// value is judged by how much of it they cover.
const WORDS: &[&str] = &[
    "abc",
    "abcd",
    "access",
    "account",
    "add",
    "admin",
    "administrator",
    "alice",
    "and",
    "any",
    "api",
    "apikey",
    "app",
    "application",
    "asdf",
    "asdfgh",
    "asdfghjkl",
    "auth",
    "authentication",
    "authorization",
    "aws",
    "azure",
    "bad",
    "bar",
    "basic",
    "baz",
    "bearer",
    "blah",
    "blank",
    "bob",
    "bogus",
    "bot",
    "broken",
    "bucket",
    "cert",
    "certificate",
    "change",
    "changed",
    "changeit",
    "changeme",
    "client",
    "cloud",
    "code",
    "com",
    "config",
    "confirm",
    "consumer",
    "cookie",
    "correct",
    "cred",
    "credential",
    "credentials",
    "creds",
    "custom",
    "customer",
    "data",
    "database",
    "db",
    "default",
    "demo",
    "dev",
    "development",
    "different",
    "digest",
    "doe",
    "dummy",
    "dunno",
    "email",
    "empty",
    "encrypted",
    "encryption",
    "enter",
    "env",
    "example",
    "existing",
    "expired",
    "fake",
    "field",
    "file",
    "first",
    "foo",
    "for",
    "from",
    "generated",
    "github",
    "gitlab",
    "goes",
    "good",
    "google",
    "guest",
    "hash",
    "hashed",
    "hello",
    "here",
    "hidden",
    "host",
    "id",
    "ignore",
    "ignored",
    "in",
    "input",
    "insecure",
    "insert",
    "invalid",
    "is",
    "it",
    "john",
    "jwt",
    "key",
    "keys",
    "keystore",
    "letmein",
    "local",
    "localhost",
    "login",
    "long",
    "mail",
    "manager",
    "master",
    "me",
    "mine",
    "missing",
    "mock",
    "mongo",
    "mongodb",
    "must",
    "my",
    "mysql",
    "name",
    "net",
    "new",
    "nil",
    "no",
    "none",
    "not",
    "null",
    "oauth",
    "of",
    "old",
    "only",
    "or",
    "oracle",
    "org",
    "original",
    "other",
    "our",
    "pass",
    "passphrase",
    "passw",
    "passwd",
    "password",
    "passwords",
    "passwort",
    "placeholder",
    "plain",
    "plaintext",
    "please",
    "postgres",
    "postgresql",
    "private",
    "prod",
    "production",
    "public",
    "put",
    "pw",
    "pwd",
    "quux",
    "qux",
    "qwerty",
    "random",
    "real",
    "redacted",
    "redis",
    "refresh",
    "replace",
    "root",
    "salt",
    "sample",
    "second",
    "secret",
    "secrets",
    "secure",
    "server",
    "service",
    "session",
    "set",
    "shared",
    "short",
    "sign",
    "signing",
    "site",
    "some",
    "something",
    "somewhere",
    "sql",
    "staging",
    "string",
    "strong",
    "super",
    "sys",
    "system",
    "temp",
    "test",
    "tester",
    "testing",
    "text",
    "that",
    "the",
    "this",
    "tmp",
    "to",
    "todo",
    "token",
    "tokens",
    "top",
    "try",
    "unknown",
    "unused",
    "updated",
    "use",
    "user",
    "username",
    "usr",
    "valid",
    "value",
    "very",
    "weak",
    "web",
    "whatever",
    "with",
    "word",
    "world",
    "wrong",
    "xxx",
    "xyz",
    "you",
    "your",
    "yours",
];

/// The longest value that is looked at: a placeholder is short.
const LONGEST: usize = 96;

/// A value that is longer and only reads so by its signs was thought up: `har$bour`.
const LONGEST_LEET: usize = 10;

/// How much of the letters of a value the words of placeholders cover, 0 to 1; in a short
/// value what stands for a letter (`p@ssw0rd`) counts as one.
pub(crate) fn stock(value: &[u8]) -> f32 {
    if value.len() > LONGEST {
        return 0.0;
    }
    // A number or a sign at the end is no letter: `p@ssw0rd1!`.
    let end = value.iter().rposition(u8::is_ascii_alphabetic);
    let body = &value[..end.map_or(0, |at| at + 1)];
    let share_as = |value: &[u8], letter: fn(u8) -> u8| {
        let mut text = [0u8; LONGEST];
        for (to, byte) in text.iter_mut().zip(value) {
            *to = letter(*byte);
        }
        share(&text[..value.len()])
    };
    let plain = share_as(value, |b| b.to_ascii_lowercase());
    if value.len() > LONGEST_LEET {
        return plain;
    }
    plain
        .max(share_as(value, letter_of))
        .max(share_as(body, letter_of))
}

/// What a sign or a digit is written for.
fn letter_of(byte: u8) -> u8 {
    match byte {
        b'0' => b'o',
        b'1' => b'i',
        b'3' => b'e',
        b'4' | b'@' => b'a',
        b'5' | b'$' => b's',
        b'7' => b't',
        other => other.to_ascii_lowercase(),
    }
}

/// The greatest share of the letters that words can cover without overlap.
fn share(text: &[u8]) -> f32 {
    let all = text.iter().filter(|b| b.is_ascii_alphabetic()).count();
    if all == 0 {
        return 0.0;
    }
    let mut best = [0usize; LONGEST + 1];
    for start in 0..text.len() {
        best[start + 1] = best[start + 1].max(best[start]);
        for word in words_at(text[start]) {
            let end = start + word.len();
            if text[start..].starts_with(word.as_bytes()) {
                best[end] = best[end].max(best[start] + word.len());
            }
        }
    }
    best[text.len()] as f32 / all as f32
}

/// The words that start with this letter.
fn words_at(letter: u8) -> &'static [&'static str] {
    let from = WORDS.partition_point(|word| word.as_bytes()[0] < letter);
    let to = WORDS.partition_point(|word| word.as_bytes()[0] <= letter);
    &WORDS[from..to]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_grouped_by_their_first_letter() {
        assert!(WORDS.is_sorted_by_key(|word| word.as_bytes()[0]));
    }

    #[test]
    fn placeholders_are_covered_and_passwords_are_not() {
        for text in [
            "my-secret-password",
            "testUser1",
            "p@ssw0rd",
            "p@ssw0rd1!",
            "TestPass123!",
            "s3cr3t",
        ] {
            assert!(
                stock(text.as_bytes()) >= 0.95,
                "{text}: {}",
                stock(text.as_bytes())
            );
        }
        for text in [
            "sunshine",
            "q8Zr3kT1vN",
            "Kestrel42x",
            "falcon84",
            "tidewalk",
        ] {
            assert!(
                stock(text.as_bytes()) < 0.6,
                "{text}: {}",
                stock(text.as_bytes())
            );
        }
    }
}
