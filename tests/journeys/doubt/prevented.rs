//! Something keeps us from looking or from sending: doubt still ends, and where nothing was sent there is none.

use payment::{Cause, CauseKind, News, Observation, OrderNews, OrderState};
use serde_json::{Value, json};
use service::ProblemCode;
use store::Store;
use tests::eventually;

use super::in_doubt;
use crate::support::{AMOUNT, At, Backstage, Deal, Fault, Shop, Spy, Step};

/// Longer than anybody looks before a person is asked, in seconds.
const THREE_DAYS: i64 = 72 * 3_600 + 1;

/// The shop's merchant without any account.
fn without_accounts(shop: &Shop) -> Backstage {
    let merchants = json!([{ "merchant": local::DEMO_MERCHANT, "accounts": {} }]);
    let endpoint = &shop.site.stack().expect("a stack of its own").aws.dynamodb_url;
    Backstage::with(shop, endpoint, &merchants.to_string())
}

async fn person_is_asked(backstage: &Backstage, deal: &Deal<'_>, operation: &str) {
    backstage.advance(THREE_DAYS);
    eventually("a person to be asked", async || {
        backstage.sweep().await;
        (deal.operation(operation).await["status"] == "needs_operator").then_some(())
    })
    .await;
    let listed = deal.shop.site.operator().get("/v1/operations?status=needs_operator").await.expect(200);
    assert_eq!(listed.at("/data/0/id"), operation);
}

async fn resolve(backstage: &Backstage, deal: &Deal<'_>, operation: &str, word: Value) {
    let (call, word) = (backstage.call(), word.to_string());
    let resolved = backstage.service.resolve(&call, &deal.id, operation, Some("word"), word.as_bytes()).await;
    assert_eq!(resolved.unwrap_or_else(|problem| panic!("{problem:?}")).status, 200);
}

#[tokio::test]
async fn doubt_at_an_account_that_is_gone_is_left_to_a_person_whose_word_counts() {
    for (step, reference) in [(Step::INVOICE, "inv-1"), (Step::CREDIT_NOTE, "note-1"), (Step::CONFIRM, "order-1")] {
        let shop = Shop::without_messages(step.at).await;
        let backstage = without_accounts(&shop);
        let ready = step.ready(&shop).await;
        let (deal, operation) = in_doubt(&ready, "drop_before").await;
        // The stack's own sweep can see as little.
        for look in ["get_order", "authorization", step.call] {
            shop.sandbox.fault(json!({ "call": look, "kind": "http_5xx", "times": 1_000 })).await;
        }
        person_is_asked(&backstage, &deal, &operation).await;
        let word = json!({ "outcome": "succeeded", "reason": "their portal", "provider_reference": reference });
        resolve(&backstage, &deal, &operation, word).await;
        assert_eq!(deal.operation(&operation).await["status"], "succeeded", "{step:?}");
    }
}

/// A confirmation in doubt whose order was seen to be called off meanwhile, by this name of it.
async fn ended_meanwhile(shop: &Shop, named: bool) -> (Deal<'_>, String) {
    let ready = Step::CONFIRM.ready(shop).await;
    let (deal, operation) = in_doubt(&ready, "drop_after").await;
    let deal = Deal::of(shop, &deal.id);
    let order = shop.sandbox.order(deal.get().await["order_reference"].as_str().unwrap()).await.unwrap();
    let provider_reference = named.then(|| order["id"].as_str().unwrap().to_owned());
    let stack = shop.site.stack().expect("a stack of its own");
    let store = Store::new(aws_sdk_dynamodb::Client::new(&local::aws::sdk(&stack.aws.dynamodb_url)), &stack.aws.table);
    let mut payment = store.load(&deal.id.parse().unwrap()).await.unwrap().unwrap();
    let order = Some(OrderNews { provider_reference, ..OrderNews::of(OrderState::Canceled) });
    let seen = Observation::read(News { order, operations: Vec::new() });
    payment.learn(seen, &Cause::new(CauseKind::Probe, "look"), jiff::Timestamp::now());
    store.save(&mut payment).await.unwrap();
    assert_eq!(deal.get().await["status"], "canceled");
    (deal, operation)
}

#[tokio::test]
async fn a_confirmation_that_can_not_be_repeated_any_more_is_left_to_a_person() {
    let shop = Shop::without_messages(At::Billie).await;
    let backstage = Backstage::of(&shop);
    let (deal, operation) = ended_meanwhile(&shop, false).await;
    person_is_asked(&backstage, &deal, &operation).await;
    assert_eq!(shop.count("confirm").await, 1);
    resolve(&backstage, &deal, &operation, json!({ "outcome": "rejected", "reason": "their portal" })).await;
    assert_eq!(deal.operation(&operation).await["status"], "rejected");
}

#[tokio::test]
async fn a_confirmation_that_can_not_be_repeated_any_more_is_proven_by_its_order() {
    let shop = Shop::without_messages(At::Billie).await;
    let backstage = Backstage::of(&shop);
    let (deal, operation) = ended_meanwhile(&shop, true).await;
    backstage.advance(6);
    eventually("the confirmation to be proven", async || {
        backstage.sweep().await;
        (deal.operation(&operation).await["status"] == "succeeded").then_some(())
    })
    .await;
    assert_eq!(shop.count("confirm").await, 1);
}

#[tokio::test]
async fn what_could_not_be_prepared_was_not_sent_and_is_done_by_the_same_key() {
    let shop = Shop::without_messages(At::Billie).await;
    let spy = Spy::before(&shop.site.stack().expect("a stack of its own").aws.dynamodb_url).await;
    let backstage = Backstage::through(&shop, &spy.url);
    let ready = Step::CONFIRM.ready(&shop).await;
    let deal = ready.known().clone();
    // The payment is read, and the order that the call needs is not.
    spy.faults("GetItem", [None, Some(Fault::Fails)]);
    let confirm = async || backstage.service.confirm(&backstage.call(), &deal.id, Some("k"), b"{}").await;
    let problem = confirm().await.unwrap_err();
    assert_eq!((problem.code(), shop.count("confirm").await), (ProblemCode::ProviderUnavailable, 0));
    let operation = deal.newest().await;
    assert_eq!((&operation["status"], &operation["reason"]), (&json!("rejected"), &json!("not_sent")));
    let confirmed = confirm().await.unwrap();
    assert_eq!((confirmed.status, confirmed.replayed, shop.count("confirm").await), (200, true, 1));
    deal.ends("authorized", [AMOUNT, 0, 0, 0]).await;
}

/// The first of two releases waits for its time; the second is due.
#[tokio::test]
async fn a_release_that_is_due_runs_although_another_one_waits() {
    let shop = Shop::without_messages(At::Billie).await;
    let backstage = Backstage::of(&shop);
    let deal = shop.authorized().await;
    let last = |amount| {
        let mut body = shop.capture(Some(amount));
        body["final"] = json!(true);
        body
    };
    // The slow one is reserved first and done while the outcome of the other is not known, which its release waits for.
    shop.sandbox.fault(json!({ "call": "capture", "kind": "delay", "millis": 1_500 })).await;
    let slow = deal.post("captures", &last(4_000));
    let lost = async {
        eventually("the slow capture to be sent", async || (shop.count("capture").await == 1).then_some(())).await;
        shop.sandbox.fault(json!({ "call": "capture", "kind": "drop_after" })).await;
        deal.post("captures", &last(3_000)).await
    };
    let (slow, lost) = tokio::join!(slow, lost);
    let (_, lost) = (slow.expect(201), lost.expect(202).text("/operation_id").to_owned());
    backstage.advance(10);
    eventually("the rest to be released", async || {
        backstage.sweep().await;
        (deal.get().await["status"] == "captured").then_some(())
    })
    .await;
    assert_eq!(deal.operation(&lost).await["status"], "succeeded");
    deal.ends("captured", [AMOUNT, AMOUNT - 7_000, 7_000, 0]).await;
    assert_eq!(shop.count("cancel").await, 1);
}
