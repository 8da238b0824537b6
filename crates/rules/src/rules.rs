//! Rules from the built-in files and from the user's, chosen and compiled.

use std::sync::{Arc, OnceLock};

use sluicegate_core::{Allow, LoweredRule, RuleId, RuleInfo, RuleSet};

use crate::block::Blocks;
use crate::diagnostic::{Diagnostic, Diagnostics, nearest};
use crate::examples::Examples;
use crate::format::{self, Loaded};
use crate::import::{Imported, Reader, import, known};

/// The built-in rules, lowered when the program was built.
static MATCHING: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/matching.bin"));
/// What they have to say, in the same order, in blocks.
static ADVICE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/advice.bin"));
/// Their examples, the same.
static EXAMPLES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/examples.bin"));
/// Identifies them.
static DIGEST: &str = include_str!(concat!(env!("OUT_DIR"), "/digest.txt"));

/// A compiled rule set and what its rules have to say.
///
/// ```
/// let rules = sluicegate_rules::Rules::builder().build(&[])?;
/// let id = rules.set().find("github-personal-access-token").or(rules.set().ids().next());
/// assert!(!rules.info(id.expect("there are rules")).title.is_empty());
/// # Ok::<(), sluicegate_rules::Diagnostics>(())
/// ```
pub struct Rules {
    set: RuleSet,
    digest: String,
    /// Where the information about each rule is: built in, or among the loaded.
    origins: Vec<Origin>,
    loaded: Vec<(Arc<RuleInfo>, Examples)>,
    imported: Vec<Imported>,
    advice: OnceLock<Blocks<RuleInfo>>,
    examples: OnceLock<Blocks<Examples>>,
}

#[derive(Clone, Copy)]
enum Origin {
    BuiltIn(usize),
    Loaded(usize),
}

impl Rules {
    /// Chooses rules.
    pub fn builder() -> RulesBuilder {
        RulesBuilder {
            builtin: true,
            loaded: Vec::new(),
            imported: Vec::new(),
            allow: Vec::new(),
            changes: Vec::new(),
            only: Vec::new(),
            exclude: Vec::new(),
        }
    }

    /// What the engine searches with.
    pub fn set(&self) -> &RuleSet {
        &self.set
    }

    /// Identifies these rules: other rules have another digest.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// What the rule has to say.
    ///
    /// # Panics
    ///
    /// If `rule` is of another rule set and out of range here.
    pub fn info(&self, rule: RuleId) -> &Arc<RuleInfo> {
        match self.origins[rule.index()] {
            Origin::Loaded(number) => &self.loaded[number].0,
            Origin::BuiltIn(number) => {
                let advice = self.advice.get_or_init(|| Blocks::of(ADVICE));
                advice.get(number)
            }
        }
    }

    /// The rule's own tests.
    ///
    /// # Panics
    ///
    /// If `rule` is of another rule set and out of range here.
    pub fn examples(&self, rule: RuleId) -> &Examples {
        match self.origins[rule.index()] {
            Origin::Loaded(number) => &self.loaded[number].1,
            Origin::BuiltIn(number) => {
                let examples = self.examples.get_or_init(|| Blocks::of(EXAMPLES));
                examples.get(number)
            }
        }
    }

    /// The files of other scanners that rules were taken from.
    pub fn imported(&self) -> &[Imported] {
        &self.imported
    }

    /// Whether the rule was taken from the file of another scanner.
    pub fn is_imported(&self, rule: RuleId) -> bool {
        let id = &self.set.spec(rule).id;
        let holds = |file: &Imported| file.notes().iter().any(|note| note.id == *id);
        self.is_loaded(rule) && self.imported.iter().any(holds)
    }

    /// Whether the rule is one of the user's.
    pub fn is_loaded(&self, rule: RuleId) -> bool {
        matches!(self.origins[rule.index()], Origin::Loaded(_))
    }
}

/// For which rules a file's lists of what passes count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// For its own.
    OwnRules,
    /// For all, the built-in ones too.
    AllRules,
}

/// What a file of another scanner says about a rule that it does not define.
struct Change {
    /// The number of the file.
    file: usize,
    id: String,
    /// What passes; `None` if the rule is taken away.
    lists: Option<Vec<Allow>>,
}

/// Chooses rules; see [`Rules::builder`].
pub struct RulesBuilder {
    builtin: bool,
    loaded: Vec<Loaded>,
    imported: Vec<Imported>,
    /// What is no finding of any rule.
    allow: Vec<Allow>,
    /// What files of other scanners change about rules that they do not define.
    changes: Vec<Change>,
    only: Vec<String>,
    exclude: Vec<String>,
}

impl RulesBuilder {
    /// Whether the built-in rules are used; they are by default.
    #[must_use]
    pub fn builtin(mut self, yes: bool) -> Self {
        self.builtin = yes;
        self
    }

    /// Adds the rules in `text`, which is a file of ours or one that [`import`] knows;
    /// `name` is what errors call it. A rule with the id of a built-in one takes its place.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with the file.
    pub fn file(self, name: &str, text: &str) -> Result<Self, Diagnostics> {
        self.file_with(name, text, &|_| Err("cannot be read from here".to_owned()))
    }

    /// As [`file`](Self::file), with what reads a file that this one extends: a file of
    /// another scanner can name one.
    ///
    /// # Errors
    ///
    /// As [`file`](Self::file), and if that other file cannot be read.
    pub fn file_with(
        mut self,
        name: &str,
        text: &str,
        read: Reader<'_>,
    ) -> Result<Self, Diagnostics> {
        match import(name, text, read) {
            None => {
                let rules = format::parse(name, text).map_err(Diagnostics)?;
                self.loaded.extend(rules);
                Ok(self)
            }
            Some(imported) => {
                let imported = imported.map_err(Diagnostics::from)?;
                let scope = if imported.extends_default() {
                    Scope::AllRules
                } else {
                    Scope::OwnRules
                };
                Ok(self.add(imported, scope))
            }
        }
    }

    /// Adds the rules of another scanner's file. `scope` says for which rules its lists of
    /// what passes count.
    #[must_use]
    pub fn add(mut self, imported: Imported, scope: Scope) -> Self {
        let loaded = &self.loaded;
        let imported =
            imported.avoiding(|id| loaded.iter().any(|rule| rule.lowered.spec().id == id));
        self.loaded.extend(imported.rules.iter().cloned());
        if scope == Scope::AllRules && !imported.everywhere.is_empty() {
            self.allow.extend_from_slice(&imported.everywhere);
        }
        let file = self.imported.len();
        for (id, lists) in &imported.elsewhere {
            self.changes.push(Change {
                file,
                id: id.clone(),
                lists: Some(lists.clone()),
            });
        }
        for id in &imported.disabled {
            self.changes.push(Change {
                file,
                id: id.clone(),
                lists: None,
            });
        }
        self.imported.push(imported);
        self
    }

    /// Keeps only these rules, if any are named.
    #[must_use]
    pub fn only(mut self, ids: impl IntoIterator<Item = String>) -> Self {
        self.only.extend(ids);
        self
    }

    /// Leaves these rules out.
    #[must_use]
    pub fn exclude(mut self, ids: impl IntoIterator<Item = String>) -> Self {
        self.exclude.extend(ids);
        self
    }

    /// Compiles the chosen rules. `watch` are literals to report wherever they stand.
    ///
    /// # Errors
    ///
    /// If a rule is chosen that does not exist, two loaded rules have one id, or a
    /// part names a rule that was not there to begin with.
    pub fn build(mut self, watch: &[&str]) -> Result<Rules, Diagnostics> {
        let one = |message: String| Diagnostics::from(Diagnostic::new("rules", None, message));
        if self.is_plain() {
            let set =
                RuleSet::from_packed(MATCHING, watch).map_err(|error| one(error.to_string()))?;
            return Ok(Rules {
                origins: set.ids().map(|id| Origin::BuiltIn(id.index())).collect(),
                set,
                digest: DIGEST.to_owned(),
                loaded: Vec::new(),
                imported: self.imported,
                advice: OnceLock::new(),
                examples: OnceLock::new(),
            });
        }
        let mut lowered: Vec<(LoweredRule, Origin)> = Vec::new();
        if self.builtin {
            let builtin = RuleSet::unpack(MATCHING).map_err(|error| one(error.to_string()))?;
            let replaced = |rule: &LoweredRule| {
                self.loaded
                    .iter()
                    .any(|own| own.lowered.spec().id == rule.spec().id)
            };
            lowered.extend(
                builtin
                    .into_iter()
                    .enumerate()
                    .filter(|(_, rule)| !replaced(rule))
                    .map(|(number, rule)| (rule, Origin::BuiltIn(number))),
            );
        }
        let changes = self
            .change(&mut lowered)
            .map_err(|error| one(error.to_string()))?;
        let mut infos = Vec::new();
        for rule in self.loaded {
            lowered.push((rule.lowered, Origin::Loaded(infos.len())));
            infos.push((Arc::new(rule.info), rule.examples));
        }
        for id in self.only.iter().chain(&self.exclude) {
            if !lowered.iter().any(|(rule, _)| rule.spec().id == *id) {
                let near = nearest(id, lowered.iter().map(|(rule, _)| rule.spec().id.as_str()));
                let hint = near.map_or(String::new(), |n| format!("; did you mean `{n}`?"));
                return Err(one(format!("there is no rule `{id}`{hint}")));
            }
        }
        let changed = changes > 0;
        let digest = digest(&lowered, changed, &self.only, &self.exclude);
        let all: Vec<String> = lowered
            .iter()
            .map(|(rule, _)| rule.spec().id.clone())
            .collect();
        lowered.retain(|(rule, _)| {
            let id = &rule.spec().id;
            (self.only.is_empty() || self.only.contains(id)) && !self.exclude.contains(id)
        });
        let kept: Vec<String> = lowered
            .iter()
            .map(|(rule, _)| rule.spec().id.clone())
            .collect();
        let (rules, origins): (Vec<LoweredRule>, Vec<Origin>) = lowered.into_iter().unzip();
        // A part that was left out on purpose is not there; one that never was is a mistake.
        let rules = rules
            .into_iter()
            .map(|rule| rule.without_parts(|part| all.contains(part) && !kept.contains(part)))
            .collect();
        let set = RuleSet::from_lowered(rules, watch).map_err(|error| one(error.to_string()))?;
        Ok(Rules {
            set,
            digest,
            origins,
            loaded: infos,
            imported: self.imported,
            advice: OnceLock::new(),
            examples: OnceLock::new(),
        })
    }
}

impl RulesBuilder {
    /// Whether the rules are those that are built in, as they are.
    fn is_plain(&self) -> bool {
        self.builtin
            && self.loaded.is_empty()
            && self.allow.is_empty()
            && self.changes.is_empty()
            && self.only.is_empty()
            && self.exclude.is_empty()
    }

    /// Does to the built-in rules what files of other scanners say about the rules that
    /// those bring along. Gives how many changes there were.
    fn change(
        &mut self,
        rules: &mut Vec<(LoweredRule, Origin)>,
    ) -> Result<usize, sluicegate_core::RuleError> {
        let mut done = 0;
        for (rule, _) in rules.iter_mut() {
            if !self.allow.is_empty() {
                *rule = rule.clone().with_allow(&self.allow)?;
                done += 1;
            }
        }
        for change in std::mem::take(&mut self.changes) {
            let id = &change.id;
            let stands = |rule: &LoweredRule| known::stands_for(id, rule.spec());
            let ours: Vec<String> = rules
                .iter()
                .filter(|(rule, _)| stands(rule))
                .map(|(rule, _)| rule.spec().id.clone())
                .collect();
            let remarks = &mut self.imported[change.file].remarks;
            let named = format!("`{}`", ours.join("`, `"));
            match &change.lists {
                _ if ours.is_empty() => remarks.push(format!(
                    "what it says about `{id}` is not done: no rule here is known to stand for it"
                )),
                Some(lists) => {
                    for (rule, _) in rules.iter_mut().filter(|(rule, _)| stands(rule)) {
                        *rule = rule.clone().with_allow(lists)?;
                    }
                    remarks.push(format!("what passes of `{id}` passes of {named}"));
                }
                None => {
                    rules.retain(|(rule, _)| !stands(rule));
                    for (rule, _) in rules.iter_mut() {
                        *rule = rule.clone().without_parts(|part| ours.contains(part));
                    }
                    remarks.push(format!("it disables `{id}`, and so {named} is off"));
                }
            }
            done += ours.len();
        }
        Ok(done)
    }
}

/// The built-in rules have a digest of their own, made when they were lowered; what
/// the user adds or takes away is mixed in.
fn digest(
    lowered: &[(LoweredRule, Origin)],
    changed: bool,
    only: &[String],
    exclude: &[String],
) -> String {
    let mut own = Vec::new();
    for (rule, origin) in lowered {
        if changed || matches!(origin, Origin::Loaded(_)) {
            own.extend(postcard::to_stdvec(rule).unwrap_or_default());
        }
    }
    let builtin = lowered
        .iter()
        .any(|(_, origin)| matches!(origin, Origin::BuiltIn(_)));
    if own.is_empty() && only.is_empty() && exclude.is_empty() && builtin {
        return DIGEST.to_owned();
    }
    own.extend(format!("{builtin} {DIGEST} {only:?} {exclude:?}").into_bytes());
    crate::digest::hex(&own)
}
