//! The whole of paylater on one machine: the functions behind a gateway, the AWS services they need and the providers
//! they talk to, all on loopback and all reached as in production.

pub mod aws;
mod console;
mod demo;
mod demo_merchant;
mod doctor;
mod event;
mod functions;
mod gateway;
mod keys;
mod loopback;
mod routes;
mod sandboxes;
mod stack;

pub use demo::{DemoError, run as run_demo};
pub use demo_merchant::{DEMO_KEY, DEMO_MERCHANT, DEMO_OPERATOR_KEY, document as demo_document};
pub use doctor::Documents;
pub use keys::{NoRandomness, instructions, key_entry, new_key};
pub use routes::{Route, Routes, RoutesError};
pub use sandboxes::Sandboxes;
pub use stack::{Stack, StackError, StackOptions};
