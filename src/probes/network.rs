//! The one small runtime behind every network probe, and the rule that bounds what runs on it.
//!
//! Children never run here: the processes of a run are attended without a runtime.

use std::future::Future;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};

use crate::catalogue::cancel::{Cancel, Urgency};
use crate::catalogue::error::{Error, Result};

/// The limit of a network probe that nobody gave another.
pub(super) const LIMIT: Duration = Duration::from_secs(30);

/// How soon a kill of the run is noticed.
const TICK: Duration = Duration::from_millis(20);

fn runtime() -> Result<&'static Runtime> {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    if let Some(runtime) = RUNTIME.get() {
        return Ok(runtime);
    }
    let made = Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("rbk-network")
        .enable_all()
        .build()
        .map_err(|source| Error::io("start the network threads", &source))?;
    // Two that meet here both made one; the second is dropped, which must not happen inside of a runtime, and is not.
    Ok(RUNTIME.get_or_init(|| made))
}

/// How a bounded piece of work ended.
pub(super) enum Bounded<T> {
    /// By itself.
    Done(T),
    /// Its time was over, after this long.
    TimedOut(Duration),
}

/// Runs `work` for at most `limit`, and never past the end of `cancel`.
pub(super) fn bounded<T>(cancel: &Cancel, limit: Duration, work: impl Future<Output = T>) -> Result<Bounded<T>> {
    cancel.check()?;
    let limit = cancel.remaining().map_or(limit, |left| left.min(limit));
    let started = Instant::now();
    runtime()?.block_on(async {
        let killed = async {
            while cancel.urgency() < Urgency::Kill {
                tokio::time::sleep(TICK).await;
            }
        };
        tokio::select! {
            done = work => Ok(Bounded::Done(done)),
            () = tokio::time::sleep(limit) => Ok(Bounded::TimedOut(started.elapsed())),
            () = killed => Err(cancel.check().expect_err("a kill is an error")),
        }
    })
}
