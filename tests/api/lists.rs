//! `GET /v1/payments`: pages, filters, order.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tests::{Api, Order, Site};

/// Opens a payment and returns its id.
async fn open(api: &Api, order: &Order) -> String {
    api.post("/v1/payments", order.json()).await.expect(201).id().to_owned()
}

/// Opens so many payments, one after the other; the newest is the last.
async fn open_many(api: &Api, count: usize) -> Vec<String> {
    let mut ids = Vec::new();
    for i in 0..count {
        ids.push(open(api, &Order::billie_pad_at_once().with("/reference", format!("ORD-{i}"))).await);
    }
    ids
}

fn ids(page: &Value) -> Vec<String> {
    page["data"].as_array().unwrap().iter().map(|payment| payment["id"].as_str().unwrap().to_owned()).collect()
}

/// Every page of a list, from its first to its last.
async fn pages(api: &Api, query: &str) -> Vec<Value> {
    let mut pages = Vec::new();
    let mut next = format!("/v1/payments?{query}");
    loop {
        let page = api.get(&next).await.expect(200).body;
        let cursor = page["next_cursor"].as_str().map(str::to_owned);
        pages.push(page);
        assert!(pages.len() < 100, "the list does not end");
        match cursor {
            Some(cursor) => next = format!("/v1/payments?{query}&cursor={cursor}"),
            None => return pages,
        }
    }
}

async fn all(api: &Api, query: &str) -> Vec<Value> {
    let pages = pages(api, query).await;
    pages.iter().flat_map(|page| page["data"].as_array().cloned().unwrap()).collect()
}

#[tokio::test]
async fn all_pages_together_are_the_whole_list_newest_first() {
    let site = Site::start_own(Default::default()).await;
    let mut expected = open_many(&site.api, 7).await;
    expected.reverse();
    for limit in [1, 2, 3, 6, 7, 8, 100] {
        let pages = pages(&site.api, &format!("limit={limit}")).await;
        let (last, full) = pages.split_last().unwrap();
        assert!(full.iter().all(|page| ids(page).len() == limit), "limit {limit}");
        assert!(ids(last).len() <= limit, "limit {limit}");
        assert!(pages.len() == 1 || !ids(last).is_empty(), "limit {limit} ends with an empty page");
        let found: Vec<String> = pages.iter().flat_map(ids).collect();
        assert_eq!(found, expected, "limit {limit}");
    }
}

#[tokio::test]
async fn a_page_has_twenty_payments_when_nobody_says_how_many() {
    let site = Site::start_own(Default::default()).await;
    let expected = open_many(&site.api, 21).await;
    let first = site.api.get("/v1/payments").await.expect(200);
    assert_eq!(ids(&first.body).len(), 20);
    let cursor = first.text("/next_cursor");
    let second = site.api.get(&format!("/v1/payments?cursor={cursor}")).await.expect(200);
    assert_eq!((ids(&second.body), second.at("/next_cursor")), (vec![expected[0].clone()], &Value::Null));
}

#[tokio::test]
async fn payments_that_are_opened_meanwhile_move_nothing_on_later_pages() {
    let site = Site::start_own(Default::default()).await;
    let mut expected = open_many(&site.api, 5).await;
    expected.reverse();
    let first = site.api.get("/v1/payments?limit=2").await.expect(200);
    open_many(&site.api, 3).await;
    let (mut found, mut next) = (ids(&first.body), first.at("/next_cursor").clone());
    while let Some(cursor) = next.as_str() {
        let page = site.api.get(&format!("/v1/payments?limit=2&cursor={cursor}")).await.expect(200);
        found.extend(ids(&page.body));
        next = page.at("/next_cursor").clone();
    }
    assert_eq!(found, expected);
}

#[tokio::test]
async fn a_cursor_from_before_the_period_of_a_list_leads_to_its_end() {
    let site = Site::start_own(Default::default()).await;
    open_many(&site.api, 2).await;
    let cursor = site.api.get("/v1/payments?limit=1").await.expect(200).text("/next_cursor").to_owned();
    let now = jiff::Timestamp::now();
    for query in [format!("created_after={now}"), format!("reference=ORD-0&created_after={now}")] {
        let page = site.api.get(&format!("/v1/payments?{query}&cursor={cursor}")).await.expect(200).body;
        assert_eq!(page, json!({ "data": [], "next_cursor": null }), "{query}");
    }
}

#[tokio::test]
async fn a_payment_in_a_list_is_the_payment_itself() {
    let site = Site::start_own(Default::default()).await;
    let id = open(&site.api, &Order::billie_pad_at_once()).await;
    site.billie_pad().quiet().await;
    let listed = site.api.get("/v1/payments").await.expect(200).body["data"][0].clone();
    assert_eq!(listed, site.api.payment(&id).await);
}

/// Payments at two providers in several statuses.
async fn mixed(site: &Site) -> Vec<Value> {
    for i in 0..3 {
        let same = format!("ORD-{}", i % 2);
        open(&site.api, &Order::billie_pad_at_once().with("/reference", same.clone())).await;
        open(&site.api, &Order::billie_pad().with("/reference", same.clone())).await;
        open(&site.api, &Order::buckaroo_billink().with("/reference", same)).await;
        let declined = Order::billie_pad_at_once().with("/buyer/company/name", "invalid company name");
        open(&site.api, &declined.with("/reference", "ORD 3 & more")).await;
    }
    for sandbox in [site.billie_pad(), site.buckaroo_billink()] {
        sandbox.quiet().await;
    }
    all(&site.api, "limit=100").await
}

#[tokio::test]
async fn every_filter_and_every_two_filters_keep_what_they_say() {
    type Keeps = fn(&Value, &str) -> bool;
    fn time(text: &str) -> jiff::Timestamp {
        text.parse().unwrap()
    }
    let site = Site::start_own(Default::default()).await;
    let payments = mixed(&site).await;
    assert_eq!(payments.len(), 12);
    let middle = payments[6]["created_at"].as_str().unwrap().to_owned();
    let keeps: [(&str, Keeps); 5] = [
        ("status", |payment, value| payment["status"] == value),
        ("provider", |payment, value| payment["provider"] == value),
        ("reference", |payment, value| payment["reference"] == value),
        ("created_after", |payment, value| time(payment["created_at"].as_str().unwrap()) >= time(value)),
        ("created_before", |payment, value| time(payment["created_at"].as_str().unwrap()) < time(value)),
    ];
    let values = [
        ("status", "authorized"),
        ("status", "declined"),
        ("status", "requires_action"),
        ("status", "captured"),
        ("provider", "billie_pad"),
        ("provider", "buckaroo_billink"),
        ("provider", "billagain"),
        ("reference", "ORD-0"),
        ("reference", "ORD 3 & more"),
        ("reference", "ORD"),
        ("created_after", middle.as_str()),
        ("created_before", middle.as_str()),
        ("created_after", "2026-01-01T00:00:00+01:00"),
        ("created_before", "2026-01-01T00:00:00Z"),
    ];
    let keeps = |name: &str, payment: &Value, value: &str| {
        let (_, keeps) = keeps.iter().find(|(known, _)| *known == name).unwrap();
        keeps(payment, value)
    };
    let mut seen = BTreeSet::new();
    for one in values {
        for other in values {
            if one.0 == other.0 && one != other {
                continue;
            }
            let mut query = url::form_urlencoded::Serializer::new(String::from("limit=5"));
            query.append_pair(one.0, one.1);
            if one != other {
                query.append_pair(other.0, other.1);
            }
            let query = query.finish();
            let both = |payment: &&Value| keeps(one.0, payment, one.1) && keeps(other.0, payment, other.1);
            let expected: Vec<_> = payments.iter().filter(both).map(|payment| payment["id"].clone()).collect();
            let found: Vec<_> = all(&site.api, &query).await.iter().map(|payment| payment["id"].clone()).collect();
            assert_eq!(found, expected, "{query}");
            seen.insert(found.len());
        }
    }
    assert!(seen.len() > 4, "the filters do not tell much apart: {seen:?}");
}

#[tokio::test]
async fn what_a_providers_portal_shows_leads_to_its_payment_and_to_no_other() {
    let site = Site::start_own(Default::default()).await;
    let payments = mixed(&site).await;
    let find = async |query: &[(&str, &str)]| {
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
        let page = site.api.get(&format!("/v1/payments?{query}")).await.expect(200).body;
        assert_eq!(page["next_cursor"], Value::Null, "{query}");
        ids(&page)
    };
    let mut known = 0;
    for payment in &payments {
        let text = |field: &str| payment[field].as_str().unwrap();
        let (id, told, provider) = (text("id").to_owned(), text("order_reference"), text("provider"));
        assert_eq!(find(&[("order_reference", told)]).await, [id.as_str()]);
        assert_eq!(find(&[("order_reference", told), ("provider", provider)]).await, [id.as_str()]);
        assert_eq!(find(&[("order_reference", told), ("status", "expired")]).await, [""; 0]);
        assert_eq!(find(&[("order_reference", told), ("created_before", text("created_at"))]).await, [""; 0]);
        assert_eq!(find(&[("order_reference", told), ("created_after", text("created_at"))]).await, [id.as_str()]);
        for other in [told.to_lowercase(), format!("{told}-"), format!("{told}-000000"), told[1..].to_owned()] {
            assert_eq!(find(&[("order_reference", &other)]).await, [""; 0], "{other}");
        }
        let Some(theirs) = payment["provider_reference"].as_str() else { continue };
        known += 1;
        assert_eq!(find(&[("provider_reference", theirs), ("provider", provider)]).await, [id]);
        assert_eq!(find(&[("provider", "billagain"), ("provider_reference", theirs)]).await, [""; 0]);
        assert_eq!(find(&[("provider", provider), ("provider_reference", &theirs[1..])]).await, [""; 0]);
    }
    assert!(known > 5, "{known}");
}

#[tokio::test]
async fn what_the_provider_was_told_of_a_capture_leads_to_its_payment() {
    let site = Site::start_own(Default::default()).await;
    let id = open(&site.api, &Order::billie_pad_at_once()).await;
    let _ = site.api.post(&format!("/v1/payments/{id}/captures"), &tests::orders::capture()).await.expect(201);
    let told = site.table().payment(&id).await.unwrap().operations.pop().unwrap().reference;
    assert_ne!(told, *site.api.payment(&id).await["order_reference"].as_str().unwrap());
    let page = site.api.get(&format!("/v1/payments?order_reference={told}")).await.expect(200).body;
    assert_eq!(ids(&page), [id]);
}

#[tokio::test]
async fn no_name_leads_to_another_merchants_payment() {
    let (site, neighbour) = Site::start_with_neighbour().await;
    let payment = site.api.payment(&open(&site.api, &Order::billie_pad_at_once()).await).await;
    let (told, theirs) =
        (payment["order_reference"].as_str().unwrap(), payment["provider_reference"].as_str().unwrap());
    for query in [format!("order_reference={told}"), format!("provider=billie_pad&provider_reference={theirs}")] {
        let path = format!("/v1/payments?{query}");
        assert_eq!(ids(&site.api.get(&path).await.expect(200).body).len(), 1);
        assert_eq!(ids(&neighbour.get(&path).await.expect(200).body), [""; 0], "{query}");
    }
}

#[tokio::test]
async fn a_payment_is_asked_for_by_one_name_that_can_be_one() {
    let site = Site::start_own(Default::default()).await;
    let endless = "Zyzzyva".repeat(40);
    for (query, pointer) in [
        ("reference=Zyzzyva&order_reference=Zyzzyva", "?order_reference"),
        ("order_reference=Zyzzyva&reference=Zyzzyva", "?reference"),
        ("order_reference=Zyzzyva&order_reference=Zyzzyva", "?order_reference"),
        ("provider=billie_pad&reference=Zyzzyva&provider_reference=Zyzzyva", "?provider_reference"),
        ("provider_reference=Zyzzyva", "?provider"),
        ("order_reference=", "?order_reference"),
        ("provider=billie_pad&provider_reference=", "?provider_reference"),
        (&format!("order_reference={endless}"), "?order_reference"),
        (&format!("provider=billie_pad&provider_reference={endless}"), "?provider_reference"),
    ] {
        let answer = site.api.get(&format!("/v1/payments?{query}")).await;
        let answer = answer.expect_problem(service::ProblemCode::ValidationFailed);
        assert_eq!(answer.pointers(), [pointer], "{query}");
        assert!(!answer.body.to_string().contains("Zyzzyva"), "{}", answer.body);
    }
    let none = site.api.get(&format!("/v1/payments?reference={endless}")).await.expect(200);
    assert_eq!(none.at("/data"), &json!([]), "no order number is so long");
}

#[tokio::test]
async fn created_before_may_be_far_in_the_future() {
    let site = Site::start_own(Default::default()).await;
    let id = open(&site.api, &Order::billie_pad_at_once()).await;
    for time in ["2027-01-01T00:00:00Z", "2126-01-01T00:00:00Z", "2200-01-01T00:00:00Z", "9999-12-30T00:00:00Z"] {
        let page = site.api.get(&format!("/v1/payments?created_before={time}")).await.expect(200);
        assert_eq!(ids(&page.body), [id.as_str()], "{time}");
    }
}

#[tokio::test]
async fn a_parameter_that_breaks_a_rule_is_refused_by_its_name() {
    let site = Site::start_own(Default::default()).await;
    // "a…#pay_a", longer than any key of the table.
    let endless = format!("{}I3BheV9h", "YWFh".repeat(400));
    let cases = [
        ("limit", "0"),
        ("limit", "101"),
        ("limit", "-1"),
        ("limit", "Zyzzyva"),
        ("limit", ""),
        ("limit", "1.0"),
        ("cursor", "Zyzzyva"),
        ("cursor", ""),
        ("cursor", "Wnl6enl2YQ"),
        ("cursor", endless.as_str()),
        ("status", "Zyzzyva"),
        ("status", "AUTHORIZED"),
        ("status", ""),
        ("provider", "Zyzzyva"),
        ("provider", ""),
        ("created_after", "Zyzzyva"),
        ("created_after", "2026-11-20"),
        ("created_before", ""),
        ("created_before", "2026-13-01T00:00:00Z"),
        ("unknown", "Zyzzyva"),
        ("refresh", "true"),
    ];
    for (name, value) in cases {
        let answer = site.api.get(&format!("/v1/payments?{name}={value}")).await;
        let answer = answer.expect_problem(service::ProblemCode::ValidationFailed);
        assert_eq!(answer.pointers(), [format!("?{name}")], "{name}={value}");
        assert!(!answer.body.to_string().contains("Zyzzyva"), "{}", answer.body);
    }
}

#[tokio::test]
async fn a_parameter_that_is_given_twice_is_refused_by_its_name() {
    let site = Site::start_own(Default::default()).await;
    for (query, pointer) in [
        ("payments?limit=1&limit=1", "?limit"),
        ("payments?status=authorized&status=declined", "?status"),
        ("payments?provider=billie_pad&provider=billie_pad", "?provider"),
        ("payments?created_before=2026-01-01T00:00:00Z&created_before=2027-01-01T00:00:00Z", "?created_before"),
        ("payments?reference=ORD-1&reference=ORD-1", "?reference"),
        ("operations?status=in_doubt&status=needs_operator", "?status"),
        ("operations?status=in_doubt&limit=1&limit=2", "?limit"),
    ] {
        let answer = site.operator().get(&format!("/v1/{query}")).await;
        let answer = answer.expect_problem(service::ProblemCode::ValidationFailed);
        assert_eq!(answer.text("/detail"), format!("{pointer} must be given once"));
        assert_eq!(answer.pointers(), [pointer], "{query}");
    }
}

#[tokio::test]
async fn a_parameter_is_refused_whatever_it_is_called() {
    let site = Site::start_own(Default::default()).await;
    for (query, pointer) in [("=1", "?"), ("a%0Ab=1", "?a\nb"), ("%00", "?\0"), ("?", "??"), ("limit[]=1", "?limit[]")]
    {
        let timeline = "/v1/payments/pay_00000000000000000000000000/timeline";
        for list in ["/v1/payments", "/v1/operations", "/v1/capabilities", timeline] {
            let answer = site.operator().get(&format!("{list}?{query}")).await;
            let answer = answer.expect_problem(service::ProblemCode::ValidationFailed);
            assert_eq!(answer.pointers(), [pointer], "{list}");
            assert!(answer.text("/detail").contains("is not a parameter"), "{list}: {:#}", answer.body);
        }
    }
}

#[tokio::test]
async fn a_cursor_of_another_merchant_shows_nothing_of_theirs() {
    let (site, neighbour) = Site::start_with_neighbour().await;
    open_many(&site.api, 3).await;
    let own = open(&neighbour, &Order::billie_pad_at_once()).await;
    let cursor = site.api.get("/v1/payments?limit=1").await.expect(200).text("/next_cursor").to_owned();
    let page = neighbour.get(&format!("/v1/payments?cursor={cursor}")).await.expect(200).body;
    assert!(ids(&page).iter().all(|id| *id == own), "{page:#}");
    assert_eq!(ids(&neighbour.get("/v1/payments").await.expect(200).body), [own]);
}

#[tokio::test]
async fn the_list_of_a_merchant_without_payments_is_empty() {
    let (_site, neighbour) = Site::start_with_neighbour().await;
    let page = neighbour.get("/v1/payments").await.expect(200).body;
    assert_eq!(page, json!({ "data": [], "next_cursor": null }));
}

#[tokio::test]
async fn a_parameter_that_a_payment_does_not_know_is_refused_by_its_name() {
    let site = Site::start_own(Default::default()).await;
    let id = open(&site.api, &Order::billie_pad_at_once()).await;
    for (query, pointer) in [("refresh=Zyzzyva", "?refresh"), ("refresh=", "?refresh"), ("unknown=Zyzzyva", "?unknown")]
    {
        let answer = site.api.get(&format!("/v1/payments/{id}?{query}")).await;
        let answer = answer.expect_problem(service::ProblemCode::ValidationFailed);
        assert_eq!(answer.pointers(), [pointer], "{query}");
        assert!(!answer.body.to_string().contains("Zyzzyva"), "{}", answer.body);
    }
}
