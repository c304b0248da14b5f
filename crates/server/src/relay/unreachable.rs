//! ICMP errors that packets of relay sockets bring back: read from the sockets' error queues and given to the core.

use std::io::{self, IoSlice};
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;

use magpie_relay::{Family, IcmpError, Millis, PeerAddr};
use nix::libc;
use nix::sys::socket::{
    ControlMessageOwned, MsgFlags, SockaddrStorage, recvmsg, setsockopt, sockopt,
};

use super::socket::send;
use super::switch::{Switch, deliver};

impl Switch {
    /// Takes the errors about packets that the relay socket in `slot` has sent; whether there may be more.
    pub(super) fn relay_errors(&mut self, now: Millis, slot: usize) -> bool {
        for _ in 0..TURN {
            let Some(opened) = self.net.slot(slot) else {
                return false;
            };
            let Ok(error) = next(&opened.relayed.socket) else {
                return false;
            };
            if let Some((peer, error)) = error {
                let output = self.relay.from_peer_icmp(now, opened.id, peer, error);
                deliver(&mut self.net, now, output);
            }
        }
        true
    }
}

/// Has the kernel keep the errors that packets of `socket` bring back.
pub(super) fn keep_errors(socket: &UdpSocket) -> io::Result<()> {
    match socket.local_addr()? {
        SocketAddr::V4(_) => setsockopt(socket, sockopt::Ipv4RecvErr, &true)?,
        SocketAddr::V6(_) => setsockopt(socket, sockopt::Ipv6RecvErr, &true)?,
    }
    Ok(())
}

/// Sends like [`send`]. An error about an earlier packet, perhaps to another peer, is reported to whoever uses the socket next
/// and costs them a packet: so what looks like one is tried again.
pub(super) fn send_again(
    socket: &UdpSocket,
    parts: &[IoSlice<'_>],
    segment: Option<u16>,
    to: SocketAddr,
) -> io::Result<()> {
    match send(socket, parts, segment, to, None) {
        Err(error) if is_about_another(&error) => send(socket, parts, segment, to, None),
        result => result,
    }
}

fn is_about_another(error: &io::Error) -> bool {
    let code = error.raw_os_error();
    code.is_some_and(|code| OF_ICMP.contains(&code))
}

/// The next error in the queue, if it is one of ICMP, and about whom.
fn next(socket: &UdpSocket) -> io::Result<Option<(PeerAddr, IcmpError)>> {
    let mut control = [0; CONTROL];
    let flags = MsgFlags::MSG_ERRQUEUE | MsgFlags::MSG_DONTWAIT;
    // What is left of the packet itself is not asked for.
    let message =
        recvmsg::<SockaddrStorage>(socket.as_raw_fd(), &mut [], Some(&mut control), flags)?;
    let Some(peer) = message.address.as_ref().and_then(address) else {
        return Ok(None);
    };
    let error = message.cmsgs()?.find_map(|control| match control {
        ControlMessageOwned::Ipv4RecvErr(error, _) => told(Family::V4, error),
        ControlMessageOwned::Ipv6RecvErr(error, _) => told(Family::V6, error),
        _ => None,
    });
    Ok(error.map(|error| (PeerAddr::new(peer), error)))
}

/// What ICMP says, or would have said had the packet left: the kernel knows of narrow paths.
fn told(family: Family, error: libc::sock_extended_err) -> Option<IcmpError> {
    let too_long = error.ee_errno == libc::EMSGSIZE as u32;
    match (error.ee_origin, family) {
        (libc::SO_EE_ORIGIN_ICMP | libc::SO_EE_ORIGIN_ICMP6, _) => Some(IcmpError {
            kind: error.ee_type,
            code: error.ee_code,
            mtu: error.ee_info,
        }),
        (libc::SO_EE_ORIGIN_LOCAL, Family::V4) if too_long => Some(IcmpError {
            kind: 3,
            code: 4,
            mtu: error.ee_info,
        }),
        (libc::SO_EE_ORIGIN_LOCAL, Family::V6) if too_long => Some(IcmpError {
            kind: 2,
            code: 0,
            mtu: error.ee_info,
        }),
        _ => None,
    }
}

fn address(address: &SockaddrStorage) -> Option<SocketAddr> {
    let v4 = address
        .as_sockaddr_in()
        .map(|v4| SocketAddr::V4((*v4).into()));
    v4.or_else(|| Some(SocketAddr::V6((*address.as_sockaddr_in6()?).into())))
}

/// Errors of one socket before others have their turn.
const TURN: usize = 32;
/// Room for one error with the address of whoever reports it.
const CONTROL: usize = 128;
/// What the kernel makes of ICMP errors.
const OF_ICMP: [i32; 9] = [
    libc::ECONNREFUSED,
    libc::EHOSTUNREACH,
    libc::ENETUNREACH,
    libc::EHOSTDOWN,
    libc::ENONET,
    libc::ENOPROTOOPT,
    libc::EOPNOTSUPP,
    libc::EPROTO,
    libc::EACCES,
];
