//! One crowd at one payment.

use std::time::Duration;

use payment::{OperationId, PaymentId};
use serde_json::{Value, json};
use tests::{Answer, Deal, no_more_than_reserved, nothing_twice};
use tokio::task::JoinSet;

use crate::shop::{Asked, Shop};
use crate::{CLIENTS, REQUESTS};

/// How many different requests there are; the clients ask for them again and again.
const KEYS: usize = 30;

/// A crowd that takes longer than this hangs.
const LONGEST: Duration = Duration::from_secs(15);

/// The time that passes before each look in the end, in seconds: a lease, and twice a provider's quiet period; again, since
/// a release can wait for its turn; and more than a doubt that nothing can end waits for a person.
const ROUNDS: [i64; 9] = [36, 61, 61, 301, 36, 61, 61, 301, 901];

/// What the API may answer here.
const ANSWERS: [(u16, &[&str]); 7] = [
    (200, &[""]),
    (201, &[""]),
    (202, &[""]),
    (409, &["operation_in_progress", "operation_in_doubt", "conflict"]),
    (422, &["status_does_not_allow", "amount_exceeds_authorized", "amount_exceeds_captured", "validation_failed"]),
    (502, &["provider_unavailable"]),
    (503, &["unavailable"]),
];

/// One request, always the same under its key.
#[derive(Clone)]
struct Errand {
    asked: Asked,
    key: String,
    body: Value,
}

pub(crate) struct Crowd<'a> {
    shop: &'a Shop,
    deal: Deal,
    /// How many operations it had when everybody came.
    known: usize,
    errands: Vec<Errand>,
    /// What each client asks for, one after the other.
    clients: Vec<Vec<usize>>,
}

impl<'a> Crowd<'a> {
    /// A payment, the errands of everybody, and what goes wrong meanwhile.
    pub(crate) async fn new(shop: &'a Shop, kinds: &[Asked], random: &mut fastrand::Rng, round: usize) -> Self {
        let deal = shop.payment(round, random.bool()).await;
        let known = deal.get().await["operations"].as_array().unwrap().len();
        shop.sandbox.forget_calls().await;
        let errand = |n: usize| {
            // No two sums of them are the same by chance: every amount has its own cents.
            let amount = i64::try_from(100 * random.usize(3..25) + n).unwrap();
            let asked = *random.choice(kinds).unwrap();
            Errand { asked, key: format!("crowd-{n}"), body: shop.body(asked, amount) }
        };
        let errands: Vec<Errand> = (0..KEYS).map(errand).collect();
        let clients = (0..CLIENTS).map(|_| (0..REQUESTS).map(|_| random.usize(0..KEYS)).collect()).collect();
        for _ in 0..6 {
            let call = random.choice(shop.calls()).unwrap();
            let kind = random.choice(["drop_before", "drop_after", "http_5xx_after", "delay", "delay_before"]).unwrap();
            let (millis, skip) = (random.u32(20..150), random.u32(0..3));
            shop.sandbox.fault(json!({ "call": call, "kind": kind, "millis": millis, "skip": skip })).await;
        }
        Self { shop, deal, known, errands, clients }
    }

    /// Everybody at the same time. What they were answered, by errand.
    pub(crate) async fn runs(&self) -> Vec<(usize, Answer)> {
        let mut running = JoinSet::new();
        for client in self.clients.clone() {
            let (deal, errands) = (self.deal.clone(), self.errands.clone());
            running.spawn(async move {
                let mut answers = Vec::new();
                for n in client {
                    let Errand { asked, key, body } = &errands[n];
                    answers.push((n, deal.post_as(key, asked.action(), body).await));
                }
                answers
            });
        }
        let all = tokio::time::timeout(LONGEST, running.join_all()).await.expect("the crowd hangs");
        all.into_iter().flatten().collect()
    }

    /// Nothing goes wrong any more, and time passes.
    pub(crate) async fn comes_to_rest(&self) {
        self.shop.sandbox.no_faults().await;
        for seconds in ROUNDS {
            if self.rests(&self.deal.get().await) {
                return;
            }
            self.shop.site.table().pass(&[&format!("PAY#{}", self.deal.id)], seconds).await;
            self.shop.site.sweep().await;
        }
        let payment = self.deal.get().await;
        assert!(self.rests(&payment), "not at rest: {payment:#}");
    }

    fn rests(&self, payment: &Value) -> bool {
        let open = |operation: &Value| ["accepted", "pending", "in_doubt"].iter().any(|s| operation["status"] == *s);
        !payment["operations"].as_array().unwrap().iter().any(open)
    }

    /// The books are ours, within what was promised; the answers are of the contract; a success that was told is one.
    pub(crate) async fn is_true(&self, answers: &[(usize, Answer)]) {
        let payment = self.books().await;
        nothing_twice(&self.shop.sandbox.books().await);
        let reserved = self.shop.site.table().payment(&self.deal.id).await.unwrap().operations;
        no_more_than_reserved(&self.shop.sandbox.calls().await, &reserved[self.known..], self.shop.movements());
        let part = |name: &str| payment["amounts"][name].as_i64().unwrap();
        assert!(part("captured") + part("released") <= part("authorized"), "{payment:#}");
        assert!(part("refunded") <= part("captured"), "{payment:#}");
        for (n, answer) in answers {
            let Errand { asked, key, .. } = &self.errands[*n];
            let allowed = ANSWERS.iter().find(|(status, _)| *status == answer.status);
            let known = allowed.is_some_and(|(_, codes)| codes.contains(&answer.code()));
            assert!(known, "{asked:?} {key} was answered with {} {:#}", answer.status, answer.body);
            if matches!(answer.status, 200 | 201) {
                let operation = self.operation(*n, &payment);
                assert_eq!(operation["status"], "succeeded", "{asked:?} {key}: {:#}", answer.body);
                if answer.status == 201 {
                    assert_eq!(answer.at("/amount"), &operation["amount"], "{asked:?} {key}");
                }
            }
        }
    }

    /// The payment, whose ledger must be the provider's but for refunds that a person has to decide about: a crowd can keep
    /// an answer from being written in time, and a refund cannot be looked up everywhere.
    async fn books(&self) -> Value {
        let payment = self.deal.get().await;
        let all = payment["operations"].as_array().unwrap();
        let asked = all.iter().filter(|operation| operation["status"] == "needs_operator");
        let open: i64 = asked.map(|operation| operation["amount"].as_i64().unwrap()).sum();
        if open == 0 {
            return self.deal.agreed().await;
        }
        let (mut ours, mut theirs) = (payment["amounts"].clone(), self.deal.books().await);
        assert_eq!(ours["refunding"], open, "{payment:#}");
        let more = theirs["refunded"].as_i64().unwrap() - ours["refunded"].as_i64().unwrap();
        assert!((0..=open).contains(&more), "{more} more were refunded than we know of, and {open} are open");
        for books in [&mut ours, &mut theirs] {
            (books["refunding"], books["refunded"]) = (json!(0), json!(0));
        }
        assert_eq!(ours, theirs);
        payment
    }

    /// Every key that led to success says so again, and does nothing.
    pub(crate) async fn asks_again(&self) {
        let (payment, books) = (self.deal.get().await, self.shop.sandbox.books().await);
        let calls = self.shop.sandbox.calls().await.len();
        for (n, Errand { asked, key, body }) in self.errands.iter().enumerate() {
            if self.operation(n, &payment)["status"] == "succeeded" {
                let answer = self.deal.post_as(key, asked.action(), body).await;
                assert!(matches!(answer.status, 200 | 201) && answer.is_replay(), "{asked:?} {key}: {:#}", answer.body);
            }
        }
        assert_eq!(self.shop.sandbox.books().await, books);
        let asked = self.shop.sandbox.calls().await.len();
        assert_eq!(asked, calls, "nothing more is asked");
        assert_eq!(self.deal.get().await["version"], payment["version"]);
    }

    /// The operation of an errand; null where nothing was reserved for it.
    fn operation(&self, errand: usize, payment: &Value) -> Value {
        let Errand { asked, key, .. } = &self.errands[errand];
        let id: PaymentId = self.deal.id.parse().unwrap();
        let id = OperationId::of(&id, asked.kind(), key).to_string();
        let all = payment["operations"].as_array().unwrap();
        all.iter().find(|operation| operation["id"] == id.as_str()).cloned().unwrap_or_default()
    }
}
