//! Several workers behind one port, and packets that travel together.

use std::io::IoSlice;
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;
use std::time::Duration;

use magpie_server::config::RelaySettings;
use nix::sys::socket::{ControlMessage, MsgFlags, SockaddrStorage, sendmsg};
use turn_types::attribute::ReservationToken;

use crate::client::Client;
use crate::server::{PASSWORD, USER, settings, start};

/// Loopback is refused as a peer here, so what arrives cannot have passed a relay socket.
#[test]
fn relayed_clients_of_all_workers_reach_each_other_inside_the_process() {
    let server = start(&with_workers(4), "127.0.0.1");
    let mut clients: Vec<Client> = (0..12).map(|_| client(server.address)).collect();
    let relayed: Vec<SocketAddr> = clients.iter_mut().map(|c| c.allocate().unwrap()).collect();
    for (client, own) in clients.iter().zip(&relayed) {
        let others = relayed.iter().zip(0x4000..).filter(|(at, _)| *at != own);
        for (at, channel) in others {
            client.bind(channel, *at).unwrap();
        }
    }
    for (from, sender) in clients.iter().enumerate() {
        for (to, receiver) in clients.iter().enumerate().filter(|(to, _)| *to != from) {
            let payload = [from as u8, to as u8];
            sender.send(0x4000 + to as u16, &payload);
            let channel = (0x4000 + from as u16).to_be_bytes();
            let expected = [&channel[..], &[0, 2], &payload].concat();
            assert_eq!(receiver.receive(), expected);
        }
    }
}

#[test]
fn a_burst_between_clients_of_different_workers_arrives_whole_and_in_order() {
    let server = start(&with_workers(4), "127.0.0.1");
    let mut first = client(server.address);
    let at_first = first.allocate().unwrap();
    for _ in 0..6 {
        let mut second = client(server.address);
        first
            .bind(
                0x4000 + second.local().port() % 999,
                second.allocate().unwrap(),
            )
            .unwrap();
        second.bind(0x4001, at_first).unwrap();
        let number = 0x4000 + second.local().port() % 999;
        send_together(&first.socket, None, &burst(Some(number)));
        for packet in burst(Some(0x4001)) {
            assert_eq!(second.receive(), packet);
        }
    }
}

#[test]
fn packets_that_come_together_reach_the_peer_each_without_its_head() {
    let server = start(&allowing_loopback(), "127.0.0.1");
    let (peer, mut client) = (peer(), client(server.address));
    client.allocate().unwrap();
    client.bind(0x4000, peer.local_addr().unwrap()).unwrap();
    send_together(&client.socket, None, &burst(Some(0x4000)));
    let mut buffer = [0; 2048];
    for packet in burst(None) {
        let length = peer.recv(&mut buffer).unwrap();
        assert_eq!(buffer[..length], packet);
    }
}

#[test]
fn packets_of_a_peer_that_come_together_reach_the_client_each_behind_its_head() {
    let server = start(&allowing_loopback(), "127.0.0.1");
    let (peer, mut client) = (peer(), client(server.address));
    let relayed = client.allocate().unwrap();
    client.bind(0x4000, peer.local_addr().unwrap()).unwrap();
    send_together(&peer, Some(relayed), &burst(None));
    for packet in burst(Some(0x4000)) {
        assert_eq!(client.receive(), packet);
    }
}

/// RFC 8656 section 11.6: without a channel they come as Data indications.
#[test]
fn packets_of_a_peer_without_a_channel_come_together_too() {
    let server = start(&allowing_loopback(), "127.0.0.1");
    let (peer, mut client) = (peer(), client(server.address));
    let relayed = client.allocate().unwrap();
    client.permit(peer.local_addr().unwrap()).unwrap();
    send_together(&peer, Some(relayed), &burst(None));
    for packet in burst(None) {
        let indication = client.receive();
        let padded = packet.len().next_multiple_of(4);
        assert_eq!(indication[..2], [0x00, 0x17]);
        assert_eq!(
            &indication[indication.len() - padded..][..packet.len()],
            packet
        );
    }
}

/// RFC 8656 section 7.2; the clients are spread over the workers by their ports.
#[test]
fn a_reserved_port_goes_to_whoever_brings_the_token_to_whichever_worker() {
    let server = start(&with_workers(4), "127.0.0.1");
    for _ in 0..8 {
        let (mut first, mut second) = (client(server.address), client(server.address));
        let (relayed, token) = first.allocate_even().unwrap();
        let next = second
            .allocate_with(&[&ReservationToken::new(token)])
            .unwrap();
        assert_eq!(next[0].port(), relayed.port() + 1);
    }
}

#[test]
fn a_quota_holds_over_all_workers() {
    let mut settings = with_workers(4);
    settings.total_quota = std::num::NonZeroU32::new(5);
    let server = start(&settings, "127.0.0.1");
    let mut clients: Vec<Client> = (0..8).map(|_| client(server.address)).collect();
    let outcomes: Vec<_> = clients.iter_mut().map(|c| c.allocate().map(drop)).collect();
    let expected = [[Ok(()); 5].as_slice(), &[Err(486); 3]].concat();
    assert_eq!(outcomes, expected);
}

/// Payloads of 1,000 bytes and a last one of 301, as ChannelData if they are to be.
fn burst(channel: Option<u16>) -> Vec<Vec<u8>> {
    let payload = |n: u8| vec![n; if n == 9 { 301 } else { 1000 }];
    let packet = |n| match channel {
        None => payload(n),
        Some(channel) => {
            let length = (payload(n).len() as u16).to_be_bytes();
            [&channel.to_be_bytes()[..], &length, &payload(n)].concat()
        }
    };
    (0..10).map(packet).collect()
}

/// One system call, which the kernel cuts into packets (UDP_SEGMENT).
fn send_together(socket: &UdpSocket, to: Option<SocketAddr>, packets: &[Vec<u8>]) {
    let parts: Vec<IoSlice<'_>> = packets.iter().map(|packet| IoSlice::new(packet)).collect();
    let size = packets[0].len() as u16;
    let to = to.map(SockaddrStorage::from);
    sendmsg(
        socket.as_raw_fd(),
        &parts,
        &[ControlMessage::UdpGsoSegments(&size)],
        MsgFlags::empty(),
        to.as_ref(),
    )
    .unwrap();
}

fn peer() -> UdpSocket {
    let peer = UdpSocket::bind("127.0.0.1:0").unwrap();
    peer.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    peer
}

fn client(server: SocketAddr) -> Client {
    Client::new(server, USER, PASSWORD)
}

fn with_workers(workers: u32) -> RelaySettings {
    RelaySettings {
        workers,
        ..settings()
    }
}

fn allowing_loopback() -> RelaySettings {
    RelaySettings {
        allow_peers: vec!["127.0.0.0/8".parse().unwrap()],
        ..settings()
    }
}
