//! What stands around a rollback: `preflight`, `prepare`, `incident`, `host`.

use std::collections::HashMap;
use std::sync::Arc;

use crate::catalogue::ty::Type;
use crate::check::checker::{Checker, bare_word};
use crate::check::clauses::{HOST, INCIDENT, PREFLIGHT, PREPARE, Seen, Word};
use crate::check::items::channel::HOSTS;
use crate::check::model::{
    Around, BindingKind, Block, Confirm, Export, Expr, Followup, Host, Incident, Name, Phase, Preflight, PreflightItem,
};
use crate::check::names::Space;
use crate::diagnostics::Code;
use crate::source::Place;
use crate::syntax::ast::{self, Clause, Decl, Keyword, Operand, StmtKind};

impl<'a> Checker<'a> {
    /// A policy has one of these.
    fn only_one(&mut self, decl: &'a Decl, first: Option<Place>) {
        if let Some(first) = first {
            let word = decl.keyword.text();
            self.error(Code::DuplicateName, decl.word, format!("a policy has one `{word}`"))
                .set_label("a second one")
                .add_place(first, "the first one")
                .set_help("write both as one");
        }
    }

    pub fn preflight(&mut self, decl: &'a Decl, around: &mut Around) {
        self.only_one(decl, around.preflight.as_ref().map(|found| found.place));
        let mut preflight =
            Preflight { title: self.title(decl.title.as_ref()), items: Vec::new(), place: self.place(decl.word) };
        self.scope.enter();
        let mut seen = Seen::default();
        for stmt in decl.body.iter().flat_map(|body| &body.stmts) {
            match &stmt.kind {
                StmtKind::Decl(inner) if inner.keyword == Keyword::Let => {
                    preflight.items.extend(self.local_let_item(inner).map(PreflightItem::Let));
                }
                StmtKind::Clause(clause) => match self.clause_word(&PREFLIGHT, clause, &mut seen) {
                    Some(word) if word.name == "confirm" => {
                        preflight.items.extend(self.confirm(clause, word).map(PreflightItem::Confirm));
                    }
                    Some(_) => preflight.items.extend(self.require(clause).map(PreflightItem::Require)),
                    None => {}
                },
                StmtKind::Decl(inner) => self.misplaced(inner, PREFLIGHT.block),
                StmtKind::Expr(_) | StmtKind::For(_) | StmtKind::If(_) => self.only_clauses(stmt.span, &PREFLIGHT),
                StmtKind::Error => {}
            }
        }
        self.scope.leave();
        if preflight.items.is_empty() && !self.reported_in(decl) {
            self.error(Code::MissingPart, decl.word, "a preflight requires something")
                .set_label("neither `require` nor `confirm`")
                .set_help("write `require EXPR, \"why\"`");
        }
        around.preflight.get_or_insert(preflight);
    }

    /// `confirm "Contacts current" by ops every 90d`
    fn confirm(&mut self, clause: &'a Clause, word: &'static Word) -> Option<Confirm> {
        let mut operands = self.operands(clause);
        let text = self.needed(&mut operands, word)?;
        let text = self.plain(text, "what is confirmed");
        if !operands.eat("by") {
            self.incomplete(clause, word);
            return None;
        }
        let Some(role) = operands.name() else {
            self.incomplete(clause, word);
            return None;
        };
        let by = self.resolve_in(Space::Role, role);
        if let Some(found) = &by
            && let Some(known) = self.roles.iter().find(|known| known.name.text == found.text)
            && known.members.is_empty()
        {
            let (place, text) = (known.name.place, Arc::clone(&found.text));
            self.error(Code::UnknownAuthority, role.0, format!("nobody could confirm this: `{text}` has no members"))
                .set_label("has no members")
                .add_place(place, "the role")
                .set_help("add `members \"name\"` to the role");
        }
        let mut every = None;
        if operands.eat("every") {
            let value = self.needed(&mut operands, word)?;
            every = self.duration(value, "`every`").map(|(length, _)| length);
        }
        self.finish(&operands, word);
        Some(Confirm { text: text?, by: by?, every, place: self.place(clause.span) })
    }

    /// `prepare { step … }`: a phase of its own kind, checked like one.
    pub fn prepare(&mut self, decl: &'a Decl, around: &mut Around) {
        self.only_one(decl, around.prepare.as_ref().map(|found| found.place));
        let place = self.place(decl.word);
        let stmts = decl.body.as_ref().map(|body| &body.stmts[..]).unwrap_or_default();
        let anchors = self.collect_anchors(stmts);
        self.anchors.push(anchors);
        let (phase, lets) = (self.phase.replace(decl), self.phase_lets.take());
        let body = decl.body.as_ref().map(|block| self.plain_block(block, &PREPARE)).unwrap_or_default();
        (self.phase, self.phase_lets) = (phase, lets);
        self.anchors.pop();
        if body.items.is_empty() && !self.reported_in(decl) {
            self.error(Code::MissingPart, decl.word, "`prepare` has steps")
                .set_label("none")
                .set_help("write `step …`");
        }
        let phase = Phase {
            name: Name { text: Arc::from("prepare"), place },
            title: self.title(decl.title.as_ref()),
            body,
            scenarios: Vec::new(),
            depends_on: Vec::new(),
            includes: Vec::new(),
            on_failure: None,
            always: None::<Block>,
            within: None,
            place,
        };
        around.prepare.get_or_insert(Arc::new(phase));
    }

    pub fn incident(&mut self, decl: &'a Decl, around: &mut Around) {
        self.only_one(decl, around.incident.as_ref().map(|found| found.place));
        let mut incident = Incident {
            title: self.title(decl.title.as_ref()),
            records: None,
            appends: Vec::new(),
            exports: Vec::new(),
            asks: Vec::new(),
            followups: Vec::new(),
            place: self.place(decl.word),
        };
        self.scope.enter();
        self.told = true;
        // What is asked may be exported, wherever it stands.
        for stmt in decl.body.iter().flat_map(|body| &body.stmts) {
            if let StmtKind::Clause(clause) = &stmt.kind
                && self.word(clause.word) == "ask"
            {
                self.asked_of_people(clause, &mut incident);
            }
        }
        self.clauses_of(decl, &INCIDENT, |checker, clause, word| checker.incident_clause(&mut incident, clause, word));
        self.told = false;
        self.scope.leave();
        around.incident.get_or_insert(incident);
    }

    /// `ask root_cause, prevention`
    fn asked_of_people(&mut self, clause: &'a Clause, incident: &mut Incident) {
        let mut operands = self.operands(clause);
        while let Some(value) = operands.another() {
            match bare_word(value) {
                Some(name) => {
                    let binding = self.declare_binding(name, Type::optional(Type::String), BindingKind::Variable);
                    incident.asks.push((self.name(name), binding));
                }
                None => {
                    self.error(Code::MissingPart, value.span, "`ask` names fields")
                        .set_label("not a name")
                        .set_help("write `ask root_cause, prevention`");
                }
            }
        }
    }

    fn incident_clause(&mut self, incident: &mut Incident, clause: &'a Clause, word: &'static Word) {
        let mut operands = self.operands(clause);
        match word.name {
            "records" => incident.records = self.needed(&mut operands, word).map(|value| self.own_path(value, word)),
            "append" => {
                if let Some(value) = self.needed(&mut operands, word) {
                    let path = self.own_path(value, word);
                    incident.appends.push(path);
                }
            }
            "export" => {
                let file = self.needed(&mut operands, word).map(|value| self.own_path(value, word));
                let Some(block) = &clause.block else {
                    if file.is_some() {
                        self.incomplete(clause, word);
                    }
                    return;
                };
                let fields = self.fields(block);
                if let Some(file) = file {
                    incident.exports.push(Export { file, fields, place: self.place(clause.span) });
                }
                if let Some(span) = operands.next_span() {
                    self.error(Code::UnknownClause, span, "this does not belong behind `export`")
                        .set_label("not expected")
                        .set_help(format!("write `{}`", word.usage));
                }
                return;
            }
            "ask" => {
                if clause.operands.is_empty() {
                    self.incomplete(clause, word);
                }
                while operands.another().is_some() {}
            }
            _ => incident.followups.extend(self.followup(clause, word, &mut operands)),
        }
        self.finish(&operands, word);
    }

    /// A path of rbk's own, below the root.
    fn own_path(&mut self, value: &'a ast::Expr, word: &Word) -> Expr {
        let path = self.expr_as(value, &Type::Path, format_args!("`{}`", word.name));
        self.stays_inside(&path);
        self.no_probe(&path, "an incident");
        path
    }

    /// `followup "RCA" by 24h owner lead covers "Logs", "Metrics"`
    fn followup(
        &mut self,
        clause: &'a Clause,
        word: &'static Word,
        operands: &mut crate::check::operands::Operands<'a>,
    ) -> Option<Followup> {
        let text = self.needed(operands, word)?;
        let text = self.plain(text, "a follow-up");
        if !operands.eat("by") {
            self.incomplete(clause, word);
            return None;
        }
        let by = self.needed(operands, word)?;
        let by = self.duration(by, "`by`").map(|(length, _)| length);
        let mut owner = None;
        if operands.eat("owner") {
            let Some(name) = operands.name() else {
                self.incomplete(clause, word);
                return None;
            };
            owner = self.resolve_in(Space::Contact, name);
        }
        let mut covers = Vec::new();
        if operands.eat("covers") {
            let first = self.needed(operands, word)?;
            covers.extend(self.plain(first, "what it covers"));
            while let Some(more) = operands.another() {
                covers.extend(self.plain(more, "what it covers"));
            }
        }
        Some(Followup { text: text?, by: by?, owner, covers, place: self.place(clause.span) })
    }

    /// `{ key: EXPR }` as a block of lines.
    pub fn fields(&mut self, block: &'a ast::Block) -> Vec<(Arc<str>, Expr)> {
        let mut fields = Vec::new();
        for (key, _, value) in self.entries(block) {
            let typed = self.expr(value);
            self.no_probe(&typed, "an export");
            match typed.ty.required() {
                Type::Secret => self.secret_flow(value.span, format_args!("an export")),
                Type::Db | Type::Flags | Type::Channel | Type::Code(_) | Type::Regex | Type::Range(_) => {
                    let label = format!("this is {}", typed.ty);
                    self.error(Code::Mismatch, value.span, format!("`{key}` is no data")).set_label(label);
                }
                _ => {}
            }
            fields.push((key, typed));
        }
        if fields.is_empty() {
            self.error(Code::MissingPart, block.span_of_opener(), "an export has fields")
                .set_label("none")
                .set_help("write `field: EXPR`, such as `minutes: run.duration / 1m`");
        }
        fields
    }

    /// The lines `key: value` of a block; each key once.
    pub fn entries(&mut self, block: &'a ast::Block) -> Vec<(Arc<str>, crate::source::Span, &'a ast::Expr)> {
        let mut entries: Vec<(Arc<str>, crate::source::Span, &'a ast::Expr)> = Vec::new();
        let mut known: HashMap<Arc<str>, Place> = HashMap::new();
        for stmt in &block.stmts {
            let StmtKind::Clause(clause) = &stmt.kind else {
                if !matches!(stmt.kind, StmtKind::Error) {
                    self.error(Code::WrongPlace, stmt.span, "this block holds `key: value`").set_label("not expected");
                }
                continue;
            };
            let [Operand::Labelled(labelled)] = &clause.operands[..] else {
                self.error(Code::WrongPlace, clause.span, "this block holds `key: value`").set_label("not expected");
                continue;
            };
            let (label, value) = (labelled.label, &labelled.value);
            let key: Arc<str> = Arc::from(self.word(label).trim_matches('"'));
            let place = self.place(label.0);
            if let Some(first) = known.get(&key).copied() {
                self.error(Code::DuplicateName, label.0, format!("`{key}` is given twice"))
                    .set_label("given again here")
                    .add_place(first, "given first here");
            }
            known.insert(Arc::clone(&key), place);
            entries.push((key, label.0, value));
        }
        entries
    }

    pub fn host(&mut self, decl: &'a Decl) -> Option<Host> {
        let name = self.name_of(decl);
        let found = self.kind_of(decl.value.as_ref()?, HOSTS, "host");
        let mut roles = Vec::new();
        self.clauses_of(decl, &HOST, |checker, clause, word| {
            let mut operands = checker.operands(clause);
            let mut any = false;
            while let Some(value) = operands.another() {
                any = true;
                roles.extend(checker.plain(value, "a role of a host"));
            }
            if !any {
                checker.incomplete(clause, word);
            }
            checker.finish(&operands, word);
        });
        let (kind, args, timeout) = found?;
        Some(Host { name, kind, args, timeout, roles })
    }
}
