//! Calls: where each stands, who is in it, and what is due.

pub(crate) mod machine;
mod view;

use crate::event::{CallState, Media, Role};
use crate::hash::{Keyed, Map};
use crate::ids::{CallId, ConnId, DeviceId, Endpoint, PersonId};
use crate::limits::Limits;
use crate::record::{AnswerRecord, CallRecord, Ending, Phase};
use crate::time::Millis;
use machine::{Actor, Input};

/// All calls, with every index kept here and changed together.
#[derive(Debug)]
pub(crate) struct Calls {
    calls: Map<CallId, Call>,
    /// Calls dialled the other way that became another one.
    merged: Map<CallId, CallId>,
    /// The live call an endpoint is in.
    at: Map<Endpoint, CallId>,
    /// Every call a person may see, ended ones included.
    of: Map<PersonId, Vec<CallId>>,
    counts: [usize; 3],
}

/// A call and the connections of its two endpoints.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) record: CallRecord,
    pub(crate) alerting: bool,
    /// The timer that is set for it.
    pub(crate) timer: Option<Millis>,
    caller: Presence,
    callee: Presence,
}

/// Whether an endpoint is connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Presence {
    Here(ConnId),
    Gone(Millis),
}

impl Calls {
    pub(crate) fn new(keys: Keyed) -> Self {
        Self {
            calls: Map::with_hasher(keys),
            merged: Map::with_hasher(keys),
            at: Map::with_hasher(keys),
            of: Map::with_hasher(keys),
            counts: [0; 3],
        }
    }

    /// Takes in a call. Its caller is connected by `conn`; a saved call has nobody connected.
    pub(crate) fn insert(&mut self, now: Millis, record: CallRecord, conn: Option<ConnId>) {
        let id = record.id;
        let caller = conn.map_or(Presence::Gone(now), Presence::Here);
        self.of.entry(record.caller).or_default().push(id);
        if !record.hidden {
            self.of.entry(record.callee).or_default().push(id);
        }
        for merged in &record.merged {
            self.merged.insert(*merged, id);
        }
        for endpoint in record.live_endpoints() {
            self.at.insert(endpoint, id);
        }
        self.count(record.state(), true);
        self.calls.insert(
            id,
            Call {
                record,
                alerting: false,
                timer: None,
                caller,
                callee: Presence::Gone(now),
            },
        );
    }

    /// Answers a ringing call; `merged` is the call that the one who answers had dialled the other way.
    pub(crate) fn answer(
        &mut self,
        id: CallId,
        answer: AnswerRecord,
        conn: ConnId,
        merged: Option<CallId>,
    ) {
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        call.callee = Presence::Here(conn);
        call.alerting = false;
        if let Some(merged) = merged {
            call.record.merged.push(merged);
            self.merged.insert(merged, id);
        }
        self.at.insert(answer.endpoint, id);
        self.set_phase(id, Phase::Active { answer });
    }

    /// Ends a call.
    pub(crate) fn end(&mut self, now: Millis, id: CallId, why: Ending) {
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        call.alerting = false;
        let answer = call.record.answer().copied();
        for endpoint in call.record.live_endpoints() {
            self.at.remove(&endpoint);
        }
        self.set_phase(
            id,
            Phase::Ended {
                answer,
                why,
                at: now,
            },
        );
    }

    /// Makes the views of a call newer.
    pub(crate) fn touch(&mut self, id: CallId) {
        if let Some(call) = self.calls.get_mut(&id) {
            call.record.v = call.record.v.saturating_add(1);
        }
    }

    /// Lets the callee see nothing of a call any more.
    pub(crate) fn hide(&mut self, id: CallId) {
        if let Some(call) = self.calls.get_mut(&id) {
            call.record.hidden = true;
            let callee = call.record.callee;
            self.remove_of(callee, id);
        }
    }

    pub(crate) fn set_timer(&mut self, id: CallId, timer: Option<Millis>) -> Option<Millis> {
        self.calls
            .get_mut(&id)
            .and_then(|call| std::mem::replace(&mut call.timer, timer))
    }

    pub(crate) fn set_alerting(&mut self, id: CallId, alerting: bool) {
        if let Some(call) = self.calls.get_mut(&id) {
            call.alerting = alerting;
        }
    }

    /// Notes that an endpoint connected or (without `conn`) lost its connection; returns its live call.
    pub(crate) fn set_here(
        &mut self,
        now: Millis,
        endpoint: Endpoint,
        conn: Option<ConnId>,
    ) -> Option<(CallId, Role)> {
        let id = *self.at.get(&endpoint)?;
        let call = self.calls.get_mut(&id)?;
        let role = call.record.live_role(endpoint)?;
        *call.presence_mut(role) = conn.map_or(Presence::Gone(now), Presence::Here);
        Some((id, role))
    }

    pub(crate) fn remove(&mut self, id: CallId) {
        let Some(call) = self.calls.remove(&id) else {
            return;
        };
        for endpoint in call.record.live_endpoints() {
            self.at.remove(&endpoint);
        }
        for merged in &call.record.merged {
            self.merged.remove(merged);
        }
        self.count(call.record.state(), false);
        self.remove_of(call.record.caller, id);
        self.remove_of(call.record.callee, id);
    }

    pub(crate) fn get(&self, id: CallId) -> Option<&Call> {
        self.calls.get(&id)
    }

    /// The call with this id, or the one that a call with this id became.
    pub(crate) fn resolve(&self, id: CallId) -> Option<&Call> {
        self.calls
            .get(&id)
            .or_else(|| self.calls.get(self.merged.get(&id)?))
    }

    /// The live call an endpoint is in.
    pub(crate) fn at(&self, endpoint: Endpoint) -> Option<&Call> {
        self.calls.get(self.at.get(&endpoint)?)
    }

    /// Every call a person may see, the oldest first.
    pub(crate) fn of(&self, person: PersonId) -> impl Iterator<Item = &Call> {
        self.of
            .get(&person)
            .into_iter()
            .flatten()
            .filter_map(|id| self.calls.get(id))
    }

    /// The call that rings at a person, as far as they know.
    pub(crate) fn ringing_at(&self, person: PersonId) -> Option<&Call> {
        self.of(person)
            .find(|call| call.record.state() == CallState::Ringing && call.record.callee == person)
    }

    /// Whether a person is ringing, dialling or in a call.
    pub(crate) fn is_busy(&self, person: PersonId) -> bool {
        self.of(person)
            .any(|call| call.record.state() != CallState::Ended)
    }

    pub(crate) fn len(&self) -> usize {
        self.calls.len()
    }

    /// Ringing, active and ended calls.
    pub(crate) fn counts(&self) -> [usize; 3] {
        self.counts
    }

    fn set_phase(&mut self, id: CallId, phase: Phase) {
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        let before = call.record.state();
        call.record.phase = phase;
        let after = call.record.state();
        self.count(before, false);
        self.count(after, true);
    }

    fn count(&mut self, state: CallState, more: bool) {
        let [ringing, active, ended] = &mut self.counts;
        let count = match state {
            CallState::Ringing => ringing,
            CallState::Active => active,
            CallState::Ended => ended,
        };
        *count = if more {
            count.saturating_add(1)
        } else {
            count.saturating_sub(1)
        };
    }

    fn remove_of(&mut self, person: PersonId, id: CallId) {
        let Some(calls) = self.of.get_mut(&person) else {
            return;
        };
        calls.retain(|call| *call != id);
        if calls.is_empty() {
            self.of.remove(&person);
        }
    }
}

impl Call {
    /// The connection of the other endpoint, for an endpoint of an active call.
    pub(crate) fn other_conn(&self, from: ConnId) -> Option<ConnId> {
        if self.record.state() != CallState::Active {
            return None;
        }
        match (self.caller, self.callee) {
            (Presence::Here(caller), Presence::Here(callee)) if caller == from => Some(callee),
            (Presence::Here(caller), Presence::Here(callee)) if callee == from => Some(caller),
            (Presence::Here(_) | Presence::Gone(_), Presence::Here(_) | Presence::Gone(_)) => None,
        }
    }

    /// When something about this call is due.
    pub(crate) fn deadline(&self, limits: &Limits) -> Option<Millis> {
        match &self.record.phase {
            Phase::Ringing => {
                let rung = self.record.started_at.after(limits.ring_ms);
                Some(
                    self.caller
                        .gone()
                        .map_or(rung, |since| rung.min(since.after(limits.gone_ms))),
                )
            }
            Phase::Active { .. } => {
                let since = self.caller.gone()?.max(self.callee.gone()?);
                Some(since.after(limits.gone_ms))
            }
            Phase::Ended { at, .. } => Some(at.after(limits.ended_kept_ms)),
        }
    }

    /// What is due at its deadline.
    pub(crate) fn due(&self, now: Millis, limits: &Limits) -> Input {
        match &self.record.phase {
            Phase::Ringing if self.record.started_at.after(limits.ring_ms) <= now => Input::RangOut,
            Phase::Ringing => Input::CallerGone,
            Phase::Active { .. } => Input::BothGone,
            Phase::Ended { .. } => Input::KeptLong,
        }
    }

    /// What somebody is to this call; nothing for strangers and for a callee who is to see nothing of it.
    pub(crate) fn actor(&self, person: PersonId, endpoint: Endpoint) -> Option<Actor> {
        let record = &self.record;
        if endpoint == record.caller_endpoint {
            return Some(Actor::Caller);
        }
        if person != record.callee || record.hidden {
            return None;
        }
        Some(if record.chosen() == Some(endpoint) {
            Actor::Chosen
        } else {
            Actor::Callee
        })
    }

    /// The endpoint of this call on a device, while it is live.
    pub(crate) fn endpoint_on(&self, device: DeviceId) -> Option<Endpoint> {
        self.record
            .live_endpoints()
            .find(|endpoint| endpoint.device == device)
    }

    fn presence_mut(&mut self, role: Role) -> &mut Presence {
        match role {
            Role::Caller => &mut self.caller,
            Role::Callee => &mut self.callee,
        }
    }

    fn is_here(&self, role: Role) -> bool {
        let presence = match role {
            Role::Caller => self.caller,
            Role::Callee => self.callee,
        };
        matches!(presence, Presence::Here(_))
    }
}

impl Presence {
    fn gone(self) -> Option<Millis> {
        match self {
            Self::Here(_) => None,
            Self::Gone(since) => Some(since),
        }
    }
}

impl CallRecord {
    pub(crate) fn state(&self) -> CallState {
        match self.phase {
            Phase::Ringing => CallState::Ringing,
            Phase::Active { .. } => CallState::Active,
            Phase::Ended { .. } => CallState::Ended,
        }
    }

    pub(crate) fn answer(&self) -> Option<&AnswerRecord> {
        match &self.phase {
            Phase::Ringing => None,
            Phase::Active { answer } => Some(answer),
            Phase::Ended { answer, .. } => answer.as_ref(),
        }
    }

    /// The endpoint of the callee that answered or refused.
    pub(crate) fn chosen(&self) -> Option<Endpoint> {
        match &self.phase {
            Phase::Ended {
                why: Ending::Declined { by, .. },
                ..
            } => Some(*by),
            Phase::Ringing | Phase::Active { .. } | Phase::Ended { .. } => {
                self.answer().map(|answer| answer.endpoint)
            }
        }
    }

    /// The other person.
    pub(crate) fn peer(&self, of: PersonId) -> PersonId {
        if of == self.caller {
            self.callee
        } else {
            self.caller
        }
    }

    pub(crate) fn callee_media(&self) -> Option<Media> {
        self.answer().map(|answer| answer.media)
    }

    /// The endpoints that are in this call and in no other.
    fn live_endpoints(&self) -> impl Iterator<Item = Endpoint> + use<> {
        let (caller, callee) = match &self.phase {
            Phase::Ringing => (Some(self.caller_endpoint), None),
            Phase::Active { answer } => (Some(self.caller_endpoint), Some(answer.endpoint)),
            Phase::Ended { .. } => (None, None),
        };
        caller.into_iter().chain(callee)
    }

    fn live_role(&self, endpoint: Endpoint) -> Option<Role> {
        if endpoint == self.caller_endpoint {
            return Some(Role::Caller);
        }
        self.answer()
            .filter(|answer| answer.endpoint == endpoint)
            .map(|_| Role::Callee)
    }
}
