//! What API Gateway sends to the functions behind it.

use lambda_http::RequestExt;
use local::{DEMO_KEY, DEMO_MERCHANT, DEMO_OPERATOR_KEY, Routes, Stack, StackOptions};
use payment::{IdempotencyKey, MerchantId, PaymentId};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tests::Order;

use super::check;

/// One call: the function, its route, what fills the path, query, key, body, and the answer's status.
struct Example {
    function: &'static str,
    route: &'static str,
    query: &'static str,
    headers: Vec<(&'static str, String)>,
    body: Option<String>,
    status: u16,
}

impl Example {
    fn new(function: &'static str, route: &'static str, status: u16) -> Self {
        let headers = vec![("host", "127.0.0.1:3000".to_owned()), ("user-agent", "shop/1.0".to_owned())];
        Self { function, route, query: "", headers, body: None, status }
    }

    fn json(mut self, body: Value) -> Self {
        self.headers.push(("content-type", "application/json".to_owned()));
        self.body = Some(body.to_string());
        self
    }

    fn form(mut self, body: String) -> Self {
        self.headers.push(("content-type", "application/x-www-form-urlencoded".to_owned()));
        self.body = Some(body);
        self
    }

    fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    fn key(self, key: &str) -> Self {
        self.header("idempotency-key", key)
    }

    fn query(self, query: &'static str) -> Self {
        Self { query, ..self }
    }
}

/// The payment that `create-session.json` opens.
fn payment_id() -> PaymentId {
    let (merchant, key): (MerchantId, IdempotencyKey) = (DEMO_MERCHANT.parse().unwrap(), ORDER_KEY.parse().unwrap());
    PaymentId::of(&merchant, &key)
}

const ORDER_KEY: &str = "order-1001";

fn shops() -> Vec<Example> {
    let invoice = json!({ "number": "INV-9", "url": "https://shop.example/invoices/INV-9.pdf" });
    let capture = json!({ "lines": [{ "reference": "CHAIR", "quantity": 1 }], "invoice": invoice });
    let activation = json!({
        "provider": "billie_psp", "account": "5ffdc1ad-7898-46f9-b604-499e03b4fcf7", "name": "Zeta Electronics Gold GmbH",
        "address": { "street": "Tannenweg", "house_number": "4", "postal_code": "77716", "city": "Haslach", "country": "DE" },
    });
    vec![
        Example::new("create-session", "POST /v1/payments", 201)
            .key(ORDER_KEY)
            .json(Order::billie_pad_at_once().json().clone()),
        Example::new("get-payment", "GET /v1/payments/{id}", 200).query("refresh=true"),
        Example::new("list-payments", "GET /v1/payments", 200).query("limit=10"),
        Example::new("capabilities", "GET /v1/capabilities", 200),
        Example::new("confirm", "POST /v1/payments/{id}/confirm", 422).key("confirm-1001").json(json!({})),
        Example::new("capture", "POST /v1/payments/{id}/captures", 201).key("shipment-1").json(capture),
        Example::new("refund", "POST /v1/payments/{id}/refunds", 201).key("return-1").json(json!({ "amount": 6_050 })),
        Example::new("manage-order", "POST /v1/payments/{id}/orders/{action}", 200)
            .key("amend-1001")
            .json(json!({ "amount": 10_000 })),
        Example::new("cancel", "POST /v1/payments/{id}/cancel", 200).key("cancel-1001").json(json!({})),
        Example::new("operations", "GET /v1/operations", 200).query("status=needs_operator"),
        Example::new("activate-merchant", "POST /v1/merchants/{merchant}/activations", 201)
            .key("activate-1")
            .json(activation),
        // The right token is in the payment's own return address only.
        Example::new("return-buyer", "GET /v1/return/{id}", 404).query("token=another-payments"),
    ]
}

fn providers() -> Vec<Example> {
    let pad = json!({ "event": "order_approved", "order_id": "1234567890", "created_at": "2026-02-01 10:00:00",
                      "order_uuid": "5ffdc1ad-7898-46f9-b604-499e03b4fcf7" });
    let psp = json!({ "order_id": "5ffdc1ad-7898-46f9-b604-499e03b4fcf7", "success": "true" });
    let billink = json!({ "order_id": "123456", "invoice_number_clean": "INV-9", "event": "order_placed" });
    vec![
        Example::new("webhook-billie-pad", "POST /v1/webhooks/billie-pad/{merchant}", 200)
            .header("x-api-key", sandbox::billie_pad::WEBHOOK_KEY)
            .json(pad),
        Example::new("webhook-billie-psp", "POST /v1/webhooks/billie-psp/{merchant}", 200)
            .header("x-api-key", sandbox::billie_psp::WEBHOOK_KEY)
            .json(psp),
        Example::new("webhook-buckaroo", "POST /v1/webhooks/buckaroo/{merchant}", 200).form(buckaroo_form()),
        // Billink signs the time as well, so what is written down is refused five minutes later.
        Example::new("webhook-billink", "POST /v1/webhooks/billink/{merchant}", 401).json(billink),
        Example::new("webhook-billagain", "POST /v1/webhooks/billagain/{merchant}", 200)
            .json(json!({ "transaction_id": "T4711" })),
    ]
}

/// A form push, signed as Buckaroo signs: the fields in order, the secret behind them.
fn buckaroo_form() -> String {
    let fields = [
        ("brq_amount", "126.00"),
        ("brq_currency", "EUR"),
        ("brq_invoicenumber", "ORD-2001-AAAAAA"),
        ("brq_statuscode", "190"),
        ("brq_transactions", "4E8BD922192746C3918BF4077CFF1234"),
        ("brq_websitekey", sandbox::buckaroo_billink::WEBSITE_KEY),
    ];
    let joined: String = fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let digest = Sha256::digest(joined + sandbox::buckaroo_billink::SECRET_KEY);
    let signature = data_encoding::HEXLOWER.encode(&digest);
    let pairs = fields.iter().map(|(name, value)| format!("{name}={value}"));
    pairs.chain([format!("brq_signature={signature}")]).collect::<Vec<_>>().join("&")
}

fn event(example: &Example) -> Value {
    let (method, pattern) = example.route.split_once(' ').unwrap();
    let (id, routes) = (payment_id().to_string(), Routes::of_template().unwrap());
    let route = routes.iter().find(|route| route.method == method && route.path == pattern).expect(example.route);
    assert_eq!(route.function, example.function);
    let mut path = pattern.to_owned();
    let mut parameters = serde_json::Map::new();
    for (name, value) in [("id", id.as_str()), ("merchant", DEMO_MERCHANT), ("action", "amend")] {
        if pattern.contains(&format!("{{{name}}}")) {
            path = path.replace(&format!("{{{name}}}"), value);
            parameters.insert(name.to_owned(), json!(value));
        }
    }
    let mut headers: serde_json::Map<_, _> = example.headers.iter().map(|(n, v)| ((*n).to_owned(), json!(v))).collect();
    let mut context = json!({
        "accountId": "000000000000", "apiId": "local", "domainName": "127.0.0.1:3000", "domainPrefix": "local",
        "http": { "method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "shop/1.0" },
        "requestId": format!("example-{}", example.function), "routeKey": example.route, "stage": "$default",
        "time": "01/Feb/2026:09:00:00 +0000", "timeEpoch": 1_769_936_400_000_i64,
    });
    if route.authorized {
        let scope =
            if ["operations", "activate-merchant"].contains(&example.function) { "operator" } else { "checkout" };
        let (key, label) = if scope == "operator" { (DEMO_OPERATOR_KEY, "desk") } else { (DEMO_KEY, "checkout") };
        headers.insert("authorization".to_owned(), json!(format!("Bearer {key}")));
        context["authorizer"] = json!({ "lambda": { "merchant": DEMO_MERCHANT, "scope": scope, "label": label } });
    }
    let mut event = json!({
        "version": "2.0", "routeKey": example.route, "rawPath": path, "rawQueryString": example.query,
        "headers": headers, "requestContext": context, "isBase64Encoded": false,
    });
    let query = example.query.split_once('=').map(|(name, value)| json!({ name: value }));
    let parameters = (!parameters.is_empty()).then_some(Value::Object(parameters));
    for (name, value) in [
        ("pathParameters", parameters),
        ("queryStringParameters", query),
        ("body", example.body.as_deref().map(|b| json!(b))),
    ] {
        if let Some(value) = value {
            event[name] = value;
        }
    }
    event
}

#[tokio::test]
async fn every_http_event_is_what_its_function_takes() {
    let stack = Stack::start(StackOptions::default()).await.unwrap();
    let client = reqwest::Client::new();
    for example in shops().into_iter().chain(providers()) {
        let event = event(&example);
        check(example.function, &event);
        let request = lambda_http::request::from_str(&event.to_string()).unwrap();
        let id = request.path_parameters_ref().and_then(|path| path.first("id")).map(str::to_owned);
        assert!(id.is_none_or(|id| id == payment_id().to_string()));

        let mut url = stack.url.join(request.uri().path()).unwrap();
        url.set_query(Some(example.query).filter(|query| !query.is_empty()));
        let mut call = client.request(request.method().as_str().parse().unwrap(), url);
        for (name, value) in request.headers().iter().filter(|(name, _)| *name != "host") {
            call = call.header(name.as_str(), value.as_bytes());
        }
        let answer = call.body(example.body.clone().unwrap_or_default()).send().await.unwrap();
        let (status, body) = (answer.status().as_u16(), answer.text().await.unwrap());
        assert_eq!(status, example.status, "{}: {body}", example.function);
    }
}
