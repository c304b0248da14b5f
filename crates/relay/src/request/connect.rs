//! Connect and ConnectionBind, and connections of peers (RFC 6062 section 5).

use stun_types::attribute::ErrorCode;
use stun_types::message::TransactionId;
use turn_types::attribute::{ConnectionId as ConnectionIdAttribute, XorPeerAddress};
use turn_types::message::{CONNECT, CONNECTION_ATTEMPT};

use super::peers::Aim;
use super::{Granted, Refused, understand};
use crate::address::{ClientAddr, Millis, PeerAddr, Protocol};
use crate::allocation::{Allocation, Scope};
use crate::answer::Answer;
use crate::auth::Identity;
use crate::connection::{ConnectError, Connection, ConnectionId, Stage};
use crate::effect::{Effect, Output, RelayId};
use crate::message::Stun;
use crate::relay::Relay;

impl Relay {
    /// Answers [`Effect::Connect`]. Returns the answer to the client's Connect. An [`Effect::Disconnect`] may have come in
    /// between: then one comes again.
    pub fn connected(
        &mut self,
        now: Millis,
        id: ConnectionId,
        result: Result<(), ConnectError>,
    ) -> Output<'_> {
        let under_way = self.connections.get(id).and_then(|c| match c.stage {
            Stage::Connecting(transaction) => Some((c.relay, transaction)),
            Stage::Waiting | Stage::Bound(_) => None,
        });
        let Some((relay, transaction)) = under_way else {
            self.effects
                .push_back(Effect::Disconnect { connection: id });
            return Output::Nothing;
        };
        let client = self.table.get(relay).map(|a| a.client);
        let answer = match result {
            Ok(()) => {
                self.connections.connected(now, id);
                Ok(id)
            }
            Err(error) => {
                self.connections.remove(id);
                Err(match error {
                    ConnectError::Failed => ErrorCode::CONNECTION_TIMEOUT_OR_FAILURE,
                    ConnectError::Exhausted => ErrorCode::INSUFFICIENT_CAPACITY,
                })
            }
        };
        let length = self.write_connect_answer(relay, transaction, answer);
        match client {
            Some(client) => self.reply(client, length),
            None => Output::Nothing,
        }
    }

    /// A peer has connected to a relayed address that listens (RFC 6062 section 5.3). Returns the connection's name and what
    /// its client is to be told, or `None`: close it, since there is no permission or it is one too many. A peer that is
    /// another relayed address of this server has to be given in the form clients are told.
    pub fn accepted(
        &mut self,
        now: Millis,
        relay: RelayId,
        peer: PeerAddr,
    ) -> Option<(ConnectionId, Output<'_>)> {
        let allocation = self.table.get(relay)?;
        let client = allocation.client;
        let full = self.connections.count(relay) >= self.limits.connections;
        if full || !self.may_connect(now, allocation, peer) || self.connections.has(relay, peer) {
            self.drop_packet();
            return None;
        }
        let stage = Stage::Waiting;
        let id = self
            .connections
            .insert(now, Connection { relay, peer, stage });
        let transaction = self.next_transaction();
        let mut attempt =
            Answer::indication(CONNECTION_ATTEMPT, transaction, self.scratch.as_mut());
        attempt.add(&ConnectionIdAttribute::new(id.0));
        attempt.add(&XorPeerAddress::new(peer.get(), transaction));
        attempt.add_software(&self.software);
        let length = attempt.finish(None);
        Some((id, self.reply(client, length)))
    }

    /// Counts bytes that a bound connection has carried to and from its peer. Returns when it may go on, if the allocation
    /// carries more bits than it may (`max_bps`).
    pub fn carried(
        &mut self,
        now: Millis,
        id: ConnectionId,
        to_peer: usize,
        to_client: usize,
    ) -> Option<Millis> {
        let counts = &mut self.counts;
        counts.bytes_to_peers = counts.bytes_to_peers.wrapping_add(to_peer as u64);
        counts.bytes_to_clients = counts.bytes_to_clients.wrapping_add(to_client as u64);
        self.limits.max_bps?;
        let relay = self.connections.get(id)?.relay;
        let resume = self.table.metered(relay)?.passed(now, to_peer, to_client);
        (resume > now).then_some(resume)
    }

    /// RFC 6062 section 5.2: the answer comes when the connection is there, or is not. No permission is needed.
    pub(super) fn connect(
        &mut self,
        now: Millis,
        client: ClientAddr,
        stun: &Stun<'_>,
        identity: &Identity,
    ) -> Result<Granted, Refused> {
        understand(stun)?;
        let id = self.own_allocation(client, identity)?;
        if self.table.get(id).map(|a| a.protocol) != Some(Protocol::Tcp) {
            return Err(Refused::Code(ErrorCode::ALLOCATION_MISMATCH));
        }
        let peer = stun.peer()?.ok_or(Refused::Code(ErrorCode::BAD_REQUEST))?;
        let relay = self.relay_towards(id, peer)?;
        if self.connections.has(relay, peer) {
            return Err(Refused::Code(ErrorCode::CONNECTION_ALREADY_EXISTS));
        }
        self.judge(client, Protocol::Tcp, peer, Aim::Exactly)?;
        let own = self.table.get(relay).and_then(|a| a.relay);
        if own.is_some_and(|own| own.as_peer() == peer) {
            return Err(Refused::Code(ErrorCode::CONNECTION_TIMEOUT_OR_FAILURE));
        }
        if self.connections.count(relay) >= self.limits.connections {
            return Err(Refused::Code(ErrorCode::INSUFFICIENT_CAPACITY));
        }
        let stage = Stage::Connecting(stun.message().transaction_id());
        let connection = self
            .connections
            .insert(now, Connection { relay, peer, stage });
        self.effects.push_back(Effect::Connect {
            connection,
            relay,
            peer,
            own: self.table.is_stream_of_ours(peer),
        });
        Ok(Granted::Later)
    }

    /// RFC 6062 section 5.4: the stream the request came on carries the connection's bytes from here on.
    pub(super) fn connection_bind(
        &mut self,
        client: ClientAddr,
        stun: &Stun<'_>,
        identity: &Identity,
    ) -> Result<Granted, Refused> {
        understand(stun)?;
        let bad = || Refused::Code(ErrorCode::BAD_REQUEST);
        let id = stun.connection_id()?.ok_or_else(bad)?;
        let connection = self.connections.get(id).ok_or_else(bad)?;
        let allocation = self.table.get(connection.relay).ok_or_else(bad)?;
        if allocation.username != identity.username {
            return Err(Refused::Code(ErrorCode::WRONG_CREDENTIALS));
        }
        let control = self.table.by_client(&client).is_some();
        if connection.stage != Stage::Waiting || control || !client.transport().is_stream() {
            return Err(bad());
        }
        self.connections.bind(id, client);
        Ok(Granted::Bound(id))
    }

    /// A transaction id for an indication.
    pub(crate) fn next_transaction(&mut self) -> TransactionId {
        let bytes = self.transaction_id();
        let id = bytes
            .iter()
            .fold(0_u128, |id, byte| id << 8 | u128::from(*byte));
        id.into()
    }

    fn may_connect(&self, now: Millis, allocation: &Allocation, peer: PeerAddr) -> bool {
        match allocation.permitted(now, peer.ip()) {
            Some(Scope::Everything) => true,
            Some(Scope::OwnRelays) => self.table.is_stream_of_ours(peer),
            None => false,
        }
    }

    /// Gives up a connection that nobody answered or bound in time, and tells who waits for it.
    pub(crate) fn expire_connection(&mut self, id: ConnectionId) {
        let Some(Connection { relay, stage, .. }) = self.connections.remove(id) else {
            return;
        };
        self.effects
            .push_back(Effect::Disconnect { connection: id });
        let client = self.table.get(relay).map(|a| a.client);
        if let (Stage::Connecting(transaction), Some(client)) = (stage, client) {
            let code = ErrorCode::CONNECTION_TIMEOUT_OR_FAILURE;
            let length = self.write_connect_answer(relay, transaction, Err(code));
            let message = self.scratch.get(..length).unwrap_or_default().into();
            self.effects.push_back(Effect::Answer { client, message });
        }
    }

    /// Writes the answer to a Connect request into the scratch buffer: its length.
    fn write_connect_answer(
        &mut self,
        relay: RelayId,
        transaction: TransactionId,
        result: Result<ConnectionId, u16>,
    ) -> usize {
        let key = self.table.get(relay).map(|a| &a.key);
        let mut answer = match result {
            Ok(id) => {
                let mut answer = Answer::success(CONNECT, transaction, self.scratch.as_mut());
                answer.add(&ConnectionIdAttribute::new(id.0));
                answer
            }
            Err(code) => {
                self.counts.count_error(code);
                Answer::error(code, CONNECT, transaction, self.scratch.as_mut())
            }
        };
        answer.add_software(&self.software);
        answer.finish(key)
    }
}
