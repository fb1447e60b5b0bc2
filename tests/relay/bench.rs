//! The table, its stream and the queues, with the relay and the sweep in the hands of the test.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use local::aws::{self, Aws, Options, streams::Pump};
use payment::{
    CaptureMode, Cause, CauseKind, Doubt, DoubtPolicy, Fingerprint, Flow, NewPayment, OrderNews, OrderState, Outcome,
    Payment, PaymentId, Receipt, Ticket, Token,
};
use providers::{Deadline, Transport};
use relay_events::{BatchAnswer, Queues, Relay};
use runtime::FixedMerchants;
use serde_json::{Value, json};
use service::{Service, World};
use store::{Lag, Store};
use tests::{Order, eventually};
use tokio::sync::{Mutex, mpsc};
use url::Url;

/// What a test works with.
pub(crate) struct Bench {
    pub(crate) aws: Aws,
    pub(crate) store: Store,
    pub(crate) sqs: aws_sdk_sqs::Client,
    pub(crate) dynamodb: aws_sdk_dynamodb::Client,
}

impl Bench {
    pub(crate) async fn start() -> Self {
        let aws = Aws::start(Options::default()).await.unwrap();
        let dynamodb = aws_sdk_dynamodb::Client::new(&aws::sdk(&aws.dynamodb_url));
        let sqs = aws_sdk_sqs::Client::new(&aws::sdk(&aws.sqs_url));
        Self { store: Store::new(dynamodb.clone(), &aws.table), sqs, dynamodb, aws }
    }

    /// The store behind another address.
    pub(crate) fn store_at(&self, endpoint: &str) -> Store {
        Store::new(aws_sdk_dynamodb::Client::new(&aws::sdk(endpoint)), &self.aws.table)
    }

    /// A queue that is there.
    pub(crate) fn good(&self) -> String {
        self.aws.event_queue_urls[0].clone()
    }

    /// A queue with this name, there or not.
    pub(crate) fn named(&self, name: &str) -> String {
        self.good().replace("paylater-events-1", name)
    }

    /// The relay to these queues, which it reaches at this address, and the wake queue.
    pub(crate) fn relay_at(&self, endpoint: &str, queues: Vec<String>) -> Relay {
        self.relay_over(self.store.clone(), endpoint, queues)
    }

    /// The same over another store.
    pub(crate) fn relay_over(&self, store: Store, endpoint: &str, queues: Vec<String>) -> Relay {
        let sqs = aws_sdk_sqs::Client::new(&aws::sdk(endpoint));
        Relay::new(Queues::new(sqs, queues, Some(self.aws.wake_queue_url.clone())), store)
    }

    /// The relay to these queues.
    pub(crate) fn relay(&self, queues: Vec<String>) -> Relay {
        self.relay_at(&self.aws.sqs_url, queues)
    }

    fn streams(&self) -> aws_sdk_dynamodbstreams::Client {
        aws_sdk_dynamodbstreams::Client::new(&aws::sdk(&self.aws.dynamodb_url))
    }

    /// Pumps the table's stream into a relay, as Lambda does.
    pub(crate) fn pump(&self, relay: Relay) -> Pump {
        Pump::start(self.streams(), self.aws.table.clone(), move |event: Value| {
            let relay = relay.clone();
            async move {
                let answer = hand(&relay, event["Records"].as_array().unwrap()).await?;
                Ok::<_, String>(serde_json::to_value(answer).unwrap())
            }
        })
    }

    /// The stream's records, for a test that hands them over itself.
    pub(crate) fn records(&self) -> Records {
        let (sender, events) = mpsc::unbounded_channel();
        let pump = Pump::start(self.streams(), self.aws.table.clone(), move |event: Value| {
            let _ = sender.send(event);
            async { Ok::<_, String>(json!({})) }
        });
        Records { events: Mutex::new(events), _pump: pump }
    }

    /// The use cases for nobody in particular, so far in the future.
    pub(crate) fn service_in(&self, seconds: i64) -> Service {
        Self::service_over(self.store.clone(), seconds)
    }

    /// The same over another store.
    pub(crate) fn service_over(store: Store, seconds: i64) -> Service {
        let merchants = FixedMerchants::from_json("[]", &Transport::default()).unwrap();
        let world = World::new(move || Timestamp::now() + SignedDuration::from_secs(seconds), || [7; 16]);
        Service::new(store, Arc::new(merchants), "http://127.0.0.1:3000".parse::<Url>().unwrap(), world)
    }

    /// How far this queue is behind for a payment.
    pub(crate) async fn lag(&self, queue: &str, payment: &PaymentId) -> Option<Lag> {
        let lags = self.store.lags(std::iter::once(queue), &[payment]).await.unwrap();
        lags.into_values().flatten().next()
    }

    /// Waits until this queue is behind for a payment up to its newest event.
    pub(crate) async fn left_behind(&self, queue: &str, payment: &Payment) -> Lag {
        let newest = newest(payment);
        let look = async || self.lag(queue, &payment.id).await.filter(|lag| lag.upto == newest);
        eventually("what the queue missed is written down", look).await
    }

    /// Waits until this queue is not behind for a payment any more.
    pub(crate) async fn caught_up(&self, queue: &str, payment: &PaymentId) {
        eventually("the lag is gone", async || self.lag(queue, payment).await.is_none().then_some(())).await;
    }

    /// Takes what is in a queue now: payments and sequence numbers in the order of arrival.
    async fn take(&self, queue: &str, into: &mut Vec<(String, u64)>) {
        let request = self.sqs.receive_message().queue_url(queue).max_number_of_messages(10).wait_time_seconds(1);
        for message in request.send().await.unwrap().messages.unwrap_or_default() {
            let event: Value = serde_json::from_str(message.body().unwrap()).unwrap();
            let text = |name: &str| event[name].as_str().unwrap().to_owned();
            into.push((text("subject"), text("sequence").parse().unwrap()));
            let receipt = message.receipt_handle().unwrap();
            self.sqs.delete_message().queue_url(queue).receipt_handle(receipt).send().await.unwrap();
        }
    }

    /// Waits for that many events in a queue.
    pub(crate) async fn arrivals(&self, queue: &str, wanted: usize) -> Arrivals {
        let mut arrived = Vec::new();
        eventually("the queue has every event", async || {
            self.take(queue, &mut arrived).await;
            (arrived.len() >= wanted).then_some(())
        })
        .await;
        Arrivals(arrived)
    }
}

/// What arrived in a queue, in order.
pub(crate) struct Arrivals(Vec<(String, u64)>);

impl Arrivals {
    pub(crate) fn of(&self, payment: &PaymentId) -> Vec<u64> {
        self.0.iter().filter(|(id, _)| id == payment.as_str()).map(|(_, sequence)| *sequence).collect()
    }
}

/// The stream's records as they come.
pub(crate) struct Records {
    events: Mutex<mpsc::UnboundedReceiver<Value>>,
    _pump: Pump,
}

impl Records {
    /// The next so many that the mapping's filter lets through.
    pub(crate) async fn next(&self, wanted: usize) -> Vec<Value> {
        let (mut events, mut records) = (self.events.lock().await, Vec::new());
        while records.len() < wanted {
            let event = tokio::time::timeout(Duration::from_secs(10), events.recv()).await.unwrap().unwrap();
            let all = event["Records"].as_array().unwrap().iter();
            let read = |record: &&Value| {
                let kind = record["dynamodb"]["Keys"]["SK"]["S"].as_str().unwrap();
                record["eventName"] != "REMOVE" && ["STATE", "LAG"].contains(&kind)
            };
            records.extend(all.filter(read).cloned());
        }
        assert_eq!(records.len(), wanted);
        records
    }
}

/// Hands records to the relay as Lambda does, with the time that Lambda gives.
pub(crate) async fn hand(relay: &Relay, records: &[Value]) -> Result<BatchAnswer, String> {
    hand_within(relay, records, Duration::from_secs(57)).await
}

pub(crate) async fn hand_within(relay: &Relay, records: &[Value], time: Duration) -> Result<BatchAnswer, String> {
    let event = serde_json::from_value(json!({ "Records": records })).unwrap();
    let handled = relay_events::handle(relay.clone(), event, Deadline::within(time), "test".to_owned());
    handled.await.map_err(|error| error.to_string())
}

/// The numbers of the records that are to come again.
pub(crate) fn failures(answer: &BatchAnswer) -> Vec<&str> {
    answer.batch_item_failures.iter().map(|failure| failure.item_identifier.as_str()).collect()
}

/// A record's number in the stream.
pub(crate) fn number(record: &Value) -> &str {
    record["dynamodb"]["SequenceNumber"].as_str().unwrap()
}

pub(crate) fn newest(payment: &Payment) -> u64 {
    payment.history.last().unwrap().sequence
}

/// All of a payment's events.
pub(crate) fn all(payment: &Payment) -> Vec<u64> {
    (1..=newest(payment)).collect()
}

fn cause() -> Cause {
    Cause::new(CauseKind::Api, "test")
}

/// A payment that was opened, in one write.
pub(crate) async fn opened(store: &Store, key: &str) -> (Payment, Ticket) {
    let order: payment::Order = serde_json::from_value(Order::billie_pad().json().clone()).unwrap();
    let key = key.parse().unwrap();
    let new = NewPayment {
        merchant: "demo".parse().unwrap(),
        key: &key,
        order: &order,
        flow: Flow::Direct,
        capture_mode: CaptureMode::Manual,
        livemode: false,
        token: Token::from_random([7; 16]),
        provider_account: None,
        opened_under: None,
        late_authorization: payment::LateAuthorization::default(),
        fingerprint: Fingerprint::of(&order).unwrap(),
        cause: cause(),
    };
    let (mut payment, ticket) = Payment::open(new, Timestamp::now());
    store.create(&mut payment, &order).await.unwrap();
    (payment, ticket)
}

async fn settled(store: &Store, key: &str, outcome: Outcome, policy: DoubtPolicy) -> Payment {
    let (mut payment, ticket) = opened(store, key).await;
    assert!(payment.settle(&ticket, outcome, policy, &cause(), Timestamp::now()));
    store.save(&mut payment).await.unwrap();
    payment
}

/// A payment that was opened and authorized, in two writes.
pub(crate) async fn authorized(store: &Store, key: &str) -> Payment {
    let receipt = Receipt { order: Some(OrderNews::of(OrderState::Authorized)), ..Receipt::default() };
    settled(store, key, Outcome::Done(receipt), DoubtPolicy::None).await
}

/// A payment of which nobody knows whether it was opened, in two writes.
pub(crate) async fn in_doubt(store: &Store, key: &str) -> Payment {
    settled(store, key, Outcome::InDoubt(Doubt::TimedOut), DoubtPolicy::Lookup).await
}
