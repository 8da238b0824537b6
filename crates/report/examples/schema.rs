//! Prints the JSON Schema of a report, or with `line` of one line of JSON Lines.

use std::io::Write as _;

fn main() -> std::io::Result<()> {
    let schema = match std::env::args().nth(1).as_deref() {
        Some("line") => sluicegate_report::json_lines_schema(),
        _ => sluicegate_report::json_schema(),
    };
    std::io::stdout().write_all(schema.as_bytes())
}
