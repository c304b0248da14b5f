//! Clients and their connections to namespaces.

use std::net::IpAddr;
use std::sync::Arc;

use magpie_hub::Millis;

use super::acks::Acks;
use super::api::SocketKey;
use super::assembly::Assembly;
use crate::engineio::ConnKey;

/// What is kept with a session.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) query: Box<str>,
    pub(super) origin: Option<Box<str>>,
    pub(super) address: IpAddr,
    /// When it must have connected to a namespace.
    pub(super) connect_due: Option<Millis>,
    /// Few, so a look through them is quicker than a map.
    pub(super) sockets: Vec<(Arc<str>, SocketKey)>,
    pub(super) assembly: Option<Box<Assembly>>,
}

impl Client {
    pub(super) fn socket(&self, namespace: &str) -> Option<SocketKey> {
        let found = self.sockets.iter().find(|(name, _)| **name == *namespace);
        found.map(|(_, socket)| *socket)
    }

    /// Bytes of an incomplete event.
    pub(super) fn assembling(&self) -> usize {
        self.assembly
            .as_ref()
            .map_or(0, |assembly| assembly.bytes())
    }
}

/// A client's connection to a namespace.
#[derive(Debug)]
pub(super) struct Socket {
    pub(super) conn: ConnKey,
    pub(super) namespace: Arc<str>,
    acks: Option<Box<Acks>>,
}

impl Socket {
    pub(super) const fn new(conn: ConnKey, namespace: Arc<str>) -> Self {
        Self {
            conn,
            namespace,
            acks: None,
        }
    }

    pub(super) fn acks(&mut self) -> &mut Acks {
        self.acks.get_or_insert_default()
    }
}
