//! Every recorded answer, element by element. A `DESCRIPTION` is read nowhere: it can repeat what was sent.

use super::super::xml::Element;

fn leaf(name: &str, text: &str) -> Element {
    Element::leaf(name, text)
}

/// An answer that says how the call went.
fn of_call(result: &str, fields: &[(&str, &str)]) -> Element {
    let fields = fields.iter().map(|(name, text)| leaf(name, text)).collect();
    Element::node("API", vec![leaf("RESULT", result), Element::node(result, fields)])
}

/// The list of one that an answer about orders has.
fn list(name: &str, item: &str, fields: &[(&str, &str)]) -> Element {
    let fields = fields.iter().map(|(name, text)| leaf(name, text)).collect();
    Element::node(name, vec![Element::node(item, fields)])
}

fn message(content: Vec<Element>) -> Element {
    Element::node("API", vec![leaf("RESULT", "MSG"), Element::node("MSG", content)])
}

#[test]
fn every_recorded_answer_holds_these_elements_and_no_others() {
    let accepted = Element::node("MSG", vec![leaf("CODE", "500"), leaf("DESCRIPTION", "Advies=1")]);
    let uuid = leaf("UUID", "98ec1488-bb48-4b2b-9684-de924d5bdda8");
    let missing = "Missing CHECKUUID. Please use Check API to receive CHECKUUID for Product type 3 order.";
    let ordered = [("CODE", "200"), ("DESCRIPTION", "Order successfully added"), ("INVOICE", "1TSTO2014-05-28-2443")];
    let started = [("INVOICENUMBER", "KRKND-0001"), ("CODE", "500"), ("MESSAGE", "Workflow started")];
    let sentence = "Credit applied: 1.50 EURO.; step restarted.";
    let credited = [("INVOICENUMBER", "KRKND-0001"), ("CODE", "200"), ("MESSAGE", sentence)];
    let unknown = [("INVOICENUMBER", ""), ("STATUS", "-1"), ("DESCRIPTION", "Order not found")];
    for (name, sample, wanted) in [
        (
            "check",
            include_str!("../fixtures/check.response.xml"),
            Element::node("API", vec![leaf("RESULT", "MSG"), accepted, uuid]),
        ),
        (
            "check rejected",
            include_str!("../fixtures/check-rejected.response.xml"),
            of_call("MSG", &[("CODE", "501"), ("DESCRIPTION", "Advies=0")]),
        ),
        ("order", include_str!("../fixtures/order.response.xml"), of_call("MSG", &ordered)),
        (
            "order error",
            include_str!("../fixtures/order-error.response.xml"),
            of_call("ERROR", &[("CODE", "441"), ("DESCRIPTION", missing)]),
        ),
        (
            "start",
            include_str!("../fixtures/start.response.xml"),
            message(vec![leaf("CODE", "500"), list("STATUSES", "ITEM", &started)]),
        ),
        (
            "start error",
            include_str!("../fixtures/start-error.response.xml"),
            of_call("ERROR", &[("CODE", "704"), ("DESCRIPTION", "Unknown invoice number: I2014.001.234")]),
        ),
        ("credit", include_str!("../fixtures/credit.response.xml"), message(vec![list("STATUSES", "ITEM", &credited)])),
        (
            "status unknown",
            include_str!("../fixtures/status-unknown.response.xml"),
            message(vec![leaf("CODE", "200"), list("INVOICES", "INVOICE", &unknown)]),
        ),
    ] {
        assert!(Element::read(sample.as_bytes()) == Some(wanted), "{name}");
    }
}
