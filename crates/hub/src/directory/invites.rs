//! One-time invites: a code that stands for its maker, for one call.

use super::Directory;
use crate::ids::{CallId, PersonId};
use crate::outbox::Outbox;
use crate::random::Random;
use crate::record::{InviteRecord, Record, RecordKey};
use crate::time::Millis;

/// Why an invite does not lead to anybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InviteFault {
    /// There is none with this code, or it grew old.
    Unknown,
    /// It served another call.
    Used,
}

impl Directory {
    /// Makes an invite; nothing if its maker has too many unused ones.
    pub(crate) fn create_invite(
        &mut self,
        owner: PersonId,
        expires: Millis,
        room: usize,
        random: &mut Random,
        outbox: &mut Outbox,
    ) -> Option<String> {
        let lists = self
            .lists_mut(owner)
            .filter(|lists| lists.open_invites < room)?;
        lists.open_invites = lists.open_invites.saturating_add(1);
        let code = random.code(INVITE_LENGTH);
        let invite = InviteRecord {
            code: code.clone(),
            owner,
            expires,
            used: None,
        };
        self.invites.insert(code.clone(), invite.clone());
        outbox.put(Record::Invite(invite));
        Some(code)
    }

    /// Who made an unused invite.
    pub(crate) fn invite(&self, now: Millis, code: &str) -> Result<PersonId, InviteFault> {
        let invite = self
            .invites
            .get(code)
            .filter(|invite| invite.expires > now)
            .ok_or(InviteFault::Unknown)?;
        match invite.used {
            None => Ok(invite.owner),
            Some(_) => Err(InviteFault::Used),
        }
    }

    /// Binds an invite to the call it serves.
    pub(crate) fn use_invite(&mut self, code: &str, call: CallId, outbox: &mut Outbox) {
        let Some(invite) = self
            .invites
            .get_mut(code)
            .filter(|invite| invite.used.is_none())
        else {
            return;
        };
        invite.used = Some(call);
        outbox.put(Record::Invite(invite.clone()));
        let owner = invite.owner;
        self.close_invite(owner);
    }

    /// Forgets an invite that grew old.
    pub(crate) fn expire_invite(&mut self, code: &str, outbox: &mut Outbox) {
        let Some(invite) = self.invites.remove(code) else {
            return;
        };
        outbox.delete(RecordKey::invite(code));
        if invite.used.is_none() {
            self.close_invite(invite.owner);
        }
    }

    /// Every invite with its end, for the timers of a hub that starts.
    pub(crate) fn invites(&self) -> impl Iterator<Item = (&str, Millis)> {
        self.invites
            .values()
            .map(|invite| (invite.code.as_str(), invite.expires))
    }

    pub(super) fn forget_invites(&mut self, owner: PersonId, outbox: &mut Outbox) {
        self.invites.retain(|code, invite| {
            if invite.owner == owner {
                outbox.delete(RecordKey::invite(code));
            }
            invite.owner != owner
        });
    }

    fn close_invite(&mut self, owner: PersonId) {
        if let Some(lists) = self.lists_mut(owner) {
            lists.open_invites = lists.open_invites.saturating_sub(1);
        }
    }
}

/// Sixty random bits.
const INVITE_LENGTH: usize = 12;
