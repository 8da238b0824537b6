//! `sluice rules list`, `show`, `check`, `import` and `stats`

use std::sync::Arc;

use serde_json::json;
use sluicegate::config::Settings;
use sluicegate::{RuleId, RuleInfo, Rules, check, nearest};

use super::{Run, compile, write_json};
use crate::args::{ConfigArgs, ListFormat, RuleArgs, RulesCheckArgs, RulesCommand};
use crate::args::{RulesListArgs, RulesShowArgs, ShowFormat};
use crate::failure::{Failure, Failures};
use crate::layers::Flags;
use crate::printer::harmless;
use crate::status::Status;
use crate::table::{BOLD, Cell, DIM, Styles, plural, severity_style, table};

pub(super) mod import;
mod show;
mod stats;

pub(super) fn run(command: RulesCommand, run: Run<'_>) -> Result<Status, Failures> {
    match command {
        RulesCommand::List(args) => list(&args, run),
        RulesCommand::Show(args) => show_one(&args, run),
        RulesCommand::Check(args) => check_all(&args, run),
        RulesCommand::Import(args) => import::run(&args, run),
        RulesCommand::Stats(args) => stats::run(&args, run),
    }
}

/// The rules that a scan of the current folder would use with these flags.
fn load(
    rules: &RuleArgs,
    config: &ConfigArgs,
    run: Run<'_>,
) -> Result<(Rules, Settings), Failures> {
    let flags = Flags {
        tuning: None,
        rules: Some(rules),
        color: run.color,
    };
    let settings = flags.over_config(config, ".".as_ref())?.settings;
    let rules = compile(&settings)?;
    import::say(&rules, &settings, import::Detail::Refused, run.printer);
    Ok((rules, settings))
}

/// All rules by the name of their provider, those of one provider in their order.
fn sorted(rules: &Rules) -> Vec<(RuleId, &Arc<RuleInfo>)> {
    let mut all: Vec<_> = rules.set().ids().map(|id| (id, rules.info(id))).collect();
    all.sort_by_key(|(_, info)| info.provider_name.to_lowercase());
    all
}

fn list(args: &RulesListArgs, run: Run<'_>) -> Result<Status, Failures> {
    let (rules, settings) = load(&args.rules, &args.config, run)?;
    let mut chosen = sorted(&rules);
    for provider in &args.provider {
        let known = || chosen.iter().map(|(_, info)| info.provider.as_str());
        if !known().any(|id| id == provider) {
            let hint = match nearest(provider, known()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "`sluice rules list` shows all providers".to_owned(),
            };
            let message = format!("no rule has the provider `{provider}`");
            return Err(Failure::usage(message).hint(hint).into());
        }
    }
    if !args.provider.is_empty() {
        chosen.retain(|(_, info)| args.provider.contains(&info.provider));
    }
    let styles = run.styles(&settings);
    run.printer.result(|out| match args.format {
        ListFormat::Text => out.write_all(text(&chosen, styles).as_bytes()),
        ListFormat::Markdown => out.write_all(markdown(&chosen).as_bytes()),
        ListFormat::Json => {
            let all: Vec<_> = chosen
                .iter()
                .map(|(id, _)| show::document(&rules, *id))
                .collect();
            write_json(out, &json!({ "digest": rules.digest(), "rules": all }))
        }
    })?;
    Ok(Status::Clean)
}

fn text(chosen: &[(RuleId, &Arc<RuleInfo>)], styles: Styles) -> String {
    let heads = [
        "ID",
        "PROVIDER",
        "CONFIDENCE",
        "SEVERITY",
        "LIFETIME",
        "TITLE",
    ];
    let mut rows = vec![heads.map(|head| (head.to_owned(), DIM)).to_vec()];
    let plain = |text: &str| -> Cell { (harmless(text), Default::default()) };
    for (_, info) in chosen {
        rows.push(vec![
            (harmless(&info.id), BOLD),
            plain(&info.provider),
            plain(info.confidence.as_str()),
            (info.severity.to_string(), severity_style(info.severity)),
            plain(info.lifetime.as_str()),
            plain(&info.title),
        ]);
    }
    format!("{}\n{}\n", table(&rows, styles), total(chosen))
}

fn total(chosen: &[(RuleId, &Arc<RuleInfo>)]) -> String {
    let mut providers: Vec<_> = chosen.iter().map(|(_, info)| &info.provider).collect();
    providers.sort();
    providers.dedup();
    format!(
        "{} of {}",
        plural(chosen.len(), "rule"),
        plural(providers.len(), "provider")
    )
}

fn markdown(chosen: &[(RuleId, &Arc<RuleInfo>)]) -> String {
    let mut out = format!("# Rules\n\n{}.\n", total(chosen));
    let cell = |text: &str| text.replace('|', "\\|").replace('\n', " ");
    let mut provider = "";
    for (_, info) in chosen {
        if info.provider_name != provider {
            provider = &info.provider_name;
            out.push_str(&format!(
                "\n## {}\n\n| rule | finds | confidence | severity | lifetime | taxa |\n|---|---|---|---|---|---|\n",
                cell(provider)
            ));
        }
        out.push_str(&format!(
            "| `{}` | {}: {} | {} | {} | {} | {} |\n",
            info.id,
            cell(&info.title),
            cell(&info.description),
            info.confidence,
            info.severity,
            info.lifetime,
            info.taxa.join(", ")
        ));
    }
    out
}

fn show_one(args: &RulesShowArgs, run: Run<'_>) -> Result<Status, Failures> {
    let (rules, settings) = load(&args.rules, &args.config, run)?;
    let id = rules.set().find(&args.id).ok_or_else(|| {
        let ids: Vec<_> = rules
            .set()
            .ids()
            .map(|id| &rules.set().spec(id).id)
            .collect();
        let hint = match nearest(&args.id, ids.iter().map(|id| id.as_str())) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`sluice rules list` prints the ids of all rules".to_owned(),
        };
        Failure::usage(format!("there is no rule `{}`", args.id)).hint(hint)
    })?;
    let styles = run.styles(&settings);
    run.printer.result(|out| match args.format {
        ShowFormat::Text => {
            out.write_all(show::text(&rules, id, styles, run.env.width()).as_bytes())
        }
        ShowFormat::Json => write_json(out, &show::document(&rules, id)),
    })?;
    Ok(Status::Clean)
}

fn check_all(args: &RulesCheckArgs, run: Run<'_>) -> Result<Status, Failures> {
    let (rules, settings) = load(&args.rules, &args.config, run)?;
    let (ran, failures) = check(&rules, |_| true);
    let styles = run.styles(&settings);
    run.printer.result(|out| {
        for failure in &failures {
            let id = styles.paint(BOLD, &harmless(&failure.rule));
            writeln!(out, "{id}: {}", harmless(&failure.message))?;
        }
        if !failures.is_empty() {
            writeln!(out)?;
        }
        let verdict = match failures.len() {
            0 => "all as stated".to_owned(),
            some => format!("{some} not as stated"),
        };
        let rules = plural(rules.set().len(), "rule");
        writeln!(out, "{rules}, {}: {verdict}", plural(ran, "example"))
    })?;
    Ok(if failures.is_empty() {
        Status::Clean
    } else {
        Status::Findings
    })
}
