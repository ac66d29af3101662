//! Expressions: operator precedence by a shunting-yard, operands, calls.

use super::{Lower, only};
use crate::diagnostics::Code;
use crate::source::Span;
use crate::syntax::ast::{
    Arg, Binary, BinaryOp, Call, Comprehension, Expr, ExprKind, Field, Ident, Key, List, Map, UnaryOp,
};
use crate::syntax::grammar::{Node, Rule};

/// The longest chain of operators, or of what follows an operand. The tree of a chain is as deep as the chain is long,
/// and every walk over it recurses.
const MAX_CHAIN: usize = 1_000;

#[derive(Clone, Copy)]
enum Op {
    Binary(BinaryOp, Span),
    Unary(UnaryOp, Span),
}

impl Op {
    /// How tightly it binds: `otherwise`, `or`, `and`, `not`, comparison and `in`, `..`, `|`, `+ -`, `* / of`, sign.
    const fn strength(self) -> u8 {
        match self {
            Self::Binary(op, _) => match op {
                BinaryOp::Otherwise => 0,
                BinaryOp::Or => 1,
                BinaryOp::And => 2,
                BinaryOp::Eq
                | BinaryOp::Ne
                | BinaryOp::Lt
                | BinaryOp::Le
                | BinaryOp::Gt
                | BinaryOp::Ge
                | BinaryOp::In
                | BinaryOp::NotIn => 4,
                BinaryOp::Range => 5,
                BinaryOp::Union => 6,
                BinaryOp::Add | BinaryOp::Sub => 7,
                BinaryOp::Mul | BinaryOp::Div | BinaryOp::Of => 8,
            },
            Self::Unary(UnaryOp::Not, _) => 3,
            Self::Unary(UnaryOp::Neg, _) => 9,
        }
    }
}

impl Lower<'_> {
    /// Any of the expression rules: operands with infix operators between them. An operand is no node of its own: it is its
    /// prefix operators, a primary, and what touches that.
    pub(super) fn expr(&mut self, node: Node) -> Expr {
        let (mut ops, mut done) = (Vec::new(), Vec::new());
        let mut operand: Option<Expr> = None;
        let (mut infixes, mut touching) = (0, 0);
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::infix | Rule::equals => {
                    done.extend(operand.take());
                    let op = Op::Binary(self.infix(&part), self.span(&part));
                    (infixes, touching) = (infixes + 1, 0);
                    while let Some(top) = ops.last().copied().filter(|top: &Op| top.strength() >= op.strength()) {
                        ops.pop();
                        reduce(&mut done, top);
                    }
                    ops.push(op);
                }
                Rule::prefix => {
                    touching += 1;
                    let op = self.prefix(&part);
                    ops.push(op);
                }
                Rule::call | Rule::field | Rule::index | Rule::optional => {
                    touching += 1;
                    let base = operand.take().expect("something stands before what touches it");
                    operand = Some(self.postfix(base, part));
                }
                Rule::map => operand = Some(self.map(part)),
                _ => operand = Some(self.primary(part)),
            }
            if infixes > MAX_CHAIN || touching > MAX_CHAIN {
                let end = operand.or_else(|| done.pop()).map(|expr| expr.span);
                return self.too_long(end.unwrap_or_default());
            }
        }
        if ops.is_empty() {
            return operand.expect("an expression has an operand");
        }
        done.extend(operand);
        while let Some(op) = ops.pop() {
            reduce(&mut done, op);
        }
        done.pop().expect("a chain reduces to one expression")
    }

    fn too_long(&mut self, at: Span) -> Expr {
        self.report(
            self.error(Code::TooDeep, at, format!("a chain of more than {MAX_CHAIN} operators"))
                .label("the chain is too long here")
                .help("name parts of it with `let`"),
        );
        Expr { kind: ExprKind::Error, span: at }
    }

    fn primary(&mut self, node: Node) -> Expr {
        let span = self.span(&node);
        let kind = match node.as_rule() {
            Rule::name => match node.as_str() {
                "true" => ExprKind::Bool(true),
                "false" => ExprKind::Bool(false),
                "none" => ExprKind::None,
                _ => ExprKind::Name,
            },
            Rule::quantity => {
                self.refuse_number(span);
                ExprKind::Number
            }
            Rule::string => return self.string(node),
            Rule::list => self.list(node),
            Rule::group => ExprKind::Paren(Box::new(self.expr(only(node)))),
            Rule::choose => {
                let mut parts = node.into_inner().filter(|part| part.as_rule() == Rule::value);
                let mut part = || self.expr(parts.next().expect("`if`, `then` and `else` each have a value"));
                ExprKind::If(Box::new([part(), part(), part()]))
            }
            rule => unreachable!("{rule:?} is no primary"),
        };
        Expr { kind, span }
    }

    fn postfix(&mut self, expr: Expr, node: Node) -> Expr {
        let tail = self.span(&node);
        let span = expr.span.to(tail);
        let kind = match node.as_rule() {
            Rule::field => {
                let name = Ident(Span::new(tail.start + 1, tail.end));
                ExprKind::Field(Box::new(Field { base: expr, name }))
            }
            Rule::index => ExprKind::Index(Box::new([expr, self.expr(only(node))])),
            Rule::optional => ExprKind::Optional(Box::new(expr)),
            Rule::call => {
                self.refuse_callee(&expr);
                let mut args = Vec::with_capacity(node.clone().into_inner().len());
                for part in node.into_inner() {
                    let (label, value) = self.argument(part, false);
                    args.push(Arg { label, value });
                }
                ExprKind::Call(Box::new(Call { callee: expr, args: args.into_boxed_slice() }))
            }
            rule => unreachable!("{rule:?} follows no operand"),
        };
        Expr { kind, span }
    }

    fn list(&mut self, node: Node) -> ExprKind {
        let span = self.span(&node);
        let mut items = Vec::with_capacity(node.clone().into_inner().len());
        for part in node.into_inner() {
            let (label, value) = self.argument(part, true);
            if let Some(label) = label {
                self.refuse_label_in_list(label);
            }
            items.push(value);
        }
        // `[x for x in xs]` is the comprehension itself, not a list of one.
        if let [Expr { kind: ExprKind::Comprehension(_), .. }] = items.as_slice() {
            let only = items.pop().expect("one item");
            return only.kind;
        }
        if let Some(inner) = items.iter().find(|item| matches!(item.kind, ExprKind::Comprehension(_))) {
            self.refuse_comprehension(inner.span, span);
        }
        ExprKind::List(Box::new(List { items: items.into_boxed_slice() }))
    }

    fn argument(&mut self, node: Node, bracketed: bool) -> (Option<Ident>, Expr) {
        let span = self.span(&node);
        let mut label = None;
        let mut value: Option<Expr> = None;
        let found = self.found.len();
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::label => label = Some(self.label(&part)),
                Rule::gather => {
                    let element = value.take().expect("a comprehension has an element");
                    let start = element.span.start;
                    let kind = self.comprehension(element, part, bracketed);
                    value = Some(Expr { kind, span: Span::new(start, span.end) });
                }
                _ => {
                    // A second value: the first was a label.
                    if let Some(before) = value.take() {
                        self.refuse_label(&before);
                        label = Some(Ident(before.span));
                    }
                    value = Some(self.expr(part));
                }
            }
        }
        let value = value.expect("an argument has a value");
        match label {
            None if !bracketed => self.refuse_equals(found, value),
            label => (label, value),
        }
    }

    fn comprehension(&mut self, value: Expr, node: Node, bracketed: bool) -> ExprKind {
        let mut parts = node.into_inner();
        let name = parts.next().expect("a comprehension binds a name");
        self.refuse_name(self.span(&name));
        let var = self.ident(&name);
        let mut parts = parts.filter(|part| part.as_rule() != Rule::in_word);
        let iter = self.expr(parts.next().expect("a comprehension walks something"));
        let mut all = Comprehension { value, var, iter, filter: None, key: None, descending: false, bracketed };
        for part in parts {
            if part.as_rule() == Rule::filter {
                all.filter = Some(self.expr(only(part)));
            } else {
                let mut parts = part.into_inner();
                all.key = parts.next().map(|key| self.expr(key));
                all.descending = parts.next().is_some_and(|order| order.as_str() == "descending");
            }
        }
        ExprKind::Comprehension(Box::new(all))
    }

    fn map(&mut self, node: Node) -> Expr {
        let span = self.span(&node);
        let mut entries = Vec::new();
        for part in node.into_inner().filter(|part| part.as_rule() == Rule::entry) {
            let mut parts = part.into_inner();
            let key = self.label(&parts.next().expect("an entry has a key")).0;
            let quoted = self.slice(key).starts_with('"');
            let value = self.expr(parts.next().expect("an entry has a value"));
            entries.push((Key { span: key, quoted }, value));
        }
        Expr { kind: ExprKind::Map(Box::new(Map { entries: entries.into_boxed_slice() })), span }
    }

    fn prefix(&mut self, node: &Node) -> Op {
        let span = self.span(node);
        match node.as_str() {
            "-" => Op::Unary(UnaryOp::Neg, span),
            text => {
                if text == "!" {
                    self.refuse_operator(span);
                }
                Op::Unary(UnaryOp::Not, span)
            }
        }
    }

    fn infix(&mut self, node: &Node) -> BinaryOp {
        match node.as_str() {
            "otherwise" => BinaryOp::Otherwise,
            "or" => BinaryOp::Or,
            "and" => BinaryOp::And,
            "==" => BinaryOp::Eq,
            "!=" => BinaryOp::Ne,
            "<" => BinaryOp::Lt,
            "<=" => BinaryOp::Le,
            ">" => BinaryOp::Gt,
            ">=" => BinaryOp::Ge,
            "in" => BinaryOp::In,
            ".." => BinaryOp::Range,
            "|" => BinaryOp::Union,
            "+" => BinaryOp::Add,
            "-" => BinaryOp::Sub,
            "*" => BinaryOp::Mul,
            "/" => BinaryOp::Div,
            "of" => BinaryOp::Of,
            text if text.starts_with("not") => BinaryOp::NotIn,
            _ => self.refuse_operator(self.span(node)),
        }
    }
}

fn apply_prefix(expr: Expr, op: Op) -> Expr {
    match op {
        Op::Unary(op, at) => Expr { span: at.to(expr.span), kind: ExprKind::Unary(op, Box::new(expr)) },
        Op::Binary(..) => expr,
    }
}

fn reduce(done: &mut Vec<Expr>, op: Op) {
    let right = done.pop().expect("an operator has an operand");
    let reduced = match op {
        Op::Unary(..) => apply_prefix(right, op),
        Op::Binary(op, op_span) => {
            let left = done.pop().expect("an infix operator has two operands");
            let span = left.span.to(right.span);
            Expr { kind: ExprKind::Binary(Box::new(Binary { op, op_span, left, right })), span }
        }
    };
    done.push(reduced);
}
