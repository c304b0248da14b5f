//! Requests of one session, and its move to a WebSocket.

use magpie_doors::engineio::{ConnKey, Frame, Probed, Refusal, Version};

use crate::lab::{Lab, POLLING, WEBSOCKET, field};

#[test]
fn the_greeting_says_how_the_session_goes_on() {
    let mut lab = Lab::new();
    for (visitor, upgrades) in [(&POLLING, r#"["websocket"]"#), (&WEBSOCKET, "[]")] {
        let client = lab.open(visitor);
        let greeting = lab.texts(client).remove(0);
        let sid = field(&greeting[1..], "sid");
        assert_eq!(
            greeting,
            format!(
                r#"0{{"sid":"{sid}","upgrades":{upgrades},"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}}"#
            )
        );
        assert_eq!(lab.server.find(&sid), Ok((client, Version::V4)));
        assert_eq!(sid.len(), 20);
    }
}

#[test]
fn a_probe_is_answered_and_the_upgrade_moves_the_session() {
    let mut lab = Lab::new();
    let client = lab.join(&POLLING);
    lab.with(|server, now| server.begin_probe(now, client))
        .unwrap();
    assert_eq!(lab.probe(client, "2probe"), answer("3probe"));
    assert_eq!(lab.probe(client, "5"), Probed::Upgraded);
    let again = lab.with(|server, now| server.begin_poll(now, client));
    assert_eq!(again, Err(Refusal::BadRequest));
    let again = lab.with(|server, now| server.begin_post(now, client));
    assert_eq!(again, Err(Refusal::BadRequest));
    let again = lab.with(|server, now| server.begin_probe(now, client));
    assert_eq!(again, Err(Refusal::BadRequest));
    assert!(!lab.is_closed(client));
}

#[test]
fn a_poll_that_waits_is_released_by_the_probe_and_one_that_comes_later_at_once() {
    let mut lab = Lab::new();
    let client = lab.join(&POLLING);
    lab.with(|server, now| server.begin_poll(now, client))
        .unwrap();
    lab.with(|server, now| server.begin_probe(now, client))
        .unwrap();
    assert_eq!(lab.texts(client), [""; 0]);
    lab.probe(client, "2probe");
    assert_eq!(lab.texts(client), ["6"]);
    lab.with(|server, _| server.end_poll(client));
    lab.with(|server, now| server.begin_poll(now, client))
        .unwrap();
    assert_eq!(lab.texts(client), ["6"]);
}

#[test]
fn what_is_no_probe_ends_the_websocket_and_not_the_session() {
    let mut lab = Lab::new();
    let client = lab.join(&POLLING);
    for packet in ["4hello", "2", "x", "3probe"] {
        lab.with(|server, now| server.begin_probe(now, client))
            .unwrap();
        assert_eq!(lab.probe(client, packet), Probed::Refused, "{packet}");
        lab.with(|server, _| server.end_probe(client));
    }
    assert!(lab.post(client, Version::V4, "3"));
    assert!(!lab.is_closed(client));
}

#[test]
fn a_second_probe_at_the_same_time_is_refused_and_one_after_ten_seconds_is_not() {
    let mut lab = Lab::new();
    let client = lab.join(&POLLING);
    lab.with(|server, now| server.begin_probe(now, client))
        .unwrap();
    let second = lab.with(|server, now| server.begin_probe(now, client));
    assert_eq!(second, Err(Refusal::BadRequest));
    lab.pass(10_000);
    assert_eq!(lab.probe(client, "5"), Probed::Refused);
    lab.with(|server, now| server.begin_probe(now, client))
        .unwrap();
}

#[test]
fn two_polls_at_once_close_the_session_and_the_first_is_told() {
    let mut lab = Lab::new();
    let client = lab.join(&POLLING);
    lab.with(|server, now| server.begin_poll(now, client))
        .unwrap();
    let second = lab.with(|server, now| server.begin_poll(now, client));
    assert_eq!(second, Err(Refusal::BadRequest));
    assert_eq!(lab.texts(client), ["1"]);
    assert!(lab.is_closed(client));
}

#[test]
fn two_posts_at_once_close_the_session() {
    let mut lab = Lab::new();
    let client = lab.join(&POLLING);
    lab.with(|server, now| server.begin_post(now, client))
        .unwrap();
    let second = lab.with(|server, now| server.begin_post(now, client));
    assert_eq!(second, Err(Refusal::BadRequest));
    assert!(lab.is_closed(client));
}

#[test]
fn a_client_that_leaves_gets_nothing_more_on_the_poll_that_waits() {
    let mut lab = Lab::new();
    let client = lab.join(&POLLING);
    lab.with(|server, now| server.begin_poll(now, client))
        .unwrap();
    assert!(lab.post(client, Version::V4, "1"));
    assert_eq!(lab.texts(client), ["6"]);
    assert!(lab.is_closed(client));
}

#[test]
fn a_malformed_packet_closes_the_session_after_those_before_it() {
    let mut lab = Lab::new();
    let (client, other) = (lab.join(&POLLING), lab.join(&WEBSOCKET));
    assert!(!lab.post(
        client,
        Version::V4,
        "42[\"first\"]\x1eabc\x1e42[\"second\"]"
    ));
    assert!(lab.is_closed(client));
    assert_eq!(lab.texts(other), [r#"42["first"]"#]);
}

#[test]
fn unknown_ids_are_refused_whatever_they_look_like() {
    let mut lab = Lab::new();
    let client = lab.open(&POLLING);
    let sid = field(&lab.texts(client)[0][1..], "sid");
    lab.text(client, "1");
    for unknown in [
        sid.as_str(),
        "",
        "__proto__",
        "constructor",
        &"x".repeat(5000),
        "鹊桥鹊桥鹊桥鹊",
    ] {
        assert_eq!(lab.server.find(unknown), Err(Refusal::UnknownSid));
    }
}

#[test]
fn sessions_are_bounded_in_all() {
    let mut lab = Lab::new();
    let clients: Vec<ConnKey> = (0..40).map(|_| lab.open(&WEBSOCKET)).collect();
    assert_eq!(lab.try_open(&WEBSOCKET), Err(Refusal::Forbidden));
    lab.text(clients[7], "1");
    assert!(lab.try_open(&WEBSOCKET).is_ok());
}

fn answer(packet: &'static str) -> Probed {
    Probed::Answer(Frame::Text(packet.into()))
}
