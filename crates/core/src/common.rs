//! How common bytes are in source code: to choose which bytes of an anchor to look for,
//! and to tell words from random values.

/// How many bytes the table of common grams goes by, as the anchor pass does.
const GRAM: usize = 4;

/// The grams that stand most often in source code, folded as the anchor pass folds, with a
/// digit of base 36 that says how often: the third of a power of two. Sorted, and written
/// by `xtask grams` over trees of the user's choice.
const GRAMS: &[u8] = include_bytes!("grams.txt");

/// How many bytes of that file belong to one gram, and how many grams are in a line.
const ENTRY: usize = GRAM + 1;
const IN_LINE: usize = 16;

/// Of an anchor that is longer, the bytes that are looked for are among so many of its last,
/// and start no farther than so many behind its first where they can. So of an object that
/// was made of another, few bytes on either side of what is new are searched again.
pub(crate) const NEAR: usize = 16;

/// Where the rarest four bytes of an anchor start, of those that may be looked for. Worked
/// out when a rule is lowered.
pub(crate) fn rarest(literal: &[u8]) -> u8 {
    let first = literal.len().saturating_sub(NEAR);
    let last = literal.len().saturating_sub(GRAM).min(first.max(NEAR));
    (first..=last)
        .min_by_key(|&at| {
            let gram = &literal[at..literal.len().min(at + GRAM)];
            (grade(gram), commonness(gram))
        })
        .and_then(|at| u8::try_from(at).ok())
        .unwrap_or(0)
}

/// How common a gram is; 0 if it is not among the common ones.
fn grade(gram: &[u8]) -> u32 {
    let count = GRAMS.len().div_ceil(ENTRY * IN_LINE + 1) * IN_LINE;
    let entry = |number: usize| {
        let at = number / IN_LINE * (ENTRY * IN_LINE + 1) + number % IN_LINE * ENTRY;
        GRAMS.get(at..at + ENTRY)
    };
    let folded = |byte: &u8| byte | 0x20;
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = low.midpoint(high);
        match entry(middle).map(|entry| {
            entry[..GRAM]
                .iter()
                .map(folded)
                .cmp(gram.iter().map(folded))
        }) {
            Some(std::cmp::Ordering::Less) => low = middle + 1,
            _ => high = middle,
        }
    }
    entry(low)
        .filter(|entry| entry[..GRAM].iter().map(folded).eq(gram.iter().map(folded)))
        .and_then(|entry| char::from(entry[GRAM]).to_digit(36))
        .map_or(0, |digit| digit + 1)
}

/// How often the bytes stand together in source code, roughly, as a sum of logarithms.
/// Used to choose between the grams of one anchor, and to tell words from random values.
pub(crate) fn commonness(bytes: &[u8]) -> u32 {
    let place = |byte: &u8| match byte.to_ascii_lowercase() {
        letter @ b'a'..=b'z' => usize::from(letter - b'a'),
        b'0'..=b'9' => 26,
        b'_' => 27,
        b'-' => 28,
        b' ' => 29,
        0x21..=0x7E => 30,
        _ => 31,
    };
    let digit = |pair: &[u8]| char::from(PAIRS[place(&pair[0])][place(&pair[1])]).to_digit(36);
    bytes.windows(2).filter_map(digit).sum()
}

/// The logarithm of how often one byte follows another, as a digit of base 36: letters in
/// any case, digits, `_`, `-`, blank, other printable bytes, all the rest. Counted in 180
/// MB of public source code in four languages (2026-11); made to be read by a program.
const PAIRS: [&[u8; 32]; 32] = [
    b"gjljefjcjbflllckdllnjhffhdbedib1",
    b"iffdjcbbgfbjcbibbegejaaahabdadb2",
    b"kdgcldbkhajjdcmecigliabaeabdaia0",
    b"jgfhmdcckbbgddigaghehccceabhekd8",
    b"khllijhegeckjmfjjnnmghjkgcbjgnf8",
    b"jcccggcblbbgcbjbbieggaaaeabcbja1",
    b"gedckhfgibaedfgcbjheibbacb9feid3",
    b"jcdcmbbbjaccecjdbgeigbbabb9faib2",
    b"iiljjjjacackknmhdjllbiafah9bbd90",
    b"haccgaaababacahbbagaebbaaa966960",
    b"fcccjbdagaaccccbcbgcdacaaa9eagb2",
    b"lfeimgcdlackddkfadjjjfcaga9gdjc4",
    b"kfddmbbbibbggejkdbgdfcbbea9fchb1",
    b"kejlkjldjcgggijgcelmihcbfa9hele5",
    b"hijjfiibhegjknjkanikkhhecd9fcib5",
    b"kceelccehadkdbkjalhjhbbdga9gcgb2",
    b"cabaaacaaacfaabbbaaajaaaaa874960",
    b"leiinfjcmbighjlfajklihdbja9hele5",
    b"idifnedikaggefjkeelnjcfafa9ielf6",
    b"leifnfdnndcggfliblkjjdgdjcbjglf7",
    b"iiggkefbiaakikdialjkbaacaa976g60",
    b"kbdalabaiaaecbgbaabbabaabaaa9c80",
    b"hbbbhabgjaacbfibagfcaagaab9d9h91",
    b"fbhbfbabfaabdabhacciaaacdaacce90",
    b"eddcecbbdaaeeehiaegfbccacb9fcjc4",
    b"daaahaaadaaabadaaaaabaaabb878a60",
    b"bbbbbb888989a98a8999898a89d8bca2",
    b"hfighhdfhcegghghbhhhfff8998f3c70",
    b"eefdddcbeb9ddccf8dfebcc878c1hh81",
    b"mjlklkiiligkjkljdklmjijdgbfeirh0",
    b"dceccbbbca8cccbc7cedaaa775988hb6",
    b"63645522800343370766052000003d34",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_of_grams_is_in_order() {
        let lines: Vec<&[u8]> = GRAMS.split(|&b| b == b'\n').collect();
        let fold = |gram: &[u8]| gram.iter().map(|b| b | 0x20).collect::<Vec<u8>>();
        let grams: Vec<Vec<u8>> = lines
            .iter()
            .flat_map(|line| line.chunks(ENTRY).map(|entry| fold(&entry[..GRAM])))
            .collect();
        assert!(grams.len() > 1000 && grams.is_sorted());
        for entry in lines.iter().flat_map(|line| line.chunks(ENTRY)) {
            assert!(grade(&entry[..GRAM]) > 0, "{entry:?}");
        }
    }

    #[test]
    fn words_are_told_by_what_is_rare_in_them() {
        for word in ["qualaroo", "truenas", "typeform", "vaultsecretid"] {
            let at = usize::from(rarest(word.as_bytes()));
            assert_eq!(grade(&word.as_bytes()[at..at + GRAM]), 0, "{word}");
        }
        assert_eq!(grade(b"zqxj"), 0);
        assert!(grade(b"    ") > grade(b"self"));
    }
}
