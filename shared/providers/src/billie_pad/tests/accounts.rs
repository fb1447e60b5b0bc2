//! The account document, and the samples of the provider's pages read field by field.

use payment::Flow;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::super::account::{Account, LineItemAmount};
use super::super::{CAPABILITIES, wire};
use crate::testing::holds_nothing_else;

fn document() -> Value {
    json!({
        "base_url": "https://paella-sandbox.billie.io/api/v2", "client_id": "shop", "client_secret": "hush",
        "webhook_keys": [{ "header": "X-Api-Key", "value": "key" }]
    })
}

fn with(field: &str, value: Value) -> Value {
    let mut document = document();
    document[field] = value;
    document
}

#[test]
fn an_account_is_read_with_its_usual_wire() {
    let account = Account::read(&document()).ok().unwrap();
    assert_eq!(
        account.url(&["orders", "a/../b", "cancel"]).as_str(),
        "https://paella-sandbox.billie.io/api/v2/orders/a%2F..%2Fb/cancel"
    );
    assert_eq!((account.client_id.as_str(), account.client_secret.expose_secret()), ("shop", "hush"));
    assert_eq!(account.wire.channel, "hpp_ecommerce");
    assert!(account.wire.line_item_amount == LineItemAmount::Line);
    let sandbox = "https://static-paella-sandbox.billie.io/checkout/billie-checkout.js";
    assert_eq!(account.widget_script().unwrap().as_str(), sandbox);
    let production = Account::read(&with("base_url", json!("https://paella.billie.io/api/v2/"))).ok().unwrap();
    assert_eq!(production.url(&["orders"]).as_str(), "https://paella.billie.io/api/v2/orders");
    assert_eq!(production.widget_script().unwrap().as_str(), "https://static.billie.io/checkout/billie-checkout.js");
    let own = with("wire", json!({ "widget_script_url": "https://cdn.example/w.js" }));
    assert_eq!(Account::read(&own).ok().unwrap().widget_script().unwrap().as_str(), "https://cdn.example/w.js");
    assert!(Account::read(&with("disabled", json!(true))).is_ok());
}

#[test]
fn a_wrong_account_is_told_by_field_and_never_by_value() {
    const ADDRESS: &str = "must be https, or http on loopback, without user, query or fragment";
    let mut incomplete = document();
    incomplete.as_object_mut().unwrap().remove("client_secret");
    let rows = [
        (incomplete, "client_secret", "is required"),
        (with("surprise", json!("s3cret")), "surprise", "is not a field of this account"),
        (with("wire", json!({ "surprise": 1 })), "wire/surprise", "is not a field of this account"),
        (with("client_secret", json!(7_654_321)), "client_secret", "must be a string"),
        (with("webhook_keys", json!(["s3cret"])), "webhook_keys/0", "must be an object"),
        (
            with("webhook_keys", json!([{ "header": "X-Api-Key", "value": "" }])),
            "webhook_keys",
            "must each have the name of a header and a value",
        ),
        (
            with("webhook_keys", json!([{ "header": "X Api Key", "value": "k" }])),
            "webhook_keys",
            "must each have the name of a header and a value",
        ),
        (with("base_url", json!("http://paella.billie.io/api/v2")), "base_url", ADDRESS),
        (with("base_url", json!("s3cret")), "base_url", ADDRESS),
        (with("base_url", json!("https://me@paella.billie.io")), "base_url", ADDRESS),
        (with("base_url", json!("https://:s3cret@paella.billie.io")), "base_url", ADDRESS),
        (with("base_url", json!("https://paella.billie.io/?x=1")), "base_url", ADDRESS),
    ];
    for (document, field, rule) in rows {
        let error = Account::read(&document).err().unwrap();
        assert_eq!((error.field.as_str(), error.rule.as_str()), (field, rule));
    }
}

#[test]
fn the_order_of_the_page_is_read_field_by_field() {
    let sample: Value = serde_json::from_str(include_str!("../fixtures/order.json")).unwrap();
    let order: wire::Order = serde_json::from_str(include_str!("../fixtures/order.json")).unwrap();
    assert_eq!(order.uuid.0, "5ffdc1ad-7898-46f9-b604-499e03b4fcf7");
    assert_eq!((order.state.as_str(), order.decline_reason), ("created", None));
    assert_eq!(order.external_code.as_deref(), Some("order-1001"));
    let amount = order.amount.0.unwrap().0;
    assert_eq!((amount.net().minor(), amount.tax().minor(), amount.gross().minor()), (16_807, 3_193, 20_000));
    assert_eq!(order.unshipped_amount.0.unwrap().gross.0.to_string(), "200.00");
    let debtor = order.debtor.0.unwrap();
    assert_eq!(debtor.name.unwrap().reveal(), "Billie GmbH");
    let address = debtor.company_address.0.unwrap();
    for (part, wanted) in [
        (&address.street, "Charlottenstr."),
        (address.house_number.as_ref().unwrap(), "4"),
        (&address.postal_code, "10969"),
        (&address.city, "Berlin"),
        (&address.country, "DE"),
    ] {
        assert_eq!(part.reveal(), wanted);
    }
    let account = debtor.bank_account.unwrap();
    assert_eq!(account.iban.unwrap().reveal(), "DE00000000000123456789");
    assert_eq!(account.bic.unwrap().reveal(), "FRSDDEF1");
    assert!(order.invoices.0.unwrap().is_empty());
    let methods = order.payment_methods.0.unwrap();
    assert_eq!(methods[0].kind, "bank_transfer");
    let account = methods[0].data.as_ref().unwrap();
    assert_eq!(account.iban.as_ref().unwrap().reveal(), "DE00000000000123456789");
    assert_eq!(account.bic.as_ref().unwrap().reveal(), "FRSDDEF1");
    let read = [
        "/uuid",
        "/state",
        "/decline_reason",
        "/external_code",
        "/amount",
        "/unshipped_amount/gross",
        "/debtor/name",
        "/debtor/company_address",
        "/debtor/bank_account",
        "/invoices",
        "/payment_methods/0/type",
        "/payment_methods/0/data/iban",
        "/payment_methods/0/data/bic",
    ];
    let number = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let address = json!({
        "street": "Charlottenstr.", "house_number": "4", "postal_code": "10969", "city": "Berlin", "country": "DE"
    });
    let customer = json!({
        "merchant_customer_id": "BILLIE-00000001-1", "name": "Billie GmbH", "industry_sector": null, "address": address
    });
    let unused = [
        ("/unshipped_amount/net", number("168.07"), "only the whole is compared"),
        ("/unshipped_amount/tax", number("31.93"), "the same"),
        ("/duration", json!(14), "the order that we sent says so"),
        ("/created_at", json!("2022-12-13 12:34:56"), "ours counts, which names its zone"),
        ("/delivery_address", address.clone(), "the order that we sent says so"),
        ("/debtor/billing_address", address, "the same"),
        ("/debtor/external_data", customer, "the same"),
        ("/selected_payment_method", json!("bank_transfer"), "the account is given whatever was selected"),
        ("/payment_methods/0/data/bank_name", Value::Null, "the bank is in the account's number"),
    ];
    holds_nothing_else(&sample, &read, &unused);
}

#[test]
fn the_other_answers_of_the_page_are_read_field_by_field() {
    let sample = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let session: wire::PageSession = serde_json::from_str(include_str!("../fixtures/page-session.json")).unwrap();
    assert_eq!(session.session_id.0, "0b9e7a52-4f0a-4a53-9b4e-6d2f6f4f1a11");
    assert_eq!(session.hpp_url.as_str(), "https://payment-page.example/0b9e7a52");
    assert_eq!(session.expires_at.as_deref(), Some("2024-03-03 10:00:00"));
    let read = ["/session_id", "/hpp_url", "/expires_at"];
    holds_nothing_else(&sample(include_str!("../fixtures/page-session.json")), &read, &[]);
    let session: wire::WidgetSession = serde_json::from_str(include_str!("../fixtures/widget-session.json")).unwrap();
    assert_eq!(session.id.0, "8c0f6c35-2d0c-4b1e-8f43-93d6a86f2f10");
    holds_nothing_else(&sample(include_str!("../fixtures/widget-session.json")), &["/id"], &[]);
    let read: wire::Authorization = serde_json::from_str(include_str!("../fixtures/authorization.json")).unwrap();
    assert_eq!((read.state.as_deref(), read.decline_reason), (Some("authorized"), None));
    let debtor = read.debtor.0.unwrap();
    assert_eq!(debtor.name.reveal(), "Zeta Electronics Gold GmbH");
    let address = json!({
        "street": "Tannenweg", "house_number": "4", "postal_code": "77716", "city": "Haslach im Kinzigtal", "country": "DE"
    });
    assert_eq!(sample(debtor.company_address.reveal().get()), address);
    let read = ["/state", "/decline_reason", "/debtor/name", "/debtor/company_address"];
    holds_nothing_else(&sample(include_str!("../fixtures/authorization.json")), &read, &[]);
    let errors: wire::Errors = serde_json::from_str(include_str!("../fixtures/errors.json")).unwrap();
    assert_eq!(errors.errors[0].code, "request_validation_error");
    assert_eq!(errors.errors[0].source.as_deref(), Some("debtor.name"));
    let title = json!("This value should not be blank.");
    let unused = [("/errors/0/title", title, "it can repeat what was sent")];
    let errors = sample(include_str!("../fixtures/errors.json"));
    holds_nothing_else(&errors, &["/errors/0/code", "/errors/0/source"], &unused);
    let invoice =
        r#"{"uuid":"i-1","invoice_number":null,"amount":{"net":42.02,"gross":50.00,"tax":7.98},"state":"paid_out"}"#;
    let invoice: wire::Invoice = serde_json::from_str(invoice).unwrap();
    assert_eq!(
        (invoice.uuid.0.as_str(), invoice.invoice_number, invoice.state.as_deref()),
        ("i-1", None, Some("paid_out"))
    );
    assert_eq!(invoice.amount.0.unwrap().0.tax().minor(), 798);
}

#[test]
fn the_capabilities_hold_in_every_flow() {
    use payment::{DoubtPolicy as P, OperationKind as K};
    let rows = [
        (K::CreateSession, Flow::Redirect, P::Harmless, false),
        (K::CreateSession, Flow::Widget, P::Harmless, false),
        (K::CreateSession, Flow::Direct, P::None, false),
        (K::Confirm, Flow::Redirect, P::Repeat, false),
        (K::Confirm, Flow::Widget, P::Repeat, false),
        (K::Capture, Flow::Direct, P::Lookup, true),
        (K::Refund, Flow::Direct, P::None, true),
        (K::Cancel, Flow::Direct, P::Lookup, true),
    ];
    for (kind, flow, doubt, partial) in rows {
        let capability = CAPABILITIES.operation(kind, flow).unwrap();
        assert_eq!(
            (capability.doubt, capability.partial, capability.calls),
            (doubt, partial, true),
            "{kind:?} {flow:?}"
        );
    }
    assert!(CAPABILITIES.operation(K::Confirm, Flow::Direct).is_none());
}
