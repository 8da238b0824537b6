mod lifetimes;

use sluicegate_core::Lifetime;

use super::{Value, of};

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for three in bytes.chunks(3) {
        let at = |n: usize| u32::from(three.get(n).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for place in 0..=three.len() {
            out.push(char::from(DIGITS[(bits >> (18 - 6 * place) & 63) as usize]));
        }
    }
    out
}

/// All that a value says, as `name value` joined by commas, with its times.
fn said(rule: &str, before: &str, value: &str, after: &str) -> String {
    let value = Value {
        rule,
        bytes: value.as_bytes(),
        before: before.as_bytes(),
        after: after.as_bytes(),
    };
    let Some(identity) = of(&value, Some(1_800_000_000)) else {
        return String::new();
    };
    let mut said: Vec<String> = identity
        .traits()
        .map(|(name, value)| format!("{name} {value}"))
        .collect();
    said.extend(identity.issued.map(|time| format!("from {time}")));
    said.extend(identity.expires.map(|time| format!("to {time}")));
    said.extend(identity.lifetime().map(|class| class.to_string()));
    said.extend(identity.is_expired().then(|| "expired".to_owned()));
    said.join(", ")
}

fn jwt(claims: &str) -> String {
    let header = base64(br#"{"alg":"RS256","typ":"JWT"}"#);
    format!("{header}.{}.c2lnbmF0dXJl", base64(claims.as_bytes()))
}

#[test]
fn tokens_say_who_issued_them_to_whom_and_until_when() {
    let full = jwt(
        r#"{"iss":"https://id.example/","sub":"svc","aud":["a","b"],"iat":1700000000,"exp":1700003600}"#,
    );
    let supabase =
        jwt(r#"{"iss":"supabase","ref":"abcdefgh","role":"anon","iat":1,"exp":1900000000}"#);
    let bare = jwt(r#"{"nothing":true}"#);
    let sentry = format!(
        "sntrys_{}_{}",
        base64(br#"{"iat":1700000000.5,"url":"https://sentry.io","region_url":"https://us.sentry.io","org":"acme"}"#),
        "x".repeat(43)
    );
    for (value, expected) in [
        (
            full.as_str(),
            "algorithm RS256, audience a b, issuer https://id.example/, subject svc, \
             from 1700000000, to 1700003600, L1, expired",
        ),
        (
            &supabase,
            "algorithm RS256, issuer supabase, project abcdefgh, scope anon, \
             from 1, to 1900000000, L3",
        ),
        (&bare, "algorithm RS256, L4"),
        (
            &sentry,
            "account acme, host https://sentry.io, kind organisation auth token, \
             region https://us.sentry.io, from 1700000000",
        ),
        ("eyJnotjson.x.y", ""),
    ] {
        assert_eq!(said("jwt", "", value, ""), expected, "{value}");
    }
}

#[test]
fn ids_and_prefixes_say_what_they_are() {
    let id = ["ASIA", "QNZG", "KIQY", "56JQ", "7WML"].concat();
    let long = ["AKIA", "QNZG", "KIQY", "56JQ", "7WML"].concat();
    let stripe = ["sk", "_live_", "4eC39HqLyjWDarjtT1zdp7dc"].concat();
    let fine = ["github", "_pat_", "11ABCDEFG0abcdefghijkl_x"].concat();
    let bot = ["110201543", ":", "AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"].concat();
    for (rule, before, value, expected) in [
        (
            "aws-access-key-id",
            "",
            id.as_str(),
            "account 029608264753, kind temporary access key, L1",
        ),
        (
            "aws-secret-access-key",
            &format!("aws_access_key_id = {long}\naws_secret_access_key = "),
            "not an id",
            "account 029608264753, kind long-term access key",
        ),
        ("stripe", "", &stripe, "environment live, kind secret key"),
        (
            "github",
            "",
            &fine,
            "kind fine-grained personal access token",
        ),
        ("telegram-bot-token", "", &bot, "account 110201543"),
        ("generic-credential", "", "correct horse", ""),
    ] {
        assert_eq!(said(rule, before, value, ""), expected, "{rule}");
    }
}

#[test]
fn addresses_say_whose_password_it_is_and_where() {
    for (before, value, after, expected) in [
        (
            "url = \"postgres://app:",
            "hunter",
            "@db.internal:5432/x",
            "host db.internal:5432, user app",
        ),
        (
            "",
            "https://bob:pw@git.example/x",
            "",
            "host git.example, user bob",
        ),
        // What stands for a user may be a token, and is not shown.
        (
            "https://a8f5f167f44f4964e6c998dee827110c:",
            "x-oauth",
            "@git.example",
            "host git.example",
        ),
        ("see https://docs.example and ", "hunter", "@x", ""),
    ] {
        assert_eq!(said("url", before, value, after), expected);
    }
}

#[test]
fn passwords_are_of_the_user_and_the_host_beside_them() {
    for (before, after, expected) in [
        (
            "DB_HOST=db.internal:5432\nDB_USER=app\nSMTP_USER=mail\nDB_PASSWORD=",
            "\nX=y",
            "host db.internal:5432, user app",
        ),
        (
            "  host: db\n  password: \"",
            "\"\n  user: 'jo@corp.example'\n",
            "host db, user jo@corp.example",
        ),
        (
            "{\n  \"username\": \"jo\",\n  \"password\": \"",
            "\"}",
            "user jo",
        ),
        (
            "DB_HOST=192.168.100.200:5432\nDB_USER=1000\nDB_PASSWORD=",
            "\n",
            "host 192.168.100.200:5432",
        ),
        ("SMTP_USER=mail\nDB_PASSWORD=", "\n", ""),
        ("DB_USER=${DB_USER}\nDB_PASSWORD=", "\n", ""),
    ] {
        assert_eq!(
            said("generic-credential", before, "hunter", after),
            expected
        );
    }
    assert_eq!(said("x", "user=jo\npassword=", "hunter", ""), "");
}

#[test]
fn routable_tokens_say_whose_they_are() {
    let payload = [&[7; 16], &b"c:1\no:z\np:10\nu:2s"[..], &[17]].concat();
    let payload = base64(&payload).replace('+', "-").replace('/', "_");
    let length = char::from(b"0123456789abcdefghijklmnopqrstuvwxyz"[payload.len() % 36]);
    let checked = format!("glpat-{payload}.01.{}{length}", payload.len() / 36);
    let digits = sluicegate_core::checksum::crc32_base36(checked.as_bytes());
    let token = format!("{checked}{}", String::from_utf8_lossy(&digits));
    assert_eq!(
        said("gitlab-routable-access-token", "", &token, ""),
        "account organisation 35, kind personal, project or group access token, project 36, \
         user user 100"
    );
    let wrong = token.replace("glpat", "glpbt");
    assert_eq!(said("gitlab-routable-access-token", "", &wrong, ""), "");
}

#[test]
fn signatures_say_what_they_allow_and_until_when() {
    let query = "https://acc.blob.core.windows.net/c?sv=2022-11-02&sr=c&sp=rwdl&\
                 st=2023-01-01T00:00:00Z&se=2023-01-02T00%3A00%3A00Z&sig=";
    assert_eq!(
        said("azure-sas-url", query, "c2ln%3D", "\""),
        "host acc.blob.core.windows.net, permissions rwdl, resource c, version 2022-11-02, \
         from 1672531200, to 1672617600, L1, expired"
    );
    let hub = "SharedAccessSignature sr=hub.azure-devices.net&sig=c2ln&se=1900000000&skn=owner";
    assert_eq!(
        said("azure-messaging-sas-token", "", hub, ""),
        "host hub.azure-devices.net, user owner, to 1900000000"
    );
    assert_eq!(said("x", "https://x.example/?sig=", "c2ln", "&a=b"), "");
}

#[test]
fn service_accounts_say_their_project_and_address() {
    let before = r#"{"type": "service_account", "project_id": "prod-1", "private_key": ""#;
    let after = r#"", "client_email": "bot@prod-1.iam.gserviceaccount.com"}"#;
    assert_eq!(
        said("gcp-service-account", before, "x", after),
        "project prod-1, user bot@prod-1.iam.gserviceaccount.com"
    );
}

fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let mut out = vec![tag, 0x82, (length >> 8) as u8, length as u8];
    out.extend(content);
    out
}

fn number(bits: usize) -> Vec<u8> {
    let mut bytes = vec![0xC1; bits / 8];
    bytes.insert(0, 0);
    tlv(2, &bytes)
}

fn ssh(parts: &[&[u8]]) -> Vec<u8> {
    let part = |part: &&[u8]| [&(part.len() as u32).to_be_bytes(), *part].concat();
    parts.iter().flat_map(part).collect()
}

fn pem(label: &str, bytes: &[u8], joint: &str) -> String {
    let body = base64(bytes);
    let lines: Vec<&str> = body
        .as_bytes()
        .chunks(64)
        .filter_map(|line| std::str::from_utf8(line).ok())
        .collect();
    let lines = lines.join(joint);
    let dashes = "-".repeat(5);
    format!("{dashes}BEGIN {label}{dashes}{joint}{lines}{joint}{dashes}END {label}{dashes}")
}

#[test]
fn keys_are_parsed() {
    let rsa = [tlv(2, &[0]), number(2048), number(2048)].concat();
    let rsa = tlv(0x30, &rsa);
    let oid = [&[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 1][..]].concat();
    let pkcs8 = [
        tlv(2, &[0]),
        tlv(0x30, &[tlv(6, &oid), tlv(5, &[])].concat()),
        tlv(4, &rsa),
    ];
    let pkcs8 = tlv(0x30, &pkcs8.concat());
    let curve = tlv(0xA0, &tlv(6, &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 3, 1, 7]));
    let ec = tlv(0x30, &[tlv(2, &[1]), tlv(4, &[7; 32]), curve].concat());
    let public = ssh(&[b"ssh-ed25519", &[1; 32]]);
    let private = [
        vec![0; 8],
        ssh(&[b"ssh-ed25519", &[1; 32], &[2; 64], b"me@laptop"]),
    ]
    .concat();
    let openssh = |cipher: &[u8]| {
        let mut bytes = b"openssh-key-v1\0".to_vec();
        bytes.extend(ssh(&[cipher, b"none", b""]));
        bytes.extend(1u32.to_be_bytes());
        bytes.extend(ssh(&[&public, &private]));
        bytes
    };
    let secret = [
        &[4, 0, 0, 0, 9, 1, 0x08, 0x00][..],
        &[0x81; 256],
        &[0, 17, 1, 0, 1, 254],
    ]
    .concat();
    let mut pgp = vec![0x95, (secret.len() >> 8) as u8, secret.len() as u8];
    pgp.extend(secret);
    pgp.extend([0xB4, 7]);
    pgp.extend(b"A <a@b>");
    let private_key = |label: &str| format!("{label}PRIVATE KEY");
    for (label, bytes, expected) in [
        ("RSA ", &rsa, "algorithm RSA, bits 2048, protection none"),
        ("", &pkcs8, "algorithm RSA, bits 2048, protection none"),
        ("EC ", &ec, "algorithm EC P-256, bits 256, protection none"),
        ("ENCRYPTED ", &rsa, "protection passphrase"),
        (
            "OPENSSH ",
            &openssh(b"none"),
            "algorithm Ed25519, comment me@laptop, protection none",
        ),
        (
            "OPENSSH ",
            &openssh(b"aes256-ctr"),
            "algorithm Ed25519, protection passphrase",
        ),
        ("RSA ", &vec![1, 2, 3, 4, 5, 6], ""),
    ] {
        for joint in ["\n", "\\n", "\\r\\n", "\\n\" +\n    \""] {
            let pem = pem(&private_key(label), bytes, joint);
            assert_eq!(
                said("private-key", "", &pem, ""),
                expected,
                "{label}{joint}"
            );
        }
        // Cut off anywhere, it must not fail.
        let pem = pem(&private_key(label), bytes, "\n");
        for end in (0..pem.len()).step_by(7) {
            said("private-key", "", &pem[..end], "");
        }
    }
    let pgp = pem("PGP PRIVATE KEY BLOCK", &pgp, "\n");
    assert_eq!(
        said("private-key-pgp", "", &pgp, ""),
        "algorithm RSA, bits 2048, protection passphrase, user A <a@b>, version 4, from 9"
    );
    let putty = "PuTTY-User-Key-File-2: ssh-rsa\nEncryption: aes256-cbc\nComment: old key\n";
    assert_eq!(
        said("private-key-putty", "", putty, ""),
        "algorithm ssh-rsa, comment old key, protection passphrase"
    );
}

#[test]
fn the_class_of_a_kind_is_known_without_times() {
    let token = ["ghs", "_", "abcdefghijklmnopqrstuvwxyzABCDEFGHIJ"].concat();
    let value = Value {
        rule: "github",
        bytes: token.as_bytes(),
        before: b"",
        after: b"",
    };
    let identity = of(&value, None).expect("it says its kind");
    assert_eq!(identity.lifetime(), Some(Lifetime::L1));
}
