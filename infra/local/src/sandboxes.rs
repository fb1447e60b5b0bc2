//! The providers' stand-ins, each on a port of its own and sending its messages to the gateway.

use std::io;
use std::net::Ipv4Addr;

use providers::REGISTRY;
use sandbox::{Running, STAND_INS, StandIn};
use tokio::net::TcpListener;
use url::Url;

use crate::demo_merchant::DEMO_MERCHANT;

/// The providers' stand-ins.
pub struct Sandboxes(Vec<(&'static StandIn, Running)>);

impl Sandboxes {
    /// Starts all of them, with their messages going to the API at this address, on ports from the first one on where
    /// they are free.
    pub(crate) async fn start(api: &Url, first_port: Option<u16>) -> io::Result<Self> {
        let mut started = Vec::new();
        for (stand_in, n) in STAND_INS.iter().zip(0..) {
            let port = first_port.map_or(0, |port| port.saturating_add(n));
            started.push((stand_in, stand_in.start(wanted_or_any(port).await?, webhook(api, stand_in.provider))?));
        }
        Ok(Self(started))
    }

    /// Each with what it was started from.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &(&'static StandIn, Running)> {
        self.0.iter()
    }

    /// Each with the provider's id in the API.
    pub fn all(&self) -> impl Iterator<Item = (&'static str, &Running)> {
        self.iter().map(|(stand_in, running)| (stand_in.provider, running))
    }

    /// The stand-in of the provider with this id.
    #[must_use]
    pub fn of(&self, provider: &str) -> Option<&Running> {
        self.all().find(|(name, _)| *name == provider).map(|(_, running)| running)
    }

    /// One line each: name, address, demo credentials.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let line = |(stand_in, running): &(&StandIn, Running)| {
            let (user, secret) = stand_in.credentials;
            format!("Sandbox {} {} (user {user}, secret {secret})", stand_in.provider, running.url())
        };
        self.iter().map(line).collect()
    }
}

/// Where the provider's messages to the demo merchant go, if the API knows the provider.
fn webhook(api: &Url, provider: &str) -> Option<String> {
    let known = REGISTRY.iter().find(|known| known.capabilities.provider == provider)?;
    Some(format!("{api}v1/webhooks/{}/{DEMO_MERCHANT}", known.capabilities.webhook_path))
}

/// The wanted port, or any where it is taken.
pub(crate) async fn wanted_or_any(port: u16) -> io::Result<TcpListener> {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await {
        Err(_) if port != 0 => TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await,
        bound => bound,
    }
}

#[cfg(test)]
mod tests {
    use providers::REGISTRY;
    use sandbox::STAND_INS;

    #[test]
    fn every_provider_has_a_stand_in_under_its_name() {
        let mut known: Vec<&str> = REGISTRY.iter().map(|known| known.capabilities.provider).collect();
        let mut stood_in: Vec<&str> = STAND_INS.iter().map(|stand_in| stand_in.provider).collect();
        known.sort_unstable();
        stood_in.sort_unstable();
        assert_eq!(known, stood_in);
    }
}
