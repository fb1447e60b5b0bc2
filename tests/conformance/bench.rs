//! A stack of its own with one provider's stand-in.

use std::time::Duration;

use local::StackOptions;
use payment::{CaptureMode, Flow, OperationKind};
use providers::{Capabilities, OperationCapability, Registered};
use reqwest::Method;
use serde_json::{Value, json};
use tests::{Api, Order, Sandbox, Site, orders};

use crate::deal::Deal;
use crate::table::{Review, Stage, Table};

/// What the orders are about, minor units.
pub(crate) const AMOUNT: i64 = 12_600;

/// A part of it.
pub(crate) const PART: i64 = 2_500;

/// Far less than a provider may take, and far more than a stand-in takes.
const PATIENCE: Duration = Duration::from_millis(400);

/// The stack.
pub(crate) struct Bench {
    pub(crate) site: Site,
    pub(crate) api: Api,
    pub(crate) sandbox: Sandbox,
    pub(crate) table: &'static Table,
    pub(crate) capabilities: &'static Capabilities,
}

/// A table's provider in the registry.
pub(crate) fn registered(table: &Table) -> &'static Registered {
    let id = table.provider.parse().unwrap_or_else(|_| panic!("{} is no provider id", table.provider));
    providers::find(&id).unwrap_or_else(|| panic!("{} is not in the registry", table.provider))
}

/// The capabilities of a table's provider.
pub(crate) fn capabilities(table: &Table) -> &'static Capabilities {
    registered(table).capabilities
}

impl Bench {
    pub(crate) async fn of(table: &'static Table) -> Self {
        Self::on(Site::start().await, table)
    }

    /// On a stack of its own that soon gives up a call that changes something.
    pub(crate) async fn impatient(table: &'static Table) -> Self {
        let options = StackOptions { patience: Some(PATIENCE), ..StackOptions::default() };
        Self::on(Site::start_own(options).await, table)
    }

    /// At this site.
    pub(crate) fn on(site: Site, table: &'static Table) -> Self {
        let (api, sandbox) = (site.api.clone(), site.sandbox(table.provider));
        Self { site, api, sandbox, table, capabilities: capabilities(table) }
    }

    /// Every flow with every capture mode.
    pub(crate) fn ways(&self) -> Vec<(Flow, CaptureMode)> {
        ways(self.capabilities)
    }

    pub(crate) fn operation(&self, kind: OperationKind, flow: Flow) -> Option<&'static OperationCapability> {
        self.capabilities.operation(kind, flow)
    }

    /// An order that nobody made before.
    pub(crate) async fn order(&self, (flow, mode): (Flow, CaptureMode)) -> Order {
        let settings = (self.table.settings)(flow);
        if !settings.is_null() {
            self.sandbox.control(Method::POST, "settings", &settings).await;
        }
        let name = orders::new_word("O").split_off(22);
        let order = Order::at(self.table.provider).with("/flow", json!(flow)).with("/capture", json!(mode));
        order.with("/reference", format!("O-{name}")).with("/description", format!("Chairs {name}"))
    }

    /// A payment that was opened.
    pub(crate) async fn open(&self, way: (Flow, CaptureMode)) -> Deal<'_> {
        let order = self.order(way).await;
        self.open_with(way, order).await
    }

    /// A payment that was opened with this order.
    pub(crate) async fn open_with(&self, way: (Flow, CaptureMode), order: Order) -> Deal<'_> {
        let opened = self.api.post("/v1/payments", order.json()).await.expect(201);
        Deal::of(self, way, &order, opened.id())
    }

    /// A payment whose money is promised; captured too, where both is one.
    pub(crate) async fn authorized(&self, way: (Flow, CaptureMode)) -> Deal<'_> {
        let mut deal = self.open(way).await;
        deal.buyer("accept").await;
        deal.promised().await;
        deal
    }

    /// A payment that is captured in full by one capture.
    pub(crate) async fn captured(&self, way: (Flow, CaptureMode)) -> Deal<'_> {
        let deal = self.authorized(way).await;
        if way.1 == CaptureMode::Manual {
            let _ = deal.post("captures", &self.capture(way.0, None)).await.expect(201);
        }
        deal
    }

    /// A payment that is that far. Where no call captures, what is authorized is captured.
    pub(crate) async fn at(&self, stage: Stage, way: (Flow, CaptureMode)) -> Deal<'_> {
        match stage {
            Stage::Open => self.open(way).await,
            Stage::Review => self.under_review(way.1).await,
            Stage::Authorized => self.authorized(way).await,
            Stage::Captured => self.captured(way).await,
            Stage::Canceled => {
                let deal = self.authorized(way).await;
                let _ = deal.post("cancel", &json!({})).await.expect(200);
                deal
            }
        }
    }

    /// Whether a payment of this way can be that far.
    pub(crate) fn gets_to(&self, stage: Stage, (flow, mode): (Flow, CaptureMode)) -> bool {
        match stage {
            Stage::Open | Stage::Authorized | Stage::Captured => true,
            Stage::Review => matches!(self.table.review, Review::Of(only, ..) if only == flow),
            Stage::Canceled => mode == CaptureMode::Manual && self.operation(OperationKind::Cancel, flow).is_some(),
        }
    }

    /// A payment that the provider decides about later.
    async fn under_review(&self, mode: CaptureMode) -> Deal<'_> {
        let Review::Of(flow, pointer, json) = self.table.review else { panic!("nothing is decided about later") };
        let value: Value = serde_json::from_str(json).unwrap();
        let order = self.order((flow, mode)).await.with(pointer, value);
        let mut deal = self.open_with((flow, mode), order).await;
        deal.buyer("accept").await;
        deal
    }

    /// A capture of this amount, or of all that is left, with what the capabilities say that it requires.
    pub(crate) fn capture(&self, flow: Flow, amount: Option<i64>) -> Value {
        let mut body = match self.operation(OperationKind::Capture, flow) {
            Some(capture) if !capture.requires.is_empty() => orders::capture(),
            _ => json!({}),
        };
        if let Some(amount) = amount {
            body["amount"] = json!(amount);
        }
        body
    }

    /// How many calls the stand-in received that change something.
    pub(crate) async fn effects(&self) -> usize {
        let changes = |call: &&Value| self.table.calls.iter().any(|row| call["call"] == row.name);
        self.sandbox.calls().await.iter().filter(changes).count()
    }
}

/// Every flow with every capture mode.
pub(crate) fn ways(capabilities: &Capabilities) -> Vec<(Flow, CaptureMode)> {
    let modes = capabilities.capture_modes;
    capabilities.flows.iter().flat_map(|flow| modes.iter().map(|mode| (*flow, *mode))).collect()
}
