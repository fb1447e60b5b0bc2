//! Every minute, and whenever a message wakes it: looks at everything that is due, and says how things stand.

use lambda_runtime::Error;
use providers::Deadline;
use runtime::App;
use serde::de::IgnoredAny;
use service::{Problem, SweepReport};

/// Handles one tick of the schedule or one wake-up; what is due is in the table, so the event itself says nothing more.
///
/// # Errors
/// When the table cannot say what is due or how things stand; the next tick tries again.
pub async fn handle(
    app: App,
    _event: IgnoredAny,
    deadline: Deadline,
    request_id: String,
) -> Result<SweepReport, Error> {
    let failed = |problem: Problem| {
        let cause = problem.cause().map(ToString::to_string);
        tracing::error!(request_id, cause, "sweep failed");
        problem.code().title()
    };
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
