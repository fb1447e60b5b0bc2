//! Where the providers' names may stand: what is for all of them knows none of them.

use std::path::Path;

use providers::REGISTRY;

/// What of the code may name a provider outside the providers' own files, beside the lines that bring these in: their
/// list, and what is about the functions that their messages come to.
const ALLOWED: [&str; 3] = ["shared/providers/src/list.rs", "functions/webhook-", "infra/local/src/functions.rs"];

/// Where the providers' own files begin with their names.
const OWN: [&str; 3] = ["shared/providers/src/", "infra/sandbox/src/", "infra/local/src/demo/scenarios/"];

/// The first word of each provider's name for people, lower case.
fn names() -> Vec<String> {
    let first = |known: &providers::Registered| known.capabilities.name.split(' ').next().unwrap().to_lowercase();
    REGISTRY.iter().map(first).collect()
}

/// Whether a line has the name as a word: alone, or as a part of an identifier like `TwoParts` and `two_parts`.
fn has(line: &str, name: &str) -> bool {
    let lower = line.to_ascii_lowercase();
    lower.match_indices(name).any(|(at, _)| {
        let (before, rest) = line.split_at(at);
        let (found, after) = rest.split_at(name.len());
        ends(before.chars().next_back(), found.chars().next()) && ends(found.chars().next_back(), after.chars().next())
    })
}

/// Whether a word ends between these two: where one of them is no letter, or the second is a hump.
fn ends(one: Option<char>, other: Option<char>) -> bool {
    let (Some(one), Some(other)) = (one, other) else { return true };
    !one.is_alphabetic() || !other.is_alphabetic() || (one.is_lowercase() && other.is_uppercase())
}

/// The Rust files below a folder, by their paths from the root of the repository.
pub(crate) fn collect(root: &Path, folder: &str, found: &mut Vec<String>) {
    let mut all = Vec::new();
    collect_all(root, folder, &mut all);
    found.extend(all.into_iter().filter(|path| path.contains("/src/")));
}

/// The same, those that are for tests, too.
pub(crate) fn collect_all(root: &Path, folder: &str, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(root.join(folder)).unwrap() {
        let entry = entry.unwrap();
        let path = format!("{folder}/{}", entry.file_name().to_str().unwrap());
        if entry.file_type().unwrap().is_dir() {
            collect_all(root, &path, found);
        } else if path.ends_with(".rs") {
            found.push(path);
        }
    }
}

#[test]
fn a_providers_name_stands_only_where_something_is_about_that_provider() {
    let (root, names, mut files) = (crate::root(), names(), Vec::new());
    for folder in ["shared", "functions", "infra/local", "infra/sandbox"] {
        collect(&root, folder, &mut files);
    }
    let first = |file: &str| file.split(|c: char| !c.is_alphanumeric()).next().unwrap().to_owned();
    let of_provider = |file: &str| names.contains(&first(file));
    let own = |path: &str| OWN.iter().any(|folder| path.strip_prefix(folder).is_some_and(of_provider));
    files.retain(|path| !own(path) && !ALLOWED.iter().any(|allowed| path.starts_with(allowed)));
    assert!(!files.is_empty());
    let mut found = Vec::new();
    for path in &files {
        let text = std::fs::read_to_string(root.join(path)).unwrap();
        for (n, line) in text.lines().enumerate() {
            let brings_in = line.strip_prefix("mod ").is_some_and(of_provider);
            if !brings_in && names.iter().any(|name| has(line, name)) {
                found.push(format!("{path}:{}: {}", n + 1, line.trim()));
            }
        }
    }
    assert!(found.is_empty(), "a provider's name stands where none belongs:\n{}", found.join("\n"));
}

#[test]
fn a_name_is_a_word_and_no_part_of_one() {
    for line in ["two", "Two's page", "at `two`", "struct TwoAccount;", "is_two_page", "TWO_PAGES", "two1", "ofTwo()"] {
        assert!(has(line, "two"), "{line}");
    }
    for line in ["network", "Network", "NETWORK", "twofold", "Twofold", "netTwofold", ""] {
        assert!(!has(line, "two"), "{line}");
    }
    assert!(has("the BillAgainOptions", "billagain") && !has("Billing again", "billagain"));
}
