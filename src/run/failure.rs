//! Which failure policy holds for a node: its own, else that of its stage, its phase, the policy.

use std::collections::HashMap;
use std::sync::Arc;

use super::dispatcher::graph::{Index, Node, Policy as Abstract, Within};
use crate::check::expand::InStage;
use crate::check::model::{Block, Item, OnFailure, OwnAction, Policy, Stage, Step};
use crate::plan::model::{Plan, Work};
use crate::source::Place;

/// Where items stand in a policy.
#[derive(Default)]
pub struct Map {
    items: HashMap<Place, Context>,
    steps: HashMap<Place, Arc<Step>>,
    actions: HashMap<Place, Arc<OwnAction>>,
}

/// What stands around an item.
#[derive(Clone, Default)]
struct Context {
    stage: Option<Arc<Stage>>,
    phase: usize,
}

/// What to do when a node has failed.
#[derive(Clone)]
pub enum Handling {
    /// Nothing.
    None,
    /// These steps.
    Steps(Block),
    /// That phase.
    Phase(Arc<str>),
    /// Another way of the stage.
    Otherwise(Arc<Stage>),
}

/// The place that identifies an item.
pub fn place_of(policy: &Policy, item: &Item) -> Place {
    match item {
        Item::Let(binding) => policy.bindings[binding.0 as usize].name.place,
        Item::Require(require) => require.place,
        Item::Observe(observe) => observe.place,
        Item::Step(step) => step.place,
        Item::Verify(verify) => verify.place,
        Item::Parallel(parallel) => parallel.place,
        Item::For(each) => each.place,
        Item::If(either) => either.place,
        Item::Stage(stage) => stage.name.place,
    }
}

fn place_of_work(policy: &Policy, work: &Work) -> Place {
    match work {
        Work::Step(step) => step.place,
        Work::Verify(_, place) => place.place,
        Work::Require(require) => require.place,
        Work::Bind(binding) => policy.bindings[binding.0 as usize].name.place,
        Work::Observe(observe) => observe.place,
        Work::Dynamic(item) => place_of(policy, item),
    }
}

impl Map {
    /// The map of a policy.
    #[must_use]
    pub fn of(policy: &Policy) -> Self {
        let actions = policy.actions.iter().map(|action| (action.place, Arc::clone(action))).collect();
        let mut map = Self { actions, ..Self::default() };
        for (index, phase) in policy.phases.iter().enumerate() {
            let context = Context { stage: None, phase: index };
            map.block(policy, &phase.body, &context);
            for scenario in &phase.scenarios {
                map.block(policy, &scenario.body, &context);
            }
            for block in phase.always.iter().chain(handler(phase.on_failure.as_ref())) {
                map.block(policy, block, &context);
            }
        }
        for verify in &policy.verifies {
            if let Some(block) = &verify.on_failure {
                map.block(policy, block, &Context::default());
            }
        }
        map
    }

    /// The step that stands at `place`.
    #[must_use]
    pub fn step(&self, place: Place) -> Option<&Arc<Step>> {
        self.steps.get(&place)
    }

    /// The action of the policy's own that is defined at `place`.
    #[must_use]
    pub fn action(&self, place: Place) -> Option<&Arc<OwnAction>> {
        self.actions.get(&place)
    }

    fn block(&mut self, policy: &Policy, block: &Block, context: &Context) {
        for item in &block.items {
            self.items.insert(place_of(policy, item), context.clone());
            match item {
                Item::Let(_) | Item::Require(_) | Item::Observe(_) => {}
                Item::Step(step) => {
                    self.steps.insert(step.place, Arc::clone(step));
                    if let Some(block) = handler(step.clauses.on_failure.as_ref()) {
                        self.block(policy, block, context);
                    }
                }
                Item::Verify(place) => {
                    if let Some(block) = handler(place.on_failure.as_ref()) {
                        self.block(policy, block, context);
                    }
                }
                Item::Parallel(parallel) => self.block(policy, &parallel.body, context),
                Item::For(each) => self.block(policy, &each.body, context),
                Item::If(either) => {
                    self.block(policy, &either.body, context);
                    if let Some(block) = &either.otherwise {
                        self.block(policy, block, context);
                    }
                }
                Item::Stage(stage) => {
                    let mut way = Some(stage);
                    let mut owned;
                    while let Some(stage) = way {
                        let inner = Context { stage: Some(Arc::clone(stage)), phase: context.phase };
                        self.block(policy, &stage.body, &inner);
                        if let Some(block) = handler(stage.on_failure.as_ref()) {
                            self.block(policy, block, &inner);
                        }
                        way = match &stage.otherwise {
                            Some(other) => {
                                owned = Arc::new((**other).clone());
                                Some(&owned)
                            }
                            None => None,
                        };
                    }
                }
            }
        }
    }

    fn context(&self, plan: &Plan, index: Index) -> Context {
        let place = place_of_work(&plan.policy, &plan.nodes[index].work);
        self.items.get(&place).cloned().unwrap_or_else(|| Context {
            stage: None,
            phase: plan
                .policy
                .phases
                .iter()
                .position(|phase| *phase.name.text == *plan.nodes[index].phase)
                .unwrap_or(0),
        })
    }

    /// The abstract graph of a plan.
    #[must_use]
    pub fn graph(&self, plan: &Plan) -> Vec<Node> {
        let mut nodes: Vec<Node> = plan
            .nodes
            .iter()
            .map(|node| Node {
                before: Vec::new(),
                block: node.member.map(|member| member.block),
                on_failure: Abstract::Stop,
                within: node
                    .within
                    .iter()
                    .rev()
                    .map(|around| Within { each: around.each, item: around.item, tolerated: around.tolerated })
                    .collect(),
                nearer: 0,
                guard: matches!(node.work, Work::Require(_)),
            })
            .collect();
        for edge in &plan.edges {
            nodes[edge.to.0 as usize].before.push(edge.from.0 as usize);
        }
        let contexts: Vec<Context> = (0..nodes.len()).map(|index| self.context(plan, index)).collect();
        let mut scopes: HashMap<Scope, Arc<[Index]>> = HashMap::new();
        for (index, node) in nodes.iter_mut().enumerate() {
            node.before.sort_unstable();
            node.before.dedup();
            let (policy, scope) = Self::effective(plan, index, &contexts[index]);
            node.nearer = match scope {
                Scope::Item(_) => 0,
                Scope::Stage(stage) => node.within.len() - stage.depth.min(node.within.len()),
                Scope::Phase(_) | Scope::All => node.within.len(),
            };
            let members = |scopes: &mut HashMap<Scope, Arc<[Index]>>| {
                Arc::clone(
                    scopes
                        .entry(scope)
                        .or_insert_with(|| (0..contexts.len()).filter(|&other| scope.holds(plan, other)).collect()),
                )
            };
            node.on_failure = match policy {
                Effective::Otherwise(_) => Abstract::Otherwise(members(&mut scopes)),
                Effective::Said(OnFailure::Stop) => Abstract::Stop,
                Effective::Said(OnFailure::Warn) => Abstract::Warn,
                Effective::Said(OnFailure::Continue) => Abstract::Continue,
                Effective::Said(OnFailure::Undo) => match scope {
                    Scope::Item(index) => Abstract::Undo(Arc::from([index])),
                    _ => Abstract::Undo(members(&mut scopes)),
                },
                Effective::Said(OnFailure::Run(_) | OnFailure::Steps(_)) => Abstract::Handle,
            };
        }
        nodes
    }

    /// What to run when a node has failed and its turn has come.
    #[must_use]
    pub fn handling(&self, plan: &Plan, index: Index) -> Handling {
        match Self::effective(plan, index, &self.context(plan, index)).0 {
            Effective::Otherwise(stage) => Handling::Otherwise(Arc::new(stage)),
            Effective::Said(OnFailure::Run(name)) => Handling::Phase(name.text),
            Effective::Said(OnFailure::Steps(block)) => Handling::Steps(block),
            Effective::Said(_) => Handling::None,
        }
    }

    fn effective(plan: &Plan, index: Index, context: &Context) -> (Effective, Scope) {
        let own = match &plan.nodes[index].work {
            Work::Step(step) => step.clauses.on_failure.clone(),
            Work::Verify(_, place) => place.on_failure.clone(),
            Work::Dynamic(item) => match &**item {
                Item::Step(step) => step.clauses.on_failure.clone(),
                _ => None,
            },
            Work::Require(_) | Work::Bind(_) | Work::Observe(_) => None,
        };
        if let Some(own) = own {
            return (Effective::Said(own), Scope::Item(index));
        }
        if let Some(stage) = &context.stage {
            let scope = Scope::Stage(plan.nodes[index].in_stage);
            if let Some(said) = &stage.on_failure {
                return (Effective::Said(said.clone()), scope);
            }
            if let Some(other) = &stage.otherwise {
                return (Effective::Otherwise((**other).clone()), scope);
            }
        }
        let phase = plan.policy.phases.get(context.phase);
        if let Some(said) = phase.and_then(|phase| phase.on_failure.clone()) {
            return (Effective::Said(said), Scope::Phase(context.phase));
        }
        (Effective::Said(plan.policy.on_failure.clone()), Scope::All)
    }
}

fn handler(policy: Option<&OnFailure>) -> Option<&Block> {
    match policy {
        Some(OnFailure::Steps(block)) => Some(block),
        _ => None,
    }
}

enum Effective {
    Said(OnFailure),
    Otherwise(Stage),
}

/// What `on failure undo` undoes: what it was said for.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Scope {
    Item(Index),
    Stage(InStage),
    Phase(usize),
    All,
}

impl Scope {
    fn holds(self, plan: &Plan, index: Index) -> bool {
        match self {
            Self::Item(item) => item == index,
            Self::Stage(stage) => plan.nodes[index].in_stage == stage,
            Self::Phase(phase) => *plan.policy.phases[phase].name.text == *plan.nodes[index].phase,
            Self::All => true,
        }
    }
}
