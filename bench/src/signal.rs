//! Load on a signalling door: many idle connections, some pairs in calls relaying signals.

mod client;
mod latency;
mod load;

use std::{fmt, net::SocketAddr, time::Duration};

use serde::Serialize;

use crate::BenchError;

/// Which protocol the load speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// Ours, at `/ws`.
    Native,
    /// That of PeerJS, at `/peerjs`: ours, or the npm package `peer`.
    PeerJs,
    /// Socket.IO 4 over WebSocket: ours, or the npm package `socket.io`. Each pair is in a room of its own, which the
    /// query names, and a server passes every event on to the other in the room.
    SocketIo,
}

/// What to drive, and how hard.
#[derive(Clone, Debug)]
pub struct SignalOptions {
    /// Where the server listens. A loopback target is reached from an address of its own per connection, so that
    /// limits per address do not stand in the way.
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
    /// Messages a second over all pairs; `None` goes as fast as the server answers, each endpoint staying below
    /// the limit of the protocol (100 messages a second).
    pub rate: Option<u32>,
    /// Process whose CPU time and memory are read from `/proc`.
    pub pid: Option<u32>,
}

/// What was measured. Figures of the server's process are `None` without a pid.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Connections that stood while relaying.
    pub connections: usize,
    /// Connections made per second, with everything up to the protocol's own greeting.
    pub connections_per_second: f64,
    /// Signals that arrived at the other end.
    pub messages: u64,
    /// Signals that arrived, per second.
    pub messages_per_second: f64,
    /// The server's CPU time (user and system) per relayed signal, in microseconds.
    pub cpu_us_per_message: Option<f64>,
    /// Growth of the server's resident memory per connection, in KB of 1,024 bytes, before any signal.
    pub kb_per_connection: Option<f64>,
    /// Median time from sending a signal to receiving it at the other end, in milliseconds.
    pub p50_ms: f64,
    /// The same, 99th percentile.
    pub p99_ms: f64,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "connections       {}", self.connections)?;
        writeln!(f, "connections/s     {:.0}", self.connections_per_second)?;
        writeln!(f, "messages          {}", self.messages)?;
        writeln!(f, "messages/s        {:.0}", self.messages_per_second)?;
        if let Some(us) = self.cpu_us_per_message {
            writeln!(f, "CPU us/message    {us:.2}")?;
        }
        if let Some(kb) = self.kb_per_connection {
            writeln!(f, "KB/connection     {kb:.2}")?;
        }
        writeln!(f, "p50 ms            {:.2}", self.p50_ms)?;
        write!(f, "p99 ms            {:.2}", self.p99_ms)
    }
}

/// Runs the load on a door and measures; blocks until it is over, on a runtime of its own.
///
/// # Errors
/// [`BenchError`], when the load could not be put on as asked.
pub fn run(door: Door, options: SignalOptions) -> Result<Report, BenchError> {
    check(&options)?;
    crate::process::raise_file_limit()
        .map_err(|error| BenchError::System("raise the limit of open files", error))?;
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| BenchError::System("start a runtime", error))?
        .block_on(tokio::task::LocalSet::new().run_until(load::measure(door, options)))
}

fn check(options: &SignalOptions) -> Result<(), BenchError> {
    if options.pairs == 0 {
        return Err(BenchError::Options("at least one pair must relay"));
    }
    if options.connections < options.pairs * 2 {
        return Err(BenchError::Options("each pair needs two connections"));
    }
    if options.duration.is_zero() {
        return Err(BenchError::Options("the run needs some time"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options() -> SignalOptions {
        SignalOptions {
            server: ([127, 0, 0, 1], 1).into(),
            tls: false,
            origin: "http://127.0.0.1:1".into(),
            connections: 10,
            pairs: 5,
            duration: Duration::from_secs(1),
            rate: None,
            pid: None,
        }
    }

    #[test]
    fn a_pair_needs_two_connections() {
        assert!(check(&options()).is_ok());
        assert!(
            check(&SignalOptions {
                connections: 9,
                ..options()
            })
            .is_err()
        );
    }

    #[test]
    fn nothing_to_do_is_refused() {
        assert!(
            check(&SignalOptions {
                pairs: 0,
                ..options()
            })
            .is_err()
        );
        assert!(
            check(&SignalOptions {
                duration: Duration::ZERO,
                ..options()
            })
            .is_err()
        );
    }

    #[test]
    fn a_server_that_is_not_there_is_named_as_such() {
        // Port 1 on loopback: nobody listens there.
        assert!(matches!(
            run(Door::Native, options()),
            Err(BenchError::Connect(_))
        ));
    }

    #[test]
    fn a_report_without_a_process_leaves_its_figures_out() {
        let report = Report {
            connections: 2,
            connections_per_second: 1.0,
            messages: 10,
            messages_per_second: 5.0,
            cpu_us_per_message: None,
            kb_per_connection: None,
            p50_ms: 1.0,
            p99_ms: 2.0,
        };
        assert!(!report.to_string().contains("CPU"));
    }
}
