//! Expressions of GitHub Actions: `${{ secrets.NAME }}` and its relatives.

use sluicegate_core::Span;

/// Something that an expression reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Read<'t> {
    pub(crate) context: Context,
    pub(crate) name: &'t str,
    /// The name, or the whole expression where there is none.
    pub(crate) span: Span,
    /// The whole `${{ … }}`.
    pub(crate) whole: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Context {
    Secrets,
    Vars,
    Env,
    Inputs,
    /// All secrets at once: `toJSON(secrets)`.
    AllSecrets,
    /// One that is chosen at run time: `secrets[matrix.name]`.
    ChosenSecret,
}

/// What the expressions in `text`, which starts at `base` in the file, read. Comparisons,
/// which ask whether a secret is set, are left out.
pub(crate) fn reads(text: &str, base: usize) -> Vec<Read<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = text[at..].find("${{").map(|s| at + s) {
        let end = text[start..].find("}}").map_or(text.len(), |e| start + e);
        let whole = Span::new(base + start, base + (end + 2).min(text.len()));
        read_one(text, start + 3, end, base, whole, &mut found);
        at = end;
    }
    found
}

fn read_one<'t>(
    text: &'t str,
    start: usize,
    end: usize,
    base: usize,
    whole: Span,
    found: &mut Vec<Read<'t>>,
) {
    const CONTEXTS: [(&str, Context); 4] = [
        ("secrets", Context::Secrets),
        ("vars", Context::Vars),
        ("env", Context::Env),
        ("inputs", Context::Inputs),
    ];
    let inner = text.get(start..end).unwrap_or_default();
    let bytes = inner.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] == b'\'' {
            at += 1 + inner[at + 1..].find('\'').unwrap_or(inner.len());
            at += 1;
            continue;
        }
        if !is_name(bytes[at]) {
            at += 1;
            continue;
        }
        let length = bytes[at..].iter().take_while(|&&b| is_name(b)).count();
        let word = &inner[at..at + length];
        let after = at + length;
        let before = at.checked_sub(1).map(|b| bytes[b]);
        let context = CONTEXTS
            .iter()
            .find(|(name, _)| word.eq_ignore_ascii_case(name) && before != Some(b'.'));
        let Some(&(_, context)) = context else {
            at = after;
            continue;
        };
        let (name, next) = name_at(inner, after);
        let span_of = |name: &str| {
            let offset = name.as_ptr() as usize - text.as_ptr() as usize;
            Span::new(base + offset, base + offset + name.len())
        };
        match name {
            Part::Name(name) if !is_compared(inner, next) => found.push(Read {
                context,
                name,
                span: span_of(name),
                whole,
            }),
            Part::Chosen if context == Context::Secrets => found.push(Read {
                context: Context::ChosenSecret,
                name: "",
                span: whole,
                whole,
            }),
            Part::Nothing if context == Context::Secrets => found.push(Read {
                context: Context::AllSecrets,
                name: "",
                span: whole,
                whole,
            }),
            _ => {}
        }
        at = next.max(after);
    }
}

enum Part<'t> {
    Name(&'t str),
    Chosen,
    Nothing,
}

/// The name behind `.` or in brackets at `at`, and where it ends.
fn name_at(inner: &str, at: usize) -> (Part<'_>, usize) {
    let rest = &inner[at..];
    if let Some(tail) = rest.strip_prefix('.') {
        let length = tail.bytes().take_while(|&b| is_name(b)).count();
        return (Part::Name(&tail[..length]), at + 1 + length);
    }
    let Some(tail) = rest.trim_start().strip_prefix('[') else {
        return (Part::Nothing, at);
    };
    let offset = at + (rest.len() - tail.len());
    let close = tail.find(']').unwrap_or(tail.len());
    let key = tail[..close].trim();
    let end = (offset + close + 1).min(inner.len());
    let quoted = key
        .strip_prefix(['\'', '"'])
        .and_then(|key| key.strip_suffix(['\'', '"']));
    match quoted {
        Some(name) => (Part::Name(name), end),
        None => (Part::Chosen, end),
    }
}

/// Whether the expression only compares what it has read.
fn is_compared(inner: &str, at: usize) -> bool {
    let rest = inner.get(at..).unwrap_or_default().trim_start();
    rest.starts_with("!=") || rest.starts_with("==")
}

fn is_name(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_' || b == b'-'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_read_with_their_places() {
        let names = |text: &str| -> Vec<(Context, String)> {
            reads(text, 0)
                .into_iter()
                .map(|r| {
                    assert!(r.name.is_empty() || &text[r.span.start..r.span.end] == r.name);
                    (r.context, r.name.to_owned())
                })
                .collect()
        };
        let secret = |n: &str| (Context::Secrets, n.to_owned());
        assert_eq!(
            names("a ${{ secrets.X }} ${{secrets['Y-1']}}"),
            [secret("X"), secret("Y-1")]
        );
        assert_eq!(
            names("${{ secrets.A || secrets.B }}"),
            [secret("A"), secret("B")]
        );
        assert_eq!(names("${{ secrets.A != '' }}"), []);
        assert_eq!(
            names("${{ format('{0} secrets.Q', steps.env.outputs.x) }}"),
            []
        );
        assert_eq!(
            names("${{ toJSON(secrets) }}"),
            [(Context::AllSecrets, String::new())]
        );
        assert_eq!(
            names("${{ secrets[matrix.n] }}"),
            [(Context::ChosenSecret, String::new())]
        );
        assert_eq!(
            names("${{ env.T }} ${{ inputs.token }} ${{"),
            [
                (Context::Env, "T".into()),
                (Context::Inputs, "token".into())
            ]
        );
    }
}
