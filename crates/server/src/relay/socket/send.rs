//! Sending parts that lie apart as one datagram, or as several that the kernel cuts (UDP_SEGMENT).

use std::io::{self, IoSlice};
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsFd, AsRawFd};
use std::ptr;

use nix::libc;

/// Sends `parts` to `to`: as one datagram, or as one for each `segment` bytes of them, the last perhaps shorter. `from` is the
/// source address, where the socket is bound to none.
///
/// # Errors
/// `WouldBlock` when the socket's buffer is full; anything else concerns these datagrams alone.
#[expect(unsafe_code, reason = "no safe wrapper of sendmsg allocates nothing")]
pub(crate) fn send(
    socket: &impl AsFd,
    parts: &[IoSlice<'_>],
    segment: Option<u16>,
    to: SocketAddr,
    from: Option<IpAddr>,
) -> io::Result<()> {
    let (mut name, length) = name(to);
    let mut control = Control([0; CONTROL]);
    let mut used = 0;
    if let Some(segment) = segment {
        used = control.put(
            used,
            libc::SOL_UDP,
            libc::UDP_SEGMENT,
            &segment.to_ne_bytes(),
        );
    }
    used = match from {
        Some(IpAddr::V4(ip)) => {
            // Interface index (any), source address, and a field that only counts on receiving.
            let mut info = [0; 12];
            info[4..8].copy_from_slice(&ip.octets());
            control.put(used, libc::IPPROTO_IP, libc::IP_PKTINFO, &info)
        }
        Some(IpAddr::V6(ip)) => {
            let mut info = [0; 20];
            info[..16].copy_from_slice(&ip.octets());
            control.put(used, libc::IPPROTO_IPV6, libc::IPV6_PKTINFO, &info)
        }
        None => used,
    };
    let message = libc::msghdr {
        msg_name: (&raw mut name).cast(),
        msg_namelen: length,
        // `IoSlice` is guaranteed to have the layout of `iovec`, and sending does not write through it.
        msg_iov: parts.as_ptr().cast::<libc::iovec>().cast_mut(),
        msg_iovlen: parts.len(),
        msg_control: match used {
            0 => ptr::null_mut(),
            _ => control.0.as_mut_ptr().cast(),
        },
        msg_controllen: used,
        msg_flags: 0,
    };
    // SAFETY: `message` points at a name of `length` bytes, `used` bytes of whole control messages and the slices of `parts`,
    // all of which outlive the call.
    let sent = unsafe {
        libc::sendmsg(
            socket.as_fd().as_raw_fd(),
            &raw const message,
            libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL,
        )
    };
    if sent < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}

/// An address as the kernel takes it; an IPv4 one in the first 16 bytes.
fn name(to: SocketAddr) -> (libc::sockaddr_in6, libc::socklen_t) {
    let mut name = libc::sockaddr_in6 {
        sin6_family: libc::AF_INET6 as libc::sa_family_t,
        sin6_port: to.port().to_be(),
        sin6_flowinfo: 0,
        sin6_addr: libc::in6_addr { s6_addr: [0; 16] },
        sin6_scope_id: 0,
    };
    match to {
        SocketAddr::V4(v4) => {
            name.sin6_family = libc::AF_INET as libc::sa_family_t;
            name.sin6_flowinfo = u32::from_ne_bytes(v4.ip().octets());
            (name, size_of::<libc::sockaddr_in>() as libc::socklen_t)
        }
        SocketAddr::V6(v6) => {
            name.sin6_addr.s6_addr = v6.ip().octets();
            name.sin6_scope_id = v6.scope_id();
            (name, size_of::<libc::sockaddr_in6>() as libc::socklen_t)
        }
    }
}

/// Control messages: a header of length, level and kind, the data, and padding to eight bytes.
#[repr(C, align(8))]
struct Control([u8; CONTROL]);

impl Control {
    /// Appends a message after `used` bytes; how many are used then.
    fn put(&mut self, used: usize, level: libc::c_int, kind: libc::c_int, data: &[u8]) -> usize {
        let length = HEADER + data.len();
        let header = [
            &length.to_ne_bytes()[..],
            &level.to_ne_bytes(),
            &kind.to_ne_bytes(),
            data,
        ];
        let mut at = used;
        for part in header {
            let end = at + part.len();
            if let Some(room) = self.0.get_mut(at..end) {
                room.copy_from_slice(part);
            }
            at = end;
        }
        used + length.next_multiple_of(8)
    }
}

const HEADER: usize = size_of::<libc::cmsghdr>();
/// Two messages, one of them of at most 20 bytes.
const CONTROL: usize = 2 * HEADER + 8 + 24;
