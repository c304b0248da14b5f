//! The core and the sockets together: what comes in is decided by the one and leaves through the other.

use std::collections::BTreeMap;
use std::io::IoSlice;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use magpie_relay::policy::Refusal;
use magpie_relay::{
    ClientAddr, ConnectionId, Effect, Family, Fragment, Head, Millis, OpenError, Output, PeerAddr,
    Port, Protocol, Relay, RelayAddr, RelayId, Route, Run, Transport, channel_data,
    connection_to_bind, framing,
};

use super::RelaySocket;
use super::net::Net;
use super::outbox::{Frame, Kind, length};
use super::place::{Parity, Places};
use super::socket::Datagram;
use super::train::{Coupler, MOST, Train};

/// A worker's core and what it acts through.
#[derive(Debug)]
pub(super) struct Switch {
    pub(super) relay: Relay,
    pub(super) net: Net,
    pub(super) places: Places,
    /// What the stream that is being read has become.
    pub(super) leaving: Option<Leaving>,
    /// Waits until what it says is done.
    answer: Vec<u8>,
    heads: Vec<(Head, usize)>,
    looked_up: Instant,
    /// When each rule was last named in the log.
    refusals_logged: BTreeMap<&'static str, Instant>,
}

/// What becomes of a client's stream that carries TURN messages no longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leaving {
    /// It carries the bytes of that connection.
    Joined(ConnectionId),
    /// Another worker has the connection that it is to be bound to.
    ToWorker(u8),
}

/// Packets a client has sent on one channel.
pub(super) type FromClient<'a> = Coupler<'a, (ClientAddr, u16)>;
/// Packets a peer has sent to one relayed address.
pub(super) type FromPeer<'a> = Coupler<'a, (RelayId, PeerAddr)>;

impl Switch {
    pub(super) fn new(relay: Relay, net: Net, places: Places) -> Self {
        let mut switch = Self {
            relay,
            net,
            places,
            leaving: None,
            answer: Vec::new(),
            heads: Vec::new(),
            looked_up: Instant::now(),
            refusals_logged: BTreeMap::new(),
        };
        switch.look_up_own_addresses();
        switch
    }

    /// Takes what one datagram has brought from a client.
    pub(super) fn client_datagram<'a>(
        &mut self,
        now: Millis,
        datagram: &Datagram<'a>,
        coupler: &mut FromClient<'a>,
    ) {
        let client = ClientAddr::new(datagram.from, datagram.to, Transport::Udp);
        for packet in datagram.packets() {
            self.message(now, client, packet, coupler);
        }
    }

    /// Takes the messages at the head of what a stream has brought: how many bytes they are.
    ///
    /// # Errors
    /// What follows them is no message: the stream has to be closed.
    pub(super) fn stream_bytes(
        &mut self,
        now: Millis,
        client: ClientAddr,
        bytes: &[u8],
    ) -> Result<usize, framing::NotFramed> {
        let mut coupler = FromClient::new();
        let mut rest = bytes;
        let outcome = loop {
            match framing::split(rest) {
                Ok(Some((message, after))) => {
                    if let Some(worker) = self.elsewhere(client, message) {
                        self.leaving = Some(Leaving::ToWorker(worker));
                        break Ok(bytes.len() - rest.len());
                    }
                    self.message(now, client, message, &mut coupler);
                    rest = after;
                    if self.leaving.is_some() {
                        break Ok(bytes.len() - rest.len());
                    }
                }
                Ok(None) => break Ok(bytes.len() - rest.len()),
                Err(error) => break Err(error),
            }
        };
        self.depart(now, &mut coupler);
        outcome
    }

    fn message<'a>(
        &mut self,
        now: Millis,
        client: ClientAddr,
        message: &'a [u8],
        coupler: &mut FromClient<'a>,
    ) {
        match channel_data(message) {
            Some((number, payload)) => coupler.add((client, number), payload, |flow, train| {
                self.channel_train(now, flow, train);
            }),
            None => {
                self.depart(now, coupler);
                self.packet(now, client, message);
            }
        }
    }

    /// Which other worker has the connection that a stream is to be bound to, if `message` asks for that.
    fn elsewhere(&self, client: ClientAddr, message: &[u8]) -> Option<u8> {
        let worker = connection_to_bind(message)?.worker();
        (self.net.has_worker(worker) && self.net.is_idle(client)).then_some(worker)
    }

    /// Sends what has been put together of a client's packets.
    pub(super) fn depart(&mut self, now: Millis, coupler: &mut FromClient<'_>) {
        coupler.depart(|flow, train| self.channel_train(now, flow, train));
    }

    /// Takes what one datagram has brought to a relay socket.
    pub(super) fn peer_datagram<'a>(
        &mut self,
        now: Millis,
        relay: RelayId,
        datagram: &Datagram<'a>,
        coupler: &mut FromPeer<'a>,
    ) {
        let peer = PeerAddr::new(datagram.from);
        for packet in datagram.packets() {
            coupler.add((relay, peer), packet, |flow, train| {
                self.peer_train(now, flow, train);
            });
        }
    }

    /// Sends what has been put together of a peer's packets.
    pub(super) fn arrive(&mut self, now: Millis, coupler: &mut FromPeer<'_>) {
        coupler.depart(|flow, train| self.peer_train(now, flow, train));
    }

    /// Takes what another worker has passed on.
    pub(super) fn passed_on(
        &mut self,
        now: Millis,
        (from, to): (RelayAddr, RelayAddr),
        payloads: &[u8],
        size: usize,
    ) {
        let mut train = Train::new();
        let empty = payloads.is_empty().then_some(payloads);
        for payload in payloads.chunks(size.max(1)).chain(empty) {
            train.couple(payload);
        }
        self.carry(now, &train, |relay, run| {
            relay.worker_run(now, from, to, run)
        });
    }

    fn channel_train(
        &mut self,
        now: Millis,
        (client, number): (ClientAddr, u16),
        train: &Train<'_>,
    ) {
        self.carry(now, train, |relay, run| {
            relay.channel_run(now, &client, number, run)
        });
    }

    fn peer_train(&mut self, now: Millis, (id, peer): (RelayId, PeerAddr), train: &Train<'_>) {
        self.carry(now, train, |relay, run| relay.peer_run(now, id, peer, run));
    }

    /// Sends a train where `decide` says, or each of its packets.
    fn carry(&mut self, now: Millis, train: &Train<'_>, decide: impl Fn(&mut Relay, Run) -> Route) {
        match decide(&mut self.relay, train.run()) {
            Route::Singly => {
                for payload in train.payloads() {
                    let train = Train::one(payload);
                    let route = decide(&mut self.relay, train.run());
                    self.send(now, route, &train);
                }
            }
            route => self.send(now, route, train),
        }
    }

    fn send(&mut self, now: Millis, route: Route, train: &Train<'_>) {
        match route {
            Route::Nowhere | Route::Singly => {}
            Route::ToPeer { relay, peer } => self.net.send_to_peer(now, relay, peer, train),
            Route::ToWorker { worker, from, to } => {
                self.net.send_to_worker(worker, from, to, train)
            }
            Route::ToClient { client, wrap } => {
                let relay = &mut self.relay;
                let payloads = train.payloads().iter();
                self.heads.clear();
                self.heads
                    .extend(payloads.filter_map(|payload| relay.head(wrap, payload.len())));
                match train.payloads().len() {
                    0 | 1 => self.send_behind_heads::<1>(now, client, train),
                    2..=8 => self.send_behind_heads::<8>(now, client, train),
                    _ => self.send_behind_heads::<MOST>(now, client, train),
                }
            }
        }
    }

    /// `N` is at least the number of payloads, and not much more: each place has to be filled in first.
    fn send_behind_heads<const N: usize>(
        &mut self,
        now: Millis,
        client: ClientAddr,
        train: &Train<'_>,
    ) {
        let mut frames: [Frame<'_>; N] = [[IoSlice::new(&[]); 3]; N];
        let whole = self.heads.iter().zip(train.payloads());
        for (frame, ((head, padding), payload)) in frames.iter_mut().zip(whole) {
            let zeros = PADDING.get(..*padding).unwrap_or_default();
            *frame = [head.as_bytes(), payload, zeros].map(IoSlice::new);
        }
        // A payload too long for a head is dropped; it was alone.
        let frames = frames.get(..self.heads.len()).unwrap_or_default();
        let Some(first) = frames.first() else {
            return;
        };
        let size = length(first);
        self.net
            .send_to_client(now, client, frames, size, Kind::Media);
    }

    /// Takes one packet by itself. What a request asks for has to be done before the client hears that it is.
    fn packet(&mut self, now: Millis, client: ClientAddr, packet: &[u8]) {
        let output = self.relay.from_client(now, client, packet);
        let asked = match output {
            Output::Reply { client, message } => {
                self.answer.clear();
                self.answer.extend_from_slice(message);
                Some(client)
            }
            Output::Splice {
                client,
                message,
                connection,
            } => {
                reply(&mut self.net, now, client, message);
                self.leaving = Some(Leaving::Joined(connection));
                None
            }
            data => {
                deliver(&mut self.net, now, data);
                None
            }
        };
        self.settle(now);
        if let Some(client) = asked {
            reply(&mut self.net, now, client, &self.answer);
        }
    }

    /// Carries out what the core asks for, until it asks for nothing.
    pub(super) fn settle(&mut self, now: Millis) {
        while let Some(client) = self.net.pop_broken() {
            self.relay.client_gone(client);
        }
        while let Some(effect) = self.relay.poll_effect() {
            match effect {
                Effect::Open {
                    relay,
                    client,
                    family,
                    protocol,
                    port,
                } => {
                    let opened = match protocol {
                        Protocol::Udp => self.open(relay, client, family, port),
                        Protocol::Tcp => self.listen(relay, client, family),
                    };
                    let output = self.relay.relay_opened(now, relay, opened);
                    deliver(&mut self.net, now, output);
                }
                Effect::Connect {
                    connection,
                    relay,
                    peer,
                    own,
                } => self.connect(now, connection, relay, peer, own),
                Effect::Disconnect { connection } => self.net.connections.remove(connection),
                Effect::Answer { client, message } => reply(&mut self.net, now, client, &message),
                Effect::Watch { relay } => {
                    if let Err(error) = self.net.watch(relay) {
                        tracing::warn!(%error, "a relayed address cannot be read");
                    }
                }
                Effect::Release { reservation } => drop(self.places.stock.take_kept(reservation)),
                Effect::Close { relay } => self.net.remove_relay(relay),
                Effect::Refused { client, peer, why } => self.log_refusal(client, peer, why),
            }
        }
    }

    fn open(
        &mut self,
        id: RelayId,
        client: ClientAddr,
        family: Family,
        port: Port,
    ) -> Result<RelayAddr, OpenError> {
        if self.looked_up.elapsed() > LOOK_UP_AGAIN {
            self.look_up_own_addresses();
        }
        let places = &self.places;
        let socket = match port {
            Port::Any => places.open(client, family, Parity::Any)?.0,
            Port::Even => places.open(client, family, Parity::Even)?.0,
            Port::Pair(reservation) => {
                let (socket, next) = places.open(client, family, Parity::Pair)?;
                if let Some(next) = next {
                    places.stock.keep(reservation, next);
                }
                socket
            }
            Port::Reserved(reservation) => places
                .stock
                .take_kept(reservation)
                .ok_or(OpenError::Exhausted)?,
        };
        let relayed = places.relayed(socket.local);
        self.net.add_relay(id, client, socket);
        Ok(relayed)
    }

    /// Addresses of the machine come and go; none that the server listens on may be a peer.
    fn look_up_own_addresses(&mut self) {
        let sockets = self.net.listeners.iter().map(RelaySocket::local);
        let elsewhere = self.places.listening.iter().copied();
        let listening: Vec<SocketAddr> = sockets.chain(elsewhere).collect();
        self.relay.set_listening(&self.places.spell_out(&listening));
        self.looked_up = Instant::now();
    }

    /// At most one line a second for each rule, of which there are few: anybody with a credential can cause them.
    fn log_refusal(&mut self, client: ClientAddr, peer: PeerAddr, why: Refusal) {
        let (now, last) = (Instant::now(), self.refusals_logged.get(why.rule()));
        tracing::debug!(client = %client.remote(), peer = %peer.get(), rule = %why, "peer refused");
        if last.is_none_or(|last| now - *last > Duration::from_secs(1)) {
            self.refusals_logged.insert(why.rule(), now);
            tracing::info!(
                rule = %why,
                "a client asked to relay to a forbidden peer (--allow-peer allows a range)"
            );
        }
    }
}

/// Sends what the core answered. A full socket buffer drops the packet: that is UDP's way.
pub(super) fn deliver(net: &mut Net, now: Millis, output: Output<'_>) {
    match output {
        Output::Nothing => {}
        Output::Reply { client, message }
        | Output::Splice {
            client, message, ..
        } => reply(net, now, client, message),
        Output::ToClient {
            client,
            head,
            payload,
            padding,
        } => {
            let zeros = PADDING.get(..padding).unwrap_or_default();
            let frame = [head.as_bytes(), payload, zeros].map(IoSlice::new);
            net.send_to_client(now, client, &[frame], 0, Kind::Media);
        }
        Output::ToPeer {
            relay,
            peer,
            payload,
            fragment,
        } => match fragment {
            Fragment::Allowed => net.send_to_peer(now, relay, peer, &Train::one(payload)),
            Fragment::Forbidden => net.send_unfragmented(relay, peer, payload),
        },
        Output::ToWorker {
            worker,
            from,
            to,
            payload,
        } => net.send_to_worker(worker, from, to, &Train::one(payload)),
    }
}

fn reply(net: &mut Net, now: Millis, client: ClientAddr, message: &[u8]) {
    let frame = [IoSlice::new(message), IoSlice::new(&[]), IoSlice::new(&[])];
    net.send_to_client(now, client, &[frame], 0, Kind::Answer);
}

const PADDING: [u8; 3] = [0; 3];
const LOOK_UP_AGAIN: Duration = Duration::from_secs(10);
