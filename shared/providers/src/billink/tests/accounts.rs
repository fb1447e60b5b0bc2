//! The account document.

use super::*;

fn refused(document: &Value) -> crate::AccountError {
    parse(document).err().unwrap()
}

#[test]
fn an_account_needs_an_address_credentials_and_a_workflow() {
    let mut good = account_document("https://api.billink.nl");
    good["disabled"] = json!(true);
    good["webhook_secrets"] = json!([SECRET, OLD_SECRET]);
    good["wire"] = json!({"decode_webhook_secrets": true, "birth_date": "%Y-%m-%d", "credit": "v3/credit"});
    assert_eq!(parse(&good).unwrap().url("v3/credit").as_str(), "https://api.billink.nl/v3/credit");
    for (field, bad) in [
        ("base_url", json!("http://api.billink.nl")),
        ("base_url", json!("https://user@api.billink.nl")),
        ("base_url", json!("https://api.billink.nl?a=b")),
        ("username", json!("")),
        ("id", json!("")),
        ("workflow_number", json!("")),
        ("workflow_number", json!("one")),
        ("webhook_secrets", json!([SECRET, ""])),
        ("webhook_secrets", json!(["not base64"])),
    ] {
        let mut document = good.clone();
        document[field] = bad;
        assert_eq!(refused(&document).field, field);
    }
    let mut document = good.clone();
    document["wire"] = json!({"birth_date": "%!"});
    assert_eq!(refused(&document).field, "wire/birth_date");
    for field in ["base_url", "username", "id", "workflow_number"] {
        let mut document = good.clone();
        document.as_object_mut().unwrap().remove(field);
        assert_eq!(refused(&document).to_string(), format!("account document: {field}: is required"));
    }
}

#[test]
fn a_refusal_never_holds_a_value() {
    for (field, bad) in [
        ("id", json!(["hunter2"])),
        ("base_url", json!("hunter2")),
        ("webhook_secrets", json!("hunter2")),
        ("wire", json!({"decode_webhook_secrets": "hunter2"})),
        ("usrname", json!("hunter2")),
    ] {
        let mut document = account_document("https://api.billink.nl");
        document[field] = bad;
        assert!(!refused(&document).to_string().contains("hunter2"));
    }
}

#[test]
fn two_fields_of_one_object_must_not_have_one_name() {
    let read = |names: Value| {
        let mut document = account_document("https://api.billink.nl");
        document["wire"] = json!({ "names": names });
        parse(&document).map(|_| ())
    };
    for good in [
        json!({}),
        json!({"number": "amount", "amount": "number"}),
        // They are in other objects.
        json!({"number": "invoiceNumber", "description": "message", "status": "description", "paidOut": "amount"}),
    ] {
        assert!(read(good.clone()).is_ok(), "{good}");
    }
    for (names, told) in [
        (json!({"number": "amount"}), "number"),
        (json!({"amount": "number"}), "amount"),
        (json!({"amount": "x", "description": "x"}), "description"),
        (json!({"status": "code"}), "status"),
        (json!({"paidOut": "invoiceNumber"}), "paidOut"),
        (json!({"status": "paidOut"}), "status"),
    ] {
        let error = read(names.clone()).err().unwrap();
        let field = format!("wire/names/{told}");
        assert_eq!((error.field, error.rule.as_str()), (field, "must not be the name of another field"), "{names}");
    }
    let mut document = account_document("https://api.billink.nl");
    document["wire"] = json!({"track_and_trace": "number"});
    assert_eq!(refused(&document).field, "wire/track_and_trace");
    let unknown = read(json!({"paid_out": "paid"})).err().unwrap();
    assert_eq!(unknown.to_string(), "account document: wire/names/paid_out: is not a field of this account");
}
