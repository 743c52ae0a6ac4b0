//! A script as the rules look at it: expressions, variables and functions by number, with names resolved to variables.

use std::collections::{BTreeMap, BTreeSet};

/// A place in a script, counted from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct At {
    pub line: usize,
    pub column: usize,
}

/// Numbers of expressions, variables and functions.
pub type ExprId = usize;
pub type VarId = usize;
pub type FuncId = usize;

/// An expression.
#[derive(Debug)]
pub struct Expr {
    pub at: At,
    /// The function whose code it is.
    pub function: FuncId,
    pub kind: Kind,
    pub usage: Usage,
    /// Whether it is in a loop of its function.
    pub is_repeated: bool,
    /// Whether it is evaluated under a condition only, as far as its file shows.
    pub is_conditional: bool,
}

#[derive(Debug)]
pub enum Kind {
    Nil,
    Boolean,
    Number(String),
    /// A string as it is written, without quotes.
    Text(String),
    Function(FuncId),
    Local(VarId),
    Global(String),
    Field {
        base: ExprId,
        name: String,
    },
    Index {
        base: ExprId,
        key: ExprId,
    },
    Call(Call),
    Table(Vec<Item>),
    /// An operation whose result is no operand: arithmetic, comparison, length, ….
    Operation,
    /// `a or b`, `a and b`.
    Choice,
    /// `...`.
    Varargs,
}

#[derive(Debug)]
pub struct Call {
    /// The function; of a method the object.
    pub callee: ExprId,
    pub method: Option<String>,
    pub args: Vec<ExprId>,
}

/// What a table constructor has between two commas.
#[derive(Debug)]
pub struct Item {
    /// `None`: an element.
    pub key: Option<Key>,
    pub value: ExprId,
}

#[derive(Debug)]
pub enum Key {
    Name(String, At),
    Computed,
}

/// What becomes of an expression's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Usage {
    /// A statement by itself: nothing.
    Discarded,
    /// The first value of a variable, or a later one.
    Local(VarId),
    /// An argument of a call, counted from 0.
    Argument(ExprId, usize),
    /// What is called, indexed, or calculated with: an error if it is nil.
    Needed(ExprId),
    /// It is looked at whether it is true, or equal to something.
    Tested,
    Other,
}

/// A value that a variable gets.
#[derive(Clone, Copy, Debug)]
pub struct Assigned {
    /// `None`: nil, or a result of a call that is not the first, or the element of a loop.
    pub value: Option<ExprId>,
    pub at: At,
    pub function: FuncId,
    /// `local x` without a value.
    pub is_empty: bool,
}

#[derive(Debug)]
pub struct Variable {
    pub name: String,
    pub at: At,
    /// The function that it belongs to.
    pub function: FuncId,
    /// A parameter, or the variable of a loop.
    pub is_given: bool,
    pub assigned: Vec<Assigned>,
    /// Expressions that read it.
    pub reads: Vec<ExprId>,
}

#[derive(Debug, Default)]
pub struct Global {
    pub assigned: Vec<Assigned>,
    pub reads: Vec<ExprId>,
}

/// The table behind a field that is set: the variable at the root, and the way from there.
#[derive(Debug)]
pub struct Write {
    pub root: Root,
    /// Names of the fields; `None` for a computed one.
    pub path: Vec<Option<String>>,
    pub at: At,
    pub function: FuncId,
    /// The expression that names the root, which reads nothing else.
    pub named: ExprId,
}

/// `base.name = value`.
#[derive(Debug)]
pub struct FieldSet {
    pub base: ExprId,
    /// `None`: a computed one.
    pub name: Option<String>,
    /// `None`: nil, or a result of a call that is not the first.
    pub value: Option<ExprId>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Root {
    Local(VarId),
    Global(String),
}

#[derive(Debug, Default)]
pub struct Function {
    pub at: At,
    /// The name it was defined with, if any.
    pub name: Option<String>,
    pub params: Vec<String>,
    pub parent: Option<FuncId>,
    /// Variables of functions around it that it, or a function in it, uses.
    pub captures: BTreeSet<VarId>,
    /// The expressions of each `return` that has some.
    pub returns: Vec<Vec<ExprId>>,
}

/// The values that fields are set to, by the names behind the table at their root; `None` for a computed name, or value.
pub type Fields = BTreeMap<Vec<Option<String>>, Vec<Option<ExprId>>>;

/// A script. Function 0 is its main chunk.
#[derive(Debug, Default)]
pub struct Program {
    /// As messages name it.
    pub name: String,
    pub exprs: Vec<Expr>,
    pub variables: Vec<Variable>,
    pub functions: Vec<Function>,
    pub globals: BTreeMap<String, Global>,
    pub writes: Vec<Write>,
    /// All fields that are set, also of tables that have no name.
    pub field_sets: Vec<FieldSet>,
    /// The values that fields are set to, by the table at their root and the names behind it.
    pub fields: BTreeMap<Root, Fields>,
    /// Globals that are set as fields of `_G`, under whatever name it has; `None` for a computed name.
    pub set_in_g: BTreeSet<Option<String>>,
    /// All calls, inner ones before those around them.
    pub calls: Vec<ExprId>,
}

impl Program {
    pub fn kind(&self, expr: ExprId) -> &Kind {
        &self.exprs[expr].kind
    }

    pub fn at(&self, expr: ExprId) -> At {
        self.exprs[expr].at
    }

    pub fn call(&self, expr: ExprId) -> Option<&Call> {
        match self.kind(expr) {
            Kind::Call(call) => Some(call),
            _ => None,
        }
    }

    /// Whether an expression is in a loop of its function.
    pub fn is_in_loop(&self, expr: ExprId) -> bool {
        self.exprs[expr].is_repeated
    }

    /// Whether code of `inner` is code of `outer`, or of a function in it.
    pub fn is_inside(&self, inner: FuncId, outer: FuncId) -> bool {
        let mut function = Some(inner);
        while let Some(this) = function {
            if this == outer {
                return true;
            }
            function = self.functions[this].parent;
        }
        false
    }

    /// The only value that a variable ever has.
    pub fn only_value(&self, variable: VarId) -> Option<ExprId> {
        let variable = &self.variables[variable];
        if variable.is_given {
            return None;
        }
        only(&variable.assigned)
    }

    /// The only value that a global ever has.
    fn only_global(&self, name: &str) -> Option<ExprId> {
        let assigned = &self.globals.get(name)?.assigned;
        if assigned.is_empty() || self.may_be_set_in_g(name) {
            return None;
        }
        only(assigned)
    }

    /// Whether a global gets a value as a field of `_G`.
    pub fn is_set_in_g(&self, name: &str) -> bool {
        !self.set_in_g.is_empty() && self.set_in_g.contains(&Some(name.to_owned()))
    }

    /// The same, or fields of `_G` are set whose names are not known.
    pub fn may_be_set_in_g(&self, name: &str) -> bool {
        self.is_set_in_g(name) || self.set_in_g.contains(&None)
    }

    /// The globals that are set by `_G.name = value`, or by `rawset`.
    pub fn find_set_in_g(&self) -> BTreeSet<Option<String>> {
        let is_g = |expr: ExprId| matches!(self.kind(self.origin(expr)), Kind::Global(name) if name == "_G");
        let by_fields = self.field_sets.iter().filter(|set| is_g(set.base)).map(|set| set.name.clone());
        let by_calls = self.calls.iter().filter_map(|call| {
            let call = self.call(*call)?;
            let is_rawset = matches!(self.kind(self.origin(call.callee)), Kind::Global(name) if name == "rawset");
            let [table, key, ..] = call.args[..] else { return None };
            (is_rawset && is_g(table)).then(|| match self.kind(key) {
                Kind::Text(name) => Some(name.clone()),
                _ => None,
            })
        });
        by_fields.chain(by_calls).collect()
    }

    /// The expression behind names: what a variable was set to, where that is one thing.
    pub fn origin(&self, expr: ExprId) -> ExprId {
        let mut expr = expr;
        for _ in 0..16 {
            let value = match self.kind(expr) {
                Kind::Local(variable) => self.only_value(*variable),
                Kind::Global(name) => self.only_global(name),
                Kind::Field { .. } => self.root_of(expr).and_then(|(root, path)| self.only_field(&root, &path)),
                _ => None,
            };
            match value {
                Some(value) => expr = value,
                None => break,
            }
        }
        expr
    }

    /// The function that an expression gives, where that is certain.
    pub fn function_of(&self, expr: ExprId) -> Option<FuncId> {
        match self.kind(self.origin(expr)) {
            Kind::Function(function) => Some(*function),
            _ => None,
        }
    }

    /// The variable at the root of `a.b.c`, and the names behind it.
    pub fn root_of(&self, expr: ExprId) -> Option<(Root, Vec<Option<String>>)> {
        match self.kind(expr) {
            Kind::Local(variable) => Some((Root::Local(*variable), Vec::new())),
            Kind::Global(name) => Some((Root::Global(name.clone()), Vec::new())),
            Kind::Field { base, name } => {
                let (root, mut path) = self.root_of(*base)?;
                path.push(Some(name.clone()));
                Some((root, path))
            }
            Kind::Index { base, key } => {
                let (root, mut path) = self.root_of(*base)?;
                path.push(match self.kind(*key) {
                    Kind::Text(name) => Some(name.clone()),
                    _ => None,
                });
                Some((root, path))
            }
            _ => None,
        }
    }

    /// The only value of a field that is set by name, of a table that the script makes once.
    fn only_field(&self, root: &Root, path: &[Option<String>]) -> Option<ExprId> {
        let table = match root {
            Root::Local(variable) => self.only_value(*variable)?,
            Root::Global(name) => self.only_global(name)?,
        };
        let [Some(name)] = path else { return None };
        let Kind::Table(items) = self.kind(table) else { return None };
        let in_table = items.iter().filter(|item| matches!(&item.key, Some(Key::Name(key, _)) if key == name));
        let set = self.fields.get(root).and_then(|fields| fields.get(path));
        let mut values = in_table.map(|item| Some(item.value)).chain(set.into_iter().flatten().copied());
        let first = values.next()??;
        values.next().is_none().then_some(first)
    }

    /// An expression as one would write it, where it is made of names.
    pub fn text(&self, expr: ExprId) -> String {
        match self.kind(expr) {
            Kind::Local(variable) => self.variables[*variable].name.clone(),
            Kind::Global(name) => name.clone(),
            Kind::Field { base, name } => format!("{}.{name}", self.text(*base)),
            Kind::Index { base, .. } => format!("{}[…]", self.text(*base)),
            Kind::Call(Call { callee, method: Some(name), .. }) => format!("{}:{name}(…)", self.text(*callee)),
            Kind::Call(call) => format!("{}(…)", self.text(call.callee)),
            _ => "…".into(),
        }
    }

    /// A function as messages name it: ``function `work` (pipeline.lua:12)``.
    pub fn function_name(&self, function: FuncId) -> String {
        let Function { at, name, .. } = &self.functions[function];
        match name {
            Some(name) => format!("function `{name}` ({}:{})", self.name, at.line),
            None => format!("function ({}:{})", self.name, at.line),
        }
    }
}

/// The one value among what is assigned; `local x` before it is none.
fn only(assigned: &[Assigned]) -> Option<ExprId> {
    match assigned {
        [one] => one.value,
        [empty, one] if empty.is_empty => one.value,
        _ => None,
    }
}
