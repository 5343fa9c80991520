//! LZ4 blocks: with a length before them as bodies of v3 and v4, bare in segments of v5.

use super::{Compression, CompressionError, check_declared};
use lz4_flex::block::{self, CompressTable};

/// A byte of compressed data adds at most 255 bytes: it is the continuation of a match length.
const MAX_RATIO: usize = 255;

/// Compresses into vectors, keeping its table.
pub(crate) struct Compressor(CompressTable);

impl Default for Compressor {
    fn default() -> Self {
        Compressor(CompressTable::small())
    }
}

impl Compressor {
    /// Appends the block of `bytes` if it is smaller than they are; otherwise leaves `out` alone and says `false`.
    pub(crate) fn compress_if_smaller(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> bool {
        let start = out.len();
        self.compress(bytes, out);
        let smaller = out.len().saturating_sub(start) < bytes.len();
        if !smaller {
            out.truncate(start);
        }
        smaller
    }

    /// Appends the block of `bytes`.
    fn compress(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        let start = out.len();
        out.resize(start.saturating_add(block::get_maximum_output_size(bytes.len())), 0);
        let target = out.get_mut(start..).unwrap_or_default();
        let written = block::compress_into_with_table(bytes, target, &mut self.0);
        // It fails only when the target is too small, and the target has the size it asks for.
        debug_assert!(written.is_ok());
        out.truncate(start.saturating_add(written.unwrap_or_default()));
    }
}

/// Fills `target` from a block that must have exactly its length.
pub(crate) fn decompress_into(block: &[u8], target: &mut [u8]) -> Result<(), CompressionError> {
    let declared = target.len();
    match block::decompress_into(block, target) {
        Ok(found) if found == declared => Ok(()),
        Ok(found) => Err(CompressionError::WrongLength { declared, found }),
        Err(_) => Err(CompressionError::Malformed(Compression::Lz4)),
    }
}

/// Fails when no block of `compressed` bytes has contents of `length`.
pub(crate) fn check_ratio(length: usize, compressed: usize) -> Result<(), CompressionError> {
    check_declared(length, usize::MAX, compressed, MAX_RATIO)
}

pub(super) fn compress_body(body: &[u8], out: &mut Vec<u8>) -> Result<(), CompressionError> {
    let Ok(length) = u32::try_from(body.len()) else {
        return Err(CompressionError::TooLong { length: body.len(), limit: u32::MAX as usize });
    };
    out.extend_from_slice(&length.to_be_bytes());
    Compressor::default().compress(body, out);
    Ok(())
}

pub(super) fn decompress_body(body: &[u8], limit: usize) -> Result<Vec<u8>, CompressionError> {
    let Some((length, block)) = body.split_first_chunk() else {
        return Err(CompressionError::Malformed(Compression::Lz4));
    };
    let length = u32::from_be_bytes(*length) as usize;
    if length == 0 {
        // The server writes the empty block, one zero byte; a bare length says the same.
        return match block {
            [] | [0] => Ok(Vec::new()),
            _ => Err(CompressionError::Malformed(Compression::Lz4)),
        };
    }
    check_declared(length, limit, block.len(), MAX_RATIO)?;
    let mut contents = vec![0; length];
    decompress_into(block, &mut contents)?;
    Ok(contents)
}
