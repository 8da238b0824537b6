//! Tokens to a tree, by the grammar of CEL.

use std::ops::Range;

use super::ConditionError;
use super::lex::{Placed, Token};

/// How deep a condition may be nested.
const MAX_DEPTH: usize = 32;

#[derive(Clone, Debug)]
pub(super) struct Tree {
    pub(super) what: What,
    pub(super) span: Range<usize>,
}

#[derive(Clone, Debug)]
pub(super) enum What {
    Text(String),
    Int(i64),
    Bool(bool),
    List(Vec<Tree>),
    /// A name, or names joined by dots.
    Path(String),
    Not(Box<Tree>),
    /// `&&` or `||` between at least two; flat, because people write long ones.
    Join(&'static str, Vec<Tree>),
    /// One of `== != < <= > >= in`.
    Infix(&'static str, Box<Tree>, Box<Tree>),
    Choice(Box<Tree>, Box<Tree>, Box<Tree>),
    /// `receiver.name(arguments)`, or `name(arguments)`.
    Call(Option<Box<Tree>>, String, Vec<Tree>),
}

pub(super) fn expression(tokens: &[Placed], length: usize) -> Result<Tree, ConditionError> {
    let mut parser = Parser {
        tokens,
        at: 0,
        end: length,
        depth: 0,
    };
    let tree = parser.choice()?;
    match parser.peek() {
        None => Ok(tree),
        Some((_, span)) => Err(ConditionError::new(
            span.clone(),
            "the condition ends before this",
        )),
    }
}

struct Parser<'t> {
    tokens: &'t [Placed],
    at: usize,
    end: usize,
    depth: usize,
}

impl<'t> Parser<'t> {
    fn peek(&self) -> Option<&'t Placed> {
        self.tokens.get(self.at)
    }

    fn eat(&mut self, sign: &str) -> bool {
        let is_it = matches!(self.peek(), Some((Token::Sign(s), _)) if *s == sign);
        self.at += usize::from(is_it);
        is_it
    }

    fn expect(&mut self, sign: &str) -> Result<(), ConditionError> {
        if self.eat(sign) {
            return Ok(());
        }
        Err(self.wrong(format!("`{sign}` is missing")))
    }

    /// The place of the next token, or of the end.
    fn here(&self) -> Range<usize> {
        let end = self.end..self.end;
        self.peek().map_or(end, |(_, span)| span.clone())
    }

    fn wrong(&self, message: impl Into<String>) -> ConditionError {
        ConditionError::new(self.here(), message)
    }

    fn choice(&mut self) -> Result<Tree, ConditionError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.wrong(format!("nested deeper than {MAX_DEPTH}")));
        }
        let condition = self.infix(0)?;
        let tree = if self.eat("?") {
            let yes = self.infix(0)?;
            self.expect(":")?;
            let no = self.choice()?;
            let span = condition.span.start..no.span.end;
            let what = What::Choice(condition.into(), yes.into(), no.into());
            Tree { what, span }
        } else {
            condition
        };
        self.depth -= 1;
        Ok(tree)
    }

    /// The operators from the weakest to the strongest; all of them bind to the left.
    fn infix(&mut self, level: usize) -> Result<Tree, ConditionError> {
        const LEVELS: [&[&str]; 3] = [&["||"], &["&&"], &["==", "!=", "<=", ">=", "<", ">", "in"]];
        let Some(known) = LEVELS.get(level) else {
            return self.unary();
        };
        let first = self.infix(level + 1)?;
        let mut items = vec![first];
        let mut length = 0;
        while let Some(operator) = self.operator(known) {
            let right = self.infix(level + 1)?;
            if level < 2 {
                items.push(right);
                continue;
            }
            length += 1;
            if length > MAX_DEPTH {
                return Err(self.wrong(format!("more than {MAX_DEPTH} comparisons in a row")));
            }
            let left = items.pop().expect("there is one");
            let span = left.span.start..right.span.end;
            let what = What::Infix(operator, left.into(), right.into());
            items.push(Tree { what, span });
        }
        if items.len() == 1 {
            return Ok(items.pop().expect("there is one"));
        }
        let span = items[0].span.start..items[items.len() - 1].span.end;
        let what = What::Join(known[0], items);
        Ok(Tree { what, span })
    }

    fn operator(&mut self, known: &[&'static str]) -> Option<&'static str> {
        let word = match &self.peek()?.0 {
            Token::Sign(sign) => *sign,
            Token::Name(name) if name == "in" => "in",
            _ => return None,
        };
        let operator = known.iter().find(|o| **o == word)?;
        self.at += 1;
        Some(operator)
    }

    fn unary(&mut self) -> Result<Tree, ConditionError> {
        let start = self.here().start;
        // Two of them say nothing: a long row is not a deep tree.
        let mut signs = 0;
        while self.eat("!") {
            signs = if signs == 2 { 1 } else { signs + 1 };
        }
        let mut tree = if self.eat("-") {
            match self.peek() {
                Some((Token::Int(number), span)) => {
                    self.at += 1;
                    Tree {
                        what: What::Int(-number),
                        span: start..span.end,
                    }
                }
                _ => return Err(self.wrong("only a number can follow `-`")),
            }
        } else {
            self.member()?
        };
        for _ in 0..signs {
            let span = start..tree.span.end;
            tree = Tree {
                what: What::Not(tree.into()),
                span,
            };
        }
        Ok(tree)
    }

    fn member(&mut self) -> Result<Tree, ConditionError> {
        let mut tree = self.primary()?;
        while self.eat(".") {
            let Some((Token::Name(name), span)) = self.peek() else {
                return Err(self.wrong("a name has to follow the dot"));
            };
            self.at += 1;
            if self.eat("(") {
                let arguments = self.list(")")?;
                let span = tree.span.start..self.tokens[self.at - 1].1.end;
                let what = What::Call(Some(tree.into()), name.clone(), arguments);
                tree = Tree { what, span };
            } else if let What::Path(path) = &mut tree.what {
                path.push('.');
                path.push_str(name);
                tree.span.end = span.end;
            } else {
                return Err(ConditionError::new(span.clone(), "only names have parts"));
            }
        }
        Ok(tree)
    }

    fn primary(&mut self) -> Result<Tree, ConditionError> {
        let Some((token, span)) = self.peek() else {
            return Err(self.wrong("something is missing at the end"));
        };
        self.at += 1;
        let start = span.start;
        let what = match token {
            Token::Text(text) => What::Text(text.clone()),
            Token::Int(number) => What::Int(*number),
            Token::Name(name) if name == "true" || name == "false" => What::Bool(name == "true"),
            Token::Name(name) if name == "in" => {
                return Err(ConditionError::new(
                    span.clone(),
                    "`in` needs something before it",
                ));
            }
            Token::Name(name) if self.eat("(") => What::Call(None, name.clone(), self.list(")")?),
            Token::Name(name) => What::Path(name.clone()),
            Token::Sign("(") => {
                let inner = self.choice()?;
                self.expect(")")?;
                inner.what
            }
            Token::Sign("[") => What::List(self.list("]")?),
            Token::Sign(sign) => {
                let message = format!("`{sign}` cannot stand here");
                return Err(ConditionError::new(span.clone(), message));
            }
        };
        Ok(Tree {
            what,
            span: start..self.tokens[self.at - 1].1.end,
        })
    }

    /// Expressions up to the closing sign.
    fn list(&mut self, close: &str) -> Result<Vec<Tree>, ConditionError> {
        let mut items = Vec::new();
        while !self.eat(close) {
            if !items.is_empty() {
                self.expect(",")?;
                if self.eat(close) {
                    break;
                }
            }
            items.push(self.choice()?);
        }
        Ok(items)
    }
}
