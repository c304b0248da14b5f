//! A small TURN client over UDP.

use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use stun_types::attribute::{ErrorCode, Nonce, Realm, Username, XorMappedAddress};
use stun_types::message::{
    BINDING, IntegrityAlgorithm, IntegrityKey, LongTermKeyCredentials, Message, MessageWriteVec,
    Method,
};
use stun_types::prelude::{
    Attribute, AttributeFromRaw, AttributeStaticType, AttributeWrite, MessageWrite, MessageWriteExt,
};
use turn_types::attribute::{
    ChannelNumber, EvenPort, RequestedTransport, ReservationToken, XorPeerAddress,
    XorRelayedAddress,
};
use turn_types::message::{ALLOCATE, CHANNEL_BIND, CREATE_PERMISSION, REFRESH};

/// A socket connected to the relay, so that it only hears what comes from the address it wrote to.
pub(crate) struct Client {
    pub(crate) socket: UdpSocket,
    username: String,
    password: String,
    nonce: String,
}

impl Client {
    /// A client of the relay at `server`, sending from the same address.
    pub(crate) fn new(server: SocketAddr, username: &str, password: &str) -> Self {
        let any = if server.is_ipv4() {
            "0.0.0.0:0"
        } else {
            "[::]:0"
        };
        let socket = UdpSocket::bind(any).unwrap();
        socket.connect(server).unwrap();
        socket
            .set_read_timeout(Some(Duration::from_secs(5)))
            .unwrap();
        Self {
            socket,
            username: username.to_owned(),
            password: password.to_owned(),
            nonce: String::new(),
        }
    }

    pub(crate) fn local(&self) -> SocketAddr {
        self.socket.local_addr().unwrap()
    }

    /// The address the relay sees.
    pub(crate) fn binding(&self) -> SocketAddr {
        let request = Message::builder_request(BINDING, MessageWriteVec::new());
        let answer = self.ask(&request.finish());
        let message = Message::from_bytes(&answer).unwrap();
        let mapped = message.attribute::<XorMappedAddress>().unwrap();
        mapped.addr(message.transaction_id())
    }

    /// The relayed address, or the code of the error.
    pub(crate) fn allocate(&mut self) -> Result<SocketAddr, u16> {
        self.allocate_over(17)
    }

    /// The same with relayed packets carried by another protocol.
    pub(crate) fn allocate_over(&mut self, protocol: u8) -> Result<SocketAddr, u16> {
        let relayed = self.allocate_carrying(protocol, &[])?;
        Ok(relayed[0])
    }

    /// Allocates with these attributes too: every relayed address of the answer.
    pub(crate) fn allocate_with(
        &mut self,
        more: &[&dyn AttributeWrite],
    ) -> Result<Vec<SocketAddr>, u16> {
        self.allocate_carrying(17, more)
    }

    fn allocate_carrying(
        &mut self,
        protocol: u8,
        more: &[&dyn AttributeWrite],
    ) -> Result<Vec<SocketAddr>, u16> {
        self.learn();
        let transport = RequestedTransport::new(protocol);
        let attributes = [&[&transport as &dyn AttributeWrite], more].concat();
        let answer = self.request(ALLOCATE, &attributes)?;
        let message = Message::from_bytes(&answer).unwrap();
        let transaction = message.transaction_id();
        Ok(message
            .iter_attributes()
            .filter(|(_, raw)| raw.get_type() == XorRelayedAddress::TYPE)
            .map(|(_, raw)| XorRelayedAddress::from_raw_ref(&raw).unwrap())
            .map(|address| address.addr(transaction))
            .collect())
    }

    /// Allocates an even port and keeps the next one: the relayed address and the token.
    pub(crate) fn allocate_even(&mut self) -> Result<(SocketAddr, u64), u16> {
        self.learn();
        let attributes: [&dyn AttributeWrite; 2] =
            [&RequestedTransport::new(17), &EvenPort::new(true)];
        let answer = self.request(ALLOCATE, &attributes)?;
        let message = Message::from_bytes(&answer).unwrap();
        let relayed = message.attribute::<XorRelayedAddress>().unwrap();
        let token = message.attribute::<ReservationToken>().unwrap();
        Ok((relayed.addr(message.transaction_id()), token.token()))
    }

    /// A Refresh with these attributes.
    pub(crate) fn refresh(&self, attributes: &[&dyn AttributeWrite]) -> Result<(), u16> {
        self.request(REFRESH, attributes).map(drop)
    }

    pub(crate) fn permit(&self, peer: SocketAddr) -> Result<(), u16> {
        self.request_about(CREATE_PERMISSION, peer, &[])
    }

    pub(crate) fn bind(&self, channel: u16, peer: SocketAddr) -> Result<(), u16> {
        self.request_about(CHANNEL_BIND, peer, &[&ChannelNumber::new(channel)])
    }

    /// Sends `payload` on `channel`.
    pub(crate) fn send(&self, channel: u16, payload: &[u8]) {
        let length = u16::try_from(payload.len()).unwrap();
        let head = [channel.to_be_bytes(), length.to_be_bytes()].concat();
        self.socket.send(&[&head, payload].concat()).unwrap();
    }

    /// The next datagram.
    pub(crate) fn receive(&self) -> Vec<u8> {
        let mut buffer = [0; 2048];
        let length = self.socket.recv(&mut buffer).unwrap();
        buffer[..length].to_vec()
    }

    fn request_about(
        &self,
        method: Method,
        peer: SocketAddr,
        more: &[&dyn AttributeWrite],
    ) -> Result<(), u16> {
        let mut request = Message::builder_request(method, MessageWriteVec::new());
        request
            .add_attribute(&XorPeerAddress::new(peer, request.transaction_id()))
            .unwrap();
        self.finish(request, more).map(drop)
    }

    /// A signed request: its answer, or the code of the error.
    pub(crate) fn request(
        &self,
        method: Method,
        attributes: &[&dyn AttributeWrite],
    ) -> Result<Vec<u8>, u16> {
        self.finish(
            Message::builder_request(method, MessageWriteVec::new()),
            attributes,
        )
    }

    fn finish(
        &self,
        request: MessageWriteVec,
        attributes: &[&dyn AttributeWrite],
    ) -> Result<Vec<u8>, u16> {
        let answer = self.ask(&self.sign(request, attributes));
        let message = Message::from_bytes(&answer).unwrap();
        match message.attribute::<ErrorCode>() {
            Ok(error) => Err(error.code()),
            Err(_) => {
                message.validate_integrity_with_key(&self.key()).unwrap();
                Ok(answer)
            }
        }
    }

    /// The request with these attributes and the credential.
    pub(crate) fn sign(
        &self,
        mut request: MessageWriteVec,
        attributes: &[&dyn AttributeWrite],
    ) -> Vec<u8> {
        for attribute in attributes {
            request.add_attribute(*attribute).unwrap();
        }
        request
            .add_attribute(&Username::new(&self.username).unwrap())
            .unwrap();
        request
            .add_attribute(&Realm::new("magpie").unwrap())
            .unwrap();
        request
            .add_attribute(&Nonce::new(&self.nonce).unwrap())
            .unwrap();
        request
            .add_message_integrity_with_key(&self.key(), IntegrityAlgorithm::Sha1)
            .unwrap();
        request.finish()
    }

    fn key(&self) -> IntegrityKey {
        LongTermKeyCredentials::new(
            self.username.clone(),
            self.password.clone(),
            "magpie".to_owned(),
        )
        .make_key(IntegrityAlgorithm::Sha1)
    }

    /// Asks for a nonce.
    pub(crate) fn learn(&mut self) {
        let bare = Message::builder_request(ALLOCATE, MessageWriteVec::new());
        let answer = self.ask(&bare.finish());
        let challenge = Message::from_bytes(&answer).unwrap();
        self.nonce = challenge.attribute::<Nonce>().unwrap().nonce().to_owned();
    }

    /// The same socket and nonce with another credential.
    pub(crate) fn become_user(&mut self, username: &str, password: &str) {
        self.username = username.to_owned();
        self.password = password.to_owned();
    }

    /// The answer to a packet as it is.
    pub(crate) fn ask(&self, request: &[u8]) -> Vec<u8> {
        self.socket.send(request).unwrap();
        self.receive()
    }
}
