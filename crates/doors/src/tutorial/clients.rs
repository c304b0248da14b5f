//! Who is connected, by key and by the id others call them.

use std::collections::VecDeque;
use std::net::IpAddr;

use magpie_hub::Millis;

use super::dialects::Dialect;
use super::rooms::{RoomKey, Site};
use crate::random::{Map, Random};
use crate::socketio::{Event, SocketKey};

/// A client, or one that dropped and may be back.
#[derive(Debug)]
pub(super) struct Client {
    /// What it was told it is called; behind it what those were called whose places it took.
    pub(super) ids: Vec<Box<str>>,
    pub(super) namespace: Box<str>,
    pub(super) site: Site,
    pub(super) address: IpAddr,
    /// Where it is while it joined no room.
    pub(super) default: RoomKey,
    pub(super) places: Vec<Place>,
    pub(super) absence: Option<Absence>,
}

/// A room a client joined.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) dialect: &'static Dialect,
    pub(super) room: RoomKey,
    /// The room's name as it came, JSON.
    pub(super) name: Box<str>,
    /// The user as it came, JSON.
    pub(super) user: Option<Box<str>>,
    /// The first value of the event that joined, JSON.
    pub(super) given: Box<str>,
}

/// Since when a client is not there.
#[derive(Debug)]
pub(super) struct Absence {
    pub(super) until: Millis,
    /// What it missed, as far as that is kept.
    missed: Vec<Event>,
    bytes: usize,
}

impl Client {
    pub(super) fn id(&self) -> &str {
        self.ids.first().map_or("", Box::as_ref)
    }

    pub(super) fn place(&self, room: &RoomKey) -> Option<&Place> {
        self.places.iter().find(|place| place.room == *room)
    }
}

impl Absence {
    pub(super) const fn until(until: Millis) -> Self {
        Self {
            until,
            missed: Vec::new(),
            bytes: 0,
        }
    }

    /// Keeps an event for the client's return. What is too much is lost, as if the client had not been there.
    pub(super) fn keep(&mut self, event: &Event) {
        let length = event.values().map(str::len).fold(0, usize::saturating_add);
        let attached = event.attachments().iter().map(bytes::Bytes::len);
        let length = attached.fold(length, usize::saturating_add);
        self.bytes = self.bytes.saturating_add(length);
        if self.missed.len() < KEPT_EVENTS && self.bytes <= KEPT_BYTES {
            self.missed.push(event.clone());
        }
    }

    pub(super) fn missed(self) -> Vec<Event> {
        self.missed
    }
}

/// All clients.
#[derive(Debug)]
pub(super) struct Clients {
    by_key: Map<SocketKey, Client>,
    by_id: Map<(Box<str>, Box<str>), SocketKey>,
    /// Ids that were in use lately: what is meant for them is for nobody else.
    gone: Map<Box<str>, ()>,
    gone_in_order: VecDeque<Box<str>>,
}

impl Clients {
    pub(super) fn new(random: &mut Random) -> Self {
        Self {
            by_key: random.map(),
            by_id: random.map(),
            gone: random.map(),
            gone_in_order: VecDeque::new(),
        }
    }

    pub(super) fn add(&mut self, key: SocketKey, client: Client) {
        self.name(key, &client.namespace, client.id());
        self.by_key.insert(key, client);
    }

    /// Lets a client go by one more id.
    pub(super) fn name(&mut self, key: SocketKey, namespace: &str, id: &str) {
        self.by_id.insert((namespace.into(), id.into()), key);
    }

    pub(super) fn get(&self, key: SocketKey) -> Option<&Client> {
        self.by_key.get(&key)
    }

    pub(super) fn get_mut(&mut self, key: SocketKey) -> Option<&mut Client> {
        self.by_key.get_mut(&key)
    }

    /// The client of a namespace that goes by an id.
    pub(super) fn named(&self, namespace: &str, id: &str) -> Option<SocketKey> {
        self.by_id.get(&(namespace.into(), id.into())).copied()
    }

    /// Whether that was somebody's id lately.
    pub(super) fn is_gone(&self, id: &str) -> bool {
        self.gone.contains_key(id)
    }

    pub(super) fn remove(&mut self, key: SocketKey) -> Option<Client> {
        let client = self.by_key.remove(&key)?;
        for id in &client.ids {
            self.by_id.remove(&(client.namespace.clone(), id.clone()));
            self.remember(id);
        }
        Some(client)
    }

    fn remember(&mut self, id: &str) {
        self.gone.insert(id.into(), ());
        self.gone_in_order.push_back(id.into());
        if self.gone_in_order.len() > GONE
            && let Some(oldest) = self.gone_in_order.pop_front()
        {
            self.gone.remove(&oldest);
        }
    }
}

/// Events and bytes kept for a client that dropped: an offer, an answer and their candidates.
const KEPT_EVENTS: usize = 64;
const KEPT_BYTES: usize = 256 * 1024;

/// Ids of clients that are gone which are still known.
const GONE: usize = 4096;
