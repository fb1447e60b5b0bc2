//! Every function may do what its code does and what its triggers need, and nothing else.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::code::{Body, Code};
use crate::document::Template;
use crate::{folders, read};

/// An action on a resource: `dynamodb:Query Table/index/by_due`.
type Permissions = BTreeSet<String>;

/// What one body asks of AWS; index names are the texts of bodies that do nothing else with them.
fn of_body(body: &Body, permissions: &mut Permissions) {
    for call in &body.calls {
        let permission = match (call.on.as_str(), call.name.as_str()) {
            ("client", "get_item") => "dynamodb:GetItem Table",
            ("client", "batch_get_item") => "dynamodb:BatchGetItem Table",
            ("client", "put_item") | ("Put", "builder") => "dynamodb:PutItem Table",
            ("client", "update_item") | ("Update", "builder") => "dynamodb:UpdateItem Table",
            ("client", "delete_item") | ("Delete", "builder") => "dynamodb:DeleteItem Table",
            ("ConditionCheck", "builder") => "dynamodb:ConditionCheckItem Table",
            // Its parts are what needs leave.
            ("client", "transact_write_items") | ("client", "query" | "scan") => continue,
            ("client", "send_message_batch") => "sqs:SendMessage Events",
            ("client", "send_message") => "sqs:SendMessage Wake",
            ("client", "get_secret_value") => "secretsmanager:GetSecretValue merchants",
            ("client", other) if !["clone", "execute"].contains(&other) => panic!("which permission is {other}?"),
            _ => continue,
        };
        permissions.insert(permission.to_owned());
    }
}

fn indexes(template: &Template) -> Vec<&str> {
    let all = template.at("/Resources/Table/Properties/GlobalSecondaryIndexes").as_array().unwrap();
    all.iter().map(|index| index["IndexName"].as_str().unwrap()).collect()
}

/// What a function needs: by its code, by its triggers, and to write its log.
fn needed(template: &Template, code: &Code, folder: &str, function: &Value) -> Permissions {
    let mut needed = Permissions::new();
    for (node, body) in code.reached_from(folder) {
        of_body(body, &mut needed);
        let named =
            indexes(template).into_iter().filter(|index| node.of_crate == "store" && body.texts.contains(*index));
        let scans = body.calls.iter().any(|call| (call.on.as_str(), call.name.as_str()) == ("client", "scan"));
        let action = if scans { "dynamodb:Scan" } else { "dynamodb:Query" };
        needed.extend(named.map(|index| format!("{action} Table/index/{index}")));
    }
    let mut put = |actions: &[&str], on: &str| needed.extend(actions.iter().map(|action| format!("{action} {on}")));
    let log = Template::target(&function["LoggingConfig"]["LogGroup"]);
    put(&["logs:CreateLogStream", "logs:PutLogEvents"], &log);
    for event in function["Events"].as_object().into_iter().flat_map(|events| events.values()) {
        let properties = &event["Properties"];
        match event["Type"].as_str().unwrap() {
            "DynamoDB" => {
                let read = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"];
                put(&read, "Table.StreamArn");
                put(&["dynamodb:ListStreams"], "Table/stream/*");
                put(
                    &["sqs:SendMessage"],
                    &Template::target(&properties["DestinationConfig"]["OnFailure"]["Destination"]),
                );
            }
            "SQS" => {
                let read = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"];
                put(&read, &Template::target(&properties["Queue"]));
            }
            _ => {}
        }
    }
    needed
}

/// What a function's role allows, the tracing aside that all share.
fn allowed(template: &Template, function: &Value) -> Permissions {
    let role = template.at(&format!("/Resources/{}/Properties", Template::target(&function["Role"])));
    let own = role["Policies"].as_array().unwrap().iter().map(|policy| &policy["PolicyDocument"]);
    let shared = role["ManagedPolicyArns"].as_array().unwrap().iter().map(Template::target);
    let shared = shared.filter(|name| name != "Trace");
    let shared = shared.map(|name| template.at(&format!("/Resources/{name}/Properties/PolicyDocument")));
    let mut allowed = Permissions::new();
    for statement in own.chain(shared).flat_map(|document| document["Statement"].as_array().unwrap()) {
        assert_eq!(statement["Effect"], "Allow");
        for action in each(&statement["Action"]) {
            let resources = each(&statement["Resource"]).into_iter().map(resource);
            allowed.extend(resources.map(|resource| format!("{} {resource}", action.as_str().unwrap())));
        }
    }
    allowed
}

fn each(value: &Value) -> Vec<&Value> {
    value.as_array().map_or_else(|| vec![value], |values| values.iter().collect())
}

/// A resource in few words.
fn resource(value: &Value) -> String {
    if let Some(condition) = value.get("Fn::If") {
        let queue = Template::target(&condition[1]);
        return queue.trim_end_matches(|c: char| c.is_ascii_digit()).to_owned();
    }
    if let Some(attribute) = value.get("Fn::GetAtt").and_then(Value::as_str) {
        return attribute.trim_end_matches(".Arn").to_owned();
    }
    let text = value["Fn::Sub"].as_str().unwrap_or_else(|| panic!("{value} is not an exact resource"));
    if text.ends_with(":secret:paylater/${Stage}/*") {
        return "merchants".to_owned();
    }
    text.replace("${Table.Arn}", "Table")
}

#[test]
fn every_function_may_do_what_its_code_does_and_nothing_else() {
    let (template, code) = (Template::main(), Code::read());
    let mut wrong = Vec::new();
    for (folder, function) in template.functions() {
        let (needed, allowed) = (needed(&template, &code, folder, function), allowed(&template, function));
        wrong.extend(needed.difference(&allowed).map(|missing| format!("{folder} misses {missing}")));
        wrong.extend(allowed.difference(&needed).map(|extra| format!("{folder} does not need {extra}")));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn all_that_the_store_does_is_reached_from_some_function() {
    let code = Code::read();
    let all: BTreeSet<_> = folders().iter().flat_map(|folder| code.reached_from(folder).into_keys().cloned()).collect();
    let missed: Vec<_> =
        code.of_crate("store").into_iter().filter(|node| code.asks_aws(node) && !all.contains(node)).collect();
    assert!(missed.is_empty(), "no handler reaches {missed:?}: dead code, or a call that this test does not see");
}

#[test]
fn the_schedule_may_start_the_sweep_only() {
    let template = Template::main();
    let role = template.at("/Resources/SettleScheduleRole/Properties");
    let statement = &role["Policies"][0]["PolicyDocument"]["Statement"];
    assert_eq!(statement.as_array().unwrap().len(), 1);
    assert_eq!(
        (&statement[0]["Action"], &statement[0]["Resource"]["Ref"]),
        (&"lambda:InvokeFunction".into(), &"Settle.Alias".into())
    );
}

#[test]
fn a_deployment_may_move_this_stages_functions_only() {
    let template = Template::main();
    assert_eq!(Template::target(template.at("/Globals/Function/DeploymentPreference/Role")), "DeployRole");
    let role = template.at("/Resources/DeployRole/Properties");
    assert!(role.get("ManagedPolicyArns").is_none(), "AWS's own policy is for every function of the account");
    let statements = role["Policies"][0]["PolicyDocument"]["Statement"].as_array().unwrap();
    let changing = &statements[0];
    let actions = json!(["lambda:GetAlias", "lambda:UpdateAlias", "lambda:GetProvisionedConcurrencyConfig"]);
    assert_eq!(changing["Action"], actions);
    // By their names: a stage `test` begins like one that is called `test-2`.
    let of = |arn: &Value| {
        arn["Fn::Sub"].as_str().unwrap().rsplit_once(":function:paylater-${Stage}-").unwrap().1.to_owned()
    };
    let named: Vec<String> = changing["Resource"].as_array().unwrap().iter().map(of).collect();
    assert_eq!(named.len(), folders().len());
    assert_eq!(named.into_iter().collect::<BTreeSet<_>>(), folders().into_iter().collect());
    assert_eq!((statements.len(), &statements[1]["Action"]), (2, &"cloudwatch:DescribeAlarms".into()));
}

/// Whoever opens payments at providers has to know where none are opened.
#[test]
fn every_function_that_opens_payments_knows_what_is_switched_off() {
    let (template, code) = (Template::main(), Code::read());
    for (folder, function) in template.functions() {
        let opens =
            code.reached_from(folder).keys().any(|node| node.of_crate == "service" && node.name == "create_session");
        let told = &function["Environment"]["Variables"]["DISABLED_PROVIDERS"];
        assert_eq!(opens, told["Ref"] == "DisabledProviders", "{folder}");
    }
}

/// Whoever is not asked by a request is told the address: the others are at the one that they were asked at.
#[test]
fn every_function_without_a_route_that_calls_providers_knows_the_public_address() {
    let template = Template::main();
    let settle = template.at("/Resources/Settle/Properties/Environment/Variables/PUBLIC_URL").to_string();
    for part in ["PublicUrl", "DomainName", "${Api}.execute-api."] {
        assert!(settle.contains(part), "{settle}");
    }
    assert!(read("functions/settle/src/main.rs").contains("from_env_with_address()"));
}

#[test]
fn a_star_in_a_resource_says_why() {
    for path in ["template.yaml", "infra/alarms/template.yaml", "infra/queue/template.yaml"] {
        let text = read(path);
        for line in text.lines().filter(|line| !line.trim_start().starts_with('#') && line.contains('*')) {
            let words = line.trim_start();
            let other = ["FilterPattern:", "Action: sqs:*", "Principal: \"*\"", "Expression:", "AllowedPattern:"];
            let reason = words.split_once(" # ").is_some_and(|(_, reason)| reason.len() > 20);
            assert!(reason || other.iter().any(|known| words.starts_with(known)), "{path}: {words}");
        }
    }
}
