//! Every error code where it belongs, over a real socket. Those of TCP allocations (446, 447) are seen elsewhere.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use magpie_server::config::{RelaySettings, Secret, TurnUser};
use stun_types::attribute::{AlternateServer, ErrorCode, RawAttribute, UnknownAttributes};
use stun_types::message::{BINDING, Message, MessageWriteVec};
use stun_types::prelude::{AttributeWrite, MessageWrite, MessageWriteExt};
use turn_types::AddressFamily;
use turn_types::attribute::{ChannelNumber, Lifetime, RequestedAddressFamily, RequestedTransport};
use turn_types::message::{ALLOCATE, CHANNEL_BIND, CREATE_PERMISSION, REFRESH};

use crate::client::Client;
use crate::server::{PASSWORD, Server, USER, settings, start};

#[test]
fn error_300_sends_an_allocate_to_the_alternate_server() {
    let elsewhere: SocketAddr = "198.51.100.7:3478".parse().unwrap();
    let server = with(|settings| settings.alternate_servers = vec![elsewhere]);
    let mut client = client(&server);
    client.learn();
    assert_eq!(allocate(&client, &[]), Err(300));
    let (_, answer) = refusal(&client, ALLOCATE, &[&RequestedTransport::new(17)]);
    let told = Message::from_bytes(&answer)
        .unwrap()
        .attribute::<AlternateServer>();
    assert_eq!(told.unwrap().server(), elsewhere);
}

#[test]
fn error_400_answers_an_allocate_without_a_transport() {
    let server = with(|_| ());
    let mut client = client(&server);
    client.learn();
    assert_eq!(client.request(ALLOCATE, &[]).err(), Some(400));
}

#[test]
fn error_401_answers_a_wrong_password() {
    let server = with(|_| ());
    let mut client = Client::new(server.address, USER, "wrong");
    assert_eq!(client.allocate(), Err(401));
}

#[test]
fn error_403_answers_a_forbidden_peer() {
    let server = with(|_| ());
    let mut client = client(&server);
    client.allocate().unwrap();
    let peer = "10.0.0.1:9".parse().unwrap();
    assert_eq!(client.permit(peer), Err(403));
    assert_eq!(client.bind(0x4000, peer), Err(403));
}

#[test]
fn error_420_lists_what_is_unknown() {
    let server = with(|_| ());
    let mut client = client(&server);
    client.learn();
    let strange = RawAttribute::new(0x7777.into(), &[1, 2, 3, 4]);
    let attributes: [&dyn AttributeWrite; 2] = [&RequestedTransport::new(17), &strange];
    let (code, answer) = refusal(&client, ALLOCATE, &attributes);
    let message = Message::from_bytes(&answer).unwrap();
    let unknown = message.attribute::<UnknownAttributes>().unwrap();
    assert_eq!((code, unknown.has_attribute(0x7777.into())), (420, true));
    let mut binding = Message::builder_request(BINDING, MessageWriteVec::new());
    binding.add_attribute(&strange).unwrap();
    assert_eq!(code_of(&client.ask(&binding.finish())), Some(420));
}

#[test]
fn error_437_answers_for_an_allocation_that_is_not_there_or_there_already() {
    let server = with(|_| ());
    let mut client = client(&server);
    client.learn();
    assert_eq!(client.request(REFRESH, &[]).err(), Some(437));
    assert!(allocate(&client, &[]).is_ok());
    assert_eq!(allocate(&client, &[]), Err(437));
}

#[test]
fn error_438_answers_a_nonce_that_is_too_old() {
    let server = with(|settings| settings.nonce_lifetime = Duration::from_secs(1));
    let mut client = client(&server);
    client.learn();
    // Nonces count whole seconds of the server's own clock.
    std::thread::sleep(Duration::from_millis(2100));
    assert_eq!(allocate(&client, &[]), Err(438));
}

#[test]
fn error_440_answers_an_unknown_family() {
    let server = with(|_| ());
    let mut client = client(&server);
    client.learn();
    let family = RawAttribute::new(0x0017.into(), &[3, 0, 0, 0]);
    assert_eq!(allocate(&client, &[&family]), Err(440));
}

#[test]
fn error_441_answers_another_user() {
    let server = with(|settings| {
        settings.users.push(TurnUser {
            name: "bob".to_owned(),
            password: Secret::new("builder".to_owned()),
        });
    });
    let mut client = client(&server);
    client.allocate().unwrap();
    client.become_user("bob", "builder");
    assert_eq!(client.refresh(&[]), Err(441));
}

#[test]
fn error_442_answers_an_unknown_transport() {
    let server = with(|_| ());
    let mut client = client(&server);
    client.learn();
    let refused = client.request(ALLOCATE, &[&RequestedTransport::new(132)]);
    assert_eq!(refused.err(), Some(442));
}

#[test]
fn error_443_answers_a_peer_or_a_refresh_of_the_other_family() {
    let server = with(|_| ());
    let mut client = client(&server);
    client.allocate().unwrap();
    let peer = "[2a00:1450::1]:9".parse().unwrap();
    assert_eq!(client.permit(peer), Err(443));
    assert_eq!(client.bind(0x4000, peer), Err(443));
    let v6 = RequestedAddressFamily::new(AddressFamily::IPV6);
    assert_eq!(client.refresh(&[&v6, &Lifetime::new(600)]), Err(443));
}

#[test]
fn error_486_answers_one_allocation_too_many() {
    let server = with(|settings| settings.user_quota = NonZeroU32::new(1));
    let (mut one, mut two) = (client(&server), client(&server));
    one.allocate().unwrap();
    assert_eq!(two.allocate(), Err(486));
}

/// The address that is to be relayed from is configured and is none of this machine.
#[test]
fn error_500_answers_when_the_system_refuses_a_relayed_address() {
    let mut settings = settings();
    settings.public_ips = vec!["203.0.113.7/192.0.2.99".parse().unwrap()];
    let server = start(&settings, "::1");
    assert_eq!(client(&server).allocate(), Err(500));
}

#[test]
fn error_508_answers_when_no_port_is_left() {
    let port = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let taken = port.local_addr().unwrap().port();
    let server = with(|settings| settings.ports = format!("{taken}-{taken}").parse().unwrap());
    assert_eq!(client(&server).allocate(), Err(508));
}

#[test]
fn a_repeated_allocate_is_answered_with_the_same_bytes() {
    let server = with(|_| ());
    let mut client = client(&server);
    client.learn();
    let request = Message::builder_request(ALLOCATE, MessageWriteVec::new());
    let packet = client.sign(request, &[&RequestedTransport::new(17)]);
    let first = client.ask(&packet);
    assert_eq!(code_of(&first), None);
    assert_eq!(client.ask(&packet), first);
}

#[test]
fn requests_that_lack_what_they_are_about_are_400() {
    let server = with(|_| ());
    let mut client = client(&server);
    client.allocate().unwrap();
    let channel = ChannelNumber::new(0x4000);
    for (method, attributes) in [
        (CREATE_PERMISSION, &[][..]),
        (CHANNEL_BIND, &[]),
        (CHANNEL_BIND, &[&channel as &dyn AttributeWrite]),
    ] {
        assert_eq!(client.request(method, attributes).err(), Some(400));
    }
}

fn with(change: impl FnOnce(&mut RelaySettings)) -> Server {
    let mut settings = settings();
    change(&mut settings);
    start(&settings, "127.0.0.1")
}

fn client(server: &Server) -> Client {
    Client::new(server.address, USER, PASSWORD)
}

fn allocate(client: &Client, more: &[&dyn AttributeWrite]) -> Result<(), u16> {
    let transport = RequestedTransport::new(17);
    let attributes = [&[&transport as &dyn AttributeWrite], more].concat();
    client.request(ALLOCATE, &attributes).map(drop)
}

/// The error to a signed request, and the whole answer.
fn refusal(
    client: &Client,
    method: stun_types::message::Method,
    attributes: &[&dyn AttributeWrite],
) -> (u16, Vec<u8>) {
    let request = Message::builder_request(method, MessageWriteVec::new());
    let answer = client.ask(&client.sign(request, attributes));
    (code_of(&answer).unwrap(), answer)
}

fn code_of(answer: &[u8]) -> Option<u16> {
    let message = Message::from_bytes(answer).unwrap();
    message.attribute::<ErrorCode>().ok().map(|e| e.code())
}
