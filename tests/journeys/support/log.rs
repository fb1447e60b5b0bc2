//! The log of this process, kept.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use serde_json::Value;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// The log as it would be written, one JSON document a line.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

/// Everything that this build may say, not only what the functions are started with.
const LEVELS: &str = "info,payment=trace,providers=trace,store=trace,service=trace,runtime=trace,local=trace,\
                      relay_events=trace,settle=trace";

impl Log {
    /// What the whole process logs from now on: whether a line is written at all is decided once for all threads.
    pub(crate) fn of_process() -> Self {
        static LOG: OnceLock<Log> = OnceLock::new();
        let install = || {
            let log = Self::default();
            let subscriber = tracing_subscriber::fmt().json().flatten_event(true).with_writer(log.clone());
            let subscriber = subscriber.with_env_filter(EnvFilter::new(LEVELS)).finish();
            tracing::subscriber::set_global_default(subscriber).unwrap();
            log
        };
        LOG.get_or_init(install).clone()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()).unwrap()
    }

    /// The lines that say this, with this value in a field, oldest first.
    pub(crate) fn lines(&self, message: &str, (field, value): (&str, &str)) -> Vec<Value> {
        let text = self.text();
        let all = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        all.filter(|line| line["message"] == message && line[field] == value).collect()
    }

    /// The one line of these.
    #[track_caller]
    pub(crate) fn line(&self, message: &str, (field, value): (&str, &str)) -> Value {
        let mut lines = self.lines(message, (field, value));
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
