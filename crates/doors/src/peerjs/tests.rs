use std::net::{IpAddr, Ipv4Addr};

use magpie_hub::{ConnId, Millis, Number};
use serde_json::{Value, json};

use super::*;
use crate::liveness::CLOSE_SILENT;
use crate::{Broker as _, Effect, Ended};

#[test]
fn whoever_comes_with_an_id_is_open() {
    let mut world = World::new();
    let alice = world.join("alice");
    assert_eq!(world.told(alice), [json!({ "type": "OPEN" })]);
}

#[test]
fn a_query_with_something_missing_or_wrong_is_told_what() {
    let mut world = World::new();
    for (id, token, key, said) in [
        (
            "",
            "t",
            "peerjs",
            "No id, token, or key supplied to websocket server",
        ),
        (
            "a",
            "",
            "peerjs",
            "No id, token, or key supplied to websocket server",
        ),
        (
            "a",
            "t",
            "",
            "No id, token, or key supplied to websocket server",
        ),
        ("a", "t", "other", "Invalid key provided"),
        ("a", &"t".repeat(257), "peerjs", "Invalid token provided"),
    ] {
        let refused = world.try_join(id, token, key).unwrap_err();
        let text: Value = serde_json::from_str(&refused.text()).unwrap();
        assert_eq!(text, json!({ "type": "ERROR", "payload": { "msg": said } }));
    }
    assert_eq!(world.try_join("<b>", "t", "peerjs"), Err(Refused::Id));
    assert!(world.broker.is_empty());
}

#[test]
fn an_id_in_use_is_taken_for_other_tokens() {
    let mut world = World::new();
    let alice = world.join("alice");
    let refused = world.try_join("alice", "another", "peerjs").unwrap_err();
    assert_eq!(
        serde_json::from_str::<Value>(&refused.text()).unwrap(),
        json!({ "type": "ID-TAKEN", "payload": { "msg": "ID is taken" } })
    );
    assert_eq!(world.closed(alice), None);
}

#[test]
fn the_same_token_takes_over_and_is_open() {
    let mut world = World::new();
    let (old, bob) = (world.join("alice"), world.join("bob"));
    let new = world.join("alice");
    assert_eq!(world.closed(old), Some(CLOSE_REPLACED));
    assert_eq!(world.told(new), [json!({ "type": "OPEN" })]);
    world.broker.detach(world.now, old, Ended::Dropped);
    world.say(
        bob,
        &json!({ "type": "OFFER", "dst": "alice", "payload": 1 }),
    );
    assert_eq!(world.told(new).len(), 1);
}

#[test]
fn messages_arrive_with_the_senders_true_name() {
    let mut world = World::new();
    let (alice, bob) = (world.open("alice"), world.open("bob"));
    for kind in ["OFFER", "ANSWER", "CANDIDATE", "LEAVE"] {
        world.say(
            alice,
            &json!({ "type": kind, "src": "mallory", "dst": "bob", "payload": { "a": [1, "ü"] }, "more": 1 }),
        );
        let expected =
            json!({ "type": kind, "src": "alice", "dst": "bob", "payload": { "a": [1, "ü"] } });
        assert_eq!(world.told(bob), [expected]);
    }
    assert_eq!(world.told(alice), [] as [Value; 0]);
}

#[test]
fn a_payload_is_passed_on_as_it_was_written() {
    let mut world = World::new();
    let (alice, bob) = (world.open("alice"), world.open("bob"));
    let text = br#"{"payload": {"__proto__" : {"x":1},"n":1.0e3} ,"dst":"bob","type":"OFFER"}"#;
    world.broker.handle_text(world.now, alice, text);
    assert_eq!(
        world.raw(bob),
        [
            r#"{"type":"OFFER","src":"alice","dst":"bob","payload":{"__proto__" : {"x":1},"n":1.0e3}}"#
        ]
    );
}

#[test]
fn a_payload_of_null_is_a_payload_and_a_missing_one_stays_missing() {
    let mut world = World::new();
    let (alice, bob) = (world.open("alice"), world.open("bob"));
    let null = br#"{"type":"ANSWER","dst":"bob","payload":null}"#;
    world.broker.handle_text(world.now, alice, null);
    world.say(alice, &json!({ "type": "ANSWER", "dst": "bob" }));
    assert_eq!(
        world.raw(bob),
        [
            r#"{"type":"ANSWER","src":"alice","dst":"bob","payload":null}"#,
            r#"{"type":"ANSWER","src":"alice","dst":"bob"}"#
        ]
    );
}

#[test]
fn nobody_speaks_in_the_servers_name() {
    let mut world = World::new();
    let (alice, bob) = (world.open("alice"), world.open("bob"));
    for kind in ["EXPIRE", "OPEN", "ID-TAKEN", "ERROR"] {
        world.say(alice, &json!({ "type": kind, "dst": "bob", "src": "bob" }));
        assert_eq!(world.told(alice)[0]["type"], "ERROR", "{kind}");
        assert_eq!(world.told(bob), [] as [Value; 0], "{kind}");
    }
}

#[test]
fn what_is_no_message_is_answered_with_an_error_and_forgiven() {
    let mut world = World::new();
    let (alice, bob) = (world.open("alice"), world.open("bob"));
    for bad in [
        &b"{"[..],
        b"",
        b"null",
        b"[]",
        b"7",
        b"\"OFFER\"",
        b"{}",
        b"{\"type\":7}",
        b"{\"type\":\"OFFER\"}",
        b"{\"type\":\"OFFER\",\"dst\":5}",
        b"{\"type\":\"OFFER\",\"dst\":\"<b>\"}",
        b"{\"type\":\"OFFER\",\"dst\":\"a\\r\\nb\"}",
        b"{\"type\":\"OFFER\",\"dst\":{\"__proto__\":1}}",
        b"{\"type\":\"OFFER\",\"dst\":\"bob\",\"payload\":}",
        b"{\"type\":\"OFFER\",\"dst\":\"bob\"}x",
        b"{\"type\":\"OFFER\",\"dst\":\"bob\",\"payload\":\"\xff\"}",
    ] {
        world.broker.handle_text(world.now, alice, bad);
        let told = world.told(alice);
        assert_eq!(told.len(), 1, "{:?}", String::from_utf8_lossy(bad));
        assert_eq!(told[0]["type"], "ERROR");
    }
    world.say(alice, &json!({ "type": "OFFER", "dst": "bob" }));
    assert_eq!(
        world.told(bob),
        [json!({ "type": "OFFER", "src": "alice", "dst": "bob" })]
    );
}

#[test]
fn unknown_types_and_heartbeats_say_nothing_to_anybody() {
    let mut world = World::new();
    let (alice, bob) = (world.open("alice"), world.open("bob"));
    world.say(alice, &json!({ "type": "DANCE", "dst": "bob" }));
    world.say(alice, &json!({ "type": "HEARTBEAT" }));
    assert!(world.told(alice).is_empty() && world.told(bob).is_empty());
}

#[test]
fn messages_wait_for_a_peer_that_comes_and_arrive_in_order() {
    let mut world = World::new();
    let (alice, carol) = (world.open("alice"), world.open("carol"));
    world.say(
        alice,
        &json!({ "type": "OFFER", "dst": "bob", "payload": 1 }),
    );
    world.say(
        carol,
        &json!({ "type": "OFFER", "dst": "bob", "payload": 2 }),
    );
    world.say(
        alice,
        &json!({ "type": "CANDIDATE", "dst": "bob", "payload": 3 }),
    );
    world.wait(4_999);
    let bob = world.join("bob");
    let payloads: Vec<Value> = world
        .told(bob)
        .iter()
        .map(|m| m["payload"].clone())
        .collect();
    assert_eq!(payloads, [Value::Null, 1.into(), 2.into(), 3.into()]);
    world.wait(60_000);
    assert!(world.told(alice).is_empty());
}

#[test]
fn a_peer_that_does_not_come_is_told_once_per_pair() {
    let mut world = World::new();
    let (alice, carol) = (world.open("alice"), world.open("carol"));
    for kind in ["OFFER", "CANDIDATE", "CANDIDATE"] {
        world.say(alice, &json!({ "type": kind, "dst": "bob" }));
    }
    world.say(carol, &json!({ "type": "OFFER", "dst": "bob" }));
    world.wait(4_999);
    assert!(world.told(alice).is_empty());
    world.wait(1);
    let expired = |to: &str| [json!({ "type": "EXPIRE", "src": "bob", "dst": to })];
    assert_eq!(world.told(alice), expired("alice"));
    assert_eq!(world.told(carol), expired("carol"));
    // Candidates that trickle in later belong to the attempt that failed; a new offer is a new one.
    world.say(alice, &json!({ "type": "CANDIDATE", "dst": "bob" }));
    world.wait(6_000);
    assert!(world.told(alice).is_empty());
    world.say(alice, &json!({ "type": "OFFER", "dst": "bob" }));
    world.wait(5_000);
    assert_eq!(world.told(alice), expired("alice"));
    let bob = world.join("bob");
    assert_eq!(world.told(bob).len(), 1);
}

#[test]
fn a_goodbye_to_somebody_who_is_not_there_is_dropped() {
    let mut world = World::new();
    let alice = world.open("alice");
    world.say(alice, &json!({ "type": "LEAVE", "dst": "bob" }));
    let bob = world.join("bob");
    assert_eq!(world.told(bob), [json!({ "type": "OPEN" })]);
}

#[test]
fn what_waits_is_bounded_per_peer_and_per_address() {
    let mut world = World::new();
    let alice = world.open("alice");
    for n in 0..300 {
        world.say(
            alice,
            &json!({ "type": "CANDIDATE", "dst": "bob", "payload": n }),
        );
    }
    let bob = world.join("bob");
    assert_eq!(
        world.told(bob).len(),
        1 + Limits::default().waiting_messages
    );
    let pairs = Limits::default().account_pairs;
    for n in 0..=pairs {
        world.say(
            alice,
            &json!({ "type": "OFFER", "dst": format!("peer{n}") }),
        );
    }
    let refused = json!({ "type": "EXPIRE", "src": format!("peer{pairs}"), "dst": "alice" });
    assert_eq!(world.told(alice), [refused]);
    let other = world.open_from("other", IpAddr::V4(Ipv4Addr::new(192, 0, 2, 9)));
    world.say(other, &json!({ "type": "OFFER", "dst": "somebody" }));
    assert!(world.told(other).is_empty());
}

#[test]
fn an_id_whose_connection_broke_is_kept_for_its_token() {
    let mut world = World::new();
    let alice = world.open("alice");
    world.broker.detach(world.now, alice, Ended::Dropped);
    world.wait(29_999);
    assert_eq!(
        world.try_join("alice", "stranger", "peerjs"),
        Err(Refused::Taken)
    );
    let back = world.join("alice");
    assert_eq!(world.told(back), [json!({ "type": "OPEN" })]);
    world.broker.detach(world.now, back, Ended::Dropped);
    world.wait(30_000);
    assert!(world.try_join("alice", "stranger", "peerjs").is_ok());
}

#[test]
fn whoever_closes_gives_the_id_up_at_once() {
    let mut world = World::new();
    let (alice, bob) = (world.open("alice"), world.open("bob"));
    world.broker.detach(world.now, alice, Ended::Closed);
    world.say(bob, &json!({ "type": "LEAVE" }));
    assert!(world.try_join("alice", "stranger", "peerjs").is_ok());
    assert!(world.try_join("bob", "stranger", "peerjs").is_ok());
}

#[test]
fn a_client_that_takes_its_leave_is_closed_since_nobody_would_notice_its_end() {
    let mut world = World::new();
    let alice = world.open("alice");
    world.say(alice, &json!({ "type": "LEAVE" }));
    assert_eq!(world.closed(alice), Some(1000));
}

#[test]
fn one_address_keeps_only_so_many_ids() {
    let mut world = World::new();
    let most = Limits::default().reserved.0;
    for n in 0..=most {
        let conn = world.open(&format!("peer{n}"));
        world.broker.detach(world.now, conn, Ended::Dropped);
    }
    assert_eq!(
        world.try_join("peer0", "stranger", "peerjs"),
        Err(Refused::Taken)
    );
    assert!(
        world
            .try_join(&format!("peer{most}"), "stranger", "peerjs")
            .is_ok()
    );
}

#[test]
fn a_silent_client_is_asked_and_then_given_up() {
    let mut world = World::new();
    let (alice, bob) = (world.open("alice"), world.open("bob"));
    world.say(alice, &json!({ "type": "OFFER", "dst": "bob" }));
    world.keep_alive(alice, 40_000);
    assert!(world.pinged(bob));
    assert!(!world.pinged(alice));
    world.keep_alive(alice, 30_000);
    assert_eq!(world.closed(bob), Some(CLOSE_SILENT));
    assert_eq!(
        world.told(alice),
        [json!({ "type": "LEAVE", "src": "bob", "dst": "alice" })]
    );
    assert_eq!(world.closed(alice), None);
}

#[test]
fn a_client_that_does_not_read_is_dead_to_whoever_writes_to_it() {
    let mut world = World::new();
    let (alice, bob) = (world.open("alice"), world.open("bob"));
    world.say(alice, &json!({ "type": "OFFER", "dst": "bob" }));
    world.broker.detach(world.now, bob, Ended::Stuck);
    assert_eq!(
        world.told(alice),
        [json!({ "type": "LEAVE", "src": "bob", "dst": "alice" })]
    );
}

#[test]
fn ids_are_listed_where_the_operator_allows_it() {
    let mut world = World::new();
    world.open("alice");
    assert_eq!(world.broker.discover(), None);
    let options = Options {
        discovery: true,
        ..options()
    };
    world.broker = Broker::new([7; 32], options, Limits::default());
    world.open("bob");
    world.open("alice");
    assert_eq!(world.broker.discover(), Some(vec!["bob", "alice"]));
}

#[test]
fn an_absent_number_is_sought_elsewhere_once_per_offer() {
    let mut world = World::new();
    let alice = world.open("alice");
    let number = Number::nth(5).to_string();
    world.say(alice, &json!({ "type": "OFFER", "dst": number }));
    world.say(alice, &json!({ "type": "CANDIDATE", "dst": number }));
    world.collect();
    let sought = [Effect::Seek { id: number.clone() }];
    assert_eq!(world.effects, sought);
    let person = world.join(&number);
    assert_eq!(world.told(person).len(), 3);
    world.say(alice, &json!({ "type": "OFFER", "dst": number }));
    assert_eq!(world.told(person).len(), 1);
    assert_eq!(world.effects, sought);
}

#[test]
fn a_full_server_says_so() {
    let mut world = World::new();
    let limits = Limits {
        peers: 1,
        ..Limits::default()
    };
    world.broker = Broker::new([7; 32], options(), limits);
    world.open("alice");
    assert_eq!(world.try_join("bob", "t", "peerjs"), Err(Refused::Full));
    world.open("alice");
}

#[test]
fn nothing_is_kept_of_whoever_is_gone() {
    let mut world = World::new();
    let (alice, bob) = (world.open("alice"), world.open("bob"));
    world.say(alice, &json!({ "type": "OFFER", "dst": "nobody" }));
    world.broker.detach(world.now, alice, Ended::Dropped);
    world.broker.detach(world.now, bob, Ended::Closed);
    world.wait(100_000);
    assert!(world.broker.is_empty());
}

/// A broker, the time, and what connections were sent.
struct World {
    broker: Broker,
    now: Millis,
    next: u64,
    effects: Vec<Effect>,
}

impl World {
    fn new() -> Self {
        Self {
            broker: Broker::new([7; 32], options(), Limits::default()),
            now: Millis(1_000_000),
            next: 0,
            effects: Vec::new(),
        }
    }

    fn try_join(&mut self, id: &str, token: &str, key: &str) -> Result<ConnId, Refused> {
        self.try_join_from(ADDRESS, Hello { id, token, key })
    }

    fn try_join_from(&mut self, address: IpAddr, hello: Hello<'_>) -> Result<ConnId, Refused> {
        self.next = self.next.saturating_add(1);
        let conn = ConnId(self.next);
        self.broker
            .attach(self.now, conn, address, hello)
            .map(|()| conn)
    }

    /// Each id has a token of its own.
    fn join(&mut self, id: &str) -> ConnId {
        self.try_join(id, &format!("token of {id}"), "peerjs")
            .unwrap()
    }

    /// Joins, and passes `OPEN` over.
    fn open(&mut self, id: &str) -> ConnId {
        let conn = self.join(id);
        self.told(conn);
        conn
    }

    fn open_from(&mut self, id: &str, address: IpAddr) -> ConnId {
        let hello = Hello {
            id,
            token: "t",
            key: "peerjs",
        };
        let conn = self.try_join_from(address, hello).unwrap();
        self.told(conn);
        conn
    }

    fn say(&mut self, conn: ConnId, message: &Value) {
        self.broker
            .handle_text(self.now, conn, message.to_string().as_bytes());
    }

    fn wait(&mut self, ms: u64) {
        let end = self.now.after(ms);
        while let Some(due) = self.broker.poll_timeout()
            && due <= end
        {
            self.now = due;
            self.broker.handle_timeout(due);
            self.collect();
            self.answer_pings();
        }
        self.now = end;
    }

    /// Everybody is alive unless a test says otherwise.
    fn answer_pings(&mut self) {
        let mut pinged = Vec::new();
        self.effects.retain(|effect| match effect {
            Effect::Ping { conn } => {
                pinged.push(*conn);
                false
            }
            _ => true,
        });
        for conn in pinged {
            self.broker.handle_alive(self.now, conn);
        }
    }

    /// Waits while only `conn` gives signs of life.
    fn keep_alive(&mut self, conn: ConnId, ms: u64) {
        for _ in 0..ms / 1_000 {
            self.now = self.now.after(1_000);
            self.say(conn, &json!({ "type": "HEARTBEAT" }));
            self.broker.handle_timeout(self.now);
        }
    }

    fn collect(&mut self) {
        while let Some(effect) = self.broker.poll_effect() {
            self.effects.push(effect);
        }
    }

    /// What a connection was sent since this was asked last.
    fn raw(&mut self, to: ConnId) -> Vec<String> {
        self.collect();
        let mut texts = Vec::new();
        self.effects.retain(|effect| match effect {
            Effect::Send { conn, text } if *conn == to => {
                texts.push(String::from_utf8(text.to_vec()).unwrap());
                false
            }
            _ => true,
        });
        texts
    }

    fn told(&mut self, to: ConnId) -> Vec<Value> {
        self.raw(to)
            .iter()
            .map(|text| serde_json::from_str(text).unwrap())
            .collect()
    }

    fn closed(&mut self, which: ConnId) -> Option<u16> {
        self.collect();
        self.effects.iter().find_map(|effect| match effect {
            Effect::Close { conn, code, .. } if *conn == which => Some(*code),
            _ => None,
        })
    }

    fn pinged(&mut self, which: ConnId) -> bool {
        self.collect();
        self.effects.contains(&Effect::Ping { conn: which })
    }
}

fn options() -> Options {
    Options {
        key: "peerjs".into(),
        discovery: false,
        alive: 60_000,
    }
}

const ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
