//! Which names from outside of themselves the functions of a script read.

use std::collections::BTreeMap;

use super::super::program::{ExprId, FuncId, Program, VarId};

/// By function: the first expression that reads a name, in it or in a function in it.
pub struct Reads<'a> {
    locals: Vec<BTreeMap<VarId, ExprId>>,
    globals: Vec<BTreeMap<&'a str, ExprId>>,
}

impl<'a> Reads<'a> {
    pub fn new(program: &'a Program) -> Reads<'a> {
        let count = program.functions.len();
        let mut reads = Reads { locals: vec![BTreeMap::new(); count], globals: vec![BTreeMap::new(); count] };
        for (number, variable) in program.variables.iter().enumerate() {
            for &read in &variable.reads {
                note(program, &mut reads.locals, number, read, Some(variable.function));
            }
        }
        for (name, global) in &program.globals {
            for &read in &global.reads {
                note(program, &mut reads.globals, name, read, None);
            }
        }
        reads
    }

    pub fn local(&self, function: FuncId, variable: VarId) -> Option<ExprId> {
        self.locals[function].get(&variable).copied()
    }

    /// In order of their names.
    pub fn globals(&self, function: FuncId) -> impl Iterator<Item = (&'a str, ExprId)> {
        self.globals[function].iter().map(|(name, read)| (*name, *read))
    }
}

/// Notes a read of a name for the function whose code it is, and for those around it up to the one that has the variable.
fn note<K: Ord + Copy>(
    program: &Program,
    by_function: &mut [BTreeMap<K, ExprId>],
    name: K,
    read: ExprId,
    owner: Option<FuncId>,
) {
    let mut function = Some(program.exprs[read].function);
    while let Some(this) = function.filter(|this| Some(*this) != owner) {
        // Then those around it know it, too.
        if by_function[this].contains_key(&name) {
            return;
        }
        by_function[this].insert(name, read);
        function = program.functions[this].parent;
    }
}
