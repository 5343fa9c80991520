//! How near vectors are to each other.

use crate::engine::schema::Index;

/// How it is measured: as the index says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Similarity {
    Cosine,
    Euclidean,
    DotProduct,
}

impl Similarity {
    pub(super) fn of(index: &Index) -> Self {
        let option = index.options.iter().find(|(name, _)| name.eq_ignore_ascii_case("similarity_function"));
        match option.map(|(_, value)| value.to_ascii_lowercase()).as_deref() {
            Some("euclidean") => Similarity::Euclidean,
            Some("dot_product") => Similarity::DotProduct,
            _ => Similarity::Cosine,
        }
    }

    /// The greater, the nearer.
    pub(super) fn between(self, one: &[u8], two: &[u8]) -> f32 {
        let pairs = || floats(one).zip(floats(two));
        let dot = || pairs().map(|(one, two)| one * two).sum::<f32>();
        match self {
            Similarity::DotProduct => (1.0 + dot()) / 2.0,
            Similarity::Euclidean => {
                1.0 / (1.0 + pairs().map(|(one, two)| (one - two) * (one - two)).sum::<f32>())
            }
            Similarity::Cosine => {
                let square = |vector: &[u8]| floats(vector).map(|float| float * float).sum::<f32>();
                (1.0 + dot() / (square(one) * square(two)).sqrt()) / 2.0
            }
        }
    }
}

fn floats(vector: &[u8]) -> impl Iterator<Item = f32> {
    let (floats, _) = vector.as_chunks::<4>();
    floats.iter().map(|bytes| f32::from_be_bytes(*bytes))
}
