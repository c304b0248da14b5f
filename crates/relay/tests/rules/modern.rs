//! What RFC 8489 added to the long-term credential mechanism: SHA-256, a choice of hashes, hidden names, and the nonce
//! cookie that keeps anybody in between from taking them away.

use magpie_relay::{Config, KeyedUser, Transport};
use stun_types::attribute::{
    ErrorCode, MessageIntegrity, MessageIntegritySha256, Nonce, PasswordAlgorithm,
    PasswordAlgorithmValue, PasswordAlgorithms, RawAttribute, Realm, Userhash, Username,
};
use stun_types::message::{IntegrityAlgorithm, LongTermKeyCredentials, Message, MessageWriteVec};
use stun_types::prelude::{AttributeStaticType, AttributeWrite, MessageWrite, MessageWriteExt};
use turn_types::attribute::RequestedTransport;
use turn_types::message::{ALLOCATE, REFRESH};

use crate::lab::{Client, Lab, PASSWORD, SECRETS, Sent, USER, attribute, request};

const REALM: &str = "magpie";
const BOTH: [PasswordAlgorithmValue; 2] =
    [PasswordAlgorithmValue::SHA256, PasswordAlgorithmValue::MD5];

/// RFC 8489 sections 9.2, 9.2.4 and 18.1: bits 0 and 1, the most significant ones.
#[test]
fn a_challenge_announces_its_features_in_the_nonce_and_lists_the_hashes() {
    let (_, client) = challenged(|_| {});
    assert!(
        client.nonce.starts_with("obMatJos2wAAA"),
        "{}",
        client.nonce
    );
    let mut lab = Lab::new();
    let Sent::Reply(reply) = lab.packet(client.address, &request(ALLOCATE).finish()) else {
        panic!()
    };
    let listed = attribute::<PasswordAlgorithms>(&reply).unwrap();
    assert_eq!(listed.algorithms(), BOTH);
}

/// RFC 8489 section 9.2.4: hidden names are announced only where one can be found again.
#[test]
fn without_configured_users_a_nonce_announces_no_hidden_names() {
    let (_, client) = challenged(|config| config.users.clear());
    assert!(
        client.nonce.starts_with("obMatJos2gAAA"),
        "{}",
        client.nonce
    );
}

/// RFC 8489 section 9.2.4.
#[test]
fn a_client_that_chooses_sha256_is_answered_with_sha256_only() {
    let (mut lab, client) = challenged(|_| {});
    let reply = ask(&mut lab, &client, &Choice::sha256()).unwrap();
    let message = Message::from_bytes(&reply).unwrap();
    assert!(message.has_attribute(MessageIntegritySha256::TYPE));
    assert!(!message.has_attribute(MessageIntegrity::TYPE));
    let valid = message.validate_integrity_with_key(&key(IntegrityAlgorithm::Sha256));
    assert!(matches!(valid, Ok(IntegrityAlgorithm::Sha256)));
}

/// RFC 8489 section 9.2.4: as though the hash were MD5, and MESSAGE-INTEGRITY in the answer.
#[test]
fn a_client_that_chooses_nothing_is_answered_with_sha1_only() {
    let (mut lab, client) = challenged(|_| {});
    let reply = ask(&mut lab, &client, &Choice::old()).unwrap();
    let message = Message::from_bytes(&reply).unwrap();
    assert!(message.has_attribute(MessageIntegrity::TYPE));
    assert!(!message.has_attribute(MessageIntegritySha256::TYPE));
}

/// RFC 8489 section 9.2.4: the hash of the password and the MAC of the message are two choices.
#[test]
fn a_client_that_chooses_md5_from_the_list_is_answered_with_sha256() {
    let (mut lab, client) = challenged(|_| {});
    let choice = Choice {
        one: Some(vec![0, 1, 0, 0]),
        all: Some(PasswordAlgorithms::new(&BOTH)),
        ..Choice::old()
    };
    let reply = ask(&mut lab, &client, &choice).unwrap();
    assert!(attribute::<MessageIntegritySha256>(&reply).is_some());
}

/// RFC 8489 section 9.2.4 demands MESSAGE-INTEGRITY-SHA256; clients that sign with MESSAGE-INTEGRITY look for the same.
#[test]
fn a_client_that_chooses_md5_but_signs_with_sha1_finds_both_in_the_answer() {
    let (mut lab, client) = challenged(|_| {});
    let choice = Choice {
        one: Some(vec![0, 1, 0, 0]),
        all: Some(PasswordAlgorithms::new(&BOTH)),
        ..Choice::old()
    };
    let reply = ask(&mut lab, &client, &choice).unwrap();
    let message = Message::from_bytes(&reply).unwrap();
    assert!(message.has_attribute(MessageIntegritySha256::TYPE));
    let valid = message.validate_integrity_with_key(&key(IntegrityAlgorithm::Sha1));
    assert!(matches!(valid, Ok(IntegrityAlgorithm::Sha1)));
}

/// RFC 8489 section 9.2.4.
#[test]
fn a_choice_that_does_not_fit_the_list_is_400() {
    use PasswordAlgorithmValue::{MD5, SHA256};
    let list = |values: &[PasswordAlgorithmValue]| Some(PasswordAlgorithms::new(values));
    for (what, one, all) in [
        ("no list", Some(vec![0, 2, 0, 0]), None),
        ("no choice", None, list(&BOTH)),
        ("a shorter list", Some(vec![0, 1, 0, 0]), list(&[MD5])),
        (
            "another order",
            Some(vec![0, 2, 0, 0]),
            list(&[MD5, SHA256]),
        ),
        ("an unknown hash", Some(vec![0, 9, 0, 0]), list(&BOTH)),
        ("half a choice", Some(vec![0, 2]), list(&BOTH)),
    ] {
        let (mut lab, client) = challenged(|_| {});
        let choice = Choice {
            one,
            all,
            ..Choice::sha256()
        };
        assert_eq!(ask(&mut lab, &client, &choice), Err(400), "{what}");
    }
}

/// RFC 8489 section 9.2.1.
#[test]
fn a_nonce_whose_features_were_taken_away_is_stale() {
    for cookie in [
        "obMatJos2AAAA",
        "obMatJos2gAAA",
        "obMatJos2gBAA",
        "obMatJos3wAAA",
        "",
    ] {
        let (mut lab, mut client) = challenged(|_| {});
        client.nonce = format!("{cookie}{}", &client.nonce[13..]);
        assert_eq!(ask(&mut lab, &client, &Choice::old()), Err(438), "{cookie}");
    }
}

/// Of a user whose MD5 key alone is known nobody can make the other one, so no client must be led to choose it.
#[test]
fn with_a_user_known_by_the_key_alone_md5_is_the_only_choice() {
    let (mut lab, client) = challenged(|config| {
        config.keyed_users.push(KeyedUser {
            name: "keyed".to_owned(),
            key: [7; 16],
        });
    });
    let Sent::Reply(reply) = lab.packet(client.address, &request(ALLOCATE).finish()) else {
        panic!()
    };
    let listed = attribute::<PasswordAlgorithms>(&reply).unwrap();
    assert_eq!(listed.algorithms(), [PasswordAlgorithmValue::MD5]);
    assert_eq!(ask(&mut lab, &client, &Choice::sha256()), Err(400));
    let choice = Choice {
        one: Some(vec![0, 1, 0, 0]),
        all: Some(listed),
        ..Choice::old()
    };
    assert!(ask(&mut lab, &client, &choice).is_ok());
}

/// RFC 8489 sections 9.2.4 and 14.4.
#[test]
fn a_hidden_name_of_a_configured_user_is_found() {
    let (mut lab, client) = challenged(|_| {});
    for choice in [Choice::old(), Choice::sha256()] {
        let hidden = choice.hidden();
        assert!(ask(&mut lab, &client, &hidden).is_ok());
        lab.relay.client_gone(client.address);
    }
}

/// RFC 8489 section 9.2.4.
#[test]
fn a_hidden_name_of_nobody_is_401() {
    let (mut lab, mut client) = challenged(|config| config.secrets.clear());
    client.username = "bob".to_owned();
    assert_eq!(ask(&mut lab, &client, &Choice::old().hidden()), Err(401));
}

/// The name behind the hash of a time-limited user is known to nobody; RFC 8489 section 9.2.5 lets a new nonce ask for it.
#[test]
fn a_hidden_time_limited_name_is_asked_for_with_a_nonce_that_hides_none() {
    let (mut lab, mut client) = challenged(|_| {});
    let expires = lab.now.seconds() + 60;
    let minted = magpie_relay::credentials::mint(SECRETS[0], "ann", [1; 9], expires);
    client = client.named(&minted.username, &minted.password);
    let hidden = Choice::old().hidden();
    let packet = packet(&client, &hidden);
    let Sent::Reply(reply) = lab.packet(client.address, &packet) else {
        panic!()
    };
    assert_eq!(attribute::<ErrorCode>(&reply).unwrap().code(), 438);
    client.nonce = attribute::<Nonce>(&reply).unwrap().nonce().to_owned();
    assert!(client.nonce.starts_with("obMatJos2gAAA"));
    assert_eq!(ask(&mut lab, &client, &hidden), Err(401));
    assert!(ask(&mut lab, &client, &Choice::old()).is_ok());
    // From here on the allocation knows it.
    assert!(send(&mut lab, &client, request(REFRESH), &hidden).is_ok());
}

/// RFC 8489 section 9.2.4: with two of them the stronger one is checked.
#[test]
fn of_two_integrity_attributes_sha256_decides() {
    let (mut lab, client) = challenged(|_| {});
    let mut signed = attributes(&client, request(ALLOCATE), &Choice::old());
    let key = client.key();
    signed
        .add_message_integrity_with_key(&key, IntegrityAlgorithm::Sha1)
        .unwrap();
    let mut packet = signed.finish();
    packet.extend([0, 0x1c, 0, 32]);
    packet.extend([7; 32]);
    let length = u16::try_from(packet.len() - 20).unwrap();
    packet[2..4].copy_from_slice(&length.to_be_bytes());
    let Sent::Reply(reply) = lab.packet(client.address, &packet) else {
        panic!()
    };
    assert_eq!(attribute::<ErrorCode>(&reply).unwrap().code(), 401);
}

/// RFC 8489 section 14.6: whole, unless the usage allows less, and TURN does not.
#[test]
fn a_shortened_sha256_is_401() {
    let (mut lab, client) = challenged(|_| {});
    let mut packet = packet(&client, &Choice::sha256());
    packet.truncate(packet.len() - 16);
    let at = packet.len() - 20;
    packet[at + 3] = 16;
    let length = u16::try_from(packet.len() - 20).unwrap();
    packet[2..4].copy_from_slice(&length.to_be_bytes());
    let Sent::Reply(reply) = lab.packet(client.address, &packet) else {
        panic!()
    };
    assert_eq!(attribute::<ErrorCode>(&reply).unwrap().code(), 401);
}

#[test]
fn an_allocation_is_refreshed_with_the_other_hash_too() {
    let (mut lab, client) = challenged(|_| {});
    assert!(ask(&mut lab, &client, &Choice::sha256()).is_ok());
    for choice in [Choice::old(), Choice::sha256()] {
        assert!(send(&mut lab, &client, request(REFRESH), &choice).is_ok());
    }
}

#[test]
fn no_challenge_is_longer_than_five_requests_whatever_the_realm() {
    let bare = request(ALLOCATE).finish();
    for length in 1..=128 {
        let mut lab = Lab::with(|config| config.realm = "r".repeat(length));
        if let Sent::Reply(reply) = lab.packet(Client::new(1).address, &bare) {
            assert!(reply.len() <= 5 * bare.len(), "{length}: {}", reply.len());
            assert!(attribute::<PasswordAlgorithms>(&reply).is_some());
            let told = attribute::<Realm>(&reply).unwrap();
            assert_eq!(told.realm().len(), length);
        } else {
            assert!(length > 20, "{length}");
        }
    }
}

#[test]
fn a_stream_is_challenged_however_long_the_realm_is() {
    let mut lab = Lab::with(|config| config.realm = "r".repeat(128));
    let client = Client::over(1, Transport::Tcp);
    let bare = request(ALLOCATE).finish();
    assert_ne!(lab.packet(client.address, &bare), Sent::Nothing);
}

/// What a client makes of the challenge.
#[derive(Clone)]
struct Choice {
    one: Option<Vec<u8>>,
    all: Option<PasswordAlgorithms>,
    protection: IntegrityAlgorithm,
    hidden: bool,
}

impl Choice {
    /// A client that knows RFC 5389 only.
    fn old() -> Self {
        Self {
            one: None,
            all: None,
            protection: IntegrityAlgorithm::Sha1,
            hidden: false,
        }
    }

    fn sha256() -> Self {
        Self {
            one: Some(vec![0, 2, 0, 0]),
            all: Some(PasswordAlgorithms::new(&BOTH)),
            protection: IntegrityAlgorithm::Sha256,
            hidden: false,
        }
    }

    fn hidden(mut self) -> Self {
        self.hidden = true;
        self
    }
}

fn challenged(change: impl FnOnce(&mut Config)) -> (Lab, Client) {
    let mut lab = Lab::with(change);
    let mut client = Client::new(1);
    client.learn(&mut lab);
    (lab, client)
}

fn ask(lab: &mut Lab, client: &Client, choice: &Choice) -> Result<Vec<u8>, u16> {
    send(lab, client, request(ALLOCATE), choice)
}

fn send(
    lab: &mut Lab,
    client: &Client,
    request: MessageWriteVec,
    choice: &Choice,
) -> Result<Vec<u8>, u16> {
    let packet = signed(client, request, choice);
    let Sent::Reply(reply) = lab.packet(client.address, &packet) else {
        panic!("no answer")
    };
    match attribute::<ErrorCode>(&reply) {
        Some(error) => Err(error.code()),
        None => Ok(reply),
    }
}

fn packet(client: &Client, choice: &Choice) -> Vec<u8> {
    signed(client, request(ALLOCATE), choice)
}

fn signed(client: &Client, request: MessageWriteVec, choice: &Choice) -> Vec<u8> {
    let mut message = attributes(client, request, choice);
    let credentials = LongTermKeyCredentials::new(
        client.username.clone(),
        client.password.clone(),
        REALM.to_owned(),
    );
    let key = credentials.make_key(choice.protection);
    message
        .add_message_integrity_with_key(&key, choice.protection)
        .unwrap();
    message.finish()
}

fn attributes(client: &Client, mut message: MessageWriteVec, choice: &Choice) -> MessageWriteVec {
    let mut add = |attribute: &dyn AttributeWrite| message.add_attribute(attribute).unwrap();
    add(&RequestedTransport::new(17));
    match choice.hidden {
        true => add(&Userhash::new(Userhash::compute(&client.username, REALM))),
        false => add(&Username::new(&client.username).unwrap()),
    }
    add(&Realm::new(REALM).unwrap());
    add(&Nonce::new(&client.nonce).unwrap());
    if let Some(all) = &choice.all {
        add(all);
    }
    if let Some(one) = &choice.one {
        add(&RawAttribute::new(PasswordAlgorithm::TYPE, one));
    }
    message
}

fn key(algorithm: IntegrityAlgorithm) -> stun_types::message::IntegrityKey {
    LongTermKeyCredentials::new(USER.to_owned(), PASSWORD.to_owned(), REALM.to_owned())
        .make_key(algorithm)
}
