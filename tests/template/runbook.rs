//! The runbook's words are those of the code: who is woken at night looks for what is really written.

use std::collections::BTreeSet;

use crate::document::Template;
use crate::{folders, read, sources};

/// What Lambda writes by itself.
const OF_LAMBDA: [&str; 2] = ["Task timed out", "Runtime exited"];

/// What stands in back-ticks in a text, outside of its blocks of code.
fn quoted(text: &str) -> Vec<String> {
    let prose: String = text.split("```").step_by(2).collect();
    let spans = prose.split('`').skip(1).step_by(2);
    spans.map(|span| span.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

#[test]
fn every_log_line_that_the_runbook_names_is_written_by_the_code() {
    let sources = sources();
    let sentence = |text: &&String| {
        let words = |c: char| c.is_ascii_lowercase() || " '…".contains(c);
        let first = text.chars().next().is_some_and(char::is_alphabetic);
        text.contains(' ') && first && text.chars().skip(1).all(words)
    };
    let all = quoted(&read("infra/RUNBOOK.md"));
    let lines: BTreeSet<&String> = all.iter().filter(sentence).collect();
    assert!(lines.len() > 8, "{lines:?}");
    for line in lines.into_iter().filter(|line| !OF_LAMBDA.contains(&line.as_str())) {
        // `…` stands for what is different each time.
        let beginning = line.split('…').next().unwrap().trim_end();
        assert!(sources.contains(beginning), "no code writes `{line}`");
    }
}

#[test]
fn every_word_with_a_hyphen_is_an_alarm_or_a_function_in_the_part_about_alarms() {
    let mut known: BTreeSet<String> = folders().into_iter().collect();
    for path in ["template.yaml", "infra/alarms/template.yaml", "infra/queue/template.yaml"] {
        for (_, alarm) in Template::load(path).resources("AWS::CloudWatch::Alarm") {
            let name = alarm["AlarmName"]["Fn::Sub"].as_str().unwrap();
            known.insert(name.rsplit_once('}').unwrap().1.trim_start_matches('-').to_owned());
        }
    }
    let hyphened = |text: &&String| text.contains('-') && text.chars().all(|c| c.is_ascii_lowercase() || c == '-');
    let runbook = read("infra/RUNBOOK.md");
    for word in quoted(runbook.split("## Tasks").next().unwrap()).iter().filter(hyphened) {
        let part_of_one = known.iter().any(|name| name == word || name.starts_with(&format!("{word}-")));
        assert!(part_of_one, "`{word}` is no alarm and no function");
    }
}

/// Whoever reads the lines about providers asks first: one provider or all, one merchant or all?
#[test]
fn every_line_about_a_provider_says_which_and_whose() {
    let sources = sources();
    for line in [
        "a provider was asked",
        "a provider does not accept the credentials",
        "an operation could not be sent",
        "a payment differs at its provider",
        "a parked message found its payment",
        "a payment could not be observed",
        "an operation could not be probed",
        "an operation is in doubt",
        "an operation needs a person",
    ] {
        let at = sources.find(&format!("\"{line}\"")).unwrap_or_else(|| panic!("no code writes {line}"));
        let call = &sources[sources[..at].rfind("tracing::").unwrap()..at];
        assert!(call.contains("%provider, %merchant, ") && call.contains("payment_id"), "{line}: {call}");
    }
}
