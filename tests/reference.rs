//! `docs/reference` is written from the registries; this notices when it is stale.
//!
//! `RBK_REFERENCE=update cargo test --test it reference` writes it.

use std::collections::BTreeMap;
use std::fmt::Write;

use rbk::catalogue::signature::{Form, Parameter, Returns, Role, Signature, UndoKind};
use rbk::catalogue::ty::RecordType;
use rbk::diagnostics::{Code, Level};

use crate::support::project;

/// The page is what stands in the file; with `RBK_REFERENCE=update` it is written there.
fn is_fresh(name: &str, page: &str) {
    let path = project().join("docs/reference").join(name);
    if std::env::var("RBK_REFERENCE").is_ok_and(|value| value == "update") {
        std::fs::write(&path, page).unwrap_or_else(|error| panic!("cannot write {}: {error}", path.display()));
    }
    let present = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(present == page, "docs/reference/{name} is stale: RBK_REFERENCE=update cargo test --test it reference");
}

/// Text inside a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

#[test]
fn codes() {
    const GROUPS: &[(&str, &str)] = &[
        ("E00", "Syntax"),
        ("E01", "Names"),
        ("E02", "Types and units"),
        ("E03", "Order and effects"),
        ("E04", "Time"),
        ("E05", "Safety"),
        ("W60", "Advice"),
    ];
    let mut page = String::from(
        "# Diagnostic codes\n\nWritten from the table of codes. `rbk explain CODE` prints a page. Advice fails a check only \
         where it is [denied](../language.md#advice), by its code or by the name of its lint.\n",
    );
    for (prefix, title) in GROUPS {
        let lints = *prefix == "W60";
        let second = if lints { "lint" } else { "level" };
        let _ = write!(page, "\n## {title}\n\n| code | {second} | what is wrong |\n|---|---|---|\n");
        for code in Code::ALL.iter().filter(|code| code.number().starts_with(prefix)) {
            assert_eq!(code.level() == Level::Warning, lints, "{code} stands in the wrong group");
            let cell_two = code.lint().map_or_else(|| "error".to_owned(), |lint| format!("`{lint}`"));
            let _ = writeln!(page, "| [{code}](../codes/{code}.md) | {cell_two} | {} |", cell(code.title()));
        }
    }
    let listed = page.matches("../codes/").count();
    assert_eq!(listed, Code::ALL.len(), "a code stands in no group");
    is_fresh("codes.md", &page);
}

#[test]
fn units() {
    let (actions, probes) = (rbk::actions::all(), rbk::probes::all());
    let signatures = actions.iter().map(|action| action.signature());
    let signatures = signatures.chain(probes.iter().map(|probe| probe.signature()));
    // What is both, a command, stands in both registries under one name.
    let mut families: BTreeMap<&str, BTreeMap<&str, &Signature>> = BTreeMap::new();
    for signature in signatures {
        let family = signature.name.split_once('.').map_or("", |(family, _)| family);
        families.entry(family).or_default().insert(signature.name, signature);
    }
    let mut page = String::from(
        "# Units\n\nWritten from the registry that also checks calls. An *action* changes something and stands in a step; a \
         *probe* only reads and stands in any expression; a *command* is an action in a step and a probe in an expression. \
         Positional parameters come first; those in brackets may be left out. Every call also takes `timeout:`, `retry:` and \
         `fails:`. How an action is taken back is explained under [Undo](../language.md#undo); *gate* means that nothing runs \
         beside it.\n",
    );
    for (family, units) in &families {
        let title = if family.is_empty() { "Commands, time, people" } else { family };
        let _ = write!(page, "\n## {title}\n\n| unit | | gives | taken back |\n|---|---|---|---|\n");
        for signature in units.values() {
            let _ = writeln!(
                page,
                "| [`{}`](../{}) | {}: {} | {} | {} |",
                cell(&usage(signature)),
                signature.page,
                role(signature),
                cell(signature.doc),
                cell(&gives(signature)),
                undo(signature)
            );
        }
    }
    is_fresh("units.md", &page);
}

fn usage(signature: &Signature) -> String {
    let parameters: Vec<String> = signature.params.iter().map(parameter).collect();
    format!("{}({})", signature.name, parameters.join(", "))
}

fn parameter(parameter: &Parameter) -> String {
    let (name, ty) = (parameter.name, parameter.shown_type());
    match parameter.form {
        Form::Positional => (*name).to_owned(),
        Form::OptionalPositional => format!("[{name}]"),
        Form::Required => format!("{name}: {ty}"),
        Form::Optional => format!("[{name}: {}]", ty.trim_end_matches('?')),
        Form::Lazy => format!("{name}: expression"),
        Form::OptionalLazy => format!("[{name}: expression]"),
    }
}

fn role(signature: &Signature) -> &'static str {
    match signature.role {
        Role::Action => "action",
        Role::Probe => "probe",
        Role::Command => "command",
    }
}

fn gives(signature: &Signature) -> String {
    let fields = |record: &RecordType| {
        record.fields.iter().map(|field| format!("`.{}: {}`", field.name, field.ty)).collect::<Vec<_>>().join("<br>")
    };
    match signature.returns {
        Returns::Type(ty) => format!("`{ty}`"),
        Returns::Record(record) => fields(record),
        Returns::Records(record) => format!("a list of<br>{}", fields(record)),
        Returns::None => String::new(),
    }
}

fn undo(signature: &Signature) -> String {
    let kind = match (signature.role, signature.undo) {
        (Role::Probe, _) | (_, UndoKind::Nothing) => "",
        (_, UndoKind::Exact) => "exact",
        (_, UndoKind::Repeat) => "repeat",
        (_, UndoKind::Inverse) => "inverse",
        (_, UndoKind::None) => "none",
    };
    let gate = if signature.gate { "gate" } else { "" };
    [kind, gate].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
}

#[test]
fn functions() {
    let mut page = String::from(
        "# Functions\n\nWritten from the registry. Pure: the same arguments give the same result. `T?` is a value that may be \
         absent.\n\n| function | gives |\n|---|---|\n",
    );
    let mut all: Vec<_> = rbk::check::functions::all().collect();
    all.sort_by_key(|function| function.name);
    for function in all {
        let usages: Vec<String> = function.usage.split(" · ").map(|usage| format!("`{}`", cell(usage))).collect();
        let _ = writeln!(page, "| {} | {} |", usages.join("<br>"), cell(function.doc));
    }
    page.push_str(
        "\n## Over series\n\nIn the conditions of [triggers](../language.md#trigger), over the samples of a metric. A window (`over:`) is \
         undefined until samples span 90 % of it.\n\n| function | gives |\n|---|---|\n",
    );
    for function in rbk::check::series::ALL {
        let _ = writeln!(page, "| `{}` | {} |", cell(function.usage), cell(function.doc));
    }
    is_fresh("functions.md", &page);
}

#[test]
fn exit_codes() {
    let page = crate::support::text_of(&project().join("docs/cli.md"));
    for (exit, meaning) in rbk::cli::exit::Exit::TABLE {
        let row = format!("| {} | {meaning} |", *exit as u8);
        assert!(page.contains(&row), "docs/cli.md has no row `{row}`");
    }
    let rows = page.lines().filter(|line| {
        let number = line.strip_prefix("| ").and_then(|rest| rest.split_once(' ')).map(|(number, _)| number);
        number.is_some_and(|number| number.parse::<u8>().is_ok())
    });
    assert_eq!(rows.count(), rbk::cli::exit::Exit::TABLE.len(), "docs/cli.md has another exit code");
}

#[test]
fn every_verb_and_flag_is_on_the_page_of_the_command_line() {
    let page = crate::support::text_of(&project().join("docs/cli.md"));
    let sandbox = crate::support::Sandbox::new();
    let help = sandbox.run(["--help"]).exits(0);
    let listed = help.stdout().split("Commands:").nth(1).and_then(|rest| rest.split("Options:").next());
    let verbs: Vec<&str> =
        listed.unwrap_or_default().lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert!(verbs.len() > 5, "no verbs were found in the help");
    let flag = regex::Regex::new(r"(?m)^ +(?:-\w, )?(--[a-z-]+)").expect("the pattern is well formed");
    let mut wrong = Vec::new();
    for verb in verbs {
        if !page.contains(&format!("`rbk {verb}")) {
            wrong.push(format!("the verb `{verb}`"));
        }
        let help = sandbox.run([verb, "--help"]).exits(0);
        let flags = flag.captures_iter(help.stdout()).map(|found| found[1].to_owned());
        wrong
            .extend(flags.filter(|flag| flag != "--help" && !page.contains(flag)).map(|flag| format!("{verb} {flag}")));
    }
    crate::support::none_wrong("docs/cli.md does not mention", &wrong);
}
