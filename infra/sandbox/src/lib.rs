//! Stateful, strict stand-ins of the provider APIs, written from the providers' public documentation alone.
//!
//! Each provider is one folder with a `start` function, a `Settings` type and its demo account; around all of them lies the
//! same control plane at `/_sandbox` (books, calls, faults, clock, webhooks, buyer).
//! A sandbox refuses whatever its documentation does not allow, so that an adapter and its sandbox check each other.

// The list alone, and nothing of the adapters.
#[macro_use]
#[path = "../../../shared/providers/src/list.rs"]
mod list;

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
mod order;
mod page;
mod reader;
mod route;
mod stand_in;
mod xml;

pub use direct::{Called, Direct, Twist, Unsent};
pub use host::Running;
pub use stand_in::{GiveBack, StandIn};

macro_rules! stand_ins {
    ($($folder:ident),+ $(,)?) => {
        $(pub mod $folder;)+

        /// Every stand-in, in the order of the ports that they take on one machine.
        pub static STAND_INS: &[StandIn] = &[$($folder::STAND_IN),+];
    };
}

every_provider!(stand_ins);

/// The stand-in of the provider with this id.
#[must_use]
pub fn stand_in(provider: &str) -> Option<&'static StandIn> {
    STAND_INS.iter().find(|stand_in| stand_in.provider == provider)
}
