//! Body compression of v3 and v4, and the payload compression of v5 segments.
