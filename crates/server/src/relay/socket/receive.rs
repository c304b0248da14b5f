//! Taking datagrams in batches, each of them perhaps several packets that the kernel has put together (UDP_GRO).

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::os::fd::{AsFd, AsRawFd};
use std::ptr;

use nix::libc;

/// Room for a batch of datagrams, and the datagrams last received into it.
pub(crate) struct Batch {
    room: Box<[u8]>,
    slots: Box<[Slot]>,
    headers: Box<[libc::mmsghdr]>,
    filled: usize,
    /// Of the socket received from.
    local: SocketAddr,
}

/// What the kernel writes beside a datagram's bytes.
#[derive(Clone, Copy)]
#[repr(C, align(8))]
struct Slot {
    /// First, since control messages have to be aligned.
    control: [u8; CONTROL],
    bytes: libc::iovec,
    /// Wide enough for either family.
    name: libc::sockaddr_in6,
}

/// One datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Datagram<'a> {
    pub(crate) from: SocketAddr,
    /// The address of ours it came to.
    pub(crate) to: SocketAddr,
    /// The packets in it, back to back.
    pub(crate) bytes: &'a [u8],
    /// Length of each packet but the last, which may be shorter; at least 1.
    pub(crate) segment: usize,
}

impl<'a> Datagram<'a> {
    /// The packets in it, at least one: an empty datagram is an empty packet.
    pub(crate) fn packets(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let (first, rest) = self.bytes.split_at(self.segment.min(self.bytes.len()));
        std::iter::once(first).chain(rest.chunks(self.segment))
    }
}

impl Batch {
    pub(crate) fn new() -> Self {
        Self {
            room: vec![0; BATCH * STRIDE].into(),
            slots: vec![Slot::EMPTY; BATCH].into(),
            headers: vec![EMPTY; BATCH].into(),
            filled: 0,
            local: SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0),
        }
    }

    /// Takes up to `most` datagrams that have come to `socket`, which is bound to `local`, in place of what was here.
    ///
    /// # Errors
    /// `WouldBlock` when there is nothing.
    #[expect(unsafe_code, reason = "no safe wrapper of recvmmsg allocates nothing")]
    pub(crate) fn receive(
        &mut self,
        socket: &impl AsFd,
        local: SocketAddr,
        most: usize,
    ) -> io::Result<()> {
        let most = most.min(BATCH);
        self.local = local;
        self.filled = 0;
        self.point(most);
        // SAFETY: each of the first `most` headers points at a name, a control buffer and an iovec of `self.slots` and, through
        // the latter, at a stretch of `self.room` of its own, with the lengths of these; all outlive the call, and nothing
        // else refers to them during it.
        let received = unsafe {
            libc::recvmmsg(
                socket.as_fd().as_raw_fd(),
                self.headers.as_mut_ptr(),
                most as libc::c_uint,
                libc::MSG_DONTWAIT,
                ptr::null_mut(),
            )
        };
        self.filled = usize::try_from(received).map_err(|_| io::Error::last_os_error())?;
        Ok(())
    }

    /// How many came.
    pub(crate) const fn len(&self) -> usize {
        self.filled
    }

    /// The datagrams, those of one sender one after another and each sender's in their order.
    pub(crate) fn datagrams(&self) -> impl Iterator<Item = Datagram<'_>> {
        let mut order = [(0, 0); BATCH];
        for (at, place) in order.iter_mut().enumerate().take(self.filled) {
            *place = (self.slots.get(at).map_or(0, Slot::sender), at);
        }
        let used = order.get_mut(..self.filled).unwrap_or_default();
        used.sort_unstable();
        let filled = self.filled;
        order
            .into_iter()
            .take(filled)
            .filter_map(|(_, at)| self.datagram(at))
    }

    fn datagram(&self, at: usize) -> Option<Datagram<'_>> {
        let (slot, header) = (self.slots.get(at)?, self.headers.get(at)?);
        let length = header.msg_len as usize;
        let bytes = self.room.get(at * STRIDE..)?.get(..length)?;
        let told = slot.told(header);
        let (to, port) = (told.reached, self.local.port());
        let to = to.map_or(self.local, |(ip, scope)| with_scope(ip, port, scope));
        Some(Datagram {
            from: slot.from()?,
            to,
            bytes,
            segment: told.segment.unwrap_or(length).max(1),
        })
    }

    /// Makes the headers point at their slots: the kernel overwrites the lengths, and `self` may have moved.
    fn point(&mut self, most: usize) {
        let rooms = self.room.chunks_exact_mut(STRIDE).take(most);
        for ((room, slot), header) in rooms.zip(&mut self.slots).zip(&mut self.headers) {
            slot.bytes = libc::iovec {
                iov_base: room.as_mut_ptr().cast(),
                iov_len: LONGEST,
            };
            let message = &mut header.msg_hdr;
            message.msg_name = (&raw mut slot.name).cast();
            message.msg_namelen = size_of::<libc::sockaddr_in6>() as libc::socklen_t;
            message.msg_iov = &raw mut slot.bytes;
            message.msg_iovlen = 1;
            message.msg_control = slot.control.as_mut_ptr().cast();
            message.msg_controllen = CONTROL;
        }
    }
}

impl fmt::Debug for Batch {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_list().entries(self.datagrams()).finish()
    }
}

/// What the control messages say.
#[derive(Clone, Copy, Default)]
struct Told {
    segment: Option<usize>,
    /// Address and, for a link-local one, scope.
    reached: Option<(IpAddr, u32)>,
}

impl Slot {
    const EMPTY: Self = Self {
        name: libc::sockaddr_in6 {
            sin6_family: 0,
            sin6_port: 0,
            sin6_flowinfo: 0,
            sin6_addr: libc::in6_addr { s6_addr: [0; 16] },
            sin6_scope_id: 0,
        },
        control: [0; CONTROL],
        bytes: libc::iovec {
            iov_base: ptr::null_mut(),
            iov_len: 0,
        },
    };

    /// Equal for packets of one sender; rarely equal for others.
    fn sender(&self) -> u64 {
        let port = u64::from(self.name.sin6_port);
        match i32::from(self.name.sin6_family) {
            // An IPv4 address lies where the flow label would be.
            libc::AF_INET => u64::from(self.name.sin6_flowinfo) << 16 | port,
            _ => {
                let ip = u128::from_ne_bytes(self.name.sin6_addr.s6_addr);
                (ip as u64 ^ (ip >> 64) as u64) ^ port
            }
        }
    }

    fn from(&self) -> Option<SocketAddr> {
        let name = &self.name;
        let port = u16::from_be(name.sin6_port);
        match i32::from(name.sin6_family) {
            libc::AF_INET => {
                let ip = Ipv4Addr::from_bits(u32::from_be(name.sin6_flowinfo));
                Some(SocketAddrV4::new(ip, port).into())
            }
            libc::AF_INET6 => {
                let ip = Ipv6Addr::from(name.sin6_addr.s6_addr);
                Some(SocketAddrV6::new(ip, port, 0, name.sin6_scope_id).into())
            }
            _ => None,
        }
    }

    #[expect(
        unsafe_code,
        reason = "control messages are walked by macros that take pointers"
    )]
    fn told(&self, header: &libc::mmsghdr) -> Told {
        let mut told = Told::default();
        let message = &header.msg_hdr;
        if message.msg_controllen == 0 {
            return told;
        }
        // SAFETY: `message` was filled in by the kernel: its control messages lie, whole and aligned, in the first
        // `msg_controllen` bytes of this slot's control buffer, which lives as long as `self`.
        let mut next = unsafe { libc::CMSG_FIRSTHDR(message) };
        while !next.is_null() {
            // SAFETY: not null, so it points at a whole control message, whose data is of the type its kind says.
            unsafe {
                let data = libc::CMSG_DATA(next);
                match ((*next).cmsg_level, (*next).cmsg_type) {
                    (libc::SOL_UDP, libc::UDP_GRO) => {
                        let size = ptr::read_unaligned(data.cast::<libc::c_int>());
                        told.segment = usize::try_from(size).ok();
                    }
                    (libc::IPPROTO_IP, libc::IP_PKTINFO) => {
                        told.reached_v4(ptr::read_unaligned(data.cast()));
                    }
                    (libc::IPPROTO_IPV6, libc::IPV6_PKTINFO) => {
                        told.reached_v6(ptr::read_unaligned(data.cast()));
                    }
                    _ => {}
                }
                next = libc::CMSG_NXTHDR(message, next);
            }
        }
        told
    }
}

impl Told {
    fn reached_v4(&mut self, info: libc::in_pktinfo) {
        let ip = Ipv4Addr::from_bits(u32::from_be(info.ipi_addr.s_addr));
        self.reached = Some((ip.into(), 0));
    }

    fn reached_v6(&mut self, info: libc::in6_pktinfo) {
        let ip = Ipv6Addr::from(info.ipi6_addr.s6_addr);
        let scope = if ip.is_unicast_link_local() {
            info.ipi6_ifindex
        } else {
            0
        };
        self.reached = Some((ip.into(), scope));
    }
}

/// The scope matters for link-local addresses.
const fn with_scope(ip: IpAddr, port: u16, scope: u32) -> SocketAddr {
    match ip {
        IpAddr::V4(ip) => SocketAddr::V4(SocketAddrV4::new(ip, port)),
        IpAddr::V6(ip) => SocketAddr::V6(SocketAddrV6::new(ip, port, 0, scope)),
    }
}

const EMPTY: libc::mmsghdr = libc::mmsghdr {
    msg_hdr: libc::msghdr {
        msg_name: ptr::null_mut(),
        msg_namelen: 0,
        msg_iov: ptr::null_mut(),
        msg_iovlen: 0,
        msg_control: ptr::null_mut(),
        msg_controllen: 0,
        msg_flags: 0,
    },
    msg_len: 0,
};

/// Datagrams received at once.
pub(crate) const BATCH: usize = 32;
/// Longer than any datagram, put together or not.
const LONGEST: usize = 65_536;
/// Between the starts of two datagrams: not a power of two, so that their first bytes do not compete for the same cache lines.
const STRIDE: usize = LONGEST + 1088;
/// Room for packet information of either family and the segment size.
const CONTROL: usize = 128;
