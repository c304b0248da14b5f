//! Who is in which chat, under which name.

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;

use bytes::Bytes;
use magpie_hub::{ConnId, Millis};
use serde_json::{Map as Object, Value, json};

use super::text;
use crate::broker::{Effect, Ended};
use crate::liveness::{CLOSE_SILENT, Life, Pulse, period};
use crate::random::{Map, Random};

/// Which chat a page is in: that of its origin, so that strangers' samples do not meet. A page opened as a file, or a
/// program, meets those of its address.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Room {
    /// Pages of one origin.
    Origin(String),
    /// Files and programs of one address.
    Address(IpAddr),
}

/// A chat has no room for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

/// All chats of a server.
#[derive(Debug)]
pub struct Broker {
    clients: BTreeMap<ConnId, Client>,
    rooms: Map<Room, Vec<ConnId>>,
    /// The last number given to a client.
    number: u64,
    sweep: Option<Millis>,
    effects: VecDeque<Effect>,
}

#[derive(Debug)]
struct Client {
    room: Room,
    number: u64,
    /// `None` until it says one.
    name: Option<String>,
    life: Life,
}

impl Broker {
    /// A server without chats.
    #[must_use]
    pub fn new(seed: [u8; 32]) -> Self {
        Self {
            clients: BTreeMap::new(),
            rooms: Random::new(seed).map(),
            number: 0,
            sweep: None,
            effects: VecDeque::new(),
        }
    }

    /// A client has connected: it is told its number.
    ///
    /// # Errors
    /// The chat has as many members as a chat may have.
    pub fn attach(&mut self, now: Millis, conn: ConnId, room: Room) -> Result<(), Full> {
        let members = self.rooms.entry(room.clone()).or_default();
        if members.len() >= MEMBERS {
            return Err(Full);
        }
        members.push(conn);
        self.number = self.number.saturating_add(1);
        let client = Client {
            room,
            number: self.number,
            name: None,
            life: Life::new(now),
        };
        self.clients.insert(conn, client);
        self.sweep.get_or_insert(now.after(period(ALIVE)));
        self.send(
            conn,
            &json!({ "type": "id", "id": self.number, "date": now.0 }),
        );
        Ok(())
    }

    /// Gives a client a name nobody else in its chat has.
    fn rename(&mut self, conn: ConnId, wanted: &str) {
        let Some(client) = self.clients.get(&conn) else {
            return;
        };
        let wanted = text::name(wanted);
        let (room, number) = (client.room.clone(), client.number);
        let name = self.unique(conn, &room, &wanted);
        if name != wanted {
            self.send(
                conn,
                &json!({ "type": "rejectusername", "id": number, "name": name }),
            );
        }
        if let Some(client) = self.clients.get_mut(&conn) {
            client.name = Some(name);
        }
        self.tell_users(&room);
    }

    fn unique(&self, conn: ConnId, room: &Room, wanted: &str) -> String {
        let members = self.rooms.get(room).map_or(&[][..], Vec::as_slice);
        let taken = |name: &str| {
            members
                .iter()
                .any(|other| *other != conn && self.name(*other) == Some(name))
        };
        let numbered = (1_u32..).map(|n| format!("{wanted}{n}"));
        std::iter::once(wanted.to_owned())
            .chain(numbered)
            .find(|name| !taken(name))
            .unwrap_or_default()
    }

    fn name(&self, conn: ConnId) -> Option<&str> {
        self.clients.get(&conn)?.name.as_deref()
    }

    /// Passes a message on, under the sender's true number and name.
    fn pass(&mut self, conn: ConnId, kind: &str, mut message: Object<String, Value>) {
        let Some(client) = self.clients.get(&conn) else {
            return;
        };
        let chat = kind == "message";
        for (field, truth) in [
            ("id", Some(client.number.into())),
            ("name", client.name.clone().map(Value::from)),
        ] {
            if chat || message.contains_key(field) {
                message.insert(field.to_owned(), truth.unwrap_or(Value::Null));
            }
        }
        if chat && let Some(Value::String(typed)) = message.get_mut("text") {
            *typed = text::plain(typed);
        }
        let members = self.rooms.get(&client.room).cloned().unwrap_or_default();
        let to: Vec<ConnId> = match message.get("target").and_then(Value::as_str) {
            Some(target) if !target.is_empty() => members
                .into_iter()
                .filter(|member| self.name(*member) == Some(target))
                .collect(),
            _ => members,
        };
        let text = Bytes::from(Value::Object(message).to_string());
        for conn in to {
            self.effects.push_back(Effect::Send {
                conn,
                text: text.clone(),
            });
        }
    }

    fn tell_users(&mut self, room: &Room) {
        let members = self.rooms.get(room).cloned().unwrap_or_default();
        let users: Vec<&str> = members.iter().filter_map(|conn| self.name(*conn)).collect();
        let text = Bytes::from(json!({ "type": "userlist", "users": users }).to_string());
        for conn in members {
            self.effects.push_back(Effect::Send {
                conn,
                text: text.clone(),
            });
        }
    }

    fn send(&mut self, conn: ConnId, message: &Value) {
        let text = message.to_string().into();
        self.effects.push_back(Effect::Send { conn, text });
    }

    fn sweep(&mut self, now: Millis) {
        let mut dead = Vec::new();
        for (conn, client) in &mut self.clients {
            match client.life.check(now, ALIVE) {
                Pulse::Fine => (),
                Pulse::Ask => self.effects.push_back(Effect::Ping { conn: *conn }),
                Pulse::Dead => dead.push(*conn),
            }
        }
        for conn in dead {
            crate::Broker::detach(self, now, conn, Ended::Stuck);
            self.effects.push_back(Effect::Close {
                conn,
                code: CLOSE_SILENT,
                reason: "no sign of life",
            });
        }
        self.sweep = (!self.clients.is_empty()).then(|| now.after(period(ALIVE)));
    }
}

impl crate::Broker for Broker {
    fn handle_text(&mut self, now: Millis, conn: ConnId, text: &[u8]) {
        self.handle_alive(now, conn);
        // The protocol has no word for errors.
        let Ok(Value::Object(message)) = serde_json::from_slice(text) else {
            return;
        };
        let Some(kind) = message.get("type").and_then(Value::as_str) else {
            return;
        };
        match kind {
            "username" => {
                let wanted = message.get("name").and_then(Value::as_str);
                self.rename(conn, wanted.unwrap_or_default());
            }
            // Only we say these.
            "id" | "userlist" | "rejectusername" => (),
            kind => {
                let kind = kind.to_owned();
                self.pass(conn, &kind, message);
            }
        }
    }

    fn handle_alive(&mut self, now: Millis, conn: ConnId) {
        if let Some(client) = self.clients.get_mut(&conn) {
            client.life = Life::new(now);
        }
    }

    fn detach(&mut self, _now: Millis, conn: ConnId, _how: Ended) {
        let Some(client) = self.clients.remove(&conn) else {
            return;
        };
        if let Some(members) = self.rooms.get_mut(&client.room) {
            members.retain(|member| *member != conn);
            if members.is_empty() {
                self.rooms.remove(&client.room);
            }
        }
        if client.name.is_some() {
            self.tell_users(&client.room);
        }
    }

    fn handle_timeout(&mut self, now: Millis) {
        if self.sweep.is_some_and(|at| at <= now) {
            self.sweep(now);
        }
    }

    fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    fn poll_timeout(&self) -> Option<Millis> {
        self.sweep
    }
}

/// Members of one chat: each message goes to all of them.
pub(super) const MEMBERS: usize = 32;

/// How long a client may be silent, milliseconds.
const ALIVE: u64 = 60_000;
