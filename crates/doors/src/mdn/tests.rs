use std::net::{IpAddr, Ipv4Addr};

use magpie_hub::{ConnId, Millis};
use serde_json::{Value, json};

use super::*;
use crate::{Broker as _, Effect, Ended};

#[test]
fn whoever_comes_is_told_a_number_and_after_its_name_everybody_the_list() {
    let mut chat = Chat::new();
    let (alice, bob) = (chat.join("a"), chat.join("a"));
    assert_eq!(
        chat.told(alice),
        [json!({ "type": "id", "id": 1, "date": 5 })]
    );
    assert_eq!(chat.told(bob)[0]["id"], 2);
    chat.say(
        alice,
        &json!({ "type": "username", "name": "Ann", "id": 1, "date": 1 }),
    );
    let list = [json!({ "type": "userlist", "users": ["Ann"] })];
    assert_eq!(chat.told(alice), list);
    assert_eq!(chat.told(bob), list);
}

#[test]
fn a_name_in_use_gets_a_number_and_its_owner_is_told() {
    let mut chat = Chat::new();
    let (_, second, third) = (chat.named("Ann"), chat.named("Ann"), chat.join("a"));
    chat.told(third);
    chat.say(third, &json!({ "type": "username", "name": "<b>Ann</b>" }));
    assert_eq!(
        chat.told(third),
        [
            json!({ "type": "rejectusername", "id": 3, "name": "Ann2" }),
            json!({ "type": "userlist", "users": ["Ann", "Ann1", "Ann2"] }),
        ]
    );
    chat.told(second);
    chat.say(second, &json!({ "type": "username", "name": "Ann1" }));
    assert_eq!(chat.told(second)[0]["type"], "userlist");
}

#[test]
fn a_message_goes_to_all_without_tags_under_the_true_name() {
    let mut chat = Chat::new();
    let (ann, bob) = (chat.named("Ann"), chat.named("Bob"));
    chat.told(ann);
    let message =
        json!({ "type": "message", "text": "<i>hi</i>", "name": "Bob", "id": 2, "date": 9 });
    chat.say(ann, &message);
    let passed = [json!({ "type": "message", "text": "hi", "name": "Ann", "id": 1, "date": 9 })];
    assert_eq!(chat.told(ann), passed);
    assert_eq!(chat.told(bob), passed);
}

#[test]
fn a_message_with_a_target_goes_to_that_user_only() {
    let mut chat = Chat::new();
    let (ann, bob, eve) = (chat.named("Ann"), chat.named("Bob"), chat.named("Eve"));
    chat.told(ann);
    chat.told(bob);
    for message in [
        json!({ "type": "video-offer", "name": "Ann", "target": "Bob", "sdp": { "type": "offer", "sdp": "v=0" } }),
        json!({ "type": "new-ice-candidate", "target": "Bob", "candidate": { "candidate": "" } }),
        json!({ "type": "hang-up", "name": "Ann", "target": "Bob" }),
        json!({ "type": "anything-else", "target": "Bob" }),
    ] {
        chat.say(ann, &message);
        assert_eq!(chat.told(bob), [message]);
    }
    chat.say(ann, &json!({ "type": "video-offer", "target": "Nobody" }));
    assert!(chat.told(ann).is_empty() && chat.told(eve).is_empty());
}

#[test]
fn nobody_speaks_under_another_name_or_for_the_server() {
    let mut chat = Chat::new();
    let (ann, bob) = (chat.named("Ann"), chat.named("Bob"));
    chat.say(
        ann,
        &json!({ "type": "video-offer", "name": "Eve", "target": "Bob" }),
    );
    assert_eq!(chat.told(bob)[0]["name"], "Ann");
    for kind in ["id", "userlist", "rejectusername"] {
        chat.say(
            ann,
            &json!({ "type": kind, "target": "Bob", "users": [], "id": 7 }),
        );
    }
    assert!(chat.told(bob).is_empty());
}

#[test]
fn pages_of_other_origins_are_in_other_chats() {
    let mut chat = Chat::new();
    let (ann, stranger) = (chat.named("Ann"), chat.join("b"));
    chat.told(stranger);
    chat.say(ann, &json!({ "type": "message", "text": "hi" }));
    chat.say(stranger, &json!({ "type": "username", "name": "Ann" }));
    let list = json!({ "type": "userlist", "users": ["Ann"] });
    assert_eq!(chat.told(stranger), [list]);
}

#[test]
fn whoever_leaves_is_off_the_list_and_nothing_is_kept() {
    let mut chat = Chat::new();
    let (ann, bob) = (chat.named("Ann"), chat.named("Bob"));
    chat.told(ann);
    chat.broker.detach(chat.now, bob, Ended::Dropped);
    assert_eq!(
        chat.told(ann),
        [json!({ "type": "userlist", "users": ["Ann"] })]
    );
    chat.broker.detach(chat.now, ann, Ended::Closed);
    assert_eq!(chat.broker.attach(chat.now, ConnId(9), room("a")), Ok(()));
}

#[test]
fn a_chat_holds_so_many_and_no_more() {
    let mut chat = Chat::new();
    for _ in 0..broker::MEMBERS {
        chat.join("a");
    }
    assert_eq!(
        chat.broker.attach(chat.now, ConnId(99), room("a")),
        Err(Full)
    );
    assert_eq!(chat.broker.attach(chat.now, ConnId(99), room("b")), Ok(()));
}

#[test]
fn nonsense_is_passed_over() {
    let mut chat = Chat::new();
    let (ann, bob) = (chat.named("Ann"), chat.named("Bob"));
    chat.told(ann);
    for nonsense in ["", "{", "[]", "null", "{}", r#"{"type":5}"#, "\u{0}"] {
        chat.broker.handle_text(chat.now, ann, nonsense.as_bytes());
    }
    let nested = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    chat.broker.handle_text(chat.now, ann, nested.as_bytes());
    assert!(chat.told(ann).is_empty() && chat.told(bob).is_empty());
    chat.say(
        ann,
        &json!({ "type": "username", "name": { "__proto__": 1 } }),
    );
    assert_eq!(chat.told(bob)[0]["users"], json!(["user", "Bob"]));
}

#[test]
fn a_silent_client_leaves() {
    let mut chat = Chat::new();
    let ann = chat.named("Ann");
    while let Some(due) = chat.broker.poll_timeout() {
        chat.now = due;
        chat.broker.handle_timeout(due);
    }
    chat.collect();
    assert!(chat.effects.contains(&Effect::Ping { conn: ann }));
    assert!(matches!(chat.effects.last(), Some(Effect::Close { conn, .. }) if *conn == ann));
}

struct Chat {
    broker: Broker,
    now: Millis,
    next: u64,
    effects: Vec<Effect>,
}

impl Chat {
    fn new() -> Self {
        Self {
            broker: Broker::new([3; 32]),
            now: Millis(5),
            next: 0,
            effects: Vec::new(),
        }
    }

    fn join(&mut self, origin: &str) -> ConnId {
        self.next = self.next.saturating_add(1);
        let conn = ConnId(self.next);
        self.broker.attach(self.now, conn, room(origin)).unwrap();
        conn
    }

    /// Joins, says a name, and passes over what comes of it.
    fn named(&mut self, name: &str) -> ConnId {
        let conn = self.join("a");
        self.say(conn, &json!({ "type": "username", "name": name }));
        self.told(conn);
        conn
    }

    fn say(&mut self, conn: ConnId, message: &Value) {
        self.broker
            .handle_text(self.now, conn, message.to_string().as_bytes());
    }

    fn collect(&mut self) {
        while let Some(effect) = self.broker.poll_effect() {
            self.effects.push(effect);
        }
    }

    /// What a connection was sent since this was asked last.
    fn told(&mut self, to: ConnId) -> Vec<Value> {
        self.collect();
        let mut messages = Vec::new();
        self.effects.retain(|effect| match effect {
            Effect::Send { conn, text } if *conn == to => {
                messages.push(serde_json::from_slice(text).unwrap());
                false
            }
            _ => true,
        });
        messages
    }
}

fn room(origin: &str) -> Room {
    match origin {
        "" => Room::Address(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        origin => Room::Origin(origin.to_owned()),
    }
}
