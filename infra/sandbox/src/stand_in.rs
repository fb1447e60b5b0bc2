//! Every stand-in, as it starts for a merchant who has its demo account, and what can happen there.

use std::io;

use serde_json::Value;
use tokio::net::TcpListener;

use crate::direct::Direct;
use crate::host::{self, Opened, Running};

/// The control call that gives back so many minor units, where all of it is not the only choice, of the order and the
/// capture that have these names: its path and body.
pub type GiveBack = fn(&str, &str, i64) -> (String, Value);

/// A provider's stand-in with its demo account.
pub struct StandIn {
    /// The provider's id in the API.
    pub provider: &'static str,
    /// User and secret of the demo account. They open nothing but the stand-in.
    pub credentials: (&'static str, &'static str),
    /// The merchant's account document for the stand-in with this root URL.
    pub account: fn(&str) -> Value,
    /// An order that the account takes: the body of `POST /v1/payments`.
    pub order: fn() -> Value,
    /// The call that asks whether the credentials are right and changes nothing, where there is one.
    pub credentials_call: Option<&'static str>,
    /// What the shop's page hands to the widget of a buyer who is accepted, or is not; where there is a widget.
    pub widget: Option<fn(bool) -> Value>,
    /// The settings for this flow, and for what is decided later where that can be; empty where they are as they should be.
    pub settings: fn(&str, bool) -> &'static str,
    /// What it tells of a captured order unasked, by the names that `/_sandbox/events` takes.
    pub tells: &'static [&'static str],
    /// How a capture is given back at the provider's own desk, where that can be.
    pub gives_back: Option<GiveBack>,
    /// Opens it at this root URL, with this registered webhook address.
    pub(crate) open: fn(String, Option<String>) -> Opened,
}

/// The settings of a stand-in that is as it should be for every flow.
pub(crate) const fn as_it_is(_flow: &str, _decides_later: bool) -> &'static str {
    ""
}

impl StandIn {
    /// Starts it on a port; its webhooks go to this address where no call names another.
    pub fn start(&self, listener: TcpListener, webhook: Option<String>) -> io::Result<Running> {
        host::start(listener, |root| (self.open)(root, webhook))
    }

    /// The same without a port, at this root URL.
    pub fn direct(&self, root: &str, webhook: Option<String>) -> Direct {
        Direct::new((self.open)(root.to_owned(), webhook).provider)
    }
}
