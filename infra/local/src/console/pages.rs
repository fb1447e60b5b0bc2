//! The pages.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde_json::Value;

use super::api::{Told, encoded};
use super::bodies::{self, Ask};

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem;color:#222}\
    table{border-collapse:collapse;margin:.5rem 0 1.5rem}td,th{padding:.2rem .8rem .2rem 0;text-align:left;vertical-align:top}\
    th{color:#666;font-weight:normal}td.n{text-align:right;font-variant-numeric:tabular-nums}pre,textarea{font:13px/1.4 monospace}\
    pre{background:#f5f5f5;padding:.8rem;overflow:auto}textarea{width:100%;min-height:9rem}nav a{margin-right:1rem}\
    .doubt{color:#b40}details{margin:.4rem 0}summary{cursor:pointer}";

/// Misfortune at a stand-in, and what it is.
const FAULTS: [(&str, &str); 5] = [
    ("drop_after", "is done, and its answer is lost"),
    ("drop_before", "never arrives, and nobody can tell"),
    ("http_5xx_after", "is done and answered with an error"),
    ("delay", "is answered after a second"),
    ("wrong_amount", "is answered with a wrong amount, where it names one"),
];

/// Where an operation stands while something may change by itself.
const UNSETTLED: [&str; 3] = ["accepted", "pending", "in_doubt"];

/// How a payment stands while a buyer or the provider decides.
const OPEN: [&str; 3] = ["created", "requires_action", "under_review"];

pub(super) fn payment_path(id: &str) -> String {
    format!("/payments/{}", encoded(id))
}

pub(super) fn stand_in_path(provider: &str) -> String {
    format!("/stand-ins/{}", encoded(provider))
}

fn whole(title: &str, refreshes: bool, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                @if refreshes { meta http-equiv="refresh" content="2"; }
                title { (title) " · paylater" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                nav { a href="/" { "payments" } }
                h1 { (title) }
                (content)
            }
        }
    }
}

pub(super) fn home(payments: &Told, waiting: &[(&str, Told)], providers: &[&str]) -> Markup {
    let content = html! {
        p { "New payment at " (links(providers, "/new/")) }
        p { "Stand-ins: " (links(providers, "/stand-ins/")) }
        @for (status, told) in waiting {
            @let operations = items(&told.body, "data");
            @if !operations.is_empty() {
                h2.doubt { (status) }
                (table(&["payment", "kind", "amount", "since"], operations.iter().map(|operation| html! {
                    td { (payment_link(operation, "payment_id")) }
                    td { (text(operation, "/kind")) }
                    td.n { (text(operation, "/amount")) }
                    td { (text(operation, "/since")) }
                })))
            }
        }
        @if payments.is_success() { (listed(&payments.body)) } @else { pre { (pretty(&payments.body)) } }
        form method="post" action="/key" {
            label { "API key, or nothing for the usual one " input name="key" size="60" autocomplete="off"; }
            " " button { "Use" }
        }
    };
    whole("Payments", false, &content)
}

fn links(providers: &[&str], before: &str) -> Markup {
    html! { @for provider in providers { a href={ (before) (encoded(provider)) } { (provider) } " " } }
}

fn listed(list: &Value) -> Markup {
    let payments = items(list, "data");
    html! {
        @if payments.is_empty() { p { "There is no payment yet." } }
        @else {
            (table(&["created", "provider", "payment", "amount", "status"], payments.iter().map(|payment| html! {
                td { (text(payment, "/created_at")) }
                td { (text(payment, "/provider")) }
                td { (payment_link(payment, "id")) " " (text(payment, "/reference")) }
                td.n { (text(payment, "/amount")) " " (text(payment, "/currency")) }
                td { (text(payment, "/status")) (doubts(payment)) }
            })))
        }
        @if let Some(cursor) = list.get("next_cursor").and_then(Value::as_str) {
            p { a href={ "/?cursor=" (encoded(cursor)) } { "older" } }
        }
    }
}

/// What of a payment's operations is not settled.
fn doubts(payment: &Value) -> Markup {
    let open =
        items(payment, "operations").iter().filter(|operation| is_unsettled(operation) || needs_person(operation));
    html! { @for operation in open { span.doubt { " " (text(operation, "/kind")) " " (text(operation, "/status")) } } }
}

fn is_unsettled(operation: &Value) -> bool {
    UNSETTLED.contains(&text(operation, "/status").as_str())
}

fn needs_person(operation: &Value) -> bool {
    text(operation, "/status") == "needs_operator"
}

pub(super) fn new_payment(provider: &str, order: &Value) -> Markup {
    whole(&format!("New payment at {provider}"), false, &form("/payments", "Open", order))
}

fn form(action: &str, button: &str, body: &Value) -> Markup {
    html! {
        form method="post" action=(action) {
            p { textarea name="body" spellcheck="false" rows=(pretty(body).lines().count() + 1) { (pretty(body)) } }
            label { "Idempotency-Key " input name="idempotency_key" value=(bodies::new_word("console")) size="30"; }
            " " button { (button) }
        }
    }
}

pub(super) fn payment(payment: &Value, timeline: &Value, asks: &[Ask]) -> Markup {
    let id = text(payment, "/id");
    let provider = text(payment, "/provider");
    let operations = items(payment, "operations");
    let content = html! {
        (table(&[], [
            ("id", id.clone()), ("order at the provider", text(payment, "/order_reference")),
            ("the provider's id", text(payment, "/provider_reference")),
            ("amount", format!("{} {}", text(payment, "/amount"), text(payment, "/currency"))),
            ("declined", text(payment, "/decline/reason")),
        ].into_iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| html! { th { (name) } td { (value) } })))
        p { "At " a href=(stand_in_path(&provider)) { (provider) } }
        @if let Some(page) = payment.pointer("/action/url").and_then(Value::as_str) {
            p { a href=(page) { "The provider's page" } ": where the buyer decides." }
        }
        (amounts(payment))
        h2 { "Ask" }
        @for ask in asks {
            details { summary { (ask.name) } (form(&format!("{}/{}", payment_path(&id), ask.path), &ask.name, &ask.body)) }
        }
        details {
            summary { "Why nothing else can be asked" }
            (table(&[], items(payment, "unavailable_actions").iter().map(|other| html! {
                th { (text(other, "/action")) }
                td { (text(other, "/detail")) }
            })))
        }
        @if let Some(receivable) = payment.get("receivable").filter(|receivable| !receivable.is_null()) {
            h2 { "Receivable" }
            pre { (pretty(receivable)) }
        }
        h2 { "Operations" }
        (table(&["kind", "amount", "status", "reason"], operations.iter().map(|operation| html! {
            td { (text(operation, "/kind")) }
            td.n { (text(operation, "/amount")) }
            td.doubt[is_unsettled(operation) || needs_person(operation)] { (text(operation, "/status")) }
            td { (text(operation, "/reason")) }
        })))
        h2 { "Timeline" }
        (table(&["#", "time", "event", "status", "cause"], items(timeline, "data").iter().map(|entry| html! {
            td.n { (text(entry, "/sequence")) }
            td { (text(entry, "/time")) }
            td { (text(entry, "/type")) }
            td { (text(entry, "/status")) }
            td { (text(entry, "/cause/kind")) }
        })))
        details { summary { "As the API tells it" } pre { (pretty(payment)) } }
    };
    let title = format!("{} is {}", text(payment, "/reference"), text(payment, "/status"));
    // What is being typed is not taken away.
    let waits = asks.is_empty() && OPEN.contains(&text(payment, "/status").as_str());
    whole(&title, waits || operations.iter().any(is_unsettled), &content)
}

fn amounts(payment: &Value) -> Markup {
    let names = ["authorized", "released", "capturing", "captured", "refunding", "refunded"];
    let row = names.map(|name| text(payment, &format!("/amounts/{name}")));
    table(&names, [html! { @for amount in row { td.n { (amount) } } }])
}

pub(super) fn stand_in(provider: &str, url: &str, shown: &[(&str, &Value)]) -> Markup {
    let of = |name: &str| shown.iter().find(|(known, _)| *known == name).map_or(&Value::Null, |(_, value)| value);
    let path = |control: &str| format!("{}/{control}", stand_in_path(provider));
    let content = html! {
        p { "It plays the provider at " (url) " and can be told more at " (url) "/_sandbox. Its time: " (text(of("clock"), "/now")) }
        form method="post" action=(path("faults")) {
            "The next " select name="call" {
                option { "any" }
                @for call in items(of("faults"), "calls") { option { (call.as_str().unwrap_or_default()) } }
            } " "
            select name="kind" { @for (kind, what) in FAULTS { option value=(kind) { (what) } } }
            " " button { "Order" }
        }
        @for fault in items(of("faults"), "faults") {
            p.doubt { (text(fault, "/call")) ": " (text(fault, "/kind")) ", " (text(fault, "/times")) " to come" }
        }
        form method="post" action=(path("calm")) { button { "Call all faults off" } }
        form method="post" action=(path("clock")) { input name="hours" value="1" size="4"; " hours " button { "Pass" } " at this stand-in alone" }
        h2 { "Calls" }
        (table(&["call", "", "status", "fault"], items(of("calls"), "calls").iter().rev().take(50).map(|call| html! {
            td { (text(call, "/call")) }
            td { details { summary { (text(call, "/method")) " " (text(call, "/path")) } pre { (text(call, "/said")) } } }
            td.n { (text(call, "/status")) }
            td.doubt { (text(call, "/fault")) }
        })))
    };
    whole(&format!("Stand-in of {provider}"), false, &content)
}

pub(super) fn problem(told: &Told) -> Markup {
    let content = html! {
        p { (text(&told.body, "/detail")) (text(&told.body, "/error")) }
        pre { (pretty(&told.body)) }
        p { "Go back to change what was sent; with the same key it is the same request." }
    };
    whole(&format!("{} {}", told.status, text(&told.body, "/title")), false, &content)
}

pub(super) fn unreachable(error: &reqwest::Error) -> Markup {
    whole("Nobody answered", false, &html! { p { (error) } })
}

fn table(names: &[&str], rows: impl IntoIterator<Item = Markup>) -> Markup {
    html! {
        table {
            @if !names.is_empty() { tr { @for name in names { th { (name) } } } }
            @for row in rows { tr { (row) } }
        }
    }
}

fn payment_link(document: &Value, name: &str) -> Markup {
    let id = document.get(name).and_then(Value::as_str).unwrap_or_default();
    html! { a href=(payment_path(id)) { (id) } }
}

fn items<'a>(document: &'a Value, name: &str) -> &'a [Value] {
    document.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// What stands at a pointer, as a word; nothing where there is nothing.
fn text(document: &Value, pointer: &str) -> String {
    match document.pointer(pointer) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

fn pretty(document: &Value) -> String {
    serde_json::to_string_pretty(document).unwrap_or_default()
}
