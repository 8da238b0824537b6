//! From leads to occurrences: the first of each value at each path.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use rayon::prelude::*;
use sluicegate_core::text;
use sluicegate_core::{
    CommitInfo, Exposure, Provenance, RuleId, Secret, SkipReason, Skipped, Span,
};
use sluicegate_git::{Kind, ObjectId};

use super::HistoryScan;
use super::attribute::{Commits, PathId, Paths, Placement};
use super::folders::Folders;
use super::probe::{Leads, Matches};
use super::read::{Suspect, text_of};
use super::select::Selected;
use crate::blob::{Found, Hit, MAX_MATCHES, Place, Worker};
use crate::collect::Gathered;
use crate::commit::{self, COMMIT_MESSAGE, TAG_MESSAGE};

/// The path that reports show for a blob that stands at none.
const LOOSE_BLOB: &str = "(blob in no commit)";

/// The numbers of those paths; real ones are counted from zero.
const COMMIT_MESSAGE_PATH: PathId = PathId::MAX - 1;
const TAG_MESSAGE_PATH: PathId = PathId::MAX - 2;
const LOOSE_BLOB_PATH: PathId = PathId::MAX - 3;

/// See [`Placement::rank`].
type Rank = (Exposure, u32);

/// A value of a rule at a path.
type GroupKey = (PathId, RuleId, u32);

/// All that is known of a value at a path.
struct Group {
    /// The least comes first; the id decides between objects that came together.
    rank: Rank,
    object: ObjectId,
    commit: Option<u32>,
    exposure: Exposure,
    blobs: usize,
    commits: HashSet<u32>,
}

/// Values at paths, put together from all blobs.
pub(super) struct Groups<'s> {
    scan: &'s HistoryScan<'s>,
    commits: &'s Commits,
    folders: &'s Folders,
    paths: &'s Paths,
    selected: &'s Selected,
    shown: HashMap<PathId, Option<Arc<str>>>,
    values: HashMap<Secret, u32>,
    groups: HashMap<GroupKey, Group>,
    /// Those of too little confidence, with the commit that came first.
    below: HashMap<GroupKey, (Rank, Option<u32>)>,
    scratch: sluicegate_core::Scratch,
}

impl<'s> Groups<'s> {
    pub(super) fn new(
        scan: &'s HistoryScan<'s>,
        commits: &'s Commits,
        folders: &'s Folders,
        paths: &'s Paths,
        selected: &'s Selected,
    ) -> Self {
        Self {
            scan,
            commits,
            folders,
            paths,
            selected,
            shown: HashMap::new(),
            values: HashMap::new(),
            groups: HashMap::new(),
            below: HashMap::new(),
            scratch: scan.scanner.rules().set().scratch(),
        }
    }

    /// Settles the leads of an object at each of its places.
    pub(super) fn add(&mut self, leads: &Leads, suspect: &Suspect, placements: &[Placement]) {
        let named = self.commits.exposure_of_named(&suspect.id);
        let alone = |path| Placement {
            path,
            commit: 0,
            rank: (named, 0),
            exposure: named,
        };
        match suspect.kind {
            Kind::Commit => {
                let number = self.commits.find(&suspect.id);
                let rank = |n| self.commits.rank(n);
                if let Some(commit) = number.filter(|&n| self.selected.has_commit(n, rank(n).0)) {
                    let rank = rank(commit);
                    let path = COMMIT_MESSAGE_PATH;
                    let at = Placement {
                        path,
                        commit,
                        rank,
                        exposure: rank.0,
                    };
                    self.settle(leads, suspect, &at, Some(commit));
                }
            }
            Kind::Tag | Kind::Blob | Kind::Tree if placements.is_empty() => {
                let path = if suspect.kind == Kind::Tag {
                    TAG_MESSAGE_PATH
                } else {
                    LOOSE_BLOB_PATH
                };
                let at = alone(path);
                if self.selected.has_loose(&suspect.id, &at) {
                    self.settle(leads, suspect, &at, None);
                }
            }
            _ => {
                for at in placements {
                    self.settle(leads, suspect, at, Some(at.commit));
                }
            }
        }
    }

    fn settle(&mut self, leads: &Leads, suspect: &Suspect, at: &Placement, commit: Option<u32>) {
        let Some(path) = self.show(at.path) else {
            return;
        };
        let of_spot = |spot: &super::probe::Spot| {
            let known = leads.get(spot.lead?);
            Some((spot.anchor.at, known))
        };
        let mut matches = Matches::default();
        let spots = suspect.spots.iter().filter_map(of_spot);
        self.scan.scanner.rules().set().settle(
            &mut self.scratch,
            Some(&path),
            spots.clone().map(|(at, known)| (at, &known.lead)),
            &mut matches,
        );
        if matches.0.is_empty() {
            return;
        }
        let values: HashMap<(RuleId, Span), &Secret> = spots
            .flat_map(|(at, known)| {
                let spans = known.lead.secrets(at).map(|span| (known.lead.rule(), span));
                spans.zip(&known.values)
            })
            .collect();
        let mut counted = HashSet::new();
        for found in &matches.0 {
            let Some(value) = values.get(&(found.rule, found.secret)) else {
                continue;
            };
            let value = self.value(value);
            let group = (at.path, found.rule, value);
            if found.confidence < self.scan.scanner.options().min_confidence {
                let least = self.below.entry(group).or_insert((at.rank, commit));
                *least = (*least).min((at.rank, commit));
            } else if counted.insert(group) {
                self.count(group, suspect, at, commit);
            }
        }
    }

    fn value(&mut self, value: &Secret) -> u32 {
        if let Some(&number) = self.values.get(value) {
            return number;
        }
        let number = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
        self.values.insert(value.clone(), number);
        number
    }

    fn count(&mut self, key: GroupKey, suspect: &Suspect, at: &Placement, commit: Option<u32>) {
        let object = suspect.id;
        let group = self.groups.entry(key).or_insert_with(|| Group {
            rank: at.rank,
            object,
            commit,
            exposure: at.exposure,
            blobs: 0,
            commits: HashSet::new(),
        });
        group.blobs += 1;
        group.commits.extend(commit);
        group.exposure = group.exposure.min(at.exposure);
        if (at.rank, object) < (group.rank, group.object) {
            (group.rank, group.object, group.commit) = (at.rank, object, commit);
        }
    }

    /// The path as it is shown, unless it is left out.
    fn show(&mut self, path: PathId) -> Option<Arc<str>> {
        let (paths, folders, exclude) = (self.paths, self.folders, self.scan.exclude);
        let prefix = &self.scan.prefix;
        let shown = self.shown.entry(path).or_insert_with(|| match path {
            COMMIT_MESSAGE_PATH => Some(Arc::from(format!("{prefix}{COMMIT_MESSAGE}"))),
            TAG_MESSAGE_PATH => Some(Arc::from(format!("{prefix}{TAG_MESSAGE}"))),
            LOOSE_BLOB_PATH => Some(Arc::from(format!("{prefix}{LOOSE_BLOB}"))),
            path => {
                let shown = format!("{prefix}{}", paths.shown(path, folders));
                let is_excluded = exclude.has_file(&Path::new("/").join(&shown));
                (!is_excluded).then(|| Arc::from(shown))
            }
        });
        shown.clone()
    }

    /// Reads the first blob of each group again and reports what is there.
    pub(super) fn report(self, gathered: &mut Gathered) {
        let Self {
            scan,
            commits,
            shown,
            values,
            mut groups,
            mut below,
            selected,
            ..
        } = self;
        below.retain(|group, (_, commit)| {
            !groups.contains_key(group) && selected.is_recent(*commit, commits)
        });
        groups.retain(|_, group| selected.is_recent(group.commit, commits));
        gathered.below_confidence += below.len();
        let mut secrets: Vec<Option<Secret>> = vec![None; values.len()];
        for (secret, number) in values {
            secrets[number as usize] = Some(secret);
        }
        let commit_info = commit_infos(scan, commits, groups.values().filter_map(|g| g.commit));
        let mut wanted: BTreeMap<(ObjectId, PathId), Vec<Wanted>> = BTreeMap::new();
        for ((path, rule, value), group) in groups {
            let Some(secret) = secrets[value as usize].clone() else {
                continue;
            };
            let provenance = Provenance {
                object: Arc::from(group.object.to_string()),
                commit: group
                    .commit
                    .and_then(|commit| commit_info.get(&commit).cloned()),
                exposure: group.exposure,
                blobs: group.blobs,
                commits: group.commits.len(),
            };
            let group = Wanted {
                rule,
                secret,
                provenance,
            };
            wanted
                .entry((group_object(&group), path))
                .or_default()
                .push(group);
        }
        let jobs: Vec<_> = wanted.into_iter().collect();
        let read: Vec<Result<Found, Skipped>> = jobs
            .into_par_iter()
            .map_init(
                || scan.scanner.worker(),
                |worker, ((id, path), wanted)| {
                    let path = shown.get(&path).cloned().flatten();
                    scan.read_again(worker, &id, path.as_deref().unwrap_or_default(), wanted)
                },
            )
            .collect();
        for outcome in read {
            match outcome {
                Ok(found) => gathered.add(found),
                Err(skipped) => scan.skip(skipped, gathered),
            }
        }
    }
}

/// A value that is to be found in a blob.
struct Wanted {
    rule: RuleId,
    secret: Secret,
    provenance: Provenance,
}

fn group_object(group: &Wanted) -> ObjectId {
    ObjectId::from_hex(group.provenance.object.as_bytes())
        .expect("an id that was written as hexadecimal digits can be read")
}

impl HistoryScan<'_> {
    fn read_again(
        &self,
        worker: &mut Worker<'_>,
        id: &ObjectId,
        path: &str,
        wanted: Vec<Wanted>,
    ) -> Result<Found, Skipped> {
        let fail = |reason, detail| Skipped {
            path: Arc::from(format!("object {id}")),
            reason,
            detail,
        };
        let again = "it could be read only once".to_owned();
        let (kind, bytes) = match self.store.read(id) {
            Ok(Some(read)) => read,
            Ok(None) => return Err(fail(SkipReason::Vanished, again)),
            Err(why) => return Err(fail(SkipReason::Unreadable, why)),
        };
        let text = text_of(kind, &bytes);
        let mut found = Found::default();
        let place = Place::whole(text.len());
        worker.scan(path, text, text::encoding(text), &place, &mut found);
        if found.truncated {
            let detail = format!("more than {MAX_MATCHES}");
            return Err(fail(SkipReason::TooManyMatches, detail));
        }
        let mut hits: Vec<Hit> = Vec::new();
        for wanted in wanted {
            let before = hits.len();
            for hit in &found.hits {
                if hit.rule == wanted.rule && hit.secret == wanted.secret {
                    hits.push(hit.with_provenance(wanted.provenance.clone()));
                }
            }
            if hits.len() == before {
                let why = "a value that was there is not: please report this".to_owned();
                return Err(fail(SkipReason::Internal, why));
            }
        }
        self.monitor.add_matches(hits.len() as u64);
        Ok(Found {
            hits,
            ..Found::default()
        })
    }
}

fn commit_infos(
    scan: &HistoryScan<'_>,
    commits: &Commits,
    numbers: impl Iterator<Item = u32>,
) -> HashMap<u32, Arc<CommitInfo>> {
    let numbers: HashSet<u32> = numbers.collect();
    let numbers: Vec<u32> = numbers.into_iter().collect();
    numbers
        .into_par_iter()
        .map(|number| {
            let id = commits.get(number).id;
            let read = scan.store.read(&id).ok().flatten();
            let bytes = read.map(|(_, bytes)| bytes).unwrap_or_default();
            let info = commit::info(id.to_string(), &bytes);
            (number, Arc::new(info))
        })
        .collect()
}
