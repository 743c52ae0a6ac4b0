//! From the text of a script to a [`Program`]: full_moon parses, and names are resolved on the way through its tree.
//!
//! `statements` and `expressions` go through the tree; `length` refuses what is too long for one.

mod expressions;
mod length;
mod statements;

use full_moon::LuaVersion;
use full_moon::node::Node;
use full_moon::tokenizer::{TokenReference, TokenType};

use length::MAX_OPERATORS;

use super::program::{Assigned, At, Expr, ExprId, FuncId, Function, Kind, Program, Usage, VarId, Variable};

/// Why the tree of a script is not had, though LuaJIT takes it.
#[derive(Debug)]
pub struct Unknown {
    /// Where that begins.
    pub at: At,
    /// The end of a sentence: "only the syntax was checked, since …".
    pub why: String,
}

/// Reads a script that LuaJIT has taken.
pub fn read(text: &str, name: &str) -> Result<Program, Unknown> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if let Some(at) = length::too_long(text) {
        return Err(Unknown { at, why: format!("an expression has more than {MAX_OPERATORS} operators") });
    }
    let result = full_moon::parse_fallible(text, LuaVersion::luajit());
    if let Some(error) = result.errors().first() {
        let start = error.range().0;
        let at = At { line: start.line(), column: start.character() };
        return Err(Unknown { at, why: "this is of LuaJIT alone".into() });
    }
    let mut reader = Reader::new(name);
    reader.block(result.ast().nodes());
    let mut program = reader.program;
    program.set_in_g = program.find_set_in_g();
    Ok(program)
}

struct Reader {
    program: Program,
    /// Variables in sight, the innermost last.
    scope: Vec<VarId>,
    function: FuncId,
    /// How many loops of the function are around what is read.
    loops: usize,
    /// How many conditions have to hold for what is read, those of the functions around it, too.
    conditions: usize,
}

impl Reader {
    fn new(name: &str) -> Reader {
        let mut program = Program { name: name.to_owned(), ..Program::default() };
        program.functions.push(Function::default());
        Reader { program, scope: Vec::new(), function: 0, loops: 0, conditions: 0 }
    }

    fn add(&mut self, at: At, kind: Kind) -> ExprId {
        let (function, usage) = (self.function, Usage::Other);
        let (is_repeated, is_conditional) = (self.loops > 0, self.conditions > 0);
        self.program.exprs.push(Expr { at, function, kind, usage, is_repeated, is_conditional });
        self.program.exprs.len() - 1
    }

    fn use_as(&mut self, expr: ExprId, usage: Usage) {
        self.program.exprs[expr].usage = usage;
    }

    /// A new variable, which code behind it sees.
    fn declare(&mut self, name: &str, at: At, is_given: bool, assigned: Vec<Assigned>) -> VarId {
        let function = self.function;
        let variable = Variable { name: name.to_owned(), at, function, is_given, assigned, reads: Vec::new() };
        self.program.variables.push(variable);
        let number = self.program.variables.len() - 1;
        self.scope.push(number);
        number
    }

    /// The variable of this name in sight. The functions between it and here capture it.
    fn find(&mut self, name: &str) -> Option<VarId> {
        let found = self.scope.iter().rev().copied().find(|number| self.program.variables[*number].name == name)?;
        let owner = self.program.variables[found].function;
        let mut function = self.function;
        while function != owner {
            self.program.functions[function].captures.insert(found);
            let Some(parent) = self.program.functions[function].parent else { break };
            function = parent;
        }
        Some(found)
    }

    /// What a name stands for where it is read.
    fn name(&mut self, name: &str, at: At) -> ExprId {
        match self.find(name) {
            Some(variable) => {
                let expr = self.add(at, Kind::Local(variable));
                self.program.variables[variable].reads.push(expr);
                expr
            }
            None => {
                let expr = self.add(at, Kind::Global(name.to_owned()));
                self.program.globals.entry(name.to_owned()).or_default().reads.push(expr);
                expr
            }
        }
    }

    fn assigned(&self, value: Option<ExprId>, at: At) -> Assigned {
        Assigned { value, at, function: self.function, is_empty: false }
    }
}

fn at(token: &TokenReference) -> At {
    let start = token.token().start_position();
    At { line: start.line(), column: start.character() }
}

fn start_of(node: &impl Node) -> At {
    node.start_position().map_or_else(At::default, |start| At { line: start.line(), column: start.character() })
}

/// An identifier, a number, or a string without its quotes.
fn text(token: &TokenReference) -> String {
    match token.token().token_type() {
        TokenType::Identifier { identifier } => identifier.to_string(),
        TokenType::StringLiteral { literal, .. } => literal.to_string(),
        TokenType::Number { text } => text.to_string(),
        other => format!("{}", full_moon::tokenizer::Token::new(other.clone())),
    }
}
