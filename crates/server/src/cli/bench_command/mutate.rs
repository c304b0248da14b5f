//! Flags of `magpie bench mutate`.

use std::net::SocketAddr;
use std::process::ExitCode;

use magpie_bench::relay::{MutateOptions, mutate};

use super::relay::Credentials;

#[derive(Debug, clap::Args)]
pub(super) struct Flags {
    /// Where the server listens, for UDP.
    #[arg(value_name = "ADDR:PORT")]
    server: SocketAddr,
    #[command(flatten)]
    credentials: Credentials,
    /// Packets in all.
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    packets: u64,
    /// The same seed sends the same packets.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// The server's process on this machine, whose growth is reported.
    #[arg(long, value_name = "PID")]
    pid: Option<u32>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Flags {
    /// Sends the packets and prints the report.
    pub(super) fn run(&self) -> ExitCode {
        let survived = self.credentials.account().and_then(|account| {
            mutate(&MutateOptions {
                server: self.server,
                account,
                packets: self.packets,
                seed: self.seed,
                pid: self.pid,
            })
        });
        match survived {
            Ok(report) => {
                super::print(&report, self.json);
                ExitCode::SUCCESS
            }
            Err(error) => super::failed(&error),
        }
    }
}
