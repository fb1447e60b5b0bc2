//! A CloudFormation template as JSON, its short forms (`!Ref`) written out.

use serde_json::{Map, Value, json};
use serde_yaml_ng::Value as Yaml;

use crate::read;

/// What names a resource for the whole account and region, by type; nothing where a name is only its parent's or is made up.
const NAMES: [(&str, Option<&str>); 31] = [
    ("AWS::ApiGatewayV2::Api", None),
    ("AWS::ApiGatewayV2::ApiMapping", None),
    ("AWS::ApiGatewayV2::DomainName", None),
    ("AWS::ApiGatewayV2::Stage", None),
    ("AWS::CloudFormation::Stack", None),
    ("AWS::CloudWatch::Alarm", Some("AlarmName")),
    ("AWS::CloudWatch::Dashboard", Some("DashboardName")),
    ("AWS::CodeDeploy::Application", Some("ApplicationName")),
    ("AWS::CodeDeploy::DeploymentGroup", Some("DeploymentGroupName")),
    ("AWS::DynamoDB::Table", Some("TableName")),
    ("AWS::Events::Rule", Some("Name")),
    ("AWS::IAM::ManagedPolicy", Some("ManagedPolicyName")),
    ("AWS::IAM::Role", Some("RoleName")),
    ("AWS::Lambda::Alias", None),
    ("AWS::Lambda::EventInvokeConfig", None),
    ("AWS::Lambda::EventSourceMapping", None),
    ("AWS::Lambda::Function", Some("FunctionName")),
    ("AWS::Lambda::Permission", None),
    ("AWS::Lambda::Version", None),
    ("AWS::Logs::LogGroup", Some("LogGroupName")),
    ("AWS::Logs::MetricFilter", None),
    ("AWS::Route53::RecordSet", None),
    ("AWS::S3::Bucket", Some("BucketName")),
    ("AWS::SNS::Subscription", None),
    ("AWS::SNS::Topic", Some("TopicName")),
    ("AWS::SQS::Queue", Some("QueueName")),
    ("AWS::SQS::QueuePolicy", None),
    ("AWS::Scheduler::Schedule", Some("Name")),
    ("AWS::Scheduler::ScheduleGroup", Some("Name")),
    ("AWS::Serverless::Function", Some("FunctionName")),
    ("AWS::Serverless::HttpApi", None),
];

pub(crate) struct Template(Value);

impl Template {
    pub(crate) fn load(path: &str) -> Self {
        let yaml: Yaml = serde_yaml_ng::from_str(&read(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        Self(to_json(yaml))
    }

    /// One that is JSON already.
    pub(crate) fn of(template: Value) -> Self {
        Self(template)
    }

    pub(crate) fn main() -> Self {
        Self::load("template.yaml")
    }

    pub(crate) fn into_value(self) -> Value {
        self.0
    }

    /// A part, by JSON pointer.
    pub(crate) fn at(&self, pointer: &str) -> &Value {
        self.0.pointer(pointer).unwrap_or_else(|| panic!("the template has no {pointer}"))
    }

    /// The resources of a type, with their names.
    pub(crate) fn resources(&self, kind: &str) -> Vec<(&str, &Value)> {
        let all = self.at("/Resources").as_object().unwrap();
        all.iter().filter(|(_, r)| r["Type"] == kind).map(|(name, r)| (name.as_str(), &r["Properties"])).collect()
    }

    /// The names that resources are given: the resource's, and what it is called in the account. CloudFormation names the
    /// others, by the stack.
    pub(crate) fn physical_names(&self) -> Vec<(&str, &Value)> {
        let all = self.at("/Resources").as_object().unwrap();
        let named = all.iter().filter_map(|(name, resource)| {
            let kind = resource["Type"].as_str().unwrap();
            let (_, property) =
                NAMES.into_iter().find(|(known, _)| *known == kind).unwrap_or_else(|| panic!("{kind} has which name?"));
            Some((name.as_str(), resource["Properties"].get(property?)?))
        });
        named.collect()
    }

    /// The functions, by folder.
    pub(crate) fn functions(&self) -> Vec<(&str, &Value)> {
        let folder = |f: &Value| f["CodeUri"].as_str().unwrap().strip_prefix("functions/").unwrap().to_owned();
        let all = self.resources("AWS::Serverless::Function");
        for (name, function) in &all {
            let binary = self.at(&format!("/Resources/{name}/Metadata/BuildProperties/Binary"));
            assert_eq!(binary.as_str(), Some(folder(function).as_str()), "{name} is built from its own folder");
        }
        all.into_iter().map(|(_, f)| (f["CodeUri"].as_str().unwrap().trim_start_matches("functions/"), f)).collect()
    }

    /// The resource that `!Ref` or `!GetAtt` names.
    pub(crate) fn target(value: &Value) -> String {
        let text = value.get("Ref").or_else(|| value.get("Fn::GetAtt")).and_then(Value::as_str);
        text.unwrap_or_else(|| panic!("{value} refers to no resource")).split('.').next().unwrap().to_owned()
    }
}

fn to_json(yaml: Yaml) -> Value {
    match yaml {
        Yaml::Null => Value::Null,
        Yaml::Bool(value) => json!(value),
        Yaml::Number(number) => number.as_i64().map_or_else(|| panic!("{number} is not whole"), |n| json!(n)),
        Yaml::String(text) => json!(text),
        Yaml::Sequence(items) => items.into_iter().map(to_json).collect(),
        Yaml::Mapping(entries) => {
            let key = |key: Yaml| key.as_str().unwrap().to_owned();
            Value::Object(entries.into_iter().map(|(k, value)| (key(k), to_json(value))).collect::<Map<_, _>>())
        }
        Yaml::Tagged(tagged) => {
            let name = tagged.tag.to_string().trim_start_matches('!').to_owned();
            let name = if name == "Ref" || name == "Condition" { name } else { format!("Fn::{name}") };
            json!({ name: to_json(tagged.value) })
        }
    }
}
