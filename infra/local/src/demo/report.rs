//! What the demo prints in the end.

use std::io::{self, Write};

use serde_json::Value;

use super::play::Played;

/// Prints a payment's timeline, then the events as the consumers got them.
pub(super) fn print(played: &Played, events: &[Value], out: &mut dyn Write) -> io::Result<()> {
    let payment = &played.payment;
    writeln!(out, "\n{} {} is {}", text(payment, "/provider"), text(payment, "/id"), text(payment, "/status"))?;
    writeln!(
        out,
        "  {:>3}  {:<44} {:<22} {:>10} {:>10} {:>10}",
        "#", "timeline", "status", "authorized", "captured", "refunded"
    )?;
    for line in &played.timeline {
        let amount = |name: &str| euros(line.pointer(&format!("/amounts/{name}")).and_then(Value::as_i64).unwrap_or(0));
        writeln!(
            out,
            "  {:>3}  {:<44} {:<22} {:>10} {:>10} {:>10}",
            line.pointer("/sequence").unwrap_or(&Value::Null),
            text(line, "/type"),
            text(line, "/status"),
            amount("authorized"),
            amount("captured"),
            amount("refunded"),
        )?;
    }
    writeln!(out, "  events received from both queues:")?;
    for event in events {
        let cause = text(event, "/data/cause/kind");
        writeln!(
            out,
            "  {:>3}  {:<44} {} by {cause}",
            text(event, "/sequence"),
            text(event, "/type"),
            text(event, "/id")
        )?;
    }
    Ok(())
}

fn text<'a>(document: &'a Value, pointer: &str) -> &'a str {
    document.pointer(pointer).and_then(Value::as_str).unwrap_or("")
}

fn euros(minor: i64) -> String {
    format!("{}.{:02}", minor / 100, minor % 100)
}
