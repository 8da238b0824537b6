//! What the program is started in. The only place that looks at the environment.

use std::io::{IsTerminal as _, stderr, stdout};
use std::path::{Path, PathBuf};

use sluicegate::Surroundings;
use sluicegate::config::Color;

/// The least and the usual width of text, in columns.
const NARROWEST: usize = 40;
const USUAL: usize = 100;

/// Where output goes and what the environment asks for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Env {
    /// Whether standard output is a terminal.
    pub(crate) stdout_terminal: bool,
    /// Whether standard error is a terminal.
    pub(crate) stderr_terminal: bool,
    /// `NO_COLOR` is set to something.
    pub(crate) no_color: bool,
    /// `CLICOLOR_FORCE` is set to something other than `0`.
    pub(crate) force_color: bool,
    /// `TERM` is `dumb`.
    pub(crate) dumb: bool,
    /// The locale has UTF-8.
    pub(crate) unicode: bool,
    /// `COLUMNS`, where it is a number.
    pub(crate) columns: Option<usize>,
    /// Where git says that its things are: in hooks it does.
    pub(crate) git: Surroundings,
    /// The folder of the user for what programs keep and can find out again.
    pub(crate) cache: Option<PathBuf>,
    /// What the pre-commit framework says, if it runs us.
    pub(crate) pre_commit: Option<PreCommit>,
    /// A push came through GitLab's pages (`GL_PROTOCOL` is `web`).
    pub(crate) is_gitlab_web: bool,
}

/// What the pre-commit framework wants checked, beside the index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PreCommit {
    /// The commits between these.
    Between {
        /// `PRE_COMMIT_FROM_REF`
        from: String,
        /// `PRE_COMMIT_TO_REF`
        to: String,
    },
    /// All that is pushed: it has no commit in common with the other side
    /// (`PRE_COMMIT_REMOTE_NAME` is all that it says).
    All,
    /// It names nothing.
    Nothing,
}

impl Env {
    /// As it is now.
    pub(crate) fn capture() -> Self {
        let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(set);
        Self {
            stdout_terminal: stdout().is_terminal(),
            stderr_terminal: stderr().is_terminal(),
            no_color: set("NO_COLOR").is_some(),
            force_color: set("CLICOLOR_FORCE").is_some_and(|value| value != "0"),
            dumb: set("TERM").is_some_and(|value| value == "dumb"),
            unicode: locale.is_some_and(|value| {
                let value = value.to_string_lossy().to_ascii_lowercase();
                value.contains("utf-8") || value.contains("utf8")
            }),
            cache: set("XDG_CACHE_HOME")
                .map(PathBuf::from)
                .or_else(|| set("HOME").map(|home| PathBuf::from(home).join(".cache")))
                .filter(|folder| folder.is_absolute()),
            columns: set("COLUMNS").and_then(|value| value.to_str()?.parse().ok()),
            git: surroundings(),
            pre_commit: set("PRE_COMMIT").map(|_| {
                let text = |name| set(name)?.into_string().ok();
                match (text("PRE_COMMIT_FROM_REF"), text("PRE_COMMIT_TO_REF")) {
                    (Some(from), Some(to)) => PreCommit::Between { from, to },
                    _ if set("PRE_COMMIT_REMOTE_NAME").is_some() => PreCommit::All,
                    _ => PreCommit::Nothing,
                }
            }),
            is_gitlab_web: set("GL_PROTOCOL").is_some_and(|value| value == "web"),
        }
    }

    /// What git says about the repository that `path` lies in: what it says of one counts
    /// where no other is named.
    pub(crate) fn git_near(&self, path: &Path) -> Surroundings {
        if path == Path::new(".") {
            self.git.clone()
        } else {
            Surroundings::default()
        }
    }

    /// Whether text is coloured that goes to a terminal or not. What the flag says
    /// counts most, then the environment, then the configuration.
    pub(crate) fn colors(&self, flag: Option<Color>, config: Color, terminal: bool) -> bool {
        let by_terminal = terminal && !self.dumb;
        match (flag, config) {
            (Some(Color::Always), _) => true,
            (Some(Color::Never), _) => false,
            _ if self.no_color => false,
            _ if self.force_color => true,
            (None, Color::Always) => true,
            (None, Color::Never) => false,
            (None | Some(Color::Auto), _) => by_terminal,
        }
    }

    /// How wide text may be, in columns.
    pub(crate) fn width(&self) -> usize {
        let terminal = || {
            self.stdout_terminal
                .then(terminal_size::terminal_size)
                .flatten()
                .map(|(width, _)| usize::from(width.0))
        };
        self.columns
            .or_else(terminal)
            .unwrap_or(USUAL)
            .max(NARROWEST)
    }
}

/// The variables that git sets for hooks, and that people set to have it look elsewhere.
fn surroundings() -> Surroundings {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let path = |name: &str| set(name).map(PathBuf::from);
    let mut git = Surroundings::default();
    git.git_dir = path("GIT_DIR");
    git.common_dir = path("GIT_COMMON_DIR");
    git.index = path("GIT_INDEX_FILE");
    git.objects = path("GIT_OBJECT_DIRECTORY");
    if let Some(value) = set("GIT_ALTERNATE_OBJECT_DIRECTORIES") {
        git.alternates = Surroundings::alternates(value.as_encoded_bytes());
    }
    git
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_come_before_the_environment_and_that_before_the_configuration() {
        let plain = Env::default();
        let no_color = Env {
            no_color: true,
            ..Env::default()
        };
        let force = Env {
            force_color: true,
            ..Env::default()
        };
        let dumb = Env {
            dumb: true,
            ..Env::default()
        };
        let both = Env {
            no_color: true,
            force_color: true,
            ..Env::default()
        };
        let (auto, always, never) = (Color::Auto, Color::Always, Color::Never);
        for (env, flag, config, terminal, want) in [
            (&plain, None, auto, true, true),
            (&plain, None, auto, false, false),
            (&plain, Some(always), auto, false, true),
            (&plain, Some(never), auto, true, false),
            (&plain, None, always, false, true),
            (&plain, None, never, true, false),
            (&plain, Some(auto), never, true, true),
            (&no_color, None, auto, true, false),
            (&no_color, None, always, true, false),
            (&no_color, Some(always), auto, false, true),
            (&force, None, auto, false, true),
            (&force, None, never, false, true),
            (&force, Some(never), auto, true, false),
            (&both, None, auto, true, false),
            (&dumb, None, auto, true, false),
            (&dumb, Some(always), auto, true, true),
        ] {
            let got = env.colors(flag, config, terminal);
            assert_eq!(got, want, "{env:?} {flag:?} {config:?} {terminal}");
        }
    }

    #[test]
    fn the_width_is_what_the_environment_says_and_never_too_little() {
        let with = |columns| Env {
            columns,
            ..Env::default()
        };
        assert_eq!(with(Some(72)).width(), 72);
        assert_eq!(with(Some(3)).width(), NARROWEST);
        assert_eq!(with(None).width(), USUAL);
    }
}
