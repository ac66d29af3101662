//! Probes: one file each, one line here for each family.

use std::sync::Arc;

use crate::catalogue::unit::Probe;

mod config;
mod dns;
mod elapsed;
pub(crate) mod exec;
mod file;
mod flags;
mod git;
pub(crate) mod http;
mod log;
mod network;
pub(crate) mod process;
mod prometheus;
pub(crate) mod redis;
pub(crate) mod scripts;
pub(crate) mod sealed;
pub(crate) mod service;
mod snapshot;
mod sql;
mod system;
mod tcp;
mod tls;

/// Every probe of this build.
#[must_use]
#[rustfmt::skip] // one line each, so that families are added without conflicts
pub fn all() -> Vec<Arc<dyn Probe>> {
    [
        config::all(),
        dns::all(),
        elapsed::all(),
        exec::all(),
        file::all(),
        flags::all(),
        git::all(),
        http::all(),
        log::all(),
        process::all(),
        prometheus::all(),
        redis::all(),
        service::all(),
        snapshot::all(),
        sql::all(),
        system::all(),
        tcp::all(),
        tls::all(),
    ]
    .concat()
}
