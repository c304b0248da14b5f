//! Finds the address under which the outside reaches this machine, by asking a STUN server.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs, UdpSocket};
use std::time::Duration;

use crate::config::{PublicIp, StunServer};

/// Asks `server` where a packet of this machine comes from: `None` if from an address of its own.
///
/// # Errors
/// The server's name is unknown, or it does not answer within two seconds.
pub(super) fn ask(server: &StunServer) -> io::Result<Option<PublicIp>> {
    let mut failed = io::Error::from(io::ErrorKind::NotFound);
    for address in (server.host.as_str(), server.port).to_socket_addrs()? {
        match exchange(address) {
            Ok((public, local)) => {
                return Ok((public != local).then_some(PublicIp {
                    public,
                    local: Some(local),
                }));
            }
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

/// What the server sees, and which of our addresses the packet left by.
fn exchange(server: SocketAddr) -> io::Result<(IpAddr, IpAddr)> {
    let any: IpAddr = match server {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((any, 0))?;
    socket.connect(server)?;
    let mut id = [0; 12];
    aws_lc_rs::rand::fill(&mut id).map_err(io::Error::other)?;
    let request = [&[0, 1, 0, 0][..], &COOKIE, &id].concat();
    let mut answer = [0; 1500];
    for wait in WAITS {
        socket.send(&request)?;
        socket.set_read_timeout(Some(wait))?;
        if let Ok(length) = socket.recv(&mut answer)
            && let Some(public) = answer.get(..length).and_then(|answer| mapped(answer, &id))
        {
            return Ok((public, socket.local_addr()?.ip()));
        }
    }
    Err(io::ErrorKind::TimedOut.into())
}

/// XOR-MAPPED-ADDRESS of a Binding success with our transaction id (RFC 8489 section 14.2).
fn mapped(answer: &[u8], id: &[u8; 12]) -> Option<IpAddr> {
    let (head, mut attributes) = answer.split_at_checked(20)?;
    let ours = head.starts_with(&[1, 1]) && head.get(4..8)? == COOKIE && head.get(8..)? == id;
    while let Some((head, rest)) = attributes.split_at_checked(4).filter(|_| ours) {
        let length = usize::from(u16::from_be_bytes(*head.last_chunk()?));
        let value = rest.get(..length)?;
        if head.starts_with(&[0, 0x20]) {
            return unmask(value, id);
        }
        attributes = rest.get(length.next_multiple_of(4)..)?;
    }
    None
}

fn unmask(value: &[u8], id: &[u8; 12]) -> Option<IpAddr> {
    let mask = [&COOKIE[..], id].concat();
    let ip: Vec<u8> = value
        .get(4..)?
        .iter()
        .zip(mask)
        .map(|(a, b)| a ^ b)
        .collect();
    match value.get(1)? {
        1 => Some(Ipv4Addr::from_octets(*ip.first_chunk()?).into()),
        2 => Some(Ipv6Addr::from_octets(*ip.first_chunk()?).into()),
        _ => None,
    }
}

const COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
/// Before the request is repeated, and in the end given up.
const WAITS: [Duration; 3] = [
    Duration::from_millis(300),
    Duration::from_millis(600),
    Duration::from_millis(1100),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_server_saw_is_told_with_the_address_it_stands_for() {
        let found = ask(&answering([203, 0, 113, 9])).unwrap().unwrap();
        assert_eq!(found.public.to_string(), "203.0.113.9");
        assert_eq!(found.local.unwrap().to_string(), "127.0.0.1");
    }

    #[test]
    fn an_address_of_our_own_needs_no_mapping() {
        assert_eq!(ask(&answering([127, 0, 0, 1])).unwrap(), None);
    }

    #[test]
    fn answers_that_are_cut_or_not_ours_are_passed_over() {
        let id = [7; 12];
        let whole = answer(&id, [203, 0, 113, 9]);
        assert!(mapped(&whole, &id).is_some());
        assert_eq!(mapped(&whole, &[8; 12]), None);
        for end in 0..whole.len() {
            assert_eq!(mapped(&whole[..end], &id), None, "{end}");
        }
    }

    /// A server that says every packet comes from `ip`.
    fn answering(ip: [u8; 4]) -> StunServer {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let port = socket.local_addr().unwrap().port();
        std::thread::spawn(move || {
            let mut request = [0; 100];
            let (_, from) = socket.recv_from(&mut request).unwrap();
            let id = request[8..20].try_into().unwrap();
            socket.send_to(&answer(&id, ip), from).unwrap();
        });
        StunServer {
            host: "127.0.0.1".to_owned(),
            port,
        }
    }

    fn answer(id: &[u8; 12], ip: [u8; 4]) -> Vec<u8> {
        let masked: Vec<u8> = ip.iter().zip(COOKIE).map(|(a, b)| a ^ b).collect();
        let software = [0x80, 0x22, 0, 3, b'a', b'b', b'c', 0];
        let head = [&[1, 1, 0, 20][..], &COOKIE, id].concat();
        [&head[..], &software, &[0, 0x20, 0, 8, 0, 1, 9, 9], &masked].concat()
    }
}
