//! Queues lose nothing and repeat nothing too early; the table stays.

use serde_json::Value;

use crate::document::Template;

/// Of what may read events a queue's visibility is a sixth.
const READERS_SECONDS: i64 = 30;

fn seconds(template: &Template, function: &Value) -> i64 {
    function.get("Timeout").unwrap_or_else(|| template.at("/Globals/Function/Timeout")).as_i64().unwrap()
}

#[test]
fn a_message_stays_hidden_for_six_times_its_readers_time() {
    let template = Template::main();
    let mut read = 0;
    for (folder, function) in template.functions() {
        let Some(events) = function["Events"].as_object() else { continue };
        for event in events.values().filter(|event| event["Type"] == "SQS") {
            let queue = Template::target(&event["Properties"]["Queue"]);
            let hidden = template.at(&format!("/Resources/{queue}/Properties/VisibilityTimeout")).as_i64().unwrap();
            assert!(hidden >= 6 * seconds(&template, function), "{queue} is read by {folder}");
            read += 1;
        }
    }
    assert_eq!(read, 1, "settle reads Wake");
    let events = Template::load("infra/queue/template.yaml");
    let hidden = events.at("/Resources/Queue/Properties/VisibilityTimeout").as_i64().unwrap();
    assert!(hidden >= 6 * READERS_SECONDS);
}

#[test]
fn every_queue_has_dead_letters_of_its_own_kind_for_fourteen_days() {
    for path in ["template.yaml", "infra/queue/template.yaml"] {
        let template = Template::load(path);
        let queues = template.resources("AWS::SQS::Queue");
        for (name, queue) in &queues {
            assert_eq!(queue["SqsManagedSseEnabled"], true, "{name} is encrypted");
            if name.ends_with("Dead") {
                assert_eq!(queue["MessageRetentionPeriod"], 14 * 86_400, "{name}");
                continue;
            }
            let dead = Template::target(&queue["RedrivePolicy"]["deadLetterTargetArn"]);
            let dead = template.at(&format!("/Resources/{dead}/Properties"));
            assert_eq!(queue.get("FifoQueue"), dead.get("FifoQueue"), "{name} and its dead letters are of one kind");
            assert!(queue["RedrivePolicy"]["maxReceiveCount"].as_i64() >= Some(3), "{name}");
        }
    }
}

/// SQS refuses a policy with a list of queues, or of another one ("Invalid value for the parameter Policy"); no linter and no
/// emulator does.
#[test]
fn every_queue_is_spoken_to_over_tls_only_by_a_policy_of_its_own() {
    for path in ["template.yaml", "infra/queue/template.yaml"] {
        let template = Template::load(path);
        let mut covered = Vec::new();
        for (name, policy) in template.resources("AWS::SQS::QueuePolicy") {
            let [statement] = policy["PolicyDocument"]["Statement"].as_array().unwrap().as_slice() else {
                panic!("{name} has several statements")
            };
            assert_eq!((&statement["Effect"], &statement["Principal"]), (&"Deny".into(), &"*".into()), "{name}");
            assert_eq!(statement["Condition"]["Bool"]["aws:SecureTransport"], false, "{name}");
            let [queue] = policy["Queues"].as_array().unwrap().as_slice() else {
                panic!("{name} is of several queues")
            };
            let queue = Template::target(queue);
            assert_eq!(statement["Resource"], serde_json::json!({ "Fn::GetAtt": format!("{queue}.Arn") }), "{name}");
            covered.push(queue);
        }
        let mut queues: Vec<_> = template.resources("AWS::SQS::Queue").iter().map(|(n, _)| (*n).to_owned()).collect();
        covered.sort();
        queues.sort();
        assert_eq!(covered, queues, "{path}");
    }
}

#[test]
fn the_relay_gives_up_on_a_record_late_and_tells_where() {
    let template = Template::main();
    let stream = template.at("/Resources/RelayEvents/Properties/Events/Stream/Properties");
    assert_eq!(stream["BisectBatchOnFunctionError"], true);
    assert_eq!(stream["FunctionResponseTypes"][0], "ReportBatchItemFailures");
    assert!((600..=43_200).contains(&stream["MaximumRecordAgeInSeconds"].as_i64().unwrap()));
    assert_eq!(Template::target(&stream["DestinationConfig"]["OnFailure"]["Destination"]), "RelayDead");
    let pattern = stream["FilterCriteria"]["Filters"][0]["Pattern"].as_str().unwrap();
    let pattern: Value = serde_json::from_str(pattern).unwrap();
    assert_eq!(pattern["dynamodb"]["Keys"]["SK"]["S"], serde_json::json!(["STATE", "LAG"]), "what the relay reads");
}

/// The scheduler only has Lambda start it later: what happens to a tick after that is Lambda's to decide.
#[test]
fn a_tick_of_the_schedule_is_neither_tried_again_nor_kept() {
    let template = Template::main();
    let once = serde_json::json!({ "MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 60 });
    let settle = template.at("/Resources/Settle/Properties");
    assert_eq!(settle["Events"]["EveryMinute"]["Properties"]["RetryPolicy"], once, "while it is delivered");
    assert_eq!(settle["EventInvokeConfig"], once, "once it is");
    assert_eq!(settle["Events"]["EveryMinute"]["Properties"]["ScheduleExpression"], "rate(1 minute)");
}

#[test]
fn the_table_outlives_the_stack() {
    let template = Template::main();
    let table = template.at("/Resources/Table");
    assert_eq!((&table["DeletionPolicy"], &table["UpdateReplacePolicy"]), (&"Retain".into(), &"Retain".into()));
    let table = &table["Properties"];
    assert_eq!(table["BillingMode"], "PAY_PER_REQUEST");
    assert_eq!(table["DeletionProtectionEnabled"], true);
    assert_eq!(table["SSESpecification"]["SSEEnabled"], true);
    assert_eq!(table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"], true);
    assert_eq!(table["StreamSpecification"]["StreamViewType"], "NEW_AND_OLD_IMAGES");
    for index in table["GlobalSecondaryIndexes"].as_array().unwrap() {
        assert_eq!(index["Projection"]["ProjectionType"], "KEYS_ONLY", "{}", index["IndexName"]);
    }
}
