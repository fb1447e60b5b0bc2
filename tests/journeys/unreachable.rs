//! Nobody listens where the provider should be: provably nothing was sent, and the same key does it later.

use local::StackOptions;
use sandbox::{billie_pad, buckaroo_billink};
use serde_json::json;
use service::{Answer, Problem, ProblemCode};
use tests::{Order, Sandbox, Site};
use tokio::net::TcpSocket;

use crate::support::{AMOUNT, Accounts, At, Backstage, Shop, Step};

/// A port on loopback that is ours and at which nobody listens yet.
fn reserved() -> (TcpSocket, String) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let url = format!("http://{}", socket.local_addr().unwrap());
    (socket, url)
}

#[tokio::test]
async fn a_payment_at_a_provider_that_is_down_is_opened_by_the_same_key_once_it_is_up() {
    for at in At::BOTH {
        let (socket, url) = reserved();
        let merchants = Some(Accounts::at(&url, &url).merchants());
        let site = Site::start_own(StackOptions { merchants, ..StackOptions::default() }).await;
        let api = site.api.clone();
        for order in [at.order(), Order::at(at.name()).with("/flow", "redirect")] {
            let flow = order.json()["flow"].clone();
            let refused = api.post_as(&format!("k-{flow}"), "/v1/payments", order.json()).await;
            let refused = refused.expect_problem(ProblemCode::ProviderUnavailable);
            assert_eq!((refused.at("/retry"), refused.is_replay()), (&json!("safe"), false));
        }

        let listener = socket.listen(64).unwrap();
        let running = match at {
            At::Buckaroo => buckaroo_billink::start(listener, buckaroo_billink::Settings::default()).await.unwrap(),
            At::Billie => billie_pad::start(listener, billie_pad::Settings::default()).await.unwrap(),
            At::BilliePsp | At::Billink | At::BillAgain => panic!("not one of these journeys"),
        };
        let order = at.order();
        let key = format!("k-{}", order.json()["flow"]);
        let opened = api.post_as(&key, "/v1/payments", order.json()).await.expect(201);
        assert_eq!(opened.at("/status"), "authorized");
        assert!(opened.is_replay(), "the key was here before");
        let books = Sandbox::new(running.url()).books().await;
        assert_eq!(books["orders"].as_array().unwrap().len(), 1, "{books:#}");
        assert_eq!(books["orders"][0]["authorized"], AMOUNT);
    }
}

/// The same request, for a merchant whose provider cannot be reached.
async fn without_provider(
    backstage: &Backstage,
    id: &str,
    step: Step,
    key: &str,
    body: &str,
) -> Result<Answer, Problem> {
    let (service, call, key, body) = (&backstage.service, backstage.call(), Some(key), body.as_bytes());
    match step.action {
        "captures" => service.capture(&call, id, key, body).await,
        "refunds" => service.refund(&call, id, key, body).await,
        "confirm" => service.confirm(&call, id, key, body).await,
        "orders/amend" => service.manage_order(&call, (id, "amend"), key, body).await,
        "orders/direct-payment" => service.manage_order(&call, (id, "direct-payment"), key, body).await,
        _ => service.cancel(&call, id, key, body).await,
    }
}

#[tokio::test]
async fn an_operation_that_could_not_be_sent_gives_its_money_back_and_is_done_by_the_same_key() {
    for step in Step::ALL.into_iter().filter(|step| !step.action.is_empty()) {
        let shop = Shop::at(step.at).await;
        let (_nobody, url) = reserved();
        let backstage = Backstage::of_accounts(&shop, &Accounts::at(&url, &url));
        let ready = step.ready(&shop).await;
        let deal = ready.known().clone();
        let before = deal.agreed().await;
        for _ in 0..2 {
            let refused = without_provider(&backstage, &deal.id, step, &ready.key, &ready.body.to_string()).await;
            let problem = refused.unwrap_err();
            assert_eq!(problem.code(), ProblemCode::ProviderUnavailable, "{step:?}");
            let document = problem.to_json("r");
            assert_eq!((&document["status"], &document["retry"]), (&json!(502), &json!("safe")));
            // A confirmation looks first whether the buyer is done, and is no operation until that was seen.
            if let Some(id) = document["operation_id"].as_str() {
                let operation = deal.operation(id).await;
                assert_eq!((&operation["status"], &operation["reason"]), (&json!("rejected"), &json!("not_sent")));
            }
            assert_eq!(deal.agreed().await["amounts"], before["amounts"], "{step:?}");
        }
        let effects = shop.count(step.call).await;
        assert_eq!(ready.ask().await.expect(step.done()).is_replay(), step != Step::CONFIRM, "{step:?}");
        assert_eq!(shop.count(step.call).await, effects + 1);
        deal.agreed().await;
    }
}

#[tokio::test]
async fn what_was_not_sent_does_not_come_back_once_its_money_is_taken_by_another() {
    for step in [Step::CAPTURE_ALL, Step::INVOICE] {
        let shop = Shop::at(step.at).await;
        let (_nobody, url) = reserved();
        let backstage = Backstage::of_accounts(&shop, &Accounts::at(&url, &url));
        let deal = shop.authorized().await;
        let body = shop.capture(Some(AMOUNT));
        let _ = without_provider(&backstage, &deal.id, step, "first", &body.to_string()).await.unwrap_err();
        let _ = deal.post_as("second", "captures", &shop.capture(Some(AMOUNT))).await.expect(201);
        let refused = deal.post_as("first", "captures", &body).await.expect(422);
        assert!(["amount_exceeds_authorized", "status_does_not_allow"].contains(&refused.code()), "{:#}", refused.body);
        assert_eq!(shop.count("capture").await, 1);
        deal.ends("captured", [AMOUNT, 0, AMOUNT, 0]).await;
    }
}

#[tokio::test]
async fn a_confirmation_that_was_not_sent_is_not_promised_again_once_another_was() {
    let shop = Shop::at(At::Billie).await;
    let (_nobody, url) = reserved();
    let backstage = Backstage::of_accounts(&shop, &Accounts::at(&url, &url));
    let ready = Step::CONFIRM.ready(&shop).await;
    let deal = ready.known().clone();
    let seen = shop.api.get(&format!("/v1/payments/{}?refresh=true", deal.id)).await.expect(200);
    assert_eq!(seen.at("/status"), "requires_confirmation");
    let refused = without_provider(&backstage, &deal.id, Step::CONFIRM, "first", "{}").await.unwrap_err();
    assert_eq!(refused.code(), ProblemCode::ProviderUnavailable);
    let _ = deal.post_as("second", "confirm", &json!({})).await.expect(200);
    let told = deal.post_as("first", "confirm", &json!({})).await.expect_problem(ProblemCode::StatusDoesNotAllow);
    assert_eq!((told.at("/retry"), told.is_replay()), (&json!("never"), true));
    assert_eq!(shop.count("confirm").await, 1);
    deal.ends("authorized", [AMOUNT, 0, 0, 0]).await;
}
