//! The use cases: accept, act, settle.
//!
//! A command is reserved in the table before the provider is asked, asked once, and its outcome written after.

mod actions;
mod activate;
mod answer;
mod create;
mod desk;
mod gauges;
mod hooks;
mod look;
mod merchant;
mod movements;
mod parse;
mod problem;
mod read;
mod replay;
mod sweep;
mod view;
mod work;

pub use actions::{Actions, AllowedAction, UnavailableAction};
pub use answer::{Answer, Call, Cursor};
pub use gauges::Gauges;
pub use merchant::{Account, ApiKey, Caller, Faults, Merchant, MerchantError, Merchants, Scope};
pub use problem::{FieldError, Problem, ProblemCode, Retry};
pub use sweep::SweepReport;
pub use view::{CaptureView, PaymentView, RefundView};

use std::sync::Arc;

use jiff::{Timestamp, Unit};
use store::Store;
use url::Url;

/// Where time and chance come from.
#[derive(Clone)]
pub struct World {
    now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    random: Arc<dyn Fn() -> [u8; 16] + Send + Sync>,
}

impl World {
    /// The machine's clock and the given source of randomness.
    pub fn real(random: impl Fn() -> [u8; 16] + Send + Sync + 'static) -> Self {
        Self::new(Timestamp::now, random)
    }

    /// Any clock and any source of randomness.
    pub fn new(
        now: impl Fn() -> Timestamp + Send + Sync + 'static,
        random: impl Fn() -> [u8; 16] + Send + Sync + 'static,
    ) -> Self {
        Self { now: Arc::new(now), random: Arc::new(random) }
    }

    /// Now, in whole milliseconds, which is what is stored.
    fn now(&self) -> Timestamp {
        let now = (self.now)();
        now.round(Unit::Millisecond).unwrap_or(now)
    }
}

/// The use cases of paylater.
#[derive(Clone)]
pub struct Service {
    store: Store,
    merchants: Arc<dyn Merchants>,
    public_url: Url,
    world: World,
}

impl Service {
    /// The use cases over this table, these merchants, and this public address.
    #[must_use]
    pub fn new(store: Store, merchants: Arc<dyn Merchants>, public_url: Url, world: World) -> Self {
        Self { store, merchants, public_url, world }
    }

    /// The public address, where providers and buyers reach us.
    #[must_use]
    pub fn public_url(&self) -> &Url {
        &self.public_url
    }
}
