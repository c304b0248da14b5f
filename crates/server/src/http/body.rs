//! Bodies of requests that bring messages.

use std::future::poll_fn;
use std::pin::Pin;

use axum::body::{Body, Bytes, HttpBody};
use axum::http::StatusCode;

use crate::ws::budget::Held;

/// Reads a body of at most `limit` bytes. One that is longer, but not longer than `discarded`, is read to its end all the
/// same: a client that is still writing would see a broken connection in place of the answer.
///
/// What is read so far counts among what all connections together may hold.
///
/// # Errors
/// The status to answer with.
pub(crate) async fn collect(
    mut body: Body,
    limit: usize,
    discarded: usize,
) -> Result<Bytes, StatusCode> {
    let (mut whole, mut size, mut held) = (Vec::new(), 0, Held::default());
    while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        let frame = frame.map_err(|_| StatusCode::BAD_REQUEST)?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        size += data.len();
        if size > discarded {
            break;
        }
        match size > limit {
            true => whole = Vec::new(),
            false => whole.extend_from_slice(&data),
        }
        if !held.note(whole.len()) {
            return Err(StatusCode::SERVICE_UNAVAILABLE);
        }
    }
    match size <= limit {
        true => Ok(whole.into()),
        false => Err(StatusCode::PAYLOAD_TOO_LARGE),
    }
}
