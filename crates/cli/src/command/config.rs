//! `sluice config show`

use std::io::{self, Write};

use serde_json::json;
use sluicegate::config::{Entry, Origin, Setting, Shown, Value};

use super::{Run, write_json};
use crate::args::{ConfigCommand, ShowFormat};
use crate::failure::{Failure, Failures};
use crate::layers::{Flags, Layers};
use crate::plan::is_stdin;
use crate::printer::harmless;
use crate::status::Status;

/// The column at which origins start, where there is room.
const ORIGIN_COLUMN: usize = 34;

pub(super) fn run(command: ConfigCommand, run: Run<'_>) -> Result<Status, Failures> {
    let ConfigCommand::Show(args) = command;
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
    if !near.exists() {
        let shown = near.display();
        return Err(Failure::usage(format!("`{shown}` does not exist"))
            .hint("name a file or a folder that a scan could be given")
            .into());
    }
    let layers = flags.over_config(&args.config, near)?;
    run.printer.result(|out| match args.format {
        ShowFormat::Text => toml(out, &layers),
        ShowFormat::Json => write_json(out, &document(&layers)),
    })?;
    Ok(Status::Clean)
}

/// A configuration file that says the same, with the origins as comments.
fn toml(out: &mut dyn Write, layers: &Layers) -> io::Result<()> {
    match &layers.file {
        Some(file) => writeln!(
            out,
            "# configuration file: {}",
            harmless(&file.to_string_lossy())
        )?,
        None => writeln!(out, "# no configuration file")?,
    }
    if let Some(file) = &layers.settings.foreign {
        let file = harmless(&file.to_string_lossy());
        writeln!(out, "# rules and lists of another scanner: {file}")?;
    }
    let mut table = "";
    for entry in layers.settings.entries() {
        let (of, key) = entry.key.split_once('.').unwrap_or(("", entry.key));
        if of != table {
            writeln!(out, "\n[{of}]")?;
            table = of;
        }
        match &entry.shown {
            Shown::Unset => commented(out, &format!("# {key} = …"), "not set")?,
            Shown::One(setting) => {
                let text = format!("{key} = {}", literal(&setting.value));
                commented(out, &text, &setting.origin.to_string())?;
            }
            Shown::Many(list, origin) if list.is_empty() => {
                commented(out, &format!("{key} = []"), &origin.to_string())?;
            }
            Shown::Many(list, _) => {
                writeln!(out, "{key} = [")?;
                for setting in list {
                    let text = format!("  {},", literal(&setting.value));
                    commented(out, &text, &setting.origin.to_string())?;
                }
                writeln!(out, "]")?;
            }
        }
    }
    Ok(())
}

fn commented(out: &mut dyn Write, text: &str, comment: &str) -> io::Result<()> {
    writeln!(out, "{text:ORIGIN_COLUMN$} # {}", harmless(comment))
}

/// The value as TOML has it.
fn literal(value: &Value) -> String {
    match value {
        Value::Number(number) => number.to_string(),
        Value::Bool(yes) => yes.to_string(),
        // JSON's strings are a part of TOML's basic strings, but for one character.
        Value::Text(text) => json!(text).to_string().replace('\u{7f}', "\\u007f"),
    }
}

fn document(layers: &Layers) -> serde_json::Value {
    let entries = layers.settings.entries();
    let settings: serde_json::Map<_, _> = entries
        .iter()
        .map(|Entry { key, shown }| {
            let value = match shown {
                Shown::Unset => json!({ "value": null, "origin": origin(&Origin::Default) }),
                Shown::One(setting) => one(setting),
                Shown::Many(list, from) => {
                    let list: Vec<_> = list.iter().map(one).collect();
                    json!({ "values": list, "origin": origin(from) })
                }
            };
            ((*key).to_owned(), value)
        })
        .collect();
    let file = layers.file.as_ref().map(|file| file.to_string_lossy());
    let foreign = layers.settings.foreign.as_ref();
    let foreign = foreign.map(|file| file.to_string_lossy());
    json!({ "file": file, "foreign-file": foreign, "settings": settings })
}

fn one(setting: &Setting<Value>) -> serde_json::Value {
    let value = match &setting.value {
        Value::Number(number) => json!(number),
        Value::Bool(yes) => json!(yes),
        Value::Text(text) => json!(text),
    };
    json!({ "value": value, "origin": origin(&setting.origin) })
}

fn origin(origin: &Origin) -> serde_json::Value {
    match origin {
        Origin::Default => json!("default"),
        Origin::File { name, line } => json!({ "file": name, "line": line }),
        Origin::Given(flag) => json!({ "flag": flag }),
    }
}
