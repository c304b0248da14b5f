//! Takes every port before anything is written or served, so that a taken one stops the server cleanly.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};

use socket2::{Domain, Protocol, Socket, Type};

use crate::config::{AdminAddress, Listen, Settings};
use crate::listen::Face;
use crate::relay::{RelaySocket, discovery};

/// All listening sockets of the server.
#[derive(Debug)]
pub struct Bound {
    /// TCP listeners and what each is for, the shared port first.
    pub tcp: Vec<(TcpListener, Face)>,
    /// UDP sockets of STUN and TURN, the shared port first.
    pub udp: Vec<RelaySocket>,
    /// The first address of the shared port, as asked for, with the port really taken.
    pub first: SocketAddr,
}

/// A port that cannot be taken.
#[derive(Debug)]
pub struct BindError {
    address: SocketAddr,
    transport: &'static str,
    /// What chooses the address.
    setting: &'static str,
    source: io::Error,
}

impl fmt::Display for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            address,
            transport,
            setting,
            source,
        } = self;
        match source.kind() {
            io::ErrorKind::AddrInUse => {
                write!(
                    f,
                    "{transport} port {} on {} is taken by another program; choose another with {setting}",
                    address.port(),
                    address.ip()
                )
            }
            io::ErrorKind::PermissionDenied => {
                write!(
                    f,
                    "{transport} port {} needs privileges this process does not have; choose one above 1023 with {setting}",
                    address.port()
                )
            }
            io::ErrorKind::AddrNotAvailable => {
                write!(f, "{} is not an address of this machine", address.ip())
            }
            _ => write!(f, "cannot listen on {transport} {address}: {source}"),
        }
    }
}

impl std::error::Error for BindError {}

impl BindError {
    fn chosen_by(self, setting: &'static str) -> Self {
        Self { setting, ..self }
    }
}

/// Takes the ports the settings name.
///
/// # Errors
/// The first port that cannot be taken; nothing is held then.
pub fn bind(settings: &Settings) -> Result<Bound, BindError> {
    let mut bound = match &settings.listen {
        Listen::At(addresses) => shared_at(addresses)?,
        Listen::Automatic => shared_anywhere()?,
    };
    for address in &settings.stun {
        bound
            .add_turn(*address, &settings.stun)
            .map_err(|error| error.chosen_by("--stun ADDRESS:PORT"))?;
    }
    for address in &settings.stun_where_free {
        if let Err(error) = bound.add_turn(*address, &[]) {
            tracing::info!(%error, "going without a standard port");
        }
    }
    for address in discovery::sockets(&settings.relay.stun_addresses) {
        bound.add_discovery(address)?;
    }
    if let Some(address) = settings.plain {
        let listener = tcp(address).map_err(|error| error.chosen_by("--plain ADDRESS:PORT"))?;
        bound.tcp.push((listener, Face::Plain));
    }
    match settings.admin {
        AdminAddress::Off => {}
        AdminAddress::At(address) => {
            let listener = tcp(address).map_err(|error| error.chosen_by("--admin ADDRESS:PORT"))?;
            bound.tcp.push((listener, Face::Admin));
        }
        // The usual one is not worth a word unless the server starts.
        AdminAddress::WhereFree(address) => {
            let free = tcp(address).ok();
            bound
                .tcp
                .extend(free.map(|listener| (listener, Face::Admin)));
        }
    }
    Ok(bound)
}

impl Bound {
    const NOTHING: Self = Self {
        tcp: Vec::new(),
        udp: Vec::new(),
        first: UNKNOWN,
    };

    /// Takes one of the four sockets of NAT behaviour discovery, which is a matter of UDP, unless it is open already.
    fn add_discovery(&mut self, address: SocketAddr) -> Result<(), BindError> {
        if !self.udp.iter().any(|udp| covers(udp.local(), address)) {
            let socket = RelaySocket::bind(address).map_err(|source| BindError {
                address,
                transport: "UDP",
                setting: "relay.stun_addresses",
                source,
            })?;
            self.udp.push(socket);
        }
        Ok(())
    }

    /// Takes an address for STUN and TURN, unless it is open already. The IPv6 wildcard stands for IPv4 too, unless that is
    /// open or named `beside` it.
    fn add_turn(&mut self, address: SocketAddr, beside: &[SocketAddr]) -> Result<(), BindError> {
        if self.udp.iter().any(|udp| covers(udp.local(), address)) {
            return Ok(());
        }
        let open = self.udp.iter().map(RelaySocket::local);
        let beside: Vec<SocketAddr> = open.chain(beside.iter().copied()).collect();
        let taken = everywhere(address, Face::Turn, &beside)?;
        self.tcp.extend(taken.tcp);
        self.udp.extend(taken.udp);
        Ok(())
    }
}

/// Whether a socket on `bound` takes what is sent to `address`.
fn covers(bound: SocketAddr, address: SocketAddr) -> bool {
    let ip = bound.ip() == address.ip()
        || bound.ip().is_unspecified() && bound.is_ipv4() == address.is_ipv4();
    ip && bound.port() == address.port()
}

fn shared_at(addresses: &[SocketAddr]) -> Result<Bound, BindError> {
    let mut bound = Bound::NOTHING;
    for address in addresses {
        let taken = everywhere(*address, Face::Shared, addresses)?;
        bound.tcp.extend(taken.tcp);
        bound.udp.extend(taken.udp);
        if bound.first == UNKNOWN {
            bound.first = taken.first;
        }
    }
    Ok(bound)
}

/// The first free of the usual ports.
fn shared_anywhere() -> Result<Bound, BindError> {
    let wildcard = |port| {
        let address = SocketAddr::new(Ipv6Addr::UNSPECIFIED.into(), port);
        everywhere(address, Face::Shared, &[])
    };
    wildcard(443).or_else(|_| wildcard(8443))
}

/// Takes an address. The IPv6 wildcard stands for IPv4 too, unless that is named or open `beside` it, and for IPv4 alone
/// on a machine without IPv6.
fn everywhere(address: SocketAddr, face: Face, beside: &[SocketAddr]) -> Result<Bound, BindError> {
    let mut bound = Bound::NOTHING;
    let mut take = |address| {
        let (tcp, udp) = pair(address)?;
        let taken = local(&tcp, address)?;
        bound.tcp.push((tcp, face));
        bound.udp.push(udp);
        Ok(taken)
    };
    if address.ip() != IpAddr::V6(Ipv6Addr::UNSPECIFIED) {
        bound.first = take(address)?;
        return Ok(bound);
    }
    let ipv4 = SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), address.port());
    let port = match beside.contains(&ipv4) {
        true => address.port(),
        false => take(ipv4)?.port(),
    };
    match take(SocketAddr::new(address.ip(), port)) {
        Ok(first) => bound.first = first,
        Err(error) if !lacks_ipv6(&error.source) => return Err(error),
        Err(_) if bound.tcp.is_empty() => (),
        Err(_) => bound.first = SocketAddr::new(address.ip(), port),
    }
    Ok(bound)
}

/// The same port number for TCP and UDP. Where the system chooses it, one that is free for both has to be looked for.
fn pair(address: SocketAddr) -> Result<(TcpListener, RelaySocket), BindError> {
    let mut tries = if address.port() == 0 { 32 } else { 1 };
    loop {
        let listener = tcp(address)?;
        let chosen = local(&listener, address)?;
        tries -= 1;
        match RelaySocket::bind(chosen) {
            Ok(socket) => return Ok((listener, socket)),
            Err(source) if tries == 0 => {
                return Err(BindError {
                    address: chosen,
                    transport: "UDP",
                    setting: LISTEN,
                    source,
                });
            }
            Err(_) => (),
        }
    }
}

fn tcp(address: SocketAddr) -> Result<TcpListener, BindError> {
    let bind = || {
        let socket = Socket::new(
            Domain::for_address(address),
            Type::STREAM,
            Some(Protocol::TCP),
        )?;
        // Connections of an earlier run that linger must not keep a restarted server from its port.
        socket.set_reuse_address(true)?;
        if address.is_ipv6() {
            socket.set_only_v6(true)?;
        }
        socket.set_nonblocking(true)?;
        socket.bind(&address.into())?;
        socket.listen(BACKLOG)?;
        Ok(socket.into())
    };
    bind().map_err(|source| BindError {
        address,
        transport: "TCP",
        setting: LISTEN,
        source,
    })
}

fn local(listener: &TcpListener, address: SocketAddr) -> Result<SocketAddr, BindError> {
    listener.local_addr().map_err(|source| BindError {
        address,
        transport: "TCP",
        setting: LISTEN,
        source,
    })
}

fn lacks_ipv6(error: &io::Error) -> bool {
    let missing = [
        nix::errno::Errno::EAFNOSUPPORT as i32,
        nix::errno::Errno::EADDRNOTAVAIL as i32,
    ];
    error
        .raw_os_error()
        .is_some_and(|code| missing.contains(&code))
}

/// What chooses the shared port.
const LISTEN: &str = "--listen ADDRESS:PORT";

const UNKNOWN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);

/// Connections that may wait to be accepted; the system caps it.
const BACKLOG: i32 = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tcp_and_udp_get_the_same_number() {
        let bound = shared_at(&["127.0.0.1:0".parse().unwrap()]).unwrap();
        assert_ne!(bound.first.port(), 0);
        assert_eq!(bound.tcp[0].0.local_addr().unwrap(), bound.first);
        assert_eq!(bound.udp[0].local(), bound.first);
    }

    #[test]
    fn a_taken_port_is_named_with_the_way_out() {
        let held = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = held.local_addr().unwrap();
        let said = shared_at(&[address]).unwrap_err().to_string();
        assert!(
            said.contains(&address.port().to_string()) && said.contains("--listen"),
            "{said}"
        );
    }

    #[test]
    fn a_port_whose_udp_side_is_taken_counts_as_taken() {
        let held = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let said = shared_at(&[held.local_addr().unwrap()])
            .unwrap_err()
            .to_string();
        assert!(
            said.starts_with("UDP port") && said.contains("taken"),
            "{said}"
        );
    }

    #[test]
    fn an_address_that_is_open_already_is_not_taken_again() {
        let mut bound = shared_at(&["0.0.0.0:0".parse().unwrap()]).unwrap();
        let port = bound.first.port();
        let inside = SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port);
        bound.add_turn(inside, &[inside]).unwrap();
        assert_eq!(bound.tcp.len(), 1);
        let everywhere = SocketAddr::new(Ipv6Addr::UNSPECIFIED.into(), port);
        bound.add_turn(everywhere, &[everywhere]).unwrap();
        assert!(bound.tcp.len() <= 2);
    }

    #[test]
    fn a_standard_port_that_is_taken_is_gone_without() {
        let held = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut settings = crate::config::defaults(std::path::Path::new(""));
        settings.listen = Listen::At(vec!["127.0.0.1:0".parse().unwrap()]);
        settings.admin = AdminAddress::Off;
        settings.stun_where_free = vec![held.local_addr().unwrap()];
        assert_eq!(bind(&settings).unwrap().tcp.len(), 1);
        settings.stun = vec![held.local_addr().unwrap()];
        assert!(bind(&settings).is_err());
    }

    #[test]
    fn the_ipv6_wildcard_leaves_ipv4_to_an_address_named_beside_it() {
        let open = shared_at(&["0.0.0.0:0".parse().unwrap()]).unwrap();
        let ipv4 = open.first;
        let ipv6 = SocketAddr::new(Ipv6Addr::UNSPECIFIED.into(), ipv4.port());
        let bound = everywhere(ipv6, Face::Shared, &[ipv6, ipv4]).unwrap();
        assert!(bound.udp.iter().all(|udp| udp.local() == ipv6));
        assert_eq!(bound.tcp.len(), bound.udp.len());
    }

    #[test]
    fn the_flag_that_chooses_a_taken_port_is_named() {
        let held = TcpListener::bind("127.0.0.1:0").unwrap();
        let taken = held.local_addr().unwrap();
        let mut free = crate::config::defaults(std::path::Path::new(""));
        free.listen = Listen::At(vec!["127.0.0.1:0".parse().unwrap()]);
        free.stun_where_free = Vec::new();
        free.admin = AdminAddress::Off;
        let said = |change: fn(&mut Settings, SocketAddr)| {
            let mut settings = free.clone();
            change(&mut settings, taken);
            bind(&settings).unwrap_err().to_string()
        };
        assert!(said(|it, at| it.listen = Listen::At(vec![at])).contains("--listen"));
        assert!(said(|it, at| it.stun = vec![at]).contains("--stun"));
        assert!(said(|it, at| it.plain = Some(at)).contains("--plain"));
        assert!(said(|it, at| it.admin = AdminAddress::At(at)).contains("--admin"));
    }

    #[test]
    fn the_ipv6_wildcard_takes_ipv4_too() {
        let bound = everywhere("[::]:0".parse().unwrap(), Face::Shared, &[]).unwrap();
        assert!(
            bound
                .tcp
                .iter()
                .any(|(tcp, _)| tcp.local_addr().unwrap().is_ipv4())
        );
        assert!(bound.first.is_ipv6());
    }
}
