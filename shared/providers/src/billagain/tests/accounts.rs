//! The account document, and the samples of the provider's pages read field by field.

use http::Method;
use jiff::Timestamp;
use payment::{Amount, Currency};
use serde_json::{Value, json};

use super::super::account::Account;
use super::super::wire::Fields;
use crate::testing::holds_nothing_else;
use crate::{JsonDecimal, Request};

fn document() -> Value {
    json!({ "base_url": "https://api.billagain.com/v1", "account_id": "5", "api_key": "hush" })
}

fn with(field: &str, value: Value) -> Value {
    let mut document = document();
    document[field] = value;
    document
}

#[test]
fn an_account_is_read_with_its_usual_wire() {
    let account = Account::read(&with("disabled", json!(true))).ok().unwrap();
    assert_eq!(
        account.url(&account.wire.transaction_path, Some("a/../b?c")).as_str(),
        "https://api.billagain.com/v1/secure/transactions/a%2F..%2Fb%3Fc"
    );
    let request = account.sign(Request::new(Method::GET, account.url(&account.wire.initiate_path, None)));
    assert_eq!(request.url.as_str(), "https://api.billagain.com/v1/secure/initiate");
    assert_eq!(request.headers["authorization"], "Basic NTpodXNo");
    assert!(request.headers["authorization"].is_sensitive());
    let own =
        Account::read(&with("wire", json!({ "payment_path": "/pay/", "result_text": ["Outcome"] }))).ok().unwrap();
    assert!(own.wire.token_in_transaction);
    assert_eq!(own.url(&own.wire.payment_path, Some("1")).path(), "/v1/pay/1");
    assert_eq!(own.wire.transaction_id, ["transactionID", "transaction_id"]);
}

#[test]
fn a_wrong_account_is_told_by_field_and_never_by_value() {
    const ADDRESS: &str = "must be https, or http on loopback, without user, query or fragment";
    let mut incomplete = document();
    incomplete.as_object_mut().unwrap().remove("api_key");
    for (document, field, rule) in [
        (incomplete, "api_key", "is required"),
        (with("surprise", json!("s3cret")), "surprise", "is not a field of this account"),
        (with("wire", json!({ "surprise": 1 })), "wire/surprise", "is not a field of this account"),
        (with("api_key", json!(7_654_321)), "api_key", "must be a string"),
        (with("base_url", json!("s3cret")), "base_url", ADDRESS),
        (with("base_url", json!("http://api.billagain.com/v1")), "base_url", ADDRESS),
        (with("base_url", json!("https://me@api.billagain.com/v1")), "base_url", ADDRESS),
        (with("base_url", json!("https://api.billagain.com/v1?x=1")), "base_url", ADDRESS),
        (with("account_id", json!("5:s3cret")), "account_id", "must be visible ASCII without a colon"),
        (with("account_id", json!("")), "account_id", "must be visible ASCII without a colon"),
        (with("api_key", json!("")), "api_key", "must not be empty"),
        (
            with("wire", json!({ "messages": { "No such buyer": "s3cret" } })),
            "wire/messages/No such buyer",
            "must be one of `customer`, `gateway`, `payment_method`, `subscription`",
        ),
    ] {
        let error = Account::read(&document).err().unwrap();
        assert_eq!((error.field.as_str(), error.rule.as_str()), (field, rule));
    }
}

#[test]
fn a_message_that_the_account_knows_is_told_in_our_words() {
    let own = json!({ "Unknown gateway": "gateway", "Cannot find Customer for this Account": "subscription" });
    let wire = Account::read(&with("wire", json!({ "messages": own }))).ok().unwrap().wire;
    let usual = Account::read(&document()).ok().unwrap().wire;
    let customer = "cannot find customer for this account.";
    for (wire, theirs, wanted) in [
        (&wire, " UNKNOWN GATEWAY. ", Some("the gateway is not known for this account")),
        (&usual, "Unknown gateway", None),
        (&wire, "Unknown gateway of Uno Eins", None),
        (&wire, customer, Some("the subscription is not known for this account")),
        (&usual, customer, Some("the customer is not known for this account")),
        (&wire, "Cannot find Gateway for this Account", Some("the gateway is not known for this account")),
    ] {
        assert_eq!(wire.message(theirs).as_deref(), wanted, "{theirs}");
    }
}

#[test]
fn the_transaction_of_the_page_is_read_field_by_field() {
    let transaction = Fields::read(include_bytes!("../fixtures/transaction.json")).unwrap();
    for (name, text) in [
        ("transactionID", "a1B2c3"),
        ("Token", "qQPHbizijkuMvTigLR"),
        ("Mode", "redirect"),
        ("Method", "credit_card"),
        ("StorageMode", "cc_token"),
        ("CurrencyCode", "ZAR"),
        ("RedirectUrl", "https://customerarea.mysite.com"),
        ("NotifyUrl", "https://notificationservice.mysite.com"),
    ] {
        assert_eq!(transaction.get::<String>(name).as_deref(), Some(text), "{name}");
    }
    for (name, flag) in [
        ("isPayment", true),
        ("paymentMethod_retainOnSuccess", true),
        ("paymentMethod_isPrimary", false),
        ("paymentMethod_isEnrol", false),
        ("isCancelled", false),
        ("isSubmitted", true),
        ("isComplete", true),
        ("threwError", false),
    ] {
        assert_eq!(transaction.get(name), Some(flag), "{name}");
    }
    for (name, id) in [
        ("customerID", Some(200)),
        ("subscriptionID", None),
        ("gatewayID", Some(99)),
        ("paymentMethodID", Some(10_112)),
        ("paymentID", Some(10_774)),
        ("notify_NumTries", Some(1)),
    ] {
        assert_eq!(transaction.id(name), id, "{name}");
    }
    assert_eq!(transaction.amount(Currency::ZAR), Amount::new(15_000).ok());
    assert_eq!(transaction.amount(Currency::USD), None);
    assert_eq!(transaction.all::<String>("description").collect::<Vec<_>>(), ["Payment", "Approved"]);
    let at = |name: &str| transaction.get::<Timestamp>(name).map(|at| at.to_string());
    assert_eq!(at("notify_Date").as_deref(), Some("2016-04-03T15:26:05.7987439Z"));
    assert_eq!(at("DateCreated").as_deref(), Some("2016-04-03T15:25:46.2089071Z"));
    assert_eq!((at("notify_LastTryDate"), transaction.get::<String>("notify_FailedMessage")), (None, None));
}

#[test]
fn the_transaction_of_the_page_has_the_29_fields_of_the_guides_list() {
    let listed = [
        "transactionID",
        "customerID",
        "Token",
        "Mode",
        "Method",
        "isPayment",
        "StorageMode",
        "paymentMethod_retainOnSuccess",
        "paymentMethod_isPrimary",
        "paymentMethod_isEnrol",
        "subscriptionID",
        "gatewayID",
        "paymentMethodID",
        "paymentID",
        "CurrencyCode",
        "Amount",
        "Description",
        "isCancelled",
        "isSubmitted",
        "isComplete",
        "threwError",
        "Description",
        "RedirectUrl",
        "NotifyUrl",
        "notify_Date",
        "notify_NumTries",
        "notify_LastTryDate",
        "notify_FailedMessage",
        "DateCreated",
    ];
    let transaction = Fields::read(include_bytes!("../fixtures/transaction.json")).unwrap().texts();
    assert_eq!(transaction.into_iter().map(|(name, _)| name).collect::<Vec<_>>(), listed);
}

#[test]
fn the_other_samples_of_the_pages_are_read_field_by_field() {
    let holds = |sample: &str, read: &[&str]| holds_nothing_else(&serde_json::from_str(sample).unwrap(), read, &[]);
    let paid = Fields::read(include_bytes!("../fixtures/payment.json")).unwrap();
    assert_eq!((paid.id("paymentID"), paid.id("customerID")), (Some(10_774), Some(269)));
    assert_eq!(paid.amount(Currency::ZAR), Amount::new(100_000).ok());
    for (name, text) in
        [("Status", "Pending"), ("Method", "debit_order"), ("Ref", "Invoices 702, Opening Balance 703"), ("Memo", "")]
    {
        assert_eq!(paid.get::<String>(name).as_deref(), Some(text), "{name}");
    }
    let paid_at = paid.get::<Timestamp>("Date").map(|at| at.to_string());
    assert_eq!(paid_at.as_deref(), Some("2016-04-03T15:26:05.7987439Z"));
    let allocation = paid.get::<Vec<Fields>>("allocations").unwrap().remove(0);
    assert_eq!((allocation.id("allocationID"), allocation.id("invoiceID")), (Some(10_303), Some(702)));
    assert_eq!(allocation.id("positiveAdjustmentID"), None);
    assert_eq!(allocation.get::<JsonDecimal>("amountApplied").unwrap().0.to_string(), "500");
    let read = [
        "/paymentID",
        "/customerID",
        "/Amount",
        "/CurrencyCode",
        "/Status",
        "/Method",
        "/Ref",
        "/Memo",
        "/Date",
        "/Allocations/0/allocationID",
        "/Allocations/0/invoiceID",
        "/Allocations/0/positiveAdjustmentID",
        "/Allocations/0/amountApplied",
    ];
    holds(include_str!("../fixtures/payment.json"), &read);
    let opened = Fields::read(include_bytes!("../fixtures/initiated.json")).unwrap();
    assert_eq!(opened.get("isSuccess"), Some(true));
    let page = "https://notify.billagain.com/secure/process/5/200/qQPHbizijkuMvTigLR";
    assert_eq!(opened.get::<String>("RedirectUrl").as_deref(), Some(page));
    holds(include_str!("../fixtures/initiated.json"), &["/isSuccess", "/RedirectUrl"]);
    let errors = Fields::read(include_bytes!("../fixtures/errors.json")).unwrap().get::<Vec<Fields>>("Errors").unwrap();
    assert_eq!(errors[0].get::<String>("Message").as_deref(), Some("Cannot find Customer for this Account"));
    holds(include_str!("../fixtures/errors.json"), &["/Errors/0/Message"]);
}

#[test]
fn amounts_are_exact() {
    let amount = |text: &str| {
        let body = format!(r#"{{"Amount":{text},"CurrencyCode":"zar"}}"#);
        Fields::read(body.as_bytes()).unwrap().amount(Currency::ZAR).map(Amount::minor)
    };
    for (text, minor) in [
        ("150", Some(15_000)),
        ("150.00", Some(15_000)),
        ("\"150.00\"", Some(15_000)),
        ("1.5e2", Some(15_000)),
        ("0.1", Some(10)),
        ("123456789.01", Some(12_345_678_901)),
        ("90071992547409.93", None),
        ("0.001", None),
        ("-1", None),
        ("null", None),
        ("true", None),
    ] {
        assert_eq!(amount(text), minor, "{text}");
    }
}
