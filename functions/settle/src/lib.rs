//! Every minute, and whenever a message wakes it: looks at everything that is due.

use lambda_runtime::Error;
use providers::Deadline;
use runtime::App;
use serde::de::IgnoredAny;
use service::SweepReport;

/// Handles one tick of the schedule or one wake-up; what is due is in the table, so the event itself says nothing more.
///
/// # Errors
/// When the table cannot say what is due; the next tick tries again.
pub async fn handle(
    app: App,
    _event: IgnoredAny,
    deadline: Deadline,
    request_id: String,
) -> Result<SweepReport, Error> {
    let report = app.service.settle_due(&request_id, deadline).await.map_err(|problem| {
        let cause = problem.cause().map(ToString::to_string);
        tracing::error!(request_id, cause, "sweep failed");
        problem.code().title()
    })?;
    if report == SweepReport::default() {
        tracing::debug!(request_id, "nothing was due");
    } else {
        tracing::info!(
            request_id,
            payments = report.payments,
            messages = report.messages,
            lags = report.lags,
            oldest_in_doubt_seconds = report.oldest_in_doubt_seconds,
            failed = report.failed,
            "swept"
        );
    }
    Ok(report)
}
