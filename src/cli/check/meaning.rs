//! What expressions stand for: the `lithops` table, executors, futures, modules, ….

use super::program::{At, Call, ExprId, FuncId, Kind, Program};

/// What is known of a value without running anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// The `lithops` table.
    Lithops,
    /// Another global that is a table of the VM's.
    Library(String),
    /// What `require` gives for this name.
    Module(String),
    Executor,
    Future,
    Futures,
    Storage,
    /// A collection of the module `dataset`.
    Dataset,
    /// A pool of the module `pool`.
    Pool,
}

/// Functions that start calls.
pub const JOBS: &[&str] = &["map", "call_async", "map_reduce"];
const EXECUTORS: &[&str] = &["FunctionExecutor", "LocalhostExecutor", "ServerlessExecutor"];
/// Libraries of the VM whose fields are looked at.
const LIBRARIES: &[&str] = &["string", "table", "math", "os", "io", "coroutine", "debug", "bit"];
/// Methods of datasets that give no dataset, but what a job gave.
const ACTIONS: &[&str] =
    &["collect", "count", "reduce", "first", "take", "explain", "write_csv", "write_text", "write_json_lines"];
/// Functions of pools whose first argument runs in workers.
const POOL_JOBS: &[&str] =
    &["map", "map_async", "starmap", "starmap_async", "imap", "imap_unordered", "apply", "apply_async"];

impl Program {
    /// What an expression stands for, if that is certain.
    pub fn what(&self, expr: ExprId) -> Option<What> {
        self.what_within(expr, 0)
    }

    fn what_within(&self, expr: ExprId, depth: u32) -> Option<What> {
        if depth > 24 {
            return None;
        }
        let expr = self.origin(expr);
        let what = |expr: ExprId| self.what_within(expr, depth + 1);
        match self.kind(expr) {
            Kind::Global(name) if self.is_set(name) => None,
            Kind::Global(name) if name == "lithops" => Some(What::Lithops),
            Kind::Global(name) if LIBRARIES.contains(&name.as_str()) => Some(What::Library(name.clone())),
            Kind::Field { base, name } if name == "storage" && what(*base)? == What::Lithops => Some(What::Storage),
            Kind::Index { base, .. } if what(*base)? == What::Futures => Some(What::Future),
            Kind::Call(Call { callee, method: None, args }) => {
                if let Some(name) = self.required(expr) {
                    return Some(if name == "lithops" { What::Lithops } else { What::Module(name) });
                }
                if self.is_global(*callee, "assert") {
                    return what(*args.first()?);
                }
                let callee = self.origin(*callee);
                match self.kind(callee) {
                    Kind::Field { base, name } => result_of(&what(*base)?, name),
                    _ if what(callee)? == What::Module("pool".into()) => Some(What::Pool),
                    _ => None,
                }
            }
            Kind::Call(Call { callee, method: Some(name), .. }) => result_of(&what(*callee)?, name),
            _ => None,
        }
    }

    fn is_set(&self, global: &str) -> bool {
        self.globals.get(global).is_some_and(|global| !global.assigned.is_empty()) || self.is_set_in_g(global)
    }

    /// Whether an expression is the VM's own global of this name, under whatever local name.
    pub fn is_global(&self, expr: ExprId, name: &str) -> bool {
        matches!(self.kind(self.origin(expr)), Kind::Global(global) if global == name) && !self.is_set(name)
    }

    /// Whether an expression is `library.name` of the VM's own.
    pub fn is_library_function(&self, expr: ExprId, library: &str, name: &str) -> bool {
        let expr = self.origin(expr);
        matches!(self.kind(expr), Kind::Field { base, name: field } if field == name
            && self.what(*base) == Some(What::Library(library.into())))
    }

    /// The module that a call of `require` names.
    pub fn required(&self, expr: ExprId) -> Option<String> {
        let call = self.call(expr)?;
        if call.method.is_some() || !self.is_global(call.callee, "require") {
            return None;
        }
        match self.kind(*call.args.first()?) {
            Kind::Text(name) => Some(name.clone()),
            _ => None,
        }
    }

    /// Functions whose errors are caught: those that are written where `pcall`, `xpcall`, or an assertion of a test calls them.
    pub fn protected_functions(&self) -> Vec<FuncId> {
        const ASSERTIONS: [&str; 6] = ["has_error", "has_errors", "error", "errors", "error_matches", "raises"];
        let catches = |callee: ExprId| match self.kind(callee) {
            Kind::Field { name, .. } => ASSERTIONS.contains(&name.as_str()),
            _ => ["pcall", "xpcall"].iter().any(|name| self.is_global(callee, name)),
        };
        let calls = self.calls.iter().filter_map(|call| self.call(*call));
        let called = calls.filter(|call| call.method.is_none() && catches(call.callee));
        called
            .filter_map(|call| match self.kind(self.origin(*call.args.first()?)) {
                Kind::Function(function) => Some(*function),
                _ => None,
            })
            .collect()
    }

    /// Whether an expression that begins at `at` is code of one of these functions.
    pub fn is_in_any(&self, at: At, functions: &[FuncId]) -> bool {
        let found = self.exprs.iter().filter(|expr| expr.at == at);
        found.into_iter().any(|expr| functions.iter().any(|function| self.is_inside(expr.function, *function)))
    }

    /// The function of `lithops`, or the method of an executor, that a call calls; and where its own arguments begin.
    pub fn lithops_call(&self, expr: ExprId) -> Option<(&str, &[ExprId])> {
        let call = self.call(expr)?;
        if let Some(name) = &call.method {
            return (self.what(call.callee)? == What::Executor).then_some((name.as_str(), &call.args[..]));
        }
        match self.kind(self.origin(call.callee)) {
            Kind::Field { base, name } if self.what(*base)? == What::Lithops => Some((name.as_str(), &call.args[..])),
            _ => None,
        }
    }
}

/// What a function of a table, or a method of an object, gives.
fn result_of(base: &What, name: &str) -> Option<What> {
    match base {
        What::Lithops if EXECUTORS.contains(&name) => Some(What::Executor),
        What::Lithops if name == "Storage" => Some(What::Storage),
        What::Lithops | What::Executor if name == "map" || name == "map_reduce" => Some(What::Futures),
        What::Lithops | What::Executor if name == "call_async" => Some(What::Future),
        What::Module(module) if module == "dataset" => Some(What::Dataset),
        What::Module(module) if module == "pool" && (name == "new" || name == "Pool") => Some(What::Pool),
        What::Dataset if !ACTIONS.contains(&name) => Some(What::Dataset),
        _ => None,
    }
}

/// A function that a script has run in workers.
#[derive(Clone, Copy, Debug)]
pub struct Sent {
    pub function: FuncId,
    /// The argument that names it.
    pub named: ExprId,
    /// The call that starts the job.
    pub call: ExprId,
}

/// All functions that calls of the script send, where it is certain which they are.
pub fn sent_functions(program: &Program) -> Vec<Sent> {
    let mut sent = Vec::new();
    for &call in &program.calls {
        for named in sent_by(program, call) {
            if let Some(function) = program.function_of(named) {
                sent.push(Sent { function, named, call });
            }
        }
    }
    sent
}

/// The arguments of a call that are functions to be sent.
fn sent_by(program: &Program, expr: ExprId) -> Vec<ExprId> {
    if let Some((name, args)) = program.lithops_call(expr) {
        return match name {
            "map" | "call_async" => args.first().copied().into_iter().collect(),
            "map_reduce" => [args.first(), args.get(2)].into_iter().flatten().copied().collect(),
            _ => Vec::new(),
        };
    }
    let Some(Call { callee, method, args }) = program.call(expr) else { return Vec::new() };
    let object = match (method, program.kind(program.origin(*callee))) {
        (Some(name), _) => program.what(*callee).map(|what| (what, name)),
        (None, Kind::Field { base, name }) => program.what(*base).map(|what| (what, name)),
        _ => None,
    };
    match object {
        Some((What::Dataset, _)) => args
            .iter()
            .copied()
            .filter(|argument| matches!(program.kind(program.origin(*argument)), Kind::Function(_)))
            .collect(),
        Some((What::Pool, name)) if POOL_JOBS.contains(&name.as_str()) => args.first().copied().into_iter().collect(),
        Some((What::Module(module), name)) if module == "pool" && POOL_JOBS.contains(&name.as_str()) => {
            args.first().copied().into_iter().collect()
        }
        _ => Vec::new(),
    }
}
