//! Raw Snappy, whose blocks start with their own length: bodies of v3 and v4.

use super::{Compression, CompressionError, check_declared};

/// The densest element is a copy of 64 bytes in three: less than 22 to one.
const MAX_RATIO: usize = 22;

pub(super) fn compress_body(body: &[u8], out: &mut Vec<u8>) -> Result<(), CompressionError> {
    let too_long = CompressionError::TooLong { length: body.len(), limit: u32::MAX as usize };
    let start = out.len();
    let room = match snap::raw::max_compress_len(body.len()) {
        0 => return Err(too_long),
        room => room,
    };
    out.resize(start.saturating_add(room), 0);
    let target = out.get_mut(start..).unwrap_or_default();
    match snap::raw::Encoder::new().compress(body, target) {
        Ok(written) => {
            out.truncate(start.saturating_add(written));
            Ok(())
        }
        Err(_) => {
            out.truncate(start);
            Err(too_long)
        }
    }
}

pub(super) fn decompress_body(body: &[u8], limit: usize) -> Result<Vec<u8>, CompressionError> {
    let malformed = || CompressionError::Malformed(Compression::Snappy);
    if body.is_empty() {
        // The library takes nothing for an empty block, which has a length of its own to say so.
        return Err(malformed());
    }
    let length = snap::raw::decompress_len(body).map_err(|_| malformed())?;
    check_declared(length, limit, body.len(), MAX_RATIO)?;
    let mut contents = vec![0; length];
    let found = snap::raw::Decoder::new().decompress(body, &mut contents).map_err(|_| malformed())?;
    if found != length {
        return Err(CompressionError::WrongLength { declared: length, found });
    }
    Ok(contents)
}
