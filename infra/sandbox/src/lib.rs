//! Stateful, strict stand-ins of the provider APIs, written from the providers' public documentation alone.
//!
//! Each provider is one folder with a `start` function and a `Settings` type; around all of them lies the same control
//! plane at `/_sandbox` (books, calls, faults, clock, webhooks, buyer). A sandbox refuses whatever its documentation
//! does not allow, so that an adapter and its sandbox check each other.

pub mod billagain;
pub mod billie_pad;
pub mod billie_psp;
pub mod billink;
pub mod billink_v1;
pub mod buckaroo_billink;
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
mod xml;

pub use direct::{Called, Direct, Twist, Unsent};
pub use host::Running;
