//! Carries calls between PeerJS clients and the hub's people.

use std::collections::{HashMap, VecDeque};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use aws_lc_rs::digest;
use axum::body::Bytes;
use magpie_doors::peerjs::{
    Across, Broker, Crossing, Hello, Outward, Presence, Step, is_valid, number,
};
use magpie_doors::{Broker as _, Ended};
use magpie_hub::{ConnId, PublicKey, Session, Tab};
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::time::sleep_until;

use super::Desk;
use crate::http::Rate;
use crate::random::{seed, uuid};
use crate::signal::{Input, Switchboard};
use crate::ws::outbox::{Outbox, Outgoing, Taken};

/// Looks for people behind the numbers that PeerJS clients call and for PeerJS clients that people call, and puts the calls
/// through.
pub(crate) struct Operator {
    desk: Arc<Desk<Broker>>,
    switchboard: Switchboard,
    /// Dials of one client address.
    dials: Rate,
    /// Calls at a time.
    calls: Arc<Semaphore>,
    /// Goes into the keys by which the hub knows PeerJS clients.
    secret: [u8; 32],
    known: Mutex<Known>,
}

impl std::fmt::Debug for Operator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Operator").finish_non_exhaustive()
    }
}

impl Operator {
    pub(super) fn new(desk: Arc<Desk<Broker>>, switchboard: Switchboard) -> Self {
        Self {
            desk,
            switchboard,
            dials: Rate::new(DIALS_PER_MINUTE),
            calls: Arc::new(Semaphore::new(CALLS)),
            secret: seed(),
            known: Mutex::default(),
        }
    }

    pub(super) async fn run(self: Arc<Self>, mut sought: mpsc::Receiver<String>) {
        while let Some(id) = sought.recv().await {
            let Ok(permit) = Arc::clone(&self.calls).try_acquire_owned() else {
                continue;
            };
            let operator = Arc::clone(&self);
            tokio::spawn(async move {
                operator.put_through(&id).await;
                drop(permit);
            });
        }
    }

    /// Whom a native client of `asker` is to dial for `to`, if that is a PeerJS client that is there: one named by its id
    /// behind `peerjs:`, or one the hub has met, by its number or person id. For a while then it can be rung.
    pub(crate) async fn reach(self: &Arc<Self>, to: &str, asker: IpAddr) -> Option<String> {
        let (peer, standing) = self.lock().named(to)?;
        if standing.is_some() {
            return standing;
        }
        // Whoever tries ids pays for those that nobody has, too.
        self.dials.take(asker, Instant::now()).ok()?;
        let presence = self.desk.with(|broker, _| broker.presence(&peer));
        if !matches!(presence, Presence::Here(_)) {
            return None;
        }
        let permit = Arc::clone(&self.calls).try_acquire_owned().ok()?;
        let (tell, told) = oneshot::channel();
        let operator = Arc::clone(self);
        tokio::spawn(async move {
            operator.stand_by(peer, tell).await;
            drop(permit);
        });
        told.await.ok()
    }

    /// Stands in for a number among the PeerJS clients until the call is over.
    async fn put_through(&self, id: &str) {
        let Some(number) = number(id) else { return };
        if !self.switchboard.knows(number).await {
            return;
        }
        let now = self.desk.clock().now();
        let mut call = Carried::new(self, Crossing::new(now, seed(), id), None);
        if call.appear(id) {
            call.run().await;
        }
        call.end().await;
    }

    /// Stands in for a PeerJS client towards the hub until the call is over, or nobody calls.
    async fn stand_by(&self, peer: Arc<str>, tell: oneshot::Sender<String>) {
        let now = self.desk.clock().now();
        let mut call = Carried::new(self, Outward::new(now, seed(), &peer), Some(tell));
        call.run().await;
        self.lock().standing.remove(&peer);
        call.end().await;
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The key of a PeerJS client towards the hub. It is no point of the curve, so nobody can sign with it; the same
    /// client has the same one as long as the server runs, so that it can be blocked.
    fn key(&self, peer: &str) -> PublicKey {
        let hash = digest::digest(&digest::SHA512, &[&self.secret, peer.as_bytes()].concat());
        let mut key = [4; 65];
        key[1..].copy_from_slice(hash.as_ref());
        PublicKey(key)
    }
}

/// The PeerJS clients the hub has met.
#[derive(Debug, Default)]
struct Known {
    /// Their ids, by person id and by number.
    peers: HashMap<String, Arc<str>>,
    /// The keys of that, the oldest first.
    order: VecDeque<String>,
    /// The person ids of those that can be rung now.
    standing: HashMap<Arc<str>, String>,
}

impl Known {
    /// The PeerJS client that somebody means, and its person id if it can be rung now.
    fn named(&self, to: &str) -> Option<(Arc<str>, Option<String>)> {
        let to = to.trim();
        let peer = match to.strip_prefix(PREFIX) {
            Some(id) => is_valid(id).then(|| id.into()),
            None => {
                let plain = number(to).map(|number| number.to_string());
                self.peers
                    .get(plain.as_deref().unwrap_or(to))
                    .map(Arc::clone)
            }
        }?;
        let standing = self.standing.get(&peer).cloned();
        Some((peer, standing))
    }

    fn note(&mut self, peer: &str, names: [String; 2]) {
        for name in names {
            if self.peers.insert(name.clone(), peer.into()).is_none() {
                self.order.push_back(name);
            }
        }
        while self.order.len() > MET {
            let oldest = self.order.pop_front();
            oldest.map(|name| self.peers.remove(&name));
        }
    }
}

/// A call that is put through, and its ends.
struct Carried<'a, C> {
    operator: &'a Operator,
    call: C,
    /// The peer that stands in for the person among the PeerJS clients: its number and connection.
    stand_in: Option<(String, ConnId)>,
    peers: Outbox,
    /// The page towards the hub, once there is one.
    hub: Option<(ConnId, Outbox)>,
    /// Somebody who is about to dial the PeerJS client and waits for its person id.
    asked: Option<oneshot::Sender<String>>,
}

impl<'a, C: Across> Carried<'a, C> {
    fn new(operator: &'a Operator, call: C, asked: Option<oneshot::Sender<String>>) -> Self {
        Self {
            operator,
            call,
            stand_in: None,
            peers: Outbox::default(),
            hub: None,
            asked,
        }
    }

    async fn run(&mut self) {
        while self.do_steps().await {
            let desk = &self.operator.desk;
            let now = desk.clock().now();
            if let Some((_, peer)) = &self.stand_in {
                desk.with(|broker, now| broker.handle_alive(now, *peer));
            }
            let look = now.after(LOOK_MS).min(self.call.poll_timeout());
            let hub = self.hub.as_ref().map(|(_, outbox)| outbox.clone());
            let from_hub = async {
                match hub {
                    Some(outbox) => outbox.take(PORTION).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                taken = self.peers.take(PORTION) => match texts(taken) {
                    Some(texts) => texts.iter().for_each(|text| self.call.handle_peer(now, text)),
                    None => self.call.hang_up(),
                },
                taken = from_hub => match texts(taken) {
                    Some(texts) => texts.iter().for_each(|text| self.call.handle_hub(now, text)),
                    None => self.call.hang_up(),
                },
                () = sleep_until(desk.clock().instant(look)) => self.look(),
            }
        }
    }

    /// Does what is due, and hangs up for a PeerJS client that is gone for good.
    fn look(&mut self) {
        let desk = &self.operator.desk;
        self.call.handle_timeout(desk.clock().now());
        let gone = |peer: &str| desk.with(|broker, _| broker.presence(peer)) == Presence::Gone;
        if self.call.peer().is_some_and(gone) {
            self.call.hang_up();
        }
    }

    /// Whether the call goes on.
    async fn do_steps(&mut self) -> bool {
        while let Some(step) = self.call.poll_step() {
            match step {
                Step::Introduce { peer } => self.introduce(&peer).await,
                Step::Ask(command) => {
                    if let Some((conn, _)) = self.hub {
                        let input = Input::Command { conn, command };
                        let sent = self.operator.switchboard.send(input).await;
                        // Its own queue ends with the hub.
                        sent.unwrap_or_default();
                    }
                }
                Step::Known { person, number } => self.note(person, number),
                Step::Appear { number } => {
                    if !self.appear(&number) {
                        self.call.hang_up();
                    }
                }
                Step::Say(text) => {
                    if let Some((_, peer)) = &self.stand_in {
                        let desk = &self.operator.desk;
                        desk.with(|broker, now| broker.handle_text(now, *peer, text.as_bytes()));
                    }
                }
                Step::Expire { peer } => {
                    if let Some((id, _)) = &self.stand_in {
                        let desk = &self.operator.desk;
                        desk.with(|broker, _| broker.expire(&peer, id));
                    }
                }
                Step::End => return false,
            }
        }
        true
    }

    /// Joins the PeerJS clients in the person's stead. Not while somebody does already.
    fn appear(&mut self, id: &str) -> bool {
        let token = uuid();
        let attached = self.operator.desk.attach(&self.peers, |broker, now, conn| {
            let key = broker.key().to_owned();
            let hello = Hello {
                id,
                token: &token,
                key: &key,
            };
            broker.attach(now, conn, HERE, hello)
        });
        self.stand_in = attached.ok().map(|peer| (id.to_owned(), peer));
        self.stand_in.is_some()
    }

    async fn introduce(&mut self, peer: &str) {
        let operator = self.operator;
        let presence = operator.desk.with(|broker, _| broker.presence(peer));
        let Presence::Here(address) = presence else {
            return self.call.hang_up();
        };
        // Being called costs nothing.
        if self.asked.is_none() && operator.dials.take(address, Instant::now()).is_err() {
            return self.call.refuse();
        }
        let (conn, outbox) = (operator.switchboard.number(), Outbox::default());
        let mut tab = [0; 16];
        tab.copy_from_slice(&seed()[..16]);
        let session = Session {
            device: operator.key(peer),
            tab: Tab(tab),
            label: "PeerJS".to_owned(),
            address,
            token: String::new(),
        };
        let attach = Input::Attach {
            conn,
            session: Box::new(session),
            outbox: outbox.clone(),
        };
        match operator.switchboard.send(attach).await {
            Ok(()) => self.hub = Some((conn, outbox)),
            Err(_) => self.call.hang_up(),
        }
    }

    /// Who the PeerJS client is to the hub, so that it can be called back.
    fn note(&mut self, person: String, number: String) {
        let Some(peer) = self.call.peer() else { return };
        let mut known = self.operator.lock();
        known.note(peer, [person.clone(), number]);
        if let Some(asked) = self.asked.take() {
            known.standing.insert(peer.into(), person.clone());
            // Whoever asked may have gone meanwhile.
            asked.send(person).unwrap_or_default();
        }
    }

    async fn end(self) {
        if let Some((_, peer)) = self.stand_in {
            self.operator.desk.detach(peer, Ended::Closed);
        }
        if let Some((conn, _)) = self.hub {
            // When the server stops the hub may be gone already.
            let detach = Input::Detach { conn };
            let sent = self.operator.switchboard.send(detach).await;
            sent.unwrap_or_default();
        }
    }
}

/// The text messages taken; `None`: there are no more.
fn texts(taken: Taken) -> Option<Vec<Bytes>> {
    let texts = |messages: VecDeque<Outgoing>| {
        let texts = messages.into_iter().filter_map(|message| match message {
            Outgoing::Text(text) => Some(text),
            Outgoing::Binary(_) => None,
        });
        texts.collect()
    };
    match taken {
        Taken::Messages(messages) => Some(texts(messages)),
        Taken::Ended(_) | Taken::Moved => None,
    }
}

/// Numbers that may wait to be looked for.
pub(super) const SOUGHT: usize = 64;

/// Calls carried at a time.
const CALLS: usize = 512;

const DIALS_PER_MINUTE: u32 = 20;

/// Bytes taken from a queue at a time.
const PORTION: usize = 64 * 1024;

/// What stands before the id of a PeerJS client where a person is named.
pub(crate) const PREFIX: &str = "peerjs:";

/// Names of PeerJS clients remembered: two of each.
const MET: usize = 8_192;

/// Between two looks whether the caller is still there, milliseconds.
const LOOK_MS: u64 = 1_000;

/// Where the stand-in for a number connects from.
const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
