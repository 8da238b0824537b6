//! How the program ends.

use std::process::ExitCode;

/// How a command ended; the worst of several is the greatest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Status {
    /// Done, and nothing found.
    Clean,
    /// Done, and there are findings or rules that fail their own examples.
    Findings,
    /// The gate lets it go on, and somebody owes something.
    Remediate,
    /// The gate does not let it go on, or what was to be verified does not hold.
    Block,
    /// Not started: the command line, a configuration or a rule file is wrong.
    Usage,
    /// Something failed, or not all that was asked for could be read. Stronger than
    /// `Findings`: what is incomplete must never look like a complete answer.
    Failed,
}

impl Status {
    /// The exit code.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Clean => 0,
            Self::Findings => 1,
            Self::Remediate => 10,
            Self::Block => 20,
            Self::Usage => 2,
            Self::Failed => 3,
        }
    }
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        Self::from(status.code())
    }
}

#[cfg(test)]
mod tests {
    use super::Status;

    #[test]
    fn codes_are_those_that_the_help_promises() {
        let all = [
            Status::Clean,
            Status::Findings,
            Status::Usage,
            Status::Failed,
        ];
        assert_eq!(all.map(Status::code), [0, 1, 2, 3]);
        for status in all {
            let line = format!("\n  {}  ", status.code());
            assert!(crate::args::SCAN_AFTER_HELP.contains(&line), "{line:?}");
        }
        let gate = [
            Status::Clean,
            Status::Remediate,
            Status::Block,
            Status::Usage,
            Status::Failed,
        ];
        assert_eq!(gate.map(Status::code), [0, 10, 20, 2, 3]);
        for status in gate {
            let line = format!("\n  {:<3} ", status.code());
            assert!(crate::args::GATE_AFTER_HELP.contains(&line), "{line:?}");
        }
    }

    #[test]
    fn what_is_incomplete_outweighs_what_was_found() {
        assert_eq!(Status::Findings.max(Status::Failed), Status::Failed);
        assert_eq!(Status::Findings.max(Status::Clean), Status::Findings);
    }
}
