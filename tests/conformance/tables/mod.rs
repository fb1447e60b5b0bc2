//! The tables, and what several of them share.

use payment::{Flow, OperationKind};
use reqwest::Method;
use serde_json::Value;
use url::{Position, Url};

use crate::deal::Deal;
use crate::table::{Call, Table, When};

/// The table of each provider, and its suite under its own name: `cargo test -p tests --test conformance billink::`.
macro_rules! conformance {
    ($($provider:ident),+ $(,)?) => {
        $(pub(crate) mod $provider;)+

        /// The tables.
        pub(crate) static TABLES: &[&Table] = &[$(&$provider::TABLE),+];

        mod suite {
            $(mod $provider {
            use crate::tables::$provider::TABLE;
            use crate::{declines, doubts, events, lives, looking, messages, refusals, undeclared};

            #[tokio::test]
            async fn what_it_declares_has_a_row_in_its_table() {
                crate::step::every_declaration_has_its_row(&TABLE);
            }

            #[tokio::test]
            async fn every_flow_is_lived_to_its_end_and_the_books_agree() {
                lives::check(&TABLE).await;
            }

            #[tokio::test]
            async fn a_refused_buyer_is_an_answer_with_a_reason() {
                declines::check(&TABLE).await;
            }

            #[tokio::test]
            async fn a_definite_refusal_gives_the_reservation_back() {
                refusals::check(&TABLE).await;
            }

            #[tokio::test]
            async fn an_unknown_outcome_is_kept_in_doubt_and_ends_as_declared() {
                doubts::check(&TABLE).await;
            }

            #[tokio::test]
            async fn messages_may_come_twice_late_reordered_wrong_and_forged() {
                messages::check(&TABLE).await;
            }

            #[tokio::test]
            async fn every_event_has_its_meaning() {
                events::check(&TABLE).await;
            }

            #[tokio::test]
            async fn what_it_does_not_declare_is_refused_and_nothing_is_sent() {
                undeclared::check(&TABLE).await;
            }

            #[tokio::test]
            async fn a_confirmation_that_is_no_call_only_looks() {
                looking::check(&TABLE).await;
            }
            })+
        }
    };
}

conformance! {
    buckaroo_billink,
    billie_pad,
    billie_psp,
    billagain,
    billink,
    billink_v1,
}

const fn call(kind: OperationKind, when: When, name: &'static str) -> Call {
    Call { kind, when, name, names_amount: false, is_found: false }
}

/// A stand-in that needs no settings.
fn as_it_is(_flow: Flow) -> Value {
    Value::Null
}

/// The code of an answer, and the variant that follows it after a space.
fn split(code: &str) -> (&str, &str) {
    code.split_once(' ').unwrap_or((code, ""))
}

/// Errors in the form of Billie's APIs: Billie's code and then the HTTP status, or one number for both.
fn billies_errors(code: &str) -> (u16, String) {
    let (code, status) = code.split_once(' ').unwrap_or((code, code));
    let errors = serde_json::json!({ "errors": [{ "title": "No", "code": code, "source": "a.field" }] });
    (status.parse().unwrap(), errors.to_string())
}

/// Posts a message to us with these headers; it must be taken.
async fn send(deal: &Deal<'_>, url: &str, headers: &[(&str, &str)], body: &Value) {
    let url: Url = url.parse().unwrap();
    let request = deal.bench.api.request(Method::POST, &url[Position::BeforePath..]).without_key().authorization(None);
    let request = headers.iter().fold(request.json(body), |request, (name, value)| request.header(name, value));
    let answer = request.send().await;
    assert!(answer.status < 300, "{body}: {:#}", answer.body);
}

/// Text at a JSON pointer of the payment.
async fn text(deal: &Deal<'_>, pointer: &str) -> String {
    let payment = deal.get().await;
    let text = payment.pointer(pointer).and_then(Value::as_str);
    text.unwrap_or_else(|| panic!("no text at {pointer} of {payment:#}")).to_owned()
}

/// A control call at the stand-in.
async fn control(deal: &Deal<'_>, path: &str, body: &Value) {
    deal.bench.sandbox.control(Method::POST, path, body).await;
}
