//! What the detectors report, and what they know about the file.

use std::cell::OnceCell;
use std::sync::Arc;

use sluicegate_core::{Confidence, Job, Span, without_values};

use crate::part::{Part, is_admin};
use crate::pattern::PatternId;

/// A place that depends on a stored credential.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reference {
    /// The pattern.
    pub pattern: PatternId,
    /// Whose credential it is, such as `aws`.
    pub provider: &'static str,
    /// What it is called here: a stored secret, a variable, a resource. Never a value.
    pub name: String,
    /// What in the file says so, in bytes.
    pub span: Span,
    /// How sure it is.
    pub confidence: Confidence,
    /// What it is used for, such as ``env of step `Publish` in job `release` ``.
    pub usage: String,
    /// Whether a value may stand behind it on the same line, which must not be shown.
    pub beside_value: bool,
    /// The job that uses it, if a pipeline does.
    pub job: Option<Arc<Job>>,
    /// Whether its name or the file says that its holder can do everything.
    pub is_admin: bool,
}

/// What a path says about what a file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Area {
    Own,
    /// Tests, examples, documentation: nothing runs with it.
    Example,
}

impl Area {
    pub(crate) fn of(path: &str) -> Self {
        let mut parts: Vec<&str> = path.split('/').collect();
        let name = parts.pop().unwrap_or_default().to_ascii_lowercase();
        // `intTest`, `smoke-test` and `test_data` are told by one of their words.
        let folder = |part: &&str| {
            const WORDS: [&str; 17] = [
                "TEST",
                "TESTS",
                "TESTING",
                "TESTDATA",
                "SPEC",
                "SPECS",
                "FIXTURE",
                "FIXTURES",
                "EXAMPLE",
                "EXAMPLES",
                "SAMPLE",
                "SAMPLES",
                "DEMO",
                "DEMOS",
                "MOCK",
                "MOCKS",
                "TESTCASES",
            ];
            const NAMES: [&str; 7] = [
                "doc",
                "docs",
                "documentation",
                "e2e",
                "vendor",
                "node_modules",
                "third_party",
            ];
            NAMES.contains(&part.to_ascii_lowercase().as_str())
                || crate::name::words(part)
                    .iter()
                    .any(|word| WORDS.contains(&word.as_str()))
        };
        // A workflow in `.github` is run, wherever the checkout lies.
        let parts = match parts.iter().rposition(|part| *part == ".github") {
            Some(at) => &parts[..at],
            None => &parts[..],
        };
        let ending = [
            ".example",
            ".sample",
            ".template",
            ".dist",
            ".tmpl",
            ".md",
            ".rst",
            ".erb",
        ];
        let instructions = ["agents.md", "claude.md", "gemini.md", "skill.md"].contains(&&*name);
        let named = !instructions && ending.iter().any(|end| name.ends_with(end))
            || name.contains("example")
            || name.contains("sample")
            || name.contains("_test.")
            || name.contains(".test.")
            || name.contains(".spec.")
            || name.starts_with("test_");
        // Folders above the first one are where the checkout lies, if the path is absolute.
        let parts = if path.starts_with('/') {
            &parts[parts.len().min(3)..]
        } else {
            parts
        };
        if named || parts.iter().any(folder) {
            Self::Example
        } else {
            Self::Own
        }
    }
}

/// One file on its way through the detectors.
pub(crate) struct Ctx<'f> {
    pub(crate) path: &'f str,
    /// The text as it stands, never masked.
    pub(crate) text: &'f str,
    /// Asked for only where something is found.
    area: OnceCell<Area>,
    pub(crate) found: Vec<Reference>,
    /// The parts of a pipeline, whatever their order.
    pub(crate) parts: Vec<Part>,
}

impl<'f> Ctx<'f> {
    pub(crate) fn new(path: &'f str, text: &'f str) -> Self {
        Self {
            path,
            text,
            area: OnceCell::new(),
            found: Vec::new(),
            parts: Vec::new(),
        }
    }

    /// The text of the span as it is written.
    pub(crate) fn raw(&self, span: Span) -> &'f str {
        self.text.get(span.start..span.end).unwrap_or_default()
    }

    /// Reports a reference; in tests and examples it is a hint.
    pub(crate) fn report(
        &mut self,
        pattern: PatternId,
        provider: &'static str,
        name: &str,
        span: Span,
        confidence: Confidence,
        usage: impl Into<String>,
    ) {
        let confidence = match self.area.get_or_init(|| Area::of(self.path)) {
            Area::Own => confidence,
            Area::Example => Confidence::Hint,
        };
        // What stands in a masked template is told as it is written.
        let masked = name.contains("xxxx");
        let name = if masked { self.raw(span) } else { name };
        let name: String = name.chars().filter(|c| !c.is_control()).take(120).collect();
        let is_admin = is_admin(&name);
        let twin = self
            .found
            .iter_mut()
            .find(|f| f.pattern == pattern && f.span == span && f.name == name);
        if let Some(twin) = twin {
            twin.confidence = twin.confidence.max(confidence);
            return;
        }
        self.found.push(Reference {
            pattern,
            provider,
            name,
            span,
            confidence,
            usage: without_values(&usage.into()),
            beside_value: false,
            job: None,
            is_admin,
        });
    }

    /// As [`report`](Self::report), where a value may stand on the same line.
    pub(crate) fn report_beside_value(
        &mut self,
        pattern: PatternId,
        provider: &'static str,
        name: &str,
        span: Span,
        confidence: Confidence,
        usage: impl Into<String>,
    ) {
        self.report(pattern, provider, name, span, confidence, usage);
        if let Some(last) = self.found.last_mut() {
            last.beside_value = true;
        }
    }
}
