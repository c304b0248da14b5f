//! Packets through the relay: sets the flows up, lets the threads run, measures.

use std::{
    io,
    net::{SocketAddr, UdpSocket},
    sync::Arc,
    thread::{self, Scope, ScopedJoinHandle, sleep},
    time::{Duration, Instant},
};

use super::{
    Direction, RelayOptions,
    progress::{Progress, Received, Sent},
    receive::{Exit, Receiver},
    report::Traffic,
    send::{Entrance, Outlet, Sender},
    sequence::Run,
    session::Session,
    target::Target,
};
use crate::BenchError;

/// Relays packets in one direction.
pub(super) fn measure(
    target: &Target,
    direction: Direction,
    options: &RelayOptions,
) -> Result<Traffic, BenchError> {
    let mut run = Run::default();
    aws_lc_rs::rand::fill(&mut run).expect("the system's generator works");
    let flows = Flows::open(target, direction, options)?;
    let senders: Vec<Sender> = flows
        .entrances
        .into_iter()
        .enumerate()
        .map(|(group, outlets)| {
            let outlets = outlets.into_iter();
            let outlets = outlets.map(|(flow, entrance)| Outlet::new(flow, entrance, run, options));
            Sender::new(group, outlets.collect(), options)
        })
        .collect();
    let receivers = flows
        .exits
        .into_iter()
        .map(|exits| Receiver::new(exits, run, options.clients))
        .collect::<io::Result<Vec<_>>>()
        .map_err(|error| BenchError::System("receive packets", error))?;
    let progress = Progress::new(options.clients, senders.len());
    let window = thread::scope(|scope| {
        let threads = Threads::start(scope, senders, receivers, &progress);
        threads.measure(target, &progress, options.duration)
    })?;
    Ok(window.report())
}

/// Where each flow goes in and comes out, dealt out to the threads.
struct Flows {
    entrances: Vec<Vec<(usize, Entrance)>>,
    exits: Vec<Vec<Exit>>,
}

impl Flows {
    fn open(
        target: &Target,
        direction: Direction,
        options: &RelayOptions,
    ) -> Result<Self, BenchError> {
        let threads = options.threads.min(options.clients);
        let mut flows = Self {
            entrances: (0..threads).map(|_| Vec::new()).collect(),
            exits: (0..threads).map(|_| Vec::new()).collect(),
        };
        match direction {
            Direction::Up => flows.add_up(target, options)?,
            Direction::Down => flows.add_down(target, options)?,
            Direction::Pair => flows.add_pairs(target, options)?,
        }
        Ok(flows)
    }

    fn add_up(&mut self, target: &Target, options: &RelayOptions) -> Result<(), BenchError> {
        let peers = self.peers(target)?;
        for (flow, mut client) in target.sessions(options.clients)?.into_iter().enumerate() {
            let thread = flow % self.exits.len();
            client.bind(peers[thread].1)?;
            self.entrances[thread].push((flow, Entrance::Client(client.link)));
        }
        for (exits, (peer, _)) in self.exits.iter_mut().zip(peers) {
            exits.push(Exit::Peer(peer));
        }
        Ok(())
    }

    fn add_down(&mut self, target: &Target, options: &RelayOptions) -> Result<(), BenchError> {
        let peers: Vec<_> = self.peers(target)?;
        let peers: Vec<_> = peers.into_iter().map(|(p, a)| (Arc::new(p), a)).collect();
        for (flow, mut client) in target.sessions(options.clients)?.into_iter().enumerate() {
            let thread = flow % self.exits.len();
            let (peer, address) = &peers[thread];
            client.bind(*address)?;
            let entrance = Entrance::Peer(peer.clone(), client.relayed);
            self.entrances[thread].push((flow, entrance));
            self.exits[thread].push(Exit::Client(client.link));
        }
        Ok(())
    }

    fn add_pairs(&mut self, target: &Target, options: &RelayOptions) -> Result<(), BenchError> {
        let mut clients = target.sessions(options.clients * 2)?.into_iter();
        for flow in 0..options.clients {
            let (Some(mut from), Some(mut to)) = (clients.next(), clients.next()) else {
                break;
            };
            bind_each_other(&mut from, &mut to)?;
            let thread = flow % self.exits.len();
            self.entrances[thread].push((flow, Entrance::Client(from.link)));
            self.exits[thread].push(Exit::Client(to.link));
        }
        Ok(())
    }

    /// One peer per thread.
    fn peers(&self, target: &Target) -> Result<Vec<(UdpSocket, SocketAddr)>, BenchError> {
        let open = |_| {
            let socket = UdpSocket::bind((target.peer_ip(), 0))?;
            let address = socket.local_addr()?;
            Ok((socket, address))
        };
        let opened = (0..self.exits.len()).map(open).collect::<io::Result<_>>();
        opened.map_err(|error| BenchError::System("open a peer's socket", error))
    }
}

fn bind_each_other(one: &mut Session, other: &mut Session) -> Result<(), BenchError> {
    one.bind(other.relayed)?;
    other.bind(one.relayed)
}

/// All threads of a run.
struct Threads<'scope> {
    senders: Vec<ScopedJoinHandle<'scope, io::Result<Sent>>>,
    receivers: Vec<ScopedJoinHandle<'scope, io::Result<Received>>>,
}

impl<'scope> Threads<'scope> {
    fn start(
        scope: &'scope Scope<'scope, '_>,
        senders: Vec<Sender>,
        receivers: Vec<Receiver>,
        progress: &'scope Progress,
    ) -> Self {
        let senders: Vec<_> = senders
            .into_iter()
            .map(|sender| scope.spawn(move || sender.run(progress)))
            .collect();
        let receivers = receivers
            .into_iter()
            .map(|receiver| {
                let wake = senders
                    .iter()
                    .map(|s| s.thread().clone())
                    .collect::<Vec<_>>();
                scope.spawn(move || receiver.run(progress, &wake))
            })
            .collect();
        Self { senders, receivers }
    }

    /// Warms up, measures, lets what is under way arrive, and adds everything up.
    fn measure(
        self,
        target: &Target,
        progress: &Progress,
        duration: Duration,
    ) -> Result<Window, BenchError> {
        let readings = read_twice(target, progress, duration);
        progress.stop();
        let sent = self
            .senders
            .into_iter()
            .map(join)
            .collect::<io::Result<Vec<_>>>();
        drain(progress, &sent);
        progress.end();
        let received = self
            .receivers
            .into_iter()
            .map(join)
            .collect::<io::Result<Vec<_>>>();
        let [before, after] = readings?;
        Ok(Window {
            before,
            after,
            sent: sent.map_err(|error| BenchError::System("send packets", error))?,
            received: received.map_err(|error| BenchError::System("receive packets", error))?,
        })
    }
}

fn join<T>(handle: ScopedJoinHandle<'_, io::Result<T>>) -> io::Result<T> {
    handle
        .join()
        .unwrap_or_else(|_| Err(io::Error::other("a thread of the load has panicked")))
}

fn read_twice(
    target: &Target,
    progress: &Progress,
    duration: Duration,
) -> Result<[Reading; 2], BenchError> {
    sleep(WARM_UP);
    let before = Reading::take(target, progress)?;
    sleep(duration);
    Ok([before, Reading::take(target, progress)?])
}

/// Waits until everything has arrived, or nothing has for a while.
fn drain(progress: &Progress, sent: &io::Result<Vec<Sent>>) {
    let sent: u64 = sent.iter().flatten().map(|sent| sent.packets).sum();
    let (mut total, mut since) = (progress.total(), Instant::now());
    while total < sent && since.elapsed() < DRAIN {
        sleep(Duration::from_millis(5));
        let now = progress.total();
        if now > total {
            (total, since) = (now, Instant::now());
        }
    }
}

struct Reading {
    at: Instant,
    delivered: u64,
    cpu: Option<Duration>,
}

impl Reading {
    fn take(target: &Target, progress: &Progress) -> Result<Self, BenchError> {
        Ok(Self {
            at: Instant::now(),
            delivered: progress.total(),
            cpu: target.cpu()?,
        })
    }
}

/// Everything read of a run.
struct Window {
    before: Reading,
    after: Reading,
    sent: Vec<Sent>,
    received: Vec<Received>,
}

impl Window {
    fn report(&self) -> Traffic {
        let delivered = self.after.delivered - self.before.delivered;
        let elapsed = self.after.at.duration_since(self.before.at);
        let cpu = self.before.cpu.zip(self.after.cpu);
        let sent: u64 = self.sent.iter().map(|s| s.packets).sum();
        let arrived: u64 = self.received.iter().map(|r| r.packets).sum();
        let send_calls = self.sent.iter().map(|s| s.calls).sum();
        let receive_calls = self.received.iter().map(|r| r.calls).sum();
        Traffic {
            packets: delivered,
            packets_per_second: delivered as f64 / elapsed.as_secs_f64(),
            cpu_us_per_packet: cpu.map(|(before, after)| {
                after.saturating_sub(before).as_secs_f64() * 1e6 / delivered.max(1) as f64
            }),
            sent,
            lost: sent.saturating_sub(arrived),
            strays: self.received.iter().map(|r| r.strays).sum(),
            segments_per_send: ratio(sent, send_calls),
            segments_per_receive: ratio(arrived, receive_calls),
        }
    }
}

fn ratio(segments: u64, calls: u64) -> f64 {
    segments as f64 / calls.max(1) as f64
}

/// What is measured is a server that has been busy for a while.
const WARM_UP: Duration = Duration::from_millis(500);
/// After the last arrival, until what is missing counts as lost.
const DRAIN: Duration = Duration::from_millis(300);
