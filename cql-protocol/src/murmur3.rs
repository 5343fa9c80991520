//! Tokens of Murmur3Partitioner: MurmurHash3 x64 128, first half, as Cassandra computes it.
//!
//! It differs from the published algorithm: the up to 15 bytes after the last whole block are taken as signed, so a
//! byte above 0x7F reaches the higher ones as well. Data on disk depends on it, so the server keeps it.

const C1: u64 = 0x87c3_7b91_1142_53d5;
const C2: u64 = 0x4cf5_ad43_2745_937f;
const BLOCK: usize = 16;

/// The hash of a serialized partition key that comes in pieces: of a single column its value, of several each value with
/// its length in two bytes before it and a zero byte after it.
///
/// ```
/// use cql_protocol::murmur3::Murmur3;
///
/// let mut hash = Murmur3::default();
/// hash.write(&1_i32.to_be_bytes());
/// assert_eq!(hash.finish(), Murmur3::token(&1_i32.to_be_bytes()));
/// assert_eq!(Murmur3::token(&1_i32.to_be_bytes()), -4069959284402364209);
/// ```
#[derive(Debug, Default)]
pub struct Murmur3 {
    h1: u64,
    h2: u64,
    /// What came after the last whole block: the first `length % 16` bytes count.
    tail: [u8; BLOCK],
    length: usize,
}

impl Murmur3 {
    /// Takes the next bytes of the key.
    pub fn write(&mut self, mut bytes: &[u8]) {
        let filled = self.length % BLOCK;
        self.length += bytes.len();
        if filled > 0 {
            let taken = bytes.len().min(BLOCK - filled);
            let (head, rest) = bytes.split_at(taken);
            self.tail[filled..filled + taken].copy_from_slice(head);
            if filled + taken < BLOCK {
                return;
            }
            let block = self.tail;
            self.mix(&block);
            bytes = rest;
        }
        let (blocks, rest) = bytes.as_chunks();
        for block in blocks {
            self.mix(block);
        }
        self.tail[..rest.len()].copy_from_slice(rest);
    }

    /// The token of a whole key.
    #[inline]
    #[must_use]
    pub fn token(key: &[u8]) -> i64 {
        let mut hash = Murmur3 { length: key.len(), ..Murmur3::default() };
        let (blocks, tail) = key.as_chunks();
        for block in blocks {
            hash.mix(block);
        }
        hash.finish_with(tail)
    }

    /// The token. That of an empty key is the smallest number, which no other key has.
    #[must_use]
    pub fn finish(self) -> i64 {
        self.finish_with(&self.tail[..self.length % BLOCK])
    }

    /// The token: the first 64 bits, with the smallest number left for the start of the ring. `tail` came after the last
    /// whole block.
    #[inline]
    fn finish_with(&self, tail: &[u8]) -> i64 {
        if self.length == 0 {
            return i64::MIN;
        }
        let (mut h1, mut h2) = (self.h1, self.h2);
        let (low, high) = tail.split_at(tail.len().min(8));
        h2 ^= signed_word(high).wrapping_mul(C2).rotate_left(33).wrapping_mul(C1);
        h1 ^= signed_word(low).wrapping_mul(C1).rotate_left(31).wrapping_mul(C2);

        let length = self.length as u64;
        h1 ^= length;
        h2 ^= length;
        h1 = h1.wrapping_add(h2);
        h2 = h2.wrapping_add(h1);
        let token = avalanche(h1).wrapping_add(avalanche(h2)).cast_signed();
        if token == i64::MIN { i64::MAX } else { token }
    }

    #[inline]
    fn mix(&mut self, block: &[u8; BLOCK]) {
        let both = u128::from_le_bytes(*block);
        // Both halves of the block, low first.
        #[expect(clippy::cast_possible_truncation)]
        let (k1, k2) = (both as u64, (both >> 64) as u64);

        self.h1 ^= k1.wrapping_mul(C1).rotate_left(31).wrapping_mul(C2);
        self.h1 = self.h1.rotate_left(27).wrapping_add(self.h2);
        self.h1 = self.h1.wrapping_mul(5).wrapping_add(0x52dc_e729);
        self.h2 ^= k2.wrapping_mul(C2).rotate_left(33).wrapping_mul(C1);
        self.h2 = self.h2.rotate_left(31).wrapping_add(self.h1);
        self.h2 = self.h2.wrapping_mul(5).wrapping_add(0x3849_5ab5);
    }
}

/// Up to eight bytes, little-endian, each sign-extended over those above it: a negative one inverts all of them.
#[inline]
fn signed_word(bytes: &[u8]) -> u64 {
    let word = match bytes.first_chunk() {
        Some(bytes) => u64::from_le_bytes(*bytes),
        None => bytes.iter().rev().fold(0, |word, byte| (word << 8) | u64::from(*byte)),
    };
    // In the lowest bit of each byte: whether an odd number of bytes from it downwards is negative.
    let mut odd = (word >> 7) & 0x0101_0101_0101_0101;
    odd ^= odd << 8;
    odd ^= odd << 16;
    odd ^= odd << 32;
    word ^ (odd << 8).wrapping_mul(0xFF)
}

#[inline]
fn avalanche(mut h: u64) -> u64 {
    h ^= h >> 33;
    h = h.wrapping_mul(0xff51_afd7_ed55_8ccd);
    h ^= h >> 33;
    h = h.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    h ^ (h >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn token(key: &[u8]) -> i64 {
        let mut hash = Murmur3::default();
        hash.write(key);
        hash.finish()
    }

    /// Written from the server's `MurmurHash.hash3_x64_128`, statement by statement, in signed arithmetic.
    fn reference(key: &[u8]) -> i64 {
        const C1: i64 = 0x87c3_7b91_1142_53d5_u64.cast_signed();
        const C2: i64 = 0x4cf5_ad43_2745_937f;
        let byte = |at: usize| i64::from(key[at]);
        let signed = |at: usize| i64::from(key[at].cast_signed());
        let word = |at: usize| (0..8).map(|i| byte(at + i) << (8 * i)).sum::<i64>();
        let k1_of = |k: i64| k.wrapping_mul(C1).rotate_left(31).wrapping_mul(C2);
        let k2_of = |k: i64| k.wrapping_mul(C2).rotate_left(33).wrapping_mul(C1);
        let logical = |k: i64| (k.cast_unsigned() >> 33).cast_signed();
        let fmix = |mut k: i64| {
            k ^= logical(k);
            k = k.wrapping_mul(0xff51_afd7_ed55_8ccd_u64.cast_signed());
            k ^= logical(k);
            k = k.wrapping_mul(0xc4ce_b9fe_1a85_ec53_u64.cast_signed());
            k ^ logical(k)
        };
        let (mut h1, mut h2) = (0_i64, 0_i64);
        let whole = key.len() / 16 * 16;
        for at in (0..whole).step_by(16) {
            h1 ^= k1_of(word(at));
            h1 = h1.rotate_left(27).wrapping_add(h2).wrapping_mul(5).wrapping_add(0x52dc_e729);
            h2 ^= k2_of(word(at + 8));
            h2 = h2.rotate_left(31).wrapping_add(h1).wrapping_mul(5).wrapping_add(0x3849_5ab5);
        }
        let (mut k1, mut k2) = (0, 0);
        for at in (whole..key.len()).rev() {
            match at - whole {
                i @ 8.. => k2 ^= signed(at) << (8 * (i - 8)),
                i => k1 ^= signed(at) << (8 * i),
            }
        }
        h2 ^= k2_of(k2);
        h1 ^= k1_of(k1);
        let length = i64::try_from(key.len()).unwrap();
        h1 ^= length;
        h2 ^= length;
        h1 = h1.wrapping_add(h2);
        h2 = h2.wrapping_add(h1);
        fmix(h1).wrapping_add(fmix(h2))
    }

    #[test]
    fn tokens_are_those_that_the_server_answers() {
        // token(i) of int columns and token(t) of text columns.
        assert_eq!(token(&0_i32.to_be_bytes()), -3_485_513_579_396_041_028);
        assert_eq!(token(&1_i32.to_be_bytes()), -4_069_959_284_402_364_209);
        assert_eq!(token(&2_i32.to_be_bytes()), -3_248_873_570_005_575_792);
        assert_eq!(token(&3_i32.to_be_bytes()), 9_010_454_139_840_013_625);
        assert_eq!(token(b"123"), -7_468_325_962_851_647_638);
        assert_eq!(token(b"a"), -8_839_064_797_231_613_815);
        assert_eq!(token(b"\x00\xff\x10\xfa\x99".repeat(10).as_slice()), 5_837_342_703_291_459_765);
        assert_eq!(token(b"\xfe".repeat(8).as_slice()), -8_927_430_733_708_461_935);
        assert_eq!(token(b"\x10".repeat(8).as_slice()), 1_446_172_840_243_228_796);
        assert_eq!(token(b"9223372036854775807"), 7_162_290_910_810_015_547);
    }

    #[test]
    fn an_empty_key_lies_at_the_start_of_the_ring() {
        assert_eq!(token(b""), i64::MIN);
    }

    #[test]
    fn every_length_of_tail_agrees_with_the_reference() {
        for fill in [0x00, 0x01, 0x7F, 0x80, 0xFE, 0xFF] {
            for length in 1..=40 {
                let key = vec![fill; length];
                assert_eq!(token(&key), reference(&key), "{length} bytes of {fill:#x}");
            }
        }
    }

    proptest! {
        #[test]
        fn pieces_hash_as_the_whole(key in proptest::collection::vec(any::<u8>(), 1..200), cuts in any::<[usize; 3]>()) {
            let mut hash = Murmur3::default();
            let mut rest = key.as_slice();
            for cut in cuts {
                let (piece, after) = rest.split_at(cut % (rest.len() + 1));
                hash.write(piece);
                rest = after;
            }
            hash.write(rest);
            prop_assert_eq!(hash.finish(), reference(&key));
            prop_assert_eq!(token(&key), reference(&key));
        }
    }
}
