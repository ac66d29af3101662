//! The handle that a call is given in the place of a file, and the service behind it.

use super::http::HttpFlags;
use super::redis::RedisFlags;
use super::service::Service;
use crate::catalogue::args::Args;
use crate::catalogue::error::Result;
use crate::catalogue::value::{FlagsKind, FlagsService, Value};

/// The handle that a call is given, where it is not given a file.
pub fn of(args: &Args) -> Option<&FlagsService> {
    if let Some(Value::Flags(service)) = args.get("path") { Some(service) } else { None }
}

/// The service behind a handle.
pub fn service(service: &FlagsService) -> Result<Box<dyn Service>> {
    Ok(match service.kind {
        FlagsKind::Http => Box::new(HttpFlags::of(service)?),
        FlagsKind::Redis => Box::new(RedisFlags::of(service)?),
    })
}
