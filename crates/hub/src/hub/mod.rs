//! The hub itself: what comes in, what goes out. The parts of it are one type over several files, by what is asked.

mod answering;
mod calling;
mod dialling;
mod linking;
mod people;
mod sessions;
mod timeouts;

use std::net::IpAddr;

use crate::calls::Calls;
use crate::command::{Command, Request, RequestBody, Signal};
use crate::directory::Directory;
use crate::effect::{CloseReason, Effect};
use crate::event::{Answer, ErrorCode, Event, Fault};
use crate::ids::{ConnId, DeviceId, Endpoint, PersonId, PublicKey, Tab};
use crate::limits::Limits;
use crate::number::Number;
use crate::outbox::Outbox;
use crate::random::Random;
use crate::rate::{Buckets, Site};
use crate::record::Record;
use crate::time::Millis;
use crate::timers::Timers;
use linking::Offers;
use people::RecentInvites;
use sessions::Sessions;

/// Checks an ECDSA P-256/SHA-256 signature (64 bytes, r then s) of a key over a message.
pub type VerifyProof = fn(key: &PublicKey, message: &[u8], signature: &[u8]) -> bool;

/// A client that has proved to hold its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The key.
    pub device: PublicKey,
    /// The page.
    pub tab: Tab,
    /// What the device calls itself.
    pub label: String,
    /// Where it connects from.
    pub address: IpAddr,
    /// The bearer token for `/api/ice-servers`; handed through to [`crate::Welcome`].
    pub token: String,
}

/// Counts for logs and metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Snapshot {
    /// People known.
    pub persons: usize,
    /// Devices known, unlinked ones included.
    pub devices: usize,
    /// Connections attached.
    pub connections: usize,
    /// Calls ringing.
    pub ringing: usize,
    /// Calls answered and going on.
    pub active: usize,
    /// Calls over and still remembered.
    pub ended: usize,
    /// Signals passed on since the start.
    pub forwarded: u64,
    /// Messages dropped by the rate limit since the start.
    pub dropped: u64,
}

/// People, devices and calls; see the crate's documentation for the calling contract.
#[derive(Debug)]
pub struct Hub {
    limits: Limits,
    verify: VerifyProof,
    random: Random,
    outbox: Outbox,
    directory: Directory,
    calls: Calls,
    sessions: Sessions,
    offers: Offers,
    recent_invites: RecentInvites,
    guards: Guards,
    timers: Timers,
    sweeping: bool,
    forwarded: u64,
    dropped: u64,
}

/// The rate limits that outlive a connection.
#[derive(Debug)]
struct Guards {
    newcomers: Buckets<Site>,
    lookups: Buckets<PersonId>,
    site_lookups: Buckets<Site>,
    dials: Buckets<PersonId>,
    guesses: Buckets<Site>,
    codes: Buckets<PersonId>,
}

/// Who sent the message at hand.
#[derive(Debug, Clone, Copy)]
struct Who {
    conn: ConnId,
    person: PersonId,
    device: DeviceId,
    endpoint: Endpoint,
    site: Site,
}

impl Hub {
    /// Makes a hub that goes on from what was saved; every endpoint of a saved call counts as gone since `now`.
    ///
    /// `seed` feeds numbers, codes and hashing and must be secret and fresh. Effects may be waiting at once.
    #[must_use]
    pub fn new(
        now: Millis,
        seed: [u8; 32],
        limits: Limits,
        verify: VerifyProof,
        saved: Vec<Record>,
    ) -> Self {
        let mut random = Random::new(seed);
        let keys = random.hash_keys();
        let mut hub = Self {
            guards: Guards::new(&limits),
            limits,
            verify,
            random,
            outbox: Outbox::default(),
            directory: Directory::new(keys),
            calls: Calls::new(keys),
            sessions: Sessions::new(keys),
            offers: Offers::default(),
            recent_invites: RecentInvites::default(),
            timers: Timers::default(),
            sweeping: false,
            forwarded: 0,
            dropped: 0,
        };
        hub.resume(now, saved);
        hub
    }

    /// Takes in a client that has proved to hold its key. A key nobody has come with before makes a new person.
    pub fn attach(&mut self, now: Millis, conn: ConnId, session: Session) {
        self.begin_session(now, conn, session);
        self.outbox.flush();
    }

    /// Does what a client asks; nothing if the connection is not attached (any more).
    pub fn handle_command(&mut self, now: Millis, conn: ConnId, command: Command) {
        let Some(session) = self.sessions.get_mut(conn) else {
            return;
        };
        session.heard = now;
        if let Err(retry_after) = session.bucket.take(now, self.limits.messages) {
            self.drop_message(now, conn, &command, retry_after);
        } else {
            match command {
                Command::Signal(signal) => self.forward(conn, signal),
                Command::Request(request) => self.request(now, conn, request),
                Command::Sync(known) => self.sync(now, conn, &known),
            }
        }
        self.outbox.flush();
    }

    /// Answers and counts a message that its door could not read.
    pub fn handle_malformed(
        &mut self,
        now: Millis,
        conn: ConnId,
        n: Option<u64>,
        detail: &'static str,
    ) {
        let Some(session) = self.sessions.get_mut(conn) else {
            return;
        };
        session.heard = now;
        let too_many = session.count_malformed(now, &self.limits);
        self.outbox.send(
            conn,
            Event::Error {
                n,
                fault: Fault::new(ErrorCode::Malformed, detail),
            },
        );
        if too_many {
            self.close(now, conn, CloseReason::Malformed);
        }
        self.outbox.flush();
    }

    /// Forgets a connection that was closed; nothing if it is forgotten already.
    pub fn detach(&mut self, now: Millis, conn: ConnId) {
        self.end_session(now, conn);
        self.outbox.flush();
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Millis) {
        while let Some(due) = self.timers.pop(now) {
            self.do_due(now, due);
        }
        self.outbox.flush();
    }

    /// The next thing to do, in order.
    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.outbox.pop()
    }

    /// When [`Hub::handle_timeout`] is next needed.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Millis> {
        self.timers.first()
    }

    /// Whether somebody has this number. For doors whose clients cannot be told by a refused call.
    #[must_use]
    pub fn knows(&self, number: Number) -> bool {
        self.directory.by_number(number).is_some()
    }

    /// Counts for logs and metrics.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let [ringing, active, ended] = self.calls.counts();
        Snapshot {
            persons: self.directory.person_count(),
            devices: self.directory.total_devices(),
            connections: self.sessions.len(),
            ringing,
            active,
            ended,
            forwarded: self.forwarded,
            dropped: self.dropped,
        }
    }

    /// The hot path: two look-ups and no copy.
    fn forward(&mut self, from: ConnId, signal: Signal) {
        let to = self
            .calls
            .get(signal.call)
            .and_then(|call| call.other_conn(from));
        if let Some(to) = to {
            self.forwarded = self.forwarded.saturating_add(1);
            self.outbox.forward(to, signal.frame);
        }
    }

    fn request(&mut self, now: Millis, conn: ConnId, request: Request) {
        let Some(who) = self.sessions.who(conn) else {
            return;
        };
        let result = self.carry_out(now, who, request);
        self.outbox.answer(conn, result.0, result.1);
    }

    fn carry_out(
        &mut self,
        now: Millis,
        who: Who,
        request: Request,
    ) -> (u64, Result<Answer, Fault>) {
        let n = request.n;
        let result = match request.body {
            RequestBody::Dial { call, to, media } => self.dial(now, who, call, &to, media),
            RequestBody::Accept { call, media } => self.accept(now, who, call, media),
            RequestBody::Decline { call, reason } => self.decline(now, who, call, reason),
            RequestBody::Hangup { call } => Ok(self.hangup(now, who, call)),
            RequestBody::Lookup { who: name } => self.lookup(now, who, &name),
            RequestBody::Profile { name, handle } => self.profile(who, name.as_deref(), &handle),
            RequestBody::ContactAdd { id, name } => self.contact_add(now, who, id, name.as_deref()),
            RequestBody::ContactRemove { id } => Ok(self.contact_remove(now, who, id)),
            RequestBody::Block { id } => self.block(now, who, id),
            RequestBody::Unblock { id } => Ok(self.unblock(now, who, id)),
            RequestBody::MissedSeen { up_to } => Ok(self.missed_seen(who, up_to)),
            RequestBody::Invite => self.invite(now, who, n),
            RequestBody::LinkOffer => self.link_offer(now, who),
            RequestBody::LinkClaim { code } => self.link_claim(now, who, &code),
            RequestBody::LinkApprove { device, signature } => {
                self.link_approve(now, who, device, &signature)
            }
            RequestBody::LinkReject { device } => Ok(self.link_reject(now, who, device)),
            RequestBody::Unlink { device } => self.unlink(now, who, device),
        };
        (n, result)
    }
}

impl Guards {
    fn new(limits: &Limits) -> Self {
        let room = limits.addresses;
        Self {
            newcomers: Buckets::new(limits.new_persons_per_address, room),
            lookups: Buckets::new(limits.lookups_per_person, room),
            site_lookups: Buckets::new(limits.lookups_per_address, room),
            dials: Buckets::new(limits.dials_per_person, room),
            guesses: Buckets::new(limits.link_guesses_per_address, room),
            codes: Buckets::new(limits.codes_per_person, room),
        }
    }

    fn sweep(&mut self, now: Millis) {
        self.newcomers.sweep(now);
        self.lookups.sweep(now);
        self.site_lookups.sweep(now);
        self.dials.sweep(now);
        self.guesses.sweep(now);
        self.codes.sweep(now);
    }
}
