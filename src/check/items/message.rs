//! Messages: templates, contacts, escalation, `on EVENT { … }`, `every D while open { … }`. They never delay a run.

use std::time::Duration;

use crate::catalogue::ty::Type;
use crate::catalogue::value::Value;
use crate::check::checker::{Checker, bare_word};
use crate::check::clauses::{CONTACT, ESCALATION, MESSAGES, TEMPLATE, Word};
use crate::check::items::channel::KINDS;
use crate::check::items::header_span;
use crate::check::model::{
    Contact, Escalation, Level, Message, MessageText, Name, OnEvent, Recipients, Reminder, Template, Via,
};
use crate::check::names::Space;
use crate::check::operands::Operands;
use crate::diagnostics::Code;
use crate::source::Span;
use crate::syntax::ast::{self, Clause, Decl, ExprKind, StmtKind};

/// What messages may be sent on: stages of a run, and how it may end.
pub const EVENTS: &[&str] = &[
    "start",
    "step",
    "success",
    "failure",
    "degraded",
    "partial",
    "refused",
    "declined",
    "inconclusive",
    "emergency",
    "undiagnosed",
    "close",
];

const USAGE: &str = "write `notify(CHANNEL, TEMPLATE, within: 10s)` or `page(CONTACT)`";

impl<'a> Checker<'a> {
    pub fn template(&mut self, decl: &'a Decl) -> Option<Template> {
        let name = self.name_of(decl);
        self.told = true;
        let header = decl.title.as_ref().map(|text| self.message_text(text, "a template"));
        let (mut subject, mut body) = (None, None);
        self.clauses_of(decl, &TEMPLATE, |checker, clause, word| {
            let mut operands = checker.operands(clause);
            if let Some(value) = checker.needed(&mut operands, word) {
                let text = Some(checker.message_text(value, word.name));
                if word.name == "subject" {
                    subject = text;
                } else {
                    body = text;
                }
            }
            checker.finish(&operands, word);
        });
        self.told = false;
        // `template t "subject" { body "…" }` has both.
        let (subject, body) = match (header, subject, body) {
            (Some(header), None, Some(body)) => (Some(header), Some(body)),
            (Some(header), subject, None) => (subject, Some(header)),
            (None, subject, body) => (subject, body),
            (Some(_), Some(_), Some(_)) => {
                self.error(Code::DuplicateName, header_span(decl), "a template has one text")
                    .set_label("a text behind its name, and a subject and a body")
                    .set_help("leave one of them out");
                return None;
            }
        };
        if body.is_none() && !self.reported_in(decl) {
            self.error(Code::MissingPart, header_span(decl), "a template says something")
                .set_label("no text")
                .set_help("write `template NAME \"text\"`, or `{ subject \"…\"; body \"\"\"…\"\"\" }`");
        }
        Some(Template { name, subject, body: body? })
    }

    /// Whether something was reported within an item already.
    pub fn reported_in(&self, decl: &Decl) -> bool {
        let end = decl.body.as_ref().map_or(decl.word.end, |body| body.span.end);
        self.report.diagnostics.iter().any(|found| {
            let place = found.place();
            place.file == self.file && place.span.start >= decl.word.start && place.span.start < end
        })
    }

    /// A text of a message: what is not known yet when it is sent reads so.
    fn message_text(&mut self, value: &'a ast::Expr, what: &str) -> crate::check::model::Expr {
        let text = self.expr_as(value, &Type::String, format_args!("{what}"));
        self.no_probe(&text, "a message");
        text
    }

    pub fn contact(&mut self, decl: &'a Decl) -> Contact {
        let mut contact = Contact {
            name: self.name_of(decl),
            title: self.title(decl.title.as_ref()),
            person: String::new(),
            via: Vec::new(),
        };
        let mut named = false;
        self.clauses_of(decl, &CONTACT, |checker, clause, word| {
            let mut operands = checker.operands(clause);
            if word.name == "name" {
                named = true;
                if let Some(person) =
                    checker.needed(&mut operands, word).and_then(|value| checker.plain(value, "a name"))
                {
                    contact.person = person;
                }
            } else if let Some(via) = checker.via(&mut operands, clause, word) {
                contact.via.push(via);
            }
            checker.finish(&operands, word);
        });
        if !self.reported_in(decl) {
            let lacks = if !named {
                Some(("who it is", "no `name`", "write `name \"Ana\"`, or of a team its name"))
            } else if contact.via.is_empty() {
                Some(("how it is reached", "no `via`", "write `via CHANNEL`, or `via email \"ana@example.org\"`"))
            } else {
                None
            };
            if let Some((what, label, help)) = lacks {
                self.error(Code::MissingPart, header_span(decl), format!("a contact says {what}"))
                    .set_label(label)
                    .set_help(help);
            }
        }
        contact
    }

    /// `via CHANNEL`, `via email "ana@example.org"`, `via phone "+1 555"`
    fn via(&mut self, operands: &mut Operands<'a>, clause: &'a Clause, word: &'static Word) -> Option<Via> {
        let Some(way) = operands.name() else {
            self.incomplete(clause, word);
            return None;
        };
        let text = self.word(way);
        let channel = self.spaces.get(&Space::Channel).is_some_and(|names| names.find(text).is_some());
        if channel && operands.next_span().is_none() {
            return self.resolve_in(Space::Channel, way).map(Via::Channel);
        }
        let Some(kind) = address_kinds().find(|kind| **kind == *text) else {
            let channels =
                self.spaces.get(&Space::Channel).map(super::super::names::Namespace::names).unwrap_or_default();
            let help = self
                .guess(text, channels.into_iter().chain(address_kinds().map(|kind| -> &str { kind })))
                .unwrap_or_else(|| "declare it, `channel NAME = …`, or write a kind and an address".to_owned());
            self.error(Code::UnknownName, way.0, format!("there is no channel `{text}`"))
                .set_label("no such channel, and no kind of one")
                .set_help(help);
            operands.value();
            return None;
        };
        match operands.value() {
            Some(address) => {
                let address = self.plain(address, "an address")?;
                Some(Via::Address { kind, address })
            }
            None => {
                self.error(Code::MissingPart, way.0, format!("`via {kind}` needs an address"))
                    .set_label("which one?")
                    .set_help(format!("write `via {kind} \"…\"`, or the name of a channel"));
                None
            }
        }
    }

    pub fn escalation(&mut self, decl: &'a Decl) -> Escalation {
        let mut escalation = Escalation {
            name: decl.name.map(|name| self.name(name)),
            title: self.title(decl.title.as_ref()),
            levels: Vec::new(),
            place: self.place(header_span(decl)),
        };
        self.told = true;
        self.clauses_of(decl, &ESCALATION, |checker, clause, word| {
            if let Some(level) = checker.level(clause, word) {
                if let Some(last) = escalation.levels.last()
                    && last.after >= level.after
                {
                    let place = last.place;
                    checker
                        .error(Code::OutOfRange, level.place.span, "the levels of an escalation ascend")
                        .set_label("not later than the one before")
                        .add_place(place, "the one before")
                        .set_help("write the levels in the order of their times");
                }
                escalation.levels.push(level);
            }
        });
        self.told = false;
        if escalation.levels.is_empty() && !self.reported_in(decl) {
            self.error(Code::MissingPart, header_span(decl), "an escalation has levels")
                .set_label("none")
                .set_help(format!("write `{}`", ESCALATION.words[0].usage));
        }
        escalation
    }

    /// `at 5m "L2" page(lead) propose PHASE`
    fn level(&mut self, clause: &'a Clause, word: &'static Word) -> Option<Level> {
        let mut operands = self.operands(clause);
        let value = self.needed(&mut operands, word)?;
        let after = self.moment(value)?;
        let mut level =
            Level { after, title: None, messages: Vec::new(), propose: None, place: self.place(clause.span) };
        if operands.next_value().is_some_and(|value| matches!(value.kind, ExprKind::Str(_))) {
            level.title = operands.value().and_then(|title| self.plain(title, "a title"));
        }
        while let Some(value) = operands.next_value().filter(|value| matches!(value.kind, ExprKind::Call(_))) {
            operands.value();
            level.messages.extend(self.message(value));
        }
        if operands.eat("propose") {
            level.propose = self.started(&mut operands);
            if level.propose.is_none() {
                if operands.next_span().is_none() && !self.report.has_errors() {
                    self.incomplete(clause, word);
                }
                return Some(level);
            }
        }
        if level.messages.is_empty() && level.propose.is_none() && level.title.is_none() {
            self.incomplete(clause, word);
        }
        self.finish(&operands, word);
        Some(level)
    }

    /// A time since the detection: nothing or more.
    fn moment(&mut self, value: &'a ast::Expr) -> Option<Duration> {
        let typed = self.expr_as(value, &Type::DURATION, format_args!("`at`"));
        if typed.ty == Type::Error {
            return None;
        }
        match self.known(&typed).as_ref().and_then(Value::as_duration) {
            Some(after) => Some(after),
            None => {
                self.error(Code::BadLiteral, value.span, "`at` must be known when the policy is checked")
                    .set_label("known only later, or before the detection")
                    .set_help("write a duration, such as `5m`");
                None
            }
        }
    }

    /// `on start, failure { notify(…) }`
    pub fn on_event(&mut self, decl: &'a Decl) -> Option<OnEvent> {
        let mut events = Vec::new();
        for clause in &decl.clauses {
            let word = self.word(clause.word);
            match EVENTS.iter().find(|event| **event == word) {
                Some(event) if events.contains(event) => {
                    self.error(Code::DuplicateName, clause.word.0, format!("the event `{word}` is given twice"))
                        .set_label("given again here");
                }
                Some(event) => events.push(*event),
                None => {
                    let help = self.guess(word, EVENTS.iter().copied()).unwrap_or_else(|| {
                        format!("there are {}", crate::diagnostics::suggest::alternatives(EVENTS, "and"))
                    });
                    self.error(Code::UnknownName, clause.word.0, format!("there is no event `{word}`"))
                        .set_label("no such event")
                        .set_help(help);
                }
            }
        }
        let messages = self.messages(decl);
        let end = decl.clauses.last().map_or(decl.word, |clause| clause.span);
        let place = self.place(decl.word.to(end));
        (!events.is_empty()).then_some(OnEvent { events, messages, place })
    }

    /// `every 30m while open { notify(…) }`
    pub fn reminder(&mut self, decl: &'a Decl) -> Option<Reminder> {
        let every = decl.value.as_ref().and_then(|every| self.duration(every, "`every`"));
        let open = decl.clauses.first().map(|clause| {
            let span = self.operands(clause).next_span().unwrap_or(clause.span);
            (span, self.slice(span))
        });
        let header = decl.value.as_ref().map_or(decl.word, |value| decl.word.to(value.span));
        match open {
            Some((_, "open")) => {}
            Some((span, _)) => {
                self.error(Code::UnknownClause, span, "a reminder is sent while something is open")
                    .set_label("not `open`")
                    .set_help("write `every 30m while open { … }`");
            }
            None => {
                self.error(Code::MissingPart, header, "a reminder says until when")
                    .set_label("no `while`")
                    .set_help("write `every 30m while open { … }`");
            }
        }
        let messages = self.messages(decl);
        Some(Reminder { every: every?.0, messages, place: self.place(header) })
    }

    /// The messages of an event.
    fn messages(&mut self, decl: &'a Decl) -> Vec<Message> {
        let mut messages = Vec::new();
        self.told = true;
        for stmt in decl.body.iter().flat_map(|body| &body.stmts) {
            match &stmt.kind {
                StmtKind::Expr(expr) => messages.extend(self.message(expr)),
                StmtKind::Clause(clause) => self.unknown_message(clause.word.0),
                StmtKind::Decl(inner) => self.misplaced(inner, MESSAGES.block),
                StmtKind::For(_) | StmtKind::If(_) => self.unknown_message(stmt.span),
                StmtKind::Error => {}
            }
        }
        self.told = false;
        if messages.is_empty() && !self.reported_in(decl) {
            self.error(Code::MissingPart, header_span(decl), "an event tells somebody")
                .set_label("no message")
                .set_help(USAGE);
        }
        messages
    }

    fn unknown_message(&mut self, span: Span) {
        self.error(Code::WrongPlace, span, "an event only sends messages").set_label("not a message").set_help(USAGE);
    }

    /// `notify(CHANNEL, TEMPLATE, within: 10s)`, `page(CONTACT)`
    pub fn message(&mut self, expr: &'a ast::Expr) -> Option<Message> {
        let ExprKind::Call(call) = &expr.kind else {
            self.unknown_message(expr.span);
            return None;
        };
        let callee = self.slice(call.callee.span);
        let space = match callee {
            "notify" => Space::Channel,
            "page" => Space::Contact,
            _ => {
                self.unknown_message(call.callee.span);
                return None;
            }
        };
        let (mut to, mut text, mut within) = (None, None, None);
        for (index, arg) in call.args.iter().enumerate() {
            match (index, arg.label.map(|label| (label, self.word(label)))) {
                (0, None) => to = Some(self.recipients(&arg.value, space)),
                (1, None) => text = self.said(&arg.value),
                (_, Some((_, "within"))) => within = self.duration(&arg.value, "`within`").map(|(length, _)| length),
                (_, Some((label, word))) => {
                    let help = self.guess(word, ["within"]).unwrap_or_else(|| USAGE.to_owned());
                    self.error(Code::UnknownLabel, label.0, format!("`{callee}` has no argument `{word}`"))
                        .set_label("no such argument")
                        .set_help(help);
                }
                (_, None) => {
                    self.error(Code::TooManyArguments, arg.value.span, format!("`{callee}` takes two arguments"))
                        .set_label("not expected")
                        .set_help(USAGE);
                }
            }
        }
        let Some(names) = to else {
            self.error(Code::MissingArgument, call.callee.span, format!("`{callee}` says whom"))
                .set_label("nobody is named")
                .set_help(USAGE);
            return None;
        };
        let to = if space == Space::Channel { Recipients::Channels(names) } else { Recipients::Contacts(names) };
        Some(Message { to, text, within, place: self.place(expr.span) })
    }

    /// One name or a list of them: all at once.
    fn recipients(&mut self, value: &'a ast::Expr, space: Space) -> Vec<Name> {
        let all: Vec<&'a ast::Expr> = match &value.kind {
            ExprKind::List(list) => list.items.iter().collect(),
            _ => vec![value],
        };
        let mut names = Vec::new();
        for one in all {
            match bare_word(one) {
                Some(ident) => names.extend(self.resolve_in(space, ident)),
                None => {
                    let noun = space.noun();
                    self.error(Code::MissingPart, one.span, format!("the name of a {noun} belongs here"))
                        .set_label("not a name")
                        .set_help(format!("declare one: `{noun} NAME …`"));
                }
            }
        }
        names
    }

    fn said(&mut self, value: &'a ast::Expr) -> Option<MessageText> {
        match bare_word(value) {
            Some(name) => self.resolve_in(Space::Template, name).map(MessageText::Template),
            None => Some(MessageText::Text(self.message_text(value, "a message"))),
        }
    }
}

/// The kinds of addresses.
fn address_kinds() -> impl Iterator<Item = &'static str> {
    KINDS.iter().map(|kind| kind.name).chain(["phone"])
}
