//! Messages of clients.

use std::sync::Arc;

use bytes::Bytes;
use magpie_hub::Millis;
use serde_json::value::RawValue;

use super::Server;
use crate::engineio::{ConnKey, Frame, Malformed, Query, Version};
use crate::slab::Key;
use crate::socketio::api::{AckTo, Application, Connecting, Incoming, Reason, SocketKey};
use crate::socketio::assembly::{Assembly, is_too_deep, placeholders_fit};
use crate::socketio::connecting::{
    Wanted, is_name, namespace_of, old_id, refusal, wanted, welcome,
};
use crate::socketio::event::{Args, Event};
use crate::socketio::packet::{Head, Kind};
use crate::socketio::sockets::Socket;

impl<A: Application> Server<A> {
    /// A message of a client; malformed ones close its session.
    pub(super) fn message(
        &mut self,
        now: Millis,
        conn: ConnKey,
        message: Frame,
    ) -> Result<(), Malformed> {
        match message {
            Frame::Text(text) => self.text(now, conn, &text),
            Frame::Binary(bytes) => self.attachment(now, conn, bytes),
        }
    }

    fn text(&mut self, now: Millis, conn: ConnKey, text: &Bytes) -> Result<(), Malformed> {
        let client = self.sessions.above(conn).ok_or(Malformed)?;
        // An event's attachments follow it at once.
        if client.assembly.is_some() {
            return Err(Malformed);
        }
        let version = self.sessions.version(conn).ok_or(Malformed)?;
        let whole = std::str::from_utf8(text).map_err(|_| Malformed)?;
        // Behind Engine.IO's own digit.
        let packet = whole.get(1..).ok_or(Malformed)?;
        let head = Head::parse(packet).ok_or(Malformed)?;
        let payload = packet.get(head.json..).unwrap_or_default();
        let namespace = namespace_of(version, head.namespace);
        if head.kind == Kind::Connect {
            let auth = auth(version, payload)?;
            let Wanted { namespace, auth } = wanted(version, head.namespace, auth);
            if client.socket(&namespace).is_some() {
                return Err(Malformed);
            }
            self.connect(now, conn, &namespace, auth.as_deref());
            return Ok(());
        }
        let socket = client.socket(namespace).ok_or(Malformed)?;
        match head.kind {
            Kind::Disconnect if payload.is_empty() => {
                self.leave(now, socket);
                Ok(())
            }
            Kind::Event | Kind::Ack => {
                let args = self.args(text, &head)?;
                let about = (socket, head.kind, head.id);
                match head.attachments {
                    0 => self.deliver(now, about, args),
                    attachments => self.begin_assembly(now, conn, about, args, attachments),
                }
            }
            _ => Err(Malformed),
        }
    }

    fn args(&self, text: &Bytes, head: &Head<'_>) -> Result<Args, Malformed> {
        let start = head.json.checked_add(1).ok_or(Malformed)?;
        let args = Args::parse(text.clone(), start).ok_or(Malformed)?;
        let fits = head.attachments == 0
            || (head.attachments <= self.limits.attachments
                && args
                    .iter()
                    .all(|value| placeholders_fit(value, head.attachments)));
        match fits && !is_too_deep(args.json()) {
            true => Ok(args),
            false => Err(Malformed),
        }
    }

    fn begin_assembly(
        &mut self,
        now: Millis,
        conn: ConnKey,
        about: (SocketKey, Kind, Option<u64>),
        args: Args,
        attachments: usize,
    ) -> Result<(), Malformed> {
        let due = now.after(self.limits.assembly_ms);
        let client = self.sessions.above_mut(conn).ok_or(Malformed)?;
        client.assembly = Some(Box::new(Assembly::new(about, args, attachments, due)));
        self.due.add(due, conn);
        Ok(())
    }

    fn attachment(&mut self, now: Millis, conn: ConnKey, bytes: Bytes) -> Result<(), Malformed> {
        let client = self.sessions.above_mut(conn).ok_or(Malformed)?;
        let mut assembly = client.assembly.take().ok_or(Malformed)?;
        let size = bytes.len();
        assembly.push(bytes);
        let held = assembly.bytes();
        if assembly.is_whole() {
            self.due.remove(assembly.due, conn);
            self.assembling = self.assembling.saturating_sub(held.saturating_sub(size));
            let about = (assembly.socket, assembly.kind, assembly.id);
            return match held <= self.limits.attachment_bytes {
                true => self.deliver(now, about, assembly.into_args()),
                false => Err(Malformed),
            };
        }
        client.assembly = Some(assembly);
        self.assembling = self.assembling.saturating_add(size);
        let crowded = self.assembling > self.limits.assembling_bytes && held > FAIR;
        match crowded || held > self.limits.attachment_bytes {
            true => Err(Malformed),
            false => Ok(()),
        }
    }

    fn deliver(
        &mut self,
        now: Millis,
        (socket, kind, id): (SocketKey, Kind, Option<u64>),
        args: Args,
    ) -> Result<(), Malformed> {
        let limit = self.limits.acks;
        let Some(state) = self.sockets.get_mut(socket.0) else {
            // Disconnected while its attachments came.
            return Ok(());
        };
        if kind == Kind::Ack {
            if let Some(to) = id.and_then(|id| state.acks().answer(id)) {
                self.answer(to, &args);
            }
            return Ok(());
        }
        if let Some(id) = id {
            state.acks().wait(id, limit);
        }
        let incoming = Incoming {
            socket,
            event: Event::from_args(args).ok_or(Malformed)?,
            ack: id.map(|id| AckTo { socket, id }),
        };
        self.application.event(now, incoming);
        Ok(())
    }

    /// Connects a client to a namespace, or tells it why not.
    pub(super) fn connect(
        &mut self,
        now: Millis,
        conn: ConnKey,
        namespace: &str,
        auth: Option<&str>,
    ) {
        let version = self.sessions.version(conn).unwrap_or(Version::V4);
        match self.admit(now, conn, version, namespace, auth) {
            Ok((key, id)) => {
                self.remember(conn, key, namespace);
                let packet = welcome(version, namespace, &id);
                self.sessions.send(conn, Frame::Text(packet));
            }
            Err(message) => {
                let packet = refusal(version, namespace, &message);
                self.sessions.send(conn, Frame::Text(packet));
            }
        }
        self.carry_out();
    }

    fn admit(
        &mut self,
        now: Millis,
        conn: ConnKey,
        version: Version,
        namespace: &str,
        auth: Option<&str>,
    ) -> Result<(Key, String), String> {
        if !is_name(namespace) {
            return Err("Invalid namespace".to_owned());
        }
        let (client, sid) = match (self.sessions.above(conn), self.sessions.sid(conn)) {
            (Some(client), Some(sid)) => (client, sid),
            _ => return Err("Invalid session".to_owned()),
        };
        if client.sockets.len() >= self.limits.namespaces {
            return Err("Too many namespaces".to_owned());
        }
        let id = match version {
            Version::V3 => old_id(namespace, sid),
            Version::V4 => String::from_utf8_lossy(&self.random.id()).into_owned(),
        };
        let name = match namespace {
            "/" => Arc::clone(&self.root),
            other => other.into(),
        };
        let key = self.sockets.insert(Socket::new(conn, name));
        let asked = self.application.connect(
            now,
            &Connecting {
                socket: SocketKey(key),
                id: &id,
                namespace,
                query: &Query::parse(&client.query),
                origin: client.origin.as_deref(),
                address: client.address,
                auth,
            },
        );
        match asked {
            Ok(()) => Ok((key, id)),
            Err(error) => {
                self.sockets.remove(key);
                Err(error.message)
            }
        }
    }

    fn remember(&mut self, conn: ConnKey, key: Key, namespace: &str) {
        let name = self.sockets.get(key).map(|s| Arc::clone(&s.namespace));
        if let Some(client) = self.sessions.above_mut(conn) {
            let name = name.unwrap_or_else(|| namespace.into());
            client.sockets.reserve_exact(1);
            client.sockets.push((name, SocketKey(key)));
            if let Some(due) = client.connect_due.take() {
                self.due.remove(due, conn);
            }
        }
    }

    /// A client leaves a namespace; its session goes on.
    fn leave(&mut self, now: Millis, socket: SocketKey) {
        let Some(gone) = self.sockets.remove(socket.0) else {
            return;
        };
        if let Some(client) = self.sessions.above_mut(gone.conn) {
            client.sockets.retain(|(_, other)| *other != socket);
        }
        self.application.disconnect(now, socket, Reason::Left);
    }
}

/// What a client sent to authenticate itself.
fn auth(version: Version, payload: &str) -> Result<Option<&str>, Malformed> {
    if version == Version::V3 || payload.is_empty() {
        return Ok(None);
    }
    let value: &RawValue = serde_json::from_str(payload).map_err(|_| Malformed)?;
    match value.get().starts_with('{') && !is_too_deep(payload.as_bytes()) {
        true => Ok(Some(value.get())),
        false => Err(Malformed),
    }
}

/// An incomplete event of no more bytes is left alone.
const FAIR: usize = 16 * 1024;
