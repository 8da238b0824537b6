//! `sluice rules stats`

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use sluicegate::{Monitor, Report, RuleCost, Rules, Scanner};

use super::import::{Detail, say};
use crate::args::{RulesStatsArgs, ShowFormat};
use crate::command::{Run, compile, write_json};
use crate::failure::Failures;
use crate::interrupt;
use crate::layers::Flags;
use crate::plan::{is_stdin, target};
use crate::printer::harmless;
use crate::status::Status;
use crate::table::{BOLD, DIM, Styles, plural, table};

/// One line of the answer.
struct Row<'r> {
    id: &'r str,
    cost: RuleCost,
    findings: usize,
    occurrences: usize,
}

pub(super) fn run(args: &RulesStatsArgs, run: Run<'_>) -> Result<Status, Failures> {
    let flags = Flags {
        tuning: Some(&args.tuning),
        rules: Some(&args.rules),
        color: run.color,
    };
    let near = if is_stdin(&args.path) {
        ".".as_ref()
    } else {
        args.path.as_path()
    };
    let settings = flags.over_config(&args.config, near)?.settings;
    let rules = compile(&settings)?;
    say(&rules, &settings, Detail::Refused, run.printer);
    let options = settings
        .options()
        .map_err(|error| Failures::config(&error))?;
    let scanner = Scanner::new(Arc::new(rules), options).measuring();
    let monitor = Arc::new(Monitor::default());
    interrupt::cancels(&monitor, run.printer);
    let report = scanner.scan(&[target(&args.path)?], &monitor)?;
    let mut rows = rows(&scanner, &report);
    let busy = rows.len();
    if args.limit > 0 {
        rows.truncate(args.limit);
    }
    let styles = run.styles(&settings);
    run.printer.result(|out| match args.format {
        ShowFormat::Text => {
            let text = text(&rows, busy, scanner.rules(), &report, styles);
            out.write_all(text.as_bytes())
        }
        ShowFormat::Json => write_json(out, &document(&rows, &scanner, &report)),
    })?;
    for failure in crate::command::scan::incomplete(&report) {
        run.printer.failure(&failure);
    }
    Ok(if crate::command::scan::incomplete(&report).is_empty() {
        Status::Clean
    } else {
        Status::Failed
    })
}

/// The rules that did anything, the dearest first.
fn rows<'r>(scanner: &'r Scanner, report: &Report) -> Vec<Row<'r>> {
    let mut found: HashMap<&str, (usize, usize)> = HashMap::new();
    for finding in &report.findings {
        let (findings, occurrences) = found.entry(finding.rule.id.as_str()).or_default();
        *findings += 1;
        *occurrences += finding.occurrences.len();
    }
    let mut rows: Vec<Row<'_>> = scanner
        .rule_costs()
        .into_iter()
        .map(|cost| {
            let id = scanner.rules().set().spec(cost.rule).id.as_str();
            let (findings, occurrences) = found.get(id).copied().unwrap_or_default();
            Row {
                id,
                cost,
                findings,
                occurrences,
            }
        })
        .filter(|row| row.cost.anchors > 0 || row.cost.runs > 0)
        .collect();
    rows.sort_by(|a, b| {
        let key = |row: &Row<'_>| (row.cost.time, row.cost.anchors);
        key(b).cmp(&key(a)).then_with(|| a.id.cmp(b.id))
    });
    rows
}

fn text(rows: &[Row<'_>], busy: usize, rules: &Rules, report: &Report, styles: Styles) -> String {
    let heads = ["RULE", "ANCHORS", "RUNS", "TIME", "FINDINGS", "PLACES"];
    let mut lines = vec![heads.map(|head| (head.to_owned(), DIM)).to_vec()];
    for row in rows {
        let plain = |text: String| (text, Default::default());
        lines.push(vec![
            (harmless(row.id), BOLD),
            plain(row.cost.anchors.to_string()),
            plain(row.cost.runs.to_string()),
            plain(milliseconds(row.cost.time)),
            plain(row.findings.to_string()),
            plain(row.occurrences.to_string()),
        ]);
    }
    let files = report.coverage.files;
    let mut out = table(&lines, styles);
    out.push_str(&format!(
        "\n{} of {} met an anchor in {}",
        busy,
        plural(rules.set().len(), "rule"),
        plural(usize::try_from(files).unwrap_or(usize::MAX), "file")
    ));
    if rows.len() < busy {
        out.push_str(&format!("; the {} dearest are named", rows.len()));
    }
    out.push_str("; times are those of all threads, measuring included\n");
    out
}

fn milliseconds(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1000.0)
}

fn document(rows: &[Row<'_>], scanner: &Scanner, report: &Report) -> serde_json::Value {
    let rules: Vec<_> = rows
        .iter()
        .map(|row| {
            let nanoseconds = u64::try_from(row.cost.time.as_nanos()).unwrap_or(u64::MAX);
            json!({
                "rule": row.id,
                "anchors": row.cost.anchors,
                "runs": row.cost.runs,
                "nanoseconds": nanoseconds,
                "findings": row.findings,
                "occurrences": row.occurrences,
            })
        })
        .collect();
    json!({
        "digest": scanner.rules().digest(),
        "files": report.coverage.files,
        "bytes": report.coverage.bytes,
        "rules": rules,
    })
}
