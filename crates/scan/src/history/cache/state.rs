//! What is known of a repository that has not changed.

use sluicegate_core::{Exposure, HistoryCoverage, Skipped};
use sluicegate_git::ObjectId;

use super::codec::{Bytes, put, put_bytes, put_id, put_skipped};
use crate::history::occurrence::Origin;

/// The answer of a scan, with the places of values instead of values.
#[derive(Debug, PartialEq)]
pub(in crate::history) struct StateRecord {
    pub(in crate::history) files: u64,
    pub(in crate::history) bytes: u64,
    pub(in crate::history) below_confidence: usize,
    pub(in crate::history) history: HistoryCoverage,
    pub(in crate::history) skipped: Vec<Skipped>,
    pub(in crate::history) rows: Vec<Row>,
}

/// An object at a path and what is reported of it.
#[derive(Debug, PartialEq)]
pub(in crate::history) struct Row {
    pub(in crate::history) object: ObjectId,
    pub(in crate::history) path: String,
    pub(in crate::history) wanted: Vec<WantedHits>,
}

/// Some of the hits that a scan of the object gives.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::history) struct WantedHits {
    /// The number of the rule, as a check.
    pub(in crate::history) rule: usize,
    /// The numbers of the hits, in the order in which a scan gives them.
    pub(in crate::history) hits: Vec<usize>,
    pub(in crate::history) origin: Origin,
}

impl StateRecord {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let HistoryCoverage {
            commits, searched, ..
        } = self.history;
        for number in [self.files, self.bytes, commits, searched] {
            put(&mut out, number);
        }
        put(&mut out, self.below_confidence as u64);
        put_skipped(&mut out, &self.skipped);
        put(&mut out, self.rows.len() as u64);
        for row in &self.rows {
            put_id(&mut out, &row.object);
            put_bytes(&mut out, row.path.as_bytes());
            put(&mut out, row.wanted.len() as u64);
            for wanted in &row.wanted {
                wanted.encode(&mut out);
            }
        }
        out
    }

    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut bytes = Bytes(bytes);
        let (files, size) = (bytes.number()?, bytes.number()?);
        let history = HistoryCoverage {
            commits: bytes.number()?,
            searched: bytes.number()?,
            cached: 0,
        };
        let below_confidence = bytes.small()?;
        let skipped = bytes.skipped()?;
        let rows = (0..bytes.count()?)
            .map(|_| {
                let object = bytes.id()?;
                let path = bytes.text()?.to_owned();
                let wanted = (0..bytes.count()?).map(|_| WantedHits::decode(&mut bytes));
                let wanted = wanted.collect::<Option<_>>()?;
                Some(Row {
                    object,
                    path,
                    wanted,
                })
            })
            .collect::<Option<_>>()?;
        bytes.0.is_empty().then_some(Self {
            files,
            bytes: size,
            below_confidence,
            history,
            skipped,
            rows,
        })
    }
}

impl WantedHits {
    fn encode(&self, out: &mut Vec<u8>) {
        put(out, self.rule as u64);
        put(out, self.hits.len() as u64);
        for hit in &self.hits {
            put(out, *hit as u64);
        }
        let Origin {
            commit,
            exposure,
            blobs,
            commits,
        } = &self.origin;
        put_bytes(out, commit.as_ref().map_or(&[], |id| id.as_bytes()));
        put_bytes(out, exposure.as_str().as_bytes());
        put(out, *blobs as u64);
        put(out, *commits as u64);
    }

    fn decode(bytes: &mut Bytes<'_>) -> Option<Self> {
        let rule = bytes.small()?;
        let hits = (0..bytes.count()?).map(|_| bytes.small());
        let hits = hits.collect::<Option<_>>()?;
        let commit = match bytes.bytes()? {
            [] => None,
            id => Some(ObjectId::try_from(id).ok()?),
        };
        let word = bytes.text()?;
        let exposure = *Exposure::ALL.iter().find(|e| e.as_str() == word)?;
        let origin = Origin {
            commit,
            exposure,
            blobs: bytes.small()?,
            commits: bytes.small()?,
        };
        Some(Self { rule, hits, origin })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_nothing_shorter() {
        let id = ObjectId::from_hex(&[b'a'; 40]).expect("an id");
        let origin = Origin {
            commit: Some(id),
            exposure: Exposure::Stash,
            blobs: 300,
            commits: 2,
        };
        let wanted = WantedHits {
            rule: 700,
            hits: vec![0, 129],
            origin,
        };
        let record = StateRecord {
            files: 1 << 40,
            bytes: u64::MAX,
            below_confidence: 3,
            history: HistoryCoverage {
                commits: 7,
                searched: 8,
                cached: 0,
            },
            skipped: Vec::new(),
            rows: vec![Row {
                object: id,
                path: "a/é".to_owned(),
                wanted: vec![wanted.clone(), wanted],
            }],
        };
        let bytes = record.encode();
        assert_eq!(StateRecord::decode(&bytes), Some(record));
        for end in 0..bytes.len() {
            assert_eq!(StateRecord::decode(&bytes[..end]), None, "{end}");
        }
    }
}
