//! Joining and leaving rooms, in the words of the dialect that was spoken.

use magpie_hub::Millis;

use super::clients::Place;
use super::dialects::{DIALECTS, Say, Shape, Value, When, Whom};
use super::fields::{Fields, text};
use super::lobby::Lobby;
use super::rooms::RoomKey;
use crate::socketio::{Event, Incoming, SocketKey, json};

/// A room a client wants to join, and how.
pub(super) type Wish = Place;

/// What a new client meets in a room.
enum Met {
    /// Nobody it has to do with.
    Nobody,
    /// Itself, from before its connection dropped.
    Itself(SocketKey),
    /// Its user, from another connection.
    Present,
}

impl Lobby {
    /// What an event asks to join, if it does.
    pub(super) fn wish(&self, incoming: &Incoming) -> Option<Wish> {
        let event = &incoming.event;
        let named = DIALECTS
            .iter()
            .filter(|dialect| dialect.joins.contains(&event.name()));
        let namespace = &self.clients.get(incoming.socket)?.namespace;
        named.into_iter().find_map(|dialect| {
            let (name, user) = wanted(dialect.shape, event)?;
            let room = text(&name)?;
            if room.is_empty() || room.len() > ROOM_NAME {
                return None;
            }
            Some(Place {
                dialect,
                room: RoomKey::Named {
                    namespace: namespace.clone(),
                    name: room.as_ref().into(),
                },
                name: name.into(),
                user: user.map(Into::into),
                given: event.get(0).unwrap_or("null").into(),
            })
        })
    }

    pub(super) fn join(&mut self, now: Millis, incoming: &Incoming, wish: Wish) {
        let socket = incoming.socket;
        self.acknowledge(incoming.ack);
        match self.met(socket, &wish) {
            Met::Present => return self.refuse(socket, &wish, wish.dialect.present),
            Met::Itself(before) => return self.take_over(now, before, socket, &wish),
            Met::Nobody => (),
        }
        if self.rooms.of(socket).len() > self.limits.rooms {
            return self.refuse(socket, &wish, wish.dialect.full);
        }
        let was_empty = self.rooms.members(&wish.room).is_empty();
        let limit = wish.dialect.limit;
        if self.rooms.enter(socket, wish.room.clone(), limit).is_err() {
            return self.refuse(socket, &wish, wish.dialect.full);
        }
        let again = self.sit_down(socket, wish.clone());
        for say in wish
            .dialect
            .greeting
            .iter()
            .filter(|say| due(say, was_empty))
        {
            if !again || say.to != Whom::Others {
                self.say(socket, &wish, say);
            }
        }
    }

    /// The room an event leaves, if it does.
    pub(super) fn farewell_room(&self, incoming: &Incoming) -> Option<RoomKey> {
        let client = self.clients.get(incoming.socket)?;
        let leaves = |place: &&Place| place.dialect.leaves.contains(&incoming.event.name());
        let value = incoming.event.get(0).unwrap_or("null");
        let named = room_of(value);
        let fits = |place: &&Place| {
            named
                .as_deref()
                .is_none_or(|name| name == place.room.name())
        };
        let mut places = client.places.iter().filter(leaves).filter(fits);
        places.next().map(|place| place.room.clone())
    }

    pub(super) fn leave(&mut self, socket: SocketKey, room: &RoomKey) {
        let Some(place) = self.depart(socket, room) else {
            return;
        };
        for say in place.dialect.left {
            self.say(socket, &place, say);
        }
    }

    /// Takes a client out of everything, and tells those who were with it.
    pub(super) fn remove(&mut self, socket: SocketKey) {
        let places = self.clients.get(socket).map(|client| &client.places);
        let rooms = places.into_iter().flatten().map(|place| place.room.clone());
        for room in rooms.collect::<Vec<_>>() {
            self.depart(socket, &room);
        }
        self.rooms.leave_all(socket);
        if let Some(absence) = self
            .clients
            .remove(socket)
            .and_then(|client| client.absence)
        {
            self.absent.remove(absence.until, socket);
        }
    }

    /// Takes a client out of one room, and tells the others.
    fn depart(&mut self, socket: SocketKey, room: &RoomKey) -> Option<Place> {
        let place = self.clients.get(socket)?.place(room)?.clone();
        for say in place.dialect.farewell {
            self.say(socket, &place, say);
        }
        self.rooms.leave(socket, room);
        if let Some(client) = self.clients.get_mut(socket) {
            client.places.retain(|kept| kept.room != *room);
        }
        Some(place)
    }

    /// Notes where a client sits, which is no longer in the room of those without one. Whether it sat there before.
    fn sit_down(&mut self, socket: SocketKey, place: Place) -> bool {
        let Some(client) = self.clients.get_mut(socket) else {
            return false;
        };
        self.rooms.leave(socket, &client.default);
        let again = client.place(&place.room).is_some();
        client.places.retain(|kept| kept.room != place.room);
        client.places.push(place);
        again
    }

    fn met(&mut self, socket: SocketKey, wish: &Wish) -> Met {
        for member in self.rooms.members(&wish.room).to_vec() {
            let Some(client) = self.clients.get(member) else {
                continue;
            };
            let place = client.place(&wish.room);
            let same_user =
                wish.user.is_some() && place.is_some_and(|place| place.user == wish.user);
            match (&client.absence, same_user) {
                (Some(_), true) => return Met::Itself(member),
                (None, true) if !wish.dialect.present.is_empty() => return Met::Present,
                // Nothing but its address tells who it is, and to the others it will be somebody new anyway.
                (Some(_), false) if wish.user.is_none() && self.same_site(member, socket) => {
                    self.remove(member);
                }
                _ => (),
            }
        }
        Met::Nobody
    }

    fn same_site(&self, one: SocketKey, other: SocketKey) -> bool {
        let (Some(one), Some(other)) = (self.clients.get(one), self.clients.get(other)) else {
            return false;
        };
        one.site == other.site && one.address == other.address
    }

    /// A client is back before anybody was told that it had gone: nobody is told, and it gets what it missed.
    fn take_over(&mut self, now: Millis, before: SocketKey, socket: SocketKey, wish: &Wish) {
        self.rooms.hand_over(before, socket);
        let Some(mut old) = self.clients.remove(before) else {
            return;
        };
        let absence = old.absence.take();
        if let Some(client) = self.clients.get_mut(socket) {
            client.places = std::mem::take(&mut old.places);
            client.ids.extend(old.ids.iter().cloned());
        }
        for id in &old.ids {
            self.clients.name(socket, &old.namespace, id);
        }
        for say in wish.dialect.greeting.iter().filter(|say| due(say, false)) {
            if say.to != Whom::Others {
                let event = self.event_of(socket, wish, say);
                self.emit(vec![socket], event, None);
            }
        }
        if let Some(absence) = absence {
            self.absent.remove(absence.until, before);
            debug_assert!(
                absence.until >= now,
                "an absence that is over has been ended"
            );
            for event in absence.missed() {
                self.emit(vec![socket], event, None);
            }
        }
    }

    fn refuse(&mut self, socket: SocketKey, wish: &Wish, words: &'static [Say]) {
        for say in words {
            self.say(socket, wish, say);
        }
    }

    fn say(&mut self, socket: SocketKey, place: &Place, say: &Say) {
        let to = match say.to {
            Whom::Joiner => vec![socket],
            Whom::Others => self.others_in(socket, &place.room),
            Whom::All => self.rooms.members(&place.room).to_vec(),
        };
        let event = self.event_of(socket, place, say);
        self.emit(to, event, None);
    }

    pub(super) fn others_in(&self, socket: SocketKey, room: &RoomKey) -> Vec<SocketKey> {
        let members = self.rooms.members(room).iter().copied();
        members.filter(|member| *member != socket).collect()
    }

    fn event_of(&self, socket: SocketKey, place: &Place, say: &Say) -> Event {
        let values = say
            .values
            .iter()
            .map(|value| self.value(socket, place, *value));
        Event::new(say.event, values.collect::<Vec<_>>())
    }

    fn value(&self, socket: SocketKey, place: &Place, value: Value) -> String {
        let id = json(self.clients.get(socket).map_or("", |client| client.id()));
        let user = place.user.as_deref().unwrap_or(&id);
        let others = || self.ids(self.others_in(socket, &place.room));
        let room = &*place.name;
        match value {
            Value::Room => room.to_owned(),
            Value::Id => id,
            Value::Others => others(),
            Value::User => user.to_owned(),
            Value::Given => place.given.to_string(),
            Value::UserObject => format!(r#"{{"userId":{user},"roomId":{room}}}"#),
            Value::UserList => {
                let list = self.users(place);
                format!(r#"{{"userId":{user},"roomId":{room},"userList":{list}}}"#)
            }
            Value::Peer => {
                let peers = others();
                format!(
                    r#"{{"id":{id},"uid":{id},"remoteUid":{id},"from":{id},"room":{room},"roomId":{room},"peers":{peers}}}"#
                )
            }
            Value::Email => {
                let given = Fields::parse(&place.given).unwrap_or_else(Fields::new);
                given.only(&["email"]).with("id", id).json()
            }
            Value::Words(words) => json(words),
        }
    }

    fn ids(&self, sockets: Vec<SocketKey>) -> String {
        let clients = sockets.into_iter().filter_map(|key| self.clients.get(key));
        json(&clients.map(|client| client.id()).collect::<Vec<_>>())
    }

    fn users(&self, place: &Place) -> String {
        let members = self.rooms.members(&place.room).iter();
        let places = members.filter_map(|key| self.clients.get(*key)?.place(&place.room));
        let users = places.filter_map(|place| {
            let (user, room) = (place.user.as_deref()?, &place.name);
            Some(format!(r#"{{"userId":{user},"roomId":{room}}}"#))
        });
        format!("[{}]", users.collect::<Vec<_>>().join(","))
    }
}

const fn due(say: &Say, was_empty: bool) -> bool {
    match say.when {
        When::Always => true,
        When::First => was_empty,
        When::Later => !was_empty,
    }
}

/// The room, and the user where one is named, both JSON.
fn wanted(shape: Shape, event: &Event) -> Option<(String, Option<String>)> {
    let first = event.get(0)?;
    let object = Fields::parse(first);
    let field = |name: &str| object.as_ref()?.get(name).map(str::to_owned);
    let room = || ROOM_NAMES.into_iter().find_map(field);
    match shape {
        Shape::Users => {
            let user = field("userId").filter(|user| text(user).is_some())?;
            Some((field("roomId")?, Some(user)))
        }
        Shape::Object => Some((room()?, None)),
        Shape::Room if object.is_some() => Some((room()?, None)),
        Shape::Room => Some((first.to_owned(), None)),
        Shape::RoomUser if object.is_some() => Some((room()?, field("userId"))),
        Shape::RoomUser => {
            let user = event.get(1).filter(|user| text(user).is_some());
            Some((first.to_owned(), user.map(str::to_owned)))
        }
    }
}

/// The room a value names, as itself or in a field.
pub(super) fn room_of(value: &str) -> Option<String> {
    if let Some(object) = Fields::parse(value) {
        return ROOM_NAMES
            .iter()
            .find_map(|name| object.text(name).map(std::borrow::Cow::into_owned));
    }
    text(value).map(std::borrow::Cow::into_owned)
}

/// The fields that name a room.
const ROOM_NAMES: [&str; 3] = ["roomId", "room", "roomID"];

/// Longest name of a room, bytes.
const ROOM_NAME: usize = 512;
