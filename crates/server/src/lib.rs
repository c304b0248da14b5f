//! Sockets, HTTPS, certificates, store and the `magpie` command.
