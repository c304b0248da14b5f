//! A hub with a store, a clock and pages that connect to it.

use std::collections::BTreeMap;

use bytes::Bytes;
use magpie_hub::{
    Answer, CallId, CallState, Change, CloseReason, Command, ConnId, Contact, DeviceId, Effect,
    EndReason, Endpoint, ErrorCode, Event, Hub, Limits, Media, Millis, PersonId, PublicKey, Record,
    RecordKey, Request, RequestBody, Session, Signal, Tab, View, Welcome,
};

/// The hub and what it asked for.
pub(crate) struct World {
    pub(crate) hub: Hub,
    pub(crate) now: Millis,
    pub(crate) store: BTreeMap<RecordKey, Record>,
    limits: Limits,
    heard: BTreeMap<ConnId, Vec<Event>>,
    frames: BTreeMap<ConnId, Vec<Bytes>>,
    closed: BTreeMap<ConnId, CloseReason>,
    next_conn: u64,
    next_n: u64,
    next_call: u8,
}

/// A page with its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) device: u8,
    pub(crate) tab: u8,
    pub(crate) conn: ConnId,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(Limits::default())
    }

    pub(crate) fn with(limits: Limits) -> Self {
        let now = Millis(1_790_000_000_000);
        Self {
            hub: Hub::new(now, [7; 32], limits.clone(), verify, Vec::new()),
            now,
            store: BTreeMap::new(),
            limits,
            heard: BTreeMap::new(),
            frames: BTreeMap::new(),
            closed: BTreeMap::new(),
            next_conn: 1,
            next_n: 1,
            next_call: 1,
        }
    }

    /// Opens the first page of a device.
    pub(crate) fn open(&mut self, device: u8) -> Page {
        self.open_tab(device, 1)
    }

    pub(crate) fn open_tab(&mut self, device: u8, tab: u8) -> Page {
        self.open_from(device, tab, "192.0.2.1")
    }

    pub(crate) fn open_from(&mut self, device: u8, tab: u8, address: &str) -> Page {
        let conn = ConnId(self.next_conn);
        self.next_conn += 1;
        let session = Session {
            device: key(device),
            tab: Tab([tab; 16]),
            label: format!("device {device}"),
            address: address.parse().unwrap(),
            token: format!("token {}", conn.0),
        };
        self.hub.attach(self.now, conn, session);
        self.drain();
        Page { device, tab, conn }
    }

    /// Opens the page again, as after a reload or a lost connection.
    pub(crate) fn reopen(&mut self, page: Page) -> Page {
        self.open_tab(page.device, page.tab)
    }

    pub(crate) fn close(&mut self, page: Page) {
        self.hub.detach(self.now, page.conn);
        self.drain();
    }

    /// Asks with a new number and takes the answer out of what the page heard.
    pub(crate) fn ask(&mut self, page: Page, body: RequestBody) -> Result<Answer, ErrorCode> {
        let n = self.next_n;
        self.next_n += 1;
        self.ask_as(page, n, body)
    }

    pub(crate) fn ask_as(
        &mut self,
        page: Page,
        n: u64,
        body: RequestBody,
    ) -> Result<Answer, ErrorCode> {
        self.hub
            .handle_command(self.now, page.conn, Command::Request(Request { n, body }));
        self.drain();
        let heard = self.heard.entry(page.conn).or_default();
        let is_answer = |event: &Event| {
            matches!(event, Event::Ok { n: of, .. } if *of == n)
                || matches!(event, Event::Error { n: Some(of), .. } if *of == n)
        };
        let at = heard
            .iter()
            .position(is_answer)
            .unwrap_or_else(|| panic!("no answer to {n} in {heard:?}"));
        match heard.remove(at) {
            Event::Ok { answer, .. } => Ok(answer),
            Event::Error { fault, .. } => Err(fault.code),
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn dial(&mut self, page: Page, to: impl ToString) -> Result<CallId, ErrorCode> {
        let call = CallId([self.next_call; 16]);
        self.next_call += 1;
        self.dial_as(page, call, to)
    }

    pub(crate) fn dial_as(
        &mut self,
        page: Page,
        call: CallId,
        to: impl ToString,
    ) -> Result<CallId, ErrorCode> {
        match self.ask(
            page,
            RequestBody::Dial {
                call,
                to: to.to_string(),
                media: Media::Video,
            },
        )? {
            Answer::Call(call) => Ok(call),
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn accept(&mut self, page: Page, call: CallId) -> Result<Answer, ErrorCode> {
        self.ask(
            page,
            RequestBody::Accept {
                call,
                media: Media::Audio,
            },
        )
    }

    pub(crate) fn hangup(&mut self, page: Page, call: CallId) {
        assert_eq!(
            self.ask(page, RequestBody::Hangup { call }),
            Ok(Answer::Done)
        );
    }

    pub(crate) fn send(&mut self, page: Page, command: Command) {
        self.hub.handle_command(self.now, page.conn, command);
        self.drain();
    }

    pub(crate) fn signal(&mut self, page: Page, call: CallId, frame: &'static str) {
        self.send(
            page,
            Command::Signal(Signal {
                call,
                frame: Bytes::from_static(frame.as_bytes()),
            }),
        );
    }

    /// Two people who have each other on their lists.
    pub(crate) fn befriend(&mut self, a: Page, b: Page) {
        self.ask(
            a,
            RequestBody::ContactAdd {
                id: person(b.device),
                name: None,
            },
        )
        .unwrap();
        self.ask(
            b,
            RequestBody::ContactAdd {
                id: person(a.device),
                name: None,
            },
        )
        .unwrap();
        self.forget();
    }

    /// An answered call between two pages.
    pub(crate) fn connect(&mut self, caller: Page, callee: Page) -> CallId {
        let call = self.dial(caller, person(callee.device)).unwrap();
        self.accept(callee, call).unwrap();
        self.forget();
        call
    }

    /// Lets time pass, stopping at every timer on the way.
    pub(crate) fn wait(&mut self, ms: u64) {
        let until = self.now.after(ms);
        while let Some(at) = self.hub.poll_timeout().filter(|at| *at <= until) {
            self.now = self.now.max(at);
            self.hub.handle_timeout(self.now);
            self.drain();
        }
        self.now = until;
    }

    /// Lets time pass while these pages say that they are alive.
    pub(crate) fn wait_with(&mut self, pages: &[Page], ms: u64) {
        let until = self.now.after(ms);
        while self.now < until {
            self.wait(until.since(self.now).min(20_000));
            for page in pages {
                self.send(*page, Command::Sync(Vec::new()));
            }
        }
    }

    /// Kills the hub and starts another one on what was persisted; every connection is gone.
    pub(crate) fn restart(&mut self) {
        let saved: Vec<Record> = self.store.values().cloned().map(through_json).collect();
        self.hub = Hub::new(self.now, [8; 32], self.limits.clone(), verify, saved);
        self.heard.clear();
        self.frames.clear();
        self.drain();
    }

    /// Everything a page heard since it was last asked.
    pub(crate) fn heard(&mut self, page: Page) -> Vec<Event> {
        self.heard.remove(&page.conn).unwrap_or_default()
    }

    pub(crate) fn forget(&mut self) {
        self.heard.clear();
        self.frames.clear();
    }

    pub(crate) fn frames(&mut self, page: Page) -> Vec<Bytes> {
        self.frames.remove(&page.conn).unwrap_or_default()
    }

    pub(crate) fn closed(&self, page: Page) -> Option<CloseReason> {
        self.closed.get(&page.conn).copied()
    }

    /// The newest view of a call a page heard of.
    pub(crate) fn view(&mut self, page: Page, call: CallId) -> Option<View> {
        let views = self.views(page);
        views
            .into_iter()
            .filter(|view| view.id == call)
            .max_by_key(|view| view.v)
    }

    /// Every view a page heard of.
    pub(crate) fn views(&mut self, page: Page) -> Vec<View> {
        let mut views = Vec::new();
        for event in self.heard(page) {
            match event {
                Event::Call(view) => views.push(*view),
                Event::Welcome(welcome) => views.extend(welcome.calls),
                _ => {}
            }
        }
        views
    }

    /// State and reason of a call as a page heard last.
    pub(crate) fn state(
        &mut self,
        page: Page,
        call: CallId,
    ) -> Option<(CallState, Option<EndReason>)> {
        self.view(page, call).map(|view| (view.state, view.reason))
    }

    pub(crate) fn welcome(&mut self, page: Page) -> Welcome {
        let welcome = self.heard(page).into_iter().find_map(|event| match event {
            Event::Welcome(welcome) => Some(*welcome),
            _ => None,
        });
        welcome.unwrap()
    }

    pub(crate) fn number(&mut self, page: Page) -> String {
        let page = self.open_tab(page.device, 200);
        let number = self.welcome(page).me.number.to_string();
        self.close(page);
        number
    }

    pub(crate) fn contacts(&mut self, page: Page) -> Vec<Contact> {
        let page = self.open_tab(page.device, 201);
        let contacts = self.welcome(page).contacts;
        self.close(page);
        contacts
    }

    fn drain(&mut self) {
        let mut told = false;
        while let Some(effect) = self.hub.poll_effect() {
            match effect {
                Effect::Persist(change) => {
                    assert!(!told, "persisted after somebody was told: {change:?}");
                    self.persist(change);
                }
                Effect::Send { conn, event } => {
                    told = true;
                    self.heard.entry(conn).or_default().push(event);
                }
                Effect::Forward { conn, frame } => self.frames.entry(conn).or_default().push(frame),
                Effect::Close { conn, why } => {
                    self.closed.insert(conn, why);
                }
            }
        }
    }

    fn persist(&mut self, change: Change) {
        match change {
            Change::Put(record) => {
                self.store.insert(record.key(), record);
            }
            Change::Delete(key) => {
                self.store.remove(&key);
            }
        }
    }
}

/// Two people of whom the first rings the second.
pub(crate) fn ringing() -> (World, Page, Page, CallId) {
    let mut w = World::new();
    let (a, b) = (w.open(1), w.open(2));
    let call = w.dial(a, person(2)).unwrap();
    (w, a, b, call)
}

/// Two people in a call, dialled by the first.
pub(crate) fn connected() -> (World, Page, Page, CallId) {
    let mut w = World::new();
    let (a, b) = (w.open(1), w.open(2));
    let call = w.connect(a, b);
    (w, a, b, call)
}

/// Two people who have each other on their lists.
pub(crate) fn friends() -> (World, Page, Page) {
    let mut w = World::new();
    let (a, b) = (w.open(1), w.open(2));
    w.befriend(a, b);
    (w, a, b)
}

pub(crate) fn through_json(record: Record) -> Record {
    serde_json::from_str(&serde_json::to_string(&record).unwrap()).unwrap()
}

pub(crate) fn key(device: u8) -> PublicKey {
    let mut point = [device; 65];
    point[0] = 4;
    PublicKey(point)
}

pub(crate) fn device(device: u8) -> DeviceId {
    key(device).device()
}

pub(crate) fn person(device: u8) -> PersonId {
    key(device).device().person()
}

pub(crate) fn endpoint(page: Page) -> Endpoint {
    Endpoint {
        device: device(page.device),
        tab: Tab([page.tab; 16]),
    }
}

/// A signature that is right for one key and one message only.
pub(crate) fn sign(key: &PublicKey, message: &[u8]) -> [u8; 64] {
    let mut signature = [0_u8; 64];
    for (at, byte) in key.0.iter().chain(message).enumerate() {
        signature[at % 64] = signature[at % 64].wrapping_mul(31).wrapping_add(*byte);
    }
    signature
}

pub(crate) fn verify(key: &PublicKey, message: &[u8], signature: &[u8]) -> bool {
    sign(key, message) == signature
}
