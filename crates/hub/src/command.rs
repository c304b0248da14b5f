//! What a client asks of the hub, already parsed by its door.

use bytes::Bytes;

use crate::event::Media;
use crate::ids::{CallId, DeviceId, PersonId};
use crate::time::Millis;

/// One message of a client that has proved who it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Something that is answered by `ok` or `error`.
    Request(Request),
    /// A message for the other endpoint of a call.
    Signal(Signal),
    /// The heart-beat: the calls the client knows, each with the highest version it has seen.
    Sync(Vec<(CallId, u64)>),
}

/// A request with its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The client's number for it, repeated in the answer and when the client asks again.
    pub n: u64,
    /// What is asked.
    pub body: RequestBody,
}

/// What a request asks for; see `docs/protocol.md`, "Commands".
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestBody {
    /// Call somebody.
    Dial {
        /// The id the caller chose.
        call: CallId,
        /// A number, handle, person id or `i-` and an invite's code.
        to: String,
        /// What the caller means to send.
        media: Media,
    },
    /// Answer a ringing call here.
    Accept {
        /// The call.
        call: CallId,
        /// What the callee means to send.
        media: Media,
    },
    /// Refuse a ringing call.
    Decline {
        /// The call.
        call: CallId,
        /// With or without words.
        reason: Decline,
    },
    /// End a call, or stop dialling.
    Hangup {
        /// The call.
        call: CallId,
    },
    /// Ask who a number, handle or id belongs to.
    Lookup {
        /// A number, handle or person id.
        who: String,
    },
    /// Change my name or handle.
    Profile {
        /// The new name, at most 64 characters; empty for none. Unset: as it is.
        name: Option<String>,
        /// What becomes of the handle.
        handle: HandleChange,
    },
    /// Put somebody on my contact list.
    ContactAdd {
        /// Who.
        id: PersonId,
        /// My own name for them.
        name: Option<String>,
    },
    /// Take somebody off my contact list.
    ContactRemove {
        /// Who.
        id: PersonId,
    },
    /// Let somebody's calls ring nowhere.
    Block {
        /// Who.
        id: PersonId,
    },
    /// Let somebody's calls ring again.
    Unblock {
        /// Who.
        id: PersonId,
    },
    /// I have seen the missed calls up to then.
    MissedSeen {
        /// The latest moment seen.
        up_to: Millis,
    },
    /// Make a one-time invite.
    Invite,
    /// Make a code by which another device can join me.
    LinkOffer,
    /// Ask to join the person who made this code.
    LinkClaim {
        /// The code.
        code: String,
    },
    /// Let the device in that claimed my code.
    LinkApprove {
        /// The device.
        device: DeviceId,
        /// ECDSA P-256/SHA-256 signature (r then s) over the text of `docs/protocol.md`.
        signature: [u8; 64],
    },
    /// Refuse the device that claimed my code.
    LinkReject {
        /// The device.
        device: DeviceId,
    },
    /// Take a device away from me, for good.
    Unlink {
        /// The device.
        device: DeviceId,
    },
}

/// How a call is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decline {
    /// Without words.
    Plain,
    /// With words for the caller, at most 200 characters.
    Text(String),
}

/// What becomes of a handle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HandleChange {
    /// It stays.
    Keep,
    /// It is given back.
    Free,
    /// This one is taken.
    Take(String),
}

/// A message between the two endpoints of a call; opaque to the hub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signal {
    /// The call.
    pub call: CallId,
    /// The whole frame as it came; it goes out unchanged.
    pub frame: Bytes,
}
