//! Signatures of approvals, with a key in a file or through `ssh-keygen`, which reaches
//! agents and devices.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use sluicegate::gate::ssh_key::{Algorithm, HashAlg, LineEnding, PrivateKey, PublicKey};
use sluicegate::gate::{APPROVAL_NAMESPACE, Signature, takes};

use super::read_text;
use crate::args::SignArgs;
use crate::failure::{Failure, reason};

/// Signs the bytes.
pub(super) fn sign(args: &SignArgs, key: &Path, message: &[u8]) -> Result<Signature, Failure> {
    let text = read_text(key)?;
    let shown = key.display();
    let private = PrivateKey::from_openssh(text.as_bytes()).ok();
    let comment = private
        .as_ref()
        .map(|key| key.comment().to_string())
        .or_else(|| {
            let public = PublicKey::from_openssh(text.trim()).ok()?;
            Some(public.comment().to_string())
        });
    let public = private
        .as_ref()
        .map(|key| key.algorithm())
        .or_else(|| Some(PublicKey::from_openssh(text.trim()).ok()?.algorithm()));
    if let Some(algorithm) = public {
        takes(&algorithm).map_err(|why| Failure::usage(format!("`{shown}`: {why}")))?;
    }
    let principal = args
        .principal
        .clone()
        .or(comment.filter(|c| c.contains('@')));
    let principal = principal.ok_or_else(|| {
        Failure::usage(format!("nobody knows who signs with `{shown}`"))
            .hint("say it with --as ADDRESS, as the allowed signers have it")
    })?;
    // The file of a key in a device holds a handle, and no key to sign with.
    let at_hand = |key: &PrivateKey| {
        let device = [Algorithm::SkEd25519, Algorithm::SkEcdsaSha2NistP256];
        !key.is_encrypted() && !device.contains(&key.algorithm())
    };
    let armoured = match private.filter(at_hand) {
        Some(key) => {
            let signed = key.sign(APPROVAL_NAMESPACE, HashAlg::Sha512, message);
            let armoured = signed.and_then(|signature| signature.to_pem(LineEnding::LF));
            armoured
                .map_err(|error| Failure::failed(format!("cannot sign with `{shown}`: {error}")))?
        }
        None => by_ssh_keygen(key, message)?,
    };
    Ok(Signature {
        principal,
        sshsig: armoured,
    })
}

fn by_ssh_keygen(key: &Path, message: &[u8]) -> Result<String, Failure> {
    let failed = |why: String| {
        Failure::failed(format!("cannot sign with `{}`: {why}", key.display()))
            .hint("ssh-keygen(1) has to be there, and the key in an agent or a file it can open")
    };
    let mut child = Command::new("ssh-keygen")
        .args(["-Y", "sign", "-n", APPROVAL_NAMESPACE, "-f"])
        .arg(key)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| failed(reason(&error)))?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin
            .write_all(message)
            .map_err(|error| failed(reason(&error)))?;
    }
    let output = child
        .wait_with_output()
        .map_err(|error| failed(reason(&error)))?;
    if !output.status.success() {
        return Err(failed("ssh-keygen refused".to_owned()));
    }
    String::from_utf8(output.stdout).map_err(|_| failed("its answer is no text".to_owned()))
}
