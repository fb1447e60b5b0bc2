//! A payment is stored as one DynamoDB item and read back unchanged.

use payment::{
    Action, Amount, BankTransfer, Command, Doubt, DoubtPolicy, Invoice, Order, OrderNews, OrderState, Outcome, Payment,
    Personal, Receipt, ReceivableMessage, ReceivableNews, Refusal, Shipment,
};

use crate::fixture::*;

/// Asserts that a payment survives JSON and the item that the store writes.
pub(crate) fn reads_back(payment: &Payment) {
    let json = serde_json::to_string(payment).unwrap();
    let again: Payment = serde_json::from_str(&json).unwrap();
    assert!(again == *payment, "changed by JSON: {json}");

    let item: serde_dynamo::Item = serde_dynamo::to_item(payment).unwrap();
    let again: Payment = serde_dynamo::from_item(item).unwrap();
    assert!(again == *payment, "changed by the item: {json}");
}

fn personal(name: &str) -> Personal<String> {
    Personal::new(format!("canary-{name}"))
}

fn seat() -> payment::DebtorAddress {
    payment::DebtorAddress {
        street: personal("street"),
        house_number: Some(personal("number")),
        postal_code: personal("code"),
        city: personal("city"),
        country: personal("country"),
    }
}

/// A payment with every optional part filled in.
pub(crate) fn full() -> Payment {
    let (mut payment, ticket) = opened();
    let action =
        Action::Redirect { url: "https://provider.example/pay?s=1".parse().unwrap(), expires_at: Some(at(900)) };
    settle(&mut payment, &ticket, done_with(OrderState::AwaitingBuyer(Some(action))));
    let news = OrderNews {
        amount: Some(amount(AMOUNT)),
        captured: Some(Amount::ZERO),
        provider_reference: Some("prov-order".to_owned()),
        session_reference: Some("prov-session".to_owned()),
        bank_transfer: Some(BankTransfer {
            iban: Personal::new("canary-iban".to_owned()),
            bic: Some(Personal::new("canary-bic".to_owned())),
            account_holder: Some(Personal::new("canary-holder".to_owned())),
            reference: Some("RF18".to_owned()),
        }),
        debtor: Some(payment::Debtor { name: personal("debtor"), address: Some(seat()) }),
        payment_method: Some(payment::PaymentMethod { id: "10112".to_owned(), kind: Some("credit_card".to_owned()) }),
        provider_account: Some("prov-account".to_owned()),
        ..OrderNews::of(OrderState::Authorized)
    };
    observe(&mut payment, payment::News { order: Some(news), ..payment::News::default() }, 60);
    let asked = payment::CaptureCommand {
        lines: vec![units("SKU-1", 1)],
        invoice: Some(Invoice {
            number: "INV-9".parse().unwrap(),
            url: Some("https://shop.example/i/9".parse().unwrap()),
        }),
        shipment: Some(Shipment {
            carrier: Some("DHL".parse().unwrap()),
            tracking_number: Some("JJD-1".parse().unwrap()),
            tracking_url: Some("https://dhl.example/JJD-1".parse().unwrap()),
        }),
        releases_rest: true,
        ..payment::CaptureCommand::default()
    };
    let first = act(&mut payment, Command::capture(asked, key("c1"), body("c1")));
    settle(
        &mut payment,
        &first,
        Outcome::Done(Receipt { provider_reference: Some("7".to_owned()), ..Receipt::default() }),
    );
    let follower = payment.ready_follower().unwrap().id.clone();
    let release = payment.next_attempt(&follower, at(70)).unwrap();
    settle(&mut payment, &release, Outcome::InDoubt(Doubt::ConnectionLost));
    let asked = payment::RefundCommand {
        lines: vec![units("SKU-1", 1)],
        reason: Some("did not fit".parse().unwrap()),
        reference: Some("CN-1".parse().unwrap()),
        ..payment::RefundCommand::default()
    };
    let refund = act(&mut payment, Command::refund(asked, key("r1"), body("r1")));
    settle(&mut payment, &refund, refused());
    let dunning = ReceivableMessage::of(ReceivableNews::dunning(3));
    let dunning = ReceivableMessage { outstanding: Some(amount(6_050)), occurred_at: Some(at(79)), ..dunning };
    payment.note_receivable(dunning, &cause(), at(80));
    payment
}

#[test]
fn a_payment_with_every_part_filled_in_reads_back() {
    reads_back(&full());
}

#[test]
fn a_widget_session_reads_back() {
    let (mut payment, ticket) = opened();
    let action = Action::Widget {
        provider_session_id: "s-1".to_owned(),
        script_url: "https://provider.example/w.js".parse().unwrap(),
        expires_at: None,
    };
    settle(&mut payment, &ticket, done_with(OrderState::AwaitingBuyer(Some(action))));
    assert!(payment.action.is_some());
    reads_back(&payment);
}

#[test]
fn every_doubt_and_the_largest_amount_read_back() {
    let doubts = [
        Doubt::TimedOut,
        Doubt::ConnectionLost,
        Doubt::ServerError,
        Doubt::Unreadable,
        Doubt::AmountMismatch,
        Doubt::UnknownCode,
        Doubt::WorkerDied,
    ];
    for doubt in doubts {
        let mut payment = authorized();
        let ticket = capture(&mut payment, "c1", 100);
        payment.settle(&ticket, Outcome::InDoubt(doubt), DoubtPolicy::None, &cause(), at(2));
        let largest = Some(amount(100_000_000_000));
        let overdue = ReceivableMessage { outstanding: largest, ..ReceivableMessage::of(ReceivableNews::Overdue) };
        payment.note_receivable(overdue, &cause(), at(3));
        reads_back(&payment);
    }
}

#[test]
fn an_order_reads_back_from_json_and_from_an_item() {
    let order = order();
    let again: Order = serde_json::from_value(serde_json::to_value(&order).unwrap()).unwrap();
    assert!(again == order);
    let item: serde_dynamo::Item = serde_dynamo::to_item(&order).unwrap();
    let again: Order = serde_dynamo::from_item(item).unwrap();
    assert!(again == order);
}

#[test]
fn a_payment_in_a_status_that_this_code_does_not_know_cannot_be_read() {
    let mut stored = serde_json::to_value(authorized()).unwrap();
    stored["status"] = "chargeback".into();
    assert!(serde_json::from_value::<Payment>(stored).is_err());
}

#[test]
fn only_what_older_code_would_lose_is_written_so_that_it_leaves_it_alone() {
    let mut payment = full();
    assert_eq!((payment.schema, payment.layout()), (2, 2));
    payment.operations[1].was_not_processed = true;
    assert_eq!(payment.layout(), payment::SCHEMA);
    reads_back(&payment);
}

#[test]
fn of_what_a_provider_says_at_length_so_much_is_kept_that_the_item_has_room() {
    let long = || Personal::new("canary".repeat(50_000));
    let (mut payment, ticket) = opened();
    let news = OrderNews {
        bank_transfer: Some(BankTransfer { iban: long(), bic: None, account_holder: None, reference: None }),
        debtor: Some(payment::Debtor { name: long(), address: None }),
        ..OrderNews::of(OrderState::Authorized)
    };
    settle(&mut payment, &ticket, Outcome::Done(Receipt { order: Some(news), ..Receipt::default() }));
    assert!(payment.bank_transfer.is_none() && payment.debtor.is_none());
    let capture = capture(&mut payment, "c1", AMOUNT);
    let refusal = Refusal { provider_code: None, message: Some("é".repeat(100_000)) };
    settle(&mut payment, &capture, Outcome::Refused(refusal));
    let size = serde_json::to_vec(&payment).unwrap().len();
    assert!(size < 10_000, "{size} bytes");
    reads_back(&payment);
}
