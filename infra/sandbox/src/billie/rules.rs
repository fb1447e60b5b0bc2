//! The sandbox's test data and Billie's fixed lists.
//!
//! Sources: docs.billie.io/docs/sandbox-testing-platform, docs.billie.io/reference/get_legal_forms.

use super::parts::Deal;
use crate::json::{Json, map};

/// What Billie thinks of a buyer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Approved,
    Waiting,
    Declined(&'static str),
}

/// Test data. The e-mail address decides first: `+decline+limit@`, `+decline+risk@`, `+decline+address@`,
/// `+decline+scoring@`, `+decline+unknown@`. Then the company: `invalid company name` and `Billie GmbH` at Chausseestr.
/// are not identified, a name with `waiting` in it needs a manual review. Everybody else is approved.
pub(crate) fn judge(deal: &Deal) -> Verdict {
    const EMAILS: [(&str, &str); 5] = [
        ("+decline+limit@", "debtor_limit_exceeded"),
        ("+decline+risk@", "risk_policy"),
        ("+decline+address@", "debtor_address"),
        ("+decline+scoring@", "risk_scoring_failed"),
        ("+decline+unknown@", "debtor_not_identified"),
    ];
    if let Some((_, reason)) = EMAILS.iter().find(|(part, _)| deal.email.contains(part)) {
        return Verdict::Declined(reason);
    }
    let name = deal.company.name.to_lowercase();
    let elsewhere = name == "billie gmbh" && deal.company.address.street().starts_with("Chausseestr");
    if name == "invalid company name" || elsewhere {
        return Verdict::Declined("debtor_not_identified");
    }
    if name.contains("waiting") { Verdict::Waiting } else { Verdict::Approved }
}

/// Reasons that a decline may have.
pub(crate) const REASONS: [&str; 5] =
    ["debtor_address", "debtor_not_identified", "risk_policy", "debtor_limit_exceeded", "risk_scoring_failed"];

/// Code, name, and the number that the form is registered under.
pub(crate) const LEGAL_FORMS: [(&str, &str, &str); 16] = [
    ("10001", "GmbH", "HR-NR"),
    ("90001", "GmbH & Co. KG", "HR-NR"),
    ("6022", "Einzelunternehmer", "Ust-ID"),
    ("6001", "Einzelfirma (HR)", "HR-NR"),
    ("3001", "Gewerbebetrieb", "Ust-ID"),
    ("4001", "GbR", "Ust-ID"),
    ("10201", "UG", "HR-NR"),
    ("11001", "AG", "HR-NR"),
    ("90101", "AG & Co. KG", "HR-NR"),
    ("8001", "KG", "HR-NR"),
    ("7001", "OHG", "HR-NR"),
    ("18001", "Stiftung", "Ust-ID"),
    ("13001", "e.V.", "Ust-ID"),
    ("12001", "e.G.", "HR-NR"),
    ("10101", "Ltd.", "HR-NR"),
    ("99999", "Sonstige", "Ust-ID"),
];

/// The list as the API gives it.
pub(crate) fn legal_forms() -> Json {
    let form = |(code, name, input): &(&str, &str, &str)| {
        map! { "code": Json::Number((*code).to_owned()), "name": *name, "required_input": *input, "required": 1_i64 }
    };
    map! { "items": LEGAL_FORMS.iter().map(form).collect::<Vec<_>>() }
}

/// A virtual account with valid check digits, the same for the same seed.
pub(crate) fn virtual_iban(seed: &str) -> String {
    let account = seed.bytes().fold(7_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)));
    let bban = format!("10010010{:010}", account % 10_000_000_000);
    let check = format!("{bban}131400").bytes().fold(0_u64, |rest, digit| (rest * 10 + u64::from(digit - b'0')) % 97);
    format!("DE{:02}{bban}", 98 - check)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn virtual_ibans_pass_the_check() {
        let iban = virtual_iban("Zeta Electronics Gold GmbH");
        let moved = format!("{}1314{}", &iban[4..], &iban[2..4]);
        let rest = moved.bytes().fold(0_u64, |rest, digit| (rest * 10 + u64::from(digit - b'0')) % 97);
        assert_eq!((iban.len(), rest), (22, 1));
    }
}
