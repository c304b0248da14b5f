//! Which certificate a handshake gets: by server name (RFC 6066 section 3), else by the local address it arrived at.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use rcgen::KeyPair;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use super::authority::Authority;
use super::error::CertificateError;
use super::leaf::{self, Leaf, Signer, Slot, Subjects};
use super::machine::is_dns_name;
use super::operator::OperatorFiles;

/// The certificates that stand at one moment.
struct Leaves {
    /// Under the CA: everything its constraints permit.
    inside: Leaf,
    /// Signed by itself: the rest, if there is any.
    outside: Option<Leaf>,
}

/// What every handshake looks at; swapped as a whole.
pub(crate) struct Shelf {
    data: PathBuf,
    authority: Authority,
    leaves: RwLock<Arc<Leaves>>,
    operator: Option<OperatorFiles>,
    /// Leaves for names nobody foresaw, such as those another machine's DNS gave to this one.
    guests: Mutex<BTreeMap<String, Arc<CertifiedKey>>>,
}

/// Answers handshakes that arrive at addresses of one kind.
pub(crate) struct Resolver {
    pub(crate) shelf: Arc<Shelf>,
    /// What a client that sends no name gets.
    pub(crate) nameless: Nameless,
}

/// Where a connection without a server name arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nameless {
    /// At an address the CA may sign.
    Inside,
    /// At one it may not.
    Outside,
    /// At one the operator's certificate names.
    Operator,
}

impl Leaves {
    /// The leaves for `wanted`, split by what the CA may sign: one name outside its constraints spoils a whole leaf.
    fn make(
        data: &Path,
        authority: &Authority,
        wanted: &Subjects,
    ) -> Result<Self, CertificateError> {
        let (inside, outside) = split(authority, wanted);
        let inside = leaf::keep(data, Slot::INSIDE, &inside, Signer::Authority(authority))?;
        let outside = if outside.is_empty() {
            None
        } else {
            Some(leaf::keep(data, Slot::OUTSIDE, &outside, Signer::Itself)?)
        };
        Ok(Self { inside, outside })
    }

    fn is_current(&self, authority: &Authority, wanted: &Subjects) -> bool {
        let (inside, outside) = split(authority, wanted);
        let covered = match &self.outside {
            Some(leaf) => leaf.subjects.cover(&outside) && !leaf.is_old(Signer::Itself),
            None => outside.is_empty(),
        };
        let signer = Signer::Authority(authority);
        covered && self.inside.subjects.cover(&inside) && !self.inside.is_old(signer)
    }
}

impl Shelf {
    pub(crate) fn open(
        data: &Path,
        authority: Authority,
        wanted: &Subjects,
        operator: Option<OperatorFiles>,
    ) -> Result<Self, CertificateError> {
        let leaves = RwLock::new(Arc::new(Leaves::make(data, &authority, wanted)?));
        Ok(Self {
            data: data.to_owned(),
            authority,
            leaves,
            operator,
            guests: Mutex::default(),
        })
    }

    pub(crate) const fn authority(&self) -> &Authority {
        &self.authority
    }

    /// Makes what is missing or old anew; whether anything changed.
    pub(crate) fn refresh(&self, wanted: &Subjects) -> Result<bool, CertificateError> {
        let stale = !self.leaves().is_current(&self.authority, wanted);
        if stale {
            let leaves = Leaves::make(&self.data, &self.authority, wanted)?;
            *self.leaves.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(leaves);
        }
        Ok(self
            .operator
            .as_ref()
            .map_or(Ok(false), OperatorFiles::refresh)?
            || stale)
    }

    /// Names and addresses the CA may not sign: browsers warn about them.
    pub(crate) fn outside(&self) -> Subjects {
        self.leaves()
            .outside
            .as_ref()
            .map(|leaf| leaf.subjects.clone())
            .unwrap_or_default()
    }

    /// Names and addresses of the operator's certificate.
    pub(crate) fn operators(&self) -> Subjects {
        self.operator
            .as_ref()
            .map(|files| files.current().subjects.clone())
            .unwrap_or_default()
    }

    /// Where a connection that arrived at `local` stands.
    pub(crate) fn nameless(&self, local: IpAddr) -> Nameless {
        let leaves = self.leaves();
        let operator = self.operator.as_ref().map(OperatorFiles::current);
        if operator.is_some_and(|operator| operator.subjects.addresses.contains(&local)) {
            Nameless::Operator
        } else if leaves
            .outside
            .as_ref()
            .is_some_and(|leaf| leaf.subjects.addresses.contains(&local))
        {
            Nameless::Outside
        } else {
            Nameless::Inside
        }
    }

    /// Whether a leaf names `local` already.
    pub(crate) fn covers(&self, local: IpAddr) -> bool {
        let leaves = self.leaves();
        let mut held = [Some(&leaves.inside), leaves.outside.as_ref()]
            .into_iter()
            .flatten();
        held.any(|leaf| leaf.subjects.addresses.contains(&local))
    }

    fn leaves(&self) -> Arc<Leaves> {
        Arc::clone(&self.leaves.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn by_name(&self, name: &str) -> Arc<CertifiedKey> {
        let leaves = self.leaves();
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        let operator = self.operator.as_ref().map(OperatorFiles::current);
        if let Some(operator) = operator.filter(|operator| operator.subjects.cover_name(&name)) {
            return Arc::clone(&operator.certified);
        }
        for leaf in [Some(&leaves.inside), leaves.outside.as_ref()]
            .into_iter()
            .flatten()
        {
            if leaf.subjects.cover_name(&name) {
                return Arc::clone(&leaf.certified);
            }
        }
        self.guest(&name)
            .unwrap_or_else(|| Arc::clone(&leaves.inside.certified))
    }

    fn by_place(&self, place: Nameless) -> Arc<CertifiedKey> {
        let leaves = self.leaves();
        let chosen = match place {
            Nameless::Inside => None,
            Nameless::Outside => leaves
                .outside
                .as_ref()
                .map(|leaf| Arc::clone(&leaf.certified)),
            Nameless::Operator => self
                .operator
                .as_ref()
                .map(|files| Arc::clone(&files.current().certified)),
        };
        chosen.unwrap_or_else(|| Arc::clone(&leaves.inside.certified))
    }

    /// A leaf of its own for a name that is not this machine's as far as it knows.
    fn guest(&self, name: &str) -> Option<Arc<CertifiedKey>> {
        let mut guests = self.guests.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = guests.get(name) {
            return Some(Arc::clone(found));
        }
        if guests.len() >= MOST_GUESTS || !is_dns_name(name) {
            return None;
        }
        let made = self.make_guest(name).ok()?;
        guests.insert(name.to_owned(), Arc::clone(&made));
        Some(made)
    }

    fn make_guest(&self, name: &str) -> Result<Arc<CertifiedKey>, CertificateError> {
        let permitted = self.authority.constraints().permits_name(name);
        let signer = if permitted {
            Signer::Authority(&self.authority)
        } else {
            Signer::Itself
        };
        let key = KeyPair::generate()?;
        let subjects = Subjects {
            names: [name.to_owned()].into(),
            ..Subjects::default()
        };
        let pem = leaf::issue(&key, &subjects, signer)?;
        Ok(Leaf::read(&pem, &key)?.certified)
    }
}

impl ResolvesServerCert for Resolver {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        if let Some(name) = hello.server_name() {
            return Some(self.shelf.by_name(name));
        }
        Some(self.shelf.by_place(self.nameless))
    }
}

impl fmt::Debug for Resolver {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Resolver")
            .field("nameless", &self.nameless)
            .finish_non_exhaustive()
    }
}

/// What the CA may sign, and the rest.
fn split(authority: &Authority, wanted: &Subjects) -> (Subjects, Subjects) {
    let constraints = authority.constraints();
    let (names_in, names_out) = wanted
        .names
        .iter()
        .cloned()
        .partition(|name| constraints.permits_name(name));
    let (in_, out) = wanted
        .addresses
        .iter()
        .copied()
        .partition(|address| constraints.permits_address(*address));
    (
        Subjects {
            names: names_in,
            addresses: in_,
        },
        Subjects {
            names: names_out,
            addresses: out,
        },
    )
}

/// Bounds what clients that send made-up names can make us sign and keep.
const MOST_GUESTS: usize = 64;
