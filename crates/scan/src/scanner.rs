//! Rules and options, ready to scan.

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Instant;

use rayon::{Scope, ThreadPool, ThreadPoolBuilder};
use sluicegate_core::text;
use sluicegate_core::{Report, SkipReason, Skipped};
use sluicegate_rules::Rules;
use sluicegate_source::Exclude;
use sluicegate_source::artifact::{HEAD, Purse, ends_as_zip, format, may_carry_zip};

use crate::artifact::Input;
use crate::blob::{Found, Place, Worker};
use crate::collect::{self, Gathered};
use crate::cost::{Ledger, RuleCost};
use crate::error::{ScanError, ScanErrorKind};
use crate::fingerprint::Fingerprinter;
use crate::large;
use crate::layers;
use crate::marker::MarkerKind;
use crate::options::{Monitor, Options, Target};
use crate::reference;
use crate::tree::{Files, Tree};

/// Scans targets with one set of rules and options.
///
/// ```
/// use std::sync::Arc;
/// use sluicegate_rules::Rules;
/// use sluicegate_scan::{Monitor, Options, Scanner, Target};
///
/// let options = Options::default();
/// let rules = Rules::builder().build(&Scanner::watch_words(&options.markers)).expect("valid");
/// let scanner = Scanner::new(Arc::new(rules), options);
/// let target = Target::Bytes { name: "a.txt".into(), bytes: b"nothing to see".to_vec() };
/// let report = scanner.scan(&[target], &Monitor::default())?;
/// assert!(report.findings.is_empty());
/// assert_eq!(report.coverage.files, 1);
/// # Ok::<(), sluicegate_scan::ScanError>(())
/// ```
pub struct Scanner {
    rules: Arc<Rules>,
    options: Options,
    fingerprints: Fingerprinter,
    threads: usize,
    pool: OnceLock<Result<ThreadPool, String>>,
    ledger: Option<Ledger>,
}

impl Scanner {
    /// A scanner with these rules, which must have been built to watch for
    /// [`watch_words`](Self::watch_words) of the same markers, or none are honoured.
    pub fn new(rules: Arc<Rules>, options: Options) -> Self {
        let threads = match options.threads {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            n => n,
        };
        let fingerprints = Fingerprinter::new(options.fingerprint_key.as_deref());
        Self {
            rules,
            options,
            fingerprints,
            threads,
            pool: OnceLock::new(),
            ledger: None,
        }
    }

    /// The same scanner, measuring what each rule costs; see
    /// [`rule_costs`](Self::rule_costs). Measuring makes scans slower.
    #[must_use]
    pub fn measuring(mut self) -> Self {
        self.ledger = Some(Ledger::default());
        self
    }

    /// What each rule has cost in all scans so far, in the order of the rules; nothing if
    /// the scanner is not [`measuring`](Self::measuring). Scans of history are not measured.
    pub fn rule_costs(&self) -> Vec<RuleCost> {
        let ids = self.rules.set().ids();
        self.ledger
            .as_ref()
            .map_or_else(Vec::new, |ledger| ledger.costs(ids))
    }

    /// The words to give to [`RulesBuilder::build`](sluicegate_rules::RulesBuilder::build)
    /// so that these markers are seen, and references in source code.
    pub fn watch_words(markers: &[MarkerKind]) -> Vec<&'static str> {
        let markers = markers.iter().map(|kind| kind.text());
        markers
            .chain(sluicegate_references::WATCH.iter().copied())
            .collect()
    }

    /// The rules.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// The options.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// How many threads a scan uses.
    pub fn threads(&self) -> usize {
        self.threads
    }

    /// Scans the targets. `monitor` is told how far it is and may stop it.
    ///
    /// # Errors
    ///
    /// If a target does not exist or an option makes no sense. What cannot be read on
    /// the way is in the report's coverage.
    pub fn scan(&self, targets: &[Target], monitor: &Monitor) -> Result<Report, ScanError> {
        let started = Instant::now();
        // Asked before anything is read, and where no folder is among the targets too.
        Exclude::new(Path::new("."), &self.options.exclude)
            .map_err(|why| ScanError::new(ScanErrorKind::BadGlob, why))?;
        let gathered = Mutex::new(Gathered::default());
        let tree = Tree {
            scanner: self,
            monitor,
            gathered: &gathered,
            large: Mutex::default(),
            containers: Mutex::default(),
            purse: Arc::new(Purse::new(self.threads)),
            waiting: AtomicUsize::new(0),
        };
        for target in targets {
            if let Target::Path(path) = target {
                exists(path)?;
            }
        }
        for target in targets {
            match target {
                Target::Path(path) => self.scan_path(path, &tree)?,
                Target::Bytes { name, bytes } => self.scan_bytes(name, bytes, &tree)?,
                Target::Stdin => self.scan_stdin(&tree)?,
            }
        }
        tree.large_files();
        tree.containers()?;
        drop(tree);
        let mut gathered = gathered
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        layers::name_layers(&mut gathered, || self.worker());
        let cancelled = monitor.is_cancelled();
        let elapsed = started.elapsed();
        Ok(collect::report(
            gathered,
            &self.rules,
            &self.fingerprints,
            cancelled,
            elapsed,
        ))
    }

    fn scan_path(&self, path: &Path, tree: &Tree<'_>) -> Result<(), ScanError> {
        let metadata = exists(path)?;
        if metadata.is_dir() {
            return tree.folder(path);
        }
        let mut files = Files::new(tree);
        if metadata.is_file() {
            files.scan(path);
        } else {
            files.skip(
                path,
                SkipReason::Special,
                "neither a file nor a folder".to_owned(),
            );
        }
        Ok(())
    }

    fn scan_bytes(&self, name: &str, bytes: &[u8], tree: &Tree<'_>) -> Result<(), ScanError> {
        if self.is_container(bytes) {
            return self.open_stream(name, &mut &*bytes, tree);
        }
        let mut found = Found::default();
        let encoding = text::encoding(bytes);
        self.worker().scan(
            name,
            bytes,
            encoding,
            &Place::current(bytes.len()),
            &mut found,
        );
        tree.monitor.add_bytes(bytes.len() as u64);
        self.took(name, bytes.len() as u64, found, tree);
        Ok(())
    }

    /// Whether these bytes start like a container, and containers are opened.
    pub(crate) fn is_container(&self, bytes: &[u8]) -> bool {
        self.options.archive_depth > 0
            && (format(&bytes[..bytes.len().min(HEAD)]).is_some()
                || may_carry_zip(bytes) && ends_as_zip(bytes))
    }

    /// The texts of a notebook with their paths, if containers are opened and it is one.
    pub(crate) fn cells(&self, path: &str, bytes: &[u8]) -> Option<Vec<(String, String)>> {
        let opens = self.options.archive_depth > 0;
        opens.then(|| sluicegate_source::artifact::cells(path, bytes))?
    }

    /// The same by the first bytes of a stream alone.
    fn may_be_container(&self, head: &[u8]) -> bool {
        self.is_container(head) || self.options.archive_depth > 0 && may_carry_zip(head)
    }

    fn open_stream(
        &self,
        name: &str,
        reader: &mut (dyn io::Read + Send),
        tree: &Tree<'_>,
    ) -> Result<(), ScanError> {
        let opened = self.open(name, Input::Stream(reader), tree.common())?;
        tree.gathered
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .merge(opened);
        Ok(())
    }

    fn scan_stdin(&self, tree: &Tree<'_>) -> Result<(), ScanError> {
        let overlap = large::overlap(self.rules.set().reach());
        let mut head = Vec::new();
        // Not locked: the lock cannot go to another thread.
        let mut stdin = io::stdin();
        let outcome = (&mut stdin).take(HEAD as u64).read_to_end(&mut head);
        let mut stdin = io::Cursor::new(&head).chain(stdin);
        if outcome.is_ok() && self.may_be_container(&head) {
            return self.open_stream("-", &mut stdin, tree);
        }
        let (bytes, found, ended) =
            large::scan_stream("-", stdin, self.worker(), overlap, tree.monitor);
        // What came before it broke off is as good as the rest.
        self.took("-", bytes, found, tree);
        if let Err(why) = outcome.and(ended) {
            let skipped = Skipped {
                parts: 1,
                path: Arc::from("-"),
                reason: SkipReason::Unreadable,
                detail: sluicegate_source::reason(&why),
            };
            let mut gathered = tree.gathered.lock().unwrap_or_else(PoisonError::into_inner);
            gathered.skipped.push(skipped);
        }
        Ok(())
    }

    fn took(&self, name: &str, bytes: u64, found: Found, tree: &Tree<'_>) {
        tree.monitor.add_file(found.hits.len() as u64);
        let mut gathered = tree.gathered.lock().unwrap_or_else(PoisonError::into_inner);
        if found.truncated {
            gathered.skipped.push(Skipped {
                parts: 1,
                path: Arc::from(name),
                reason: SkipReason::TooManyMatches,
                detail: format!("more than {}", crate::blob::MAX_MATCHES),
            });
        }
        if let Some(trouble) = &found.trouble {
            gathered.skipped.push(Skipped {
                parts: 1,
                path: Arc::from(name),
                reason: reference::skip_reason(trouble),
                detail: trouble.detail.clone(),
            });
        }
        gathered.files += 1;
        gathered.bytes += bytes;
        gathered.add(found);
    }

    pub(crate) fn fingerprints(&self) -> &Fingerprinter {
        &self.fingerprints
    }

    pub(crate) fn worker(&self) -> Worker<'_> {
        Worker::new(&self.rules, &self.options).measured(self.ledger.as_ref())
    }

    /// Runs `task` in the scanner's own pool, which is started when it is first needed:
    /// most scans meet no large file.
    pub(crate) fn install<T: Send>(&self, task: impl FnOnce() -> T + Send) -> Result<T, ScanError> {
        match self.pool() {
            Ok(pool) => Ok(pool.install(task)),
            Err(why) => Err(ScanError::new(
                ScanErrorKind::Threads,
                format!("cannot start {} threads: {why}", self.threads),
            )),
        }
    }

    /// Runs `task` on this thread, with threads to help it if there are more than one.
    pub(crate) fn with_help<'scope, T>(&self, task: impl FnOnce(Option<&Scope<'scope>>) -> T) -> T {
        match self.pool() {
            Ok(pool) if self.threads > 1 => pool.in_place_scope(|scope| task(Some(scope))),
            _ => task(None),
        }
    }

    fn pool(&self) -> &Result<ThreadPool, String> {
        self.pool.get_or_init(|| {
            ThreadPoolBuilder::new()
                .num_threads(self.threads)
                .thread_name(|number| format!("scan-{number}"))
                .build()
                .map_err(|why| why.to_string())
        })
    }
}

fn exists(path: &Path) -> Result<std::fs::Metadata, ScanError> {
    path.metadata().map_err(|why| {
        let shown = PathBuf::from(path);
        let kind = match why.kind() {
            std::io::ErrorKind::NotFound => ScanErrorKind::MissingTarget,
            _ => ScanErrorKind::UnreadableTarget,
        };
        ScanError::new(
            kind,
            format!(
                "cannot scan `{}`: {}",
                shown.display(),
                sluicegate_source::reason(&why)
            ),
        )
    })
}
