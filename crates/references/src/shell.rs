//! Shell text to commands and words, with places. It reads what is written in CI scripts
//! and knows no more of the language than that takes.

use sluicegate_core::Span;

/// A word with its quotes taken off.
#[derive(Clone, Debug)]
pub(crate) struct Word {
    pub(crate) text: String,
    pub(crate) span: Span,
}

/// A command, its words, and which pipeline it belongs to.
#[derive(Clone, Debug)]
pub(crate) struct Command {
    pub(crate) words: Vec<Word>,
    /// Commands of one pipeline have the same number.
    pub(crate) pipeline: usize,
}

impl Command {
    /// The command's name without its folder, assignments before it left out.
    pub(crate) fn name(&self) -> &str {
        let first = self.words.iter().find(|word| {
            !is_assignment(&word.text)
                && ![
                    "sudo", "env", "exec", "time", "then", "do", "else", "if", "!", "{", "-", "@",
                ]
                .contains(&word.text.as_str())
        });
        first.map_or("", |word| {
            word.text
                .trim_start_matches('@')
                .rsplit('/')
                .next()
                .unwrap_or_default()
        })
    }

    /// Whether the words stand in the command in that order, not always side by side.
    pub(crate) fn has(&self, words: &[&str]) -> bool {
        let mut rest = self.words.iter();
        words.iter().all(|want| rest.any(|word| word.text == *want))
    }

    /// The word at the place of a flag's value: behind `--flag`, or in `--flag=value`.
    pub(crate) fn value_of(&self, flags: &[&str]) -> Option<&Word> {
        self.words.iter().enumerate().find_map(|(at, word)| {
            if flags.contains(&word.text.as_str()) {
                return self.words.get(at + 1);
            }
            let (flag, _) = word.text.split_once('=')?;
            flags.contains(&flag).then_some(word)
        })
    }
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    })
}

/// The commands in `text`, which starts at `base` in the file.
pub(crate) fn commands(text: &str, base: usize) -> Vec<Command> {
    let (text, base) = unquoted(text, base);
    let mut reader = Reader {
        bytes: text.as_bytes(),
        text,
        base,
        at: 0,
        words: Vec::new(),
        commands: Vec::new(),
        pipeline: 0,
        heredoc: None,
    };
    reader.run();
    reader.commands
}

/// The text without the quotes that a YAML scalar has around it: the script is what stands
/// between them.
fn unquoted(text: &str, base: usize) -> (&str, usize) {
    for quote in ['"', '\''] {
        let inner = text.strip_prefix(quote).and_then(|t| t.strip_suffix(quote));
        if let Some(inner) = inner {
            let bare = inner.replace("\\\"", "").replace("''", "");
            if !bare.contains(quote) {
                return (inner, base + 1);
            }
        }
    }
    (text, base)
}

struct Reader<'t> {
    bytes: &'t [u8],
    text: &'t str,
    base: usize,
    at: usize,
    words: Vec<Word>,
    commands: Vec<Command>,
    pipeline: usize,
    /// The here-document that starts on the next line ends with this word.
    heredoc: Option<String>,
}

impl Reader<'_> {
    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn run(&mut self) {
        while self.at < self.bytes.len() {
            match self.peek(0) {
                b'\\' if matches!(self.peek(1), b'\n' | b'\r') => self.at += 2,
                b'`' if self.peek(1) == b'\n' => self.at += 2,
                b' ' | b'\t' | b'\r' => self.at += 1,
                b'#' => self.skip_line(),
                b'|' if self.peek(1) != b'|' => {
                    self.finish(false);
                    self.at += 1;
                }
                b'\n' if self.heredoc.is_some() => self.document(),
                b'\n' | b';' | b'|' | b'&' => {
                    self.finish(true);
                    self.at += 1;
                }
                b'(' | b')' => self.at += 1,
                _ => self.word(),
            }
        }
        self.finish(true);
    }

    /// What stands in a here-document belongs to the pipeline that reads it.
    fn document(&mut self) {
        let end = self.heredoc.take().unwrap_or_default();
        self.finish(false);
        self.at += 1;
        while self.at < self.bytes.len() {
            let rest = &self.text[self.at..];
            let length = memchr::memchr(b'\n', rest.as_bytes()).unwrap_or(rest.len());
            let line = &rest[..length];
            // An expression has blanks inside: such a line stays in one piece.
            let whole = line.contains("${{");
            let words: Vec<&str> = if whole {
                vec![line.trim()]
            } else {
                line.split_whitespace().collect()
            };
            for word in words {
                let start = self.base + (word.as_ptr() as usize - self.text.as_ptr() as usize);
                let span = Span::new(start, start + word.len());
                let text = word.to_owned();
                self.words.push(Word { text, span });
            }
            self.at += length;
            if line.trim() == end {
                break;
            }
            self.at = (self.at + 1).min(self.bytes.len());
        }
        self.finish(true);
    }

    fn skip_line(&mut self) {
        while self.at < self.bytes.len() && self.peek(0) != b'\n' {
            self.at += 1;
        }
    }

    fn finish(&mut self, ends_pipeline: bool) {
        if !self.words.is_empty() {
            self.commands.push(Command {
                words: std::mem::take(&mut self.words),
                pipeline: self.pipeline,
            });
        }
        if ends_pipeline {
            self.pipeline += 1;
        }
    }

    fn word(&mut self) {
        let start = self.at;
        let mut text = String::new();
        while self.at < self.bytes.len() {
            match self.peek(0) {
                b'$' if self.bytes[self.at..].starts_with(b"${{") => self.expression(&mut text),
                b'$' if matches!(self.peek(1), b'{' | b'(') => self.nested(&mut text),
                b'\'' => self.single(&mut text),
                b'"' => self.double(&mut text),
                b'\\' if matches!(self.peek(1), b'\n' | b'\r') => break,
                b'\\' if self.at + 1 < self.bytes.len() => {
                    self.at += 1;
                    self.push(&mut text);
                }
                b'<' | b'>' if self.peek(1) == b'(' => {
                    text.push(char::from(self.peek(0)));
                    self.at += 2;
                    break;
                }
                b'&' if text.ends_with(['>', '<']) => self.push(&mut text),
                b' ' | b'\t' | b'\r' | b'\n' | b';' | b'|' | b'&' | b')' | b'(' => break,
                _ => self.push_plain(&mut text),
            }
        }
        if self.at == start {
            self.at += 1;
            return;
        }
        let span = Span::new(self.base + start, self.base + self.at);
        let opens = self
            .words
            .last()
            .is_some_and(|w| w.text == "<<" || w.text == "<<-");
        let attached = text.split_once("<<");
        let attached = attached.map(|(_, rest)| rest.trim_start_matches('-').to_owned());
        let delimiter = if opens { Some(text.clone()) } else { attached };
        let is_word =
            |d: &String| !d.is_empty() && d.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if let Some(delimiter) = delimiter.filter(is_word) {
            self.heredoc = Some(delimiter);
        }
        self.words.push(Word { text, span });
    }

    /// Takes one character over.
    fn push(&mut self, text: &mut String) {
        let length = self.text[self.at..].chars().next().map_or(1, |c| {
            text.push(c);
            c.len_utf8()
        });
        self.at += length;
    }

    /// Takes one character over, and those behind it that mean nothing in a word or in
    /// quotes.
    fn push_plain(&mut self, text: &mut String) {
        self.push(text);
        let is_plain = |b: &&u8| b.is_ascii_alphanumeric() || b"_-./:=,%+*?[]@^~".contains(b);
        let length = self.bytes[self.at..].iter().take_while(is_plain).count();
        self.take(self.at + length, text);
    }

    fn take(&mut self, end: usize, text: &mut String) {
        let end = end.min(self.bytes.len());
        text.push_str(self.text.get(self.at..end).unwrap_or_default());
        self.at = end;
    }

    fn expression(&mut self, text: &mut String) {
        let end = self.text[self.at..]
            .find("}}")
            .map_or(self.bytes.len(), |e| self.at + e + 2);
        self.take(end, text);
    }

    /// `${…}` and `$(…)` with what is nested in them.
    fn nested(&mut self, text: &mut String) {
        let mut depth = 0usize;
        let mut end = self.at + 1;
        while let Some(&b) = self.bytes.get(end) {
            match b {
                b'{' | b'(' => depth += 1,
                b'}' | b')' => {
                    depth -= 1;
                    if depth == 0 {
                        end += 1;
                        break;
                    }
                }
                _ => {}
            }
            end += 1;
        }
        self.take(end, text);
    }

    fn single(&mut self, text: &mut String) {
        self.at += 1;
        let end = self.text[self.at..]
            .find('\'')
            .map_or(self.bytes.len(), |e| self.at + e);
        self.take(end, text);
        self.at = (self.at + 1).min(self.bytes.len());
    }

    fn double(&mut self, text: &mut String) {
        self.at += 1;
        while self.at < self.bytes.len() {
            match self.peek(0) {
                b'"' => {
                    self.at += 1;
                    return;
                }
                b'\\' if self.at + 1 < self.bytes.len() => {
                    self.at += 1;
                    self.push(text);
                }
                b'$' if self.bytes[self.at..].starts_with(b"${{") => self.expression(text),
                _ => self.push_plain(text),
            }
        }
    }
}

/// A variable that a text reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Variable<'t> {
    pub(crate) name: &'t str,
    pub(crate) span: Span,
}

/// The variables in `text`, which starts at `base`: `$X`, `${X}`, `${X:-d}`, `$(X)`,
/// `%X%`, `$env:X`, `${env:X}`. Expressions of GitHub are left out.
pub(crate) fn variables(text: &str, base: usize) -> Vec<Variable<'_>> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = memchr::memchr2(b'$', b'%', &bytes[at..]).map(|s| at + s) {
        at = start + 1;
        let rest = &text[at..];
        if bytes[start] == b'%' {
            let length = name_length(rest);
            if length > 1 && bytes.get(at + length) == Some(&b'%') {
                found.push(variable(text, at, length, base));
                at += length + 1;
            }
            continue;
        }
        if rest.starts_with("{{") {
            at += rest.find("}}").unwrap_or(rest.len());
            continue;
        }
        let mut name_at = at;
        if rest.starts_with(['{', '(']) {
            name_at += 1;
        }
        for scope in ["env:", "ENV:", "Env:", "env."] {
            if text[name_at..].starts_with(scope) {
                name_at += scope.len();
            }
        }
        if text[name_at..].starts_with('!') {
            name_at += 1;
        }
        let mut length = name_length(&text[name_at..]);
        if rest.starts_with('(') {
            // `$(name)` of Azure, and not `$(command with words)`; dots are of its names.
            let inner = &text[name_at..];
            let close = inner.find(')').unwrap_or(0);
            let is_name = inner[..close]
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b));
            length = if is_name { close } else { 0 };
        }
        if length > 0 {
            found.push(variable(text, name_at, length, base));
            at = name_at + length;
        }
    }
    found
}

fn variable(text: &str, at: usize, length: usize, base: usize) -> Variable<'_> {
    Variable {
        name: &text[at..at + length],
        span: Span::new(base + at, base + at + length),
    }
}

fn name_length(text: &str) -> usize {
    let digits_first = text.as_bytes().first().is_some_and(u8::is_ascii_digit);
    if digits_first {
        return 0;
    }
    text.bytes()
        .take_while(|&b| b.is_ascii_alphanumeric() || b == b'_')
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_read_as_commands() {
        let text = "# no $A\necho \"$T\" | docker login -u me --password-stdin\nX=1 npm publish --token=\"${{ secrets.Q }}\" \\\n  -v && ls\n";
        let commands = commands(text, 0);
        let names: Vec<&str> = commands.iter().map(Command::name).collect();
        assert_eq!(names, ["echo", "docker", "npm", "ls"]);
        assert_eq!(commands[0].pipeline, commands[1].pipeline);
        assert_ne!(commands[1].pipeline, commands[2].pipeline);
        let token = commands[2].value_of(&["--token"]).expect("there");
        assert_eq!(token.text, "--token=${{ secrets.Q }}");
        assert!(commands[1].has(&["docker", "login"]));
        assert_eq!(
            &text[token.span.start..token.span.end],
            "--token=\"${{ secrets.Q }}\""
        );
    }

    #[test]
    fn variables_of_all_shells_are_seen() {
        let text = "$A ${B} ${C:-x} $(D.e) %FF% $env:G ${{ secrets.H }} $(ls -l) $1 50% ${env:I}";
        let names: Vec<&str> = variables(text, 0).iter().map(|v| v.name).collect();
        assert_eq!(names, ["A", "B", "C", "D.e", "FF", "G", "I"]);
    }
}
