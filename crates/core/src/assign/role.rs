//! What a path says about the file: which language, and what it is for.

use crate::filter::Rejection;

/// No extension that is known is longer.
const LONGEST_EXTENSION: usize = 12;

/// What a file is written in, as far as it matters for reading assignments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// A programming language: values are quoted, bare words are expressions.
    Code,
    /// Configuration or data: bare words are values.
    Config,
    /// A shell or a build script: bare words are values, `$X` is a reference.
    Shell,
    /// Text for people.
    Prose,
    /// Nothing is known.
    Unknown,
}

impl FileKind {
    /// All of them.
    pub(crate) const ALL: [Self; 5] = [
        Self::Code,
        Self::Config,
        Self::Shell,
        Self::Prose,
        Self::Unknown,
    ];

    /// The kind of the file at `path`, by its name.
    pub fn of(path: Option<&str>) -> Self {
        let Some(path) = path else {
            return Self::Unknown;
        };
        let name = memchr::memrchr(b'/', path.as_bytes()).map_or(path, |at| &path[at + 1..]);
        if starts_with(name, ".env") || name.starts_with('.') && !name[1..].contains('.') {
            return Self::Config;
        }
        if [
            "dockerfile",
            "containerfile",
            "makefile",
            "jenkinsfile",
            "procfile",
        ]
        .iter()
        .any(|w| starts_with(name, w))
        {
            return Self::Shell;
        }
        let Some((_, extension)) = name.rsplit_once('.') else {
            return Self::Unknown;
        };
        // Asked wherever a name stands that could be that of a secret, so it must be quick.
        let mut lower = [0u8; LONGEST_EXTENSION];
        let Some(lower) = lower.get_mut(..extension.len()) else {
            return Self::Unknown;
        };
        lower.copy_from_slice(extension.as_bytes());
        lower.make_ascii_lowercase();
        std::str::from_utf8(lower).map_or(Self::Unknown, Self::of_extension)
    }

    /// The kind of a file with this extension, in lower case.
    fn of_extension(extension: &str) -> Self {
        match extension {
            "rs" | "py" | "pyi" | "js" | "jsx" | "mjs" | "cjs" | "ts" | "tsx" | "java" | "kt"
            | "kts" | "go" | "c" | "h" | "cc" | "cpp" | "cxx" | "hpp" | "hh" | "cs" | "vb"
            | "fs" | "rb" | "erb" | "php" | "swift" | "m" | "mm" | "scala" | "clj" | "cljs"
            | "ex" | "exs" | "erl" | "hs" | "ml" | "lua" | "pl" | "pm" | "r" | "dart"
            | "groovy" | "gradle" | "jl" | "nim" | "zig" | "sol" | "vue" | "svelte" | "jsp"
            | "asp" | "aspx" | "cshtml" | "sql" | "coffee" | "elm" | "v" | "sv" | "proto"
            | "graphql" | "ipynb" | "el" | "lisp" | "scm" | "pas" | "d" | "cr" | "y" | "g4" => {
                Self::Code
            }
            "env" | "ini" | "cfg" | "conf" | "cnf" | "config" | "properties" | "yaml" | "yml"
            | "toml" | "json" | "json5" | "jsonc" | "xml" | "plist" | "tf" | "tfvars" | "hcl"
            | "props" | "settings" | "prefs" | "desktop" | "service" | "reg" | "inf" | "rc"
            | "csv" | "tsv" | "log" | "list" | "secrets" | "ldif" | "rsp" | "netrc" | "pgpass"
            | "npmrc" | "dockercfg" | "tfstate" | "jsonl" | "ndjson" | "har" => Self::Config,
            "sh" | "bash" | "zsh" | "fish" | "ksh" | "ps1" | "psm1" | "bat" | "cmd" | "mk"
            | "dockerfile" | "history" => Self::Shell,
            "md" | "markdown" | "rst" | "adoc" | "asciidoc" | "html" | "htm" | "tex" | "org"
            | "mdx" | "rdoc" | "pod" | "textile" => Self::Prose,
            _ => Self::Unknown,
        }
    }
}

/// What a file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Nothing says otherwise.
    Production,
    /// Tests and their data.
    Test,
    /// Documentation, examples, templates.
    Example,
    /// Somebody else's code.
    Vendored,
    /// Written by a tool and full of digests: lock files, source maps, minified code.
    Generated,
    /// Words for people in several languages.
    Translation,
}

impl Role {
    /// The role of the file at `path`, by its name and the folders above it.
    pub fn of(path: Option<&str>) -> Self {
        let Some(path) = path else {
            return Self::Production;
        };
        let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
        let in_folder = |names: &[&str]| {
            folders
                .split('/')
                .any(|folder| names.iter().any(|n| n.eq_ignore_ascii_case(folder)))
        };
        let ends = |endings: &[&str]| endings.iter().any(|e| ends_with(name, e));
        if ends(&[
            ".lock",
            "-lock.json",
            "-lock.yaml",
            ".sum",
            ".secrets.baseline",
            ".min.js",
            ".min.css",
            ".map",
            ".snap",
            ".svg",
            "npm-shrinkwrap.json",
        ]) {
            return Self::Generated;
        }
        if in_folder(&[
            "locale",
            "locales",
            "i18n",
            "l10n",
            "lang",
            "langs",
            "languages",
            "translations",
            "translation",
        ]) || ends(&[".po", ".pot", ".xlf", ".xliff", ".arb", ".strings", ".resx"])
        {
            return Self::Translation;
        }
        if in_folder(&[
            "vendor",
            "vendored",
            "third_party",
            "third-party",
            "thirdparty",
            "node_modules",
            "site-packages",
            "bower_components",
            ".yarn",
        ]) {
            return Self::Vendored;
        }
        if in_folder(&[
            "test",
            "tests",
            "testing",
            "testdata",
            "spec",
            "specs",
            "__tests__",
            "fixtures",
            "fixture",
            "mocks",
            "__mocks__",
            "e2e",
            "integration-tests",
            "testfixtures",
            "unittests",
            "cypress",
        ]) || ["test_", "spec_", "mock_", "conftest"]
            .iter()
            .any(|w| starts_with(name, w))
            || [
                "_test.", "_spec.", ".test.", ".spec.", "-test.", "tests.", "test.", "_mock.",
            ]
            .iter()
            .any(|w| contains(name, w))
        {
            return Self::Test;
        }
        if in_folder(&[
            "doc",
            "docs",
            "documentation",
            "example",
            "examples",
            "sample",
            "samples",
            "demo",
            "demos",
            "tutorial",
            "tutorials",
            "guides",
        ]) || ends(&[
            ".example",
            ".sample",
            ".template",
            ".dist",
            ".tmpl",
            ".tpl",
            ".default",
            ".md",
            ".rst",
            ".adoc",
            ".mdx",
        ]) || ["example", "sample", "template"]
            .iter()
            .any(|w| contains(name, w))
        {
            return Self::Example;
        }
        Self::Production
    }

    /// The role of one place: a comment in production code is documentation.
    pub(super) fn at(self, hay: &[u8], place: usize, kind: FileKind) -> Self {
        let applies = self == Self::Production && matches!(kind, FileKind::Code | FileKind::Shell);
        if applies && is_comment(hay, place) {
            Self::Example
        } else {
            self
        }
    }

    /// Whether a file of this role can hold a credential that somebody assigned.
    pub(super) fn admits(self) -> Result<(), Rejection> {
        match self {
            Self::Production | Self::Test | Self::Example | Self::Vendored => Ok(()),
            Self::Generated => Err(Rejection::Context(
                "in a file that a tool wrote, among digests",
            )),
            Self::Translation => Err(Rejection::Context(
                "in a translation, which holds words for people",
            )),
        }
    }
}

/// How far back the start of a line is looked for, in bytes.
pub(super) const LINE_REACH: usize = 256;

/// Whether the line that holds `place` starts as a comment.
fn is_comment(hay: &[u8], place: usize) -> bool {
    let before = &hay[place.saturating_sub(LINE_REACH)..place];
    let Some(start) = memchr::memrchr(b'\n', before).map(|at| at + 1) else {
        return place <= LINE_REACH && opens_comment(before);
    };
    opens_comment(&before[start..])
}

fn opens_comment(line: &[u8]) -> bool {
    let line = line.trim_ascii_start();
    [b"#".as_slice(), b"//", b"* ", b"/*", b"--", b";;", b"<!--"]
        .iter()
        .any(|mark| line.starts_with(mark))
}

fn starts_with(name: &str, lower: &str) -> bool {
    name.get(..lower.len())
        .is_some_and(|head| head.eq_ignore_ascii_case(lower))
}

fn ends_with(name: &str, lower: &str) -> bool {
    name.len()
        .checked_sub(lower.len())
        .and_then(|at| name.get(at..))
        .is_some_and(|tail| tail.eq_ignore_ascii_case(lower))
}

fn contains(name: &str, lower: &str) -> bool {
    crate::filter::contains_ignore_case(name.as_bytes(), lower.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_in_code_are_documentation() {
        for (text, expected) in [
            ("x = 1\n  # user.password = 'a'", Role::Example),
            (" * password = 'a'", Role::Example),
            ("x = 1 # password = 'a'", Role::Production),
            ("password = 'a'", Role::Production),
        ] {
            let place = text.find("password").expect("it is there");
            assert_eq!(
                Role::Production.at(text.as_bytes(), place, FileKind::Code),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn roles_and_kinds_are_read_off_the_path() {
        for (path, kind, role) in [
            ("src/main.rs", FileKind::Code, Role::Production),
            (".env", FileKind::Config, Role::Production),
            (".env.example", FileKind::Config, Role::Example),
            ("tests/fixtures/a.yml", FileKind::Config, Role::Test),
            ("web/user_test.go", FileKind::Code, Role::Test),
            ("package-lock.json", FileKind::Config, Role::Generated),
            ("app/i18n/de.json", FileKind::Config, Role::Translation),
            ("vendor/x/y.go", FileKind::Code, Role::Vendored),
            ("Dockerfile.prod", FileKind::Shell, Role::Production),
            ("README.md", FileKind::Prose, Role::Example),
            (".npmrc", FileKind::Config, Role::Production),
        ] {
            assert_eq!(
                (FileKind::of(Some(path)), Role::of(Some(path))),
                (kind, role),
                "{path}"
            );
        }
    }
}
