//! The hub, its store, the clients and the links between them, with one fault at a chosen place.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use magpie_hub::{
    Change, Command, ConnId, Effect, Event, Hub, Limits, Millis, PublicKey, Record, RecordKey,
    Session, Tab,
};

use crate::client::{Client, Script, Want};

/// What goes wrong, once. Messages are counted in the order they are sent, writes in the order they are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    None,
    /// This message and its connection are lost; both ends notice.
    Cut(u64),
    /// This message and its connection are lost; only the client notices.
    CutHalf(u64),
    /// This message is lost and nobody notices.
    Lose(u64),
    /// The server is killed as this message is sent.
    Kill(u64),
    /// The server is killed before this write to the store.
    KillAtWrite(u64),
}

/// A page that takes part: the device it is on, its number, its script.
pub(crate) struct Part {
    pub(crate) device: u8,
    pub(crate) tab: u8,
    pub(crate) script: Script,
}

pub(crate) struct Network {
    now: Millis,
    hub: Option<Hub>,
    store: BTreeMap<RecordKey, Record>,
    clients: Vec<(Part, Client, Option<ConnId>)>,
    /// On the way: when, in which order, what.
    packets: BTreeMap<(Millis, u64), Packet>,
    cut: BTreeSet<ConnId>,
    fault: Fault,
    next_packet: u64,
    next_conn: u64,
    /// Messages sent so far.
    pub(crate) messages: u64,
    /// Writes to the store so far.
    pub(crate) writes: u64,
    restarts: u8,
}

enum Packet {
    Attach(usize, ConnId),
    Up(ConnId, Command),
    Down(usize, ConnId, Event),
    Frame(usize, ConnId, Bytes),
    ServerNotices(ConnId),
    ClientNotices(usize, ConnId),
    Restart,
}

impl Network {
    pub(crate) fn new(parts: Vec<Part>, saved: Vec<Record>, fault: Fault) -> Self {
        let now = START;
        let clients = parts.into_iter().zip(1..).map(|(part, id)| {
            let client = Client::new(id, now, part.script);
            (part, client, None)
        });
        Self {
            now,
            clients: clients.collect(),
            store: saved
                .iter()
                .map(|record| (record.key(), record.clone()))
                .collect(),
            hub: Some(Hub::new(
                now,
                [1; 32],
                Limits::default(),
                |_, _, _| true,
                saved,
            )),
            packets: BTreeMap::new(),
            cut: BTreeSet::new(),
            fault,
            next_packet: 0,
            next_conn: 1,
            messages: 0,
            writes: 0,
            restarts: 0,
        }
    }

    /// Lets so much time pass.
    pub(crate) fn run(&mut self, ms: u64) {
        let end = self.now.after(ms);
        while self.now < end {
            let tick = self.now.after(TICK_MS);
            self.deliver_until(tick);
            self.now = tick;
            for at in 0..self.clients.len() {
                let wants = self.clients[at].1.tick(self.now);
                self.carry_out(at, wants);
            }
        }
    }

    pub(crate) fn client(&self, at: usize) -> &Client {
        &self.clients[at].1
    }

    pub(crate) fn store(&self) -> Vec<Record> {
        self.store.values().cloned().collect()
    }

    fn deliver_until(&mut self, end: Millis) {
        loop {
            let timer = self
                .hub
                .as_ref()
                .and_then(Hub::poll_timeout)
                .unwrap_or(Millis(u64::MAX));
            let packet = self
                .packets
                .first_key_value()
                .map_or(Millis(u64::MAX), |((at, _), _)| *at);
            let next = timer.min(packet);
            if next > end {
                return;
            }
            self.now = self.now.max(next);
            if timer <= packet {
                self.with_hub(|hub, now| hub.handle_timeout(now));
            } else if let Some((_, packet)) = self.packets.pop_first() {
                self.deliver(packet);
            }
        }
    }

    fn deliver(&mut self, packet: Packet) {
        match packet {
            Packet::Attach(at, conn) if self.hub.is_some() => {
                let session = self.session(at);
                self.with_hub(|hub, now| hub.attach(now, conn, session));
            }
            Packet::Attach(at, conn) => self.put(DELAY_MS, Packet::ClientNotices(at, conn)),
            Packet::Up(conn, command) => {
                self.with_hub(|hub, now| hub.handle_command(now, conn, command))
            }
            Packet::Down(at, conn, event) if self.clients[at].2 == Some(conn) => {
                let wants = self.clients[at].1.hear(self.now, event);
                self.carry_out(at, wants);
            }
            Packet::Frame(at, conn, frame) if self.clients[at].2 == Some(conn) => {
                self.clients[at].1.hear_frame(self.now, &frame);
            }
            Packet::Down(..) | Packet::Frame(..) => {}
            Packet::ServerNotices(conn) => self.with_hub(|hub, now| hub.detach(now, conn)),
            Packet::ClientNotices(at, conn) => self.client_notices(at, conn),
            Packet::Restart => self.restart(),
        }
    }

    fn client_notices(&mut self, at: usize, conn: ConnId) {
        if self.clients[at].2 == Some(conn) {
            self.clients[at].2 = None;
            self.clients[at].1.lost(self.now);
        }
    }

    fn session(&self, at: usize) -> Session {
        let part = &self.clients[at].0;
        Session {
            device: key(part.device),
            tab: Tab([part.tab; 16]),
            label: String::new(),
            address: [192, 0, 2, part.device].into(),
            token: String::new(),
        }
    }

    fn carry_out(&mut self, at: usize, wants: Vec<Want>) {
        for want in wants {
            match want {
                Want::Connect => {
                    let conn = ConnId(self.next_conn);
                    self.next_conn += 1;
                    self.abandon(at);
                    self.clients[at].2 = Some(conn);
                    self.send(at, conn, Packet::Attach(at, conn));
                }
                Want::Send(command) => {
                    if let Some(conn) = self.clients[at].2 {
                        self.send(at, conn, Packet::Up(conn, command));
                    }
                }
            }
        }
    }

    /// A client that gives a connection up closes it; the server notices.
    fn abandon(&mut self, at: usize) {
        if let Some(old) = self.clients[at].2 {
            self.put(DELAY_MS, Packet::ServerNotices(old));
        }
    }

    /// Sends a message, unless this is where the fault strikes.
    fn send(&mut self, at: usize, conn: ConnId, packet: Packet) {
        if self.cut.contains(&conn) {
            return;
        }
        self.messages += 1;
        let n = self.messages;
        match self.fault {
            Fault::Lose(k) if k == n => {}
            Fault::Cut(k) if k == n => {
                self.cut.insert(conn);
                self.put(DELAY_MS, Packet::ServerNotices(conn));
                self.put(DELAY_MS, Packet::ClientNotices(at, conn));
            }
            Fault::CutHalf(k) if k == n => {
                self.cut.insert(conn);
                self.put(DELAY_MS, Packet::ClientNotices(at, conn));
            }
            Fault::Kill(k) if k == n => self.kill(),
            Fault::None
            | Fault::Cut(_)
            | Fault::CutHalf(_)
            | Fault::Lose(_)
            | Fault::Kill(_)
            | Fault::KillAtWrite(_) => self.put(DELAY_MS, packet),
        }
    }

    fn put(&mut self, delay: u64, packet: Packet) {
        self.next_packet += 1;
        self.packets
            .insert((self.now.after(delay), self.next_packet), packet);
    }

    /// The server dies with everything on the way; what is in the store stays.
    fn kill(&mut self) {
        self.hub = None;
        self.packets.clear();
        for at in 0..self.clients.len() {
            if let Some(conn) = self.clients[at].2 {
                self.put(DELAY_MS, Packet::ClientNotices(at, conn));
            }
        }
        self.put(RESTART_MS, Packet::Restart);
    }

    fn restart(&mut self) {
        self.restarts += 1;
        let json = serde_json::to_string(&self.store()).unwrap();
        let saved = serde_json::from_str(&json).unwrap();
        let seed = [1 + self.restarts; 32];
        self.hub = Some(Hub::new(
            self.now,
            seed,
            Limits::default(),
            |_, _, _| true,
            saved,
        ));
        self.with_hub(|_, _| {});
    }

    fn with_hub(&mut self, input: impl FnOnce(&mut Hub, Millis)) {
        let Some(mut hub) = self.hub.take() else {
            return;
        };
        input(&mut hub, self.now);
        let kills = matches!(self.fault, Fault::Kill(_) | Fault::KillAtWrite(_));
        let restarting = self.packets.len();
        let mut killed = false;
        while let Some(effect) = hub.poll_effect() {
            if !self.do_effect(effect) {
                killed = true;
                break;
            }
        }
        debug_assert!(!killed || kills, "{restarting} packets on the way");
        if !killed {
            self.hub = Some(hub);
        }
    }

    /// Carries an effect out; `false` if the server died over it.
    fn do_effect(&mut self, effect: Effect) -> bool {
        match effect {
            Effect::Persist(change) => {
                self.writes += 1;
                if self.fault == Fault::KillAtWrite(self.writes) {
                    self.kill();
                    return false;
                }
                self.persist(change);
            }
            Effect::Send { conn, event } => {
                return self.send_down(conn, |at| Packet::Down(at, conn, event));
            }
            Effect::Forward { conn, frame } => {
                return self.send_down(conn, |at| Packet::Frame(at, conn, frame));
            }
            Effect::Close { conn, .. } => {
                if let Some(at) = self.holder(conn) {
                    self.put(DELAY_MS, Packet::ClientNotices(at, conn));
                }
            }
        }
        true
    }

    fn send_down(&mut self, conn: ConnId, packet: impl FnOnce(usize) -> Packet) -> bool {
        let Some(at) = self.holder(conn) else {
            return true;
        };
        let dies = self.fault == Fault::Kill(self.messages + 1) && !self.cut.contains(&conn);
        self.send(at, conn, packet(at));
        !dies
    }

    fn holder(&self, conn: ConnId) -> Option<usize> {
        self.clients
            .iter()
            .position(|(_, _, held)| *held == Some(conn))
    }

    fn persist(&mut self, change: Change) {
        match change {
            Change::Put(record) => self.store.insert(record.key(), record),
            Change::Delete(key) => self.store.remove(&key),
        };
    }
}

pub(crate) fn key(device: u8) -> PublicKey {
    let mut point = [device; 65];
    point[0] = 4;
    PublicKey(point)
}

pub(crate) const START: Millis = Millis(1_790_000_000_000);
/// How often clients look at the clock.
const TICK_MS: u64 = 100;
/// How long a message is on the way, and how long a cut goes unnoticed.
const DELAY_MS: u64 = 20;
/// How long the server takes to start again.
const RESTART_MS: u64 = 300;
