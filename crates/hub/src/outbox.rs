//! What goes out, in the right order.

use std::borrow::Cow;
use std::collections::VecDeque;

use bytes::Bytes;

use crate::effect::{Change, CloseReason, Effect};
use crate::event::{Answer, ErrorCode, Event, Fault};
use crate::ids::ConnId;
use crate::record::{Record, RecordKey};

/// Effects of the input at hand. What is to be persisted goes out first, then the answer to the request, then everything
/// else: nobody is told of anything that is not in the store, and a client knows the result of its request before it
/// sees what followed from it.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    ready: VecDeque<Effect>,
    later: Vec<Effect>,
}

impl Outbox {
    pub(crate) fn put(&mut self, record: Record) {
        self.ready.push_back(Effect::Persist(Change::Put(record)));
    }

    pub(crate) fn delete(&mut self, key: RecordKey) {
        self.ready.push_back(Effect::Persist(Change::Delete(key)));
    }

    pub(crate) fn send(&mut self, conn: ConnId, event: Event) {
        self.later.push(Effect::Send { conn, event });
    }

    pub(crate) fn close(&mut self, conn: ConnId, why: CloseReason) {
        self.later.push(Effect::Close { conn, why });
    }

    /// Passes a frame on; nothing is persisted for it, so it need not wait.
    pub(crate) fn forward(&mut self, conn: ConnId, frame: Bytes) {
        self.ready.push_back(Effect::Forward { conn, frame });
    }

    /// Answers a request, after what it changed is persisted and before anything that followed from it is told.
    pub(crate) fn answer(&mut self, conn: ConnId, n: u64, result: Result<Answer, Fault>) {
        let event = match result {
            Ok(answer) => Event::Ok { n, answer },
            Err(fault) => Event::Error { n: Some(n), fault },
        };
        self.ready.push_back(Effect::Send { conn, event });
    }

    /// Lets out what waited; called at the end of every input.
    pub(crate) fn flush(&mut self) {
        self.ready.extend(self.later.drain(..));
    }

    pub(crate) fn pop(&mut self) -> Option<Effect> {
        self.ready.pop_front()
    }
}

impl Fault {
    pub(crate) fn new(code: ErrorCode, detail: &'static str) -> Self {
        Self {
            code,
            detail: Cow::Borrowed(detail),
            retry_after: None,
        }
    }

    pub(crate) fn rate(retry_after: u64) -> Self {
        Self {
            code: ErrorCode::Rate,
            detail: Cow::Borrowed("too many"),
            retry_after: Some(retry_after),
        }
    }
}
