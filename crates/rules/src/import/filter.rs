//! Filters of betterleaks: an expression that is true for what is to be dropped.
//!
//! Such a filter is mostly an alternation of simple questions. Each that the engine can ask
//! is taken over; one that it cannot ask is left out and named, and what it would have
//! dropped is reported.

use sluicegate_core::{Allow, AllowTarget};

use super::go::{self, Unit, Wanted};

mod parse;

use parse::{Expr, parse};

/// What a filter says, as far as it can be said here.
#[derive(Debug, Default)]
pub(super) struct Read {
    pub(super) allow: Vec<Allow>,
    /// Drops what has less.
    pub(super) entropy: Option<f32>,
    /// Drops what has no more.
    pub(super) entropy_above: Option<f32>,
    pub(super) remarks: Vec<String>,
}

/// Reads a filter.
pub(super) fn read(text: &str) -> Read {
    let mut out = Read::default();
    match parse(text) {
        Ok(expr) => any(&expr, &mut out),
        Err(why) => out.remarks.push(format!("its filter is not asked: {why}")),
    }
    out
}

/// One of several questions is enough to drop.
fn any(expr: &Expr, out: &mut Read) {
    if let Expr::Or(sides) = expr {
        any(&sides.0, out);
        any(&sides.1, out);
        return;
    }
    if let Some((bits, or_equal)) = least_entropy(expr) {
        let floor = if or_equal {
            &mut out.entropy_above
        } else {
            &mut out.entropy
        };
        *floor = Some(floor.map_or(bits, |known| known.max(bits)));
        return;
    }
    match list(expr) {
        Ok(allow) => out.allow.push(allow),
        Err(why) => out
            .remarks
            .push(format!("a condition of its filter is not asked: {why}")),
    }
}

/// `entropy(finding["secret"]) <= 3.5`: the number, and whether it itself is dropped.
fn least_entropy(expr: &Expr) -> Option<(f32, bool)> {
    let Expr::Compare(left, sign, right) = expr else {
        return None;
    };
    let (Expr::Call(name, arguments), Expr::Number(bits)) = (&**left, &**right) else {
        return None;
    };
    let of_secret = matches!(arguments.as_slice(), [one] if subject(one) == Some(Subject::Secret));
    if name != "entropy" || !of_secret {
        return None;
    }
    match sign.as_str() {
        "<=" => Some((*bits as f32, true)),
        "<" => Some((*bits as f32, false)),
        _ => None,
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Subject {
    Secret,
    Match,
    Line,
    Path,
}

/// What is looked at: `finding["secret"]`, `get(attributes, "path", "")` and their like.
fn subject(expr: &Expr) -> Option<Subject> {
    let known = |of: &Expr, key: &Expr| match (of, key) {
        (Expr::Name(of), Expr::Text(key)) => match (of.as_str(), key.as_str()) {
            ("finding", "secret") => Some(Subject::Secret),
            ("finding", "match") => Some(Subject::Match),
            ("finding", "line") => Some(Subject::Line),
            ("attributes", "path") => Some(Subject::Path),
            _ => None,
        },
        _ => None,
    };
    match expr {
        Expr::Index(of, key) => known(of, key),
        Expr::Default(of) => subject(of),
        Expr::Call(name, arguments) if name == "get" => match arguments.as_slice() {
            [of, key] | [of, key, _] => known(of, key),
            _ => None,
        },
        _ => None,
    }
}

/// One question, or several that must all be answered with yes.
fn list(expr: &Expr) -> Result<Allow, String> {
    match expr {
        Expr::Not(inner) => {
            let allow = list(inner)?;
            if allow.all || !allow.paths.is_empty() || allow.unless {
                return Err("the opposite of several conditions, or of one on paths".to_owned());
            }
            Ok(Allow {
                unless: true,
                ..allow
            })
        }
        Expr::And(sides) => {
            let (left, right) = (list(&sides.0)?, list(&sides.1)?);
            join(left, right).ok_or_else(|| {
                "two conditions that must both hold and look at the same thing, or at two texts"
                    .to_owned()
            })
        }
        Expr::Call(name, arguments) => question(name, arguments),
        other => Err(format!("`{}`", other.shown())),
    }
}

/// Both at once, where a list can hold both.
fn join(left: Allow, right: Allow) -> Option<Allow> {
    let one = |a: &Vec<String>, b: &Vec<String>| a.is_empty() || b.is_empty();
    let apart = one(&left.paths, &right.paths)
        && one(&left.regexes, &right.regexes)
        && one(&left.stopwords, &right.stopwords);
    if !apart || left.unless || right.unless {
        return None;
    }
    let target = if left.regexes.is_empty() {
        right.target
    } else {
        left.target
    };
    Some(Allow {
        all: true,
        unless: false,
        paths: [left.paths, right.paths].concat(),
        regexes: [left.regexes, right.regexes].concat(),
        target,
        stopwords: [left.stopwords, right.stopwords].concat(),
    })
}

fn question(name: &str, arguments: &[Expr]) -> Result<Allow, String> {
    let [of, Expr::List(items)] = arguments else {
        return Err(format!("`{name}`"));
    };
    let Some(subject) = subject(of) else {
        return Err(format!("`{name}` of `{}`", of.shown()));
    };
    let texts: Vec<&str> = items
        .iter()
        .map(|item| match item {
            Expr::Text(text) => Ok(text.as_str()),
            other => Err(format!("`{}` in a list", other.shown())),
        })
        .collect::<Result<_, _>>()?;
    let mut allow = Allow {
        target: match subject {
            Subject::Match => AllowTarget::Match,
            Subject::Line => AllowTarget::Line,
            Subject::Secret | Subject::Path => AllowTarget::Secret,
        },
        ..Allow::default()
    };
    match name {
        "matchesAny" => {
            let patterns = texts
                .iter()
                .map(|text| go::translate(text, Wanted::Whole, Unit::Char).map(|t| t.regex))
                .collect::<Result<_, _>>()?;
            if subject == Subject::Path {
                allow.paths = patterns;
            } else {
                allow.regexes = patterns;
            }
        }
        "containsAny" => {
            // What is looked at is put into lower case and the words are not, so that a word
            // with a capital is never there.
            let words = texts
                .iter()
                .filter(|text| **text == text.to_lowercase() && !text.is_empty());
            let words: Vec<String> = words.map(|text| (*text).to_owned()).collect();
            if words.is_empty() {
                return Err("`containsAny` of words with capitals, which never holds".to_owned());
            }
            let pattern = |word: &String| format!("(?i:{})", regex_syntax::escape(word));
            match subject {
                Subject::Secret => allow.stopwords = words,
                Subject::Path => allow.paths = words.iter().map(pattern).collect(),
                _ => allow.regexes = words.iter().map(pattern).collect(),
            }
        }
        other => return Err(format!("`{other}`")),
    }
    Ok(allow)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn simple_questions_are_taken_over() {
        let read = read(concat!(
            "// a comment\n",
            r#"entropy(finding["secret"]) <= 3.5 || filter.matchesAny(finding["match"], [`^a`, "b"])"#,
            r#" || (containsAny(finding["secret"], ["demo", "Never"]) )"#,
            r#" || !matchesAny(finding["secret"], [`\d`])"#,
            r#" || matchesAny(get(attributes, "path", ""), [`_test\.go$`])"#,
            r#" || (matchesAny((attributes["path"] ?? ""), [`x`]) && matchesAny(finding["line"], [`y`]))"#,
        ));
        assert_eq!(read.remarks, [] as [String; 0]);
        assert_eq!(read.entropy_above, Some(3.5));
        assert_eq!(read.allow.len(), 5);
        assert_eq!(read.allow[0].target, AllowTarget::Match);
        assert_eq!(read.allow[0].regexes, ["^a", "b"]);
        assert_eq!(read.allow[1].stopwords, ["demo"]);
        assert!(read.allow[2].unless && read.allow[2].regexes == ["[0-9]"]);
        assert_eq!(read.allow[3].paths, [r"_test\.go$"]);
        assert!(
            read.allow[4].all && read.allow[4].paths == ["x"] && read.allow[4].regexes == ["y"]
        );
    }

    #[test]
    fn what_cannot_be_asked_is_named_and_the_rest_is_kept() {
        for (text, word, lists) in [
            (
                r#"failsTokenEfficiency(finding["secret"]) || matchesAny(finding["secret"], ["a"])"#,
                "failsTokenEfficiency",
                1,
            ),
            (r#"len(finding["secret"]) > 30"#, "len", 0),
            ("let x = 1; x > 2", "let", 0),
            ("((", "", 0),
            (r#"entropy(finding["line"]) <= 3"#, "entropy", 0),
        ] {
            let read = read(text);
            assert_eq!(read.allow.len(), lists, "{text}");
            assert!(
                read.remarks.iter().any(|r| r.contains(word)),
                "{text}: {:?}",
                read.remarks
            );
        }
    }
}
