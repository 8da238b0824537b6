//! One blob: matches, where they are, and which of them a marker lets pass.

use std::ops::Range;
use std::sync::Arc;

use sluicegate_core::text::{self, Encoding};
use sluicegate_core::{
    Blob, Codec, Confidence, Decoded, Excerpt, Identity, ImageLayer, Job, Match, Position,
    Provenance, RuleId, RuleInfo, Scratch, Secret, Sink, Span, SpanMap, Suppression,
    UnusedSuppression, WatchId,
};
use sluicegate_references::{PatternId, Reference, Trouble};
use sluicegate_rules::Rules;
use sluicegate_source::artifact::INSIDE;

use crate::cost::{Ledger, Meter};
use crate::identity;
use crate::lines::{self, Lines, Own, Values};
use crate::options::Options;
use crate::reference;
use crate::suppress::{self, Mark};

/// More matches in one blob are not kept.
pub(crate) const MAX_MATCHES: usize = 50_000;

/// What found something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum By {
    /// A rule: the value is there.
    Rule(RuleId),
    /// A pattern of the catalogue: a reference to a stored credential.
    Pattern(PatternId),
}

impl By {
    /// What is known about the rule or the pattern.
    pub(crate) fn info(self, rules: &Rules) -> Arc<RuleInfo> {
        match self {
            Self::Rule(id) => Arc::clone(rules.info(id)),
            Self::Pattern(id) => id.pattern().info(),
        }
    }

    /// The number of the rule; none for a pattern.
    pub(crate) fn number(self) -> Option<usize> {
        match self {
            Self::Rule(id) => Some(id.index()),
            Self::Pattern(_) => None,
        }
    }

    /// The id that reports and markers have for it.
    pub(crate) fn id(self, rules: &Rules) -> &str {
        match self {
            Self::Rule(id) => &rules.info(id).id,
            Self::Pattern(id) => id.pattern().id(),
        }
    }
}

/// A match with all that a report says about it.
#[derive(Clone, Debug)]
pub(crate) struct Hit {
    pub(crate) rule: By,
    /// The value; of a reference the name.
    pub(crate) secret: Secret,
    /// Whose credential it is, of references.
    pub(crate) provider: &'static str,
    pub(crate) usage: Option<Arc<str>>,
    pub(crate) job: Option<Arc<Job>>,
    /// Whether its holder can do everything, of references.
    pub(crate) is_admin: bool,
    pub(crate) path: Arc<str>,
    pub(crate) span: Span,
    pub(crate) start: Position,
    pub(crate) end: Position,
    pub(crate) confidence: Confidence,
    pub(crate) identity: Option<Arc<Identity>>,
    pub(crate) encoding: Vec<Codec>,
    pub(crate) excerpt: Excerpt,
    pub(crate) suppression: Option<Suppression>,
    pub(crate) provenance: Option<Provenance>,
    pub(crate) copied_from: Option<Arc<str>>,
    pub(crate) layer: Option<Arc<ImageLayer>>,
}

impl Hit {
    /// The same hit, and how it came into a repository.
    pub(crate) fn with_provenance(&self, provenance: Provenance) -> Self {
        Self {
            provenance: Some(provenance),
            ..self.clone()
        }
    }
}

/// What one blob gave.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) hits: Vec<Hit>,
    pub(crate) below_confidence: usize,
    pub(crate) unused: Vec<UnusedSuppression>,
    pub(crate) truncated: bool,
    /// Why references could not be looked for.
    pub(crate) trouble: Option<Trouble>,
}

/// Where a stretch of bytes lies in its file.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// The offset of its first byte.
    pub(crate) offset: u64,
    /// The line of its first byte.
    pub(crate) line: usize,
    /// The bytes in it that are its own; the others are context.
    pub(crate) own: Range<usize>,
    /// Whether this is a file as it is now, in which references count. What was a
    /// reference in the history is no leak.
    pub(crate) is_current: bool,
}

impl Place {
    pub(crate) fn whole(length: usize) -> Self {
        Self {
            offset: 0,
            line: 1,
            own: 0..length,
            is_current: false,
        }
    }

    /// A whole file as it is now.
    pub(crate) fn current(length: usize) -> Self {
        Self {
            is_current: true,
            ..Self::whole(length)
        }
    }
}

/// What one thread needs to scan.
pub(crate) struct Worker<'s> {
    pub(crate) rules: &'s Rules,
    pub(crate) options: &'s Options,
    pub(crate) scratch: Scratch,
    pub(crate) matches: Matches,
    pub(crate) meter: Option<Meter<'s>>,
}

/// What the engine reports about one blob.
#[derive(Default)]
pub(crate) struct Matches {
    found: Vec<Seen>,
    watched: Vec<(WatchId, Span)>,
}

/// A match, and what it is if it is encoded.
struct Seen {
    found: Match,
    decoded: Option<(Secret, Vec<Codec>)>,
}

impl Sink for Matches {
    fn found(&mut self, _: &Blob<'_>, found: &Match) {
        self.found.push(Seen {
            found: *found,
            decoded: None,
        });
    }

    fn decoded(&mut self, _: &Blob<'_>, decoded: &Decoded<'_>) {
        let value = Secret::new(decoded.value.to_vec());
        self.found.push(Seen {
            found: decoded.found,
            decoded: Some((value, decoded.codecs.to_vec())),
        });
    }

    fn watched(&mut self, _: &Blob<'_>, watch: WatchId, span: Span) {
        self.watched.push((watch, span));
    }
}

impl<'s> Worker<'s> {
    pub(crate) fn new(rules: &'s Rules, options: &'s Options) -> Self {
        let scratch = rules.set().scratch();
        Self {
            rules,
            options,
            scratch,
            matches: Matches::default(),
            meter: None,
        }
    }

    /// The places in a text that any rule takes for a secret, however unsure; in order,
    /// and apart from each other.
    pub(crate) fn secrets(&mut self, text: &[u8]) -> Vec<Span> {
        self.matches.found.clear();
        self.matches.watched.clear();
        let set = self.rules.set();
        set.scan_with(&mut self.scratch, &Blob::new(text), &mut self.matches);
        let mut spans: Vec<Span> = Vec::new();
        for span in self.matches.found.iter().map(|seen| seen.found.secret) {
            match spans.last_mut() {
                Some(last) if span.start < last.end => last.end = last.end.max(span.end),
                _ => spans.push(span),
            }
        }
        spans
    }

    /// The same worker; what it measures is brought to the ledger, if there is one.
    pub(crate) fn measured(mut self, ledger: Option<&'s Ledger>) -> Self {
        self.meter = ledger.map(Meter::new);
        self
    }

    /// Scans a stretch of the file at `path`, which has that encoding.
    pub(crate) fn scan(
        &mut self,
        path: &str,
        bytes: &[u8],
        encoding: Encoding,
        place: &Place,
        out: &mut Found,
    ) {
        match encoding {
            Encoding::Binary if place.is_current => self.scan_binary(path, bytes, place, out),
            Encoding::Text | Encoding::Binary => {
                self.scan_text(path, bytes, encoding == Encoding::Binary, place, None, out);
            }
            Encoding::Wide(wide) => {
                let (text, map) = text::decode(bytes, wide);
                self.scan_text(path, &text, false, place, Some(&map), out);
            }
        }
    }

    /// Scans a whole binary file, apart from what is compressed in it.
    fn scan_binary(&mut self, path: &str, bytes: &[u8], place: &Place, out: &mut Found) {
        let mut stretches = sluicegate_source::compressed(bytes);
        stretches.push(bytes.len()..bytes.len());
        let mut line = place.line;
        let mut start = 0;
        for stretch in stretches {
            let readable = Place {
                offset: place.offset + start as u64,
                line,
                own: 0..stretch.start - start,
                is_current: true,
            };
            let text = &bytes[start..stretch.start];
            self.scan_text(path, text, true, &readable, None, out);
            line += lines::count(&bytes[start..stretch.end]);
            start = stretch.end;
        }
    }

    fn scan_text(
        &mut self,
        path: &str,
        text: &[u8],
        binary: bool,
        place: &Place,
        map: Option<&SpanMap>,
        out: &mut Found,
    ) {
        self.matches.found.clear();
        self.matches.watched.clear();
        // What lies in a container goes by its name there.
        let name = path.rsplit(INSIDE).next().unwrap_or(path);
        let blob = Blob {
            bytes: text,
            path: Some(name),
            binary,
        };
        let set = self.rules.set();
        match &mut self.meter {
            None => set.scan_with(&mut self.scratch, &blob, &mut self.matches),
            Some(meter) => {
                let mut sink = meter.around(&mut self.matches);
                set.scan_with(&mut self.scratch, &blob, &mut sink);
            }
        }
        let references = if place.is_current && !binary {
            reference::look(name, text, &self.matches.watched, self.options, out)
        } else {
            Vec::new()
        };
        let quiet = self.matches.found.is_empty() && self.matches.watched.is_empty();
        if quiet && references.is_empty() {
            return;
        }
        self.report(path, text, place, map, references, out);
        self.matches.found.shrink_to(1024);
        self.matches.watched.shrink_to(1024);
    }

    /// What a match says about itself.
    fn identity(&self, text: &[u8], found: &Match, secret: &Secret) -> Option<Arc<Identity>> {
        let (start, end) = (found.secret.start, found.secret.end);
        let value = identity::Value {
            rule: &self.rules.info(found.rule).id,
            bytes: secret.expose_secret_bytes(),
            before: &text[start.saturating_sub(identity::AROUND)..start],
            after: &text[end..text.len().min(end + identity::AROUND)],
        };
        identity::of(&value, self.options.now)
    }

    /// Works out lines, excerpts and markers, for the blobs that have any.
    #[cold]
    fn report(
        &mut self,
        path: &str,
        text: &[u8],
        place: &Place,
        map: Option<&SpanMap>,
        references: Vec<Reference>,
        out: &mut Found,
    ) {
        let path: Arc<str> = Arc::from(path);
        let original = |span: Span| map.map_or(span, |map| map.original(span));
        let is_own = |span: Span| place.own.contains(&original(span).start);
        let all = &self.matches.found;
        let secrets = Values::new(all.iter().map(|seen| seen.found.secret).collect());
        let mut lines = Lines::new(text, place.line);
        let mut hits = Vec::new();
        for Seen { found, decoded } in all.iter().filter(|seen| is_own(seen.found.secret)) {
            if out.hits.len() + hits.len() >= MAX_MATCHES {
                out.truncated = true;
                break;
            }
            let span = original(found.secret);
            let (secret, encoding) = decoded.clone().unwrap_or_else(|| {
                let plain = Secret::new(found.secret.of(text).to_vec());
                (plain, Vec::new())
            });
            let identity = self.identity(text, found, &secret);
            let offset = usize::try_from(place.offset).unwrap_or(usize::MAX);
            let hit = Hit {
                rule: By::Rule(found.rule),
                secret,
                provider: "",
                usage: None,
                job: None,
                is_admin: false,
                path: Arc::clone(&path),
                span: Span::new(offset + span.start, offset + span.end),
                start: lines.position(found.secret.start),
                end: lines.position(found.secret.end),
                confidence: found.confidence,
                identity,
                encoding,
                excerpt: lines::excerpt(text, found.secret, &secrets, Own::Value),
                suppression: None,
                provenance: None,
                copied_from: None,
                layer: None,
            };
            hits.push((found.secret, hit));
        }
        let at = reference::At {
            path: &path,
            text,
            secrets: &secrets,
            map,
        };
        hits.extend(references.iter().map(|r| (r.span, at.hit(r, &mut lines))));
        hits.sort_by_key(|(span, _)| *span);
        let mut lines = Lines::new(text, place.line);
        let mut marks = Vec::new();
        for &(watch, span) in &self.matches.watched {
            // Behind the markers stand the words of references.
            let Some(&kind) = self.options.markers.get(watch.index()) else {
                continue;
            };
            marks.extend(Mark::read(kind, text, span, &mut lines, is_own(span)));
        }
        out.unused
            .extend(suppress::apply(&marks, &mut hits, self.rules, &path));
        for (_, hit) in hits {
            let unwanted = match hit.rule {
                By::Rule(_) => !self.options.kinds.secrets,
                By::Pattern(_) => false,
            };
            if unwanted {
                continue;
            }
            if hit.confidence < self.options.min_confidence {
                out.below_confidence += 1;
            } else {
                out.hits.push(hit);
            }
        }
    }
}
