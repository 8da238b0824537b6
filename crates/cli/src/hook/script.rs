//! The hook as a file: a script that calls the hook that was there before, and then sluice.

use crate::args::HookName;

/// Starts the line by which a script is known as ours.
const MARK: &str = "# sluice-hook v1 ";

/// Stands in that line if a hook was moved away for this one.
const MOVED: &str = "moved ";

/// What is installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Script {
    pub(crate) hook: HookName,
    /// The program; none if it is looked for when the hook runs.
    pub(crate) program: Option<String>,
    /// Whether the hook that was there before was moved to [`Script::next`].
    pub(crate) has_moved: bool,
}

/// What a file is to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// As we wrote it.
    Ours {
        /// Whether a hook was moved away for it.
        has_moved: bool,
    },
    /// We wrote it, and somebody changed it.
    Changed,
    /// Somebody else's.
    Foreign,
}

/// Whose script this is.
pub(crate) fn origin(text: &[u8]) -> Origin {
    let Ok(text) = std::str::from_utf8(text) else {
        return Origin::Foreign;
    };
    let Some(line) = text.lines().find(|line| line.starts_with(MARK)) else {
        return Origin::Foreign;
    };
    let stated = line.rsplit(' ').next().unwrap_or_default();
    // The sum is over the text as it was before it was put in.
    let blank = text.replacen(stated, "", 1);
    if stated.len() != 16 || sum(&blank) != stated {
        return Origin::Changed;
    }
    Origin::Ours {
        has_moved: line[MARK.len()..].starts_with(MOVED),
    }
}

/// Tells a changed script from ours (FNV-1a); it protects from accidents, not from people.
fn sum(text: &str) -> String {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325, step);
    format!("{hash:016x}")
}

impl Script {
    /// The name of the hook that is called first, if it is there.
    pub(crate) fn next(hook: HookName) -> String {
        format!("{}.local", hook.as_str())
    }

    /// The text of the file.
    pub(crate) fn text(&self) -> String {
        let name = self.hook.as_str();
        let moved = if self.has_moved { MOVED } else { "" };
        let program = self.program.as_deref().map(quoted).unwrap_or_default();
        let is_server = self.hook == HookName::Receive;
        let (thing, verb, code) = match self.hook {
            HookName::Commit => ("commit", "checked", 0),
            HookName::Push => ("push", "checked", 0),
            HookName::Receive => ("push", "checked, and is refused", 1),
        };
        let level = if is_server { "error" } else { "warning" };
        // Both programs must see all that git says.
        let (read, give) = match self.hook {
            HookName::Commit => ("", ""),
            HookName::Push | HookName::Receive => (
                "input=$(cat; echo x)\ninput=${input%x}\n",
                "printf '%s' \"$input\" | ",
            ),
        };
        let text = format!(
            "#!/bin/sh
# Installed by `sluice hook install`, and taken out again by `sluice hook uninstall`. Do not
# change it: what you want to run as well goes into {name}.local beside it.
{MARK}{moved}{name} \n\
here=$(dirname \"$0\")
{read}\
# The other hook may call this one again; it must not go round in circles.
if [ -x \"$here/{name}.local\" ] && [ \"$SLUICE_HOOK\" != \"$here/{name}\" ]; then
    SLUICE_HOOK=\"$here/{name}\"
    export SLUICE_HOOK
    {give}\"$here/{name}.local\" \"$@\" || exit $?
fi
sluice={program}
if [ ! -x \"$sluice\" ]; then
    sluice=$(command -v sluice)
fi
if [ -z \"$sluice\" ]; then
    echo \"sluice: {level}: the program is not there, so this {thing} was not {verb}\" >&2
    exit {code}
fi
{give}\"$sluice\" hook run {name} \"$@\"
"
        );
        let mark = format!("{MARK}{moved}{name} ");
        let sum = sum(&text);
        text.replacen(&mark, &format!("{mark}{sum}"), 1)
    }
}

/// The text as one word of a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_scripts_are_known_and_changed_ones_as_well() {
        for hook in HookName::ALL {
            for has_moved in [false, true] {
                let script = Script {
                    hook,
                    program: Some("/with 'quotes'/sluice".to_owned()),
                    has_moved,
                };
                let text = script.text();
                assert_eq!(
                    origin(text.as_bytes()),
                    Origin::Ours { has_moved },
                    "{text}"
                );
                let changed = format!("{text}echo more\n");
                assert_eq!(origin(changed.as_bytes()), Origin::Changed);
                let other = text.replace("hook run", "scan");
                assert_eq!(origin(other.as_bytes()), Origin::Changed);
            }
        }
        assert_eq!(
            origin(b"#!/bin/sh\nsluice hook run pre-commit\n"),
            Origin::Foreign
        );
        assert_eq!(origin(b"\x7fELF\xff"), Origin::Foreign);
        assert_eq!(origin(b"# sluice-hook v1 "), Origin::Changed);
    }
}
