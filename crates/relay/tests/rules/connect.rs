//! TCP allocations (RFC 6062).

use std::net::SocketAddr;
use std::num::{NonZeroU32, NonZeroU64};

use magpie_relay::{ConnectError, ConnectionId, Millis, PeerAddr, RelayId, StaticUser, Transport};
use stun_types::attribute::{ErrorCode, RawAttribute, XorMappedAddress};
use stun_types::message::{Message, MessageClass};
use stun_types::prelude::{AttributeStaticType, AttributeWrite};
use turn_types::AddressFamily;
use turn_types::attribute::{
    AdditionalAddressFamily, ConnectionId as ConnectionIdAttribute, DontFragment, EvenPort,
    Lifetime, RequestedAddressFamily, RequestedTransport, ReservationToken, XorPeerAddress,
};
use turn_types::message::{ALLOCATE, CONNECT, CONNECTION_ATTEMPT, CONNECTION_BIND};

use crate::lab::{
    Answer, Client, Lab, PASSWORD, PEER, SERVER, Sent, USER, attribute, own, relayed, request,
    with_peer,
};

const PEER6: &str = "[2606:2800:220:1::1]:7000";

/// RFC 6062 section 5.1: the answer is that of any Allocate.
#[test]
fn a_tcp_allocation_is_answered_like_any_other() {
    for transport in [Transport::Tcp, Transport::Tls] {
        let mut lab = Lab::new();
        let client = ready(&mut lab, 1, transport);
        let answer = client.ask(&mut lab, ALLOCATE, &[&tcp()]).unwrap();
        assert_eq!(relayed(&answer), lab.places[0]);
        assert!(attribute::<XorMappedAddress>(&answer).is_some());
        assert_eq!(attribute::<Lifetime>(&answer).unwrap().seconds(), 600);
        assert_eq!(lab.listening, [lab.last()]);
    }
}

/// RFC 6062 section 5.1.
#[test]
fn a_tcp_allocation_over_udp_is_400() {
    let mut lab = Lab::new();
    let client = ready(&mut lab, 1, Transport::Udp);
    assert_eq!(client.ask(&mut lab, ALLOCATE, &[&tcp()]), Err(400));
    assert!(lab.opened.is_empty());
}

/// RFC 6062 section 5.1.
#[test]
fn what_concerns_datagrams_is_400_with_a_tcp_allocation() {
    let mut lab = Lab::new();
    let client = ready(&mut lab, 1, Transport::Tcp);
    let datagrams: [&dyn AttributeWrite; 4] = [
        &DontFragment::new(),
        &EvenPort::new(false),
        &EvenPort::new(true),
        &ReservationToken::new(1),
    ];
    for attribute in datagrams {
        assert_eq!(
            client.ask(&mut lab, ALLOCATE, &[&tcp(), attribute]),
            Err(400)
        );
    }
    assert!(client.ask(&mut lab, ALLOCATE, &[&tcp()]).is_ok());
}

/// RFC 8656 section 7.2: the operator need not offer it.
#[test]
fn a_tcp_allocation_is_442_where_it_is_switched_off() {
    let mut lab = Lab::with(|config| config.tcp_peers = false);
    let mut client = ready(&mut lab, 1, Transport::Tcp);
    assert_eq!(client.ask(&mut lab, ALLOCATE, &[&tcp()]), Err(442));
    assert!(client.allocate(&mut lab).is_ok());
}

/// RFC 8656 section 7.2.
#[test]
fn a_repeated_tcp_allocate_is_answered_alike() {
    let mut lab = Lab::new();
    let client = ready(&mut lab, 1, Transport::Tcp);
    let packet = client.sign(request(ALLOCATE), &[&tcp()]);
    let first = lab.packet(client.address, &packet);
    lab.pass(5);
    assert_ne!(first, Sent::Nothing);
    assert_eq!(lab.packet(client.address, &packet), first);
}

/// RFC 6062 section 5.2: no permission is needed, and the answer tells the connection's id.
#[test]
fn a_connect_is_answered_when_the_peer_is_there() {
    let (mut lab, client) = allocated();
    assert_eq!(start_connect(&mut lab, &client, PEER), Sent::Nothing);
    let (connection, relay, peer, own_address) = lab.connects[0];
    assert_eq!(
        (relay, peer, own_address),
        (lab.last(), PEER.parse().unwrap(), false)
    );
    assert_eq!(lab.relay.snapshot().connections, 1);
    let answer = connected(&mut lab, connection, Ok(())).unwrap();
    assert!(attribute::<ConnectionIdAttribute>(&answer).is_some());
    let message = Message::from_bytes(&answer).unwrap();
    assert!(message.has_method(CONNECT));
    assert!(message.validate_integrity_with_key(&client.key()).is_ok());
}

/// RFC 6062 section 5.2.
#[test]
fn a_peer_that_refuses_is_447_and_may_be_tried_again() {
    let (mut lab, client) = allocated();
    for (error, code) in [(ConnectError::Failed, 447), (ConnectError::Exhausted, 508)] {
        start_connect(&mut lab, &client, PEER);
        let connection = lab.connects.last().unwrap().0;
        assert_eq!(connected(&mut lab, connection, Err(error)), Err(code));
    }
    assert_eq!(lab.relay.snapshot().connections, 0);
}

/// RFC 6062 section 5.2: at least 30 seconds.
#[test]
fn a_peer_that_does_not_answer_is_447_after_thirty_seconds() {
    let (mut lab, client) = allocated();
    start_connect(&mut lab, &client, PEER);
    let connection = lab.connects[0].0;
    lab.pass(29);
    assert!(lab.unasked.is_empty());
    lab.pass(1);
    let (to, message) = &lab.unasked[0];
    assert_eq!(*to, client.address);
    assert_eq!(attribute::<ErrorCode>(message).unwrap().code(), 447);
    let parsed = Message::from_bytes(message).unwrap();
    assert!(parsed.validate_integrity_with_key(&client.key()).is_ok());
    assert_eq!(lab.disconnected, [connection]);

    // Too late: it is closed, and nothing is said twice.
    let late = own(lab.relay.connected(lab.now, connection, Ok(())));
    lab.settle();
    assert_eq!(late, Sent::Nothing);
    assert_eq!(lab.disconnected, [connection; 2]);
}

/// RFC 6062 section 5.2: 446 while a connection with that peer is being made, waits, or is bound.
#[test]
fn a_second_connection_with_the_same_peer_is_446() {
    let (mut lab, client) = allocated();
    start_connect(&mut lab, &client, PEER);
    assert_eq!(connect(&mut lab, &client, PEER), Err(446));
    let connection = lab.connects[0].0;
    connected(&mut lab, connection, Ok(())).unwrap();
    assert_eq!(connect(&mut lab, &client, PEER), Err(446));
    let data = bind(&mut lab, 2, connection);
    assert_eq!(connect(&mut lab, &client, PEER), Err(446));
    let other_port = "93.184.215.14:7001";
    assert_eq!(start_connect(&mut lab, &client, other_port), Sent::Nothing);

    lab.relay.client_gone(data.address);
    lab.settle();
    assert_eq!(start_connect(&mut lab, &client, PEER), Sent::Nothing);
}

#[test]
fn a_connect_without_or_with_a_malformed_peer_is_400() {
    let (mut lab, client) = allocated();
    let malformed = RawAttribute::new(XorPeerAddress::TYPE, &[0, 1, 2]);
    assert_eq!(client.ask(&mut lab, CONNECT, &[]), Err(400));
    assert_eq!(client.ask(&mut lab, CONNECT, &[&malformed]), Err(400));
}

/// RFC 6062 section 5.2: the policy of permissions and channels holds here too.
#[test]
fn a_forbidden_peer_is_403() {
    let (mut lab, client) = allocated();
    let forbidden = [
        "127.0.0.1:80",
        "10.0.0.1:80",
        "169.254.169.254:80",
        "93.184.215.14:0",
        SERVER,
    ];
    for peer in forbidden {
        assert_eq!(connect(&mut lab, &client, peer), Err(403), "{peer}");
    }
    assert_eq!(lab.refused, forbidden.len());
    assert!(lab.connects.is_empty());
}

/// RFC 6062 section 5.2.
#[test]
fn a_connect_without_a_tcp_allocation_is_437() {
    let mut lab = Lab::new();
    let mut client = ready(&mut lab, 1, Transport::Tcp);
    assert_eq!(connect(&mut lab, &client, PEER), Err(437));
    client.allocate(&mut lab).unwrap();
    assert_eq!(connect(&mut lab, &client, PEER), Err(437));
}

#[test]
fn a_connect_to_the_other_family_is_443() {
    let (mut lab, client) = allocated();
    assert_eq!(connect(&mut lab, &client, PEER6), Err(443));
}

#[test]
fn the_connections_of_one_address_are_bounded() {
    let (mut lab, client) = allocated_in(Lab::with(|config| config.limits.connections = 2));
    client.permit(&mut lab, PEER).unwrap();
    for port in [1, 2] {
        let peer = format!("93.184.215.14:{port}");
        assert_eq!(start_connect(&mut lab, &client, &peer), Sent::Nothing);
    }
    assert_eq!(connect(&mut lab, &client, "93.184.215.14:3"), Err(508));
    assert_eq!(accept(&mut lab, "93.184.215.14:4"), None);
}

/// Our own relayed addresses are reached, as TCP ones only, though their range is forbidden.
#[test]
fn a_relayed_address_of_ours_is_no_forbidden_peer() {
    let (mut lab, one) = allocated();
    let two = ready(&mut lab, 2, Transport::Tcp);
    let answer = two.ask(&mut lab, ALLOCATE, &[&tcp()]).unwrap();
    let mut datagrams = ready(&mut lab, 3, Transport::Tcp);
    let of_udp = datagrams.allocate(&mut lab).unwrap();
    let at_two = relayed(&answer).to_string();
    assert_eq!(start_connect(&mut lab, &one, &at_two), Sent::Nothing);
    assert!(lab.connects[0].3);
    assert_eq!(connect(&mut lab, &one, &of_udp.to_string()), Err(403));
    assert_eq!(datagrams.permit(&mut lab, &at_two), Err(403));
}

#[test]
fn an_address_does_not_connect_to_itself() {
    let (mut lab, client) = allocated();
    let itself = lab.places[0].to_string();
    assert_eq!(connect(&mut lab, &client, &itself), Err(447));
}

/// RFC 6062 section 5.4.
#[test]
fn a_bound_stream_is_spliced_after_its_answer() {
    let (mut lab, client) = allocated();
    let connection = make(&mut lab, &client, PEER);
    let data = ready(&mut lab, 2, Transport::Tcp);
    let packet = data.sign(request(CONNECTION_BIND), &[&id_of(connection)]);
    let Sent::Splice(to, message, spliced) = lab.packet(data.address, &packet) else {
        panic!("not bound")
    };
    assert_eq!((to, spliced), (data.address, connection));
    let message = Message::from_bytes(&message).unwrap();
    assert_eq!(message.class(), MessageClass::Success);
    assert!(message.has_method(CONNECTION_BIND));
    assert!(message.validate_integrity_with_key(&data.key()).is_ok());
}

/// RFC 6062 section 5.4.
#[test]
fn a_bind_to_what_is_not_waiting_is_400() {
    let (mut lab, client) = allocated();
    let data = ready(&mut lab, 2, Transport::Tcp);
    assert_eq!(data.ask(&mut lab, CONNECTION_BIND, &[]), Err(400));
    let unknown = ConnectionIdAttribute::new(0x1234_5678);
    assert_eq!(data.ask(&mut lab, CONNECTION_BIND, &[&unknown]), Err(400));
    let short = RawAttribute::new(ConnectionIdAttribute::TYPE, &[1, 2]);
    assert_eq!(data.ask(&mut lab, CONNECTION_BIND, &[&short]), Err(400));

    start_connect(&mut lab, &client, PEER);
    let connection = lab.connects[0].0;
    // Before the peer has answered, nobody knows the id: it is guessed here.
    let guessed = id_of(connection);
    assert_eq!(data.ask(&mut lab, CONNECTION_BIND, &[&guessed]), Err(400));
    connected(&mut lab, connection, Ok(())).unwrap();
    bind(&mut lab, 3, connection);
    assert_eq!(data.ask(&mut lab, CONNECTION_BIND, &[&guessed]), Err(400));
}

/// RFC 6062 section 5.4: over UDP, and on the control connection itself, there is no stream to bind.
#[test]
fn a_bind_without_a_stream_of_its_own_is_400() {
    let (mut lab, client) = allocated();
    let connection = id_of(make(&mut lab, &client, PEER));
    let over_udp = ready(&mut lab, 2, Transport::Udp);
    for client in [over_udp, client] {
        assert_eq!(
            client.ask(&mut lab, CONNECTION_BIND, &[&connection]),
            Err(400)
        );
    }
}

/// RFC 8656 section 5: only the user that made an allocation may touch it.
#[test]
fn another_users_bind_is_441() {
    let (mut lab, client) = allocated_in(Lab::with(|config| {
        config.users.push(StaticUser {
            name: "bob".to_owned(),
            password: PASSWORD.to_owned(),
        });
    }));
    let connection = id_of(make(&mut lab, &client, PEER));
    let mut bob = Client::over(2, Transport::Tcp).named("bob", PASSWORD);
    bob.learn(&mut lab);
    assert_eq!(bob.ask(&mut lab, CONNECTION_BIND, &[&connection]), Err(441));
}

/// RFC 6062 sections 5.2 and 5.3: a connection that nobody binds is closed after 30 seconds.
#[test]
fn an_unbound_connection_is_closed_after_thirty_seconds() {
    let (mut lab, client) = allocated();
    client.permit(&mut lab, PEER).unwrap();
    let bound = make(&mut lab, &client, "93.184.215.14:1");
    bind(&mut lab, 2, bound);
    lab.pass(10);
    let unbound = make(&mut lab, &client, "93.184.215.14:2");
    let (incoming, _) = accept(&mut lab, "93.184.215.14:3").unwrap();
    lab.pass(29);
    assert!(lab.disconnected.is_empty());
    lab.pass(1);
    assert_eq!(lab.disconnected, [unbound, incoming]);
    assert!(lab.unasked.is_empty());
    assert_eq!(lab.relay.snapshot().connections, 1);
}

/// RFC 6062 section 5.3.
#[test]
fn a_permitted_peer_that_connects_is_announced() {
    let (mut lab, client) = allocated();
    client.permit(&mut lab, PEER).unwrap();
    let (connection, Sent::Reply(indication)) = accept(&mut lab, PEER).unwrap() else {
        panic!("nothing said")
    };
    let message = Message::from_bytes(&indication).unwrap();
    assert_eq!(message.class(), MessageClass::Indication);
    assert!(message.has_method(CONNECTION_ATTEMPT));
    let peer = attribute::<XorPeerAddress>(&indication).unwrap();
    assert_eq!(peer.addr(message.transaction_id()).to_string(), PEER);
    let id = attribute::<ConnectionIdAttribute>(&indication).unwrap();
    assert_eq!(id.id(), id_of(connection).id());
    bind(&mut lab, 2, connection);
}

/// RFC 6062 section 5.3.
#[test]
fn a_peer_without_permission_is_turned_away() {
    let (mut lab, client) = allocated();
    assert!(accept(&mut lab, PEER).is_none());
    client.permit(&mut lab, PEER).unwrap();
    assert!(accept(&mut lab, "93.184.215.15:7000").is_none());
    lab.pass(301);
    assert!(accept(&mut lab, PEER).is_none());
}

/// Policy lets own relayed addresses through, and nothing else at their IP address.
#[test]
fn only_relayed_addresses_of_ours_connect_from_their_ip_address() {
    let (mut lab, one) = allocated();
    let two = ready(&mut lab, 2, Transport::Tcp);
    two.ask(&mut lab, ALLOCATE, &[&tcp()]).unwrap();
    let [_, at_two] = [lab.places[0], lab.places[1]].map(|at| at.to_string());
    one.permit(&mut lab, &at_two).unwrap();
    let relay = lab.listening[0];
    assert!(accept_at(&mut lab, relay, "192.0.2.9:4444").is_none());
    assert!(accept_at(&mut lab, relay, &at_two).is_some());
}

/// RFC 6062 section 5.5.
#[test]
fn the_end_of_the_clients_stream_ends_the_connection() {
    let (mut lab, client) = allocated();
    let connection = make(&mut lab, &client, PEER);
    let data = bind(&mut lab, 2, connection);
    lab.relay.client_gone(data.address);
    lab.settle();
    assert_eq!(lab.disconnected, [connection]);
    assert!(lab.closed.is_empty());
}

/// RFC 6062 section 5.5.
#[test]
fn the_end_of_an_allocation_ends_its_connections() {
    type End = fn(&mut Lab, &Client);
    let ends: [End; 3] = [
        |lab, client| drop(client.refresh(lab, &[&Lifetime::new(0)])),
        |lab, _| lab.pass(600),
        |lab, client| {
            lab.relay.client_gone(client.address);
            lab.settle();
        },
    ];
    for end in ends {
        let (mut lab, client) = allocated();
        let bound = make(&mut lab, &client, PEER);
        bind(&mut lab, 2, bound);
        lab.pass(580);
        start_connect(&mut lab, &client, "93.184.215.14:1");
        let connecting = lab.connects.last().unwrap().0;
        end(&mut lab, &client);
        lab.disconnected.sort_unstable();
        let mut all = [bound, connecting];
        all.sort_unstable();
        assert_eq!(lab.disconnected, all);
        assert_eq!(lab.closed, [lab.last()]);
        assert_eq!(lab.relay.snapshot().connections, 0);
        assert!(lab.unasked.is_empty());
    }
}

/// RFC 6062 section 3: neither channels nor Send indications go with connections.
#[test]
fn datagrams_do_not_pass_a_tcp_allocation() {
    let (mut lab, client) = allocated();
    client.permit(&mut lab, PEER).unwrap();
    assert_eq!(client.bind(&mut lab, 0x4000, PEER), Err(400));
    assert_eq!(client.send(&mut lab, PEER, b"no", &[]), Sent::Nothing);
    assert!(lab.watched.is_empty());
}

#[test]
fn a_dual_tcp_allocation_connects_to_both_families() {
    let mut lab = Lab::new();
    let client = ready(&mut lab, 1, Transport::Tcp);
    let v6 = AdditionalAddressFamily::new(AddressFamily::IPV6);
    client.ask(&mut lab, ALLOCATE, &[&tcp(), &v6]).unwrap();
    for (peer, relay) in [(PEER, lab.opened[0].0), (PEER6, lab.opened[1].0)] {
        start_connect(&mut lab, &client, peer);
        assert_eq!(lab.connects.last().unwrap().1, relay);
    }
    let only_v4 = RequestedAddressFamily::new(AddressFamily::IPV4);
    let answer = client.refresh(&mut lab, &[&Lifetime::new(0), &only_v4]);
    assert!(answer.is_ok());
    assert_eq!(lab.disconnected, [lab.connects[0].0]);
    assert_eq!(connect(&mut lab, &client, PEER), Err(443));
}

#[test]
fn a_tcp_allocation_counts_against_the_quota() {
    let mut lab = Lab::with(|config| config.limits.per_user = NonZeroU32::new(1));
    let [one, two] = [1, 2].map(|n| ready(&mut lab, n, Transport::Tcp));
    one.ask(&mut lab, ALLOCATE, &[&tcp()]).unwrap();
    assert_eq!(two.ask(&mut lab, ALLOCATE, &[&tcp()]), Err(486));
}

/// The bytes never come here, but they count: a second's worth at once, then at the rate.
#[test]
fn connections_share_the_bandwidth_of_their_allocation() {
    let (mut lab, client) = allocated_in(Lab::with(|config| {
        config.limits.max_bps = NonZeroU64::new(1_000_000)
    }));
    let [one, two] = [1, 2].map(|n: u8| {
        let connection = make(&mut lab, &client, &format!("93.184.215.14:{n}"));
        bind(&mut lab, n + 1, connection);
        connection
    });
    let now = lab.now;
    assert_eq!(lab.relay.carried(now, one, 100_000, 20_000), None);
    assert_eq!(lab.relay.carried(now, two, 0, 17_500), None);
    let resume = lab.relay.carried(now, two, 37_500, 0);
    assert_eq!(resume, Some(Millis(now.0 + 100)));
    assert_eq!(lab.relay.carried(Millis(now.0 + 100), one, 0, 0), None);
    let snapshot = lab.relay.snapshot();
    assert_eq!(
        (snapshot.bytes_to_peers, snapshot.bytes_to_clients),
        (137_500, 37_500)
    );
}

#[test]
fn connections_made_and_closed_in_a_loop_leave_no_timers() {
    let (mut lab, client) = allocated();
    for _ in 0..5000 {
        start_connect(&mut lab, &client, PEER);
        let connection = lab.connects.last().unwrap().0;
        assert!(connected(&mut lab, connection, Err(ConnectError::Failed)).is_err());
    }
    assert_eq!(lab.relay.snapshot().connections, 0);
    lab.pass(31);
    assert!(lab.unasked.is_empty());
    assert!(lab.disconnected.is_empty());
}

fn tcp() -> RequestedTransport {
    RequestedTransport::new(6)
}

fn ready(lab: &mut Lab, n: u8, transport: Transport) -> Client {
    let mut client = Client::over(n, transport);
    assert_eq!(client.username, USER);
    client.learn(lab);
    client
}

/// A client with a TCP allocation.
fn allocated() -> (Lab, Client) {
    allocated_in(Lab::with(|config| {
        config.lifetimes.nonce = std::time::Duration::from_secs(3600);
    }))
}

fn allocated_in(mut lab: Lab) -> (Lab, Client) {
    let client = ready(&mut lab, 1, Transport::Tcp);
    client.ask(&mut lab, ALLOCATE, &[&tcp()]).unwrap();
    (lab, client)
}

/// Connect, refused at once.
fn connect(lab: &mut Lab, client: &Client, peer: &str) -> Answer {
    client.sign_and_send(lab, with_peer(request(CONNECT), peer), &[])
}

/// Connect, to be answered later.
fn start_connect(lab: &mut Lab, client: &Client, peer: &str) -> Sent {
    let packet = client.sign(with_peer(request(CONNECT), peer), &[]);
    lab.packet(client.address, &packet)
}

/// What became of a connection, as the client hears it.
fn connected(lab: &mut Lab, id: ConnectionId, result: Result<(), ConnectError>) -> Answer {
    let Sent::Reply(reply) = own(lab.relay.connected(lab.now, id, result)) else {
        panic!("no answer")
    };
    match attribute::<ErrorCode>(&reply) {
        Some(error) => Err(error.code()),
        None => Ok(reply),
    }
}

/// A connection that waits to be bound.
fn make(lab: &mut Lab, client: &Client, peer: &str) -> ConnectionId {
    start_connect(lab, client, peer);
    let id = lab.connects.last().unwrap().0;
    connected(lab, id, Ok(())).unwrap();
    id
}

/// Binds a stream of client `n` to a connection.
fn bind(lab: &mut Lab, n: u8, connection: ConnectionId) -> Client {
    let data = ready(lab, n, Transport::Tcp);
    let packet = data.sign(request(CONNECTION_BIND), &[&id_of(connection)]);
    let sent = lab.packet(data.address, &packet);
    assert!(matches!(sent, Sent::Splice(..)), "{sent:?}");
    data
}

/// A peer's connection to the first address that listens.
fn accept(lab: &mut Lab, peer: &str) -> Option<(ConnectionId, Sent)> {
    let relay = lab.listening[0];
    accept_at(lab, relay, peer)
}

fn accept_at(lab: &mut Lab, relay: RelayId, peer: &str) -> Option<(ConnectionId, Sent)> {
    let peer: SocketAddr = peer.parse().unwrap();
    let (id, output) = lab.relay.accepted(lab.now, relay, PeerAddr::new(peer))?;
    Some((id, own(output)))
}

fn id_of(connection: ConnectionId) -> ConnectionIdAttribute {
    ConnectionIdAttribute::new(connection.get())
}
