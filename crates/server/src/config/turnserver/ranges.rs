//! `FIRST-LAST` as the fewest ranges with a prefix.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The ranges that hold exactly the addresses from `first` to `last`, as `ADDRESS/PREFIX`; `None` if these are of different
/// families or the wrong way round.
pub(super) fn between(first: IpAddr, last: IpAddr) -> Option<Vec<String>> {
    let (bits, low, high) = match (first, last) {
        (IpAddr::V4(a), IpAddr::V4(b)) => (32, u128::from(a.to_bits()), u128::from(b.to_bits())),
        (IpAddr::V6(a), IpAddr::V6(b)) => (128, a.to_bits(), b.to_bits()),
        _ => return None,
    };
    (low <= high).then(|| cover(bits, low, high))
}

/// The largest block that begins at `low` and does not reach past `high`, then the rest.
fn cover(bits: u32, mut low: u128, high: u128) -> Vec<String> {
    let mut ranges = Vec::new();
    loop {
        let mut size = low.trailing_zeros().min(bits);
        while last_of(low, size) > high {
            size -= 1;
        }
        ranges.push(format!("{}/{}", address(bits, low), bits - size));
        match last_of(low, size) {
            end if end >= high => return ranges,
            end => low = end + 1,
        }
    }
}

/// The last address of the block of `2^size` addresses that begins at `low`.
fn last_of(low: u128, size: u32) -> u128 {
    low | 1_u128
        .checked_shl(size)
        .map_or(u128::MAX, |block| block - 1)
}

fn address(bits: u32, number: u128) -> IpAddr {
    match u32::try_from(number) {
        Ok(number) if bits == 32 => Ipv4Addr::from_bits(number).into(),
        _ => Ipv6Addr::from_bits(number).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_becomes_the_fewest_prefixes() {
        for (first, last, wanted) in [
            ("10.0.0.0", "10.255.255.255", "10.0.0.0/8"),
            ("172.16.0.0", "172.31.255.255", "172.16.0.0/12"),
            ("192.168.1.7", "192.168.1.7", "192.168.1.7/32"),
            ("0.0.0.0", "255.255.255.255", "0.0.0.0/0"),
            (
                "10.0.0.1",
                "10.0.0.4",
                "10.0.0.1/32 10.0.0.2/31 10.0.0.4/32",
            ),
            (
                "fc00::",
                "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
                "fc00::/7",
            ),
            ("::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::/0"),
            ("::1", "::1", "::1/128"),
        ] {
            let found = between(first.parse().unwrap(), last.parse().unwrap()).unwrap();
            assert_eq!(found.join(" "), wanted);
        }
    }

    #[test]
    fn ends_of_two_families_or_in_the_wrong_order_are_no_range() {
        let between = |a: &str, b: &str| between(a.parse().unwrap(), b.parse().unwrap());
        assert_eq!(between("10.0.0.2", "10.0.0.1"), None);
        assert_eq!(between("10.0.0.2", "::1"), None);
    }
}
