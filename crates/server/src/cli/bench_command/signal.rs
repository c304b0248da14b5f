//! Flags of `magpie bench signal`.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use clap::ValueEnum;
use magpie_bench::signal::{self, SignalOptions};

#[derive(Debug, clap::Args)]
pub(super) struct Flags {
    /// Where the server listens.
    #[arg(value_name = "ADDR:PORT")]
    server: SocketAddr,
    /// What the load speaks.
    #[arg(long, value_enum, default_value_t = Door::Native)]
    door: Door,
    /// Speak without TLS, to the address of `--plain`.
    #[arg(long)]
    plain: bool,
    /// Page origin to name, when it is not the server's own.
    #[arg(long, value_name = "URL")]
    origin: Option<String>,
    /// Connections in all.
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    connections: usize,
    /// Pairs of them in a call.
    #[arg(long, value_name = "N", default_value_t = 100)]
    pairs: usize,
    /// How long to relay.
    #[arg(long, value_name = "SECONDS", default_value_t = 5)]
    seconds: u64,
    /// Messages a second in all; as fast as it goes when absent.
    #[arg(long, value_name = "N")]
    rate: Option<u32>,
    /// The server's process on this machine, whose CPU time and memory are reported.
    #[arg(long, value_name = "PID")]
    pid: Option<u32>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Door {
    /// Magpie's own protocol.
    Native,
    /// The protocol of PeerJS servers.
    Peerjs,
    /// Socket.IO 4 over WebSocket, each pair in a room of its own.
    Socketio,
}

impl Door {
    fn protocol(self) -> signal::Door {
        match self {
            Self::Native => signal::Door::Native,
            Self::Peerjs => signal::Door::PeerJs,
            Self::Socketio => signal::Door::SocketIo,
        }
    }
}

impl Flags {
    /// Puts the load on and prints the report.
    pub(super) fn run(self) -> ExitCode {
        let json = self.json;
        match signal::run(self.door.protocol(), self.options()) {
            Ok(report) => {
                super::print(&report, json);
                ExitCode::SUCCESS
            }
            Err(error) => super::failed(&error),
        }
    }

    fn options(self) -> SignalOptions {
        let scheme = if self.plain { "http" } else { "https" };
        SignalOptions {
            server: self.server,
            tls: !self.plain,
            origin: self
                .origin
                .unwrap_or_else(|| format!("{scheme}://{}", self.server)),
            connections: self.connections,
            pairs: self.pairs,
            duration: Duration::from_secs(self.seconds),
            rate: self.rate,
            pid: self.pid,
        }
    }
}
