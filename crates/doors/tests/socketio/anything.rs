//! Whatever clients send, the server goes on, and keeps nothing of those that have gone.

use magpie_doors::engineio::{ConnKey, Version, payload};
use magpie_doors::socketio::Limits;
use proptest::prelude::*;

use crate::lab::{Lab, OLD, POLLING, Visitor, WEBSOCKET};

#[derive(Clone, Debug)]
enum Step {
    Open(u8),
    Text(usize, String),
    Binary(usize, Vec<u8>),
    Post(usize, Vec<u8>),
    Poll(usize),
    Probe(usize, String),
    Pass(u64),
}

proptest! {
    #[test]
    fn no_sequence_of_steps_leaves_anything_behind(
        steps in prop::collection::vec(step(), 1..60),
    ) {
        let mut lab = Lab::with_limits(Limits { acks: 2, namespaces: 3, ..Limits::default() });
        let mut clients = vec![lab.join(&WEBSOCKET), lab.join(&OLD)];
        for step in steps {
            take(&mut lab, &mut clients, step);
        }
        for client in clients {
            lab.with(|server, now| server.closed(now, client));
        }
        // Those that dropped keep their places for a while.
        lab.pass(60_000);
        prop_assert_eq!(lab.server.sessions(), 0);
        prop_assert_eq!(lab.server.poll_timeout(), None);
    }
}

fn take(lab: &mut Lab, clients: &mut Vec<ConnKey>, step: Step) {
    let at = |index: usize| index % clients.len();
    match step {
        Step::Open(kind) => {
            let visitor: &Visitor = [&WEBSOCKET, &POLLING, &OLD][usize::from(kind) % 3];
            clients.extend(lab.try_open(visitor));
        }
        Step::Text(client, text) => lab.text(clients[at(client)], &text),
        Step::Binary(client, bytes) => lab.binary(clients[at(client)], &bytes),
        Step::Post(client, body) => post(lab, clients[at(client)], body),
        Step::Poll(client) => {
            let client = clients[at(client)];
            let _ = lab.with(|server, now| server.begin_poll(now, client));
        }
        Step::Probe(client, packet) => {
            let client = clients[at(client)];
            let _ = lab.with(|server, now| server.begin_probe(now, client));
            drop(lab.probe(client, &packet));
        }
        Step::Pass(milliseconds) => lab.pass(milliseconds),
    }
}

fn post(lab: &mut Lab, client: ConnKey, body: Vec<u8>) {
    for (version, binary) in [
        (Version::V4, false),
        (Version::V3, false),
        (Version::V3, true),
    ] {
        if let Ok(mut packets) = payload::decode(version, binary, body.clone().into()) {
            let _ = lab.with(|server, now| server.packets(now, client, &mut packets, 100));
        }
    }
}

fn step() -> impl Strategy<Value = Step> {
    let bytes = || prop::collection::vec(any::<u8>(), 0..40);
    prop_oneof![
        any::<u8>().prop_map(Step::Open),
        (any::<usize>(), packet()).prop_map(|(client, text)| Step::Text(client, text)),
        (any::<usize>(), packet()).prop_map(|(client, text)| Step::Text(client, text)),
        (any::<usize>(), bytes()).prop_map(|(client, bytes)| Step::Binary(client, bytes)),
        (any::<usize>(), bytes()).prop_map(|(client, bytes)| Step::Post(client, bytes)),
        (any::<usize>(), packet()).prop_map(|(client, text)| Step::Post(client, text.into())),
        any::<usize>().prop_map(Step::Poll),
        (any::<usize>(), packet()).prop_map(|(client, text)| Step::Probe(client, text)),
        (0..50_000_u64).prop_map(Step::Pass),
    ]
}

/// Packets, nearly packets, and neither.
fn packet() -> impl Strategy<Value = String> {
    prop_oneof![
        "[0-6b]?(probe)?",
        "4[0-6]([0-9]{1,3}-)?(/[a-c]?,)?[0-9]{0,3}(\\[\"[a-z]{1,3}\",[0-9]\\])?",
        Just(r#"40/a,{"x":1}"#.to_owned()),
        Just(r#"42["offer",{"to":"x"}]"#.to_owned()),
        Just(r#"425["join",{"roomId":"r","userId":"u"}]"#.to_owned()),
        Just(r#"451-["a",{"_placeholder":true,"num":0}]"#.to_owned()),
        Just(r#"430["answer"]"#.to_owned()),
        Just("14:42[\"a\",\"鹊🐦\"]2:2p".to_owned()),
        ".{0,20}",
    ]
}
