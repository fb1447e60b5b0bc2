//! Pushes: the JSON one signed like a request, the form one signed over its fields.
//!
//! Source: docs.buckaroo.io/docs/integration-push-messages.

use jiff::Timestamp;
use url::Url;

use super::auth::{Signed, form_signature, nonce, seconds};
use super::books::{Side, Status, Transaction};
use super::{PushFormat, Settings, wire};
use crate::money;
use crate::webhooks::Hook;

/// The push about a transaction: to the request's URL (failures to the one for failures), else to the website's.
/// A request that did not pass validation is not pushed.
pub(crate) fn about(one: &Transaction, settings: &Settings, now: Timestamp) -> Option<Hook> {
    if one.status == Status::Invalid {
        return None;
    }
    of_type(one, wire::kind(one), settings, now)
}

/// The same with another transaction type; a form keeps its own.
pub(crate) fn of_type(one: &Transaction, kind: Option<&str>, settings: &Settings, now: Timestamp) -> Option<Hook> {
    let failed = matches!(
        one.status,
        Status::Failed | Status::Technical | Status::Rejected | Status::Cancelled | Status::CalledOff
    );
    let own = one.urls.push_failure.as_ref().filter(|_| failed).or(one.urls.push.as_ref());
    let url = Url::parse(own.or(settings.push_url.as_ref())?).ok()?;
    let (body, mut headers) = match settings.push_format {
        PushFormat::Json => json(one, kind, &url, settings, now),
        PushFormat::Form => {
            (form(&fields(one, settings, "brq_transaction_method"), "brq_signature", settings), Vec::new())
        }
    };
    let media_type = match settings.push_format {
        PushFormat::Json => "application/json; charset=utf-8",
        PushFormat::Form => "application/x-www-form-urlencoded",
    };
    headers.push(("content-type".to_owned(), media_type.to_owned()));
    let event = format!("{} {}", kind.unwrap_or("pending"), one.status.code().0);
    Some(Hook { event, about: one.key.clone(), url: url.to_string(), headers, body, sign: None })
}

fn json(
    one: &Transaction,
    kind: Option<&str>,
    url: &Url,
    settings: &Settings,
    now: Timestamp,
) -> (String, Vec<(String, String)>) {
    let body = wire::push(one, kind).to_string();
    let address = url.as_str().split_once("://").map_or("", |(_, rest)| rest);
    let signed = Signed {
        website_key: &settings.website_key,
        method: "POST",
        url: address.split('#').next().unwrap_or_default(),
        timestamp: &seconds(now),
        nonce: &nonce(),
        body: body.as_bytes(),
    };
    let header = signed.header(&settings.secret_key);
    (body, vec![("authorization".to_owned(), header)])
}

/// The `brq_` fields of a transaction, with the field name that carries the method.
fn fields(one: &Transaction, settings: &Settings, method: &str) -> Vec<(String, String)> {
    let amount = if one.side == Side::Debit { "brq_amount" } else { "brq_amount_credit" };
    let (code, text) = one.status.code();
    let detail = wire::sub_code(one);
    let mutation =
        if wire::kind(one).is_some_and(|kind| kind.starts_with('C')) { "Collecting" } else { "Informational" };
    let mut fields = vec![
        (amount.to_owned(), money::two_places(one.minor)),
        ("brq_currency".to_owned(), "EUR".to_owned()),
        ("brq_mutationtype".to_owned(), mutation.to_owned()),
        ("brq_statuscode".to_owned(), code.to_string()),
        ("brq_statusmessage".to_owned(), detail.as_ref().map_or(text.to_owned(), |(_, text)| text.clone())),
        ("brq_test".to_owned(), "true".to_owned()),
        ("brq_timestamp".to_owned(), wire::form_time(one.at)),
        (method.to_owned(), "Billink".to_owned()),
        ("brq_transactions".to_owned(), one.key.clone()),
        ("brq_websitekey".to_owned(), settings.website_key.clone()),
    ];
    let mut add = |name: &str, value: Option<String>| {
        fields.extend(value.map(|value| (name.to_owned(), value)));
    };
    add("brq_invoicenumber", one.invoice.clone());
    add("brq_ordernumber", one.order.clone());
    add("brq_description", one.description.clone());
    add("brq_statuscode_detail", detail.map(|(code, _)| code.to_owned()));
    add("brq_transaction_type", wire::kind(one).map(str::to_owned));
    add("brq_payment", one.payment_key.clone());
    if wire::kind(one) == Some("C070") {
        add("brq_relatedtransaction_refund", one.parent.clone());
    }
    fields.extend(one.additional.iter().map(|(name, value)| (format!("add_{name}"), value.clone())));
    fields.extend(one.custom.iter().map(|(name, value)| (format!("cust_{name}"), value.clone())));
    fields
}

/// The fields that the buyer brings back. The gateway writes its own names small or in capitals: capitals here, so that both
/// are met.
pub(crate) fn returned(one: &Transaction, settings: &Settings) -> String {
    let capitals = |(name, value): (String, String)| match name.split_once('_') {
        Some(("brq", rest)) => (format!("BRQ_{}", rest.to_uppercase()), value),
        Some((prefix, rest)) => (format!("{}_{rest}", prefix.to_uppercase()), value),
        None => (name, value),
    };
    let fields: Vec<_> = fields(one, settings, "brq_payment_method").into_iter().map(capitals).collect();
    form(&fields, "BRQ_SIGNATURE", settings)
}

/// Signs and encodes form fields.
fn form(fields: &[(String, String)], signature_name: &str, settings: &Settings) -> String {
    let signature = form_signature(fields, &settings.secret_key, settings.push_hash);
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(fields);
    form.append_pair(signature_name, &signature).finish()
}
