//! Which reports are written, and where to.

use std::path::{Path, PathBuf};

use crate::args::{Format, OutputWord};
use crate::failure::Failure;

/// One report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Output {
    /// How it is written.
    pub(crate) format: Format,
    /// Where to: a file, or standard output.
    pub(crate) file: Option<PathBuf>,
}

/// The reports that were asked for.
///
/// As many outputs as formats: the n-th belongs to the n-th. Otherwise an output belongs
/// to the last format before it that has none, or to the first one after it, and one
/// that is left over tells its format by its name. Formats without an output go to
/// standard output.
///
/// # Errors
///
/// If the format of an output cannot be told, two reports would go to standard output,
/// or two to one file.
pub(crate) fn outputs(words: &[OutputWord]) -> Result<Vec<Output>, Failure> {
    let mut formats: Vec<(usize, Format, Option<&Path>)> = Vec::new();
    let mut files: Vec<(usize, &Path)> = Vec::new();
    for (place, word) in words.iter().enumerate() {
        match word {
            OutputWord::Format(format) => formats.push((place, *format, None)),
            OutputWord::Output(file) => files.push((place, file)),
        }
    }
    let by_number = formats.len() == files.len();
    let mut outputs = Vec::new();
    for (number, (place, file)) in files.into_iter().enumerate() {
        let owner = if by_number {
            Some(number)
        } else {
            let free = |(_, _, file): &(usize, Format, Option<&Path>)| file.is_none();
            let before = formats.iter().rposition(|f| free(f) && f.0 < place);
            before.or_else(|| formats.iter().position(|f| free(f) && f.0 > place))
        };
        match owner {
            Some(owner) => formats[owner].2 = Some(file),
            None => outputs.push(output(format_of(file)?, Some(file))),
        }
    }
    let named = formats
        .into_iter()
        .map(|(_, format, file)| output(format, file));
    outputs.extend(named);
    if outputs.is_empty() {
        outputs.push(output(Format::Text, None));
    }
    check(&outputs)?;
    Ok(outputs)
}

fn output(format: Format, file: Option<&Path>) -> Output {
    let file = file.filter(|file| *file != Path::new("-"));
    Output {
        format,
        file: file.map(Path::to_owned),
    }
}

/// The format that the name of the file tells.
fn format_of(file: &Path) -> Result<Format, Failure> {
    let name = file.to_string_lossy().to_ascii_lowercase();
    let by_end = [
        (".sarif.json", Format::Sarif),
        (".sarif", Format::Sarif),
        (".jsonl", Format::Jsonl),
        (".json", Format::Json),
        (".txt", Format::Text),
    ];
    by_end
        .into_iter()
        .find(|(end, _)| name.ends_with(end))
        .map(|(_, format)| format)
        .ok_or_else(|| {
            let shown = file.display();
            Failure::usage(format!("the name of `{shown}` does not tell a format"))
                .hint("put --format text, json, jsonl or sarif before its --output")
        })
}

fn check(outputs: &[Output]) -> Result<(), Failure> {
    let to_stdout = outputs
        .iter()
        .filter(|output| output.file.is_none())
        .count();
    if to_stdout > 1 {
        return Err(Failure::usage(format!(
            "{to_stdout} reports would go to standard output, and one may"
        ))
        .hint("give all but one --format an --output FILE of its own"));
    }
    for (number, output) in outputs.iter().enumerate() {
        let twice = outputs[..number].iter().any(|o| o.file == output.file);
        if let (true, Some(file)) = (twice, &output.file) {
            let shown = file.display();
            return Err(Failure::usage(format!("two reports would go to `{shown}`"))
                .hint("give each --output another name"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `json`, `text`, … are formats; everything else is an output.
    fn words(line: &str) -> Vec<OutputWord> {
        let word = |text: &str| match text {
            "text" => OutputWord::Format(Format::Text),
            "json" => OutputWord::Format(Format::Json),
            "jsonl" => OutputWord::Format(Format::Jsonl),
            "sarif" => OutputWord::Format(Format::Sarif),
            file => OutputWord::Output(PathBuf::from(file)),
        };
        line.split_whitespace().map(word).collect()
    }

    #[test]
    fn every_output_finds_its_format() {
        use Format::{Json, Jsonl, Sarif, Text};
        for (line, want) in [
            ("", &[(Text, None)][..]),
            ("json", &[(Json, None)]),
            ("a.json", &[(Json, Some("a.json"))]),
            ("A.SARIF", &[(Sarif, Some("A.SARIF"))]),
            ("a.sarif.json", &[(Sarif, Some("a.sarif.json"))]),
            ("json -", &[(Json, None)]),
            ("json out", &[(Json, Some("out"))]),
            ("out json", &[(Json, Some("out"))]),
            ("json a.json text", &[(Json, Some("a.json")), (Text, None)]),
            ("text json a.json", &[(Text, None), (Json, Some("a.json"))]),
            ("a.json json text", &[(Json, Some("a.json")), (Text, None)]),
            ("json sarif a b", &[(Json, Some("a")), (Sarif, Some("b"))]),
            ("a json b sarif", &[(Json, Some("a")), (Sarif, Some("b"))]),
            ("json a sarif b", &[(Json, Some("a")), (Sarif, Some("b"))]),
            (
                "json a sarif b text",
                &[(Json, Some("a")), (Sarif, Some("b")), (Text, None)],
            ),
            (
                "text a.sarif b.jsonl",
                &[(Jsonl, Some("b.jsonl")), (Text, Some("a.sarif"))],
            ),
            (
                "a.json b.sarif",
                &[(Json, Some("a.json")), (Sarif, Some("b.sarif"))],
            ),
        ] {
            let want: Vec<_> = want
                .iter()
                .map(|(format, file)| output(*format, file.map(Path::new)))
                .collect();
            assert_eq!(outputs(&words(line)), Ok(want), "{line:?}");
        }
    }

    #[test]
    fn what_cannot_be_written_is_refused_with_a_way_out() {
        for (line, part) in [
            ("text json", "2 reports would go to standard output"),
            ("json - text", "2 reports would go to standard output"),
            ("out", "`out` does not tell a format"),
            ("json a sarif a", "two reports would go to `a`"),
        ] {
            let failure = outputs(&words(line)).expect_err(line);
            assert!(failure.message().contains(part), "{line:?}: {failure:?}");
            assert!(failure.way_out().is_some(), "{line:?}");
        }
    }
}
