//! No format gives a value away, in any dress.

mod support;

use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER};
use sluicegate_core::{Confidence, Exposure, Piece, Report, Secret, Severity};
use sluicegate_report::{Context, TextStyle, json, json_lines, sarif, text};
use support::{at, brought, finding, rule, suppress};

fn rendered(report: &Report, ctx: &Context<'_>) -> Vec<(&'static str, String)> {
    let mut quiet = TextStyle::terminal(100);
    quiet.quiet = true;
    let mut all: Vec<(&str, Vec<u8>)> = Vec::new();
    let mut keep = |name, write: &dyn Fn(&mut Vec<u8>) -> std::io::Result<()>| {
        let mut out = Vec::new();
        write(&mut out).expect("a vector takes all");
        all.push((name, out));
    };
    keep("text", &|out| text(report, ctx, &TextStyle::plain(), out));
    keep("wide text", &|out| {
        let mut style = TextStyle::terminal(400);
        style.color = false;
        text(report, ctx, &style, out)
    });
    keep("quiet", &|out| text(report, ctx, &quiet, out));
    keep("json", &|out| json(report, ctx, out));
    keep("json lines", &|out| json_lines(report, ctx, out));
    keep("sarif", &|out| sarif(report, ctx, out));
    all.into_iter()
        .map(|(name, out)| (name, String::from_utf8(out).expect("reports are UTF-8")))
        .collect()
}

/// Values of several kinds, each seen, repeated beside another one, and suppressed with
/// a reason that repeats it.
fn report(secrets: &[String]) -> Report {
    let rule = rule(
        "generic-password",
        "Password",
        Severity::High,
        Confidence::Probable,
    );
    let mut report = Report::default();
    for (number, secret) in secrets.iter().enumerate() {
        let mut one = finding(number as u64, rule.clone(), secret, 0);
        at(&mut one, "a.env", 3 + number, "P=@ # note");
        let next = &secrets[(number + 1) % secrets.len()];
        let pieces = &mut one.occurrences[0].excerpt.pieces;
        pieces.push(Piece::Other(Secret::new(next.as_bytes().to_vec())));
        at(&mut one, "b.env", 50, "P=@");
        suppress(&mut one, Some(&format!("old: {secret} and {next}")));
        for place in 0..one.occurrences.len() {
            one.occurrences.rotate_left(1);
            brought(
                &mut one,
                3 + place,
                &format!("é{next}{secret}@ {secret}"),
                Exposure::Stash,
            );
        }
        report.findings.push(one);
    }
    report
}

fn canaries() -> Vec<String> {
    let joined = |parts: &[&str]| parts.concat();
    vec![
        support::github_token(),
        support::password(),
        support::private_key(),
        joined(&["p&ss ", "w<rd/", "?=+%21"]),
        joined(&["pä", "ßwört-", "漢字-9"]),
        joined(&["qu\"ote", "\\back", "'tick"]),
    ]
}

/// The value as it is and as it would look encoded, and every line of it.
fn dresses(secret: &str) -> Vec<String> {
    let mut all: Vec<String> = secret.lines().map(str::to_owned).collect();
    // In the middle of an encoded text a value has one of three looks.
    for skip in 0..3 {
        let bytes = &secret.as_bytes()[skip..];
        let whole = &bytes[..bytes.len() / 3 * 3];
        all.push(BASE64.encode(whole));
        all.push(BASE64URL_NOPAD.encode(whole));
    }
    all.push(HEXLOWER.encode(secret.as_bytes()));
    let percent = |keep: &dyn Fn(u8) -> bool| {
        let mut out = String::new();
        for byte in secret.bytes() {
            match keep(byte) {
                true => out.push(char::from(byte)),
                false => out += &format!("%{byte:02X}"),
            }
        }
        out
    };
    all.push(percent(&|b| {
        b.is_ascii_alphanumeric() || b"-._~".contains(&b)
    }));
    all.push(percent(&|b| {
        b.is_ascii_alphanumeric() || b"-._~/".contains(&b)
    }));
    all.push(format!("{secret:?}").trim_matches('"').to_owned());
    let json = serde_json::to_string(secret).expect("strings are JSON");
    all.push(json.trim_matches('"').to_owned());
    all
}

#[test]
fn no_format_holds_a_value() {
    let secrets = canaries();
    for (name, out) in rendered(&report(&secrets), &Context::new("0.1.0")) {
        for secret in &secrets {
            for dress in dresses(secret)
                .iter()
                .filter(|dress| !dress.starts_with("-----"))
            {
                assert!(!out.contains(dress), "{name} holds {dress}");
            }
        }
        assert!(out.contains("***"), "{name} shows the shape");
    }
}

#[test]
fn every_format_shows_the_values_if_asked() {
    let secrets = canaries();
    let mut ctx = Context::new("0.1.0");
    ctx.show_secrets = true;
    for (name, out) in rendered(&report(&secrets), &ctx) {
        let token = support::github_token();
        assert!(out.contains(&token), "{name}");
    }
}

#[test]
fn debug_output_of_a_report_holds_no_value() {
    let secrets = canaries();
    let mut report = report(&secrets);
    // Reasons are text of the file; the renderers redact them.
    for occurrence in report.findings.iter_mut().flat_map(|f| &mut f.occurrences) {
        occurrence.suppression = None;
    }
    let debug = format!("{report:?}");
    for secret in secrets.iter().flat_map(|secret| dresses(secret)) {
        assert!(secret.starts_with("-----") || !debug.contains(&secret));
    }
}
