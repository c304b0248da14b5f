//! What the hub tells a client, before its door writes it in the client's language.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::ids::{CallId, DeviceId, Endpoint, PersonId};
use crate::number::Number;
use crate::time::Millis;

/// One message to a client; see `docs/protocol.md`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The client is known; this is all it needs to draw its page.
    Welcome(Box<Welcome>),
    /// A request was carried out.
    Ok {
        /// The request's number.
        n: u64,
        /// What it asked for.
        answer: Answer,
    },
    /// A request was refused, or (without `n`) something else went wrong.
    Error {
        /// The request's number.
        n: Option<u64>,
        /// What went wrong.
        fault: Fault,
    },
    /// A call as this endpoint should see it.
    Call(Box<View>),
    /// A call this endpoint asked about and the hub knows nothing of: over, and lost.
    LostCall(CallId),
    /// The answer to `sync`; everything newer was sent before.
    Synced {
        /// The hub's time.
        now: Millis,
    },
    /// A mutual contact came or went.
    Presence {
        /// Who.
        id: PersonId,
        /// Connected or not.
        online: bool,
    },
    /// A call was missed.
    Missed(MissedCall),
    /// Another device changed my profile or devices.
    Me(Me),
    /// My contact list changed, or what I may see of it.
    Contacts(Vec<Contact>),
    /// Another device changed my block list.
    Blocked(Vec<Card>),
    /// Another device of mine showed the missed calls.
    MissedSeen {
        /// Those up to this moment are seen.
        up_to: Millis,
    },
    /// A device claimed the code this one offered.
    LinkRequest {
        /// The device.
        device: DeviceId,
        /// What it calls itself.
        label: String,
    },
    /// This device is one of this person's from here on.
    Linked(Box<Linked>),
    /// This device is nobody's any more.
    Unlinked,
    /// The server is going down.
    Drain {
        /// Milliseconds after which to connect again.
        retry_after: u64,
    },
}

/// What a client is told first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Welcome {
    /// The person.
    pub me: Me,
    /// The name of this page in calls.
    pub endpoint: Endpoint,
    /// The token of [`crate::Session`], handed through.
    pub token: String,
    /// The calls of this endpoint, those that ended lately included.
    pub calls: Vec<View>,
    /// Missed calls, oldest first.
    pub missed: Vec<MissedCall>,
    /// The contact list.
    pub contacts: Vec<Contact>,
    /// Who is blocked.
    pub blocked: Vec<Card>,
    /// The hub's time.
    pub now: Millis,
}

/// What a device is told that joined a person: all of that person's lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Linked {
    /// The person.
    pub me: Me,
    /// Missed calls, oldest first.
    pub missed: Vec<MissedCall>,
    /// The contact list.
    pub contacts: Vec<Contact>,
    /// Who is blocked.
    pub blocked: Vec<Card>,
}

/// A person as they see themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Me {
    /// The person's id.
    pub id: PersonId,
    /// Their number.
    pub number: Number,
    /// Their handle as they wrote it.
    pub handle: Option<String>,
    /// Their name.
    pub name: Option<String>,
    /// Their devices, in the order they were linked.
    pub devices: Vec<DeviceCard>,
}

/// A device as its person sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceCard {
    /// The device's id.
    pub id: DeviceId,
    /// What it calls itself.
    pub label: String,
    /// Whether it is the one that is told this.
    pub here: bool,
    /// When it was linked, or first seen.
    pub linked_at: Millis,
}

/// A person as others see them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    /// The person's id.
    pub id: PersonId,
    /// Their number, if this asker may know it.
    pub number: Option<Number>,
    /// Their handle.
    pub handle: Option<String>,
    /// Their name, or the asker's own name for them.
    pub name: Option<String>,
}

/// A card on a contact list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// The person.
    pub card: Card,
    /// Whether they are connected; unset unless the two have each other on their lists.
    pub online: Option<bool>,
}

/// A call that was not answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissedCall {
    /// The call.
    pub call: CallId,
    /// Who called.
    pub from: Card,
    /// When it began to ring.
    pub at: Millis,
    /// What the caller meant to send.
    pub media: Media,
}

/// What somebody means to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Media {
    /// Sound only.
    Audio,
    /// Sound and picture.
    Video,
}

/// The result of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Nothing more to say.
    Done,
    /// `dial`: the call; another one than asked for when two calls became one.
    Call(CallId),
    /// `lookup`.
    Card(Card),
    /// `profile`, `link-approve`, `unlink`.
    Me(Me),
    /// `contact-add`, `contact-remove`.
    Contacts(Vec<Contact>),
    /// `block`, `unblock`.
    Blocked(Vec<Card>),
    /// `invite`, `link-offer`.
    Code {
        /// The code.
        code: String,
        /// When it stops working.
        expires: Millis,
    },
    /// `link-claim`: who will be joined.
    Person(PersonId),
}

/// What went wrong, for the client's program and for its author.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// For the program.
    pub code: ErrorCode,
    /// For the author.
    pub detail: Cow<'static, str>,
    /// Milliseconds after which it may work, with [`ErrorCode::Rate`].
    pub retry_after: Option<u64>,
}

/// The codes of errors; [`ErrorCode::as_str`] gives the text on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ErrorCode {
    /// Nobody has that number, handle, id or invite.
    UnknownPerson,
    /// The invite served another call already.
    InviteUsed,
    /// Not nine digits, or the check digit is wrong.
    BadNumber,
    /// One cannot call oneself.
    Oneself,
    /// This endpoint is in another call.
    BusyHere,
    /// Too many.
    Rate,
    /// The call is over.
    Gone,
    /// Another device of this person answered.
    AnsweredElsewhere,
    /// Somebody has this handle, or one that looks like it.
    HandleTaken,
    /// Not a handle.
    BadHandle,
    /// Not a name.
    BadName,
    /// The list is full.
    Full,
    /// No such link code, or nothing was claimed with it.
    BadCode,
    /// The signature is not right.
    BadProof,
    /// No such device of this person.
    UnknownDevice,
    /// A person's only device cannot be unlinked.
    LastDevice,
    /// The person one asked to join refused.
    LinkRejected,
    /// The device was unlinked; its key is worth nothing any more.
    Unlinked,
    /// The same endpoint connected again.
    Replaced,
    /// The message is not one of the protocol.
    Malformed,
    /// The proof of identity is missing or wrong.
    Unauthorized,
    /// The server is at fault.
    Internal,
}

impl ErrorCode {
    /// The text on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UnknownPerson => "unknown-person",
            Self::InviteUsed => "invite-used",
            Self::BadNumber => "bad-number",
            Self::Oneself => "self",
            Self::BusyHere => "busy-here",
            Self::Rate => "rate",
            Self::Gone => "gone",
            Self::AnsweredElsewhere => "answered-elsewhere",
            Self::HandleTaken => "handle-taken",
            Self::BadHandle => "bad-handle",
            Self::BadName => "bad-name",
            Self::Full => "full",
            Self::BadCode => "bad-code",
            Self::BadProof => "bad-proof",
            Self::UnknownDevice => "unknown-device",
            Self::LastDevice => "last-device",
            Self::LinkRejected => "link-rejected",
            Self::Unlinked => "unlinked",
            Self::Replaced => "replaced",
            Self::Malformed => "malformed",
            Self::Unauthorized => "unauthorized",
            Self::Internal => "internal",
        }
    }
}

/// A call as one endpoint should see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// The call.
    pub id: CallId,
    /// Rises with every change; the highest is the truth.
    pub v: u64,
    /// Where the call stands, for this endpoint.
    pub state: CallState,
    /// Which side this endpoint is on.
    pub role: Role,
    /// The other person.
    pub peer: Card,
    /// What each side means to send.
    pub media: MediaKinds,
    /// When it was dialled.
    pub started_at: Millis,
    /// When it was answered.
    pub answered_at: Option<Millis>,
    /// Whether a device of the callee shows the call; told to mutual contacts only.
    pub alerting: bool,
    /// Whether the other endpoint is connected; false unless the call is active.
    pub peer_here: bool,
    /// The other endpoint of an active call.
    pub peer_endpoint: Option<Endpoint>,
    /// Why it ended.
    pub reason: Option<EndReason>,
    /// The callee's words when they declined.
    pub text: Option<String>,
}

/// What each side means to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MediaKinds {
    /// The caller.
    pub caller: Media,
    /// The callee, once they answered.
    pub callee: Option<Media>,
}

/// Where a call stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CallState {
    /// Dialled, not answered.
    Ringing,
    /// Answered.
    Active,
    /// Over.
    Ended,
}

impl CallState {
    /// The text on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ringing => "ringing",
            Self::Active => "active",
            Self::Ended => "ended",
        }
    }
}

/// A side of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Dialled.
    Caller,
    /// Was dialled.
    Callee,
}

impl Role {
    /// The text on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Caller => "caller",
            Self::Callee => "callee",
        }
    }
}

/// Why a call is over, for one endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EndReason {
    /// Somebody hung up.
    Hangup,
    /// The caller gave up, or was gone for too long.
    Cancelled,
    /// The callee refused, here.
    Declined,
    /// The callee is in another call.
    Busy,
    /// Nobody answered.
    NoAnswer,
    /// Another device of the callee answered.
    AnsweredElsewhere,
    /// Another device of the callee refused.
    DeclinedElsewhere,
    /// Both endpoints were gone for too long.
    Lost,
}

impl EndReason {
    /// The text on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hangup => "hangup",
            Self::Cancelled => "cancelled",
            Self::Declined => "declined",
            Self::Busy => "busy",
            Self::NoAnswer => "no-answer",
            Self::AnsweredElsewhere => "answered-elsewhere",
            Self::DeclinedElsewhere => "declined-elsewhere",
            Self::Lost => "lost",
        }
    }
}
