//! Which payments a list is asked for.

use jiff::Timestamp;
use payment::ProviderId;
use store::{Filter, Named};

use crate::answer::Cursor;
use crate::problem::Problem;
use crate::read::{bad_query, each_once, limit_of};

/// The parameters that name payments. One of them at a time: each is looked up in an index of its own.
const NAMES: [&str; 3] = ["reference", "order_reference", "provider_reference"];

/// What is told of a name beside another one.
const ONE_NAME: &str = "must be the only one of reference, order_reference and provider_reference";

/// No name of a payment is longer, in bytes.
const LONGEST_NAME: usize = 200;

/// Reads the parameters of a list of payments.
pub(crate) fn filter(query: &[(String, String)]) -> Result<Filter, Problem> {
    each_once(query)?;
    let mut filter = Filter { limit: 20, ..Filter::default() };
    let mut name = None;
    for (parameter, value) in query {
        let wrong = |rule| bad_query(parameter, rule);
        match parameter.as_str() {
            "limit" => filter.limit = limit_of(value)?,
            "cursor" => {
                let position = Cursor::position(value);
                filter.after = Some(position.ok_or_else(|| wrong("must be the next_cursor of an earlier page"))?);
            }
            "status" => {
                let status = payment::Status::ALL.into_iter().find(|status| status.as_str() == value);
                filter.status = Some(status.ok_or_else(|| wrong("must be a payment status"))?);
            }
            "provider" => {
                let provider = value.parse().ok().filter(|id| providers::find(id).is_some());
                filter.provider = Some(provider.ok_or_else(|| wrong("must be a provider's id"))?);
            }
            "created_after" => filter.created_after = Some(time(parameter, value)?),
            "created_before" => filter.created_before = Some(time(parameter, value)?),
            known if NAMES.contains(&known) => {
                if name.replace((known, value)).is_some() {
                    return Err(wrong(ONE_NAME));
                }
            }
            _ => return Err(wrong("is not a parameter of this list")),
        }
    }
    filter.named = name.map(|(name, value)| named(name, value, filter.provider.as_ref())).transpose()?;
    Ok(filter)
}

/// What a name means. The provider's own ids are told apart by the provider alone.
fn named(name: &str, value: &str, provider: Option<&ProviderId>) -> Result<Named, Problem> {
    let value = value.to_owned();
    if name == "reference" {
        return Ok(Named::Reference(value));
    }
    if value.is_empty() || value.len() > LONGEST_NAME {
        return Err(bad_query(name, &format!("must have 1 to {LONGEST_NAME} characters")));
    }
    if name == "order_reference" {
        return Ok(Named::OrderReference(value));
    }
    let provider = provider.ok_or_else(|| bad_query("provider", "is required with provider_reference"))?;
    Ok(Named::ProviderReference(provider.clone(), value))
}

fn time(name: &str, value: &str) -> Result<Timestamp, Problem> {
    value.parse().map_err(|_| bad_query(name, "must be an RFC 3339 time"))
}
