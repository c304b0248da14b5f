//! Requests with attributes of anybody's choice, correctly signed: no fuzzer guesses an HMAC.

use stun_types::attribute::{Nonce, RawAttribute, Realm, Username};
use stun_types::message::{
    IntegrityAlgorithm, LongTermKeyCredentials, Message, MessageClass, MessageType,
    MessageWriteVec, Method, TransactionId,
};
use stun_types::prelude::{MessageWrite, MessageWriteExt};

pub(crate) const USER: &str = "alice";
pub(crate) const PASSWORD: &str = "wonderland";
pub(crate) const REALM: &str = "magpie";

/// How a request is protected.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protection {
    Sha1,
    /// With the choice of password algorithm that RFC 8489 added.
    Sha256,
}

/// What an attribute without a value stands for: what only the relay can have told.
#[derive(Clone, Copy, Default)]
pub(crate) struct Told {
    pub(crate) connection: u32,
    pub(crate) token: u64,
}

/// A message whose method and attributes (type, length, value) `bytes` name. Types above 0x7f stand for the optional ones.
pub(crate) fn message(
    class: MessageClass,
    transaction: u128,
    bytes: &[u8],
    told: Told,
) -> MessageWriteVec {
    let (method, mut rest) = bytes.split_first().unwrap_or((&1, &[]));
    let kind = MessageType::from_class_method(class, Method::new((*method).into()));
    let mut message = Message::builder(
        kind,
        TransactionId::from(transaction),
        MessageWriteVec::new(),
    );
    while let [kind, length, tail @ ..] = rest {
        let (value, after) = tail.split_at(usize::from(*length).min(tail.len()));
        let kind = u16::from(*kind & 0x7f) | u16::from(*kind & 0x80) << 8;
        let value = filled(kind, value, transaction, told);
        // Integrity comes last, and from the codec.
        if ![0x0008, 0x001c, 0x8028].contains(&kind) {
            drop(message.add_attribute(&RawAttribute::new(kind.into(), &value)));
        }
        rest = after;
    }
    message
}

/// `message`, signed by our user with that `nonce`.
pub(crate) fn signed(mut message: MessageWriteVec, nonce: &str, how: Protection) -> Vec<u8> {
    let who = (Username::new(USER), Realm::new(REALM), Nonce::new(nonce));
    if let (Ok(username), Ok(realm), Ok(nonce)) = who {
        drop(message.add_attribute(&username));
        drop(message.add_attribute(&realm));
        drop(message.add_attribute(&nonce));
    }
    let algorithm = match how {
        Protection::Sha1 => IntegrityAlgorithm::Sha1,
        Protection::Sha256 => IntegrityAlgorithm::Sha256,
    };
    if how == Protection::Sha256 {
        let list = [0, 2, 0, 0, 0, 1, 0, 0];
        drop(message.add_attribute(&RawAttribute::new(0x8002.into(), &list)));
        drop(message.add_attribute(&RawAttribute::new(0x001d.into(), &[0, 2, 0, 0])));
    }
    let key = LongTermKeyCredentials::new(USER.to_owned(), PASSWORD.to_owned(), REALM.to_owned())
        .make_key(algorithm);
    drop(message.add_message_integrity_with_key(&key, algorithm));
    message.finish()
}

/// An IPv6 peer is written as it is, whatever the transaction it is hidden by; what is left empty is filled in.
fn filled(kind: u16, value: &[u8], transaction: u128, told: Told) -> Vec<u8> {
    match (kind, value) {
        (CONNECTION_ID, []) => told.connection.to_be_bytes().to_vec(),
        (RESERVATION_TOKEN, []) => told.token.to_be_bytes().to_vec(),
        (XOR_PEER_ADDRESS, [.., _, _, _, _]) if value.len() == 20 => {
            let mask = transaction.to_be_bytes();
            let mask = [0; 8].into_iter().chain(mask[4..].iter().copied());
            value
                .iter()
                .zip(mask)
                .map(|(byte, mask)| byte ^ mask)
                .collect()
        }
        _ => value.to_vec(),
    }
}

const XOR_PEER_ADDRESS: u16 = 0x0012;
const RESERVATION_TOKEN: u16 = 0x0022;
const CONNECTION_ID: u16 = 0x002a;
