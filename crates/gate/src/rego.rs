//! What policies in Rego have said: the results of conftest.

use serde::Deserialize;
use sluicegate_core::without_values;

use crate::decision::Opinion;
use crate::words::Verdict;

/// The longest message that is kept, in characters.
const LONGEST: usize = 500;

/// What conftest writes for each file and namespace (`--output json`).
#[derive(Deserialize)]
struct Tested {
    namespace: String,
    #[serde(default)]
    failures: Option<Vec<Said>>,
    #[serde(default)]
    warnings: Option<Vec<Said>>,
    // One of the fields has to be there, or any list of names would do.
    #[serde(default)]
    successes: Option<u64>,
}

#[derive(Deserialize)]
struct Said {
    msg: String,
}

/// Reads the results of conftest: failures block, warnings ask for a remedy. `None` if the
/// document is something else.
///
/// ```
/// use sluicegate_gate::{Verdict, opinions};
///
/// let results = r#"[{"filename": "input.json", "namespace": "main", "successes": 2,
///     "failures": [{"msg": "no tokens in jobs"}]}]"#;
/// let said = opinions(results).expect("results of conftest");
/// assert_eq!((said[0].verdict, said[0].message.as_str()), (Verdict::Block, "no tokens in jobs"));
/// assert!(opinions("[{\"name\": \"a test report\"}]").is_none());
/// ```
pub fn opinions(text: &str) -> Option<Vec<Opinion>> {
    let all: Vec<Tested> = serde_json::from_str(text).ok()?;
    let is_result =
        |t: &Tested| t.failures.is_some() || t.warnings.is_some() || t.successes.is_some();
    if !all.iter().all(is_result) {
        return None;
    }
    let mut out = Vec::new();
    for tested in all {
        let mut take = |verdict, said: Option<Vec<Said>>| {
            for Said { msg } in said.into_iter().flatten() {
                let message = without_values(&msg).chars().take(LONGEST).collect();
                let policy = tested.namespace.clone();
                out.push(Opinion {
                    verdict,
                    policy,
                    message,
                });
            }
        };
        take(Verdict::Block, tested.failures);
        take(Verdict::Remediate, tested.warnings);
    }
    out.sort();
    out.dedup();
    Some(out)
}
