//! Writes STUN answers into the relay's scratch buffer.

use std::net::{IpAddr, SocketAddr};

use stun_types::attribute::{
    AlternateDomain, AlternateServer, AttributeType, ErrorCode, Fingerprint, Nonce, Realm,
    Software, UnknownAttributes,
};
use stun_types::message::{MessageClass, MessageType, Method, TransactionId};
use stun_types::prelude::{AttributeWrite, AttributeWriteExt};
use turn_types::AddressFamily;
use turn_types::attribute::AddressErrorCode;

use crate::address::Family;
use crate::framing::MAGIC_COOKIE;
use crate::integrity::{Key, Protection};

/// An answer being written. What does not fit is left out; [`SCRATCH`] holds the longest there is.
pub(crate) struct Answer<'s> {
    buffer: &'s mut [u8],
    length: usize,
}

impl<'s> Answer<'s> {
    pub(crate) fn success(
        method: Method,
        transaction: TransactionId,
        scratch: &'s mut [u8],
    ) -> Self {
        Self::new(MessageClass::Success, method, transaction, scratch)
    }

    pub(crate) fn error(
        code: u16,
        method: Method,
        transaction: TransactionId,
        scratch: &'s mut [u8],
    ) -> Self {
        let reason = ErrorCode::default_reason_for_code(code);
        Self::error_saying(code, reason, method, transaction, scratch)
    }

    pub(crate) fn error_saying(
        code: u16,
        reason: &str,
        method: Method,
        transaction: TransactionId,
        scratch: &'s mut [u8],
    ) -> Self {
        let mut answer = Self::new(MessageClass::Error, method, transaction, scratch);
        if let Ok(code) = ErrorCode::new(code, reason) {
            answer.add(&code);
        }
        answer
    }

    pub(crate) fn indication(
        method: Method,
        transaction: TransactionId,
        scratch: &'s mut [u8],
    ) -> Self {
        Self::new(MessageClass::Indication, method, transaction, scratch)
    }

    fn new(
        class: MessageClass,
        method: Method,
        transaction: TransactionId,
        scratch: &'s mut [u8],
    ) -> Self {
        let mut answer = Self {
            buffer: scratch,
            length: 0,
        };
        answer.push(&MessageType::from_class_method(class, method).to_bytes());
        answer.push(&[0, 0]);
        answer.push(&MAGIC_COOKIE);
        let id = u128::from(transaction).to_be_bytes();
        answer.push(id.last_chunk::<12>().unwrap_or(&[0; 12]));
        answer
    }

    pub(crate) fn add(&mut self, attribute: &dyn AttributeWrite) {
        let room = self.buffer.get_mut(self.length..).unwrap_or_default();
        let written = attribute.write_into(room);
        debug_assert!(written.is_ok(), "the scratch buffer holds every answer");
        self.length = self.length.saturating_add(written.unwrap_or(0));
    }

    pub(crate) fn add_unknown(&mut self, unknown: &[AttributeType]) {
        self.add(&UnknownAttributes::new(unknown));
    }

    /// ADDRESS-ERROR-CODE (RFC 8656 section 18.12).
    pub(crate) fn add_address_error(&mut self, family: Family, code: u16) {
        let family = match family {
            Family::V4 => AddressFamily::IPV4,
            Family::V6 => AddressFamily::IPV6,
        };
        if let Ok(code) = ErrorCode::builder(code).build() {
            self.add(&AddressErrorCode::new(family, code));
        }
    }

    pub(crate) fn add_software(&mut self, software: &str) {
        if !software.is_empty()
            && let Ok(software) = Software::new(software)
        {
            self.add(&software);
        }
    }

    /// Where to go instead: `addresses` in their order, and the name in the certificate there.
    pub(crate) fn add_alternate(&mut self, addresses: &[SocketAddr], domain: Option<&str>) {
        for address in addresses {
            self.add(&AlternateServer::new(*address));
        }
        if let Some(domain) = domain {
            self.add(&AlternateDomain::new(domain));
        }
    }

    /// REALM, NONCE and PASSWORD-ALGORITHMS: what a client needs to authenticate.
    pub(crate) fn add_challenge(&mut self, realm: &str, nonce: &str, algorithms: &[u8]) {
        if let (Ok(realm), Ok(nonce)) = (Realm::new(realm), Nonce::new(nonce)) {
            self.add(&realm);
            self.add(&nonce);
            self.push(&[0x80, 0x02]);
            self.push(&(algorithms.len() as u16).to_be_bytes());
            self.push(algorithms);
        }
    }

    /// An address as it is, where it leaves the answer within `most` bytes.
    pub(crate) fn add_address(&mut self, kind: u16, address: SocketAddr, most: usize) {
        let [high, low] = address.port().to_be_bytes();
        match address.ip() {
            IpAddr::V4(ip) => {
                let [a, b, c, d] = ip.octets();
                self.add_within(kind, &[0, 1, high, low, a, b, c, d], most);
            }
            IpAddr::V6(ip) => {
                let mut value = [0; 20];
                let (head, tail) = value.split_at_mut(4);
                head.copy_from_slice(&[0, 2, high, low]);
                tail.copy_from_slice(&ip.octets());
                self.add_within(kind, &value, most);
            }
        }
    }

    /// As many zero bytes, up to `wanted`, as leave room within `most` for FINGERPRINT.
    pub(crate) fn add_padding(&mut self, kind: u16, wanted: usize, most: usize) {
        let taken = self.length.saturating_add(4).saturating_add(FINGERPRINT);
        let length = most.saturating_sub(taken).min(wanted) & !3;
        if let Some(zeros) = ZEROS.get(..length) {
            self.add_within(kind, zeros, most);
        }
    }

    /// `value` is a multiple of four bytes long.
    fn add_within(&mut self, kind: u16, value: &[u8], most: usize) {
        let length = self.length.saturating_add(4).saturating_add(value.len());
        if length <= most {
            self.push(&kind.to_be_bytes());
            self.push(&(value.len() as u16).to_be_bytes());
            self.push(value);
        }
    }

    /// Protected in the way of `key`, if the client has proven that it knows it, then FINGERPRINT. Returns the length.
    pub(crate) fn finish(mut self, key: Option<&Key>) -> usize {
        if let Some(key) = key {
            for &protection in key.answers().protections() {
                self.sign(key, protection);
            }
        }
        self.mark();
        self.length
    }

    /// Like [`finish`](Self::finish) without a key, but leaves FINGERPRINT out where it makes the answer longer than `most`.
    pub(crate) fn finish_within(mut self, most: usize) -> usize {
        if self.length.saturating_add(FINGERPRINT) <= most {
            self.mark();
        } else {
            self.set_length(0);
        }
        self.length
    }

    fn sign(&mut self, key: &Key, protection: Protection) {
        let written = self.buffer.get(..self.length).unwrap_or_default();
        let value = protection.make(key.as_bytes(), written);
        let value = value.get(..protection.length()).unwrap_or_default();
        self.push(&protection.attribute().to_be_bytes());
        self.push(&(value.len() as u16).to_be_bytes());
        self.push(value);
    }

    fn mark(&mut self) {
        self.set_length(FINGERPRINT);
        let written = self.buffer.get(..self.length).unwrap_or_default();
        self.add(&Fingerprint::new(Fingerprint::compute(&[written])));
    }

    /// Writes the length field of a message to which `more` bytes are still added.
    fn set_length(&mut self, more: usize) {
        let length = self.length.saturating_add(more).saturating_sub(HEADER) as u16;
        if let Some(field) = self.buffer.get_mut(2..4) {
            field.copy_from_slice(&length.to_be_bytes());
        }
    }

    fn push(&mut self, bytes: &[u8]) {
        let end = self.length.saturating_add(bytes.len());
        if let Some(room) = self.buffer.get_mut(self.length..end) {
            room.copy_from_slice(bytes);
            self.length = end;
        }
    }
}

/// Longer than any answer: realm and software are cut to 128 bytes each, padding to what an Ethernet frame takes.
pub(crate) const SCRATCH: usize = 2048;
const ZEROS: [u8; 1500] = [0; 1500];
const HEADER: usize = 20;
/// Bytes of the whole attribute.
const FINGERPRINT: usize = 8;
