//! Every stand-in, as it starts for a merchant who has its demo account.

use std::io;

use serde_json::Value;
use tokio::net::TcpListener;

use crate::direct::Direct;
use crate::host::{self, Opened, Running};

/// A provider's stand-in with its demo account.
pub struct StandIn {
    /// The provider's id in the API.
    pub provider: &'static str,
    /// User and secret of the demo account. They open nothing but the stand-in.
    pub credentials: (&'static str, &'static str),
    /// The merchant's account document for the stand-in with this root URL.
    pub account: fn(&str) -> Value,
    /// Opens it at this root URL, with this registered webhook address.
    pub(crate) open: fn(String, Option<String>) -> Opened,
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
