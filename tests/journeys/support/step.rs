//! Every effectful operation of both providers, as something that can be prepared and asked for.

use serde_json::{Value, json};
use tests::{Answer, Order};

use super::{AMOUNT, At, Deal, Shop};

/// What the provider's own means tell of a call whose answer was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// A look-up finds it when it is there, and finds nothing when it is not.
    Both,
    /// The same call again is answered like the first time.
    ByRepeat,
    /// A look-up finds it when it is there; that it is not there proves nothing.
    OnlyIfThere,
    /// Nothing.
    Nothing,
}

/// One effectful operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) at: At,
    /// The last part of the API's address; empty for a new payment.
    pub(crate) action: &'static str,
    /// The provider's call.
    pub(crate) call: &'static str,
    pub(crate) told: Told,
}

const fn step(at: At, action: &'static str, call: &'static str, told: Told) -> Step {
    Step { at, action, call, told }
}

impl Step {
    pub(crate) const AUTHORIZE: Self = step(At::Buckaroo, "", "authorize", Told::Both);
    pub(crate) const PAY: Self = step(At::Buckaroo, "", "pay", Told::Both);
    pub(crate) const CAPTURE_ALL: Self = step(At::Buckaroo, "captures", "capture", Told::Both);
    pub(crate) const REFUND: Self = step(At::Buckaroo, "refunds", "refund", Told::Both);
    pub(crate) const CANCEL_AUTHORIZE: Self = step(At::Buckaroo, "cancel", "cancel", Told::Both);
    pub(crate) const ORDER: Self = step(At::Billie, "", "create_order", Told::Nothing);
    pub(crate) const CONFIRM: Self = step(At::Billie, "confirm", "confirm", Told::ByRepeat);
    pub(crate) const INVOICE: Self = step(At::Billie, "captures", "capture", Told::Both);
    pub(crate) const CREDIT_NOTE: Self = step(At::Billie, "refunds", "refund", Told::Nothing);
    pub(crate) const CANCEL_INVOICE: Self = step(At::Billie, "refunds", "cancel_invoice", Told::OnlyIfThere);
    pub(crate) const CANCEL: Self = step(At::Billie, "cancel", "cancel", Told::Both);

    pub(crate) const AMEND: Self = step(At::Billie, "orders/amend", "update_order", Told::Both);

    pub(crate) const CONFIRM_PAYMENT: Self =
        step(At::Billie, "orders/direct-payment", "confirm_payment", Told::Nothing);

    pub(crate) const ALL: [Self; 13] = [
        Self::AUTHORIZE,
        Self::PAY,
        Self::CAPTURE_ALL,
        Self::REFUND,
        Self::CANCEL_AUTHORIZE,
        Self::ORDER,
        Self::CONFIRM,
        Self::INVOICE,
        Self::CREDIT_NOTE,
        Self::CANCEL_INVOICE,
        Self::CANCEL,
        Self::AMEND,
        Self::CONFIRM_PAYMENT,
    ];

    /// The HTTP status of success.
    pub(crate) fn done(self) -> u16 {
        if matches!(self.action, "" | "captures" | "refunds") { 201 } else { 200 }
    }

    /// The kind of the operation.
    const fn kind(self) -> &'static str {
        match self.action.as_bytes() {
            b"" => "create_session",
            b"captures" => "capture",
            b"refunds" => "refund",
            b"confirm" => "confirm",
            b"orders/amend" => "amend",
            b"orders/direct-payment" => "direct_payment",
            _ => "cancel",
        }
    }

    /// The id of the operation that an answer is about, a problem included.
    pub(crate) fn operation_of(self, answer: &Answer) -> String {
        let operations = answer.at("/operations").as_array();
        let of_payment = || operations?.iter().rfind(|operation| operation["kind"] == self.kind())?["id"].as_str();
        answer.at("/operation_id").as_str().or_else(of_payment).unwrap_or_default().to_owned()
    }

    fn order(self) -> Order {
        if self == Self::PAY { self.at.order().with("/capture", "automatic") } else { self.at.order() }
    }

    /// A payment at which the operation is possible next, and the operation's body.
    pub(crate) async fn ready(self, shop: &Shop) -> Ready<'_> {
        let body = match self.action {
            "" => self.order().json().clone(),
            "captures" => shop.capture(None),
            "refunds" if self == Self::CANCEL_INVOICE => json!({ "amount": AMOUNT }),
            "refunds" | "orders/direct-payment" => json!({ "amount": 2_500 }),
            "orders/amend" => json!({ "amount": 10_000 }),
            _ => json!({}),
        };
        let deal = match self.action {
            "" => None,
            "refunds" | "orders/direct-payment" => Some(shop.captured().await),
            "confirm" => Some(accepted(shop).await),
            _ => Some(shop.authorized().await),
        };
        Ready { step: self, shop, deal, body, key: uuid::Uuid::new_v4().to_string() }
    }
}

/// A payment at Billie's page whose buyer accepted.
async fn accepted(shop: &Shop) -> Deal<'_> {
    let deal = shop.open(&Order::billie_pad()).await;
    let url = deal.get().await["action"]["url"].as_str().unwrap().to_owned();
    shop.sandbox.buyer(url.rsplit('/').next().unwrap(), "accept").await;
    deal
}

/// An operation that can be asked for.
pub(crate) struct Ready<'a> {
    pub(crate) step: Step,
    pub(crate) shop: &'a Shop,
    deal: Option<Deal<'a>>,
    pub(crate) body: Value,
    pub(crate) key: String,
}

impl<'a> Ready<'a> {
    pub(crate) fn path(&self) -> String {
        self.deal.as_ref().map_or_else(|| "/v1/payments".to_owned(), |deal| deal.path(self.step.action))
    }

    /// Asks for it, every time under the same key.
    pub(crate) async fn ask(&self) -> Answer {
        self.ask_for(&self.body).await
    }

    /// Asks for something else under the same key.
    pub(crate) async fn ask_for(&self, body: &Value) -> Answer {
        self.shop.api.post_as(&self.key, &self.path(), body).await
    }

    /// The payment, where the operation does not make it.
    pub(crate) fn known(&self) -> &Deal<'a> {
        self.deal.as_ref().unwrap_or_else(|| panic!("{:?} makes its payment", self.step))
    }

    /// The payment that an answer of it is about.
    pub(crate) fn deal(&self, answer: &Answer) -> Deal<'a> {
        self.deal.clone().unwrap_or_else(|| Deal::of(self.shop, answer.id()))
    }
}
