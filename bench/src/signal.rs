//! Load on the native signalling door: many idle connections, some pairs in calls relaying signals.

use std::{fmt, net::SocketAddr, path::PathBuf, time::Duration};

/// What to drive, and how hard.
#[derive(Clone, Debug)]
pub struct SignalOptions {
    /// Where the server listens. Loopback targets are reached from many source addresses, so that limits per
    /// address do not stand in the way.
    pub server: SocketAddr,
    /// Whether to speak TLS to it; the certificate is not checked, since the load says nothing secret.
    pub tls: bool,
    /// The `Origin` the connections name; the server must allow it.
    pub origin: String,
    /// Connections in all, those of the active pairs included.
    pub connections: usize,
    /// Pairs in a call that relay signals to each other.
    pub pairs: usize,
    /// How long to relay, after everything is connected.
    pub duration: Duration,
    /// Messages a second over all pairs; `None` goes as fast as the server answers.
    pub rate: Option<u32>,
    /// Process whose CPU time and memory are read from `/proc`.
    pub pid: Option<u32>,
}

/// What was measured. Figures of the server's process are `None` without a pid.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// Connections that stood while relaying.
    pub connections: usize,
    /// Signals that arrived at the other end.
    pub messages: u64,
    /// Signals that arrived, per second.
    pub messages_per_second: f64,
    /// The server's CPU time (user and system) per relayed signal, in microseconds.
    pub cpu_us_per_message: Option<f64>,
    /// Growth of the server's resident memory per idle connection, in KB of 1,024 bytes.
    pub kb_per_connection: Option<f64>,
    /// Median time from sending a signal to receiving it at the other end, in milliseconds.
    pub p50_ms: f64,
    /// The same, 99th percentile.
    pub p99_ms: f64,
}

/// Why a run gave no report.
#[derive(Debug)]
pub enum BenchError {
    /// Fewer connections than the pairs need, or nothing to do.
    Options(&'static str),
    /// A connection could not be made; holds how many stood before it.
    Connect(usize, String),
    /// The server answered something that the protocol does not foresee.
    Protocol(String),
    /// The process's figures could not be read.
    Proc(PathBuf, std::io::Error),
}

impl fmt::Display for BenchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Options(why) => f.write_str(why),
            Self::Connect(stood, why) => write!(f, "connection {} failed: {why}", stood + 1),
            Self::Protocol(what) => write!(f, "unexpected answer: {what}"),
            Self::Proc(path, _) => write!(f, "cannot read {}", path.display()),
        }
    }
}

impl std::error::Error for BenchError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Proc(_, source) => Some(source),
            _ => None,
        }
    }
}

/// Runs the load and measures; blocks until it is over, on a runtime of its own.
///
/// # Errors
/// [`BenchError`], when the load could not be put on as asked.
pub fn run(options: SignalOptions) -> Result<Report, BenchError> {
    check(&options)?;
    Err(BenchError::Protocol("nothing listens yet".into()))
}

fn check(options: &SignalOptions) -> Result<(), BenchError> {
    if options.pairs == 0 {
        return Err(BenchError::Options("at least one pair must relay"));
    }
    if options.connections < options.pairs * 2 {
        return Err(BenchError::Options("each pair needs two connections"));
    }
    Ok(())
}
