use std::cell::RefCell;
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use super::*;

#[test]
fn with_nothing_configured_the_defaults_stand() {
    let settings = loaded(&Inputs::default()).settings;
    assert_eq!(settings.data, PathBuf::from("magpie-data"));
    assert_eq!(settings.listen, Listen::Automatic);
    assert_eq!(settings.relay.realm, "magpie");
    assert_eq!(
        (settings.relay.ports.low(), settings.relay.ports.high()),
        (49152, 65535)
    );
    assert_eq!(settings.relay.max_bps, None);
    assert!(settings.relay.spare_static_users);
    assert_eq!(settings.limits.connections_per_address, 1024);
}

#[test]
fn a_flag_wins_over_the_environment_over_the_file_over_the_default() {
    let file = file("realm = 'file'\nlog = 'warn'\nrelay_ports = '1000-2000'\n");
    let mut inputs = Inputs {
        config: Some(file),
        ..Inputs::default()
    };
    inputs.flags.insert("realm", vec!["flag".into()]);
    inputs.environment = variables(&[("MAGPIE_REALM", "environment"), ("MAGPIE_LOG", "debug")]);
    let settings = loaded(&inputs).settings;
    assert_eq!(settings.relay.realm, "flag");
    assert_eq!(settings.log, "debug");
    assert_eq!(settings.relay.ports.low(), 1000);
    assert_eq!(settings.relay.software, "magpie");
}

#[test]
fn a_stronger_list_replaces_a_weaker_one() {
    let file = file("stun = ['127.0.0.1:1', '127.0.0.1:2']\n");
    let environment = variables(&[("MAGPIE_STUN", "127.0.0.1:3, [::1]:4")]);
    let settings = loaded(&Inputs {
        config: Some(file),
        environment,
        ..Inputs::default()
    })
    .settings;
    assert_eq!(
        settings.stun,
        ["127.0.0.1:3", "[::1]:4"].map(|text| text.parse().unwrap())
    );
}

#[test]
fn a_file_in_the_data_folder_is_read_unasked() {
    let path = file("realm = 'here'\n");
    let folder = path.parent().unwrap().to_str().unwrap().to_owned();
    let inputs = Inputs {
        environment: variables(&[("MAGPIE_DATA", &folder)]),
        ..Inputs::default()
    };
    assert_eq!(loaded(&inputs).settings.relay.realm, "here");
}

#[test]
fn a_file_in_the_data_folder_cannot_move_the_data_folder() {
    let path = file("data = 'elsewhere'\n");
    let folder = path.parent().unwrap().to_str().unwrap().to_owned();
    let inputs = Inputs {
        environment: variables(&[("MAGPIE_DATA", &folder)]),
        ..Inputs::default()
    };
    assert_eq!(problems(&inputs).len(), 1);
}

#[test]
fn paths_in_a_file_are_relative_to_it() {
    let path = file("data = 'state'\ncert = 'c.pem'\nkey = '/k.pem'\n");
    let folder = path.parent().unwrap().to_owned();
    let settings = loaded(&Inputs {
        config: Some(path),
        ..Inputs::default()
    })
    .settings;
    assert_eq!(settings.data, folder.join("state"));
    let files = settings.certificate.unwrap();
    assert_eq!(
        (files.certificate, files.key),
        (folder.join("c.pem"), PathBuf::from("/k.pem"))
    );
}

#[test]
fn five_mistakes_in_a_file_are_five_lines_with_key_and_line() {
    let path = file(
        "relm = 'x'\n\nrelay_ports = '9-1'\nuser_quota = 'many'\nlisten = ['nowhere']\n[relay]\nmax_lifetime = 0\n",
    );
    let name = path.display().to_string();
    let inputs = Inputs {
        config: Some(path),
        ..Inputs::default()
    };
    let lines: Vec<String> = problems(&inputs)
        .iter()
        .map(|line| line.replace(&name, "F"))
        .collect();
    assert_eq!(
        lines,
        [
            "F:1: relm: unknown key; did you mean `realm`?",
            "F:3: relay_ports: `9-1`: the low end is above the high end",
            "F:4: user_quota: expected a whole number, found a string",
            "F:5: listen: `nowhere`: expected ADDR:PORT, such as 0.0.0.0:8443 or [::]:8443",
            "F:7: relay.max_lifetime: `0`: expected a whole number of at least 1",
        ]
    );
}

#[test]
fn mistakes_of_every_source_are_reported_together() {
    let mut inputs = Inputs {
        config: Some(file("origin = 'example.org'\n")),
        ..Inputs::default()
    };
    inputs.flags.insert("realm", vec![String::new()]);
    inputs.environment = variables(&[("MAGPIE_ALLOW_PEER", "10.0.0.0/33"), ("MAGPIE_RELM", "x")]);
    let lines = problems(&inputs);
    assert_eq!(lines.len(), 4, "{lines:#?}");
    assert!(
        lines
            .iter()
            .any(|line| line.starts_with("--realm: realm: "))
    );
    assert!(
        lines
            .iter()
            .any(|line| line.starts_with("MAGPIE_ALLOW_PEER: allow_peer: "))
    );
    assert!(
        lines
            .iter()
            .any(|line| line == "MAGPIE_RELM: unknown variable; did you mean `MAGPIE_REALM`?")
    );
    assert!(lines.iter().any(|line| line.contains(":1: origin: ")));
}

#[test]
fn variables_of_container_platforms_are_no_mistakes() {
    let environment = variables(&[
        ("MAGPIE_SERVICE_HOST", "10.0.0.1"),
        ("MAGPIE_PORT_443_TCP", "tcp://10.0.0.1:443"),
    ]);
    loaded(&Inputs {
        environment,
        ..Inputs::default()
    });
}

#[test]
fn a_key_in_the_wrong_section_is_shown_its_place() {
    let inputs = Inputs {
        config: Some(file("nonce_lifetime = 5\n[relay]\nrealm = 'x'\n")),
        ..Inputs::default()
    };
    let lines = problems(&inputs);
    assert!(
        lines[0].ends_with("did you mean `relay.nonce_lifetime`?"),
        "{lines:?}"
    );
    assert!(lines[1].ends_with("did you mean `realm`?"), "{lines:?}");
}

#[test]
fn a_section_given_a_value_is_explained() {
    let inputs = Inputs {
        config: Some(file("relay = 5\n")),
        ..Inputs::default()
    };
    assert!(
        problems(&inputs)[0]
            .ends_with(":1: relay: is a section, not a value: write [relay] on a line of its own")
    );
}

#[test]
fn integers_may_be_written_as_toml_allows() {
    let file = file("user_quota = 0x10\n[relay]\nmax_lifetime = 7_200\n");
    let settings = loaded(&Inputs {
        config: Some(file),
        ..Inputs::default()
    })
    .settings;
    assert_eq!(settings.relay.user_quota.unwrap().get(), 16);
    assert!(!settings.relay.spare_static_users);
    assert_eq!(settings.relay.max_lifetime.as_secs(), 7200);
}

#[test]
fn a_broken_line_is_one_mistake_however_the_rest_reads_then() {
    let text = "realm = \n stun = ['1.1.1.1:1'\nlog = 'info'\nfoo = 1";
    let inputs = Inputs {
        config: Some(file(text)),
        ..Inputs::default()
    };
    assert_eq!(problems(&inputs).len(), 1);
}

#[test]
fn a_key_written_twice_is_named_at_the_second() {
    let inputs = Inputs {
        config: Some(file("realm = 'a'\nrealm = 'b'\n")),
        ..Inputs::default()
    };
    assert!(
        problems(&inputs)[0].ends_with(":2: is not TOML: duplicate key"),
        "{:?}",
        problems(&inputs)
    );
}

#[test]
fn broken_toml_is_named_with_its_line() {
    let inputs = Inputs {
        config: Some(file("realm = 'x'\nstun = [\n")),
        ..Inputs::default()
    };
    let lines = problems(&inputs);
    assert!(
        lines[0].contains("magpie.toml:2") || lines[0].contains("magpie.toml:3"),
        "{lines:?}"
    );
}

#[test]
fn a_named_file_that_is_missing_is_a_mistake() {
    let inputs = Inputs {
        config: Some("/nonexistent/magpie.toml".into()),
        ..Inputs::default()
    };
    assert!(problems(&inputs)[0].starts_with("/nonexistent/magpie.toml: cannot be read: "));
}

#[test]
fn a_certificate_without_its_key_is_a_mistake() {
    let mut inputs = Inputs::default();
    inputs.flags.insert("cert", vec!["c.pem".into()]);
    assert_eq!(problems(&inputs), ["--cert: cert: needs `key` too"]);
}

#[test]
fn three_secrets_are_one_too_many() {
    let mut inputs = Inputs::default();
    inputs
        .flags
        .insert("turn_secret", vec!["12345678".into(); 3]);
    assert_eq!(
        problems(&inputs),
        ["--turn-secret: turn_secret: at most 2 values, found 3"]
    );
}

#[test]
fn a_mistaken_secret_is_not_repeated() {
    let mut inputs = Inputs::default();
    inputs.flags.insert("turn_secret", vec!["hunter2".into()]);
    inputs.flags.insert("turn_user", vec!["hunter2".into()]);
    let lines = problems(&inputs);
    assert_eq!(lines.len(), 2);
    assert!(
        lines.iter().all(|line| !line.contains("hunter2")),
        "{lines:?}"
    );
}

#[test]
fn a_user_is_not_named_both_with_password_and_with_key() {
    let mut inputs = Inputs::default();
    inputs
        .flags
        .insert("turn_user", vec!["alice:wonderland".into()]);
    let key = "alice:0x00112233445566778899aabbccddeeff";
    inputs.environment = variables(&[("MAGPIE_RELAY_USER_KEYS", key)]);
    assert_eq!(
        problems(&inputs),
        ["--turn-user: turn_user: `alice` is there twice"]
    );
    inputs.environment = variables(&[("MAGPIE_RELAY_USER_KEYS", "alice:0x0011")]);
    assert_eq!(
        problems(&inputs),
        ["MAGPIE_RELAY_USER_KEYS: relay.user_keys: expected NAME:0x and 32 hexadecimal digits"]
    );
}

#[test]
fn show_names_every_key_and_source_and_no_secret() {
    let mut inputs = Inputs::default();
    inputs
        .flags
        .insert("turn_secret", vec!["correct horse".into()]);
    inputs.environment = variables(&[("MAGPIE_TURN_USER", "alice:wonderland")]);
    let text = show(&loaded(&inputs));
    assert_eq!(text.lines().count(), KEYS.len());
    assert!(
        text.contains("alice:********")
            && text.contains("MAGPIE_TURN_USER")
            && text.contains("--turn-secret")
    );
    assert!(!text.contains("correct horse") && !text.contains("wonderland"));
}

#[test]
fn every_default_in_the_table_is_a_value_of_its_kind() {
    let settings = defaults(std::path::Path::new("somewhere"));
    assert_eq!(settings.data, PathBuf::from("somewhere"));
}

#[test]
fn the_reference_in_docs_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/config.md");
    let text = fs::read_to_string(path).unwrap_or_default();
    assert!(
        text == reference(),
        "run: cargo run -- config docs > docs/config.md"
    );
}

#[test]
fn every_row_of_the_reference_has_as_many_cells_as_its_head() {
    let text = reference();
    let rows = text.lines().filter(|line| line.starts_with('|'));
    for row in rows {
        let bars = row.matches('|').count() - row.matches("\\|").count();
        assert_eq!(bars, 5, "{row}");
    }
}

#[test]
fn origins_are_kept_as_browsers_send_them() {
    let origin = |text: &str| {
        text.parse::<Origin>()
            .map(|origin| origin.as_str().to_owned())
    };
    assert_eq!(
        origin("HTTPS://Example.org:443/").unwrap(),
        "https://example.org"
    );
    assert_eq!(origin("http://[::1]:8080").unwrap(), "http://[::1]:8080");
    assert!(origin("https://example.org/path").is_err());
    assert!(origin("example.org").is_err());
}

#[test]
fn a_stun_server_is_a_host_and_perhaps_a_port() {
    let server = |text: &str| {
        text.parse::<StunServer>()
            .map(|server| (server.host, server.port))
    };
    assert_eq!(
        server("stun:stun.example.org:19302").unwrap(),
        ("stun.example.org".to_owned(), 19302)
    );
    assert_eq!(server("stun:stun.example.org").unwrap().1, 3478);
    assert_eq!(
        server("stun:[2001:db8::1]:3479").unwrap(),
        ("2001:db8::1".to_owned(), 3479)
    );
    assert_eq!(server("2001:db8::1").unwrap().1, 3478);
    for wrong in ["", "stun:", "stun://a", "stun:a:0", "stun:a:b"] {
        assert!(server(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_range_of_addresses_holds_what_its_prefix_says() {
    let range: Cidr = "10.1.0.0/16".parse().unwrap();
    assert!(range.contains("10.1.255.1".parse().unwrap()));
    assert!(range.contains("::ffff:10.1.0.1".parse().unwrap()));
    assert!(!range.contains("10.2.0.1".parse().unwrap()));
    let all: Cidr = "::/0".parse().unwrap();
    assert!(all.contains("fd00::1".parse().unwrap()));
    assert!(!all.contains("10.1.0.1".parse().unwrap()));
    assert_eq!(
        "fd12:3456::1/8".parse::<Cidr>().unwrap().to_string(),
        "fd00::/8"
    );
}

fn loaded(inputs: &Inputs) -> Loaded {
    load(inputs).unwrap_or_else(|errors| panic!("{errors}"))
}

fn problems(inputs: &Inputs) -> Vec<String> {
    let ConfigErrors(problems) = load(inputs).expect_err("there are mistakes");
    problems.iter().map(ToString::to_string).collect()
}

fn variables(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

/// A file of this content; its folder goes when the test's thread ends.
fn file(text: &str) -> PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    thread_local!(static MADE: RefCell<Vec<Folder>> = const { RefCell::new(Vec::new()) });
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let folder =
        std::env::temp_dir().join(format!("magpie-config-{}-{number}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join("magpie.toml");
    fs::write(&path, text).unwrap();
    MADE.with_borrow_mut(|made| made.push(Folder(folder)));
    path
}

struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        _ = fs::remove_dir_all(&self.0);
    }
}
