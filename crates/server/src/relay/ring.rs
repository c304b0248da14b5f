//! The way of packets from one worker to another: a ring of bytes between each two of them, written by one and read by the
//! other, and a bell. What finds no room is dropped.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use magpie_relay::RelayAddr;
use rtrb::{Consumer, Producer, RingBuffer};

use super::inbox::Bell;
use super::train::Train;

/// A worker's ends of its rings to and from all others, by their numbers.
#[derive(Debug, Default)]
pub(super) struct Rings {
    pub(super) out: Vec<Option<Sender>>,
    pub(super) from: Vec<Receiver>,
}

/// The writing end.
#[derive(Debug)]
pub(super) struct Sender {
    ring: Producer<u8>,
    bell: Arc<Bell>,
    /// Whether something was written since the bell was rung.
    written: bool,
}

/// The reading end.
#[derive(Debug)]
pub(super) struct Receiver {
    ring: Consumer<u8>,
    /// What wraps around the ring's end is put together here.
    joined: Vec<u8>,
}

/// Rings between workers that wake by `bells`.
pub(super) fn connect(bells: &[Arc<Bell>]) -> Vec<Rings> {
    let count = bells.len();
    let capacity = (ALL_RINGS / count.max(1)).max(LEAST);
    let mut rings: Vec<Rings> = bells.iter().map(|_| Rings::default()).collect();
    for from in 0..count {
        for (to, bell) in bells.iter().enumerate() {
            let (sender, receiver) = RingBuffer::new(capacity);
            let sender = (from != to).then(|| Sender {
                ring: sender,
                bell: Arc::clone(bell),
                written: false,
            });
            if let Some(rings) = rings.get_mut(from) {
                rings.out.push(sender);
            }
            if let Some(rings) = rings.get_mut(to).filter(|_| from != to) {
                rings.from.push(Receiver {
                    ring: receiver,
                    joined: Vec::new(),
                });
            }
        }
    }
    rings
}

impl Sender {
    /// Copies a train from one relayed address to another; false if there is no room.
    pub(super) fn send(&mut self, from: RelayAddr, to: RelayAddr, train: &Train<'_>) -> bool {
        let run = train.run();
        let head = Head {
            bytes: run.bytes,
            size: train.size(),
            from: from.get(),
            to: to.get(),
        };
        if self.ring.slots() < HEAD + run.bytes {
            return false;
        }
        let parts =
            std::iter::once(&head.pack()[..]).all(|part| self.ring.push_entire_slice(part).is_ok());
        let all = parts
            && train
                .payloads()
                .iter()
                .all(|payload| self.ring.push_entire_slice(payload).is_ok());
        debug_assert!(all, "there was room for all of it");
        self.written = true;
        all
    }

    /// Wakes the reader if there is something new for it. To be called before waiting.
    pub(super) fn ring(&mut self) {
        if std::mem::take(&mut self.written) {
            self.bell.ring();
        }
    }
}

impl Receiver {
    /// Gives one run to `take`: where it comes from, where it goes, its payloads back to back, and the length of each but the
    /// last. False if there is none.
    pub(super) fn receive(
        &mut self,
        take: impl FnOnce(RelayAddr, RelayAddr, &[u8], usize),
    ) -> bool {
        let Some(head) = self.peek() else {
            return false;
        };
        let Ok(chunk) = self.ring.read_chunk(HEAD + head.bytes) else {
            // Not all of it is written yet; the bell will ring again.
            return false;
        };
        let (first, second) = chunk.as_slices();
        let whole = if second.is_empty() {
            first
        } else {
            self.joined.clear();
            self.joined.extend_from_slice(first);
            self.joined.extend_from_slice(second);
            &self.joined
        };
        let (from, to) = (RelayAddr::new(head.from), RelayAddr::new(head.to));
        take(from, to, whole.get(HEAD..).unwrap_or_default(), head.size);
        chunk.commit_all();
        true
    }

    fn peek(&mut self) -> Option<Head> {
        let chunk = self.ring.read_chunk(HEAD).ok()?;
        let (first, second) = chunk.as_slices();
        let mut packed = [0; HEAD];
        let (start, end) = packed.split_at_mut(first.len());
        start.copy_from_slice(first);
        end.copy_from_slice(second);
        Some(Head::unpack(packed))
    }
}

/// What stands before the payloads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Head {
    bytes: usize,
    size: usize,
    from: SocketAddr,
    to: SocketAddr,
}

impl Head {
    fn pack(self) -> [u8; HEAD] {
        let mut packed = [0; HEAD];
        let (lengths, addresses) = packed.split_at_mut(8);
        let (bytes, size) = lengths.split_at_mut(4);
        bytes.copy_from_slice(&(self.bytes as u32).to_ne_bytes());
        size.copy_from_slice(&(self.size as u32).to_ne_bytes());
        let (from, to) = addresses.split_at_mut(ADDRESS);
        from.copy_from_slice(&pack_address(self.from));
        to.copy_from_slice(&pack_address(self.to));
        packed
    }

    fn unpack(packed: [u8; HEAD]) -> Self {
        let number = |at| {
            let bytes = packed.get(at..).and_then(|rest| rest.first_chunk());
            u32::from_ne_bytes(bytes.copied().unwrap_or_default()) as usize
        };
        let address = |at| {
            let bytes = packed.get(at..).and_then(|rest| rest.first_chunk());
            unpack_address(bytes.copied().unwrap_or_default())
        };
        Self {
            bytes: number(0),
            size: number(4),
            from: address(8),
            to: address(8 + ADDRESS),
        }
    }
}

/// Relayed addresses are IPv4 or IPv6 and have no scope, so an IPv4 one can be written in its mapped form.
fn pack_address(address: SocketAddr) -> [u8; ADDRESS] {
    let ip = match address.ip() {
        IpAddr::V4(ip) => ip.to_ipv6_mapped(),
        IpAddr::V6(ip) => ip,
    };
    let mut packed = [0; ADDRESS];
    let (start, port) = packed.split_at_mut(16);
    start.copy_from_slice(&ip.octets());
    port.copy_from_slice(&address.port().to_be_bytes());
    packed
}

fn unpack_address(packed: [u8; ADDRESS]) -> SocketAddr {
    let (start, end) = packed.split_at(16);
    let ip = Ipv6Addr::from(<[u8; 16]>::try_from(start).unwrap_or_default());
    let port = u16::from_be_bytes(<[u8; 2]>::try_from(end).unwrap_or_default());
    SocketAddr::new(IpAddr::V6(ip).to_canonical(), port)
}

const ADDRESS: usize = 18;
const HEAD: usize = 8 + 2 * ADDRESS;
/// Bytes of the rings to one worker, together; touched only as far as they are used.
const ALL_RINGS: usize = 4 << 20;
/// A few of the longest trains.
const LEAST: usize = 256 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_arrive_whole_in_order_and_around_the_end_of_the_ring() {
        let (mut rings, _bells) = two();
        let mut receiver = rings[1].from.remove(0);
        let sender = rings[0].out[1].as_mut().unwrap();
        let payload: Vec<u8> = (0..50_000_u32).map(|n| n as u8).collect();
        for round in 0..200_u8 {
            let mut train = Train::new();
            assert!(
                payload
                    .chunks(1000 + usize::from(round))
                    .take(9)
                    .all(|p| train.couple(p))
            );
            let (from, to) = (address("192.0.2.1:50000"), address("[2001:db8::1]:50001"));
            assert!(sender.send(from, to, &train));
            let received = receiver.receive(|came_from, went_to, bytes, size| {
                assert_eq!((came_from, went_to), (from, to));
                assert_eq!((bytes, size), (&payload[..train.run().bytes], train.size()));
            });
            assert!(received);
            assert!(!receiver.receive(|_, _, _, _| panic!("nothing was sent")));
        }
    }

    #[test]
    fn a_full_ring_takes_no_more() {
        let (mut rings, _bells) = two();
        let sender = rings[0].out[1].as_mut().unwrap();
        let payload = [0; 60_000];
        let train = Train::one(&payload);
        let at = address("192.0.2.1:50000");
        let taken = (0..1000)
            .take_while(|_| sender.send(at, at, &train))
            .count();
        assert!(taken > 10 && taken < 100, "{taken}");
    }

    fn two() -> (Vec<Rings>, Vec<Arc<Bell>>) {
        let bells: Vec<Arc<Bell>> = (0..2).map(|_| Arc::new(Bell::new().unwrap())).collect();
        (connect(&bells), bells)
    }

    fn address(address: &str) -> RelayAddr {
        RelayAddr::new(address.parse().unwrap())
    }
}
