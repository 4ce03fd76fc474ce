//! Logs, on stderr: text for people, JSON for programs. Never personal data, never secrets.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::cli::{LogFormat, LogOptions};

/// A panic is logged like any other fault, with the trace id of its request. Its words only where they are the program's
/// own: what is put together may quote data.
fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let words = panic.payload().downcast_ref::<&str>().copied().unwrap_or("its words are not logged");
        let location = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(location, words, "panicked");
    }));
}

pub(crate) fn start(options: &LogOptions) {
    let format = options
        .log_format
        .unwrap_or_else(|| if std::io::stderr().is_terminal() { LogFormat::Text } else { LogFormat::Json });
    let builder =
        tracing_subscriber::fmt().with_env_filter(EnvFilter::new(&options.log)).with_writer(std::io::stderr);
    log_panics();
    match format {
        LogFormat::Text => builder.compact().with_target(false).init(),
        LogFormat::Json => builder.json().flatten_event(true).with_span_list(false).init(),
    }
}
