//! The catalogue's decoders of lifetimes (VAL-01 to VAL-13), one test each. Where the kind of
//! a credential fixes how long it lives and the value says nothing, the rule says it.

use proptest::prelude::*;

use super::{base64, jwt, number, pem, said, tlv};

/// What is said about how long a value lives: the last words of all that is said.
fn lifetime(rule: &str, before: &str, value: &str, after: &str) -> String {
    let said = said(rule, before, value, after);
    let is_time = |word: &&str| {
        ["from ", "to "].iter().any(|start| word.starts_with(start))
            || *word == "expired"
            || (word.len() == 2 && word.starts_with('L'))
    };
    let words: Vec<&str> = said.split(", ").filter(is_time).collect();
    words.join(", ")
}

#[test]
fn val_01_web_tokens() {
    for (claims, expected) in [
        (r#"{"sub":"a"}"#, "L4"),
        (r#"{"exp":1900000000}"#, "to 1900000000, L3"),
        (
            r#"{"iat":1700000000,"exp":1700003600}"#,
            "from 1700000000, to 1700003600, L1, expired",
        ),
        (
            r#"{"nbf":1799990000,"exp":1802000000}"#,
            "from 1799990000, to 1802000000, L2",
        ),
        // Made to live for three years.
        (
            r#"{"iat":1800000000,"exp":1894608000}"#,
            "from 1800000000, to 1894608000, L3",
        ),
        // The old token of a service account in Kubernetes never ends, a bound one does.
        (r#"{"iss":"kubernetes/serviceaccount"}"#, "L4"),
        (
            r#"{"iat":1800000000,"exp":1800003607,"kubernetes.io":{"namespace":"a"}}"#,
            "from 1800000000, to 1800003607, L1",
        ),
    ] {
        assert_eq!(lifetime("jwt", "", &jwt(claims), ""), expected, "{claims}");
    }
    // With the first brace on a line of its own, and behind the prefix of a provider.
    let spread = format!(
        "{}.{}.c2ln",
        base64(b"{\n\"alg\":\"HS256\"}"),
        base64(b"{\n\"exp\":1900000000}")
    );
    assert_eq!(lifetime("jwt", "", &spread, ""), "to 1900000000, L3");
    let job = format!("glcbt-{}", jwt(r#"{"iat":1700000000,"exp":1700003600}"#));
    let expected = "from 1700000000, to 1700003600, L1, expired";
    assert_eq!(lifetime("gitlab-ci-job-jwt", "", &job, ""), expected);
    assert_eq!(lifetime("jwt", "", "eyJh.eyJi.c", ""), "");
}

#[test]
fn val_02_key_ids_of_aws() {
    let account = "QNZGKIQY56JQ7WML";
    for (prefix, expected) in [("AKIA", ""), ("ASIA", "L1")] {
        let id = [prefix, account].concat();
        assert_eq!(lifetime("aws-access-key-id", "", &id, ""), expected);
    }
    // A key of Bedrock that lives for hours is a signed address.
    let address = "bedrock.amazonaws.com/?Action=CallWithBearerToken&X-Amz-Credential=ASIAQNZGKIQY\
                   56JQ7WML%2F20270101%2Fus-east-1%2Fbedrock%2Faws4_request&X-Amz-Date=20270101T00\
                   0000Z&X-Amz-Expires=43200&X-Amz-Signature=0123";
    let key = format!("bedrock-api-key-{}", base64(address.as_bytes()));
    let expected = "from 1798761600, to 1798804800, L1, expired";
    assert_eq!(
        lifetime("aws-bedrock-short-term-key", "", &key, ""),
        expected
    );
}

#[test]
fn val_03_shared_access_signatures() {
    for (query, expected) in [
        (
            "sv=2022-11-02&st=2026-02-28T23%3A00Z&se=2026-03-01T01%3A00Z",
            "from 1772319600, to 1772326800, L1, expired",
        ),
        (
            "sv=2022-11-02&st=2027-01-01&se=2027-03-01",
            "from 1798761600, to 1803859200, L2",
        ),
        (
            "sv=2022-11-02&st=2026-01-01&se=2035-01-01",
            "from 1767225600, to 2051222400, L3",
        ),
        ("sv=2022-11-02&se=2035-01-01", "to 2051222400, L3"),
        ("sv=2022-11-02&skoid=x&se=2027-03-05", "to 1804204800, L2"),
        ("sv=2022-11-02&si=readers", "LU"),
        ("sv=2022-11-02", ""),
    ] {
        let before = format!("https://a.blob.core.windows.net/c?{query}&sig=");
        let found = lifetime("azure-sas-url", &before, "c2ln%3D", "\"");
        assert_eq!(found, expected, "{query}");
    }
}

#[test]
fn val_04_to_07_and_12_kinds_that_the_prefix_tells() {
    let tail = "a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6q7r8";
    for (prefix, expected) in [
        ("ghp_", ""),
        ("github_pat_", ""),
        ("gho_", ""),
        ("ghu_", "L1"),
        ("ghs_", "L1"),
        ("ghr_", "L3"),
        ("glpat-", ""),
        ("glcbt-", "L0"),
        ("ya29.", "L1"),
        ("AIza", ""),
        ("xoxb-", ""),
        ("xoxe.", "L1"),
        ("xoxe-", "L3"),
        ("sk-proj-", ""),
        ("hvb.", "L2"),
        ("hvs.", ""),
    ] {
        let value = [prefix, tail].concat();
        assert_eq!(lifetime("x", "", &value, ""), expected, "{prefix}");
    }
    // The short form, which root tokens have.
    let root = ["hvs.", &tail[..24]].concat();
    assert_eq!(
        lifetime("hashicorp-vault-service-token", "", &root, ""),
        "L4"
    );
}

/// A certificate of that key, with whatever a reader may leave out left out.
fn certificate(from: &str, until: &str, key: &[u8], is_authority: bool) -> Vec<u8> {
    let text = |text: &str| tlv(0x0C, text.as_bytes());
    let part = |kind: u8, said: &str| {
        let pair = [tlv(6, &[0x55, 4, kind]), text(said)].concat();
        tlv(0x31, &tlv(0x30, &pair))
    };
    let name = |parts: &[(u8, &str)]| {
        let parts: Vec<u8> = parts.iter().flat_map(|(k, s)| part(*k, s)).collect();
        tlv(0x30, &parts)
    };
    let time = |text: &str| tlv(if text.len() == 13 { 0x17 } else { 0x18 }, text.as_bytes());
    let bits = tlv(3, &[&[0], key].concat());
    let algorithm = tlv(0x30, &tlv(6, &[0x2A]));
    let constraint = [
        tlv(6, &[0x55, 0x1D, 0x13]),
        tlv(1, &[0xFF]),
        tlv(4, &tlv(0x30, &tlv(1, &[0xFF]))),
    ];
    let extensions = tlv(0xA3, &tlv(0x30, &tlv(0x30, &constraint.concat())));
    let inner = [
        tlv(0xA0, &tlv(2, &[2])),
        tlv(2, &[9]),
        algorithm.clone(),
        name(&[(3, "cluster-ca")]),
        tlv(0x30, &[time(from), time(until)].concat()),
        name(&[(10, "system:masters"), (3, "admin")]),
        tlv(0x30, &[algorithm.clone(), bits.clone()].concat()),
        if is_authority { extensions } else { Vec::new() },
    ];
    tlv(
        0x30,
        &[tlv(0x30, &inner.concat()), algorithm, bits].concat(),
    )
}

#[test]
fn val_08_certificates_beside_their_key() {
    let modulus = number(2048);
    let public = tlv(0x30, &[modulus.clone(), tlv(2, &[1, 0, 1])].concat());
    let rsa = tlv(0x30, &[tlv(2, &[0]), modulus, number(2048)].concat());
    let key = pem(&format!("RSA {}", "PRIVATE KEY"), &rsa, "\n");
    let other = tlv(0x30, &[number(1024), tlv(2, &[1, 0, 1])].concat());
    let block = |der: &[u8], joint: &str| pem("CERTIFICATE", der, joint);

    let year = certificate("270101000000Z", "280101000000Z", &public, false);
    let past = certificate("200101000000Z", "20210101000000Z", &public, false);
    let endless = certificate("270101000000Z", "99991231235959Z", &public, false);
    let authority = certificate("270101000000Z", "370101000000Z", &public, true);
    let foreign = certificate("200101000000Z", "210101000000Z", &other, false);
    for (certificate, expected) in [
        (&year, "from 1798761600, to 1830297600, L3"),
        (&past, "from 1577836800, to 1609459200, L3, expired"),
        (&endless, "L5"),
        (&authority, "to 2114380800, L5"),
        // That of another key says nothing about this one.
        (&foreign, ""),
    ] {
        let inside = base64(block(certificate, "\n").as_bytes());
        for (before, after) in [
            (block(certificate, "\n"), String::new()),
            (block(&foreign, "\n"), block(certificate, "\n")),
            (block(certificate, "\\n"), String::new()),
            (
                format!("client-certificate-data: {inside}\n"),
                String::new(),
            ),
        ] {
            let found = lifetime("private-key-rsa", &before, &key, &after);
            assert_eq!(found, expected);
        }
        let before = format!("client-certificate-data: {inside}\n    client-key-data: ");
        let key = base64(key.as_bytes());
        let found = lifetime("file-kubeconfig-client-key", &before, &key, "\n");
        assert_eq!(found, expected);
    }
    let found = said("private-key-rsa", &block(&year, "\n"), &key, "");
    let expected = "account system:masters, algorithm RSA, bits 2048, issuer cluster-ca, \
                    protection none, subject admin, from 1798761600, to 1830297600, L3";
    assert_eq!(found, expected);
    // Cut off anywhere, it must not fail.
    let text = block(&year, "\n");
    for end in (0..text.len()).step_by(5) {
        let cut = format!("{}\n-----END CERTIFICATE-----", &text[..end]);
        said("private-key-rsa", &cut, &key, "");
    }
}

#[test]
fn val_08_keys_that_hold_nothing_public() {
    let private = [
        tlv(2, &[0]),
        tlv(0x30, &tlv(6, &[0x2B, 0x65, 0x70])),
        tlv(4, &tlv(4, &[7; 32])),
    ];
    let key = pem(
        ["PRIVATE", "KEY"].join(" ").as_str(),
        &tlv(0x30, &private.concat()),
        "\n",
    );
    let of = |until: &str, authority| {
        let der = certificate("200101000000Z", until, &[5; 32], authority);
        pem("CERTIFICATE", &der, "\n")
    };
    let (leaf, root) = (of("210101000000Z", false), of("400101000000Z", true));
    let expected = "from 1577836800, to 1609459200, L3, expired";
    assert_eq!(lifetime("private-key-pkcs8", &leaf, &key, ""), expected);
    // Which of two is its own cannot be told, and that of an authority is none of a client.
    assert_eq!(lifetime("private-key-pkcs8", &leaf, &key, &root), "");
    assert_eq!(lifetime("private-key-pkcs8", &root, &key, ""), "");
}

#[test]
fn val_10_the_end_of_a_pgp_key() {
    let packet = |tag: u8, content: &[u8]| {
        let length = content.len();
        [
            &[0xC0 | tag, 0xFF, 0, 0, (length >> 8) as u8, length as u8],
            content,
        ]
        .concat()
    };
    let secret = [
        &[4, 0, 0, 0, 9, 1, 0x08, 0x00][..],
        &[0x81; 256],
        &[0, 17, 1, 0, 1, 254],
    ]
    .concat();
    let signature = |parts: &[u8]| {
        let head = [4, 0x13, 1, 8, 0, parts.len() as u8];
        packet(2, &[&head[..], parts, &[0, 0]].concat())
    };
    let key = |parts: &[u8]| {
        let packets = [packet(5, &secret), packet(13, b"A <a@b>"), signature(parts)];
        pem("PGP PRIVATE KEY BLOCK", &packets.concat(), "\n")
    };
    // Made at, and critical: ends after a day.
    let made = [5, 2, 0, 0, 0, 9];
    let ends = [5, 0x89, 0, 1, 0x51, 0x80];
    for (value, expected) in [
        (key(&made), "from 9, L5"),
        (key(&[made, ends].concat()), "from 9, L3"),
        (key(&[made, [5, 9, 0, 0, 0, 0]].concat()), "from 9, L5"),
        // A part that is longer than what holds it.
        (key(&[9, 9, 0]), "from 9"),
    ] {
        assert_eq!(lifetime("private-key-pgp", "", &value, ""), expected);
    }
}

#[test]
fn val_11_signed_addresses() {
    let id = ["AKIA", "QNZGKIQY56JQ7WML"].concat();
    let aws = format!(
        "https://b.s3.amazonaws.com/x?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={id}%2F\
         20270114%2Feu-west-1%2Fs3%2Faws4_request&X-Amz-Date=20270114T000000Z&X-Amz-Expires="
    );
    let google = "https://storage.googleapis.com/b/x?X-Goog-Credential=bot%40p.iam.gserviceaccount\
                  .com%2F20250101%2Fauto%2Fstorage%2Fgoog4_request&amp;X-Goog-Date=20250101T000000\
                  Z&amp;X-Goog-Expires=900&amp;X-Goog-Signature=";
    let signature = "0123456789abcdef".repeat(4);
    for (before, after, expected) in [
        (
            format!("{aws}604800&X-Amz-Signature="),
            "\"",
            "from 1799884800, to 1800489600, L2",
        ),
        // More than AWS allows is no time at all.
        (
            format!("{aws}99999999&X-Amz-Signature="),
            "\"",
            "from 1799884800",
        ),
        (
            google.to_owned(),
            "'",
            "from 1735689600, to 1735690500, L1, expired",
        ),
        (
            "https://d.cloudfront.net/x?Expires=1900000000&Signature=".to_owned(),
            "&Key-Pair-Id=K2JCJMDEHXQW5F",
            "to 1900000000, L3",
        ),
        (
            format!(
                "https://b.s3.amazonaws.com/x?AWSAccessKeyId={id}&Expires=1700000000&Signature="
            ),
            " ",
            "to 1700000000, L3, expired",
        ),
        // A signature of something else.
        (
            "https://x.example/?Expires=1900000000&Signature=".to_owned(),
            "",
            "",
        ),
    ] {
        let found = lifetime("aws-presigned-url", &before, &signature, after);
        assert_eq!(found, expected, "{before}");
    }
    let found = said(
        "aws-presigned-url",
        &format!("{aws}60&X-Amz-Signature="),
        &signature,
        "",
    );
    let expected = "account 029608264753, host b.s3.amazonaws.com, kind long-term access key, \
                    region eu-west-1, resource s3, from 1799884800, to 1799884860, L1, expired";
    assert_eq!(found, expected);
}

fn field(kind: u8, data: &str) -> Vec<u8> {
    assert!(data.len() < 128, "one byte of length is enough");
    [&[kind, data.len() as u8], data.as_bytes()].concat()
}

#[test]
fn val_13_limits_in_macaroons() {
    let second = |caveats: &[&str]| {
        let header = [vec![2], field(1, "pypi.org"), field(2, "id"), vec![0]].concat();
        let caveats = caveats.iter().flat_map(|c| [field(2, c), vec![0]].concat());
        let rest = [vec![0], field(6, "signature")].concat();
        let all: Vec<u8> = header.into_iter().chain(caveats).chain(rest).collect();
        format!("pypi-{}", base64(&all))
    };
    let first = |caveat: &str| {
        let packet = |text: &str| format!("{:04x}{text}\n", text.len() + 5);
        let texts = [
            "location id.example",
            "identifier key",
            caveat,
            "signature abc",
        ];
        base64(texts.map(packet).concat().as_bytes())
    };
    for (value, expected) in [
        (second(&[]), "host pypi.org"),
        (
            second(&[r#"{"version": 1, "permissions": "user"}"#]),
            "host pypi.org, scope user",
        ),
        (
            second(&[r#"{"permissions": {"projects": ["a", "b"]}, "version": 1}"#]),
            "host pypi.org, project a b",
        ),
        (
            second(&[r#"[1, ["a"]]"#, "[0, 1800086400, 1800000000]"]),
            "host pypi.org, project a, from 1800000000, to 1800086400, L1",
        ),
        (
            first("cid time-before 2020-01-01T00:00:00Z"),
            "host id.example, to 1577836800, expired",
        ),
        (
            first("cid time < 1900000000000"),
            "host id.example, to 1900000000",
        ),
        ("pypi-AgEIcHlwaS5vcmc".to_owned(), ""),
    ] {
        assert_eq!(said("pypi-api-token", "", &value, ""), expected);
    }
    let whole = second(&[r#"[1, ["a"]]"#]);
    for end in 0..whole.len() {
        said("pypi-api-token", "", &whole[..end], "");
    }
}

proptest! {
    /// Whatever stands in the place of a certificate, a key or a token is read to its end.
    #[test]
    fn changed_bytes_fail_quietly(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..12),
        noise in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let public = tlv(0x30, &[number(512), tlv(2, &[1, 0, 1])].concat());
        let rsa = tlv(0x30, &[tlv(2, &[0]), number(512), number(512)].concat());
        let key = pem(&format!("RSA {}", "PRIVATE KEY"), &rsa, "\n");
        let mut macaroon = [vec![2], field(1, "pypi.org"), field(2, "id"), vec![0, 0]].concat();
        macaroon.extend(field(6, "signature"));
        let mut certificate = certificate("270101000000Z", "280101000000Z", &public, true);
        let times = "X-Amz-Date=20270114T000000Z&X-Amz-Expires=60";
        let mut signed = [times, "&X-Amz-Creden", "tial=A/B/C/D&X-Amz-Signature="].concat().into_bytes();
        for bytes in [&mut certificate, &mut macaroon, &mut signed] {
            for (place, byte) in &changes {
                let place = place.index(bytes.len());
                bytes[place] = *byte;
            }
        }
        said("private-key-rsa", &pem("CERTIFICATE", &certificate, "\n"), &key, "");
        said("private-key-pgp", "", &pem("PGP PRIVATE KEY BLOCK", &noise, "\n"), "");
        said("pypi-api-token", "", &format!("pypi-{}", base64(&macaroon)), "");
        said("pypi-api-token", "", &format!("AgE{}", base64(&noise)), "");
        let before = String::from_utf8_lossy(&signed).into_owned();
        said("aws-presigned-url", &before, &"0".repeat(64), "\"");
    }
}
