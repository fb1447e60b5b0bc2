//! Merchants that may use Billie through the PSP.

use super::bodies::Enable;
use super::books::Merchant;
use super::{PSP_ID, State, conflict, not_yours};
use crate::json::{Json, map};
use crate::message::Answer;

/// Gives a merchant its id, once, in markets that are open to the PSP.
pub(crate) fn enable(state: &mut State, body: &Json) -> Result<Answer, Answer> {
    let wanted = Enable::read(body)?;
    if wanted.psp.is_some_and(|psp| psp != PSP_ID) {
        return Err(not_yours("PSP"));
    }
    if wanted.countries.iter().any(|country| !state.settings.countries.contains(country)) {
        return Err(not_yours("market"));
    }
    if state.books.merchants.iter().any(|merchant| merchant.reference == wanted.reference) {
        return Err(conflict("merchant_exists", "The merchant is enabled already"));
    }
    let id = uuid::Uuid::new_v4().to_string();
    let answer = Answer::json(201, map! { "merchant_id": &id });
    state.books.merchants.push(Merchant { id, reference: wanted.reference, name: wanted.name });
    Ok(answer)
}
