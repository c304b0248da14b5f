use super::*;

#[test]
fn an_offer_rings_and_is_held_until_somebody_answers() {
    let mut call = Call::offered();
    assert_eq!(
        call.steps(),
        [Step::Introduce {
            peer: "alice".into()
        }]
    );
    call.hub(&json!({ "t": "welcome" }));
    let asked = call.requests();
    assert!(
        matches!(&asked[..], [RequestBody::Profile { name: Some(name), .. }, RequestBody::Dial { to, .. }]
        if name == "alice" && to == NUMBER)
    );
    call.peer(
        "CANDIDATE",
        &json!({ "candidate": { "candidate": "c" }, "connectionId": "mc_1" }),
    );
    call.view("ringing", None);
    assert_eq!(call.steps(), []);
    call.view("active", None);
    let said = call.signals();
    assert_eq!(said[0]["d"]["description"]["type"], "offer");
    assert_eq!(said[1]["d"]["state"]["video"], true);
    assert_eq!(said[2]["d"]["candidate"]["candidate"], "c");
}

#[test]
fn the_answer_and_its_candidates_reach_the_caller_in_its_own_words() {
    let mut call = Call::active();
    call.hub_signal(1, &json!({ "state": { "audio": true } }));
    call.hub_signal(
        2,
        &json!({ "description": { "type": "answer", "sdp": "v=0\r\na=msid:- x\r\n" } }),
    );
    call.hub_signal(3, &json!({ "candidate": { "candidate": "n" } }));
    call.hub_signal(4, &json!({ "candidate": null }));
    let said = call.said();
    assert_eq!(
        said,
        [
            json!({ "type": "ANSWER", "dst": "alice", "payload": {
                "type": "media", "connectionId": "mc_1", "browser": "magpie",
                "sdp": { "type": "answer", "sdp": "v=0\r\na=msid:magpie x\r\n" } } }),
            json!({ "type": "CANDIDATE", "dst": "alice", "payload": {
                "type": "media", "connectionId": "mc_1", "candidate": { "candidate": "n" } } }),
        ]
    );
}

#[test]
fn a_call_that_is_not_answered_is_unavailable_to_the_caller() {
    for reason in ["busy", "no-answer", "declined"] {
        let mut call = Call::ringing();
        call.view("ended", Some(reason));
        let steps = call.steps();
        assert_eq!(
            steps[0],
            Step::Expire {
                peer: "alice".into()
            },
            "{reason}"
        );
        assert_eq!(steps.last(), Some(&Step::End));
    }
    let mut call = Call::ringing();
    call.hub(&json!({ "t": "error", "n": DIAL, "code": "unknown-person" }));
    assert_eq!(
        call.steps()[0],
        Step::Expire {
            peer: "alice".into()
        }
    );
}

#[test]
fn a_dial_that_met_a_call_of_the_person_to_the_same_peer_is_given_up() {
    let mut ours = Call::ringing();
    let id = ours.id();
    ours.hub(&json!({ "t": "ok", "n": DIAL, "call": id }));
    assert_eq!(ours.steps(), []);
    let mut merged = Call::ringing();
    merged.hub(&json!({ "t": "ok", "n": DIAL, "call": "another" }));
    assert_eq!(merged.steps().last(), Some(&Step::End));
}

#[test]
fn a_call_that_is_over_is_left() {
    let mut call = Call::active();
    call.view("ended", Some("hangup"));
    assert_eq!(
        call.steps(),
        [
            Step::Say(json!({ "type": "LEAVE", "dst": "alice" }).to_string()),
            Step::End
        ]
    );
}

#[test]
fn a_caller_that_leaves_hangs_up() {
    for kind in ["LEAVE", "EXPIRE"] {
        let mut call = Call::active();
        call.peer(kind, &Value::Null);
        assert!(matches!(call.requests()[..], [RequestBody::Hangup { .. }]));
    }
}

#[test]
fn others_who_call_meanwhile_and_what_is_no_call_are_told_so() {
    let mut call = Call::ringing();
    call.crossing.handle_peer(
        Millis(1_000),
        json!({ "type": "OFFER", "src": "bob", "payload": offer("media") })
            .to_string()
            .as_bytes(),
    );
    assert_eq!(call.steps(), [Step::Expire { peer: "bob".into() }]);
    let mut data = Call::new();
    data.peer("OFFER", &offer("data"));
    assert_eq!(
        data.steps(),
        [Step::Expire {
            peer: "alice".into()
        }]
    );
}

#[test]
fn an_offer_that_never_comes_ends_it() {
    let mut call = Call::new();
    call.crossing.handle_timeout(Millis(1_000 + OFFER_MS));
    assert_eq!(call.steps(), [Step::End]);
}

#[test]
fn a_path_that_does_not_heal_ends_the_call() {
    let mut call = Call::active();
    call.hub_signal(
        1,
        &json!({ "description": { "type": "offer", "sdp": "v=0" } }),
    );
    call.steps();
    call.crossing.handle_timeout(Millis(1_000 + RESTART_MS));
    assert!(matches!(call.requests()[..], [RequestBody::Hangup { .. }]));
}

#[test]
fn what_the_page_missed_is_said_again_when_it_is_back() {
    let mut call = Call::active();
    call.hub(
        &json!({ "t": "call", "call": { "id": call.id(), "state": "active", "peerHere": false } }),
    );
    assert_eq!(call.steps(), []);
    call.hub(
        &json!({ "t": "call", "call": { "id": call.id(), "state": "active", "peerHere": true } }),
    );
    assert_eq!(call.signals().len(), 2);
}

struct Call {
    crossing: Crossing,
}

impl Call {
    fn new() -> Self {
        Self {
            crossing: Crossing::new(Millis(1_000), [7; 32], NUMBER),
        }
    }

    fn offered() -> Self {
        let mut call = Self::new();
        call.peer("OFFER", &offer("media"));
        call
    }

    fn ringing() -> Self {
        let mut call = Self::offered();
        call.hub(&json!({ "t": "welcome" }));
        call.steps();
        call
    }

    fn active() -> Self {
        let mut call = Self::ringing();
        call.view("active", None);
        call.steps();
        call
    }

    fn id(&self) -> String {
        self.crossing.line.call.to_string()
    }

    fn peer(&mut self, kind: &str, payload: &Value) {
        let message = json!({ "type": kind, "src": "alice", "payload": payload });
        self.crossing
            .handle_peer(Millis(1_000), message.to_string().as_bytes());
    }

    fn hub(&mut self, event: &Value) {
        self.crossing
            .handle_hub(Millis(1_000), event.to_string().as_bytes());
    }

    fn hub_signal(&mut self, s: u64, data: &Value) {
        self.hub(&json!({ "t": "signal", "e": 5, "s": s, "ae": 0, "as": 0, "d": data }));
    }

    fn view(&mut self, state: &str, reason: Option<&str>) {
        let view = json!({ "id": self.id(), "state": state, "reason": reason, "peerHere": true });
        self.hub(&json!({ "t": "call", "call": view }));
    }

    fn steps(&mut self) -> Vec<Step> {
        std::iter::from_fn(|| self.crossing.poll_step()).collect()
    }

    fn requests(&mut self) -> Vec<RequestBody> {
        let steps = self.steps().into_iter();
        steps
            .filter_map(|step| match step {
                Step::Ask(Command::Request(request)) => Some(request.body),
                _ => None,
            })
            .collect()
    }

    fn signals(&mut self) -> Vec<Value> {
        let steps = self.steps().into_iter();
        steps
            .filter_map(|step| match step {
                Step::Ask(Command::Signal(signal)) => serde_json::from_slice(&signal.frame).ok(),
                _ => None,
            })
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

fn offer(kind: &str) -> Value {
    let sdp = "v=0\r\nm=audio 9 x\r\nm=video 9 x\r\n";
    json!({ "sdp": { "type": "offer", "sdp": sdp }, "type": kind, "connectionId": "mc_1" })
}

const NUMBER: &str = "123456785";
