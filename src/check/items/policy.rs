//! `policy NAME "title" { owner "…"; root "."; requires rbk ">= 0.1"; on failure stop; defaults { … } }`

use std::sync::Arc;

use crate::check::checker::Checker;
use crate::check::clauses::{DEFAULTS, POLICY, Seen, Word};
use crate::check::imports;
use crate::check::items::header_span;
use crate::check::model::{Around, Breaker, Defaults, Messages, Name, OnFailure, Policy, Watching};
use crate::diagnostics::{Code, Diagnostic};
use crate::source::{FileId, Place, Sources, Span};
use crate::syntax::ast::{Block, Clause, Decl, ExprKind, Keyword, StmtKind, Tree};

impl<'a> Checker<'a> {
    /// The policy with what its own block says; everything else is empty still.
    pub fn header(&mut self, trees: &'a [(FileId, Tree)], decls: &[(FileId, &'a Decl)], library: bool) -> Policy {
        let mut policies = decls.iter().filter(|(_, decl)| decl.keyword == Keyword::Policy);
        let mut policy = Policy {
            name: Name { text: Arc::from(""), place: Place::default() },
            title: None,
            owner: None,
            root: ".".to_owned(),
            roots: Vec::new(),
            defaults: Defaults { timeout: Defaults::TIMEOUT },
            on_failure: OnFailure::Stop,
            sources: Arc::new(Sources::default()),
            bindings: Vec::new(),
            params: Vec::new(),
            lets: Vec::new(),
            requires: Vec::new(),
            severities: Vec::new(),
            roles: Vec::new(),
            environments: Vec::new(),
            secrets: Vec::new(),
            verifies: Vec::new(),
            phases: Vec::new(),
            actions: Vec::new(),
            watching: Watching::default(),
            messages: Messages::default(),
            around: Around::default(),
        };
        let Some((file, decl)) = policies.next() else {
            let file = trees.first().map_or(FileId(0), |(file, _)| *file);
            // An empty file and what could not be parsed were reported already.
            let empty = trees.iter().all(|(_, tree)| tree.items.is_empty());
            let unreadable = empty
                || trees.iter().any(|(_, tree)| tree.items.iter().any(|stmt| matches!(stmt.kind, StmtKind::Error)));
            if !unreadable && !library {
                let place = Place::new(file, Span::new(0, 0));
                let found = Diagnostic::new(Code::EmptyPolicy, place, "the file has no `policy`")
                    .help("begin with `policy name \"what it rolls back\" { owner \"team\" }`");
                self.push(found);
            }
            self.roots = vec![".".to_owned()];
            return policy;
        };
        self.open(*file);
        policy.name = self.name_of(decl);
        policy.title = self.title(decl.title.as_ref());
        let first = policy.name.place;
        let mut seen = Seen::default();
        for stmt in decl.body.iter().flat_map(|body| &body.stmts) {
            match &stmt.kind {
                StmtKind::Clause(clause) => {
                    if let Some(word) = self.clause_word(&POLICY, clause, &mut seen) {
                        self.policy_clause(&mut policy, clause, word);
                    }
                }
                StmtKind::Decl(inner) => self.misplaced(inner, "a policy's own block"),
                StmtKind::Error => {}
                _ => {
                    self.error(Code::WrongPlace, stmt.span, "nothing is done in a policy's own block")
                        .set_label("not expected here")
                        .set_help("steps stand in a `phase`, behind this block");
                }
            }
        }
        self.roots = std::iter::once(policy.root.clone()).chain(policy.roots.iter().cloned()).collect();
        for (file, again) in policies {
            self.open(*file);
            let span = header_span(again);
            self.error(Code::DuplicateName, span, "a file has one `policy`")
                .set_label("a second one")
                .add_place(first, "the first one");
        }
        policy
    }

    fn policy_clause(&mut self, policy: &mut Policy, clause: &'a Clause, word: &'static Word) {
        let mut operands = self.operands(clause);
        match word.name {
            "owner" => {
                let value = self.needed(&mut operands, word);
                policy.owner = value.and_then(|value| self.plain(value, "an owner"));
                self.finish(&operands, word);
            }
            "root" => {
                let value = self.needed(&mut operands, word);
                if let Some(root) = value.and_then(|value| self.plain(value, "a root")) {
                    policy.root = root;
                }
                self.finish(&operands, word);
            }
            "roots" => {
                while let Some(value) = operands.another() {
                    match &value.kind {
                        ExprKind::List(list) => {
                            for item in &list.items {
                                policy.roots.extend(self.plain(item, "a root"));
                            }
                        }
                        _ => policy.roots.extend(self.plain(value, "a root")),
                    }
                }
                self.finish(&operands, word);
            }
            "requires" => self.requires_rbk(clause),
            "defaults" => match &clause.block {
                Some(block) => self.defaults(policy, block),
                None => self.incomplete(clause, word),
            },
            "lints" => match &clause.block {
                Some(block) => self.lints(block),
                None => self.incomplete(clause, word),
            },
            // `on failure` may run a phase: it is read when all phases are known.
            "on" => {}
            _ => self.circuit_breaker(clause, word, policy),
        }
    }

    /// `requires rbk ">= 0.1"`
    pub fn requires_rbk(&mut self, clause: &'a Clause) {
        let Some(word) = POLICY.words.iter().find(|word| word.name == imports::REQUIRES) else { return };
        let mut operands = self.operands(clause);
        if !operands.eat("rbk") {
            return self.incomplete(clause, word);
        }
        let Some(value) = self.needed(&mut operands, word) else { return };
        self.finish(&operands, word);
        let Some(text) = self.plain(value, "a version") else { return };
        let ours = env!("CARGO_PKG_VERSION");
        match semver::VersionReq::parse(&text) {
            Err(_) => {
                self.error(Code::BadLiteral, value.span, format!("{text:?} is no requirement of a version"))
                    .set_label("cannot be read")
                    .set_help("write it as `\">= 0.1\"`");
            }
            Ok(wanted) => {
                let fits = semver::Version::parse(ours).is_ok_and(|version| wanted.matches(&version));
                if !fits {
                    self.error(
                        Code::NotAvailable,
                        value.span,
                        format!("this file requires rbk {text}, and rbk {ours} is installed"),
                    )
                    .set_label(format!("not {ours}"))
                    .set_help("install a version that fits; what else is reported may be no mistake there");
                }
            }
        }
    }

    fn defaults(&mut self, policy: &mut Policy, block: &'a Block) {
        let mut seen = Seen::default();
        for stmt in &block.stmts {
            if let StmtKind::Clause(clause) = &stmt.kind
                && let Some(word) = self.clause_word(&DEFAULTS, clause, &mut seen)
            {
                let mut operands = self.operands(clause);
                let value = self.needed(&mut operands, word);
                if let Some((timeout, _)) = value.and_then(|value| self.duration(value, "`timeout`")) {
                    policy.defaults.timeout = timeout;
                }
                self.finish(&operands, word);
            }
        }
    }

    /// `at most 2 rollbacks per 1h`
    pub fn circuit_breaker(&mut self, clause: &'a Clause, word: &'static Word, policy: &mut Policy) {
        let mut operands = self.operands(clause);
        if !operands.eat("most") {
            return self.incomplete(clause, word);
        }
        let Some(count) = self.needed(&mut operands, word) else { return };
        let rollbacks = self.count(count, 1, 1_000_000, "`at most`");
        if !(operands.eat("rollbacks") || operands.eat("rollback")) || !operands.eat("per") {
            return self.incomplete(clause, word);
        }
        let Some(per) = self.needed(&mut operands, word) else { return };
        let per = self.duration(per, "`per`");
        self.finish(&operands, word);
        if let (Some(rollbacks), Some((per, _))) = (rollbacks, per) {
            if policy.watching.at_most.is_some() {
                self.error(Code::DuplicateName, clause.word.0, "`at most` is given twice")
                    .set_label("given again here")
                    .set_help("a policy has one");
            }
            policy.watching.at_most = Some(Breaker { rollbacks, per });
        }
    }

    /// `on failure …` of the policy.
    pub fn default_failure(&mut self, trees: &'a [(FileId, Tree)], policy: &mut Policy) {
        for (file, tree) in trees {
            self.open(*file);
            for stmt in &tree.items {
                let StmtKind::Decl(decl) = &stmt.kind else { continue };
                if decl.keyword != Keyword::Policy {
                    continue;
                }
                for stmt in decl.body.iter().flat_map(|body| &body.stmts) {
                    if let StmtKind::Clause(clause) = &stmt.kind
                        && self.word(clause.word) == "on"
                        && let Some(failure) = self.on_failure(clause)
                    {
                        policy.on_failure = failure;
                    }
                }
            }
        }
    }
}
