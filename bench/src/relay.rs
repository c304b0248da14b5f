//! Load on a STUN and TURN server: packets relayed, allocations, bindings, memory. Any server will do, and the plain loop
//! as the limit.

mod broken;
mod link;
mod mutate;
mod plain;
mod progress;
mod receive;
mod report;
mod requests;
mod send;
mod sequence;
mod session;
mod stun;
mod target;
#[cfg(test)]
mod tests;
mod traffic;

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use self::target::Target;
pub use self::{
    link::Transport,
    mutate::{MutateOptions, mutate},
    plain::run as run_plain_loop,
    report::{Memory, Mutation, Report, Requests, Traffic},
    stun::Account,
};
use crate::BenchError;

/// What is measured.
#[derive(Clone, Debug)]
pub enum Server {
    /// A TURN server.
    Turn {
        /// Where it listens.
        address: SocketAddr,
        /// A user it knows.
        account: Account,
        /// Process whose CPU time and memory are read from `/proc`.
        pid: Option<u32>,
    },
    /// The plain loop, in a process of its own.
    Plain {
        /// The program that runs it when called with `bench plain-loop`.
        program: PathBuf,
        /// At least 1, each with sockets of its own.
        threads: usize,
    },
}

/// What to do with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Relay packets.
    Relay(Direction),
    /// Allocate, unauthenticated first, and release, over and over.
    Allocate,
    /// Ask for bindings.
    Binding,
    /// Hold allocations.
    Memory,
}

/// Which way packets go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From clients to peers without a relay.
    Up,
    /// From those to clients.
    Down,
    /// From clients to clients, both relayed.
    Pair,
}

/// How hard.
#[derive(Clone, Debug)]
pub struct RelayOptions {
    /// Clients that send or are sent to, each with an allocation; with [`Direction::Pair`] as many more receive.
    pub clients: usize,
    /// Bytes of a relayed payload, at least 16.
    pub payload: usize,
    /// How clients reach the server.
    pub transport: Transport,
    /// Packets of one flow that are sent in one system call (UDP_SEGMENT).
    pub burst: usize,
    /// Packets of one client under way at a time, when not paced.
    pub window: usize,
    /// The same over all clients.
    pub in_flight: usize,
    /// Packets a second over all clients, however many arrive.
    pub rate: Option<u32>,
    /// Threads that send, and as many that receive.
    pub threads: usize,
    /// How long to measure, after half a second of the same load.
    pub duration: Duration,
}

/// Runs the load and measures; blocks until it is over.
///
/// # Errors
/// [`BenchError`], when the load could not be put on as asked. A run that lost too much gives a report that
/// [says so](Report::void).
pub fn run(server: &Server, mode: Mode, options: &RelayOptions) -> Result<Report, BenchError> {
    check(options)?;
    crate::process::raise_file_limit()
        .map_err(|error| BenchError::System("raise the limit of open files", error))?;
    let target = Target::reach(server, options.transport)?;
    match mode {
        Mode::Relay(direction) => {
            traffic::measure(&target, direction, options).map(Report::Traffic)
        }
        Mode::Allocate => requests::allocate(&target, options).map(Report::Requests),
        Mode::Binding => requests::bind(&target, options).map(Report::Requests),
        Mode::Memory => requests::hold(&target, options).map(Report::Memory),
    }
}

fn check(options: &RelayOptions) -> Result<(), BenchError> {
    let wrong = [
        (options.clients == 0, "somebody must be a client"),
        (options.threads == 0, "somebody must send"),
        (options.burst == 0, "a burst has a packet at least"),
        (options.rate == Some(0), "the rate is zero"),
        (options.duration.is_zero(), "the run needs some time"),
        (
            options.payload < sequence::MARK,
            "a payload needs 16 bytes for its mark",
        ),
        // With the head of a channel and those of UDP and IPv6.
        (
            options.burst * (options.payload + 4) > 65_487,
            "a burst is longer than a datagram may be",
        ),
    ];
    match wrong.into_iter().find(|(wrong, _)| *wrong) {
        Some((_, why)) => Err(BenchError::Options(why)),
        None => Ok(()),
    }
}
