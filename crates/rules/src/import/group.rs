//! Names the group that holds the secret, in a pattern that is in our dialect already.

use regex_syntax::ast::{self, Ast, GroupKind, Visitor};

/// Which group holds the secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    /// The one named `TOKEN`, in any case; else the first; else the whole match.
    TokenOrFirst,
    /// The last; else the whole match.
    Last,
    /// The one of this number.
    Number(usize),
    /// The first that matched anything.
    FirstFilled,
}

/// The pattern with its groups named as the engine wants them, and how many it has.
///
/// # Errors
///
/// Why the pattern is none.
pub(super) fn name(pattern: &str, choice: Choice) -> Result<(String, usize), String> {
    let tree = ast::parse::ParserBuilder::new()
        .build()
        .parse(pattern)
        .map_err(|error| explain(error.kind()))?;
    let groups = ast::visit(&tree, Groups(Vec::new())).map_err(|()| String::new())?;
    let is_token = |group: &Group| {
        let name = group.name.and_then(|(from, to)| pattern.get(from..to));
        name.is_some_and(|name| name.eq_ignore_ascii_case("token"))
    };
    let wanted = match choice {
        Choice::TokenOrFirst => groups.iter().position(is_token).or(Some(0)),
        Choice::Last => groups.len().checked_sub(1),
        Choice::Number(number) => number.checked_sub(1),
        Choice::FirstFilled => Some(0),
    };
    let mut out = pattern.to_owned();
    // From the end, so that the places before stay right. Groups are in the order of their
    // opening parentheses.
    for (number, group) in groups.iter().enumerate().rev() {
        let name = match choice {
            _ if Some(number) == wanted => "secret".to_owned(),
            Choice::FirstFilled => format!("secret{}", number + 1),
            _ => String::new(),
        };
        // `(`, or `(?<name>`, up to what the group holds.
        let opening = match name.as_str() {
            "" => "(?:".to_owned(),
            name => format!("(?<{name}>"),
        };
        let end = group.name.map_or(group.open + 1, |(_, to)| to + 1);
        out.replace_range(group.open..end, &opening);
    }
    Ok((out, groups.len()))
}

/// Why a pattern is refused, in words that help.
fn explain(kind: &ast::ErrorKind) -> String {
    match kind {
        ast::ErrorKind::UnsupportedLookAround => {
            "look-around: the engine matches without going back, so that no pattern can make it slow"
                .to_owned()
        }
        ast::ErrorKind::UnsupportedBackreference => {
            "a back-reference: the engine matches without going back, so that no pattern can make it slow"
                .to_owned()
        }
        other => format!("the pattern is not valid: {other}"),
    }
}

struct Group {
    /// Where its parenthesis stands.
    open: usize,
    name: Option<(usize, usize)>,
}

struct Groups(Vec<Group>);

impl Visitor for Groups {
    type Output = Vec<Group>;
    type Err = ();

    fn finish(self) -> Result<Vec<Group>, ()> {
        Ok(self.0)
    }

    fn visit_pre(&mut self, tree: &Ast) -> Result<(), ()> {
        if let Ast::Group(group) = tree {
            let name = match &group.kind {
                GroupKind::CaptureIndex(_) => None,
                GroupKind::CaptureName { name, .. } => {
                    Some((name.span.start.offset, name.span.end.offset))
                }
                GroupKind::NonCapturing(_) => return Ok(()),
            };
            let open = group.span.start.offset;
            self.0.push(Group { open, name });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wanted_group_is_named() {
        use Choice::{FirstFilled, Last, Number, TokenOrFirst};
        for (pattern, choice, want) in [
            ("(a)(b)", TokenOrFirst, "(?<secret>a)(?:b)"),
            ("(a)(?P<TOKEN>b)", TokenOrFirst, "(?:a)(?<secret>b)"),
            ("(a)((b)c)", Last, "(?:a)(?:(?<secret>b)c)"),
            (
                "(?i)(?<x>a)(?:b)(c)",
                Number(2),
                "(?i)(?:a)(?:b)(?<secret>c)",
            ),
            ("(a)|(b)", FirstFilled, "(?<secret>a)|(?<secret2>b)"),
            (
                "(?x) ( a # (b)\n )",
                TokenOrFirst,
                "(?x) (?<secret> a # (b)\n )",
            ),
            (r"[(]\(a", TokenOrFirst, r"[(]\(a"),
        ] {
            assert_eq!(name(pattern, choice).expect(pattern).0, want, "{pattern}");
        }
    }

    #[test]
    fn what_needs_going_back_is_refused_by_name() {
        for (pattern, word) in [
            ("a(?=b)", "look-around"),
            ("(?<!a)b", "look-around"),
            (r"(a)\1", "back-reference"),
            ("(a", "not valid"),
        ] {
            let why = name(pattern, Choice::Last).expect_err(pattern);
            assert!(why.contains(word), "{pattern}: {why}");
        }
    }
}
