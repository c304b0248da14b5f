//! The sending side: one thread with its flows.

use std::{
    io,
    net::{SocketAddr, UdpSocket},
    sync::{Arc, atomic::Ordering},
    thread,
    time::{Duration, Instant},
};

use super::{
    RelayOptions,
    link::{Link, send_datagrams},
    progress::{Progress, Sent},
    sequence::{self, Run},
    session::CHANNEL,
};

/// Where packets of a flow go in.
#[derive(Debug)]
pub(super) enum Entrance {
    /// A client sends them on its channel.
    Client(Link),
    /// A peer sends them to the client's relayed address.
    Peer(Arc<UdpSocket>, SocketAddr),
}

/// A flow as its sender knows it.
#[derive(Debug)]
pub(super) struct Outlet {
    flow: usize,
    entrance: Entrance,
    packets: Packets,
    sent: u64,
    /// Packets that did not arrive in time: they no longer take room in the window.
    given_up: u64,
}

impl Outlet {
    pub(super) fn new(flow: usize, entrance: Entrance, run: Run, options: &RelayOptions) -> Self {
        let channel = matches!(entrance, Entrance::Client(_));
        Self {
            flow,
            packets: Packets::new(run, flow, channel, options),
            entrance,
            sent: 0,
            given_up: 0,
        }
    }

    fn in_flight(&self, progress: &Progress) -> u64 {
        self.sent
            .saturating_sub(self.given_up)
            .saturating_sub(progress.delivered(self.flow))
    }

    fn send(&mut self, burst: usize) -> io::Result<()> {
        let segment = self.packets.segment;
        let packets = self.packets.numbered(self.sent);
        match &mut self.entrance {
            Entrance::Client(link) => link.send(packets, segment)?,
            Entrance::Peer(socket, to) => send_datagrams(socket, Some(*to), packets, segment)?,
        }
        self.sent += burst as u64;
        Ok(())
    }
}

/// One thread's flows, and how much it may send.
#[derive(Debug)]
pub(super) struct Sender {
    outlets: Vec<Outlet>,
    /// Which of all senders this is.
    group: usize,
    burst: usize,
    window: u64,
    /// Packets under way at a time over all flows of this thread.
    most_in_flight: u64,
    /// Between two bursts, when paced.
    pace: Option<Duration>,
    next: usize,
    given_up: u64,
    counts: Sent,
}

impl Sender {
    pub(super) fn new(group: usize, outlets: Vec<Outlet>, options: &RelayOptions) -> Self {
        let burst = options.burst;
        let threads = options.threads as f64;
        let pace = |rate| Duration::from_secs_f64(burst as f64 * threads / f64::from(rate));
        let share = options.in_flight / options.threads;
        Self {
            outlets,
            group,
            burst,
            window: options.window.max(burst) as u64,
            most_in_flight: share.max(burst) as u64,
            pace: options.rate.map(pace),
            next: 0,
            given_up: 0,
            counts: Sent::default(),
        }
    }

    /// Sends until told to stop.
    pub(super) fn run(mut self, progress: &Progress) -> io::Result<Sent> {
        match self.pace {
            Some(pace) => self.run_paced(pace, progress)?,
            None => self.run_closed(progress)?,
        }
        Ok(self.counts)
    }

    fn run_paced(&mut self, pace: Duration, progress: &Progress) -> io::Result<()> {
        let mut due = Instant::now();
        while !progress.stopping() {
            if let Some(wait) = due.checked_duration_since(Instant::now()) {
                thread::sleep(wait);
            }
            self.send_next()?;
            // A thread that was kept waiting does not make up for all of it at once: that would be a flood.
            due = (due + pace).max(Instant::now() - LATE);
        }
        Ok(())
    }

    /// Keeps a window of packets under way, and sleeps when it is full until the receivers see some arrive.
    fn run_closed(&mut self, progress: &Progress) -> io::Result<()> {
        let mut progressed = Instant::now();
        while !progress.stopping() {
            if self.fill(progress)? {
                progressed = Instant::now();
            } else if progressed.elapsed() > GIVE_UP {
                self.give_up(progress);
            } else {
                thread::park_timeout(GIVE_UP);
            }
        }
        Ok(())
    }

    /// Sends what the windows allow; whether that was anything.
    fn fill(&mut self, progress: &Progress) -> io::Result<bool> {
        let before = self.counts.calls;
        for _ in 0..self.outlets.len() {
            let arrived = progress.arrived[self.group].load(Ordering::Acquire);
            let under_way = self.counts.packets - self.given_up.min(self.counts.packets);
            if under_way.saturating_sub(arrived) + self.burst as u64 > self.most_in_flight {
                break;
            }
            let room = self.outlets[self.next].in_flight(progress) + self.burst as u64;
            if room <= self.window {
                self.send_next()?;
            } else {
                self.next = (self.next + 1) % self.outlets.len();
            }
        }
        Ok(self.counts.calls > before)
    }

    fn send_next(&mut self) -> io::Result<()> {
        self.outlets[self.next].send(self.burst)?;
        self.next = (self.next + 1) % self.outlets.len();
        self.counts.calls += 1;
        self.counts.packets += self.burst as u64;
        Ok(())
    }

    /// Nothing has arrived for long: what is under way is lost.
    fn give_up(&mut self, progress: &Progress) {
        for outlet in &mut self.outlets {
            let lost = outlet.in_flight(progress);
            outlet.given_up += lost;
            self.given_up += lost;
        }
    }
}

/// The bytes of a burst.
#[derive(Debug)]
struct Packets {
    bytes: Vec<u8>,
    /// Bytes of one packet, its head included.
    segment: usize,
    /// Where the payload begins in it.
    head: usize,
    run: Run,
    flow: u32,
}

impl Packets {
    fn new(run: Run, flow: usize, channel: bool, options: &RelayOptions) -> Self {
        let mut packet = Vec::new();
        if channel {
            packet.extend_from_slice(&CHANNEL.to_be_bytes());
            packet.extend_from_slice(&(options.payload as u16).to_be_bytes());
        }
        let head = packet.len();
        packet.resize(head + options.payload, FILL);
        if channel && options.transport.is_stream() {
            packet.resize(packet.len().next_multiple_of(4), 0);
        }
        Self {
            segment: packet.len(),
            bytes: packet.repeat(options.burst),
            head,
            run,
            flow: flow as u32,
        }
    }

    /// The burst whose first packet has this number.
    fn numbered(&mut self, first: u64) -> &[u8] {
        for (number, packet) in (first..).zip(self.bytes.chunks_mut(self.segment)) {
            sequence::mark(&mut packet[self.head..], self.run, self.flow, number);
        }
        &self.bytes
    }
}

/// How far a paced sender may fall behind.
const LATE: Duration = Duration::from_millis(2);
/// A packet that takes longer than this on one machine is lost.
const GIVE_UP: Duration = Duration::from_millis(200);
/// Content of a payload behind its mark.
const FILL: u8 = 0xa5;
