//! Opening a transaction: the one effectful call.

use http::Method;
use jiff::Timestamp;
use payment::{Action, Doubt, OrderNews, OrderState, Outcome, Receipt, Refusal};
use rust_decimal::Decimal;
use url::Url;

use super::BillAgain;
use super::map::GONE;
use super::options::Options;
use super::wire::Fields;
use crate::inbound::is_id;
use crate::object::Body;
use crate::transport::is_page;
use crate::{Context, Effect, JsonDecimal, Request, Response};

impl BillAgain {
    pub(super) async fn initiate(&self, context: &Context<'_>, effect: Effect) -> Outcome {
        let Some((customer, request)) = self.request(context) else { return Outcome::NotSent };
        let answer = self.transport.act(effect, self.account.sign(request), context.deadline).await;
        let end = self.account.wire.session_seconds.end(context.now);
        answer.outcome(|response| self.judge(&response, customer, end))
    }

    /// The request, its fields in the guide's order, and its customer.
    fn request(&self, context: &Context<'_>) -> Option<(u64, Request)> {
        let (payment, order) = (context.payment, context.order?);
        let options = Options::of(order)?;
        let amount = JsonDecimal::of(payment.amount, payment.currency);
        let body = Body::default()
            .with("customerID", options.customer_id)
            .with("Mode", "redirect")
            .with("Method", options.method)
            .with("isPayment", options.is_payment)
            .with("StorageMode", options.storage_mode())
            .with("paymentMethod_retainOnSuccess", options.retain)
            .with("paymentMethod_isPrimary", options.is_primary)
            .with("paymentMethod_isEnrol", options.is_enrol)
            .with("subscriptionID", options.subscription_id)
            .with("gatewayID", options.gateway_id(self.account.gateway_id))
            .with("paymentMethodID", options.payment_method_id)
            .with("CurrencyCode", payment.currency.code())
            .with("Amount", if payment.amount.is_zero() { JsonDecimal(Decimal::ZERO) } else { amount })
            .with("Description", order.description.as_ref().map_or(order.reference.as_str(), |text| text.as_str()))
            .with("RedirectUrl", &context.urls.back)
            .with("NotifyUrl", &context.urls.push);
        let url = self.account.url(&self.account.wire.initiate_path, None);
        Some((options.customer_id, Request::new(Method::POST, url).with_json(&body)?))
    }

    /// The flag decides whatever the status; without it, errors in the documented form or a 410 are a refusal.
    fn judge(&self, response: &Response, customer: u64, end: Option<Timestamp>) -> Outcome {
        let fields = Fields::read(&response.body);
        let field = |name: &str| fields.as_ref().and_then(|fields| fields.get::<String>(name));
        let success = fields.as_ref().and_then(|fields| fields.get::<bool>("isSuccess"));
        let errors = fields.as_ref().and_then(|fields| fields.get::<Vec<Fields>>("Errors")).unwrap_or_default();
        let messages = errors.iter().filter_map(|error| error.get("Message")).chain(field("ErrorMessage"));
        match (success, response.status) {
            (Some(true), 200..=299) => opened(field("RedirectUrl").as_deref(), customer, end),
            (Some(false), _) => self.refused(response.status, messages),
            (None, GONE) => self.refused(response.status, messages),
            (None, 400..=499) if !errors.is_empty() => self.refused(response.status, messages),
            (_, 500..) => Outcome::InDoubt(Doubt::ServerError),
            (_, 200..=299) => Outcome::InDoubt(Doubt::Unreadable),
            _ => Outcome::InDoubt(Doubt::UnknownCode),
        }
    }

    fn refused(&self, status: u16, mut messages: impl Iterator<Item = String>) -> Outcome {
        let provider_code = (status >= 300).then(|| status.to_string());
        Outcome::Refused(Refusal { provider_code, message: messages.find_map(|text| self.account.wire.message(&text)) })
    }
}

/// The page that the buyer goes to. The answer names no transaction; the last part of the page's address is its token,
/// and with the customer it is all that a transaction is known again by.
fn opened(page: Option<&str>, customer: u64, expires_at: Option<Timestamp>) -> Outcome {
    let page = page.and_then(|page| page.parse::<Url>().ok()).filter(is_page);
    let token = page.as_ref().and_then(|page| page.path_segments()?.rfind(|part| !part.is_empty()).map(str::to_owned));
    match (page, token.filter(|token| is_id(token))) {
        (Some(url), Some(token)) => {
            let state = OrderState::AwaitingBuyer(Some(Action::Redirect { url, expires_at }));
            let session_reference = Some(format!("{customer}/{token}"));
            let order = OrderNews { session_reference, ..OrderNews::of(state) };
            Outcome::Done(Receipt { order: Some(order), ..Receipt::default() })
        }
        _ => Outcome::InDoubt(Doubt::Unreadable),
    }
}
