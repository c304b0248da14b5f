//! Carries the calls of PeerJS clients to people's numbers into the hub.

use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Instant;

use aws_lc_rs::digest;
use axum::body::Bytes;
use magpie_doors::peerjs::{Broker, Crossing, Hello, Presence, Step, number};
use magpie_doors::{Broker as _, Ended};
use magpie_hub::{ConnId, PublicKey, Session, Tab};
use tokio::sync::{Semaphore, mpsc};
use tokio::time::sleep_until;

use super::Desk;
use crate::http::Rate;
use crate::random::{seed, uuid};
use crate::signal::{Input, Switchboard};
use crate::ws::outbox::{Outbox, Outgoing, Taken};

/// Looks for people behind the numbers that PeerJS clients call, and puts the calls through.
pub(super) struct Operator {
    desk: Arc<Desk<Broker>>,
    switchboard: Switchboard,
    /// Dials of one client address.
    dials: Rate,
    /// Calls at a time.
    calls: Arc<Semaphore>,
    /// Goes into the keys by which the hub knows PeerJS clients.
    secret: [u8; 32],
}

impl Operator {
    pub(super) fn new(desk: Arc<Desk<Broker>>, switchboard: Switchboard) -> Self {
        Self {
            desk,
            switchboard,
            dials: Rate::new(DIALS_PER_MINUTE),
            calls: Arc::new(Semaphore::new(CALLS)),
            secret: seed(),
        }
    }

    pub(super) async fn run(self, mut sought: mpsc::Receiver<String>) {
        let operator = Arc::new(self);
        while let Some(id) = sought.recv().await {
            let Ok(permit) = Arc::clone(&operator.calls).try_acquire_owned() else {
                continue;
            };
            let operator = Arc::clone(&operator);
            tokio::spawn(async move {
                operator.put_through(&id).await;
                drop(permit);
            });
        }
    }

    /// Stands in for a number among the PeerJS clients until the call is over.
    async fn put_through(&self, id: &str) {
        let Some(number) = number(id) else { return };
        if !self.switchboard.knows(number).await {
            return;
        }
        let peers = Outbox::default();
        let token = uuid();
        let attached = self.desk.attach(&peers, |broker, now, conn| {
            let key = broker.key().to_owned();
            let hello = Hello {
                id,
                token: &token,
                key: &key,
            };
            broker.attach(now, conn, HERE, hello)
        });
        let Ok(peer) = attached else { return };
        let mut call = Carried {
            operator: self,
            id,
            crossing: Crossing::new(self.desk.clock().now(), seed(), id),
            peer,
            peers,
            hub: None,
        };
        call.run().await;
        let page = call.hub.map(|(conn, _)| conn);
        self.desk.detach(peer, Ended::Closed);
        if let Some(conn) = page {
            // When the server stops the hub may be gone already.
            self.switchboard
                .send(Input::Detach { conn })
                .await
                .unwrap_or_default();
        }
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

/// A call that is put through, and its ends.
struct Carried<'a> {
    operator: &'a Operator,
    id: &'a str,
    crossing: Crossing,
    peer: ConnId,
    peers: Outbox,
    /// The page towards the hub, once there is a caller.
    hub: Option<(ConnId, Outbox)>,
}

impl Carried<'_> {
    async fn run(&mut self) {
        while self.do_steps().await {
            let desk = &self.operator.desk;
            let (now, peer) = (desk.clock().now(), self.peer);
            desk.with(|broker, now| broker.handle_alive(now, peer));
            let look = now.after(LOOK_MS).min(self.crossing.poll_timeout());
            let hub = self.hub.as_ref().map(|(_, outbox)| outbox.clone());
            let from_hub = async {
                match hub {
                    Some(outbox) => outbox.take(PORTION).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                taken = self.peers.take(PORTION) => match texts(taken) {
                    Some(texts) => texts.iter().for_each(|text| self.crossing.handle_peer(text)),
                    None => self.crossing.hang_up(),
                },
                taken = from_hub => match texts(taken) {
                    Some(texts) => texts.iter().for_each(|text| self.crossing.handle_hub(now, text)),
                    None => self.crossing.hang_up(),
                },
                () = sleep_until(desk.clock().instant(look)) => self.look(),
            }
        }
    }

    /// Does what is due, and hangs up for a caller that is gone for good.
    fn look(&mut self) {
        let desk = &self.operator.desk;
        self.crossing.handle_timeout(desk.clock().now());
        let gone = |peer: &str| desk.with(|broker, _| broker.presence(peer)) == Presence::Gone;
        if self.crossing.peer().is_some_and(gone) {
            self.crossing.hang_up();
        }
    }

    /// Whether the call goes on.
    async fn do_steps(&mut self) -> bool {
        while let Some(step) = self.crossing.poll_step() {
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
                Step::Say(text) => {
                    let peer = self.peer;
                    let desk = &self.operator.desk;
                    desk.with(|broker, now| broker.handle_text(now, peer, text.as_bytes()));
                }
                Step::Expire { peer } => {
                    let desk = &self.operator.desk;
                    desk.with(|broker, _| broker.expire(&peer, self.id));
                }
                Step::End => return false,
            }
        }
        true
    }

    async fn introduce(&mut self, peer: &str) {
        let operator = self.operator;
        let presence = operator.desk.with(|broker, _| broker.presence(peer));
        let Presence::Here(address) = presence else {
            return self.crossing.hang_up();
        };
        if operator.dials.take(address, Instant::now()).is_err() {
            return self.crossing.refuse();
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
            Err(_) => self.crossing.hang_up(),
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

/// Between two looks whether the caller is still there, milliseconds.
const LOOK_MS: u64 = 1_000;

/// Where the stand-in for a number connects from.
const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
