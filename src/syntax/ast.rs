//! The syntax tree: shapes with spans, nothing resolved.
//!
//! Names, numbers and strings are spans into the text, lists hold no room to grow, and an expression is 24 bytes: a tree
//! of a large file stays small.
//! INVARIANT: every span of a tree lies inside the text that it was parsed from.

use crate::source::Span;

/// A name as written; its text is that of the span.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ident(pub Span);

/// A parsed file.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    /// The top-level statements in text order. Items are [`StmtKind::Decl`] or [`StmtKind::Clause`] (`require`, `at most …`).
    pub items: Vec<Stmt>,
    /// Every comment, in text order.
    pub comments: Vec<Comment>,
}

/// A `#` comment up to the line end (not included).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comment {
    /// With its `#`.
    pub span: Span,
    /// Whether nothing but blanks stands before it on its line.
    pub own_line: bool,
}

/// What a declaration declares. Each has a rule of its own in the grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the variants are the keywords")]
pub enum Keyword {
    Policy,
    Import,
    Use,
    Param,
    Let,
    Secret,
    Environment,
    Severity,
    Role,
    Contact,
    Escalation,
    Channel,
    Template,
    Metric,
    Trigger,
    Phase,
    Stage,
    Scenario,
    Step,
    Verify,
    Observe,
    Parallel,
    Preflight,
    Prepare,
    Incident,
    On,
    Every,
    Action,
    Probe,
    Test,
    Host,
    /// `always { … }`
    Always,
    /// `undo { … }` as a block (`undo none` and `undo repeat` are clauses).
    Undo,
    /// `run { … }` in an `action`.
    Run,
}

/// A statement of a block or of the file.
#[derive(Clone, Debug)]
pub struct Stmt {
    /// Which one.
    pub kind: StmtKind,
    /// From its first word to its last character.
    pub span: Span,
}

/// The kinds of statements.
#[derive(Clone, Debug)]
pub enum StmtKind {
    /// `keyword name(params): type = value "title" clauses { … }`, each part where its keyword allows it.
    Decl(Box<Decl>),
    /// A clause: `timeout 10s`, `within 20s every 1s`, `require x, "why"`, `on failure undo`, `skip graceful`.
    Clause(Box<Clause>),
    /// An expression that stands alone: a call of an action, or the value of a `run` block.
    Expr(Box<Expr>),
    /// `for x in list …`
    For(Box<For>),
    /// `if cond …`
    If(Box<If>),
    /// What could not be parsed; reported already.
    Error,
}

/// A declaration.
#[derive(Clone, Debug)]
pub struct Decl {
    /// What is declared.
    pub keyword: Keyword,
    /// The keyword as written.
    pub word: Span,
    /// Its name. A quoted name (`test "…"`) is the title instead.
    pub name: Option<Ident>,
    /// Parameters, where there are parentheses.
    pub params: Option<Box<[Param]>>,
    /// `: TYPE`
    pub ty: Option<Expr>,
    /// `= VALUE`
    pub value: Option<Expr>,
    /// The string behind the name (of a `param`: its doc).
    pub title: Option<Expr>,
    /// What else stands before the body, in order: `default`, `where EXPR`, `every 5s`, `as x`, `success`, …
    pub clauses: Box<[Clause]>,
    /// `{ … }`
    pub body: Option<Block>,
    /// `otherwise NAME { … }` of a stage.
    pub otherwise: Option<Box<Decl>>,
}

/// A parameter of a `let`, `action`, `probe`, `verify` or `metric`.
#[derive(Clone, Debug)]
pub struct Param {
    /// Its name.
    pub name: Ident,
    /// `: TYPE`
    pub ty: Option<Expr>,
    /// `= default`
    pub default: Option<Expr>,
}

/// A clause: a word, what follows it, perhaps a block.
#[derive(Clone, Debug)]
pub struct Clause {
    /// The first word.
    pub word: Ident,
    /// What follows, in order.
    pub operands: Box<[Operand]>,
    /// `{ … }`; few clauses have one.
    pub block: Option<Box<Block>>,
    /// All of it.
    pub span: Span,
}

/// A piece of a clause. A bare word such as `graceful` in `skip graceful` is an [`ExprKind::Name`].
#[derive(Clone, Debug)]
pub enum Operand {
    /// A value or a bare word.
    Expr(Expr),
    /// A reserved marker: `when`, `for`, `where`, `if`, `then`, `else`, `otherwise`, `in`.
    Marker(Ident),
    /// `, value`
    Comma(Expr),
    /// `= value`
    Assign(Expr),
    /// `label: value`
    Labelled(Box<Labelled>),
}

/// `label: value`
#[derive(Clone, Debug)]
pub struct Labelled {
    /// The label, without its colon.
    pub label: Ident,
    /// What stands behind it.
    pub value: Expr,
}

/// `{ … }`, or the one statement that stands behind a `for` or `if` without braces.
#[derive(Clone, Debug)]
pub struct Block {
    /// In text order.
    pub stmts: Box<[Stmt]>,
    /// With its braces.
    pub span: Span,
    /// Whether braces stand around it.
    pub braced: bool,
}

/// `for x in iter [clauses] body`
#[derive(Clone, Debug)]
pub struct For {
    /// `parallel for`
    pub parallel: Option<Span>,
    /// The bound name.
    pub var: Ident,
    /// What is walked.
    pub iter: Expr,
    /// `where cond`
    pub filter: Option<Expr>,
    /// `one at a time`, `at most 3 at once`, `tolerate 1`
    pub clauses: Box<[Clause]>,
    /// What is done for each.
    pub body: Block,
}

/// `if cond body [else body]`
#[derive(Clone, Debug)]
pub struct If {
    /// The condition.
    pub cond: Expr,
    /// When it holds.
    pub body: Block,
    /// When not.
    pub otherwise: Option<Block>,
}

/// An expression.
#[derive(Clone, Debug)]
pub struct Expr {
    /// Which one.
    pub kind: ExprKind,
    /// Without surrounding blanks; parentheses are a node of their own.
    pub span: Span,
}

/// The kinds of expressions. Types are written as expressions too: `list[string]`, `int?`, `"a" | "b"`.
#[derive(Clone, Debug)]
pub enum ExprKind {
    /// A name; its text is the span.
    Name,
    /// A number or quantity, as written: `1_000`, `5m`, `1h30m`, `50MB/h`, `5%`.
    Number,
    /// A string of any form.
    Str(Box<Str>),
    /// `true`, `false`
    Bool(bool),
    /// `none`
    None,
    /// `(x)`
    Paren(Box<Expr>),
    /// `[a, b]`
    List(Box<List>),
    /// `{ key: value }`
    Map(Box<Map>),
    /// `[x for x in xs where … sorted by … descending]`; `bracketed` is false as a sole argument.
    Comprehension(Box<Comprehension>),
    /// `-x`, `not x`
    Unary(UnaryOp, Box<Expr>),
    /// `a op b`
    Binary(Box<Binary>),
    /// `if c then a else b`
    If(Box<[Expr; 3]>),
    /// `x.name`
    Field(Box<Field>),
    /// `x[i]`
    Index(Box<[Expr; 2]>),
    /// `f(…)`, `family.verb(…)`
    Call(Box<Call>),
    /// `T?`
    Optional(Box<Expr>),
    /// What could not be parsed; reported already.
    Error,
}

/// The elements of a list.
#[derive(Clone, Debug)]
pub struct List {
    /// In text order.
    pub items: Box<[Expr]>,
}

/// The entries of a map.
#[derive(Clone, Debug)]
pub struct Map {
    /// In text order.
    pub entries: Box<[(Key, Expr)]>,
}

/// A field of something.
#[derive(Clone, Debug)]
pub struct Field {
    /// Of what.
    pub base: Expr,
    /// Which.
    pub name: Ident,
}

/// A key of a map.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Without the colon; with its quotes when quoted.
    pub span: Span,
    /// Whether it stands in quotes.
    pub quoted: bool,
}

/// A call.
#[derive(Clone, Debug)]
pub struct Call {
    /// A name or a field of a name.
    pub callee: Expr,
    /// The arguments in order.
    pub args: Box<[Arg]>,
}

/// An argument.
#[derive(Clone, Debug)]
pub struct Arg {
    /// `label:`
    pub label: Option<Ident>,
    /// Its value.
    pub value: Expr,
}

/// The parts of a comprehension.
#[derive(Clone, Debug)]
pub struct Comprehension {
    /// What each element becomes.
    pub value: Expr,
    /// The bound name.
    pub var: Ident,
    /// What is walked.
    pub iter: Expr,
    /// `where cond`
    pub filter: Option<Expr>,
    /// `sorted by key`
    pub key: Option<Expr>,
    /// `descending`
    pub descending: bool,
    /// Whether `[ ]` stand around it.
    pub bracketed: bool,
}

/// A binary operation.
#[derive(Clone, Debug)]
pub struct Binary {
    /// Which.
    pub op: BinaryOp,
    /// Where the operator stands.
    pub op_span: Span,
    /// Left.
    pub left: Expr,
    /// Right.
    pub right: Expr,
}

/// Prefix operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum UnaryOp {
    Neg,
    Not,
}

/// Infix operators, weakest first: `otherwise`, `or`, `and`, comparison and `in`, `..`, `|`, `+ -`, `* / of`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum BinaryOp {
    Otherwise,
    Or,
    And,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    In,
    NotIn,
    Range,
    Union,
    Add,
    Sub,
    Mul,
    Div,
    /// `150% of x`
    Of,
}

/// A string literal.
#[derive(Clone, Debug)]
pub struct Str {
    /// Which form.
    pub form: StrForm,
    /// Text and holes in order. A text piece is a span of raw text: escapes are not decoded, indentation not removed
    /// (see `syntax::string`).
    pub pieces: Box<[Piece]>,
}

/// The forms of strings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StrForm {
    /// `"…"`
    Plain,
    /// `"""…"""`
    Block,
    /// `r"…"`
    Raw,
    /// `r#"…"#`
    RawHash,
}

/// A piece of a string.
#[derive(Clone, Debug)]
pub enum Piece {
    /// Raw text.
    Text(Span),
    /// `${expr}`
    Hole(Expr),
}

// INVARIANT: trees of a million lines stay below ten bytes for a byte of their text (`benches/parser.rs`).
const _: () = assert!(size_of::<Expr>() == 24 && size_of::<Operand>() == 32 && size_of::<Stmt>() == 24);

impl Block {
    /// The span of its first character: the opening brace, where it has one.
    #[must_use]
    pub const fn span_of_opener(&self) -> Span {
        Span::new(self.span.start, self.span.start + 1)
    }
}
