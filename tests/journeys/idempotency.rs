//! The Idempotency-Key, to the letter, for every operation of both providers.

use reqwest::Method;
use serde_json::{Value, json};
use service::ProblemCode;
use tests::{Order, eventually, orders};

use crate::support::{AMOUNT, Accounts, At, Backstage, Deal, Shop, Step, at_once};

#[tokio::test]
async fn the_same_request_again_is_answered_with_what_there_is_and_reaches_no_provider() {
    for step in Step::ALL {
        let shop = Shop::at(step.at).await;
        let ready = step.ready(&shop).await;
        let first = ready.ask().await.expect(step.done());
        assert!(!first.is_replay(), "{step:?}");
        let before = (shop.count(step.call).await, shop.sandbox.books().await);
        let again = ready.ask().await.expect(step.done());
        assert!(again.is_replay(), "{step:?}");
        assert_eq!((first.at("/id"), first.at("/operation_id")), (again.at("/id"), again.at("/operation_id")));
        assert_eq!((shop.count(step.call).await, shop.sandbox.books().await), before, "{step:?}");
        ready.deal(&first).agreed().await;
    }
}

#[tokio::test]
async fn the_same_key_with_another_body_is_refused_by_name() {
    for step in Step::ALL.into_iter().filter(|step| !matches!(step.action, "cancel" | "confirm")) {
        let shop = Shop::at(step.at).await;
        let ready = step.ready(&shop).await;
        let first = ready.ask().await.expect(step.done());
        let mut other = ready.body.clone();
        match step.action {
            "" => other["reference"] = json!("ORD-9999"),
            "captures" => other["shipment"] = json!({ "carrier": "DHL" }),
            "orders/amend" | "orders/direct-payment" => other["amount"] = json!(9_000),
            _ => other["reason"] = json!("Another"),
        }
        let before = shop.effects().await;
        let refused = ready.ask_for(&other).await.expect_problem(ProblemCode::IdempotencyKeyReused);
        assert_eq!(refused.at("/retry"), "never");
        assert!(refused.text("/operation_id").starts_with("op_"), "{step:?}");
        assert_eq!(shop.effects().await, before, "{step:?}");
        ready.deal(&first).agreed().await;
    }
}

/// The same document with the fields in the opposite order and white space between them.
fn rewritten(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let fields = fields.iter().rev().map(|(name, value)| format!("{} :\n\t{}", json!(name), rewritten(value)));
            format!("{{ {} }}", fields.collect::<Vec<_>>().join(" ,\r\n "))
        }
        Value::Array(items) => format!("[ {} ]", items.iter().map(rewritten).collect::<Vec<_>>().join(" , ")),
        other => other.to_string(),
    }
}

#[tokio::test]
async fn the_order_of_fields_and_white_space_are_no_other_body() {
    for step in Step::ALL {
        let shop = Shop::at(step.at).await;
        let ready = step.ready(&shop).await;
        let _ = ready.ask().await.expect(step.done());
        let before = shop.effects().await;
        let request = shop.api.request(reqwest::Method::POST, &ready.path()).key(&ready.key);
        let again = request.raw(rewritten(&ready.body), Some("application/json")).send().await.expect(step.done());
        assert!(again.is_replay(), "{step:?}");
        assert_eq!(shop.effects().await, before, "{step:?}");
    }
}

#[tokio::test]
async fn a_default_that_is_written_out_is_no_other_body() {
    let shop = Shop::at(At::Billie).await;
    let deal = shop.authorized().await;
    let body = shop.capture(Some(2_000));
    let first = deal.post_as("k", "captures", &body).await.expect(201);
    let mut same = body.clone();
    (same["final"], same["lines"], same["shipment"]) = (json!(false), json!([]), Value::Null);
    let again = deal.post_as("k", "captures", &same).await.expect(201);
    assert!(again.is_replay());
    assert_eq!(first.id(), again.id());
    deal.agreed().await;
}

#[tokio::test]
async fn a_payment_whose_flow_and_capture_are_written_out_as_they_are_decided_is_the_same_request() {
    let shop = Shop::without_messages(At::Billie).await;
    let stack = shop.site.stack().expect("this journey needs a stack of its own");
    let mut accounts = Accounts::of(&stack.sandboxes);
    accounts.billie["disabled"] = json!(true);
    let later = Backstage::of_accounts(&shop, &accounts);
    let written = Order::billie_pad();
    let left_open = written.clone().without("/flow").without("/capture");
    for (first, second) in [(&left_open, &written), (&written, &left_open)] {
        let key = tests::orders::new_word("k");
        let opened = shop.opening(&key, first).send().await.expect(201);
        let before = shop.effects().await;
        let again = shop.opening(&key, second).send().await.expect(201);
        assert_eq!((again.id(), again.is_replay()), (opened.id(), true));
        let body = second.json().to_string();
        let again = later.service.create_session(&later.call(), Some(&key), body.as_bytes()).await.unwrap();
        assert_eq!((again.body["id"].as_str(), again.replayed), (Some(opened.id()), true), "as it was decided then");
        let other = written.clone().with("/flow", "widget");
        let _ = shop.opening(&key, &other).send().await.expect_problem(ProblemCode::IdempotencyKeyReused);
        assert_eq!(shop.effects().await, before);
    }
}

#[tokio::test]
async fn the_same_key_while_its_call_runs_is_told_to_wait() {
    for step in Step::ALL {
        let shop = Shop::without_messages(step.at).await;
        let ready = step.ready(&shop).await;
        shop.sandbox.fault(json!({ "call": step.call, "kind": "delay", "millis": 250 })).await;
        let before = shop.count(step.call).await;
        let asked_twice = async {
            eventually("the call to reach the provider", async || (shop.count(step.call).await > before).then_some(()))
                .await;
            ready.ask().await
        };
        let (first, second) = tokio::join!(ready.ask(), asked_twice);
        let first = first.expect(step.done());
        let second = second.expect_problem(ProblemCode::OperationInProgress);
        let seconds: u64 = second.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=35).contains(&seconds), "{step:?}: {seconds}");
        assert_eq!(second.at("/retry"), "after");
        assert!(second.text("/operation_id").starts_with("op_"));
        assert!(ready.ask().await.expect(step.done()).is_replay(), "{step:?}");
        assert_eq!(shop.count(step.call).await, before + 1, "{step:?}");
        ready.deal(&first).agreed().await;
    }
}

#[tokio::test]
async fn many_clients_with_the_same_key_cause_one_operation_and_one_effect() {
    for step in Step::ALL {
        let shop = Shop::without_messages(step.at).await;
        let ready = step.ready(&shop).await;
        let before = shop.count(step.call).await;
        let clients =
            (0..8).map(|_| shop.api.request(reqwest::Method::POST, &ready.path()).key(&ready.key).json(&ready.body));
        let answers = at_once(clients).await;
        let winners: Vec<_> = answers.iter().filter(|a| a.status == step.done() && !a.is_replay()).collect();
        assert_eq!(winners.len(), 1, "{step:?}");
        let operation = step.operation_of(&ready.ask().await.expect(step.done()));
        for answer in &answers {
            match answer.status {
                409 => assert_eq!(answer.code(), "operation_in_progress", "{step:?}"),
                status => assert_eq!(status, step.done(), "{step:?}: {:#}", answer.body),
            }
            assert_eq!(step.operation_of(answer), operation, "{step:?}");
        }
        assert_eq!(shop.count(step.call).await, before + 1, "{step:?}");
        ready.deal(winners[0]).agreed().await;
    }
}

#[tokio::test]
async fn the_same_key_means_something_else_at_another_operation() {
    let shop = Shop::at(At::Billie).await;
    let opened = shop.opening("one-key", &shop.at.order()).send().await.expect(201);
    let deal = Deal::of(&shop, opened.id());
    let capture = deal.post_as("one-key", "captures", &shop.capture(Some(6_000))).await.expect(201);
    let refund = deal.post_as("one-key", "refunds", &json!({ "amount": 1_000 })).await.expect(201);
    let cancel = deal.post_as("one-key", "cancel", &json!({})).await.expect(200);
    for answer in [&capture, &refund, &cancel] {
        assert!(!answer.is_replay(), "{}", answer.asked);
    }
    deal.ends("captured", [12_600, 6_600, 6_000, 1_000]).await;
}

#[tokio::test]
async fn what_a_widget_gave_is_checked_again_before_it_is_sent_again() {
    let shop = Shop::at(At::BilliePsp).await;
    let deal = shop.open(&Order::at("billie_psp").with("/flow", "widget")).await;
    let session = deal.get().await["action"]["provider_session_id"].as_str().unwrap().to_owned();
    let order = orders::in_widget("billie_psp");
    let result = shop.sandbox.control(Method::POST, &format!("widget/{session}"), &order).await;
    let (key, body) = (orders::new_word("k"), json!({ "widget_result": result }));
    shop.sandbox.fault(json!({ "call": "confirm", "kind": "answer", "status": 429, "body": "{}" })).await;
    let _ = deal.post_as(&key, "confirm", &body).await.expect_problem(ProblemCode::ProviderUnavailable);
    // The last of the two counts for us, and the first perhaps for whoever reads it after us.
    let once = body.to_string();
    let twice = once.replacen("\"amount\":{", "\"amount\":{\"gross\":1},\"amount\":{", 1);
    assert_ne!(twice, once);
    let again = deal.request(&key, "confirm", &body).raw(twice, Some("application/json")).send().await;
    let _ = again.expect_problem(ProblemCode::ValidationFailed);
    assert_eq!(shop.count("confirm").await, 1);
    let _ = deal.post_as(&key, "confirm", &body).await.expect(200);
}

#[tokio::test]
async fn an_old_key_gets_its_answer_where_a_new_one_would_not_be_taken_any_more() {
    let shop = Shop::at(At::BilliePsp).await;
    let refused = r#"{"errors":[{"title":"Not now","code":"operation_not_allowed"}]}"#;
    for (status, body, code, calls) in [
        (403, refused, ProblemCode::ProviderRefused, 1),
        // It was not processed, so its key would run it: that is another cancellation, which is not supported any more.
        (429, "{}", ProblemCode::NotSupportedByProvider, 1),
    ] {
        let deal = shop.open(&shop.at.order()).await;
        shop.accept(&deal).await;
        let (key, before) = (orders::new_word("k"), shop.count("cancel").await);
        shop.sandbox.fault(json!({ "call": "cancel", "kind": "answer", "status": status, "body": body })).await;
        let first = deal.post_as(&key, "cancel", &json!({})).await;
        assert!(first.status >= 400, "{:#}", first.body);
        let _ = deal.post("captures", &shop.capture(Some(5_000))).await.expect(201);
        let new = deal.post("cancel", &json!({})).await.expect_problem(ProblemCode::NotSupportedByProvider);
        assert_eq!(new.at("/operation_id"), &Value::Null);
        let again = deal.post_as(&key, "cancel", &json!({})).await.expect_problem(code);
        assert_eq!(again.body["operation_id"].is_string(), code == ProblemCode::ProviderRefused, "{:#}", again.body);
        assert_eq!(shop.count("cancel").await, before + calls);
        deal.ends("partially_captured", [AMOUNT, 0, 5_000, 0]).await;
    }
}
