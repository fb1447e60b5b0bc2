//! The log of this process, kept.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// The log as it would be written, one JSON document a line.
#[derive(Clone, Default)]
pub(super) struct Log(Arc<Mutex<Vec<u8>>>);

/// Everything that this build may say, not only what the functions are started with.
const LEVELS: &str = "info,payment=trace,providers=trace,store=trace,service=trace,runtime=trace,local=trace,\
                      relay_events=trace,settle=trace";

impl Log {
    /// What the whole process logs from now on: whether a line is written at all is decided once for all threads.
    pub(super) fn of_process() -> Self {
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

    pub(super) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()).unwrap()
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
