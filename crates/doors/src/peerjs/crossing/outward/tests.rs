use magpie_hub::Command;

use super::*;

#[test]
fn whoever_is_about_to_dial_learns_who_the_peer_is_to_the_hub() {
    let mut call = Call::new();
    assert_eq!(
        call.steps(),
        [Step::Introduce {
            peer: "alice".into()
        }]
    );
    call.hub(&json!({ "t": "welcome", "me": { "id": "p", "number": "1" }, "calls": [] }));
    let known = Step::Known {
        person: "p".into(),
        number: "1".into(),
    };
    assert!(call.steps().contains(&known));
}

#[test]
fn a_call_that_rings_is_accepted_and_the_pages_offer_is_the_ring_of_the_peer() {
    let mut call = Call::new();
    call.steps();
    call.view("ringing");
    let steps = call.steps();
    assert_eq!(
        steps[0],
        Step::Appear {
            number: NUMBER.into()
        }
    );
    assert!(
        matches!(&steps[1], Step::Ask(Command::Request(asked)) if matches!(asked.body, RequestBody::Accept { .. }))
    );
    call.hub_signal(1, &offer("v=0\r\na=msid:- x\r\n"));
    call.hub_signal(2, &json!({ "state": { "audio": true } }));
    call.hub_signal(3, &json!({ "candidate": { "candidate": "n" } }));
    let said = call.said();
    assert_eq!(
        (&said[0]["type"], &said[0]["dst"]),
        (&json!("OFFER"), &json!("alice"))
    );
    assert_eq!(said[0]["payload"]["type"], "media");
    assert_eq!(
        said[0]["payload"]["sdp"]["sdp"],
        "v=0\r\na=msid:magpie x\r\n"
    );
    assert_eq!(said[1]["payload"]["candidate"]["candidate"], "n");
    assert_eq!(
        said[1]["payload"]["connectionId"],
        said[0]["payload"]["connectionId"]
    );
}

#[test]
fn the_answer_reaches_the_page_before_candidates_that_overtook_it() {
    let mut call = Call::offered();
    call.peer("CANDIDATE", json!({ "candidate": { "candidate": "c" } }));
    assert_eq!(call.signals(), [] as [Value; 0]);
    let sdp = "v=0\r\nm=audio 9 x\r\na=sendrecv\r\nm=video 9 x\r\na=recvonly\r\n";
    call.peer("ANSWER", json!({ "sdp": { "type": "answer", "sdp": sdp } }));
    let told: Vec<Value> = call
        .signals()
        .iter()
        .map(|signal| signal["d"].clone())
        .collect();
    assert_eq!(
        told,
        [
            json!({ "description": { "type": "answer", "sdp": sdp } }),
            json!({ "state": { "audio": true, "video": false, "screen": false } }),
            json!({ "candidate": { "candidate": "c" } }),
        ]
    );
}

#[test]
fn answers_of_others_and_to_other_calls_are_passed_over() {
    let mut call = Call::offered();
    let sdp = json!({ "type": "answer", "sdp": "v=0" });
    for (src, connection) in [
        ("eve", call.call.connection.clone()),
        ("alice", json!("mc_other")),
    ] {
        let payload = json!({ "sdp": sdp, "connectionId": connection });
        call.say("ANSWER", src, &payload);
    }
    assert_eq!(call.signals(), [] as [Value; 0]);
}

#[test]
fn a_peer_that_does_not_answer_in_time_or_is_not_there_ends_the_call() {
    let mut late = Call::offered();
    late.call.handle_timeout(Millis(1_000 + ANSWER_MS));
    let mut gone = Call::offered();
    gone.peer("EXPIRE", Value::Null);
    for call in [&mut late, &mut gone] {
        let steps = call.steps();
        assert!(
            matches!(&steps[0], Step::Ask(Command::Request(asked)) if matches!(asked.body, RequestBody::Hangup { .. }))
        );
        assert_eq!(steps.last(), Some(&Step::End));
    }
}

#[test]
fn a_person_who_hangs_up_leaves_the_peer() {
    let mut call = Call::offered();
    call.view("ended");
    let leave = json!({ "type": "LEAVE", "dst": "alice" }).to_string();
    assert_eq!(call.steps(), [Step::Say(leave), Step::End]);
}

#[test]
fn others_who_call_the_person_meanwhile_are_told_so() {
    let mut call = Call::offered();
    call.say("OFFER", "bob", &Value::Null);
    assert_eq!(call.steps(), [Step::Expire { peer: "bob".into() }]);
}

#[test]
fn a_dial_that_never_comes_ends_it_without_a_word() {
    let mut call = Call::new();
    call.steps();
    call.call.handle_timeout(Millis(1_000 + DIAL_MS));
    assert_eq!(call.steps(), [Step::End]);
}

#[test]
fn a_call_that_rang_before_is_taken_too() {
    let mut call = Call::new();
    let view = call.ringing("ringing");
    call.hub(&json!({ "t": "welcome", "me": {}, "calls": [view] }));
    assert_eq!(call.call.state, State::Accepted);
}

struct Call {
    call: Outward,
}

impl Call {
    fn new() -> Self {
        Self {
            call: Outward::new(Millis(1_000), [7; 32], "alice"),
        }
    }

    fn offered() -> Self {
        let mut call = Self::new();
        call.view("ringing");
        call.hub_signal(1, &offer("v=0"));
        call.steps();
        call
    }

    fn ringing(&self, state: &str) -> Value {
        let id = CallId([3; 16]).to_string();
        json!({ "id": id, "state": state, "role": "callee", "peer": { "number": NUMBER }, "peerHere": true })
    }

    fn view(&mut self, state: &str) {
        let view = self.ringing(state);
        self.hub(&json!({ "t": "call", "call": view }));
    }

    fn hub(&mut self, event: &Value) {
        self.call
            .handle_hub(Millis(1_000), event.to_string().as_bytes());
    }

    fn hub_signal(&mut self, s: u64, data: &Value) {
        self.hub(&json!({ "t": "signal", "e": 5, "s": s, "ae": 0, "as": 0, "d": data }));
    }

    /// Alice says something about this call.
    fn peer(&mut self, kind: &str, mut payload: Value) {
        if let Some(object) = payload.as_object_mut() {
            object.insert("connectionId".into(), self.call.connection.clone());
        }
        self.say(kind, "alice", &payload);
    }

    fn say(&mut self, kind: &str, src: &str, payload: &Value) {
        let message = json!({ "type": kind, "src": src, "payload": payload });
        self.call
            .handle_peer(Millis(1_000), message.to_string().as_bytes());
    }

    fn steps(&mut self) -> Vec<Step> {
        std::iter::from_fn(|| self.call.poll_step()).collect()
    }

    /// What is said to the page, without acknowledgements.
    fn signals(&mut self) -> Vec<Value> {
        let steps = self.steps().into_iter();
        steps
            .filter_map(|step| match step {
                Step::Ask(Command::Signal(signal)) => serde_json::from_slice(&signal.frame).ok(),
                _ => None,
            })
            .filter(|signal: &Value| signal.get("d").is_some())
            .collect()
    }

    fn said(&mut self) -> Vec<Value> {
        let steps = self.steps().into_iter();
        steps
            .filter_map(|step| match step {
                Step::Say(text) => serde_json::from_str(&text).ok(),
                _ => None,
            })
            .collect()
    }
}

fn offer(sdp: &str) -> Value {
    json!({ "description": { "type": "offer", "sdp": sdp } })
}

const NUMBER: &str = "123456785";
