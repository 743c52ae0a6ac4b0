//! What a thread does with an invocation: takes its calls one by one, reads their arguments, runs the function, and makes frames of what
//! came of them.

use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use mlua::{Function, MultiValue, Value};

use super::SPENT;
use super::answer::Answer;
use super::gathered;
use super::tasks::Task;
use crate::codec::{DecodeOptions, EncodeOptions, Globals};
use crate::lua::api::{errors, objects, results};
use crate::lua::session::{CurrentCall, WorkerHooks, trusted};
use crate::lua::{LuaFailure, Vm, call_with_traceback};
use crate::protocol::{Input, MessageForm, ObjectMessage, Outcome, RemoteError, Request, Work, kind, sha256_hex};

/// For results of other calls, whose globals are older than the function's own.
fn of_results() -> DecodeOptions {
    DecodeOptions { trust: trusted(), globals: Globals::IfAbsent }
}

/// For arguments: a function among them brings the globals of the moment at which it was passed.
pub(super) fn of_arguments() -> DecodeOptions {
    DecodeOptions { trust: trusted(), globals: Globals::Set }
}

/// What the bindings ask of the worker while a call runs.
struct Hooks {
    answer: Arc<Answer>,
    thread: usize,
}

impl WorkerHooks for Hooks {
    fn print(&self, text: &[u8]) {
        self.answer.print(self.thread, text);
    }

    fn before_wait(&self) {
        self.answer.hand_back();
    }
}

/// An invocation, as one thread runs its share of it.
pub(super) struct InvocationRun<'a> {
    pub vm: &'a Vm,
    pub function: &'a Function,
    pub task: &'a Task,
    pub work: &'a Work,
    /// What follows each element.
    pub extra: Vec<Value>,
    /// The number of the thread.
    pub thread: usize,
}

impl InvocationRun<'_> {
    /// Runs calls until none is left, or the time for them is over.
    pub fn all(&self) {
        let session = &self.vm.session;
        let Task { request, answer, .. } = self.task;
        *session.hooks.borrow_mut() = Some(Rc::new(Hooks { answer: answer.clone(), thread: self.thread }));
        let job_id: Rc<str> = request.job_id.as_str().into();
        let executor_id: Rc<str> = request.executor_id.as_str().into();
        let began = Instant::now();
        let is_over = || began.elapsed().as_micros() as u64 > request.budget_us;
        let chunk = request.chunksize.min(u64::from(u32::MAX)) as u32;
        let mut calls = self.work.calls().enumerate();
        while let Some(position) = answer.take(chunk, is_over) {
            let Some((position, (call, attempt))) = calls.find(|(at, _)| *at == position as usize) else { return };
            answer.start(self.thread, call);
            {
                let mut current = session.call.borrow_mut();
                current.clone_from(&CurrentCall {
                    call,
                    job_id: job_id.clone(),
                    executor_id: executor_id.clone(),
                    attempt,
                    deadline_us: Some(self.deadline()),
                });
            }
            let outcome = self.one(call, position);
            crate::lua::exit::run_call_hooks(&self.vm.lua);
            let spent = matches!(&outcome, Outcome::Error(error) if error.kind == kind::OUT_OF_MEMORY);
            answer.finish(self.thread, outcome);
            if spent {
                // A heap that was full is best left behind.
                SPENT.store(true, Ordering::Release);
                answer.hand_back();
                return;
            }
        }
    }

    fn deadline(&self) -> u64 {
        let own = self.task.request.timeout_ms.map(|timeout| crate::job::now_us().saturating_add(timeout * 1000));
        own.map_or(self.task.deadline_us, |own| own.min(self.task.deadline_us))
    }

    fn one(&self, call: u64, position: usize) -> Outcome {
        let Vm { lua, session, .. } = self.vm;
        let arguments = match self.arguments(call, position) {
            Ok(arguments) => arguments,
            Err(error) => return Outcome::Error(error),
        };
        let values = match call_with_traceback(lua, self.function, arguments) {
            Ok(values) => values,
            Err(failure) => return Outcome::Error(self.describe(failure)),
        };
        let values = match results::resolve_returned(lua, values) {
            Ok(values) => values,
            Err(failure) => return Outcome::Error(self.describe(failure)),
        };
        let values: Vec<Value> = values.into_iter().collect();
        match session.codec().encode(lua, &values, &EncodeOptions::new("the result")) {
            Ok(encoded) => self.outcome(call, encoded.bytes),
            Err(error) => Outcome::Error(RemoteError::new(kind::UNSENDABLE, error.to_string())),
        }
    }

    fn arguments(&self, call: u64, position: usize) -> Result<MultiValue, RemoteError> {
        let Vm { lua, session, .. } = self.vm;
        let unreadable = |error: &dyn std::fmt::Display| {
            RemoteError::new(kind::LUA_ERROR, format!("cannot read the argument: {error}"))
        };
        let mut arguments = match &self.work.input {
            Input::Range { start, step } => MultiValue::from_iter([Value::Number(start + step * call as f64)]),
            Input::Messages { data, ends, form } => {
                let from = if position == 0 { 0 } else { ends[position - 1] as usize };
                let message = &data[from..ends[position] as usize];
                let decode = |message: &[u8], options| {
                    session.codec().decode(lua, message, options).map_err(|error| unreadable(&error))
                };
                match form {
                    MessageForm::Arguments => decode(message, of_arguments())?,
                    MessageForm::Result => {
                        let first = decode(message, of_results())?.pop_front();
                        MultiValue::from_iter([first.unwrap_or(Value::Nil)])
                    }
                    MessageForm::Gathered => {
                        // Calls that it waits for have time limits of their own; its own begins with the function.
                        self.task.answer.wait_for_input(self.thread);
                        let list = gathered::read(lua, &self.task.scratch, message);
                        self.task.answer.restart(self.thread);
                        session.call.borrow_mut().deadline_us = Some(self.deadline());
                        MultiValue::from_iter([Value::Table(list?)])
                    }
                    MessageForm::Object => {
                        let ObjectMessage { piece, arguments } =
                            ObjectMessage::from_bytes(message).map_err(|error| unreadable(&error))?;
                        let mut values = match arguments.is_empty() {
                            true => MultiValue::new(),
                            false => decode(&arguments, of_arguments())?,
                        };
                        let object = objects::make(lua, piece).map_err(|error| unreadable(&error))?;
                        values.push_front(Value::UserData(object));
                        values
                    }
                }
            }
        };
        arguments.extend(self.extra.iter().cloned());
        Ok(arguments)
    }

    /// A result inside a frame, or in the scratch store if it is large.
    fn outcome(&self, call: u64, bytes: Vec<u8>) -> Outcome {
        if bytes.len() as u64 <= self.task.request.inline_result_bytes {
            return Outcome::Value(bytes.into());
        }
        let sha256 = sha256_hex(&bytes);
        let size_bytes = bytes.len() as u64;
        let Request { executor_id, job_id, .. } = &self.task.request;
        let key = format!("results/{executor_id}/{job_id}/{call}-{}", &sha256[..16]);
        match crate::io::handle().block_on(self.task.scratch.put(&key, bytes.into())) {
            Ok(()) => Outcome::Object { key, sha256, size_bytes },
            Err(error) => {
                let message = format!("cannot keep the result of {size_bytes} bytes: failed to {error}");
                Outcome::Error(RemoteError::new(kind::STORAGE, message))
            }
        }
    }

    fn describe(&self, failure: LuaFailure) -> RemoteError {
        let Vm { lua, session, .. } = self.vm;
        if failure.memory {
            let message = match self.task.request.memory_bytes {
                Some(bytes) => format!("the call needed more than `runtime_memory`, {} MB", bytes >> 20),
                None => "the call needed more memory than there is".into(),
            };
            return RemoteError { traceback: failure.traceback, ..RemoteError::new(kind::OUT_OF_MEMORY, message) };
        }
        if let Some(inner) = errors::parts(lua, &failure.value) {
            // The failure of a nested call: its kind and its place are what matters.
            let traceback = format!("{}\n{}", inner.traceback, failure.traceback);
            return RemoteError { traceback: traceback.trim_start().to_owned(), ..inner };
        }
        let value = match &failure.value {
            Value::Table(_) => session
                .codec()
                .encode(lua, std::slice::from_ref(&failure.value), &EncodeOptions::new("the error"))
                .ok()
                .map(|encoded| encoded.bytes),
            _ => None,
        };
        RemoteError {
            kind: kind::LUA_ERROR.into(),
            message: failure.message,
            traceback: failure.traceback,
            hint: failure.hint.unwrap_or_default(),
            value,
        }
    }
}
