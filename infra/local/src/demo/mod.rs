//! `cargo run -- demo`: one whole payment per provider over HTTP, then the timeline and the events of each.

mod buyer;
mod client;
mod play;
mod queues;
mod report;
mod scenarios;

use std::io::{self, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::stack::{Stack, StackError, StackOptions};
#[cfg(test)]
pub(crate) use buyer::accept;
use play::Play;
use scenarios::Scenario;

/// What went otherwise than it should.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The stack does not start.
    #[error(transparent)]
    Stack(#[from] StackError),
    /// The API cannot be reached.
    #[error("the API cannot be reached")]
    Http(#[from] reqwest::Error),
    /// A queue cannot be read.
    #[error("a queue cannot be read")]
    Queue(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// An answer is not what it should be.
    #[error("{step}: expected {expected}, got {got}")]
    Deviation {
        /// In which step.
        step: String,
        /// What should have come.
        expected: String,
        /// What came.
        got: String,
    },
    /// No such provider in the demo.
    #[error("no provider is called {0}; try one of {1}")]
    UnknownProvider(String, String),
    /// The terminal is gone.
    #[error("cannot write")]
    Output(#[from] io::Error),
}

impl DemoError {
    pub(crate) fn deviation(step: &str, expected: impl ToString, got: impl ToString) -> Self {
        Self::Deviation { step: step.to_owned(), expected: expected.to_string(), got: got.to_string() }
    }
}

/// Plays the demo of all providers, or of one.
///
/// # Errors
/// Names the step that deviates.
pub async fn run(only: Option<&str>, out: &mut (dyn Write + Send)) -> Result<(), DemoError> {
    let all = scenarios::all();
    let chosen: Vec<&Scenario> = all.iter().filter(|s| only.is_none_or(|name| name == s.provider)).collect();
    if chosen.is_empty() {
        let names: Vec<&str> = all.iter().map(|s| s.provider).collect();
        return Err(DemoError::UnknownProvider(only.unwrap_or_default().to_owned(), names.join(", ")));
    }
    let stack = Stack::start(StackOptions::default()).await?;
    writeln!(out, "paylater listens on {}\n", stack.url)?;
    let mut played = Vec::new();
    for scenario in chosen {
        let bar = bar(scenario);
        let play = Play::new(&stack, scenario, &bar)?.play().await;
        match &play {
            Ok(_) => bar.finish_with_message("done"),
            Err(_) => bar.abandon_with_message("deviated"),
        }
        played.push(play?);
    }
    let events = queues::receive_all(&stack, &played).await?;
    for (payment, events) in played.iter().zip(&events) {
        report::print(payment, events, out)?;
    }
    let all = match played.len() {
        1 => "The payment went as it should".to_owned(),
        n => format!("All {n} payments went as they should"),
    };
    writeln!(out, "{all}; both queues got every event in order.")?;
    Ok(())
}

fn bar(scenario: &Scenario) -> ProgressBar {
    let bar = ProgressBar::new(scenario.steps());
    if let Ok(style) = ProgressStyle::with_template("{prefix:18} [{bar:24}] {pos:>2}/{len} {msg}") {
        bar.set_style(style.progress_chars("=> "));
    }
    bar.set_prefix(scenario.provider);
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}
