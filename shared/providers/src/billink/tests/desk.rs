//! Acts, observations and probes against a Billink on loopback.

use payment::{Finding, Status};

use super::super::open;
use super::*;
use crate::{Act, Adapter, Effect, ReadError, Transport};

/// What Billink answers; no answer at all without one.
type Reply = Option<(u16, String)>;

struct Desk(Server);

impl Desk {
    async fn start(reply: Reply) -> Self {
        let reply = reply.map(|(status, body)| says(status, body));
        Self(Server::start(move |_| reply.clone()).await)
    }

    async fn act(&self, act: Act<'_>, payment: &Payment, order: Option<&Order>) -> String {
        let urls = urls();
        told(&adapter(&self.0.base).act(act, &context(payment, order, &urls), Effect::of_reserved_attempt()).await)
    }

    fn paths(&self) -> Vec<String> {
        self.0.seen().iter().map(|seen| seen.line.trim_start_matches("POST ").to_owned()).collect()
    }
}

fn adapter(base: &str) -> Box<dyn Adapter> {
    open(&account_document(base), Transport::default()).unwrap()
}

#[tokio::test]
async fn each_act_is_one_call_and_is_done_when_its_answer_says_so() {
    let order = order(&consumer());
    let sample = include_str!("../fixtures/session-create.response.json").to_owned();
    let desk = Desk::start(Some((200, sample))).await;
    let payment = created(&order);
    let told = desk.act(Act::CreateSession(newest(&payment)), &payment, Some(&order)).await;
    assert!(told.starts_with("done - AwaitingBuyer(Some(Redirect"), "{told}");
    assert_eq!(desk.paths(), ["/v2/session/create"]);

    let payment = capturing();
    let desk = Desk::start(Some((200, of(&payment, include_str!("../fixtures/workflow-start.response.json"))))).await;
    assert_eq!(desk.act(Act::Capture(newest(&payment)), &payment, None).await, "done -");
    assert_eq!(desk.paths(), ["/v2/client/workflow/start"]);

    let (refunding, canceling) = (refunding(150), canceling(OrderState::Authorized));
    let refund = act_of(&refunding);
    for (act, payment) in [(refund, &refunding), (Act::Cancel(newest(&canceling)), &canceling)] {
        let desk = Desk::start(Some((200, of(payment, include_str!("../fixtures/credit.response.json"))))).await;
        assert_eq!(desk.act(act, payment, None).await, "done 150");
        assert_eq!(desk.paths(), ["/v2/client/invoice/credit"]);
    }
}

#[tokio::test]
async fn whatever_goes_wrong_at_a_credit_is_doubt_unless_it_is_a_definite_no() {
    let payment = refunding(150);
    for (reply, expected) in [
        (None, "in doubt TimedOut"),
        (Some((200, "garbage".into())), "in doubt Unreadable"),
        (Some((200, String::new())), "in doubt Unreadable"),
        (Some((302, String::new())), "in doubt Unreadable"),
        (Some((400, "{}".into())), "in doubt Unreadable"),
        (Some((500, String::new())), "in doubt ServerError"),
        (Some((502, "<html>".into())), "in doubt ServerError"),
        (Some((503, r#"{"status":"error","message":"Something went wrong"}"#.into())), "in doubt ServerError"),
        (Some((200, r#"{"result":"error","code":"603"}"#.into())), "in doubt ServerError"),
        (Some((500, r#"{"result":"error","code":"706"}"#.into())), "refused 706 not allowed to manage this order"),
        (Some((401, String::new())), "not sent"),
        (Some((429, String::new())), "not sent"),
    ] {
        let desk = Desk::start(reply).await;
        let act = act_of(&payment);
        assert_eq!(desk.act(act, &payment, None).await, expected);
        assert_eq!(desk.paths().len(), 1, "an act is sent once");
    }
}

#[tokio::test]
async fn a_connection_that_breaks_after_sending_leaves_doubt_and_one_that_was_never_made_does_not() {
    let base = breaking().await;
    let (payment, urls) = (capturing(), urls());
    for expected in ["in doubt ConnectionLost", "not sent"] {
        let act = Act::Capture(newest(&payment));
        let outcome = adapter(&base).act(act, &context(&payment, None, &urls), Effect::of_reserved_attempt()).await;
        assert_eq!(told(&outcome), expected);
    }
}

#[tokio::test]
async fn a_workflow_in_doubt_is_started_again_and_707_settles_it() {
    let mut payment = capturing();
    settle(&mut payment, Outcome::InDoubt(payment::Doubt::TimedOut));
    let desk = Desk::start(Some((200, include_str!("../fixtures/nested.error.json").into()))).await;
    assert_eq!(desk.act(Act::Capture(newest(&payment)), &payment, None).await, "done -");
}

#[tokio::test]
async fn what_is_repeated_in_doubt_and_refused_proves_nothing_about_the_first_time() {
    let mut payment = capturing();
    settle(&mut payment, Outcome::InDoubt(payment::Doubt::TimedOut));
    for code in ["-1", "704", "706", "708"] {
        let refused = format!(r#"{{"result":"error","code":"{code}"}}"#);
        let desk = Desk::start(Some((200, refused))).await;
        assert_eq!(desk.act(Act::Capture(newest(&payment)), &payment, None).await, "in doubt UnknownCode", "{code}");
    }
}

#[tokio::test]
async fn what_billink_has_no_call_for_is_not_sent() {
    let desk = Desk::start(None).await;
    let waiting = canceling(OrderState::AwaitingBuyer(None));
    let told = desk.act(Act::Cancel(newest(&waiting)), &waiting, None).await;
    assert_eq!(told, "refused - a session cannot be called off; it lapses within an hour");
    assert_eq!(desk.act(Act::Confirm(newest(&waiting)), &waiting, None).await, "not sent");
    let payment = created(&order(&consumer()));
    assert_eq!(desk.act(Act::CreateSession(newest(&payment)), &payment, None).await, "not sent");
    assert_eq!(desk.paths(), [""; 0]);
}

async fn observe(payment: &Payment, reply: Reply) -> Result<Option<OrderState>, ReadError> {
    let (desk, urls) = (Desk::start(reply).await, urls());
    let seen = adapter(&desk.0.base).observe(&context(payment, None, &urls)).await;
    let owed = !payment.amounts().captured.is_zero();
    let read = |path: &String| path == "/v2/session/status" || (owed && path == "/v2/client/order/info");
    assert!(desk.paths().iter().all(read));
    seen.map(|seen| seen.content().order.as_ref().map(|order| order.state.clone()))
}

fn status(word: &str) -> Reply {
    Some((200, format!(r#"{{"status":"{word}"}}"#)))
}

#[tokio::test]
async fn a_look_reads_the_session() {
    let waiting = opened(OrderState::AwaitingBuyer(None));
    assert_eq!(observe(&waiting, status("order_created")).await, Ok(Some(OrderState::Authorized)));
    assert_eq!(observe(&waiting, status("session_active")).await, Ok(Some(OrderState::AwaitingBuyer(None))));
    assert_eq!(observe(&waiting, status("another")).await, Err(ReadError::Unreadable));
    assert_eq!(observe(&waiting, Some((500, String::new()))).await, Err(ReadError::Unreachable));
    assert_eq!(observe(&waiting, Some((403, "Access denied".into()))).await, Err(ReadError::Unauthorized));
    assert_eq!(observe(&waiting, None).await, Err(ReadError::Unreachable));
    assert_eq!(observe(&created(&order(&consumer())), None).await, Err(ReadError::Nothing));
}

#[tokio::test]
async fn an_order_that_was_released_is_not_authorized_again_by_its_session() {
    let mut released = canceling(OrderState::Authorized);
    settle(&mut released, Outcome::Done(Receipt::default()));
    assert_eq!(released.status, Status::Canceled);
    assert_eq!(observe(&released, status("order_created")).await, Ok(None));
    // A session that was called off and is an order nevertheless is something that a person must hear of.
    let abandoned = opened(OrderState::Canceled);
    assert_eq!(observe(&abandoned, status("order_created")).await, Ok(Some(OrderState::Authorized)));
    assert_eq!(observe(&captured(), status("order_created")).await, Ok(Some(OrderState::Authorized)));
}

#[tokio::test]
async fn a_credit_in_doubt_can_not_be_looked_up() {
    let (desk, urls, payment) = (Desk::start(None).await, urls(), refunding(150));
    let found = adapter(&desk.0.base).probe(newest(&payment), &context(&payment, None, &urls)).await.unwrap();
    assert!(matches!(found.content(), Finding::Unclear));
    assert_eq!(adapter(&desk.0.base).candidate_of_return(&[("sessionID".into(), "s-2".into())]), None);
}

#[tokio::test]
async fn a_look_after_the_capture_reads_who_was_paid_and_does_without_where_that_cannot_be_read() {
    let payment = captured();
    let info = include_str!("../fixtures/order-info.response.json").to_owned();
    for (reply, expected) in [((200, of(&payment, &info)), vec![(true, true)]), ((404, String::new()), vec![])] {
        let server = Server::start(move |seen: &Seen| match seen.line.contains("order/info") {
            true => Some(says(reply.0, reply.1.clone())),
            false => Some(says(200, r#"{"status":"order_created"}"#)),
        });
        let (server, urls) = (server.await, urls());
        let seen = adapter(&server.base).observe(&context(&payment, None, &urls)).await.unwrap();
        let told = seen.content().receivable.iter().map(|facts| (facts.paid, facts.paid_out));
        assert_eq!(told.collect::<Vec<_>>(), expected);
        assert!(seen.content().order.is_some());
    }
}
