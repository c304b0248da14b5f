//! What the operator has switched off, and what is left then.

use magpie_relay::Binding;
use stun_types::attribute::{ErrorCode, RawAttribute, XorMappedAddress};
use stun_types::message::{BINDING, Message};
use stun_types::prelude::MessageWrite;
use turn_types::attribute::RequestedTransport;
use turn_types::message::ALLOCATE;

use crate::lab::{Client, Lab, Sent, attribute, request};

#[test]
fn without_turn_only_bindings_are_answered() {
    let mut lab = Lab::with(|config| config.turn = false);
    let client = Client::new(1);
    let allocate = request(ALLOCATE).finish();
    assert_eq!(lab.packet(client.address, &allocate), Sent::Nothing);
    let binding = request(BINDING).finish();
    assert!(matches!(
        lab.packet(client.address, &binding),
        Sent::Reply(_)
    ));
}

#[test]
fn bindings_of_nobody_are_dropped_and_allocations_go_on() {
    let mut lab = Lab::with(|config| config.binding = Binding::Nobody);
    let mut client = Client::new(1);
    let binding = request(BINDING).finish();
    assert_eq!(lab.packet(client.address, &binding), Sent::Nothing);
    assert!(client.allocate(&mut lab).is_ok());
}

/// RFC 8489 section 9.2.4: challenged like any other request, and answered signed.
#[test]
fn bindings_of_users_are_answered_to_users() {
    let mut lab = Lab::with(|config| config.binding = Binding::Users);
    let mut client = Client::new(1);
    let bare = request(BINDING).finish();
    let Sent::Reply(denied) = lab.packet(client.address, &bare) else {
        panic!("no answer")
    };
    assert_eq!(attribute::<ErrorCode>(&denied).unwrap().code(), 401);
    client.learn(&mut lab);
    let reply = client.ask(&mut lab, BINDING, &[]).unwrap();
    assert!(attribute::<XorMappedAddress>(&reply).is_some());
    let message = Message::from_bytes(&reply).unwrap();
    assert!(message.validate_integrity_with_key(&client.key()).is_ok());
    let unknown = RawAttribute::new(0x7ffe.into(), &[1]);
    assert_eq!(client.ask(&mut lab, BINDING, &[&unknown]), Err(420));
    assert!(
        client
            .ask(&mut lab, ALLOCATE, &[&RequestedTransport::new(17)])
            .is_ok()
    );
}
