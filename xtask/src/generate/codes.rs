//! `docs/reason-codes.md`: every code that a decision can give, from the policy and from
//! the gate's own table.

use std::fmt::Write as _;

use sluicegate::gate::{CODES, Policy, PolicyRow, Verdict};

/// The page.
pub(super) fn page() -> String {
    let policy = Policy::builtin();
    let mut page = format!(
        "{}\n\n# Reason codes\n\nEvery verdict names its reasons by these codes: in text, JSON, \
         SARIF, logs and attestations. They are stable: one may be added, none changes its \
         meaning. `sluice policy explain CODE` says the same, and also knows the codes of a \
         policy of your own.\n\nVerdicts are for drafts (commit), for what others build on \
         (merge) and for what users get (release, deploy): A allows, R asks for a remedy by a \
         date, B blocks.\n",
        super::NOTE
    );
    page.push_str("\n## Floors: they lift a verdict\n");
    for floor in &policy.floors {
        let waiver = if floor.waivable { "possible" } else { "never" };
        row(&mut page, &floor.row, waiver);
    }
    page.push_str("\n## Rows: the first that holds gives the verdict\n");
    for entry in &policy.rows {
        row(&mut page, entry, "possible");
    }
    page.push_str("\n## Shifts and caps: they move the verdict of a row\n");
    for shift in &policy.shifts {
        let columns: Vec<&str> = shift.columns.iter().map(|c| c.as_str()).collect();
        let _ = writeln!(
            page,
            "\n### {}\n\n{}\n\n- when: `{}`\n- step: {:+} ({})",
            shift.code,
            sentence(&shift.says),
            shift.when.text(),
            shift.step,
            columns.join(", "),
        );
    }
    for cap in &policy.caps {
        let _ = writeln!(
            page,
            "\n### {}\n\n{}\n\n- when: `{}`\n- at most: {}",
            cap.code,
            sentence(&cap.says),
            cap.when.text(),
            letters(cap.verdict),
        );
    }
    page.push_str("\n## Codes of the gate itself\n");
    for code in CODES {
        let _ = writeln!(
            page,
            "\n### {}\n\n{} {}\n\n- next: {}",
            code.code,
            sentence(code.says),
            code.meaning,
            code.next,
        );
    }
    page
}

fn row(page: &mut String, row: &PolicyRow, waiver: &str) {
    let _ = writeln!(
        page,
        "\n### {}\n\n{}\n\n- when: `{}`\n- verdict: {}; a waiver is {waiver}",
        row.code,
        sentence(&row.says),
        row.when.text(),
        letters(row.verdict),
    );
    if !row.next.is_empty() && &*row.next != "nothing" {
        let _ = writeln!(page, "- next: {}", row.next);
    }
    if !row.duties.is_empty() {
        let duties: Vec<String> = row
            .duties
            .iter()
            .map(|duty| duty.as_str().replace('_', " "))
            .collect();
        let _ = writeln!(page, "- owed: {}", duties.join(", "));
    }
}

fn letters(verdicts: [Verdict; 3]) -> String {
    let letter = |verdict| match verdict {
        Verdict::Allow => "A",
        Verdict::Remediate => "R",
        Verdict::Block => "B",
    };
    verdicts.map(letter).join("/")
}

/// Decisions put these words behind others; on a page they stand alone.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string());
    format!("{}{}.", first.unwrap_or_default(), letters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_on_the_page_once() {
        let page = page();
        let policy = Policy::builtin();
        let own = CODES.iter().map(|code| code.code);
        for code in policy.codes().map(|(code, _)| code).chain(own) {
            let heading = format!("\n### {code}\n");
            assert_eq!(page.matches(&heading).count(), 1, "{code}");
        }
    }
}
