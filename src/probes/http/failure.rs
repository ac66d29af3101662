//! Why a request failed, said about the server rather than about the library.

use std::error::Error as _;
use std::io::ErrorKind as Io;

use url::Url;

use super::shown;
use crate::catalogue::error::{Error, ErrorKind};

/// The failure of a request to `url`.
pub(super) fn explain(url: &Url, error: &reqwest::Error) -> Error {
    let port = url.port_or_known_default().unwrap_or_default();
    let host = url.host_str().unwrap_or_default();
    let shown = shown(url);
    if error.is_dns() || (error.is_connect() && mentions(error, "dns error")) {
        return Error::failed(format!("no address for host `{host}` ({shown}): {}", root_cause(error)))
            .hint("check the name and the machine's DNS");
    }
    match io_kind(error) {
        Some(Io::ConnectionRefused) => {
            return Error::failed(format!("nobody listens on {host}:{port} ({shown})"))
                .hint("is the service running, and on this port?");
        }
        Some(Io::HostUnreachable | Io::NetworkUnreachable) => {
            return Error::failed(format!("no way to {host}:{port} ({shown}): {}", root_cause(error)))
                .hint("check the network, a VPN or a firewall");
        }
        Some(Io::ConnectionReset | Io::ConnectionAborted | Io::BrokenPipe | Io::UnexpectedEof) => {
            return Error::failed(format!("{shown} closed the connection before its answer was complete"))
                .hint("the server may be starting, restarting or crashing: look at its log");
        }
        Some(Io::TimedOut) => return Error::new(ErrorKind::TimedOut, format!("{shown} did not answer in time")),
        _ => {}
    }
    if mentions(error, "certificate") {
        return Error::failed(format!("{shown} is not trusted: {}", root_cause(error))).hint(
            "the certificate is expired, for another name, or from an authority that this machine does not know",
        );
    }
    if mentions(error, "connection closed before message completed") {
        return Error::failed(format!("{shown} closed the connection without an answer"))
            .hint("the server may be starting, restarting or crashing: look at its log");
    }
    if mentions(error, "invalid HTTP") || mentions(error, "corrupt message") {
        return Error::failed(format!("{host}:{port} does not speak HTTP here ({shown}): {}", root_cause(error)))
            .hint("check the port, and whether it wants `https`");
    }
    Error::failed(format!("cannot ask {shown}: {}", root_cause(error)))
}

/// The innermost message: the outer ones only say that a request failed.
pub(super) fn root_cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

fn chain<'a>(error: &'a reqwest::Error) -> impl Iterator<Item = &'a (dyn std::error::Error + 'static)> {
    std::iter::successors(error.source(), |&cause| cause.source())
}

fn mentions(error: &reqwest::Error, words: &str) -> bool {
    chain(error).any(|cause| cause.to_string().contains(words))
}

fn io_kind(error: &reqwest::Error) -> Option<Io> {
    chain(error).filter_map(|cause| cause.downcast_ref::<std::io::Error>()).map(std::io::Error::kind).last()
}
