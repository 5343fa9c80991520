//! Statements as data, as they are written: nothing is looked up yet.

/// A statement.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Statement {
    Select(Select),
    Insert(Insert),
    Update(Update),
    Delete(Delete),
    Batch(Batch),
    Truncate(Name),
    Use(String),
    CreateKeyspace {
        name: String,
        if_not_exists: bool,
        options: Options,
    },
    AlterKeyspace {
        name: String,
        if_exists: bool,
        options: Options,
    },
    DropKeyspace {
        name: String,
        if_exists: bool,
    },
    CreateTable(CreateTable),
    AlterTable {
        name: Name,
        if_exists: bool,
        change: AlterTable,
    },
    DropTable {
        name: Name,
        if_exists: bool,
    },
    CreateType {
        name: Name,
        if_not_exists: bool,
        fields: Vec<(String, Type)>,
    },
    AlterType {
        name: Name,
        if_exists: bool,
        change: AlterType,
    },
    DropType {
        name: Name,
        if_exists: bool,
    },
    CreateIndex(CreateIndex),
    DropIndex {
        name: Name,
        if_exists: bool,
    },
    /// What this server does not do, by the words it begins with.
    Unsupported(String),
}

/// A name, with its keyspace where one is said.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Name {
    pub(crate) keyspace: Option<String>,
    pub(crate) name: String,
}

/// `name = value AND ...` behind WITH.
pub(crate) type Options = Vec<(String, OptionValue)>;

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum OptionValue {
    /// A text, a number, true or false, as it is written; texts without quotes.
    Plain(String),
    Map(Vec<(String, String)>),
}

/// A type as it is written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Type {
    /// A native type or a user-defined one.
    Named(Name),
    List(Box<Type>),
    Set(Box<Type>),
    Map(Box<Type>, Box<Type>),
    Tuple(Vec<Type>),
    Vector(Box<Type>, u32),
    Frozen(Box<Type>),
    /// By the name of its class.
    Custom(String),
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CreateTable {
    pub(crate) name: Name,
    pub(crate) if_not_exists: bool,
    pub(crate) columns: Vec<ColumnDefinition>,
    /// Partition key and clustering key, where they stand by themselves; more than one is no mistake of the text.
    pub(crate) primary_keys: Vec<(Vec<String>, Vec<String>)>,
    /// Columns and whether they descend.
    pub(crate) order: Vec<(String, bool)>,
    pub(crate) options: Options,
    pub(crate) is_compact: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ColumnDefinition {
    pub(crate) name: String,
    pub(crate) of: Type,
    pub(crate) is_static: bool,
    pub(crate) is_primary_key: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum AlterTable {
    Add { if_not_exists: bool, columns: Vec<ColumnDefinition> },
    Drop { if_exists: bool, columns: Vec<String>, timestamp: Option<i64> },
    Rename { if_exists: bool, columns: Vec<(String, String)> },
    ChangeType { column: String, of: Type },
    With(Options),
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum AlterType {
    Add { if_not_exists: bool, fields: Vec<(String, Type)> },
    Rename { if_exists: bool, fields: Vec<(String, String)> },
    ChangeType { field: String, of: Type },
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CreateIndex {
    pub(crate) name: Option<String>,
    pub(crate) if_not_exists: bool,
    pub(crate) is_custom: bool,
    pub(crate) table: Name,
    pub(crate) targets: Vec<IndexTarget>,
    pub(crate) class: Option<String>,
    pub(crate) options: Options,
}

/// A column, and what is indexed of a collection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IndexTarget {
    pub(crate) of: TargetOf,
    pub(crate) column: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TargetOf {
    Plain,
    Values,
    Keys,
    Entries,
    Full,
}

/// A value as it is written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Term {
    Null,
    Literal(Literal),
    /// By its number, and its name where it has one.
    Marker(usize, Option<String>),
    /// `[a, b]`: a list, or a vector.
    List(Vec<Term>),
    /// `{a, b}`; `{}` is an empty set or map.
    Set(Vec<Term>),
    Map(Vec<(Term, Term)>),
    UserType(Vec<(String, Term)>),
    Tuple(Vec<Term>),
    Call {
        function: Name,
        arguments: Vec<Term>,
    },
    /// `(type) term`
    Hint(Type, Box<Term>),
    Negative(Box<Term>),
    Arithmetic(Box<Term>, Arithmetic, Box<Term>),
    /// A column: in selections, and to the right of an assignment.
    Column(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Literal {
    Text(String),
    Integer(String),
    Float(String),
    Boolean(bool),
    Uuid(String),
    Blob(String),
    Duration(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Select {
    pub(crate) is_json: bool,
    pub(crate) is_distinct: bool,
    pub(crate) selectors: Selectors,
    pub(crate) from: Name,
    pub(crate) conditions: Vec<Condition>,
    pub(crate) group_by: Vec<Selector>,
    pub(crate) order_by: Vec<Order>,
    pub(crate) per_partition_limit: Option<Term>,
    pub(crate) limit: Option<Term>,
    pub(crate) allow_filtering: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Selectors {
    All,
    /// With their aliases.
    Some(Vec<(Selector, Option<String>)>),
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Selector {
    Column(String),
    CountAll,
    /// A value that is no column: a literal with a hint, a marker.
    Term(Term),
    Call {
        function: Name,
        arguments: Vec<Selector>,
    },
    Tuple(Vec<Selector>),
    /// One in parentheses: a tuple of one, or no more than that one.
    Enclosed(Box<Selector>),
    /// `(type) selector`
    Hint(Type, Box<Selector>),
    /// Of a column or a part of it.
    WriteTime(Box<Selector>),
    MaxWriteTime(Box<Selector>),
    Ttl(Box<Selector>),
    Cast(Box<Selector>, Type),
    Field(Box<Selector>, String),
    Element(Box<Selector>, Term),
    /// With columns or calls in it; of values alone it is a term.
    List(Vec<Selector>),
    Set(Vec<Selector>),
    /// A map, or a user-defined value, whose fields are columns then.
    Map(Vec<(Selector, Selector)>),
    /// `m[a..b]`, of which one end may be left out.
    Slice(Box<Selector>, Option<Term>, Option<Term>),
    Arithmetic(Box<Selector>, Arithmetic, Box<Selector>),
    Negative(Box<Selector>),
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Order {
    By { column: String, descends: bool },
    Near { column: String, to: Term },
}

/// A condition of WHERE.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Condition {
    Column {
        column: String,
        operator: Operator,
        value: Term,
    },
    In {
        column: String,
        values: InValues,
    },
    /// `column[key] = value`
    Entry {
        column: String,
        key: Term,
        operator: Operator,
        value: Term,
    },
    Contains {
        column: String,
        of_key: bool,
        value: Term,
    },
    Like {
        column: String,
        pattern: Term,
    },
    IsNotNull {
        column: String,
    },
    Token {
        columns: Vec<String>,
        operator: Operator,
        value: Term,
    },
    Columns {
        columns: Vec<String>,
        operator: Operator,
        value: Term,
    },
    ColumnsIn {
        columns: Vec<String>,
        values: InValues,
    },
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum InValues {
    Terms(Vec<Term>),
    /// One marker for all.
    Marker(usize, Option<String>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// USING.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Using {
    pub(crate) timestamp: Option<Term>,
    pub(crate) ttl: Option<Term>,
}

/// IF.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) enum If {
    #[default]
    Always,
    NotExists,
    Exists,
    Conditions(Vec<Test>),
}

/// A condition of IF.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Test {
    pub(crate) column: String,
    pub(crate) part: Option<Part>,
    pub(crate) test: Tested,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Tested {
    Compared(Operator, Term),
    In(InValues),
    Contains { of_key: bool, value: Term },
}

/// A part of a column: an element of a collection or a field of a user-defined type.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Part {
    Element(Term),
    Field(String),
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Insert {
    pub(crate) table: Name,
    pub(crate) values: InsertValues,
    pub(crate) condition: If,
    pub(crate) using: Using,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum InsertValues {
    Columns(Vec<String>, Vec<Term>),
    /// And whether columns that the text does not name are left as they are.
    Json {
        value: Term,
        default_unset: bool,
    },
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Update {
    pub(crate) table: Name,
    pub(crate) using: Using,
    pub(crate) assignments: Vec<Assignment>,
    pub(crate) conditions: Vec<Condition>,
    pub(crate) condition: If,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Assignment {
    pub(crate) column: String,
    pub(crate) part: Option<Part>,
    pub(crate) value: Term,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Delete {
    /// Nothing for whole rows.
    pub(crate) columns: Vec<(String, Option<Part>)>,
    pub(crate) table: Name,
    pub(crate) timestamp: Option<Term>,
    pub(crate) conditions: Vec<Condition>,
    pub(crate) condition: If,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Batch {
    pub(crate) kind: BatchKind,
    pub(crate) timestamp: Option<Term>,
    pub(crate) statements: Vec<Statement>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BatchKind {
    Logged,
    Unlogged,
    Counter,
}
