//! Actions: one file each, one line here for each family.

use std::sync::Arc;

use crate::catalogue::unit::Action;

pub mod config;
mod exec;
mod file;
pub mod flags;
pub mod git;
mod http;
mod process;
mod redis;
mod service;
pub mod snapshot;
pub mod sql;
mod wait;

/// Every action of this build.
#[must_use]
#[rustfmt::skip] // one line each, so that families are added without conflicts
pub fn all() -> Vec<Arc<dyn Action>> {
    [
        config::all(),
        exec::all(),
        file::all(),
        flags::all(),
        git::all(),
        http::all(),
        process::all(),
        redis::all(),
        service::all(),
        snapshot::all(),
        sql::all(),
        wait::all(),
    ]
    .concat()
}
