//! The server that knows no event: it passes each on to the others in the sender's room, as it is.

use std::collections::VecDeque;

use magpie_hub::Millis;

use super::rooms::{RoomKey, Rooms, Site};
use crate::random::{Map, Random};
use crate::socketio::{Application, ConnectError, Connecting, Incoming, Output, Reason, SocketKey};

/// The bounds of rooms.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Clients in the room of those that joined none.
    pub default_room: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { default_room: 8 }
    }
}

/// Rooms, and what is to be sent.
#[derive(Debug)]
pub struct Relay {
    rooms: Rooms,
    /// The room of each client while it joined none.
    defaults: Map<SocketKey, RoomKey>,
    outputs: VecDeque<Output>,
    limits: Limits,
}

impl Relay {
    /// No clients yet. The seed keeps strangers from choosing keys that collide.
    #[must_use]
    pub fn new(seed: [u8; 32], limits: Limits) -> Self {
        let mut random = Random::new(seed);
        Self {
            rooms: Rooms::new(&mut random),
            defaults: random.map(),
            outputs: VecDeque::new(),
            limits,
        }
    }

    /// A client that found its room full gets in once there is a place again.
    fn enter_default(&mut self, socket: SocketKey) {
        if self.rooms.of(socket).is_empty()
            && let Some(room) = self.defaults.get(&socket)
        {
            // A full room is tried again with the next event.
            self.rooms
                .enter(socket, room.clone(), self.limits.default_room)
                .unwrap_or_default();
        }
    }
}

impl Application for Relay {
    fn connect(&mut self, _now: Millis, client: &Connecting<'_>) -> Result<(), ConnectError> {
        self.defaults.insert(client.socket, default_room(client));
        self.enter_default(client.socket);
        Ok(())
    }

    fn event(&mut self, _now: Millis, incoming: Incoming) {
        self.enter_default(incoming.socket);
        let to = self.rooms.others(incoming.socket);
        if !to.is_empty() {
            self.outputs.push_back(Output::Emit {
                to,
                event: incoming.event,
                ack: incoming.ack,
            });
        }
    }

    fn disconnect(&mut self, _now: Millis, socket: SocketKey, _reason: Reason) {
        self.rooms.leave_all(socket);
        self.defaults.remove(&socket);
    }

    fn handle_timeout(&mut self, _now: Millis) {}

    fn poll_timeout(&self) -> Option<Millis> {
        None
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }
}

/// Where a client is that joins no room. A page opened as a file has no origin to go by, or the origin `null`.
fn default_room(client: &Connecting<'_>) -> RoomKey {
    let site = match client.origin {
        Some(origin) if origin != "null" => Site::Origin(origin.into()),
        _ => Site::Address(client.address),
    };
    RoomKey::Default {
        site,
        namespace: client.namespace.into(),
        room: client.query.get("room").unwrap_or_default().into(),
    }
}
