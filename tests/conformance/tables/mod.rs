//! The tables, and what several of them share.

use payment::{Flow, OperationKind};
use reqwest::Method;
use serde_json::Value;
use url::{Position, Url};

use crate::deal::Deal;
use crate::table::{Call, InAnswer, Table, When};

macro_rules! tables {
    ($($provider:ident),+ $(,)?) => {
        $(pub(crate) mod $provider;)+

        /// The tables.
        pub(crate) static TABLES: &[&Table] = &[$(&$provider::TABLE),+];
    };
}

providers::every_provider!(tables);

const fn call(kind: OperationKind, when: When, name: &'static str, amount: InAnswer) -> Call {
    Call { kind, when, name, amount, is_found: false }
}

const DRIFT: &[&str] = &["payment.drift_detected"];

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
