//! Every operation that is declared and is a call, as something that can be prepared and asked for.

use payment::{CaptureMode, DoubtPolicy, Flow, InstructionKind, OperationKind};
use providers::{Capabilities, OperationCapability};
use serde_json::{Value, json};
use tests::{Answer, Order};

use crate::bench::{AMOUNT, Bench, PART, capabilities, ways};
use crate::deal::Deal;
use crate::table::{Call, Table, When};

/// What a message says.
pub(crate) const SAID: &str = "One chair <is> on its way & late";

/// One declared operation in one flow.
#[derive(Clone, Copy)]
pub(crate) struct Step {
    pub(crate) way: (Flow, CaptureMode),
    pub(crate) capability: &'static OperationCapability,
    /// Whether it is about a part of the money.
    pub(crate) part: bool,
    pub(crate) call: &'static Call,
}

/// Every step of a provider, and the names of those without a row.
pub(crate) fn all(table: &'static Table) -> (Vec<Step>, Vec<String>) {
    declared(capabilities(table), table)
}

/// The same of these capabilities.
pub(crate) fn declared(capabilities: &'static Capabilities, table: &'static Table) -> (Vec<Step>, Vec<String>) {
    let (mut steps, mut missing) = (Vec::new(), Vec::new());
    for (way, capability, part) in wanted(capabilities) {
        let row = table.calls.iter().find(|row| row.kind == capability.kind && fits(row.when, way, part));
        match row {
            Some(call) => steps.push(Step { way, capability, part, call }),
            None => missing.push(name(table, way, capability.kind, part)),
        }
    }
    (steps, missing)
}

/// What a step is, without its row.
type Wanted = ((Flow, CaptureMode), &'static OperationCapability, bool);

fn wanted(capabilities: &'static Capabilities) -> Vec<Wanted> {
    let mut wanted = Vec::new();
    for way in ways(capabilities) {
        let here = |o: &&OperationCapability| o.calls && (o.flows.is_empty() || o.flows.contains(&way.0));
        for capability in capabilities.operations.iter().filter(here) {
            let captured_already = way.1 == CaptureMode::Automatic
                && matches!(capability.kind, OperationKind::Capture | OperationKind::Cancel | OperationKind::Amend);
            if captured_already {
                continue;
            }
            wanted.push((way, capability, false));
            // A capture of a part is no other call.
            if capability.partial && capability.kind != OperationKind::Capture {
                wanted.push((way, capability, true));
            }
        }
    }
    wanted
}

/// Whether a row holds in this way of a provider, about all of the money or a part of it.
pub(crate) fn fits(when: When, (flow, mode): (Flow, CaptureMode), part: bool) -> bool {
    match when {
        When::Always => true,
        When::In(only) => flow == only,
        When::Manual => mode == CaptureMode::Manual,
        When::Automatic => mode == CaptureMode::Automatic,
        When::Whole => !part,
    }
}

fn name(table: &Table, (flow, mode): (Flow, CaptureMode), kind: OperationKind, part: bool) -> String {
    let text = |value: Value| value.as_str().unwrap_or_default().to_owned();
    let part = if part { " of a part" } else { "" };
    format!("{} {} {} {}{part}", table.provider, text(json!(flow)), text(json!(mode)), kind.as_str())
}

impl Step {
    pub(crate) fn kind(self) -> OperationKind {
        self.capability.kind
    }

    pub(crate) fn name(self, table: &Table) -> String {
        let name = name(table, self.way, self.kind(), self.part);
        name.strip_prefix(table.provider).unwrap_or(&name).trim_start().to_owned()
    }

    /// The HTTP status of success.
    pub(crate) fn done(self) -> u16 {
        match self.kind() {
            OperationKind::Confirm | OperationKind::Cancel | OperationKind::Amend | OperationKind::Tell(_) => 200,
            OperationKind::CreateSession | OperationKind::Capture | OperationKind::Refund => 201,
        }
    }

    /// The amount that it moves, minor units.
    pub(crate) fn amount(self) -> i64 {
        if self.part { PART } else { AMOUNT }
    }

    /// The last part of the API's address.
    pub(crate) fn action(self) -> &'static str {
        match self.kind() {
            OperationKind::CreateSession => "",
            OperationKind::Confirm => "confirm",
            OperationKind::Capture => "captures",
            OperationKind::Refund => "refunds",
            OperationKind::Cancel => "cancel",
            OperationKind::Amend => "orders/amend",
            OperationKind::Tell(InstructionKind::Hold) => "orders/hold",
            OperationKind::Tell(InstructionKind::Resume) => "orders/resume",
            OperationKind::Tell(InstructionKind::Message) => "orders/message",
            OperationKind::Tell(InstructionKind::DirectPayment) => "orders/direct-payment",
        }
    }

    /// A payment at which the operation is possible next.
    pub(crate) async fn deal(self, bench: &Bench) -> Option<Deal<'_>> {
        Some(match self.kind() {
            OperationKind::CreateSession => return None,
            OperationKind::Confirm => {
                let mut deal = bench.open(self.way).await;
                deal.buyer("accept").await;
                deal
            }
            OperationKind::Capture => bench.authorized(self.way).await,
            OperationKind::Refund => bench.captured(self.way).await,
            OperationKind::Tell(InstructionKind::Message) => bench.authorized(self.way).await,
            OperationKind::Tell(InstructionKind::Hold | InstructionKind::DirectPayment) => {
                bench.captured(self.way).await
            }
            OperationKind::Tell(InstructionKind::Resume) => {
                let deal = bench.captured(self.way).await;
                let _ = deal.post("orders/hold", &told(InstructionKind::Hold, 0)).await.expect(200);
                deal
            }
            OperationKind::Cancel | OperationKind::Amend => {
                let deal = bench.authorized(self.way).await;
                if self.part {
                    let _ = deal.post("captures", &bench.capture(self.way.0, Some(PART))).await.expect(201);
                }
                deal
            }
        })
    }

    /// The operation's body at a payment.
    pub(crate) async fn body(self, bench: &Bench, deal: Option<&Deal<'_>>) -> Value {
        match (self.kind(), deal) {
            (OperationKind::Confirm, Some(deal)) => deal.confirmation.clone(),
            (OperationKind::Capture, _) => bench.capture(self.way.0, None),
            (OperationKind::Refund, _) => json!({ "amount": self.amount() }),
            (OperationKind::Cancel, _) => json!({}),
            // To what is captured, or to a part of what is not.
            (OperationKind::Amend, _) => json!({ "amount": PART }),
            (OperationKind::Tell(kind), _) => told(kind, self.amount()),
            _ => bench.order(self.way).await.json().clone(),
        }
    }

    pub(crate) async fn ready(self, bench: &Bench) -> Ready<'_> {
        let deal = self.deal(bench).await;
        let body = self.body(bench, deal.as_ref()).await;
        Ready { step: self, bench, deal, body, key: uuid::Uuid::new_v4().to_string() }
    }
}

/// The body of something that a provider is told.
pub(crate) fn told(kind: InstructionKind, amount: i64) -> Value {
    match kind {
        InstructionKind::Hold => json!({ "days": 7 }),
        InstructionKind::Resume => json!({}),
        InstructionKind::Message => json!({ "text": SAID }),
        InstructionKind::DirectPayment => json!({ "amount": amount }),
    }
}

/// An operation that can be asked for.
#[derive(Clone)]
pub(crate) struct Ready<'a> {
    pub(crate) step: Step,
    pub(crate) bench: &'a Bench,
    pub(crate) deal: Option<Deal<'a>>,
    pub(crate) body: Value,
    pub(crate) key: String,
}

impl<'a> Ready<'a> {
    /// Asks for it, every time under the same key.
    pub(crate) async fn ask(&self) -> Answer {
        let path = self.deal.as_ref().map_or_else(|| "/v1/payments".to_owned(), |deal| deal.path(self.step.action()));
        self.bench.api.post_as(&self.key, &path, &self.body).await
    }

    /// The same operation under another key.
    pub(crate) fn anew(&self) -> Self {
        Self { key: uuid::Uuid::new_v4().to_string(), ..self.clone() }
    }

    /// The payment that an answer of it is about.
    pub(crate) fn deal_of(&self, answer: &Answer) -> Deal<'a> {
        let order = || Order::at(self.bench.table.provider).with("/description", self.body["description"].clone());
        self.deal.clone().unwrap_or_else(|| Deal::of(self.bench, self.step.way, &order(), answer.id()))
    }

    /// The id of the operation that an answer is about.
    pub(crate) fn operation_of(&self, answer: &Answer) -> String {
        let kind = self.step.kind().as_str();
        let operations = answer.at("/operations").as_array();
        let of_payment = || operations?.iter().rfind(|operation| operation["kind"] == kind)?["id"].as_str();
        answer.at("/operation_id").as_str().or_else(of_payment).unwrap_or_default().to_owned()
    }

    /// How often the stand-in got its call since the calls were forgotten.
    pub(crate) async fn count(&self) -> usize {
        self.bench.sandbox.count(self.step.call.name).await
    }

    /// Whether each of them was answered with an amount that the stand-in made wrong.
    pub(crate) async fn distorted(&self) -> Vec<bool> {
        let calls = self.bench.sandbox.calls().await;
        let own = calls.iter().filter(|call| call["call"] == self.step.call.name);
        own.map(|call| call["distorted"] == true).collect()
    }

    /// Whether a look finds it once the provider did it.
    pub(crate) fn is_found(&self) -> bool {
        self.step.capability.doubt == DoubtPolicy::Lookup || self.step.call.is_found
    }
}
