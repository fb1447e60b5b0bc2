//! A table that fails for a moment or loses its answers, and payments that cannot be looked at.

use tests::Order;

use crate::support::{AMOUNT, At, Backstage, Fault, Shop, Spy};

/// A shop whose table is reached through a spy.
struct Spied {
    shop: Shop,
    spy: Spy,
    backstage: Backstage,
}

impl Spied {
    async fn start() -> Self {
        let shop = Shop::without_messages(At::Billie).await;
        let spy = Spy::before(&shop.site.stack().expect("a stack of its own").aws.dynamodb_url).await;
        let backstage = Backstage::through(&shop, &spy.url);
        Self { shop, spy, backstage }
    }

    /// Captures all while these writes of the capture go wrong: its reservation, then its outcome.
    async fn captures_while(&self, faults: &[Option<Fault>]) {
        let deal = self.shop.authorized().await;
        self.spy.faults("PutItem", faults.iter().copied());
        let body = self.shop.capture(None).to_string();
        let captured =
            self.backstage.service.capture(&self.backstage.call(), &deal.id, Some("k"), body.as_bytes()).await;
        let captured = captured.unwrap_or_else(|problem| panic!("{problem:?}"));
        assert_eq!((captured.status, captured.replayed, &captured.body["status"]), (201, false, &"succeeded".into()));
        assert_eq!(self.shop.count("capture").await, 1);
        let payment = deal.ends("captured", [AMOUNT, 0, AMOUNT, 0]).await;
        assert_eq!(payment["captures"].as_array().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn a_reservation_whose_answer_was_lost_is_recognised_when_it_is_written_again() {
    Spied::start().await.captures_while(&[Some(Fault::LosesAnswer)]).await;
}

#[tokio::test]
async fn an_outcome_whose_answer_was_lost_is_recognised_when_it_is_written_again() {
    let spied = Spied::start().await;
    spied.spy.take();
    spied.captures_while(&[None, Some(Fault::LosesAnswer)]).await;
    let writes = spied.spy.take().into_iter().filter(|operation| operation == "PutItem").count();
    assert_eq!(writes, 3, "the reservation, the outcome, and the outcome once more, with nothing decided anew");
}

#[tokio::test]
async fn an_outcome_is_written_even_when_the_table_fails_for_a_moment() {
    Spied::start().await.captures_while(&[None, Some(Fault::Fails), Some(Fault::Fails), Some(Fault::Fails)]).await;
}

#[tokio::test]
async fn a_write_beside_somebodys_transaction_is_decided_again() {
    Spied::start().await.captures_while(&[Some(Fault::Conflicts), Some(Fault::Conflicts)]).await;
}

#[tokio::test]
async fn creations_with_one_key_that_meet_each_other_make_one_payment() {
    let spied = Spied::start().await;
    let body = Order::billie_pad_at_once().json().to_string();
    let create = async || {
        let created = spied.backstage.service.create_session(&spied.backstage.call(), Some("k"), body.as_bytes()).await;
        created.unwrap_or_else(|problem| panic!("{problem:?}"))
    };
    spied.spy.faults("TransactWriteItems", [Some(Fault::Conflicts), Some(Fault::Conflicts)]);
    let first = create().await;
    assert_eq!((first.status, first.replayed), (201, false));
    spied.spy.faults("TransactWriteItems", [Some(Fault::Conflicts)]);
    let second = create().await;
    assert_eq!((second.status, second.replayed, &second.body["id"]), (201, true, &first.body["id"]));
    assert_eq!(spied.shop.count("create_order").await, 1);
}

#[tokio::test]
async fn a_payment_that_cannot_be_looked_at_is_put_off_and_keeps_nothing_behind_it_waiting() {
    let shop = Shop::with_page().await;
    let _deal = shop.open(&Order::buckaroo_billink()).await;
    let table = shop.site.stack().expect("a stack of its own").aws.dynamodb_url.clone();
    // Nobody knows its merchant any more.
    let backstage = Backstage::with(&shop, &table, "[]");
    backstage.advance(61);
    let seen = async || {
        let report = backstage.sweep().await;
        (report.payments, report.failed)
    };
    assert_eq!(seen().await, (1, 1));
    assert_eq!(seen().await, (0, 0), "it is put off");
    backstage.advance(301);
    assert_eq!(seen().await, (1, 1), "and tried again");
}
