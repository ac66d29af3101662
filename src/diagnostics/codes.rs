//! The table of diagnostic codes. A code never changes its meaning; a retired one is never given out again.

use super::Level;

macro_rules! codes {
    ($($name:ident $number:literal $level:ident $title:literal;)*) => {
        /// A stable code: `E` for what is refused, `W` for advice; each has a page under `docs/codes/`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[allow(missing_docs, reason = "each code has a page; its title is in the table")]
        pub enum Code { $($name),* }

        impl Code {
            /// Every code, in the order of the table.
            pub const ALL: &'static [Code] = &[$(Code::$name),*];

            /// As it is printed, such as `E0101`.
            #[must_use]
            pub const fn number(self) -> &'static str {
                match self { $(Code::$name => $number),* }
            }

            /// The level it has unless a policy says otherwise.
            #[must_use]
            pub const fn level(self) -> Level {
                match self { $(Code::$name => Level::$level),* }
            }

            /// One line: what is wrong.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Code::$name => $title),* }
            }

            /// The markdown page, with an example that triggers it and one that mends it.
            #[must_use]
            pub const fn page(self) -> &'static str {
                match self { $(Code::$name => include_str!(concat!("../../docs/codes/", $number, ".md"))),* }
            }
        }
    };
}

codes! {
    // E00xx syntax
    UnexpectedToken      "E0001" Error "something else was expected here";
    UnclosedBracket      "E0002" Error "a bracket is never closed";
    StrayCloser          "E0003" Error "a closing bracket has no opener";
    UnclosedString       "E0004" Error "a string is never closed";
    ControlCharacter     "E0005" Error "the text holds a control character";
    TooDeep              "E0006" Error "the nesting is too deep";
    UnknownItem          "E0007" Error "no such item";
    ReservedWord         "E0008" Error "a keyword cannot be used as a name";
    ForeignOperator      "E0009" Error "an operator of another language";
    BadNumber            "E0010" Error "not a number or quantity";
    BadEscape            "E0011" Error "an unknown escape in a string";
    OperandAfterCall     "E0012" Error "a second clause on one line";
    NotUtf8              "E0013" Error "the file is not UTF-8 text";
    TooLarge             "E0014" Error "the file is too large";
    EmptyPolicy          "E0015" Error "the file holds no policy";
    WrongPlace           "E0016" Error "this does not belong here";
    // E01xx names
    UnknownName          "E0101" Error "no such name";
    DuplicateName        "E0102" Error "a name is given twice";
    UnknownUnit          "E0103" Error "no such action or probe";
    UnknownClause        "E0104" Error "no such clause here";
    UnknownLabel         "E0105" Error "no such argument";
    UnknownField         "E0106" Error "no such field";
    UnknownType          "E0107" Error "no such type";
    SelfReference        "E0108" Error "a definition refers to itself";
    UsedBeforeBound      "E0109" Error "a name is used before it is bound";
    NotAvailable         "E0110" Error "not available in this version";
    ImportNotFound       "E0111" Error "an import cannot be found";
    ImportCycle          "E0112" Error "files import each other";
    HidesBuiltIn         "E0113" Error "a name hides what is built in";
    NoScenario           "E0114" Error "which scenario is not said";
    // E02xx types and units
    Mismatch             "E0201" Error "the types do not fit";
    DimensionMismatch    "E0202" Error "the units do not fit";
    BareNumber           "E0203" Error "a number needs a unit here";
    UnknownQuantityUnit  "E0204" Error "no such unit";
    MissingArgument      "E0205" Error "an argument is missing";
    TooManyArguments     "E0206" Error "too many arguments";
    DuplicateArgument    "E0207" Error "an argument is given twice";
    OrderOnStrings       "E0208" Error "strings have no order";
    BuiltText            "E0209" Error "a command, query or pattern must be a literal";
    NotCallable          "E0210" Error "this cannot be called";
    OutOfRange           "E0211" Error "a value is out of its range";
    BadLiteral           "E0212" Error "the literal does not fit its type";
    MissingPart          "E0213" Error "a required part is missing";
    NoMetric             "E0214" Error "a metric is needed here";
    MissingUnsaid        "E0215" Error "nothing says what missing data means";
    SecretWritten        "E0216" Error "a secret is written out";
    BadArguments         "E0222" Error "the arguments of a call do not go together";
    // E03xx order and effects
    Cycle                "E0301" Error "steps wait for each other";
    AfterLater           "E0302" Error "a step waits for a later one";
    ParallelConflict     "E0303" Error "members of `parallel` conflict";
    GateInParallel       "E0304" Error "a gate inside `parallel`";
    WritesInVerify       "E0305" Error "a verification changes something";
    // E04xx time
    DeadlineMissed       "E0401" Error "the worst case is longer than the deadline";
    // E05xx safety
    SecretFlow           "E0501" Error "a secret flows where it would be seen";
    OutsideRoot          "E0502" Error "a path leaves the root";
    ActionInExpression   "E0503" Error "an action stands where only a probe may";
    UnknownAuthority     "E0505" Error "nobody may do this";
    TooMuch              "E0520" Error "the policy comes to too much";
    RequireInEnvironment "E0530" Error "a `require` does not hold in an environment";
    NotForEnvironment    "E0531" Error "an environment cannot change this";
    // W60xx advice
    UnusedName           "W6001" Warning "a name is never used";
    NoVerification       "W6002" Warning "a phase verifies nothing";
    RelativeRef          "W6003" Warning "a relative ref is not pinned";
    DuplicateTitle       "W6004" Warning "two titles are the same";
    Shadowed             "W6005" Warning "a name hides another";
    UndoUnsaid           "W6006" Warning "a step that cannot be undone does not say so";
    UnusedAllow          "W6007" Warning "an `allow` allows nothing";
    BadAllow             "W6008" Warning "an `allow` cannot be read";
    AdvisoryMissed       "W6020" Warning "the worst case is longer than an advisory deadline";
    ConstantCondition    "W6030" Warning "a condition never changes";
    SelfComparison       "W6031" Warning "both sides are the same";
    NeedlessBool         "W6032" Warning "a condition is compared with a truth";
    SameArms             "W6033" Warning "both arms of an `if` are the same";
    EmptyRange           "W6034" Warning "a range holds nothing";
    FitsEverything       "W6036" Warning "a pattern fits every text";
    NeedlessShell        "W6037" Warning "no shell is needed for a command";
    ProgramWithBlanks    "W6038" Warning "a whole command stands in one word";
    ValueAsShell         "W6039" Warning "a value becomes code of a shell";
    RunsDownload         "W6040" Warning "what is downloaded is run unseen";
    MayAskPassword       "W6041" Warning "a command may ask for a password";
    UnitExists           "W6042" Warning "a command for which there is a unit that can be undone";
    CredentialWritten    "W6043" Warning "a credential is written out";
    SecretInClear        "W6044" Warning "a secret is sent in clear";
    AskedOnce            "W6045" Warning "a verification is asked only once";
    LimitNeverReached    "W6047" Warning "a limit is longer than that of its step";
    RetryRepeats         "W6049" Warning "a retry repeats what cannot be taken back";
    DoesNothing          "W6050" Warning "a block is empty";
    EmptyLoop            "W6051" Warning "a loop has nothing to go through";
    TitleRepeatsName     "W6052" Warning "a title repeats the name";
    EmptyReason          "W6053" Warning "a reason says nothing";
    ExpectedTwice        "W6054" Warning "something is expected twice";
    ToleratesAll         "W6055" Warning "every item of a loop may fail";
    HomePath             "W6056" Warning "a path is in somebody's home";
    TildePath            "W6057" Warning "a `~` that no shell sees";
    PastReturn           "W6058" Warning "a step that cannot be taken back stands before one that can fail";
    NobodyMayStart       "W6059" Warning "nobody may start a severity";
    UnusedRole           "W6060" Warning "a role has nothing to say";
    UnusedChannel        "W6061" Warning "nothing is sent over a channel";
    UnusedTemplate       "W6062" Warning "no message says a template";
    UnusedContact        "W6063" Warning "nobody calls a contact";
    UnusedMetric         "W6064" Warning "no trigger looks at a metric";
    NeverFires           "W6065" Warning "a rule can never fire";
    ShadowedRule         "W6066" Warning "a rule never decides";
    NothingGraceful      "W6067" Warning "there is nothing graceful to skip";
    NoDeadlineToMeet     "W6068" Warning "`mitigates` without a deadline";
    ShortFor             "W6069" Warning "a `for` is shorter than two samples";
    ShortWindow          "W6070" Warning "a window never holds two samples";
    ClearOverlaps        "W6071" Warning "a `clear` holds while the trigger fires";
    UnusedVariable       "W6072" Warning "a variable is never used";
    SerialFence          "W6073" Warning "a command keeps apart what could run at the same time";
    PhasesOverwrite      "W6074" Warning "phases that run together write the same file";
    NeverClears          "W6075" Warning "a trigger fires on after its own rollback";
}

impl Code {
    /// The code printed as `text`, ignoring case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.number().eq_ignore_ascii_case(text.trim()))
    }

    /// The codes of advice, which can be allowed and denied.
    pub fn lints() -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(|code| code.level() == Level::Warning)
    }

    /// The name of advice, such as `no_verification`: that of its variant in small letters. The reference lists them, so
    /// that a variant is not renamed unseen.
    #[must_use]
    pub fn lint(self) -> Option<String> {
        let mut name = String::new();
        for letter in format!("{self:?}").chars() {
            if letter.is_ascii_uppercase() && !name.is_empty() {
                name.push('_');
            }
            name.push(letter.to_ascii_lowercase());
        }
        (self.level() == Level::Warning).then_some(name)
    }

    /// The advice of this code or name.
    #[must_use]
    pub fn parse_lint(text: &str) -> Option<Self> {
        let named = |code: &Self| code.lint().is_some_and(|name| name == text);
        Self::lints().find(|code| code.number().eq_ignore_ascii_case(text) || named(code))
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.number())
    }
}
