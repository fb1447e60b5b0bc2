//! Messages. Billie cannot be read here, so one that carries the agreed key is the best evidence that there is.

use payment::{Attestation, Dispute, News, OrderNews, ReceivableMessage, ReceivableNews};
use serde_json::Value;

use super::account::{Account, Wire};
use super::map::{SUCCESSES, Verdict, dispute_result, is_end, verdict};
use super::wire::Said;
use crate::billie::{bare_key, time, word};
use crate::{Addressee, Evidence, Inbound, Message, NotAuthentic};

pub(super) fn receive(account: &Account, inbound: Inbound<'_>) -> Result<Message, NotAuthentic> {
    let authentic = account.webhook_keys.is_in(inbound.headers, bare_key);
    if authentic { read(&account.wire, inbound) } else { Err(NotAuthentic::Forged) }
}

/// What a message says, whoever sent it. Messages have no name: their fields tell them apart.
pub(super) fn read(wire: &Wire, inbound: Inbound<'_>) -> Result<Message, NotAuthentic> {
    let said = wire.inward(inbound.body).ok_or(NotAuthentic::Unreadable)?;
    let dispute = said.at("/dispute_id").is_some();
    let order = (!dispute).then(|| authorization(wire, &said)).flatten();
    let receivable = dispute.then(|| of_dispute(&said)).flatten();
    let known = order.is_some() || receivable.is_some();
    let ids = ["/order_id", "/capture_id", "/dispute_id"].iter().filter_map(|name| said.id(name));
    let attested = |order| Evidence::Attested(Attestation::attested(News { order: Some(order), ..News::default() }));
    Ok(Message {
        addressees: ids.map(Addressee::ProviderReference).collect(),
        evidence: order.map_or(Evidence::Hint, attested),
        receivable: receivable.map(|news| ReceivableMessage {
            // The opening names its deadline and not its own time.
            occurred_at: said.text("/closed_at").and_then(time),
            dispute: said.id("/dispute_id"),
            about_dispute: Some(about_dispute(&said)),
            capture_reference: said.id("/capture_id"),
            ..ReceivableMessage::of(news)
        }),
        unrecognized: (!known).then(|| name_of(&said)),
        identity: inbound.body_hash(),
    })
}

/// The guide's authorization message: the example has `success`, and the prose speaks of a status whose values are on no
/// page. One that nobody knows takes nothing from a plain `success`, since no other evidence will come; two that do not
/// agree prove nothing, and neither does a success of what has ended.
fn authorization(wire: &Wire, said: &Said) -> Option<OrderNews> {
    let success = said.at("/success").map(of_success);
    let word = said.text("/status");
    let status = word.and_then(|status| wire.verdict(status));
    let verdict = match (success, status) {
        (Some(Some(Verdict::Authorized)), None) if word.is_some_and(is_end) => return None,
        (Some(success), None) => success?,
        (None, status) => status?,
        (Some(success), status) => success.filter(|_| success == status)?,
    };
    Some(OrderNews { provider_reference: Some(said.id("/order_id")?), ..OrderNews::of(verdict.state()) })
}

fn of_success(success: &Value) -> Option<Verdict> {
    let flag = success.as_bool().map(|flag| if flag { "true" } else { "false" });
    verdict(&SUCCESSES, flag.or_else(|| success.as_str())?)
}

/// docs.billie.io: a request for information names a capture and a reason, a result names how the dispute ended.
fn of_dispute(said: &Said) -> Option<ReceivableNews> {
    match said.at("/dispute_result") {
        Some(result) => dispute_result(result.as_str()?),
        None => said.id("/capture_id").and(said.text("/reason_code")).map(|_| ReceivableNews::Disputed),
    }
}

/// The codes and numbers of it. `reason`, `disputeResultDetails` and whatever else is written in words may be about a
/// person, and whether a deadline passed is told by the result.
fn about_dispute(said: &Said) -> Dispute {
    let (amount, currency) = said.any_amount().unzip();
    Dispute {
        reason_code: said.text("/reason_code").and_then(word),
        amount,
        currency,
        deadline: said.text("/defense_deadline").and_then(time),
        result: said.text("/dispute_result").and_then(word),
    }
}

fn name_of(said: &Said) -> String {
    let names = ["/event", "/type", "/dispute_result", "/status"].iter().filter_map(|name| said.text(name));
    names.filter_map(word).next().unwrap_or_else(|| "unnamed".to_owned())
}
