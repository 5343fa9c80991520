//! What a client sends (v5 §4.1).
