//! Where relayed addresses lie: which local address, which port, and what clients are told.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr, SocketAddrV6, TcpListener, UdpSocket};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::rand;
use if_addrs::get_if_addrs;
use magpie_relay::{ClientAddr, Family, OpenError, RelayAddr, Reservation};
use nix::errno::Errno;

use super::socket::Batch;
use super::{RelaySocket, connections};
use crate::config::{PortRange, PublicIp};

/// Picks and binds relayed addresses.
#[derive(Clone, Debug)]
pub(super) struct Places {
    /// What relayed addresses lie on, if it is not what the client reached.
    pub(super) addresses: Vec<IpAddr>,
    pub(super) ports: PortRange,
    pub(super) public: Vec<PublicIp>,
    /// Where the server listens for TCP; its UDP sockets are known without.
    pub(super) listening: Vec<SocketAddr>,
    pub(super) stock: Arc<Stock>,
}

/// The relay sockets of all workers.
#[derive(Debug)]
pub(super) struct Stock {
    open: AtomicUsize,
    /// At most, so that the rest of the process keeps descriptors.
    most: usize,
    /// Bound for a second allocation of somebody who has one.
    kept: Mutex<HashMap<Reservation, Relayed>>,
}

/// A bound relay socket.
#[derive(Debug)]
pub(super) struct Relayed {
    pub(super) socket: UdpSocket,
    pub(super) local: SocketAddr,
    _permit: Permit,
}

impl Relayed {
    /// Takes up to `most` datagrams that have come.
    pub(super) fn receive(&self, batch: &mut Batch, most: usize) -> io::Result<()> {
        batch.receive(&self.socket, self.local, most)
    }
}

/// A relay socket that peers connect to.
#[derive(Debug)]
pub(super) struct Listening {
    pub(super) listener: TcpListener,
    pub(super) local: SocketAddr,
    _permit: Permit,
}

/// A descriptor of the stock, given back when dropped.
#[derive(Debug)]
pub(super) struct Permit(Arc<Stock>);

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Stock {
    pub(super) fn new(most: usize) -> Self {
        Self {
            open: AtomicUsize::new(0),
            most,
            kept: Mutex::default(),
        }
    }

    /// Keeps a socket until it is asked for under that name, by whichever worker.
    pub(super) fn keep(&self, reservation: Reservation, socket: Relayed) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.insert(reservation, socket);
    }

    /// Gives up a kept socket.
    pub(super) fn take_kept(&self, reservation: Reservation) -> Option<Relayed> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.remove(&reservation)
    }

    /// Binds a socket, counted as long as it lives.
    fn bind(self: &Arc<Self>, local: SocketAddr) -> io::Result<Relayed> {
        let permit = self.permit().ok_or(Errno::EMFILE)?;
        Ok(Relayed {
            socket: RelaySocket::open_relay(local)?,
            local,
            _permit: permit,
        })
    }

    /// Counts one more descriptor, if there may be one.
    pub(super) fn permit(self: &Arc<Self>) -> Option<Permit> {
        let permit = Permit(Arc::clone(self));
        (self.open.fetch_add(1, Ordering::Relaxed) < self.most).then_some(permit)
    }
}

impl Places {
    /// Binds a relay socket for `client` on the address it reached, if that is of `family`, and the next higher port too if
    /// a pair is wanted.
    pub(super) fn open(
        &self,
        client: ClientAddr,
        family: Family,
        parity: Parity,
    ) -> Result<(Relayed, Option<Relayed>), OpenError> {
        let local = self
            .local(client.local(), family)
            .ok_or(OpenError::Family)?;
        for port in self
            .candidates()
            .filter(|port| parity == Parity::Any || port % 2 == 0)
        {
            let opened = self.stock.bind(with_port(local, port)).and_then(|socket| {
                let next = || self.stock.bind(with_port(local, port.saturating_add(1)));
                Ok((socket, (parity == Parity::Pair).then(next).transpose()?))
            });
            match opened {
                Ok(sockets) => return Ok(sockets),
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
                Err(error) if scarce(&error) => return Err(OpenError::Exhausted),
                Err(error) => {
                    tracing::warn!(%error, address = %local.ip(), "a relayed address cannot be opened");
                    return Err(OpenError::Failed);
                }
            }
        }
        Err(OpenError::Exhausted)
    }

    /// Binds a relay socket for `client` that peers connect to.
    pub(super) fn listen(
        &self,
        client: ClientAddr,
        family: Family,
    ) -> Result<Listening, OpenError> {
        let local = self
            .local(client.local(), family)
            .ok_or(OpenError::Family)?;
        for port in self.candidates() {
            let permit = self.stock.permit().ok_or(OpenError::Exhausted)?;
            let local = with_port(local, port);
            match connections::listen(local) {
                Ok(listener) => {
                    return Ok(Listening {
                        listener,
                        local,
                        _permit: permit,
                    });
                }
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
                Err(error) if scarce(&error) => return Err(OpenError::Exhausted),
                Err(error) => {
                    tracing::warn!(%error, address = %local.ip(), "a relayed address cannot be opened");
                    return Err(OpenError::Failed);
                }
            }
        }
        Err(OpenError::Exhausted)
    }

    /// A peer that has connected to `local` from `from`: one of our own relayed addresses in the form clients are told.
    pub(super) fn as_told(&self, from: SocketAddr, local: SocketAddr) -> SocketAddr {
        let mapped = |p: &PublicIp| p.local == Some(from.ip());
        if from.ip() == local.ip() || self.public.iter().any(mapped) {
            SocketAddr::new(self.advertised(from.ip()), from.port())
        } else {
            from
        }
    }

    /// Where a relayed address of ours, in the form clients are told, is bound. `local` is another one.
    pub(super) fn as_bound(&self, told: SocketAddr, local: SocketAddr) -> SocketAddr {
        let of = |p: &&PublicIp| p.public == told.ip();
        let ip = match self.public.iter().find(of) {
            None => told.ip(),
            Some(PublicIp {
                local: Some(ip), ..
            }) => *ip,
            Some(PublicIp { local: None, .. }) => local.ip(),
        };
        SocketAddr::new(ip, told.port())
    }

    /// What clients are told of a relay socket bound to `local`.
    pub(super) fn relayed(&self, local: SocketAddr) -> RelayAddr {
        RelayAddr::new(SocketAddr::new(self.advertised(local.ip()), local.port()))
    }

    /// `listening`, wildcards and what they stand for, each also in the form the outside knows it by.
    pub(super) fn spell_out(&self, listening: &[SocketAddr]) -> Vec<SocketAddr> {
        let own: Vec<IpAddr> = get_if_addrs()
            .unwrap_or_default()
            .iter()
            .map(if_addrs::Interface::ip)
            .collect();
        let mut all = Vec::new();
        for address in listening {
            let matching = own.iter().filter(|ip| ip.is_ipv4() == address.is_ipv4());
            let ips: Vec<IpAddr> = match address.ip().is_unspecified() {
                true => matching.copied().chain([address.ip()]).collect(),
                false => vec![address.ip()],
            };
            let public = self
                .public
                .iter()
                .map(|p| p.public)
                .filter(|ip| ip.is_ipv4() == address.is_ipv4());
            all.extend(
                ips.into_iter()
                    .chain(public)
                    .map(|ip| SocketAddr::new(ip, address.port())),
            );
        }
        all
    }

    /// What clients are told in place of `local`. Nobody reaches loopback through a NAT.
    pub(super) fn advertised(&self, local: IpAddr) -> IpAddr {
        let mapped = |p: &&PublicIp| match p.local {
            Some(ip) => ip == local,
            None => p.public.is_ipv4() == local.is_ipv4() && !local.is_loopback(),
        };
        self.public.iter().find(mapped).map_or(local, |p| p.public)
    }

    fn local(&self, reached: SocketAddr, family: Family) -> Option<SocketAddr> {
        let of_family = |ip: &&IpAddr| Family::of(**ip) == family;
        if let Some(ip) = self.addresses.iter().find(of_family) {
            return Some(SocketAddr::new(*ip, 0));
        }
        if Family::of(reached.ip()) == family && !reached.ip().is_unspecified() {
            return Some(reached);
        }
        let mapped = self
            .public
            .iter()
            .filter_map(|p| p.local)
            .find(|ip| Family::of(*ip) == family);
        let other = mapped.or_else(|| other_family(reached.ip(), family))?;
        Some(SocketAddr::new(other, 0))
    }

    /// Random ports first, so that they cannot be foretold (RFC 8656 section 7.2), then each in turn.
    fn candidates(&self) -> impl Iterator<Item = u16> {
        let (low, count) = (
            self.ports.low(),
            u32::from(self.ports.high() - self.ports.low()) + 1,
        );
        let start = random() % count;
        let guesses = (0..GUESSES).map(move |_| random() % count);
        let all = (0..count).map(move |step| (start + step) % count);
        guesses
            .chain(all)
            .map(move |offset| low + u16::try_from(offset).unwrap_or(0))
    }
}

/// Whether the machine has run out of what a socket takes.
fn scarce(error: &io::Error) -> bool {
    let scarce = [Errno::EMFILE, Errno::ENFILE, Errno::ENOBUFS, Errno::ENOMEM];
    error
        .raw_os_error()
        .is_some_and(|code| scarce.contains(&Errno::from_raw(code)))
}

/// What a port has to be like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Parity {
    Any,
    Even,
    /// Even, and the next one free too.
    Pair,
}

/// An address of this machine in the other family than the one reached: loopback for loopback, else the most public one.
fn other_family(reached: IpAddr, family: Family) -> Option<IpAddr> {
    let own = get_if_addrs().unwrap_or_default();
    let ips = own.iter().map(if_addrs::Interface::ip);
    ips.filter(|ip| Family::of(*ip) == family && ip.is_loopback() == reached.is_loopback())
        .filter(|ip| !matches!(ip, IpAddr::V6(v6) if v6.is_unicast_link_local()))
        .min_by_key(|ip| magpie_relay::policy::reserved(*ip).is_some())
}

/// Keeps the scope of a link-local address.
fn with_port(address: SocketAddr, port: u16) -> SocketAddr {
    match address {
        SocketAddr::V6(v6) => SocketAddrV6::new(*v6.ip(), port, 0, v6.scope_id()).into(),
        SocketAddr::V4(v4) => (*v4.ip(), port).into(),
    }
}

fn random() -> u32 {
    let mut bytes = [0; 4];
    rand::fill(&mut bytes).unwrap_or_else(|_| unreachable!("the system gives randomness"));
    u32::from_ne_bytes(bytes)
}

/// Ports tried at random before all are tried in turn.
const GUESSES: u32 = 16;

#[cfg(test)]
mod tests {
    use magpie_relay::Transport;

    use super::*;

    #[test]
    fn the_public_address_of_the_reached_one_is_told() {
        let places = places(&["203.0.113.7/192.0.2.7", "203.0.113.8/192.0.2.8"]);
        assert_eq!(
            places.advertised([192, 0, 2, 8].into()).to_string(),
            "203.0.113.8"
        );
        assert_eq!(
            places.advertised([192, 0, 2, 9].into()).to_string(),
            "192.0.2.9"
        );
    }

    #[test]
    fn a_public_address_for_all_stands_for_its_family_and_not_for_loopback() {
        let places = places(&["203.0.113.7"]);
        assert_eq!(
            places.advertised([10, 0, 0, 1].into()).to_string(),
            "203.0.113.7"
        );
        assert_eq!(
            places.advertised([127, 0, 0, 1].into()).to_string(),
            "127.0.0.1"
        );
        assert_eq!(
            places
                .advertised("2001:db8::1".parse().unwrap())
                .to_string(),
            "2001:db8::1"
        );
    }

    #[test]
    fn a_wildcard_listens_on_every_address_and_on_the_public_ones() {
        let all = places(&["203.0.113.7"]).spell_out(&["0.0.0.0:3478".parse().unwrap()]);
        for address in ["127.0.0.1:3478", "203.0.113.7:3478"] {
            assert!(all.contains(&address.parse().unwrap()), "{all:?}");
        }
        assert!(all.iter().all(SocketAddr::is_ipv4));
    }

    #[test]
    fn a_named_address_is_used_whatever_the_client_reached() {
        let client = ClientAddr::new(
            ([127, 0, 0, 1], 9).into(),
            ([127, 0, 0, 1], 3478).into(),
            Transport::Udp,
        );
        let places = Places {
            addresses: vec![[127, 0, 0, 7].into()],
            ..places(&[])
        };
        let (relayed, _) = places.open(client, Family::V4, Parity::Any).unwrap();
        assert_eq!(relayed.local.ip(), IpAddr::from([127, 0, 0, 7]));
    }

    #[test]
    fn a_pair_is_an_even_port_and_the_next() {
        let client = ClientAddr::new(
            ([127, 0, 0, 1], 9).into(),
            ([127, 0, 0, 1], 3478).into(),
            Transport::Udp,
        );
        let (first, second) = places(&[]).open(client, Family::V4, Parity::Pair).unwrap();
        let [first, second] =
            [first, second.unwrap()].map(|relayed| relayed.socket.local_addr().unwrap().port());
        assert_eq!((first % 2, second), (0, first + 1));
    }

    #[test]
    fn a_peer_on_this_machine_is_told_by_its_public_address_and_no_other_is() {
        let at = |address: &str| -> SocketAddr { address.parse().unwrap() };
        for (public, from, told) in [
            ("203.0.113.7", "10.0.0.5:5000", "203.0.113.7:5000"),
            ("203.0.113.7", "10.0.0.6:5000", "10.0.0.6:5000"),
            ("203.0.113.7/10.0.0.6", "10.0.0.6:5000", "203.0.113.7:5000"),
            ("203.0.113.7", "198.51.100.1:5000", "198.51.100.1:5000"),
        ] {
            let told_here = places(&[public]).as_told(at(from), at("10.0.0.5:6000"));
            assert_eq!(told_here, at(told), "{public} {from}");
        }
    }

    #[test]
    fn a_relayed_address_of_ours_is_found_where_it_is_bound() {
        let at = |address: &str| -> SocketAddr { address.parse().unwrap() };
        for (public, told, bound) in [
            ("203.0.113.7", "203.0.113.7:5000", "10.0.0.5:5000"),
            ("203.0.113.7/10.0.0.6", "203.0.113.7:5000", "10.0.0.6:5000"),
            ("203.0.113.7", "10.0.0.5:5000", "10.0.0.5:5000"),
        ] {
            let bound_here = places(&[public]).as_bound(at(told), at("10.0.0.5:6000"));
            assert_eq!(bound_here, at(bound), "{public} {told}");
        }
    }

    fn places(public: &[&str]) -> Places {
        Places {
            addresses: Vec::new(),
            ports: "49152-65535".parse().unwrap(),
            public: public.iter().map(|ip| ip.parse().unwrap()).collect(),
            listening: Vec::new(),
            stock: Arc::new(Stock::new(100)),
        }
    }
}
