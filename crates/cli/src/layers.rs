//! Flags over the configuration file over the defaults.

use std::path::{Path, PathBuf};

use sluicegate::config::{Color, Config, Origin, Setting, Settings};

use crate::args::{ConfigArgs, RuleArgs, Tuning};
use crate::failure::Failures;

/// What is in force, and the file that had a part in it.
#[derive(Debug)]
pub(crate) struct Layers {
    /// What is in force.
    pub(crate) settings: Settings,
    /// The configuration file, if there is one.
    pub(crate) file: Option<PathBuf>,
}

/// What was typed that has a place in the configuration.
#[derive(Clone, Copy)]
pub(crate) struct Flags<'a> {
    /// What is scanned and what counts.
    pub(crate) tuning: Option<&'a Tuning>,
    /// Which rules are used.
    pub(crate) rules: Option<&'a RuleArgs>,
    /// Whether text is coloured.
    pub(crate) color: Option<Color>,
}

impl Flags<'_> {
    /// Lays the flags over the configuration that `chosen` names, or that is found for
    /// `target`, and both over the defaults.
    ///
    /// # Errors
    ///
    /// If the configuration cannot be read or is not valid.
    pub(crate) fn over_config(
        self,
        chosen: &ConfigArgs,
        target: &Path,
    ) -> Result<Layers, Failures> {
        let file = match &chosen.file {
            _ if chosen.no_config => None,
            Some(file) => Some(file.clone()),
            None => Config::find(target).map(|file| short(&file)),
        };
        let below = match &file {
            Some(file) => Config::load(file).map_err(|error| Failures::config(&error))?,
            None => Config::default(),
        };
        let mut settings = self.over(below);
        // Only here: where a configuration is read from elsewhere, such as the base of a
        // change, what lies about in the tree must not say what passes.
        if file.is_none() && !chosen.no_config {
            settings.foreign = Config::find_foreign(target).map(|file| short(&file));
        }
        Ok(Layers { settings, file })
    }

    /// Lays the flags over a configuration that was read from somewhere else, such as the
    /// base of a change; paths in it are taken from `folder`.
    ///
    /// # Errors
    ///
    /// If the configuration is not valid.
    pub(crate) fn over_text(
        self,
        name: &str,
        text: &str,
        folder: &Path,
    ) -> Result<Layers, Failures> {
        let below = Config::parse(name, text, folder).map_err(|error| Failures::config(&error))?;
        let settings = self.over(below);
        Ok(Layers {
            settings,
            file: None,
        })
    }

    /// Lays the flags over the defaults.
    pub(crate) fn over_nothing(self) -> Layers {
        Layers {
            settings: self.over(Config::default()),
            file: None,
        }
    }

    fn over(self, below: Config) -> Settings {
        let mut layer = Config::default();
        if let Some(tuning) = self.tuning {
            tuning.fill(&mut layer);
        }
        if let Some(rules) = self.rules {
            rules.fill(&mut layer);
        }
        layer.color = self
            .color
            .map(|color| Setting::new(color, Origin::Given("--color")));
        layer.over(below).or_default()
    }
}

/// The path as people in the current folder would write it.
fn short(path: &Path) -> PathBuf {
    std::env::current_dir()
        .and_then(|folder| folder.canonicalize())
        .ok()
        .and_then(|folder| path.strip_prefix(folder).ok())
        .unwrap_or(path)
        .to_owned()
}
