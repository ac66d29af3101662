//! What the grammar accepts only so that it can be refused by name.
//!
//! Owns the findings about a single, well-formed node. It must not decide what a clause or a call means.

use super::Lower;
use crate::diagnostics::Code;
use crate::source::Span;
use crate::syntax::ast::{BinaryOp, Clause, Expr, ExprKind, Ident, Operand, Stmt, StmtKind, StrForm};
use crate::syntax::grammar::{Node, Rule};
use crate::syntax::{string, wording, words};

impl Lower<'_> {
    /// An item that belongs into a block, an unknown item, or a call at the top level.
    pub(super) fn refuse_at_top(&mut self, stmt: &Stmt) {
        let (span, what, home) = match &stmt.kind {
            StmtKind::Decl(decl) => match decl.keyword.home() {
                Some(home) => (decl.word, format!("a `{}`", decl.keyword.text()), home),
                None => return,
            },
            StmtKind::Clause(clause) => return self.refuse_unknown_item(clause),
            StmtKind::For(_) => (stmt.span, "a loop".to_owned(), "a `phase` or `step`"),
            StmtKind::If(_) => (stmt.span, "an `if`".to_owned(), "a `phase` or `step`"),
            StmtKind::Expr(_) => (stmt.span, "a call".to_owned(), "a `step`"),
            StmtKind::Error => return,
        };
        self.report(
            self.error(Code::WrongPlace, span, format!("{what} does not belong at the top level of a file"))
                .label("not inside any block")
                .help(format!("move it into {home}")),
        );
    }

    fn refuse_unknown_item(&mut self, clause: &Clause) {
        let word = self.slice(clause.word.0);
        if words::TOP_CLAUSES.contains(&word) {
            return;
        }
        let report = wording::unknown_item_report(word, self.place(clause.word.0));
        self.report(report);
    }

    /// An unknown item explains whatever else is odd about its first line.
    pub(super) fn keep_one_for_unknown_item(&mut self, stmt: &Stmt) {
        if self.found.iter().any(|found| found.code == Code::UnknownItem) {
            let text = self.slice(stmt.span);
            let line_end = stmt.span.start + text.find('\n').unwrap_or(text.len()) as u32;
            self.found.retain(|found| found.code == Code::UnknownItem || found.span().start > line_end);
        }
    }

    /// A top-level item in a block, where it reads like a clause.
    pub(super) fn refuse_item_as_clause(&mut self, clause: &Clause) {
        let word = self.slice(clause.word.0);
        let named = matches!(clause.operands.first(), Some(Operand::Expr(_) | Operand::Labelled(..)));
        let has_body = clause.block.is_some() || clause.operands.iter().any(|part| matches!(part, Operand::Assign(_)));
        if named && has_body && words::TOP_ONLY.contains(&word) {
            self.report(
                self.error(Code::WrongPlace, clause.word.0, format!("a `{word}` does not belong in a block"))
                    .label("inside a block")
                    .help("move it to the top level of the file"),
            );
        }
    }

    /// `expect a = b`: `=` where values are compared.
    pub(super) fn refuse_assignment(&mut self, clause: &Clause) {
        let mut before: Option<&Operand> = None;
        for operand in &clause.operands {
            if let (Operand::Assign(value), Some(Operand::Expr(left))) = (operand, before)
                && !matches!(left.kind, ExprKind::Name)
            {
                let gap = Span::new(left.span.end, value.span.start);
                let offset = self.slice(gap).find('=').unwrap_or(0) as u32;
                self.refuse_operator(Span::new(gap.start + offset, gap.start + offset + 1));
            }
            before = Some(operand);
        }
    }

    /// A keyword or an upper-case word as the name of something.
    pub(super) fn refuse_name(&mut self, span: Span) {
        let name = self.slice(span);
        if words::RESERVED.contains(&name) {
            self.report(wording::reserved_report(name, self.place(span)));
        } else if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
            let lower = name.to_ascii_lowercase();
            self.report(
                self.error(Code::UnexpectedToken, span, format!("the name `{name}` is not in lower case"))
                    .label("names are lower case")
                    .help(format!("write `{lower}`"))
                    .fix("write it in lower case", self.place(span), lower),
            );
        }
    }

    /// An operator of another language; what the author meant is returned.
    pub(super) fn refuse_operator(&mut self, span: Span) -> BinaryOp {
        let (right, op) = match self.slice(span) {
            "&&" => ("and", BinaryOp::And),
            "||" => ("or", BinaryOp::Or),
            "!" => ("not ", BinaryOp::Ne),
            "!==" | "<>" | "=!" => ("!=", BinaryOp::Ne),
            "=>" => (">=", BinaryOp::Ge),
            "=<" => ("<=", BinaryOp::Le),
            _ => ("==", BinaryOp::Eq),
        };
        let foreign = self.slice(span);
        let word = right.trim_end();
        self.report(
            self.error(Code::ForeignOperator, span, format!("`{foreign}` is not an operator here"))
                .label("an operator of another language")
                .help(format!("write `{word}`"))
                .fix(format!("write `{word}`"), self.place(span), right),
        );
        op
    }

    /// Letters of names that the grammar reads, since one look at a letter is cheaper than four, and the language has not.
    pub(super) fn refuse_letters(&mut self, node: &Node) {
        if node.as_str().is_ascii() {
            return;
        }
        for part in node.clone().into_inner().flatten() {
            let is_name = matches!(part.as_rule(), Rule::name | Rule::flag | Rule::label | Rule::key | Rule::field);
            let foreign = part.as_str().char_indices().find(|(_, letter)| !letter.is_ascii());
            if let Some((at, letter)) = foreign.filter(|_| is_name && !part.as_str().starts_with('"')) {
                let start = self.span(&part).start + at as u32;
                let span = Span::new(start, start + letter.len_utf8() as u32);
                let report = self.error(Code::UnexpectedToken, span, format!("unexpected character `{letter}`"));
                self.report(wording::foreign_letter(report));
            }
        }
    }

    /// A number that is not well formed. Units are looked up by the checker.
    pub(super) fn refuse_number(&mut self, span: Span) {
        let text = self.slice(span);
        let Some(help) = number_fault(text) else { return };
        self.report(
            self.error(Code::BadNumber, span, format!("`{text}` is not a number or quantity"))
                .label("not a number")
                .help(help),
        );
    }

    /// Backslashes that mean nothing. In text of a regular expression they are many, so only the first is reported.
    pub(super) fn refuse_escapes(&mut self, text: Span, form: StrForm) {
        let raw = self.slice(text);
        let mut at = 0;
        while let Some(next) = raw[at..].find('\\') {
            at += next;
            match string::escape(&raw[at..]) {
                Ok((_, length)) => at += length,
                Err(length) => {
                    let span = Span::new(text.start + at as u32, text.start + (at + length) as u32);
                    let escape = self.slice(span);
                    let raw_form = if form == StrForm::Block { "r#\"…\"#" } else { "r\"…\"" };
                    self.report(
                        self.error(Code::BadEscape, span, format!("unknown escape `{escape}`"))
                            .label("this backslash means nothing")
                            .help(format!("write `\\{escape}` for a backslash, or a raw string, `{raw_form}`")),
                    );
                    return;
                }
            }
        }
    }

    /// Something else than a name before `(`.
    pub(super) fn refuse_callee(&mut self, callee: &Expr) {
        let mut expr = callee;
        while let ExprKind::Field(field) = &expr.kind {
            expr = &field.base;
        }
        if !matches!(expr.kind, ExprKind::Name) {
            self.report(
                self.error(Code::UnexpectedToken, callee.span, "only a name can be called")
                    .label("this is not the name of an action, probe or function")
                    .help("write a blank before `(`, or name the value with `let`"),
            );
        }
    }

    /// `f("a": 1)`
    pub(super) fn refuse_label(&mut self, label: &Expr) {
        if !matches!(label.kind, ExprKind::Name | ExprKind::Bool(_) | ExprKind::None) {
            self.report(
                self.error(Code::UnexpectedToken, label.span, "the label of an argument is a name")
                    .label("not a name")
                    .help("write a map, `{ … }`, to give keys that are no names"),
            );
        }
    }

    /// `[a: 1]`
    pub(super) fn refuse_label_in_list(&mut self, label: Ident) {
        let name = self.slice(label.0);
        self.report(
            self.error(Code::UnexpectedToken, label.0, "an item of a list has no label")
                .label("a label")
                .help(format!("write a map, `{{ {name}: … }}`, or leave `{name}:` out")),
        );
    }

    /// `[a, b for b in xs]`
    pub(super) fn refuse_comprehension(&mut self, inner: Span, list: Span) {
        self.report(
            self.error(Code::UnexpectedToken, inner, "a comprehension is the only item of its list")
                .label("this is one of several items")
                .also(self.place(list), "of this list")
                .help("write it in a list of its own"),
        );
    }

    /// Something behind a call on the same line.
    pub(super) fn refuse_second(&mut self, expr: &Expr, next: Span, span: Span) -> Stmt {
        let (call, argument) = (self.slice(expr.span), self.slice(next));
        if call.contains('.') && !call.contains('(') && argument.starts_with(['"', '[']) {
            self.report(
                self.error(Code::OperandAfterCall, next, format!("`{call}` is called without parentheses"))
                    .label("an argument")
                    .also(self.place(expr.span), "of this")
                    .help(format!("write `{call}({argument})`")),
            );
            return Stmt { kind: StmtKind::Error, span };
        }
        self.report(
            self.error(Code::OperandAfterCall, next, "a second clause on one line")
                .label("another clause begins here")
                .also(self.place(expr.span), "behind this")
                .help("write `;` or a new line between them")
                .fix("write `;` between them", self.place(Span::new(expr.span.end, next.start)), "; "),
        );
        Stmt { kind: StmtKind::Error, span }
    }

    /// `retry -3` reads as a subtraction. Says whether it was one.
    pub(super) fn refuse_negative(&mut self, expr: &Expr) -> bool {
        let ExprKind::Binary(binary) = &expr.kind else { return false };
        if binary.op != BinaryOp::Sub || !matches!(binary.left.kind, ExprKind::Name) {
            return false;
        }
        let touches = binary.op_span.end == binary.right.span.start && binary.op_span.start > binary.left.span.end;
        if touches {
            let word = self.slice(binary.left.span);
            let number = self.slice(binary.right.span);
            self.report(
                self.error(Code::UnexpectedToken, binary.op_span, "this minus sign reads as a subtraction")
                    .label("`-` between two values")
                    .help(format!("write `{word} {number}`, or `{word} (-{number})` if it is meant to be negative")),
            );
        }
        touches
    }

    /// `from=good` as an argument. Gives its label, where it is one.
    pub(super) fn refuse_equals(&mut self, found: usize, value: Expr) -> (Option<Ident>, Expr) {
        let is_name = |expr: &Expr| matches!(expr.kind, ExprKind::Name);
        let single = |op: Span| self.slice(op) == "=";
        let binary = match value.kind {
            ExprKind::Binary(binary) if is_name(&binary.left) && single(binary.op_span) => binary,
            kind => return (None, Expr { kind, span: value.span }),
        };
        self.found.truncate(found);
        let name = self.slice(binary.left.span);
        let (of, right) = (binary.op_span, self.slice(binary.right.span));
        self.report(
            self.error(Code::ForeignOperator, of, "an argument is given with `:`, not with `=`")
                .label("behind the name of an argument")
                .help(format!("write `{name}: {right}`"))
                .fix("write `:`", self.place(Span::new(binary.left.span.end, binary.right.span.start)), ": "),
        );
        (Some(Ident(binary.left.span)), binary.right)
    }
}

/// What to write instead of a malformed number.
fn number_fault(text: &str) -> Option<&'static str> {
    let number = text.split('/').next().unwrap_or(text).trim_end_matches('%');
    if number.matches('.').count() > 1 {
        return Some("a version stands in quotes");
    }
    if number.starts_with("0x") || number.starts_with("0b") || number.starts_with("0o") {
        return Some("numbers are decimal");
    }
    let groups_ok = !number.contains("__") && !number.ends_with('_');
    if !groups_ok {
        return Some("`_` stands between digits, as in `1_000`");
    }
    // A compound such as `1h30m` is numbers that each have a unit; `1h30` is not, and `1e5` would be one.
    let has_unit = number.bytes().any(|byte| byte.is_ascii_alphabetic());
    if has_unit && number.ends_with(|last: char| last.is_ascii_digit()) {
        return Some("each part has its unit, as in `1h30m`; there is no exponent form");
    }
    None
}
