//! Observations: what is believed, and what it says.

use payment::{Cause, CauseKind, Doubt, DoubtPolicy, Outcome, Status};
use serde_json::{Value, json};

use super::super::map::{FLAGS, MESSAGES, METHODS, STATUSES, Stage};
use super::desk::{BillAgain, Case, ID, Reply, account_at, enrolment, order, paid, says, transaction};
use crate::testing::credentials_asked;

const TRANSACTION: &str = "GET /v1/secure/transactions/a1B2c3";
const PAYMENT: &str = "GET /v1/payments/10774";

async fn seen(case: &Case, transaction: Reply, payment: Reply) -> String {
    let desk = BillAgain::start().await.on(TRANSACTION, transaction).on(PAYMENT, payment);
    case.observe(&*desk.adapter()).await
}

fn bound() -> Case {
    let mut case = Case::opened(order(|_| {}));
    case.payment.provider_reference = Some(ID.into());
    case.candidate = Some("another");
    case
}

#[tokio::test]
async fn without_an_id_there_is_nothing_to_read() {
    let desk = BillAgain::start().await;
    let mut case = Case::opened(order(|_| {}));
    case.candidate = None;
    assert_eq!(case.observe(&*desk.adapter()).await, "Nothing");
    assert!(desk.calls().is_empty());
}

#[tokio::test]
async fn a_look_gets_the_transaction_and_its_payment() {
    let said = transaction(json!({ "isComplete": true, "paymentID": 10774 }));
    let desk = BillAgain::start().await.on(TRANSACTION, says(200, said)).on(PAYMENT, says(200, paid(json!({}))));
    bound().observe(&*desk.adapter()).await;
    insta::assert_snapshot!(desk.calls().join("\n"));
}

#[tokio::test]
async fn the_credentials_are_asked_for_by_the_list_of_gateways() {
    let open = |root: &str| super::super::open(&account_at(root), crate::Transport::default()).unwrap();
    insta::assert_snapshot!(credentials_asked(open, &["accept", "authorization"]).await);
}

#[tokio::test]
async fn the_first_flag_that_is_set_counts() {
    let flags = |set: &[&str]| -> Value {
        FLAGS.iter().map(|(name, _)| ((*name).to_owned(), json!(set.contains(name)))).collect()
    };
    let names: Vec<&str> = FLAGS.iter().map(|(name, _)| *name).collect();
    for (i, (name, stage)) in FLAGS.iter().enumerate() {
        let wanted = match stage {
            Stage::Failed => "Declined Other None of 15000 a1B2c3",
            Stage::Canceled => "Canceled of 15000 a1B2c3",
            Stage::Complete => "Captured of 15000 a1B2c3",
            Stage::Submitted => "UnderReview of 15000 a1B2c3",
            Stage::Open => unreachable!(),
        };
        for set in [&names[i..=i], &names[i..]] {
            let transaction = says(200, transaction(flags(set)));
            let told =
                seen(&Case::opened(order(|_| {})), transaction, says(200, paid(json!({ "Status": "Allocated" }))))
                    .await;
            assert_eq!(told, wanted, "{set:?}");
        }
        let mut without: Value = serde_json::from_str(&transaction(flags(&["isComplete"]))).unwrap();
        without.as_object_mut().unwrap().remove(*name);
        assert_eq!(seen(&bound(), says(200, without), Reply::Hangs).await, "Unreadable", "{name}");
    }
    let told = seen(&bound(), says(200, transaction(flags(&[]))), Reply::Hangs).await;
    assert_eq!(told, "AwaitingBuyer(None) of 15000 a1B2c3");
}

/// What changes a transaction, with the address that this payment's was opened with.
fn with_our_address(case: &Case, mut changes: Value) -> Value {
    let token = case.payment.token.reveal();
    changes["NotifyUrl"] = json!(format!("https://api.example/v1/webhooks/billagain/demo?payment=pay_1&token={token}"));
    changes
}

#[tokio::test]
async fn a_transaction_is_believed_only_when_everything_is_ours() {
    const NOTHING: &str = "Nothing";
    // By our token, by our address too, and once it is bound.
    let rows = [
        ("transactionID", json!("A1B2C3"), [NOTHING, NOTHING, "Unreadable"]),
        ("customerID", json!(201), [NOTHING, NOTHING, "customer is another and not as opened"]),
        ("customerID", json!(null), [NOTHING, NOTHING, "Unreadable"]),
        (
            "Token",
            json!("another"),
            [NOTHING, "token is another and not as opened", "token is another and not as opened"],
        ),
        ("Token", json!(null), [NOTHING, "Unreadable", "Unreadable"]),
        ("Amount", json!(150.01), ["amount is 15001 and not 15000"; 3]),
        ("Amount", json!(0), ["amount is 0 and not 15000"; 3]),
        ("Amount", json!(0.001), ["Unreadable"; 3]),
        ("CurrencyCode", json!("USD"), ["currency is USD and not ZAR"; 3]),
        ("CurrencyCode", json!("Uno Eins"), ["currency is another and not ZAR"; 3]),
        ("CurrencyCode", json!(null), ["Unreadable"; 3]),
        ("isPayment", json!(false), ["is_payment is false and not true"; 3]),
        ("isPayment", json!(null), ["Unreadable"; 3]),
    ];
    let named = Case::opened(order(|_| {}));
    for (name, value, [by_token, by_address, known]) in rows {
        let foreign = || says(200, transaction(json!({ name: value })));
        let addressed = says(200, transaction(with_our_address(&named, json!({ name: value }))));
        assert_eq!(seen(&named, foreign(), Reply::Hangs).await, by_token, "{name}");
        assert_eq!(seen(&named, addressed, Reply::Hangs).await, by_address, "{name}");
        assert_eq!(seen(&bound(), foreign(), Reply::Hangs).await, known, "{name}");
    }
    let several = says(200, transaction(json!({ "Token": "another", "Amount": 1, "customerID": 201 })));
    let told = "customer is another and not as opened, amount is 100 and not 15000, token is another and not as opened";
    assert_eq!(seen(&bound(), several, Reply::Hangs).await, told);
    let mut unopened = Case::opened(order(|_| {}));
    unopened.payment.session_reference = None;
    let ours = with_our_address(&unopened, json!({}));
    assert_eq!(seen(&unopened, says(200, transaction(ours)), Reply::Hangs).await, NOTHING);
}

#[tokio::test]
async fn another_payments_transaction_of_the_same_customer_is_nothing_however_it_differs() {
    let case = Case::opened(order(|_| {}));
    let other = "https://api.example/v1/return/pay_2?token=of-another-payment";
    for address in [json!(other), json!(null), json!("ours?"), json!(format!("{other}{}", case.payment.token.reveal()))]
    {
        for amount in [150, 1] {
            let changes = json!({ "Token": "another", "Amount": amount, "NotifyUrl": address, "RedirectUrl": address });
            assert_eq!(seen(&case, says(200, transaction(changes)), Reply::Hangs).await, "Nothing", "{address}");
        }
    }
    let back = format!("https://api.example/v1/return/pay_1?token={}", case.payment.token.reveal());
    let ours = transaction(json!({ "Token": "another", "NotifyUrl": null, "RedirectUrl": back }));
    assert_eq!(seen(&case, says(200, ours), Reply::Hangs).await, "token is another and not as opened");
}

#[tokio::test]
async fn what_differs_and_is_not_bound_is_told_once_it_is_complete() {
    let case = Case::opened(order(|_| {}));
    for (flag, told) in [
        ("threwError", "Nothing"),
        ("isCancelled", "Nothing"),
        ("isComplete", "amount is 100 and not 15000"),
        ("isSubmitted", "Nothing"),
        ("none", "Nothing"),
    ] {
        let mut changes = json!({ "Amount": 1 });
        for (name, _) in FLAGS {
            changes[name] = json!(name == flag);
        }
        assert_eq!(seen(&case, says(200, transaction(changes.clone())), Reply::Hangs).await, told, "{flag}");
        assert_eq!(seen(&bound(), says(200, transaction(changes)), Reply::Hangs).await, "amount is 100 and not 15000");
    }
}

#[tokio::test]
async fn where_the_token_is_not_compared_our_address_tells_whose_a_transaction_is() {
    let case = Case::opened(order(|_| {}));
    let told = async |case: &Case, changes: Value| {
        let desk = BillAgain::start().await.on(TRANSACTION, says(200, transaction(changes)));
        let desk = desk.on(PAYMENT, says(200, paid(json!({ "Status": "Allocated" }))));
        let mut account = desk.account();
        account["wire"] = json!({ "token_in_transaction": false });
        case.observe(&*super::super::open(&account, crate::Transport::default()).unwrap()).await
    };
    for token in [json!("another"), json!(null)] {
        let ours = |changes: Value| {
            let mut changes = with_our_address(&case, changes);
            changes["Token"] = token.clone();
            changes
        };
        assert_eq!(told(&case, ours(json!({}))).await, "Captured of 15000 a1B2c3");
        assert_eq!(told(&case, ours(json!({ "Amount": 1 }))).await, "amount is 100 and not 15000");
        assert_eq!(told(&case, ours(json!({ "customerID": 201 }))).await, "Nothing");
        assert_eq!(told(&bound(), json!({ "Token": token })).await, "Captured of 15000 a1B2c3");
    }
    for unproven in [json!({}), json!({ "NotifyUrl": null, "RedirectUrl": null })] {
        assert_eq!(told(&case, unproven).await, "Nothing", "it may be an earlier one of the same amount");
    }
}

#[tokio::test]
async fn a_foreign_transaction_is_not_bound_nor_one_that_differs_and_ours_is() {
    let desk = BillAgain::start().await.on(PAYMENT, says(200, paid(json!({ "Status": "Allocated" }))));
    let (now, cause) = ("2024-03-01T10:05:00Z".parse().unwrap(), Cause::new(CauseKind::Probe, "req"));
    let mut case = Case::opened(order(|_| {}));
    let desk = desk.on(TRANSACTION, says(200, transaction(json!({ "Token": "another" }))));
    assert!(case.news(&*desk.adapter()).await.is_err());
    let desk = desk.on(TRANSACTION, says(200, transaction(json!({ "Amount": 1 }))));
    let news = case.news(&*desk.adapter()).await.ok().unwrap();
    case.payment.learn(news, &cause, now);
    assert_eq!((case.payment.provider_reference.as_deref(), case.payment.status), (None, Status::Created));
    let desk = desk.on(TRANSACTION, says(200, transaction(json!({}))));
    let news = case.news(&*desk.adapter()).await.ok().unwrap();
    case.payment.learn(news, &cause, now);
    assert_eq!((case.payment.provider_reference.as_deref(), case.payment.status), (Some(ID), Status::Captured));
    assert_eq!(case.payment.amounts().captured.minor(), 15_000);
}

#[tokio::test]
async fn a_completed_payment_moved_money_only_with_a_payment_that_came() {
    let status = |status: &str| says(200, paid(json!({ "Status": status })));
    let of = |told: &str| format!("{told} of 15000 a1B2c3");
    let failed = of("Declined Other None");
    let expected = [("Waits", "UnderReview"), ("Came", "Captured"), ("Failed", failed.as_str())];
    for method in METHODS {
        let complete = || says(200, transaction(json!({ "Method": method })));
        for (word, money) in STATUSES {
            let (_, wanted) = expected.iter().find(|(name, _)| *name == format!("{money:?}")).unwrap();
            let wanted = if wanted.contains(" of ") { (*wanted).to_owned() } else { of(wanted) };
            assert_eq!(seen(&bound(), complete(), status(word)).await, wanted, "{method} {word}");
        }
        for unknown in [says(200, paid(json!({ "Status": null }))), status("Sideways"), says(410, ""), says(404, "")] {
            assert_eq!(seen(&bound(), complete(), unknown).await, of("UnderReview"), "{method}");
        }
        for (reply, wanted) in [
            (says(200, paid(json!({ "Amount": 149 }))), "amount is 14900 and not 15000"),
            (says(200, paid(json!({ "customerID": 269 }))), "customer is another and not as opened"),
            (says(200, paid(json!({ "paymentID": 1 }))), "Unreadable"),
            (says(200, paid(json!({ "CurrencyCode": "USD" }))), "currency is USD and not ZAR"),
            (says(200, "<html>"), "Unreadable"),
            (says(403, ""), "Unauthorized"),
            (says(500, ""), "Unreachable"),
        ] {
            assert_eq!(seen(&bound(), complete(), reply).await, wanted, "{method}");
        }
        for none in [json!(null), json!(0)] {
            let unpaid = says(200, transaction(json!({ "Method": method, "paymentID": none })));
            assert_eq!(seen(&bound(), unpaid, Reply::Hangs).await, of("UnderReview"));
        }
    }
    let unknown = says(200, transaction(json!({ "Method": "shells" })));
    assert_eq!(seen(&bound(), unknown, Reply::Hangs).await, "Unreadable");
}

#[tokio::test]
async fn a_completed_enrolment_is_authorized_without_a_payment() {
    let case = Case::opened(enrolment());
    let complete = json!({ "isPayment": false, "Amount": 0, "paymentID": null });
    assert_eq!(seen(&case, says(200, transaction(complete)), Reply::Hangs).await, "Authorized of 0 a1B2c3");
    let payment = says(200, transaction(json!({ "isPayment": true, "Amount": 0 })));
    assert_eq!(seen(&case, payment, Reply::Hangs).await, "is_payment is true and not false");
}

#[tokio::test]
async fn a_way_to_pay_is_told_once_it_is_kept() {
    let method = async |changes: Value| {
        let desk = BillAgain::start().await.on(TRANSACTION, says(200, transaction(changes)));
        let desk = desk.on(PAYMENT, says(200, paid(json!({ "Status": "Allocated" }))));
        let news = bound().news(&*desk.adapter()).await.ok().unwrap();
        let kept = news.content().order.clone().unwrap().payment_method;
        kept.map(|kept| format!("{} {}", kept.id, kept.kind.unwrap_or_default()))
    };
    assert_eq!(method(json!({})).await.as_deref(), Some("10112 credit_card"));
    for name in METHODS {
        let told = method(json!({ "Method": name.to_uppercase(), "isComplete": false })).await;
        assert_eq!(told, Some(format!("10112 {name}")));
    }
    for changes in [
        json!({ "paymentMethod_retainOnSuccess": false }),
        json!({ "paymentMethodID": 0 }),
        json!({ "paymentMethodID": null }),
        json!({ "threwError": true }),
        json!({ "isCancelled": true }),
        json!({ "isComplete": false, "isSubmitted": false }),
    ] {
        assert_eq!(method(changes.clone()).await, None, "{changes}");
    }
}

#[tokio::test]
async fn the_text_result_is_found_under_each_of_its_names_and_told_when_it_is_known() {
    let [(known, unknown), ..] = MESSAGES;
    let wanted = format!("Declined Other Some(\"{}\") of 15000 a1B2c3", unknown.told());
    for name in ["ResultText", "Result", "RESULTDESCRIPTION"] {
        let failed = transaction(json!({ "threwError": true, name: known }));
        assert_eq!(seen(&bound(), says(200, failed), Reply::Hangs).await, wanted);
    }
    let fixture = include_str!("../fixtures/transaction.json").replace("\"threwError\": false", "\"threwError\": true");
    let told = seen(&bound(), says(200, fixture.replace("Approved", known)), Reply::Hangs).await;
    assert_eq!(told, wanted, "the second description");
    for untold in [fixture.clone(), fixture.replace("Approved", "Uno Eins is unknown")] {
        let told = seen(&bound(), says(200, untold), Reply::Hangs).await;
        assert_eq!(told, "Declined Other None of 15000 a1B2c3");
    }
}

#[tokio::test]
async fn what_is_not_there_is_told_from_what_cannot_be_read() {
    for (reply, stranger, known) in [
        (says(404, ""), "Nothing", "Unreadable"),
        (says(410, include_str!("../fixtures/errors.json")), "Nothing", "Unreadable"),
        (says(401, "<html>"), "Unauthorized", "Unauthorized"),
        (says(403, ""), "Unauthorized", "Unauthorized"),
        (says(200, "<html>"), "Unreadable", "Unreadable"),
        (says(200, "[]"), "Unreadable", "Unreadable"),
        (says(302, ""), "Unreadable", "Unreadable"),
        (says(500, ""), "Unreachable", "Unreachable"),
        (Reply::Resets, "Unreachable", "Unreachable"),
    ] {
        assert_eq!(seen(&Case::opened(order(|_| {})), reply.clone(), Reply::Hangs).await, stranger);
        assert_eq!(seen(&bound(), reply, Reply::Hangs).await, known);
    }
    let mut case = bound();
    case.patience = std::time::Duration::from_millis(300);
    assert_eq!(seen(&case, Reply::Hangs, Reply::Hangs).await, "Unreachable");
}

#[test]
fn doubt_about_an_opening_is_over_at_once() {
    let mut case = Case::new(order(|_| {}));
    let policy = super::super::CAPABILITIES.doubt(payment::OperationKind::CreateSession, payment::Flow::Redirect);
    assert_eq!(policy, DoubtPolicy::Harmless);
    let ticket = payment::Ticket { operation: case.payment.operations[0].id.clone(), attempt: 1 };
    let cause = Cause::new(CauseKind::Api, "req");
    let now = case.payment.created_at;
    case.payment.settle(&ticket, Outcome::InDoubt(Doubt::TimedOut), policy, &cause, now);
    assert!(case.payment.operations[0].reason.as_ref().unwrap().allows_another_attempt());
}
