//! Makes out what is judged in a repository, and by what.

use std::path::Path;

use sluicegate_gate::tamper::{Files, tampering};
use sluicegate_gate::{Scope, Stage, Subject, who_made};
use sluicegate_git::ObjectId;
use sluicegate_git::change::file_at;
use sluicegate_scan::Change;

use super::case::{Case, What, own_judges};
use super::error::GateError;
use super::markers::Touched;
use super::repo::{Repo, Tip};
use super::rulings::{IN_BASE, Rulings};

/// Names under which the branch may be known that a change goes to.
const USUAL_BASES: &[&str] = &[
    "origin/HEAD",
    "origin/main",
    "origin/master",
    "main",
    "master",
];

/// A case that is being made out.
pub(super) struct Opening<'o> {
    pub(super) repo: &'o Repo,
    pub(super) path: &'o Path,
    pub(super) stage: Stage,
    pub(super) policy: Option<(&'o str, &'o str)>,
}

impl Opening<'_> {
    pub(super) fn open(&self, what: &What, base: Option<&str>) -> Result<Case, GateError> {
        let head = self.repo.tip("HEAD").ok();
        match (what, self.stage) {
            (What::Staged, _) | (What::Usual, Stage::Commit) => self.staged(head, base),
            (What::Range(range), _) => self.range(range, base),
            (What::Usual, Stage::Merge) => match (base, &head) {
                (Some(base), Some(_)) => self.range(&format!("{base}...HEAD"), Some(base)),
                (None, Some(head)) => match self.usual_base(head) {
                    Some(base) => {
                        let mut case = self.range(&format!("{base}...HEAD"), Some(base))?;
                        case.notes
                            .insert(0, format!("compared with {base}; --base names another"));
                        Ok(case)
                    }
                    None => {
                        let mut case = self.whole(Some(head.clone()), None)?;
                        if !self.is_usual_base(head) {
                            case.own_judges = own_judges(&self.repo.gate_files(head.tree)?);
                        }
                        let note = "there is no other branch to compare with, so all that is \
                             there is judged; --base names one";
                        case.notes.push(note.to_owned());
                        Ok(case)
                    }
                },
                (_, None) => self.whole(None, base),
            },
            (What::Usual | What::Whole, _) => self.whole(head, base),
        }
    }

    /// The branch that a change usually goes to, if it is not the one that is checked out.
    fn usual_base(&self, head: &Tip) -> Option<&'static str> {
        let is_other = |name: &&&str| self.repo.tip(name).is_ok_and(|tip| tip.id != head.id);
        USUAL_BASES.iter().find(is_other).copied()
    }

    /// Whether it is that branch which is checked out: it is judged by itself, then.
    fn is_usual_base(&self, head: &Tip) -> bool {
        let is_it = |name: &&str| self.repo.tip(name).is_ok_and(|tip| tip.id == head.id);
        USUAL_BASES.iter().any(is_it)
    }

    fn files(&self, tip: Option<&Tip>) -> Result<Files, GateError> {
        tip.map_or(Ok(Files::new()), |tip| self.repo.gate_files(tip.tree))
    }

    fn case(&self, judged_by: &Files, before: &Files, after: &Files) -> Result<Case, GateError> {
        let mut rulings = Rulings::of(judged_by, self.policy, IN_BASE)?;
        let own: Files = after
            .iter()
            .filter(|(path, bytes)| judged_by.get(*path) != Some(*bytes))
            .map(|(path, bytes)| (path.clone(), bytes.clone()))
            .filter(|(path, _)| path.starts_with(sluicegate_gate::tamper::WAIVERS))
            .collect();
        let brought = Rulings::of(&own, None, "in the change")?;
        rulings.malformed.extend(brought.malformed);
        Ok(Case {
            stage: self.stage,
            rulings,
            change: None,
            subject: Subject {
                repo: self.repo.uri(),
                ..Subject::default()
            },
            notes: Vec::new(),
            path: self.path.to_owned(),
            scope: Scope::Change,
            people: who_made(&[]),
            tampering: tampering(before, after),
            touched: Vec::new(),
            own_judges: Vec::new(),
            own_waivers: brought.waivers,
            common_dir: Some(self.repo.common_dir().to_owned()),
            content: None,
        })
    }

    fn staged(&self, head: Option<Tip>, base: Option<&str>) -> Result<Case, GateError> {
        let before = self.files(head.as_ref())?;
        let judged_by = match base {
            Some(base) => self.repo.gate_files(self.repo.tip(base)?.tree)?,
            None => before.clone(),
        };
        let change = self.repo.staged()?;
        let after = self.repo.after_staged(&before, &change)?;
        let mut case = self.case(&judged_by, &before, &after)?;
        for version in &change.brought {
            let path = String::from_utf8_lossy(&version.path).into_owned();
            let old = head.as_ref().map(|tip| tip.tree);
            self.touch(&mut case, path, old, version.id)?;
        }
        case.subject.base = head.map(|tip| tip.id.to_string()).unwrap_or_default();
        case.change = Some(Change::Staged);
        Ok(case)
    }

    fn range(&self, range: &str, base: Option<&str>) -> Result<Case, GateError> {
        let change = self.repo.range(range)?;
        let (from, to) = range.split_once("..").unwrap_or((range, ""));
        let to = to.trim_start_matches('.');
        let named = |name: &str| {
            if name.is_empty() {
                "HEAD".to_owned()
            } else {
                name.to_owned()
            }
        };
        let head = self.repo.tip(&named(to))?;
        // What judges is the branch as it is today, not as it was when the change began.
        let is_nothing = from.bytes().all(|b| b == b'0') && from.len() >= 40;
        let judge = match base {
            Some(base) => Some(self.repo.tip(base)?),
            None if is_nothing => None,
            None => Some(self.repo.tip(&named(from))?),
        };
        let judged_by = self.files(judge.as_ref())?;
        let start = change.bases.first().copied();
        let before = match start {
            Some(tree) => self.repo.gate_files(tree)?,
            None => Files::new(),
        };
        let after = self.repo.gate_files(head.tree)?;
        let mut case = self.case(&judged_by, &before, &after)?;
        let mut seen = std::collections::BTreeSet::new();
        for version in &change.brought {
            let path = String::from_utf8_lossy(&version.path).into_owned();
            let now = self.repo_file(head.tree, &version.path);
            if let (Some(now), true) = (now, seen.insert(path.clone())) {
                self.touch(&mut case, path, start, now)?;
            }
        }
        case.people = who_made(&self.repo.facts(&change.commits)?);
        case.subject.commit = head.id.to_string();
        case.subject.tree = head.tree.to_string();
        case.subject.base = judge.map(|tip| tip.id.to_string()).unwrap_or_default();
        case.change = Some(Change::Range(range.to_owned()));
        Ok(case)
    }

    fn whole(&self, head: Option<Tip>, base: Option<&str>) -> Result<Case, GateError> {
        let judge = match base {
            Some(base) => Some(self.repo.tip(base)?),
            None => head.clone(),
        };
        let judged_by = self.files(judge.as_ref())?;
        let after = self.files(head.as_ref())?;
        let mut case = self.case(&judged_by, &judged_by, &after)?;
        case.scope = Scope::Whole;
        if let Some(head) = head {
            case.subject.commit = head.id.to_string();
            case.subject.tree = head.tree.to_string();
        }
        case.subject.base = judge.map(|tip| tip.id.to_string()).unwrap_or_default();
        Ok(case)
    }

    fn repo_file(&self, tree: ObjectId, path: &[u8]) -> Option<ObjectId> {
        file_at(self.repo.objects(), tree, path).filter(|id| self.repo.is_blob(id))
    }

    /// Remembers a file that the change touches, for the markers in it.
    fn touch(
        &self,
        case: &mut Case,
        path: String,
        before: Option<ObjectId>,
        after: ObjectId,
    ) -> Result<(), GateError> {
        // What is too large to be read here holds no marker that a scan would honour unseen:
        // the scan itself says what it left out.
        if !self.repo.is_blob(&after) {
            return Ok(());
        }
        let after = self.repo.read(&after)?;
        let before = before.and_then(|tree| self.repo_file(tree, path.as_bytes()));
        let before = before.map(|id| self.repo.read(&id)).transpose()?;
        case.touched.push(Touched {
            path,
            before,
            after,
        });
        Ok(())
    }
}
