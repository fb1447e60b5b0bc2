//! What the providers' accounts may hold: each says it in its own folder, and `infra/merchant.schema.json` has all of it.

use providers::REGISTRY;

/// The end of what is written by hand.
const BEGIN: &str = "account.schema.json; CONTRIBUTING.md says how.\",\n";

/// A provider's field of the accounts.
fn account(provider: &str) -> String {
    let path = format!("shared/providers/src/{provider}/account.schema.json");
    let text = std::fs::read_to_string(crate::root().join(&path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    format!("        \"{provider}\": {}", text.trim_end().replace('\n', "\n        "))
}

#[test]
fn the_merchants_schema_has_what_every_provider_says_of_its_account() {
    let path = crate::root().join("infra/merchant.schema.json");
    let text = std::fs::read_to_string(&path).unwrap();
    let (before, found) = text.split_once(BEGIN).unwrap();
    let accounts: Vec<String> = REGISTRY.iter().map(|known| account(known.capabilities.provider)).collect();
    let expected = format!("      \"properties\": {{\n{}\n      }}\n    }}\n  }}\n}}\n", accounts.join(",\n"));
    crate::hold(&path, &format!("{before}{BEGIN}"), found, &expected, "");
}
