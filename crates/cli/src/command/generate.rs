//! `sluice completions` and `sluice man`: made from the definition of the command line.

use clap::CommandFactory as _;
use sluicegate::nearest;

use crate::args::{CompletionsArgs, ManArgs, RawArgs};
use crate::failure::{Failure, Failures};
use crate::printer::Printer;
use crate::status::Status;

/// Prints completions for a shell.
pub(super) fn completions(args: &CompletionsArgs, printer: Printer) -> Result<Status, Failures> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut RawArgs::command(), "sluice", &mut script);
    printer.result(|out| out.write_all(&script))?;
    Ok(Status::Clean)
}

/// Prints a page of the manual.
pub(super) fn man(args: &ManArgs, printer: Printer) -> Result<Status, Failures> {
    let mut root = RawArgs::command();
    root.build();
    let mut command = &root;
    for word in &args.command {
        command = command.find_subcommand(word).ok_or_else(|| {
            let known = command.get_subcommands().map(clap::Command::get_name);
            let hint = match nearest(word, known) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "`sluice --help` lists the commands".to_owned(),
            };
            let name = command.get_bin_name().unwrap_or("sluice");
            Failure::usage(format!("`{name}` has no command `{word}`")).hint(hint)
        })?;
    }
    let name = command.get_bin_name().unwrap_or("sluice").replace(' ', "-");
    let page = clap_mangen::Man::new(command.clone().name(name));
    printer.result(|mut out| page.render(&mut out))?;
    Ok(Status::Clean)
}
