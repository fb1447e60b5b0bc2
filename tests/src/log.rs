//! The log as it would be written, kept.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use serde_json::Value;
use tracing::Subscriber;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// One JSON document a line.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<u8>>>);

/// Everything that this build may say, not only what the functions are started with.
const LEVELS: &str = "info,payment=trace,providers=trace,store=trace,service=trace,runtime=trace,local=trace,\
                      relay_events=trace,settle=trace";

impl Log {
    /// What the whole process logs from now on: whether a line is written at all is decided once for all threads.
    pub fn of_process() -> Self {
        static LOG: OnceLock<Log> = OnceLock::new();
        let install = || {
            let log = Self::default();
            tracing::subscriber::set_global_default(log.subscriber()).unwrap();
            log
        };
        LOG.get_or_init(install).clone()
    }

    /// What this thread logs as long as the guard is there.
    pub fn of_thread() -> (Self, DefaultGuard) {
        let log = Self::default();
        let guard = tracing::subscriber::set_default(log.subscriber());
        (log, guard)
    }

    fn subscriber(&self) -> impl Subscriber + use<> {
        let subscriber = tracing_subscriber::fmt().json().flatten_event(true).with_writer(self.clone());
        subscriber.with_env_filter(EnvFilter::new(LEVELS)).finish()
    }

    /// All of it.
    pub fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()).unwrap()
    }

    /// Every line, oldest first.
    pub fn lines(&self) -> Vec<Value> {
        self.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The lines that say this, with this value in a field.
    pub fn lines_with(&self, message: &str, (field, value): (&str, &str)) -> Vec<Value> {
        self.lines().into_iter().filter(|line| line["message"] == message && line[field] == value).collect()
    }

    /// The one line of these.
    #[track_caller]
    pub fn line(&self, message: &str, (field, value): (&str, &str)) -> Value {
        let mut lines = self.lines_with(message, (field, value));
        assert_eq!(lines.len(), 1, "{message} with {field} {value}: {lines:#?}");
        lines.remove(0)
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}
