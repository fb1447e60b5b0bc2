//! Building the bodies of effectful requests, byte for byte.

use payment::{Currency, Detail, Operation, Order, Payment};

use super::account::Account;
use super::map::{CAPTURE, ServiceAction};
use super::parameters::{articles, of_order};
use crate::object::Body;
use crate::{JsonDecimal, Urls};

/// A request in the making.
#[derive(Clone, Copy)]
pub(super) struct Draft<'a> {
    pub(super) account: &'a Account,
    pub(super) action: &'static ServiceAction,
    pub(super) operation: &'a Operation,
    pub(super) urls: &'a Urls,
}

impl Draft<'_> {
    /// Authorize or Pay: the whole order. `None` when the push address cannot be signed reliably.
    pub(super) fn opening(self, order: &Order) -> Option<Vec<u8>> {
        let back = &self.urls.back;
        let ip = order.buyer.ip_address.as_ref().map(|ip| *ip.reveal());
        // 0 for IPv4, 1 for IPv6.
        let ip = ip.map(|ip| Body::default().with("Type", u8::from(ip.is_ipv6())).with("Address", ip));
        let body = self
            .begun()
            .with("Description", order.description.as_ref().map_or(order.reference.as_str(), |text| text.as_str()))
            .with("ClientIP", ip)
            .with("ReturnURL", back)
            .with("ReturnURLCancel", back)
            .with("ReturnURLError", back)
            .with("ReturnURLReject", back);
        self.ended(body, None, &of_order(&self.account.wire, order))
    }

    /// Capture, Refund or CancelAuthorize of an earlier transaction.
    pub(super) fn following(self, original_key: &str, payment: &Payment) -> Option<Vec<u8>> {
        let reason = match &self.operation.detail {
            Detail::Refund { reason, .. } => reason.as_ref(),
            _ => None,
        };
        let wire = &self.account.wire;
        let lines = payment.lines.iter().map(|line| (line, line.reference.as_str()));
        // Who bought is not known any more, so companies' net prices are sent of everybody.
        let repeats = *self.action == CAPTURE && wire.repeat_articles_on_capture;
        let parameters = if repeats { articles(wire, lines, true) } else { Vec::new() };
        self.ended(self.begun().with("Description", reason), Some(original_key), &parameters)
    }

    /// Exactly one of the amounts is there.
    fn begun(self) -> Body {
        let amount = if self.action.credits() { "AmountCredit" } else { "AmountDebit" };
        Body::default()
            .with("Currency", Currency::EUR.code())
            .with(amount, JsonDecimal::of(self.operation.amount, Currency::EUR))
            .with("Invoice", &self.operation.reference)
    }

    fn ended(self, body: Body, original_key: Option<&str>, parameters: &[Body]) -> Option<Vec<u8>> {
        let push = Some(self.urls.push.as_str()).filter(|url| signs_the_same_everywhere(url))?;
        let service = Body::default()
            .with("Name", &self.account.wire.service)
            .with("Action", self.action.word)
            .with("Parameters", Some(parameters).filter(|all| !all.is_empty()));
        let body = body
            .with("PushURL", push)
            .with("PushURLFailure", push)
            .with("OriginalTransactionKey", original_key)
            .with("Services", Body::default().with("ServiceList", [service]));
        serde_json::to_vec(&body).ok()
    }
}

/// Only of these characters is it known how Buckaroo escapes them when it signs a push.
fn signs_the_same_everywhere(url: &str) -> bool {
    url.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_./:?=&".contains(&b))
}
