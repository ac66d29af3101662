//! Settling: what a failure means once its turn has come, and what is done at the end of a run.

use std::sync::Arc;

use super::{Back, Command, Dispatcher, End, Fail, Index, NodeOutcome, Outcome, Phase, Policy, Stage, Stop, Task};

/// How the end of a node is called. `refusal`: nothing had been written, so it is no failure.
pub(super) fn outcome(end: End, policy: &Policy, refusal: bool) -> NodeOutcome {
    match end {
        End::Done | End::NotStarted => NodeOutcome::Done,
        End::Already => NodeOutcome::Already,
        End::Degraded => NodeOutcome::Degraded,
        End::Warned | End::Partial => NodeOutcome::Warned,
        End::Failed(Fail::Interrupted) => NodeOutcome::Interrupted,
        End::Failed(Fail::Unknown) => NodeOutcome::Unknown,
        End::Failed(Fail::Refused) if refusal => NodeOutcome::Refused,
        End::Failed(Fail::Declined) if refusal => NodeOutcome::Declined,
        End::Failed(_) if *policy == Policy::Warn => NodeOutcome::Warned,
        End::Failed(Fail::Inconclusive) => NodeOutcome::Inconclusive,
        End::Failed(_) => NodeOutcome::Failed,
    }
}

impl Dispatcher {
    /// Walks the text as far as it has ended.
    pub(super) fn settle(&mut self) {
        while self.stop.is_none() && self.frontier < self.groups.len() {
            let group = self.frontier;
            while let Some(node) = self.groups[group].ended.pop_first() {
                match self.nodes[node].phase {
                    Phase::Ended(End::Failed(fail)) => self.settle_failure(node, fail),
                    Phase::Ended(end) => {
                        self.degraded |= end == End::Degraded;
                        self.warned |= end == End::Warned;
                        self.partial |= end == End::Partial;
                        self.wrote |= self.nodes[node].wrote;
                        self.nodes[node].settled = true;
                    }
                    Phase::Waiting | Phase::Running | Phase::Bypassed => {}
                }
                if self.stop.is_some() {
                    return;
                }
            }
            if self.groups[group].open > 0 {
                return;
            }
            self.frontier += 1;
        }
    }

    fn settle_failure(&mut self, node: Index, fail: Fail) {
        let refusal = self.is_refusal(node);
        self.nodes[node].settled = true;
        self.wrote |= self.nodes[node].wrote;
        let outcome = match fail {
            Fail::Interrupted => {
                self.interrupted = true;
                Outcome::Interrupted
            }
            Fail::Refused if refusal => Outcome::Refused,
            Fail::Declined if refusal => Outcome::Declined,
            Fail::Inconclusive => return self.fails(node, Outcome::Inconclusive),
            _ => return self.fails(node, Outcome::Failed),
        };
        self.record(node);
        self.stop_at(node, outcome);
    }

    /// Asks outwards who has to say something: the loops nearer than its policy, that, the loops around.
    fn fails(&mut self, node: Index, outcome: Outcome) {
        let state = &self.nodes[node];
        let (within, nearer) = (Arc::clone(&state.within), state.nearer);
        if let Some(skip) = self.tolerated.lets_pass(&within[..nearer]) {
            return self.pass(node, skip);
        }
        let policy = self.nodes[node].on_failure.clone();
        match policy {
            Policy::Warn | Policy::Continue => {
                self.warned |= policy == Policy::Warn;
                self.partial |= policy == Policy::Continue;
                self.record(node);
                match within[..nearer].last() {
                    // What failed is the loop, and the policy speaks of that.
                    Some(whole) => {
                        let skip = self.tolerated.gives_up(whole);
                        self.go_on_without(node, skip);
                    }
                    None => {
                        self.held.remove(&node);
                        self.release(node);
                    }
                }
            }
            Policy::Stop => match self.tolerated.lets_pass(&within[nearer..]) {
                Some(skip) => self.pass(node, skip),
                None => {
                    self.record(node);
                    self.stop_at(node, outcome);
                }
            },
            // First it is put right as the policy says; then the loop goes on without it.
            Policy::Undo(_) | Policy::Handle => {
                let skip = self.tolerated.lets_pass(&within[nearer..]);
                self.nodes[node].let_pass = skip.is_some();
                self.record(node);
                self.stop_at(node, outcome);
                self.stop = self.stop.map(|stop| Stop { skip, ..stop });
            }
            Policy::Otherwise(_) => {
                self.record(node);
                self.stop_at(node, outcome);
            }
        }
    }

    /// A refusal is one only before the first write; a unit's refusal under `warn`, `continue` or `tolerate` is a failure.
    pub(super) fn is_refusal(&self, node: Index) -> bool {
        let state = &self.nodes[node];
        let refused = matches!(state.phase, Phase::Ended(End::Failed(Fail::Refused | Fail::Declined)));
        if let Some(stop) = self.stop
            && stop.node == Some(node)
        {
            return matches!(stop.outcome, Outcome::Refused | Outcome::Declined);
        }
        let goes_on = state.on_failure.goes_on() || !state.within.is_empty();
        // Members of one block are never ahead of each other, so what one of them wrote, or is about to, stands.
        let beside = |(at, other): (Index, &super::State)| {
            let begun = other.wrote || (matches!(other.phase, Phase::Running) && !other.guard);
            at != node && other.group == state.group && begun
        };
        let alone = || !self.nodes.iter().enumerate().any(beside);
        refused && !self.wrote && !state.wrote && (state.guard || !goes_on) && alone()
    }

    pub(super) fn stop_at(&mut self, node: Index, outcome: Outcome) {
        self.stop = Some(Stop { node: Some(node), group: self.nodes[node].group, outcome, skip: None });
        self.commands.push(Command::Stopping(Some(node)));
        self.drain();
    }

    /// Nothing runs any more: lines up what remains to be done.
    pub(super) fn begin_ending(&mut self) {
        self.stage = Stage::Ending;
        if self.journal_lost {
            return self.finish(Outcome::Failed);
        }
        if self.stop.is_none() && self.frontier < self.groups.len() {
            self.stop = Some(Stop { node: None, group: self.frontier, outcome: Outcome::Interrupted, skip: None });
        }
        if let Some(stop) = self.stop {
            self.line_up(stop);
        }
        let refused = self.stop.is_some_and(|stop| matches!(stop.outcome, Outcome::Refused | Outcome::Declined));
        // Where nothing was changed nothing may be: a refused run has no `always`.
        let resumes = matches!(self.tasks.back(), Some(Task::Resume(_)));
        if !refused && !resumes {
            self.tasks.push_back(Task::Always);
        }
        self.next_task();
    }

    fn line_up(&mut self, mut stop: Stop) {
        if stop.skip.is_some() {
            if !self.killed {
                return self.line_up_pause(stop);
            }
            // The loop would have gone on, so it is the kill that ends the run.
            stop = Stop { outcome: Outcome::Interrupted, skip: None, ..stop };
            self.stop = Some(stop);
        }
        for position in 0..self.groups[stop.group].members.len() {
            let member = self.groups[stop.group].members[position];
            if let Phase::Ended(_) = self.nodes[member].phase {
                self.nodes[member].settled = true;
                self.wrote |= self.nodes[member].wrote;
                self.record(member);
            }
        }
        // The latest first, as a person would undo it.
        for node in (0..self.nodes.len()).rev() {
            let state = &self.nodes[node];
            if state.group > stop.group && matches!(state.phase, Phase::Ended(_)) {
                self.tasks.push_back(Task::TakeBack { node, of: stop.node });
            }
        }
        let kept = |outcome| matches!(outcome, Outcome::Refused | Outcome::Declined | Outcome::Interrupted);
        if kept(stop.outcome) || self.killed {
            return;
        }
        let failed: Vec<Index> = self.groups[stop.group]
            .members
            .iter()
            .copied()
            .filter(|&member| {
                let state = &self.nodes[member];
                matches!(state.phase, Phase::Ended(End::Failed(_))) && !state.let_pass
            })
            .collect();
        for &member in &failed {
            if let Policy::Undo(scope) = self.nodes[member].on_failure.clone() {
                self.line_up_undo(&scope, member);
            }
        }
        // Handlers meet a world from which everything is gone that is to go.
        for &member in &failed {
            match self.nodes[member].on_failure {
                Policy::Handle => self.tasks.push_back(Task::Handle(member)),
                Policy::Otherwise(ref scope) if Some(member) == stop.node => {
                    // The other way starts where the first one started.
                    let scope = Arc::clone(scope);
                    self.line_up_undo(&scope, member);
                    self.tasks.push_back(Task::Handle(member));
                    self.tasks.push_back(Task::Resume(member));
                }
                _ => {}
            }
        }
    }

    /// What of `scope` ran is taken back, the latest first.
    pub(super) fn line_up_undo(&mut self, scope: &[Index], of: Index) {
        for &node in scope.iter().rev() {
            let ran = matches!(self.nodes[node].phase, Phase::Ended(_));
            let there = |task: &Task| matches!(task, Task::TakeBack { node: have, .. } if *have == node);
            if ran && !self.tasks.iter().any(there) {
                self.tasks.push_back(Task::TakeBack { node, of: Some(of) });
            }
        }
    }

    /// Hands out the next task, or ends the run.
    fn next_task(&mut self) {
        match self.tasks.front() {
            Some(Task::TakeBack { node, of }) => {
                self.commands.push(Command::TakeBack { node: *node, of: *of });
            }
            Some(Task::Handle(node)) => self.commands.push(Command::Handle(*node)),
            Some(Task::Always) => self.commands.push(Command::Always),
            Some(Task::Resume(node)) => {
                let node = *node;
                self.tasks.pop_front();
                self.resume(node);
            }
            None => self.finish(self.outcome()),
        }
    }

    pub(super) fn took_back(&mut self, node: Index, how: Back) {
        self.nodes[node].taken_back = how != Back::Failed;
        self.nodes[node].left = how == Back::Left;
        match (how, &mut self.stop) {
            (Back::Failed, Some(stop)) => {
                stop.outcome = Outcome::UndoFailed;
                self.no_other_way();
            }
            (Back::Left, Some(stop)) if stop.outcome != Outcome::UndoFailed => stop.outcome = Outcome::Partial,
            // Taking back what a failed block did compensates; taking back what ran ahead only tidies up.
            (Back::Whole, Some(stop)) if self.nodes[node].group <= stop.group => {
                if matches!(stop.outcome, Outcome::Failed | Outcome::Inconclusive) {
                    stop.outcome = Outcome::Compensated;
                }
            }
            _ => {}
        }
        self.done_with(|task| matches!(task, Task::TakeBack { node: n, .. } if *n == node));
    }

    /// Where the first way could not be taken back, a person must look before another one is tried.
    fn no_other_way(&mut self) {
        let resumed: Vec<Index> = self
            .tasks
            .iter()
            .filter_map(|task| if let Task::Resume(node) = task { Some(*node) } else { None })
            .collect();
        if !resumed.is_empty() {
            self.tasks.retain(|task| !matches!(task, Task::Resume(n) | Task::Handle(n) if resumed.contains(n)));
            self.tasks.push_back(Task::Always);
        }
    }

    pub(super) fn handled(&mut self, node: Index, ok: bool) {
        if let Some(stop) = &mut self.stop
            && stop.outcome != Outcome::UndoFailed
        {
            stop.outcome = match (ok, stop.outcome) {
                (true, Outcome::Failed | Outcome::Inconclusive) => Outcome::Compensated,
                (false, Outcome::Compensated) => Outcome::Failed,
                (_, other) => other,
            };
        }
        if !ok && !self.let_pass_after_all(node) {
            self.tasks.retain(|task| !matches!(task, Task::Resume(n) if *n == node));
            if !self.tasks.contains(&Task::Always) {
                self.tasks.push_back(Task::Always);
            }
        }
        self.done_with(|task| *task == Task::Handle(node));
    }

    pub(super) fn always_ended(&mut self, ok: bool) {
        if !ok {
            match &mut self.stop {
                // It never improves a bad end, and it is not why that one was bad.
                Some(_) => {}
                None => {
                    let group = self.groups.len();
                    self.stop = Some(Stop { node: None, group, outcome: Outcome::Failed, skip: None });
                }
            }
        }
        self.done_with(|task| *task == Task::Always);
    }

    fn done_with(&mut self, is: impl Fn(&Task) -> bool) {
        // A kill or a lost journal may have cleared the list meanwhile.
        if self.tasks.front().is_some_and(is) {
            self.tasks.pop_front();
        }
        if self.stage == Stage::Ending {
            if self.journal_lost {
                return self.finish(Outcome::Failed);
            }
            self.next_task();
        }
    }

    /// The run goes on: the other way worked, or a loop goes on without what failed.
    fn resume(&mut self, node: Index) {
        let Some(stop) = self.stop.take() else { return };
        self.warned = true;
        if stop.skip.is_some() {
            // Something irreversible was left behind by an `on failure undo` of the item.
            self.partial |= stop.outcome == Outcome::Partial;
            let skipped = self.skipped_by(node, stop.skip);
            skipped.into_iter().for_each(|index| self.bypass(index));
            self.held.remove(&node);
            self.release(node);
        } else if let Policy::Otherwise(scope) = self.nodes[node].on_failure.clone() {
            scope.iter().for_each(|&index| self.bypass(index));
        }
        // What stands elsewhere, ran ahead and was taken back with it, is still to be done.
        let again: Vec<Index> = (0..self.nodes.len())
            .filter(|&index| self.nodes[index].taken_back && self.nodes[index].phase != Phase::Bypassed)
            .collect();
        for index in again {
            self.start_over(index);
        }
        // Asked to end meanwhile: it does, with what is settled.
        self.stage = if self.interrupted { Stage::Draining } else { Stage::Going };
        self.advance();
    }

    /// It counts as settled, whether it ran or not, and what waited for it waits no more.
    pub(super) fn bypass(&mut self, index: Index) {
        let state = &mut self.nodes[index];
        let waiting = state.phase == Phase::Waiting;
        let group = &mut self.groups[state.group];
        group.open -= usize::from(waiting);
        group.ended.remove(&index);
        if waiting || state.taken_back {
            state.phase = Phase::Bypassed;
        }
        state.settled = true;
        self.held.remove(&index);
        self.ready.remove(&index);
        if waiting {
            self.record(index);
        }
        self.release(index);
    }

    fn start_over(&mut self, index: Index) {
        let state = &mut self.nodes[index];
        state.phase = Phase::Waiting;
        (state.taken_back, state.settled, state.wrote, state.recorded) = (false, false, false, None);
        (state.left, state.let_pass) = (false, false);
        let released = std::mem::replace(&mut state.released, false);
        let group = &mut self.groups[state.group];
        group.ended.remove(&index);
        group.open += 1;
        self.held.remove(&index);
        if self.nodes[index].unmet == 0 {
            self.ready.insert(index);
        }
        if released {
            for position in 0..self.nodes[index].dependents.len() {
                let dependent = self.nodes[index].dependents[position];
                self.nodes[dependent].unmet += 1;
                self.ready.remove(&dependent);
            }
        }
    }

    fn outcome(&self) -> Outcome {
        if let Some(stop) = self.stop {
            return stop.outcome;
        }
        match self {
            _ if self.partial => Outcome::Partial,
            _ if self.degraded => Outcome::Degraded,
            _ if self.warned => Outcome::Warned,
            _ => Outcome::Done,
        }
    }

    fn finish(&mut self, outcome: Outcome) {
        self.stage = Stage::Finished;
        for node in 0..self.nodes.len() {
            self.record(node);
        }
        self.commands.push(Command::Finish(outcome));
    }
}
