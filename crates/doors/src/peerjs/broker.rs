//! Who is there under which id, and who is told what.

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use magpie_hub::{ConnId, Millis};

use super::CLOSE_REPLACED;
use super::message::{self, Kind, Message, Relay};
use super::waiting::{Held, Late, Waiting};
use crate::broker::{Broker as _, Effect, Ended};
use crate::liveness::{CLOSE_SILENT, Life, Pulse, period};
use crate::random::{Map, Random};
use crate::timers::Timers;

/// What the operator chooses.
#[derive(Clone, Debug)]
pub struct Options {
    /// The key clients must name; `peerjs` is what they name by themselves.
    pub key: String,
    /// Whether anybody may list the ids that are there.
    pub discovery: bool,
    /// How long a client may be silent before it counts as gone, milliseconds.
    pub alive: u64,
}

/// What clients may take. Times are in milliseconds.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Clients at a time.
    pub peers: usize,
    /// Ids kept for clients whose connection broke, of one address and in all.
    pub reserved: (usize, usize),
    /// How long such an id is kept.
    pub reserve: u64,
    /// How long a message waits for a peer that is not there.
    pub wait: u64,
    /// How long the rest of an attempt that was given up is dropped without a word.
    pub given_up: u64,
    /// Messages that wait for one peer.
    pub waiting_messages: usize,
    /// Their bytes.
    pub waiting_bytes: usize,
    /// Pairs of source and destination with something waiting, of one client address.
    pub account_pairs: usize,
    /// Their bytes.
    pub account_bytes: usize,
    /// Pairs in all.
    pub all_pairs: usize,
    /// Bytes in all.
    pub all_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            peers: 65_536,
            reserved: (256, 16_384),
            reserve: 30_000,
            wait: 5_000,
            given_up: 30_000,
            waiting_messages: 256,
            waiting_bytes: 384 * 1024,
            account_pairs: 512,
            account_bytes: 2 * 1024 * 1024,
            all_pairs: 16_384,
            all_bytes: 16 * 1024 * 1024,
        }
    }
}

/// What a client says in the query of its WebSocket's address; empty and missing are the same.
#[derive(Clone, Copy, Debug, Default)]
pub struct Hello<'a> {
    /// Who it wants to be.
    pub id: &'a str,
    /// Proves on the next connection that it is the same client.
    pub token: &'a str,
    /// The server's key.
    pub key: &'a str,
}

/// Why a client may not stay; it is told [`text`](Self::text) and closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Something is missing in the query.
    Incomplete,
    /// The key is another.
    Key,
    /// The token is too long.
    Token,
    /// The id has characters ids do not have, or is too long.
    Id,
    /// Somebody else has the id.
    Taken,
    /// There are too many clients.
    Full,
}

impl Refused {
    /// The message that says so.
    #[must_use]
    pub fn text(self) -> String {
        let what = match self {
            Self::Taken => return message::ID_TAKEN.to_owned(),
            Self::Incomplete => "No id, token, or key supplied to websocket server",
            Self::Key => "Invalid key provided",
            Self::Token => "Invalid token provided",
            Self::Id => {
                "Invalid id: 1 to 64 letters, digits, - and _, with single spaces between them"
            }
            Self::Full => "Server has reached its concurrent user limit",
        };
        message::error(what)
    }
}

/// All PeerJS clients of a server.
#[derive(Debug)]
pub struct Broker {
    options: Options,
    limits: Limits,
    clients: BTreeMap<ConnId, Client>,
    ids: Map<Arc<str>, Entry>,
    /// Ids kept for clients whose connection broke, by client address.
    reserved: Map<IpAddr, usize>,
    reserved_in_all: usize,
    reservations: Timers<Arc<str>>,
    waiting: Waiting,
    /// When to look for silent clients.
    sweep: Option<Millis>,
    effects: VecDeque<Effect>,
}

#[derive(Debug)]
struct Client {
    id: Arc<str>,
    address: IpAddr,
    life: Life,
    /// Who sent it something since it was heard of last: what of that arrived is unknown.
    unsure: Vec<Arc<str>>,
}

#[derive(Debug)]
struct Entry {
    token: Box<str>,
    holder: Holder,
}

/// Where a client is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// Connected from this address.
    Here(IpAddr),
    /// Its connection broke; it may be back.
    Away,
    /// Nobody has the id.
    Gone,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holder {
    Conn(ConnId),
    /// The connection broke.
    Nobody {
        address: IpAddr,
        until: Millis,
    },
}

impl Broker {
    /// A broker without clients.
    #[must_use]
    pub fn new(seed: [u8; 32], options: Options, limits: Limits) -> Self {
        let mut random = Random::new(seed);
        Self {
            options,
            limits,
            clients: BTreeMap::new(),
            ids: random.map(),
            reserved: random.map(),
            reserved_in_all: 0,
            reservations: Timers::default(),
            waiting: Waiting::new(limits, &mut random),
            sweep: None,
            effects: VecDeque::new(),
        }
    }

    /// A client has connected: it is told `OPEN` and what waits for it. A connection that holds the id with the same
    /// token is closed, since the client knows best which one it uses.
    ///
    /// # Errors
    /// It may not stay, and is not known afterwards.
    pub fn attach(
        &mut self,
        now: Millis,
        conn: ConnId,
        address: IpAddr,
        hello: Hello<'_>,
    ) -> Result<(), Refused> {
        self.judge(hello)?;
        let id: Arc<str> = match self.ids.get_key_value(hello.id) {
            Some((_, entry)) if !same(&entry.token, hello.token) => return Err(Refused::Taken),
            Some((id, _)) => Arc::clone(id),
            None if self.clients.len() >= self.limits.peers => return Err(Refused::Full),
            None => hello.id.into(),
        };
        self.take_over(&id);
        let entry = Entry {
            token: hello.token.into(),
            holder: Holder::Conn(conn),
        };
        self.ids.insert(Arc::clone(&id), entry);
        let client = Client {
            id: Arc::clone(&id),
            address,
            life: Life::new(now),
            unsure: Vec::new(),
        };
        self.clients.insert(conn, client);
        self.sweep
            .get_or_insert(now.after(period(self.options.alive)));
        self.send(conn, Bytes::from_static(message::OPEN.as_bytes()));
        for (_, text) in self.waiting.take(&id) {
            self.send(conn, text);
        }
        Ok(())
    }

    /// Tells a peer that another is not available.
    pub fn expire(&mut self, peer: &str, unavailable: &str) {
        self.tell(peer, "EXPIRE", unavailable);
    }

    /// Whether the client with an id is connected, and from where.
    #[must_use]
    pub fn presence(&self, id: &str) -> Presence {
        match self.ids.get(id).map(|entry| entry.holder) {
            None => Presence::Gone,
            Some(Holder::Nobody { .. }) => Presence::Away,
            Some(Holder::Conn(conn)) => self
                .clients
                .get(&conn)
                .map_or(Presence::Gone, |client| Presence::Here(client.address)),
        }
    }

    /// The ids that are there, without those of people's numbers; `None` when the operator keeps them to himself.
    #[must_use]
    pub fn discover(&self) -> Option<Vec<&str>> {
        let ids = self.clients.values().map(|client| &*client.id);
        self.options
            .discovery
            .then(|| ids.filter(|id| super::number(id).is_none()).collect())
    }

    /// The key clients must name.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.options.key
    }

    fn judge(&self, hello: Hello<'_>) -> Result<(), Refused> {
        match hello {
            Hello { id, token, key } if id.is_empty() || token.is_empty() || key.is_empty() => {
                Err(Refused::Incomplete)
            }
            Hello { key, .. } if !same(key, &self.options.key) => Err(Refused::Key),
            Hello { token, .. } if token.len() > LONGEST_TOKEN => Err(Refused::Token),
            Hello { id, .. } if !super::is_valid(id) => Err(Refused::Id),
            _ => Ok(()),
        }
    }

    /// Ends what holds an id, for the client that comes back.
    fn take_over(&mut self, id: &Arc<str>) {
        match self.ids.get(id).map(|entry| entry.holder) {
            Some(Holder::Conn(old)) => {
                self.clients.remove(&old);
                self.effects.push_back(Effect::Close {
                    conn: old,
                    code: CLOSE_REPLACED,
                    reason: "replaced by a newer connection with the same token",
                });
            }
            Some(Holder::Nobody { address, until }) => {
                self.reservations.remove(until, Arc::clone(id));
                self.count_reserved_out(address);
            }
            None => (),
        }
    }

    fn relay(
        &mut self,
        now: Millis,
        conn: ConnId,
        src: &Arc<str>,
        account: IpAddr,
        relay: &Relay<'_>,
    ) {
        let message = relay.stamped(src);
        if let Some(Entry {
            holder: Holder::Conn(to),
            ..
        }) = self.ids.get(&*relay.dst)
        {
            let to = *to;
            if let Some(client) = self.clients.get_mut(&to) {
                client.note_unsure(src);
            }
            return self.send(to, message);
        }
        if relay.kind == Kind::Leave {
            return;
        }
        let begins = relay.kind == Kind::Offer;
        // A person's number; it waits like any other id until it is known whether somebody has it.
        if begins && !self.ids.contains_key(&*relay.dst) && super::number(&relay.dst).is_some() {
            let id = relay.dst.to_string();
            self.effects.push_back(Effect::Seek { id });
        }
        let late = Late {
            src,
            account,
            dst: &relay.dst,
            begins,
            message,
        };
        if self.waiting.hold(now, late) == Held::Refused && begins {
            self.send(conn, message::pair("EXPIRE", &relay.dst, src).into());
        }
    }

    /// Tells whoever wrote to a client that proved dead, so that they stop trying.
    fn give_up(&mut self, now: Millis, client: Client) {
        for src in &client.unsure {
            self.tell(src, "LEAVE", &client.id);
        }
        self.reserve(now, &client);
    }

    fn reserve(&mut self, now: Millis, client: &Client) {
        let of_address = self.reserved.get(&client.address).copied().unwrap_or(0);
        let (most, most_in_all) = self.limits.reserved;
        if of_address >= most || self.reserved_in_all >= most_in_all {
            self.ids.remove(&client.id);
            return;
        }
        if let Some(entry) = self.ids.get_mut(&client.id) {
            let until = now.after(self.limits.reserve);
            entry.holder = Holder::Nobody {
                address: client.address,
                until,
            };
            self.reservations.add(until, Arc::clone(&client.id));
            self.reserved
                .insert(client.address, of_address.saturating_add(1));
            self.reserved_in_all = self.reserved_in_all.saturating_add(1);
        }
    }

    fn count_reserved_out(&mut self, address: IpAddr) {
        self.reserved_in_all = self.reserved_in_all.saturating_sub(1);
        match self.reserved.get_mut(&address) {
            Some(count) if *count > 1 => *count = count.saturating_sub(1),
            _ => drop(self.reserved.remove(&address)),
        }
    }

    /// Looks for silent clients: first they are asked, then they are given up.
    fn sweep(&mut self, now: Millis) {
        let mut gone = Vec::new();
        for (conn, client) in &mut self.clients {
            match client.life.check(now, self.options.alive) {
                Pulse::Fine => (),
                Pulse::Ask => self.effects.push_back(Effect::Ping { conn: *conn }),
                Pulse::Dead => gone.push(*conn),
            }
        }
        for conn in gone {
            self.detach(now, conn, Ended::Stuck);
            self.effects.push_back(Effect::Close {
                conn,
                code: CLOSE_SILENT,
                reason: "no sign of life",
            });
        }
        self.sweep = (!self.clients.is_empty()).then(|| now.after(period(self.options.alive)));
    }

    /// A client gives up its id. Its connection ends too: without an id nothing would notice when it breaks.
    fn take_leave(&mut self, now: Millis, conn: ConnId) {
        self.detach(now, conn, Ended::Closed);
        self.effects.push_back(Effect::Close {
            conn,
            code: 1000,
            reason: "",
        });
    }

    /// Tells the peer called `to`, if it is there, something in the name of `src`.
    fn tell(&mut self, to: &str, kind: &str, src: &str) {
        if let Some(Entry {
            holder: Holder::Conn(conn),
            ..
        }) = self.ids.get(to)
        {
            let conn = *conn;
            self.send(conn, message::pair(kind, src, to).into());
        }
    }

    fn send(&mut self, conn: ConnId, text: Bytes) {
        self.effects.push_back(Effect::Send { conn, text });
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.clients.is_empty()
            && self.ids.is_empty()
            && self.reserved.is_empty()
            && self.waiting.is_empty()
            && self.poll_timeout().is_none()
    }
}

impl crate::Broker for Broker {
    fn handle_text(&mut self, now: Millis, conn: ConnId, text: &[u8]) {
        self.handle_alive(now, conn);
        let Some(client) = self.clients.get(&conn) else {
            return;
        };
        match message::parse(text) {
            Ok(Message::Relay(relay)) => {
                let (src, address) = (Arc::clone(&client.id), client.address);
                self.relay(now, conn, &src, address, &relay);
            }
            Ok(Message::Leave) => self.take_leave(now, conn),
            Ok(Message::Heartbeat | Message::Unknown) => (),
            Err(fault) => self.send(conn, message::error(fault).into()),
        }
    }

    fn handle_alive(&mut self, now: Millis, conn: ConnId) {
        if let Some(client) = self.clients.get_mut(&conn) {
            client.life = Life::new(now);
            client.unsure.clear();
        }
    }

    /// A client that closed its connection has given up its id; for one whose connection broke it is kept.
    fn detach(&mut self, now: Millis, conn: ConnId, how: Ended) {
        let Some(client) = self.clients.remove(&conn) else {
            return;
        };
        match how {
            Ended::Closed => drop(self.ids.remove(&client.id)),
            Ended::Dropped => self.reserve(now, &client),
            Ended::Stuck => self.give_up(now, client),
        }
    }

    fn handle_timeout(&mut self, now: Millis) {
        while let Some((src, dst)) = self.waiting.expired(now) {
            self.tell(&src, "EXPIRE", &dst);
        }
        while let Some(id) = self.reservations.pop(now) {
            if let Some(Entry {
                holder: Holder::Nobody { address, .. },
                ..
            }) = self.ids.remove(&id)
            {
                self.count_reserved_out(address);
            }
        }
        if self.sweep.is_some_and(|at| at <= now) {
            self.sweep(now);
        }
    }

    fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    fn poll_timeout(&self) -> Option<Millis> {
        [
            self.waiting.poll_timeout(),
            self.reservations.first(),
            self.sweep,
        ]
        .into_iter()
        .flatten()
        .min()
    }
}

impl Client {
    fn note_unsure(&mut self, src: &Arc<str>) {
        if self.unsure.len() < UNSURE && !self.unsure.iter().any(|known| Arc::ptr_eq(known, src)) {
            self.unsure.push(Arc::clone(src));
        }
    }
}

/// Compares without telling by its time how much agrees.
fn same(a: &str, b: &str) -> bool {
    let differing = a
        .bytes()
        .zip(b.bytes())
        .fold(0, |sofar, (a, b)| sofar | (a ^ b));
    a.len() == b.len() && differing == 0
}

/// Bytes of the longest token; the client makes them of 11.
const LONGEST_TOKEN: usize = 256;

/// Senders remembered per client; each conversation has one.
const UNSURE: usize = 16;
