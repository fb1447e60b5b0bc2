//! The exact bytes of every request.

use payment::{Order, OrderState, Payment};
use serde_json::{Value, json};

use super::super::account::Account;
use super::super::map::{AUTHORIZE, CANCEL, CAPTURE, PAY, REFUND, ServiceAction};
use super::super::request::Draft;
use super::*;
use crate::billink_common::house_number;

pub(super) fn opening(action: &'static ServiceAction, document: &Value) -> String {
    let order = order(document);
    let payment = created(&order);
    let (account, urls) = (account(), urls());
    let draft = Draft { account: &account, action, operation: newest(&payment), urls: &urls };
    String::from_utf8(draft.opening(&order).unwrap()).unwrap()
}

fn following(account: &Account, action: &'static ServiceAction, payment: &Payment, key: &str) -> String {
    let urls = urls();
    let draft = Draft { account, action, operation: newest(payment), urls: &urls };
    String::from_utf8(draft.following(key, payment).unwrap()).unwrap()
}

/// The bytes, with a line break after every parameter for the reader; there are none in the bytes.
fn readable(body: &str) -> String {
    assert!(!body.contains('\n'));
    body.replace("},{", "},\n{").replace("\"Parameters\":[{", "\"Parameters\":[\n{")
}

fn authorized(order: &Order) -> Payment {
    opened(order, OrderState::Authorized)
}

#[test]
fn authorize_for_a_consumer() {
    insta::assert_snapshot!(readable(&opening(&AUTHORIZE, &consumer())));
}

#[test]
fn authorize_for_a_company() {
    insta::assert_snapshot!(readable(&opening(&AUTHORIZE, &company())));
}

#[test]
fn pay_differs_from_authorize_by_its_word_alone() {
    let mut document = consumer();
    document["capture"] = json!("automatic");
    let pay = opening(&PAY, &document);
    insta::assert_snapshot!(readable(&pay));
    assert_eq!(pay.replace("\"Pay\"", "\"Authorize\""), opening(&AUTHORIZE, &consumer()));
}

#[test]
fn capture() {
    let payment = with_capture(authorized(&order(&consumer())), json!({}));
    insta::assert_snapshot!(following(&account(), &CAPTURE, &payment, FIRST_KEY));
}

#[test]
fn capture_with_its_articles_where_the_account_says_so() {
    let mut document = account_document("https://a.example");
    document["wire"] = json!({"repeat_articles_on_capture": true, "gross_unit_price_excl": "GrossUnitPriceExl"});
    let account = Account::parse(&document).unwrap();
    let payment = with_capture(authorized(&order(&consumer())), json!({}));
    insta::assert_snapshot!(readable(&following(&account, &CAPTURE, &payment, FIRST_KEY)));
}

#[test]
fn refund_of_a_part() {
    insta::assert_snapshot!(following(
        &account(),
        &REFUND,
        &with_refund(captured(), 250, Some("came back")),
        CAPTURE_KEY
    ));
}

#[test]
fn cancel_of_an_authorization() {
    let payment = with_cancel(authorized(&order(&consumer())));
    insta::assert_snapshot!(following(&account(), &CANCEL, &payment, FIRST_KEY));
}

#[test]
fn the_articles_of_an_order_add_up_to_its_amount_to_the_cent() {
    for document in [consumer(), company()] {
        let body: Value = serde_json::from_str(&opening(&AUTHORIZE, &document)).unwrap();
        let parameters = body["Services"]["ServiceList"][0]["Parameters"].as_array().unwrap();
        let of = |name: &str| -> Vec<rust_decimal::Decimal> {
            let named = parameters.iter().filter(|p| p["GroupType"] == "Article" && p["Name"] == name);
            named.map(|p| p["Value"].as_str().unwrap().parse().unwrap()).collect()
        };
        let sum: rust_decimal::Decimal = of("Quantity").iter().zip(of("GrossUnitPriceIncl")).map(|(q, p)| q * p).sum();
        assert_eq!(sum.to_string(), "121.00");
    }
}

#[test]
fn a_push_address_that_could_be_escaped_in_two_ways_is_not_sent() {
    let order = order(&consumer());
    let payment = created(&order);
    for push in
        ["https://pay.example/a~b", "https://pay.example/a%20b", "https://pay.example/a+b", "https://pay.example/(a)"]
    {
        let urls = Urls { push: push.parse().unwrap(), ..urls() };
        let draft = Draft { account: &account(), action: &AUTHORIZE, operation: newest(&payment), urls: &urls };
        assert!(draft.opening(&order).is_none(), "{push}");
    }
}

#[test]
fn letters_of_a_house_number_go_into_its_addition() {
    for (number, addition, expected) in [
        ("90", None, Some(("90", ""))),
        ("90", Some("A"), Some(("90", "A"))),
        ("12a", None, Some(("12", "a"))),
        ("12 bis", Some("II"), Some(("12", "bis II"))),
        ("12-14", None, Some(("12", "-14"))),
        ("A12", None, None),
        ("-", None, None),
    ] {
        let mut document = consumer();
        document["billing_address"]["house_number"] = json!(number);
        document["billing_address"]["house_number_addition"] = json!(addition);
        let split = house_number(&order(&document).billing_address);
        let split = split.as_ref().map(|(number, addition)| (number.as_str(), addition.as_str()));
        assert_eq!(split, expected, "{number} {addition:?}");
    }
}
