//! Inputs made of others: what a fuzzer does, without its feedback, by seed.

use fastrand::Rng;

/// Numbers that lengths, counts and codes have at their borders.
const INTERESTING: [i64; 14] =
    [0, 1, 2, -1, -2, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFF_FFFF, 0xFFFF_FFFF, i64::MIN];

/// Changes `input` in one to eight ways; `other` is what may be spliced in.
#[must_use]
pub fn mutate(input: &[u8], other: &[u8], random: &mut Rng) -> Vec<u8> {
    let mut bytes = input.to_vec();
    for _ in 0..random.usize(1..=8) {
        change(&mut bytes, other, random);
    }
    bytes
}

fn change(bytes: &mut Vec<u8>, other: &[u8], random: &mut Rng) {
    let length = bytes.len();
    if length == 0 {
        bytes.extend_from_slice(other);
        return;
    }
    let at = random.usize(..length);
    match random.u8(..8) {
        0 => set(bytes, at, |byte| byte ^ 1 << random.u8(..8)),
        1 => set(bytes, at, |_| random.u8(..)),
        2 => bytes.truncate(at),
        3 => drop(bytes.drain(at..length.min(at + random.usize(1..=16)))),
        4 => {
            let inserted: Vec<u8> = (0..random.usize(1..=16)).map(|_| random.u8(..)).collect();
            bytes.splice(at..at, inserted);
        }
        5 => {
            let from = random.usize(..=other.len());
            let to = random.usize(from..=other.len());
            let part = other.get(from..to).unwrap_or_default().iter().copied();
            bytes.splice(at.., part);
        }
        6 => {
            let again: Vec<u8> = bytes.get(at..length.min(at + 64)).unwrap_or_default().to_vec();
            bytes.splice(at..at, again);
        }
        _ => {
            let value = INTERESTING[random.usize(..INTERESTING.len())].to_be_bytes();
            let width = [1, 2, 4, 8][random.usize(..4)];
            let end = value.get(8 - width..).unwrap_or_default();
            for (offset, new) in end.iter().enumerate() {
                set(bytes, at + offset, |_| *new);
            }
        }
    }
}

fn set(bytes: &mut [u8], at: usize, new: impl FnOnce(u8) -> u8) {
    if let Some(byte) = bytes.get_mut(at) {
        *byte = new(*byte);
    }
}

/// Changes a text in one to four ways, by words, literals and symbols; `other` is what such are taken from.
#[must_use]
pub fn mutate_text(input: &[u8], other: &[u8], random: &mut Rng) -> Vec<u8> {
    let (input, other) = (String::from_utf8_lossy(input), String::from_utf8_lossy(other));
    let (mut pieces, others) = (pieces(&input), pieces(&other));
    for _ in 0..random.usize(1..=4) {
        if !pieces.is_empty() {
            change_pieces(&mut pieces, &others, random);
        }
    }
    pieces.concat().into_bytes()
}

fn change_pieces<'t>(pieces: &mut Vec<&'t str>, others: &[&'t str], random: &mut Rng) {
    let at = random.usize(..pieces.len());
    let next = random.usize(at..pieces.len()).min(at + 12);
    match random.u8(..8) {
        0 => drop(pieces.remove(at)),
        1 => pieces.insert(at, pieces[at]),
        2 => pieces.swap(at, next),
        3 => pieces[at] = BORDERS[random.usize(..BORDERS.len())],
        4 => {
            let (open, close) = ENCLOSING[random.usize(..ENCLOSING.len())];
            let times = [1, 1, 2, 40, 70][random.usize(..5)];
            pieces.splice(next + 1..next + 1, std::iter::repeat_n(close, times));
            pieces.splice(at..at, std::iter::repeat_n(open, times));
        }
        5 => {
            let again = pieces[at..=next].to_vec();
            pieces.splice(at..at, again);
        }
        _ if others.is_empty() => {}
        6 => pieces[at] = others[random.usize(..others.len())],
        _ => {
            let from = random.usize(..others.len());
            let to = (from + random.usize(1..=12)).min(others.len());
            pieces.splice(at..at, others[from..to].iter().copied());
        }
    }
}

const ENCLOSING: [(&str, &str); 5] = [("(", ")"), ("[", "]"), ("{", "}"), ("-(", ")"), ("(int)", "")];

/// Words and literals at the borders of what they may be.
const BORDERS: [&str; 26] = [
    "0",
    "-1",
    "2147483647",
    "-2147483648",
    "9223372036854775807",
    "-9223372036854775808",
    "99999999999999999999999999999999",
    "1e1000000000",
    "1e-2147483648",
    "0.0",
    "NaN",
    "-Infinity",
    "''",
    "'\u{10FFFF}'",
    "0x",
    "0xABC",
    "null",
    "?",
    ":n",
    "[]",
    "{}",
    "true",
    "'-999999999-01-01'",
    "9223372036854775807ns",
    "-2147483647mo",
    "00000000-0000-1000-8000-000000000000",
];

/// Words, texts, symbols, and the space between them.
fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '\'' | '"' => rest.get(1..).and_then(|rest| rest.find(first)).map_or(rest.len(), |end| end + 2),
            letter if is_of_word(letter) => rest.find(|next| !is_of_word(next)).unwrap_or(rest.len()),
            other => other.len_utf8(),
        };
        let (piece, behind) = rest.split_at(length);
        pieces.push(piece);
        rest = behind;
    }
    pieces
}

fn is_of_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}
