//! temporary
#[path = "../tests/support/mod.rs"]
mod support;
use sluicegate_report::*;
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let ctx = Context::new("0.1.0");
    let out = &mut std::io::stdout();
    let mut r = support::sample();
    if a.iter().any(|x| x == "clean") {
        r.findings.clear();
        r.coverage.skipped.clear();
        r.below_confidence = 0;
        r.unused_suppressions.clear();
    }
    match a[1].as_str() {
        "text" => {
            let mut s = if a[2] == "color" {
                TextStyle::terminal(a[3].parse().unwrap())
            } else {
                let mut s = TextStyle::plain();
                s.width = a[3].parse().unwrap();
                s
            };
            s.quiet = a.iter().any(|x| x == "quiet");
            text(&r, &ctx, &s, out).unwrap()
        }
        "json" => json(&r, &ctx, out).unwrap(),
        "jsonl" => json_lines(&r, &ctx, out).unwrap(),
        "schema" => {
            use std::io::Write;
            out.write_all(json_schema().as_bytes()).unwrap()
        }
        _ => sarif(&r, &ctx, out).unwrap(),
    }
}
