//! The pay-later providers behind one trait.
//!
//! One folder per provider API: `mod.rs` (capabilities, wiring), `wire.rs` (its types), `map.rs` (its status, error
//! and event tables), `fixtures/`. Adding a provider is a folder and one line in `list.rs`.

#[macro_use]
mod list;

mod account;
mod adapter;
mod billie;
mod billink_common;
mod capabilities;
mod credentials;
mod decimal;
mod effect;
mod inbound;
mod met;
mod object;
mod order;
#[cfg(test)]
mod testing;
mod transport;
mod zone;

pub use adapter::{AccountError, Act, Activate, Activation, Adapter, Context, ReadError, Urls};
pub use capabilities::{BestEvidence, Capabilities, Limit, OperationCapability, Range};
pub use credentials::CredentialCheck;
pub use decimal::JsonDecimal;
pub use effect::Effect;
pub use inbound::{Addressee, Evidence, Inbound, Message, NotAuthentic};
pub use met::Met;
pub use transport::{
    Answer, Broken, Deadline, Network, Request, Response, Transport, Verb, client_builder, is_https_or_loopback,
};

use payment::{OperationKind, ProviderId};

/// A provider API that this build knows.
pub struct Registered {
    /// What it can do.
    pub capabilities: &'static Capabilities,
    /// The provider's codes that definitely refuse an operation of a kind, from the tables that its answers are read by.
    pub refusals: fn(OperationKind) -> Vec<String>,
    /// The names of what the provider's messages can say, from the tables that they are read by; where a message only says
    /// whom to look at, what the look can find.
    pub events: fn() -> Vec<String>,
    /// Opens an adapter from a merchant's account document.
    pub open: Open,
}

/// Opens an adapter from a merchant's account document.
pub type Open = fn(&serde_json::Value, Transport) -> Result<Box<dyn Adapter>, AccountError>;

macro_rules! providers {
    ($($folder:ident),+ $(,)?) => {
        $(mod $folder;)+

        /// Every provider API that this build knows.
        pub static REGISTRY: &[Registered] =
            &[$(Registered {
                capabilities: &$folder::CAPABILITIES,
                refusals: $folder::refusals,
                events: $folder::events,
                open: $folder::open,
            }),+];
    };
}

every_provider!(providers);

/// The provider with this id.
#[must_use]
pub fn find(id: &ProviderId) -> Option<&'static Registered> {
    REGISTRY.iter().find(|registered| registered.capabilities.provider == id.as_str())
}
