//! Support for the journeys: a client that holds every answer against the contract, orders, sandboxes, queues, the table.
//!
//! The journeys start a stack of their own. With `PAYLATER_URL` and `PAYLATER_KEY` set they run against that address,
//! see [`Site`].
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "this is a part of tests: what is not as expected ends the test"
)]

mod answer;
mod api;
pub mod contract;
pub mod cost;
mod deal;
mod effects;
mod eventually;
mod log;
pub mod orders;
mod queues;
mod sandbox;
mod site;
mod table;

pub use answer::Answer;
pub use api::{Api, Request};
pub use contract::Contract;
pub use deal::Deal;
pub use effects::{Movement, no_more_than_reserved, nothing_twice};
pub use eventually::{PATIENCE, eventually};
pub use log::Log;
pub use orders::Order;
pub use queues::Queues;
pub use sandbox::Sandbox;
pub use site::Site;
pub use table::{Item, Table};
