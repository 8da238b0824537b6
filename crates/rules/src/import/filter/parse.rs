//! The expression language of filters, as far as filters use it.

/// A part of an expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Expr {
    Text(String),
    Number(f64),
    Name(String),
    List(Vec<Self>),
    /// A function without its namespace, and what it is given.
    Call(String, Vec<Self>),
    Index(Box<Self>, Box<Self>),
    /// The left side of `??`.
    Default(Box<Self>),
    Not(Box<Self>),
    And(Box<(Self, Self)>),
    Or(Box<(Self, Self)>),
    Compare(Box<Self>, String, Box<Self>),
}

impl Expr {
    /// What it is, in a few words.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Text(_) => "a text".to_owned(),
            Self::Number(number) => number.to_string(),
            Self::Name(name) => name.clone(),
            Self::List(_) => "a list".to_owned(),
            Self::Call(name, _) => format!("{name}(…)"),
            Self::Index(of, key) => match &**key {
                Self::Text(key) => format!("{}[{key:?}]", of.shown()),
                _ => format!("{}[…]", of.shown()),
            },
            Self::Default(of) => of.shown(),
            Self::Not(inner) => format!("!{}", inner.shown()),
            Self::And(sides) => format!("{} && …", sides.0.shown()),
            Self::Or(sides) => format!("{} || …", sides.0.shown()),
            Self::Compare(left, sign, right) => {
                format!("{} {sign} {}", left.shown(), right.shown())
            }
        }
    }
}

/// Deeper expressions are refused.
const MAX_DEPTH: usize = 64;

/// Longer chains are refused: a chain is nested to its left.
const MAX_CHAIN: usize = 1000;

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Text(String),
    Number(f64),
    Name(String),
    Sign(&'static str),
}

const SIGNS: &[&str] = &[
    "||", "&&", "<=", ">=", "==", "!=", "??", "<", ">", "!", "(", ")", "[", "]", ",", ".", "+",
    "-", "*", "/", "%", "?", ":", ";", "=", "{", "}", "|", "#",
];

/// Parses an expression.
pub(super) fn parse(text: &str) -> Result<Expr, String> {
    let tokens = tokens(text)?;
    let assigns = |token: &Token| *token == Token::Name("let".to_owned());
    if tokens.iter().any(assigns) {
        return Err("it uses `let`".to_owned());
    }
    let mut reader = Reader {
        tokens: &tokens,
        depth: 0,
    };
    let expr = reader.or()?;
    match reader.tokens.first() {
        None => Ok(expr),
        Some(_) => Err(format!("something follows `{}`", expr.shown())),
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(c) = rest.chars().next() {
        if let Some(comment) = rest.strip_prefix("//") {
            rest = comment.split_once('\n').map_or("", |(_, rest)| rest);
        } else if matches!(c, '"' | '\'' | '`') {
            let (text, after) = quoted(&rest[1..], c)?;
            tokens.push(Token::Text(text));
            rest = after;
        } else if c.is_ascii_digit() {
            let end = rest
                .find(|c: char| !(c.is_ascii_digit() || c == '.'))
                .unwrap_or(rest.len());
            let number = rest[..end].parse();
            tokens.push(Token::Number(
                number.map_err(|_| format!("`{}` is no number", &rest[..end]))?,
            ));
            rest = &rest[end..];
        } else if c.is_alphabetic() || c == '_' || c == '$' {
            let end = rest
                .find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$'))
                .unwrap_or(rest.len());
            tokens.push(Token::Name(rest[..end].to_owned()));
            rest = &rest[end..];
        } else {
            let sign = SIGNS.iter().find(|sign| rest.starts_with(**sign));
            let sign = sign.ok_or_else(|| format!("`{c}` has no meaning"))?;
            tokens.push(Token::Sign(sign));
            rest = &rest[sign.len()..];
        }
        rest = rest.trim_start();
    }
    Ok(tokens)
}

/// The text up to the closing quote, and what follows it.
fn quoted(text: &str, quote: char) -> Result<(String, &str), String> {
    let mut out = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            _ if c == quote => return Ok((out, &text[at + 1..])),
            '\\' if quote != '`' => match chars.next() {
                Some((_, 'n')) => out.push('\n'),
                Some((_, 't')) => out.push('\t'),
                Some((_, 'r')) => out.push('\r'),
                Some((_, other)) => out.push(other),
                None => break,
            },
            _ => out.push(c),
        }
    }
    Err("a text does not end".to_owned())
}

fn chain(length: &mut usize) -> Result<(), String> {
    *length += 1;
    if *length > MAX_CHAIN {
        return Err(format!("more than {MAX_CHAIN} parts in a row"));
    }
    Ok(())
}

struct Reader<'t> {
    tokens: &'t [Token],
    depth: usize,
}

impl Reader<'_> {
    fn eat(&mut self, sign: &str) -> bool {
        let here = match self.tokens.first() {
            Some(Token::Sign(found)) => *found == sign,
            Some(Token::Name(found)) => found == sign,
            _ => false,
        };
        if here {
            self.tokens = &self.tokens[1..];
        }
        here
    }

    fn expect(&mut self, sign: &str) -> Result<(), String> {
        if self.eat(sign) {
            Ok(())
        } else {
            Err(format!("`{sign}` is missing"))
        }
    }

    fn or(&mut self) -> Result<Expr, String> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(format!("nested deeper than {MAX_DEPTH} levels"));
        }
        let mut left = self.and()?;
        let mut length = 0;
        while self.eat("||") || self.eat("or") {
            chain(&mut length)?;
            left = Expr::Or(Box::new((left, self.and()?)));
        }
        self.depth -= 1;
        Ok(left)
    }

    fn and(&mut self) -> Result<Expr, String> {
        let mut left = self.comparison()?;
        let mut length = 0;
        while self.eat("&&") || self.eat("and") {
            chain(&mut length)?;
            left = Expr::And(Box::new((left, self.comparison()?)));
        }
        Ok(left)
    }

    fn comparison(&mut self) -> Result<Expr, String> {
        let left = self.unary()?;
        for sign in ["<=", ">=", "==", "!=", "<", ">"] {
            if self.eat(sign) {
                let right = self.unary()?;
                return Ok(Expr::Compare(
                    Box::new(left),
                    sign.to_owned(),
                    Box::new(right),
                ));
            }
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Expr, String> {
        let mut odd = false;
        while self.eat("!") || self.eat("not") {
            odd = !odd;
        }
        let inner = self.postfix()?;
        Ok(if odd {
            Expr::Not(Box::new(inner))
        } else {
            inner
        })
    }

    fn postfix(&mut self) -> Result<Expr, String> {
        let mut expr = self.primary()?;
        let mut length = 0;
        loop {
            chain(&mut length)?;
            expr = if self.eat("[") {
                let key = self.or()?;
                self.expect("]")?;
                Expr::Index(Box::new(expr), Box::new(key))
            } else if self.eat("(") {
                let Expr::Name(name) = expr else {
                    return Err(format!("`{}` is no function", expr.shown()));
                };
                Expr::Call(name, self.until(")")?)
            } else if self.eat(".") {
                // A function is known by its last name, a field by its key.
                match self.tokens.split_first() {
                    Some((Token::Name(name), rest)) => {
                        self.tokens = rest;
                        match (expr, self.tokens.first()) {
                            (_, Some(Token::Sign("("))) => Expr::Name(name.clone()),
                            (of, _) => {
                                Expr::Index(Box::new(of), Box::new(Expr::Text(name.clone())))
                            }
                        }
                    }
                    _ => return Err("a name is missing behind a dot".to_owned()),
                }
            } else if self.eat("??") {
                self.primary()?;
                Expr::Default(Box::new(expr))
            } else {
                return Ok(expr);
            };
        }
    }

    /// The items up to a closing sign.
    fn until(&mut self, close: &str) -> Result<Vec<Expr>, String> {
        let mut items = Vec::new();
        while !self.eat(close) {
            items.push(self.or()?);
            if !self.eat(",") {
                self.expect(close)?;
                break;
            }
        }
        Ok(items)
    }

    fn primary(&mut self) -> Result<Expr, String> {
        if self.eat("(") {
            let inner = self.or()?;
            self.expect(")")?;
            return Ok(inner);
        }
        if self.eat("[") {
            return Ok(Expr::List(self.until("]")?));
        }
        let Some((token, rest)) = self.tokens.split_first() else {
            return Err("it ends too early".to_owned());
        };
        self.tokens = rest;
        match token {
            Token::Text(text) => Ok(Expr::Text(text.clone())),
            Token::Number(number) => Ok(Expr::Number(*number)),
            Token::Name(name) => Ok(Expr::Name(name.clone())),
            Token::Sign(sign) => Err(format!("`{sign}` stands where a value should")),
        }
    }
}
