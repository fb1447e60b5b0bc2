//! Whatever the contract, the deployment and the merchants' documents have one of for each provider, from the files in its
//! folder: one that is added is in all of them by their next making.

use providers::{Capabilities, REGISTRY};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{hold, read};

fn every() -> impl Iterator<Item = &'static Capabilities> {
    REGISTRY.iter().map(|known| known.capabilities)
}

/// A file in the provider's folder.
fn own(provider: &str, name: &str) -> String {
    format!("shared/providers/src/{provider}/{name}")
}

/// Each word with a capital first, and all of them as one.
fn joined(words: &str) -> String {
    let capital = |word: &str| word.split_at_checked(1).map(|(first, rest)| first.to_uppercase() + rest);
    words.split(|c: char| !c.is_ascii_alphanumeric()).filter_map(capital).collect()
}

fn indented(text: &str, by: usize) -> String {
    let indent = " ".repeat(by);
    text.lines().map(|line| if line.is_empty() { "\n".into() } else { format!("{indent}{line}\n") }).collect()
}

/// What a provider's accounts may hold: `account.schema.json`.
#[test]
fn the_merchants_schema_has_what_every_provider_says_of_its_account() {
    let field = |known: &Capabilities| {
        let schema = read(&own(known.provider, "account.schema.json"));
        format!("        \"{}\": {}", known.provider, schema.trim_end().replace('\n', "\n        "))
    };
    let fields: Vec<String> = every().map(field).collect();
    let begin = "account.schema.json; CONTRIBUTING.md says how.\",\n      \"properties\": {\n";
    hold("infra/merchant.schema.json", begin, "\n      }\n    }\n  }\n}\n", |_| fields.join(",\n"));
}

/// The last example of `account.schema.json`, with what an account has as a rule.
#[test]
fn the_example_of_a_merchant_has_an_account_at_every_provider() {
    #[derive(Deserialize)]
    struct Schema {
        examples: Vec<Box<RawValue>>,
    }

    let account = |known: &Capabilities| {
        let schema: Schema = serde_json::from_str(&read(&own(known.provider, "account.schema.json"))).unwrap();
        let [_, usual] = schema.examples.as_slice() else { panic!("{}: two examples of an account", known.provider) };
        format!("    \"{}\": {}", known.provider, usual.get())
    };
    let accounts: Vec<String> = every().map(account).collect();
    hold("infra/merchant.example.json", "\"accounts\": {\n", "\n  }\n}\n", |_| accounts.join(",\n"));
}

/// The schema of a provider's options, by its name; none where it has none.
fn options(known: &Capabilities) -> Option<(String, String)> {
    let schema = || read(&own(known.provider, "options.yaml"));
    (!known.options.is_empty()).then(|| (format!("{}Options", joined(known.name)), schema()))
}

/// `options.yaml`.
#[test]
fn the_contract_has_every_providers_options() {
    let rule = |known: &Capabilities| {
        let fits = options(known).map_or_else(
            || "{ maxProperties: 0 }".to_owned(),
            |(name, _)| format!("{{ $ref: \"#/components/schemas/{name}\" }}"),
        );
        let is_required = known.required_fields.iter().any(|field| field.starts_with("/options/"));
        let required = if is_required { ", required: [options]" } else { "" };
        let provider = known.provider;
        format!(
            "        - if: {{ properties: {{ provider: {{ const: {provider} }} }} }}\n          \
             then: {{ properties: {{ options: {fits} }}{required} }}\n"
        )
    };
    let begin = "        # options by provider: begin\n";
    hold("openapi.yaml", begin, "        # options by provider: end\n", |_| every().map(rule).collect());
    let schemas = every().filter_map(options).map(|(name, schema)| format!("    {name}:\n{}", indented(&schema, 6)));
    let begin = "    # options: begin, from shared/providers/src/*/options.yaml\n";
    hold("openapi.yaml", begin, "    # options: end\n", |_| schemas.collect());
}

#[test]
fn only_providers_that_there_are_can_be_switched_off() {
    let one = every().map(|known| known.provider).collect::<Vec<_>>().join("|");
    let begin = "  DisabledProviders:\n    Type: String\n    Default: \"\"\n    AllowedPattern: \"";
    hold("template.yaml", begin, "\"\n", |_| format!("(({one})(,({one}))*)?"));
}

/// The first one is the pattern of the others.
#[test]
fn every_provider_has_the_alarm_that_the_first_one_has() {
    let begin = "  # provider errors: begin, each the first one with its own name\n";
    hold("infra/alarms/template.yaml", begin, "  # provider errors: end\n", |found| {
        let ids: Vec<&str> = every().map(|known| known.provider).collect();
        let next = |(at, _): (usize, &str)| (!found[at + 3..].starts_with(' ')).then_some(at + 1);
        let pattern = &found[..found.match_indices("\n  ").find_map(next).unwrap_or(found.len())];
        let of = |id: &&str| pattern.replace(ids[0], id).replace(&joined(ids[0]), &joined(id));
        ids.iter().map(of).collect()
    });
}

/// CloudWatch charges an alarm by the metrics that it looks at. Tests run in the order of their names, so the alarms are made
/// before they are counted.
#[test]
fn the_readme_counts_what_the_alarms_look_at() {
    let of_file = |path: &&str| {
        let text = read(path);
        let alarms = text.split("Type: AWS::CloudWatch::Alarm").skip(1);
        alarms.map(|alarm| alarm.matches("MetricStat:").count().max(1)).sum::<usize>()
    };
    let metrics: usize =
        ["template.yaml", "infra/alarms/template.yaml", "infra/queue/template.yaml"].iter().map(of_file).sum();
    let begin = "0.10 for each metric that an alarm looks at (";
    hold("README.md", begin, " with one event queue)", |_| metrics.to_string());
}
