//! Stateful, strict stand-ins of the provider APIs, written from the providers' public documentation alone.
//!
//! Each provider is one folder with a `start` function, a `Settings` type and its demo account, and one line in the list
//! below; around all of them lies the same control plane at `/_sandbox` (books, calls, faults, clock, webhooks, buyer).
//! A sandbox refuses whatever its documentation does not allow, so that an adapter and its sandbox check each other.

pub mod webhooks;

mod amount;
mod billie;
mod billink_shared;
mod calls;
mod clock;
mod control;
mod direct;
mod faults;
mod host;
mod json;
mod line;
mod message;
mod money;
mod page;
mod reader;
mod route;
mod stand_in;
mod xml;

pub use direct::{Called, Direct, Twist, Unsent};
pub use host::Running;
pub use stand_in::StandIn;

macro_rules! stand_ins {
    ($($folder:ident),+ $(,)?) => {
        $(pub mod $folder;)+

        /// Every stand-in, in the order of the ports that they take on one machine.
        pub static STAND_INS: &[StandIn] = &[$($folder::STAND_IN),+];
    };
}

stand_ins! {
    buckaroo_billink,
    billie_pad,
    billie_psp,
    billink,
    billink_v1,
    billagain,
}
