//! The reading of segments (v5 §2.3): checks them, opens them, puts large frames together.

#[cfg(feature = "lz4")]
use super::decoder::READ_BUFFER;
use super::decoder::{Rules, STEP, cut};
use super::{Frame, FrameError, HEADER_SIZE, Header};
use crate::compression::CompressionError;
#[cfg(feature = "lz4")]
use crate::compression::lz4;
use crate::segment::{self, Format, TRAILER_SIZE, crc32};
use bytes::{Buf, Bytes, BytesMut};

/// The state between segments, and within one whose frames are not all taken.
#[derive(Debug)]
pub(super) struct Segments {
    format: Format,
    /// Payload bytes, checked but not taken, at the front of the read buffer: frames are cut out of it where they
    /// lie. Their trailer follows.
    open: usize,
    /// The rest of a payload that was compressed.
    unpacked: BytesMut,
    slices: Slices,
}

/// A frame larger than a segment, as far as it has arrived.
#[derive(Debug, Default)]
struct Slices {
    bytes: Vec<u8>,
    /// Bytes of the whole frame.
    end: usize,
}

enum Step {
    /// A segment of whole frames was opened, or a slice stored.
    Taken,
    /// The next segment has not arrived in full.
    Starved,
    /// The last slice of a frame.
    Reassembled(Frame),
}

impl Segments {
    pub(super) fn new(lz4: bool) -> Self {
        let format = if lz4 { Format::Lz4 } else { Format::Uncompressed };
        Segments { format, open: 0, unpacked: BytesMut::new(), slices: Slices::default() }
    }

    /// Bytes of the segment at the front of `buffer`, as far as known; unchecked.
    #[inline]
    pub(super) fn peek_size(&self, buffer: &[u8]) -> usize {
        match self.open {
            0 => segment::Header::peek_size(self.format, buffer).unwrap_or(0),
            _ => 0,
        }
    }

    /// Bytes that are no longer in the read buffer but not given out either.
    pub(super) fn pending(&self) -> usize {
        self.unpacked.len().saturating_add(self.slices.bytes.len())
    }

    #[inline]
    pub(super) fn next_frame(
        &mut self,
        buffer: &mut BytesMut,
        rules: &Rules,
    ) -> Result<Option<Frame>, FrameError> {
        loop {
            if self.open > 0 {
                let header = contained_header(buffer.get(..self.open).unwrap_or_default(), rules)?;
                self.open = self.open.saturating_sub(HEADER_SIZE).saturating_sub(header.length as usize);
                let frame = cut(buffer, header);
                if self.open == 0 {
                    buffer.advance(TRAILER_SIZE);
                }
                return Ok(Some(frame));
            }
            if !self.unpacked.is_empty() {
                let header = contained_header(&self.unpacked, rules)?;
                return Ok(Some(cut(&mut self.unpacked, header)));
            }
            match self.next_segment(buffer, rules)? {
                Step::Taken => {}
                Step::Starved => return Ok(None),
                Step::Reassembled(frame) => return Ok(Some(frame)),
            }
        }
    }

    #[inline]
    fn next_segment(&mut self, buffer: &mut BytesMut, rules: &Rules) -> Result<Step, FrameError> {
        let Some(header) = segment::Header::decode(self.format, buffer) else { return Ok(Step::Starved) };
        let header = header.ok_or(FrameError::HeaderCrc)?;
        let payload_start = self.format.header_size();
        let trailer_start = payload_start.saturating_add(header.length);
        let end = trailer_start.saturating_add(TRAILER_SIZE);
        let (Some(payload), Some(trailer)) =
            (buffer.get(payload_start..trailer_start), buffer.get(trailer_start..end))
        else {
            return Ok(Step::Starved);
        };
        if crc32(payload).to_le_bytes() != trailer {
            return Err(FrameError::PayloadCrc);
        }
        if header.self_contained && !self.slices.bytes.is_empty() {
            return Err(FrameError::SlicesInterrupted);
        }
        if header.self_contained && header.uncompressed_length == 0 && header.length > 0 {
            buffer.advance(payload_start);
            self.open = header.length;
            return Ok(Step::Taken);
        }
        let mut step = Step::Taken;
        if header.uncompressed_length > 0 {
            unpack(payload, header.uncompressed_length, &mut self.unpacked)?;
            if !header.self_contained {
                step = self.slices.push(&self.unpacked, rules)?;
                self.unpacked.clear();
            }
        } else if !header.self_contained {
            step = self.slices.push(payload, rules)?;
        }
        buffer.advance(end);
        Ok(step)
    }
}

/// The header of the frame at the front of a payload that must hold all of it.
#[inline]
fn contained_header(payload: &[u8], rules: &Rules) -> Result<Header, FrameError> {
    let Some((header, body)) = payload.split_first_chunk() else {
        return Err(FrameError::FrameCrossesSegment { needed: HEADER_SIZE, left: payload.len() });
    };
    let header = Header::decode(header);
    rules.check(&header)?;
    let length = header.length as usize;
    if body.len() < length {
        let needed = HEADER_SIZE.saturating_add(length);
        return Err(FrameError::FrameCrossesSegment { needed, left: payload.len() });
    }
    Ok(header)
}

impl Slices {
    fn push(&mut self, slice: &[u8], rules: &Rules) -> Result<Step, FrameError> {
        if self.bytes.is_empty() {
            let Some(header) = slice.first_chunk() else {
                return Err(FrameError::SliceTooShort { length: slice.len() });
            };
            let header = Header::decode(header);
            rules.check(&header)?;
            self.end = HEADER_SIZE.saturating_add(header.length as usize);
        }
        let filled = self.bytes.len().saturating_add(slice.len());
        if filled > self.end {
            return Err(FrameError::SliceTooLong { excess: filled.saturating_sub(self.end) });
        }
        if filled > self.bytes.capacity() {
            // A frame of up to 1 MiB is allocated at once; a larger one as it arrives, whatever length it declares.
            let wanted = self.end.min(filled.saturating_mul(2).max(STEP));
            self.bytes.reserve_exact(wanted.saturating_sub(self.bytes.len()));
        }
        self.bytes.extend_from_slice(slice);
        if filled < self.end {
            return Ok(Step::Taken);
        }
        Ok(self.take().map_or(Step::Taken, Step::Reassembled))
    }

    fn take(&mut self) -> Option<Frame> {
        let mut body = Bytes::from(std::mem::take(&mut self.bytes));
        let header = Header::decode(body.first_chunk()?);
        body.advance(HEADER_SIZE);
        Some(Frame::new(header, body))
    }
}

/// Decompresses a payload into `target`, which is empty.
#[cfg(feature = "lz4")]
fn unpack(payload: &[u8], length: usize, target: &mut BytesMut) -> Result<(), CompressionError> {
    lz4::check_ratio(length, payload.len())?;
    if target.capacity() < length {
        target.reserve(length.max(READ_BUFFER));
    }
    target.resize(length, 0);
    let unpacked = lz4::decompress_into(payload, target);
    if unpacked.is_err() {
        target.clear();
    }
    unpacked
}

#[cfg(not(feature = "lz4"))]
fn unpack(_: &[u8], _: usize, _: &mut BytesMut) -> Result<(), CompressionError> {
    Err(CompressionError::Unavailable(crate::compression::Compression::Lz4))
}
