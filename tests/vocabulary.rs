//! An action of one's own is nothing but its calls: a policy that calls it has the plan of one that has them written out.

use std::fmt::Write;
use std::sync::Arc;

use proptest::prelude::*;
use rbk::check::expand::{ExpandedCall, Pinning, Selection, expand};
use rbk::check::nodes::order_nodes;
use rbk::check::order;
use rbk::diagnostics::Report;
use rbk::source::{FileId, SourceFile, Sources};

use crate::support::Sandbox;

/// What a step may do with two paths, in a policy's words: `P` and `Q` stand for them.
const CALLS: &[&str] = &[
    "file.copy(P, to: Q)",
    "file.remove(P)",
    "file.write(Q, \"text of ${P}\")",
    "file.move(Q, to: P)",
    "exec([\"./tool\", \"${P}\"])",
    "wait(1s)",
    "expect file.exists(P)",
    "require file.exists(Q), \"no ${Q}\"",
    "let found = file.text(P); file.append(Q, found)",
    "for name in [\"a\", \"b\"] { file.remove(\"${P}/${name}\") }",
    "if file.exists(P) { file.remove(Q) } else { file.copy(P, to: Q) }",
];

/// What a step or an action may say of its calls.
const CLAUSES: &[&str] = &[
    "",
    "touches P",
    "writes P, \"more\"",
    "reads Q",
    "undo none",
    "undo { file.remove(P) }",
    "irreversible \"it is ${P}\"",
    "done when file.exists(P)",
];

const PATHS: &[&str] = &["a", "b", "a/c", "deep/d", "e"];

#[derive(Clone, Debug)]
struct Does {
    calls: Vec<usize>,
    clause: usize,
    p: usize,
    q: usize,
    /// Through how many actions.
    depth: usize,
    imported: bool,
}

fn does() -> impl Strategy<Value = Does> {
    let calls = prop::collection::vec(0..CALLS.len(), 1..4);
    (calls, 0..CLAUSES.len(), 0..PATHS.len(), 0..PATHS.len(), 1_usize..3, any::<bool>())
        .prop_map(|(calls, clause, p, q, depth, imported)| Does { calls, clause, p, q, depth, imported })
}

/// A template with something in the place of its two paths; inside `${…}` the name alone.
fn filled(text: &str, p: &str, q: &str) -> String {
    let (bare_p, bare_q) = (p.trim_matches('"'), q.trim_matches('"'));
    let literal = p.starts_with('"');
    let holes = if literal {
        text.replace("${P}", bare_p).replace("${Q}", bare_q)
    } else {
        text.replace("${P}", "${p}").replace("${Q}", "${q}")
    };
    let mut out = String::new();
    let mut chars = holes.chars().peekable();
    let mut before = ' ';
    while let Some(char) = chars.next() {
        let alone = !before.is_alphanumeric() && chars.peek().is_none_or(|next| !next.is_alphanumeric());
        match char {
            'P' if alone => out.push_str(p),
            'Q' if alone => out.push_str(q),
            other => out.push(other),
        }
        before = char;
    }
    out
}

/// The policy by hand, and the same with actions, with the file that it imports.
fn texts(steps: &[Does]) -> (String, String, String) {
    let head = "policy p \"P\" { root \".\" }\n";
    let (mut hand, mut own, mut library) =
        (head.to_owned(), format!("{head}import \"lib.rbk\" as lib\n"), String::from("let unused = 1\n"));
    let (mut by_hand, mut by_own) = (String::new(), String::new());
    for (number, step) in steps.iter().enumerate() {
        let written = |p: &str, q: &str| {
            let calls = step.calls.iter().enumerate();
            let calls = calls.map(|(at, call)| filled(CALLS[*call], p, q).replace("found", &format!("found_{at}")));
            (calls.collect::<Vec<_>>().join("\n"), filled(CLAUSES[step.clause], p, q))
        };
        let (p, q) = (format!("\"{}\"", PATHS[step.p]), format!("\"{}\"", PATHS[step.q]));
        let (calls, clause) = written(&p, &q);
        let _ = writeln!(by_hand, "step s{number} {{\n{calls}\n{clause}\n}}");
        let file = if step.imported { &mut library } else { &mut own };
        let (calls, clause) = written("p", "q");
        let _ = writeln!(file, "action a{number}_1(p: path, q: path) {{\nrun {{\n{calls}\n}}\n{clause}\n}}");
        for depth in 2..=step.depth {
            let inner = depth - 1;
            let _ =
                writeln!(file, "action a{number}_{depth}(q: path, p: path) {{ run {{ a{number}_{inner}(p, q) }} }}");
        }
        let prefix = if step.imported { "lib." } else { "" };
        let _ = writeln!(by_own, "step s{number} {{ {prefix}a{number}_{}(p: {p}, q: {q}) }}", step.depth);
    }
    let _ = write!(hand, "phase main {{\n{by_hand}verify v {{ expect true }}\n}}\n");
    let _ = write!(own, "phase main {{\n{by_own}verify v {{ expect true }}\n}}\n");
    (hand, own, library)
}

/// Everything that orders and bounds the nodes of a policy.
fn plan_of(files: &[(&str, &str)]) -> Result<String, String> {
    let (mut sources, mut report, mut trees) = (Sources::default(), Report::default(), Vec::new());
    for (path, text) in files {
        sources.add(SourceFile::new(*path, *text));
    }
    for id in 0..files.len() as u16 {
        trees.push((FileId(id), rbk::syntax::parse(FileId(id), sources.get(FileId(id)), &mut report)));
    }
    let policy = rbk::check::check(&sources, &trees, &rbk::catalogue(), &mut report);
    let policy = Arc::new(policy.ok_or_else(|| format!("{files:#?}\n{:#?}", report.diagnostics))?);
    let expansion =
        expand(&policy, &Selection::default(), std::collections::BTreeMap::new(), &Pinning::default(), None);
    let order = order::order(&order_nodes(&expansion.nodes));
    let mut text = String::new();
    for node in &expansion.nodes {
        let (mut reads, mut writes) = (node.effects.reads.clone(), node.effects.writes.clone());
        // Which stands first does not matter.
        reads.sort_by_key(|resource| format!("{resource:?}"));
        writes.sort_by_key(|resource| format!("{resource:?}"));
        reads.dedup();
        writes.dedup();
        let call = |call: &ExpandedCall| {
            let signature = call.call.signature();
            let args: Vec<_> = signature.params.iter().map(|param| call.args.get(param.name)).collect();
            format!("{} {args:?} exact {}", signature.name, call.exact)
        };
        let calls: Vec<_> = node.calls.iter().map(call).collect();
        let _ = writeln!(
            text,
            "{} reads {reads:?} writes {writes:?} gate {} inexact {} changes {} worst {:?}\n  {calls:?}",
            node.key,
            node.gate,
            node.inexact.is_some(),
            node.changes,
            node.worst
        );
    }
    for edge in order.direct(expansion.nodes.len()) {
        let _ = writeln!(text, "{} after {}", expansion.nodes[edge.to].key, expansion.nodes[edge.from].key);
    }
    Ok(text)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_action_has_the_plan_of_its_calls(steps in prop::collection::vec(does(), 1..6)) {
        let (hand, own, library) = texts(&steps);
        let expected = plan_of(&[("hand.rbk", &hand)]);
        let found = plan_of(&[("own.rbk", &own), ("lib.rbk", &library)]);
        prop_assert!(expected.is_ok(), "{expected:?}");
        prop_assert_eq!(&found, &expected, "{}\n{}\n{}", hand, own, library);
    }
}

/// Actions that each call the one before twice come to so many calls that no plan could hold them: refused, at once.
#[test]
fn doubling_without_end_is_refused() {
    let mut text = String::from("policy p \"P\" { root \".\" }\naction a0() { run { file.remove(\"x\") } }\n");
    for number in 1..60 {
        let before = number - 1;
        let _ = writeln!(text, "action a{number}() {{ run {{ a{before}(); a{before}() }} }}");
    }
    text.push_str("phase main { step s { a59() } verify v { expect true } }\n");
    let text = text.replace("} verify", "}\nverify");
    Sandbox::new().file("p.rbk", text).run(["check", "p.rbk"]).exits(2).does_not_crash().stderr_has("E0006");
}

/// A thousand files that import each other in a row are refused, not followed until the stack ends.
#[test]
fn imports_nest_so_deep_at_most() {
    let mut sandbox = Sandbox::new()
        .file("p.rbk", "policy p \"P\" { root \".\" }\nimport \"f0.rbk\" as f\nphase main { require f.up() }\n");
    for number in 0..200 {
        let next = number + 1;
        sandbox = sandbox
            .file(&format!("f{number}.rbk"), format!("import \"f{next}.rbk\" as f\nprobe up(): bool = f.up()\n"));
    }
    sandbox.run(["check", "p.rbk"]).exits(2).does_not_crash().stderr_has("E0006");
}
