//! MD5 (RFC 1321), for the random partitioner and nothing else: it is broken as a cryptographic hash.

/// The integer part of 2^32 × |sin(i + 1)|.
#[rustfmt::skip]
const SINES: [u32; 64] = [
    0xd76a_a478, 0xe8c7_b756, 0x2420_70db, 0xc1bd_ceee, 0xf57c_0faf, 0x4787_c62a, 0xa830_4613, 0xfd46_9501,
    0x6980_98d8, 0x8b44_f7af, 0xffff_5bb1, 0x895c_d7be, 0x6b90_1122, 0xfd98_7193, 0xa679_438e, 0x49b4_0821,
    0xf61e_2562, 0xc040_b340, 0x265e_5a51, 0xe9b6_c7aa, 0xd62f_105d, 0x0244_1453, 0xd8a1_e681, 0xe7d3_fbc8,
    0x21e1_cde6, 0xc337_07d6, 0xf4d5_0d87, 0x455a_14ed, 0xa9e3_e905, 0xfcef_a3f8, 0x676f_02d9, 0x8d2a_4c8a,
    0xfffa_3942, 0x8771_f681, 0x6d9d_6122, 0xfde5_380c, 0xa4be_ea44, 0x4bde_cfa9, 0xf6bb_4b60, 0xbebf_bc70,
    0x289b_7ec6, 0xeaa1_27fa, 0xd4ef_3085, 0x0488_1d05, 0xd9d4_d039, 0xe6db_99e5, 0x1fa2_7cf8, 0xc4ac_5665,
    0xf429_2244, 0x432a_ff97, 0xab94_23a7, 0xfc93_a039, 0x655b_59c3, 0x8f0c_cc92, 0xffef_f47d, 0x8584_5dd1,
    0x6fa8_7e4f, 0xfe2c_e6e0, 0xa301_4314, 0x4e08_11a1, 0xf753_7e82, 0xbd3a_f235, 0x2ad7_d2bb, 0xeb86_d391,
];
/// By how much each step rotates, for each round.
const ROTATIONS: [[u32; 4]; 4] = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];
const BLOCK: usize = 64;

/// The digest of a key that comes in pieces.
#[derive(Debug)]
pub(super) struct Md5 {
    state: [u32; 4],
    /// What came after the last whole block: the first `length % 64` bytes count.
    tail: [u8; BLOCK],
    length: usize,
}

impl Default for Md5 {
    fn default() -> Self {
        let state = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476];
        Md5 { state, tail: [0; BLOCK], length: 0 }
    }
}

impl Md5 {
    pub(super) fn write(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while !rest.is_empty() {
            let filled = self.length % BLOCK;
            let (piece, after) = rest.split_at(rest.len().min(BLOCK - filled));
            self.tail[filled..filled + piece.len()].copy_from_slice(piece);
            self.length += piece.len();
            if self.length.is_multiple_of(BLOCK) {
                self.mix();
            }
            rest = after;
        }
    }

    pub(super) fn finish(mut self) -> [u8; 16] {
        let bits = (self.length as u64).wrapping_mul(8);
        self.write(&[0x80]);
        while self.length % BLOCK != BLOCK - 8 {
            self.write(&[0]);
        }
        self.write(&bits.to_le_bytes());
        let mut digest = [0; 16];
        for (bytes, word) in digest.as_chunks_mut().0.iter_mut().zip(self.state) {
            *bytes = word.to_le_bytes();
        }
        digest
    }

    fn mix(&mut self) {
        let mut words = [0; 16];
        for (word, bytes) in words.iter_mut().zip(self.tail.as_chunks().0) {
            *word = u32::from_le_bytes(*bytes);
        }
        let [mut a, mut b, mut c, mut d] = self.state;
        for (step, sine) in SINES.into_iter().enumerate() {
            let round = step / 16;
            let (mixed, word) = match round {
                0 => ((b & c) | (!b & d), step),
                1 => ((d & b) | (!d & c), 5 * step + 1),
                2 => (b ^ c ^ d, 3 * step + 5),
                _ => (c ^ (b | !d), 7 * step),
            };
            let sum = a.wrapping_add(mixed).wrapping_add(sine).wrapping_add(words[word % 16]);
            (a, d, c) = (d, c, b);
            b = b.wrapping_add(sum.rotate_left(ROTATIONS[round][step % 4]));
        }
        for (state, add) in self.state.iter_mut().zip([a, b, c, d]) {
            *state = state.wrapping_add(add);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(pieces: &[&[u8]]) -> u128 {
        let mut hash = Md5::default();
        pieces.iter().for_each(|piece| hash.write(piece));
        u128::from_be_bytes(hash.finish())
    }

    #[test]
    fn digests_are_those_of_rfc_1321() {
        assert_eq!(digest(&[]), 0xd41d_8cd9_8f00_b204_e980_0998_ecf8_427e);
        assert_eq!(digest(&[b"message ", b"digest"]), 0xf96b_697d_7cb7_938d_525a_2f31_aaf1_61d0);
        let numbers = b"1234567890".repeat(8);
        let expected = 0x57ed_f4a2_2be3_c955_ac49_da2e_2107_b67a;
        assert_eq!(digest(&[&numbers]), expected);
        for cut in 0..numbers.len() {
            let (head, rest) = numbers.split_at(cut);
            assert_eq!(digest(&[head, rest]), expected, "cut at {cut}");
        }
    }
}
