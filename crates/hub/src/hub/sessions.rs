//! Connections: who is behind each, who is online, floods.

use std::collections::BTreeSet;

use super::{Hub, Session, Who};
use crate::command::Command;
use crate::directory::Owner;
use crate::effect::CloseReason;
use crate::event::{CallState, ErrorCode, Event, Fault, Role, View, Welcome};
use crate::hash::{Keyed, Map};
use crate::ids::{CallId, ConnId, DeviceId, Endpoint, PersonId};
use crate::limits::Limits;
use crate::rate::{Bucket, Site};
use crate::time::Millis;
use crate::timers::Due;

/// All connections, with every index kept here and changed together.
#[derive(Debug)]
pub(super) struct Sessions {
    sessions: Map<ConnId, Live>,
    /// The same connections in an order that is the same in every run.
    order: BTreeSet<ConnId>,
    endpoints: Map<Endpoint, ConnId>,
    online: Map<PersonId, Vec<ConnId>>,
    /// Who has no connection any more, and until when they show as online all the same.
    leaving: Map<PersonId, Millis>,
}

/// A connection.
#[derive(Debug)]
pub(super) struct Live {
    person: PersonId,
    endpoint: Endpoint,
    site: Site,
    pub(super) heard: Millis,
    pub(super) bucket: Bucket,
    dropped: u32,
    /// When the last malformed messages came; at most as many as are too many.
    malformed: Vec<Millis>,
}

impl Sessions {
    pub(super) fn new(keys: Keyed) -> Self {
        Self {
            sessions: Map::with_hasher(keys),
            order: BTreeSet::new(),
            endpoints: Map::with_hasher(keys),
            online: Map::with_hasher(keys),
            leaving: Map::with_hasher(keys),
        }
    }

    fn insert(&mut self, now: Millis, who: Who) {
        let live = Live {
            person: who.person,
            endpoint: who.endpoint,
            site: who.site,
            heard: now,
            bucket: Bucket::default(),
            dropped: 0,
            malformed: Vec::new(),
        };
        self.sessions.insert(who.conn, live);
        self.order.insert(who.conn);
        self.endpoints.insert(who.endpoint, who.conn);
        self.online.entry(who.person).or_default().push(who.conn);
    }

    fn remove(&mut self, conn: ConnId) {
        let Some(live) = self.sessions.remove(&conn) else {
            return;
        };
        self.order.remove(&conn);
        self.endpoints.remove(&live.endpoint);
        self.set_offline(live.person, conn);
    }

    /// Moves a connection to the person its device joined.
    pub(super) fn rebind(&mut self, conn: ConnId, person: PersonId) {
        let Some(live) = self.sessions.get_mut(&conn) else {
            return;
        };
        let old = std::mem::replace(&mut live.person, person);
        self.set_offline(old, conn);
        self.online.entry(person).or_default().push(conn);
    }

    pub(super) fn get_mut(&mut self, conn: ConnId) -> Option<&mut Live> {
        self.sessions.get_mut(&conn)
    }

    pub(super) fn who(&self, conn: ConnId) -> Option<Who> {
        self.sessions.get(&conn).map(|live| Who {
            conn,
            person: live.person,
            device: live.endpoint.device,
            endpoint: live.endpoint,
            site: live.site,
        })
    }

    pub(super) fn at(&self, endpoint: Endpoint) -> Option<ConnId> {
        self.endpoints.get(&endpoint).copied()
    }

    /// Every connection of a person.
    pub(super) fn of(&self, person: PersonId) -> Vec<Who> {
        let conns = self.online.get(&person).into_iter().flatten();
        conns.filter_map(|conn| self.who(*conn)).collect()
    }

    /// Every connection of one device of a person.
    pub(super) fn of_device(&self, person: PersonId, device: DeviceId) -> Vec<Who> {
        let mut conns = self.of(person);
        conns.retain(|who| who.device == device);
        conns
    }

    pub(super) fn is_online(&self, person: PersonId) -> bool {
        self.online.contains_key(&person)
    }

    /// Whether a person shows as online.
    pub(super) fn is_present(&self, person: PersonId) -> bool {
        self.is_online(person) || self.leaving.contains_key(&person)
    }

    pub(super) fn len(&self) -> usize {
        self.sessions.len()
    }

    /// The connections that said nothing since a moment.
    pub(super) fn silent_since(&self, moment: Millis) -> Vec<ConnId> {
        let silent = |conn: &&ConnId| {
            self.sessions
                .get(conn)
                .is_some_and(|live| live.heard <= moment)
        };
        self.order.iter().filter(silent).copied().collect()
    }

    fn set_offline(&mut self, person: PersonId, conn: ConnId) {
        let Some(conns) = self.online.get_mut(&person) else {
            return;
        };
        conns.retain(|other| *other != conn);
        if conns.is_empty() {
            self.online.remove(&person);
        }
    }
}

impl Live {
    /// Counts a malformed message; whether there were too many within the window.
    pub(super) fn count_malformed(&mut self, now: Millis, limits: &Limits) -> bool {
        self.malformed
            .retain(|at| now.since(*at) < limits.malformed_window_ms);
        self.malformed.push(now);
        self.malformed.len() >= limits.malformed
    }
}

impl Hub {
    pub(super) fn begin_session(&mut self, now: Millis, conn: ConnId, session: Session) {
        let device = session.device.device();
        let site = Site::of(session.address);
        let identified = self.identify(now, device, &session, site);
        self.prune_a_few(now);
        let person = match identified {
            Ok(person) => person,
            Err((fault, why)) => return self.turn_away(conn, fault, why),
        };
        let endpoint = Endpoint {
            device,
            tab: session.tab,
        };
        let was_present = self.sessions.is_present(person);
        if let Some(old) = self.sessions.at(endpoint) {
            self.replace(now, old);
        } else if self.sessions.of_device(person, device).len() >= self.limits.pages_per_device {
            let fault = Fault::new(ErrorCode::Full, "too many pages of one device");
            return self.turn_away(conn, fault, CloseReason::Flood);
        }
        // The call hears of it before this connection is known, so that only the others are told.
        self.call_came(now, endpoint, conn);
        let who = Who {
            conn,
            person,
            device,
            endpoint,
            site,
        };
        self.sessions.insert(now, who);
        self.came(now, person, was_present);
        self.welcome(now, conn, session.token);
        self.tell_claim(who);
        self.watch_silence(now);
    }

    pub(super) fn end_session(&mut self, now: Millis, conn: ConnId) {
        let Some(who) = self.sessions.who(conn) else {
            return;
        };
        self.sessions.remove(conn);
        self.call_went(now, who.endpoint);
        self.went(now, who.person);
    }

    /// Closes a connection of its own accord.
    pub(super) fn close(&mut self, now: Millis, conn: ConnId, why: CloseReason) {
        self.outbox.close(conn, why);
        self.end_session(now, conn);
    }

    /// Counts a message beyond the rate. The client is told once per burst, since it would not read a flood of answers.
    pub(super) fn drop_message(
        &mut self,
        now: Millis,
        conn: ConnId,
        command: &Command,
        retry_after: u64,
    ) {
        self.dropped = self.dropped.saturating_add(1);
        let limit = self.limits.dropped_messages;
        let Some(live) = self.sessions.get_mut(conn) else {
            return;
        };
        live.dropped = live.dropped.saturating_add(1);
        let dropped = live.dropped;
        let n = match command {
            Command::Request(request) => Some(request.n),
            Command::Signal(_) | Command::Sync(_) => None,
        };
        if n.is_some() || dropped % TOLD_EVERY == 1 {
            self.outbox.send(
                conn,
                Event::Error {
                    n,
                    fault: Fault::rate(retry_after),
                },
            );
        }
        if dropped >= limit {
            self.close(now, conn, CloseReason::Flood);
        }
    }

    /// Sends every view that is newer than what the client knows, and says which calls it need not ask for any more.
    pub(super) fn sync(&mut self, now: Millis, conn: ConnId, known: &[(CallId, u64)]) {
        let Some(who) = self.sessions.who(conn) else {
            return;
        };
        for (id, v) in known {
            match self
                .calls
                .resolve(*id)
                .and_then(|call| call.view(who.person, who.endpoint, &self.directory))
            {
                // A call that became another one is answered with that one.
                Some(view) if view.v > *v || view.id != *id => {
                    self.outbox.send(conn, Event::Call(Box::new(view)))
                }
                Some(_) => {}
                None => self.outbox.send(conn, Event::LostCall(*id)),
            }
        }
        for view in self.views(who) {
            // A callee who never heard of a call that is over need not; its caller waits to hear how it went.
            let matters = view.state != CallState::Ended || view.role == Role::Caller;
            if matters && !known.iter().any(|(id, _)| *id == view.id) {
                self.outbox.send(conn, Event::Call(Box::new(view)));
            }
        }
        self.outbox.send(conn, Event::Synced { now });
    }

    /// Somebody connected: tells their callers, and their mutual contacts unless those think them there.
    pub(super) fn came(&mut self, now: Millis, person: PersonId, was_present: bool) {
        self.cancel_leaving(person);
        if !was_present {
            self.tell_presence(person, true);
        }
        self.update_alerting(now, person);
    }

    /// A connection of somebody closed: if it was the last, their callers are told at once and their mutual contacts when
    /// the person has not come back.
    fn went(&mut self, now: Millis, person: PersonId) {
        if self.sessions.is_online(person) {
            return;
        }
        let until = now.after(self.limits.presence_grace_ms);
        self.sessions.leaving.insert(person, until);
        self.timers.add(until, Due::Gone(person));
        self.update_alerting(now, person);
    }

    /// Somebody without a connection shows as offline from here on.
    pub(super) fn gone(&mut self, person: PersonId) {
        self.cancel_leaving(person);
        self.tell_presence(person, false);
    }

    fn cancel_leaving(&mut self, person: PersonId) {
        if let Some(until) = self.sessions.leaving.remove(&person) {
            self.timers.remove(until, Due::Gone(person));
        }
    }

    fn tell_presence(&mut self, person: PersonId, online: bool) {
        for contact in self.directory.contacts(person) {
            if self.directory.is_mutual(person, contact) {
                self.tell_person(contact, |_| Some(Event::Presence { id: person, online }));
            }
        }
    }

    /// Tells every connection of a person something, made for each.
    pub(super) fn tell_person(&mut self, person: PersonId, event: impl Fn(Who) -> Option<Event>) {
        for who in self.sessions.of(person) {
            if let Some(event) = event(who) {
                self.outbox.send(who.conn, event);
            }
        }
    }

    /// Every call an endpoint may see, those included that ended a short while ago.
    pub(super) fn views(&self, who: Who) -> Vec<View> {
        let calls = self.calls.of(who.person);
        calls
            .filter_map(|call| call.view(who.person, who.endpoint, &self.directory))
            .collect()
    }

    fn identify(
        &mut self,
        now: Millis,
        device: DeviceId,
        session: &Session,
        site: Site,
    ) -> Result<PersonId, (Fault, CloseReason)> {
        match self.directory.owner(device) {
            Owner::Person(person) => {
                self.directory
                    .seen(now, device, &session.label, &mut self.outbox);
                Ok(person)
            }
            Owner::Unlinked => {
                let fault = Fault::new(
                    ErrorCode::Unlinked,
                    "this device was unlinked; make a new key",
                );
                Err((fault, CloseReason::Unlinked))
            }
            Owner::Nobody => {
                self.admit_newcomer(now, site)
                    .map_err(|fault| (fault, CloseReason::Flood))?;
                let label = &session.label;
                Ok(self.directory.create(
                    now,
                    session.device,
                    label,
                    &mut self.random,
                    &mut self.outbox,
                ))
            }
        }
    }

    /// Forgets, of the people whose turn it is, those nobody needs any more. It happens whenever somebody connects, so that
    /// the directory shrinks faster than it can grow, and an idle hub stays idle.
    fn prune_a_few(&mut self, now: Millis) {
        let before = Millis(now.0.saturating_sub(self.limits.unused_kept_ms));
        for id in self.directory.next_in_turn(LOOKED_AT_PER_VISIT) {
            let here = self.sessions.is_present(id) || self.calls.of(id).next().is_some();
            if !here && self.directory.is_unused_since(id, before) {
                self.directory.prune(id, &mut self.outbox);
            }
        }
    }

    fn admit_newcomer(&mut self, now: Millis, site: Site) -> Result<(), Fault> {
        if self.directory.person_count() >= self.limits.persons {
            return Err(Fault::new(ErrorCode::Full, "no room for new people"));
        }
        self.guards.newcomers.take(now, site).map_err(Fault::rate)
    }

    fn turn_away(&mut self, conn: ConnId, fault: Fault, why: CloseReason) {
        self.outbox.send(conn, Event::Error { n: None, fault });
        self.outbox.close(conn, why);
    }

    /// Lets a new connection of the same endpoint take over. The call sees the endpoint go and come back, so that the other
    /// side repeats what the old connection may have lost.
    fn replace(&mut self, now: Millis, old: ConnId) {
        let Some(who) = self.sessions.who(old) else {
            return;
        };
        let fault = Fault::new(ErrorCode::Replaced, "this page connected again");
        self.turn_away(old, fault, CloseReason::Replaced);
        self.sessions.remove(old);
        self.call_went(now, who.endpoint);
    }

    fn welcome(&mut self, now: Millis, conn: ConnId, token: String) {
        let Some(who) = self.sessions.who(conn) else {
            return;
        };
        let Some(me) = self.directory.me(who.person, who.device) else {
            return;
        };
        let welcome = Welcome {
            me,
            endpoint: who.endpoint,
            token,
            calls: self.views(who),
            missed: self.directory.missed(who.person),
            contacts: self.contacts(who.person),
            blocked: self.directory.blocked(who.person),
            now,
        };
        self.outbox.send(conn, Event::Welcome(Box::new(welcome)));
    }

    /// Sets the timer that looks for silent connections, if it is not set.
    pub(super) fn watch_silence(&mut self, now: Millis) {
        if !self.sweeping {
            self.sweeping = true;
            self.timers.add(now.after(SWEEP_MS), Due::Sweep);
        }
    }
}

/// How many people are looked at when somebody connects.
const LOOKED_AT_PER_VISIT: usize = 16;
/// Dropped messages without a number between two that are answered.
const TOLD_EVERY: u32 = 100;
/// Between two looks at everything that grows old without a timer of its own.
pub(super) const SWEEP_MS: u64 = 5_000;
