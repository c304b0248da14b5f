//! The STUN and TURN requests of a client, as bytes; no socket.

use std::net::SocketAddr;

use aws_lc_rs::hmac;
use data_encoding::BASE64;
use stun_types::{
    attribute::{ErrorCode, Nonce, Realm, Username},
    message::{
        BINDING, IntegrityAlgorithm, IntegrityKey, LongTermKeyCredentials, Message,
        MessageWriteVec, Method,
    },
    prelude::{AttributeWrite, MessageWrite, MessageWriteExt},
};
use turn_types::{
    attribute::{ChannelNumber, Lifetime, RequestedTransport, XorPeerAddress, XorRelayedAddress},
    message::{ALLOCATE, CHANNEL_BIND, REFRESH},
};

/// Who a client says it is.
#[derive(Clone, Debug)]
pub struct Account {
    username: String,
    password: String,
}

impl Account {
    /// A user the server knows.
    #[must_use]
    pub fn user(username: &str, password: &str) -> Self {
        Self {
            username: username.to_owned(),
            password: password.to_owned(),
        }
    }

    /// A time-limited credential made from the server's shared secret: `expiry:id` and its HMAC-SHA1 in base64.
    #[must_use]
    pub fn minted(secret: &str, expires: u64) -> Self {
        let username = format!("{expires}:bench");
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret.as_bytes());
        let password = BASE64.encode(hmac::sign(&key, username.as_bytes()).as_ref());
        Self { username, password }
    }
}

/// What the server asked for in its 401 (RFC 8489 section 9.2), together with the key that answers it.
#[derive(Clone, Debug)]
pub(super) struct Challenge {
    username: String,
    realm: String,
    nonce: String,
    key: IntegrityKey,
}

/// What a server answered.
#[derive(Debug)]
pub(super) enum Answer {
    /// The relayed address, if this is the answer to an Allocate.
    Success(Option<SocketAddr>),
    /// 401 or 438: the realm and the nonce to sign with.
    Challenge { realm: String, nonce: String },
    /// Another error code.
    Refused(u16),
}

impl Answer {
    /// Reads an answer; `None` if it is none.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let message = Message::from_bytes(bytes).ok()?;
        if !message.is_response() {
            return None;
        }
        let Ok(error) = message.attribute::<ErrorCode>() else {
            let relayed = message.attribute::<XorRelayedAddress>().ok();
            return Some(Self::Success(
                relayed.map(|relayed| relayed.addr(message.transaction_id())),
            ));
        };
        let realm = message.attribute::<Realm>().map(|r| r.realm().to_owned());
        let nonce = message.attribute::<Nonce>().map(|n| n.nonce().to_owned());
        match (error.code(), realm, nonce) {
            (401 | 438, Ok(realm), Ok(nonce)) => Some(Self::Challenge { realm, nonce }),
            (code, ..) => Some(Self::Refused(code)),
        }
    }
}

impl Challenge {
    pub(super) fn new(account: &Account, realm: String, nonce: String) -> Self {
        let key = LongTermKeyCredentials::new(
            account.username.clone(),
            account.password.clone(),
            realm.clone(),
        )
        .make_key(IntegrityAlgorithm::Sha1);
        Self {
            username: account.username.clone(),
            realm,
            nonce,
            key,
        }
    }

    pub(super) fn allocate(&self) -> Vec<u8> {
        self.signed(request(ALLOCATE), &[&RequestedTransport::new(UDP)])
    }

    /// Ends an allocation.
    pub(super) fn release(&self) -> Vec<u8> {
        self.signed(request(REFRESH), &[&Lifetime::new(0)])
    }

    /// Binds `channel` to `peer`, which permits it too.
    pub(super) fn bind(&self, channel: u16, peer: SocketAddr) -> Vec<u8> {
        let request = request(CHANNEL_BIND);
        let peer = XorPeerAddress::new(peer, request.transaction_id());
        self.signed(request, &[&ChannelNumber::new(channel), &peer])
    }

    fn signed(&self, mut request: MessageWriteVec, asked: &[&dyn AttributeWrite]) -> Vec<u8> {
        for attribute in asked {
            request
                .add_attribute(*attribute)
                .expect("no attribute follows the integrity");
        }
        self.sign(request)
    }

    /// Says who asks, and signs it.
    pub(super) fn sign(&self, mut message: MessageWriteVec) -> Vec<u8> {
        let named = "the server's own names fit";
        let username = Username::new(&self.username).expect(named);
        let realm = Realm::new(&self.realm).expect(named);
        let nonce = Nonce::new(&self.nonce).expect(named);
        let who: [&dyn AttributeWrite; 3] = [&username, &realm, &nonce];
        for attribute in who {
            message
                .add_attribute(attribute)
                .expect("no attribute follows the integrity");
        }
        message
            .add_message_integrity_with_key(&self.key, IntegrityAlgorithm::Sha1)
            .expect("it is added once");
        message.finish()
    }

    #[cfg(test)]
    pub(super) fn signed_by(&self, message: &Message<'_>) -> bool {
        message.validate_integrity_with_key(&self.key).is_ok()
    }
}

/// An Allocate without credentials, which the server challenges.
pub(super) fn bare_allocate() -> Vec<u8> {
    let mut request = request(ALLOCATE);
    request
        .add_attribute(&RequestedTransport::new(UDP))
        .expect("nothing precedes it");
    request.finish()
}

/// A Binding request.
pub(super) fn binding() -> Vec<u8> {
    request(BINDING).finish()
}

fn request(method: Method) -> MessageWriteVec {
    Message::builder_request(method, MessageWriteVec::new())
}

/// Protocol number of REQUESTED-TRANSPORT.
const UDP: u8 = 17;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minted_credential_is_the_base64_of_a_mac() {
        let account = Account::minted("secret", 1_700_000_000);
        assert_eq!(account.username, "1700000000:bench");
        assert_eq!(account.password.len(), 28);
    }

    #[test]
    fn a_request_is_signed_with_the_challenge_it_answers() {
        let account = Account::user("alice", "wonderland");
        let challenge = Challenge::new(&account, "realm".into(), "nonce".into());
        let request = challenge.allocate();
        let message = Message::from_bytes(&request).unwrap();
        assert!(message.validate_integrity_with_key(&challenge.key).is_ok());
        assert_eq!(message.attribute::<Nonce>().unwrap().nonce(), "nonce");
    }

    #[test]
    fn a_401_is_a_challenge_and_other_codes_are_refusals() {
        let bare = bare_allocate();
        let request = Message::from_bytes(&bare).unwrap();
        let answer = |code| {
            let mut error = Message::builder_error(&request, MessageWriteVec::new());
            let code = ErrorCode::builder(code).build().unwrap();
            error.add_attribute(&code).unwrap();
            error.add_attribute(&Realm::new("realm").unwrap()).unwrap();
            error.add_attribute(&Nonce::new("nonce").unwrap()).unwrap();
            Answer::parse(&error.finish())
        };
        assert!(matches!(answer(401), Some(Answer::Challenge { .. })));
        assert!(matches!(answer(486), Some(Answer::Refused(486))));
        assert!(Answer::parse(&bare).is_none());
    }
}
