//! Logs, on stderr: text for people, JSON for programs. Never personal data, never secrets.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::cli::{LogFormat, LogOptions};

pub(crate) fn start(options: &LogOptions) {
    let format = options
        .log_format
        .unwrap_or_else(|| if std::io::stderr().is_terminal() { LogFormat::Text } else { LogFormat::Json });
    let builder =
        tracing_subscriber::fmt().with_env_filter(EnvFilter::new(&options.log)).with_writer(std::io::stderr);
    match format {
        LogFormat::Text => builder.compact().with_target(false).init(),
        LogFormat::Json => builder.json().flatten_event(true).init(),
    }
}
