//! Signs of life.

use crate::lab::{Lab, OLD, POLLING, WEBSOCKET};

#[test]
fn a_client_of_revision_4_is_pinged_every_25_seconds() {
    let mut lab = Lab::new();
    let client = lab.join(&WEBSOCKET);
    for _ in 0..3 {
        lab.pass(24_999);
        assert_eq!(lab.texts(client), [""; 0]);
        lab.pass(1);
        assert_eq!(lab.texts(client), ["2"]);
        lab.text(client, "3");
    }
    assert!(!lab.is_closed(client));
}

#[test]
fn a_client_that_does_not_answer_a_ping_within_20_seconds_is_closed() {
    let mut lab = Lab::new();
    let clients = [lab.join(&WEBSOCKET), lab.join(&POLLING)];
    lab.pass(44_999);
    assert!(!clients.map(|client| lab.is_closed(client)).contains(&true));
    lab.pass(1);
    assert_eq!(clients.map(|client| lab.is_closed(client)), [true, true]);
}

#[test]
fn the_poll_of_a_silent_client_is_told_of_the_end() {
    let mut lab = Lab::new();
    let client = lab.join(&POLLING);
    lab.pass(25_000);
    assert_eq!(lab.texts(client), ["2"]);
    lab.with(|server, now| server.begin_poll(now, client))
        .unwrap();
    lab.pass(20_000);
    assert_eq!(lab.texts(client), ["1"]);
    assert!(lab.is_closed(client));
}

#[test]
fn a_client_of_revision_3_pings_itself_and_is_answered() {
    let mut lab = Lab::new();
    let client = lab.join(&OLD);
    for _ in 0..3 {
        lab.pass(44_000);
        lab.text(client, "2");
        assert_eq!(lab.texts(client), ["3"]);
    }
    lab.text(client, "2probe");
    assert_eq!(lab.texts(client), ["3probe"]);
    lab.pass(44_999);
    assert!(!lab.is_closed(client));
    lab.pass(1);
    assert!(lab.is_closed(client));
}

#[test]
fn a_heartbeat_in_the_wrong_direction_closes_the_session() {
    for (visitor, beat) in [(&WEBSOCKET, "2"), (&OLD, "3")] {
        let mut lab = Lab::new();
        let client = lab.join(visitor);
        lab.text(client, beat);
        assert!(lab.is_closed(client));
    }
}

#[test]
fn a_client_that_connects_to_no_namespace_is_closed() {
    let mut lab = Lab::new();
    let (silent, connected) = (lab.open(&WEBSOCKET), lab.join(&WEBSOCKET));
    lab.pass(20_000);
    assert_eq!(
        (lab.is_closed(silent), lab.is_closed(connected)),
        (true, false)
    );
}

#[test]
fn nothing_is_due_once_everybody_has_gone() {
    let mut lab = Lab::new();
    let clients = [lab.open(&WEBSOCKET), lab.join(&OLD), lab.join(&POLLING)];
    lab.with(|server, now| server.begin_probe(now, clients[2]))
        .unwrap();
    for client in clients {
        lab.text(client, "1");
    }
    assert_eq!(lab.server.poll_timeout(), None);
    assert_eq!(lab.server.sessions(), 0);
}
