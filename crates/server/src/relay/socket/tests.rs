//! Real sockets on loopback.

use std::net::UdpSocket;

use super::*;

#[test]
fn a_taken_port_is_an_error_also_when_it_is_shared() {
    let first = RelaySocket::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let others = first.siblings(2).unwrap();
    assert_eq!(others.len(), 2);
    let again = RelaySocket::bind(first.local()).unwrap_err();
    assert_eq!(again.kind(), io::ErrorKind::AddrInUse);
}

#[test]
fn the_kernel_spreads_clients_over_siblings() {
    let first = RelaySocket::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let second = first.siblings(1).unwrap().remove(0);
    let clients: Vec<UdpSocket> = (0..64).map(|_| bound()).collect();
    for client in &clients {
        client.send_to(b"x", first.local()).unwrap();
    }
    let mut batch = Batch::new();
    let shares = [first, second].map(|socket| {
        let mut count = 0;
        while socket.receive(&mut batch, BATCH).is_ok() {
            count += batch.datagrams().count();
        }
        count
    });
    assert_eq!(shares[0] + shares[1], 64);
    assert!(shares.iter().all(|share| *share > 0), "{shares:?}");
}

#[test]
fn segments_leave_as_one_and_arrive_as_one() {
    let (server, client) = (listening("127.0.0.1:0"), bound());
    let payload: Vec<u8> = (0..2500_u32).map(|n| n as u8).collect();
    let parts: Vec<IoSlice<'_>> = payload.chunks(600).map(IoSlice::new).collect();
    send(&client, &parts, Some(1000), server.local(), None).unwrap();
    let mut batch = Batch::new();
    server.receive(&mut batch, BATCH).unwrap();
    let packets: Vec<&[u8]> = batch.datagrams().flat_map(|d| d.packets()).collect();
    assert_eq!(packets, payload.chunks(1000).collect::<Vec<_>>());
}

#[test]
fn datagrams_are_sorted_by_sender_and_keep_their_order() {
    let (server, one, two) = (listening("127.0.0.1:0"), bound(), bound());
    for n in 0..6 {
        let client = if n % 2 == 0 { &one } else { &two };
        client.send_to(&[n], server.local()).unwrap();
    }
    let mut batch = Batch::new();
    server.receive(&mut batch, BATCH).unwrap();
    let came: Vec<(SocketAddr, u8)> = batch.datagrams().map(|d| (d.from, d.bytes[0])).collect();
    let of = |client: &UdpSocket| {
        let local = client.local_addr().unwrap();
        came.iter()
            .filter(|(from, _)| *from == local)
            .map(|(_, n)| *n)
            .collect::<Vec<_>>()
    };
    assert_eq!((of(&one), of(&two)), (vec![0, 2, 4], vec![1, 3, 5]));
    assert_eq!(
        came.windows(2)
            .filter(|pair| pair[0].0 != pair[1].0)
            .count(),
        1
    );
}

#[test]
fn an_empty_datagram_is_an_empty_packet() {
    let (server, client) = (listening("127.0.0.1:0"), bound());
    client.send_to(b"", server.local()).unwrap();
    let mut batch = Batch::new();
    server.receive(&mut batch, BATCH).unwrap();
    let packets: Vec<&[u8]> = batch.datagrams().flat_map(|d| d.packets()).collect();
    assert_eq!(packets, [b""]);
}

#[test]
fn a_wildcard_socket_knows_which_address_was_reached_and_answers_from_it() {
    for (wildcard, reached) in [("0.0.0.0:0", "127.0.0.2"), ("[::]:0", "::1")] {
        let server = listening(wildcard);
        let reached = SocketAddr::new(reached.parse().unwrap(), server.local().port());
        let client = match reached {
            SocketAddr::V4(_) => bound(),
            SocketAddr::V6(_) => UdpSocket::bind("[::1]:0").unwrap(),
        };
        client.send_to(b"ask", reached).unwrap();
        let mut batch = Batch::new();
        server.receive(&mut batch, BATCH).unwrap();
        let asked = batch.datagrams().next().unwrap();
        assert_eq!(asked.to, reached);
        let answer = [IoSlice::new(b"ans"), IoSlice::new(b"wer")];
        server.send(&answer, None, asked.from, asked.to).unwrap();
        let mut buffer = [0; 16];
        let (length, from) = client.recv_from(&mut buffer).unwrap();
        assert_eq!((&buffer[..length], from), (&b"answer"[..], reached));
    }
}

fn listening(address: &str) -> RelaySocket {
    RelaySocket::bind(address.parse().unwrap()).unwrap()
}

fn bound() -> UdpSocket {
    UdpSocket::bind("127.0.0.1:0").unwrap()
}
