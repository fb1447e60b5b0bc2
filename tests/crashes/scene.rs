//! What a function is asked to do, and how it can be asked again.

use payment::{Flow, Operation, OperationKind, PaymentId};
use reqwest::Method;
use serde_json::{Value, json};
use tests::{Answer, Order};
use url::{Position, Url};

use crate::bench::{Bench, PART, ways};
use crate::deal::Deal;
use crate::step::{Ready, Step, all};
use crate::table::{Event, Messages, Table};
use crate::world::{Invocation, World, event};
use providers::BestEvidence;

/// What a function does when it is killed.
#[derive(Clone, Copy)]
pub(crate) enum Act {
    /// An operation that calls the provider.
    Step(Step),
    /// A capture of a part that releases the rest.
    Final(Step),
    /// A confirmation that only looks.
    Look((Flow, payment::CaptureMode)),
    /// The buyer who comes back from the provider's page.
    Return((Flow, payment::CaptureMode)),
    /// A person's word on an operation that nobody can find out about.
    Resolve(Step),
    /// A provider's message.
    Message(&'static Event),
    /// The sweep, which comes across an operation in doubt of which the provider did its work.
    Found(Step),
    /// The sweep, which runs the release that followed a final capture.
    Follower(Step),
}

/// One event of each provider whose message can be sent by hand: the function and the event's name.
const MESSAGES: [(&str, &str, &str); 3] = [
    ("buckaroo_billink", "webhook-buckaroo", "form sha512 cancelled"),
    ("billie_pad", "webhook-billie-pad", "approve"),
    ("billie_psp", "webhook-billie-psp", "accept text"),
];

impl Act {
    /// Every act of a provider, each call once.
    pub(crate) fn all(table: &'static Table) -> Vec<Self> {
        let mut steps: Vec<Step> = Vec::new();
        for step in all(table).0 {
            if !steps.iter().any(|known| std::ptr::eq(known.call, step.call)) {
                steps.push(step);
            }
        }
        let capabilities = crate::bench::capabilities(table);
        let releases = |flow| capabilities.operation(OperationKind::Cancel, flow).is_some_and(|cancel| cancel.partial);
        let capture = steps.iter().copied().find(|step| step.kind() == OperationKind::Capture);
        let last = capture.filter(|step| step.capability.partial && releases(step.way.0));
        let repeated = steps.iter().copied().find(|step| step.capability.doubt == payment::DoubtPolicy::Repeat);
        let looks = ways(capabilities).into_iter().find(|(flow, _)| {
            let confirm = capabilities.operation(OperationKind::Confirm, *flow);
            confirm.is_some_and(|o| !o.calls) && capabilities.evidence == BestEvidence::Observation
        });
        let mut acts: Vec<Self> = steps.into_iter().map(Self::Step).collect();
        acts.extend(last.map(Self::Final));
        acts.extend(looks.filter(|(flow, _)| *flow == Flow::Redirect).map(Self::Return));
        // Where only the buyer's way back or a message names what there is to look at, nobody can look without them.
        let looks = looks.filter(|(flow, _)| capabilities.operation(OperationKind::Capture, *flow).is_some());
        acts.extend(looks.map(Self::Look));
        let unknowable = |step: &Step| step.capability.doubt == payment::DoubtPolicy::None && !step.call.is_found;
        acts.extend(capture.filter(unknowable).map(Self::Resolve));
        acts.extend(capture.map(Self::Found));
        acts.extend(repeated.filter(|step| step.kind() != OperationKind::Capture).map(Self::Found));
        acts.extend(last.map(Self::Follower));
        acts.extend(message(table).map(Self::Message));
        acts
    }

    pub(crate) fn name(self, table: &Table) -> String {
        match self {
            Self::Step(step) => step.name(table),
            Self::Final(step) => format!("{}, the last", step.name(table)),
            Self::Look(way) => format!("{way:?} confirm by a look"),
            Self::Return(way) => format!("{way:?} buyer comes back"),
            Self::Resolve(step) => format!("resolve {}", step.name(table)),
            Self::Message(event) => format!("message {}", event.name),
            Self::Found(step) => format!("settle after {}", step.name(table)),
            Self::Follower(step) => format!("settle the release after {}", step.name(table)),
        }
    }

    /// The step that is operated.
    pub(crate) fn step(self) -> Option<Step> {
        match self {
            Self::Step(step) | Self::Final(step) | Self::Found(step) | Self::Follower(step) | Self::Resolve(step) => {
                Some(step)
            }
            Self::Look(_) | Self::Return(_) | Self::Message(_) => None,
        }
    }

    /// How it is asked for.
    fn method(self) -> Method {
        if let Self::Return(_) = self { Method::GET } else { Method::POST }
    }

    /// A payment at which it can be done, with the provider's messages held back.
    pub(crate) async fn scene(self, world: &World) -> Scene<'_> {
        let bench = &world.bench;
        match self {
            Self::Step(step) => Scene::of(self, step.ready(bench).await).await,
            Self::Final(step) => Scene::of(self, last(step.ready(bench).await)).await,
            Self::Look(way) => looks(self, bench, way).await,
            Self::Return(way) => returns(self, bench, way).await,
            Self::Resolve(step) => resolves(self, world, step.ready(bench).await).await,
            Self::Message(event) => told(self, bench, event).await,
            Self::Found(step) => settles(self, world, step.ready(bench).await).await,
            Self::Follower(step) => {
                let scene = settles(self, world, last(step.ready(bench).await)).await;
                world.bench.site.sweep().await;
                scene
            }
        }
    }
}

fn message(table: &'static Table) -> Option<&'static Event> {
    let Messages::Authentic { events, .. } = table.messages else { return None };
    let (_, _, name) = MESSAGES.iter().find(|(provider, ..)| *provider == table.provider)?;
    events.iter().find(|event| event.name == *name)
}

/// The same of a part, and nothing is captured after it.
fn last(ready: Ready<'_>) -> Ready<'_> {
    let mut body = ready.body.clone();
    body["amount"] = json!(PART);
    body["final"] = json!(true);
    Ready { body, ..ready }
}

/// A payment, what a function is asked about it, and how the same is asked again.
pub(crate) struct Scene<'a> {
    pub(crate) act: Act,
    pub(crate) deal: Deal<'a>,
    pub(crate) invocation: Invocation,
    path: String,
    headers: Vec<(&'static str, String)>,
    body: String,
    /// The operations that were there before.
    before: Vec<Value>,
}

impl<'a> Scene<'a> {
    async fn of(act: Act, ready: Ready<'a>) -> Self {
        let (path, key) = (ready.path(), ready.key.clone());
        let headers = vec![("content-type", "application/json".to_owned()), ("idempotency-key", key)];
        let function = match ready.step.kind() {
            OperationKind::CreateSession => "create-session",
            OperationKind::Confirm => "confirm",
            OperationKind::Capture => "capture",
            OperationKind::Refund => "refund",
            OperationKind::Cancel => "cancel",
            OperationKind::Amend | OperationKind::Tell(_) => "manage-order",
        };
        Self::asked(act, function, ready.deal_or_new(), (path, headers, ready.body.to_string())).await
    }

    async fn asked(
        act: Act,
        function: &'static str,
        deal: Deal<'a>,
        (path, headers, body): (String, Vec<(&'static str, String)>, String),
    ) -> Self {
        quiet(deal.bench).await;
        let borrowed: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let invocation = Invocation { function, event: event(&act.method(), &path, &borrowed, &body) };
        let payment = found(&deal).await;
        let before = payment.map_or_else(Vec::new, |payment| payment["operations"].as_array().unwrap().clone());
        Self { act, deal, invocation, path, headers, body, before }
    }

    /// Asks the same of the stack.
    pub(crate) async fn ask(&self) -> Answer {
        let operator = self.deal.bench.site.operator();
        let api = if let Act::Resolve(_) = self.act { &operator } else { &self.deal.bench.api };
        let request = api.request(self.act.method(), &self.path).without_key();
        let request = self.headers.iter().fold(request, |request, (name, value)| request.header(name, value));
        let request = if self.body.is_empty() { request } else { request.raw(self.body.clone(), None) };
        request.send().await
    }

    /// The payment, where there is one.
    pub(crate) async fn payment(&self) -> Option<Value> {
        found(&self.deal).await
    }

    /// The operations that were made here, first the one that was asked for.
    pub(crate) async fn operations(&self) -> Vec<Value> {
        let payment = self.payment().await.unwrap_or_default();
        let known = |operation: &Value| self.before.iter().any(|before| before["id"] == operation["id"]);
        let all = payment["operations"].as_array().cloned().unwrap_or_default();
        all.into_iter().filter(|operation| !known(operation)).collect()
    }

    /// Whether what is written is enough to look at it. A buyer comes back only once, and where no money can be asked
    /// for later, the way back or a message is all that names what there is to look at.
    pub(crate) async fn can_be_looked_at(&self) -> bool {
        let (Act::Return((flow, _)), bench) = (self.act, self.deal.bench) else { return true };
        let payment = bench.site.table().payment(&self.deal.id).await.unwrap();
        let named = payment.provider_reference.is_some() || !payment.candidates.is_empty();
        named || bench.operation(OperationKind::Capture, flow).is_some()
    }

    /// The same with what the API does not show of them.
    pub(crate) async fn reserved(&self) -> Vec<Operation> {
        let payment = self.deal.bench.site.table().payment(&self.deal.id).await;
        let known = |operation: &Operation| self.before.iter().any(|before| before["id"] == operation.id.as_str());
        let all = payment.map_or_else(Vec::new, |payment| payment.operations);
        all.into_iter().filter(|operation| !known(operation)).collect()
    }
}

/// From now on the provider's messages are held and its calls are counted.
async fn quiet(bench: &Bench) {
    bench.sandbox.quiet().await;
    bench.sandbox.webhooks(json!({ "mode": "held" })).await;
    bench.sandbox.forget_calls().await;
}

async fn found(deal: &Deal<'_>) -> Option<Value> {
    let answer = deal.bench.api.get(&format!("/v1/payments/{}", deal.id)).await;
    (answer.status != 404).then(|| answer.expect(200).body)
}

/// The buyer is done, and nobody looked yet.
async fn looks(act: Act, bench: &Bench, way: (Flow, payment::CaptureMode)) -> Scene<'_> {
    let deal = bench.open(way).await;
    quiet(bench).await;
    bench.sandbox.buyer(&deal.session().await, "accept").await;
    let key = ("idempotency-key", uuid::Uuid::new_v4().to_string());
    let headers = vec![("content-type", "application/json".to_owned()), key];
    let path = deal.path("confirm");
    Scene::asked(act, "confirm", deal, (path, headers, "{}".to_owned())).await
}

/// The buyer is done and on the way back to the shop.
async fn returns(act: Act, bench: &Bench, way: (Flow, payment::CaptureMode)) -> Scene<'_> {
    let deal = bench.open(way).await;
    quiet(bench).await;
    let told = bench.sandbox.buyer(&deal.session().await, "accept").await;
    let back: Url = told["location"].as_str().unwrap().parse().unwrap();
    Scene::asked(act, "return-buyer", deal, (back[Position::BeforePath..].to_owned(), Vec::new(), String::new())).await
}

/// An operation needs a person, who has seen in the provider's books that it was done.
async fn resolves<'a>(act: Act, world: &'a World, ready: Ready<'a>) -> Scene<'a> {
    let scene = settles(act, world, ready).await;
    world.pass(&scene.deal.id, 901).await;
    world.bench.site.sweep().await;
    let operation = scene.operations().await.first().unwrap().clone();
    assert_eq!(operation["status"], "needs_operator", "{operation:#}");
    let path = scene.deal.path(&format!("operations/{}/resolve", operation["id"].as_str().unwrap()));
    let books = world.bench.sandbox.books().await;
    let seen = books["captures"].as_array().unwrap().last().unwrap()["id"].clone();
    let word = json!({ "outcome": "succeeded", "reason": "It is in the portal.", "provider_reference": seen });
    let body = word.to_string();
    let key = ("idempotency-key", uuid::Uuid::new_v4().to_string());
    let headers = vec![("content-type", "application/json".to_owned()), key];
    let borrowed: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let event = event(&Method::POST, &path, &borrowed, &body);
    Scene { invocation: Invocation { function: "operations", event }, path, headers, body, ..scene }
}

/// The provider has a message, which we hand over ourselves.
async fn told<'a>(act: Act, bench: &'a Bench, event: &'static Event) -> Scene<'a> {
    let deal = bench.at(event.at, bench.ways()[0]).await;
    quiet(bench).await;
    (event.say)(&deal, event.name).await;
    let deliveries = bench.sandbox.deliveries().await;
    let message = deliveries.last().unwrap();
    assert_eq!(message["state"], "held", "{message:#}");
    let url: Url = message["url"].as_str().unwrap().parse().unwrap();
    let body = message["body"].as_str().unwrap().to_owned();
    let media_type = if body.starts_with('{') { "application/json" } else { "application/x-www-form-urlencoded" };
    // The key that both of Billie's stand-ins send; Buckaroo's form carries its own signature.
    let key = if bench.table.provider == "billie_psp" {
        ::sandbox::billie_psp::WEBHOOK_KEY
    } else {
        ::sandbox::billie_pad::WEBHOOK_KEY
    };
    let headers = vec![("content-type", media_type.to_owned()), ("x-api-key", key.to_owned())];
    let function = MESSAGES.iter().find(|(provider, ..)| *provider == bench.table.provider).unwrap().1;
    Scene::asked(act, function, deal, (url[Position::BeforePath..].to_owned(), headers, body)).await
}

/// An operation is in doubt and due.
async fn settles<'a>(act: Act, world: &'a World, ready: Ready<'a>) -> Scene<'a> {
    let scene = Scene::of(act, ready.clone()).await;
    let call = ready.step.call.name;
    world.bench.sandbox.fault(json!({ "call": call, "kind": "drop_after" })).await;
    let _ = scene.ask().await.expect(202);
    world.pass(&scene.deal.id, 6).await;
    Scene { invocation: Invocation { function: "settle", event: json!({}) }, ..scene }
}

impl<'a> Ready<'a> {
    fn path(&self) -> String {
        self.deal.as_ref().map_or_else(|| "/v1/payments".to_owned(), |deal| deal.path(self.step.action()))
    }

    /// Its payment, also where it does not exist yet.
    fn deal_or_new(&self) -> Deal<'a> {
        let id = PaymentId::of(&local::DEMO_MERCHANT.parse().unwrap(), &self.key.parse().unwrap());
        let order = || Order::at(self.bench.table.provider).with("/description", self.body["description"].clone());
        self.deal.clone().unwrap_or_else(|| Deal::of(self.bench, self.step.way, &order(), id.as_str()))
    }
}
