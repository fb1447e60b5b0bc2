//! Metrics: what is counted, wherever it happens, and the alarms that few of it set off.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::alarms::words_of;
use crate::code::Code;
use crate::document::Template;
use crate::{folders, read};

/// The functions whose code may look at a provider, and so can fail to.
fn looking(code: &Code) -> BTreeSet<String> {
    let looks = |folder: &String| {
        let mut reached = code.reached_from(folder).into_keys().filter(|node| node.of_crate == "service");
        reached.any(|node| ["observe", "investigate"].contains(&node.name.as_str()))
    };
    folders().into_iter().filter(looks).collect()
}

/// At some providers a confirmation is nothing but a look.
#[test]
fn every_look_at_a_provider_that_fails_is_counted_wherever_it_is_made() {
    let (alarms, looking) = (Template::load("infra/alarms/template.yaml"), looking(&Code::read()));
    assert!(
        looking.contains("settle") && looking.contains("confirm") && looking.contains("get-payment"),
        "{looking:?}"
    );
    let mut counted = BTreeSet::new();
    for (name, filter) in alarms.resources("AWS::Logs::MetricFilter") {
        if filter["MetricTransformations"][0]["MetricName"] != "provider_read_errors" {
            continue;
        }
        let lines = words_of(filter["FilterPattern"].as_str().unwrap());
        assert_eq!(lines, ["a payment could not be observed", "an operation could not be probed"], "{name}");
        counted.insert(filter["LogGroupName"]["Fn::Sub"].as_str().unwrap().rsplit('/').next().unwrap().to_owned());
    }
    assert_eq!(counted, looking);
}

/// The alarms of the alarms' template that watch a metric, alone.
fn watching<'a>(alarms: &'a Template, metric: &str) -> Vec<&'a Value> {
    let all = alarms.resources("AWS::CloudWatch::Alarm").into_iter().map(|(_, alarm)| alarm);
    all.filter(|alarm| alarm["MetricName"] == metric).collect()
}

/// A key that was rotated on one side only: three messages in an hour, of all that come, are not authentic.
#[test]
fn a_few_forged_messages_in_hours_alarm_and_not_only_many_in_minutes() {
    let alarms = Template::load("infra/alarms/template.yaml");
    let number = |alarm: &Value, of: &str| alarm[of].as_i64().unwrap();
    let few = watching(&alarms, "signature_failures").into_iter().any(|alarm| {
        assert_eq!(
            (&alarm["Statistic"], &alarm["ComparisonOperator"]),
            (&"Sum".into(), &"GreaterThanThreshold".into())
        );
        number(alarm, "Threshold") < 3 && number(alarm, "Period") >= 3_600 && number(alarm, "EvaluationPeriods") == 1
    });
    assert!(few);
}

/// The starts of `settle` would not tell: it is woken for single payments too, and says something else then.
#[test]
fn that_nobody_sweeps_is_told_by_the_sweeps_that_ended() {
    let alarms = Template::load("infra/alarms/template.yaml");
    assert!(watching(&alarms, "Invocations").is_empty());
    // One thing that is put off for five minutes each time is one failure in each of these periods.
    let few = watching(&alarms, "sweep_failures").into_iter().any(|alarm| {
        alarm["Statistic"] == "Sum"
            && alarm["Threshold"] == 0
            && alarm["Period"].as_i64().is_some_and(|period| period >= 900)
    });
    assert!(few, "one thing that fails for ever alarms nobody");
    let watching = watching(&alarms, "sweep_failures").into_iter().filter(|alarm| alarm["Statistic"] == "SampleCount");
    let [stopped] = watching.collect::<Vec<_>>()[..] else { panic!("nobody counts the sweeps") };
    assert!(stopped["AlarmName"]["Fn::Sub"].as_str().unwrap().ends_with("-sweep-stopped"));
    assert_eq!((&stopped["Threshold"], &stopped["TreatMissingData"]), (&1.into(), &"breaching".into()));
    assert_eq!(stopped["ComparisonOperator"], "LessThanThreshold");
    let filters = alarms.resources("AWS::Logs::MetricFilter").into_iter().map(|(_, filter)| filter);
    let made: Vec<&Value> =
        filters.filter(|f| f["MetricTransformations"][0]["MetricName"] == "sweep_failures").collect();
    let [made] = made.as_slice() else { panic!("several filters would be several samples") };
    assert_eq!(words_of(made["FilterPattern"].as_str().unwrap()), ["swept", "failed"]);
    assert!(made["MetricTransformations"][0].get("DefaultValue").is_none(), "a sample for every other line");
    let code = read("functions/settle/src/lib.rs");
    let (woken, swept) = (code.find("\"woken\"").unwrap(), code.find("\"swept\"").unwrap());
    assert!(code[woken..swept].contains("return Ok(report);"), "who was woken does not get to say that it swept");
}

/// The metrics of a table leave its indexes out, whose writes hold up the table's.
#[test]
fn every_index_that_refuses_alarms_as_the_table_does() {
    let template = Template::main();
    let indexes = template.at("/Resources/Table/Properties/GlobalSecondaryIndexes").as_array().unwrap();
    let wanted = indexes.iter().flat_map(|index| {
        ["ReadThrottleEvents", "WriteThrottleEvents"].map(|metric| (metric.to_owned(), index["IndexName"].clone()))
    });
    let alarms = Template::load("infra/alarms/template.yaml");
    let mut watched = Vec::new();
    for (name, alarm) in alarms.resources("AWS::CloudWatch::Alarm") {
        for metric in alarm["Metrics"].as_array().into_iter().flatten().map(|m| &m["MetricStat"]["Metric"]) {
            let Some(index) = metric["Dimensions"].get(1).filter(|_| metric["Namespace"] == "AWS/DynamoDB") else {
                continue;
            };
            assert_eq!(index["Name"], "GlobalSecondaryIndexName", "{name}");
            assert_eq!(metric["Dimensions"][0]["Name"], "TableName", "{name}");
            watched.push((metric["MetricName"].as_str().unwrap().to_owned(), index["Value"].clone()));
        }
    }
    let by_text = |pairs: Vec<(String, Value)>| pairs.iter().map(|pair| format!("{pair:?}")).collect::<BTreeSet<_>>();
    assert_eq!(by_text(watched), by_text(wanted.collect()));
}

/// What a provider is given up after, in milliseconds: the least of all of them.
fn least_patience() -> u32 {
    providers::REGISTRY.iter().map(|known| known.capabilities.timeout_seconds * 1_000).min().unwrap()
}

#[test]
fn a_provider_that_does_not_answer_is_seen_by_how_long_shops_wait() {
    let alarms = Template::load("infra/alarms/template.yaml");
    let alarms = alarms.resources("AWS::CloudWatch::Alarm");
    let (_, slow) = alarms.iter().find(|(name, _)| *name == "ShopsSlow").unwrap();
    let threshold = slow["Threshold"].as_u64().unwrap();
    assert!(threshold < u64::from(least_patience()), "whoever waits for it is done before {threshold} ms");
    assert!(threshold > 10_000, "slow providers answer within that");
}

/// It is told when it is seen; that nothing new was seen for a while does not mean that somebody saw to it.
#[test]
fn a_drift_alarms_and_nobody_is_told_that_it_is_over() {
    let alarms = Template::load("infra/alarms/template.yaml");
    let filters = alarms.resources("AWS::Logs::MetricFilter");
    let (_, filter) = filters.iter().find(|(_, f)| f["MetricTransformations"][0]["MetricName"] == "drifts").unwrap();
    assert_eq!(filter["LogGroupName"]["Fn::Sub"], "/paylater/${Stage}/relay-events");
    assert_eq!(words_of(filter["FilterPattern"].as_str().unwrap()), ["a payment differs at its provider"]);
    let [alarm] = watching(&alarms, "drifts")[..] else { panic!("one alarm watches it") };
    assert_eq!((&alarm["Statistic"], &alarm["Threshold"]), (&"Sum".into(), &0.into()));
    assert!(alarm.get("OKActions").is_none());
}

#[test]
fn whoever_is_woken_is_told_when_it_is_over() {
    for path in ["template.yaml", "infra/alarms/template.yaml", "infra/queue/template.yaml"] {
        for (name, alarm) in Template::load(path).resources("AWS::CloudWatch::Alarm") {
            // What judges a new version is over with its deployment.
            if alarm["AlarmName"]["Fn::Sub"].as_str().unwrap().contains("-errors-new-") || name == "Drift" {
                continue;
            }
            assert_eq!(alarm["OKActions"], alarm["AlarmActions"], "{name}");
        }
    }
}
