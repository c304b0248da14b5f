//! The sockets of NAT behaviour discovery (RFC 5780), of which the settings name two.

use std::net::SocketAddr;

use magpie_relay::NatDiscovery;

use super::place::Places;

/// The four sockets that two configured addresses make; none, if there are not two.
#[must_use]
pub fn sockets(addresses: &[SocketAddr]) -> Vec<SocketAddr> {
    let two = told_as(addresses, |address| address);
    two.map_or_else(Vec::new, |two| two.sockets().to_vec())
}

/// The addresses with what the outside knows them by.
pub(super) fn two(addresses: &[SocketAddr], places: &Places) -> Option<NatDiscovery> {
    told_as(addresses, |address| {
        SocketAddr::new(places.advertised(address.ip()), address.port())
    })
}

fn told_as(
    addresses: &[SocketAddr],
    told: impl Fn(SocketAddr) -> SocketAddr,
) -> Option<NatDiscovery> {
    let bound = *addresses.first_chunk::<2>()?;
    let all = bound.map(told);
    // One public address for both would tell clients of a second one that is none.
    let [first, second] = all;
    let told_apart = first.ip() != second.ip();
    Some(NatDiscovery {
        bound,
        advertised: if told_apart { all } else { bound },
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::relay::place::Stock;

    #[test]
    fn each_address_is_told_in_its_public_form() {
        let addresses = ["10.0.0.1:3478", "10.0.0.2:3479"].map(|a| a.parse().unwrap());
        let places = places(&["203.0.113.1/10.0.0.1", "203.0.113.2/10.0.0.2"]);
        let two = two(&addresses, &places).unwrap();
        assert_eq!(
            two.advertised,
            ["203.0.113.1:3478", "203.0.113.2:3479"].map(|a| a.parse().unwrap())
        );
    }

    #[test]
    fn one_public_address_does_not_stand_for_both() {
        let addresses = ["10.0.0.1:3478", "10.0.0.2:3479"].map(|a| a.parse().unwrap());
        let two = two(&addresses, &places(&["203.0.113.1"])).unwrap();
        assert_eq!(two.advertised, two.bound);
    }

    #[test]
    fn no_addresses_make_no_sockets() {
        assert!(sockets(&[]).is_empty());
    }

    fn places(public: &[&str]) -> Places {
        Places {
            addresses: Vec::new(),
            ports: "49152-65535".parse().unwrap(),
            public: public.iter().map(|ip| ip.parse().unwrap()).collect(),
            listening: Vec::new(),
            stock: Arc::new(Stock::new(0)),
        }
    }
}
