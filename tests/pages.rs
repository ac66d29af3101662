//! Pages are executed: what a page shows as right is right, and what it shows as wrong is wrong in the way it says.
//!
//! In `docs/` and the README a block ```` ```rbk ```` is a whole policy. Marks say that it is a part: `items` (of a file
//! without its `policy`), `phase` (of a phase), `step` (of a step). `error` gives the code that the page is about;
//! `escaped` lets it hold bytes that Markdown cannot (`\x00`); `later` is understood but not executed yet.

use std::collections::BTreeSet;

use rbk::diagnostics::Code;

use crate::support::markdown::{Block, blocks};
use crate::support::{Sandbox, files_below, none_wrong, project, short, text_of};

/// Codes whose mistake no page can show; each has a test of its own instead.
const NOT_SHOWN: &[Code] = &[Code::TooLarge];

/// The whole policy that a block stands for.
pub fn policy(block: &Block) -> Vec<u8> {
    const HEAD: &str = "policy page \"A page\" { root \".\" }\n";
    let text = &block.text;
    let text = if block.is("items") {
        format!("{HEAD}{text}")
    } else if block.is("phase") {
        format!("{HEAD}phase page \"A page\" {{\n{text}}}\n")
    } else if block.is("step") {
        format!("{HEAD}phase page \"A page\" {{\nstep page \"A page\" {{\n{text}}}\n}}\n")
    } else {
        text.clone()
    };
    if block.is("escaped") { unescaped(&text) } else { text.into_bytes() }
}

/// `\xNN` as the byte that it names.
fn unescaped(text: &str) -> Vec<u8> {
    let mut pieces = text.split("\\x");
    let mut bytes = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        let (number, rest) = piece.split_at(2);
        bytes.push(u8::from_str_radix(number, 16).expect("two hexadecimal digits follow `\\x`"));
        bytes.extend_from_slice(rest.as_bytes());
    }
    bytes
}

/// What `rbk check` says of a policy: its exit code, the codes it found, and all of its output.
fn checked(sandbox: &Sandbox, block: &Block) -> (i32, BTreeSet<String>, String) {
    sandbox.write("page.rbk", policy(block));
    let ran = sandbox.run(["check", "--format", "json", "page.rbk"]).does_not_crash();
    let mut codes = BTreeSet::new();
    if let Ok(document) = serde_json::from_str(ran.stdout()) {
        collect(&document, &mut codes);
    }
    (ran.code(), codes, format!("{}{}", ran.stdout(), ran.stderr()))
}

/// Every text under a key `code`.
fn collect(value: &serde_json::Value, into: &mut BTreeSet<String>) {
    match value {
        serde_json::Value::Object(fields) => {
            into.extend(fields.get("code").and_then(|code| code.as_str()).map(str::to_owned));
            fields.values().for_each(|value| collect(value, into));
        }
        serde_json::Value::Array(items) => items.iter().for_each(|value| collect(value, into)),
        _ => {}
    }
}

/// Why a block that is shown as right is not.
fn not_right(sandbox: &Sandbox, name: &str, block: &Block) -> Option<String> {
    let (exit, codes, output) = checked(sandbox, block);
    let later = block.is("later") && codes.iter().all(|code| code == Code::NotAvailable.number());
    (exit != 0 && !later).then(|| format!("{name}:{}: does not pass `rbk check`\n{output}", block.line))
}

#[test]
fn every_code_has_a_page_that_shows_the_mistake_and_its_mending() {
    let sandbox = Sandbox::new();
    let mut wrong = Vec::new();
    for code in Code::ALL {
        let name = format!("docs/codes/{code}.md");
        let page = code.page();
        let examples: Vec<Block> = blocks(page).into_iter().filter(|block| block.language == "rbk").collect();
        let (bad, good): (Vec<_>, Vec<_>) = examples.iter().partition(|block| block.is("error"));
        if !page.starts_with(&format!("# {code}")) {
            wrong.push(format!("{name}: the page does not begin with `# {code}`"));
        }
        if (bad.is_empty() || good.is_empty()) && !NOT_SHOWN.contains(code) {
            wrong.push(format!("{name}: shows no mistake (```rbk,error) or no mending (```rbk)"));
        }
        for block in bad {
            let (_, codes, output) = checked(&sandbox, block);
            if codes != BTreeSet::from([code.to_string()]) {
                wrong.push(format!("{name}:{}: gives {codes:?}\n{output}", block.line));
            }
        }
        for block in good {
            let (exit, codes, output) = checked(&sandbox, block);
            if exit != 0 || !codes.is_empty() {
                wrong.push(format!("{name}:{}: is not clean, {codes:?}\n{output}", block.line));
            }
        }
    }
    none_wrong("pages of codes", &wrong);
}

#[test]
fn every_page_of_a_code_belongs_to_one() {
    let known: BTreeSet<String> = Code::ALL.iter().map(|code| format!("docs/codes/{code}.md")).collect();
    let pages: BTreeSet<String> = files_below("docs/codes", ".md").iter().map(|path| short(path)).collect();
    let forgotten: Vec<String> = pages.difference(&known).cloned().collect();
    none_wrong("pages of no code", &forgotten);
}

#[test]
fn every_unit_has_a_page_that_begins_with_its_name_and_shows_it() {
    let (actions, probes) = (rbk::actions::all(), rbk::probes::all());
    let actions = actions.iter().map(|action| action.signature());
    let signatures: Vec<_> = actions.chain(probes.iter().map(|probe| probe.signature())).collect();
    assert!(signatures.len() > 30, "only {} units are registered", signatures.len());
    let mut wrong = Vec::new();
    let mut known = BTreeSet::new();
    for signature in signatures {
        let name = format!("docs/{}", signature.page);
        known.insert(name.clone());
        let Ok(page) = std::fs::read_to_string(project().join(&name)) else {
            wrong.push(format!("{name}: there is no such page, for `{}`", signature.name));
            continue;
        };
        if !page.starts_with(&format!("# {}", signature.name)) {
            wrong.push(format!("{name}: the page does not begin with `# {}`", signature.name));
        }
        // The examples are checked with those of all pages; here it matters that one shows the unit.
        let call = format!("{}(", signature.name);
        if !blocks(&page).iter().any(|block| block.language == "rbk" && block.text.contains(&call)) {
            wrong.push(format!("{name}: no ```rbk block calls `{}`", signature.name));
        }
        for parameter in signature.params {
            if !page.contains(parameter.name) {
                wrong.push(format!("{name}: does not mention `{}`", parameter.name));
            }
        }
    }
    for folder in ["docs/actions", "docs/probes"] {
        let pages = files_below(folder, ".md").into_iter().map(|path| short(&path));
        wrong.extend(pages.filter(|page| !known.contains(page)).map(|page| format!("{page}: no unit has this page")));
    }
    none_wrong("pages of units", &wrong);
}

#[test]
fn every_type_in_the_registries_can_be_read() {
    use rbk::catalogue::signature::{Form, Returns};
    use rbk::catalogue::ty::Type;
    let (actions, probes) = (rbk::actions::all(), rbk::probes::all());
    let actions = actions.iter().map(|action| action.signature());
    let mut wrong = Vec::new();
    for signature in actions.chain(probes.iter().map(|probe| probe.signature())) {
        let mut types: Vec<&str> = match signature.returns {
            Returns::Type(ty) => vec![ty],
            Returns::Record(record) | Returns::Records(record) => record.fields.iter().map(|field| field.ty).collect(),
            Returns::None => Vec::new(),
        };
        let evaluated = signature.params.iter().filter(|param| !matches!(param.form, Form::Lazy | Form::OptionalLazy));
        types.extend(evaluated.map(rbk::catalogue::signature::Parameter::shown_type));
        let unread = types.into_iter().filter(|ty| Type::parse(ty).is_none());
        wrong.extend(unread.map(|ty| format!("{}: `{ty}`", signature.name)));
    }
    none_wrong("types that cannot be read", &wrong);
}

#[test]
fn every_policy_in_the_docs_passes_check() {
    let sandbox = Sandbox::new();
    let codes = project().join("docs/codes");
    let pages = files_below("docs", ".md").into_iter().filter(|path| !path.starts_with(&codes));
    let pages = pages.chain(files_below("examples", ".md")).chain([project().join("README.md")]);
    let mut wrong = Vec::new();
    let mut seen = 0;
    for path in pages {
        for block in blocks(&text_of(&path)).iter().filter(|block| block.language == "rbk") {
            seen += 1;
            wrong.extend(not_right(&sandbox, &short(&path), block));
        }
    }
    none_wrong("policies in the docs", &wrong);
    assert!(seen > 20, "only {seen} policies were found in the docs");
}

#[test]
fn every_example_passes_check_and_is_formatted() {
    let examples = files_below("examples", ".rbk");
    assert!(!examples.is_empty(), "there are no examples");
    for path in examples {
        let sandbox = Sandbox::new().file("example.rbk", text_of(&path));
        sandbox.run(["check", "--deny", "warnings", "example.rbk"]).exits(0);
        sandbox.run(["fmt", "--check", "example.rbk"]).exits(0);
    }
}

#[test]
fn links_between_pages_lead_somewhere() {
    let link = regex::Regex::new(r"\]\(([^)\s#]+)(?:#[^)]*)?\)").expect("the pattern is well formed");
    let mut wrong = Vec::new();
    let top = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"].map(|name| project().join(name));
    let folders = ["docs", "examples", "benches", "editor", "tests", "grammar"];
    for path in folders.iter().flat_map(|folder| files_below(folder, ".md")).chain(top) {
        let text = text_of(&path);
        for target in link.captures_iter(&text).map(|found| found[1].to_owned()) {
            let beside = path.parent().expect("a page stands in a folder").join(&target);
            if !target.contains("://") && !beside.exists() {
                wrong.push(format!("{}: {target}", short(&path)));
            }
        }
    }
    none_wrong("links that lead nowhere", &wrong);
}
