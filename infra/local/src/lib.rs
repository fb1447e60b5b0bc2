//! The whole of paylater on one machine.

pub mod aws;
