//! Reading a transaction, and believing it only when it is this payment's.

use http::Method;
use payment::{OrderNews, OrderState, Payment};

use super::BillAgain;
use super::map::{GONE, Money, Stage, decline, money, moves_at_once, stage};
use super::wire::Fields;
use crate::{Context, ReadError, Request};

impl BillAgain {
    /// How the payment's transaction stands. Its id is known only from the returning buyer or a notification, so until
    /// an answer agreed it is a stranger's word.
    pub(super) async fn transaction_news(&self, context: &Context<'_>) -> Result<OrderNews, ReadError> {
        let payment = context.payment;
        let bound = payment.provider_reference.as_deref();
        let id = bound.or(context.candidate).ok_or(ReadError::Nothing)?;
        let not_ours = if bound.is_some() { ReadError::Unreadable } else { ReadError::Nothing };
        let transaction = match self.read(&self.account.wire.transaction_path, id, context).await {
            Err(ReadError::Nothing) => return Err(not_ours),
            transaction => transaction?,
        };
        if !is_ours(&transaction, id, payment) {
            return Err(not_ours);
        }
        let state = match stage(&transaction).ok_or(ReadError::Unreadable)? {
            Stage::Failed => OrderState::Declined(decline(self.result_text(&transaction).as_deref())),
            Stage::Canceled => OrderState::Canceled,
            Stage::Complete if payment.amount.is_zero() => OrderState::Authorized,
            Stage::Complete => self.completed(&transaction, context).await?,
            Stage::Submitted => OrderState::UnderReview,
            Stage::Open => OrderState::AwaitingBuyer(None),
        };
        let provider_reference = Some(id.to_owned());
        Ok(OrderNews { amount: Some(payment.amount), provider_reference, ..OrderNews::of(state) })
    }

    /// Complete is not paid: there must be a payment, and it must not have failed. A debit must also have come in.
    async fn completed(&self, transaction: &Fields, context: &Context<'_>) -> Result<OrderState, ReadError> {
        let Some(id) = transaction.id("paymentID") else { return Ok(OrderState::UnderReview) };
        let method: String = transaction.get("Method").ok_or(ReadError::Unreadable)?;
        let at_once = moves_at_once(&method).ok_or(ReadError::Unreadable)?;
        let money = match self.read(&self.account.wire.payment_path, &id.to_string(), context).await {
            Ok(paid) if is_paid_for(&paid, id, context.payment) => {
                paid.get::<String>("Status").as_deref().and_then(money)
            }
            Ok(_) => return Err(ReadError::Unreadable),
            Err(ReadError::Nothing) => None,
            Err(error) => return Err(error),
        };
        Ok(match money {
            Some(Money::Failed) => OrderState::Declined(decline(self.result_text(transaction).as_deref())),
            Some(Money::Came) => OrderState::Captured,
            Some(Money::Waits) | None if at_once => OrderState::Captured,
            Some(Money::Waits) | None => OrderState::UnderReview,
        })
    }

    async fn read(&self, path: &str, id: &str, context: &Context<'_>) -> Result<Fields, ReadError> {
        let request = Request::new(Method::GET, self.account.url(path, Some(id)));
        let response = self.transport.read(self.account.sign(request), context.deadline).await?;
        match response.status {
            200..=299 => Fields::read(&response.body).ok_or(ReadError::Unreadable),
            401 | 403 => Err(ReadError::Unauthorized),
            404 | GONE => Err(ReadError::Nothing),
            _ => Err(ReadError::Unreadable),
        }
    }

    /// The text result, under one of its names or as the second of two descriptions.
    fn result_text(&self, transaction: &Fields) -> Option<String> {
        let named = self.account.wire.result_text.iter().find_map(|name| transaction.get(name));
        named.or_else(|| transaction.all("Description").nth(1))
    }
}

/// Whether everything that was agreed when the transaction was opened is in it.
fn is_ours(transaction: &Fields, id: &str, payment: &Payment) -> bool {
    let known = payment.session_reference.as_deref().and_then(|known| known.split_once('/'));
    let Some((customer, token)) = known else { return false };
    let said = |name: &str| transaction.get::<String>(name);
    said("transactionID").as_deref() == Some(id)
        && said("Token").as_deref() == Some(token)
        && transaction.id("customerID").map(|id| id.to_string()).as_deref() == Some(customer)
        && transaction.get("isPayment") == Some(!payment.amount.is_zero())
        && transaction.amount(payment.currency) == Some(payment.amount)
}

/// Whether a payment is the one that the transaction made.
fn is_paid_for(paid: &Fields, id: u64, payment: &Payment) -> bool {
    let customer = payment.session_reference.as_deref().and_then(|known| known.split_once('/')).map(|(id, _)| id);
    paid.id("paymentID") == Some(id)
        && paid.id("customerID").map(|id| id.to_string()).as_deref() == customer
        && paid.amount(payment.currency) == Some(payment.amount)
}
