//! The providers' stand-ins, spoken to as a merchant does.
#![cfg(test)]
#![allow(
    clippy::needless_pass_by_value,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail"
)]

mod billagain;
mod billie_pad;
mod billie_psp;
mod billink;
mod billink_v1;
mod buckaroo_billink;
mod common;
