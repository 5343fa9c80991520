//! Frames: a 9-byte header and a body (v5 calls them envelopes, §2.4; v3/v4 §2).
