//! The use cases: accept, act, settle.
//!
//! A command is reserved in the table before the provider is asked, asked once, and its outcome written after.

mod actions;
mod activate;
mod answer;
mod attention;
mod create;
mod desk;
mod filter;
mod gauges;
mod hooks;
mod look;
mod merchant;
mod movements;
mod note;
mod orders;
mod parse;
mod problem;
mod read;
mod replay;
mod sweep;
mod view;
mod work;

pub use actions::{Actions, AllowedAction, UnavailableAction};
pub use answer::{Answer, Call, Cursor, LeftOut};
pub use gauges::Gauges;
pub use merchant::{Account, ApiKey, Caller, Faults, Merchant, MerchantError, Merchants, Scope};
pub use problem::{FieldError, Problem, ProblemCode, Retry};
pub use sweep::SweepReport;
pub use view::{CaptureView, PaymentView, RefundView};

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::{Timestamp, Unit};
use payment::ProviderId;
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
    public_url: Option<Url>,
    switched_off: Arc<BTreeSet<ProviderId>>,
    world: World,
}

impl Service {
    /// The use cases over this table, these merchants, and this public address; without one, each request is served at the
    /// address that it was sent to.
    #[must_use]
    pub fn new(store: Store, merchants: Arc<dyn Merchants>, public_url: impl Into<Option<Url>>, world: World) -> Self {
        Self { store, merchants, public_url: public_url.into(), switched_off: Arc::default(), world }
    }

    /// The same, opening no new payment at these providers, whoever the merchant is. What is open goes on.
    #[must_use]
    pub fn without(self, switched_off: impl IntoIterator<Item = ProviderId>) -> Self {
        Self { switched_off: Arc::new(switched_off.into_iter().collect()), ..self }
    }

    /// The same for a request that was sent to this address, which counts where no public address was given.
    #[must_use]
    pub fn reached_at(mut self, address: Url) -> Self {
        self.public_url.get_or_insert(address);
        self
    }

    /// The public address, where providers and buyers reach us.
    ///
    /// # Errors
    /// When nobody told it.
    pub fn public_url(&self) -> Result<&Url, Problem> {
        self.public_url.as_ref().ok_or_else(|| Problem::unavailable("the public address is not known"))
    }
}
