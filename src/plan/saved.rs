//! Plans as files: what is written, and how a file becomes a plan again.

use serde_json::Value;

use crate::source::{SourceFile, Sources};

use super::model::{Plan, Saved, SavedNode};
use super::strict::{self, Strict};

/// The version of the form. Any other one is refused.
pub const FORMAT: u32 = 2;

/// The field that holds the digest of all others.
const DIGEST: &str = "digest";

/// The largest plan file that is read.
pub const MAX_FILE: u64 = 256 * 1024 * 1024;

/// Why a file is no plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoPlan {
    /// Not JSON, or not of this shape.
    #[error("it is no saved plan: {0}")]
    Shape(String),
    /// Written in another form.
    #[error("it has form {0}, and this rbk reads form {FORMAT} only")]
    Form(u64),
    /// Written by another version of rbk, whose units may do something else.
    #[error("rbk {0} made it, and this is rbk {this}", this = env!("CARGO_PKG_VERSION"))]
    Version(String),
    /// It is not what was saved.
    #[error("it was changed since it was saved: its digest is {digest}, and it says {said}")]
    Changed {
        /// Of what stands there.
        digest: String,
        /// What the file says.
        said: String,
    },
}

/// What is saved of `plan`.
#[must_use]
pub fn of(plan: &Plan) -> Saved {
    let sources = plan.policy.sources.iter();
    Saved {
        digest: String::new(),
        format: FORMAT,
        rbk: env!("CARGO_PKG_VERSION").to_owned(),
        id: plan.id,
        made: plan.made,
        sources: sources.map(|(_, file)| (file.path.display().to_string(), file.text.to_string())).collect(),
        request: plan.request.clone(),
        policy: plan.policy.name.text.to_string(),
        phases: plan.phases.clone(),
        target: plan.target.clone(),
        params: plan.params.clone(),
        pins: plan.pins.clone(),
        nodes: plan.nodes.iter().map(node).collect(),
        edges: plan.edges.clone(),
        times: plan.times.clone(),
        typical: plan.typical.clone(),
        skipped: plan.skipped.clone(),
        not_undoable: plan.not_undoable(),
        changes: plan.changes(),
        state: None,
    }
}

fn node(node: &super::model::Node) -> SavedNode {
    SavedNode {
        key: node.key.clone(),
        title: node.title.clone(),
        kind: node.work.kind().to_owned(),
        phase: node.phase.clone(),
        stage: node.stage,
        effects: node.effects.clone(),
        gate: node.gate,
        exact: node.exact,
        previews: node.previews.clone(),
        if_it_fails: node.if_it_fails.clone(),
        expectations: node.expectations.clone(),
        shown: node.shown.clone(),
        known_after: node.known_after.clone(),
        undo: node.undo.clone(),
        mitigates: node.mitigates,
        changes: node.may_change(),
        timeout: node.timeout,
        people: node.people,
        worst: node.worst,
    }
}

/// As one JSON document with the digest of itself, and a line end. `state`: the state folder, where that is not the one of
/// the root. `mask` may take secrets out of it.
#[must_use]
pub fn json(plan: &Plan, state: Option<String>, mask: &dyn Fn(&mut Value)) -> String {
    let mut value = serde_json::to_value(Saved { state, ..of(plan) }).expect("a plan is serialisable");
    // Not in what a run reads of it: sources, names and requests. What was pinned, and how calls read, is only compared.
    for pin in value["pins"].as_array_mut().into_iter().flatten() {
        mask(&mut pin["value"]);
    }
    for node in value["nodes"].as_array_mut().into_iter().flatten() {
        mask(&mut node["expectations"]);
        if let Some(shown) = node.get_mut("shown") {
            mask(shown);
        }
        for call in node["previews"].as_array_mut().into_iter().flatten() {
            mask(&mut call["call"]);
            mask(&mut call["preview"]);
        }
    }
    value[DIGEST] = Value::String(digest(&value));
    let mut text = serde_json::to_string_pretty(&value).expect("JSON is serialisable");
    text.push('\n');
    text
}

/// Reads a saved plan; one that is not as it was saved is refused.
pub fn read(text: &str) -> Result<Saved, NoPlan> {
    let Strict(value) = serde_json::from_str(text).map_err(|error| {
        NoPlan::Shape(if error.is_eof() { format!("it is cut short ({error})") } else { error.to_string() })
    })?;
    match value.get("format").and_then(Value::as_u64) {
        Some(format) if format != u64::from(FORMAT) => return Err(NoPlan::Form(format)),
        Some(_) => {}
        None => return Err(NoPlan::Shape("it has no `format`".to_owned())),
    }
    let rbk = value.get("rbk").and_then(Value::as_str).unwrap_or_default();
    if rbk != env!("CARGO_PKG_VERSION") {
        return Err(NoPlan::Version(rbk.to_owned()));
    }
    let (digest, said) = (digest(&value), value.get(DIGEST).and_then(Value::as_str).unwrap_or("nothing").to_owned());
    if digest != said {
        return Err(NoPlan::Changed { digest: shortened(&digest), said: shortened(&said) });
    }
    let saved: Saved = serde_json::from_value(value.clone()).map_err(|error| NoPlan::Shape(error.to_string()))?;
    // What is not read is not run; somebody who reviews it cannot tell.
    let known = serde_json::to_value(&saved).expect("a plan is serialisable");
    match strict::first_unknown(&value, &known) {
        Some(path) => Err(NoPlan::Shape(format!("rbk does not know its field `{path}`"))),
        None => Ok(saved),
    }
}

fn shortened(digest: &str) -> String {
    digest.chars().take(12).collect()
}

/// The blake3 digest of all but [`DIGEST`]: of its compact JSON with the keys in order, so that spaces, line ends and the
/// order of keys do not count.
fn digest(plan: &Value) -> String {
    let mut hasher = blake3::Hasher::new();
    let without = plan.as_object().map(|fields| fields.iter().filter(|(key, _)| *key != DIGEST));
    canonical(&mut hasher, without.into_iter().flatten());
    hasher.finalize().to_hex().to_string()
}

fn canonical<'v>(hasher: &mut blake3::Hasher, fields: impl Iterator<Item = (&'v String, &'v Value)>) {
    let sorted: std::collections::BTreeMap<_, _> = fields.collect();
    hasher.update(b"{");
    for (key, value) in sorted {
        hasher.update(Value::String(key.clone()).to_string().as_bytes()).update(b":");
        feed(hasher, value);
        hasher.update(b",");
    }
    hasher.update(b"}");
}

fn feed(hasher: &mut blake3::Hasher, value: &Value) {
    match value {
        Value::Object(fields) => canonical(hasher, fields.iter()),
        Value::Array(items) => {
            hasher.update(b"[");
            for item in items {
                feed(hasher, item);
                hasher.update(b",");
            }
            hasher.update(b"]");
        }
        plain => {
            hasher.update(plain.to_string().as_bytes());
        }
    }
}

/// The texts that it was made from.
#[must_use]
pub fn sources(saved: &Saved) -> Sources {
    let mut sources = Sources::default();
    for (path, text) in &saved.sources {
        sources.add(SourceFile::new(path, text.as_str()));
    }
    sources
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn whole() -> Value {
        let mut value = json!({
            "format": FORMAT, "rbk": env!("CARGO_PKG_VERSION"), "amount": 0.1 + 0.2, "list": [1, {"b": 1, "a": "ü\n"}],
        });
        value[DIGEST] = Value::String(digest(&value));
        value
    }

    /// What `read` says of a document that is complete but for its shape.
    fn said(value: &Value) -> String {
        read(&value.to_string()).expect_err("it is no plan").to_string()
    }

    #[test]
    fn spaces_and_the_order_of_keys_do_not_count() {
        let value = whole();
        let again: Value = serde_json::from_str(&serde_json::to_string_pretty(&value).expect("JSON")).expect("JSON");
        assert_eq!(digest(&again), digest(&value), "also of numbers that take all their digits");
        let mut turned = json!({"list": [1, {"a": "ü\n", "b": 1}]});
        for key in ["rbk", "digest", "amount", "format"] {
            turned[key] = value[key].clone();
        }
        assert_eq!(digest(&turned), digest(&value));
        assert!(said(&turned).contains("missing field"), "it is whole, only no plan: {}", said(&turned));
    }

    #[test]
    fn any_change_is_noticed() {
        let value = whole();
        for (pointer, new) in [("/amount", json!(0.3)), ("/list/1/a", json!("u")), ("/list/0", json!("1"))] {
            let mut changed = value.clone();
            *changed.pointer_mut(pointer).expect("it is there") = new;
            assert!(said(&changed).starts_with("it was changed"), "{pointer}: {}", said(&changed));
        }
        let mut more = value;
        more["list"].as_array_mut().expect("a list").push(json!(2));
        assert!(said(&more).starts_with("it was changed"));
    }

    #[test]
    fn other_forms_and_versions_are_told_apart_from_edits() {
        let mut value = whole();
        value["rbk"] = json!("9.9.9");
        assert!(said(&value).contains("rbk 9.9.9 made it"), "{}", said(&value));
        value["format"] = json!(99);
        assert!(said(&value).contains("form 99"), "{}", said(&value));
        let text = whole().to_string();
        let cut = read(&text[..text.len() / 2]).expect_err("it is cut").to_string();
        assert!(cut.contains("cut short"), "{cut}");
    }
}
