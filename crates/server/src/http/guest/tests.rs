use super::*;
use crate::config::Origin;

#[test]
fn files_and_local_pages_may_use_foreign_doors_from_near_addresses() {
    for near in [
        "127.0.0.1",
        "192.168.1.7",
        "10.1.2.3",
        "::1",
        "fd00::7",
        "fe80::7",
    ] {
        for page in LOCAL_PAGES {
            assert!(may(page, near, Pages::Foreign), "{page} from {near}");
        }
    }
}

#[test]
fn from_elsewhere_they_may_not() {
    for page in LOCAL_PAGES {
        assert!(!may(page, "203.0.113.9", Pages::Foreign), "{page}");
    }
}

#[test]
fn our_own_doors_are_for_our_own_pages() {
    for page in LOCAL_PAGES {
        assert!(!may(page, "127.0.0.1", Pages::Own), "{page}");
    }
    assert!(may("https://call.example", "127.0.0.1", Pages::Own));
}

#[test]
fn pages_of_the_internet_may_use_no_door_unless_listed() {
    for page in [
        "https://evil.example",
        "https://localhost.evil.example",
        "https://127.0.0.1.evil.example",
        "https://203.0.113.9",
        "https://call.example.evil",
        "https://[2001:db8::1]:3000",
        "localhost",
        "nullnull",
        "",
    ] {
        assert!(!may(page, "127.0.0.1", Pages::Foreign), "{page}");
    }
    assert!(may("https://app.example", "203.0.113.9", Pages::Foreign));
}

#[test]
fn whoever_sends_no_origin_is_no_page() {
    let caller = rules()
        .caller(&arrival("203.0.113.9"), &HeaderMap::new(), Pages::Foreign)
        .unwrap();
    assert_eq!(caller.origin, None);
}

#[test]
fn a_refused_page_is_told_the_flag_and_nothing_that_breaks_the_line() {
    let refused = ask("https://evil.example", "127.0.0.1", Pages::Foreign).unwrap_err();
    assert_eq!(refused.origin, "https://evil.example");
    assert_eq!(refused.into_response().status(), StatusCode::FORBIDDEN);
}

#[test]
fn a_preflight_grants_what_it_asks_to_that_origin_alone() {
    let caller = ask("http://localhost:5500", "127.0.0.1", Pages::Foreign).unwrap();
    let asked = HeaderMap::from_iter([(
        header::ACCESS_CONTROL_REQUEST_HEADERS,
        HeaderValue::from_static("x-anything"),
    )]);
    let answer = caller.preflight(&asked);
    assert_eq!(
        answer.headers()[header::ACCESS_CONTROL_ALLOW_ORIGIN],
        "http://localhost:5500"
    );
    assert_eq!(
        answer.headers()[header::ACCESS_CONTROL_ALLOW_HEADERS],
        "x-anything"
    );
    assert_eq!(answer.headers()[header::VARY], "Origin");
}

const LOCAL_PAGES: [&str; 8] = [
    "null",
    "file://",
    "http://localhost:5500",
    "http://LOCALHOST",
    "https://app.localhost:3000",
    "http://192.168.1.9:8080",
    "http://[::1]:5173",
    "http://laptop.local",
];

fn may(origin: &'static str, client: &str, pages: Pages) -> bool {
    ask(origin, client, pages).is_ok()
}

fn ask(origin: &'static str, client: &str, pages: Pages) -> Result<Caller, WrongOrigin> {
    let headers = HeaderMap::from_iter([
        (header::HOST, HeaderValue::from_static("call.example")),
        (header::ORIGIN, HeaderValue::from_static(origin)),
    ]);
    rules().caller(&arrival(client), &headers, pages)
}

fn rules() -> OriginRules {
    let listed: Origin = "https://app.example".parse().unwrap();
    OriginRules {
        extra: vec![listed],
        ..OriginRules::default()
    }
}

fn arrival(client: &str) -> Arrival {
    Arrival {
        peer: (client.parse::<IpAddr>().unwrap(), 50_000).into(),
        local: "192.0.2.1:8443".parse().unwrap(),
        secure: true,
        crowded: false,
    }
}
