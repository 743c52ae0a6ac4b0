//! Statements of a script, and the variables that they declare and set.

use full_moon::ast::{Assignment, Block, Expression, FunctionDeclaration, If, LastStmt, LocalAssignment, Stmt, Var};

use super::super::program::{At, ExprId, FieldSet, Kind, Usage, VarId, Write};
use super::{Reader, at, text};

impl Reader {
    /// A block, whose variables end with it.
    pub(super) fn block(&mut self, block: &Block) {
        let depth = self.scope.len();
        self.open_block(block);
        self.scope.truncate(depth);
    }

    /// The statements of a block; its variables stay in sight.
    fn open_block(&mut self, block: &Block) {
        for statement in block.stmts() {
            self.statement(statement);
        }
        if let Some(LastStmt::Return(returned)) = block.last_stmt() {
            let values: Vec<ExprId> = returned.returns().iter().map(|value| self.expression(value)).collect();
            if !values.is_empty() {
                self.program.functions[self.function].returns.push(values);
            }
        }
    }

    fn statement(&mut self, statement: &Stmt) {
        match statement {
            Stmt::Assignment(assignment) => self.assignment(assignment),
            Stmt::LocalAssignment(assignment) => self.local(assignment),
            Stmt::FunctionCall(call) => {
                let expr = self.suffixed(call.prefix(), call.suffixes());
                self.use_as(expr, Usage::Discarded);
            }
            Stmt::FunctionDeclaration(declaration) => self.declaration(declaration),
            Stmt::LocalFunction(function) => {
                let place = at(function.function_token());
                let name = text(function.name());
                let variable = self.declare(&name, at(function.name()), false, Vec::new());
                let number = self.function_body(function.body(), place, Some(name), false);
                let value = self.add(place, Kind::Function(number));
                let assigned = self.assigned(Some(value), place);
                self.use_as(value, Usage::Local(variable));
                self.program.variables[variable].assigned.push(assigned);
            }
            Stmt::Do(block) => self.block(block.block()),
            Stmt::If(conditional) => self.conditional(conditional),
            Stmt::While(repeated) => {
                self.loops += 1;
                self.condition(repeated.condition());
                self.conditions += 1;
                self.block(repeated.block());
                self.conditions -= 1;
                self.loops -= 1;
            }
            Stmt::Repeat(repeated) => {
                // The condition sees the block's variables.
                let depth = self.scope.len();
                self.loops += 1;
                self.open_block(repeated.block());
                self.condition(repeated.until());
                self.loops -= 1;
                self.scope.truncate(depth);
            }
            Stmt::NumericFor(numeric) => {
                for value in [Some(numeric.start()), Some(numeric.end()), numeric.step()].into_iter().flatten() {
                    let value = self.expression(value);
                    self.use_as(value, Usage::Needed(value));
                }
                let depth = self.scope.len();
                self.declare(&text(numeric.index_variable()), at(numeric.index_variable()), true, Vec::new());
                self.loop_block(numeric.block());
                self.scope.truncate(depth);
            }
            Stmt::GenericFor(generic) => {
                for value in generic.expressions() {
                    self.expression(value);
                }
                let depth = self.scope.len();
                for name in generic.names() {
                    self.declare(&text(name), at(name), true, Vec::new());
                }
                self.loop_block(generic.block());
                self.scope.truncate(depth);
            }
            _ => {}
        }
    }

    fn loop_block(&mut self, block: &Block) {
        self.loops += 1;
        self.block(block);
        self.loops -= 1;
    }

    fn condition(&mut self, condition: &Expression) {
        let condition = self.expression(condition);
        self.use_as(condition, Usage::Tested);
    }

    fn conditional(&mut self, conditional: &If) {
        self.condition(conditional.condition());
        self.conditions += 1;
        self.block(conditional.block());
        for other in conditional.else_if().into_iter().flatten() {
            self.condition(other.condition());
            self.block(other.block());
        }
        if let Some(block) = conditional.else_block() {
            self.block(block);
        }
        self.conditions -= 1;
    }

    fn local(&mut self, assignment: &LocalAssignment) {
        let values: Vec<ExprId> = assignment.expressions().iter().map(|value| self.expression(value)).collect();
        let names: Vec<(String, At)> = assignment.names().iter().map(|name| (text(name), at(name))).collect();
        for (number, (name, place)) in names.into_iter().enumerate() {
            let value = values.get(number).copied();
            let mut assigned = self.assigned(value, place);
            assigned.is_empty = values.is_empty();
            let variable = self.declare(&name, place, false, vec![assigned]);
            if let Some(value) = value {
                self.use_as(value, Usage::Local(variable));
                self.name_function(value, &name);
            }
        }
    }

    fn assignment(&mut self, assignment: &Assignment) {
        let values: Vec<ExprId> = assignment.expressions().iter().map(|value| self.expression(value)).collect();
        for (number, target) in assignment.variables().iter().enumerate() {
            let value = values.get(number).copied();
            match target {
                Var::Name(token) => self.set_name(&text(token), at(token), value),
                Var::Expression(_) => {
                    let field = self.var(target);
                    self.set_field(field, value);
                }
                _ => {}
            }
        }
    }

    /// `name = value`.
    fn set_name(&mut self, name: &str, place: At, value: Option<ExprId>) {
        let assigned = self.assigned(value, place);
        match self.find(name) {
            Some(variable) => self.set_local(variable, value, assigned.at),
            None => self.program.globals.entry(name.to_owned()).or_default().assigned.push(assigned),
        }
        if let Some(value) = value {
            self.name_function(value, name);
        }
    }

    fn set_local(&mut self, variable: VarId, value: Option<ExprId>, place: At) {
        let assigned = self.assigned(value, place);
        self.program.variables[variable].assigned.push(assigned);
        if let Some(value) = value {
            self.use_as(value, Usage::Local(variable));
        }
    }

    /// `a.b.c = value`, where the left side was read as an expression.
    fn set_field(&mut self, field: ExprId, value: Option<ExprId>) {
        if let (Some(value), Kind::Field { name, .. }) = (value, self.program.kind(field)) {
            let name = name.clone();
            self.name_function(value, &name);
        }
        let (base, name) = match self.program.kind(field) {
            Kind::Field { base, name } => (*base, Some(name.clone())),
            Kind::Index { base, key } => match self.program.kind(*key) {
                Kind::Text(name) => (*base, Some(name.clone())),
                _ => (*base, None),
            },
            _ => return,
        };
        self.program.field_sets.push(FieldSet { base, name, value });
        if let Some((root, path)) = self.program.root_of(field) {
            let (at, function) = (self.program.at(field), self.function);
            let mut named = field;
            while let Kind::Field { base, .. } | Kind::Index { base, .. } = self.program.kind(named) {
                named = *base;
            }
            let values = self.program.fields.entry(root.clone()).or_default().entry(path.clone()).or_default();
            values.push(value);
            self.program.writes.push(Write { root, path, at, function, named });
        }
    }

    /// `function a.b:c() … end`.
    fn declaration(&mut self, declaration: &FunctionDeclaration) {
        let place = at(declaration.function_token());
        let names: Vec<(String, At)> = declaration.name().names().iter().map(|name| (text(name), at(name))).collect();
        let method = declaration.name().method_name().map(text);
        let last = method.clone().or_else(|| names.last().map(|(name, _)| name.clone()));
        let Some(((first, first_at), fields)) = names.split_first() else { return };
        if fields.is_empty() && method.is_none() {
            // The name is in sight of the body: a global, or a variable that is there already.
            let variable = self.find(first);
            let number = self.function_body(declaration.body(), place, last, false);
            let value = self.add(place, Kind::Function(number));
            match variable {
                Some(variable) => self.set_local(variable, Some(value), place),
                None => self.set_name(first, *first_at, Some(value)),
            }
            return;
        }
        let mut field = self.name(first, *first_at);
        for name in fields.iter().map(|(name, _)| name).chain(&method) {
            let expr = self.add(*first_at, Kind::Field { base: field, name: name.clone() });
            self.use_as(field, Usage::Needed(expr));
            field = expr;
        }
        let number = self.function_body(declaration.body(), place, last, method.is_some());
        let value = self.add(place, Kind::Function(number));
        self.set_field(field, Some(value));
    }

    fn name_function(&mut self, value: ExprId, name: &str) {
        if let Kind::Function(function) = self.program.kind(value) {
            let function = *function;
            self.program.functions[function].name.get_or_insert_with(|| name.to_owned());
        }
    }
}
