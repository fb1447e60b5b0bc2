//! A shop at one provider.

use reqwest::Method;
use serde_json::{Value, json};
use tests::{Answer, Api, Order, Request, Sandbox, Site, eventually, orders};
use tokio::task::JoinSet;

use super::Deal;

/// What the orders of the journeys are about, minor units.
pub(crate) const AMOUNT: i64 = 12_600;

/// The provider APIs of these journeys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum At {
    Buckaroo,
    Billie,
    BilliePsp,
    Billink,
    BillAgain,
}

impl At {
    pub(crate) const BOTH: [Self; 2] = [Self::Buckaroo, Self::Billie];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Buckaroo => "buckaroo_billink",
            Self::Billie => "billie_pad",
            Self::BilliePsp => "billie_psp",
            Self::Billink => "billink",
            Self::BillAgain => "billagain",
        }
    }

    /// An order that the first call authorizes, where one does.
    pub(crate) fn order(self) -> Order {
        match self {
            Self::Buckaroo => Order::buckaroo_billink().with("/flow", "direct"),
            Self::Billie => Order::billie_pad_at_once(),
            Self::BilliePsp | Self::Billink | Self::BillAgain => Order::at(self.name()),
        }
    }
}

/// What a new stand-in of Buckaroo is set to, but for the flow: a site that is given has what the journey before set.
fn anew(flow: &str) -> Value {
    json!({ "flow": flow, "return": "get", "pending": [], "push_format": "json", "push_hash": "sha1" })
}

/// A stack of its own with a shop at one provider. Buckaroo answers at once, unless it is to show its page.
pub(crate) struct Shop {
    pub(crate) site: Site,
    pub(crate) api: Api,
    pub(crate) at: At,
    pub(crate) sandbox: Sandbox,
}

impl Shop {
    pub(crate) async fn at(at: At) -> Self {
        let shop = Self::on(Site::start().await, at);
        if at == At::Buckaroo {
            shop.set(anew("sync")).await;
        }
        shop
    }

    /// The same without messages of the provider, which would settle a doubt before anybody looks.
    pub(crate) async fn without_messages(at: At) -> Self {
        let shop = Self::at(at).await;
        shop.sandbox.webhooks(json!({ "mode": "held" })).await;
        shop
    }

    /// At Buckaroo, whose buyers are sent to a page first.
    pub(crate) async fn with_page() -> Self {
        let shop = Self::on(Site::start().await, At::Buckaroo);
        shop.set(anew("redirect")).await;
        shop
    }

    pub(crate) fn on(site: Site, at: At) -> Self {
        let (api, sandbox) = (site.api.clone(), site.sandbox(at.name()));
        Self { site, api, at, sandbox }
    }

    /// Changes the stand-in's settings.
    pub(crate) async fn set(&self, settings: Value) {
        self.sandbox.control(Method::POST, "settings", &settings).await;
    }

    /// Opens a payment.
    pub(crate) async fn open(&self, order: &Order) -> Deal<'_> {
        Deal::of(self, self.api.post("/v1/payments", order.json()).await.expect(201).id())
    }

    /// A payment that is authorized.
    pub(crate) async fn authorized(&self) -> Deal<'_> {
        let deal = self.open(&self.at.order()).await;
        assert_eq!(deal.get().await["status"], "authorized");
        deal
    }

    /// The buyer of a payment accepts on the provider's page, and the provider says so.
    pub(crate) async fn accept(&self, deal: &Deal<'_>) {
        let page = deal.get().await["action"]["url"].as_str().expect("a page").to_owned();
        self.sandbox.buyer(page.rsplit('/').next().expect("its session"), "accept").await;
        eventually("the promise", async || (deal.get().await["status"] == "authorized").then_some(())).await;
    }

    /// A payment that is captured in full, by one capture.
    pub(crate) async fn captured(&self) -> Deal<'_> {
        let deal = self.authorized().await;
        let _ = deal.post("captures", &self.capture(None)).await.expect(201);
        deal
    }

    /// A capture of this amount, or of all that is left, as the provider wants it.
    pub(crate) fn capture(&self, amount: Option<i64>) -> Value {
        let mut body = match self.at {
            At::Buckaroo | At::Billink | At::BillAgain => json!({}),
            At::Billie | At::BilliePsp => orders::capture(),
        };
        if let Some(amount) = amount {
            body["amount"] = json!(amount);
        }
        body
    }

    /// A request that opens a payment.
    pub(crate) fn opening(&self, key: &str, order: &Order) -> Request {
        self.api.request(Method::POST, "/v1/payments").key(key).json(order.json())
    }

    /// How many calls the provider received that change something.
    pub(crate) async fn effects(&self) -> usize {
        let reads = |call: &&Value| {
            let token_or_question = matches!(call["call"].as_str(), Some("token" | "statuses"));
            token_or_question || call["method"] == "GET"
        };
        let calls = self.sandbox.calls().await;
        calls.len() - calls.iter().filter(reads).count()
    }

    /// How many calls of this name the provider received.
    pub(crate) async fn count(&self, call: &str) -> usize {
        self.sandbox.count(call).await
    }
}

/// Sends all requests at the same time; the answers are in the order of arrival.
pub(crate) async fn at_once(requests: impl IntoIterator<Item = Request>) -> Vec<Answer> {
    let mut running = JoinSet::new();
    for request in requests {
        running.spawn(request.send());
    }
    running.join_all().await
}
