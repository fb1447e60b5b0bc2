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

#[test]
fn the_example_of_a_merchant_has_an_account_at_every_provider() {
    let text = std::fs::read_to_string(crate::root().join("infra/merchant.example.json")).unwrap();
    let merchant: serde_json::Value = serde_json::from_str(&text).unwrap();
    let without =
        REGISTRY.iter().map(|known| known.capabilities.provider).filter(|id| merchant["accounts"][id].is_null());
    let without: Vec<&str> = without.collect();
    assert!(without.is_empty(), "infra/merchant.example.json has no account at {}", without.join(", "));
}
