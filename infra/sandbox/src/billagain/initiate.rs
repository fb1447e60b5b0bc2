//! The call that opens a transaction: sixteen fields and the rules between them.

use jiff::Timestamp;
use url::Url;

use super::books::{Notified, Stage, Transaction, Wanted};
use super::wire::GATEWAYS;
use super::{Settings, State, errors, gone, page};
use crate::json::{Json, map};
use crate::message::{Answer, Incoming};
use crate::reader::{Flaw, Flaws, Reader};

/// Opens a transaction, or says in the body why not.
pub(crate) fn answer(state: &mut State, request: &Incoming, root: &str, now: Timestamp) -> Answer {
    if request.media_type() != "application/json" {
        return errors(415, &["The request entity's media type is not supported for this resource."]);
    }
    let body = Json::parse(&request.body).filter(|body| matches!(body, Json::Map(_)));
    let Some(body) = body else { return errors(400, &["The request is invalid."]) };
    let wanted = match read(&body) {
        Ok(wanted) => wanted,
        Err(refused) => return refused,
    };
    if !state.settings.customers.contains(&wanted.customer) {
        return gone("Customer");
    }
    if let Some(reason) = broken_rule(&wanted, &state.settings) {
        let mut answer =
            Answer::json(state.settings.refusal_status, map! { "isSuccess": false, "ErrorMessage": reason });
        answer.outcome = format!("refused: {reason}");
        return answer;
    }
    let token = token();
    let address = page::address(root, &state.settings.username, wanted.customer, &token);
    state.books.transactions.push(Transaction {
        id: uuid::Uuid::new_v4().simple().to_string().to_uppercase(),
        token,
        stage: Stage::Open,
        result: "",
        payment: None,
        method: wanted.payment_method,
        wanted,
        created: now,
        notified: Notified::default(),
    });
    Answer::json(201, map! { "isSuccess": true, "RedirectUrl": address })
}

/// Letters and digits.
fn token() -> String {
    const LETTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let letter = |byte: &u8| LETTERS.get(usize::from(*byte) % LETTERS.len()).map(|letter| char::from(*letter));
    let random = [uuid::Uuid::new_v4().into_bytes(), uuid::Uuid::new_v4().into_bytes()].concat();
    random.iter().filter_map(letter).take(18).collect()
}

/// The fields and their types.
fn read(body: &Json) -> Result<Wanted, Answer> {
    let flaws = Flaws::default();
    let reader = Reader::new(body, &flaws);
    let id = |name: &'static str| reader.maybe(name).then(|| reader.whole(name, 1..=i64::MAX));
    let flag = |name: &'static str, required: bool| {
        if required && !reader.has(name) {
            reader.flaw(name, "is required");
        }
        reader.flag(name).unwrap_or_default()
    };
    let among = |name: &'static str, known: &[&str]| {
        let text = reader.text(name);
        if !text.is_empty() && !known.contains(&text.as_str()) {
            reader.flaw(name, &format!("must be one of: {}", known.join(", ")));
        }
        text
    };
    among("Mode", &["redirect"]);
    let wanted = Wanted {
        customer: reader.whole("customerID", 1..=i64::MAX),
        method: among("Method", &["credit_card", "bank_account", "hpp"]),
        is_payment: flag("isPayment", true),
        storage: among("StorageMode", &["cc", "cc_token", "token", "no_cc"]),
        retain: flag("paymentMethod_retainOnSuccess", true),
        // Listed as required, and missing in the documentation's own example.
        primary: flag("paymentMethod_isPrimary", false),
        enrol: flag("paymentMethod_isEnrol", true),
        subscription: id("subscriptionID"),
        gateway: id("gatewayID"),
        payment_method: id("paymentMethodID"),
        currency: reader.text("CurrencyCode"),
        amount: if reader.maybe("Amount") { reader.decimal("Amount") } else { 0 },
        description: reader.optional("Description"),
        redirect_url: reader.limited("RedirectUrl", 2_000),
        notify_url: reader.limited("NotifyUrl", 2_000),
    };
    if wanted.currency.len() != 3 || !wanted.currency.bytes().all(|byte| byte.is_ascii_uppercase()) {
        reader.flaw("CurrencyCode", "must have 3 letters");
    }
    for (name, url) in [("RedirectUrl", &wanted.redirect_url), ("NotifyUrl", &wanted.notify_url)] {
        let good = |url: &String| Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
        if !url.as_ref().is_none_or(good) {
            reader.flaw(name, "is not a URL");
        }
    }
    reader.end();
    let line = |flaw: &Flaw| format!("{}: {}", flaw.source, flaw.title);
    flaws.verdict(|flaws| {
        let lines: Vec<String> = flaws.iter().map(line).collect();
        errors(400, &lines.iter().map(String::as_str).collect::<Vec<_>>())
    })?;
    Ok(wanted)
}

/// The first rule of the guide that the fields break.
fn broken_rule(wanted: &Wanted, settings: &Settings) -> Option<&'static str> {
    let card = wanted.method == "credit_card";
    let bank = wanted.method == "bank_account";
    let tokenises = card && matches!(wanted.storage.as_str(), "cc_token" | "token");
    let needs_gateway = wanted.is_payment || tokenises || (card && wanted.enrol);
    let gateway = wanted.gateway.and_then(|id| GATEWAYS.iter().find(|gateway| gateway.id == id));
    let stored = wanted
        .payment_method
        .map(|id| settings.payment_methods.iter().find(|method| method.id == id && method.customer == wanted.customer));
    let subscription = wanted.subscription.map(|id| settings.subscriptions.contains(&(id, wanted.customer)));
    let rules = [
        (
            wanted.payment_method.is_some() && !wanted.retain,
            "paymentMethod_retainOnSuccess must be true with paymentMethodID",
        ),
        (wanted.primary && !wanted.retain, "paymentMethod_retainOnSuccess must be true with paymentMethod_isPrimary"),
        (wanted.enrol && !wanted.retain, "paymentMethod_retainOnSuccess must be true with paymentMethod_isEnrol"),
        (!wanted.is_payment && wanted.amount != 0, "Amount must be zero if isPayment is false"),
        (wanted.is_payment && wanted.amount <= 0, "Amount must be more than zero if isPayment is true"),
        (
            wanted.subscription.is_some() && !(bank && wanted.enrol),
            "subscriptionID is for the eMandate of a bank account",
        ),
        (subscription == Some(false), "Cannot find Subscription for this Customer"),
        (wanted.storage == "no_cc" && !bank, "StorageMode no_cc is for bank accounts"),
        (needs_gateway && wanted.gateway.is_none(), "gatewayID is required"),
        (wanted.gateway.is_some() && gateway.is_none(), "Cannot find Gateway for this Account"),
        (gateway.is_some_and(|gateway| bank && !gateway.bank), "The gateway does not accept bank accounts"),
        (gateway.is_some_and(|gateway| !bank && !gateway.card), "The gateway does not accept credit cards"),
        (stored.is_some() && !wanted.is_payment && !wanted.enrol, "paymentMethodID is for payments and enrolment"),
        (matches!(stored, Some(None)), "Cannot find Payment Method for this Customer"),
        (matches!(stored, Some(Some(method)) if method.kind != wanted.method), "The payment method is of another kind"),
    ];
    rules.into_iter().find(|(broken, _)| *broken).map(|(_, reason)| reason)
}
