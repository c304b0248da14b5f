//! What the hub keeps in the store: small records under (table, key), whole each, written one by one.

use serde::{Deserialize, Serialize};

use crate::event::Media;
use crate::ids::{CallId, DeviceId, Endpoint, PersonId, PublicKey};
use crate::number::Number;
use crate::time::Millis;

/// One record of the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Record {
    /// A person.
    Person(PersonRecord),
    /// A device, also one that was unlinked.
    Device(DeviceRecord),
    /// An entry of a contact list.
    Contact(ContactRecord),
    /// An entry of a block list.
    Block(BlockRecord),
    /// A number somebody learnt.
    Known(KnownRecord),
    /// A missed call.
    Missed(MissedRecord),
    /// An invite.
    Invite(InviteRecord),
    /// A call.
    Call(Box<CallRecord>),
}

impl Record {
    /// Where it lies in the store.
    #[must_use]
    pub fn key(&self) -> RecordKey {
        match self {
            Self::Person(it) => RecordKey::person(it.id),
            Self::Device(it) => RecordKey::device(it.key.device()),
            Self::Contact(it) => RecordKey::contact(it.owner, it.id),
            Self::Block(it) => RecordKey::block(it.owner, it.id),
            Self::Known(it) => RecordKey::known(it.owner, it.id),
            Self::Missed(it) => RecordKey::missed(it.owner, it.call),
            Self::Invite(it) => RecordKey::invite(&it.code),
            Self::Call(it) => RecordKey::call(it.id),
        }
    }
}

/// The kinds of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    /// [`Record::Person`].
    Person,
    /// [`Record::Device`].
    Device,
    /// [`Record::Contact`].
    Contact,
    /// [`Record::Block`].
    Block,
    /// [`Record::Known`].
    Known,
    /// [`Record::Missed`].
    Missed,
    /// [`Record::Invite`].
    Invite,
    /// [`Record::Call`].
    Call,
}

impl Table {
    /// The name of the kind in the store.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Device => "device",
            Self::Contact => "contact",
            Self::Block => "block",
            Self::Known => "known",
            Self::Missed => "missed",
            Self::Invite => "invite",
            Self::Call => "call",
        }
    }
}

/// Where a record lies.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordKey {
    /// Its kind.
    pub table: Table,
    /// Its key among its kind.
    pub key: String,
}

impl RecordKey {
    pub(crate) fn person(id: PersonId) -> Self {
        Self {
            table: Table::Person,
            key: id.to_string(),
        }
    }

    pub(crate) fn device(id: DeviceId) -> Self {
        Self {
            table: Table::Device,
            key: id.to_string(),
        }
    }

    pub(crate) fn contact(owner: PersonId, id: PersonId) -> Self {
        Self {
            table: Table::Contact,
            key: format!("{owner}/{id}"),
        }
    }

    pub(crate) fn block(owner: PersonId, id: PersonId) -> Self {
        Self {
            table: Table::Block,
            key: format!("{owner}/{id}"),
        }
    }

    pub(crate) fn known(owner: PersonId, id: PersonId) -> Self {
        Self {
            table: Table::Known,
            key: format!("{owner}/{id}"),
        }
    }

    pub(crate) fn missed(owner: PersonId, call: CallId) -> Self {
        Self {
            table: Table::Missed,
            key: format!("{owner}/{call}"),
        }
    }

    pub(crate) fn invite(code: &str) -> Self {
        Self {
            table: Table::Invite,
            key: code.to_owned(),
        }
    }

    pub(crate) fn call(id: CallId) -> Self {
        Self {
            table: Table::Call,
            key: id.to_string(),
        }
    }
}

/// A person; their devices and lists are records of their own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonRecord {
    /// The id of the first device.
    pub id: PersonId,
    /// The number, for life.
    pub number: Number,
    /// The handle as written.
    pub handle: Option<String>,
    /// The name.
    pub name: Option<String>,
}

/// A device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceRecord {
    /// Its key, of which its id is the hash.
    pub key: PublicKey,
    /// Whose it is, or was.
    pub person: PersonId,
    /// Whether it was unlinked; then its key never serves again.
    pub unlinked: bool,
    /// What it calls itself.
    pub label: String,
    /// When it was linked, or first seen.
    pub linked_at: Millis,
    /// When it last connected, to the day; 0 if that was not noted.
    #[serde(default)]
    pub seen_at: Millis,
    /// Who let it in; unset for a first device.
    pub delegation: Option<Delegation>,
}

/// The proof that a linked device let another one in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delegation {
    /// The device that signed.
    pub by: DeviceId,
    /// Its signature, in base64url.
    pub signature: String,
}

/// Somebody on a contact list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactRecord {
    /// Whose list.
    pub owner: PersonId,
    /// Who is on it.
    pub id: PersonId,
    /// The owner's own name for them.
    pub name: Option<String>,
}

/// Somebody on a block list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockRecord {
    /// Whose list.
    pub owner: PersonId,
    /// Who is on it.
    pub id: PersonId,
}

/// Somebody's number that the owner learnt by dialling it or being called from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownRecord {
    /// Who knows.
    pub owner: PersonId,
    /// Whose number.
    pub id: PersonId,
    /// Since when; the oldest are forgotten first.
    pub since: Millis,
}

/// A call that was not answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MissedRecord {
    /// Who missed it.
    pub owner: PersonId,
    /// The call.
    pub call: CallId,
    /// Who called.
    pub from: PersonId,
    /// When it began to ring.
    pub at: Millis,
    /// What the caller meant to send.
    pub media: Media,
}

/// A one-time invite.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InviteRecord {
    /// The code.
    pub code: String,
    /// Who made it.
    pub owner: PersonId,
    /// When it stops working.
    pub expires: Millis,
    /// The call it served.
    pub used: Option<CallId>,
}

/// A call; the connections of its endpoints are not part of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallRecord {
    /// The id the caller chose.
    pub id: CallId,
    /// The version of its views.
    pub v: u64,
    /// Who dialled.
    pub caller: PersonId,
    /// On which page.
    pub caller_endpoint: Endpoint,
    /// What the caller means to send.
    pub caller_media: Media,
    /// Who was dialled.
    pub callee: PersonId,
    /// Whether the callee is to see nothing of it, because they blocked the caller or are busy.
    pub hidden: bool,
    /// Calls dialled the other way that became this one.
    pub merged: Vec<CallId>,
    /// When it was dialled.
    pub started_at: Millis,
    /// Where it stands.
    pub phase: Phase,
}

/// Where a call stands, for the hub.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum Phase {
    /// Dialled, not answered.
    Ringing,
    /// Answered.
    Active {
        /// By whom.
        answer: AnswerRecord,
    },
    /// Over.
    Ended {
        /// By whom it was answered, if it was.
        answer: Option<AnswerRecord>,
        /// Why it is over.
        why: Ending,
        /// Since when.
        at: Millis,
    },
}

/// The answer to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerRecord {
    /// The page that answered.
    pub endpoint: Endpoint,
    /// What it means to send.
    pub media: Media,
    /// When.
    pub at: Millis,
}

/// Why a call is over, the same for everybody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "kebab-case")]
pub enum Ending {
    /// One of the two hung up.
    Hangup,
    /// The caller gave up, or was gone for too long.
    Cancelled,
    /// The callee refused.
    Declined {
        /// On which page.
        by: Endpoint,
        /// With these words.
        text: Option<String>,
    },
    /// The callee was in another call.
    Busy,
    /// Nobody answered.
    NoAnswer,
    /// Both endpoints were gone for too long.
    Lost,
}
