//! The guide's two requests, against what the adapter makes of the same order. Every difference is on purpose and stands
//! here with its reason: one that is not listed fails, and so does one that is gone.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::map::{AUTHORIZE, PAY, ServiceAction};
use super::requests::opening;

/// Where, what the guide has, what we send, and why. JSON text; nothing where a side has nothing.
type Difference = (&'static str, Option<&'static str>, Option<&'static str>, &'static str);

/// What differs whoever buys.
const OF_BOTH: &[Difference] = &[
    ("Order", Some("null"), None, "what is null is left out"),
    ("CustomParameters", Some("null"), None, "what is null is left out"),
    ("AdditionalParameters", Some("null"), None, "what is null is left out"),
    ("Invoice", Some("\"TestInvoice 123\""), Some("\"TestInvoice 123-RUAPV3\""), "a look-up must find one payment"),
    ("ReturnURL", None, Some(BACK), "the guide's buyer is sent nowhere"),
    ("ReturnURLCancel", None, Some(BACK), "the same"),
    ("ReturnURLError", None, Some(BACK), "the same"),
    ("ReturnURLReject", None, Some(BACK), "the same"),
    ("PushURL", None, Some(PUSH), "an address per payment, with its token"),
    ("PushURLFailure", None, Some(PUSH), "the same"),
    (" Trackandtrace", Some("\"TR0F123456789\""), None, "nothing was shipped yet"),
    ("Article 1 Description", None, Some("\"Chair\""), "docs.buckaroo.io lists it"),
    ("Article 1 VatPercentage", Some("\"Seven\""), Some("\"7\""), "a percentage is a number"),
    ("Article 1 GrossUnitPriceIncl", Some("\"10\""), Some("\"10.00\""), "euros have both decimals"),
    ("BillingCustomer  StreetNumber", Some("90"), Some("\"90\""), "every value is text"),
    ("ShippingCustomer  StreetNumber", Some("80"), Some("\"80\""), "every value is text"),
    ("ShippingCustomer  LastName", Some("\"Aflever\""), Some("\"Acceptatie\""), "an order has one person"),
];

/// What the guide's sample has of a company although its category is B2C.
const OF_A_CONSUMER: &[Difference] = &[
    (" VATNumber", Some("\"2\""), None, "\"Required for B2B\""),
    ("Article 1 GrossUnitPriceExcl", Some("\"5\""), None, "\"Required for B2B\""),
    ("BillingCustomer  CareOf", Some("\"John Smith\""), None, "\"used for company, authority and organization names\""),
    ("ShippingCustomer  CareOf", Some("\"John Smith\""), None, "the same"),
    ("BillingCustomer  ChamberOfCommerce", Some("\"Kvk123456789\""), None, "of a company"),
];

/// What it has of a person, and a price that is not the net one.
const OF_A_COMPANY: &[Difference] = &[
    ("BillingCustomer  Category", Some("\"B2C\""), Some("\"B2B\""), "it is a company"),
    ("BillingCustomer  BirthDate", Some("\"01-01-1990\""), None, "of a consumer"),
    ("Article 1 GrossUnitPriceExcl", Some("\"5\""), Some("\"9.35\""), "10.00 without 7 %"),
];

const BACK: &str = "\"https://pay.example/v1/return/pay_1?token=t0ken\"";
const PUSH: &str = "\"https://pay.example/v1/webhooks/buckaroo/demo?payment=pay_1&token=t0ken\"";

/// The guide's order in our words.
fn guides_order(buyer: &str) -> Value {
    let address = |street: &str, number: &str, addition: &str, code: &str, city: &str| {
        json!({ "street": street, "house_number": number, "house_number_addition": addition, "postal_code": code,
                "city": city, "country": "NL" })
    };
    let mut order = json!({
        "provider": "buckaroo_billink", "reference": "TestInvoice 123", "description": "Test Invoice 123",
        "currency": "EUR", "amount": 1000, "flow": "redirect", "capture": "manual",
        "lines": [{ "reference": "Articlenumber12345", "name": "Chair", "kind": "goods", "quantity": 1,
                    "unit_price": 1000, "tax_rate": "7" }],
        "buyer": {
            "kind": buyer,
            "person": { "first_name": "Test", "initials": "T", "last_name": "Acceptatie", "salutation": "male",
                        "birth_date": "1990-01-01", "email": "billingcustomer@buckaroo.nl", "phone": "0698765433" },
        },
        "billing_address": address("Hoofdstraat", "90", "A", "8441EE", "Heerenveen"),
        "shipping_address": address("Afleverstraat", "80", "B", "7881ER", "Leeuwarden"),
        "return_url": "https://shop.example/return",
    });
    if buyer == "business" {
        order["buyer"]["company"] =
            json!({ "name": "John Smith", "vat_number": "2", "registration_number": "Kvk123456789" });
    }
    order
}

/// Every field of a request by its place: a parameter's is its group, the group's number and its name.
fn places(request: &str) -> BTreeMap<String, String> {
    let request: Value = serde_json::from_str(request).unwrap();
    let mut places = BTreeMap::new();
    let mut put = |place: String, value: &Value| assert!(places.insert(place, value.to_string()).is_none(), "twice");
    for (name, value) in request.as_object().unwrap().iter().filter(|(name, _)| *name != "Services") {
        put(name.clone(), value);
    }
    let services = request["Services"].as_object().unwrap();
    assert!(services.len() == 1 && services["ServiceList"].as_array().unwrap().len() == 1);
    for (name, value) in
        services["ServiceList"][0].as_object().unwrap().iter().filter(|(name, _)| *name != "Parameters")
    {
        put(format!("Services {name}"), value);
    }
    for parameter in services["ServiceList"][0]["Parameters"].as_array().unwrap() {
        let fields = parameter.as_object().unwrap();
        assert!(fields.keys().all(|name| matches!(name.as_str(), "Name" | "GroupType" | "GroupID" | "Value")));
        let group = parameter["GroupType"]
            .as_str()
            .map_or(String::new(), |group| format!("{group} {}", parameter["GroupID"].as_str().unwrap()));
        put(format!("{group} {}", parameter["Name"].as_str().unwrap()), &parameter["Value"]);
    }
    places
}

fn differ_as_listed(guide: &str, action: &'static ServiceAction, buyer: &str, own: &[Difference]) {
    let (guide, ours) = (places(guide), places(&opening(action, &guides_order(buyer))));
    let known = |place: &str| OF_BOTH.iter().chain(own).find(|(at, ..)| *at == place);
    for place in guide.keys().chain(ours.keys()) {
        let sides = (guide.get(place).map(String::as_str), ours.get(place).map(String::as_str));
        match known(place) {
            Some((_, theirs, own, why)) => assert_eq!(sides, (*theirs, *own), "{buyer}: {place}: {why}"),
            None => assert_eq!(sides.0, sides.1, "{buyer}: {place}"),
        }
    }
    for (place, ..) in OF_BOTH.iter().chain(own) {
        assert_ne!(guide.get(*place), ours.get(*place), "{buyer}: {place} does not differ");
    }
}

#[test]
fn the_guides_orders_are_sent_as_the_guide_sends_them_but_for_what_is_listed() {
    for (guide, action) in [
        (include_str!("../fixtures/authorize.request.json"), &AUTHORIZE),
        (include_str!("../fixtures/pay.request.json"), &PAY),
    ] {
        differ_as_listed(guide, action, "person", OF_A_CONSUMER);
        differ_as_listed(guide, action, "business", OF_A_COMPANY);
    }
}
