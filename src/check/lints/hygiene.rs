//! W6050 to W6055: blocks and loops that hold nothing, titles and reasons that say nothing, expectations that are
//! repeated, loops that let every item fail.

use std::collections::HashMap;

use crate::catalogue::value::Value;
use crate::check::constant;
use crate::check::model::{Expr, ExprKind, Name, Title, Tolerance};
use crate::diagnostics::{Code, Diagnostic};
use crate::source::{Place, Span};

use super::advice::Advice;
use super::command::plain;
use super::everything::Everything;

pub fn lint(all: &Everything<'_>, advice: &mut Advice<'_>) {
    empty(all, advice);
    for (list, place) in lists(all) {
        let nothing = match &list.kind {
            ExprKind::List(items) => items.is_empty(),
            ExprKind::Const(Value::List(items)) => items.is_empty(),
            _ => false,
        };
        if nothing {
            advice.push(
                Diagnostic::new(Code::EmptyLoop, list.place, "this loop has nothing to go through")
                    .label("always empty")
                    .also(place, "never done")
                    .help("write what it is for into the list, or leave the loop out"),
            );
        }
    }
    titles(all, advice);
    for why in &all.reasons {
        if plain(why).is_some_and(|text| text.trim().is_empty()) {
            advice.push(
                Diagnostic::new(Code::EmptyReason, why.place, "this reason says nothing")
                    .label("an empty text")
                    .help("say why, for whoever reads it at night; or leave the text out where it may be"),
            );
        }
    }
    for verify in &advice.policy.verifies {
        let mut first: HashMap<_, Place> = HashMap::new();
        for check in &verify.checks {
            let place = check.condition.place;
            match first.get(&(check.kind as u8, advice.text(place))) {
                Some(&other) if other != place => advice.push(
                    Diagnostic::new(Code::ExpectedTwice, place, format!("`{}` expects this twice", verify.name.text))
                        .label("said again")
                        .also(other, "said first")
                        .help("leave one out, or mend what the other was meant to ask"),
                ),
                Some(_) => {}
                None => {
                    first.insert((check.kind as u8, advice.text(place)), place);
                }
            }
        }
    }
    for each in &all.loops {
        let all_of_it = match each.tolerate {
            Some(Tolerance::Percent(points)) => points >= 100.0,
            Some(Tolerance::Count(count)) => constant::value(&each.iter, &advice.policy.bindings, None).is_some_and(
                |list| matches!(list, Value::List(items) if !items.is_empty() && items.len() as u64 <= count),
            ),
            None => false,
        };
        if all_of_it {
            advice.push(
                Diagnostic::new(Code::ToleratesAll, each.place, "every item of this loop may fail")
                    .label("the run succeeds even where nothing was done")
                    .help("tolerate fewer than there are, such as `tolerate 1` or `tolerate 25%`"),
            );
        }
    }
}

/// The lists of loops, with the loop.
fn lists<'p>(all: &Everything<'p>) -> Vec<(&'p Expr, Place)> {
    let loops = all.loops.iter().map(|each| (&each.iter, each.place));
    loops.chain(all.step_loops.iter().map(|each| (&each.iter, each.place))).collect()
}

fn empty(all: &Everything<'_>, advice: &mut Advice<'_>) {
    let mut found: Vec<(Place, String)> = Vec::new();
    for phase in advice.policy.phases.iter().chain(&advice.policy.around.prepare) {
        if phase.body.items.is_empty() && phase.scenarios.is_empty() && phase.includes.is_empty() {
            found.push((phase.name.place, format!("phase `{}`", phase.name.text)));
        }
        for scenario in &phase.scenarios {
            // Beside one that does something it may mean: leave it as it is.
            if scenario.body.items.is_empty() && phase.body.items.is_empty() && phase.includes.is_empty() {
                found.push((scenario.name.place, format!("scenario `{}`", scenario.name.text)));
            }
        }
        if phase.always.as_ref().is_some_and(|always| always.items.is_empty()) {
            found.push((phase.name.place, format!("`always` of phase `{}`", phase.name.text)));
        }
    }
    for step in &all.steps {
        // One that is done when something holds waits for it.
        if step.body.is_empty() && step.clauses.done_when.is_none() && step.clauses.approve_by.is_none() {
            found.push((step.name.place, format!("step `{}`", step.name.text)));
        }
    }
    let stages = all.stages.iter().filter(|stage| stage.body.items.is_empty());
    found.extend(stages.map(|stage| (stage.name.place, format!("stage `{}`", stage.name.text))));
    let loops = all.loops.iter().filter(|each| each.body.items.is_empty()).map(|each| each.place);
    let loops = loops.chain(all.step_loops.iter().filter(|each| each.body.is_empty()).map(|each| each.place));
    found.extend(loops.map(|place| (place, "this loop".to_owned())));
    let ifs = all.ifs.iter().filter(|branch| branch.body.items.is_empty()).map(|branch| branch.place);
    let ifs = ifs.chain(all.step_ifs.iter().filter(|branch| branch.body.is_empty()).map(|branch| branch.place));
    found.extend(ifs.map(|place| (place, "this `if`".to_owned())));
    let parallels = all.parallels.iter().filter(|parallel| parallel.body.items.is_empty());
    found.extend(parallels.map(|parallel| (parallel.place, "this `parallel`".to_owned())));
    for (place, what) in found {
        advice.push(
            Diagnostic::new(Code::DoesNothing, place, format!("{what} does nothing"))
                .label("its block is empty")
                .help("write into it what is to be done, or leave it out"),
        );
    }
}

/// `step restart "Restart"`: the title of what is done is shown instead of its name, so it should say more. What a thing is
/// called, such as a metric or a phase, may well be its name.
fn titles(all: &Everything<'_>, advice: &mut Advice<'_>) {
    let policy = advice.policy;
    let stages = all.stages.iter().filter_map(|item| Some((&item.name, item.title.as_deref()?)));
    let steps = all.steps.iter().filter_map(|item| Some((&item.name, item.title.as_ref().and_then(Title::plain)?)));
    let titled: Vec<(&Name, &str)> = stages.chain(steps).filter(|(name, _)| name.text.len() > 2).collect();
    for (name, title) in titled {
        let same = title.to_lowercase().replace([' ', '-'], "_") == *name.text;
        if !same {
            continue;
        }
        let mut found = Diagnostic::new(
            Code::TitleRepeatsName,
            name.place,
            format!("the title of `{}` repeats its name", name.text),
        )
        .label(format!("also called \"{title}\""))
        .help("say what is done and to what; without a title the name is shown");
        // Where the title stands right behind the name.
        let source = policy.sources.get(name.place.file);
        let quoted = format!(" \"{title}\"");
        let behind = name.place.span.end;
        if source.text[behind as usize..].starts_with(&quoted) {
            let place = Place::new(name.place.file, Span::new(behind, behind + quoted.len() as u32));
            found = found.fix("leave the title out", place, "");
        }
        advice.push(found);
    }
}
