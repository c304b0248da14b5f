use std::net::IpAddr;

use super::*;
use crate::config::{CertificateFiles, PublicIp, Settings, defaults};

#[test]
fn a_wildcard_shows_localhost_and_every_address_of_the_network_likeliest_first() {
    let world = World::new(&["[::]:8443", "0.0.0.0:8443"]);
    let text = world.text(PLAIN);
    let urls: Vec<&str> = text
        .split_whitespace()
        .filter(|word| word.starts_with("https://"))
        .collect();
    let wanted = [
        "https://localhost:8443",
        "https://192.168.1.7:8443",
        "https://172.17.0.1:8443",
        "https://[fd00::7]:8443",
    ];
    assert_eq!(urls, wanted);
    assert!(text.contains("\n  http://192.168.1.7:8443\n"));
}

#[test]
fn port_443_is_not_spelled_out() {
    let text = World::new(&["0.0.0.0:443"]).text(PLAIN);
    assert!(text.contains("https://localhost\n") && text.contains("https://192.168.1.7\n"));
    assert!(text.contains("http://192.168.1.7:443/trust"));
}

#[test]
fn a_loopback_listener_offers_no_phone_a_way_in() {
    let text = World::new(&["127.0.0.1:8443"]).text(PLAIN);
    assert!(text.contains("https://localhost:8443"));
    assert!(!text.contains('█') && !text.contains("192.168.1.7"));
}

#[test]
fn the_fingerprint_and_both_ways_to_trust_are_there() {
    let world = World::new(&["0.0.0.0:8443"]);
    let text = world.text(PLAIN);
    let joined: String = text.split_whitespace().collect();
    assert!(joined.contains(&world.certificates.fingerprint()));
    assert!(
        text.contains("magpie ca install --data ")
            && text.contains("http://192.168.1.7:8443/trust")
    );
}

#[test]
fn an_address_outside_the_constraints_is_named_with_the_way_out() {
    let mut world = World::new(&["0.0.0.0:8443"]);
    assert!(!world.text(PLAIN).contains("--cert"));
    world
        .machine
        .addresses
        .insert("203.0.113.9".parse().unwrap());
    world.certificates.refresh(&world.machine).unwrap();
    let text = world.text(PLAIN);
    assert!(text.contains("Warned about      203.0.113.9\n") && text.contains("--cert FILE"));
}

#[test]
fn a_public_address_is_shown_beside_those_of_the_machine() {
    let mut world = World::new(&["0.0.0.0:8443"]);
    let public = "198.51.100.4".parse().unwrap();
    world.settings.relay.public_ips = vec![PublicIp {
        public,
        local: None,
    }];
    assert!(world.text(PLAIN).contains("https://198.51.100.4:8443"));
}

#[test]
fn the_operators_name_comes_first_and_is_what_phones_are_sent_to() {
    let mut world = World::new(&["0.0.0.0:443"]);
    let files = ["operator.pem", "operator-key.pem"].map(|name| world.settings.data.join(name));
    let made = rcgen::generate_simple_self_signed(["calls.example.org".to_owned()]).unwrap();
    std::fs::write(&files[0], made.cert.pem()).unwrap();
    std::fs::write(&files[1], made.signing_key.serialize_pem()).unwrap();
    let [certificate, key] = files;
    world.settings.certificate = Some(CertificateFiles { certificate, key });
    world.certificates = Certificates::open_for(&world.settings, &world.machine).unwrap();
    let text = world.text(PLAIN);
    assert!(
        text.contains("On the network    https://calls.example.org\n"),
        "{text}"
    );
    assert!(text.contains("\n  https://calls.example.org\n"), "{text}");
}

#[test]
fn ports_taken_and_missed_are_told() {
    let mut world = World::new(&["0.0.0.0:8443", "[::]:8443"]);
    let text = world.text(PLAIN);
    assert!(
        text.contains("8443 TCP and UDP")
            && text.contains("443 was not to be had")
            && text.contains("3478 (usual")
    );
    world.listening.turn = vec!["0.0.0.0:3478".parse().unwrap()];
    assert!(
        world
            .text(PLAIN)
            .contains("3478 TCP and UDP: STUN and TURN")
    );
}

#[test]
fn a_relay_that_only_this_network_reaches_is_warned_about() {
    let mut world = World::new(&["0.0.0.0:8443"]);
    assert!(world.text(PLAIN).contains("no public address is known"));
    world.settings.relay.public_ips = vec![PublicIp {
        public: "198.51.100.4".parse().unwrap(),
        local: None,
    }];
    assert!(!world.text(PLAIN).contains("no public address is known"));
    world.settings.relay.public_ips.clear();
    world.machine.addresses.insert("9.9.9.9".parse().unwrap());
    assert!(!world.text(PLAIN).contains("no public address is known"));
    let alone = World::new(&["127.0.0.1:8443"]);
    assert!(!alone.text(PLAIN).contains("no public address is known"));
}

#[test]
fn escape_sequences_only_where_asked_for() {
    let world = World::new(&["0.0.0.0:8443"]);
    assert!(!world.text(PLAIN).contains('\x1b'));
    assert!(
        world
            .text(Style {
                colour: true,
                ..PLAIN
            })
            .contains("\x1b[1mhttps://localhost:8443\x1b[0m")
    );
}

#[test]
fn no_line_is_wider_than_80_columns() {
    let mut world = World::new(&["0.0.0.0:8443", "[::]:8443"]);
    world
        .machine
        .addresses
        .insert("203.0.113.9".parse().unwrap());
    world.certificates.refresh(&world.machine).unwrap();
    let folder = std::mem::replace(&mut world.settings.data, "state".into());
    for language in [Language::English, Language::Chinese] {
        let text = world.text(Style { language, ..PLAIN });
        for line in text.lines().filter(|line| !line.contains(['█', '▀', '▄'])) {
            assert!(width(line) <= 80, "{line}");
        }
    }
    world.settings.data = folder;
}

#[test]
fn chinese_has_every_line_that_english_has() {
    let world = World::new(&["0.0.0.0:8443"]);
    let chinese = world.text(Style {
        language: Language::of_locale("zh_CN.UTF-8"),
        ..PLAIN
    });
    assert!(chinese.contains("局域网访问"));
    assert_eq!(chinese.lines().count(), world.text(PLAIN).lines().count());
}

#[test]
fn labels_line_up_in_both_languages() {
    for language in [Language::English, Language::Chinese] {
        let text = World::new(&["0.0.0.0:8443"]).text(Style { language, ..PLAIN });
        let before = text
            .lines()
            .filter_map(|line| line.split_once("https://"))
            .map(|(before, _)| width(before));
        assert!(
            before.clone().count() >= 3 && before.clone().all(|columns| columns == 20),
            "{text}"
        );
    }
}

#[test]
fn every_row_of_the_code_is_as_wide_as_the_next() {
    for colour in [false, true] {
        let code = qr::code("http://192.168.1.7:8443", colour);
        let modules = |row: &str| {
            row.chars()
                .filter(|c| matches!(c, '█' | '▀' | '▄' | ' '))
                .count()
        };
        let widths: Vec<usize> = code.lines().map(modules).collect();
        assert!(
            widths.len() > 10 && widths.windows(2).all(|pair| pair[0] == pair[1]),
            "{widths:?}"
        );
    }
}

const PLAIN: Style = Style {
    language: Language::English,
    colour: false,
};

struct World {
    settings: Settings,
    machine: Machine,
    certificates: Certificates,
    listening: Listening,
}

impl World {
    fn new(shared: &[&str]) -> Self {
        let name = format!(
            "magpie-banner-{}-{:?}",
            std::process::id(),
            std::thread::current().id()
        );
        let settings = defaults(&std::env::temp_dir().join(name.replace(['(', ')'], "")));
        let addresses = [
            "127.0.0.1",
            "::1",
            "fe80::1",
            "172.17.0.1",
            "192.168.1.7",
            "fd00::7",
        ];
        let addresses = addresses.iter().map(|text| text.parse().unwrap()).collect();
        let machine = Machine {
            host: Some("nest".to_owned()),
            addresses,
        };
        let certificates = Certificates::open_for(&settings, &machine).unwrap();
        let shared = shared.iter().map(|text| text.parse().unwrap()).collect();
        Self {
            settings,
            machine,
            certificates,
            listening: Listening {
                shared,
                ..Listening::default()
            },
        }
    }

    fn text(&self, style: Style) -> String {
        let main: Option<IpAddr> = Some("192.168.1.7".parse().unwrap());
        let Self {
            settings,
            machine,
            certificates,
            listening,
        } = self;
        Banner {
            settings,
            certificates,
            machine,
            main,
            listening,
            program: "magpie",
            style,
        }
        .to_string()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        _ = std::fs::remove_dir_all(&self.settings.data);
    }
}
