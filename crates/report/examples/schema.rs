//! Prints the JSON Schema of a report, with `line` of one line of JSON Lines, with `plan` of
//! plans.

use std::io::Write as _;

fn main() -> std::io::Result<()> {
    let schema = match std::env::args().nth(1).as_deref() {
        Some("line") => sluicegate_report::json_lines_schema(),
        Some("plan") => sluicegate_report::plan_schema(),
        _ => sluicegate_report::json_schema(),
    };
    std::io::stdout().write_all(schema.as_bytes())
}
