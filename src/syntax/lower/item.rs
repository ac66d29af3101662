//! Declarations: `keyword name(params): type = value "title" clauses { … }`.

use super::{Lower, first_word, is_expr, only};
use crate::source::Span;
use crate::syntax::ast::{Clause, Decl, Expr, ExprKind, Ident, Keyword, Operand, Param, Stmt, StmtKind};
use crate::syntax::grammar::{Node, Rule};

impl Lower<'_> {
    /// A top-level item.
    pub fn item(&mut self, node: Node) -> Stmt {
        let node = only(node);
        self.refuse_letters(&node);
        let stmt = if node.as_rule() == Rule::statement { self.statement(node) } else { self.declaration(node) };
        self.refuse_at_top(&stmt);
        self.keep_one_for_unknown_item(&stmt);
        stmt
    }

    /// A statement alone.
    pub fn lone(&mut self, node: Node) -> Stmt {
        let node = only(node);
        self.refuse_letters(&node);
        self.statement(node)
    }

    /// A declaration as a statement.
    pub(super) fn declaration(&mut self, node: Node) -> Stmt {
        let span = self.span(&node);
        let keyword = keyword(node.as_rule()).expect("every rule of an item has its keyword");
        let decl = self.decl(node, keyword);
        Stmt { kind: StmtKind::Decl(Box::new(decl)), span }
    }

    fn decl(&mut self, node: Node, keyword: Keyword) -> Decl {
        let start = self.span(&node).start;
        let length = if node.as_rule() == Rule::instead { "otherwise".len() } else { keyword.text().len() };
        let mut decl = Decl {
            keyword,
            word: Span::new(start, start + length as u32),
            name: None,
            params: None,
            ty: None,
            value: None,
            title: None,
            clauses: Box::default(),
            body: None,
            otherwise: None,
        };
        let (mut clauses, mut instead) = (Vec::new(), Vec::new());
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::name => {
                    decl.name = Some(self.ident(&part));
                    self.refuse_name(self.span(&part));
                }
                Rule::string => decl.title = Some(self.string(part)),
                Rule::params => decl.params = Some(self.params(part)),
                Rule::typed => decl.ty = Some(self.expr(only(part))),
                Rule::assigned => decl.value = Some(self.expr(only(part))),
                Rule::block => decl.body = Some(self.block(part)),
                Rule::instead => instead.push(part),
                rule if is_expr(rule) => decl.value = Some(self.expr(part)),
                _ => clauses.push(self.header_clause(part)),
            }
        }
        decl.clauses = clauses.into_boxed_slice();
        // `a {…} otherwise b {…} otherwise c {…}`: each alternative is that of the one before it.
        decl.otherwise = instead.into_iter().rev().fold(None, |next, part| {
            let mut decl = self.decl(part, keyword);
            decl.otherwise = next;
            Some(Box::new(decl))
        });
        decl
    }

    pub(super) fn params(&mut self, node: Node) -> Box<[Param]> {
        node.into_inner().map(|formal| self.param(formal)).collect()
    }

    fn param(&mut self, node: Node) -> Param {
        let mut parts = node.into_inner();
        let name = parts.next().expect("a parameter has a name");
        self.refuse_name(self.span(&name));
        let mut param = Param { name: self.ident(&name), ty: None, default: None };
        for part in parts {
            let is_type = part.as_rule() == Rule::typed;
            let expr = Some(self.expr(only(part)));
            if is_type { param.ty = expr } else { param.default = expr }
        }
        param
    }

    /// `every 5s`, `as x`, `where EXPR`, `for s in services`, `default`, `at most 3 at once`, …
    pub(super) fn header_clause(&mut self, node: Node) -> Clause {
        let span = self.span(&node);
        let word = Ident(Span::new(span.start, span.start + first_word(self.slice(span)).len() as u32));
        let mut operands = Vec::new();
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::name => operands.push(Operand::Expr(self.name_expr(&part))),
                Rule::in_word => operands.push(Operand::Marker(self.ident(&part))),
                Rule::one_by_one | Rule::at_most | Rule::at_once | Rule::tolerate => {
                    let words = self.words(self.span(&part)).filter(|expr| expr.span != word.0);
                    operands.extend(words.map(Operand::Expr));
                }
                _ => operands.push(Operand::Expr(self.expr(part))),
            }
        }
        Clause { word, operands: operands.into_boxed_slice(), block: None, span }
    }

    /// Each word of a phrase such as `at most`, as a name.
    fn words(&self, span: Span) -> impl Iterator<Item = Expr> + use<> {
        let text = self.slice(span);
        let words: Vec<_> = text
            .split_ascii_whitespace()
            .map(|word| {
                let start = span.start + (word.as_ptr().addr() - text.as_ptr().addr()) as u32;
                Expr { kind: ExprKind::Name, span: Span::new(start, start + word.len() as u32) }
            })
            .collect();
        words.into_iter()
    }
}

/// The keyword of an item's rule.
const fn keyword(rule: Rule) -> Option<Keyword> {
    Some(match rule {
        Rule::policy => Keyword::Policy,
        Rule::import => Keyword::Import,
        Rule::use_item => Keyword::Use,
        Rule::param => Keyword::Param,
        Rule::let_item => Keyword::Let,
        Rule::secret => Keyword::Secret,
        Rule::environment => Keyword::Environment,
        Rule::severity => Keyword::Severity,
        Rule::role => Keyword::Role,
        Rule::contact => Keyword::Contact,
        Rule::escalation => Keyword::Escalation,
        Rule::channel => Keyword::Channel,
        Rule::template => Keyword::Template,
        Rule::metric => Keyword::Metric,
        Rule::trigger => Keyword::Trigger,
        Rule::phase => Keyword::Phase,
        Rule::stage => Keyword::Stage,
        Rule::scenario => Keyword::Scenario,
        Rule::step => Keyword::Step,
        Rule::verify => Keyword::Verify,
        Rule::observe => Keyword::Observe,
        Rule::parallel => Keyword::Parallel,
        Rule::preflight => Keyword::Preflight,
        Rule::prepare => Keyword::Prepare,
        Rule::incident => Keyword::Incident,
        Rule::on => Keyword::On,
        Rule::every => Keyword::Every,
        Rule::action => Keyword::Action,
        Rule::probe => Keyword::Probe,
        Rule::test => Keyword::Test,
        Rule::host => Keyword::Host,
        Rule::always => Keyword::Always,
        Rule::undo => Keyword::Undo,
        Rule::run => Keyword::Run,
        _ => return None,
    })
}
