//! What something is judged by: policy, known debt, exceptions, who may approve.

use std::fs;
use std::path::Path;

use sluicegate_gate::tamper::{
    BASELINE, CONFIG, FOLDER, Files, MAILMAP, OWNERS, POLICY, REVOKED, ROLES, SIGNERS, VERIFIERS,
    WAIVERS,
};
use sluicegate_gate::{Authority, Baseline, Mailmap, Owners, Policy, Roles, Signers, Waiver};

use super::error::GateError;

/// What to do about a file that judges and cannot be read.
const REPAIR: &str = "repair it where it stands: what is judged by it cannot be decided before";

/// What to do about a policy that is not valid.
const POLICIES: &str = "`sluice policy check FILE` says the same while you repair it; docs/policy.md describes policies";

/// Where what judges a change stands.
pub(super) const IN_BASE: &str = "in the base";

/// What something is judged by, read and checked.
#[derive(Clone, Debug)]
pub struct Rulings {
    /// What is asked.
    pub policy: Policy,
    /// Known debt.
    pub baseline: Baseline,
    /// Exceptions, whether they hold or not.
    pub waivers: Vec<Waiver>,
    /// Files that should be waivers and are none, and why.
    pub malformed: Vec<(String, String)>,
    /// Who may approve, and who is who.
    pub authority: Authority,
    /// Whose summaries of earlier stages count: URIs of issuers and their keys.
    pub verifiers: Signers,
    /// Who answers for what.
    pub owners: Owners,
    /// The configuration of scans, if there is one.
    pub config: Option<String>,
}

impl Rulings {
    /// Reads them from the files; a policy given from outside takes the place of theirs.
    /// `place` says for errors where the files stand, such as `in the base`.
    ///
    /// # Errors
    ///
    /// If a policy, a baseline or a file that should be text cannot be read. Those are never
    /// taken for empty: that would open the gate.
    pub fn of(files: &Files, policy: Option<(&str, &str)>, place: &str) -> Result<Self, GateError> {
        let text = |path: &str| -> Result<Option<String>, GateError> {
            let utf8 = |bytes: &Vec<u8>| String::from_utf8(bytes.clone());
            let read = files.get(path).map(utf8).transpose();
            read.map_err(|_| GateError::usage(format!("`{path}` {place} is not UTF-8")))
        };
        let wrong = |path: &str, why: &str| {
            GateError::usage(format!("`{path}` {place}: {why}")).with_hint(REPAIR)
        };
        let policy = match (policy, text(POLICY)?) {
            (Some((name, text)), _) => parse_policy(&format!("`{name}`"), text)?,
            (None, Some(text)) => parse_policy(&format!("`{POLICY}` {place}"), &text)?,
            (None, None) => Policy::builtin(),
        };
        let baseline = Baseline::parse(&text(BASELINE)?.unwrap_or_default())
            .map_err(|why| wrong(BASELINE, &why))?;
        let roles =
            Roles::parse(&text(ROLES)?.unwrap_or_default()).map_err(|why| wrong(ROLES, &why))?;
        let mut signers = Signers::parse(&text(SIGNERS)?.unwrap_or_default());
        let mut verifiers = Signers::parse(&text(VERIFIERS)?.unwrap_or_default());
        // A verifier that cannot be read would be missed at the worst time.
        if let Some((number, why)) = verifiers.problems.first() {
            return Err(wrong(VERIFIERS, &format!("line {number}: {why}")));
        }
        if let Some(bytes) = files.get(REVOKED) {
            for of_them in [&mut signers, &mut verifiers] {
                of_them.revoke(bytes).map_err(|why| wrong(REVOKED, &why))?;
            }
        }
        let (mut waivers, mut malformed) = (Vec::new(), Vec::new());
        for (path, bytes) in files.range(WAIVERS.to_owned()..) {
            if !path.starts_with(WAIVERS) {
                break;
            }
            match Waiver::parse(&String::from_utf8_lossy(bytes)) {
                Ok(waiver) => waivers.push(waiver),
                Err(why) => malformed.push((path.clone(), why)),
            }
        }
        let owners = OWNERS.iter().find_map(|path| files.get(*path));
        let owners = owners.map(|bytes| Owners::parse(&String::from_utf8_lossy(bytes)));
        Ok(Self {
            policy,
            baseline,
            waivers,
            malformed,
            authority: Authority {
                signers,
                mailmap: Mailmap::parse(&text(MAILMAP)?.unwrap_or_default()),
                roles,
            },
            verifiers,
            owners: owners.unwrap_or_default(),
            config: text(CONFIG)?,
        })
    }
}

fn parse_policy(name: &str, text: &str) -> Result<Policy, GateError> {
    Policy::with(text).map_err(|errors| {
        GateError::usage(format!("{name} is not valid\n{errors}")).with_hint(POLICIES)
    })
}

/// The files of the gate in a folder, for what is in no repository. Links are not
/// followed: they could lead to files that the change controls.
pub(super) fn in_folder(folder: &Path) -> Result<Files, GateError> {
    let mut files = Files::new();
    for path in [CONFIG, MAILMAP].iter().chain(OWNERS) {
        read_into(&folder.join(path), path, &mut files)?;
    }
    let mut folders = vec![(folder.join(FOLDER), FOLDER.to_owned())];
    while let Some((folder, name)) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else {
            continue;
        };
        for entry in entries.flatten() {
            let name = format!("{name}/{}", entry.file_name().to_string_lossy());
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                folders.push((entry.path(), name));
            } else {
                read_into(&entry.path(), &name, &mut files)?;
            }
        }
    }
    Ok(files)
}

fn read_into(path: &Path, name: &str, files: &mut Files) -> Result<(), GateError> {
    if path
        .symlink_metadata()
        .is_ok_and(|metadata| metadata.is_file())
    {
        let bytes = fs::read(path)
            .map_err(|error| GateError::failed(format!("cannot read `{name}`: {error}")))?;
        files.insert(name.to_owned(), bytes);
    }
    Ok(())
}
