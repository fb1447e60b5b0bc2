//! The sandbox of Billink's current API, spoken to as a merchant does.

use hmac::{Hmac, KeyInit, Mac};
use sandbox::Running;
use sandbox::billink::{ID, Settings, USERNAME, WEBHOOK_SECRET, start};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::net::TcpListener;

use crate::common::{Received, Receiver, client, control, fault, show};

async fn billink(settings: Settings) -> Running {
    start(TcpListener::bind("127.0.0.1:0").await.unwrap(), settings).await.unwrap()
}

async fn raw(running: &Running, path: &str, body: &str) -> reqwest::Result<reqwest::Response> {
    let request = client().post(format!("{}/v2{path}", running.url())).header("content-type", "application/json");
    request.body(body.to_owned()).send().await
}

async fn post(running: &Running, path: &str, body: Value) -> (u16, Value) {
    let response = raw(running, path, &body.to_string()).await.unwrap();
    let status = response.status().as_u16();
    (status, serde_json::from_str(&response.text().await.unwrap()).unwrap())
}

fn credentials() -> Value {
    json!({ "billinkUsername": USERNAME, "billinkID": ID })
}

fn with(more: Value) -> Value {
    let mut body = credentials();
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

fn session(number: &str) -> Value {
    let address = json!({
        "street": "Damrak", "houseNumber": "1", "houseExtension": "", "postalCode": "1012LG", "city": "Amsterdam",
        "countryCode": "NL"
    });
    json!({
        "client": {
            "billinkUsername": USERNAME, "billinkID": ID, "workflowNumber": "1",
            "options": { "logoURL": "https://shop.example/logo.svg" },
            "returnURL": {
                "successURL": "https://shop.example/ok?txn=1", "failURL": "https://shop.example/fail",
                "backURL": "https://shop.example/back", "cancelURL": "https://shop.example/cancel"
            }
        },
        "customer": {
            "firstName": "Jan", "lastName": "Jansen", "email": "jan@example.nl", "mobile": "0612345678", "type": "p",
            "initials": "", "gender": "", "birthdate": "", "company": "", "companyNumber": "", "payTrustScore": 0
        },
        "billingAddress": address, "shippingAddress": address,
        "transaction": {
            "totalAmount": "48.40", "totalTaxAmount": "8.40", "purchaseCountry": "NL", "purchaseCurrency": "EUR",
            "orderNumber": number,
            "orderItems": [{
                "code": "SKU1", "name": "Item", "description": "", "totalProductAmount": "48.40",
                "productAmount": "24.20", "productTaxAmount": "4.20", "taxRate": "21", "quantity": "2"
            }]
        }
    })
}

async fn opened(running: &Running, number: &str) -> Value {
    let (status, told) = post(running, "/session/create", session(number)).await;
    assert_eq!((status, &told["status"]), (200, &json!("success")), "{told}");
    told
}

async fn placed(running: &Running, number: &str) {
    opened(running, number).await;
    let (status, told) =
        control(&running.url(), "POST", &format!("buyer/{number}"), json!({ "choice": "accept" })).await;
    assert_eq!((status, &told["state"]), (200, &json!("order_created")), "{told}");
}

async fn state_of(running: &Running, session: &str) -> Value {
    let (status, told) = post(running, "/session/status", with(json!({ "sessionID": session }))).await;
    assert_eq!(status, 200);
    told["status"].clone()
}

fn invoices(number: &str, more: Value) -> Value {
    let mut item = json!({ "number": number });
    item.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    with(json!({ "invoices": [item] }))
}

fn euros(literal: &str) -> Value {
    serde_json::from_str(literal).unwrap()
}

async fn start_workflow(running: &Running, number: &str) -> i64 {
    let (status, told) = post(running, "/client/workflow/start", invoices(number, json!({}))).await;
    assert_eq!((status, &told["code"], &told["result"]), (200, &json!("500"), &json!("MSG")), "{told}");
    assert_eq!(told["statuses"][0]["invoiceNumber"], number);
    told["statuses"][0]["code"].as_i64().unwrap()
}

async fn credit(running: &Running, number: &str, amount: &str) -> (i64, String) {
    let body = invoices(number, json!({ "creditAmount": euros(amount), "description": "test credit" }));
    let (status, told) = post(running, "/client/invoice/credit", body).await;
    assert_eq!((status, &told["result"]), (200, &json!("MSG")), "{told}");
    let line = &told["statuses"][0];
    (line["code"].as_i64().unwrap(), line["message"].as_str().unwrap().to_owned())
}

async fn sums(running: &Running) -> [i64; 4] {
    let books = show(&running.url(), "books").await;
    ["authorized", "captured", "released", "refunded"].map(|name| books["orders"][0][name].as_i64().unwrap())
}

#[tokio::test]
async fn a_session_leads_from_the_page_to_an_order_that_is_started_and_credited() {
    let running = billink(Settings::default()).await;
    let told = opened(&running, "KRKND-0001").await;
    assert_eq!((&told["invoice"], &told["customInvoiceID"]), (&json!("1TSTKRKND-0001"), &json!("")));
    assert!(told.as_object().unwrap().values().all(Value::is_string), "{told}");
    let id = told["sessionID"].as_str().unwrap();
    assert_eq!(state_of(&running, id).await, "session_active");
    let page = told["sessionURL"].as_str().unwrap();
    let html = client().get(page).send().await.unwrap().text().await.unwrap();
    assert!(html.contains("Accept") && html.contains("Decline") && html.contains("Cancel"), "{html}");
    let response = client().post(format!("{page}/accept")).send().await.unwrap();
    assert_eq!(response.headers()["location"], "https://shop.example/ok?txn=1", "nothing is added to it");
    assert_eq!(state_of(&running, id).await, "order_created");
    let by_invoice = with(json!({ "billinkInvoiceNumber": "1TSTKRKND-0001" }));
    assert_eq!(post(&running, "/session/status", by_invoice).await.1["status"], "order_created");
    assert_eq!(client().post(format!("{page}/accept")).send().await.unwrap().status(), 404);

    assert_eq!(start_workflow(&running, "KRKND-0001").await, 500);
    assert_eq!(start_workflow(&running, "KRKND-0001").await, 707);
    assert_eq!(start_workflow(&running, "other").await, -1);
    let (code, message) = credit(&running, "KRKND-0001", "1.5").await;
    assert_eq!((code, message.as_str()), (200, "Credit applied: 1.50 EURO.; step restarted."));
    assert_eq!(credit(&running, "KRKND-0001", "46.91").await.0, 708);
    assert_eq!(credit(&running, "other", "1").await.0, -1);
    assert_eq!(credit(&running, "KRKND-0001", "46.90").await.0, 200);
    assert_eq!(credit(&running, "KRKND-0001", "0.01").await.0, 707);
    assert_eq!(sums(&running).await, [4840, 4840, 0, 4840]);
}

#[tokio::test]
async fn a_full_credit_before_the_start_frees_the_order() {
    let running = billink(Settings::default()).await;
    placed(&running, "A-1").await;
    assert_eq!(credit(&running, "A-1", "48.40").await.0, 200);
    assert_eq!(sums(&running).await, [4840, 0, 4840, 0]);
    assert_eq!(start_workflow(&running, "A-1").await, 706);
}

#[tokio::test]
async fn the_buyer_can_be_refused_and_can_leave() {
    let running = billink(Settings::default()).await;
    for (choice, status, url) in [("decline", "failed", "fail"), ("cancel", "cancelled", "cancel")] {
        let told = opened(&running, choice).await;
        let (_, played) =
            control(&running.url(), "POST", &format!("buyer/{choice}"), json!({ "choice": choice })).await;
        assert_eq!(played["location"], format!("https://shop.example/{url}"));
        assert_eq!(state_of(&running, told["sessionID"].as_str().unwrap()).await, status);
    }
    let mut body = session("refused");
    body["customer"]["email"] = json!("jan+decline@example.nl");
    let told = post(&running, "/session/create", body).await.1;
    let page = told["sessionURL"].as_str().unwrap();
    let back = client().post(format!("{page}/back")).send().await.unwrap();
    assert_eq!(back.headers()["location"], "https://shop.example/back");
    let response = client().post(format!("{page}/accept")).send().await.unwrap();
    assert_eq!(response.headers()["location"], "https://shop.example/fail");
    assert_eq!(show(&running.url(), "books").await["orders"], json!([]));
}

#[tokio::test]
async fn sessions_live_for_an_hour() {
    let receiver = Receiver::start().await;
    let running = billink(Settings { session_webhook: Some(receiver.url.clone()), ..Settings::default() }).await;
    let told = opened(&running, "A-1").await;
    let id = told["sessionID"].as_str().unwrap();
    control(&running.url(), "POST", "clock", json!({ "advance_seconds": 3_590 })).await;
    assert_eq!(state_of(&running, id).await, "session_active");
    control(&running.url(), "POST", "clock", json!({ "advance_seconds": 10 })).await;
    assert_eq!(state_of(&running, id).await, "session_expired");
    let page = told["sessionURL"].as_str().unwrap();
    assert_eq!(client().post(format!("{page}/accept")).send().await.unwrap().status(), 404);
    let received = receiver.wait(2).await;
    let statuses: Vec<_> = received.iter().map(|one| one.json()["status"].as_str().unwrap().to_owned()).collect();
    assert_eq!(statuses, ["session_active", "session_expired"]);
}

#[tokio::test]
async fn a_session_is_read_field_by_field() {
    type Change = fn(&mut Value);
    let running = billink(Settings::default()).await;
    let cases: Vec<(&str, Change)> = vec![
        ("client.billinkUsername", |body| body["client"]["billinkUsername"] = json!("")),
        ("client.billinkID", |body| drop(body["client"].as_object_mut().unwrap().remove("billinkID"))),
        ("client.workflowNumber", |body| body["client"]["workflowNumber"] = json!(1)),
        ("client.workflowNumber", |body| body["client"]["workflowNumber"] = json!("9")),
        ("client.returnURL", |body| body["client"]["returnURL"] = Value::Null),
        ("client.returnURL.failURL", |body| body["client"]["returnURL"]["failURL"] = Value::Null),
        ("client.returnURL.successURL", |body| body["client"]["returnURL"]["successURL"] = json!("nowhere")),
        ("customer.email", |body| body["customer"]["email"] = json!("jan")),
        ("customer.type", |body| body["customer"]["type"] = json!("P")),
        ("customer.company", |body| body["customer"]["type"] = json!("b")),
        ("customer.birthdate", |body| body["customer"]["birthdate"] = json!("1990-01-31")),
        ("customer.payTrustScore", |body| body["customer"]["payTrustScore"] = json!(5)),
        ("billingAddress.city", |body| body["billingAddress"]["city"] = json!(" ")),
        ("billingAddress.countryCode", |body| body["billingAddress"]["countryCode"] = json!("US")),
        ("shippingAddress.street", |body| drop(body["shippingAddress"].as_object_mut().unwrap().remove("street"))),
        ("transaction.totalAmount", |body| body["transaction"]["totalAmount"] = euros("48.40")),
        ("transaction.totalAmount", |body| body["transaction"]["totalAmount"] = json!("48,40")),
        ("transaction.totalAmount", |body| body["transaction"]["totalAmount"] = json!("48.41")),
        ("transaction.totalTaxAmount", |body| body["transaction"]["totalTaxAmount"] = json!("50.00")),
        ("transaction.purchaseCurrency", |body| body["transaction"]["purchaseCurrency"] = json!("USD")),
        ("transaction.orderNumber", |body| body["transaction"]["orderNumber"] = json!("A 1")),
        ("transaction.orderNumber", |body| body["transaction"]["orderNumber"] = json!("1".repeat(51))),
        ("transaction.orderItems", |body| body["transaction"]["orderItems"] = json!([])),
        ("transaction.orderItems[0].quantity", |body| body["transaction"]["orderItems"][0]["quantity"] = json!(2)),
        ("transaction.orderItems[0].taxRate", |body| body["transaction"]["orderItems"][0]["taxRate"] = json!(21)),
        ("transaction.orderItems[0].totalProductAmount", |body| {
            body["transaction"]["orderItems"][0]["quantity"] = json!("3");
        }),
        ("transaction.orderItems[0].code", |body| {
            let row = &mut body["transaction"]["orderItems"][0];
            (row["totalProductAmount"], row["productAmount"]) = (json!("-48.40"), json!("-24.20"));
        }),
        ("transaction.orderItems[0].productTaxAmount", |body| {
            body["transaction"]["orderItems"][0]["productTaxAmount"] = json!("8.40");
        }),
        ("transaction.orderItems[0].productTaxAmount", |body| {
            body["transaction"]["orderItems"][0]["taxRate"] = json!("9");
        }),
        ("transaction.totalTaxAmount", |body| body["transaction"]["totalTaxAmount"] = json!("4.20")),
        ("transaction.totalTaxAmount", |body| body["transaction"]["totalTaxAmount"] = json!("0.00")),
        ("surprise", |body| body["surprise"] = json!(1)),
    ];
    for (source, change) in cases {
        let mut body = session("A-1");
        change(&mut body);
        let (status, told) = post(&running, "/session/create", body).await;
        assert_eq!((status, &told["error_backend"]["http_status_code"]), (400, &json!(400)), "{source}: {told}");
        let inner: Value = serde_json::from_str(told["error_backend"]["http_body"].as_str().unwrap()).unwrap();
        let message = inner["message"].as_str().unwrap();
        assert!(message.starts_with("The form contains the following errors: 1) "), "{message}");
        assert!(message.contains(&format!(") {source}: ")), "{source}: {message}");
    }
    assert_eq!(show(&running.url(), "books").await["sessions"], json!([]));
}

#[tokio::test]
async fn rounding_is_no_error_and_a_discount_takes_its_vat_with_it() {
    let running = billink(Settings::default()).await;
    let row = |code: &str, unit: &str, tax: &str, total: &str, quantity: &str| {
        json!({ "code": code, "name": "N", "description": "", "totalProductAmount": total, "productAmount": unit,
                "productTaxAmount": tax, "taxRate": "21", "quantity": quantity })
    };
    let mut body = session("A-1");
    body["transaction"]["orderItems"] =
        json!([row("S", "3.33", "0.58", "10.00", "3"), row("0002", "-1.00", "-0.17", "-1.00", "1")]);
    (body["transaction"]["totalAmount"], body["transaction"]["totalTaxAmount"]) = (json!("9.00"), json!("1.56"));
    let (status, told) = post(&running, "/session/create", body).await;
    assert_eq!(status, 200, "{told}");
}

#[tokio::test]
async fn order_numbers_are_used_once() {
    let running = billink(Settings::default()).await;
    opened(&running, "A-1").await;
    placed(&running, "A-1").await;
    let (status, told) = post(&running, "/session/create", session("A-1")).await;
    assert_eq!(status, 400);
    assert!(told.to_string().contains("orderNumber"), "{told}");
}

#[tokio::test]
async fn session_errors_have_their_shapes() {
    let running = billink(Settings::default()).await;
    let mut body = session("A-1");
    body["client"]["billinkID"] = json!("other");
    let unknown = json!({ "status": "error", "message": "No client found with such billinkID or billinkUsername" });
    assert_eq!(post(&running, "/session/create", body).await, (404, unknown));
    let (status, told) = post(&running, "/session/status", with(json!({ "sessionID": "none" }))).await;
    assert_eq!((status, &told["status"]), (404, &json!("error")));
    assert_eq!(post(&running, "/session/status", credentials()).await.0, 400);
    assert_eq!(post(&running, "/session/status", json!({ "sessionID": "x" })).await.0, 400);
    assert_eq!(raw(&running, "/session/create", "{").await.unwrap().status(), 400);
    assert_eq!(raw(&running, "/session/close", "{}").await.unwrap().status(), 404);

    let root = running.url();
    let mut wrong = session("A-1");
    wrong["customer"]["email"] = json!("");
    control(&root, "POST", "settings", json!({ "form_errors": "wrapped_object" })).await;
    let (status, told) = post(&running, "/session/create", wrong.clone()).await;
    assert_eq!((status, &told["error_backend"]["http_body"]["status"]), (400, &json!("error")));
    control(&root, "POST", "settings", json!({ "form_errors": "bare" })).await;
    let (status, told) = post(&running, "/session/create", wrong).await;
    assert_eq!((status, &told["http_status_code"]), (416, &json!(416)));
    control(&root, "POST", "settings", json!({ "denied": true })).await;
    let denied = json!({ "status": "error", "message": "Access denied" });
    assert_eq!(post(&running, "/session/create", session("A-1")).await, (403, denied));
    assert_eq!(control(&root, "POST", "settings", json!({ "x": 1 })).await.0, 400);
}

#[tokio::test]
async fn order_management_fails_inside_http_200() {
    let running = billink(Settings::default()).await;
    let many = |count: usize| with(json!({ "invoices": vec![json!({ "number": "A" }); count] }));
    let amount = |literal: &str| invoices("A", json!({ "creditAmount": euros(literal) }));
    let mut stranger = many(1);
    stranger["billinkUsername"] = json!("other");
    let mut strange_id = many(1);
    strange_id["billinkID"] = json!("other");
    let cases = [
        ("/client/workflow/start", stranger, "101"),
        ("/client/workflow/start", strange_id, "102"),
        ("/client/workflow/start", with(json!({ "invoices": [] })), "705"),
        ("/client/workflow/start", credentials(), "705"),
        ("/client/workflow/start", many(11), "708"),
        ("/client/invoice/credit", credentials(), "705"),
        ("/client/invoice/credit", amount("\"1.50\""), "000"),
        ("/client/invoice/credit", amount("1.505"), "000"),
        ("/client/invoice/credit", amount("0"), "000"),
        ("/client/invoice/credit", with(json!({ "invoices": [{ "number": "A" }] })), "000"),
        ("/client/invoice/payment", credentials(), "420"),
        ("/client/order/info", credentials(), "705"),
        ("/client/order/info", many(101), "110"),
        ("/client/order/on-hold", with(json!({ "invoiceNumber": "A" })), "401"),
        ("/client/order/on-hold", with(json!({ "invoiceNumber": "A", "workflowNumber": "1" })), "402"),
        ("/client/order/on-hold", with(json!({ "invoiceNumber": "A", "workflowNumber": 1 })), "000"),
        ("/client/order/message", with(json!({ "invoiceNumber": "A", "message": "Hi" })), "402"),
    ];
    for (path, body, code) in &cases {
        let (status, told) = post(&running, path, body.clone()).await;
        assert_eq!((status, &told["code"], &told["result"]), (200, &json!(code), &json!("error")), "{path} {told}");
    }
    control(&running.url(), "POST", "settings", json!({ "errors": "nested" })).await;
    for (path, body, code) in cases {
        let (status, told) = post(&running, path, body).await;
        assert_eq!((status, &told["error"]["code"], &told["result"]), (200, &json!(code), &json!("ERROR")));
    }
    assert_eq!(raw(&running, "/client/order/info", "nothing").await.unwrap().status(), 200);
}

#[tokio::test]
async fn orders_are_paid_held_resumed_and_told_about() {
    let running = billink(Settings::default()).await;
    placed(&running, "A-1").await;
    let info = |number: &str| invoices(number, json!({}));
    let line = async |number: &str| post(&running, "/client/order/info", info(number)).await.1["invoices"][0].clone();
    assert_eq!(line("B").await, json!({ "invoiceNumber": "B", "status": -1, "description": "Order not found" }));
    assert!(line("A-1").await["description"].as_str().unwrap().contains("No steps given"));
    start_workflow(&running, "A-1").await;
    assert_eq!(
        line("A-1").await,
        json!({ "invoiceNumber": "A-1", "status": 0, "description": "Unpaid", "paidOut": 0 })
    );

    let order = json!({ "invoiceNumber": "A-1", "workflowNumber": "1" });
    let mut long = order.clone();
    long["days"] = json!(15);
    assert_eq!(post(&running, "/client/order/on-hold", with(long)).await.1["code"], "403");
    let mut hold = order.clone();
    hold["days"] = json!(7);
    let (_, told) = post(&running, "/client/order/on-hold", with(hold.clone())).await;
    assert_eq!((&told["code"], &told["result"]), (&json!("200"), &json!("MSG")));
    assert_eq!(post(&running, "/client/order/on-hold", with(hold.clone())).await.1["code"], "701");
    assert_eq!(post(&running, "/client/order/resume", with(order.clone())).await.1["code"], "200");
    let (status, told) = post(&running, "/client/order/resume", with(order.clone())).await;
    assert_eq!((status, &told["status"]), (400, &json!("error")));
    post(&running, "/client/order/on-hold", with(hold)).await;
    control(&running.url(), "POST", "clock", json!({ "advance_seconds": 7 * 86_400 })).await;
    assert_eq!(post(&running, "/client/order/resume", with(order)).await.0, 400, "it ended by itself");

    let message = with(json!({ "invoiceNumber": "A-1", "message": "Hello", "workflowNumber": 1 }));
    assert_eq!(post(&running, "/client/order/message", message).await.1["code"], "200");
    let pay = async |amount: &str, description: &str| {
        let body = invoices("A-1", json!({ "amount": euros(amount), "description": description }));
        post(&running, "/client/invoice/payment", body).await.1["invoices"][0]["code"].clone()
    };
    assert_eq!(pay("8.40", "a description of thirty-one chrs").await, 708);
    assert_eq!(pay("8.40", "cash").await, 200);
    assert_eq!(pay("40.01", "cash").await, 706);
    assert_eq!(pay("40.00", "cash").await, 200);
    assert_eq!(pay("0.01", "cash").await, 707);
    control(&running.url(), "POST", "orders/A-1", json!({ "paid_out": true, "account_known": false })).await;
    assert_eq!((&line("A-1").await["status"], &line("A-1").await["paidOut"]), (&json!(1), &json!(1)));
    assert_eq!(credit(&running, "A-1", "1.00").await.0, 709);
    control(&running.url(), "POST", "orders/A-1", json!({ "closed": true })).await;
    assert_eq!(credit(&running, "A-1", "1.00").await.0, 706);
}

fn check_signature(one: &Received, secret: &str) {
    let time = one.header("x-billink-timestamp");
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("{time}{}", one.body).as_bytes());
    let expected = data_encoding::HEXLOWER.encode(&mac.finalize().into_bytes());
    assert_eq!(one.header("x-billink-signature"), expected);
    assert_eq!(time.len(), 10);
}

#[tokio::test]
async fn webhooks_tell_of_sessions_and_orders() {
    let receiver = Receiver::start().await;
    let url = Some(receiver.url.clone());
    let running = billink(Settings { session_webhook: url.clone(), order_webhook: url, ..Settings::default() }).await;
    placed(&running, "A-1").await;
    start_workflow(&running, "A-1").await;
    credit(&running, "A-1", "8.40").await;
    control(&running.url(), "POST", "orders/A-1", json!({ "paid": 4000 })).await;
    let received = receiver.wait(6).await;
    assert_eq!(
        received[0].json(),
        json!({
            "status": "session_active", "invoiceNumber": "A-1", "billinkInvoiceNumber": "1TSTA-1",
            "transactionId": received[0].json()["transactionId"]
        })
    );
    assert_eq!(received[1].json()["status"], "order_created");
    assert!(received[0].headers.get("x-billink-signature").is_none());
    let events: Vec<_> = received[2..].iter().map(|one| one.json()["event"].as_str().unwrap().to_owned()).collect();
    assert_eq!(events, ["order_placed", "order_workflow_started", "partial_credit_added", "order_paid"]);
    let told = received[2].json();
    assert_eq!((&told["order_id"], &told["invoice_number"]), (&json!("123456"), &json!("1TSTA-1")));
    assert_eq!((&told["invoice_number_clean"], &told["workflow_id"]), (&json!("A-1"), &json!("1")));
    assert_eq!(told["timestamp"].as_str().unwrap().len(), 19);
}

#[tokio::test]
async fn signed_webhooks_keep_their_id_when_they_are_tried_again() {
    let receiver = Receiver::start().await;
    let url = Some(receiver.url.clone());
    let secret = Some(WEBHOOK_SECRET.to_owned());
    let running =
        billink(Settings { order_webhook: url, signed: true, webhook_secret: secret, ..Settings::default() }).await;
    receiver.answer(&[500, 404, 302]);
    placed(&running, "A-1").await;
    let received = receiver.wait(4).await;
    for one in &received {
        check_signature(one, WEBHOOK_SECRET);
        assert_eq!(one.header("x-billink-webhook-id"), received[0].header("x-billink-webhook-id"));
    }
    receiver.answer(&[500; 4]);
    let event = json!({ "order": "A-1", "event": "customer_fully_paid", "age_seconds": 600 });
    control(&running.url(), "POST", "events", event).await;
    let received = receiver.wait(8).await;
    assert_ne!(received[4].header("x-billink-webhook-id"), received[0].header("x-billink-webhook-id"));
    let (first, late) = (received[0].header("x-billink-timestamp"), received[4].header("x-billink-timestamp"));
    assert!(first.parse::<i64>().unwrap() - late.parse::<i64>().unwrap() > 500, "{first} {late}");
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    let log = show(&running.url(), "webhooks").await;
    assert_eq!(log["webhooks"][1]["state"], "given up");
    assert_eq!(log["webhooks"][1]["attempts"].as_array().unwrap().len(), 4);
}

#[tokio::test]
async fn clients_register_their_webhooks() {
    let receiver = Receiver::start().await;
    let running = billink(Settings::default()).await;
    let to = |url: &str| with(json!({ "url": url }));
    let path = "/client/webhook-v3/set";
    let refusals = [
        (json!({ "billinkID": ID, "url": "https://x.example" }), 400, "billinkUsername parameter missing"),
        (json!({ "billinkUsername": USERNAME }), 400, "billinkID parameter missing"),
        (credentials(), 400, "url parameter is empty"),
        (to("http://shop.example/hook"), 400, "Invalid url parameter"),
        (to("nonsense"), 400, "Invalid url parameter"),
        (to(&receiver.url), 400, "Webhook signing secret is not set. Please, generate the secret first"),
        (json!({ "billinkUsername": "x", "billinkID": ID, "url": "https://x.example" }), 404, "Client not found"),
    ];
    for (body, status, message) in refusals {
        assert_eq!(post(&running, path, body).await, (status, json!({ "status": "error", "message": message })));
    }
    let (status, told) = post(&running, "/client/webhook-v3/secret/generate", credentials()).await;
    assert_eq!((status, &told["status"]), (200, &json!("success")));
    let secret = told["secret"].as_str().unwrap().to_owned();
    assert_eq!(secret.len(), 44);
    let (status, told) = post(&running, path, to(&receiver.url)).await;
    assert_eq!((status, &told["message"]), (200, &json!("Webhook has been set")));
    assert_eq!(post(&running, "/session/webhook/set", to(&receiver.url)).await.0, 200);
    placed(&running, "A-1").await;
    let received = receiver.wait(3).await;
    assert!(received[1].headers.get("x-billink-signature").is_none(), "the session's is unsigned");
    check_signature(&received[2], &secret);
    assert_eq!(post(&running, "/client/webhook-v3/disable", credentials()).await.0, 200);
    assert_eq!(post(&running, "/session/webhook/disable", credentials()).await.0, 200);
    start_workflow(&running, "A-1").await;
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    assert_eq!(receiver.all().len(), 3);
}

#[tokio::test]
async fn webhooks_can_be_held() {
    let receiver = Receiver::start().await;
    let running = billink(Settings { order_webhook: Some(receiver.url.clone()), ..Settings::default() }).await;
    let root = running.url();
    control(&root, "POST", "webhooks", json!({ "mode": "held" })).await;
    placed(&running, "A-1").await;
    start_workflow(&running, "A-1").await;
    tokio::time::sleep(std::time::Duration::from_millis(80)).await;
    assert_eq!(receiver.all().len(), 0);
    control(&root, "POST", "webhooks/release", json!({ "order": "reversed" })).await;
    let events: Vec<_> = receiver.all().iter().map(|one| one.json()["event"].as_str().unwrap().to_owned()).collect();
    assert_eq!(events, ["order_workflow_started", "order_placed"]);
}

#[tokio::test]
async fn faults_bite() {
    let running = billink(Settings::default()).await;
    let root = running.url();
    placed(&running, "A-1").await;
    fault(&root, json!({ "call": "start_workflow", "kind": "drop_after" })).await;
    let body = invoices("A-1", json!({})).to_string();
    assert!(raw(&running, "/client/workflow/start", &body).await.is_err());
    assert_eq!(start_workflow(&running, "A-1").await, 707);
    fault(&root, json!({ "call": "credit", "kind": "wrong_amount" })).await;
    assert_eq!(credit(&running, "A-1", "1.00").await.1, "Credit applied: 2.00 EURO.; step restarted.");
    fault(&root, json!({ "call": "credit", "kind": "http_5xx" })).await;
    let body = invoices("A-1", json!({ "creditAmount": 1 })).to_string();
    assert_eq!(raw(&running, "/client/invoice/credit", &body).await.unwrap().status(), 500);
    fault(&root, json!({ "call": "credit", "kind": "garbage_after" })).await;
    let garbage = raw(&running, "/client/invoice/credit", &body).await.unwrap().text().await.unwrap();
    assert!(serde_json::from_str::<Value>(&garbage).is_err());
    assert_eq!(sums(&running).await[3], 200);
}

#[tokio::test]
async fn the_calls_beside_payments_answer() {
    let running = billink(Settings::default()).await;
    placed(&running, "A-1").await;
    start_workflow(&running, "A-1").await;
    let small_d = json!({ "billinkUsername": USERNAME, "billinkId": ID });
    let (status, told) = post(&running, "/client/reconciliation/invoices?page=1", small_d.clone()).await;
    assert_eq!((status, &told["total_invoices"], &told["page"]), (200, &json!("1"), &json!(1)), "{told}");
    assert_eq!(post(&running, "/client/reconciliation/invoices", credentials()).await.0, 404);
    let mut dispute = small_d;
    for (name, value) in [
        ("category", "goods"),
        ("customerEmail", "jan@example.nl"),
        ("customerName", "Jan"),
        ("invoice", "A-1"),
        ("locale", "nl"),
        ("message", "broken"),
        ("fileName", "photo.png"),
    ] {
        dispute[name] = json!(value);
    }
    assert_eq!(post(&running, "/client/dispute", dispute.clone()).await.1["status"], "open");
    dispute["fileName"] = json!("photo.exe");
    assert_eq!(post(&running, "/client/dispute", dispute).await.0, 400);
    assert_eq!(post(&running, "/client/webshop-settings", credentials()).await.1["status"], "success");
    let merchant = with(json!({
        "companyName": "Shop", "firstName": "Jan", "bankAccountNumber": "NL91ABNA0417164300", "bic": "ABNANL2A",
        "city": "Amsterdam", "cocNumber": "12345678", "contactEmail": "jan@example.nl", "countryCode": "NL",
        "contactPhone": "0612345678", "email": "jan@example.nl", "houseNumber": "1", "username": "jan"
    }));
    assert_eq!(post(&running, "/client/create", merchant.clone()).await.1["result"], "MSG");
    for (field, value, code) in [
        ("companyName", "S", "401"),
        ("bankAccountNumber", "", "404"),
        ("bankAccountNumber", "NL92ABNA0417164300", "405"),
        ("cocNumber", "1234", "408"),
        ("email", "jan", "412"),
    ] {
        let mut wrong = merchant.clone();
        wrong[field] = json!(value);
        assert_eq!(post(&running, "/client/create", wrong).await.1["code"], code);
    }
}
