//! To whom an event goes that neither joins nor leaves, and in what form.

use std::borrow::Cow;

use super::dialects::{Direct, Route};
use super::fields::{Fields, text};
use super::joining::room_of;
use super::lobby::Lobby;
use crate::socketio::{Event, Incoming, SocketKey, json};

/// Whom a name means.
enum Named {
    One(SocketKey),
    /// The others in a room of the sender's.
    Room(Vec<SocketKey>),
    /// Somebody who is gone.
    Gone,
    /// Nobody that is known.
    Unknown,
}

impl Lobby {
    /// An event with a name of its own goes to the one it names, under the name that one expects.
    pub(super) fn follow(&mut self, route: &Route, incoming: &Incoming) {
        let Some(object) = incoming.event.get(0).and_then(Fields::parse) else {
            return;
        };
        let target = object.text(route.target).map(Cow::into_owned);
        let Some(Named::One(to)) = target.map(|id| self.named(incoming.socket, &id)) else {
            return;
        };
        let from = json(self.id_of(incoming.socket));
        let passed = object.only(route.keep).with(route.sender, from).json();
        let event = Event::new(route.becomes, [passed]).with_attachments_of(&incoming.event);
        self.emit(vec![to], event, incoming.ack);
    }

    /// Everything else: the values say for whom it is, or it is for the others in the sender's rooms.
    pub(super) fn pass_on(&mut self, incoming: Incoming) {
        let Incoming { socket, event, ack } = incoming;
        let (to, event) = self
            .by_object(socket, &event)
            .or_else(|| self.by_first(socket, &event))
            .or_else(|| self.by_last(socket, &event))
            .unwrap_or_else(|| (self.rooms.others(socket), event));
        self.emit(to, event, ack);
    }

    /// `{to, ...}` or `{roomId, ...}`.
    fn by_object(&self, socket: SocketKey, event: &Event) -> Option<(Vec<SocketKey>, Event)> {
        let object = event.get(0).and_then(Fields::parse)?;
        let mut targets = TARGETS.iter();
        let found = targets.find_map(|name| Some((*name, object.text(name)?.into_owned())));
        if let Some((name, target)) = found {
            match self.named(socket, &target) {
                Named::One(to) => {
                    return Some((vec![to], self.direct(socket, event, object, name)));
                }
                Named::Room(to) => return Some((to, self.direct(socket, event, object, name))),
                Named::Gone => return Some((Vec::new(), event.clone())),
                // A user of the room, by a name the application gave it.
                Named::Unknown if !self.of_users(&object) => {
                    let user = self.user(socket, &target);
                    let event = self.direct(socket, event, object, name);
                    return Some((user.into_iter().collect(), event));
                }
                Named::Unknown => (),
            }
        }
        let room = room_of(event.get(0)?)?;
        let room = self.rooms.named(socket, &room)?;
        Some((self.others_in(socket, room), event.clone()))
    }

    /// `(id, ...)` or `(room, ...)`.
    fn by_first(&self, socket: SocketKey, event: &Event) -> Option<(Vec<SocketKey>, Event)> {
        if event.len() < 2 {
            return None;
        }
        let name = text(event.get(0)?)?;
        Some(match self.named(socket, &name) {
            Named::One(to) => (vec![to], self.stamped(socket, event, 0)),
            Named::Room(to) => (to, event.clone()),
            Named::Gone => (Vec::new(), event.clone()),
            Named::Unknown => return None,
        })
    }

    /// `(..., id)` or `(..., room)`.
    fn by_last(&self, socket: SocketKey, event: &Event) -> Option<(Vec<SocketKey>, Event)> {
        let last = event.len().checked_sub(1).filter(|last| *last > 0)?;
        let name = text(event.get(last)?)?;
        Some(match self.named(socket, &name) {
            Named::One(to) => (vec![to], self.stamped(socket, event, last)),
            Named::Room(to) => (to, event.clone()),
            Named::Gone => (Vec::new(), event.clone()),
            Named::Unknown => return None,
        })
    }

    fn named(&self, socket: SocketKey, name: &str) -> Named {
        let Some(client) = self.clients.get(socket) else {
            return Named::Unknown;
        };
        if let Some(to) = self.clients.named(&client.namespace, name) {
            return Named::One(to);
        }
        if let Some(room) = self.rooms.named(socket, name) {
            return Named::Room(self.others_in(socket, room));
        }
        match self.clients.is_gone(name) {
            true => Named::Gone,
            false => Named::Unknown,
        }
    }

    /// Whoever in the sender's rooms joined as this user.
    fn user(&self, socket: SocketKey, name: &str) -> Option<SocketKey> {
        self.rooms.others(socket).into_iter().find(|other| {
            let places = self.clients.get(*other).map(|client| &client.places);
            places.into_iter().flatten().any(|place| {
                let user = place.user.as_deref().and_then(text);
                user.is_some_and(|user| user == name)
            })
        })
    }

    /// Whether an object is of the application whose every event names user and room.
    fn of_users(&self, object: &Fields<'_>) -> bool {
        object.get("userId").is_some() && object.get("roomId").is_some()
    }

    /// The event with the sender's id in its object.
    fn direct(&self, socket: SocketKey, event: &Event, object: Fields<'_>, target: &str) -> Event {
        let bare = self.clients.get(socket).is_some_and(|client| {
            let mut places = client.places.iter();
            places.any(|place| place.dialect.direct == Direct::Bare)
        });
        let object = if bare { object.without(target) } else { object };
        let object = object.with("from", json(self.id_of(socket))).json();
        let rest = event.values().skip(1).map(str::to_owned);
        let values: Vec<String> = std::iter::once(object).chain(rest).collect();
        Event::new(event.name().to_owned(), values).with_attachments_of(event)
    }

    /// The event with the sender's id in place of the receiver's.
    fn stamped(&self, socket: SocketKey, event: &Event, place: usize) -> Event {
        let id = json(self.id_of(socket));
        let values = event.values().enumerate();
        let values = values.map(|(at, value)| if at == place { id.as_str() } else { value });
        Event::new(event.name().to_owned(), values.collect::<Vec<_>>()).with_attachments_of(event)
    }

    fn id_of(&self, socket: SocketKey) -> &str {
        self.clients.get(socket).map_or("", |client| client.id())
    }
}

/// The fields that name a receiver.
const TARGETS: [&str; 3] = ["to", "target", "targetId"];
