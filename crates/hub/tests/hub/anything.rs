//! Whatever clients do, in whatever order: nothing panics and the rules of the house hold.

use std::collections::BTreeMap;

use magpie_hub::{
    CallId, CallState, Change, Command, ConnId, Decline, Effect, Event, HandleChange, Hub, Limits,
    Media, Millis, PersonId, Phase, Rate, Record, RecordKey, Request, RequestBody, Role, Session,
    Signal, Tab, View,
};
use proptest::prelude::*;

use crate::world::{device, key, person, sign, verify};

/// One thing that happens.
#[derive(Debug, Clone)]
enum Act {
    Open { device: u8, tab: u8 },
    Close { page: usize },
    Dial { page: usize, call: u8, to: u8 },
    DialInvite { page: usize, call: u8, code: usize },
    Accept { page: usize, call: u8 },
    Decline { page: usize, call: u8 },
    Hangup { page: usize, call: u8 },
    Signal { page: usize, call: u8 },
    Sync { page: usize, call: u8, v: u64 },
    Contact { page: usize, id: u8, add: bool },
    Block { page: usize, id: u8, add: bool },
    Handle { page: usize, handle: String },
    Invite { page: usize },
    Offer { page: usize },
    Claim { page: usize, code: usize },
    Approve { page: usize, id: u8 },
    Unlink { page: usize, id: u8 },
    Malformed { page: usize },
    Wait { ms: u64 },
    Restart,
}

fn act() -> impl Strategy<Value = Act> {
    let page = any::<usize>();
    let (device, tab, call) = (1_u8..5, 1_u8..3, 0_u8..4);
    prop_oneof![
        24 => (device.clone(), tab).prop_map(|(device, tab)| Act::Open { device, tab }),
        8 => page.prop_map(|page| Act::Close { page }),
        24 => (page, call.clone(), device.clone()).prop_map(|(page, call, to)| Act::Dial { page, call, to }),
        4 => (page, call.clone(), 0_usize..4).prop_map(|(page, call, code)| Act::DialInvite { page, call, code }),
        16 => (page, call.clone()).prop_map(|(page, call)| Act::Accept { page, call }),
        4 => (page, call.clone()).prop_map(|(page, call)| Act::Decline { page, call }),
        4 => (page, call.clone()).prop_map(|(page, call)| Act::Hangup { page, call }),
        8 => (page, call.clone()).prop_map(|(page, call)| Act::Signal { page, call }),
        4 => (page, call, 0_u64..9).prop_map(|(page, call, v)| Act::Sync { page, call, v }),
        8 => (page, device.clone(), any::<bool>()).prop_map(|(page, id, add)| Act::Contact { page, id, add }),
        4 => (page, device.clone(), any::<bool>()).prop_map(|(page, id, add)| Act::Block { page, id, add }),
        4 => (page, ".{0,40}").prop_map(|(page, handle)| Act::Handle { page, handle }),
        4 => page.prop_map(|page| Act::Invite { page }),
        4 => page.prop_map(|page| Act::Offer { page }),
        4 => (page, 0_usize..4).prop_map(|(page, code)| Act::Claim { page, code }),
        4 => (page, device.clone()).prop_map(|(page, id)| Act::Approve { page, id }),
        1 => (page, device).prop_map(|(page, id)| Act::Unlink { page, id }),
        4 => page.prop_map(|page| Act::Malformed { page }),
        4 => (0_u64..3_000).prop_map(|ms| Act::Wait { ms }),
        1 => (0_u64..70_000).prop_map(|ms| Act::Wait { ms }),
        1 => Just(Act::Restart),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn the_rules_hold(acts in proptest::collection::vec(act(), 1..120)) {
        let mut house = House::new();
        for act in acts {
            house.act(act);
            house.check();
        }
        house.act(Act::Wait { ms: 600_000 });
        house.check();
        prop_assert!(house.hub.snapshot().ringing == 0, "nothing rings for ever");
        prop_assert!(!house.store.keys().any(|key| key.table == magpie_hub::Table::Call), "nobody is left, nor a call");
    }
}

/// A hub, what it persisted, and what its clients were told.
struct House {
    hub: Hub,
    now: Millis,
    store: BTreeMap<RecordKey, Record>,
    /// Open connections: who they are and what they saw of each call.
    pages: Vec<Page>,
    invites: Vec<String>,
    codes: Vec<String>,
    next_conn: u64,
    n: u64,
}

struct Page {
    conn: ConnId,
    device: u8,
    tab: u8,
    person: Option<PersonId>,
    views: BTreeMap<CallId, View>,
}

impl House {
    fn new() -> Self {
        let now = Millis(1_790_000_000_000);
        Self {
            hub: Hub::new(now, [3; 32], limits(), verify, Vec::new()),
            now,
            store: BTreeMap::new(),
            pages: Vec::new(),
            invites: Vec::new(),
            codes: Vec::new(),
            next_conn: 1,
            n: 1,
        }
    }

    fn act(&mut self, act: Act) {
        match act {
            Act::Open { device, tab } => self.open(device, tab),
            Act::Close { page } => self.close(page),
            Act::Dial { page, call, to } => self.dial(page, call, person(to).to_string()),
            Act::DialInvite { page, call, code } => {
                let code = self.invites.get(code).cloned().unwrap_or_default();
                self.dial(page, call, format!("i-{code}"));
            }
            Act::Accept { page, call } => self.ask(
                page,
                RequestBody::Accept {
                    call: id(call),
                    media: Media::Video,
                },
            ),
            Act::Decline { page, call } => {
                self.ask(
                    page,
                    RequestBody::Decline {
                        call: id(call),
                        reason: Decline::Plain,
                    },
                );
            }
            Act::Hangup { page, call } => self.ask(page, RequestBody::Hangup { call: id(call) }),
            Act::Signal { page, call } => {
                self.send(
                    page,
                    Command::Signal(Signal {
                        call: id(call),
                        frame: "x".into(),
                    }),
                );
            }
            Act::Sync { page, call, v } => self.send(page, Command::Sync(vec![(id(call), v)])),
            Act::Contact {
                page,
                id,
                add: true,
            } => {
                self.ask(
                    page,
                    RequestBody::ContactAdd {
                        id: person(id),
                        name: None,
                    },
                );
            }
            Act::Contact {
                page,
                id,
                add: false,
            } => self.ask(page, RequestBody::ContactRemove { id: person(id) }),
            Act::Block {
                page,
                id,
                add: true,
            } => self.ask(page, RequestBody::Block { id: person(id) }),
            Act::Block {
                page,
                id,
                add: false,
            } => self.ask(page, RequestBody::Unblock { id: person(id) }),
            Act::Handle { page, handle } => {
                self.ask(
                    page,
                    RequestBody::Profile {
                        name: None,
                        handle: HandleChange::Take(handle),
                    },
                );
            }
            Act::Invite { page } => self.ask(page, RequestBody::Invite),
            Act::Offer { page } => self.ask(page, RequestBody::LinkOffer),
            Act::Claim { page, code } => {
                let code = self.codes.get(code).cloned().unwrap_or_default();
                self.ask(page, RequestBody::LinkClaim { code });
            }
            Act::Approve { page, id } => self.approve(page, id),
            Act::Unlink { page, id } => self.ask(page, RequestBody::Unlink { device: device(id) }),
            Act::Malformed { page } => {
                if let Some(conn) = self.page(page).map(|page| page.conn) {
                    self.hub.handle_malformed(self.now, conn, None, "wrong");
                    self.drain();
                }
            }
            Act::Wait { ms } => self.wait(ms),
            Act::Restart => self.restart(),
        }
    }

    fn open(&mut self, device: u8, tab: u8) {
        let conn = ConnId(self.next_conn);
        self.next_conn += 1;
        let known = self
            .pages
            .iter()
            .find(|page| page.device == device && page.tab == tab);
        let views = known.map(|page| page.views.clone()).unwrap_or_default();
        self.pages.push(Page {
            conn,
            device,
            tab,
            person: None,
            views,
        });
        let session = Session {
            device: key(device),
            tab: Tab([tab; 16]),
            label: String::new(),
            address: [192, 0, 2, 1].into(),
            token: String::new(),
        };
        self.hub.attach(self.now, conn, session);
        self.drain();
    }

    fn close(&mut self, page: usize) {
        if !self.pages.is_empty() {
            let page = self.pages.remove(page % self.pages.len());
            self.hub.detach(self.now, page.conn);
            self.drain();
        }
    }

    fn dial(&mut self, page: usize, call: u8, to: String) {
        self.ask(
            page,
            RequestBody::Dial {
                call: id(call),
                to,
                media: Media::Audio,
            },
        );
    }

    fn approve(&mut self, page: usize, guest: u8) {
        let Some((host, Some(owner))) = self.page(page).map(|page| (page.device, page.person))
        else {
            return;
        };
        let message = format!("magpie-link-1\n{owner}\n{}", device(guest));
        let signature = sign(&key(host), message.as_bytes());
        self.ask(
            page,
            RequestBody::LinkApprove {
                device: device(guest),
                signature,
            },
        );
    }

    /// The page a number means, whatever the number.
    fn page(&self, number: usize) -> Option<&Page> {
        self.pages.get(number.checked_rem(self.pages.len())?)
    }

    fn ask(&mut self, page: usize, body: RequestBody) {
        let n = self.n;
        self.n += 1;
        self.send(page, Command::Request(Request { n, body }));
    }

    fn send(&mut self, page: usize, command: Command) {
        if let Some(conn) = self.page(page).map(|page| page.conn) {
            self.hub.handle_command(self.now, conn, command);
            self.drain();
        }
    }

    fn wait(&mut self, ms: u64) {
        let until = self.now.after(ms);
        while let Some(at) = self.hub.poll_timeout().filter(|at| *at <= until) {
            self.now = self.now.max(at);
            self.hub.handle_timeout(self.now);
            self.drain();
        }
        self.now = until;
    }

    fn restart(&mut self) {
        let saved = self
            .store
            .values()
            .cloned()
            .map(crate::world::through_json)
            .collect();
        self.hub = Hub::new(self.now, [4; 32], limits(), verify, saved);
        self.pages.clear();
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(effect) = self.hub.poll_effect() {
            match effect {
                Effect::Persist(Change::Put(record)) => {
                    drop(self.store.insert(record.key(), record))
                }
                Effect::Persist(Change::Delete(key)) => drop(self.store.remove(&key)),
                Effect::Send { conn, event } => self.hear(conn, event),
                Effect::Forward { conn, .. } => {
                    assert!(self.pages.iter().any(|page| page.conn == conn))
                }
                Effect::Close { conn, .. } => self.pages.retain(|page| page.conn != conn),
            }
        }
    }

    fn hear(&mut self, conn: ConnId, event: Event) {
        let store = &self.store;
        let page = self
            .pages
            .iter_mut()
            .find(|page| page.conn == conn)
            .expect("nobody is told who is closed");
        match event {
            Event::Welcome(welcome) => {
                page.person = Some(welcome.me.id);
                welcome
                    .calls
                    .into_iter()
                    .for_each(|view| page.see(view, store));
            }
            Event::Linked(linked) => page.person = Some(linked.me.id),
            Event::Call(view) => page.see(*view, store),
            Event::Ok {
                answer: magpie_hub::Answer::Code { code, .. },
                ..
            } => {
                if code.len() == 8 {
                    self.codes.push(code)
                } else {
                    self.invites.push(code)
                }
            }
            _ => {}
        }
    }

    fn check(&self) {
        self.nobody_is_in_two_calls();
        self.handles_and_numbers_have_one_owner();
        self.counts_agree();
    }

    fn nobody_is_in_two_calls(&self) {
        let mut seen = std::collections::BTreeSet::new();
        for call in self.live_calls() {
            let answer = match &call.phase {
                Phase::Active { answer } => Some(answer.endpoint),
                Phase::Ringing | Phase::Ended { .. } => None,
            };
            for endpoint in std::iter::once(call.caller_endpoint).chain(answer) {
                assert!(seen.insert(endpoint), "{endpoint} is in two calls");
            }
        }
    }

    fn handles_and_numbers_have_one_owner(&self) {
        let (mut numbers, mut handles) = (
            std::collections::BTreeSet::new(),
            std::collections::BTreeSet::new(),
        );
        for record in self.store.values() {
            if let Record::Person(person) = record {
                assert!(numbers.insert(person.number), "{} twice", person.number);
                assert!(
                    person
                        .handle
                        .as_ref()
                        .is_none_or(|handle| handles.insert(handle.to_lowercase()))
                );
            }
        }
    }

    fn counts_agree(&self) {
        let calls = self.live_calls().count();
        let snapshot = self.hub.snapshot();
        assert_eq!(snapshot.ringing + snapshot.active, calls);
        assert_eq!(snapshot.connections, self.pages.len());
    }

    fn live_calls(&self) -> impl Iterator<Item = &magpie_hub::CallRecord> {
        self.store.values().filter_map(|record| match record {
            Record::Call(call) if !matches!(call.phase, Phase::Ended { .. }) => Some(&**call),
            _ => None,
        })
    }
}

impl Page {
    /// Takes a view and checks what must be true of each.
    fn see(&mut self, view: View, store: &BTreeMap<RecordKey, Record>) {
        let me = self.person.expect("welcomed before any view");
        let peer = view.peer.id;
        let lists = |owner: PersonId, id: PersonId| {
            let on = |record: &Record| matches!(record, Record::Contact(it) if it.owner == owner && it.id == id);
            let off = |record: &Record| matches!(record, Record::Block(it) if it.owner == owner && it.id == id);
            store.values().any(on) && !store.values().any(off)
        };
        if view.alerting {
            assert_eq!((view.state, view.role), (CallState::Ringing, Role::Caller));
            assert!(
                lists(me, peer) && lists(peer, me),
                "presence is told to a stranger"
            );
        }
        if view.state != CallState::Active {
            assert!(
                !view.peer_here && view.peer_endpoint.is_none(),
                "an endpoint is told before the answer"
            );
        }
        if view.state == CallState::Ringing && view.role == Role::Callee {
            let blocks = |record: &Record| matches!(record, Record::Block(it) if it.owner == me && it.id == peer);
            assert!(!store.values().any(blocks), "a blocked caller rings");
        }
        assert_eq!(view.state == CallState::Ended, view.reason.is_some());
        if let Some(old) = self
            .views
            .insert(view.id, view.clone())
            .filter(|old| old.started_at == view.started_at)
        {
            assert!(old.v <= view.v, "a version falls");
            assert!(
                old.v < view.v || old.state == view.state,
                "a state changes without its version"
            );
            assert!(old.state <= view.state, "a call goes back");
        }
    }
}

fn id(call: u8) -> CallId {
    CallId([call; 16])
}

/// Nothing is refused for its frequency, so that every act counts.
fn limits() -> Limits {
    let free = Rate {
        burst: 1,
        every_ms: 0,
    };
    Limits {
        lookups_per_person: free,
        lookups_per_address: free,
        dials_per_person: free,
        link_guesses_per_address: free,
        codes_per_person: free,
        new_persons_per_address: free,
        ..Limits::default()
    }
}
