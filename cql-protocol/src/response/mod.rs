//! What a server sends (v5 §4.2).
