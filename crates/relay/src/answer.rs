//! Writes STUN answers into the relay's scratch buffer.

use std::net::SocketAddr;

use stun_types::attribute::{
    AlternateDomain, AlternateServer, AttributeType, ErrorCode, Nonce, Realm, Software,
    UnknownAttributes,
};
use stun_types::message::{
    IntegrityAlgorithm, IntegrityKey, Message, MessageClass, MessageType, MessageWriteMutSlice,
    Method, TransactionId,
};
use stun_types::prelude::{AttributeWrite, MessageWrite, MessageWriteExt};
use turn_types::AddressFamily;
use turn_types::attribute::AddressErrorCode;

use crate::address::Family;

/// An answer being written. What does not fit is left out; [`SCRATCH`] holds the longest there is.
pub(crate) struct Answer<'s> {
    writer: MessageWriteMutSlice<'s>,
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
        let mut answer = Self::new(MessageClass::Error, method, transaction, scratch);
        if let Ok(code) = ErrorCode::builder(code).build() {
            answer.add(&code);
        }
        answer
    }

    fn new(
        class: MessageClass,
        method: Method,
        transaction: TransactionId,
        scratch: &'s mut [u8],
    ) -> Self {
        let kind = MessageType::from_class_method(class, method);
        Self {
            writer: Message::builder(kind, transaction, MessageWriteMutSlice::new(scratch)),
        }
    }

    pub(crate) fn add(&mut self, attribute: &dyn AttributeWrite) {
        let fits = self.writer.add_attribute(attribute);
        debug_assert!(fits.is_ok(), "the scratch buffer holds every answer");
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

    /// REALM and NONCE: what a client needs to authenticate.
    pub(crate) fn add_challenge(&mut self, realm: &str, nonce: &str) {
        if let (Ok(realm), Ok(nonce)) = (Realm::new(realm), Nonce::new(nonce)) {
            self.add(&realm);
            self.add(&nonce);
        }
    }

    /// MESSAGE-INTEGRITY, if the client has proven that it knows `key`, then FINGERPRINT. Returns the length.
    pub(crate) fn finish(mut self, key: Option<&IntegrityKey>) -> usize {
        if let Some(key) = key {
            let signed = self
                .writer
                .add_message_integrity_with_key(key, IntegrityAlgorithm::Sha1);
            debug_assert!(signed.is_ok(), "the scratch buffer holds every answer");
        }
        let marked = self.writer.add_fingerprint();
        debug_assert!(marked.is_ok(), "the scratch buffer holds every answer");
        self.writer.finish()
    }
}

/// Realm and software are cut to 128 bytes each, everything else is smaller.
pub(crate) const SCRATCH: usize = 1024;
