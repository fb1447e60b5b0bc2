//! The sandbox of Billink's legacy API, spoken to as a merchant does.

use sandbox::Running;
use sandbox::billink_v1::{ID, Settings, USERNAME, WEBHOOK_SECRET, start};
use serde_json::json;
use tokio::net::TcpListener;

use crate::common::{Receiver, client, control, fault, show};

async fn billink(settings: Settings) -> Running {
    start(TcpListener::bind("127.0.0.1:0").await.unwrap(), settings).await.unwrap()
}

async fn raw(running: &Running, path: &str, body: &str) -> reqwest::Result<reqwest::Response> {
    let request = client().post(format!("{}/v1/client/{path}", running.url())).header("content-type", "text/xml");
    request.body(body.to_owned()).send().await
}

async fn post(running: &Running, path: &str, body: &str) -> String {
    let response = raw(running, path, body).await.unwrap();
    assert_eq!((response.status().as_u16(), &response.headers()["content-type"]), (200, &"text/xml".parse().unwrap()));
    let text = response.text().await.unwrap();
    text.strip_prefix("<?xml version='1.0' encoding='UTF-8' ?><API>")
        .unwrap()
        .strip_suffix("</API>")
        .unwrap()
        .to_owned()
}

type Fields = Vec<(&'static str, String)>;
type Changes<'a> = &'a [(&'static str, &'a str)];

fn request(action: &str, fields: &[(&'static str, String)]) -> String {
    let mut xml = format!(
        "<API><VERSION>BILLINK2.0</VERSION><CLIENTUSERNAME>{USERNAME}</CLIENTUSERNAME><CLIENTID>{ID}</CLIENTID>\
         <ACTION>{action}</ACTION>"
    );
    for (name, value) in fields {
        xml.push_str(&format!("<{name}>{value}</{name}>"));
    }
    xml + "</API>"
}

fn set(fields: &mut Fields, name: &'static str, value: &str) {
    fields.retain(|(known, _)| *known != name);
    fields.push((name, value.to_owned()));
}

fn identity() -> Fields {
    [
        ("TYPE", "P"),
        ("WORKFLOWNUMBER", "1"),
        ("FIRSTNAME", "Jan"),
        ("LASTNAME", "Jansen &amp; Zn"),
        ("STREET", "Damrak"),
        ("HOUSENUMBER", "1"),
        ("HOUSEEXTENSION", ""),
        ("POSTALCODE", "1012LG"),
        ("CITY", "Amsterdam"),
        ("COUNTRYCODE", "NL"),
        ("PHONENUMBER", "0612345678"),
        ("BIRTHDATE", "31-01-1990"),
        ("SEX", "O"),
        ("EMAIL", "jan@example.nl"),
        ("IP", "127.0.0.1"),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .into()
}

fn check() -> Fields {
    let mut fields = identity();
    set(&mut fields, "ORDERAMOUNT", "50.00");
    fields
}

const ITEM: &str = "<ITEM><CODE>SKU1</CODE><DESCRIPTION>Item</DESCRIPTION><ORDERQUANTITY>2</ORDERQUANTITY>\
                    <PRICEINCL>24.20</PRICEINCL><BTW>21</BTW></ITEM>";

fn order(uuid: &str, number: &str) -> Fields {
    let mut fields = identity();
    for (name, value) in [
        ("ORDERNUMBER", number),
        ("DATE", "20-11-2026"),
        ("CHECKUUID", uuid),
        ("CURRENCY", "EUR"),
        ("ADITIONALTEXT", ""),
        ("VALIDATEORDER", "N"),
        ("ORDERITEMS", ITEM),
    ] {
        set(&mut fields, name, value);
    }
    fields
}

fn between<'a>(text: &'a str, open: &str, close: &str) -> &'a str {
    text.split_once(open).unwrap_or_else(|| panic!("{open} in {text}")).1.split_once(close).unwrap().0
}

fn code(answer: &str) -> &str {
    between(answer, "<CODE>", "</CODE>")
}

async fn checked(running: &Running) -> String {
    let answer = post(running, "check", &request("Check", &check())).await;
    assert_eq!(code(&answer), "500", "{answer}");
    between(&answer, "</MSG><UUID>", "</UUID>").to_owned()
}

async fn placed(running: &Running, number: &str) {
    let uuid = checked(running).await;
    let answer = post(running, "order", &request("Order", &order(&uuid, number))).await;
    assert_eq!(code(&answer), "200", "{answer}");
}

fn invoices(fields: &str) -> Fields {
    vec![("INVOICES", format!("<ITEM>{fields}</ITEM>"))]
}

async fn start_workflow(running: &Running, number: &str) -> String {
    let fields = format!("<INVOICENUMBER>{number}</INVOICENUMBER><WORKFLOWNUMBER>1</WORKFLOWNUMBER>");
    post(running, "start-workflow", &request("activate order", &invoices(&fields))).await
}

async fn credit(running: &Running, number: &str, amount: &str) -> String {
    let fields = format!(
        "<INVOICENUMBER>{number}</INVOICENUMBER><CREDITAMOUNT>{amount}</CREDITAMOUNT><DESCRIPTION>x</DESCRIPTION>"
    );
    post(running, "credit", &request("Credit", &invoices(&fields))).await
}

async fn status(running: &Running, number: &str) -> String {
    let fields = invoices(&format!("<INVOICENUMBER>{number}</INVOICENUMBER>"));
    post(running, "status", &request("Status", &fields)).await
}

async fn sums(running: &Running) -> [i64; 4] {
    let books = show(&running.url(), "books").await;
    ["authorized", "captured", "released", "refunded"].map(|name| books["orders"][0][name].as_i64().unwrap())
}

#[tokio::test]
async fn a_check_leads_to_an_order_that_is_started_and_credited() {
    let running = billink(Settings::default()).await;
    let uuid = checked(&running).await;
    let answer = post(&running, "order", &request("Order", &order(&uuid, "KRKND-0001"))).await;
    assert_eq!(
        answer,
        "<RESULT>MSG</RESULT><MSG><CODE>200</CODE><DESCRIPTION>Order successfully added</DESCRIPTION>\
         <INVOICE>1TSTKRKND-0001</INVOICE></MSG>"
    );
    assert_eq!(
        start_workflow(&running, "KRKND-0001").await,
        "<RESULT>MSG</RESULT><MSG><CODE>500</CODE><STATUSES><ITEM><INVOICENUMBER>KRKND-0001</INVOICENUMBER>\
         <CODE>500</CODE><MESSAGE>Workflow started</MESSAGE></ITEM></STATUSES></MSG>"
    );
    assert!(start_workflow(&running, "KRKND-0001").await.contains("<CODE>707</CODE>"));
    assert!(start_workflow(&running, "other").await.contains("<CODE>-1</CODE>"));
    assert_eq!(
        credit(&running, "KRKND-0001", "1.50").await,
        "<RESULT>MSG</RESULT><MSG><STATUSES><ITEM><INVOICENUMBER>KRKND-0001</INVOICENUMBER><CODE>200</CODE>\
         <MESSAGE>Credit applied: 1.50 EURO.; step restarted.</MESSAGE></ITEM></STATUSES></MSG>"
    );
    assert_eq!(code(&credit(&running, "KRKND-0001", "46.91").await), "708");
    assert_eq!(code(&credit(&running, "KRKND-0001", "46.90").await), "200");
    assert_eq!(code(&credit(&running, "KRKND-0001", "1").await), "707");
    assert_eq!(code(&credit(&running, "other", "1").await), "-1");
    assert_eq!(sums(&running).await, [4840, 4840, 0, 4840]);
}

#[tokio::test]
async fn checks_say_yes_and_no() {
    let running = billink(Settings::default()).await;
    for (field, value, expected) in [
        ("EMAIL", "jan+decline@example.nl", "501"),
        ("EMAIL", "jan+701@example.nl", "701"),
        ("BACKDOOR", "0", "501"),
        ("BACKDOOR", "1", "500"),
    ] {
        let mut fields = check();
        set(&mut fields, field, value);
        let answer = post(&running, "check", &request("Check", &fields)).await;
        assert_eq!((code(&answer), answer.contains("UUID")), (expected, expected == "500"), "{answer}");
        assert_eq!(answer.contains("<RESULT>ERROR"), expected == "701");
    }
    let mut fields = check();
    set(&mut fields, "EMAIL", "jan+decline@example.nl");
    set(&mut fields, "BACKDOOR", "1");
    assert_eq!(code(&post(&running, "check", &request("Check", &fields)).await), "500");
    control(&running.url(), "POST", "settings", json!({ "backdoor": false })).await;
    assert_eq!(code(&post(&running, "check", &request("Check", &fields)).await), "501");
}

#[tokio::test]
async fn the_table_of_the_check_is_kept() {
    let running = billink(Settings::default()).await;
    let business: &[(&str, &str)] = &[("TYPE", "B"), ("COMPANYNAME", "Shop BV"), ("CHAMBEROFCOMMERCE", "12345678")];
    let cases: Vec<(&str, Changes<'_>, Changes<'_>)> = vec![
        ("104", &[], &[("WORKFLOWNUMBER", "")]),
        ("105", &[], &[("WORKFLOWNUMBER", "9")]),
        ("406", &[], &[("TYPE", "")]),
        ("407", &[], &[("TYPE", "p")]),
        ("408", business, &[("COMPANYNAME", "")]),
        ("430", business, &[("COMPANYNAME", "S")]),
        ("411", business, &[("CHAMBEROFCOMMERCE", "")]),
        ("500", business, &[]),
        ("409", &[], &[("SEX", "X")]),
        ("410", &[], &[("LASTNAME", "")]),
        ("412", &[], &[("FIRSTNAME", "")]),
        ("500", &[], &[("FIRSTNAME", ""), ("INITIALS", "J")]),
        ("414", &[], &[("HOUSENUMBER", "")]),
        ("424", &[], &[("HOUSENUMBER", "1A")]),
        ("431", &[], &[("HOUSEEXTENSION", "12345678901")]),
        ("415", &[], &[("POSTALCODE", "")]),
        ("416", &[], &[("POSTALCODE", "1012")]),
        ("500", &[], &[("POSTALCODE", "1000"), ("COUNTRYCODE", "BE")]),
        ("417", &[], &[("PHONENUMBER", "")]),
        ("402", &[], &[("PHONENUMBER", "06123")]),
        ("500", &[], &[("PHONENUMBER", "+31 (0)6-12345678")]),
        ("421", &[], &[("BIRTHDATE", "")]),
        ("418", &[], &[("BIRTHDATE", "1990-01-31")]),
        ("418", &[], &[("BIRTHDATE", "31-02-1990")]),
        ("422", &[], &[("BIRTHDATE", "31-01-2025")]),
        ("419", &[], &[("EMAIL", "")]),
        ("420", &[], &[("EMAIL", "jan@example")]),
        ("425", &[], &[("DELIVERYHOUSENUMBER", "1A")]),
        ("427", &[], &[("ORDERAMOUNT", "")]),
        ("428", &[], &[("ORDERAMOUNT", "1,234.00")]),
        ("428", &[], &[("ORDERAMOUNT", "0.00")]),
        ("429", &[], &[("ORDERAMOUNT", "10000.01")]),
        ("601", &[], &[("ORDERAMOUNTT", "1")]),
    ];
    for (expected, first, then) in cases {
        let mut fields = check();
        for (name, value) in first.iter().chain(then) {
            set(&mut fields, name, value);
        }
        let answer = post(&running, "check", &request("Check", &fields)).await;
        assert_eq!(code(&answer), expected, "{then:?} {answer}");
    }
}

#[tokio::test]
async fn the_table_of_the_order_is_kept() {
    let running = billink(Settings::default()).await;
    let uuid = checked(&running).await;
    placed(&running, "taken").await;
    let business: [(&str, &str); 3] = [("TYPE", "B"), ("COMPANYNAME", "Shop BV"), ("CHAMBEROFCOMMERCE", "12345678")];
    let long = "1".repeat(51);
    let row = |more: &str| format!("<ITEM><CODE>S</CODE><DESCRIPTION>I</DESCRIPTION>{more}</ITEM>");
    let priced = |btw: &str| row(&format!("<ORDERQUANTITY>1</ORDERQUANTITY><PRICEINCL>10</PRICEINCL><BTW>{btw}</BTW>"));
    let (bad_btw, no_btw, no_rate, other_spelling) = (priced("0.5"), priced(""), priced("13"), priced("21.00"));
    let three_places = row("<ORDERQUANTITY>1</ORDERQUANTITY><PRICEEXCL>1.005</PRICEEXCL><BTW>21</BTW>");
    let no_price = row("<ORDERQUANTITY>1</ORDERQUANTITY><BTW>21</BTW>");
    let both = row("<ORDERQUANTITY>1</ORDERQUANTITY><PRICEINCL>1</PRICEINCL><PRICEEXCL>1</PRICEEXCL><BTW>21</BTW>");
    let no_quantity = row("<PRICEINCL>1</PRICEINCL><BTW>21</BTW>");
    let negative = row("<ORDERQUANTITY>1</ORDERQUANTITY><PRICEINCL>-1</PRICEINCL><BTW>21</BTW>");
    let code_long = format!(
        "<ITEM><CODE>{}</CODE><ORDERQUANTITY>1</ORDERQUANTITY><PRICEINCL>1</PRICEINCL><BTW>21</BTW></ITEM>",
        "1".repeat(256)
    );
    let over_agreed = row("<ORDERQUANTITY>1</ORDERQUANTITY><PRICEINCL>10000.01</PRICEINCL><BTW>21</BTW>");
    let over_checked = row("<ORDERQUANTITY>1</ORDERQUANTITY><PRICEEXCL>41.33</PRICEEXCL><BTW>1.21</BTW>");
    let cases: Vec<(&str, bool, &'static str, &str)> = vec![
        ("401", false, "WORKFLOWNUMBER", ""),
        ("402", false, "WORKFLOWNUMBER", "9"),
        ("403", false, "ORDERNUMBER", "taken"),
        ("404", false, "ORDERNUMBER", ""),
        ("405", false, "DATE", ""),
        ("406", false, "TYPE", ""),
        ("407", false, "TYPE", "X"),
        ("408", true, "COMPANYNAME", ""),
        ("448", true, "COMPANYNAME", "S"),
        ("427", true, "CHAMBEROFCOMMERCE", ""),
        ("429", true, "CHAMBEROFCOMMERCE", "1234"),
        ("431", true, "VATNUMBER", "123"),
        ("409", false, "FIRSTNAME", ""),
        ("410", false, "LASTNAME", ""),
        ("411", false, "SEX", ""),
        ("412", false, "SEX", "X"),
        ("413", false, "STREET", ""),
        ("414", false, "HOUSENUMBER", ""),
        ("415", false, "POSTALCODE", ""),
        ("416", false, "CITY", ""),
        ("417", false, "PHONENUMBER", ""),
        ("418", false, "EMAIL", ""),
        ("419", false, "CITY", "Amsterdam 1"),
        ("420", false, "COUNTRYCODE", "NLD"),
        ("421", false, "BIRTHDATE", ""),
        ("422", false, "IP", "1.2.3"),
        ("423", false, "ORDERITEMS", ""),
        ("428", false, "ORDERITEMS", &code_long),
        ("430", false, "ORDERITEMS", &bad_btw),
        ("430", false, "ORDERITEMS", &no_btw),
        ("430", false, "ORDERITEMS", &no_rate),
        ("430", false, "ORDERITEMS", &other_spelling),
        ("432", false, "EMAIL", "jan"),
        ("433", false, "EMAIL2", "jan"),
        ("434", false, "ORDERNUMBER", "A 1"),
        ("435", false, "ORDERITEMS", &no_price),
        ("435", false, "ORDERITEMS", &both),
        ("435", false, "ORDERITEMS", &no_quantity),
        ("435", false, "ORDERITEMS", &negative),
        ("435", false, "ORDERITEMS", &three_places),
        ("435", false, "ORDERAMOUNT", "48.41"),
        ("439", false, "ORDERNUMBER", &long),
        ("440", false, "CHECKUUID", "unknown"),
        ("444", false, "ORDERITEMS", &over_checked),
        ("447", false, "CHECKUUID", ""),
        ("449", false, "PHONENUMBER", "phone"),
        ("449", false, "PHONENUMBER", "+31612345678"),
        ("449", false, "PHONENUMBER", "06 1234 5678"),
        ("450", false, "HOUSEEXTENSION", "12345678901"),
        ("452", false, "ORDERITEMS", &over_agreed),
        ("453", false, "BIRTHDATE", "31-01-2025"),
        ("601", false, "ORDERNUMBERS", "1"),
    ];
    for (expected, is_business, name, value) in cases {
        let mut fields = order(&uuid, "A-1");
        if is_business {
            for (name, value) in business {
                set(&mut fields, name, value);
            }
        }
        set(&mut fields, name, value);
        let answer = post(&running, "order", &request("Order", &fields)).await;
        assert_eq!(code(&answer), expected, "{name} {value} {answer}");
    }
    assert_eq!(show(&running.url(), "books").await["orders"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_check_is_used_once_in_time_and_in_its_workflow() {
    let running = billink(Settings::default()).await;
    let uuid = checked(&running).await;
    let mut dry = order(&uuid, "validation");
    set(&mut dry, "VALIDATEORDER", "Y");
    assert_eq!(code(&post(&running, "order", &request("Order", &dry)).await), "200");
    assert_eq!(show(&running.url(), "books").await["orders"], json!([]));
    assert_eq!(code(&post(&running, "order", &request("Order", &order(&uuid, "A-1"))).await), "200");
    assert_eq!(code(&post(&running, "order", &request("Order", &order(&uuid, "A-2"))).await), "446");

    let late = checked(&running).await;
    control(&running.url(), "POST", "clock", json!({ "advance_seconds": 3_600 })).await;
    assert_eq!(code(&post(&running, "order", &request("Order", &order(&late, "A-2"))).await), "445");

    let mut fields = check();
    set(&mut fields, "WORKFLOWNUMBER", "3");
    let answer = post(&running, "check", &request("Check", &fields)).await;
    let uuid = between(&answer, "<UUID>", "</UUID>");
    assert_eq!(code(&post(&running, "order", &request("Order", &order(uuid, "A-2"))).await), "451");
    let mut same = order(uuid, "A-2");
    set(&mut same, "WORKFLOWNUMBER", "3");
    assert_eq!(code(&post(&running, "order", &request("Order", &same)).await), "200");
}

#[tokio::test]
async fn requests_are_admitted_by_version_credentials_and_action() {
    let running = billink(Settings::default()).await;
    let good = request("Check", &check());
    for (from, to, expected) in [
        ("BILLINK2.0", "BILLINK1.0", "001"),
        (USERNAME, "other", "101"),
        (ID, "other", "102"),
        ("<ACTION>Check", "<ACTION>Order", "103"),
        ("</API>", "", "601"),
        ("<API>", "<!DOCTYPE API><API>", "601"),
        ("<TYPE>P</TYPE>", "<TYPE>P</TYPE><TYPE>B</TYPE>", "601"),
        ("<ACTION>Check", "<ACTION>CHECK", "500"),
    ] {
        let answer = post(&running, "check", &good.replace(from, to)).await;
        assert_eq!(code(&answer), expected, "{answer}");
        assert_eq!(answer.starts_with("<RESULT>ERROR</RESULT><ERROR><CODE>"), expected != "500");
    }
    assert_eq!(code(&post(&running, "check", "").await), "601");
    assert_eq!(raw(&running, "startworkflow", &good).await.unwrap().status(), 404);
    assert_eq!(client().get(format!("{}/v1/client/check", running.url())).send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn lists_of_invoices_have_their_limits() {
    let running = billink(Settings::default()).await;
    let item = "<ITEM><INVOICENUMBER>A</INVOICENUMBER></ITEM>";
    for (path, action, fields, expected) in [
        ("start-workflow", "activate order", vec![], "705"),
        ("start-workflow", "activate order", vec![("INVOICES", item.repeat(11))], "708"),
        ("start-workflow", "activate order", vec![("WORKFLOWNUMBER", "1".to_owned())], "601"),
        ("credit", "Credit", vec![], "705"),
        ("credit", "Credit", vec![("INVOICES", item.to_owned())], "601"),
        ("payment", "Payment", vec![], "420"),
        ("status", "Status", vec![], "705"),
        ("status", "Status", vec![("INVOICES", item.repeat(101))], "110"),
    ] {
        let answer = post(&running, path, &request(action, &fields)).await;
        assert_eq!(code(&answer), expected, "{path} {answer}");
    }
    control(&running.url(), "POST", "settings", json!({ "unknown_fails": true })).await;
    let answer = start_workflow(&running, "I2014.001.234").await;
    assert_eq!(
        answer,
        "<RESULT>ERROR</RESULT><ERROR><CODE>704</CODE><DESCRIPTION>Unknown invoice number: I2014.001.234\
         </DESCRIPTION></ERROR>"
    );
}

#[tokio::test]
async fn the_status_follows_the_order() {
    let running = billink(Settings::default()).await;
    assert_eq!(
        status(&running, "A-1").await,
        "<RESULT>MSG</RESULT><MSG><CODE>200</CODE><INVOICES><INVOICE><INVOICENUMBER></INVOICENUMBER>\
         <STATUS>-1</STATUS><DESCRIPTION>Order not found</DESCRIPTION></INVOICE></INVOICES></MSG>"
    );
    placed(&running, "A-1").await;
    assert!(status(&running, "A-1").await.contains("No steps given"));
    start_workflow(&running, "A-1").await;
    let told = status(&running, "A-1").await;
    assert!(told.contains("<INVOICENUMBER>A-1</INVOICENUMBER><STATUS>0</STATUS>") && !told.contains("steps"), "{told}");
    control(&running.url(), "POST", "orders/A-1", json!({ "debit": true })).await;
    assert!(status(&running, "A-1").await.contains("<STATUS>2</STATUS>"));
    control(&running.url(), "POST", "orders/A-1", json!({ "paid": 4840, "paid_out": true })).await;
    let told = status(&running, "A-1").await;
    assert!(told.contains("<STATUS>1</STATUS>") && told.contains("<PAIDOUT>1</PAIDOUT>"), "{told}");
    control(&running.url(), "POST", "settings", json!({ "blank_unknown": false })).await;
    assert!(status(&running, "B").await.contains("<INVOICENUMBER>B</INVOICENUMBER><STATUS>-1"));
}

#[tokio::test]
async fn orders_are_paid_held_resumed_and_told_about() {
    let running = billink(Settings::default()).await;
    placed(&running, "A-1").await;
    let pay = async |amount: &str, text: &str| {
        let fields =
            format!("<INVOICENUMBER>A-1</INVOICENUMBER><AMOUNT>{amount}</AMOUNT><DESCRIPTION>{text}</DESCRIPTION>");
        let answer = post(&running, "payment", &request("Payment", &invoices(&fields))).await;
        assert!(answer.starts_with("<RESULT>MSG</RESULT><MSG><INVOICES><ITEM>"), "{answer}");
        code(&answer).to_owned()
    };
    assert_eq!(pay("8.40", &"x".repeat(31)).await, "708");
    assert_eq!(pay("8.40", "cash").await, "200");
    assert_eq!(pay("40.01", "cash").await, "706");

    let named = |more: &[(&'static str, &str)]| {
        let mut fields: Fields = vec![("WORKFLOWNUMBER", "1".to_owned()), ("INVOICENUMBER", "A-1".to_owned())];
        for (name, value) in more {
            set(&mut fields, name, value);
        }
        fields
    };
    for (action, fields, expected) in [
        ("Onhold", named(&[("DAYS", "15")]), "403"),
        ("Onhold", named(&[("DAYS", "7"), ("INVOICENUMBER", "B")]), "402"),
        ("Onhold", named(&[("DAYS", "7"), ("WORKFLOWNUMBER", "2")]), "402"),
        ("Onhold", named(&[("INVOICENUMBER", "")]), "401"),
        ("Onhold", named(&[("DAYS", "7")]), "200"),
        ("Onhold", named(&[("DAYS", "7")]), "701"),
        ("resume", named(&[]), "104"),
        ("resume", named(&[("RESUME", "n")]), "104"),
        ("resume", named(&[("RESUME", "y")]), "200"),
        ("resume", named(&[("RESUME", "y")]), "701"),
    ] {
        let answer = post(&running, "on-hold", &request(action, &fields)).await;
        assert_eq!(code(&answer), expected, "{action} {answer}");
    }
    let answer = post(&running, "message", &request("message", &named(&[("MESSAGE", "Hello")]))).await;
    assert_eq!(code(&answer), "200");
    let answer = post(&running, "file", &request("pdf", &named(&[]))).await;
    let url = between(&answer, "<DESCRIPTION>", "</DESCRIPTION>");
    assert_eq!(client().get(url).send().await.unwrap().status(), 200);
    assert_eq!(pay("40.00", "cash").await, "200");
    assert_eq!(pay("1.00", "cash").await, "707");
    assert_eq!(code(&post(&running, "on-hold", &request("Onhold", &named(&[]))).await), "701");
}

#[tokio::test]
async fn webhooks_tell_of_orders() {
    let receiver = Receiver::start().await;
    let settings = Settings {
        order_webhook: Some(receiver.url.clone()),
        webhook_secret: Some(WEBHOOK_SECRET.to_owned()),
        ..Settings::default()
    };
    let running = billink(settings).await;
    receiver.answer(&[500]);
    placed(&running, "A-1").await;
    let received = receiver.wait(2).await;
    assert_eq!(received[0].header("x-billink-webhook-id"), received[1].header("x-billink-webhook-id"));
    assert_eq!(received[0].header("x-billink-signature").len(), 64);
    control(&running.url(), "POST", "settings", json!({ "webhook_secret": null })).await;
    start_workflow(&running, "A-1").await;
    let received = receiver.wait(3).await;
    assert_eq!(received[2].json()["event"], "order_workflow_started");
    assert!(received[2].headers.get("x-billink-signature").is_none());
}

#[tokio::test]
async fn faults_bite() {
    let running = billink(Settings::default()).await;
    let root = running.url();
    let uuid = checked(&running).await;
    fault(&root, json!({ "call": "order", "kind": "drop_after" })).await;
    assert!(raw(&running, "order", &request("Order", &order(&uuid, "A-1"))).await.is_err());
    assert!(status(&running, "A-1").await.contains("<STATUS>0</STATUS>"));
    assert_eq!(code(&post(&running, "order", &request("Order", &order(&uuid, "A-1"))).await), "403");
    fault(&root, json!({ "call": "credit", "kind": "wrong_amount" })).await;
    assert!(credit(&running, "A-1", "1.00").await.contains("applied: 2.00 EURO"));
    fault(&root, json!({ "call": "resume", "kind": "http_5xx", "status": 503 })).await;
    let resume: Fields = vec![("RESUME", "y".to_owned())];
    assert_eq!(raw(&running, "on-hold", &request("resume", &resume)).await.unwrap().status(), 503);
    assert_eq!(sums(&running).await, [4840, 0, 100, 0]);
    let (status, _) = control(&root, "POST", "buyer/A-1", json!({ "choice": "accept" })).await;
    assert_eq!(status, 404, "there are no pages");
}
