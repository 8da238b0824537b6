use super::*;
use crate::policy::DEFAULT_POLICY;

#[test]
fn the_built_in_policy_is_sound() {
    let policy = builtin(DEFAULT_POLICY).unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!(
        policy.columns.map(Column::as_str),
        ["dev", "staging", "prod", "prod"]
    );
    assert!(policy.floors.len() > 10 && policy.rows.len() > 20);
    Policy::with(crate::policy::STARTING_POLICY).unwrap_or_else(|e| panic!("{e}"));
}

#[test]
fn errors_hold_no_values() {
    let value = ["ghp", "_", "16C7e42F292c6912E7", "710c838347Ae178B4a"].concat();
    let text = format!("token = \"{value}\"\n");
    let errors = Policy::with(&text)
        .expect_err("it is no policy")
        .to_string();
    assert!(
        errors.contains("token = \"***") && !errors.contains(&value[4..20]),
        "{errors}"
    );
}

#[test]
fn errors_say_where() {
    const HEAD: &str = "schema = 'sluicegate.policy/1'\nname = 'x'\n";
    for (text, place, part) in [
        ("name = 'x'", (1, 1), "schema"),
        ("schema = '2'\nname = 'x'", (1, 10), "this program reads"),
        (
            "FLOOR when = 'finding.kid == \"x\"'",
            (5, 9),
            "did you mean `finding.kind`",
        ),
        (
            "FLOOR when = '''\nfinding.kind == \"x\"'''",
            (6, 17),
            "it is never `x`",
        ),
        (
            "FLOOR when = 'stage == \"merge\"'",
            (5, 9),
            "a condition cannot ask for the stage",
        ),
        ("FLOOR when = 'true'\nverdict = 'B/R/A'", (6, 11), "milder"),
        (
            "FLOOR when = 'true'\nverdict = 'X'",
            (6, 11),
            "three letters",
        ),
        ("FLOOR code = 'SEC-LIVE'", (5, 8), "something else"),
        (
            "[[row]]\ncode = 'A'\nwhen = 'true'\nverdict = 'A/A/A'\nsays = ''",
            (3, 1),
            "built in",
        ),
        ("[due]\nhigh = 99", (4, 8), "only be stricter"),
        ("[stages]\nmerge = 'dev'", (4, 9), "only be stricter"),
        ("[stages]\nmrege = 'dev'", (4, 1), "unknown field"),
        ("[budget]\nopne = 1", (4, 8), "there is no `opne`"),
        (
            "[previous]\nmerge = 'release'",
            (4, 9),
            "does not come before",
        ),
        (
            "[previous]\nrelease = 'merge'\ndeploy = 'commit'",
            (5, 10),
            "may not ask for less",
        ),
        ("[environments]\nreviewed = ['prod*']", (4, 13), "as it is"),
    ] {
        let text = match text.strip_prefix("FLOOR ") {
            Some(rest) => {
                let mut floor = format!("{HEAD}[[floor]]\nsays = 's'\n{rest}\n");
                for (key, usual) in [
                    ("code =", "code = 'X-1'\n"),
                    ("when =", "when = 'true'\n"),
                    ("verdict =", "verdict = 'A/R/B'\n"),
                ] {
                    if !rest.contains(key) {
                        floor.push_str(usual);
                    }
                }
                floor
            }
            None if text.contains("schema") || text.starts_with("name") => text.to_owned(),
            None => format!("{HEAD}{text}\n"),
        };
        let errors = Policy::with(&text).expect_err(&text);
        let first = &errors.0[0];
        assert!(first.message.contains(part), "{text}: {errors}");
        assert_eq!((first.line, first.column), place, "{text}: {errors}");
    }
}
