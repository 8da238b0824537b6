//! Source code: calls that build a client from a stored credential. Nothing is parsed
//! here; the words are found by whoever searches the file, and judged by their line.

mod framework;
mod values;

use crate::found::Ctx;
use crate::name::{self, Name};
use crate::pattern::{PatternId, id};
use crate::shell;
use sluicegate_core::{Confidence, FileKind, Span};

use values::{host, lifetime, url};

pub(crate) use framework::framework;

/// What a word is evidence of.
#[derive(Clone, Copy)]
enum Sign {
    /// A constructor that takes nothing else.
    Call(PatternId, &'static str),
    /// A field or argument: what follows must be read from the environment.
    Field(PatternId, &'static str),
    /// The scheme of a database: a password from elsewhere must follow.
    Url,
    /// The host of repositories: a token from elsewhere must stand before.
    Host(&'static str),
    /// A path to a key file must follow.
    KeyFile,
    /// A name of a secret: it must be read from the environment.
    AppSecret,
    /// A lifetime: it must be long.
    Lifetime,
    /// A key in a connection string: it must come from elsewhere.
    SharedKey,
}

const SIGNS: &[(&str, Sign)] = &[
    ("AwsBasicCredentials.create(", Sign::Call(id::APP_01, "aws")),
    ("BasicAWSCredentials(", Sign::Call(id::APP_01, "aws")),
    (
        "NewStaticCredentialsProvider(",
        Sign::Call(id::APP_01, "aws"),
    ),
    (
        "credentials.NewStaticCredentials(",
        Sign::Call(id::APP_01, "aws"),
    ),
    ("aws_secret_access_key=", Sign::Field(id::APP_01, "aws")),
    ("secretAccessKey:", Sign::Field(id::APP_01, "aws")),
    ("ClientSecretCredential(", Sign::Call(id::APP_02, "azure")),
    (
        "UsernamePasswordCredential(",
        Sign::Call(id::APP_02, "azure"),
    ),
    (
        "StorageSharedKeyCredential(",
        Sign::Call(id::APP_02, "azure"),
    ),
    ("AzureKeyCredential(", Sign::Call(id::APP_02, "azure")),
    ("AzureSasCredential(", Sign::Call(id::APP_02, "azure")),
    (".from_connection_string(", Sign::Call(id::APP_02, "azure")),
    (".fromConnectionString(", Sign::Call(id::APP_02, "azure")),
    ("from_service_account_file(", Sign::Call(id::APP_03, "gcp")),
    ("from_service_account_info(", Sign::Call(id::APP_03, "gcp")),
    ("from_service_account_json(", Sign::Call(id::APP_03, "gcp")),
    (
        "GoogleCredentials.fromStream(",
        Sign::Call(id::APP_03, "gcp"),
    ),
    ("option.WithCredentialsFile(", Sign::Call(id::APP_03, "gcp")),
    ("option.WithCredentialsJSON(", Sign::Call(id::APP_03, "gcp")),
    ("keyFilename:", Sign::Call(id::APP_03, "gcp")),
    ("GOOGLE_APPLICATION_CREDENTIALS", Sign::KeyFile),
    ("iam.AccessKey(", Sign::Call(id::CF_02, "aws")),
    ("CfnAccessKey(", Sign::Call(id::CF_02, "aws")),
    ("serviceaccount.Key(", Sign::Call(id::CF_02, "gcp")),
    (
        "azuread.ApplicationPassword(",
        Sign::Call(id::CF_02, "azure"),
    ),
    ("tls.PrivateKey(", Sign::Call(id::CF_02, "signing")),
    ("postgres://", Sign::Url),
    ("postgresql://", Sign::Url),
    ("mysql://", Sign::Url),
    ("mongodb://", Sign::Url),
    ("mongodb+srv://", Sign::Url),
    ("redis://", Sign::Url),
    ("amqp://", Sign::Url),
    ("@github.com", Sign::Host("github")),
    ("@gitlab.com", Sign::Host("gitlab")),
    ("@bitbucket.org", Sign::Host("bitbucket")),
    ("@dev.azure.com", Sign::Host("azure-devops")),
    ("env(\"DATABASE_URL\")", Sign::Call(id::APP_06, "database")),
    ("JWT_SECRET", Sign::AppSecret),
    ("SECRET_KEY_BASE", Sign::AppSecret),
    ("NEXTAUTH_SECRET", Sign::AppSecret),
    ("expiresIn", Sign::Lifetime),
    ("ACCESS_TOKEN_LIFETIME", Sign::Lifetime),
    ("accessTokenValiditySeconds", Sign::Lifetime),
    ("AccountKey=", Sign::SharedKey),
    ("SharedAccessKey=", Sign::SharedKey),
];

/// The words, in the order of their signs.
pub(crate) const WORDS: &[&str] = &{
    let mut words = [""; SIGNS.len()];
    let mut at = 0;
    while at < SIGNS.len() {
        words[at] = SIGNS[at].0;
        at += 1;
    }
    words
};

/// Judges the places of the words. `structured` is whether the scripts in the file were read
/// already.
pub(crate) fn read(ctx: &mut Ctx<'_>, watched: &[(usize, Span)], structured: bool) {
    let kind = FileKind::of(Some(ctx.path));
    if kind == FileKind::Prose {
        return;
    }
    for &(number, span) in watched {
        let Some((word, sign)) = SIGNS.get(number) else {
            continue;
        };
        // Calls stand in code. What looks like one in data is about code.
        let of_code = matches!(
            sign,
            Sign::Call(..) | Sign::Field(..) | Sign::AppSecret | Sign::Lifetime
        );
        if of_code && !matches!(kind, FileKind::Code | FileKind::Unknown) {
            continue;
        }
        // The search knows no case; code does.
        if ctx.raw(span) != *word {
            continue;
        }
        let line = Line::around(ctx.text, span);
        if line.is_comment() || line.is_inside_a_name(word) {
            continue;
        }
        // Whoever reads the file by its structure knows what the variable stands for.
        if structured && matches!(sign, Sign::Host(_)) {
            continue;
        }
        judge(ctx, *sign, word, span, &line, structured);
    }
}

pub(super) struct Line<'t> {
    /// Up to the word.
    before: &'t str,
    /// From behind it.
    after: &'t str,
    /// Where that starts.
    at: usize,
}

impl<'t> Line<'t> {
    fn around(text: &'t str, span: Span) -> Self {
        let floor = |at: usize| text.floor_char_boundary(at);
        let start = memchr::memrchr(b'\n', &text.as_bytes()[..span.start]).map_or(0, |n| n + 1);
        let start = floor(start.max(span.start.saturating_sub(400)));
        let rest = &text.as_bytes()[span.end..];
        let end = span.end + memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let end = floor(end.min(span.end + 400));
        Self {
            before: text.get(start..span.start).unwrap_or_default(),
            after: text.get(span.end..end).unwrap_or_default(),
            at: span.end,
        }
    }

    /// Whether the word is a part of a longer one: `SECRET_KEY_BASE_DUMMY`, `remove_env("X")`.
    fn is_inside_a_name(&self, word: &str) -> bool {
        let is_name = |c: char| c.is_alphanumeric() || c == '_';
        let ends = word.ends_with(is_name) && self.after.starts_with(is_name);
        let starts = word.starts_with("env(") && self.before.ends_with(is_name);
        ends || starts
    }

    fn is_comment(&self) -> bool {
        let start = self.before.trim_start();
        [
            "//", "#", "*", "/*", "--", "<!--", "import ", "using ", "def ", "class ", "func ",
        ]
        .iter()
        .any(|sign| start.starts_with(sign))
    }
}

/// Whether a text reads something from the environment or from settings.
fn reads_environment(text: &str) -> bool {
    [
        "process.env",
        "os.environ",
        "os.getenv",
        "getenv(",
        "ENV[",
        "ENV.fetch",
        "env(",
        // In two halves: here it is a word to look for.
        concat!("env", "::var"),
        "Getenv(",
        "import.meta.env",
        "config.",
        "settings.",
        "Environment.",
    ]
    .iter()
    .any(|form| text.contains(form))
}

/// The last name in an expression that reads the environment.
pub(super) fn variable_in(text: &str) -> Option<&str> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.split(|c: char| !is_name(c)).find(|word| {
        word.len() > 3 && word.contains('_') && word.bytes().all(|b| !b.is_ascii_lowercase())
    })
}

/// The variable of the environment that an argument was read from elsewhere in the
/// file: `conn = os.environ["X"]` for `(conn)`.
fn assigned<'t>(text: &'t str, arguments: &str) -> Option<&'t str> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    // Ids and the like come before the secret.
    arguments.split([',', ')']).find_map(|argument| {
        let argument = argument.trim().split(|c| !is_name(c)).next()?;
        let variable = value_of(text, argument, is_name)?;
        (!variable.ends_with("_ID")).then_some(variable)
    })
}

/// The variable of the environment that is assigned to `name` somewhere in the file.
fn value_of<'t>(text: &'t str, name: &str, is_name: fn(char) -> bool) -> Option<&'t str> {
    if name.len() < 2 {
        return None;
    }
    memchr::memmem::find_iter(text.as_bytes(), name).find_map(|at| {
        if text[..at].ends_with(is_name) {
            return None;
        }
        let line = text[at + name.len()..].lines().next()?;
        let value = line.trim_start().trim_start_matches([':', ',']);
        let (_, value) = value.split_at_checked(value.find('=').filter(|place| *place < 12)?)?;
        variable_in(value).filter(|_| reads_environment(value))
    })
}

fn judge(ctx: &mut Ctx<'_>, sign: Sign, word: &str, span: Span, line: &Line<'_>, structured: bool) {
    let bare = word
        .trim_end_matches(['(', '=', ':'])
        .trim_start_matches('.');
    let bare = bare.trim_start_matches("env(\"").trim_end_matches("\")");
    let own = Span::new(
        span.end - word.trim_start_matches('.').len(),
        span.end - (word.len() - word.trim_end_matches(['(', '=', ':']).len()),
    );
    match sign {
        Sign::Call(pattern, provider) => {
            let here = variable_in(line.after).filter(|_| reads_environment(line.after));
            let before = here.or_else(|| assigned(ctx.text, line.after));
            let name = before.unwrap_or(bare).to_owned();
            // What mints a key does so whatever it is given, and a literal is said here. What
            // comes in as a parameter is decided elsewhere: a library offers it.
            let arguments = line.after.trim_start();
            let said = matches!(pattern, id::CF_02 | id::APP_06)
                || reads_environment(line.after)
                || before.is_some()
                || arguments.starts_with(['"', '\'', '`'])
                || arguments.contains(".json");
            let sure = if said {
                Confidence::Definite
            } else {
                Confidence::Hint
            };
            ctx.report_beside_value(pattern, provider, &name, own, sure, "built in source code");
        }
        Sign::Field(pattern, provider) => {
            if reads_environment(line.after) && !line.after.to_ascii_lowercase().contains("session")
            {
                let name = variable_in(line.after).unwrap_or(bare).to_owned();
                ctx.report(
                    pattern,
                    provider,
                    &name,
                    own,
                    Confidence::Probable,
                    "built in source code",
                );
            }
        }
        Sign::Url => url(ctx, line),
        Sign::Host(provider) => host(ctx, provider, line, span),
        Sign::KeyFile => {
            let rest = line
                .after
                .trim_start_matches(['"', '\'', ']', ')'])
                .trim_start();
            let Some(value) = rest.strip_prefix(['=', ':', ',']) else {
                return;
            };
            let value = value
                .trim()
                .trim_matches(['"', '\''])
                .split(['"', '\'', ' ', ';', ')', ','])
                .next()
                .unwrap_or_default();
            let external = value.contains("external")
                || value.contains("workload")
                || value.contains("credential-configuration");
            if value.ends_with(".json") && !external {
                // What lies outside of the checkout was written by the job: from what, its
                // scripts tell.
                let sure = if structured && value.starts_with('/') {
                    Confidence::Hint
                } else {
                    Confidence::Definite
                };
                let value = value.to_owned();
                ctx.report(id::APP_04, "gcp", &value, own, sure, "key file");
            }
        }
        Sign::AppSecret => {
            let from = reads_environment(line.before) || line.before.trim_end().ends_with("env.");
            if from && name::classify(bare) != Name::Plain {
                ctx.report(
                    id::APP_08,
                    "application",
                    bare,
                    own,
                    Confidence::Probable,
                    "read in source code",
                );
            }
        }
        Sign::Lifetime => lifetime(ctx, bare, own, line),
        Sign::SharedKey => {
            let rest = line.after;
            // `%s` and `{2}` are what a library fills in.
            let named = |sign: char, end: char| {
                let inner = rest.strip_prefix(sign).and_then(|r| r.split_once(end));
                inner.is_some_and(|(name, _)| {
                    name.len() > 1
                        && name
                            .bytes()
                            .all(|b| b.is_ascii_alphanumeric() || b"_.".contains(&b))
                        && !name.bytes().all(|b| b.is_ascii_digit())
                })
            };
            let open = rest.starts_with(['$', '#'])
                || named('{', '}')
                || named('%', '%')
                || rest.starts_with("\" +")
                || rest.starts_with("' +");
            if open {
                let name = shell::variables(rest, 0)
                    .first()
                    .map_or(bare, |v| v.name)
                    .to_owned();
                ctx.report(
                    id::APP_07,
                    "azure",
                    &name,
                    own,
                    Confidence::Definite,
                    "connection string",
                );
            }
        }
    }
}
