//! Reading a transaction, and believing it only when it is this payment's.

use http::Method;
use payment::{Decline, DeclineReason, Difference, News, OrderNews, OrderState, Payment, PaymentMethod};
use serde::de::DeserializeOwned;
use url::Url;

use super::BillAgain;
use super::map::{GONE, Money, Stage, kind_of_method, money, stage};
use super::wire::Fields;
use crate::{Context, Deadline, ReadError, Request};

/// Why a look showed nothing of this payment's order.
enum Unseen {
    Unread(ReadError),
    Differs(Vec<Difference>),
}

impl From<ReadError> for Unseen {
    fn from(error: ReadError) -> Self {
        Self::Unread(error)
    }
}

impl BillAgain {
    /// How the payment's transaction stands, or what of it is not this payment's any more: a question for a person.
    pub(super) async fn transaction_news(&self, context: &Context<'_>) -> Result<News, ReadError> {
        match self.order(context).await {
            Ok(order) => Ok(News { order: Some(order), ..News::default() }),
            Err(Unseen::Differs(differs)) => Ok(News { differs, ..News::default() }),
            Err(Unseen::Unread(error)) => Err(error),
        }
    }

    /// The transaction's id is known only from the returning buyer or a notification, so until an answer agreed it is a
    /// stranger's word: of what is another payment's nothing is told, and what is this one's and differs is not bound.
    async fn order(&self, context: &Context<'_>) -> Result<OrderNews, Unseen> {
        let payment = context.payment;
        let bound = payment.provider_reference.as_deref();
        let id = bound.or(context.candidate).ok_or(ReadError::Nothing)?;
        let not_ours = if bound.is_some() { ReadError::Unreadable } else { ReadError::Nothing };
        let wire = &self.account.wire;
        let transaction: Fields = match self.read(&wire.transaction_path, Some(id), context.deadline).await {
            Err(ReadError::Nothing) => return Err(not_ours.into()),
            transaction => transaction?,
        };
        let is_named = transaction.get::<String>("transactionID").as_deref() == Some(id);
        if !is_named || (bound.is_none() && !self.is_ours(&transaction, payment)) {
            return Err(not_ours.into());
        }
        let differs = self.differences(&transaction, payment).ok_or(ReadError::Unreadable)?;
        let stage = stage(&transaction);
        if !differs.is_empty() {
            // One that nobody completed may be of an attempt to open whose answer was lost, and moved no money.
            let counts = bound.is_some() || stage == Some(Stage::Complete);
            return Err(if counts { Unseen::Differs(differs) } else { ReadError::Nothing.into() });
        }
        let state = match stage.ok_or(ReadError::Unreadable)? {
            Stage::Failed => OrderState::Declined(self.decline(&transaction)),
            Stage::Canceled => OrderState::Canceled,
            Stage::Complete if payment.amount.is_zero() => OrderState::Authorized,
            Stage::Complete => self.completed(&transaction, context).await?,
            Stage::Submitted => OrderState::UnderReview,
            Stage::Open => OrderState::AwaitingBuyer(None),
        };
        Ok(OrderNews {
            amount: Some(payment.amount),
            provider_reference: Some(id.to_owned()),
            payment_method: kept_method(&transaction, &state),
            ..OrderNews::of(state)
        })
    }

    /// Whether a transaction that somebody named is this payment's, however the rest of it is. Whoever has the buyer's
    /// address can name an earlier one of the same customer, with the same amount: that one has another token, and was given
    /// the addresses of its own payment. By the guide a transaction tells both addresses; without them and without the token
    /// it is anybody's.
    fn is_ours(&self, transaction: &Fields, payment: &Payment) -> bool {
        let Some((customer, token)) = opened_with(payment) else { return false };
        let compares = self.account.wire.token_in_transaction;
        let is_known = compares && transaction.get::<String>("Token").as_deref() == Some(token);
        let is_customers = transaction.id("customerID").is_some_and(|id| id.to_string() == customer);
        is_customers && (is_known || was_given_our_address(transaction, payment))
    }

    /// What of a transaction is not as it was opened; `None` where it does not say. The customer is a person and the token
    /// opens the page, so neither is repeated.
    fn differences(&self, transaction: &Fields, payment: &Payment) -> Option<Vec<Difference>> {
        let (_, token) = opened_with(payment)?;
        let is_payment: bool = transaction.get("isPayment")?;
        let pays = !payment.amount.is_zero();
        let mut all = differences_of_money(transaction, payment)?;
        if self.account.wire.token_in_transaction && transaction.get::<String>("Token")? != token {
            all.push(unnamed("token"));
        }
        if is_payment != pays {
            all.push(difference("is_payment", pays.to_string(), is_payment.to_string()));
        }
        Some(all)
    }

    /// Complete is not paid: there must be a payment whose own status says that the money came. No page says of any way to
    /// pay that a pending payment is as good as paid, and a status that nobody knows is not either.
    async fn completed(&self, transaction: &Fields, context: &Context<'_>) -> Result<OrderState, Unseen> {
        let Some(id) = transaction.id("paymentID") else { return Ok(OrderState::UnderReview) };
        let method: String = transaction.get("Method").ok_or(ReadError::Unreadable)?;
        kind_of_method(&method).ok_or(ReadError::Unreadable)?;
        let path = &self.account.wire.payment_path;
        let money = match self.read::<Fields>(path, Some(&id.to_string()), context.deadline).await {
            Ok(paid) => {
                let said = differences_of_money(&paid, context.payment).filter(|_| paid.id("paymentID") == Some(id));
                let differs = said.ok_or(ReadError::Unreadable)?;
                if !differs.is_empty() {
                    return Err(Unseen::Differs(differs));
                }
                paid.get::<String>("Status").as_deref().and_then(money)
            }
            Err(ReadError::Nothing) => None,
            Err(error) => return Err(error.into()),
        };
        Ok(match money {
            Some(Money::Failed) => OrderState::Declined(self.decline(transaction)),
            Some(Money::Came) => OrderState::Captured,
            Some(Money::Waits) | None => OrderState::UnderReview,
        })
    }

    /// What is at a path.
    pub(super) async fn read<T: DeserializeOwned>(
        &self,
        path: &str,
        id: Option<&str>,
        deadline: Deadline,
    ) -> Result<T, ReadError> {
        let request = Request::new(Method::GET, self.account.url(path, id));
        let response = self.transport.read(self.account.sign(request), deadline).await?;
        match response.status {
            200..=299 => serde_json::from_slice(&response.body).map_err(|_| ReadError::Unreadable),
            401 | 403 => Err(ReadError::Unauthorized),
            404 | GONE => Err(ReadError::Nothing),
            _ => Err(ReadError::Unreadable),
        }
    }

    /// Why a transaction failed, by the text result under one of its names or as the second of two descriptions.
    fn decline(&self, transaction: &Fields) -> Decline {
        let wire = &self.account.wire;
        let named = wire.result_text.iter().find_map(|name| transaction.get(name));
        let result: Option<String> = named.or_else(|| transaction.all("Description").nth(1));
        let message = result.and_then(|result| wire.message(&result));
        Decline { reason: DeclineReason::Other, provider_code: None, message }
    }
}

/// The way to pay that is kept once the buyer is done, where the transaction was to keep one.
fn kept_method(transaction: &Fields, state: &OrderState) -> Option<PaymentMethod> {
    let done = matches!(state, OrderState::Authorized | OrderState::Captured | OrderState::UnderReview);
    let kept = done && transaction.get("paymentMethod_retainOnSuccess") == Some(true);
    let id = transaction.id("paymentMethodID").filter(|_| kept)?.to_string();
    Some(PaymentMethod { id, kind: transaction.get::<String>("Method").as_deref().and_then(kind_of_method) })
}

/// Whether a transaction was opened with one of this payment's own addresses, which no other payment's have the token of.
fn was_given_our_address(transaction: &Fields, payment: &Payment) -> bool {
    let given = ["NotifyUrl", "RedirectUrl"].into_iter().filter_map(|name| transaction.get::<String>(name));
    let mut given = given.filter_map(|address| address.parse::<Url>().ok());
    given.any(|address| address.query_pairs().any(|(_, value)| payment.token.matches(&value)))
}

/// What is not as it was opened of what a transaction and the payment that it made both say.
fn differences_of_money(said: &Fields, payment: &Payment) -> Option<Vec<Difference>> {
    let (customer, _) = opened_with(payment)?;
    let mut all = Vec::new();
    if said.id("customerID")?.to_string() != customer {
        all.push(unnamed("customer"));
    }
    let currency: String = said.get("CurrencyCode")?;
    if !currency.eq_ignore_ascii_case(payment.currency.code()) {
        all.push(difference("currency", payment.currency.code().to_owned(), code(&currency)));
        return Some(all);
    }
    let amount = said.amount(payment.currency)?;
    if amount != payment.amount {
        all.push(difference("amount", payment.amount.to_string(), amount.to_string()));
    }
    Some(all)
}

/// The customer and the token that the transaction was opened with.
fn opened_with(payment: &Payment) -> Option<(&str, &str)> {
    payment.session_reference.as_deref()?.split_once('/')
}

/// A currency's code, if it is one.
fn code(text: &str) -> String {
    let is_code = text.len() == 3 && text.bytes().all(|b| b.is_ascii_alphabetic());
    if is_code { text.to_ascii_uppercase() } else { "another".to_owned() }
}

fn unnamed(field: &str) -> Difference {
    difference(field, "as opened".to_owned(), "another".to_owned())
}

fn difference(field: &str, ours: String, theirs: String) -> Difference {
    Difference { field: field.to_owned(), ours, theirs }
}
