//! What is personal or secret leaves no trace in logs, events, timelines, problems or capabilities. That such types
//! cannot be printed at all is checked by the compiler; this is about everything that is not a type.

mod secretive;

use reqwest::Method;
use serde_json::{Value, json};
use tests::{Answer, Log, Order, eventually};

use self::secretive::Secretive;
use crate::support::{At, Deal, Shop};

const API_KEY: &str = "sk_demo_canary-of-the-api-key";
const CLIENT_ID: &str = "canary-of-the-client-id";
const CLIENT_SECRET: &str = "canary-of-the-client-secret";
const WEBHOOK_KEY: &str = "canary-of-the-webhook-key";
const SECRET_KEY: &str = "CANARY0OF0THE0SECRET0KEY00000000";

/// Every personal field of an order with something that nobody else has.
const PERSONAL: [(&str, &str); 18] = [
    ("/buyer/reference", "customer-canary-reference"),
    ("/buyer/person/first_name", "Canaryfirst"),
    ("/buyer/person/last_name", "Canarylast"),
    ("/buyer/person/initials", "QŽXJ"),
    ("/buyer/person/birth_date", "1971-03-29"),
    ("/buyer/person/email", "canary.mail@canary-mail.example"),
    ("/buyer/person/phone", "+31687654329"),
    ("/buyer/company/name", "Canary Gold GmbH"),
    ("/buyer/company/registration_number", "HRB CANARY 77"),
    ("/buyer/company/vat_number", "DE998887776"),
    ("/buyer/company/tax_number", "canary-tax-number"),
    ("/buyer/company/registration_court", "Canary Court"),
    ("/buyer/ip_address", "203.0.113.199"),
    ("/billing_address/street", "Canarystreet"),
    ("/billing_address/house_number", "98765"),
    ("/billing_address/house_number_addition", "CNRYADD"),
    ("/billing_address/postal_code", "98431"),
    ("/billing_address/city", "Canarytown"),
];

const SECRETS: [&str; 5] = [API_KEY, CLIENT_ID, CLIENT_SECRET, WEBHOOK_KEY, SECRET_KEY];

/// Everything that was collected, by what it is.
#[derive(Default)]
struct Collected(Vec<(String, String)>);

impl Collected {
    fn take(&mut self, what: &str, document: &Value) {
        self.0.push((what.to_owned(), document.to_string()));
    }

    /// A problem; anything else is not collected, since a payment shows its debtor.
    fn problem(&mut self, answer: &Answer) {
        assert!(answer.status >= 400, "{} was answered with {:#}", answer.asked, answer.body);
        self.take(&answer.asked, &answer.body);
    }

    fn has_none_of(&self, canaries: &[String]) {
        for (what, text) in &self.0 {
            for canary in canaries {
                let found = place_of(&canary.to_lowercase(), &text.to_lowercase());
                let around = found.map(|at| text.chars().skip(at.saturating_sub(200)).take(400).collect::<String>());
                assert!(found.is_none(), "{canary} is in {what}: …{}…", around.unwrap_or_default());
            }
        }
    }
}

/// Where a canary is; digits in the middle of others, as a time has them, are none.
fn place_of(canary: &str, text: &str) -> Option<usize> {
    let digit = |beside: Option<char>| beside.is_some_and(|c| c.is_ascii_digit());
    let stands_alone = |at: usize| {
        let (before, behind) = (text[..at].chars().next_back(), text[at + canary.len()..].chars().next());
        !(digit(canary.chars().next()) && digit(before) || digit(canary.chars().next_back()) && digit(behind))
    };
    text.match_indices(canary).map(|(at, _)| at).find(|at| stands_alone(*at))
}

/// An order whose every personal field is a canary that the provider takes.
fn order(at: At) -> Order {
    let order = Order::at(at.name()).with("/flow", "redirect");
    let fits = |pointer: &str| match at {
        At::Billie | At::BilliePsp => true,
        At::Buckaroo | At::Billink | At::BillAgain => {
            !pointer.starts_with("/buyer/company") && pointer != "/billing_address/postal_code"
        }
    };
    PERSONAL
        .iter()
        .filter(|(pointer, _)| fits(pointer))
        .fold(order, |order, (pointer, value)| order.with(pointer, *value))
}

/// Everything that can be wrong with an order, with the canaries where they should not be.
async fn wrong_orders(shop: &Shop, collected: &mut Collected) {
    let has = |pointer: &str| shop.at == At::Billie || !pointer.starts_with("/buyer/company");
    for (pointer, value) in PERSONAL.into_iter().filter(|(pointer, _)| has(pointer)) {
        for wrong in [json!([value]), json!({ "x": value }), json!(format!("{value}\u{0}")), json!(value.repeat(60))] {
            let answer = shop.api.post("/v1/payments", order(shop.at).with(pointer, wrong).json()).await;
            // Some fields take anything that is not too long.
            if answer.status >= 400 {
                collected.problem(&answer);
            }
        }
        for place in
            ["/provider", "/currency", "/amount", "/flow", "/capture", "/buyer", "/lines", "/billing_address/country"]
        {
            let answer = shop.api.post("/v1/payments", order(shop.at).with(place, value).json()).await;
            collected.problem(&answer);
        }
    }
    let broken =
        shop.api.request(Method::POST, "/v1/payments").raw("{\"buyer\": \"Canaryfirst\", ", Some("application/json"));
    collected.problem(&broken.send().await);
}

/// Movements with faults, refusals and forgeries, and everything that is told about them.
async fn life(deal: &Deal<'_>, collected: &mut Collected) {
    let shop = deal.shop;
    for (call, action, body) in
        [("capture", "captures", shop.capture(None)), ("refund", "refunds", json!({ "amount": 500 }))]
    {
        shop.sandbox.fault(json!({ "call": call, "kind": "http_5xx_after" })).await;
        let answer = deal.post_as(action, action, &body).await;
        assert_eq!(answer.status, 202, "{:#}", answer.body);
        let _ = deal.post_as(action, action, &body).await;
    }
    collected.problem(&deal.post("captures", &shop.capture(Some(1))).await);
    collected.problem(&deal.post("refunds", &json!({ "amount": 1_000_000 })).await);
    collected.problem(&deal.post("refunds", &json!({ "reason": ["Canaryfirst"] })).await);
    collected.problem(&shop.api.with_credential(&format!("{API_KEY}x")).get(&deal.path("timeline")).await);
    for provider in ["buckaroo", "billie-pad"] {
        let body = json!({ "event": "Canarylast", "Transaction": { "Key": "Canaryfirst" } }).to_string();
        let forged = shop.api.request(Method::POST, &format!("/v1/webhooks/{provider}/demo")).without_key();
        let forged = forged.header("x-api-key", CLIENT_SECRET).raw(body, Some("application/json"));
        collected.problem(&forged.authorization(None).send().await);
    }
}

/// What is told about a payment: timeline, events, capabilities.
async fn told(deal: &Deal<'_>, collected: &mut Collected) {
    let timeline = deal.timeline().await;
    let events = deal.shop.site.queues().of_payment(&deal.id, timeline.len() as u64).await;
    collected.take("the timeline", &json!(timeline));
    collected.take("the events", &json!(events));
    collected.take("the capabilities", &deal.shop.api.get("/v1/capabilities").await.expect(200).body);
}

async fn no_canary_sings(at: At) {
    let log = Log::of_process();
    let (shop, _running) = Secretive::start().await.shop(at);
    if at == At::Buckaroo {
        shop.set(json!({ "flow": "redirect" })).await;
    }
    let mut collected = Collected::default();
    wrong_orders(&shop, &mut collected).await;

    let deal = shop.open(&order(at)).await;
    let payment = deal.get().await;
    let page = payment["action"]["url"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    let key = payment["provider_reference"].as_str().map_or(page, str::to_owned);
    let back = shop.sandbox.buyer(&key, "accept").await["location"].as_str().unwrap().to_owned();
    let back: url::Url = back.parse().unwrap();
    let path = format!("{}?{}", back.path(), back.query().unwrap());
    let _ = shop.api.request(Method::GET, &path).authorization(None).send().await.expect(303);
    let token = back.query_pairs().find(|(name, _)| name == "token").unwrap().1.into_owned();
    let confirm = deal.post("confirm", &json!({})).await.expect(200);
    let iban = confirm.at("/bank_transfer/iban").as_str().map(str::to_owned);
    life(&deal, &mut collected).await;
    shop.sandbox.quiet().await;
    told(&deal, &mut collected).await;

    let sweep = || log.text().lines().any(|line| line.contains("\"swept\"")).then_some(());
    eventually("a sweep in the log", async || sweep()).await;
    let text = log.text();
    for line in text.lines() {
        let _: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"));
    }
    assert!(text.lines().count() > 100, "the log was captured");
    assert!(text.contains(r#""route":"POST /v1/payments/{id}/captures""#), "answers name their route");
    collected.0.push(("the log".to_owned(), text));

    let mut canaries: Vec<String> = PERSONAL.iter().map(|(_, value)| (*value).to_owned()).collect();
    canaries.extend(SECRETS.map(str::to_owned));
    canaries.extend([token, "canary".to_owned(), "Bearer sandbox".to_owned(), "hmac ".to_owned()]);
    canaries.extend(iban);
    collected.has_none_of(&canaries);
}

#[tokio::test]
async fn nothing_personal_or_secret_of_a_payment_at_billie_is_told_where_it_should_not() {
    no_canary_sings(At::Billie).await;
}

#[tokio::test]
async fn nothing_personal_or_secret_of_a_payment_at_buckaroo_is_told_where_it_should_not() {
    no_canary_sings(At::Buckaroo).await;
}
