//! Every row of the status table for every action.

use super::super::map::{self, ACTIONS, AUTHORIZE, CAPTURE, PAY, REFUND, STATUSES};
use super::super::wire::Transaction;
use super::{Wire, told};

fn read(wire: &Wire<'_>) -> Transaction {
    serde_json::from_str(&wire.json()).unwrap()
}

#[test]
fn every_status_means_one_thing_for_every_action() {
    let codes = STATUSES.iter().map(|(code, ..)| *code).chain([691, 692, 0, 200]);
    let mut table = String::new();
    for code in codes {
        for action in ACTIONS {
            let answer = read(&Wire::new(code, action.transaction_type, "I"));
            let outcome = told(&map::outcome(action, &answer));
            table.push_str(&format!("{code} {:15} {outcome}\n", action.word));
        }
    }
    insta::assert_snapshot!(table);
}

#[test]
fn every_status_of_the_opening_transaction_says_one_thing_about_the_order() {
    let mut table = String::new();
    for code in STATUSES.iter().map(|(code, ..)| *code).chain([691]) {
        for action in [&AUTHORIZE, &PAY] {
            let seen = read(&Wire::new(code, action.transaction_type, "I"));
            let news = map::order_news(action, &seen);
            let told = news.map(|news| news.order.map(|order| (order.state, order.amount.map(|a| a.minor()))));
            table.push_str(&format!("{code} {:9} {told:?}\n", action.word));
        }
    }
    insta::assert_snapshot!(table);
}

#[test]
fn a_pending_opening_with_a_page_waits_for_the_buyer() {
    let page = r#","RequiredAction":{"RedirectURL":"https://testcheckout.buckaroo.nl/html/redirect.ashx?r=1","RequestedInformation":null,"PayRemainderDetails":null,"Name":"Redirect","TypeDeprecated":0}"#;
    for (more, waits) in [
        (page.to_owned(), true),
        (page.replace("\"Redirect\"", "\"PayRemainder\""), false),
        (page.replace("https://testcheckout.buckaroo.nl/html/redirect.ashx?r=1", ""), false),
        (page.replace("https://testcheckout.buckaroo.nl", "http://evil.example"), false),
        (page.replace("https://testcheckout.buckaroo.nl", "javascript:"), false),
        (page.replace("redirect.ashx", &"x".repeat(9_000)), false),
        (r#","RequiredAction":null"#.to_owned(), false),
    ] {
        let answer = read(&Wire { more: &more, ..Wire::new(790, "I069", "I") });
        let told = told(&map::outcome(&AUTHORIZE, &answer));
        assert_eq!(told.contains("AwaitingBuyer(Some(Redirect"), waits, "{told}");
        assert_eq!(told.contains("UnderReview"), !waits, "{told}");
    }
}

#[test]
fn an_answer_without_a_key_or_about_other_money_leaves_doubt() {
    let base = || Wire::new(190, "C073", "I");
    for (wire, expected) in [
        (Wire { key: None, ..base() }, "in doubt Unreadable"),
        (Wire { currency: "USD", ..base() }, "in doubt AmountMismatch"),
        (Wire { amount: Some(("AmountDebit", "121.001")), ..base() }, "in doubt AmountMismatch"),
        (Wire { amount: Some(("AmountDebit", "-121")), ..base() }, "in doubt AmountMismatch"),
        (Wire { amount: Some(("AmountCredit", "121.0")), ..base() }, "in doubt AmountMismatch"),
        (Wire { more: r#","AmountCredit":0.0"#, ..base() }, "done A1 12100"),
        (Wire { transaction_type: Some("C070"), ..base() }, "in doubt Unreadable"),
        (Wire { transaction_type: Some("C999"), ..base() }, "done A1 12100"),
        (Wire { transaction_type: None, amount: None, ..base() }, "done A1 -"),
        (Wire { amount: Some(("AmountDebit", "\"121.00\"")), ..base() }, "done A1 12100"),
    ] {
        assert_eq!(told(&map::outcome(&CAPTURE, &read(&wire))), expected);
    }
    let taken = Wire { amount: Some(("AmountDebit", "121.0")), ..Wire::new(190, "C070", "I") };
    assert_eq!(told(&map::outcome(&REFUND, &read(&taken))), "in doubt AmountMismatch", "a refund that takes money");
    let zero =
        Wire { amount: Some(("AmountCredit", "121.0")), more: r#","AmountDebit":0.0"#, ..Wire::new(190, "C070", "I") };
    assert_eq!(told(&map::outcome(&REFUND, &read(&zero))), "done A1 12100", "a zero beside what is given back");
    let given = Wire { amount: Some(("AmountCredit", "121.0")), ..Wire::new(190, "I069", "I") };
    assert!(map::order_news(&AUTHORIZE, &read(&given)).is_none());
}

#[test]
fn a_refusal_needs_no_key_and_no_amount() {
    let wire = Wire { key: None, amount: None, transaction_type: None, ..Wire::new(690, "I069", "I") };
    assert!(told(&map::outcome(&AUTHORIZE, &read(&wire))).starts_with("done - - Declined"));
    assert_eq!(told(&map::outcome(&REFUND, &read(&wire))), "refused 690 Rejected");
}

#[test]
fn a_validation_failure_names_parameters_and_never_their_values() {
    let errors = r#","RequestErrors":{"ChannelErrors":[],"ServiceErrors":null,"ActionErrors":[],"ParameterErrors":[{"Service":"Billink","Action":"Authorize","Name":"BirthDate","Error":"ParameterInvalid","ErrorMessage":"Invalid value 31-01-1990"},{"Name":"City"}],"CustomParameterErrors":[]}"#;
    let wire = Wire { key: None, more: errors, ..Wire::new(491, "I069", "I") };
    let told = told(&map::outcome(&AUTHORIZE, &read(&wire)));
    assert_eq!(told, "refused 491 BirthDate: ParameterInvalid, City: ?");
}

#[test]
fn a_refusal_has_our_own_words_for_its_code_and_none_of_the_gateways() {
    let free = "Test Acceptatie";
    let errors = format!(
        r#","RequestErrors":{{"ActionErrors":[{{"Name":"{free}","Error":"{free}","ErrorMessage":"{free}"}}]}}"#
    );
    for (code, sub_code, more, expected) in [
        ("690", "S103", "", "690/S103 Blocked by an anti-fraud rule"),
        ("690", "X1", "", "690/X1 Rejected"),
        ("490", "X1", "", "490/X1 Failed"),
        ("491", "", errors.as_str(), "491 ?: ?"),
        ("890", free, "", "890 Cancelled by user"),
    ] {
        let sub = format!(r#""SubCode":{{"Code":"{sub_code}","Description":"{free}"}}"#);
        let json = Wire { more, ..Wire::new(777, "C070", "I") }.json();
        let answer: Transaction =
            serde_json::from_str(&json.replace("777", code).replace("\"SubCode\":null", &sub)).unwrap();
        assert_eq!(told(&map::outcome(&REFUND, &answer)), format!("refused {expected}"));
    }
}

#[test]
fn a_buyer_who_is_declined_is_told_so_by_code_and_in_our_own_words() {
    let json = Wire::new(690, "I069", "I").json();
    for (sub_code, reason, words) in
        [("S103", "RiskPolicy", "Blocked by an anti-fraud rule"), ("X1", "CreditRefused", "Rejected")]
    {
        let sub = format!(r#""SubCode":{{"Code":"{sub_code}","Description":"Not accepted: J. Tester"}}"#);
        let answer: Transaction = serde_json::from_str(&json.replace("\"SubCode\":null", &sub)).unwrap();
        let declined = told(&map::outcome(&AUTHORIZE, &answer));
        let code = format!("690/{sub_code}");
        assert!([reason, words, &code].iter().all(|part| declined.contains(part)), "{declined}");
        assert!(!declined.contains("Not accepted"), "{declined}");
    }
}

#[test]
fn an_answer_without_a_status_is_not_processed_only_where_the_page_says_so() {
    for (http, body, expected) in [
        (400, r#"{"Message":"Access denied"}"#, "not sent"),
        (400, "", "not sent"),
        (400, "<html>", "in doubt Unreadable"),
        (400, r#"{"Key":"A1","Status":{"Code":{"Code":"190"}"#, "in doubt Unreadable"),
        (401, "", "not sent"),
        (403, "<html>", "not sent"),
        (404, "{}", "in doubt Unreadable"),
        (200, "{}", "in doubt Unreadable"),
        (200, "<html>", "in doubt Unreadable"),
        (302, "", "in doubt Unreadable"),
        (500, r#"{"Message":"x"}"#, "in doubt ServerError"),
        (503, "", "in doubt ServerError"),
    ] {
        assert_eq!(told(&map::without_status(http, body.as_bytes())), expected, "{http} {body}");
    }
}
