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
