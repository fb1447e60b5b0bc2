//! Different requests at the same time: our books and the provider's never hold more than was promised.

use serde_json::{Value, json};
use tests::Answer;

use crate::support::{AMOUNT, At, Deal, Shop, at_once};

/// Sends these bodies at the same time, each under a key of its own.
async fn race(deal: &Deal<'_>, asked: &[(&str, Value)]) -> Vec<Answer> {
    at_once(asked.iter().enumerate().map(|(n, (action, body))| deal.request(&format!("race-{n}"), action, body))).await
}

fn won(answers: &[Answer]) -> usize {
    answers.iter().filter(|answer| answer.status < 300).count()
}

/// Those who lost were told why: no money left, another operation in the way, or too many at once.
#[track_caller]
fn losers_know_why(answers: &[Answer], reasons: &[&str]) {
    for loser in answers.iter().filter(|answer| answer.status >= 300) {
        assert!(reasons.contains(&loser.code()), "{:#}", loser.body);
        assert!(matches!(loser.status, 409 | 422), "{:#}", loser.body);
        let blocked = loser.code() == "operation_in_progress";
        assert_eq!(blocked, loser.at("/operation_id").is_string(), "{:#}", loser.body);
    }
}

#[tokio::test]
async fn captures_at_the_same_time_never_take_more_than_was_authorized() {
    let shop = Shop::without_messages(At::Billie).await;
    let deal = shop.authorized().await;
    let asked: Vec<_> = (0..7).map(|_| ("captures", shop.capture(Some(3_000)))).collect();
    let answers = race(&deal, &asked).await;
    losers_know_why(&answers, &["amount_exceeds_authorized", "conflict"]);
    assert!((1..=4).contains(&won(&answers)), "{} captures of 30.00 from 126.00", won(&answers));
    let taken = 3_000 * i64::try_from(won(&answers)).unwrap();
    deal.ends("partially_captured", [AMOUNT, 0, taken, 0]).await;
    assert_eq!(shop.count("capture").await, won(&answers));
}

#[tokio::test]
async fn the_whole_amount_can_be_captured_by_one_of_many_only() {
    for at in At::BOTH {
        let shop = Shop::without_messages(at).await;
        let deal = shop.authorized().await;
        let asked: Vec<_> = (0..6).map(|_| ("captures", shop.capture(Some(AMOUNT)))).collect();
        let answers = race(&deal, &asked).await;
        // Who comes after the winner's answer finds a payment that is captured.
        losers_know_why(&answers, &["amount_exceeds_authorized", "conflict", "status_does_not_allow"]);
        assert_eq!((won(&answers), shop.count("capture").await), (1, 1), "{at:?}");
        deal.ends("captured", [AMOUNT, 0, AMOUNT, 0]).await;
    }
}

#[tokio::test]
async fn refunds_at_the_same_time_never_give_back_more_than_was_captured() {
    for at in At::BOTH {
        let shop = Shop::without_messages(at).await;
        let deal = shop.captured().await;
        let asked: Vec<_> = (0..7).map(|_| ("refunds", json!({ "amount": 3_000 }))).collect();
        let answers = race(&deal, &asked).await;
        losers_know_why(&answers, &["amount_exceeds_captured", "conflict"]);
        assert!((1..=4).contains(&won(&answers)), "{at:?}: {} refunds of 30.00 from 126.00", won(&answers));
        let given = 3_000 * i64::try_from(won(&answers)).unwrap();
        deal.ends("captured", [AMOUNT, 0, AMOUNT, given]).await;
        assert_eq!(shop.count("refund").await, won(&answers), "{at:?}");
    }
}

#[tokio::test]
async fn cancels_at_the_same_time_are_one_cancel() {
    for at in At::BOTH {
        let shop = Shop::without_messages(at).await;
        let deal = shop.authorized().await;
        let asked: Vec<_> = (0..6).map(|_| ("cancel", json!({}))).collect();
        let answers = race(&deal, &asked).await;
        losers_know_why(&answers, &["operation_in_progress", "conflict", "status_does_not_allow"]);
        assert_eq!((won(&answers), shop.count("cancel").await), (1, 1), "{at:?}");
        deal.ends("canceled", [AMOUNT, AMOUNT, 0, 0]).await;
    }
}

#[tokio::test]
async fn a_capture_and_a_cancel_at_the_same_time_exclude_each_other() {
    for at in At::BOTH {
        let shop = Shop::without_messages(at).await;
        for _ in 0..4 {
            let deal = shop.authorized().await;
            let asked = [("captures", shop.capture(None)), ("cancel", json!({}))];
            let answers = race(&deal, &asked).await;
            losers_know_why(&answers, &["operation_in_progress", "conflict", "status_does_not_allow"]);
            assert_eq!(won(&answers), 1, "{at:?}");
            let payment = deal.agreed().await;
            let amounts = &payment["amounts"];
            let both = amounts["captured"].as_i64().unwrap() + amounts["released"].as_i64().unwrap();
            assert_eq!(both, AMOUNT, "{payment:#}");
        }
    }
}

#[tokio::test]
async fn a_capture_a_cancel_and_amendments_at_the_same_time_exclude_each_other() {
    let shop = Shop::without_messages(At::Billie).await;
    for _ in 0..4 {
        let deal = shop.authorized().await;
        let amend = |amount: i64| ("orders/amend", json!({ "amount": amount }));
        let asked = [("captures", shop.capture(Some(8_000))), ("cancel", json!({})), amend(7_000), amend(6_000)];
        let answers = race(&deal, &asked).await;
        // Who comes after an answer finds another status, or less that is promised.
        let late = ["status_does_not_allow", "amount_exceeds_authorized", "validation_failed"];
        losers_know_why(&answers, &[&["operation_in_progress", "conflict"], &late[..]].concat());
        assert!(won(&answers) >= 1);
        let payment = deal.agreed().await;
        let part = |name: &str| payment["amounts"][name].as_i64().unwrap();
        assert!(part("captured") + part("released") <= AMOUNT, "{payment:#}");
    }
}

#[tokio::test]
async fn captures_refunds_and_a_cancel_at_the_same_time_leave_books_that_agree() {
    let shop = Shop::without_messages(At::Billie).await;
    for _ in 0..3 {
        let deal = shop.authorized().await;
        let _ = deal.post("captures", &shop.capture(Some(4_000))).await.expect(201);
        let mut asked: Vec<_> = (0..3).map(|_| ("captures", shop.capture(Some(4_000)))).collect();
        asked.extend((0..3).map(|_| ("refunds", json!({ "amount": 1_500 }))));
        asked.push(("cancel", json!({})));
        let answers = race(&deal, &asked).await;
        let reasons = [
            "amount_exceeds_authorized",
            "amount_exceeds_captured",
            "operation_in_progress",
            "conflict",
            "status_does_not_allow",
        ];
        losers_know_why(&answers, &reasons);
        let payment = deal.agreed().await;
        let part = |name: &str| payment["amounts"][name].as_i64().unwrap();
        assert!(part("captured") + part("released") <= AMOUNT, "{payment:#}");
        assert!(part("refunded") <= part("captured"), "{payment:#}");
    }
}

#[tokio::test]
async fn a_payment_is_opened_once_however_many_open_it_with_different_bodies() {
    for at in At::BOTH {
        let shop = Shop::without_messages(at).await;
        let orders = (0..6).map(|n| at.order().with("/description", format!("Order {n}")));
        let answers = at_once(orders.map(|order| shop.opening("one-key", &order))).await;
        assert_eq!(won(&answers), 1, "{at:?}");
        for loser in answers.iter().filter(|answer| answer.status >= 300) {
            assert_eq!((loser.status, loser.code()), (422, "idempotency_key_reused"), "{:#}", loser.body);
        }
        let winner = answers.iter().find(|answer| answer.status == 201).unwrap();
        Deal::of(&shop, winner.id()).ends("authorized", [AMOUNT, 0, 0, 0]).await;
        assert_eq!(shop.sandbox.books().await["orders"].as_array().unwrap().len(), 1);
    }
}
