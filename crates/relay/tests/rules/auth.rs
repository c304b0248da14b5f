//! The long-term credential mechanism (RFC 8489 section 9.2) and time-limited users.

use magpie_relay::{ClientAddr, Transport, credentials};
use stun_types::attribute::{ErrorCode, MessageIntegrity, Nonce, RawAttribute, Realm, Username};
use stun_types::message::{IntegrityAlgorithm, Message};
use stun_types::prelude::{MessageWrite, MessageWriteExt};
use turn_types::attribute::{Lifetime, RequestedTransport};
use turn_types::message::{ALLOCATE, REFRESH};

use crate::lab::{Client, Lab, PEER, SECRETS, Sent, attribute, request};

/// RFC 8489 section 9.2.4.
#[test]
fn a_request_without_integrity_is_401_with_realm_and_nonce() {
    let Sent::Reply(reply) = Lab::new().packet(Client::new(1).address, &request(ALLOCATE).finish())
    else {
        panic!()
    };
    assert_eq!(attribute::<ErrorCode>(&reply).unwrap().code(), 401);
    assert_eq!(attribute::<Realm>(&reply).unwrap().realm(), "magpie");
    assert!(attribute::<Nonce>(&reply).is_some());
    assert!(attribute::<MessageIntegrity>(&reply).is_none());
}

#[test]
fn a_challenge_is_at_most_five_times_its_request() {
    let asked = request(ALLOCATE).finish();
    let Sent::Reply(reply) = Lab::new().packet(Client::new(1).address, &asked) else {
        panic!()
    };
    assert!(
        reply.len() <= 5 * asked.len(),
        "{} for {}",
        reply.len(),
        asked.len()
    );
}

/// RFC 8489 section 9.2.4.
#[test]
fn integrity_without_username_realm_or_nonce_is_400() {
    let mut lab = Lab::new();
    let mut client = Client::new(1);
    client.learn(&mut lab);
    for missing in 0..3 {
        let mut message = request(ALLOCATE);
        if missing != 0 {
            message
                .add_attribute(&Username::new(&client.username).unwrap())
                .unwrap();
        }
        if missing != 1 {
            message
                .add_attribute(&Realm::new("magpie").unwrap())
                .unwrap();
        }
        if missing != 2 {
            message
                .add_attribute(&Nonce::new(&client.nonce).unwrap())
                .unwrap();
        }
        message
            .add_message_integrity_with_key(&client.key(), IntegrityAlgorithm::Sha1)
            .unwrap();
        let Sent::Reply(reply) = lab.packet(client.address, &message.finish()) else {
            panic!()
        };
        assert_eq!(attribute::<ErrorCode>(&reply).unwrap().code(), 400);
    }
}

/// RFC 8489 section 9.2.4.
#[test]
fn a_wrong_user_or_password_is_401() {
    for (username, password) in [
        ("alice", "wrong"),
        ("bob", "wonderland"),
        ("9999999999999999999999:x", "y"),
    ] {
        let mut lab = Lab::new();
        let mut client = Client::new(1).named(username, password);
        assert_eq!(client.allocate(&mut lab), Err(401), "{username}");
    }
}

/// RFC 8489 section 9.2.4: the answer carries a nonce that is good.
#[test]
fn a_stale_nonce_is_438_with_a_fresh_one() {
    let mut lab = Lab::new();
    let mut client = Client::new(1);
    client.learn(&mut lab);
    lab.pass(601);
    let packet = client.sign(request(ALLOCATE), &[&RequestedTransport::new(17)]);
    let Sent::Reply(reply) = lab.packet(client.address, &packet) else {
        panic!()
    };
    assert_eq!(attribute::<ErrorCode>(&reply).unwrap().code(), 438);
    client.nonce = attribute::<Nonce>(&reply).unwrap().nonce().to_owned();
    assert!(
        client
            .ask(&mut lab, ALLOCATE, &[&RequestedTransport::new(17)])
            .is_ok()
    );
}

#[test]
fn a_nonce_is_good_for_one_client_address_only() {
    let mut lab = Lab::new();
    let mut one = Client::new(1);
    one.learn(&mut lab);
    let mut two = Client::new(2);
    two.nonce = one.nonce.clone();
    assert_eq!(
        two.ask(&mut lab, ALLOCATE, &[&RequestedTransport::new(17)]),
        Err(438)
    );
}

#[test]
fn a_forged_nonce_is_438() {
    let mut lab = Lab::new();
    let mut client = Client::new(1);
    client.learn(&mut lab);
    for nonce in [
        "x".repeat(19),
        "é".to_owned(),
        "a".repeat(300),
        client.nonce.to_ascii_uppercase(),
    ] {
        client.nonce = nonce;
        assert_eq!(
            client.ask(&mut lab, ALLOCATE, &[&RequestedTransport::new(17)]),
            Err(438)
        );
    }
}

/// RFC 8489 section 9.2.4: the client can tell that the answer is ours.
#[test]
fn answers_to_authenticated_requests_are_signed_errors_too() {
    let mut lab = Lab::new();
    let mut client = Client::new(1);
    client.learn(&mut lab);
    let packet = client.sign(request(ALLOCATE), &[]);
    let Sent::Reply(reply) = lab.packet(client.address, &packet) else {
        panic!()
    };
    let message = Message::from_bytes(&reply).unwrap();
    assert_eq!(attribute::<ErrorCode>(&reply).unwrap().code(), 400);
    assert!(message.validate_integrity_with_key(&client.key()).is_ok());
}

/// RFC 8489 section 14.5: what follows MESSAGE-INTEGRITY is ignored.
#[test]
fn attributes_behind_the_integrity_have_no_effect() {
    let mut lab = Lab::new();
    let mut client = Client::new(1);
    client.allocate(&mut lab).unwrap();
    let mut packet = client.sign(request(REFRESH), &[]);
    packet.extend([0, 0x0d, 0, 4, 0, 0, 0, 0]);
    let length = u16::try_from(packet.len() - 20).unwrap();
    packet[2..4].copy_from_slice(&length.to_be_bytes());
    let Sent::Reply(reply) = lab.packet(client.address, &packet) else {
        panic!()
    };
    assert_eq!(attribute::<Lifetime>(&reply).unwrap().seconds(), 600);
    assert!(lab.closed.is_empty());
}

/// RFC 8489 section 14: of an attribute that comes twice, the first counts.
#[test]
fn the_first_of_duplicate_attributes_wins() {
    let mut lab = Lab::new();
    let mut client = Client::new(1);
    client.allocate(&mut lab).unwrap();
    let reply = client
        .refresh(&mut lab, &[&Lifetime::new(1200), &Lifetime::new(0)])
        .unwrap();
    assert_eq!(attribute::<Lifetime>(&reply).unwrap().seconds(), 1200);
}

#[test]
fn unknown_attributes_of_a_signed_request_are_420_and_signed() {
    let mut lab = Lab::new();
    let mut client = Client::new(1);
    client.learn(&mut lab);
    let strange = RawAttribute::new(0x7777.into(), &[]);
    let packet = client.sign(request(ALLOCATE), &[&RequestedTransport::new(17), &strange]);
    let Sent::Reply(reply) = lab.packet(client.address, &packet) else {
        panic!()
    };
    assert_eq!(attribute::<ErrorCode>(&reply).unwrap().code(), 420);
    assert!(
        Message::from_bytes(&reply)
            .unwrap()
            .validate_integrity_with_key(&client.key())
            .is_ok()
    );
}

#[test]
fn time_limited_users_of_both_secrets_are_let_in() {
    for secret in SECRETS {
        let mut lab = Lab::new();
        assert!(minted(&lab, secret, "ann", 60).allocate(&mut lab).is_ok());
    }
}

#[test]
fn a_third_secret_is_not() {
    let mut lab = Lab::new();
    assert_eq!(
        minted(&lab, "another secret", "ann", 60).allocate(&mut lab),
        Err(401)
    );
}

#[test]
fn an_expired_user_opens_no_allocation() {
    let mut lab = Lab::new();
    let mut client = minted(&lab, SECRETS[0], "ann", 60);
    lab.pass(60);
    assert_eq!(client.allocate(&mut lab), Err(401));
}

#[test]
fn an_allocation_outlives_its_credential() {
    let mut lab = Lab::new();
    let mut client = minted(&lab, SECRETS[0], "ann", 60);
    client.allocate(&mut lab).unwrap();
    lab.pass(300);
    assert!(client.refresh(&mut lab, &[]).is_ok());
    assert!(client.permit(&mut lab, PEER).is_ok());
    assert!(client.bind(&mut lab, 0x4000, PEER).is_ok());
}

#[test]
fn a_user_that_expires_too_far_in_the_future_is_refused() {
    let mut lab = Lab::new();
    assert_eq!(
        minted(&lab, SECRETS[0], "ann", 26 * 3600).allocate(&mut lab),
        Err(401)
    );
}

/// A machine without a battery clock starts in the past and is set right later.
#[test]
fn credentials_expire_by_the_wall_clock_and_allocations_do_not() {
    let mut lab = Lab::new();
    let mut early = minted(&lab, SECRETS[0], "ann", 60);
    early.allocate(&mut lab).unwrap();
    let wall = lab.now.after(std::time::Duration::from_secs(1_000_000));
    lab.relay.set_wall_clock(lab.now, wall);
    lab.pass(1);
    assert!(lab.closed.is_empty());
    let mut late = early.clone();
    late.address = Client::new(2).address;
    assert_eq!(late.allocate(&mut lab), Err(401));
    let fresh = credentials::mint(SECRETS[0], "ann", [1; 9], wall.seconds() + 60);
    let mut fresh = Client::new(3).named(&fresh.username, &fresh.password);
    assert!(fresh.allocate(&mut lab).is_ok());
}

#[test]
fn a_configured_name_is_never_taken_for_a_time_limited_one() {
    let name = "1700009999:ann";
    let mut lab = Lab::with(|config| {
        config.users.push(magpie_relay::StaticUser {
            name: name.to_owned(),
            password: "fixed".to_owned(),
        });
    });
    let password = credentials::password(SECRETS[0], name);
    assert_eq!(
        Client::new(1).named(name, &password).allocate(&mut lab),
        Err(401)
    );
    assert!(
        Client::new(1)
            .named(name, "fixed")
            .allocate(&mut lab)
            .is_ok()
    );
}

#[test]
fn a_user_may_be_known_by_the_key_alone() {
    // printf 'keyed:magpie:wonderland' | md5sum
    let key = [
        0x01, 0xa3, 0x71, 0x39, 0x0f, 0xf2, 0xac, 0x37, 0x82, 0x31, 0x55, 0x09, 0xa0, 0xdd, 0x2f,
        0xf8,
    ];
    let mut lab = Lab::with(|config| {
        let name = "keyed".to_owned();
        config
            .keyed_users
            .push(magpie_relay::KeyedUser { name, key });
    });
    let mut wrong = Client::new(1).named("keyed", "wunderland");
    assert_eq!(wrong.allocate(&mut lab), Err(401));
    let mut right = Client::new(1).named("keyed", "wonderland");
    assert!(right.allocate(&mut lab).is_ok());
}

/// A known answer of the scheme, so that credentials minted elsewhere fit.
#[test]
fn passwords_are_the_base64_of_hmac_sha1() {
    // printf '1433895918:506003f65' | openssl dgst -sha1 -hmac logen -binary | base64
    assert_eq!(
        credentials::password("logen", "1433895918:506003f65"),
        LOGEN
    );
}

#[test]
fn challenges_of_one_address_are_limited_and_those_of_others_are_not() {
    let mut lab = Lab::new();
    let bare = request(ALLOCATE).finish();
    let flood = (0..5000)
        .filter(|_| lab.packet(Client::new(1).address, &bare) != Sent::Nothing)
        .count();
    assert_eq!(flood, 1000);
    assert_ne!(lab.packet(Client::new(2).address, &bare), Sent::Nothing);
    lab.pass(1);
    let regained = (0..5000)
        .filter(|_| lab.packet(Client::new(1).address, &bare) != Sent::Nothing)
        .count();
    assert_eq!(regained, 100);
}

#[test]
fn an_address_that_authenticates_is_not_limited() {
    let mut lab = Lab::new();
    for port in 0..3000 {
        let mut client = Client::new(1);
        let remote = (client.address.remote().ip(), 10_000 + port).into();
        client.address = ClientAddr::new(remote, client.address.local(), Transport::Udp);
        assert!(client.allocate(&mut lab).is_ok());
    }
}

#[test]
fn streams_are_not_limited_since_they_cannot_be_forged() {
    let mut lab = Lab::new();
    let bare = request(ALLOCATE).finish();
    let client = Client::over(1, Transport::Tcp);
    assert!((0..5000).all(|_| lab.packet(client.address, &bare) != Sent::Nothing));
}

fn minted(lab: &Lab, secret: &str, minter: &str, ttl: u64) -> Client {
    let minted = credentials::mint(secret, minter, [1; 9], lab.now.seconds() + ttl);
    Client::new(1).named(&minted.username, &minted.password)
}

const LOGEN: &str = "Bnr/q9vGTHHMki1YFI0PzOaseLU=";
