//! `docs/rules.md`: all built-in rules by provider.

use std::collections::BTreeMap;
use std::sync::Arc;

use sluicegate::{RuleInfo, Rules};

/// The page.
///
/// # Errors
///
/// If the built-in rules are not valid.
pub(super) fn page() -> Result<String, Vec<String>> {
    let rules = Rules::builder()
        .build(&[])
        .map_err(|wrong| wrong.iter().map(ToString::to_string).collect::<Vec<_>>())?;
    // By name in any case, as people look for it.
    let mut providers: BTreeMap<(String, &str), Vec<&Arc<RuleInfo>>> = BTreeMap::new();
    for id in rules.set().ids() {
        let info = rules.info(id);
        let key = (info.provider_name.to_lowercase(), info.provider.as_str());
        providers.entry(key).or_default().push(info);
    }
    let mut page = format!(
        "{}\n\n# Rules\n\n{} rules for {} providers and families. `sluice rules show ID` says \
         what a rule knows and advises; [rules/README.md](../rules/README.md) has the words.\n",
        super::NOTE,
        rules.set().len(),
        providers.len(),
    );
    for infos in providers.values() {
        let name = infos.first().map_or("", |info| info.provider_name.as_str());
        page.push_str(&format!(
            "\n## {}\n\n| id | what | confidence | severity | lifetime |\n|---|---|---|---|---|\n",
            cell(name)
        ));
        for info in infos {
            page.push_str(&format!(
                "| `{}` | {} | {} | {} | {} |\n",
                info.id,
                cell(&info.title),
                info.confidence,
                info.severity,
                info.lifetime
            ));
        }
    }
    Ok(page)
}

/// Text that stays in its cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_a_row() {
        let page = page().expect("the rules are valid");
        let rules = Rules::builder().build(&[]).expect("the rules are valid");
        assert_eq!(page.matches("\n| `").count(), rules.set().len());
    }
}
