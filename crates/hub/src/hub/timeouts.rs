//! What happens by itself: at the start, and when something is due.

use super::Hub;
use super::sessions::SWEEP_MS;
use crate::effect::CloseReason;
use crate::event::CallState;
use crate::record::Record;
use crate::time::Millis;
use crate::timers::Due;

impl Hub {
    /// Goes on from what was saved. Live calls get a new version, since their endpoints count as gone.
    pub(super) fn resume(&mut self, now: Millis, saved: Vec<Record>) {
        for record in self.directory.load(saved) {
            let (id, state) = (record.id, record.state());
            self.calls.insert(now, record, None);
            if state != CallState::Ended {
                self.calls.touch(id);
                self.save_call(id);
            }
            self.reschedule(id);
        }
        for (code, expires) in self.directory.invites() {
            self.timers.add(expires, Due::Invite(code.to_owned()));
        }
    }

    pub(super) fn do_due(&mut self, now: Millis, due: Due) {
        match due {
            Due::Call(id) => self.call_due(now, id),
            Due::LinkCode(code) => self.offers.expire(&code),
            Due::Invite(code) => self.directory.expire_invite(&code, &mut self.outbox),
            Due::Gone(person) => self.gone(person),
            Due::Sweep => self.sweep(now),
        }
    }

    fn sweep(&mut self, now: Millis) {
        self.guards.sweep(now);
        self.sweeping = false;
        if let Some(moment) = now.0.checked_sub(self.limits.silent_ms) {
            for conn in self.sessions.silent_since(Millis(moment)) {
                self.close(now, conn, CloseReason::Silent);
            }
        }
        if self.sessions.len() > 0 {
            self.sweeping = true;
            self.timers.add(now.after(SWEEP_MS), Due::Sweep);
        }
    }
}
