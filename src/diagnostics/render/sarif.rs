//! Diagnostics as a SARIF 2.1.0 log, which code-scanning services read.
//!
//! Lines and columns count from 1, columns in UTF-16 units (what SARIF takes when nothing else is said, and what its
//! readers assume), ends are exclusive. A rule's page is embedded: `helpUri` must be absolute, and pages have no address.

use std::collections::BTreeMap;
use std::path::Path;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::diagnostics::{Code, Diagnostic, Fix, Level};
use crate::source::{FileId, Place, SourceFile, Sources, Span};

/// What a path of a URI holds as it is (RFC 3986, `pchar` and `/`), but for `:`, which would make a scheme of a name.
const PATH: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/').remove(b'+').remove(b'@');

/// The findings of several compilations as one run of the tool.
pub fn render_all(sets: &[(&Sources, &[Diagnostic])]) -> String {
    let all = || sets.iter().flat_map(|(sources, found)| found.iter().map(move |one| (*sources, one)));
    let mut index: BTreeMap<Code, usize> = all().map(|(_, found)| (found.code, 0)).collect();
    index.values_mut().enumerate().for_each(|(at, index)| *index = at);
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "rbk",
                "version": env!("CARGO_PKG_VERSION"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": index.keys().map(|code| rule(*code)).collect::<Vec<_>>(),
            } },
            "columnKind": "utf16CodeUnits",
            "results": all().map(|(sources, found)| result(found, index[&found.code], sources)).collect::<Vec<_>>(),
        }],
    });
    let mut text = serde_json::to_string_pretty(&log).expect("a JSON value has string keys only");
    text.push('\n');
    text
}

fn rule(code: Code) -> Value {
    json!({
        "id": code.number(),
        "name": format!("{code:?}"),
        "shortDescription": { "text": code.title() },
        "help": { "text": code.page(), "markdown": code.page() },
        "defaultConfiguration": { "level": level(code.level()) },
        "properties": { "page": format!("docs/codes/{code}.md") },
    })
}

fn result(found: &Diagnostic, rule: usize, sources: &Sources) -> Value {
    let label = Some(&found.labels[0].text).filter(|text| !text.is_empty());
    let parts = [Some(&found.message), label, found.help.as_ref()];
    let message = parts.into_iter().flatten().cloned().collect::<Vec<_>>().join("\n");
    let mut result = json!({
        "ruleId": found.code.number(),
        "ruleIndex": rule,
        "level": level(found.level),
        "message": { "text": message },
        "locations": [{ "physicalLocation": location(found.place(), sources) }],
    });
    let related = found.labels.iter().skip(1).enumerate().map(|(id, label)| {
        json!({
            "id": id,
            "physicalLocation": location(label.place, sources),
            "message": { "text": label.text },
        })
    });
    let related: Vec<_> = related.collect();
    if !related.is_empty() {
        result["relatedLocations"] = Value::from(related);
    }
    if let Some(found) = &found.fix {
        result["fixes"] = json!([fix(found, sources)]);
    }
    result
}

fn fix(fix: &Fix, sources: &Sources) -> Value {
    let mut files: BTreeMap<FileId, Vec<Value>> = BTreeMap::new();
    for (place, text) in &fix.edits {
        files.entry(place.file).or_default().push(json!({
            "deletedRegion": region(place.span, sources.get(place.file)),
            "insertedContent": { "text": text },
        }));
    }
    let changes = files
        .into_iter()
        .map(|(file, edits)| json!({ "artifactLocation": artifact(&sources.get(file).path), "replacements": edits }));
    json!({ "description": { "text": fix.title }, "artifactChanges": changes.collect::<Vec<_>>() })
}

fn location(place: Place, sources: &Sources) -> Value {
    let file = sources.get(place.file);
    json!({ "artifactLocation": artifact(&file.path), "region": region(place.span, file) })
}

/// A path as a URI: relative to where the check ran, as given, or a `file:` one.
fn artifact(path: &Path) -> Value {
    let text = utf8_percent_encode(&path.to_string_lossy(), PATH).to_string();
    if path.is_absolute() {
        return json!({ "uri": format!("file://{text}") });
    }
    json!({ "uri": text, "uriBaseId": "%SRCROOT%" })
}

fn region(span: Span, file: &SourceFile) -> Value {
    let (line, column) = utf16(file, span.start);
    let (end_line, end_column) = utf16(file, span.end);
    json!({ "startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column })
}

fn utf16(file: &SourceFile, offset: u32) -> (usize, usize) {
    let line = file.line(offset);
    let before = Span::new(file.line_span(line).start, offset.min(file.text.len() as u32));
    (line, file.slice(before).encode_utf16().count() + 1)
}

const fn level(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Advice => "note",
    }
}
