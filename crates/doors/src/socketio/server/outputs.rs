//! What the application wants done.

use bytes::Bytes;

use super::Server;
use crate::engineio::{ConnKey, Frame, Version};
use crate::socketio::api::{AckTo, Application, Output, SocketKey};
use crate::socketio::event::{Args, Event};
use crate::socketio::packet::{Kind, encode};

impl<A: Application> Server<A> {
    /// Does what the application wants, until it wants nothing more.
    pub(super) fn carry_out(&mut self) {
        while let Some(output) = self.application.poll_output() {
            match output {
                Output::Emit { to, event, ack } => self.emit(&to, &event, ack),
                Output::Ack { to, args } => self.answer(to, &args),
            }
        }
    }

    fn emit(&mut self, to: &[SocketKey], event: &Event, ack: Option<AckTo>) {
        let mut packet: Option<(std::sync::Arc<str>, Bytes)> = None;
        for receiver in to {
            let Some(socket) = self.sockets.get_mut(receiver.0) else {
                continue;
            };
            let conn = socket.conn;
            let id = ack.map(|ack| socket.acks().ask(ack, self.limits.acks));
            let text = match &packet {
                Some((namespace, text)) if id.is_none() && *namespace == socket.namespace => {
                    text.clone()
                }
                _ => encode(Kind::Event, &socket.namespace, id, event.args()),
            };
            packet = Some((std::sync::Arc::clone(&socket.namespace), text.clone()));
            self.deliver_to(conn, text, event.attachments());
        }
    }

    /// Answers an event, if its sender still waits.
    pub(super) fn answer(&mut self, to: AckTo, args: &Args) {
        let Some(socket) = self.sockets.get_mut(to.socket.0) else {
            return;
        };
        if !socket.acks().satisfy(to.id) {
            return;
        }
        let conn = socket.conn;
        let text = encode(Kind::Ack, &socket.namespace, Some(to.id), args);
        self.deliver_to(conn, text, args.attachments());
    }

    fn deliver_to(&mut self, conn: ConnKey, text: Bytes, attachments: &[Bytes]) {
        self.sessions.send(conn, Frame::Text(text));
        if attachments.is_empty() {
            return;
        }
        let version = self.sessions.version(conn).unwrap_or(Version::V4);
        let base64 = self.sessions.base64(conn);
        for bytes in attachments {
            let frame = Frame::binary(version, base64, bytes);
            self.sessions.send(conn, frame);
        }
    }
}
