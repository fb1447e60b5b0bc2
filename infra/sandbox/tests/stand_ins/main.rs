//! The providers' stand-ins, spoken to as a merchant does.
#![cfg(test)]
#![allow(
    clippy::needless_pass_by_value,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail"
)]

mod common;

macro_rules! tests {
    ($($provider:ident),+ $(,)?) => {
        $(mod $provider;)+
    };
}

sandbox::every_provider!(tests);
