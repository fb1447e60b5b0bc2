//! Alarms: each says what to do, and none waits for a log line that nobody writes.

use std::collections::BTreeSet;

use serde_json::Value;
use service::ProblemCode;

use crate::code::Code;
use crate::document::Template;
use crate::{folders, read, sources};

const TEMPLATES: [&str; 3] = ["template.yaml", "infra/alarms/template.yaml", "infra/queue/template.yaml"];

/// The sections that a heading makes.
fn sections() -> BTreeSet<String> {
    let anchor = |heading: &str| heading.trim_start_matches('#').trim().to_lowercase().replace(' ', "-");
    read("infra/RUNBOOK.md").lines().filter(|line| line.starts_with("##")).map(anchor).collect()
}

#[test]
fn every_alarm_names_its_section_of_the_runbook_and_somebody_to_tell() {
    let sections = sections();
    let mut named = BTreeSet::new();
    for path in TEMPLATES {
        for (name, alarm) in Template::load(path).resources("AWS::CloudWatch::Alarm") {
            let text = &alarm["AlarmDescription"];
            let text = text.as_str().or_else(|| text["Fn::Sub"].as_str()).unwrap();
            let (_, section) =
                text.split_once("infra/RUNBOOK.md#").unwrap_or_else(|| panic!("{name} names no section"));
            assert!(sections.contains(section), "{name}: infra/RUNBOOK.md has no {section}");
            assert!(alarm["AlarmActions"][0].get("Ref").is_some(), "{name} tells nobody");
            assert!(
                alarm["AlarmName"]["Fn::Sub"].as_str().is_some_and(|n| n.contains("${Stage}") || n.contains("${Name}"))
            );
            named.insert(section.to_owned());
        }
    }
    let alarms = read("infra/RUNBOOK.md").split("## Tasks").next().unwrap().to_owned();
    let described =
        alarms.lines().filter_map(|line| line.strip_prefix("### ")).map(|h| h.to_lowercase().replace(' ', "-"));
    assert_eq!(described.collect::<BTreeSet<_>>(), named, "the runbook describes the alarms that there are");
}

#[test]
fn every_function_is_watched() {
    let alarms = Template::load("infra/alarms/template.yaml");
    for metric in ["Throttles", "Duration"] {
        let mut watched = BTreeSet::new();
        for (_, alarm) in alarms.resources("AWS::CloudWatch::Alarm") {
            let several = alarm["Metrics"].as_array().into_iter().flatten().map(|m| &m["MetricStat"]["Metric"]);
            for stat in several.chain([alarm]).filter(|stat| stat["MetricName"] == metric) {
                watched.insert(stat["Dimensions"][0]["Value"]["Fn::Sub"].as_str().unwrap().to_owned());
            }
            let most =
                alarm["Metrics"].as_array().map_or(0, |m| m.iter().filter(|m| m.get("MetricStat").is_some()).count());
            assert!(most <= 10, "an alarm looks at ten metrics at most");
        }
        let all = folders().into_iter().map(|folder| format!("paylater-${{Stage}}-{folder}")).collect();
        assert_eq!(watched, all, "{metric}");
    }
}

/// The texts in quotes and the fields of a filter's pattern.
pub(crate) fn words_of(pattern: &str) -> Vec<String> {
    let quoted = pattern.split('"').skip(1).step_by(2).map(str::to_owned);
    let fields = pattern.split("$.").skip(1).map(|rest| rest.split([' ', '=', '>']).next().unwrap().to_owned());
    quoted.chain(fields.filter(|field| field != "message")).collect()
}

#[test]
fn every_metric_filter_waits_for_a_line_that_the_code_writes() {
    let (alarms, sources) = (Template::load("infra/alarms/template.yaml"), sources());
    let mut wanted = BTreeSet::new();
    let groups: Vec<String> = folders().into_iter().map(|folder| format!("/paylater/${{Stage}}/{folder}")).collect();
    for (name, filter) in alarms.resources("AWS::Logs::MetricFilter") {
        let group = filter["LogGroupName"]["Fn::Sub"].as_str().unwrap();
        assert!(groups.iter().any(|known| known == group), "{name}: {group}");
        wanted.extend(words_of(filter["FilterPattern"].as_str().unwrap()));
    }
    assert!(wanted.len() > 8);
    for word in &wanted {
        let quoted = sources.contains(&format!("\"{word}\""));
        let field = sources.contains(&format!("{word} = ")) || sources.contains(&format!("{word}, "));
        let written = quoted || field;
        assert!(written, "no code logs {word}");
    }
}

#[test]
fn every_metric_of_our_own_has_an_alarm_or_a_place_on_the_dashboard() {
    let alarms = Template::load("infra/alarms/template.yaml");
    let made: BTreeSet<String> = alarms
        .resources("AWS::Logs::MetricFilter")
        .iter()
        .map(|(_, filter)| filter["MetricTransformations"][0]["MetricName"].as_str().unwrap().to_owned())
        .collect();
    let body = alarms.at("/Resources/Dashboard/Properties/DashboardBody/Fn::Sub").as_str().unwrap();
    let dashboard: Value = serde_json::from_str(body).unwrap();
    assert_eq!(dashboard["widgets"].as_array().unwrap().len(), 12);
    for metric in &made {
        assert!(body.contains(metric.as_str()), "{metric} is not on the dashboard");
    }
    for (name, alarm) in alarms.resources("AWS::CloudWatch::Alarm") {
        let several = alarm["Metrics"].as_array().into_iter().flatten().map(|m| &m["MetricStat"]["Metric"]);
        for stat in several.chain([alarm]).filter(|stat| stat["Namespace"].get("Fn::Sub").is_some()) {
            assert!(made.contains(stat["MetricName"].as_str().unwrap()), "{name} watches what nobody writes");
        }
    }
}

#[test]
fn an_alarm_on_how_things_stand_stays_as_long_as_its_cause() {
    let alarms = Template::load("infra/alarms/template.yaml");
    let filters = alarms.resources("AWS::Logs::MetricFilter");
    // What one sweep did is no gauge.
    let said = |filter: &Value| filter["FilterPattern"].as_str().is_some_and(|pattern| pattern.contains("\"swept\""));
    let gauge = |filter: &Value| said(filter) && filter["MetricTransformations"][0]["MetricName"] != "sweep_failures";
    let names = filters.iter().filter(|(_, filter)| gauge(filter));
    let mut gauges: BTreeSet<&str> =
        names.map(|(_, filter)| filter["MetricTransformations"][0]["MetricName"].as_str().unwrap()).collect();
    assert_eq!(gauges.len(), 4);
    for (name, alarm) in alarms.resources("AWS::CloudWatch::Alarm") {
        if alarm["MetricName"].as_str().is_some_and(|metric| gauges.remove(metric)) {
            assert_eq!(alarm["Statistic"], "Maximum", "{name}");
            assert_eq!(alarm["TreatMissingData"], "ignore", "{name}: that nobody looked does not end it");
        }
    }
    assert!(gauges.is_empty(), "no alarm watches {gauges:?}");
}

/// The functions whose code may ask a provider to change something.
fn asking(code: &Code) -> BTreeSet<String> {
    let asks = |folder: &String| code.reached_from(folder).keys().any(|node| node.name == "note_asked");
    folders().into_iter().filter(asks).collect()
}

#[test]
fn every_request_to_a_provider_is_counted_by_its_provider_doubt_included() {
    let (alarms, asking) = (Template::load("infra/alarms/template.yaml"), asking(&Code::read()));
    assert!(asking.contains("capture") && asking.contains("settle") && !asking.contains("get-payment"), "{asking:?}");
    let filters = alarms.resources("AWS::Logs::MetricFilter");
    let groups = |metric: &str| -> BTreeSet<String> {
        let counted = filters.iter().filter(|(_, f)| f["MetricTransformations"][0]["MetricName"] == metric);
        let group = |filter: &Value| {
            assert_eq!(filter["MetricTransformations"][0]["Dimensions"][0]["Value"], "$.provider", "{metric}");
            filter["LogGroupName"]["Fn::Sub"].as_str().unwrap().rsplit('/').next().unwrap().to_owned()
        };
        counted.map(|(_, filter)| group(filter)).collect()
    };
    assert_eq!(groups("provider_requests"), asking);
    assert_eq!(groups("provider_failures"), asking);
    for (name, filter) in &filters {
        let pattern = words_of(filter["FilterPattern"].as_str().unwrap());
        let unsent = "an operation could not be sent";
        match filter["MetricTransformations"][0]["MetricName"].as_str().unwrap() {
            // Where nobody is asked any more, because nothing can be sent, there is still a share that failed.
            "provider_requests" => assert_eq!(pattern, ["a provider was asked", unsent], "{name}"),
            "provider_failures" => {
                let doubt = ["a provider was asked", "not_sent", "in_doubt", unsent, "outcome", "outcome"];
                assert_eq!(pattern, doubt, "{name}");
            }
            _ => {}
        }
    }
}

#[test]
fn every_provider_has_an_alarm_that_a_small_shop_can_set_off() {
    let alarms = Template::load("infra/alarms/template.yaml");
    let mut watched = BTreeSet::new();
    for (name, alarm) in alarms.resources("AWS::CloudWatch::Alarm") {
        let Some(metrics) = alarm["Metrics"].as_array() else { continue };
        let of = |id: &str| metrics.iter().find(|m| m["Id"] == id).map(|m| &m["MetricStat"]["Metric"]);
        let Some(failed) = of("failed").filter(|metric| metric["MetricName"] == "provider_failures") else { continue };
        let asked = of("asked").unwrap();
        assert_eq!((&asked["MetricName"], &asked["Dimensions"]), (&"provider_requests".into(), &failed["Dimensions"]));
        let rule = metrics[0]["Expression"].as_str().unwrap();
        assert!(rule.ends_with("IF(FILL(failed, 0) > 2, 100, 0))"), "{name}: three of few are enough");
        watched.insert(failed["Dimensions"][0]["Value"].as_str().unwrap().to_owned());
    }
    let all: BTreeSet<String> =
        providers::REGISTRY.iter().map(|known| known.capabilities.provider.to_owned()).collect();
    assert_eq!(watched, all, "no alarm watches {:?}", &all - &watched);
}

#[test]
fn what_is_not_authentic_is_counted_at_every_address_that_a_provider_is_given() {
    is_counted("signature_failures", &[ProblemCode::Unauthorized]);
}

#[test]
fn what_cannot_be_read_is_counted_at_every_address_that_a_provider_is_given_and_one_of_it_alarms() {
    let codes = [ProblemCode::InvalidJson, ProblemCode::UnsupportedMediaType, ProblemCode::BodyTooLarge];
    is_counted("unreadable_messages", &codes);
    let alarms = Template::load("infra/alarms/template.yaml");
    let alarms = alarms.resources("AWS::CloudWatch::Alarm");
    let (_, alarm) = alarms.iter().find(|(_, alarm)| alarm["MetricName"] == "unreadable_messages").unwrap();
    assert_eq!((&alarm["Statistic"], &alarm["Threshold"]), (&"Sum".into(), &0.into()));
}

/// Every address that a provider is given counts its messages that are answered with one of these.
fn is_counted(metric: &str, codes: &[ProblemCode]) {
    let alarms = Template::load("infra/alarms/template.yaml");
    let filters = alarms.resources("AWS::Logs::MetricFilter");
    let mut groups = BTreeSet::new();
    for (name, filter) in filters.iter().filter(|(_, f)| f["MetricTransformations"][0]["MetricName"] == metric) {
        let words = words_of(filter["FilterPattern"].as_str().unwrap());
        let wanted = ["answered"].into_iter().chain(codes.iter().map(|code| code.as_str()));
        assert_eq!(
            words.iter().filter(|word| *word != "code").collect::<Vec<_>>(),
            wanted.collect::<Vec<_>>(),
            "{name}"
        );
        groups.insert(filter["LogGroupName"]["Fn::Sub"].as_str().unwrap());
    }
    for known in providers::REGISTRY {
        let group = format!("/paylater/${{Stage}}/webhook-{}", known.capabilities.webhook_path);
        assert!(groups.contains(group.as_str()), "nobody counts {metric} in {group}");
    }
}

#[test]
fn a_new_version_is_judged_by_the_problems_that_it_answers_itself() {
    let template = Template::main();
    for (folder, function) in template.functions() {
        let alarms = function["DeploymentPreference"]["Alarms"].as_array().unwrap();
        let of_http = function["Events"].as_object().is_some_and(|e| e.values().any(|e| e["Type"] == "HttpApi"));
        // What the others fail at is an error of the function.
        assert_eq!(alarms.len(), if of_http { 2 } else { 1 }, "{folder}");
        let newest = Template::target(&alarms[0]);
        let name = newest.trim_end_matches("NewErrors");
        let judge = |alarm: &Value| template.at(&format!("/Resources/{}/Properties", Template::target(alarm))).clone();
        for alarm in alarms.iter().map(judge) {
            // Of the new version alone: a fix must not be taken back for what the old one does meanwhile.
            let of_version = alarm["Dimensions"].as_array().unwrap().last().unwrap();
            assert_eq!(of_version["Value"]["Fn::GetAtt"], format!("{name}.Version.Version"), "{folder}");
        }
        let errors = judge(&alarms[0]);
        assert_eq!(
            (&errors["MetricName"], &errors["Dimensions"][2]["Name"]),
            (&"Errors".into(), &"ExecutedVersion".into())
        );
        let whole = template.at(&format!("/Resources/{name}Errors/Properties"));
        assert_eq!(
            whole["Dimensions"].as_array().unwrap().len(),
            2,
            "{folder}: whichever version it is, somebody is told"
        );
        let Some(alarm) = alarms.get(1).map(judge) else { continue };
        let filter = template.at(&format!("/Resources/{name}Failed/Properties"));
        assert_eq!(filter["LogGroupName"], function["LoggingConfig"]["LogGroup"], "{folder}");
        let counted = &filter["MetricTransformations"][0];
        assert_eq!(
            (&counted["MetricName"], &counted["Dimensions"][0]["Value"]),
            (&alarm["MetricName"], &"$.version".into())
        );
        assert!(filter["FilterPattern"].as_str().unwrap().contains("\"failed\""), "{folder}");
    }
}

/// Code that cannot read what it could must not pass for well because it answers with what is left.
#[test]
fn what_an_answer_leaves_out_counts_as_what_it_fails_at() {
    let (template, code) = (Template::main(), Code::read());
    for (folder, function) in template.functions() {
        let leaves_out = code.reached_from(folder).keys().any(|node| node.name == "leaving_out");
        let name = Template::target(&function["Role"]).trim_end_matches("Role").to_owned();
        let filter = template.at("/Resources").get(format!("{name}Failed")).map(|filter| &filter["Properties"]);
        let counted = filter.is_some_and(|filter| {
            words_of(filter["FilterPattern"].as_str().unwrap()).contains(&"a payment cannot be read".to_owned())
        });
        assert_eq!(leaves_out, counted, "{folder}");
    }
    let code = read("shared/runtime/src/outgoing.rs");
    let line = code.lines().find(|line| line.contains("\"a payment cannot be read\"")).unwrap();
    for part in ["tracing::error!", "version, ", "payment_id, ", "cause, "] {
        assert!(line.contains(part), "{part}: {line}");
    }
}

#[test]
fn the_dashboard_shows_what_was_given_up_on_and_what_was_not_started() {
    let alarms = Template::load("infra/alarms/template.yaml");
    let body = alarms.at("/Resources/Dashboard/Properties/DashboardBody/Fn::Sub").as_str().unwrap();
    for shown in [
        "${RelayDeadName}",
        "${WakeDeadName}",
        "dead.fifo",
        "\\\"Throttles\\\"",
        "WriteThrottleEvents",
        "GlobalSecondaryIndexName",
    ] {
        assert!(body.contains(shown), "{shown}");
    }
}
