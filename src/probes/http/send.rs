//! Sending a request once, and what is said where nobody knows whether it arrived.

use std::time::{Duration, Instant};

use super::super::network::{Bounded, LIMIT, bounded};
use super::client::{self, Answer};
use super::request::Request;
use super::shown;
use crate::catalogue::error::{Error, ErrorKind, Result};
use crate::catalogue::look::Look;
use crate::catalogue::show;

impl Request {
    /// Sends it once, within the time of `look`.
    ///
    /// # Errors
    /// Where the server may have received the request all the same, the hint says so.
    pub(crate) fn send(&self, look: &Look) -> Result<(Answer, Duration)> {
        let limit = look.cancel().remaining().unwrap_or(LIMIT);
        let started = Instant::now();
        match bounded(look.cancel(), limit, client::send(self))? {
            Bounded::Done(Ok(answer)) => Ok((answer, started.elapsed())),
            Bounded::Done(Err(failed)) if failed.arrived => Err(perhaps_done(failed.error)),
            Bounded::Done(Err(failed)) => Err(failed.error),
            Bounded::TimedOut(after) => {
                let after = show::duration(after.as_millis() as f64 * 1e6);
                let what = format!("{} did not answer within {after}", shown(&self.url));
                Err(perhaps_done(Error::new(ErrorKind::TimedOut, what)))
            }
        }
    }
}

/// A failure after which nobody here knows whether the server did what it was asked.
fn perhaps_done(error: Error) -> Error {
    let look = "it may have done it all the same: look before you send it again";
    let hint = error.hint.as_ref().map_or_else(|| look.to_owned(), |hint| format!("{hint}; {look}"));
    error.hint(hint)
}
