//! Every field of every request made wrong in every way that the contract forbids.

use serde_json::{Map, Value, json};
use tests::{Answer, Contract, Order, orders};

use super::{Bench, Endpoint, SECRET, SECRET_NUMBER, not_refused_at, nothing_found};

/// Values that are wrong somewhere. What the contract allows at a place is left out there.
fn candidates() -> Vec<Value> {
    let literal = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    vec![
        Value::Null,
        json!(true),
        json!(SECRET_NUMBER),
        json!(-1),
        json!(0),
        literal("1.5"),
        literal("1e30"),
        literal("-9223372036854775808"),
        json!(""),
        json!(SECRET),
        json!(SECRET.repeat(150)),
        json!([]),
        json!([SECRET]),
        json!({}),
        json!({ "unknown_field": SECRET }),
        json!("a\u{7}b"),
        json!("a\nb"),
        json!("a b@example.com"),
        json!("a@example."),
        json!(".5"),
        json!("5."),
        json!("19900131"),
        json!("1990-01-31T12:00:00"),
    ]
}

/// Texts of every length and alphabet, and of every form that a field has.
fn texts() -> Vec<Value> {
    let long = [1, 2, 4, 10, 20, 30, 50, 64, 100, 255, 500, 1_000].map(|length| "x".repeat(length));
    let odd = [" ", "~", "\u{e9}", "a\u{301}", "\u{1f4b6}", "a\u{200b}b", "\u{fdfa}"].map(|text| text.repeat(4));
    let formed = [
        "0.1234",
        "100",
        "2000-02-29",
        "::1",
        "a@b.c",
        "\u{e4}@\u{f6}.example",
        "http://127.0.0.1/",
        "https://shop.example:8443/a?b=c#d",
    ];
    let path = format!("https://shop.example/{}", "x".repeat(1_979));
    let all = long.into_iter().chain(odd).chain(formed.map(str::to_owned)).chain([path]);
    all.map(Value::String).collect()
}

/// Values with words of our own messages in them. A message that is cut at these words must not be cut inside the value.
fn lookalikes() -> Vec<Value> {
    let texts = [
        "a, expected {}",
        "a`, expected {}",
        "a\", expected {}",
        "expected {}",
        "a at line {}",
        "must be {}",
        "has {}",
    ];
    texts.map(|text| json!(text.replace("{}", SECRET))).to_vec()
}

/// Every place in a document, the whole aside.
fn places(value: &Value, at: &str, all: &mut Vec<String>) {
    let mut visit = |name: &str, part: &Value| {
        let place = format!("{at}/{name}");
        all.push(place.clone());
        places(part, &place, all);
    };
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, part)| visit(name, part)),
        Value::Array(items) => items.iter().enumerate().for_each(|(i, part)| visit(&i.to_string(), part)),
        _ => {}
    }
}

/// Places whose content is somebody else's: what is in there is not described.
fn is_free(place: &str) -> bool {
    ["/metadata/", "/options/", "/widget_result/"].iter().any(|free| place.starts_with(free))
}

fn changed(endpoint: &Endpoint, change: impl FnOnce(&mut Value)) -> Value {
    let mut body = endpoint.valid.clone();
    change(&mut body);
    body
}

fn breaks_the_contract(endpoint: &Endpoint, body: &Value) -> bool {
    !Contract::get().request_errors("POST", &endpoint.path, body).is_empty()
}

/// Posts a document; whether the contract allows the answer is not looked at, since what is found is collected.
async fn post(bench: &Bench, endpoint: &Endpoint, body: &Value) -> Answer {
    bench.api(endpoint).request(reqwest::Method::POST, &endpoint.path).json(body).send_and_tell().await.0
}

/// The endpoints, with the order in both providers' form and a confirmation at the provider that needs none.
fn endpoints(bench: &Bench) -> Vec<Endpoint> {
    let mut all = bench.endpoints();
    all.push(Endpoint::new("/v1/payments", Order::buckaroo_billink().json().clone()));
    let looks = format!("/v1/payments/{}/confirm", bench.whole_only);
    all.push(Endpoint::new(looks, json!({ "widget_result": {} })));
    all
}

#[tokio::test]
async fn the_documents_that_are_made_wrong_are_right() {
    let bench = Bench::new().await;
    for endpoint in endpoints(&bench) {
        assert!(!breaks_the_contract(&endpoint, &endpoint.valid), "{}", endpoint.path);
    }
}

/// Puts each value at each place, where the contract forbids it and the filter lets it, and says what is wrong with the
/// refusals. Returns how many cases there were, too.
async fn put_everywhere(values: &[Value], lets: impl Fn(&Endpoint, &str, &Value) -> bool) -> (usize, Vec<String>) {
    let bench = Bench::new().await;
    let mut watch = bench.watch().await;
    let (mut cases, mut found) = (0, Vec::new());
    for endpoint in endpoints(&bench) {
        let mut all = Vec::new();
        places(&endpoint.valid, "", &mut all);
        for place in all.iter().filter(|place| !is_free(place)) {
            for value in values.iter().filter(|value| lets(&endpoint, place, value)) {
                let body = changed(&endpoint, |body| orders::set(body, place, value.clone()));
                if !breaks_the_contract(&endpoint, &body) {
                    continue;
                }
                cases += 1;
                let answer = post(&bench, &endpoint, &body).await;
                let wrong = not_refused_at(&answer, "validation_failed", place);
                let short: String = value.to_string().chars().take(60).collect();
                found.extend(wrong.map(|wrong| format!("POST {} with {short} at {place} {wrong}", endpoint.path)));
            }
            let difference = watch.difference().await;
            found.extend(difference.map(|what| format!("POST {} at {place}: {what}", endpoint.path)));
        }
    }
    (cases, found)
}

/// An object has its fields by name; a list in its place is none.
fn is_list_for_object(endpoint: &Endpoint, place: &str, value: &Value) -> bool {
    value.is_array() && endpoint.valid.pointer(place).is_some_and(Value::is_object)
}

/// How many units there are is known once the payment is read, which comes last.
fn is_quantity_of_a_movement(endpoint: &Endpoint, place: &str, value: &Value) -> bool {
    endpoint.path != "/v1/payments" && place.ends_with("/quantity") && value.is_u64()
}

#[tokio::test]
async fn every_field_of_a_wrong_kind_or_size_is_refused_by_its_name() {
    let (cases, found) = put_everywhere(&candidates(), |endpoint, place, value| {
        let elsewhere = is_list_for_object(endpoint, place, value) || is_quantity_of_a_movement(endpoint, place, value);
        !elsewhere && place != "/widget_result"
    })
    .await;
    assert!(cases > 500, "only {cases} cases were made");
    nothing_found(&found);
}

#[tokio::test]
async fn a_value_that_looks_like_our_own_words_is_not_repeated() {
    let (cases, found) = put_everywhere(&lookalikes(), |_, place, _| place != "/widget_result").await;
    assert!(cases > 100, "only {cases} cases were made");
    nothing_found(&found);
}

#[tokio::test]
async fn a_list_in_the_place_of_an_object_is_refused() {
    let lists = [json!([]), json!([SECRET]), json!([1]), json!([null])];
    let (cases, found) = put_everywhere(&lists, is_list_for_object).await;
    assert!(cases > 20, "only {cases} cases were made");
    nothing_found(&found);
}

#[tokio::test]
async fn what_a_widget_handed_over_is_an_object_at_every_provider() {
    let (cases, found) = put_everywhere(&candidates(), |_, place, _| place == "/widget_result").await;
    assert!(cases > 10, "only {cases} cases were made");
    nothing_found(&found);
}

#[tokio::test]
async fn an_unknown_field_at_any_level_is_refused_by_its_name() {
    let bench = Bench::new().await;
    let mut watch = bench.watch().await;
    let mut found = Vec::new();
    for endpoint in endpoints(&bench) {
        let mut all = vec![String::new()];
        places(&endpoint.valid, "", &mut all);
        let is_object = |place: &&String| endpoint.valid.pointer(place).is_some_and(Value::is_object);
        let is_described =
            |place: &&String| !is_free(place) && !["/metadata", "/widget_result"].contains(&place.as_str());
        for place in all.iter().filter(is_object).filter(is_described) {
            for name in ["unknown_field", "", "a~1b~0c", "a\nb"] {
                let field = format!("{place}/{name}");
                let body = changed(&endpoint, |body| orders::set(body, &field, json!(SECRET)));
                let answer = bench.api(&endpoint).post(&endpoint.path, &body).await;
                // `options` is the provider's own; it may refuse the whole of it.
                let pointer = if place == "/options" { place } else { &field };
                let wrong = not_refused_at(&answer, "validation_failed", pointer);
                found.extend(wrong.map(|wrong| format!("POST {} with {field:?} {wrong}", endpoint.path)));
            }
        }
    }
    watch.nothing_happened("unknown fields").await;
    nothing_found(&found);
}

/// Texts that mean something: which of them fits, another place or the payment decides.
const MEANINGS: [&str; 6] = ["/provider", "/currency", "/country", "/capture_id", "/cursor", "/return_url"];

#[tokio::test]
async fn a_text_that_the_contract_allows_is_not_refused_for_its_form() {
    let bench = Bench::new().await;
    let (mut cases, mut found) = (0, Vec::new());
    for endpoint in bench.endpoints() {
        let mut all = Vec::new();
        places(&endpoint.valid, "", &mut all);
        let is_text = |place: &&String| endpoint.valid.pointer(place).is_some_and(Value::is_string) && !is_free(place);
        let means_nothing = |place: &&String| {
            let names_a_line = endpoint.path != "/v1/payments" && place.starts_with("/lines/");
            !names_a_line && !MEANINGS.iter().any(|meaning| place.ends_with(meaning))
        };
        for place in all.iter().filter(is_text).filter(means_nothing) {
            for text in texts() {
                let body = changed(&endpoint, |body| orders::set(body, place, text.clone()));
                if breaks_the_contract(&endpoint, &body) {
                    continue;
                }
                cases += 1;
                let answer = post(&bench, &endpoint, &body).await;
                let refused = answer.code() == "validation_failed" && answer.pointers().contains(&place.as_str());
                let short: String = text.to_string().chars().take(60).collect();
                let told = || format!("POST {} with {short} at {place}: {}", endpoint.path, answer.text("/detail"));
                found.extend(refused.then(told));
            }
        }
    }
    assert!(cases > 500, "only {cases} cases were made");
    nothing_found(&found);
}

#[tokio::test]
async fn a_missing_required_field_is_refused_by_its_name() {
    let bench = Bench::new().await;
    let mut watch = bench.watch().await;
    let mut found = Vec::new();
    let mut cases = 0;
    for endpoint in endpoints(&bench) {
        let mut all = Vec::new();
        places(&endpoint.valid, "", &mut all);
        for place in all.iter().filter(|place| !is_free(place)) {
            let in_array = place.rsplit('/').next().is_some_and(|name| name.parse::<usize>().is_ok());
            let body = changed(&endpoint, |body| orders::remove(body, place));
            if in_array || !breaks_the_contract(&endpoint, &body) {
                continue;
            }
            cases += 1;
            let answer = bench.api(&endpoint).post(&endpoint.path, &body).await;
            let wrong = not_refused_at(&answer, "validation_failed", place);
            found.extend(wrong.map(|wrong| format!("POST {} without {place} {wrong}", endpoint.path)));
        }
    }
    watch.nothing_happened("missing fields").await;
    assert!(cases > 40, "only {cases} cases were made");
    nothing_found(&found);
}

#[tokio::test]
async fn a_field_that_is_given_twice_is_refused_by_its_name() {
    let bench = Bench::new().await;
    let mut watch = bench.watch().await;
    let mut found = Vec::new();
    for endpoint in bench.endpoints() {
        let fields: Map<String, Value> = endpoint.valid.as_object().cloned().unwrap();
        for (name, value) in &fields {
            let once = format!("{}:{value}", json!(name));
            let rest: Map<String, Value> =
                fields.iter().filter(|(n, _)| *n != name).map(|(n, v)| (n.clone(), v.clone())).collect();
            let rest = Value::Object(rest).to_string();
            let rest = rest.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap();
            let comma = if rest.is_empty() { "" } else { "," };
            let body = format!("{{{once},{once}{comma}{rest}}}");
            let request = bench.api(&endpoint).request(reqwest::Method::POST, &endpoint.path);
            let answer = request.raw(body, Some("application/json")).send().await;
            let wrong = not_refused_at(&answer, "validation_failed", &format!("/{name}"));
            found.extend(wrong.map(|wrong| format!("POST {} with {name} twice {wrong}", endpoint.path)));
        }
    }
    watch.nothing_happened("fields given twice").await;
    nothing_found(&found);
}

#[tokio::test]
async fn a_document_that_is_no_object_is_refused() {
    let bench = Bench::new().await;
    let mut watch = bench.watch().await;
    let mut found = Vec::new();
    for endpoint in bench.endpoints() {
        for body in
            [json!([]), json!([SECRET]), json!([1]), json!(SECRET), json!(SECRET_NUMBER), json!(true), Value::Null]
        {
            let answer = post(&bench, &endpoint, &body).await;
            let wrong = not_refused_at(&answer, "validation_failed", "");
            found.extend(wrong.map(|wrong| format!("POST {} with {body} {wrong}", endpoint.path)));
            found.extend(watch.difference().await.map(|what| format!("POST {} with {body}: {what}", endpoint.path)));
        }
    }
    nothing_found(&found);
}
