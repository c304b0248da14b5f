//! The events behind `fixtures/native`, in the order of the files.

use std::borrow::Cow;

use magpie_hub::{
    Answer, CallId, CallState, Card, Contact, DeviceCard, DeviceId, EndReason, Endpoint, ErrorCode,
    Event, Fault, Linked, Me, Media, MediaKinds, Millis, MissedCall, Number, PersonId, PublicKey,
    Role, Tab, View, Welcome,
};

pub(crate) fn events() -> Vec<(&'static str, Vec<Event>)> {
    vec![
        ("welcome", vec![welcome(), first_welcome()]),
        ("ok", oks()),
        ("error", errors()),
        ("call", calls()),
        ("synced", vec![Event::Synced { now: NOW }]),
        ("presence", vec![presence(true), presence(false)]),
        ("missed", vec![Event::Missed(missed())]),
        ("me", vec![Event::Me(ann()), Event::Me(new_bob())]),
        (
            "contacts",
            vec![Event::Contacts(contacts()), Event::Contacts(Vec::new())],
        ),
        (
            "blocked",
            vec![Event::Blocked(vec![cy()]), Event::Blocked(Vec::new())],
        ),
        ("missed-cleared", vec![Event::MissedSeen { up_to: NOW }]),
        (
            "link-request",
            vec![Event::LinkRequest {
                device: device(4),
                label: "Safari on iPhone".into(),
            }],
        ),
        ("linked", vec![linked()]),
        ("unlinked", vec![Event::Unlinked]),
        ("drain", vec![Event::Drain { retry_after: 2_000 }]),
    ]
}

fn welcome() -> Event {
    Event::Welcome(Box::new(Welcome {
        me: ann(),
        endpoint: endpoint(1),
        token: "abc.def".into(),
        calls: vec![answered()],
        missed: vec![missed()],
        contacts: contacts(),
        blocked: vec![cy()],
        now: NOW,
    }))
}

fn first_welcome() -> Event {
    Event::Welcome(Box::new(Welcome {
        me: new_bob(),
        endpoint: endpoint(2),
        token: String::new(),
        calls: Vec::new(),
        missed: Vec::new(),
        contacts: Vec::new(),
        blocked: Vec::new(),
        now: NOW,
    }))
}

fn linked() -> Event {
    Event::Linked(Box::new(Linked {
        me: ann(),
        missed: vec![missed()],
        contacts: contacts(),
        blocked: vec![cy()],
    }))
}

fn oks() -> Vec<Event> {
    let answers = [
        Answer::Done,
        Answer::Call(call(1)),
        Answer::Card(cy()),
        Answer::Me(ann()),
        Answer::Contacts(contacts()),
        Answer::Blocked(vec![cy()]),
        Answer::Code {
            code: "k7q2m9xw4r".into(),
            expires: NOW,
        },
        Answer::Person(person(1)),
    ];
    (1..)
        .zip(answers)
        .map(|(n, answer)| Event::Ok { n, answer })
        .collect()
}

fn errors() -> Vec<Event> {
    use ErrorCode as Code;
    let answers = [
        Code::UnknownPerson,
        Code::InviteUsed,
        Code::BadNumber,
        Code::Oneself,
        Code::BusyHere,
        Code::Gone,
        Code::AnsweredElsewhere,
        Code::HandleTaken,
        Code::BadHandle,
        Code::BadName,
        Code::Full,
        Code::BadCode,
        Code::BadProof,
        Code::UnknownDevice,
        Code::LastDevice,
        Code::Malformed,
        Code::Internal,
    ];
    let mut events: Vec<Event> = (1..)
        .zip(answers)
        .map(|(n, code)| error(Some(n), code))
        .collect();
    let fault = Fault {
        code: Code::Rate,
        detail: Cow::Borrowed("too many"),
        retry_after: Some(1_500),
    };
    events.push(Event::Error { n: Some(99), fault });
    let notices = [
        Code::Rate,
        Code::Malformed,
        Code::Replaced,
        Code::Unlinked,
        Code::LinkRejected,
        Code::Unauthorized,
    ];
    events.extend(notices.map(|code| error(None, code)));
    events
}

fn error(n: Option<u64>, code: ErrorCode) -> Event {
    Event::Error {
        n,
        fault: Fault {
            code,
            detail: Cow::Borrowed(""),
            retry_after: None,
        },
    }
}

fn calls() -> Vec<Event> {
    use EndReason as Why;
    let mut views = vec![
        ringing(),
        View {
            v: 2,
            alerting: true,
            ..ringing()
        },
        View {
            v: 2,
            role: Role::Callee,
            peer: cy(),
            ..ringing()
        },
        answered(),
        View {
            v: 4,
            role: Role::Callee,
            peer_here: false,
            peer_endpoint: Some(endpoint(1)),
            ..answered()
        },
    ];
    views.extend(
        [
            Why::Hangup,
            Why::Cancelled,
            Why::Declined,
            Why::Busy,
            Why::NoAnswer,
            Why::Lost,
        ]
        .map(ended),
    );
    views.push(View {
        text: Some("Back at six".into()),
        ..ended(Why::Declined)
    });
    views.extend(
        [Why::AnsweredElsewhere, Why::DeclinedElsewhere].map(|why| View {
            role: Role::Callee,
            ..ended(why)
        }),
    );
    let mut events: Vec<Event> = views
        .into_iter()
        .map(|view| Event::Call(Box::new(view)))
        .collect();
    events.push(Event::LostCall(call(8)));
    events
}

fn ringing() -> View {
    View {
        id: call(1),
        v: 1,
        state: CallState::Ringing,
        role: Role::Caller,
        peer: bob(),
        media: MediaKinds {
            caller: Media::Video,
            callee: None,
        },
        started_at: NOW,
        answered_at: None,
        alerting: false,
        peer_here: false,
        peer_endpoint: None,
        reason: None,
        text: None,
    }
}

fn answered() -> View {
    View {
        v: 3,
        state: CallState::Active,
        media: MediaKinds {
            caller: Media::Video,
            callee: Some(Media::Audio),
        },
        answered_at: Some(NOW.after(5_000)),
        peer_here: true,
        peer_endpoint: Some(endpoint(2)),
        ..ringing()
    }
}

fn ended(why: EndReason) -> View {
    View {
        v: 5,
        state: CallState::Ended,
        reason: Some(why),
        ..ringing()
    }
}

fn presence(online: bool) -> Event {
    Event::Presence {
        id: person(2),
        online,
    }
}

fn missed() -> MissedCall {
    MissedCall {
        call: call(9),
        from: cy(),
        at: NOW,
        media: Media::Audio,
    }
}

fn contacts() -> Vec<Contact> {
    vec![
        Contact {
            card: bob(),
            online: Some(true),
        },
        Contact {
            card: cy(),
            online: None,
        },
    ]
}

fn ann() -> Me {
    let phone = DeviceCard {
        id: device(4),
        label: "Safari on iPhone".into(),
        here: false,
        linked_at: NOW.after(1_000),
    };
    let desktop = DeviceCard {
        id: device(1),
        label: "Chrome on Linux".into(),
        here: true,
        linked_at: NOW,
    };
    Me {
        id: person(1),
        number: Number::nth(0),
        handle: Some("Ann".into()),
        name: Some("Ann Lee".into()),
        devices: vec![desktop, phone],
    }
}

fn new_bob() -> Me {
    let device = DeviceCard {
        id: device(2),
        label: String::new(),
        here: true,
        linked_at: NOW,
    };
    Me {
        id: person(2),
        number: bobs_number(),
        handle: None,
        name: None,
        devices: vec![device],
    }
}

fn bob() -> Card {
    Card {
        id: person(2),
        number: Some(bobs_number()),
        handle: None,
        name: Some("Bob".into()),
    }
}

fn cy() -> Card {
    Card {
        id: person(3),
        number: None,
        handle: Some("鹊桥".into()),
        name: None,
    }
}

fn bobs_number() -> Number {
    Number::nth(47_240_000)
}

fn person(seed: u8) -> PersonId {
    device(seed).person()
}

fn device(seed: u8) -> DeviceId {
    let mut point = [seed; 65];
    point[0] = 4;
    PublicKey(point).device()
}

fn endpoint(seed: u8) -> Endpoint {
    Endpoint {
        device: device(seed),
        tab: Tab([seed; 16]),
    }
}

fn call(seed: u8) -> CallId {
    CallId([0x80 + seed; 16])
}

const NOW: Millis = Millis(1_790_000_000_000);
