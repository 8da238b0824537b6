//! What Terraform allows and the parser does not: line ends in the brackets of a `for`
//! expression, which mean nothing, and two entries of an object with one key.

/// The same text, of the same length, in which the key that starts at `offset` has another
/// name; `None` if there is none, or it is too short for one.
pub(super) fn renamed(text: &str, offset: usize, number: usize) -> Option<String> {
    let bytes = text.as_bytes();
    let quoted = bytes.get(offset) == Some(&b'"');
    let start = offset + usize::from(quoted);
    let is_name = |b: &&u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    let length = bytes.get(start..)?.iter().take_while(is_name).count();
    let name = format!("{number:_>length$}");
    if name.len() != length || !name.starts_with('_') {
        return None;
    }
    let mut out = text.to_owned();
    out.replace_range(start..start + length, &name);
    Some(out)
}

/// The same text, of the same length, with blanks in the place of line ends and comments that
/// stand directly in the brackets of a `for` expression or in parentheses; `None` if there
/// are none.
pub(super) fn relaxed(text: &str) -> Option<String> {
    let mut scanner = Scanner {
        bytes: text.as_bytes(),
        out: text.as_bytes().to_vec(),
        at: 0,
    };
    scanner.run();
    // Only bytes of ASCII give way to blanks, or whole comments.
    let changed = scanner.out != scanner.bytes;
    changed.then(|| String::from_utf8(scanner.out).ok())?
}

struct Scanner<'t> {
    bytes: &'t [u8],
    out: Vec<u8>,
    at: usize,
}

impl Scanner<'_> {
    fn run(&mut self) {
        // Whether line ends mean nothing, of each bracket that is open.
        let mut open: Vec<bool> = Vec::new();
        while let Some(&byte) = self.bytes.get(self.at) {
            let free = open.last().copied().unwrap_or(false);
            match byte {
                b'"' => {
                    self.at = self.end_of_string(self.at + 1);
                    continue;
                }
                b'<' if self.rest().starts_with(b"<<") => {
                    self.at = self.end_of_heredoc();
                    continue;
                }
                b'#' => {
                    self.comment(free, b"\n");
                    continue;
                }
                b'/' if self.rest().starts_with(b"//") => {
                    self.comment(free, b"\n");
                    continue;
                }
                b'/' if self.rest().starts_with(b"/*") => {
                    self.comment(free, b"*/");
                    continue;
                }
                b'(' => open.push(true),
                b'{' | b'[' => {
                    let inner = self.bytes[self.at + 1..].trim_ascii_start();
                    let is_for = inner.strip_prefix(b"for");
                    open.push(
                        is_for.is_some_and(|r| r.first().is_some_and(u8::is_ascii_whitespace)),
                    );
                }
                b')' | b'}' | b']' => {
                    open.pop();
                }
                b'\n' | b'\r' if free => self.out[self.at] = b' ',
                _ => {}
            }
            self.at += 1;
        }
    }

    fn rest(&self) -> &[u8] {
        &self.bytes[self.at..]
    }

    /// Goes over a comment. One that ends with its line must go if the line end does.
    fn comment(&mut self, free: bool, end: &[u8]) {
        let length = memchr::memmem::find(self.rest(), end);
        let to = match length {
            Some(length) if end == b"\n" => self.at + length,
            Some(length) => self.at + length + end.len(),
            None => self.bytes.len(),
        };
        if free {
            self.out[self.at..to].fill(b' ');
        }
        self.at = to;
    }

    /// Behind the quote that ends the string, past all that is put in between.
    fn end_of_string(&self, start: usize) -> usize {
        let mut at = start;
        // How many braces are open in a template, and whether a string is open in it.
        let mut braces = 0usize;
        let mut inner = false;
        while let Some(&byte) = self.bytes.get(at) {
            match byte {
                b'\\' => at += 1,
                b'"' if braces == 0 => return at + 1,
                b'"' => inner = !inner,
                b'$' | b'%' if self.bytes.get(at + 1) == Some(&b'{') => {
                    braces += 1;
                    at += 1;
                }
                b'{' if braces > 0 && !inner => braces += 1,
                b'}' if braces > 0 => braces -= 1,
                b'\n' if braces == 0 => return at,
                _ => {}
            }
            at += 1;
        }
        self.bytes.len()
    }

    /// Behind the line that ends the heredoc that starts here.
    fn end_of_heredoc(&self) -> usize {
        let rest = self.rest();
        let mark = &rest[2..];
        let mark = mark.strip_prefix(b"-").unwrap_or(mark);
        let is_name = |b: &&u8| b.is_ascii_alphanumeric() || **b == b'_';
        let mark = &mark[..mark.iter().take_while(is_name).count()];
        if mark.is_empty() {
            return self.at + 2;
        }
        let mut end = self.at;
        for (number, line) in rest.split_inclusive(|b| *b == b'\n').enumerate() {
            end += line.len();
            if number > 0 && line.trim_ascii() == mark {
                return end;
            }
        }
        end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_in_the_brackets_of_for_give_way_and_others_stay() {
        for (text, expected) in [
            (
                "a = {\n  for k in x :\n  k =>\n  k.a # why\n  ? {\n    b = 1\n  } : null\n}\n",
                "a = {   for k in x :   k =>   k.a         ? {\n    b = 1\n  } : null }\n",
            ),
            ("a = (\n  b\n)\n", "a = (   b )\n"),
            (
                "a = [for x in y : <<E\n}\nE\n]\n",
                "a = [for x in y : <<E\n}\nE\n]\n",
            ),
        ] {
            let relaxed = relaxed(text).unwrap_or_else(|| text.to_owned());
            assert_eq!(relaxed, expected);
            assert_eq!(relaxed.len(), text.len());
        }
        for text in [
            "a = {\n  b = 1\n}\n",
            "a = \"(\n",
            "a = \"${f(\"{ for\n\")}\"\n",
            "# (\nb = 1\n",
            "a = <<-EOT\n  (\n  EOT\nb = 1\n",
            "",
        ] {
            assert_eq!(relaxed(text), None, "{text}");
        }
    }
}
