//! What the admin address asks of every worker.

use std::sync::Arc;

use magpie_relay::{Millis, Relay, Snapshot};
use tokio::sync::oneshot;

use super::RelayHandle;
use super::inbox::{Question, ToWorker};

impl RelayHandle {
    /// What all workers have counted, and how many packets they dropped for want of room in a socket, a stream or a ring.
    pub async fn snapshot(&self) -> (Snapshot, u64) {
        let (mut sum, mut dropped) = (Snapshot::default(), 0);
        let counted = self.ask(|relay, _, dropped| (relay.snapshot(), dropped));
        for (counted, lost) in counted.await {
            sum.add(&counted);
            dropped += lost;
        }
        (sum, dropped)
    }

    /// Takes a credential back in every worker: how many allocations ended with it.
    ///
    /// `id` is a user name, the id of a time-limited one, or a minter: see [`Relay::revoke`].
    pub async fn revoke(&self, id: &str) -> u64 {
        let id: Arc<str> = id.into();
        let ended = self.ask(move |relay, now, _| {
            let before = relay.snapshot().revoked_allocations;
            relay.revoke(now, &id);
            relay.snapshot().revoked_allocations.wrapping_sub(before)
        });
        ended.await.into_iter().sum()
    }

    /// Asks all workers at once; one that has ended does not answer.
    async fn ask<T: Send + 'static>(
        &self,
        question: impl Fn(&mut Relay, Millis, u64) -> T + Clone + Send + 'static,
    ) -> Vec<T> {
        let mut waiting = Vec::new();
        for inbox in self.inboxes() {
            let (answer, answered) = oneshot::channel();
            let question = question.clone();
            let ask = Question(Box::new(move |relay, now, dropped| {
                // Whoever asked may have gone meanwhile.
                drop(answer.send(question(relay, now, dropped)));
            }));
            if inbox.send(ToWorker::Ask(ask)).await.is_ok() {
                waiting.push(answered);
            }
        }
        let mut answers = Vec::new();
        for answered in waiting {
            answers.extend(answered.await);
        }
        answers
    }
}
