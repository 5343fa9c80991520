//! Segments: the checksummed outer framing of v5 (v5 §2.2).
