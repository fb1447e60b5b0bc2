//! HTTP on this machine.

use reqwest::redirect::Policy;

/// A client that follows no redirects.
pub(crate) fn client() -> Result<reqwest::Client, reqwest::Error> {
    // Loopback needs no TLS, but the client wants to know whose it would be.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().redirect(Policy::none()).build()
}
