//! The pages as a browser has them: links are followed and forms are sent as they were filled in.

use std::time::{Duration, Instant};

use payment::{DoubtPolicy, Flow, OperationKind};
use providers::{REGISTRY, Registered};
use reqwest::header::{HOST, LOCATION, ORIGIN};
use sandbox::STAND_INS;
use serde_json::json;
use url::Url;

use crate::demo::accept;
use crate::{Stack, StackOptions, loopback};

/// How long anything may take that happens by itself.
const LONG: Duration = Duration::from_secs(20);

/// A browser on a stack of its own.
struct Browser {
    http: reqwest::Client,
    home: Url,
    stack: Stack,
}

/// A form of a page: where it goes, and its fields.
struct Form {
    action: String,
    fields: Vec<(String, String)>,
}

impl Browser {
    async fn start() -> Self {
        let stack = Stack::start(StackOptions { console: true, ..StackOptions::default() }).await.unwrap();
        Self { http: loopback::client().unwrap(), home: stack.console_url.clone().unwrap(), stack }
    }

    /// A page, redirects followed.
    async fn get(&self, path: &str) -> String {
        let mut url = self.home.join(path).unwrap();
        loop {
            let answer = self.http.get(url.clone()).send().await.unwrap();
            match answer.headers().get(LOCATION) {
                Some(next) => url = url.join(next.to_str().unwrap()).unwrap(),
                None => return answer.text().await.unwrap(),
            }
        }
    }

    /// The page that comes of a form.
    async fn send(&self, form: &Form) -> String {
        let url = self.home.join(&form.action).unwrap();
        let fields = form_urlencoded::Serializer::new(String::new()).extend_pairs(&form.fields).finish();
        let request = self.http.post(url).header(ORIGIN, self.home.as_str().trim_end_matches('/')).body(fields);
        let answer = request.header("content-type", "application/x-www-form-urlencoded").send().await.unwrap();
        match answer.headers().get(LOCATION) {
            Some(next) => self.get(next.to_str().unwrap()).await,
            None => answer.text().await.unwrap(),
        }
    }

    /// Sends the forms of these actions as they are filled, as soon as they are there, until the page says this.
    async fn ask_until(&self, path: &str, actions: &[&str], wanted: &str) -> String {
        let begun = Instant::now();
        loop {
            let page = self.get(path).await;
            if page.contains(wanted) {
                return page;
            }
            assert!(begun.elapsed() < LONG, "{wanted:?} is not on {path}: {page}");
            let actions = actions.iter().map(|action| format!("{path}/{action}"));
            match actions.into_iter().find(|action| page.contains(&format!("\"{action}\""))) {
                Some(action) => _ = self.send(&form(&page, &action)).await,
                None => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    }

    /// A new payment at this provider that its buyer has accepted, where there is a page for it: its address here.
    async fn accepted(&self, provider: &str) -> String {
        let page = self.send(&form(&self.get(&format!("/new/{provider}")).await, "/payments")).await;
        let id = format!("pay_{}", between(&page, "<td>pay_", "</td>").unwrap());
        if let Some((before, _)) = page.split_once("\">The provider's page") {
            let (_, provider_page) = before.rsplit_once("href=\"").unwrap();
            let provider_page = plain(provider_page).parse().unwrap();
            let back = accept(&self.http, &provider_page, &self.home.join("returned").unwrap()).await.unwrap();
            assert!(self.get(back.as_str()).await.contains(&id));
        }
        format!("/payments/{id}")
    }
}

/// The form of a page that goes to this address.
fn form(page: &str, action: &str) -> Form {
    let forms = page.split("<form ").skip(1).filter_map(|form| form.split("</form>").next());
    let wanted = format!("action=\"{action}\"");
    let form = forms.into_iter().find(|form| form.contains(&wanted)).unwrap_or_else(|| panic!("no {action} in {page}"));
    let mut fields = Vec::new();
    if let Some(area) = between(form, "<textarea name=\"body\"", "</textarea>") {
        fields.push(("body".to_owned(), plain(area.split_once('>').unwrap().1)));
    }
    for input in form.split("<input ").skip(1) {
        let attribute = |name: &str| between(input, &format!("{name}=\""), "\"").map(plain).unwrap_or_default();
        fields.push((attribute("name"), attribute("value")));
    }
    Form { action: action.to_owned(), fields }
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    text.split_once(before)?.1.split_once(after).map(|(wanted, _)| wanted)
}

/// HTML text as it is meant.
fn plain(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

impl Form {
    fn with(mut self, name: &str, value: &str) -> Self {
        self.fields.retain(|(known, _)| known != name);
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }
}

#[tokio::test]
async fn a_payment_at_every_provider_gets_to_its_end_by_the_forms_as_they_are_filled() {
    let browser = Browser::start().await;
    for stand_in in STAND_INS {
        let path = browser.accepted(stand_in.provider).await;
        browser.ask_until(&path, &["confirm", "captures"], "is captured").await;
        assert!(browser.get("/").await.contains(&path), "{}", stand_in.provider);
    }
}

#[test]
fn what_is_asked_is_filled_with_what_its_provider_wants() {
    let payment = json!({
        "provider": "p",
        "allowed_actions": [{ "action": "hold" }, { "action": "capture", "max_amount": 5 }],
        "operations": [{ "id": "op_1", "kind": "refund", "status": "needs_operator" }],
    });
    let requires = [("hold", json!(["/days"])), ("capture", json!(["/invoice/number", "/invoice/url"]))];
    let operations = requires.map(|(kind, requires)| json!({ "kind": kind, "requires": requires }));
    let asks = super::bodies::asks(&payment, &json!({ "data": [{ "provider": "p", "operations": operations }] }));
    let paths: Vec<_> = asks.iter().map(|ask| ask.path.as_str()).collect();
    assert_eq!(paths, ["orders/hold", "captures", "operations/op_1/resolve"]);
    assert_eq!((&asks[0].body, &asks[1].body["amount"]), (&json!({ "days": 7 }), &json!(5)));
    let invoice = &asks[1].body["invoice"];
    assert!(invoice["number"].is_string() && invoice["url"].as_str().unwrap().starts_with("https://"), "{invoice}");
}

#[tokio::test]
async fn a_doubt_is_shown_and_its_page_comes_again_until_it_is_settled() {
    let browser = Browser::start().await;
    let looked_up =
        |known: &&Registered| known.capabilities.doubt(OperationKind::Capture, Flow::Redirect) == DoubtPolicy::Lookup;
    let provider = REGISTRY.iter().find(looked_up).unwrap().capabilities.provider;
    let path = browser.accepted(provider).await;
    let page = browser.ask_until(&path, &["confirm"], "is authorized").await;
    let stand_in = format!("/stand-ins/{provider}");
    let misfortune = form(&browser.get(&stand_in).await, &format!("{stand_in}/faults"));
    let ordered = browser.send(&misfortune.with("call", "any").with("kind", "drop_after")).await;
    assert!(ordered.contains("any: drop_after, 1 to come"), "{ordered}");
    let doubtful = browser.send(&form(&page, &format!("{path}/captures"))).await;
    assert!(doubtful.contains("in_doubt") && doubtful.contains("http-equiv=\"refresh\""), "{doubtful}");
    let home = browser.get("/").await;
    let waiting = between(&home, "<h2 class=\"doubt\">in_doubt</h2>", "</table>").unwrap();
    assert!(waiting.contains("<td>capture</td>") && waiting.contains("Z</td>"), "{waiting}");
    let settled = browser.ask_until(&path, &[], "is captured").await;
    assert!(!settled.contains("http-equiv"), "{settled}");
}

#[tokio::test]
async fn what_is_refused_says_why_and_what_is_sent_is_never_markup() {
    let browser = Browser::start().await;
    let new = format!("/new/{}", STAND_INS[0].provider);
    let filled = form(&browser.get(&new).await, "/payments");
    let wrong = browser.send(&filled.with("body", "{\"provider\": \"<script>alert(1)</script>\"}")).await;
    assert!(wrong.contains("422") && wrong.contains("validation_failed"), "{wrong}");
    let mut order = super::bodies::order(STAND_INS[0].provider, "http://127.0.0.1/").unwrap();
    order["metadata"] = json!({ "note": "</pre><script>alert(1)</script>" });
    let filled = form(&browser.get(&new).await, "/payments");
    let page = browser.send(&filled.with("body", &order.to_string())).await;
    assert!(page.contains("&lt;script&gt;alert(1)"), "{page}");
    for page in [wrong, page] {
        assert!(!page.contains("<script"), "{page}");
    }
}

#[tokio::test]
async fn a_cookie_stands_for_the_key_and_without_one_there_is_nothing_to_see() {
    let browser = Browser::start().await;
    let own = StackOptions {
        console: true,
        merchants: Some(format!("[{}]", browser.stack.demo_merchant)),
        ..StackOptions::default()
    };
    let other = Stack::start(own).await.unwrap();
    let home = other.console_url.clone().unwrap();
    assert!(browser.get(home.as_str()).await.contains("unauthorized"));
    let key = home.join("key").unwrap();
    let given = browser.http.post(key).body(format!("key={}", crate::DEMO_OPERATOR_KEY));
    let given = given.header("content-type", "application/x-www-form-urlencoded").send().await.unwrap();
    let cookie = given.headers()["set-cookie"].to_str().unwrap();
    let (cookie, attributes) = cookie.split_once("; ").unwrap();
    assert_eq!(attributes, "HttpOnly; SameSite=Strict; Path=/");
    assert!(!cookie.contains("sk_"), "every port of the machine is sent it");
    let page = browser.http.get(home).header("cookie", cookie).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("There is no payment yet."), "{page}");
}

#[tokio::test]
async fn no_other_site_gets_in_by_a_name_of_its_own_or_by_a_form() {
    let browser = Browser::start().await;
    let port = browser.home.port().unwrap();
    for (host, allowed) in
        [("127.0.0.1", true), ("localhost", true), ("evil.example", false), ("127.0.0.1.evil.example", false)]
    {
        let answer = browser.http.get(browser.home.clone()).header(HOST, format!("{host}:{port}"));
        assert_eq!(answer.send().await.unwrap().status().as_u16(), if allowed { 200 } else { 403 }, "{host}");
    }
    let own = format!("http://127.0.0.1:{port}");
    for (origin, allowed) in [(own.as_str(), true), ("http://evil.example", false), ("null", false), ("", false)] {
        let form = browser.http.post(browser.home.join("key").unwrap()).header(ORIGIN, origin).body("key=k");
        let form = form.header("content-type", "application/x-www-form-urlencoded");
        let answer = form.send().await.unwrap();
        assert_eq!(answer.status().as_u16(), if allowed { 303 } else { 403 }, "{origin:?}");
        let policy = answer.headers()["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'"), "{policy}");
    }
}
