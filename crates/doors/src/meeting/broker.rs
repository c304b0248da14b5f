//! Who is subscribed to what, and what waits for those whose connection broke.

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use magpie_hub::{ConnId, Millis};

use super::message::{self, Message};
use crate::broker::{Effect, Ended};
use crate::liveness::{CLOSE_SILENT, Life, Pulse, period};
use crate::random::{Map, Random};
use crate::timers::Timers;

/// What clients may take. Times are in milliseconds.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How long the place of a client whose connection broke is kept.
    pub grace: u64,
    /// How long a client may be silent.
    pub alive: u64,
    /// Subjects of one client.
    pub subjects: usize,
    /// Subscribers of one subject, kept places included.
    pub subscribers: usize,
    /// Messages that wait in one kept place.
    pub waiting: usize,
    /// Their bytes.
    pub waiting_bytes: usize,
    /// Bytes that wait in all kept places.
    pub waiting_in_all: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            grace: 5_000,
            alive: 60_000,
            subjects: 16,
            subscribers: 64,
            waiting: 64,
            waiting_bytes: 128 * 1024,
            waiting_in_all: 8 * 1024 * 1024,
        }
    }
}

/// All subjects of a server.
#[derive(Debug)]
pub struct Broker {
    limits: Limits,
    clients: BTreeMap<ConnId, Client>,
    subjects: Map<Arc<str>, Vec<Subscriber>>,
    /// When kept places are given up.
    kept: Timers<(Arc<str>, u64)>,
    last_place: u64,
    waiting_in_all: usize,
    sweep: Option<Millis>,
    effects: VecDeque<Effect>,
}

#[derive(Debug)]
struct Client {
    page: Page,
    subjects: Vec<Arc<str>>,
    life: Life,
}

/// What a client that comes back has in common with the one that dropped; the protocol has nothing better.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Page {
    address: IpAddr,
    origin: Option<Arc<str>>,
}

#[derive(Debug)]
enum Subscriber {
    Here(ConnId),
    Away(Place),
}

/// The place of a client whose connection broke.
#[derive(Debug)]
struct Place {
    number: u64,
    page: Page,
    until: Millis,
    messages: Vec<Bytes>,
    bytes: usize,
}

impl Broker {
    /// A broker without subjects.
    #[must_use]
    pub fn new(seed: [u8; 32], limits: Limits) -> Self {
        Self {
            limits,
            clients: BTreeMap::new(),
            subjects: Random::new(seed).map(),
            kept: Timers::default(),
            last_place: 0,
            waiting_in_all: 0,
            sweep: None,
            effects: VecDeque::new(),
        }
    }

    /// A page of `origin` has connected from `address`.
    pub fn attach(&mut self, now: Millis, conn: ConnId, address: IpAddr, origin: Option<&str>) {
        let page = Page {
            address,
            origin: origin.map(Arc::from),
        };
        let client = Client {
            page,
            subjects: Vec::new(),
            life: Life::new(now),
        };
        self.clients.insert(conn, client);
        self.sweep
            .get_or_insert(now.after(period(self.limits.alive)));
    }

    fn subscribe(&mut self, conn: ConnId, subject: &str) {
        let Some(client) = self.clients.get_mut(&conn) else {
            return;
        };
        if client.subjects.iter().any(|known| **known == *subject) {
            return;
        }
        if client.subjects.len() >= self.limits.subjects {
            return self.complain(conn, "too many subjects");
        }
        let name: Arc<str> = match self.subjects.get_key_value(subject) {
            Some((name, _)) => Arc::clone(name),
            None => subject.into(),
        };
        let subscribers = self.subjects.entry(Arc::clone(&name)).or_default();
        let place = subscribers.iter().position(
            |other| matches!(other, Subscriber::Away(place) if place.page == client.page),
        );
        if place.is_none() && subscribers.len() >= self.limits.subscribers {
            return self.complain(conn, "the subject is full");
        }
        client.subjects.push(Arc::clone(&name));
        let freed = place.map(|at| subscribers.remove(at));
        subscribers.push(Subscriber::Here(conn));
        if let Some(Subscriber::Away(place)) = freed {
            self.kept.remove(place.until, (name, place.number));
            self.waiting_in_all = self.waiting_in_all.saturating_sub(place.bytes);
            let waited = place.messages.into_iter();
            self.effects
                .extend(waited.map(|text| Effect::Send { conn, text }));
        }
    }

    fn unsubscribe(&mut self, conn: ConnId, subject: &str) {
        if let Some(client) = self.clients.get_mut(&conn) {
            client.subjects.retain(|known| **known != *subject);
        }
        self.remove(
            subject,
            |subscriber| matches!(subscriber, Subscriber::Here(other) if *other == conn),
        );
    }

    fn remove(&mut self, subject: &str, which: impl Fn(&Subscriber) -> bool) {
        if let Some(subscribers) = self.subjects.get_mut(subject) {
            subscribers.retain(|subscriber| !which(subscriber));
            if subscribers.is_empty() {
                self.subjects.remove(subject);
            }
        }
    }

    fn publish(&mut self, from: ConnId, subject: &str, text: &Bytes) {
        let Some(subscribers) = self.subjects.get_mut(subject) else {
            return;
        };
        for subscriber in subscribers {
            match subscriber {
                Subscriber::Here(conn) if *conn == from => (),
                Subscriber::Here(conn) => self.effects.push_back(Effect::Send {
                    conn: *conn,
                    text: text.clone(),
                }),
                Subscriber::Away(place) => {
                    let all = self.waiting_in_all.saturating_add(text.len());
                    if all <= self.limits.waiting_in_all && place.keep(text, &self.limits) {
                        self.waiting_in_all = all;
                    }
                }
            }
        }
    }

    /// Keeps the places of a client that may come back.
    fn keep(&mut self, now: Millis, conn: ConnId, client: &Client) {
        let until = now.after(self.limits.grace);
        for subject in &client.subjects {
            let subscribers = self.subjects.get_mut(subject);
            let Some(subscriber) = subscribers.and_then(|all| {
                all.iter_mut()
                    .find(|other| matches!(other, Subscriber::Here(other) if *other == conn))
            }) else {
                continue;
            };
            self.last_place = self.last_place.saturating_add(1);
            *subscriber = Subscriber::Away(Place {
                number: self.last_place,
                page: client.page.clone(),
                until,
                messages: Vec::new(),
                bytes: 0,
            });
            self.kept.add(until, (Arc::clone(subject), self.last_place));
        }
    }

    fn give_up(&mut self, subject: &str, number: u64) {
        let is_it =
            |other: &Subscriber| matches!(other, Subscriber::Away(place) if place.number == number);
        let place = self
            .subjects
            .get(subject)
            .and_then(|all| all.iter().find(|other| is_it(other)));
        if let Some(Subscriber::Away(place)) = place {
            self.waiting_in_all = self.waiting_in_all.saturating_sub(place.bytes);
        }
        self.remove(subject, is_it);
    }

    fn complain(&mut self, conn: ConnId, what: &str) {
        self.effects.push_back(Effect::Send {
            conn,
            text: message::error(what),
        });
    }

    fn sweep(&mut self, now: Millis) {
        let mut dead = Vec::new();
        for (conn, client) in &mut self.clients {
            match client.life.check(now, self.limits.alive) {
                Pulse::Fine => (),
                Pulse::Ask => self.effects.push_back(Effect::Ping { conn: *conn }),
                Pulse::Dead => dead.push(*conn),
            }
        }
        for conn in dead {
            crate::Broker::detach(self, now, conn, Ended::Dropped);
            self.effects.push_back(Effect::Close {
                conn,
                code: CLOSE_SILENT,
                reason: "no sign of life",
            });
        }
        self.sweep = (!self.clients.is_empty()).then(|| now.after(period(self.limits.alive)));
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.clients.is_empty()
            && self.subjects.is_empty()
            && self.waiting_in_all == 0
            && crate::Broker::poll_timeout(self).is_none()
    }
}

impl Place {
    fn keep(&mut self, text: &Bytes, limits: &Limits) -> bool {
        let bytes = self.bytes.saturating_add(text.len());
        if self.messages.len() >= limits.waiting || bytes > limits.waiting_bytes {
            return false;
        }
        self.messages.push(text.clone());
        self.bytes = bytes;
        true
    }
}

impl crate::Broker for Broker {
    fn handle_text(&mut self, now: Millis, conn: ConnId, text: &[u8]) {
        self.handle_alive(now, conn);
        match message::parse(text) {
            Ok(Message::Subscribe(subject)) => self.subscribe(conn, &subject),
            Ok(Message::Unsubscribe(subject)) => self.unsubscribe(conn, &subject),
            Ok(Message::Publish { subject, text }) => self.publish(conn, &subject, &text),
            Err(fault) => self.complain(conn, fault),
        }
    }

    fn handle_alive(&mut self, now: Millis, conn: ConnId) {
        if let Some(client) = self.clients.get_mut(&conn) {
            client.life = Life::new(now);
        }
    }

    fn detach(&mut self, now: Millis, conn: ConnId, how: Ended) {
        let Some(client) = self.clients.remove(&conn) else {
            return;
        };
        if how == Ended::Dropped {
            return self.keep(now, conn, &client);
        }
        for subject in &client.subjects {
            self.unsubscribe(conn, subject);
        }
    }

    fn handle_timeout(&mut self, now: Millis) {
        while let Some((subject, number)) = self.kept.pop(now) {
            self.give_up(&subject, number);
        }
        if self.sweep.is_some_and(|at| at <= now) {
            self.sweep(now);
        }
    }

    fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    fn poll_timeout(&self) -> Option<Millis> {
        match (self.kept.first(), self.sweep) {
            (Some(kept), Some(sweep)) => Some(kept.min(sweep)),
            (kept, sweep) => kept.or(sweep),
        }
    }
}
