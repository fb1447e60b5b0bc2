//! Every minute: looks at everything that is due, and says how things stand. In between it is woken for payments with an
//! operation in doubt, and looks at those.

use std::collections::BTreeSet;

use lambda_runtime::Error;
use payment::{PaymentId, WakeUp};
use providers::Deadline;
use runtime::App;
use serde::Deserialize;
use service::{Problem, SweepReport};

/// A tick of the schedule, which has no records, or messages of the wake queue.
#[derive(Debug, Default, Deserialize)]
pub struct Event {
    #[serde(default, rename = "Records")]
    records: Vec<Record>,
}

#[derive(Debug, Deserialize)]
struct Record {
    body: String,
}

impl Event {
    /// The payments that it names; nothing for a tick, and where a message names none.
    fn payments(&self) -> Option<BTreeSet<PaymentId>> {
        let mut payments = BTreeSet::new();
        for record in &self.records {
            let wake_up: WakeUp = serde_json::from_str(&record.body).ok()?;
            if wake_up.payments.is_empty() {
                return None;
            }
            payments.extend(wake_up.payments);
        }
        Some(payments).filter(|payments| !payments.is_empty())
    }
}

/// Handles one tick of the schedule or one wake-up.
///
/// # Errors
/// When the table cannot say what is due or how things stand; the next tick tries again.
pub async fn handle(app: App, event: Event, deadline: Deadline, request_id: String) -> Result<SweepReport, Error> {
    let failed = |problem: Problem| {
        let cause = problem.cause().map(ToString::to_string);
        tracing::error!(request_id, cause, "sweep failed");
        problem.code().title()
    };
    if let Some(payments) = event.payments() {
        let report = app.service.settle_payments(payments, &request_id, deadline).await;
        tracing::info!(request_id, payments = report.payments, failed = report.failed, "woken");
        return Ok(report);
    }
    // First, so that the alarms know how things stand however long the sweep takes.
    let gauges = app.service.gauges().await.map_err(failed);
    let report = app.service.settle_due(&request_id, deadline).await.map_err(failed)?;
    let gauges = gauges?;
    tracing::info!(
        request_id,
        payments = report.payments,
        messages = report.messages,
        lags = report.lags,
        failed = report.failed,
        needs_operator = gauges.needs_operator,
        in_doubt = gauges.in_doubt,
        oldest_in_doubt_seconds = gauges.oldest_in_doubt_seconds,
        queues_behind = gauges.queues_behind,
        parked_messages = gauges.parked_messages,
        parked_hints = gauges.parked_hints,
        "swept"
    );
    Ok(report)
}
