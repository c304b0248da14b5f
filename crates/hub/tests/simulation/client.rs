//! A client as `docs/protocol.md` describes it, with a person who follows a script.

use std::collections::BTreeMap;

use bytes::Bytes;
use magpie_hub::{
    Answer, CallId, CallState, Command, Decline, EndReason, Event, Media, Millis, PersonId,
    Request, RequestBody, Role, Signal, View,
};

use crate::stream::Stream;

/// What a person means to do.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Script {
    /// When to call whom, in milliseconds after the start.
    pub(crate) dial: Option<(u64, PersonId)>,
    /// What to do when it rings.
    pub(crate) on_ring: OnRing,
    /// How long to talk before hanging up.
    pub(crate) talk: Option<u64>,
    /// How long to let it ring before giving up.
    pub(crate) patience: Option<u64>,
}

/// What to do when it rings, after so many milliseconds.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) enum OnRing {
    #[default]
    Ignore,
    Accept(u64),
    Decline(u64),
}

/// What a client wants done.
pub(crate) enum Want {
    /// Open a connection.
    Connect,
    /// Send this over it.
    Send(Command),
}

#[derive(Debug)]
pub(crate) struct Client {
    id: u8,
    script: Script,
    started: Millis,
    link: Link,
    waiting: BTreeMap<u64, (RequestBody, Millis)>,
    next_n: u64,
    next_sync: Millis,
    synced_by: Option<Millis>,
    views: BTreeMap<CallId, View>,
    seen: BTreeMap<(CallId, CallState), Millis>,
    acted: BTreeMap<CallId, CallState>,
    pub(crate) stream: Stream,
    spoke: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Link {
    Down(Millis),
    Opening(Millis),
    Up,
}

impl Client {
    pub(crate) fn new(id: u8, now: Millis, script: Script) -> Self {
        Self {
            id,
            script,
            started: now,
            link: Link::Down(now),
            waiting: BTreeMap::new(),
            next_n: 1,
            next_sync: now,
            synced_by: None,
            views: BTreeMap::new(),
            seen: BTreeMap::new(),
            acted: BTreeMap::new(),
            stream: Stream::new(id),
            spoke: false,
        }
    }

    /// The connection is gone.
    pub(crate) fn lost(&mut self, now: Millis) {
        self.link = Link::Down(now.after(100));
        self.synced_by = None;
    }

    pub(crate) fn tick(&mut self, now: Millis) -> Vec<Want> {
        match self.link {
            Link::Down(until) if until <= now => {
                self.link = Link::Opening(now);
                return vec![Want::Connect];
            }
            Link::Opening(since) if now.since(since) >= 5_000 => self.lost(now),
            Link::Up if self.synced_by.is_some_and(|by| by <= now) => self.lost(now),
            Link::Down(_) | Link::Opening(_) | Link::Up => {}
        }
        self.act(now);
        if self.link == Link::Up {
            self.due(now)
        } else {
            Vec::new()
        }
    }

    pub(crate) fn hear(&mut self, now: Millis, event: Event) -> Vec<Want> {
        match event {
            Event::Welcome(welcome) => {
                self.link = Link::Up;
                self.next_sync = now;
                welcome
                    .calls
                    .into_iter()
                    .for_each(|view| self.see(now, view));
                self.waiting
                    .values_mut()
                    .for_each(|(_, sent)| *sent = Millis(0));
                self.stream.repeat();
                return self.due(now);
            }
            Event::Ok { n, answer } => self.answered(n, &answer),
            Event::Error { n: Some(n), .. } => {
                self.waiting.remove(&n);
            }
            Event::Call(view) => self.see(now, *view),
            Event::LostCall(id) => self.lose(id),
            Event::Synced { .. } => self.synced_by = None,
            _ => {}
        }
        Vec::new()
    }

    pub(crate) fn hear_frame(&mut self, now: Millis, frame: &Bytes) {
        self.stream.receive(now, frame);
    }

    /// How the only call stands for this person; nothing if they never heard of one.
    pub(crate) fn end(&self) -> Option<(CallState, Option<EndReason>)> {
        assert!(
            self.views.len() <= 1,
            "{}: more than one call: {:?}",
            self.id,
            self.views
        );
        self.views
            .values()
            .next()
            .map(|view| (view.state, view.reason))
    }

    pub(crate) fn is_settled(&self) -> bool {
        self.waiting.is_empty()
    }

    fn answered(&mut self, n: u64, answer: &Answer) {
        if let (Some((RequestBody::Dial { call, .. }, _)), Answer::Call(real)) =
            (self.waiting.remove(&n), answer)
            && call != *real
        {
            self.views.remove(&call);
        }
    }

    fn see(&mut self, now: Millis, view: View) {
        if self
            .views
            .get(&view.id)
            .is_some_and(|known| known.v >= view.v)
        {
            return;
        }
        self.seen.entry((view.id, view.state)).or_insert(now);
        let was_here = self
            .views
            .get(&view.id)
            .is_some_and(|known| known.peer_here);
        if view.peer_here && !was_here {
            self.stream.repeat();
        }
        self.views.insert(view.id, view);
    }

    fn lose(&mut self, id: CallId) {
        if let Some(view) = self.views.get_mut(&id) {
            (view.state, view.reason, view.v) = (CallState::Ended, Some(EndReason::Lost), u64::MAX);
        }
    }

    /// Does what the script says, each thing once.
    fn act(&mut self, now: Millis) {
        if let Some((at, to)) = self.script.dial
            && now.since(self.started) >= at
        {
            self.script.dial = None;
            let call = CallId([self.id; 16]);
            self.request(RequestBody::Dial {
                call,
                to: to.to_string(),
                media: Media::Video,
            });
        }
        for view in self.views.values().cloned().collect::<Vec<_>>() {
            self.act_on(now, &view);
        }
    }

    fn act_on(&mut self, now: Millis, view: &View) {
        let call = view.id;
        let since = self
            .seen
            .get(&(call, view.state))
            .map_or(0, |seen| now.since(*seen));
        let body = match (
            view.state,
            view.role,
            self.script.on_ring,
            self.script.talk,
            self.script.patience,
        ) {
            (CallState::Ringing, Role::Callee, OnRing::Accept(after), _, _) if since >= after => {
                RequestBody::Accept {
                    call,
                    media: Media::Audio,
                }
            }
            (CallState::Ringing, Role::Callee, OnRing::Decline(after), _, _) if since >= after => {
                RequestBody::Decline {
                    call,
                    reason: Decline::Text("later".into()),
                }
            }
            (CallState::Ringing, Role::Caller, _, _, Some(after)) if since >= after => {
                RequestBody::Hangup { call }
            }
            (CallState::Active, _, _, Some(after), _) if since >= after => {
                RequestBody::Hangup { call }
            }
            _ => return,
        };
        if self.acted.insert(call, view.state) != Some(view.state) {
            self.request(body);
        }
    }

    fn request(&mut self, body: RequestBody) {
        self.waiting.insert(self.next_n, (body, Millis(0)));
        self.next_n += 1;
    }

    /// What is to be sent by now.
    fn due(&mut self, now: Millis) -> Vec<Want> {
        let mut wants = Vec::new();
        for (n, (body, sent)) in &mut self.waiting {
            if now.since(*sent) >= 3_000 {
                *sent = now;
                wants.push(Want::Send(Command::Request(Request {
                    n: *n,
                    body: body.clone(),
                })));
            }
        }
        if self.next_sync <= now {
            let known = self
                .views
                .values()
                .filter(|view| view.state != CallState::Ended);
            wants.push(Want::Send(Command::Sync(
                known.map(|view| (view.id, view.v)).collect(),
            )));
            self.next_sync = now.after(5_000);
            self.synced_by = Some(now.after(5_000));
        }
        wants.extend(self.signals(now));
        wants
    }

    /// Says three things as soon as the call is answered, and whatever must be repeated.
    fn signals(&mut self, now: Millis) -> Vec<Want> {
        let Some(view) = self
            .views
            .values()
            .find(|view| view.state == CallState::Active)
        else {
            return Vec::new();
        };
        let call = view.id;
        if !std::mem::replace(&mut self.spoke, true) {
            ["one", "two", "three"]
                .iter()
                .for_each(|word| self.stream.say(word));
        }
        let frames = self.stream.due(now).into_iter();
        frames
            .map(|frame| Want::Send(Command::Signal(Signal { call, frame })))
            .collect()
    }
}
