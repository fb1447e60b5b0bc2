//! Requests, byte for byte.

use super::super::Billink;
use super::super::account::Account;
use super::super::map::{CREDIT, STATUS};
use super::super::request;
use super::*;
use crate::{Request, Transport};

fn billink(account: &Value) -> Billink {
    Billink { account: Account::parse(account).unwrap(), transport: Transport::default() }
}

/// The request, its body broken into lines where an element follows another.
fn shown(request: &Request) -> String {
    let body = std::str::from_utf8(&request.body).unwrap();
    assert!(!body.contains('\n'));
    let headers: Vec<_> = request.headers.iter().map(|(name, value)| format!("{name}: {value:?}")).collect();
    format!("{} {}\n{}\n\n{}", request.method, request.url, headers.join("\n"), body.replace("><", ">\n<"))
}

fn asked(payment: &Payment, order: Option<&Order>) -> String {
    let billink = billink(&account_document("https://api-staging.billink.nl"));
    shown(&billink.asked(newest(payment), &context(payment, order, &urls())).unwrap().1)
}

#[test]
fn check_for_a_consumer() {
    let order = order(&consumer());
    insta::assert_snapshot!(asked(&created(&order), Some(&order)));
}

#[test]
fn check_for_a_company() {
    let order = order(&business());
    insta::assert_snapshot!(asked(&created(&order), Some(&order)));
}

#[test]
fn order_for_a_consumer_with_every_character_that_xml_escapes() {
    let order = order(&consumer());
    insta::assert_snapshot!(asked(&confirming(&order), Some(&order)));
}

#[test]
fn order_for_a_company_before_tax_where_cents_hold_it_exactly() {
    let order = order(&business());
    insta::assert_snapshot!(asked(&confirming(&order), Some(&order)));
}

#[test]
fn start_workflow_with_a_tracking_number() {
    insta::assert_snapshot!(asked(&capturing(), None));
}

#[test]
fn an_order_can_choose_another_workflow_than_the_accounts() {
    let mut chosen = consumer();
    chosen["options"] = json!({ "workflow_number": "3" });
    let order = order(&chosen);
    let capturing = |opened_under: Option<&str>| {
        let opened_under = opened_under.map(str::to_owned);
        Payment { opened_under, ..capturing() }
    };
    for (payment, expected) in [
        (created(&order), "3"),
        (confirming(&order), "3"),
        (capturing(Some("3")), "3"),
        // Opened before this was kept.
        (capturing(None), "1"),
    ] {
        let element = format!("<WORKFLOWNUMBER>{expected}</WORKFLOWNUMBER>");
        let flat: String = asked(&payment, Some(&order)).split_whitespace().collect();
        assert!(flat.contains(&element), "{flat}");
    }
}

#[test]
fn credit_of_a_part() {
    insta::assert_snapshot!(asked(&refunding(Some("came back")), None));
}

#[test]
fn credit_in_full_before_the_capture() {
    insta::assert_snapshot!(asked(&with_cancel(authorized()), None));
}

#[test]
fn what_an_order_is_told() {
    let mut sent = String::new();
    for (told, opened_under) in [
        (json!({ "kind": "hold", "days": 7 }), Some("3")),
        (json!({ "kind": "resume" }), None),
        (json!({ "kind": "message", "text": "One <chair> & \"more\"" }), None),
        (json!({ "kind": "direct_payment", "amount": 250, "reference": "BANK-118" }), None),
        (json!({ "kind": "direct_payment", "amount": 12_097 }), None),
    ] {
        let mut payment = capturing();
        settle(&mut payment, Outcome::Done(Receipt::default()));
        payment.opened_under = opened_under.map(str::to_owned);
        let payment = with_told(payment, serde_json::from_value(told).unwrap());
        sent += &format!("{}\n\n", asked(&payment, None));
    }
    insta::assert_snapshot!(sent);
}

#[test]
fn status() {
    let account = Account::parse(&account_document("https://api.billink.nl/")).unwrap();
    insta::assert_snapshot!(shown(&request::post(&account, &STATUS, request::status("KRKND-0001")).unwrap()));
}

/// The tags of a document, without what stands between them.
fn tags(document: &str) -> String {
    document.split_inclusive('>').filter_map(|piece| Some(&piece[piece.find('<')?..])).collect()
}

#[test]
fn a_credit_is_what_the_guide_and_the_page_show() {
    let payment = refunding(Some("test credit"));
    let mut operation = newest(&payment).clone();
    operation.amount = payment::Amount::new(150).unwrap();
    let account = Account::parse(&account_document("https://api.billink.nl/")).unwrap();
    let request = request::post(&account, &CREDIT, request::credit(&operation, &payment)).unwrap();
    let sent = String::from_utf8(request.body.to_vec()).unwrap();
    // A person finds the refund by our reference before the reason.
    let sent = sent.replace(&format!("{} ", operation.reference), "").replace(&payment.order_reference, "KRKND-0001");
    let (_, sent) = sent.split_once("?>").unwrap();
    assert_eq!(sent, include_str!("../fixtures/credit.request.xml").trim_end());
    assert_eq!(tags(sent), tags(include_str!("../fixtures/credit.guide.xml")), "the guide shows no values");
}

#[test]
fn every_inferred_name_and_path_can_be_overridden() {
    let mut document = account_document("https://api.billink.nl");
    document["wire"] = json!({
        "path": "/api/",
        "order_quantity": "ITEMQUANTITY", "additional_text": "ADDITIONALTEXT", "delivery_number": "DELIVERY_"
    });
    let (billink, order, urls) = (billink(&document), order(&consumer()), urls());
    let mut sent = String::new();
    for payment in [created(&order), confirming(&order), capturing(), refunding(None)] {
        sent += &shown(&billink.asked(newest(&payment), &context(&payment, Some(&order), &urls)).unwrap().1);
    }
    for part in [
        "/api/check\n",
        "/api/order\n",
        "/api/start-workflow\n",
        "/api/credit\n",
        "<ITEMQUANTITY>2<",
        "<ADDITIONALTEXT>Two",
    ] {
        assert!(sent.contains(part), "{part}");
    }
    for part in
        ["<DELIVERY_HOUSENUMBER>80<", "<DELIVERY_HOUSEEXTENSION>b<", "<DELIVERY_POSTALCODE>2000<", "<DELIVERYCITY>"]
    {
        assert!(sent.contains(part), "{part}");
    }
}

#[test]
fn without_the_order_or_the_check_nothing_is_asked() {
    let (billink, order, urls) = (billink(&account_document("https://api.billink.nl")), order(&consumer()), urls());
    let mut unchecked = confirming(&order);
    unchecked.session_reference = None;
    for (payment, order) in [(created(&order), None), (confirming(&order), None), (unchecked, Some(&order))] {
        assert!(billink.asked(newest(&payment), &context(&payment, order, &urls)).is_none());
    }
}

#[test]
fn every_item_comes_to_what_the_buyer_pays() {
    for (gross, rate, sent) in [
        (6050, "21", "<PRICEEXCL>50.00</PRICEEXCL>"),
        (-12100, "21", "<PRICEEXCL>-100.00</PRICEEXCL>"),
        (500, "0", "<PRICEEXCL>5.00</PRICEEXCL>"),
        (1000, "21", "<PRICEINCL>10.00</PRICEINCL>"),
        (1, "9", "<PRICEINCL>0.01</PRICEINCL>"),
        (0, "21", "<PRICEEXCL>0.00</PRICEEXCL>"),
        (10_550, "5.5", "<PRICEEXCL>100.00</PRICEEXCL>"),
    ] {
        let mut document = business();
        document["lines"] = json!([
            {"reference": "L", "name": "n", "kind": "goods", "quantity": 1, "unit_price": gross, "tax_rate": rate}
        ]);
        let order = order(&document);
        assert!(asked(&confirming(&order), Some(&order)).contains(sent), "{gross} {rate}");
    }
}

#[test]
fn a_telephone_number_is_sent_as_digits() {
    for (given, sent) in [
        ("0612345678", Some("0612345678")),
        ("06-1234 5678", Some("0612345678")),
        ("+31612345678", Some("0031612345678")),
        (" +31 (0)6 1234 5678", Some("0031612345678")),
        ("(020) 123 4567", Some("0201234567")),
        ("06123456", None),
        ("1234567890123456789", None),
        ("06.12345678", None),
        ("06+12345678", None),
        ("call me 0612345678", None),
        ("٠٦١٢٣٤٥٦٧٨", None),
    ] {
        assert_eq!(request::digits(given).as_deref(), sent, "{given}");
    }
}

#[tokio::test]
async fn the_credentials_are_asked_for_by_the_status_of_an_order_that_nobody_has() {
    let open = |base: &str| super::super::open(&account_document(base), Transport::default()).unwrap();
    insta::assert_snapshot!(credentials_asked(open, &["content-type"]).await);
}

#[test]
fn a_credit_is_described_by_our_reference_and_the_reason() {
    let long = "é".repeat(255);
    for (reason, wanted) in [(None, ""), (Some("came back"), " came back"), (Some(&*long), &*format!(" {long}"))] {
        let payment = refunding(reason);
        let sent = asked(&payment, None);
        let described: String = format!("{}{wanted}", newest(&payment).reference).chars().take(254).collect();
        assert!(sent.contains(&format!("<DESCRIPTION>{described}</DESCRIPTION>")), "{sent}");
    }
}
