//! The `sql` actions on real databases, with other processes at work.

mod backup;
mod exec;
mod others;
