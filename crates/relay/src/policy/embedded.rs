//! The one decoder of IPv4 addresses that lie inside IPv6 ones.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::Network;

/// An address and every IPv4 address it may stand for.
#[derive(Clone, Debug)]
pub struct Forms {
    forms: [Option<IpAddr>; MOST],
    next: usize,
}

impl Iterator for Forms {
    type Item = IpAddr;

    fn next(&mut self) -> Option<IpAddr> {
        let form = self.forms.get(self.next).copied().flatten();
        self.next = self.next.saturating_add(1);
        form
    }
}

/// `address` itself, then the IPv4 addresses embedded in it: IPv4-mapped and IPv4-compatible (RFC 4291), NAT64 (RFC 6052,
/// RFC 8215), 6to4 (RFC 3056), Teredo (RFC 4380: server and client) and ISATAP (RFC 5214).
///
/// ```
/// let forms: Vec<_> = magpie_relay::policy::forms("2002:7f00:1::".parse().unwrap()).collect();
/// assert_eq!(forms[1].to_string(), "127.0.0.1");
/// ```
#[must_use]
pub fn forms(address: IpAddr) -> Forms {
    let embedded = match address {
        IpAddr::V4(_) => [None; EMBEDDED],
        IpAddr::V6(v6) => embedded(v6),
    };
    let mut forms = [None; MOST];
    let all = std::iter::once(Some(address)).chain(embedded.map(|v4| v4.map(IpAddr::V4)));
    for (slot, form) in forms.iter_mut().zip(all.filter(Option::is_some)) {
        *slot = form;
    }
    Forms { forms, next: 0 }
}

fn embedded(v6: Ipv6Addr) -> [Option<Ipv4Addr>; EMBEDDED] {
    let bits = v6.to_bits();
    let within = |network: Network| network.contains(v6.into());
    // The IPv4 address whose last bit is `right` bits from the right end.
    let at = |right: u32| Ipv4Addr::from_bits((bits >> right) as u32);
    // `::` and `::1` are addresses of their own (RFC 4291 sections 2.5.2 and 2.5.3).
    let low = (bits > 1 && LOW_32.iter().any(|n| within(*n))).then(|| at(0));
    let local_nat64 = within(LOCAL_NAT64).then(|| split_48(bits));
    let six_to_four = within(SIX_TO_FOUR).then(|| at(80));
    let teredo_server = within(TEREDO).then(|| at(64));
    let teredo_client = within(TEREDO).then(|| Ipv4Addr::from_bits(!(bits as u32)));
    // The "universal" bit of the interface identifier may be set or not.
    let isatap = ((bits >> 32) as u32 & !0x0200_0000 == 0x0000_5efe).then(|| at(0));
    [
        low,
        local_nat64,
        six_to_four,
        teredo_server,
        teredo_client,
        isatap,
    ]
}

/// RFC 6052 section 2.2 with a prefix of 48 bits: 16 bits, the reserved octet, 16 bits.
fn split_48(bits: u128) -> Ipv4Addr {
    let high = (bits >> 64) as u32 & 0xffff;
    let low = (bits >> 40) as u32 & 0xffff;
    Ipv4Addr::from_bits(high << 16 | low)
}

const EMBEDDED: usize = 6;
const MOST: usize = 7;

/// Schemes that keep the IPv4 address in the last 32 bits: compatible, mapped, translated (RFC 2765), both NAT64 prefixes.
const LOW_32: [Network; 5] = [
    Network::v6([0, 0, 0, 0, 0, 0, 0, 0], 96),
    Network::v6([0, 0, 0, 0, 0, 0xffff, 0, 0], 96),
    Network::v6([0, 0, 0, 0, 0xffff, 0, 0, 0], 96),
    Network::v6([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96),
    LOCAL_NAT64,
];
const LOCAL_NAT64: Network = Network::v6([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48);
const SIX_TO_FOUR: Network = Network::v6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16);
const TEREDO: Network = Network::v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 32);
