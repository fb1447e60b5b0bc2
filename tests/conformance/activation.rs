//! Enabling a merchant: the account that the provider issues is the one that is used from then on.

use payment::{CaptureMode, Flow};
use serde_json::{Value, json};
use service::ProblemCode::{
    Forbidden, IdempotencyKeyReused, NotSupportedByProvider, OperationInDoubt, ProviderRefused, ProviderUnavailable,
};

use crate::bench::{Bench, PART};
use crate::tables;

const PATH: &str = "/v1/merchants/demo/activations";
const WAY: (Flow, CaptureMode) = (Flow::Redirect, CaptureMode::Manual);

fn wanted() -> Value {
    json!({
        "provider": "billie_psp",
        "name": "Muster GmbH",
        "legal_form": "10001",
        "registration_number": "HRB 123456",
        "vat_number": "DE123456789",
        "website": "https://shop.example",
        "address": { "street": "Tannenweg", "house_number": "4", "postal_code": "77716",
                     "city": "Haslach im Kinzigtal", "country": "DE" },
        "countries": ["DE"],
    })
}

/// The merchant that the newest order in the stand-in's books belongs to.
async fn merchant_of_newest(bench: &Bench) -> Value {
    bench.sandbox.books().await["orders"].as_array().unwrap().last().unwrap()["merchant"].clone()
}

#[tokio::test]
async fn an_activated_account_is_used_in_the_next_session() {
    let bench = Bench::of(&tables::billie_psp::TABLE).await;
    let operator = bench.site.operator();
    let _ = bench.authorized(WAY).await;
    let configured = merchant_of_newest(&bench).await;

    let refused = bench.api.post(PATH, &wanted()).await;
    let _ = refused.expect_problem(Forbidden);
    assert_eq!(bench.sandbox.count("enable_merchant").await, 0, "a checkout's key sends nothing");

    let activated = operator.post_as("a", PATH, &wanted()).await.expect(201);
    assert!(!activated.is_replay());
    let account = activated.text("/account");
    let enabled = bench.sandbox.books().await["merchants"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&enabled["id"], &enabled["reference"]), (&json!(account), &json!("demo")));
    assert_ne!(configured, account);

    let again = operator.post_as("a", PATH, &wanted()).await.expect(201);
    assert!(again.is_replay());
    assert_eq!(again.at("/account"), account);
    let mut other = wanted();
    other["name"] = json!("Beispiel GmbH");
    let _ = operator.post_as("a", PATH, &other).await.expect_problem(IdempotencyKeyReused);
    assert_eq!(bench.sandbox.count("enable_merchant").await, 1);

    let deal = bench.captured(WAY).await;
    assert_eq!(merchant_of_newest(&bench).await, account);
    let _ = deal.post("refunds", &json!({ "amount": 600 })).await.expect(201);
    deal.agreed().await;
}

/// The stand-in does nothing with an order unless the call names the order's own merchant.
#[tokio::test]
async fn a_payment_stays_with_the_account_that_its_session_was_opened_for() {
    let bench = Bench::of(&tables::billie_psp::TABLE).await;
    let (taken, lowered, canceled) =
        (bench.authorized(WAY).await, bench.authorized(WAY).await, bench.authorized(WAY).await);
    let first = merchant_of_newest(&bench).await;
    let activated = bench.site.operator().post_as("a", PATH, &wanted()).await.expect(201);
    assert_ne!(activated.at("/account"), &first);
    let _ = taken.post("captures", &bench.capture(WAY.0, Some(PART))).await.expect(201);
    let _ = taken.post("refunds", &json!({ "amount": 600 })).await.expect(201);
    let _ = lowered.post("orders/amend", &json!({ "amount": PART })).await.expect(200);
    let _ = canceled.post("cancel", &json!({})).await.expect(200);
    for deal in [taken, lowered, canceled] {
        deal.agreed().await;
    }
}

#[tokio::test]
async fn an_activation_in_doubt_is_not_sent_again_and_ends_with_the_account_told() {
    let after = ["drop_after", "garbage_after", "delay"].map(|fault| (fault, 1));
    let before = ["drop_before", "http_5xx", "delay_before"].map(|fault| (fault, 0));
    for (fault, enabled) in after.into_iter().chain(before) {
        let bench = Bench::impatient(&tables::billie_psp::TABLE).await;
        let operator = bench.site.operator();
        bench.sandbox.fault(json!({ "call": "enable_merchant", "kind": fault, "millis": 600_000 })).await;
        let before = bench.sandbox.books().await["merchants"].as_array().unwrap().len();
        let doubtful = operator.post_as("a", PATH, &wanted()).await.expect(202);
        assert_eq!(doubtful.at("/account"), &Value::Null, "{fault}");
        let again = operator.post_as("a", PATH, &wanted()).await.expect(202);
        assert!(again.is_replay(), "{fault}");
        let other = operator.post_as("b", PATH, &wanted()).await;
        let _ = other.expect_problem(OperationInDoubt);
        assert_eq!(bench.sandbox.count("enable_merchant").await, 1, "{fault}: sent again");
        let merchants = bench.sandbox.books().await["merchants"].as_array().unwrap().clone();
        assert_eq!(merchants.len(), before + enabled, "{fault}");

        let mut told = wanted();
        told["account"] = merchants.last().unwrap()["id"].clone();
        let ended = operator.post_as("c", PATH, &told).await.expect(201);
        assert_eq!(ended.at("/account"), &told["account"], "{fault}");
        assert_eq!(bench.sandbox.count("enable_merchant").await, 1, "{fault}: sent again");
        let _ = bench.authorized(WAY).await;
        assert_eq!(merchant_of_newest(&bench).await, told["account"], "{fault}");
    }
}

#[tokio::test]
async fn a_refused_activation_leaves_the_account_as_it_was() {
    let bench = Bench::of(&tables::billie_psp::TABLE).await;
    let operator = bench.site.operator();
    let mut elsewhere = wanted();
    elsewhere["countries"] = json!(["US"]);
    let refused = operator.post_as("a", PATH, &elsewhere).await;
    let _ = refused.expect_problem(ProviderRefused);
    assert!(operator.post_as("a", PATH, &elsewhere).await.expect_problem(ProviderRefused).is_replay());
    bench.sandbox.fault(json!({ "call": "enable_merchant", "kind": "answer", "status": 429 })).await;
    let unsent = operator.post_as("b", PATH, &wanted()).await;
    assert_eq!(unsent.expect_problem(ProviderUnavailable).at("/retry"), "safe");
    let _ = bench.authorized(WAY).await;
    assert_eq!(merchant_of_newest(&bench).await, ::sandbox::billie_psp::MERCHANT_ID);
    let _ = operator.post_as("b", PATH, &wanted()).await.expect(201);
}

#[tokio::test]
async fn a_provider_that_enables_nobody_says_so() {
    let bench = Bench::of(&tables::billie_pad::TABLE).await;
    let mut other = wanted();
    other["provider"] = json!("billie_pad");
    let refused = bench.site.operator().post(PATH, &other).await.expect_problem(NotSupportedByProvider);
    assert_eq!(refused.pointers(), ["/provider"]);
    assert_eq!(bench.sandbox.calls().await, Vec::<Value>::new());
    let elsewhere = bench.site.operator().post("/v1/merchants/neighbour/activations", &wanted()).await;
    let _ = elsewhere.expect_problem(Forbidden);
}
