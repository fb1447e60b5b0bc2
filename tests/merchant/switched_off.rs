//! What is switched off is refused within the time that is promised, and what is open goes on.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use aws_sdk_secretsmanager::Client;
use local::aws::sdk;
use local::aws::secrets::{Secrets, SecretsManager};
use local::{DEMO_KEY, DEMO_MERCHANT, Stack, StackOptions};
use payment::ProviderId;
use providers::{Deadline, Transport};
use runtime::{BELIEVED_FOR, SecretMerchants};
use serde_json::{Value, json};
use service::{Answer, Call, Problem, ProblemCode, Service, World};
use store::Store;
use tests::{Order, orders};

const SECRET: &str = "paylater/test/demo";

/// A stack's table and providers, with merchants in Secrets Manager.
struct House {
    stack: Stack,
    secrets: Secrets,
    service: Service,
    _manager: SecretsManager,
}

impl House {
    async fn open(clock: fn() -> Instant) -> Self {
        let stack = Stack::start(StackOptions::default()).await.unwrap();
        let secrets = Secrets::from_iter([(SECRET, stack.demo_merchant.to_string())]);
        let manager = SecretsManager::start(0, secrets.clone()).await.unwrap();
        let client = Client::new(&sdk(manager.url()));
        let merchants = SecretMerchants::new(client, "paylater/test/", Transport::default()).with_clock(clock);
        let store = Store::new(aws_sdk_dynamodb::Client::new(&sdk(&stack.aws.dynamodb_url)), &stack.aws.table);
        let world = World::real(|| uuid::Uuid::new_v4().into_bytes());
        let service = Service::new(store, Arc::new(merchants), stack.url.clone(), world);
        Self { stack, secrets, service, _manager: manager }
    }

    /// Writes the merchant's document with one thing different.
    fn put(&self, pointer: &str, value: Value) {
        let mut document = self.stack.demo_merchant.clone();
        orders::set(&mut document, pointer, value);
        self.secrets.put(SECRET, document.to_string());
    }

    fn call(&self) -> Call {
        let deadline = Deadline::within(Duration::from_secs(20));
        let merchant = DEMO_MERCHANT.parse().unwrap();
        Call { merchant, request_id: "test".to_owned(), deadline, key_label: None }
    }

    async fn is_let_in(&self) -> bool {
        self.service.authorize(Some(&format!("Bearer {DEMO_KEY}"))).await.unwrap().is_some()
    }
}

async fn open_payment(service: &Service, call: &Call, key: &str) -> Result<Answer, Problem> {
    let order = Order::billie_pad_at_once().json().to_string();
    service.create_session(call, Some(key), order.as_bytes()).await
}

#[track_caller]
fn is_refused_at_the_provider(answer: Result<Answer, Problem>) {
    let problem = answer.map(|answer| answer.body).expect_err("no new payment there");
    assert_eq!(problem.code(), ProblemCode::ValidationFailed);
    let told = json!([{ "pointer": "/provider", "detail": "is switched off: no new payments are opened there" }]);
    assert_eq!(problem.to_json("r")["errors"], told);
}

#[tokio::test]
async fn the_keys_of_a_disabled_merchant_are_refused_once_its_document_is_forgotten() {
    static AHEAD: AtomicU64 = AtomicU64::new(0);
    let house = House::open(|| Instant::now() + Duration::from_secs(AHEAD.load(Ordering::SeqCst))).await;
    assert!(house.is_let_in().await);
    house.put("/disabled", json!(true));
    AHEAD.fetch_add(BELIEVED_FOR.as_secs(), Ordering::SeqCst);
    assert!(!house.is_let_in().await);

    house.put("/disabled", json!(false));
    assert!(!house.is_let_in().await, "a document is believed for a while");
    AHEAD.fetch_add(BELIEVED_FOR.as_secs(), Ordering::SeqCst);
    assert!(house.is_let_in().await);
}

#[tokio::test]
async fn a_merchant_whose_secret_is_marked_for_deletion_is_nobody_and_comes_back_with_it() {
    static AHEAD: AtomicU64 = AtomicU64::new(0);
    let house = House::open(|| Instant::now() + Duration::from_secs(AHEAD.load(Ordering::SeqCst))).await;
    assert!(house.is_let_in().await);
    house.secrets.delete(SECRET);
    AHEAD.fetch_add(BELIEVED_FOR.as_secs(), Ordering::SeqCst);
    assert!(!house.is_let_in().await);

    house.put("/disabled", json!(false));
    AHEAD.fetch_add(BELIEVED_FOR.as_secs(), Ordering::SeqCst);
    assert!(house.is_let_in().await);
}

#[tokio::test]
async fn a_disabled_account_opens_no_payment_once_the_document_is_forgotten_and_what_is_open_goes_on() {
    static AHEAD: AtomicU64 = AtomicU64::new(0);
    let house = House::open(|| Instant::now() + Duration::from_secs(AHEAD.load(Ordering::SeqCst))).await;
    let opened = open_payment(&house.service, &house.call(), "before").await.unwrap();
    house.put("/accounts/billie_pad/disabled", json!(true));
    AHEAD.fetch_add(BELIEVED_FOR.as_secs(), Ordering::SeqCst);
    is_refused_at_the_provider(open_payment(&house.service, &house.call(), "after").await);
    everything_goes_on(&house, &opened).await;
}

/// An open payment is captured, refunded and cancelled as ever.
async fn everything_goes_on(house: &House, opened: &Answer) {
    let (service, call) = (&house.service, house.call());
    let id = opened.body["id"].as_str().unwrap();
    let mut capture = orders::capture();
    capture["amount"] = json!(6_050);
    assert_eq!(service.capture(&call, id, Some("c"), capture.to_string().as_bytes()).await.unwrap().status, 201);
    assert_eq!(service.refund(&call, id, Some("r"), br#"{"amount":500}"#).await.unwrap().status, 201);
    assert_eq!(service.cancel(&call, id, Some("x"), b"{}").await.unwrap().status, 200);
}

fn billie_pad() -> [ProviderId; 1] {
    ["billie_pad".parse().unwrap()]
}

#[tokio::test]
async fn a_provider_that_is_switched_off_for_everybody_opens_no_payment_and_what_is_open_goes_on() {
    let mut house = House::open(Instant::now).await;
    let opened = open_payment(&house.service, &house.call(), "before").await.unwrap();
    house.service = house.service.without(billie_pad());
    is_refused_at_the_provider(open_payment(&house.service, &house.call(), "after").await);
    let replayed = open_payment(&house.service, &house.call(), "before").await.unwrap();
    assert!(replayed.replayed, "what was accepted before is answered as it stands");
    everything_goes_on(&house, &opened).await;
}

#[tokio::test]
async fn what_is_switched_off_on_one_machine_opens_no_payment_there() {
    let options = StackOptions { disabled_providers: billie_pad().into(), ..StackOptions::default() };
    let stack = Stack::start(options).await.unwrap();
    let deadline = Deadline::within(Duration::from_secs(20));
    let merchant = DEMO_MERCHANT.parse().unwrap();
    let call = Call { merchant, request_id: "test".to_owned(), deadline, key_label: None };
    is_refused_at_the_provider(open_payment(&stack.app.service, &call, "k").await);
    let other = Order::buckaroo_billink().json().to_string();
    assert_eq!(stack.app.service.create_session(&call, Some("o"), other.as_bytes()).await.unwrap().status, 201);
}

#[tokio::test]
async fn a_disabled_account_enables_nobody_and_says_so() {
    static AHEAD: AtomicU64 = AtomicU64::new(0);
    let house = House::open(|| Instant::now() + Duration::from_secs(AHEAD.load(Ordering::SeqCst))).await;
    house.put("/accounts/billie_psp/disabled", json!(true));
    AHEAD.fetch_add(BELIEVED_FOR.as_secs(), Ordering::SeqCst);
    let address = Order::billie_pad_at_once().json()["billing_address"].clone();
    let body = json!({ "provider": "billie_psp", "name": "Shop", "address": address }).to_string();
    let problem = house.service.activate(&house.call(), DEMO_MERCHANT, Some("a"), body.as_bytes()).await.unwrap_err();
    let told = json!([{ "pointer": "/provider", "detail": "is switched off: nobody is enabled there" }]);
    assert_eq!(problem.to_json("r")["errors"], told);
}

#[tokio::test]
async fn what_was_never_sent_is_not_sent_to_a_provider_that_is_switched_off_since() {
    static AHEAD: AtomicU64 = AtomicU64::new(0);
    let house = House::open(|| Instant::now() + Duration::from_secs(AHEAD.load(Ordering::SeqCst))).await;
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    house.put("/accounts/billie_pad/base_url", json!(format!("http://{nobody}")));
    let unsent = open_payment(&house.service, &house.call(), "k").await.unwrap_err();
    assert_eq!(unsent.code(), ProblemCode::ProviderUnavailable);
    house.put("/livemode", json!(false));
    AHEAD.fetch_add(BELIEVED_FOR.as_secs(), Ordering::SeqCst);

    let without = house.service.clone().without(billie_pad());
    is_refused_at_the_provider(open_payment(&without, &house.call(), "k").await);
    let sent = open_payment(&house.service, &house.call(), "k").await.unwrap();
    assert_eq!(sent.body["status"], "authorized", "on again, the same key opens it");
}
