//! Routes, functions and the contract name the same things.

use std::collections::BTreeSet;

use local::Routes;
use serde_yaml_ng::Value;

use crate::document::Template;
use crate::{folders, read};

fn of_template() -> BTreeSet<(String, String)> {
    let routes = Routes::of_template().unwrap();
    routes.iter().map(|route| (route.method.clone(), route.path.clone())).collect()
}

#[test]
fn the_contract_and_the_template_have_the_same_routes() {
    let contract: Value = serde_yaml_ng::from_str(&read("openapi.yaml")).unwrap();
    let mut promised = BTreeSet::new();
    for (path, item) in contract["paths"].as_mapping().unwrap() {
        for method in ["get", "post", "put", "patch", "delete"].into_iter().filter(|m| item.get(m).is_some()) {
            let path = path.as_str().unwrap();
            // What may be asked of an order is one route.
            let asked = path.strip_prefix("/v1/payments/{id}/orders/");
            let route = asked.map_or(path, |_| "/v1/payments/{id}/orders/{action}");
            promised.insert((method.to_uppercase(), route.to_owned()));
        }
    }
    assert_eq!(promised, of_template());
}

#[test]
fn every_function_folder_is_in_the_template_once() {
    let template = Template::main();
    let mut deployed: Vec<&str> = template.functions().iter().map(|(folder, _)| *folder).collect();
    deployed.sort_unstable();
    assert_eq!(folders(), deployed);
}

#[test]
fn only_webhooks_and_the_buyers_return_are_open() {
    for route in Routes::of_template().unwrap().iter() {
        let open = route.path.starts_with("/v1/webhooks/") || route.path.starts_with("/v1/return/");
        assert_eq!(route.authorized, !open, "{} {}", route.method, route.path);
    }
    let template = Template::main();
    assert_eq!(template.at("/Resources/Api/Properties/Auth/DefaultAuthorizer"), "ApiKey");
    let remembered = template.at("/Resources/Api/Properties/Auth/Authorizers/ApiKey/Identity/ReauthorizeEvery");
    // API Gateway may keep an answer that was made of a document when that was about to be forgotten.
    let together = remembered.as_u64().unwrap() + runtime::BELIEVED_FOR.as_secs();
    assert!(together <= 60, "a disabled merchant is refused within a minute, not after {together} s");
}

#[test]
fn every_address_that_a_provider_is_given_has_a_route() {
    let routes = of_template();
    let words: BTreeSet<_> = providers::REGISTRY.iter().map(|known| known.capabilities.webhook_path).collect();
    let wanted = words.iter().map(|word| ("POST".to_owned(), format!("/v1/webhooks/{word}/{{merchant}}")));
    let there = routes.into_iter().filter(|(_, path)| path.starts_with("/v1/webhooks/"));
    let (wanted, there) = (wanted.collect::<BTreeSet<_>>(), there.collect());
    assert_eq!(wanted, there, "no route leads to {:?}", &wanted - &there);
}

#[test]
fn every_route_has_its_own_throttle() {
    let template = Template::main();
    let settings = template.at("/Resources/Api/Properties/RouteSettings").as_object().unwrap();
    let throttled: BTreeSet<_> = settings.keys().map(|key| key.split_once(' ').unwrap()).collect();
    let routes = of_template();
    assert_eq!(throttled, routes.iter().map(|(method, path)| (method.as_str(), path.as_str())).collect());
    for (route, limits) in settings {
        let (burst, rate) = (&limits["ThrottlingBurstLimit"], &limits["ThrottlingRateLimit"]);
        assert!(burst.as_i64() >= rate.as_i64() && rate.as_i64() > Some(0), "{route}");
    }
}

#[test]
fn the_access_log_is_json_without_addresses_paths_and_queries() {
    let template = Template::main();
    let format = template.at("/Resources/Api/Properties/AccessLogSettings/Format").as_str().unwrap();
    let line: serde_json::Value = serde_json::from_str(format).unwrap();
    for value in line.as_object().unwrap().values() {
        let variable = value.as_str().unwrap().strip_prefix("$context.").unwrap();
        assert!(!["path", "identity.sourceIp", "identity.userAgent"].contains(&variable), "{variable}");
    }
}

#[test]
fn every_function_is_ready_for_production() {
    let template = Template::main();
    let globals = template.at("/Globals/Function");
    assert_eq!(globals["Tracing"], "Active");
    assert_eq!(globals["LoggingConfig"]["LogFormat"], "JSON");
    assert_eq!(globals["AutoPublishAlias"], "live");
    let mut roles = BTreeSet::new();
    for (folder, function) in template.functions() {
        assert_eq!(function["FunctionName"]["Fn::Sub"], format!("paylater-${{Stage}}-{folder}"));
        assert_eq!(function["AutoPublishAliasAllProperties"], true, "{folder}");
        assert!(roles.insert(Template::target(&function["Role"])), "{folder} has a role of its own");
        let seconds = function.get("Timeout").unwrap_or(&globals["Timeout"]).as_i64().unwrap();
        assert!(seconds <= 29 || folder == "relay-events", "{folder}: API Gateway gives up after 30 s");

        let group = Template::target(&function["LoggingConfig"]["LogGroup"]);
        let group = template.at(&format!("/Resources/{group}/Properties"));
        assert_eq!(group["LogGroupName"]["Fn::Sub"], format!("/paylater/${{Stage}}/{folder}"));
        assert_eq!(group["RetentionInDays"]["Ref"], "LogRetentionDays");

        let alarm = Template::target(&function["DeploymentPreference"]["Alarms"][0]);
        let alarm = template.at(&format!("/Resources/{alarm}/Properties"));
        let name = Template::target(&alarm["Dimensions"][0]["Value"]);
        let watched = template.at(&format!("/Resources/{name}/Properties/CodeUri"));
        assert_eq!(watched, &function["CodeUri"], "a new version is judged by its own errors");
        assert_eq!(alarm["Dimensions"][1]["Value"]["Fn::Sub"], format!("${{{name}}}:live"));
    }
}
