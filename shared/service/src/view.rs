//! The API's JSON, made from the domain.

use std::collections::BTreeMap;

use jiff::Timestamp;
use payment::{
    Action, Amount, Amounts, CaptureId, Currency, DebtorAddress, Decline, Detail, Invoice, LineQuantity, Operation,
    OperationId, OperationKind, OperationStatus, Payment, PaymentId, PaymentMethod, Personal, ProviderId, Receivable,
    RefundId, Shipment, Status, Word,
};
use providers::Capabilities;
use serde::Serialize;

use crate::actions::Actions;

/// A payment as the API shows it.
#[derive(Serialize)]
#[allow(missing_docs)]
pub struct PaymentView<'a> {
    pub id: &'a PaymentId,
    pub provider: &'a ProviderId,
    pub reference: &'a str,
    pub status: Status,
    pub currency: Currency,
    pub amount: Amount,
    pub amounts: Amounts,
    pub action: Option<&'a Action>,
    pub decline: Option<&'a Decline>,
    pub captures: Vec<CaptureView<'a>>,
    pub refunds: Vec<RefundView<'a>>,
    pub operations: Vec<OperationView<'a>>,
    #[serde(flatten)]
    pub actions: Actions,
    pub provider_reference: Option<&'a str>,
    pub order_reference: &'a str,
    pub livemode: bool,
    pub debtor: Option<DebtorView<'a>>,
    pub bank_transfer: Option<&'a payment::BankTransfer>,
    pub payment_method: Option<&'a PaymentMethod>,
    pub receivable: Option<&'a Receivable>,
    pub version: u64,
    pub metadata: &'a BTreeMap<String, String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// The company as the provider identified it.
#[derive(Serialize)]
#[allow(missing_docs)]
pub struct DebtorView<'a> {
    pub name: &'a Personal<String>,
    pub address: Option<&'a DebtorAddress>,
}

/// A capture as the API shows it.
#[derive(Serialize)]
#[allow(missing_docs)]
pub struct CaptureView<'a> {
    pub id: &'a CaptureId,
    pub operation_id: &'a OperationId,
    pub status: OperationStatus,
    pub amount: Amount,
    pub reversed: Amount,
    pub lines: &'a [LineQuantity],
    pub invoice: Option<&'a Invoice>,
    pub shipment: Option<&'a Shipment>,
    pub provider_reference: Option<&'a str>,
    pub created_at: Timestamp,
}

/// A refund as the API shows it.
#[derive(Serialize)]
#[allow(missing_docs)]
pub struct RefundView<'a> {
    pub id: &'a RefundId,
    pub operation_id: &'a OperationId,
    pub status: OperationStatus,
    pub amount: Amount,
    pub lines: &'a [LineQuantity],
    pub capture_id: &'a CaptureId,
    pub reason: Option<&'a str>,
    pub reference: Option<&'a str>,
    pub provider_reference: Option<&'a str>,
    pub created_at: Timestamp,
}

/// An operation as the API shows it.
#[derive(Serialize)]
#[allow(missing_docs)]
pub struct OperationView<'a> {
    pub id: &'a OperationId,
    pub kind: OperationKind,
    pub status: OperationStatus,
    pub amount: Amount,
    pub reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolution: Option<Word>,
}

impl<'a> PaymentView<'a> {
    pub(crate) fn of(payment: &'a Payment, capabilities: &Capabilities, now: Timestamp) -> Self {
        Self {
            id: &payment.id,
            provider: &payment.provider,
            reference: payment.reference.as_str(),
            status: payment.status,
            currency: payment.currency,
            amount: payment.amount,
            amounts: payment.amounts(),
            action: payment.action.as_ref(),
            decline: payment.decline.as_ref(),
            captures: payment.operations.iter().filter_map(CaptureView::of).collect(),
            refunds: payment.operations.iter().filter_map(RefundView::of).collect(),
            operations: payment.operations.iter().map(OperationView::of).collect(),
            actions: Actions::of(payment, capabilities, now),
            provider_reference: payment.provider_reference.as_deref(),
            order_reference: &payment.order_reference,
            livemode: payment.livemode,
            debtor: payment.debtor.as_ref().map(|name| DebtorView { name, address: payment.debtor_address.as_ref() }),
            bank_transfer: payment.bank_transfer.as_ref(),
            payment_method: payment.payment_method.as_ref(),
            receivable: payment.receivable.as_ref(),
            version: payment.version,
            metadata: &payment.metadata,
            created_at: payment.created_at,
            updated_at: payment.updated_at,
        }
    }
}

impl<'a> CaptureView<'a> {
    pub(crate) fn of(operation: &'a Operation) -> Option<Self> {
        let Detail::Capture { capture, lines, invoice, shipment, .. } = &operation.detail else { return None };
        Some(Self {
            id: capture,
            operation_id: &operation.id,
            status: operation.status,
            amount: operation.amount,
            reversed: operation.reversed,
            lines,
            invoice: invoice.as_ref(),
            shipment: shipment.as_ref(),
            provider_reference: operation.provider_reference.as_deref(),
            created_at: operation.accepted_at,
        })
    }
}

impl<'a> RefundView<'a> {
    pub(crate) fn of(operation: &'a Operation) -> Option<Self> {
        let Detail::Refund { refund, capture, lines, reason, reference, .. } = &operation.detail else { return None };
        Some(Self {
            id: refund,
            operation_id: &operation.id,
            status: operation.status,
            amount: operation.amount,
            lines,
            capture_id: capture,
            reason: reason.as_ref().map(|text| text.as_str()),
            reference: reference.as_ref().map(|text| text.as_str()),
            provider_reference: operation.provider_reference.as_deref(),
            created_at: operation.accepted_at,
        })
    }
}

impl<'a> OperationView<'a> {
    fn of(operation: &'a Operation) -> Self {
        Self {
            id: &operation.id,
            kind: operation.kind(),
            status: operation.status,
            amount: operation.amount,
            reason: operation.reason.as_ref().map(|reason| reason.as_str()),
            resolution: operation.word(),
        }
    }
}
