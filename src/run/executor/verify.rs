//! A verification: rounds until all expectations hold in one, then for as long as they must stay true.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::frame::truth;
use super::halt::Halt;
use super::observe::mentions;
use super::{Executor, Frame};
use crate::catalogue::cancel::Urgency;
use crate::catalogue::error::{Error, ErrorKind, Result};
use crate::catalogue::look::Look;
use crate::catalogue::show;
use crate::check::model::{BindingId, BindingKind, CheckKind, Verify, VerifyUse};
use crate::check::walk;
use crate::run::dispatcher::graph::Fail;
use crate::run::event::Event;

/// What one round found.
struct Round {
    holds: usize,
    of: usize,
    /// What does not hold, in words.
    detail: Vec<String>,
    /// A `fail when` that holds.
    failed: Option<String>,
    /// What an expectation asks cannot be asked, in no later round either.
    hopeless: Option<Error>,
}

impl Round {
    fn good(&self) -> bool {
        self.holds == self.of && self.failed.is_none()
    }
}

impl Executor {
    /// Verifies as in a run, but without the handler; says whether a `should` did not hold.
    pub fn verify_again(&self, key: &str, verify: &Verify, place: &VerifyUse) -> Result<bool, Halt> {
        let mut frame = Frame::new(self, key.to_owned(), self.snapshot());
        let result = frame.verify_once(verify, place);
        frame.flush();
        result.map(|()| frame.degraded)
    }

    /// What of a verification does not hold here and now, in words.
    pub fn holds_now(&self, key: &str, verify: &Verify, limit: Duration) -> Result<Vec<String>> {
        let mut frame = Frame::new(self, key.to_owned(), self.snapshot());
        let look = frame.look.within(limit);
        let round = frame.ask(verify, &look).map_err(|halt| halt.error)?;
        Ok(round.failed.into_iter().chain(round.detail).collect())
    }

    /// A name that a verification uses and that is not bound here.
    pub fn lacks(&self, verify: &Verify) -> Option<String> {
        let values = self.snapshot();
        let of_lets = verify.lets.iter().filter_map(|id| match &self.policy.bindings[id.0 as usize].kind {
            BindingKind::Let(expr) => Some(expr),
            _ => None,
        });
        let exprs: Vec<_> = verify.checks.iter().map(|check| &check.condition).chain(of_lets).collect();
        self.policy.bindings.iter().enumerate().find_map(|(index, binding)| {
            let id = BindingId(index as u32);
            let named = matches!(binding.kind, BindingKind::Let(_) | BindingKind::Observe | BindingKind::Param);
            let bound = values.contains_key(&id) || verify.lets.contains(&id);
            let lacking = named && !bound && exprs.iter().any(|expr| mentions(&self.policy, expr, id));
            lacking.then(|| binding.name.text.to_string())
        })
    }
}

impl Frame<'_> {
    /// Verifies; after a failure with a handler, once more behind the handler.
    pub(super) fn verify(&mut self, verify: &Verify, place: &VerifyUse) -> Result<(), Halt> {
        let first = self.verify_once(verify, place);
        let (Err(halt), Some(handler)) = (&first, &verify.on_failure) else { return first };
        if halt.fail == Fail::Interrupted || halt.journal_lost {
            return first;
        }
        self.note(format!("{}; its handler runs, then it is verified once more", halt.error.what));
        self.flush();
        let mut inner = self.inside("on failure");
        let handled = inner.block(handler);
        inner.flush();
        self.absorb(&inner);
        handled?;
        self.verify_once(verify, place)
    }

    fn verify_once(&mut self, verify: &Verify, place: &VerifyUse) -> Result<(), Halt> {
        let result = self.rounds(verify, place);
        // What its last round saw: a handler may use it, and the undo of that.
        for &binding in &verify.lets {
            self.tell_bound(binding);
        }
        result
    }

    fn rounds(&mut self, verify: &Verify, place: &VerifyUse) -> Result<(), Halt> {
        let within = place.within.or(verify.within).unwrap_or(Verify::WITHIN);
        let every = place.every.or(verify.every).unwrap_or(Verify::EVERY);
        let hold = place.hold.or(verify.hold);
        // `within` also cuts probes in flight.
        let look = self.look.within(within);
        // What follows has what is left of that and, where all must stay true, so much more: the worst case of a plan.
        let whole = self.look.within(within.saturating_add(hold.unwrap_or_default()));
        let mut number = 0;
        let mut told = Vec::new();
        loop {
            let began = Instant::now();
            number += 1;
            let round = self.round(verify, number, &look, &mut told)?;
            if let Some(failed) = round.failed {
                return Err(Halt::failed(Error::failed(failed)));
            }
            if round.good() {
                break;
            }
            if let Some(error) = round.hopeless {
                return Err(Self::unanswered(verify, error));
            }
            if let Err(error) = look.cancel().sleep(every.saturating_sub(began.elapsed())) {
                return Err(Self::not_in_time(verify, &round, within, error));
            }
        }
        if let Some(hold) = hold {
            self.hold(verify, hold, every, number, &whole)?;
        }
        self.shoulds(verify, &whole);
        Ok(())
    }

    /// All must stay true for `hold`; as many rounds as the author tolerates may be bad.
    fn hold(
        &mut self,
        verify: &Verify,
        hold: Duration,
        every: Duration,
        mut number: u32,
        whole: &Look,
    ) -> Result<(), Halt> {
        let until = Instant::now() + hold;
        let mut bad = 0;
        let mut told = Vec::new();
        while Instant::now() < until {
            self.look.cancel().sleep(every.min(until.saturating_duration_since(Instant::now())))?;
            number += 1;
            let look = whole.within(every.max(Duration::from_secs(1)));
            let round = self.round(verify, number, &look, &mut told)?;
            if let Some(failed) = round.failed {
                return Err(Halt::failed(Error::failed(failed)));
            }
            // The end of all time cut the last round: it says nothing, and those before it were good.
            let is_cut = Instant::now() >= until && whole.cancel().remaining() == Some(Duration::ZERO);
            if !round.good() && !is_cut {
                bad += 1;
                if bad > verify.tolerate {
                    let length = show::duration(hold.as_nanos() as f64);
                    let what = format!("it did not stay true for {length}: {}", round.detail.join("; "));
                    return Err(Halt::failed(Error::failed(what)));
                }
            }
        }
        Ok(())
    }

    fn round(&mut self, verify: &Verify, number: u32, look: &Look, told: &mut Vec<String>) -> Result<Round, Halt> {
        let round = self.ask(verify, look)?;
        // The same news is told once.
        let detail = if *told == round.detail { Vec::new() } else { round.detail.clone() };
        told.clone_from(&round.detail);
        self.pending.push(Event::Round {
            node: self.key.clone(),
            round: number,
            holds: round.holds,
            of: round.of,
            detail,
        });
        self.flush();
        Ok(round)
    }

    /// Asks everything once.
    fn ask(&mut self, verify: &Verify, look: &Look) -> Result<Round, Halt> {
        if self.look.cancel().urgency() >= Urgency::Kill {
            self.look.cancel().check()?;
        }
        self.refresh_observed(verify, look);
        self.bind_lets(verify, look);
        let mut round = Round { holds: 0, of: 0, detail: Vec::new(), failed: None, hopeless: None };
        for check in &verify.checks {
            match check.kind {
                CheckKind::Should => {}
                CheckKind::Expect => {
                    round.of += 1;
                    let (result, detail) = self.trace(&check.condition, look);
                    match result.and_then(truth) {
                        Ok(true) => round.holds += 1,
                        Ok(false) => round.detail.push(self.failed_check(check, &detail, look)),
                        Err(error) => {
                            let written = self.written(&check.condition);
                            let what = format!("`expect {written}` cannot be told: {}", error.what);
                            round.detail.push(what.clone());
                            if error.kind == ErrorKind::NoProgram && walk::asks_the_same_always(&check.condition) {
                                round.hopeless = Some(Error { what, ..error });
                            }
                        }
                    }
                }
                CheckKind::FailWhen => {
                    let (result, detail) = self.trace(&check.condition, look);
                    if let Ok(true) = result.and_then(truth) {
                        round.failed = Some(self.failed_check(check, &detail, look));
                    }
                }
            }
        }
        Ok(round)
    }

    /// Binds the `let`s anew. One that cannot be told fails where it is used, as if its probe stood there.
    fn bind_lets(&mut self, verify: &Verify, look: &Look) {
        for &binding in &verify.lets {
            let policy = Arc::clone(&self.exec.policy);
            let BindingKind::Let(expr) = &policy.bindings[binding.0 as usize].kind else { continue };
            match self.eval(expr, look) {
                Ok(value) => self.set(binding, value),
                Err(error) => self.set_untold(binding, error),
            }
        }
    }

    fn shoulds(&mut self, verify: &Verify, look: &Look) {
        // The last round of a `hold` may be one of those that the author tolerates.
        if verify.checks.iter().any(|check| check.kind == CheckKind::Should) && !self.untold.is_empty() {
            self.bind_lets(verify, look);
        }
        for check in verify.checks.iter().filter(|check| check.kind == CheckKind::Should) {
            // A `should` never stops anything; only a kill makes an error here, and the caller notices that itself.
            let _ = self.expect(check, look);
        }
    }

    /// Where the author said when it fails, and that is not so either, nobody can tell: *inconclusive*.
    fn not_in_time(verify: &Verify, round: &Round, within: Duration, error: Error) -> Halt {
        if error.kind == ErrorKind::Cancelled {
            return error.into();
        }
        let length = show::duration(within.as_nanos() as f64);
        let what = format!("{} of {} hold after {length}: {}", round.holds, round.of, round.detail.join("; "));
        Self::unanswered(verify, Error::failed(what))
    }

    fn unanswered(verify: &Verify, error: Error) -> Halt {
        let can_fail = verify.checks.iter().any(|check| check.kind == CheckKind::FailWhen);
        let fail = if can_fail { Fail::Inconclusive } else { Fail::Failed };
        Halt { fail, error, journal_lost: false, decided: false }
    }
}
