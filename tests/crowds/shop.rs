//! A stack at one provider, and what can be asked there.

use local::StackOptions;
use payment::OperationKind;
use reqwest::Method;
use serde_json::{Value, json};
use tests::{Deal, Movement, Order, Sandbox, Site, orders};

/// What the orders are about, minor units.
pub(crate) const AMOUNT: i64 = 12_600;

const IN_PARTS: [Movement; 5] = [
    movement("capture", OperationKind::Capture),
    movement("refund", OperationKind::Refund),
    movement("cancel_invoice", OperationKind::Refund),
    movement("cancel", OperationKind::Cancel),
    movement("update_order", OperationKind::Amend),
];

const IN_FULL: [Movement; 3] = [
    movement("capture", OperationKind::Capture),
    movement("refund", OperationKind::Refund),
    movement("cancel", OperationKind::Cancel),
];

const fn movement(call: &'static str, kind: OperationKind) -> Movement {
    Movement { call, kind, harmless: false }
}

/// What a client can ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    Capture,
    /// A capture that releases the rest.
    Final,
    Refund,
    Cancel,
    Amend,
}

impl Asked {
    pub(crate) const fn action(self) -> &'static str {
        match self {
            Self::Capture | Self::Final => "captures",
            Self::Refund => "refunds",
            Self::Cancel => "cancel",
            Self::Amend => "orders/amend",
        }
    }

    /// The kind of its operation.
    pub(crate) const fn kind(self) -> &'static str {
        match self {
            Self::Capture | Self::Final => "capture",
            Self::Refund => "refund",
            Self::Cancel => "cancel",
            Self::Amend => "amend",
        }
    }
}

/// The stack, which sweeps only when it is told to.
pub(crate) struct Shop {
    pub(crate) site: Site,
    pub(crate) sandbox: Sandbox,
    provider: &'static str,
}

impl Shop {
    pub(crate) async fn at(provider: &'static str) -> Self {
        let site = Site::start_own(StackOptions { without_sweep: true, ..StackOptions::default() }).await;
        let sandbox = site.sandbox(provider);
        // Its messages would settle what was lost before anybody looks.
        sandbox.webhooks(json!({ "mode": "held" })).await;
        if provider == "buckaroo_billink" {
            sandbox.control(Method::POST, "settings", &json!({ "flow": "sync" })).await;
        }
        Self { site, sandbox, provider }
    }

    fn captures_parts(&self) -> bool {
        self.provider == "billie_pad"
    }

    /// A payment whose money is promised, and a part or all of it taken where that is wanted.
    pub(crate) async fn payment(&self, round: usize, captured: bool) -> Deal {
        let order = Order::at(self.provider).with("/flow", "direct").with("/reference", format!("CROWD-{round}"));
        let opened = self.site.api.post("/v1/payments", order.json()).await.expect(201);
        assert_eq!(opened.at("/status"), "authorized");
        let deal = Deal::of(&self.site.api, &self.sandbox, opened.id());
        if captured {
            let part = if self.captures_parts() { 5_000 } else { AMOUNT };
            let _ = deal.post("captures", &self.body(Asked::Capture, part)).await.expect(201);
        }
        deal
    }

    /// The body of a request about this much.
    pub(crate) fn body(&self, asked: Asked, amount: i64) -> Value {
        let mut body = match asked {
            Asked::Cancel => return json!({}),
            Asked::Refund => return json!({ "amount": amount }),
            Asked::Amend => return json!({ "amount": AMOUNT - amount }),
            Asked::Capture | Asked::Final if self.captures_parts() => orders::capture(),
            Asked::Capture | Asked::Final => return json!({}),
        };
        body["amount"] = json!(amount);
        body["final"] = json!(asked == Asked::Final);
        body
    }

    /// The calls that move something, and what for.
    pub(crate) fn movements(&self) -> &'static [Movement] {
        if self.captures_parts() { &IN_PARTS } else { &IN_FULL }
    }

    /// The calls that may go wrong so that a look finds out what became of them.
    pub(crate) fn calls(&self) -> &'static [&'static str] {
        if self.captures_parts() { &["capture", "cancel", "update_order"] } else { &["capture", "refund", "cancel"] }
    }
}
