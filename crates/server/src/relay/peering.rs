//! TCP connections with peers as the core wants them (RFC 6062).

use std::io;
use std::net::TcpStream;

use magpie_relay::{
    ClientAddr, ConnectError, ConnectionId, Family, Millis, OpenError, PeerAddr, RelayAddr, RelayId,
};

use super::connections::{Outcome, accept};
use super::switch::{Switch, deliver};

impl Switch {
    /// Binds a relay socket that peers connect to.
    pub(super) fn listen(
        &mut self,
        id: RelayId,
        client: ClientAddr,
        family: Family,
    ) -> Result<RelayAddr, OpenError> {
        let listening = self.places.listen(client, family)?;
        let relayed = self.places.relayed(listening.local);
        let added = self.net.add_listening(id, client, listening);
        added.map(|()| relayed).map_err(|_| OpenError::Exhausted)
    }

    /// Begins to connect to a peer; a failure is told at once.
    pub(super) fn connect(
        &mut self,
        now: Millis,
        connection: ConnectionId,
        relay: RelayId,
        peer: PeerAddr,
        own: bool,
    ) {
        if let Err(error) = self.try_connect(connection, relay, peer, own) {
            let output = self.relay.connected(now, connection, Err(error));
            deliver(&mut self.net, now, output);
        }
    }

    fn try_connect(
        &mut self,
        connection: ConnectionId,
        relay: RelayId,
        peer: PeerAddr,
        own: bool,
    ) -> Result<(), ConnectError> {
        let permit = self.places.stock.permit().ok_or(ConnectError::Exhausted)?;
        let accepting = self.net.accepting(relay.slot());
        let local = accepting.ok_or(ConnectError::Failed)?.listening.local;
        let peer = match own {
            true => self.places.as_bound(peer.get(), local),
            false => peer.get(),
        };
        let net = &mut self.net;
        net.connections
            .connect(&net.epoll, connection, (local, peer), permit)
            .map_err(|_| ConnectError::Failed)
    }

    /// Takes the peers that have connected to the relay socket in `slot`.
    pub(super) fn accept_peers(&mut self, now: Millis, slot: usize) {
        while let Some(accepting) = self.net.accepting(slot) {
            let (id, local) = (accepting.id, accepting.listening.local);
            let Ok((stream, from)) = accept(&accepting.listening.listener) else {
                return;
            };
            let peer = PeerAddr::new(self.places.as_told(from, local));
            self.accept_peer(now, id, peer, stream);
        }
    }

    fn accept_peer(&mut self, now: Millis, relay: RelayId, peer: PeerAddr, stream: TcpStream) {
        let Some(permit) = self.places.stock.permit() else {
            return;
        };
        let Some((connection, attempt)) = self.relay.accepted(now, relay, peer) else {
            return;
        };
        let net = &mut self.net;
        // If it cannot be kept, the client finds no connection to bind: what it would find if the peer had gone.
        if let Err(error) = net.connections.hold(&net.epoll, connection, stream, permit) {
            tracing::debug!(%error, "a peer's connection cannot be kept");
        }
        deliver(net, now, attempt);
    }

    /// Joins a client's stream with a connection; `early` is what has come on it already.
    pub(super) fn join(
        &mut self,
        now: Millis,
        client: ClientAddr,
        connection: ConnectionId,
        early: Vec<u8>,
    ) {
        let net = &mut self.net;
        let joined = match net.take_stream(client) {
            None => Err(io::ErrorKind::NotFound.into()),
            Some(parts) => net
                .connections
                .join(&net.epoll, now, connection, parts, early),
        };
        if let Err(error) = joined {
            tracing::debug!(%error, "a client's stream cannot be joined with a connection");
            self.relay.client_gone(client);
        }
        self.settle(now);
    }

    /// Does what an event at a connection, or the time, makes possible.
    pub(super) fn serve_connection(&mut self, now: Millis, id: u32, room: &mut [u8]) {
        match self.net.connections.serve(now, id, room) {
            Outcome::Nothing => {}
            Outcome::Connected(id, result) => {
                let result = result.map_err(|_| ConnectError::Failed);
                let output = self.relay.connected(now, id, result);
                deliver(&mut self.net, now, output);
            }
            Outcome::Moved(id, moved) => {
                let resume = self.relay.carried(now, id, moved.to_peer, moved.to_client);
                if let Some(resume) = resume {
                    self.net.connections.pause(id, resume);
                }
            }
            Outcome::Ended(client) => self.relay.client_gone(client),
        }
        self.settle(now);
    }

    /// Goes on with connections that have rested.
    pub(super) fn serve_due_connections(&mut self, now: Millis, room: &mut [u8]) {
        // Each once: what is not done then is due again at the next turn.
        let mut due = Vec::new();
        while let Some(id) = self.net.connections.pop_due(now) {
            due.push(id);
        }
        for id in due {
            self.serve_connection(now, id, room);
        }
    }
}
