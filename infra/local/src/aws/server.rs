//! A loopback listener and the HTTP server behind it.

use std::net::{Ipv4Addr, SocketAddr};

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::StartError;

/// A port that is taken, with nobody answering yet.
pub(super) struct Listener {
    pub(super) socket: TcpListener,
    pub(super) address: SocketAddr,
}

impl Listener {
    /// Takes a loopback port; 0 takes a free one.
    pub(super) async fn bind(port: u16) -> Result<Self, StartError> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let failed = |source| StartError::Listen { address, source };
        let socket = TcpListener::bind(address).await.map_err(failed)?;
        let address = socket.local_addr().map_err(failed)?;
        Ok(Self { socket, address })
    }

    /// The URL that clients use.
    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Answers with the router until the returned handle is dropped.
    pub(super) fn serve(self, router: Router) -> Stop {
        let (stop, stopped) = Stop::new();
        tokio::spawn(async move {
            if let Err(error) = axum::serve(self.socket, router).with_graceful_shutdown(stopped).await {
                tracing::error!(%error, address = %self.address, "server failed");
            }
        });
        stop
    }
}

/// Ends a server when dropped: it accepts nothing more, finishes what runs and closes idle connections.
pub(super) struct Stop {
    _dropped: oneshot::Sender<()>,
}

impl Stop {
    /// The handle, and a future that completes when the handle is dropped.
    pub(super) fn new() -> (Self, impl Future<Output = ()> + Send + 'static) {
        let (sender, receiver) = oneshot::channel::<()>();
        (Self { _dropped: sender }, async {
            // Nothing is ever sent: the error of the dropped sender is the signal.
            let _ = receiver.await;
        })
    }
}
