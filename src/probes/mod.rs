//! Probes: one file each, one line here for each family.

use std::sync::Arc;

use crate::catalogue::unit::Probe;

mod config;
mod elapsed;
pub(crate) mod exec;
mod file;
mod flags;
mod git;
pub(crate) mod http;
mod network;
pub(crate) mod process;
pub(crate) mod redis;
pub(crate) mod scripts;
pub(crate) mod sealed;
mod snapshot;
mod sql;
mod system;
mod tcp;

/// Every probe of this build.
#[must_use]
#[rustfmt::skip] // one line each, so that families are added without conflicts
pub fn all() -> Vec<Arc<dyn Probe>> {
    [
        config::all(),
        elapsed::all(),
        exec::all(),
        file::all(),
        flags::all(),
        git::all(),
        http::all(),
        process::all(),
        redis::all(),
        snapshot::all(),
        sql::all(),
        system::all(),
        tcp::all(),
    ]
    .concat()
}
