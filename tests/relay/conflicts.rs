//! Writes that meet somebody's transaction: DynamoDB writes nothing, and says so in two ways.

use payment::{CaptureMode, Cause, CauseKind, Fingerprint, Flow, NewPayment, Payment, Token};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use store::{Due, StoreError};
use tests::Order;

use crate::bench::{Bench, authorized};
use crate::proxy::{Proxy, Then};

/// What DynamoDB answers where a transaction of somebody else has the item.
fn conflict(operation: &str) -> Value {
    let name = |name: &str| format!("com.amazonaws.dynamodb.v20120810#{name}");
    match operation {
        "TransactWriteItems" => json!({
            "__type": name("TransactionCanceledException"),
            "Message": "Transaction cancelled, please refer cancellation reasons for specific reasons [TransactionConflict, None]",
            "CancellationReasons": [
                { "Code": "TransactionConflict", "Message": "Transaction is ongoing for the item" },
                { "Code": "None" },
            ],
        }),
        _ => json!({
            "__type": name("TransactionConflictException"),
            "message": "Transaction is ongoing for the item",
        }),
    }
}

#[tokio::test]
async fn a_write_beside_somebodys_transaction_is_a_lost_race() {
    let bench = Bench::start().await;
    let mut payment = authorized(&bench.store, "a").await;
    let proxy = Proxy::before(&bench.aws.dynamodb_url, |operation, _| Then::Fail(conflict(operation))).await;
    let store = bench.store_at(&proxy.url);
    let lost = |written: Result<(), StoreError>| matches!(written, Err(StoreError::Conflict));
    assert!(lost(store.save(&mut payment).await));
    assert!(lost(store.save_with_references(&mut payment, &["capture-1".to_owned()]).await));
    assert!(lost(store.save_with_widget_result(&mut payment, RawValue::NULL).await));
    let due = Due::Payment(payment.id.clone());
    store.put_off(&due, jiff::Timestamp::now()).await.expect("whoever writes it says when it is due");
}

#[tokio::test]
async fn a_write_over_what_somebody_else_wrote_is_a_lost_race_and_writes_nothing() {
    let bench = Bench::start().await;
    let store = &bench.store;
    let id = authorized(store, "a").await.id;
    let read = async || store.load(&id).await.unwrap().unwrap();
    for how in ["save", "save_with_references", "save_with_widget_result"] {
        let (mut first, mut second) = (read().await, read().await);
        store.save(&mut first).await.unwrap();
        let written = match how {
            "save" => store.save(&mut second).await,
            "save_with_references" => store.save_with_references(&mut second, &["capture-1".to_owned()]).await,
            _ => store.save_with_widget_result(&mut second, RawValue::NULL).await,
        };
        assert!(matches!(written, Err(StoreError::Conflict)), "{how}: {written:?}");
        assert!(read().await == first, "{how}");
    }
}

#[tokio::test]
async fn a_creation_beside_another_one_is_not_taken_for_a_payment_that_is_there() {
    let bench = Bench::start().await;
    let proxy = Proxy::before(&bench.aws.dynamodb_url, |operation, _| Then::Fail(conflict(operation))).await;
    let order: payment::Order = serde_json::from_value(Order::billie_pad().json().clone()).unwrap();
    let new = NewPayment {
        merchant: "demo".parse().unwrap(),
        key: &"a".parse().unwrap(),
        order: &order,
        flow: Flow::Direct,
        capture_mode: CaptureMode::Manual,
        livemode: false,
        token: Token::from_random([7; 16]),
        provider_account: None,
        opened_under: None,
        late_authorization: payment::LateAuthorization::default(),
        fingerprint: Fingerprint::of(&order).unwrap(),
        cause: Cause::new(CauseKind::Api, "test"),
    };
    let (mut payment, _) = Payment::open(new, jiff::Timestamp::now());
    let created = bench.store_at(&proxy.url).create(&mut payment, &order).await;
    assert!(matches!(created, Err(StoreError::Conflict)), "{created:?}");
}
