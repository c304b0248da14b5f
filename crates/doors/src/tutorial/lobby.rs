//! The application above Socket.IO: who is where, and what becomes of an event.

use std::collections::VecDeque;

use magpie_hub::Millis;

use super::clients::{Absence, Client, Clients};
use super::dialects;
use super::rooms::{RoomKey, Rooms, Site};
use crate::random::Random;
use crate::socketio::{
    AckTo, Application, Args, ConnectError, Connecting, Event, Incoming, Output, Reason, SocketKey,
    json,
};
use crate::timers::Timers;

/// The bounds of rooms.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Clients in the room of those that joined none.
    pub default_room: usize,
    /// Rooms one client may join.
    pub rooms: usize,
    /// How long a client that dropped keeps its place, milliseconds.
    pub grace: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            default_room: 8,
            rooms: 16,
            grace: 5_000,
        }
    }
}

/// Rooms, and what is to be sent.
#[derive(Debug)]
pub struct Lobby {
    pub(super) rooms: Rooms,
    pub(super) clients: Clients,
    pub(super) absent: Timers<SocketKey>,
    pub(super) limits: Limits,
    outputs: VecDeque<Output>,
}

impl Lobby {
    /// No clients yet. The seed keeps strangers from choosing keys that collide.
    #[must_use]
    pub fn new(seed: [u8; 32], limits: Limits) -> Self {
        let mut random = Random::new(seed);
        Self {
            rooms: Rooms::new(&mut random),
            clients: Clients::new(&mut random),
            absent: Timers::default(),
            limits,
            outputs: VecDeque::new(),
        }
    }

    /// Sends an event to those that are there, and keeps it for those that will be back.
    pub(super) fn emit(&mut self, to: Vec<SocketKey>, event: Event, ack: Option<AckTo>) {
        let mut there = to;
        there.retain(|key| match self.clients.get_mut(*key) {
            Some(client) => match &mut client.absence {
                Some(absence) => {
                    absence.keep(&event);
                    false
                }
                None => true,
            },
            None => false,
        });
        if !there.is_empty() {
            let to = there;
            self.outputs.push_back(Output::Emit { to, event, ack });
        }
    }

    /// Tells a client that what it asked for is done, if it wants to know.
    pub(super) fn acknowledge(&mut self, ack: Option<AckTo>) {
        if let Some(to) = ack {
            let args = Args::new();
            self.outputs.push_back(Output::Ack { to, args });
        }
    }

    /// A client that found its room full gets in once there is a place again.
    fn enter_default(&mut self, socket: SocketKey) {
        if self.rooms.of(socket).is_empty()
            && let Some(client) = self.clients.get(socket)
        {
            // A full room is tried again with the next event.
            self.rooms
                .enter(socket, client.default.clone(), self.limits.default_room)
                .unwrap_or_default();
        }
    }

    fn tell_address(&mut self, incoming: &Incoming) {
        if let Some(client) = self.clients.get(incoming.socket) {
            let event = Event::new("ipaddr", [json(&client.address)]);
            self.emit(vec![incoming.socket], event, None);
        }
        self.acknowledge(incoming.ack);
    }
}

impl Application for Lobby {
    fn connect(&mut self, _now: Millis, client: &Connecting<'_>) -> Result<(), ConnectError> {
        let added = Client {
            ids: vec![client.id.into()],
            namespace: client.namespace.into(),
            site: site(client),
            address: client.address,
            default: default_room(client),
            places: Vec::new(),
            absence: None,
        };
        self.clients.add(client.socket, added);
        self.enter_default(client.socket);
        Ok(())
    }

    fn event(&mut self, now: Millis, incoming: Incoming) {
        self.enter_default(incoming.socket);
        if incoming.event.name() == "ipaddr" {
            self.tell_address(&incoming);
        } else if let Some(wish) = self.wish(&incoming) {
            self.join(now, &incoming, wish);
        } else if let Some(room) = self.farewell_room(&incoming) {
            self.leave(incoming.socket, &room);
            self.acknowledge(incoming.ack);
        } else {
            match dialects::route(incoming.event.name()) {
                Some(route) => self.follow(route, &incoming),
                None => self.pass_on(incoming),
            }
        }
    }

    fn disconnect(&mut self, now: Millis, socket: SocketKey, reason: Reason) {
        let meant = reason == Reason::Left;
        let Some(client) = self.clients.get_mut(socket) else {
            return;
        };
        if meant || client.places.is_empty() {
            return self.remove(socket);
        }
        let until = now.after(self.limits.grace);
        client.absence = Some(Absence::until(until));
        self.absent.add(until, socket);
    }

    fn handle_timeout(&mut self, now: Millis) {
        while let Some(socket) = self.absent.pop(now) {
            self.remove(socket);
        }
    }

    fn poll_timeout(&self) -> Option<Millis> {
        self.absent.first()
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }
}

/// A page opened as a file has no origin to go by, or the origin `null`.
fn site(client: &Connecting<'_>) -> Site {
    match client.origin {
        Some(origin) if origin != "null" => Site::Origin(origin.into()),
        _ => Site::Address(client.address),
    }
}

/// Where a client is that joins no room.
fn default_room(client: &Connecting<'_>) -> RoomKey {
    RoomKey::Default {
        site: site(client),
        namespace: client.namespace.into(),
        room: client.query.get("room").unwrap_or_default().into(),
    }
}
