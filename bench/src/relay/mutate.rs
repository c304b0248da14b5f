//! Sends a server very many broken packets and sees whether it lives on.

use std::{
    net::SocketAddr,
    thread::sleep,
    time::{Duration, Instant},
};

use super::{
    Account, Transport,
    broken::{Random, packet},
    link::{Link, Way},
    report::Mutation,
    session::challenge,
    stun::{self, Answer, Challenge},
};
use crate::{BenchError, process};

/// What to send, and to whom.
#[derive(Clone, Debug)]
pub struct MutateOptions {
    /// Where the server listens, for UDP.
    pub server: SocketAddr,
    /// A user it knows: half of the packets are signed.
    pub account: Account,
    /// Packets in all.
    pub packets: u64,
    /// The same seed sends the same packets, up to what the server put into its challenge.
    pub seed: u64,
    /// Process whose memory is read from `/proc`.
    pub pid: Option<u32>,
}

/// Sends the packets; after each batch the server must answer a Binding and challenge an Allocate.
///
/// # Errors
/// [`BenchError::Connect`] when it does not answer any more.
pub fn mutate(options: &MutateOptions) -> Result<Mutation, BenchError> {
    let way = Way::new(options.server, Transport::Udp);
    let mut random = Random::new(options.seed);
    let mut report = Mutation::default();
    let before = memory(options)?;
    let begin = Instant::now();
    let mut clients = open(&way, options)?;
    while report.packets < options.packets {
        for _ in 0..BATCH {
            let client = random.below(CLIENTS);
            let (link, challenge) = &mut clients[client];
            let (packet, signed) = packet(&mut random, challenge);
            // The system tells on the next packet that an earlier one found nobody.
            if link.send(&packet, packet.len()).is_err() {
                report.unsent += 1;
            }
            report.packets += 1;
            report.signed += u64::from(signed);
        }
        report.answers += drain(&mut clients)?;
        report.batches += 1;
        lives(&way, options, report.batches)?;
    }
    report.seconds = begin.elapsed().as_secs_f64();
    sleep(SETTLE);
    report.growth_kb = before
        .zip(memory(options)?)
        .map(|(before, after)| after.saturating_sub(before) as f64 / 1024.0);
    Ok(report)
}

/// So many clients can have an allocation each, and everything that may hang on it.
fn open(way: &Way, options: &MutateOptions) -> Result<Vec<(Link, Challenge)>, BenchError> {
    let open = |index| {
        let mut link = way
            .open(index)
            .map_err(|error| BenchError::Connect(error.to_string()))?;
        let challenge = challenge(&mut link, &options.account)?;
        link.listen()
            .map_err(|error| BenchError::System("prepare a socket", error))?;
        Ok((link, challenge))
    };
    (0..CLIENTS).map(open).collect()
}

/// Reads what was answered, and counts it.
fn drain(clients: &mut [(Link, Challenge)]) -> Result<u64, BenchError> {
    let mut answers = 0;
    let mut buffer = [0; 4096];
    for (link, _) in clients {
        while link.receive(&mut buffer, |_| answers += 1).is_ok() {}
    }
    Ok(answers)
}

/// A stranger asks for a binding and for an allocation.
fn lives(way: &Way, options: &MutateOptions, batch: u64) -> Result<(), BenchError> {
    let gone = |error| BenchError::Connect(format!("no answer after {batch} batches: {error}"));
    let mut link = way.open(CLIENTS).map_err(gone)?;
    let answer = link.ask(&stun::binding()).map_err(gone)?;
    match Answer::parse(&answer) {
        Some(Answer::Success(_)) => challenge(&mut link, &options.account).map(drop),
        other => Err(BenchError::Protocol(format!("{other:?} to a Binding"))),
    }
}

fn memory(options: &MutateOptions) -> Result<Option<u64>, BenchError> {
    let memory = options.pid.map(process::resident_bytes).transpose();
    memory.map_err(|(path, error)| BenchError::Proc(path, error))
}

/// Sockets that send.
const CLIENTS: usize = 32;
/// Packets until the server has to show that it lives.
const BATCH: usize = 256;
const SETTLE: Duration = Duration::from_millis(500);
