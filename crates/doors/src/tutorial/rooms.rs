//! Who is together with whom.

use std::net::IpAddr;
use std::sync::Arc;

use crate::random::{Map, Random};
use crate::socketio::SocketKey;

/// What names a room.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum RoomKey {
    /// Where clients are that joined no room: those of one page address, namespace and `?room=` meet.
    Default {
        /// The pages that meet.
        site: Site,
        /// Their namespace.
        namespace: Box<str>,
        /// `?room=` of their connection's query.
        room: Box<str>,
    },
    /// A room that clients join by name.
    Named {
        /// Their namespace.
        namespace: Box<str>,
        /// The name.
        name: Box<str>,
    },
}

impl RoomKey {
    /// What clients call it; empty for the room of those that called none.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Default { room, .. } => room,
            Self::Named { name, .. } => name,
        }
    }
}

/// Whose clients meet without a room.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Site {
    /// Pages of one origin.
    Origin(Box<str>),
    /// Pages opened as files and programs, of one address.
    Address(IpAddr),
}

/// All rooms and their members, in the order they came.
#[derive(Debug)]
pub struct Rooms {
    members: Map<Arc<RoomKey>, Vec<SocketKey>>,
    rooms: Map<SocketKey, Vec<Arc<RoomKey>>>,
}

/// A room with as many members as it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

impl Rooms {
    /// No rooms.
    pub(super) fn new(random: &mut Random) -> Self {
        Self {
            members: random.map(),
            rooms: random.map(),
        }
    }

    /// Puts a client into a room that holds `limit`; one that is in it already stays.
    ///
    /// # Errors
    /// [`Full`].
    pub fn enter(&mut self, socket: SocketKey, room: RoomKey, limit: usize) -> Result<(), Full> {
        let room = match self.members.get_key_value(&room) {
            Some((_, members)) if members.contains(&socket) => return Ok(()),
            Some((_, members)) if members.len() >= limit => return Err(Full),
            Some((known, _)) => Arc::clone(known),
            None => Arc::new(room),
        };
        self.members
            .entry(Arc::clone(&room))
            .or_default()
            .push(socket);
        self.rooms.entry(socket).or_default().push(room);
        Ok(())
    }

    /// Takes a client out of one room.
    pub(super) fn leave(&mut self, socket: SocketKey, room: &RoomKey) {
        if let Some(rooms) = self.rooms.get_mut(&socket) {
            rooms.retain(|entered| **entered != *room);
        }
        self.remove(socket, room);
    }

    /// Gives a client's places to another one.
    pub(super) fn hand_over(&mut self, from: SocketKey, to: SocketKey) {
        self.leave_all(to);
        let rooms = self.rooms.remove(&from).unwrap_or_default();
        for room in &rooms {
            let members = self.members.get_mut(room).into_iter().flatten();
            members
                .filter(|member| **member == from)
                .for_each(|member| *member = to);
        }
        self.rooms.insert(to, rooms);
    }

    fn remove(&mut self, socket: SocketKey, room: &RoomKey) {
        if let Some(members) = self.members.get_mut(room) {
            members.retain(|member| *member != socket);
            if members.is_empty() {
                self.members.remove(room);
            }
        }
    }

    /// The room of a client that goes by this name.
    pub(super) fn named(&self, socket: SocketKey, name: &str) -> Option<&Arc<RoomKey>> {
        let mut rooms = self.of(socket).iter();
        rooms.find(|room| !name.is_empty() && room.name() == name)
    }

    /// Takes a client out of all its rooms.
    pub fn leave_all(&mut self, socket: SocketKey) {
        for room in self.rooms.remove(&socket).unwrap_or_default() {
            self.remove(socket, &room);
        }
    }

    /// The rooms a client is in.
    #[must_use]
    pub fn of(&self, socket: SocketKey) -> &[Arc<RoomKey>] {
        self.rooms.get(&socket).map_or(&[], Vec::as_slice)
    }

    /// The members of a room.
    #[must_use]
    pub fn members(&self, room: &RoomKey) -> &[SocketKey] {
        self.members.get(room).map_or(&[], Vec::as_slice)
    }

    /// Everybody a client shares a room with, once each.
    #[must_use]
    pub fn others(&self, socket: SocketKey) -> Vec<SocketKey> {
        let mut others = Vec::new();
        for room in self.of(socket) {
            for member in self.members(room) {
                if *member != socket && !others.contains(member) {
                    others.push(*member);
                }
            }
        }
        others
    }
}
