//! The ranges that are not the public internet, after the IANA special-purpose address registries (RFC 6890 and
//! its updates), the multicast ranges, and the metadata services of clouds that lie elsewhere.

use std::net::IpAddr;

use super::Network;

/// Name of the range that keeps `address` from being a public unicast address, if any. Embedded addresses are not looked
/// at here.
///
/// ```
/// use magpie_relay::policy::reserved;
///
/// assert_eq!(reserved([10, 1, 2, 3].into()), Some("private use (RFC 1918)"));
/// assert_eq!(reserved([8, 8, 8, 8].into()), None);
/// ```
#[must_use]
pub fn reserved(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(_) => find(address, V4),
        IpAddr::V6(_) => find(address, V6),
    }
}

/// The first row that holds the address decides: narrower rows stand before wider ones.
fn find(address: IpAddr, table: &[Row]) -> Option<&'static str> {
    let (_, name) = table
        .iter()
        .find(|(network, _)| network.contains(address))?;
    *name
}

/// `None`: public.
type Row = (Network, Option<&'static str>);

const V4: &[Row] = &[
    (Network::v4([0, 0, 0, 0], 8), Some("this network (RFC 791)")),
    (
        Network::v4([10, 0, 0, 0], 8),
        Some("private use (RFC 1918)"),
    ),
    (
        Network::v4([100, 64, 0, 0], 10),
        Some("shared address space (RFC 6598)"),
    ),
    (Network::v4([127, 0, 0, 0], 8), Some("loopback (RFC 1122)")),
    (
        Network::v4([168, 63, 129, 16], 32),
        Some("cloud metadata service"),
    ),
    (
        Network::v4([169, 254, 0, 0], 16),
        Some("link-local (RFC 3927)"),
    ),
    (
        Network::v4([172, 16, 0, 0], 12),
        Some("private use (RFC 1918)"),
    ),
    (Network::v4([192, 0, 0, 9], 32), None),
    (Network::v4([192, 0, 0, 10], 32), None),
    (
        Network::v4([192, 0, 0, 0], 24),
        Some("IETF protocol assignments (RFC 6890)"),
    ),
    (
        Network::v4([192, 0, 2, 0], 24),
        Some("documentation (RFC 5737)"),
    ),
    (
        Network::v4([192, 88, 99, 0], 24),
        Some("6to4 relay anycast (RFC 7526)"),
    ),
    (
        Network::v4([192, 168, 0, 0], 16),
        Some("private use (RFC 1918)"),
    ),
    (
        Network::v4([198, 18, 0, 0], 15),
        Some("benchmarking (RFC 2544)"),
    ),
    (
        Network::v4([198, 51, 100, 0], 24),
        Some("documentation (RFC 5737)"),
    ),
    (
        Network::v4([203, 0, 113, 0], 24),
        Some("documentation (RFC 5737)"),
    ),
    (Network::v4([224, 0, 0, 0], 4), Some("multicast (RFC 5771)")),
    (
        Network::v4([255, 255, 255, 255], 32),
        Some("limited broadcast (RFC 919)"),
    ),
    (Network::v4([240, 0, 0, 0], 4), Some("reserved (RFC 1112)")),
];

/// Only 2000::/3 is assigned as global unicast; the last row refuses all that no row before it names.
const V6: &[Row] = &[
    (
        Network::v6([0, 0, 0, 0, 0, 0, 0, 0], 128),
        Some("unspecified (RFC 4291)"),
    ),
    (
        Network::v6([0, 0, 0, 0, 0, 0, 0, 1], 128),
        Some("loopback (RFC 4291)"),
    ),
    (
        Network::v6([0, 0, 0, 0, 0, 0xffff, 0, 0], 96),
        Some("IPv4-mapped (RFC 4291)"),
    ),
    (
        Network::v6([0, 0, 0, 0, 0, 0, 0, 0], 96),
        Some("IPv4-compatible (RFC 4291)"),
    ),
    (Network::v6([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96), None),
    (
        Network::v6([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48),
        Some("local NAT64 (RFC 8215)"),
    ),
    (
        Network::v6([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7),
        Some("unique-local (RFC 4193)"),
    ),
    (
        Network::v6([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10),
        Some("link-local (RFC 4291)"),
    ),
    (
        Network::v6([0xff00, 0, 0, 0, 0, 0, 0, 0], 8),
        Some("multicast (RFC 4291)"),
    ),
    // Teredo is judged by the addresses embedded in it.
    (Network::v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 32), None),
    (Network::v6([0x2001, 1, 0, 0, 0, 0, 0, 1], 128), None),
    (Network::v6([0x2001, 1, 0, 0, 0, 0, 0, 2], 128), None),
    (Network::v6([0x2001, 1, 0, 0, 0, 0, 0, 3], 128), None),
    (Network::v6([0x2001, 3, 0, 0, 0, 0, 0, 0], 32), None),
    (Network::v6([0x2001, 4, 0x112, 0, 0, 0, 0, 0], 48), None),
    (Network::v6([0x2001, 0x20, 0, 0, 0, 0, 0, 0], 28), None),
    (Network::v6([0x2001, 0x30, 0, 0, 0, 0, 0, 0], 28), None),
    (
        Network::v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23),
        Some("IETF protocol assignments (RFC 2928)"),
    ),
    (
        Network::v6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32),
        Some("documentation (RFC 3849)"),
    ),
    // 6to4, too, is judged by the address embedded in it.
    (
        Network::v6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20),
        Some("documentation (RFC 9637)"),
    ),
    (Network::v6([0x2000, 0, 0, 0, 0, 0, 0, 0], 3), None),
    (
        Network::v6([0, 0, 0, 0, 0, 0, 0, 0], 0),
        Some("not assigned as global unicast (RFC 4291)"),
    ),
];
