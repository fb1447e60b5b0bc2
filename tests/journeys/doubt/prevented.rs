//! Something keeps us from looking or from sending: doubt still ends, and where nothing was sent there is none.

use jiff::{SignedDuration, Timestamp};
use payment::{
    Admission, Amount, CaptureCommand, Cause, CauseKind, Command, Doubt, DoubtPolicy, Finding, Fingerprint, News,
    Observation, OperationId, OperationNews, OrderNews, OrderState, Outcome, Payment, Receipt, Whom,
};
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

fn store_of(shop: &Shop) -> Store {
    let stack = shop.site.stack().expect("a stack of its own");
    Store::new(aws_sdk_dynamodb::Client::new(&local::aws::sdk(&stack.aws.dynamodb_url)), &stack.aws.table)
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
    let store = store_of(shop);
    let mut payment = store.load(&deal.id.parse().unwrap()).await.unwrap().unwrap();
    let order = Some(OrderNews { provider_reference, ..OrderNews::of(OrderState::Canceled) });
    let seen = Observation::read(News { order, ..News::default() });
    payment.learn(seen, &Cause::new(CauseKind::Probe, "look"), Timestamp::now());
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

/// A payment with two releases that were not sent: of a capture that was found after all, and of the one that took its
/// place meanwhile.
/// Returns them in this order, which is that of the payment.
fn with_two_releases(payment: &mut Payment, now: Timestamp) -> [OperationId; 2] {
    let (look, cause) = (DoubtPolicy::Lookup, Cause::new(CauseKind::Api, "rehearsed"));
    let captured = |payment: &mut Payment, key: &str, outcome: Outcome| {
        let asked = CaptureCommand {
            amount: Some(Amount::new(3_000).unwrap()),
            releases_rest: true,
            ..CaptureCommand::default()
        };
        let command = Command::capture(asked, key.parse().unwrap(), Fingerprint::of(&key).unwrap());
        let Admission::Act(ticket) = payment.accept(command, now).unwrap() else { panic!("nothing to act on") };
        assert!(payment.settle(&ticket, outcome, look, &cause, now));
        (ticket.operation, payment.operations.last().unwrap().id.clone())
    };
    let done = || Outcome::Done(Receipt::default());
    let (first, first_release) = captured(payment, "first", Outcome::InDoubt(Doubt::TimedOut));
    for _ in 0..2 {
        payment.found(&first, Observation::read(Finding::NotFound), 0, look, &cause, now);
    }
    let (_, second_release) = captured(payment, "second", done());
    let not_sent = |payment: &mut Payment, release: &OperationId| {
        let ticket = payment.next_attempt(release, now).unwrap();
        assert!(payment.settle(&ticket, Outcome::NotSent, look, &cause, now));
    };
    not_sent(payment, &second_release);
    let whom = vec![Whom::Reference(payment.operation(&first).unwrap().reference.clone())];
    let found = News { operations: vec![OperationNews { whom, outcome: done() }], ..News::default() };
    payment.learn(Observation::read(found), &cause, now);
    not_sent(payment, &first_release);
    let releases = [first_release, second_release];
    assert!(releases.iter().all(|id| payment.operation(id).unwrap().is_ready_follower()));
    releases
}

#[tokio::test]
async fn a_release_that_is_due_runs_although_an_earlier_one_waits_for_its_time() {
    let shop = Shop::without_messages(At::Billie).await;
    let (backstage, deal) = (Backstage::of(&shop), shop.authorized().await);
    // Something of it shows at the provider.
    let _ = deal.post("captures", &shop.capture(Some(1_000))).await.expect(201);
    let (store, now) = (store_of(&shop), Timestamp::now());
    let mut payment = store.load(&deal.id.parse().unwrap()).await.unwrap().unwrap();
    let [waits, due] = with_two_releases(&mut payment, now);
    payment.postpone(&waits, now + SignedDuration::from_hours(1));
    payment.postpone(&due, now);
    store.save(&mut payment).await.unwrap();
    eventually("the rest to be released", async || {
        backstage.sweep().await;
        (deal.operation(due.as_str()).await["status"] == "succeeded").then_some(())
    })
    .await;
    assert_eq!((shop.count("cancel").await, &deal.get().await["status"]), (1, &json!("captured")));
}

#[tokio::test]
async fn the_rest_is_released_once_the_provider_shows_what_was_captured() {
    let shop = Shop::without_messages(At::Billie).await;
    let (backstage, deal) = (Backstage::of(&shop), shop.authorized().await);
    let delay = json!({ "invoice_delay_seconds": 3_600 });
    shop.sandbox.control(reqwest::Method::POST, "settings", &delay).await;
    let mut body = shop.capture(Some(5_000));
    body["final"] = json!(true);
    let _ = deal.post("captures", &body).await.expect(201);
    assert_eq!(shop.count("cancel").await, 0, "it would call off the whole order");
    deal.ends("partially_captured", [AMOUNT, 0, 5_000, 0]).await;
    shop.sandbox.advance(3_600).await;
    eventually("the rest to be released", async || {
        let store = store_of(&shop);
        let mut payment = store.load(&deal.id.parse().unwrap()).await.unwrap().unwrap();
        if let Some(release) = payment.ready_follower().map(|release| release.id.clone()) {
            payment.postpone(&release, Timestamp::now());
            let _ = store.save(&mut payment).await;
        }
        backstage.sweep().await;
        (deal.get().await["status"] == "captured").then_some(())
    })
    .await;
    deal.ends("captured", [AMOUNT, AMOUNT - 5_000, 5_000, 0]).await;
    assert_eq!(shop.count("cancel").await, 1);
}

#[tokio::test]
async fn what_the_provider_answered_is_written_however_long_others_stand_in_the_way() {
    let shop = Shop::without_messages(At::Billie).await;
    let spy = Spy::before(&shop.site.stack().expect("a stack of its own").aws.dynamodb_url).await;
    let backstage = Backstage::through(&shop, &spy.url);
    let deal = shop.captured().await;
    // The reservation is written, and then the item is somebody else's for about five seconds.
    spy.faults("PutItem", std::iter::once(None).chain([Some(Fault::Conflicts); 80]));
    let body = json!({ "amount": 2_500 }).to_string();
    let asked = backstage.service.refund(&backstage.call(), &deal.id, Some("k"), body.as_bytes()).await;
    assert_eq!(asked.unwrap_or_else(|problem| panic!("{problem:?}")).status, 201);
    assert_eq!(shop.count("refund").await, 1);
    deal.ends("captured", [AMOUNT, 0, AMOUNT, 2_500]).await;
}
