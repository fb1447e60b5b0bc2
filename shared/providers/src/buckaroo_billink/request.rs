//! Building the bodies of effectful requests, byte for byte.

use payment::{Currency, Detail, Operation, Order, Payment};

use super::account::Account;
use super::map::{CAPTURE, ServiceAction};
use super::parameters::{articles, of_order};
use super::wire::{ClientIp, Returns, Service, Services, TransactionRequest};
use crate::{JsonDecimal, Urls};

/// A request in the making.
#[derive(Clone, Copy)]
pub(super) struct Draft<'a> {
    pub(super) account: &'a Account,
    pub(super) action: &'static ServiceAction,
    pub(super) operation: &'a Operation,
    pub(super) urls: &'a Urls,
}

impl<'a> Draft<'a> {
    /// Authorize or Pay: the whole order. `None` when the push address cannot be signed reliably.
    pub(super) fn opening(self, order: &'a Order) -> Option<Vec<u8>> {
        let back = self.urls.back.as_str();
        let ip = order.buyer.ip_address.as_ref().map(|ip| *ip.reveal());
        let mut request = self.request()?;
        request.description = Some(order.description.as_ref().map_or(order.reference.as_str(), |text| text.as_str()));
        request.client_ip = ip.map(|ip| ClientIp { r#type: u8::from(ip.is_ipv6()), address: ip.to_string() });
        request.returns = Some(Returns { done: back, cancel: back, error: back, reject: back });
        let [service] = &mut request.services.service_list;
        service.parameters = of_order(&self.account.wire, order);
        serde_json::to_vec(&request).ok()
    }

    /// Capture, Refund or CancelAuthorize of an earlier transaction.
    pub(super) fn following(self, original_key: &'a str, payment: &Payment) -> Option<Vec<u8>> {
        let mut request = self.request()?;
        request.original_transaction_key = Some(original_key);
        if let Detail::Refund { reason: Some(reason), .. } = &self.operation.detail {
            request.description = Some(reason.as_str());
        }
        if *self.action == CAPTURE && self.account.wire.repeat_articles_on_capture {
            let lines = payment.lines.iter().map(|line| (line, line.reference.as_str()));
            let [service] = &mut request.services.service_list;
            service.parameters = articles(&self.account.wire, lines, true);
        }
        serde_json::to_vec(&request).ok()
    }

    fn request(self) -> Option<TransactionRequest<'a>> {
        let Self { account, action, operation, urls } = self;
        let amount = Some(JsonDecimal::of(operation.amount, Currency::EUR));
        let push = Some(urls.push.as_str()).filter(|url| signs_the_same_everywhere(url))?;
        let service = Service { name: &account.wire.service, action: action.word, parameters: Vec::new() };
        Some(TransactionRequest {
            currency: Currency::EUR.code(),
            amount_debit: amount.filter(|_| !action.credits()),
            amount_credit: amount.filter(|_| action.credits()),
            invoice: &operation.reference,
            description: None,
            client_ip: None,
            returns: None,
            push_url: push,
            push_url_failure: push,
            original_transaction_key: None,
            services: Services { service_list: [service] },
        })
    }
}

/// Only of these characters is it known how Buckaroo escapes them when it signs a push.
fn signs_the_same_everywhere(url: &str) -> bool {
    url.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_./:?=&".contains(&b))
}
