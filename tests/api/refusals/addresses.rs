//! Addresses and methods that do not exist.

use reqwest::Method;
use service::ProblemCode;
use tests::Contract;

use super::{Bench, repeats_a_value};

#[tokio::test]
async fn an_address_that_does_not_exist_is_not_found() {
    let bench = Bench::new().await;
    let id = &bench.authorized;
    let paths = [
        "/".to_owned(),
        "/v1".to_owned(),
        "/v2/payments".to_owned(),
        "/v1/Zyzzyva".to_owned(),
        "/v1/PAYMENTS".to_owned(),
        "/v1/payments/".to_owned(),
        "/v1/payments//captures".to_owned(),
        format!("/v1/payments/{id}/"),
        format!("/v1/payments/{id}/Zyzzyva"),
        format!("/v1/payments/{id}/captures/"),
        format!("/v1/payments/{id}/captures/cap_00000000000000000000000000"),
        "/v1/webhooks/Zyzzyva/demo".to_owned(),
        "/v1/webhooks/buckaroo".to_owned(),
    ];
    for path in paths {
        for method in [Method::GET, Method::POST, Method::DELETE] {
            for authorization in [None, Some("Bearer sk_demo_works-on-this-machine-only")] {
                let answer = bench.site.api.request(method.clone(), &path).authorization(authorization).send().await;
                let answer = answer.expect_problem(ProblemCode::RouteNotFound);
                assert_eq!(repeats_a_value(&answer), None);
            }
        }
    }
}

#[tokio::test]
async fn a_method_that_an_address_does_not_take_is_refused() {
    let bench = Bench::new().await;
    let mut watch = bench.watch().await;
    let mut cases = 0;
    let paths: Vec<String> = Contract::get().operations().map(|o| o.path.to_owned()).collect();
    for template in paths {
        let path = bench.filled(&template);
        let all =
            [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS, Method::TRACE];
        let (taken, others): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|method| Contract::get().find(method.as_str(), &path).is_some());
        for method in others {
            cases += 1;
            let answer = bench.site.api.request(method, &path).send().await;
            let answer = answer.expect_problem(ProblemCode::MethodNotAllowed);
            let mut told: Vec<_> = answer.header("allow").unwrap().split(", ").collect();
            told.sort_unstable();
            assert_eq!(told, taken, "{path}");
        }
    }
    assert!(cases > 30);
    watch.nothing_happened("other methods").await;
}

#[tokio::test]
async fn an_action_that_no_order_has_is_refused_by_the_names_of_those_that_it_has() {
    let bench = Bench::new().await;
    let mut watch = bench.watch().await;
    let documented = Contract::get().operations();
    let mut actions: Vec<_> = documented.filter_map(|o| o.path.strip_prefix("/v1/payments/{id}/orders/")).collect();
    actions.sort_unstable();
    for action in ["Zyzzyva", "AMEND", "%20", "amend%2Fagain"] {
        let path = format!("/v1/payments/{}/orders/{action}", bench.authorized);
        let answer = bench.site.api.post(&path, &serde_json::json!({ "amount": 1 })).await;
        let answer = answer.expect_problem(ProblemCode::RouteNotFound);
        let told = answer.text("/detail").strip_prefix("An order has no such action; it has: ").unwrap();
        let mut told: Vec<_> = told.trim_end_matches('.').split(", ").collect();
        told.sort_unstable();
        assert_eq!(told, actions);
    }
    watch.nothing_happened("unknown actions").await;
}
