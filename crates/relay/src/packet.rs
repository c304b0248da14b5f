//! The packet path: a few hash look-ups, nothing copied, nothing allocated. The steps of a single packet are inlined into one
//! function each way: what they hand on, a [`Route`], is larger than what they do.

use stun_types::message::MessageClass;
use stun_types::prelude::AttributeStaticType;
use turn_types::attribute::{Data, DontFragment};
use turn_types::message::SEND;

use crate::address::{ClientAddr, Family, Millis, PeerAddr, Protocol, RelayAddr};
use crate::allocation::{Scope, Towards};
use crate::effect::{Fragment, Output, RelayId};
use crate::head::{Head, padding};
use crate::message::Stun;
use crate::relay::Relay;
use crate::run::{Route, Run, Wrap, channel_data};
use crate::table::Owner;

impl Relay {
    /// Takes one datagram, or one framed message of a stream, from a client.
    pub fn from_client<'a>(
        &'a mut self,
        now: Millis,
        client: ClientAddr,
        packet: &'a [u8],
    ) -> Output<'a> {
        match packet.first() {
            Some(0x40..=0x7f) => self.channel_data(now, &client, packet),
            Some(0x00..=0x3f) => self.stun(now, client, packet),
            _ => self.drop_packet(),
        }
    }

    /// Takes one datagram that `peer` sent to a relay socket (RFC 8656 section 11.3).
    pub fn from_peer<'a>(
        &'a mut self,
        now: Millis,
        relay: RelayId,
        peer: PeerAddr,
        payload: &'a [u8],
    ) -> Output<'a> {
        let route = self.peer_run(now, relay, peer, Run::one(payload.len()));
        self.output(route, payload, Fragment::Allowed)
    }

    /// Takes payloads that a client sent on channel `number` (RFC 8656 section 12.6).
    #[inline]
    pub fn channel_run(
        &mut self,
        now: Millis,
        client: &ClientAddr,
        number: u16,
        run: Run,
    ) -> Route {
        match self.table.open_channel(now, client, number) {
            Some((relay, peer, scope)) => {
                let peer = *peer;
                self.route_to_peer(now, relay, peer, scope, run)
            }
            None => self.drop_run(run),
        }
    }

    /// Takes payloads that `peer` sent to a relay socket (RFC 8656 section 11.3).
    #[inline]
    pub fn peer_run(&mut self, now: Millis, relay: RelayId, peer: PeerAddr, run: Run) -> Route {
        // What comes from our own relayed addresses never takes this way: it is handed over inside.
        self.route_to_client(now, relay, peer, run, Way::Outside)
    }

    /// Takes payloads that another worker's client sent from its relayed address `from` to one of ours.
    pub fn worker_run(&mut self, now: Millis, from: RelayAddr, to: RelayAddr, run: Run) -> Route {
        match self.table.owner(&to.as_peer()) {
            Some(Owner::Here(relay)) => self.hand_over(now, relay, from.as_peer(), run),
            Some(Owner::Worker(_)) | None => self.drop_run(run),
        }
    }

    /// What stands before a payload of `length` bytes, and how many zero bytes follow it (at most 3); `None`: it is too long.
    #[inline]
    pub fn head(&mut self, wrap: Wrap, length: usize) -> Option<(Head, usize)> {
        let head = match wrap.channel {
            Some(number) => Head::channel(number, length),
            None => Head::data_indication(self.transaction_id(), wrap.peer, length),
        };
        Some((head?, if wrap.padded { padding(length) } else { 0 }))
    }

    fn stun<'a>(&'a mut self, now: Millis, client: ClientAddr, packet: &'a [u8]) -> Output<'a> {
        let Some(stun) = Stun::parse(packet) else {
            return self.drop_packet();
        };
        match stun.message().class() {
            MessageClass::Request => self.on_request(now, client, &stun),
            MessageClass::Indication if stun.message().has_method(SEND) => {
                self.send_indication(now, client, &stun)
            }
            // A Binding indication keeps a NAT open, nothing more.
            _ => self.drop_packet(),
        }
    }

    /// RFC 8656 section 11.2.
    fn send_indication<'a>(
        &'a mut self,
        now: Millis,
        client: ClientAddr,
        stun: &Stun<'a>,
    ) -> Output<'a> {
        let (Ok(Some(peer)), Some(payload)) = (stun.peer(), stun.value(Data::TYPE)) else {
            return self.drop_packet();
        };
        let understood = stun.unknown().is_empty();
        let fragment = match stun.has(DontFragment::TYPE) {
            true => Fragment::Forbidden,
            false => Fragment::Allowed,
        };
        let Some(relay) = self.table.by_family(&client, Family::of(peer.ip())) else {
            return self.drop_packet();
        };
        // What a permission, which names no port, has left open.
        if let Err(why) = self.policy.check_port(peer) {
            self.counts.count_refusal(why);
            return self.drop_packet();
        }
        match understood && self.carries_datagrams(relay) {
            true => {
                let route = self.permitted_run(now, relay, peer, Run::one(payload.len()));
                self.output(route, payload, fragment)
            }
            false => self.drop_packet(),
        }
    }

    fn permitted_run(&mut self, now: Millis, relay: RelayId, peer: PeerAddr, run: Run) -> Route {
        let allocation = self.table.get(relay);
        match allocation.and_then(|a| a.relay.and_then(|_| a.permitted(now, peer.ip()))) {
            Some(scope) => self.route_to_peer(now, relay, peer, scope, run),
            None => self.drop_run(run),
        }
    }

    /// Send indications are no part of TCP allocations (RFC 6062 section 3).
    fn carries_datagrams(&self, relay: RelayId) -> bool {
        self.table
            .get(relay)
            .is_some_and(|a| a.protocol == Protocol::Udp)
    }

    #[inline]
    fn channel_data<'a>(
        &'a mut self,
        now: Millis,
        client: &ClientAddr,
        packet: &'a [u8],
    ) -> Output<'a> {
        let Some((number, payload)) = channel_data(packet) else {
            return self.drop_packet();
        };
        let route = self.channel_run(now, client, number, Run::one(payload.len()));
        self.output(route, payload, Fragment::Allowed)
    }

    /// Passes a client's packets on to a peer within the `scope` of its permission. A peer that is a relayed address of ours
    /// gets them at once.
    #[inline(always)]
    fn route_to_peer(
        &mut self,
        now: Millis,
        relay: RelayId,
        peer: PeerAddr,
        scope: Scope,
        run: Run,
    ) -> Route {
        if let Some(owner) = self.table.owner(&peer) {
            return self.route_inside(now, relay, owner, peer, run);
        }
        if scope == Scope::OwnRelays {
            return self.drop_run(run);
        }
        if let Err(refused) = self.admit(now, relay, run, Towards::Peers, Split::Apart) {
            return refused;
        }
        self.count_to_peers(run);
        Route::ToPeer { relay, peer }
    }

    /// Packets from a relayed address of ours to another, `peer`, which `owner` serves.
    fn route_inside(
        &mut self,
        now: Millis,
        relay: RelayId,
        owner: Owner,
        peer: PeerAddr,
        run: Run,
    ) -> Route {
        let Some(own) = self.table.get(relay).and_then(|a| a.relay) else {
            return self.drop_run(run);
        };
        if let Err(refused) = self.admit(now, relay, run, Towards::Peers, Split::Apart) {
            return refused;
        }
        self.count_to_peers(run);
        match owner {
            Owner::Here(other) => self.hand_over(now, other, own.as_peer(), run),
            Owner::Worker(worker) => Route::ToWorker {
                worker: worker.into(),
                from: own,
                to: RelayAddr::new(peer.get()),
            },
        }
    }

    #[inline]
    const fn count_to_peers(&mut self, run: Run) {
        self.counts.to_peers = add(self.counts.to_peers, run.packets);
        self.counts.bytes_to_peers = add(self.counts.bytes_to_peers, run.bytes);
    }

    /// Packets from one relayed address of ours, `from`, to another.
    fn hand_over(&mut self, now: Millis, relay: RelayId, from: PeerAddr, run: Run) -> Route {
        self.route_to_client(now, relay, from, run, Way::Inside)
    }

    /// RFC 8656 sections 11.3 and 12.7: on the peer's channel if it has one, else as Data indications.
    #[inline(always)]
    fn route_to_client(
        &mut self,
        now: Millis,
        relay: RelayId,
        peer: PeerAddr,
        run: Run,
        way: Way,
    ) -> Route {
        let Some(allocation) = self.table.get(relay) else {
            return self.drop_run(run);
        };
        let channel = match allocation.open_from(now, &peer) {
            Some((Scope::Everything, channel)) => channel,
            Some((Scope::OwnRelays, channel)) if way == Way::Inside => channel,
            Some((Scope::OwnRelays, _)) | None => return self.drop_run(run),
        };
        let client = allocation.client;
        if let Err(refused) = self.admit(now, relay, run, Towards::Client, way.split()) {
            return refused;
        }
        self.counts.to_clients = add(self.counts.to_clients, run.packets);
        self.counts.bytes_to_clients = add(self.counts.bytes_to_clients, run.bytes);
        let padded = channel.is_none() || client.transport().is_stream();
        let wrap = Wrap {
            channel,
            peer,
            padded,
        };
        Route::ToClient { client, wrap }
    }

    /// A single packet on its route.
    #[inline(always)]
    fn output<'a>(&'a mut self, route: Route, payload: &'a [u8], fragment: Fragment) -> Output<'a> {
        match route {
            Route::Nowhere | Route::Singly => Output::Nothing,
            Route::ToPeer { relay, peer } => Output::ToPeer {
                relay,
                peer,
                payload,
                fragment,
            },
            Route::ToClient { client, wrap } => match self.head(wrap, payload.len()) {
                Some((head, padding)) => Output::ToClient {
                    client,
                    head,
                    payload,
                    padding,
                },
                None => self.drop_packet(),
            },
            Route::ToWorker { worker, from, to } => Output::ToWorker {
                worker,
                from,
                to,
                payload,
            },
        }
    }

    /// Whether the allocation's rate leaves room for all of a run, counted if not.
    #[inline]
    fn admit(
        &mut self,
        now: Millis,
        relay: RelayId,
        run: Run,
        towards: Towards,
        split: Split,
    ) -> Result<(), Route> {
        match self.limits.max_bps {
            Some(_) => self.admit_within(now, relay, run, towards, split),
            None => Ok(()),
        }
    }

    fn admit_within(
        &mut self,
        now: Millis,
        relay: RelayId,
        run: Run,
        towards: Towards,
        split: Split,
    ) -> Result<(), Route> {
        let allocation = self.table.metered(relay);
        if allocation.is_some_and(|a| a.admits(now, run.bytes, towards)) {
            return Ok(());
        }
        if run.packets > 1 && split == Split::Apart {
            return Err(Route::Singly);
        }
        self.counts.over_rate = add(self.counts.over_rate, run.packets);
        Err(Route::Nowhere)
    }

    fn drop_run(&mut self, run: Run) -> Route {
        self.counts.dropped = add(self.counts.dropped, run.packets);
        Route::Nowhere
    }

    pub(crate) fn drop_packet(&mut self) -> Output<'static> {
        self.counts.dropped = self.counts.dropped.wrapping_add(1);
        Output::Nothing
    }

    /// A transaction id nobody answers: a counter, scrambled (splitmix64).
    pub(crate) fn transaction_id(&mut self) -> [u8; 12] {
        self.transactions = self.transactions.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.transactions;
        word = (word ^ word >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ word >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        let mut id = [0; 12];
        let (high, low) = id.split_at_mut(8);
        high.copy_from_slice(&(word ^ word >> 31).to_be_bytes());
        low.copy_from_slice(&(word as u32).to_be_bytes());
        id
    }
}

/// Where packets for a client come from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// A relay socket.
    Outside,
    /// A relayed address of ours, whose client's rate has counted them.
    Inside,
}

impl Way {
    const fn split(self) -> Split {
        match self {
            Self::Outside => Split::Apart,
            Self::Inside => Split::Never,
        }
    }
}

/// What becomes of a run of which only a part fits the rate.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Split {
    /// The caller brings its packets one by one.
    Apart,
    /// It is dropped: the sender's rate has counted it already.
    Never,
}

const fn add(count: u64, more: usize) -> u64 {
    count.wrapping_add(more as u64)
}
