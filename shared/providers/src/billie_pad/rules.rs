//! Billie's own rules for an order and for what its widget hands over.

use payment::{Order, OrderError, Payment};
use serde_json::Value;
use serde_json::value::RawValue;

use super::map::{Number, number_of};
use crate::JsonDecimal;
use crate::billie::{self, term};
use crate::order::told;

/// Every rule that the order breaks. Who may buy, in which currency and what must be there is in the capabilities.
pub(super) fn broken(order: &Order) -> Vec<OrderError> {
    let company = order.buyer.company.as_ref();
    let number = company.and_then(|company| number_of(company.legal_form.as_ref()?.as_str()));
    let has_register = company.is_some_and(|company| company.registration_number.is_some());
    let has_vat = company.is_some_and(|company| company.vat_number.is_some());
    let rule = "is required for this legal form";
    let numbers = [
        (number == Some(Number::Register) && !has_register, "/buyer/company/registration_number", rule),
        (number == Some(Number::Vat) && !has_vat, "/buyer/company/vat_number", rule),
    ];
    told(numbers).chain(billie::broken(order)).collect()
}

/// The amount and the term must be ours; a browser carried them.
pub(super) fn broken_by_widget(payment: &Payment, result: &RawValue) -> Vec<OrderError> {
    let result: Value = serde_json::from_str(result.get()).unwrap_or_default();
    let ours = payment.agreed();
    let amounts = [("net", ours.net()), ("tax", ours.tax()), ("gross", ours.gross())];
    let mut broken = Vec::new();
    for (part, ours) in amounts {
        let theirs = result
            .pointer(&format!("/amount/{part}"))
            .and_then(|v| serde_json::from_value::<JsonDecimal>(v.clone()).ok());
        if theirs.and_then(|theirs| theirs.amount(payment.currency).ok()) != Some(ours) {
            let rule = format!("must be the payment's: {}", ours.to_decimal(payment.currency));
            broken.push(OrderError::at(format!("/widget_result/amount/{part}"), rule));
        }
    }
    let is = |pointer: &str, wanted: Value| {
        result.pointer(pointer).is_none_or(|theirs| theirs.is_null() || *theirs == wanted)
    };
    let rules = [
        (
            result.get("duration") != Some(&term(payment).into()),
            "/duration",
            "must be the payment's payment_terms_days",
        ),
        (!is("/amount/currency", payment.currency.code().into()), "/amount/currency", "must be the payment's"),
        (!is("/currency", payment.currency.code().into()), "/currency", "must be the payment's"),
        (!is("/state", "authorized".into()), "/state", "must be authorized"),
        (!result.pointer("/debtor_company/name").is_some_and(Value::is_string), "/debtor_company/name", "is required"),
    ];
    let others = rules.into_iter().filter(|(broken, ..)| *broken);
    broken.extend(others.map(|(_, pointer, rule)| OrderError::at(format!("/widget_result{pointer}"), rule)));
    broken
}
