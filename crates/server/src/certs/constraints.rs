//! What the CA may sign: its name constraints (RFC 5280 section 4.2.1.10), made once and read back from the CA itself.

use std::net::IpAddr;

use rcgen::{CidrSubnet, GeneralSubtree, NameConstraints};
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::X509Certificate;

use super::machine::{LOCAL_SUFFIXES, Machine};
use crate::config::Cidr;

/// Permitted DNS subtrees and address ranges.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Constraints {
    names: Vec<String>,
    ranges: Vec<Cidr>,
}

impl Constraints {
    /// Local names and ranges, the host name, and the public addresses among `machine`'s and `public`.
    pub(crate) fn for_machine(machine: &Machine, public: &[IpAddr]) -> Self {
        let mut names: Vec<String> = vec!["localhost".to_owned()];
        names.extend(LOCAL_SUFFIXES.map(str::to_owned));
        let ranges = LOCAL_RANGES
            .iter()
            .map(|range| range.parse().expect("the ranges below are well formed"));
        let mut constraints = Self {
            names,
            ranges: ranges.collect(),
        };
        if let Some(host) = machine
            .host
            .as_ref()
            .filter(|host| !constraints.permits_name(host))
        {
            constraints.names.push(host.clone());
        }
        for address in machine.addresses.iter().chain(public) {
            if !constraints.permits_address(*address) {
                constraints.ranges.push(Cidr::of(*address));
            }
        }
        constraints
    }

    /// Reads them from a CA certificate; one without constraints permits nothing here.
    pub(crate) fn of(certificate: &X509Certificate<'_>) -> Self {
        let mut constraints = Self::default();
        let extension = certificate.name_constraints().ok().flatten();
        for subtree in extension
            .iter()
            .flat_map(|found| found.value.permitted_subtrees.iter().flatten())
        {
            match &subtree.base {
                GeneralName::DNSName(name) => constraints.names.push((*name).to_ascii_lowercase()),
                GeneralName::IPAddress(bytes) => constraints.ranges.extend(range(bytes)),
                _ => {}
            }
        }
        constraints
    }

    /// Whether a leaf may name `address`.
    #[must_use]
    pub fn permits_address(&self, address: IpAddr) -> bool {
        self.ranges.iter().any(|range| range.contains(address))
    }

    /// Whether a leaf may name `name`; a wildcard counts as the names it stands for.
    #[must_use]
    pub fn permits_name(&self, name: &str) -> bool {
        let name = name.strip_prefix("*.").map_or(name, |rest| rest);
        self.names.iter().any(|tree| {
            name.strip_suffix(tree.as_str())
                .is_some_and(|front| front.is_empty() || front.ends_with('.'))
        })
    }

    /// As rcgen writes them. Mail addresses are confined to a domain that cannot exist: a kind of name that is not
    /// mentioned would be unconstrained.
    pub(crate) fn extension(&self) -> NameConstraints {
        let names = self.names.iter().cloned().map(GeneralSubtree::DnsName);
        let ranges = self.ranges.iter().map(|range| {
            GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(
                range.network(),
                range.prefix(),
            ))
        });
        let no_mail = GeneralSubtree::Rfc822Name("invalid".to_owned());
        NameConstraints {
            permitted_subtrees: names.chain(ranges).chain([no_mail]).collect(),
            excluded_subtrees: Vec::new(),
        }
    }
}

/// An address and its mask, 8 or 32 bytes.
fn range(bytes: &[u8]) -> Option<Cidr> {
    let (address, mask) = bytes.split_at_checked(bytes.len() / 2)?;
    let prefix: u32 = mask.iter().map(|byte| byte.count_ones()).sum();
    let address: IpAddr = match address.len() {
        4 => <[u8; 4]>::try_from(address).ok()?.into(),
        _ => <[u8; 16]>::try_from(address).ok()?.into(),
    };
    format!("{address}/{prefix}").parse().ok()
}

/// Loopback, private (RFC 1918), shared (RFC 6598), link-local, unique-local.
const LOCAL_RANGES: [&str; 9] = [
    "127.0.0.0/8",
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "100.64.0.0/10",
    "169.254.0.0/16",
    "::1/128",
    "fc00::/7",
    "fe80::/10",
];
