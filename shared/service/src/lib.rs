//! The use cases: accept, act, settle.
