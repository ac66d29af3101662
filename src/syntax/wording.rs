//! What a refusal of the grammar is called in words.
//!
//! Owns the category of each rule and the text of reports about single statements. It must not look at structure: that
//! is the work of `recover`.

use pest::error::{ErrorVariant, InputLocation};

use super::grammar::{self, Failure, Rule};
use super::words;
use crate::diagnostics::{Code, Diagnostic};
use crate::source::{FileId, Place, Span};

/// The statement that was refused.
pub(super) struct Context<'t> {
    pub file: FileId,
    pub text: &'t str,
    /// Where its text begins in the file.
    pub base: u32,
    /// Whether it is a top-level item.
    pub top: bool,
}

impl Context<'_> {
    fn place(&self, start: usize, end: usize) -> Place {
        Place::new(self.file, Span::new(self.base + start as u32, self.base + end as u32))
    }

    fn first_word(&self) -> &str {
        word_at(self.text, 0)
    }
}

/// The report for a statement that the grammar refused.
pub(super) fn explain(failure: &Failure, context: &Context) -> Diagnostic {
    let at = furthest(failure);
    let wanted = wanted(failure);
    let found = found_at(context.text, at);
    let place = context.place(at, at + found.length);
    foreign_blank(context, at)
        .or_else(|| foreign_text(context, at))
        .or_else(|| unknown_item(context))
        .or_else(|| reserved_name(context, &wanted, at))
        .or_else(|| hyphen(context, at))
        .or_else(|| missing_equals(context, &wanted, at))
        .or_else(|| without_parentheses(context, at))
        .or_else(|| bare_path(context, &wanted, at))
        .or_else(|| missing_colon(context, &wanted, at))
        .or_else(|| second_statement(context, &wanted, at, &found))
        .unwrap_or_else(|| {
            let list = alternatives(context.text, at, &wanted);
            let message = if list.is_empty() || wanted.contains(&Wanted::End) {
                format!(
                    "unexpected {}",
                    found.text.trim_start_matches("a ").trim_start_matches("an ").trim_start_matches("the ")
                )
            } else {
                format!("expected {list}, found {}", found.text)
            };
            let report = Diagnostic::new(Code::UnexpectedToken, place, message);
            let report = match dotted_word(context.text) {
                "" => report,
                word => report.label(format!("in this `{word}`")),
            };
            let report = match missing_comma(context, at) {
                Some(Missing::Comma(end)) => {
                    let here = context.place(end, end);
                    return report.help("write `,` before it").fix("write `,` before it", here, ",");
                }
                Some(Missing::Instead(help)) => return report.help(help),
                None => report,
            };
            match shape(context.first_word(), &wanted, &found) {
                Some(help) => report.help(help),
                None => report,
            }
        })
}

/// How a statement that begins with `word` is written, where that helps.
fn shape(word: &str, wanted: &[Wanted], found: &Found) -> Option<String> {
    Some(match word {
        "for" if wanted.contains(&Wanted::Word("`in`")) => format!("write `in` instead of {}", found.text),
        "step" | "stage" | "phase" | "scenario" | "severity" | "verify" => {
            format!("write `{word} name \"what it is\" {{ … }}`")
        }
        "param" => "write `param name: type = default \"what it is\"`".to_owned(),
        "let" if wanted.contains(&Wanted::Word("else")) => {
            "write `if … then … else …`: it always has a value".to_owned()
        }
        _ => return None,
    })
}

/// The report of a missing `{`, when a block would have been right where the grammar stopped.
pub(super) fn expects_block(failure: &Failure, context: &Context) -> Option<Diagnostic> {
    let at = furthest(failure);
    let found = found_at(context.text, at);
    let place = context.place(at, at + found.length);
    wanted(failure).contains(&Wanted::Block).then(|| {
        Diagnostic::new(Code::UnexpectedToken, place, format!("expected `{{`, found {}", found.text))
            .label(format!("the block of this `{}` begins here", context.first_word()))
            .help("write `{` before it")
    })
}

/// Where the grammar stopped.
pub(super) fn furthest(failure: &Failure) -> usize {
    match failure.location {
        InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
    }
}

/// What would have been right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Wanted {
    Item,
    Statement,
    Value,
    Name,
    Type,
    Equals,
    String,
    Block,
    Params,
    Word(&'static str),
    Key,
    Operator,
    End,
}

impl Wanted {
    const fn text(self) -> &'static str {
        match self {
            Self::Item => "an item",
            Self::Statement => "a statement",
            Self::Value => "a value",
            Self::Name => "a name",
            Self::Type => "`:`",
            Self::Equals => "`=`",
            Self::String => "a string",
            Self::Block => "`{`",
            Self::Params => "`(`",
            Self::Word(word) => word,
            Self::Key => "a key",
            Self::Operator => "an operator",
            Self::End => "the end of the line",
        }
    }
}

fn wanted(failure: &Failure) -> Vec<Wanted> {
    let ErrorVariant::ParsingError { positives, .. } = &failure.variant else { return Vec::new() };
    let mut wanted: Vec<_> = positives.iter().filter_map(|rule| category(*rule)).collect();
    wanted.sort_unstable();
    wanted.dedup();
    if wanted.contains(&Wanted::Value) {
        wanted.retain(|wanted| !matches!(wanted, Wanted::Name | Wanted::String)); // each is a value
    }
    wanted
}

#[allow(clippy::match_same_arms, reason = "rows by kind of rule")]
/// The category of a rule; `None` for what is possible almost anywhere and would only be noise.
const fn category(rule: Rule) -> Option<Wanted> {
    Some(match rule {
        Rule::item | Rule::item_word => Wanted::Item,
        Rule::policy | Rule::import | Rule::use_item | Rule::param | Rule::secret | Rule::environment => Wanted::Item,
        Rule::severity | Rule::role | Rule::contact | Rule::escalation | Rule::channel | Rule::template => Wanted::Item,
        Rule::metric | Rule::trigger | Rule::phase | Rule::preflight | Rule::prepare | Rule::incident => Wanted::Item,
        Rule::on | Rule::every | Rule::action | Rule::probe | Rule::test | Rule::host => Wanted::Item,
        Rule::lone | Rule::statement | Rule::opener | Rule::clause | Rule::entry_line | Rule::bare => Wanted::Statement,
        Rule::let_item | Rule::step | Rule::stage | Rule::scenario | Rule::verify | Rule::observe => Wanted::Statement,
        Rule::parallel | Rule::always | Rule::undo | Rule::run | Rule::for_item | Rule::if_item => Wanted::Statement,
        Rule::generic_start | Rule::value_if | Rule::body => Wanted::Statement,
        Rule::value | Rule::cond | Rule::expr | Rule::expr_or_map | Rule::operand | Rule::primary => Wanted::Value,
        Rule::quantity | Rule::list | Rule::group | Rule::choose | Rule::map | Rule::argument | Rule::prefix => {
            Wanted::Value
        }
        Rule::name | Rule::flag | Rule::word | Rule::formal | Rule::free_start => Wanted::Name,
        Rule::string | Rule::raw | Rule::raw_hash => Wanted::String,
        Rule::typed => Wanted::Type,
        Rule::assigned => Wanted::Equals,
        Rule::block => Wanted::Block,
        Rule::params => Wanted::Params,
        Rule::in_word => Wanted::Word("`in`"),
        Rule::then_word => Wanted::Word("`then`"),
        Rule::else_word => Wanted::Word("`else`"),
        Rule::alias => Wanted::Word("`as`"),
        Rule::entry | Rule::key => Wanted::Key,
        Rule::infix => Wanted::Operator,
        Rule::EOI | Rule::end | Rule::msep => Wanted::End,
        Rule::equals | Rule::call | Rule::index | Rule::field | Rule::optional | Rule::comma => return None,
        Rule::tail | Rule::labelled | Rule::marked | Rule::marker | Rule::label | Rule::reserved => return None,
        Rule::instead | Rule::cadence | Rule::during | Rule::each | Rule::filter | Rule::pace => return None,
        Rule::gather | Rule::sorted | Rule::descending | Rule::vouched => return None,
        Rule::one_by_one | Rule::at_most | Rule::at_once | Rule::tolerate => return None,
        Rule::stop | Rule::no_infix | Rule::hole | Rule::text | Rule::text3 | Rule::calm | Rule::eow | Rule::b => {
            return None;
        }
    })
}

/// `` `=`, `:` or `(` ``; inside a bracket also what closes it.
fn alternatives(text: &str, at: usize, wanted: &[Wanted]) -> String {
    let operator = wanted.contains(&Wanted::Operator);
    let mut list: Vec<&str> = wanted
        .iter()
        .filter(|wanted| !matches!(wanted, Wanted::End | Wanted::Operator))
        .map(|wanted| wanted.text())
        .collect();
    // Behind a complete value an operator is always possible; what closes the bracket says more.
    if (operator || list.is_empty())
        && let Some(closer) = innermost_closer(&text[..at])
    {
        list.extend(["`,`", closer]);
    } else if operator && list.is_empty() {
        list.push(Wanted::Operator.text());
    }
    list.truncate(4);
    match list.as_slice() {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [before @ .., end] => format!("{} or {end}", before.join(", ")),
    }
}

/// The closer of the innermost bracket that is open at the end of `text`.
fn innermost_closer(text: &str) -> Option<&'static str> {
    let mut open = Vec::new();
    let mut quoted = false;
    for byte in text.bytes() {
        match byte {
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'(' => open.push("`)`"),
            b'[' => open.push("`]`"),
            b'{' => open.push("`}`"),
            b')' | b']' | b'}' => {
                open.pop();
            }
            _ => {}
        }
    }
    open.pop()
}

/// What stands where the grammar stopped.
struct Found {
    text: String,
    length: usize,
}

fn found_at(text: &str, at: usize) -> Found {
    let rest = &text[at..];
    let Some(first) = rest.chars().next().filter(|first| *first != '\n') else {
        return Found { text: "the end of the line".to_owned(), length: 0 };
    };
    let word = word_at(text, at);
    if !word.is_empty() {
        return Found { text: format!("`{word}`"), length: word.len() };
    }
    if first == '"' {
        return Found { text: "a string".to_owned(), length: 1 };
    }
    let symbols = rest.bytes().take_while(|byte| b"=<>!&|".contains(byte)).count();
    let length = if symbols > 0 { symbols } else { first.len_utf8() };
    Found { text: format!("`{}`", &rest[..length]), length }
}

/// The name that a statement begins with: `timeout`, `file.remove`.
fn dotted_word(text: &str) -> &str {
    let end = text.bytes().position(|byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.')));
    text[..end.unwrap_or(text.len())].trim_end_matches('.')
}

/// What is missing between two values inside a bracket.
enum Missing {
    /// A comma, at this place.
    Comma(usize),
    /// Something else, as this help says.
    Instead(String),
}

/// `[1 2]`, `f("a" to: "b")`, `f(5 s)`, `f(x, to "b")`: a value right behind another.
fn missing_comma(context: &Context, at: usize) -> Option<Missing> {
    let before = context.text[..at].trim_end();
    let next =
        context.text[at..].chars().next().filter(|next| next.is_ascii_alphanumeric() || "\"[{_".contains(*next))?;
    let complete = |last: char| last.is_ascii_alphanumeric() || matches!(last, '"' | ')' | ']' | '}' | '_' | '%');
    let closer = innermost_closer(before)?;
    if closer == "`}`" || !before.ends_with(complete) || before.len() == at {
        return None;
    }
    let last =
        &before[before.rfind(|byte: char| !(byte.is_ascii_alphanumeric() || byte == '_')).map_or(0, |cut| cut + 1)..];
    let word = word_at(context.text, at);
    let labelled = context.text[at + word.len()..].starts_with(':');
    if !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit()) && next.is_ascii_alphabetic() && !labelled {
        return Some(Missing::Instead(format!("write `{last}{word}` without a blank, or `,` between two values")));
    }
    let behind = before[..before.len() - last.len()].trim_end();
    let named = last.starts_with(|first: char| first.is_ascii_lowercase()) && behind.ends_with(['(', ',']);
    if closer == "`)`" && named && !labelled {
        return Some(Missing::Instead(format!("write `{last}: …` to name the argument, or `,` between two values")));
    }
    let parse = if context.top { grammar::item } else { grammar::lone };
    let mended = format!("{},{}", before, &context.text[before.len()..]);
    let further = match parse(&mended) {
        Ok(_) => true,
        Err(failure) => furthest(&failure) > at + 1,
    };
    further.then_some(Missing::Comma(before.len()))
}

/// `file.copy "a", to: "b"`
fn without_parentheses(context: &Context, at: usize) -> Option<Diagnostic> {
    let call = dotted_word(context.text);
    let rest = context.text[call.len()..].trim_end();
    let blanks = rest.len() - rest.trim_start_matches(' ').len();
    if !call.contains('.')
        || blanks == 0
        || !rest[blanks..].starts_with(['"', '['])
        || !context.text[at..].starts_with(',')
    {
        return None;
    }
    let arguments = &rest[blanks..];
    let start = call.len() + blanks;
    let place = context.place(start, start + arguments.len());
    let report = Diagnostic::new(Code::UnexpectedToken, place, format!("`{call}` is called without parentheses"))
        .label("its arguments")
        .help(format!("write `{call}({arguments})`"));
    let edits = vec![
        (context.place(call.len(), start), "(".to_owned()),
        (context.place(start + arguments.len(), start + arguments.len()), ")".to_owned()),
    ];
    Some(Diagnostic {
        fix: Some(crate::diagnostics::Fix { title: "write the parentheses".to_owned(), edits }),
        ..report
    })
}

/// `root .`, `exec([./restart])`: a path without quotes.
fn bare_path(context: &Context, wanted: &[Wanted], at: usize) -> Option<Diagnostic> {
    let rest = &context.text[at..];
    let is_path = rest.starts_with("./") || rest.starts_with("../") || rest.starts_with('/') || rest.starts_with("~/");
    let is_dot =
        rest.starts_with('.') && !rest[1..].starts_with(|next: char| next.is_ascii_alphanumeric() || next == '_');
    let blank = at == 0 || context.text[..at].ends_with([' ', '(', '[', ',']);
    if !(is_path || is_dot && wanted.contains(&Wanted::End) || is_dot && wanted.contains(&Wanted::Value)) || !blank {
        return None;
    }
    let end = rest.find([' ', ',', ';', ')', ']', '}', '\n']).unwrap_or(rest.len());
    let path = &rest[..end];
    Some(
        Diagnostic::new(
            Code::UnexpectedToken,
            context.place(at, at + end),
            format!("the path `{path}` stands without quotes"),
        )
        .label("a path is a text")
        .help(format!("write `\"{path}\"`"))
        .fix("write it in quotes", context.place(at, at + end), format!("\"{path}\"")),
    )
}

/// `param base url`
fn missing_colon(context: &Context, wanted: &[Wanted], at: usize) -> Option<Diagnostic> {
    let ty = word_at(context.text, at);
    if context.first_word() != "param" || !wanted.contains(&Wanted::Type) || ty.is_empty() {
        return None;
    }
    let before = context.text[..at].trim_end();
    let name = before.rsplit(' ').next().unwrap_or_default();
    let place = context.place(at, at + ty.len());
    Some(
        Diagnostic::new(Code::UnexpectedToken, place, format!("missing `:` after `{name}`"))
            .label("`:` belongs before this")
            .help(format!("write `{name}: {ty}`"))
            .fix("write `:` before it", context.place(before.len(), at), ": "),
    )
}

/// The word or number at `at`.
fn word_at(text: &str, at: usize) -> &str {
    let rest = &text[at..];
    let end = rest.bytes().position(|byte| !(byte.is_ascii_alphanumeric() || byte == b'_')).unwrap_or(rest.len());
    &rest[..end]
}

/// A blank that is none of the language, as web pages and word processors have them, here or behind the word here.
fn foreign_blank(context: &Context, at: usize) -> Option<Diagnostic> {
    let at = at + word_at(context.text, at).len();
    let blank = context.text[at..].chars().next().filter(|found| found.is_whitespace() && !found.is_ascii())?;
    let place = context.place(at, at + blank.len_utf8());
    Some(
        Diagnostic::new(Code::UnexpectedToken, place, "a blank of another kind, such as web pages have")
            .label("looks like a blank, and is none")
            .help("write an ordinary blank"),
    )
}

/// Quotes and comments of other languages.
fn foreign_text(context: &Context, at: usize) -> Option<Diagnostic> {
    let rest = &context.text[at..];
    let first = rest.chars().next()?;
    let place = context.place(at, at + first.len_utf8());
    let report = |message: &str, help: &str| {
        Some(Diagnostic::new(Code::UnexpectedToken, place, message).label("not part of the language").help(help))
    };
    match first {
        '\'' | '`' | '“' | '”' | '‘' | '’' => {
            report(&format!("`{first}` begins no string"), "strings stand in straight double quotes, `\"…\"`")
        }
        '/' if rest.starts_with("//") || rest.starts_with("/*") => {
            report("this is no comment", "comments begin with `#` and end with the line")
        }
        _ if !first.is_ascii() => {
            let message = format!("unexpected character `{first}`");
            Some(foreign_letter(Diagnostic::new(Code::UnexpectedToken, place, message)))
        }
        _ => None,
    }
}

/// What `report`, of a letter that no name has, says besides.
pub(super) fn foreign_letter(report: Diagnostic) -> Diagnostic {
    report.label("not part of the language").help("names are made of `a` to `z`, digits and `_`")
}

/// `metrc x { … }` at the top level.
fn unknown_item(context: &Context) -> Option<Diagnostic> {
    let word = context.first_word();
    if !context.top || word.is_empty() || words::is_item_start(word) {
        return None;
    }
    Some(unknown_item_report(word, context.place(0, word.len())))
}

/// The report for a word that begins no item.
pub(super) fn unknown_item_report(word: &str, place: Place) -> Diagnostic {
    let near = words::nearest(word, words::ITEMS);
    let report = Diagnostic::new(
        Code::UnknownItem,
        place,
        match near {
            Some(near) => format!("unknown item `{word}`, did you mean `{near}`"),
            None => format!("unknown item `{word}`"),
        },
    )
    .label("no item begins with this word");
    match near {
        Some(near) => report.help(format!("write `{near}`")).fix(format!("write `{near}`"), place, near),
        None => report.help("a file holds items such as `policy`, `param`, `let`, `severity`, `verify` and `phase`"),
    }
}

/// `let when = 5`
fn reserved_name(context: &Context, wanted: &[Wanted], at: usize) -> Option<Diagnostic> {
    let word = word_at(context.text, at);
    if !words::RESERVED.contains(&word) || !wanted.contains(&Wanted::Name) || wanted.contains(&Wanted::Value) {
        return None;
    }
    Some(reserved_report(word, context.place(at, at + word.len())))
}

/// The report for a keyword in the place of a name.
pub(super) fn reserved_report(word: &str, place: Place) -> Diagnostic {
    Diagnostic::new(Code::ReservedWord, place, format!("`{word}` is a keyword and cannot be used as a name"))
        .label("a name belongs here")
        .help(format!("write another name, such as `{word}_`"))
}

/// `phase web-shop { … }`
fn hyphen(context: &Context, at: usize) -> Option<Diagnostic> {
    let (before, rest) = context.text.split_at(at);
    let touches = before.ends_with(|last: char| last.is_ascii_alphanumeric() || last == '_');
    let part = word_at(context.text, at + 1.min(rest.len()));
    if !rest.starts_with('-') || !touches || part.is_empty() {
        return None;
    }
    let start = before.rfind(|last: char| !(last.is_ascii_alphanumeric() || last == '_')).map_or(0, |last| last + 1);
    let end = rest.find(|letter: char| !(letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_')));
    let end = at + end.unwrap_or(rest.len());
    let name = &context.text[start..end];
    let right = name.replace('-', "_");
    Some(
        Diagnostic::new(Code::UnexpectedToken, context.place(start, end), format!("`{name}` is not a name"))
            .label("a name has no hyphen")
            .help(format!("write `{right}`"))
            .fix(format!("write `{right}`"), context.place(start, end), right),
    )
}

/// `let wait 10m`
fn missing_equals(context: &Context, wanted: &[Wanted], at: usize) -> Option<Diagnostic> {
    let others = [Wanted::Value, Wanted::Block, Wanted::End, Wanted::Name];
    if !wanted.contains(&Wanted::Equals) || others.iter().any(|other| wanted.contains(other)) {
        return None;
    }
    let before = context.text[..at].trim_end();
    let start = before.rfind([' ', '\n']).map_or(0, |blank| blank + 1);
    let name = &before[start..];
    let value = context.text[at..].lines().next().unwrap_or("").trim();
    let value = if value.is_empty() { "…" } else { value };
    let report = Diagnostic::new(
        Code::UnexpectedToken,
        context.place(at, at + found_at(context.text, at).length),
        format!("missing `=` after `{name}`"),
    )
    .label("`=` belongs before this");
    let here = context.place(at, at);
    Some(report.help(format!("write `{name} = {value}`")).fix("write `=` before it", here, "= "))
}

/// Another statement behind a complete one.
fn second_statement(context: &Context, wanted: &[Wanted], at: usize, found: &Found) -> Option<Diagnostic> {
    let starts = context.text[at..].starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    let word = word_at(context.text, at);
    if !wanted.contains(&Wanted::End) || !starts || words::RESERVED.contains(&word) {
        return None;
    }
    let before = context.text[..at].trim_end();
    let parse = if context.top { grammar::item } else { grammar::lone };
    if before.len() == at || parse(before).is_err() {
        return None;
    }
    Some(
        Diagnostic::new(Code::OperandAfterCall, context.place(at, at + found.length), "a second clause on one line")
            .label("another clause begins here")
            .help("write `;` or a new line before it")
            .fix("write `;` before it", context.place(before.len(), at), "; "),
    )
}
