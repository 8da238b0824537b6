//! From leads to occurrences: the first of each value at each path.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use rayon::prelude::*;
use sluicegate_core::text;
use sluicegate_core::{
    CommitInfo, Exposure, HistoryCoverage, Provenance, RuleId, Secret, SkipReason, Skipped, Span,
};
use sluicegate_git::{Kind, ObjectId};

use super::HistoryScan;
use super::attribute::{Commits, PathId, Paths, Placement};
use super::cache::{Row, StateRecord, WantedHits};
use super::folders::Folders;
use super::probe::{Leads, Matches};
use super::read::{Suspect, text_of};
use super::select::Selected;
use crate::blob::{By, Found, Hit, MAX_MATCHES, Place, Worker};
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
            spots.clone(),
            &mut matches,
        );
        if matches.plain.is_empty() && matches.decoded.is_empty() {
            return;
        }
        let values: HashMap<(RuleId, Span), &Secret> = spots
            .flat_map(|(at, lead)| lead.values(at))
            .map(|(rule, span, value)| ((rule, span), value))
            .collect();
        let plain = matches.plain.iter().filter_map(|found| {
            let value = values.get(&(found.rule, found.secret))?;
            Some((found, *value))
        });
        let decoded = matches.decoded.iter();
        let mut counted = HashSet::new();
        for (found, value) in plain.chain(decoded.map(|(found, value, _)| (found, value))) {
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

    /// Reads the first blob of each group again and reports what is there; gives the places.
    pub(super) fn report(self, gathered: &mut Gathered) -> Vec<Row> {
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
        let mut wanted: BTreeMap<(ObjectId, PathId), Vec<Wanted>> = BTreeMap::new();
        for ((path, rule, value), group) in groups {
            let Some(secret) = secrets[value as usize].clone() else {
                continue;
            };
            let origin = Origin {
                commit: group.commit.map(|number| commits.get(number).id),
                exposure: group.exposure,
                blobs: group.blobs,
                commits: group.commits.len(),
            };
            let which = Which::Value(rule, secret);
            wanted
                .entry((group.object, path))
                .or_default()
                .push(Wanted { which, origin });
        }
        let jobs = wanted.into_iter().map(|((object, path), wanted)| Job {
            object,
            path: shown.get(&path).cloned().flatten().unwrap_or_default(),
            wanted,
        });
        scan.read_places(jobs.collect(), gathered)
    }
}

/// How a value came to a path, in numbers.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Origin {
    pub(crate) commit: Option<ObjectId>,
    pub(crate) exposure: Exposure,
    pub(crate) blobs: usize,
    pub(crate) commits: usize,
}

/// An object that is read again.
struct Job {
    object: ObjectId,
    path: Arc<str>,
    wanted: Vec<Wanted>,
}

/// What is wanted of it.
struct Wanted {
    which: Which,
    origin: Origin,
}

enum Which {
    /// All hits of a value.
    Value(RuleId, Secret),
    /// Hits by their numbers, and the number of their rule.
    Hits(usize, Vec<usize>),
}

impl Which {
    fn is(&self, at: usize, hit: &Hit) -> bool {
        match self {
            Self::Value(rule, secret) => hit.rule == By::Rule(*rule) && hit.secret == *secret,
            Self::Hits(rule, hits) => hit.rule.number() == Some(*rule) && hits.contains(&at),
        }
    }
}

impl HistoryScan<'_> {
    /// Reports what an earlier scan found; `None` if it is not there.
    pub(super) fn replay(&self, record: &StateRecord) -> Option<Gathered> {
        let mut gathered = Gathered {
            files: record.files,
            bytes: record.bytes,
            below_confidence: record.below_confidence,
            skipped: record.skipped.clone(),
            history: Some(HistoryCoverage {
                cached: record.files,
                searched: 0,
                ..record.history
            }),
            ..Gathered::default()
        };
        let job = |row: &Row| Job {
            object: row.object,
            path: Arc::from(row.path.as_str()),
            wanted: row
                .wanted
                .iter()
                .map(|wanted| Wanted {
                    which: Which::Hits(wanted.rule, wanted.hits.clone()),
                    origin: wanted.origin.clone(),
                })
                .collect(),
        };
        let rows = self.read_places(record.rows.iter().map(job).collect(), &mut gathered);
        (rows == record.rows || self.monitor.is_cancelled()).then_some(gathered)
    }

    /// Reads objects again for what stands there; gives the places.
    fn read_places(&self, jobs: Vec<Job>, gathered: &mut Gathered) -> Vec<Row> {
        let wanted = jobs.iter().flat_map(|job| &job.wanted);
        let infos = self.commit_infos(wanted.filter_map(|wanted| wanted.origin.commit));
        let read: Vec<Result<(Row, Found), Skipped>> = jobs
            .into_par_iter()
            .map_init(
                || self.scanner.worker(),
                |worker, job| self.read_again(worker, job, &infos),
            )
            .collect();
        let mut rows = Vec::new();
        for outcome in read {
            match outcome {
                Ok((row, found)) => {
                    rows.push(row);
                    gathered.add(found);
                }
                Err(skipped) => self.skip(skipped, gathered),
            }
        }
        rows
    }

    fn read_again(
        &self,
        worker: &mut Worker<'_>,
        job: Job,
        infos: &HashMap<ObjectId, Arc<CommitInfo>>,
    ) -> Result<(Row, Found), Skipped> {
        let id = job.object;
        let fail = |reason, detail| Skipped {
            parts: 1,
            path: Arc::from(format!("object {id}")),
            reason,
            detail,
        };
        let again = "it could be read only once".to_owned();
        let (kind, bytes) = match self.store.read(&id) {
            Ok(Some(read)) => read,
            Ok(None) => return Err(fail(SkipReason::Vanished, again)),
            Err(why) => return Err(fail(SkipReason::Unreadable, why)),
        };
        let text = text_of(kind, &bytes);
        let mut found = Found::default();
        let place = Place::whole(text.len());
        worker.scan(&job.path, text, text::encoding(text), &place, &mut found);
        if found.truncated {
            let detail = format!("more than {MAX_MATCHES}");
            return Err(fail(SkipReason::TooManyMatches, detail));
        }
        // What is in a notebook is found by its bytes and shown by its cells.
        let whole = found.hits.len();
        for (path, text) in self.scanner.cells(&job.path, text).into_iter().flatten() {
            let (text, place) = (text.as_bytes(), Place::whole(text.len()));
            worker.scan(&path, text, text::encoding(text), &place, &mut found);
        }
        let mut row = Row {
            object: id,
            path: job.path.to_string(),
            wanted: Vec::new(),
        };
        let mut hits: Vec<Hit> = Vec::new();
        for wanted in job.wanted {
            let here = found.hits.iter().enumerate();
            let mut here: Vec<(usize, &Hit)> =
                here.filter(|(at, hit)| wanted.which.is(*at, hit)).collect();
            if here.iter().any(|(at, _)| *at >= whole) {
                here.retain(|(at, _)| *at >= whole);
            }
            let (numbers, own): (Vec<usize>, Vec<&Hit>) = here.into_iter().unzip();
            let Some(first) = own.first() else {
                let why = "a value that was there is not: please report this".to_owned();
                return Err(fail(SkipReason::Internal, why));
            };
            row.wanted.push(WantedHits {
                rule: first.rule.number().unwrap_or(usize::MAX),
                hits: numbers,
                origin: wanted.origin.clone(),
            });
            let provenance = Provenance {
                object: Arc::from(id.to_string()),
                commit: (wanted.origin.commit).and_then(|commit| infos.get(&commit).cloned()),
                exposure: wanted.origin.exposure,
                blobs: wanted.origin.blobs,
                commits: wanted.origin.commits,
            };
            hits.extend(
                own.into_iter()
                    .map(|hit| hit.with_provenance(provenance.clone())),
            );
        }
        self.monitor.add_matches(hits.len() as u64);
        let found = Found {
            hits,
            ..Found::default()
        };
        Ok((row, found))
    }

    fn commit_infos(
        &self,
        ids: impl Iterator<Item = ObjectId>,
    ) -> HashMap<ObjectId, Arc<CommitInfo>> {
        let ids: HashSet<ObjectId> = ids.collect();
        let ids: Vec<ObjectId> = ids.into_iter().collect();
        ids.into_par_iter()
            .map(|id| (id, Arc::new(self.commit_info(&id))))
            .collect()
    }

    fn commit_info(&self, id: &ObjectId) -> CommitInfo {
        let read = self.store.read(id).ok().flatten();
        let bytes = read.map(|(_, bytes)| bytes).unwrap_or_default();
        commit::info(id.to_string(), &bytes)
    }
}
