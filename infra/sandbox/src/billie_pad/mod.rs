//! Billie.
