//! Units that meet the outside: real processes and real sockets. Only processes that a test started are signalled.

mod certificates;
mod commands;
mod flags;
mod http;
mod processes;
mod redis;
mod sending;
mod services;
mod waiting;
mod watched;
mod world;
