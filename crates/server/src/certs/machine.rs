//! The names and addresses this machine answers to.

use std::collections::BTreeSet;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What a certificate for this machine has to cover.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Machine {
    /// The host name, lower case, if it can stand in a certificate.
    pub host: Option<String>,
    /// Every address of every interface, loopback included.
    pub addresses: BTreeSet<IpAddr>,
}

impl Machine {
    /// Asks the system.
    ///
    /// # Errors
    /// The system would not list its interfaces.
    pub fn look() -> io::Result<Self> {
        let mut addresses = BTreeSet::from([
            IpAddr::from(Ipv4Addr::LOCALHOST),
            IpAddr::from(Ipv6Addr::LOCALHOST),
        ]);
        addresses.extend(
            if_addrs::get_if_addrs()?
                .iter()
                .map(if_addrs::Interface::ip),
        );
        Ok(Self {
            host: host_name(),
            addresses,
        })
    }

    /// All DNS names: `localhost`, the host name, and the names by which routers and mDNS know it.
    #[must_use]
    pub fn names(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::from(["localhost".to_owned()]);
        if let Some(host) = &self.host {
            let label = host.split('.').next().unwrap_or(host);
            names.extend(
                LOCAL_SUFFIXES
                    .iter()
                    .map(|suffix| format!("{label}.{suffix}")),
            );
            names.insert(host.clone());
        }
        names
    }

    /// Addresses another device on the network can open: no loopback, no link-local, IPv4 first.
    #[must_use]
    pub fn reachable(&self) -> Vec<IpAddr> {
        let reachable = |address: &&IpAddr| !address.is_loopback() && !is_link_local(**address);
        self.addresses.iter().filter(reachable).copied().collect()
    }
}

/// Endings under which a local network names its machines.
pub(crate) const LOCAL_SUFFIXES: [&str; 4] = ["local", "lan", "internal", "home.arpa"];

fn is_link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => address.is_unicast_link_local(),
    }
}

fn host_name() -> Option<String> {
    let name = hostname::get()
        .ok()?
        .into_string()
        .ok()?
        .to_ascii_lowercase();
    let name = name.trim_end_matches('.');
    (is_dns_name(name) && name != "localhost").then(|| name.to_owned())
}

/// Letters, digits and hyphens in labels of 1 to 63, as RFC 5280 section 4.2.1.6 wants names in certificates.
pub(crate) fn is_dns_name(name: &str) -> bool {
    let label = |label: &str| {
        let bytes = label.as_bytes();
        (1..=63).contains(&bytes.len())
            && bytes
                .iter()
                .all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
            && bytes.first() != Some(&b'-')
            && bytes.last() != Some(&b'-')
    };
    name.len() <= 253 && name.split('.').all(label) && name.parse::<IpAddr>().is_err()
}
