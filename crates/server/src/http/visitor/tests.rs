use super::*;

#[test]
fn a_page_of_the_host_it_asks_may_connect() {
    for (origin, host) in [
        ("https://localhost:8443", "localhost:8443"),
        ("https://192.168.1.5:8443", "192.168.1.5:8443"),
        ("https://[::1]:8443", "[::1]:8443"),
        ("https://call.example", "call.example"),
        ("https://call.example", "call.example:443"),
        ("https://CALL.example", "call.EXAMPLE"),
    ] {
        let visitor = ask(&[("host", host)], SECURE);
        assert!(
            OriginRules::default().allows(origin, &visitor),
            "{origin} at {host}"
        );
    }
}

#[test]
fn a_page_of_another_origin_may_not() {
    let visitor = ask(&[("host", "localhost:8443")], SECURE);
    for origin in [
        "https://evil.example",
        "https://localhost:8444",
        "https://localhost",
        "http://localhost:8443",
        "https://localhost:8443.evil.example",
        "null",
        "",
    ] {
        assert!(!OriginRules::default().allows(origin, &visitor), "{origin}");
    }
}

#[test]
fn a_listed_origin_may() {
    let rules = OriginRules {
        extra: vec!["https://app.example".parse().unwrap()],
        ..OriginRules::default()
    };
    assert!(rules.allows(
        "https://app.example",
        &ask(&[("host", "localhost:8443")], SECURE)
    ));
}

#[test]
fn without_tls_of_ours_a_proxy_may_have_added_it() {
    let visitor = ask(&[("host", "call.example")], false);
    assert!(OriginRules::default().allows("https://call.example", &visitor));
    assert!(OriginRules::default().allows("http://call.example", &visitor));
}

#[test]
fn a_stranger_is_not_believed_about_addresses() {
    let visitor = ask(
        &[
            ("host", "a"),
            ("x-forwarded-for", "203.0.113.9"),
            ("x-forwarded-host", "evil"),
        ],
        SECURE,
    );
    assert_eq!(visitor.address, PEER.parse::<IpAddr>().unwrap());
    assert_eq!(visitor.host, "a");
}

#[test]
fn a_trusted_proxy_is_believed_up_to_the_last_stranger() {
    let headers = [
        ("host", "inner:8080"),
        ("x-forwarded-for", "10.9.9.9, 203.0.113.9, 192.0.2.7"),
        ("x-forwarded-host", "call.example"),
        ("x-forwarded-proto", "https"),
    ];
    let visitor = behind_proxy().visitor(&arrival(false), &map(&headers));
    assert_eq!(
        visitor,
        Visitor {
            address: "203.0.113.9".parse().unwrap(),
            host: "call.example".into(),
            secure: true
        }
    );
}

#[test]
fn a_forwarded_address_may_carry_its_port() {
    for (written, address) in [
        ("203.0.113.9:4711", "203.0.113.9"),
        ("[2001:db8::9]:1", "2001:db8::9"),
    ] {
        let visitor =
            behind_proxy().visitor(&arrival(false), &map(&[("x-forwarded-for", written)]));
        assert_eq!(visitor.address, address.parse::<IpAddr>().unwrap());
    }
}

#[test]
fn a_host_that_could_break_out_of_html_is_replaced_by_our_address() {
    for host in ["<script>", "a\"b", "a b", ""] {
        assert_eq!(
            ask(&[("host", host)], SECURE).host,
            "192.0.2.1:8443",
            "{host}"
        );
    }
}

const SECURE: bool = true;
const PEER: &str = "192.0.2.7";

fn ask(headers: &[(&'static str, &'static str)], secure: bool) -> Visitor {
    OriginRules::default().visitor(&arrival(secure), &map(headers))
}

fn behind_proxy() -> OriginRules {
    OriginRules {
        trusted_proxies: vec!["192.0.2.7".parse().unwrap()],
        extra: Vec::new(),
    }
}

fn arrival(secure: bool) -> Arrival {
    let peer = SocketAddr::new(PEER.parse().unwrap(), 50_000);
    Arrival {
        peer,
        local: "192.0.2.1:8443".parse().unwrap(),
        secure,
        crowded: false,
    }
}

fn map(headers: &[(&'static str, &'static str)]) -> HeaderMap {
    headers
        .iter()
        .map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()))
        .collect()
}
