//! A plan for a person to review: where it acts, what it pinned, what each step changes, what happens if it fails.

use std::fmt::Write;
use std::time::Duration;

use crate::plan::model::{Pin, Plan, Taken};
use crate::plan::{asides, graph};

use super::node;
use super::page::{Style, Text, length, plain, typically};
use super::paint::Paint;

/// Above so many nodes each is told in few lines.
const MANY: usize = 200;
/// How many names a line of the end lists.
const NAMED: usize = 12;

/// The whole plan. `hide` takes out of a text what must not be seen, before it is broken into lines; what is long and stands
/// in one line is for the caller.
#[must_use]
pub fn render(plan: &Plan, color: bool, width: usize, hide: &dyn Fn(&str) -> Option<String>) -> String {
    let brief = plan.nodes.len() > MANY;
    let mut text = Text { plan, paint: Paint { color }, width: width.max(40), brief, hide, out: String::new() };
    text.header();
    text.pins();
    let graph = graph::of(plan);
    let widest = plan.nodes.iter().map(|node| node.key.chars().count()).max().unwrap_or(0).min(18);
    for one in &plan.nodes {
        node::tell(&mut text, one, &graph, widest);
    }
    text.asides();
    text.times();
    text.after();
    text.out
}

impl Text<'_> {
    fn header(&mut self) {
        let plan = self.plan;
        let request = &plan.request;
        let mut title = plan.policy.name.text.to_string();
        if !plan.phases.is_empty() {
            let _ = write!(title, " › {}", plan.phases.join(", "));
        }
        if let Some(severity) = &request.severity {
            let _ = write!(title, "   {severity}");
        }
        if let Some(scenario) = &request.scenario {
            let _ = write!(title, ", scenario {scenario}");
        }
        self.tell(0, &title, Paint::bold);
        let target = &plan.target;
        let mut parts = Vec::new();
        if let Some(environment) = &target.environment {
            parts.push(format!("environment {environment}"));
        }
        parts.push(format!("root {}", target.root));
        parts.push(format!("host {}", target.host));
        parts.push(format!("user {}", target.user));
        if let Some(operator) = &target.operator {
            parts.push(format!("operator {operator} (unverified)"));
        }
        self.tell(0, &parts.join(" · "), plain);
        if !target.says.is_empty() {
            self.tell(0, &format!("in this environment: {}", target.says.join(" · ")), Paint::warn);
        }
        let worst = plan.times.to_mitigation.unwrap_or(plan.times.machine);
        // What a step promises is not about the whole.
        let whole = plan.times.deadlines.iter().filter(|deadline| !deadline.of.starts_with("step "));
        let limit = whole.map(|deadline| deadline.limit).min();
        let mut line = format!("worst case {}", length(worst));
        if let Some(limit) = limit {
            let _ = write!(line, " of {}", length(limit));
        }
        if !plan.times.people.is_zero() {
            let _ = write!(line, " · waits for people up to {}", length(plan.times.people));
        }
        if let Some((took, runs)) = plan.typical.as_ref().and_then(|typical| typical.whole) {
            let _ = write!(line, " · typical {}", typically(took, runs));
        }
        self.tell(0, &line, plain);
        for (key, why) in &plan.skipped {
            self.tell(0, &format!("left out: {key} ({why})"), Paint::dim);
        }
        self.out.push('\n');
    }

    fn pins(&mut self) {
        let plan = self.plan;
        for param in &plan.params {
            self.value(&param.name, &param.value, plain, &param.origin);
        }
        for pin in plan.pins.iter().filter(|pin| pin.relative || pin.value.is_none() || pin.name.contains('.')) {
            self.pin(pin);
        }
        if !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }

    fn pin(&mut self, pin: &Pin) {
        let name = pin.name.rsplit('.').next().unwrap_or(&pin.name);
        // Who wants the whole of it reads the policy.
        let from = shortened(&pin.from, self.width);
        match &pin.value {
            Some(value) => {
                // A long list is known by its beginning; `--format json` has all of it.
                let value = shortened(&value.to_string(), self.width * 3);
                let how = if pin.relative { "pinned: " } else { "" };
                self.value(name, &value, Paint::info, &format!("{how}{from}"));
            }
            None => {
                let after = pin.after.as_deref().unwrap_or("it runs");
                self.value(name, &format!("known after {after}"), Paint::warn, &from);
            }
        }
    }

    /// `name = value   origin`, the origin on a line of its own where both do not fit.
    fn value(&mut self, name: &str, value: &str, style: Style, origin: &str) {
        let taken = name.chars().count() + 5 + value.chars().count();
        let mark = format!("{name} = ");
        let columns = mark.chars().count();
        if taken + 3 + origin.chars().count() <= self.width {
            let line = format!("  {mark}{}   {}", style(self.paint, value), self.paint.dim(origin));
            self.line(&line);
        } else {
            self.say(2, (&mark, columns), value, style);
            self.tell(6, origin, Paint::dim);
        }
    }

    /// What runs only in some cases is no node.
    fn asides(&mut self) {
        for aside in asides::of(self.plan) {
            self.tell(4, &format!("{}: {}", aside.when, aside.names()), plain);
            for step in &aside.steps {
                let title = step.title.as_ref().map_or_else(String::new, |title| format!("  {title}"));
                self.tell(6, &format!("{}{title}: {}", step.name, step.calls.join("; ")), Paint::dim);
            }
        }
    }

    fn times(&mut self) {
        let times = &self.plan.times;
        self.out.push('\n');
        let mut line = format!("worst case {}", length(times.machine));
        if !times.people.is_zero() {
            let _ = write!(line, ", people up to {} beside it", length(times.people));
        }
        if let Some(time) = times.to_mitigation {
            let _ = write!(line, ", {} to mitigation", length(time));
        }
        for (what, took) in &times.besides {
            let _ = write!(line, ", {what} up to {} beside it", length(*took));
        }
        let _ = write!(line, " · default time limit {}", length(self.plan.policy.defaults.timeout));
        self.tell(0, &line, plain);
        let links: Vec<_> = times.path.iter().filter(|(_, took)| !took.is_zero()).collect();
        if links.len() > 1 {
            let shown: Vec<_> =
                links.iter().take(NAMED).map(|(key, took)| format!("{key} {}", length(*took))).collect();
            let more = links.len().saturating_sub(NAMED);
            let more = if more > 0 { format!(" + {more} more") } else { String::new() };
            self.tell(2, &format!("{}{more}", shown.join(" + ")), Paint::dim);
        }
        let besides: Duration = times.besides.iter().map(|(_, took)| *took).sum();
        for deadline in &times.deadlines {
            let text = format!("{}: {} of {}", deadline.of, length(deadline.worst), length(deadline.limit));
            if deadline.worst > deadline.limit && deadline.advisory {
                self.tell(2, &format!("{text}, too long, which is advisory here"), Paint::warn);
            } else if deadline.worst > deadline.limit {
                self.tell(2, &format!("{text}, too long"), Paint::bad);
            } else if deadline.worst.saturating_add(besides) > deadline.limit && !deadline.of.starts_with("step ") {
                let what: Vec<&str> = times.besides.iter().map(|(what, _)| what.as_str()).collect();
                self.tell(2, &format!("{text}, holds, but not with {}", what.join(" and ")), Paint::warn);
            } else {
                self.tell(2, &format!("{text}, holds"), Paint::good);
            }
        }
    }

    /// What an undo does, and last what nothing takes back.
    fn after(&mut self) {
        let plan = self.plan;
        if !plan.nodes.iter().any(super::super::model::Node::may_change) {
            self.tell(0, "nothing would change", Paint::good);
        }
        let keys = |wanted: fn(&Taken) -> bool| -> Vec<&str> {
            plan.nodes.iter().filter(|node| wanted(&node.undo)).map(|node| node.key.as_str()).collect()
        };
        let restored = keys(|taken| matches!(taken, Taken::Restored | Taken::Block | Taken::RestoredAndRepeated));
        let repeated = keys(|taken| matches!(taken, Taken::Repeated | Taken::RestoredAndRepeated));
        let list = |names: &[&str]| {
            let shown: Vec<_> = names.iter().take(NAMED).copied().collect();
            let more = names.len().saturating_sub(NAMED);
            if more > 0 { format!("{} and {more} more", shown.join(", ")) } else { shown.join(", ") }
        };
        match (restored.is_empty(), repeated.is_empty()) {
            (false, _) => self.tell(0, &format!("undo: `rbk undo last` takes back {}", list(&restored)), plain),
            (true, false) => self.tell(0, "undo: `rbk undo last` restores nothing", plain),
            (true, true) => {}
        }
        if !repeated.is_empty() {
            self.tell(6, &format!("and then runs {} again", list(&repeated)), plain);
        }
        let lost = plan.not_undoable();
        for (key, why) in lost.iter().take(NAMED) {
            self.tell(0, &format!("not undoable: {key} ({why})"), Paint::warn);
        }
        if lost.len() > NAMED {
            let more: Vec<&str> = lost[NAMED..].iter().map(|(key, _)| key.as_str()).collect();
            self.tell(0, &format!("not undoable either: {}", more.join(", ")), Paint::warn);
        }
    }
}

fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        text.to_owned()
    } else {
        format!("{}…", text.chars().take(most).collect::<String>())
    }
}
