//! `sluice rules import`, and what is said wherever rules of other scanners are used.

use sluicegate::config::{Settings, import_rules};
use sluicegate::{Fate, ImportNote, Imported, Rules};

use crate::args::RulesImportArgs;
use crate::command::Run;
use crate::failure::Failures;
use crate::printer::{Printer, harmless};
use crate::status::Status;
use crate::table::plural;
use crate::target_file::{self, Readers};

/// Which rules are named one by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Detail {
    /// Those that are left out.
    Refused,
    /// Those too that do not mean quite the same.
    Approximated,
    /// All.
    All,
}

pub(super) fn run(args: &RulesImportArgs, run: Run<'_>) -> Result<Status, Failures> {
    let files = import_rules(&args.path).map_err(|errors| Failures::rules(&errors))?;
    let detail = if args.verbose {
        Detail::All
    } else {
        Detail::Approximated
    };
    let mut text = String::new();
    for file in &files {
        text.push_str(&account(file, detail));
    }
    run.printer.message(&text);
    let toml = Imported::all_to_toml(&files);
    match &args.output {
        None => run.printer.result(|out| out.write_all(toml.as_bytes()))?,
        Some(path) => {
            target_file::write(path, Readers::Usual, |out| out.write_all(toml.as_bytes()))?;
        }
    }
    let refused: usize = files.iter().map(|file| file.count(Fate::Refused)).sum();
    Ok(if refused == 0 {
        Status::Clean
    } else {
        Status::Findings
    })
}

/// Says what became of the rules that were taken from files of other scanners.
pub(crate) fn say(rules: &Rules, settings: &Settings, detail: Detail, printer: Printer) {
    for file in rules.imported() {
        let found = settings
            .foreign
            .as_ref()
            .is_some_and(|path| path.to_string_lossy() == file.name());
        let mut text = account(file, detail);
        if found {
            let builtin = if settings.builtin_rules.value {
                "; the built-in rules are used as well"
            } else {
                ""
            };
            text.push_str(&format!(
                "  found and used, as there is no .sluice.toml: what it lets pass counts for all rules{builtin}\n"
            ));
        }
        printer.message(&text);
    }
}

/// What became of the rules of a file.
fn account(file: &Imported, detail: Detail) -> String {
    let count = |fate| file.count(fate);
    let mut text = format!(
        "{} ({}): {}: {} translated, {} approximated, {} refused\n",
        harmless(file.name()),
        file.format(),
        plural(file.notes().len(), "rule"),
        count(Fate::Translated),
        count(Fate::Approximated),
        count(Fate::Refused)
    );
    for remark in file.remarks() {
        text.push_str(&format!("  {}\n", harmless(remark)));
    }
    for note in file.notes() {
        let wanted = match note.fate {
            Fate::Refused => true,
            Fate::Approximated => detail >= Detail::Approximated,
            Fate::Translated => detail == Detail::All,
        };
        if wanted {
            text.push_str(&one(note));
        }
    }
    text
}

fn one(note: &ImportNote) -> String {
    let mut text = format!("  {}: {}", harmless(&note.rule), note.fate);
    if note.id != note.rule {
        text.push_str(&format!(" (as `{}`)", note.id));
    }
    for (number, remark) in note.remarks.iter().enumerate() {
        let joint = if number == 0 { ":" } else { ";" };
        text.push_str(&format!("{joint} {}", harmless(remark)));
    }
    if !note.left_out.is_empty() {
        let what: Vec<_> = note.left_out.iter().map(|what| harmless(what)).collect();
        text.push_str(&format!("; left out: {}", what.join(", ")));
    }
    text.push('\n');
    text
}
