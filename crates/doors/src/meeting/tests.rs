use std::net::{IpAddr, Ipv4Addr};

use magpie_hub::{ConnId, Millis};
use serde_json::{Value, json};

use super::*;
use crate::{Broker as _, Effect, Ended};

#[test]
fn what_is_published_reaches_the_other_subscribers_and_nobody_else() {
    let mut meeting = Meeting::new();
    let (a, b, other) = (
        meeting.in_room("1"),
        meeting.in_room("1"),
        meeting.in_room("2"),
    );
    meeting.publish(a, "1", &json!({ "type": "offer", "sdp": "v=0\r\n" }));
    let expected = json!({
        "subject": "private-video-room-1", "event": "client-offer", "data": { "type": "offer", "sdp": "v=0\r\n" }
    });
    assert_eq!(meeting.told(b), [expected]);
    assert!(meeting.told(a).is_empty() && meeting.told(other).is_empty());
}

#[test]
fn data_of_null_is_data() {
    let mut meeting = Meeting::new();
    let (a, b) = (meeting.in_room("1"), meeting.in_room("1"));
    meeting.publish(a, "1", &Value::Null);
    assert_eq!(meeting.told(b)[0].get("data"), Some(&Value::Null));
}

#[test]
fn whoever_unsubscribed_hears_nothing_more() {
    let mut meeting = Meeting::new();
    let (a, b) = (meeting.in_room("1"), meeting.in_room("1"));
    meeting.say(
        b,
        &json!({ "cmd": "unsubscribe", "subject": "private-video-room-1" }),
    );
    meeting.publish(a, "1", &json!(1));
    assert!(meeting.told(b).is_empty());
}

#[test]
fn subscribing_twice_is_subscribing_once() {
    let mut meeting = Meeting::new();
    let (a, b) = (meeting.in_room("1"), meeting.in_room("1"));
    meeting.subscribe(b, "1");
    meeting.publish(a, "1", &json!(1));
    assert_eq!(meeting.told(b).len(), 1);
}

#[test]
fn what_is_said_during_a_drop_arrives_after_it() {
    let mut meeting = Meeting::new();
    let (a, b) = (meeting.in_room("1"), meeting.in_room("1"));
    meeting.broker.detach(meeting.now, b, Ended::Dropped);
    meeting.publish(a, "1", &json!(1));
    meeting.publish(a, "1", &json!(2));
    meeting.wait(2_000);
    let back = meeting.in_room("1");
    let data: Vec<Value> = meeting
        .told(back)
        .iter()
        .map(|m| m["data"].clone())
        .collect();
    assert_eq!(data, [1, 2]);
    meeting.publish(a, "1", &json!(3));
    assert_eq!(meeting.told(back).len(), 1);
}

#[test]
fn a_place_is_kept_for_the_grace_only_and_for_the_same_page_only() {
    let mut meeting = Meeting::new();
    let (a, b) = (meeting.in_room("1"), meeting.in_room("1"));
    meeting.broker.detach(meeting.now, b, Ended::Dropped);
    meeting.publish(a, "1", &json!(1));
    let stranger = meeting.join(Some("https://else.example"));
    meeting.subscribe(stranger, "1");
    assert!(meeting.told(stranger).is_empty());
    meeting.wait(5_000);
    let late = meeting.in_room("1");
    assert!(meeting.told(late).is_empty());
}

#[test]
fn whoever_closes_leaves_nothing_behind() {
    let mut meeting = Meeting::new();
    let (a, b) = (meeting.in_room("1"), meeting.in_room("1"));
    meeting.broker.detach(meeting.now, b, Ended::Dropped);
    meeting.publish(a, "1", &json!(1));
    meeting.broker.detach(meeting.now, a, Ended::Closed);
    meeting.wait(100_000);
    assert!(meeting.broker.is_empty());
}

#[test]
fn what_is_no_message_is_answered_with_an_error() {
    let mut meeting = Meeting::new();
    let a = meeting.in_room("1");
    for bad in [
        "",
        "{",
        "[]",
        "{}",
        r#"{"cmd":"publish"}"#,
        r#"{"cmd":"subscribe","subject":5}"#,
        r#"{"cmd":"subscribe","subject":""}"#,
        r#"{"cmd":"dance","subject":"x"}"#,
        r#"{"cmd":"__proto__","subject":"x"}"#,
        &format!(r#"{{"cmd":"subscribe","subject":"{}"}}"#, "x".repeat(5_000)),
    ] {
        meeting.broker.handle_text(meeting.now, a, bad.as_bytes());
        assert_eq!(meeting.told(a)[0]["event"], "error", "{bad}");
    }
}

#[test]
fn subjects_and_subscribers_are_bounded() {
    let mut meeting = Meeting::new();
    let limits = Limits::default();
    let a = meeting.join(None);
    for n in 0..=limits.subjects {
        meeting.subscribe(a, &n.to_string());
    }
    assert_eq!(meeting.told(a)[0]["data"]["message"], "too many subjects");
    for _ in 0..limits.subscribers {
        meeting.in_room("full");
    }
    let more = meeting.in_room("full");
    assert_eq!(
        meeting.told(more)[0]["data"]["message"],
        "the subject is full"
    );
}

#[test]
fn what_waits_for_somebody_away_is_bounded() {
    let mut meeting = Meeting::new();
    let (a, b) = (meeting.in_room("1"), meeting.in_room("1"));
    meeting.broker.detach(meeting.now, b, Ended::Dropped);
    for n in 0..200 {
        meeting.publish(a, "1", &json!(n));
    }
    let back = meeting.in_room("1");
    assert_eq!(meeting.told(back).len(), Limits::default().waiting);
}

struct Meeting {
    broker: Broker,
    now: Millis,
    next: u64,
    effects: Vec<Effect>,
}

impl Meeting {
    fn new() -> Self {
        Self {
            broker: Broker::new([3; 32], Limits::default()),
            now: Millis(5),
            next: 0,
            effects: Vec::new(),
        }
    }

    fn join(&mut self, origin: Option<&str>) -> ConnId {
        self.next = self.next.saturating_add(1);
        let conn = ConnId(self.next);
        let address = IpAddr::V4(Ipv4Addr::LOCALHOST);
        self.broker.attach(self.now, conn, address, origin);
        conn
    }

    fn in_room(&mut self, room: &str) -> ConnId {
        let conn = self.join(None);
        self.subscribe(conn, room);
        conn
    }

    fn subscribe(&mut self, conn: ConnId, room: &str) {
        let subject = format!("private-video-room-{room}");
        self.say(conn, &json!({ "cmd": "subscribe", "subject": subject }));
    }

    fn publish(&mut self, conn: ConnId, room: &str, data: &Value) {
        let subject = format!("private-video-room-{room}");
        let message =
            json!({ "cmd": "publish", "subject": subject, "event": "client-offer", "data": data });
        self.say(conn, &message);
    }

    fn say(&mut self, conn: ConnId, message: &Value) {
        self.broker
            .handle_text(self.now, conn, message.to_string().as_bytes());
    }

    fn wait(&mut self, ms: u64) {
        self.now = self.now.after(ms);
        self.broker.handle_timeout(self.now);
    }

    /// What a connection was sent since this was asked last.
    fn told(&mut self, to: ConnId) -> Vec<Value> {
        while let Some(effect) = self.broker.poll_effect() {
            self.effects.push(effect);
        }
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
