//! Do the crates keep to the plan in ARCHITECTURE.md?

mod arrows;
mod words;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use arrows::Arrows;

/// What stands in the workspace beside the parts, and may use all of them.
const TOOLS: &[&str] = &["sluicegate-benches", "sluicegate-hook", "xtask"];

/// Checks the arrows between crates and the words in them; says what was looked at.
///
/// # Errors
///
/// Everything that breaks the plan.
pub(crate) fn check(root: &Path) -> Result<String, Vec<String>> {
    let plan = read(&root.join("ARCHITECTURE.md"))?;
    let arrows = Arrows::parse(&plan).map_err(|why| vec![why])?;
    let packages = packages(root)?;
    let mut wrong = Vec::new();
    for package in &packages {
        wrong.extend(against_arrows(package, &arrows));
        wrong.extend(words::check(package)?);
    }
    if wrong.is_empty() {
        Ok(format!("{} crates keep to the plan", packages.len()))
    } else {
        Err(wrong)
    }
}

/// A crate of the workspace.
struct Package {
    /// As the plan has it: the name of its folder in `crates`.
    part: String,
    name: String,
    folder: String,
    /// The crates of the workspace that it is built from; tests may use more.
    uses: BTreeSet<String>,
}

fn read(path: &Path) -> Result<String, Vec<String>> {
    fs::read_to_string(path).map_err(|why| vec![format!("cannot read {}: {why}", path.display())])
}

fn packages(root: &Path) -> Result<Vec<Package>, Vec<String>> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args([
            "metadata",
            "--format-version",
            "1",
            "--no-deps",
            "--offline",
        ])
        .current_dir(root)
        .output()
        .map_err(|why| vec![format!("cannot run cargo: {why}")])?;
    if !output.status.success() {
        return Err(vec![String::from_utf8_lossy(&output.stderr).into_owned()]);
    }
    let metadata: Value = serde_json::from_slice(&output.stdout)
        .map_err(|why| vec![format!("cargo metadata: {why}")])?;
    let mut packages: Vec<Package> = list(&metadata["packages"]).map(package).collect();
    packages.sort_by(|a, b| a.part.cmp(&b.part));
    Ok(packages)
}

fn package(value: &Value) -> Package {
    let name = text(&value["name"]);
    let folder = text(&value["manifest_path"])
        .trim_end_matches("Cargo.toml")
        .to_owned();
    let uses = list(&value["dependencies"])
        // `kind` is null for what the crate itself is built from.
        .filter(|d| !d["path"].is_null() && d["kind"].as_str() != Some("dev"))
        .map(|d| part(&text(&d["name"])))
        .collect();
    Package {
        part: part(&name),
        name,
        folder,
        uses,
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn part(name: &str) -> String {
    name.strip_prefix("sluicegate-").unwrap_or(name).to_owned()
}

fn against_arrows(package: &Package, arrows: &Arrows) -> Vec<String> {
    let Package {
        part,
        name,
        folder,
        uses,
    } = package;
    if TOOLS.contains(&name.as_str()) {
        return Vec::new();
    }
    let mut wrong = Vec::new();
    if !folder.ends_with(&format!("crates/{part}/")) {
        wrong.push(format!("{name} is not in the folder crates/{part}"));
    }
    match arrows.allowed(part) {
        None => wrong.push(format!(
            "{name} is not in the plan: draw it in ARCHITECTURE.md"
        )),
        Some(allowed) => wrong.extend(
            uses.difference(allowed)
                .map(|other| format!("{name} uses {other}, and the plan has no such arrow")),
        ),
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_workspace_keeps_to_the_plan() {
        if let Err(wrong) = check(&crate::root()) {
            panic!("{}", wrong.join("\n"));
        }
    }

    #[test]
    fn an_arrow_that_is_not_drawn_is_noticed() {
        let arrows = Arrows::parse("```\ncore <- scan\ncore, scan <- cli\n```\n").expect("a plan");
        let package = |part: &str, uses: &[&str]| Package {
            part: part.to_owned(),
            name: format!("sluicegate-{part}"),
            folder: format!("/x/crates/{part}/"),
            uses: uses.iter().map(ToString::to_string).collect(),
        };
        let wrong = |package: &Package| against_arrows(package, &arrows);
        assert!(wrong(&package("cli", &["core", "scan"])).is_empty());
        assert!(wrong(&package("scan", &["core"])).is_empty());
        assert_eq!(wrong(&package("scan", &["cli"])).len(), 1);
        assert_eq!(wrong(&package("core", &["scan"])).len(), 1);
        assert_eq!(wrong(&package("gate", &[])).len(), 1);
    }
}
