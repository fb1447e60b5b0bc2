//! Billink's orders: placed, workflow started, credited, paid, on hold.
//!
//! Every change answers with the code of the documentation's tables; the same code means other things in other calls.

use jiff::Timestamp;

use crate::clock::after;
use crate::json::{Json, map};
use crate::money::two_places;

/// The longest hold while the payment is guaranteed.
pub(crate) const MAX_HOLD_DAYS: i64 = 14;

/// One credit, before or after the workflow began.
pub(crate) struct Credit {
    pub(crate) minor: i64,
    pub(crate) started: bool,
}

/// One order.
pub(crate) struct Order {
    /// The merchant's number.
    pub(crate) number: String,
    /// Billink's own, which the buyer sees.
    pub(crate) public: String,
    pub(crate) custom: Option<String>,
    pub(crate) id: i64,
    pub(crate) workflow: String,
    pub(crate) minor: i64,
    pub(crate) started: Option<Timestamp>,
    pub(crate) credits: Vec<Credit>,
    pub(crate) paid: i64,
    pub(crate) held_until: Option<Timestamp>,
    pub(crate) paid_out: bool,
    /// A direct debit is on its way.
    pub(crate) debit: bool,
    /// Not the merchant's to manage any more.
    pub(crate) closed: bool,
    pub(crate) account_known: bool,
    pub(crate) messages: Vec<String>,
}

/// What came of a change: code, text, the events that it causes.
pub(crate) struct Done {
    pub(crate) code: i64,
    pub(crate) message: String,
    pub(crate) events: Vec<&'static str>,
}

impl Done {
    fn new(code: i64, message: &str, events: &[&'static str]) -> Self {
        Self { code, message: message.to_owned(), events: events.to_vec() }
    }

    /// The description of a payment is too long.
    pub(crate) fn too_long() -> Self {
        Self::new(708, "Description is too long (max 30)", &[])
    }

    fn unknown() -> Self {
        Self::new(-1, "Unknown invoice number", &[])
    }
}

impl Order {
    fn credited(&self, started: bool) -> i64 {
        self.credits.iter().filter(|credit| credit.started == started).map(|credit| credit.minor).sum()
    }

    /// What was not credited.
    fn rest(&self) -> i64 {
        self.minor - self.credited(false) - self.credited(true)
    }

    /// What the buyer owes.
    pub(crate) fn open(&self) -> i64 {
        (self.rest() - self.paid).max(0)
    }

    fn state(&self) -> &'static str {
        match (self.rest(), self.open()) {
            (0, _) => "credited",
            (_, 0) => "paid",
            _ if self.held_until.is_some() => "on_hold",
            _ if self.started.is_some() => "started",
            _ => "placed",
        }
    }

    fn line(&self) -> Json {
        let released = self.credited(false);
        map! {
            "id": &self.public,
            "reference": &self.number,
            "state": self.state(),
            "currency": "EUR",
            "authorized": self.minor,
            "capturing": 0_i64,
            "captured": if self.started.is_some() { self.minor - released } else { 0 },
            "released": released,
            "refunding": 0_i64,
            "refunded": self.credited(true),
            "paid": self.paid,
            "workflow": &self.workflow,
            "messages": self.messages.clone(),
        }
    }
}

/// All orders, oldest first.
#[derive(Default)]
pub(crate) struct Ledger {
    pub(crate) orders: Vec<Order>,
}

/// Billink's number for a merchant's: workflow, three letters for the merchant, the number without dots.
pub(crate) fn public_number(workflow: &str, number: &str) -> String {
    format!("{workflow}TST{}", number.replace('.', "-"))
}

impl Ledger {
    pub(crate) fn find(&self, number: &str) -> Option<&Order> {
        self.orders.iter().find(|order| order.number == number)
    }

    pub(crate) fn find_mut(&mut self, number: &str) -> Option<&mut Order> {
        self.orders.iter_mut().find(|order| order.number == number)
    }

    /// Places an order whose number is free.
    pub(crate) fn place(&mut self, number: &str, workflow: &str, minor: i64) -> Option<&mut Order> {
        if self.find(number).is_some() {
            return None;
        }
        let id = self.orders.last().map_or(123_456, |order| order.id + 1);
        self.orders.push(Order {
            number: number.to_owned(),
            public: public_number(workflow, number),
            custom: None,
            id,
            workflow: workflow.to_owned(),
            minor,
            started: None,
            credits: Vec::new(),
            paid: 0,
            held_until: None,
            paid_out: false,
            debit: false,
            closed: false,
            account_known: true,
            messages: Vec::new(),
        });
        self.orders.last_mut()
    }

    /// An order by its number, and its workflow where that is given too.
    fn of(&mut self, number: &str, workflow: Option<&str>) -> Option<&mut Order> {
        let order = self.find_mut(number)?;
        let fits = workflow.is_none_or(|workflow| workflow.is_empty() || workflow == order.workflow);
        fits.then_some(order)
    }

    /// Starts the workflow: 500, and 707 the second time.
    pub(crate) fn start(&mut self, number: &str, workflow: Option<&str>, now: Timestamp) -> Done {
        let Some(order) = self.of(number, workflow) else { return Done::unknown() };
        if order.started.is_some() {
            return Done::new(707, "Workflow already started", &[]);
        }
        if order.closed || order.rest() == 0 {
            return Done::new(706, "You are not allowed to manage this order", &[]);
        }
        order.started = Some(now);
        Done::new(500, "Workflow started", &["order_workflow_started"])
    }

    /// Credits a part or all of what was not credited yet.
    pub(crate) fn credit(&mut self, number: &str, workflow: Option<&str>, minor: i64) -> Done {
        let Some(order) = self.of(number, workflow) else { return Done::unknown() };
        if order.closed {
            return Done::new(706, "You are not allowed to manage this order", &[]);
        }
        if order.rest() == 0 {
            return Done::new(707, "Credit cannot be applied at this stage", &[]);
        }
        if minor > order.rest() {
            return Done::new(708, "Credit cannot be applied at this stage", &[]);
        }
        if order.paid > order.rest() - minor && !order.account_known {
            return Done::new(709, "The bank account for the refund is unknown", &[]);
        }
        let started = order.started.is_some();
        order.credits.push(Credit { minor, started });
        let event = if order.rest() == 0 { "order_fully_accredited" } else { "partial_credit_added" };
        Done::new(200, &format!("Credit applied: {} EURO.; step restarted.", two_places(minor)), &[event])
    }

    /// Notes a payment that the merchant received: 200, and 707 when nothing is open.
    pub(crate) fn pay(&mut self, number: &str, workflow: Option<&str>, minor: i64) -> Done {
        let Some(order) = self.of(number, workflow) else { return Done::unknown() };
        if order.open() == 0 {
            return Done::new(707, "Order is already paid", &[]);
        }
        if order.closed || minor > order.open() {
            return Done::new(706, "You are not allowed to manage this order", &[]);
        }
        order.paid += minor;
        let event = if order.open() == 0 { "order_paid" } else { "partial_payment_added" };
        Done::new(200, &format!("Payment applied: {} EURO.", two_places(minor)), &[event])
    }

    /// Puts an order on hold.
    pub(crate) fn hold(&mut self, number: &str, workflow: &str, days: Option<i64>, now: Timestamp) -> Done {
        if number.is_empty() || workflow.is_empty() {
            return Done::new(401, "Missing invoice or workflow number", &[]);
        }
        let Some(order) = self.of(number, Some(workflow)) else {
            return Done::new(402, "Unknown invoice or workflow number", &[]);
        };
        let days = days.unwrap_or(MAX_HOLD_DAYS);
        if days > MAX_HOLD_DAYS {
            return Done::new(403, "On-hold period is too long (max 14 days)", &[]);
        }
        if order.open() == 0 || order.closed || order.held_until.is_some() {
            return Done::new(701, "Order cannot be set on hold", &[]);
        }
        order.held_until = Some(after(now, days * 86_400));
        Done::new(200, "Order is set on hold", &["order_on_hold"])
    }

    /// Ends a hold.
    pub(crate) fn resume(&mut self, number: &str, workflow: &str) -> Done {
        if number.is_empty() || workflow.is_empty() {
            return Done::new(401, "Missing invoice or workflow number", &[]);
        }
        let Some(order) = self.of(number, Some(workflow)) else {
            return Done::new(402, "Unknown invoice or workflow number", &[]);
        };
        if order.held_until.take().is_none() {
            return Done::new(701, "Order is not on hold", &[]);
        }
        Done::new(200, "Order is resumed", &[])
    }

    /// Keeps a message to the order.
    pub(crate) fn message(&mut self, number: &str, workflow: Option<&str>, text: &str) -> Done {
        let Some(order) = self.of(number, workflow) else {
            return Done::new(402, "Unknown invoice or workflow number", &[]);
        };
        order.messages.push(text.to_owned());
        Done::new(200, "Message is added", &[])
    }

    /// Ends the holds whose time is over.
    pub(crate) fn pass(&mut self, now: Timestamp) {
        for order in &mut self.orders {
            order.held_until = order.held_until.filter(|until| now < *until);
        }
    }

    /// -1 not found, 0 unpaid, 1 paid, 2 a direct debit on its way; a description; whether the merchant has the money.
    pub(crate) fn status(&self, number: &str) -> (i64, &'static str, Option<bool>) {
        match self.find(number) {
            None => (-1, "Order not found", None),
            Some(order) if order.rest() == 0 => (1, "Credited", Some(order.paid_out)),
            Some(order) if order.open() == 0 => (1, "Paid", Some(order.paid_out)),
            Some(order) if order.debit => (2, "Direct debit pending", Some(order.paid_out)),
            Some(order) if order.started.is_some() => (0, "Unpaid", Some(order.paid_out)),
            Some(order) => (0, "Unpaid. No steps given", Some(order.paid_out)),
        }
    }

    /// Everything in minor units.
    pub(crate) fn lines(&self) -> Vec<Json> {
        self.orders.iter().map(Order::line).collect()
    }

    /// Changes what only a control call can: `paid` adds the buyer's money, `credited` credits all that is left at
    /// Billink's own desk, `held` ends a hold there, the others are set.
    pub(crate) fn control(&mut self, number: &str, body: &Json) -> Result<Vec<&'static str>, &'static str> {
        let order = self.find_mut(number).ok_or("no such order")?;
        let mut events = Vec::new();
        for (name, value) in body.pairs() {
            match (name.as_str(), value) {
                ("paid", Json::Number(minor)) => {
                    let minor = minor.parse::<i64>().map_err(|_| "paid must be a whole number")?;
                    order.paid = order.paid.saturating_add(minor);
                    events.push(if order.open() == 0 { "order_paid" } else { "partial_payment_added" });
                }
                ("credited", Json::Bool(true)) if order.rest() > 0 => {
                    order.credits.push(Credit { minor: order.rest(), started: order.started.is_some() });
                    events.push("order_fully_accredited");
                }
                ("paid_out", Json::Bool(value)) => order.paid_out = *value,
                ("debit", Json::Bool(value)) => order.debit = *value,
                ("closed", Json::Bool(value)) => order.closed = *value,
                ("account_known", Json::Bool(value)) => order.account_known = *value,
                ("held", Json::Bool(false)) => order.held_until = None,
                _ => return Err("known are paid, credited, paid_out, debit, closed, account_known, held"),
            }
        }
        Ok(events)
    }
}
