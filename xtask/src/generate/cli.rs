//! `docs/cli.md`: what the program says about itself.

use std::path::Path;
use std::process::Command;

/// The help of the program and of every command below it.
///
/// # Errors
///
/// If the program cannot be built or run.
pub(super) fn page(root: &Path) -> Result<String, String> {
    let mut page = format!("{}\n\n# The command `sluice`\n", super::NOTE);
    let mut waiting = vec![Vec::new()];
    while let Some(words) = waiting.pop() {
        let help = help(root, &words)?;
        // Last in, first out: in reverse, so that they come in their own order.
        for command in commands(&help).into_iter().rev() {
            waiting.push([words.clone(), vec![command]].concat());
        }
        if !words.is_empty() {
            page.push_str(&format!("\n## sluice {}\n", words.join(" ")));
        }
        page.push_str(&format!("\n```\n{}\n```\n", help.trim_end()));
    }
    Ok(page)
}

fn help(root: &Path, words: &[String]) -> Result<String, String> {
    // Tests and checks can be given a program that is built already.
    let mut program = match std::env::var_os("SLUICE_TEST_BIN") {
        Some(built) => Command::new(root.join(built)),
        None => {
            let mut cargo =
                Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
            cargo.args(["run", "-q", "-p", "sluicegate-cli", "--"]);
            cargo
        }
    };
    let output = program
        .args(words)
        .arg("--help")
        .current_dir(root)
        .env("NO_COLOR", "1")
        .env_remove("COLUMNS")
        .output()
        .map_err(|why| format!("cannot run sluice: {why}"))?;
    if !output.status.success() {
        let why = String::from_utf8_lossy(&output.stderr);
        return Err(format!("sluice {} --help: {why}", words.join(" ")));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    Ok(lines.join("\n"))
}

/// The names in the list that clap puts under `Commands:`, without its own `help`.
fn commands(help: &str) -> Vec<String> {
    help.lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        // Deeper lines go on with what the line above says.
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .map(ToOwned::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_read_from_the_help() {
        let help = "Does it.\n\nCommands:\n  scan   Scan files\n         and folders\n  rules  Look\n  help   Print\n\nOptions:\n  -h  Help\n";
        assert_eq!(commands(help), ["scan", "rules"]);
        assert!(commands("Options:\n  -h  Help\n").is_empty());
    }
}
