//! How alike two vectors are.

use super::factory::{Maker, Parameter};
use super::{Scalar, floats};
use crate::engine::problem::{self, Result};
use crate::engine::values::parts::vector_elements;
use bytes::Bytes;
use cql_protocol::types::{ColumnType, VectorType};
use std::sync::Arc;

pub(super) fn maker(name: &str) -> Option<Maker> {
    matches!(name, "similarity_cosine" | "similarity_euclidean" | "similarity_dot_product")
        .then_some(Maker { parameters: &[Parameter::VectorLike(1), Parameter::VectorLike(0)], make })
}

fn make(name: &str, types: &[ColumnType], _: Option<&ColumnType>) -> Result<Scalar> {
    let [ColumnType::Vector(one), ColumnType::Vector(two)] = types else {
        return Err(problem::invalid("All arguments must be vectors"));
    };
    if one.dimensions() != two.dimensions() {
        return Err(problem::invalid("All arguments must have the same vector dimensions"));
    }
    let (of, shown) = (Arc::clone(one), name.to_owned());
    Ok(Scalar::strict(name, types, ColumnType::Float, move |arguments| {
        let [one, two] = arguments else { return Ok(None) };
        let (one, two) = (floats_of(&of, one), floats_of(&of, two));
        similarity(&shown, &one, &two).map(|alike| Some(Bytes::copy_from_slice(&alike.to_be_bytes())))
    }))
}

fn floats_of(of: &VectorType, bytes: &[u8]) -> Vec<f32> {
    let elements = vector_elements(of, bytes).unwrap_or_default();
    let float = |bytes: &[u8]| bytes.try_into().ok().map(f32::from_be_bytes);
    elements.into_iter().filter_map(float).collect()
}

/// From 0 to 1 for vectors of length 1.
fn similarity(name: &str, one: &[f32], two: &[f32]) -> Result<f32> {
    let dot: f32 = one.iter().zip(two).map(|(one, two)| one * two).sum();
    match name {
        "similarity_cosine" => {
            let square = |vector: &[f32]| vector.iter().map(|element| element * element).sum::<f32>();
            let (one, two) = (square(one), square(two));
            if one == 0.0 || two == 0.0 {
                return Err(problem::invalid(format!(
                    "Function system.{name} doesn't support all-zero vectors."
                )));
            }
            let cosine = f64::from(dot) / (f64::from(one) * f64::from(two)).sqrt();
            Ok((1.0 + floats::to_f32(cosine)) / 2.0)
        }
        "similarity_euclidean" => {
            let distance: f32 = one.iter().zip(two).map(|(one, two)| (one - two) * (one - two)).sum();
            Ok(1.0 / (1.0 + distance))
        }
        _ => Ok((1.0 + dot) / 2.0),
    }
}
