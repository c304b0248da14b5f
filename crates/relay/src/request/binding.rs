//! Binding (RFC 8489 section 12), and what NAT behaviour discovery adds to it (RFC 5780 section 6.1).

use std::net::SocketAddr;

use stun_types::attribute::{ErrorCode, XorMappedAddress};
use stun_types::message::BINDING;

use super::understand;
use crate::address::{ClientAddr, Millis, Transport};
use crate::answer::Answer;
use crate::discovery::{Corner, NatDiscovery};
use crate::effect::Output;
use crate::integrity::Key;
use crate::message::{Malformed, Stun};
use crate::relay::Relay;

/// What a Binding request asks for beside its address.
struct Wishes {
    change_ip: bool,
    change_port: bool,
    response_port: Option<u16>,
    padding: bool,
}

impl Relay {
    /// Answers without asking who it is. Over UDP, where the sender may be forged, the answer is never longer than three
    /// requests: what does not fit is left out.
    pub(super) fn on_binding(
        &mut self,
        now: Millis,
        client: ClientAddr,
        stun: &Stun<'_>,
    ) -> Output<'_> {
        let discovery = self
            .discovery
            .filter(|_| client.transport() == Transport::Udp);
        let place = discovery.and_then(|d| Some((d, d.corner(client.local())?)));
        let unknown = match place {
            Some(_) => stun.unknown_beside(&DISCOVERY),
            None => stun.unknown(),
        };
        if !unknown.is_empty() {
            return self.refuse_binding(client, stun, ErrorCode::UNKNOWN_ATTRIBUTE, |answer| {
                answer.add_unknown(&unknown);
            });
        }
        match place {
            None => self.answer_binding(client, stun, |_, _| ()),
            Some((discovery, corner)) => self.discover(now, client, stun, discovery, corner),
        }
    }

    /// Answers whoever has proven to be a user.
    pub(super) fn on_signed_binding(
        &mut self,
        client: ClientAddr,
        stun: &Stun<'_>,
        key: &Key,
    ) -> Output<'_> {
        let transaction = stun.message().transaction_id();
        if let Err(refused) = understand(stun) {
            return self.refuse(client, BINDING, transaction, key, refused);
        }
        let mut answer = Answer::success(BINDING, transaction, self.scratch.as_mut());
        answer.add(&XorMappedAddress::new(client.remote(), transaction));
        answer.add_software(&self.software);
        let length = answer.finish(Some(key));
        self.reply(client, length)
    }

    fn discover(
        &mut self,
        now: Millis,
        client: ClientAddr,
        stun: &Stun<'_>,
        discovery: NatDiscovery,
        corner: Corner,
    ) -> Output<'_> {
        let Ok(wishes) = Wishes::read(stun) else {
            return self.refuse_binding(client, stun, ErrorCode::BAD_REQUEST, |_| ());
        };
        let mut to = client.remote();
        if let Some(port) = wishes.response_port {
            // An answer to a port that has not asked for it.
            if !self.challenges.take(now, to.ip()) {
                self.counts.challenges_suppressed =
                    self.counts.challenges_suppressed.wrapping_add(1);
                return Output::Nothing;
            }
            to.set_port(port);
        }
        let origin = corner.changed(wishes.change_ip, wishes.change_port);
        let target = ClientAddr::new(to, discovery.local(origin), Transport::Udp);
        let mapped = client.remote();
        self.answer_binding_at(target, mapped, stun, |answer, most| {
            answer.add_address(RESPONSE_ORIGIN, discovery.public(origin), most);
            let other = discovery.public(corner.changed(true, true));
            answer.add_address(OTHER_ADDRESS, other, most);
            answer.add_address(MAPPED_ADDRESS, mapped, most);
            if wishes.padding {
                answer.add_padding(PADDING, ETHERNET, most);
            }
        })
    }

    fn answer_binding(
        &mut self,
        client: ClientAddr,
        stun: &Stun<'_>,
        more: impl FnOnce(&mut Answer<'_>, usize),
    ) -> Output<'_> {
        self.answer_binding_at(client, client.remote(), stun, more)
    }

    /// Tells `target` of the address `mapped`.
    fn answer_binding_at(
        &mut self,
        target: ClientAddr,
        mapped: SocketAddr,
        stun: &Stun<'_>,
        more: impl FnOnce(&mut Answer<'_>, usize),
    ) -> Output<'_> {
        let most = most(target, stun);
        let transaction = stun.message().transaction_id();
        let mut answer = Answer::success(BINDING, transaction, self.scratch.as_mut());
        answer.add(&XorMappedAddress::new(mapped, transaction));
        more(&mut answer, most);
        let length = answer.finish_within(most);
        self.reply(target, length)
    }

    fn refuse_binding(
        &mut self,
        client: ClientAddr,
        stun: &Stun<'_>,
        code: u16,
        more: impl FnOnce(&mut Answer<'_>),
    ) -> Output<'_> {
        self.counts.count_error(code);
        let transaction = stun.message().transaction_id();
        let mut answer = Answer::error(code, BINDING, transaction, self.scratch.as_mut());
        more(&mut answer);
        let length = answer.finish_within(most(client, stun));
        self.reply(client, length)
    }
}

impl Wishes {
    /// RFC 5780 sections 6.1 and 7.
    fn read(stun: &Stun<'_>) -> Result<Self, Malformed> {
        let flags = match stun.value(CHANGE_REQUEST.into()) {
            None => 0,
            Some([_, _, _, flags]) => *flags,
            Some(_) => return Err(Malformed),
        };
        let response_port = match stun.value(RESPONSE_PORT.into()) {
            None => None,
            Some([0, 0, ..]) => return Err(Malformed),
            // Two bytes of padding follow, counted in the length by some and not by others.
            Some([high, low] | [high, low, _, _]) => Some(u16::from_be_bytes([*high, *low])),
            Some(_) => return Err(Malformed),
        };
        let padding = stun.has(PADDING.into());
        if padding && response_port.is_some() {
            return Err(Malformed);
        }
        Ok(Self {
            change_ip: flags & 4 != 0,
            change_port: flags & 2 != 0,
            response_port,
            padding,
        })
    }
}

/// The longest answer to a request that anybody might have sent in the client's name.
fn most(client: ClientAddr, stun: &Stun<'_>) -> usize {
    if client.transport().is_stream() {
        usize::MAX
    } else {
        stun.packet().len().saturating_mul(ANSWER_FACTOR)
    }
}

const ANSWER_FACTOR: usize = 3;
const DISCOVERY: [u16; 3] = [CHANGE_REQUEST, PADDING, RESPONSE_PORT];
const MAPPED_ADDRESS: u16 = 0x0001;
const CHANGE_REQUEST: u16 = 0x0003;
const PADDING: u16 = 0x0026;
const RESPONSE_PORT: u16 = 0x0027;
const RESPONSE_ORIGIN: u16 = 0x802b;
const OTHER_ADDRESS: u16 = 0x802c;
/// Bytes of a datagram that an Ethernet frame cannot hold (RFC 5780 section 7.6: the MTU, a multiple of four).
const ETHERNET: usize = 1500;
