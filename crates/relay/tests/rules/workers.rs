//! Several relays of one server, which have to look like one from outside; and packets taken together.

use std::num::{NonZeroU32, NonZeroU64};

use magpie_relay::{PeerAddr, RelayAddr, Route, Run};
use stun_types::prelude::AttributeWrite;
use turn_types::attribute::{EvenPort, Lifetime, RequestedTransport, ReservationToken};
use turn_types::message::ALLOCATE;

use crate::lab::{Client, Lab, PEER, Sent, attribute};

#[test]
fn a_quota_holds_over_all_workers_and_is_freed_at_once() {
    let mut labs: [Lab; 2] = Lab::workers(|config| config.limits.per_user = NonZeroU32::new(2));
    let [one, two] = &mut labs;
    let mut first = Client::new(1);
    first.allocate(one).unwrap();
    Client::new(2).allocate(two).unwrap();
    assert_eq!(Client::new(3).allocate(two), Err(486));
    first.refresh(one, &[&Lifetime::new(0)]).unwrap();
    assert!(Client::new(3).allocate(two).is_ok());
}

#[test]
fn a_nonce_of_one_worker_is_good_at_the_other() {
    let mut labs: [Lab; 2] = Lab::workers(|_| {});
    let [one, two] = &mut labs;
    let mut client = Client::new(1);
    client.learn(one);
    let asked = client.ask(two, ALLOCATE, &[&RequestedTransport::new(17)]);
    assert!(asked.is_ok());
}

#[test]
fn a_reservation_of_one_worker_is_good_once_at_the_other() {
    let mut labs: [Lab; 2] = Lab::workers(|_| {});
    let [one, two] = &mut labs;
    let answer = ask(one, 1, &EvenPort::new(true)).unwrap();
    let token = attribute::<ReservationToken>(&answer).unwrap().token();
    assert!(ask(two, 2, &ReservationToken::new(token)).is_ok());
    assert_eq!(ask(one, 3, &ReservationToken::new(token)), Err(508));
    one.pass(60);
    assert!(one.released.is_empty());
}

#[test]
fn tokens_of_two_workers_differ() {
    let mut labs: [Lab; 2] = Lab::workers(|_| {});
    let tokens = labs.each_mut().map(|lab| {
        let answer = ask(lab, 1, &EvenPort::new(true)).unwrap();
        attribute::<ReservationToken>(&answer).unwrap().token()
    });
    assert_ne!(tokens[0], tokens[1]);
}

/// Relayed addresses of this server are allowed although the range they lie in (192.0.2.0/24) is not.
#[test]
fn a_packet_for_a_relayed_address_of_another_worker_goes_to_that_worker() {
    let mut labs: [Lab; 2] = Lab::workers(|_| {});
    let [one, two] = &mut labs;
    let (mut ann, mut ben) = (Client::new(1), Client::new(2));
    let (at_ann, at_ben) = (ann.allocate(one).unwrap(), ben.allocate(two).unwrap());
    ann.bind(one, 0x4000, &at_ben.to_string()).unwrap();
    let Sent::ToWorker(1, from, to, payload) = ann.send_on(one, 0x4000, b"hello") else {
        panic!("not handed over")
    };
    assert_eq!((from.get(), to.get()), (at_ann, at_ben));
    let run = Run::one(payload.len());
    assert_eq!(
        two.relay.worker_run(two.now, from, to, run),
        Route::Nowhere,
        "not permitted yet"
    );
    ben.bind(two, 0x4001, &at_ann.to_string()).unwrap();
    let Route::ToClient { client, wrap } = two.relay.worker_run(two.now, from, to, run) else {
        panic!("not delivered")
    };
    let (head, padding) = two.relay.head(wrap, payload.len()).unwrap();
    assert_eq!(
        (client, head.as_bytes(), padding),
        (ben.address, &[0x40, 1, 0, 5][..], 0)
    );
    assert!(one.watched.is_empty() && two.watched.is_empty());
}

#[test]
fn a_relayed_address_that_has_gone_is_nobodys() {
    let mut labs: [Lab; 2] = Lab::workers(|_| {});
    let [one, two] = &mut labs;
    let (mut ann, mut ben) = (Client::new(1), Client::new(2));
    ann.allocate(one).unwrap();
    let at_ben = ben.allocate(two).unwrap().to_string();
    ann.bind(one, 0x4000, &at_ben).unwrap();
    ben.refresh(two, &[&Lifetime::new(0)]).unwrap();
    assert_eq!(ann.send_on(one, 0x4000, b"hello"), Sent::Nothing);
    assert_eq!(ann.permit(one, &at_ben), Err(403));
}

#[test]
fn a_run_is_counted_packet_by_packet() {
    let mut lab = Lab::new();
    let mut client = Client::new(1);
    client.allocate(&mut lab).unwrap();
    client.bind(&mut lab, 0x4000, PEER).unwrap();
    let run = Run {
        packets: 8,
        bytes: 9600,
    };
    let (relay, peer) = (lab.last(), PeerAddr::new(PEER.parse().unwrap()));
    let out = lab.relay.channel_run(lab.now, &client.address, 0x4000, run);
    assert_eq!(out, Route::ToPeer { relay, peer });
    let back = lab.relay.peer_run(lab.now, relay, peer, run);
    assert!(matches!(back, Route::ToClient { client: to, .. } if to == client.address));
    assert_eq!(
        lab.relay.channel_run(lab.now, &client.address, 0x4001, run),
        Route::Nowhere
    );
    let counts = lab.relay.snapshot();
    assert_eq!((counts.to_peers, counts.bytes_to_peers), (8, 9600));
    assert_eq!((counts.to_clients, counts.bytes_to_clients), (8, 9600));
    assert_eq!(counts.dropped, 8);
}

#[test]
fn a_run_of_which_a_part_fits_the_rate_is_asked_about_packet_by_packet() {
    let mut lab = Lab::with(|config| config.limits.max_bps = NonZeroU64::new(1));
    let mut client = Client::new(1);
    client.allocate(&mut lab).unwrap();
    client.bind(&mut lab, 0x4000, PEER).unwrap();
    let run = Run {
        packets: 2,
        bytes: 100_000,
    };
    let out = lab.relay.channel_run(lab.now, &client.address, 0x4000, run);
    assert_eq!(out, Route::Singly);
    let one = Run::one(50_000);
    let passed = [(); 2].map(|()| lab.relay.channel_run(lab.now, &client.address, 0x4000, one));
    assert!(matches!(passed, [Route::ToPeer { .. }, Route::Nowhere]));
    assert_eq!(lab.relay.snapshot().over_rate, 1);
}

#[test]
fn a_run_between_two_clients_that_exceeds_the_rate_of_the_second_is_dropped_whole() {
    let mut lab = Lab::with(|config| config.limits.max_bps = NonZeroU64::new(1));
    let (mut ann, mut ben) = (Client::new(1), Client::new(2));
    let (at_ann, at_ben) = (
        ann.allocate(&mut lab).unwrap(),
        ben.allocate(&mut lab).unwrap(),
    );
    ann.bind(&mut lab, 0x4000, &at_ben.to_string()).unwrap();
    ben.bind(&mut lab, 0x4000, &at_ann.to_string()).unwrap();
    let run = Run {
        packets: 2,
        bytes: 40_000,
    };
    let back = lab
        .relay
        .worker_run(lab.now, RelayAddr::new(at_ann), RelayAddr::new(at_ben), run);
    assert!(matches!(back, Route::ToClient { .. }));
    let out = lab.relay.channel_run(lab.now, &ann.address, 0x4000, run);
    assert_eq!(out, Route::Nowhere);
    assert_eq!(lab.relay.snapshot().over_rate, 2);
}

fn ask(lab: &mut Lab, n: u8, attribute: &dyn AttributeWrite) -> Result<Vec<u8>, u16> {
    let mut client = Client::new(n);
    client.learn(lab);
    client.ask(lab, ALLOCATE, &[&RequestedTransport::new(17), attribute])
}
