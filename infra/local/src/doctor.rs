//! Whether merchant documents can be used: against the rules of every account, and where asked for, by asking each
//! provider whether it knows the credentials.

use std::io::{self, Write};
use std::time::Duration;

use futures::future::join_all;
use providers::{CredentialCheck, Deadline, Transport};
use runtime::FixedMerchants;
use service::Faults;

/// What a provider has to answer in.
const PATIENCE: Duration = Duration::from_secs(20);

/// Merchant documents, and the name that people know them by.
pub struct Documents {
    /// A file, or what stands in its place.
    pub name: String,
    /// A JSON array of documents, or one document.
    pub text: String,
}

impl Documents {
    /// Whether every document can be used, and with `live` every account: it says so line by line.
    ///
    /// # Errors
    /// When nothing can be written.
    pub async fn examine(&self, live: bool, out: &mut impl Write) -> io::Result<bool> {
        let merchants = match FixedMerchants::from_json(&self.text, &Transport::default()) {
            Ok(merchants) => merchants,
            Err(faults) => {
                writeln!(out, "{}", self.wrong(&faults))?;
                return Ok(false);
            }
        };
        let mut fine = true;
        for merchant in merchants.iter() {
            let checks = merchant.accounts().map(async |(provider, account)| {
                let found = match live {
                    true => Some(account.adapter.check_credentials(Deadline::within(PATIENCE)).await),
                    false => None,
                };
                (provider, account.disabled, found)
            });
            writeln!(out, "{}: merchant {}: the document is in order", self.name, merchant.id)?;
            for (provider, disabled, found) in join_all(checks).await {
                let (good, words) = found.map_or((true, "the account is in order; --live asks the provider"), told);
                let off = if disabled { " (disabled)" } else { "" };
                writeln!(out, "{}: merchant {}: {provider}{off}: {words}", self.name, merchant.id)?;
                fine &= good;
            }
        }
        Ok(fine)
    }

    /// What is wrong, a line each, with the file and the field.
    pub fn wrong(&self, faults: &Faults) -> String {
        let line = |fault: &service::FieldError| format!("{}: {} {}", self.name, place(&fault.pointer), fault.detail);
        faults.iter().map(line).collect::<Vec<_>>().join("\n")
    }
}

fn place(pointer: &str) -> &str {
    if pointer.is_empty() { "/" } else { pointer }
}

/// Whether nothing has to be done about it, and what it means.
const fn told(check: CredentialCheck) -> (bool, &'static str) {
    match check {
        CredentialCheck::Accepted => (true, "the provider accepts the credentials"),
        CredentialCheck::Refused => (false, "the provider REFUSES the credentials"),
        CredentialCheck::Unreachable => (false, "the provider could NOT BE REACHED"),
        CredentialCheck::Unclear => (false, "the provider's answer says NEITHER that it accepts nor that it refuses"),
        CredentialCheck::CannotBeKnown => (true, "cannot be checked without an effect, so NOT CHECKED"),
    }
}
