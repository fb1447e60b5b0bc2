//! The account document.

use super::super::account::parse;
use super::*;

fn refused(document: &Value) -> String {
    parse(document).err().unwrap().to_string()
}

#[test]
fn a_document_is_refused_by_its_field_and_never_by_its_value() {
    for (field, bad) in [
        ("base_url", json!("http://api.billink.nl")),
        ("base_url", json!("https://hunter2@api.billink.nl")),
        ("base_url", json!("https://api.billink.nl?hunter2")),
        ("username", json!("")),
        ("id", json!("")),
        ("workflow_number", json!("")),
        ("workflow_number", json!("hunter2")),
        ("wire", json!({"order_quantity": "A><hunter2"})),
        ("wire", json!({"delivery_number": ""})),
        ("webhook_secrets", json!([""])),
    ] {
        let mut document = account_document("https://api.billink.nl");
        document[field] = bad;
        let told = refused(&document);
        assert!(told.starts_with(&format!("account document: {field}: ")) && !told.contains("hunter2"), "{told}");
    }
    for (field, bad) in [("id", json!(["hunter2"])), ("base_url", json!("hunter2")), ("hunter", json!("hunter2"))] {
        let mut document = account_document("https://api.billink.nl");
        document[field] = bad;
        assert!(!refused(&document).contains("hunter2"));
    }
    let mut short = account_document("https://api.billink.nl");
    short.as_object_mut().unwrap().remove("id");
    assert_eq!(refused(&short), "account document: id: is required");
}

#[test]
fn a_document_may_be_disabled_and_live_below_a_path() {
    let mut document = account_document("http://127.0.0.1:8080/base/");
    document["disabled"] = json!(true);
    let account = parse(&document).unwrap();
    let url = account.url(&account.wire.path_of("start-workflow"));
    assert_eq!(url.as_str(), "http://127.0.0.1:8080/base/v1/client/start-workflow");
    document["wire"] = json!({"path": "api", "paths": {"on-hold": "v1/on-hold"}});
    let wire = parse(&document).unwrap().wire;
    assert_eq!(["on-hold", "message"].map(|word| wire.path_of(word)), ["v1/on-hold", "api/message"]);
}
