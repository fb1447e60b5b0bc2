//! Names in the account: every one is a stage's own, so that a second stage can stand beside the first.

use serde_json::Value;

use crate::document::Template;
use crate::read;

#[test]
fn every_name_has_the_stage_in_it() {
    for path in ["template.yaml", "infra/alarms/template.yaml", "infra/queue/template.yaml"] {
        for (resource, name) in Template::load(path).physical_names() {
            let text = name["Fn::Sub"].as_str().unwrap_or_default();
            let own = text.contains("${Stage}") || (path == "infra/queue/template.yaml" && text.contains("${Name}"));
            assert!(own, "{path}: {resource} is called {name} in every stage");
        }
    }
    let template = Template::main();
    for (name, stack) in
        template.resources("AWS::CloudFormation::Stack").iter().filter(|(n, _)| n.starts_with("Events"))
    {
        assert!(stack["Parameters"]["Name"]["Fn::Sub"].as_str().unwrap().contains("${Stage}"), "{name}");
    }
}

/// The transform gives a schedule without a name one that is the same for every stage; it leaves a rule's to CloudFormation.
#[test]
fn every_schedule_has_a_name_of_its_own() {
    let mut schedules = 0;
    for (folder, function) in Template::main().functions() {
        for event in function["Events"].as_object().into_iter().flat_map(|events| events.values()) {
            if event["Type"] == "ScheduleV2" {
                let name = event["Properties"]["Name"]["Fn::Sub"].as_str().unwrap_or_default();
                assert!(name.contains("${Stage}"), "{folder}: {name}");
                schedules += 1;
            }
        }
    }
    assert_eq!(schedules, 1, "settle's");
}

#[test]
fn an_event_queue_can_be_given_up_as_long_as_one_is_left() {
    let template = Template::main();
    for n in 1..=5 {
        let pattern = template.at(&format!("/Parameters/EventQueue{n}/AllowedPattern")).as_str().unwrap();
        assert!(pattern.ends_with("{0,40}"), "EventQueue{n}");
        assert_eq!(template.at(&format!("/Resources/Events{n}/Condition")), &Value::from(format!("HasEvents{n}")));
    }
    let rule = template.at("/Rules/EventsHaveAQueue/Assertions/0/Assert").to_string();
    assert!((1..=5).all(|n| rule.contains(&format!("EventQueue{n}"))), "{rule}");
}

/// What `sam build` and `sam deploy` do without being told.
#[test]
fn the_settings_of_sam_build_anew_and_name_what_a_deployment_may_make() {
    let settings = read("samconfig.toml");
    let section = |name: &str| {
        let rest = settings.split_once(&format!("[default.{name}.parameters]\n")).expect(name).1;
        rest.split("\n[").next().unwrap().to_owned()
    };
    // A cached build compares the function's folder alone, and so ships what shared/ was before.
    assert!(section("build").contains("\ncached = false\n"), "{settings}");
    let deploy = section("deploy");
    assert!(deploy.contains("\ncapabilities = \"CAPABILITY_IAM CAPABILITY_AUTO_EXPAND\"\n"), "{settings}");
    for section in [section("build"), deploy] {
        assert!(section.contains("\nparameter_overrides = \"Architecture=arm64\"\n"), "built for what is deployed");
    }
}

/// A version is published when the template's text about a function changes, and a parameter's value is not in it.
#[test]
fn a_change_of_parameters_can_be_made_one_of_the_text() {
    let lines = read("template.yaml").lines().filter(|line| line.trim_start().starts_with("RELEASE: ")).count();
    assert_eq!(lines, 1, "what infra/set-parameters changes");
    let template = Template::main();
    assert_eq!(template.at("/Globals/Function/Environment/Variables/RELEASE"), "first", "every function has it");
    assert!(read("infra/set-parameters").contains(r"s/^( *RELEASE: ).*/"));
}
