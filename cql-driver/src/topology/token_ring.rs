//! The ring: which node owns which token.

use crate::ids::NodeIndex;
use crate::routing::Token;

/// All tokens of the cluster in order, each with the node that owns it.
///
/// A token owns the range that ends with it and begins after the one before; the first owns what comes after the last
/// as well. Positions number the ranges from 0.
#[derive(Debug, Clone, Default)]
pub struct TokenRing {
    tokens: Tokens,
    owners: Box<[NodeIndex]>,
}

#[derive(Debug, Clone)]
enum Tokens {
    Murmur3(Murmur3Tokens),
    Other(Box<[Token]>),
}

impl Default for Tokens {
    fn default() -> Self {
        Tokens::Other(Box::default())
    }
}

/// Murmur3 spreads tokens evenly, so a table over their leading bits finds a range in about one comparison, at 48
/// tokens as at 10,000. A binary search over the few tokens that share those bits keeps uneven rings logarithmic.
#[derive(Debug, Clone)]
struct Murmur3Tokens {
    tokens: Box<[i64]>,
    /// For each value of the leading bits, how many tokens come before it; one more entry for the end.
    before: Box<[u32]>,
    shift: u32,
}

/// 2^16 entries, 256 KiB: more tokens than that share their leading bits.
const MAX_LEADING_BITS: u32 = 16;

impl TokenRing {
    /// The ring of these tokens. Of two owners of one token the first stays: the server does not allow it, but it may
    /// show for a moment while a node is replaced.
    pub(super) fn new(mut owned: Vec<(Token, NodeIndex)>) -> Self {
        owned.sort();
        owned.dedup_by(|later, earlier| later.0 == earlier.0);
        let owners = owned.iter().map(|(_, owner)| *owner).collect();
        let murmur3: Option<Box<[i64]>> = owned.iter().map(|(token, _)| token.as_murmur3()).collect();
        let tokens = match murmur3 {
            Some(tokens) => Tokens::Murmur3(Murmur3Tokens::new(tokens)),
            None => Tokens::Other(owned.into_iter().map(|(token, _)| token).collect()),
        };
        TokenRing { tokens, owners }
    }

    /// How many tokens, and so ranges, there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.owners.len()
    }

    /// Whether no node's tokens are known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.owners.is_empty()
    }

    /// The tokens in order, each with its owner.
    pub fn iter(&self) -> impl Iterator<Item = (Token, NodeIndex)> + '_ {
        (0..).map_while(|position| self.token(position)).zip(self.owners.iter().copied())
    }

    /// The node whose range the token is in.
    #[must_use]
    pub fn owner(&self, token: &Token) -> Option<NodeIndex> {
        self.position(token).map(|position| self.owners[position])
    }

    /// The owners by position.
    pub(super) fn owners(&self) -> &[NodeIndex] {
        &self.owners
    }

    /// The range that the token is in. `None` when the ring is empty or of another partitioner.
    #[inline]
    pub(super) fn position(&self, token: &Token) -> Option<usize> {
        let first = match (&self.tokens, token.as_murmur3()) {
            (Tokens::Murmur3(ring), Some(token)) => ring.first_not_below(token),
            (Tokens::Other(ring), None) => ring.partition_point(|owned| owned < token),
            _ => return None,
        };
        match self.owners.len() {
            0 => None,
            len if first == len => Some(0),
            _ => Some(first),
        }
    }

    fn token(&self, position: usize) -> Option<Token> {
        match &self.tokens {
            Tokens::Murmur3(ring) => ring.tokens.get(position).copied().map(Token::murmur3),
            Tokens::Other(ring) => ring.get(position).cloned(),
        }
    }
}

impl Murmur3Tokens {
    fn new(tokens: Box<[i64]>) -> Self {
        let bits = tokens.len().next_power_of_two().ilog2().clamp(1, MAX_LEADING_BITS);
        let shift = u64::BITS - bits;
        let mut before = vec![0_u32; (1 << bits) + 1];
        for &token in &tokens {
            before[leading_bits(token, shift) + 1] += 1;
        }
        let mut sum = 0;
        for count in &mut before {
            sum += *count;
            *count = sum;
        }
        Murmur3Tokens { tokens, before: before.into(), shift }
    }

    #[inline]
    fn first_not_below(&self, token: i64) -> usize {
        let leading = leading_bits(token, self.shift);
        let start = self.before[leading] as usize;
        let end = self.before[leading + 1] as usize;
        start + self.tokens[start..end].partition_point(|&owned| owned < token)
    }
}

/// The first `64 - shift` bits of the token's distance from the start of the ring.
#[inline]
fn leading_bits(token: i64, shift: u32) -> usize {
    let distance = token.cast_unsigned() ^ (1 << (u64::BITS - 1));
    // At most MAX_LEADING_BITS are left.
    #[expect(clippy::cast_possible_truncation)]
    let bits = (distance >> shift) as usize;
    bits
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ring(tokens: impl IntoIterator<Item = Token>) -> TokenRing {
        let node = |at| NodeIndex::new(at).unwrap();
        TokenRing::new(tokens.into_iter().enumerate().map(|(at, token)| (token, node(at))).collect())
    }

    #[test]
    fn a_range_ends_with_its_token_and_wraps_around() {
        let ring = ring([10, -10, 0].map(Token::murmur3));
        let position = |token| ring.position(&Token::murmur3(token));
        assert_eq!(position(i64::MIN), Some(0));
        assert_eq!(position(-10), Some(0));
        assert_eq!(position(-9), Some(1));
        assert_eq!(position(0), Some(1));
        assert_eq!(position(10), Some(2));
        assert_eq!(position(11), Some(0));
        assert_eq!(position(i64::MAX), Some(0));
        assert_eq!(ring.owner(&Token::murmur3(5)).map(NodeIndex::as_usize), Some(0));
    }

    #[test]
    fn an_empty_ring_has_no_owner() {
        assert_eq!(ring([]).owner(&Token::murmur3(5)), None);
        assert_eq!(TokenRing::default().owner(&Token::byte_ordered([])), None);
    }

    #[test]
    fn tokens_of_another_partitioner_are_not_on_the_ring() {
        assert_eq!(ring([Token::murmur3(1)]).owner(&Token::random(1)), None);
        assert_eq!(ring([Token::random(1)]).owner(&Token::murmur3(1)), None);
    }

    #[test]
    fn other_partitioners_search_their_own_order() {
        let ring = ring([b"m", b"f"].map(|key| Token::byte_ordered(*key)));
        let position = |key: &[u8]| ring.position(&Token::byte_ordered(key));
        assert_eq!(position(b"a"), Some(0));
        assert_eq!(position(b"g"), Some(1));
        assert_eq!(position(b"z"), Some(0));
        assert_eq!(ring.iter().next().map(|(token, _)| token), Some(Token::byte_ordered(*b"f")));
    }

    #[test]
    fn a_token_owned_twice_stays_with_the_first() {
        let ring = ring([7, 7].map(Token::murmur3));
        assert_eq!(ring.len(), 1);
        assert_eq!(ring.owner(&Token::murmur3(7)).map(NodeIndex::as_usize), Some(0));
    }

    proptest! {
        #[test]
        fn the_table_finds_what_a_linear_search_finds(
            mut tokens in proptest::collection::vec(any::<i64>(), 1..300),
            clustered in proptest::collection::vec(-50..50_i64, 0..60),
            asked in any::<i64>(),
        ) {
            tokens.extend(clustered);
            let ring = ring(tokens.iter().copied().map(Token::murmur3));
            tokens.sort_unstable();
            tokens.dedup();
            let ends = tokens.iter().flat_map(|&token| [token.wrapping_sub(1), token, token.wrapping_add(1)]);
            for asked in ends.chain([asked, i64::MIN, i64::MAX]) {
                let linear = tokens.iter().position(|&token| token >= asked).unwrap_or(0);
                prop_assert_eq!(ring.position(&Token::murmur3(asked)), Some(linear));
            }
        }
    }
}
