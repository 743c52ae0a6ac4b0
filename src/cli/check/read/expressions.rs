//! Expressions of a script.

use full_moon::ast::{
    BinOp, Call as CallAst, Expression, Field, FunctionArgs, FunctionBody, Index, Parameter, Prefix, Suffix,
    TableConstructor, UnOp, Var,
};
use full_moon::tokenizer::TokenReference;

use super::super::program::{At, Call, ExprId, FuncId, Function, Item, Key, Kind, Usage};
use super::{Reader, at, start_of, text};

impl Reader {
    pub(super) fn expression(&mut self, expression: &Expression) -> ExprId {
        match expression {
            Expression::Parentheses { expression, .. } => self.expression(expression),
            Expression::BinaryOperator { .. } => self.operations(expression),
            Expression::UnaryOperator { unop, expression } => {
                let place = at(unop.token());
                let operand = self.expression(expression);
                let expr = self.add(place, Kind::Operation);
                let usage = if matches!(unop, UnOp::Not(_)) { Usage::Tested } else { Usage::Needed(expr) };
                self.use_as(operand, usage);
                expr
            }
            Expression::Function(function) => {
                let place = at(function.function_token());
                let number = self.function_body(function.body(), place, None, false);
                self.add(place, Kind::Function(number))
            }
            Expression::FunctionCall(call) => self.suffixed(call.prefix(), call.suffixes()),
            Expression::TableConstructor(table) => self.table(table),
            Expression::Number(token) => self.add(at(token), Kind::Number(text(token))),
            Expression::String(token) => self.add(at(token), Kind::Text(text(token))),
            Expression::Symbol(token) => self.symbol(token),
            Expression::Var(var) => self.var(var),
            other => self.add(start_of(other), Kind::Varargs),
        }
    }

    fn symbol(&mut self, token: &TokenReference) -> ExprId {
        let kind = match text(token).as_str() {
            "nil" => Kind::Nil,
            "true" | "false" => Kind::Boolean,
            _ => Kind::Varargs,
        };
        self.add(at(token), kind)
    }

    /// `a + b + c`, whose tree leans to the left as far as it is long: a loop goes through it.
    fn operations(&mut self, expression: &Expression) -> ExprId {
        let (mut first, mut rest) = (expression, Vec::new());
        while let Expression::BinaryOperator { lhs, binop, rhs } = first {
            rest.push((binop, &**rhs));
            first = lhs;
        }
        let mut left = self.expression(first);
        for (operator, right) in rest.into_iter().rev() {
            let is_choice = matches!(operator, BinOp::And(_) | BinOp::Or(_));
            self.conditions += usize::from(is_choice);
            let right = self.expression(right);
            self.conditions -= usize::from(is_choice);
            left = self.operation(left, operator, right);
        }
        left
    }

    fn operation(&mut self, left: ExprId, operator: &BinOp, right: ExprId) -> ExprId {
        let place = self.program.at(left);
        match operator {
            BinOp::And(_) | BinOp::Or(_) => {
                let expr = self.add(place, Kind::Choice);
                self.use_as(left, Usage::Tested);
                // `x or y`: what is behind it may be absent, too.
                self.use_as(right, Usage::Tested);
                expr
            }
            BinOp::TwoEqual(_) | BinOp::TildeEqual(_) => {
                let expr = self.add(place, Kind::Operation);
                self.use_as(left, Usage::Tested);
                self.use_as(right, Usage::Tested);
                expr
            }
            _ => {
                let expr = self.add(place, Kind::Operation);
                self.use_as(left, Usage::Needed(expr));
                self.use_as(right, Usage::Needed(expr));
                expr
            }
        }
    }

    pub(super) fn var(&mut self, var: &Var) -> ExprId {
        match var {
            Var::Name(token) => self.name(&text(token), at(token)),
            Var::Expression(expression) => self.suffixed(expression.prefix(), expression.suffixes()),
            _ => self.add(At::default(), Kind::Varargs),
        }
    }

    pub(super) fn suffixed<'a>(&mut self, prefix: &Prefix, suffixes: impl Iterator<Item = &'a Suffix>) -> ExprId {
        let mut expr = match prefix {
            Prefix::Name(token) => self.name(&text(token), at(token)),
            Prefix::Expression(expression) => self.expression(expression),
            _ => self.add(At::default(), Kind::Varargs),
        };
        for suffix in suffixes {
            expr = self.suffix(expr, suffix);
        }
        expr
    }

    fn suffix(&mut self, base: ExprId, suffix: &Suffix) -> ExprId {
        let place = self.program.at(base);
        let expr = match suffix {
            Suffix::Index(Index::Dot { name, .. }) => {
                let name = text(name);
                self.add(place, Kind::Field { base, name })
            }
            Suffix::Index(Index::Brackets { expression, .. }) => {
                let key = self.expression(expression);
                match self.program.kind(key) {
                    Kind::Text(name) if is_name(name) => {
                        let name = name.clone();
                        self.add(place, Kind::Field { base, name })
                    }
                    _ => self.add(place, Kind::Index { base, key }),
                }
            }
            Suffix::Call(CallAst::AnonymousCall(args)) => self.call(base, None, args),
            Suffix::Call(CallAst::MethodCall(call)) => self.call(base, Some(text(call.name())), call.args()),
            _ => self.add(place, Kind::Varargs),
        };
        self.use_as(base, Usage::Needed(expr));
        expr
    }

    fn call(&mut self, callee: ExprId, method: Option<String>, args: &FunctionArgs) -> ExprId {
        let args: Vec<ExprId> = match args {
            FunctionArgs::Parentheses { arguments, .. } => {
                arguments.iter().map(|argument| self.expression(argument)).collect()
            }
            FunctionArgs::String(token) => vec![self.add(at(token), Kind::Text(text(token)))],
            FunctionArgs::TableConstructor(table) => vec![self.table(table)],
            _ => Vec::new(),
        };
        let place = self.program.at(callee);
        let expr = self.add(place, Kind::Call(Call { callee, method, args: args.clone() }));
        for (number, argument) in args.into_iter().enumerate() {
            self.use_as(argument, Usage::Argument(expr, number));
        }
        self.program.calls.push(expr);
        expr
    }

    fn table(&mut self, table: &TableConstructor) -> ExprId {
        let place = at(table.braces().tokens().0);
        let mut items = Vec::new();
        for field in table.fields() {
            let (key, value) = match field {
                Field::NoKey(value) => (None, value),
                Field::NameKey { key, value, .. } => (Some(Key::Name(text(key), at(key))), &**value),
                Field::ExpressionKey { key, value, .. } => {
                    let place = start_of(&**key);
                    let key = self.expression(key);
                    let key = match self.program.kind(key) {
                        Kind::Text(name) => Key::Name(name.clone(), place),
                        _ => Key::Computed,
                    };
                    (Some(key), &**value)
                }
                _ => continue,
            };
            let value = self.expression(value);
            if let (Some(Key::Name(name, _)), Kind::Function(function)) = (&key, self.program.kind(value)) {
                let function = *function;
                self.program.functions[function].name.get_or_insert_with(|| name.clone());
            }
            items.push(Item { key, value });
        }
        self.add(place, Kind::Table(items))
    }

    /// A function with its own scope. `is_method` adds the parameter `self`.
    pub(super) fn function_body(
        &mut self,
        body: &FunctionBody,
        place: At,
        name: Option<String>,
        is_method: bool,
    ) -> FuncId {
        let parent = Some(self.function);
        self.program.functions.push(Function { at: place, name, parent, ..Function::default() });
        let number = self.program.functions.len() - 1;
        let outer = std::mem::replace(&mut self.function, number);
        let loops = std::mem::take(&mut self.loops);
        let depth = self.scope.len();
        let mut params = if is_method { vec![("self".to_owned(), place)] } else { Vec::new() };
        params.extend(body.parameters().iter().filter_map(|parameter| match parameter {
            Parameter::Name(token) => Some((text(token), at(token))),
            _ => None,
        }));
        for (name, place) in params {
            self.declare(&name, place, true, Vec::new());
            self.program.functions[number].params.push(name);
        }
        self.block(body.block());
        self.scope.truncate(depth);
        self.function = outer;
        self.loops = loops;
        number
    }
}

fn is_name(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && text.bytes().next().is_some_and(|byte| !byte.is_ascii_digit())
}
