//! The providers' stand-ins, each on a port of its own and sending its messages to the gateway.

use std::io;
use std::net::Ipv4Addr;

use sandbox::{Running, billagain, billie_pad, billie_psp, billink, billink_v1, buckaroo_billink};
use tokio::net::TcpListener;
use url::Url;

use crate::demo_merchant::DEMO_MERCHANT;

/// The providers' stand-ins.
pub struct Sandboxes {
    /// Buckaroo's JSON gateway with the Billink service.
    pub buckaroo_billink: Running,
    /// Billie PaD.
    pub billie_pad: Running,
    /// Billie's API for payment service providers.
    pub billie_psp: Running,
    /// Billink v2.
    pub billink: Running,
    /// Billink v1.
    pub billink_v1: Running,
    /// BillAgain.
    pub billagain: Running,
}

impl Sandboxes {
    /// Starts all of them, with their messages going to the API at this address, on ports from the first one on where
    /// they are free.
    pub(crate) async fn start(api: &Url, first_port: Option<u16>) -> io::Result<Self> {
        let listen = async |n: u16| listen(first_port.map_or(0, |port| port.saturating_add(n))).await;
        let hook = |path: &str| Some(format!("{}v1/webhooks/{path}/{DEMO_MERCHANT}", api.as_str()));
        let buckaroo = buckaroo_billink::Settings {
            flow: buckaroo_billink::Flow::Redirect,
            ..buckaroo_billink::Settings::default()
        };
        let pad = billie_pad::Settings { webhook_url: hook("billie-pad"), ..billie_pad::Settings::default() };
        let psp = billie_psp::Settings { dispute_webhook_url: hook("billie-psp"), ..billie_psp::Settings::default() };
        let billink = billink::Settings {
            session_webhook: hook("billink"),
            order_webhook: hook("billink"),
            signed: true,
            webhook_secret: Some(billink::WEBHOOK_SECRET.to_owned()),
            ..billink::Settings::default()
        };
        let billink_v1 = billink_v1::Settings {
            order_webhook: hook("billink"),
            webhook_secret: Some(billink_v1::WEBHOOK_SECRET.to_owned()),
            ..billink_v1::Settings::default()
        };
        Ok(Self {
            buckaroo_billink: buckaroo_billink::start(listen(0).await?, buckaroo).await?,
            billie_pad: billie_pad::start(listen(1).await?, pad).await?,
            billie_psp: billie_psp::start(listen(2).await?, psp).await?,
            billink: billink::start(listen(3).await?, billink).await?,
            billink_v1: billink_v1::start(listen(4).await?, billink_v1).await?,
            billagain: billagain::start(listen(5).await?, billagain::Settings::default()).await?,
        })
    }

    /// Each with the provider's id in the API.
    #[must_use]
    pub fn all(&self) -> [(&'static str, &Running); 6] {
        [
            ("buckaroo_billink", &self.buckaroo_billink),
            ("billie_pad", &self.billie_pad),
            ("billie_psp", &self.billie_psp),
            ("billink", &self.billink),
            ("billink_v1", &self.billink_v1),
            ("billagain", &self.billagain),
        ]
    }

    /// One line each: name, address, demo credentials.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let line = |(name, running): (&str, &Running)| {
            let (user, secret) = credentials(name);
            format!("Sandbox {name} {} (user {user}, secret {secret})", running.url())
        };
        self.all().into_iter().map(line).collect()
    }
}

/// The demo credentials at a sandbox. They open nothing but this process.
fn credentials(name: &str) -> (&'static str, &'static str) {
    match name {
        "buckaroo_billink" => (buckaroo_billink::WEBSITE_KEY, buckaroo_billink::SECRET_KEY),
        "billie_pad" => (billie_pad::CLIENT_ID, billie_pad::CLIENT_SECRET),
        "billie_psp" => (billie_psp::USERNAME, billie_psp::PASSWORD),
        "billagain" => (billagain::USERNAME, billagain::API_KEY),
        _ => (billink::USERNAME, billink::ID),
    }
}

/// The wanted port, or any where it is taken.
async fn listen(port: u16) -> io::Result<TcpListener> {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await {
        Err(_) if port != 0 => TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await,
        bound => bound,
    }
}
