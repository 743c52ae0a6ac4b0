//! What `map` walks over: a list, a range, an iterator, or the futures of other calls.

use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use mlua::{Function, Lua, Table, UserData, UserDataFields, Value};

use super::futures::{Future, JobEntry, as_future, known_calls, lazy_calls};
use super::kinds::describe;
use crate::codec::{EncodeError, EncodeOptions, EncodedList};
use crate::compute::local::{FutureAddress, FutureAnswer};
use crate::job::{Job, ObjectPlan, Source};
use crate::lua::bind::Raise;
use crate::lua::session::Session;

/// `lithops.range(…)`: numbers that are made where they are used.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    pub start: f64,
    pub step: f64,
    pub count: u64,
}

impl Range {
    /// All numbers that Lua's `for i = first, last, step` gives.
    pub fn new(first: f64, last: f64, step: f64) -> Result<Self, &'static str> {
        if step == 0.0 || !step.is_finite() {
            return Err("the step must be a number other than 0");
        }
        if !first.is_finite() || !last.is_finite() {
            return Err("the ends must be finite numbers");
        }
        let steps = ((last - first) / step + 1e-9).floor();
        Ok(Self { start: first, step, count: if steps < 0.0 { 0 } else { steps as u64 + 1 } })
    }
}

impl UserData for Range {
    fn add_fields<F: UserDataFields<Self>>(fields: &mut F) {
        fields.add_field_method_get("n", |_, this| Ok(this.count));
    }

    fn add_methods<M: mlua::UserDataMethods<Self>>(methods: &mut M) {
        methods.add_meta_method(mlua::MetaMethod::Len, |_, this, ()| Ok(this.count));
        // As a list has them, so that libraries can walk over both alike.
        methods.add_meta_method(mlua::MetaMethod::Index, |_, this, key: Value| {
            let index = key.as_number().or_else(|| key.as_integer().map(|index| index as f64));
            let index = index.filter(|index| index.fract() == 0.0 && *index >= 1.0 && *index <= this.count as f64);
            Ok(index.map(|index| this.start + this.step * (index - 1.0)))
        });
        methods.add_meta_method(mlua::MetaMethod::ToString, |_, this, ()| {
            let last = this.start + this.step * (this.count as f64 - 1.0);
            Ok(format!("lithops.range({}, {last}, {})", this.start, this.step))
        });
    }
}

/// The input of a job, read.
pub struct Iterdata {
    pub source: Source,
    pub feeder: Option<Feeder>,
    pub depends: Vec<(Arc<Job>, u64)>,
    /// Futures of the driver, seen from a worker, and the calls that wait for them.
    pub remote: Vec<(u64, FutureAddress)>,
    /// Whether the list of futures is made as it is looked at.
    pub lazy: bool,
    /// Stored objects, which are found as the job runs.
    pub objects: Option<ObjectPlan>,
}

impl Iterdata {
    fn of(source: Source) -> Self {
        Self { source, feeder: None, depends: Vec::new(), remote: Vec::new(), lazy: false, objects: None }
    }

    fn fed(feeder: Feeder) -> Self {
        Self { feeder: Some(feeder), lazy: true, ..Self::of(Source::stream()) }
    }

    /// Calls whose arguments are the results of others.
    pub fn gathered(count: u64) -> Self {
        Self::of(Source::gathered(count))
    }

    /// Pieces of stored objects.
    pub fn of_objects(plan: ObjectPlan) -> Self {
        Self { lazy: true, objects: Some(plan), ..Self::of(Source::objects()) }
    }

    /// Reads what was passed as `iterdata`.
    pub fn read(lua: &Lua, session: &Session, value: &Value, options: &Encoding) -> Result<Self, Raise> {
        match value {
            Value::Table(table) => match own_iteration(lua, table)? {
                Some(iteration) => Ok(Self::fed(Feeder::new(iteration, options.clone()))),
                None => Self::read_table(lua, session, table, options),
            },
            Value::Function(next) => {
                Ok(Self::fed(Feeder::new((next.clone(), Value::Nil, Value::Nil), options.clone())))
            }
            Value::UserData(userdata) => {
                if let Ok(range) = userdata.borrow::<Range>() {
                    let Range { start, step, count } = *range;
                    return Ok(Self { lazy: true, ..Self::of(Source::Range { start, step, count }) });
                }
                if as_future(value).is_some() {
                    return Err(Raise::argument(
                        2,
                        "list of futures expected, got one future; write `{future}`, or pass `future:result()`",
                    ));
                }
                Err(Self::refuse(lua, value))
            }
            _ => Err(Self::refuse(lua, value)),
        }
    }

    fn refuse(lua: &Lua, value: &Value) -> Raise {
        let remedy = match value {
            Value::Integer(_) | Value::Number(_) => {
                format!("; `lithops.range({})` gives the numbers from 1", value.to_string().unwrap_or_default())
            }
            Value::String(text) if text.to_string_lossy().contains("://") => {
                "; to open stored objects, call the function's first parameter `obj`, or pass `lithops.objects(address)`".into()
            }
            Value::String(_) => "; a list of one text is `{ text }`".into(),
            _ => String::new(),
        };
        Raise::argument(2, format!("list, iterator function or range expected, got {}{remedy}", describe(lua, value)))
    }

    fn read_table(lua: &Lua, session: &Session, table: &Table, options: &Encoding) -> Result<Self, Raise> {
        if let Some(entry) = lazy_calls(table) {
            if entry.feeder.borrow().is_none() {
                // Stored objects that are still being found.
                known_calls(lua, &entry, u64::MAX);
            }
            let Some(count) = entry.job.progress().total else {
                return Err(Raise::message("map: the futures of an iterator can be mapped over once it has ended"));
            };
            let depends = (0..count).map(|call| (entry.job.clone(), call)).collect();
            entry.failure_told.set(true);
            return Ok(Self { depends, ..Self::of(Source::results(count)) });
        }
        let count = length(lua, table)?;
        let first: Value = table.raw_get(1)?;
        if count > 0 && as_future(&first).is_some() {
            return Self::read_futures(table, count);
        }
        let mut list = EncodedList::default();
        options.encode(lua, session, table, count, 0, &mut list)?;
        options.check_size(list.bytes.len())?;
        let ends = list.ends.iter().map(|end| *end as u64).collect();
        Ok(Self::of(Source::List { data: Bytes::from(list.bytes), ends }))
    }

    /// The one element of a `call_async`, which may be nil.
    pub fn single(lua: &Lua, session: &Session, table: &Table, options: &Encoding) -> Result<Self, Raise> {
        let mut list = EncodedList::default();
        options.encode(lua, session, table, 1, 0, &mut list)?;
        options.check_size(list.bytes.len())?;
        let ends = list.ends.iter().map(|end| *end as u64).collect();
        Ok(Self::of(Source::List { data: Bytes::from(list.bytes), ends }))
    }

    fn read_futures(table: &Table, count: usize) -> Result<Self, Raise> {
        let mut iterdata = Self::of(Source::results(count as u64));
        let mut remote = Vec::new();
        for index in 0..count {
            let value: Value = table.raw_get(index + 1)?;
            match as_future(&value) {
                Some(Future::Own { entry, call }) => {
                    iterdata.depends.push((entry.job.clone(), call));
                    // The call that takes the result fails with it, and that is told.
                    entry.failure_told.set(true);
                }
                Some(Future::Remote(future)) => remote.push((index as u64, future.address)),
                None => {
                    return Err(Raise::argument(
                        2,
                        format!(
                            "element {} is no future, but the first one is: do not mix them with values",
                            index + 1
                        ),
                    ));
                }
            }
        }
        if !remote.is_empty() && !iterdata.depends.is_empty() {
            return Err(Raise::argument(2, "futures of the driver and of this worker cannot be mixed in one list"));
        }
        iterdata.remote = remote;
        Ok(iterdata)
    }

    /// Hands in the values of futures that the driver owns, as they come.
    pub fn follow_remote(session: &Session, entry: &Rc<JobEntry>, remote: Vec<(u64, FutureAddress)>) {
        for (call, address) in remote {
            let Some(relay) = session.relay.get() else {
                entry.job.fail_dependent(call, &super::remote::driver_is_out_of_reach());
                continue;
            };
            let (relay, job) = (relay.clone(), entry.job.clone());
            crate::io::handle().spawn(async move {
                match relay.fetch_future(&address).await {
                    FutureAnswer::Value(message) => job.push_elements(call, std::iter::once(message.into())),
                    FutureAnswer::Failed(error) => job.fail_dependent(call, &error),
                }
            });
        }
    }
}

/// What a generic `for` goes through: an iterator function, what it is called with, and the first control value.
type Iteration = (Function, Value, Value);

/// What the function `__iter` of a table's metatable gives, as Luau's `for` asks for it.
fn own_iteration(lua: &Lua, table: &Table) -> Result<Option<Iteration>, Raise> {
    let Some(metatable) = table.metatable() else { return Ok(None) };
    let Value::Function(iter) = metatable.raw_get("__iter")? else { return Ok(None) };
    let mut values = crate::lua::call_with_traceback(lua, &iter, table)?.into_iter();
    let mut next = || values.next().unwrap_or(Value::Nil);
    match next() {
        Value::Function(function) => Ok(Some((function, next(), next()))),
        other => {
            // LuaJIT has one kind of number.
            let given = if let Value::Integer(_) = other { "number" } else { other.type_name() };
            Err(Raise::argument(2, format!("its `__iter` must give an iterator function, and gave {given}")))
        }
    }
}

/// How many elements a list has: its field `n`, as `table.pack` and `get_result` set it, or what its keys say.
/// Lua's own length may stop at any nil.
pub fn length(lua: &Lua, table: &Table) -> Result<usize, Raise> {
    let n: Value = table.raw_get("n")?;
    let n = n.as_integer().or_else(|| n.as_number().filter(|n| n.fract() == 0.0).map(|n| n as i64));
    if let Some(n) = n.and_then(|n| usize::try_from(n).ok()) {
        return Ok(n);
    }
    let border = table.raw_len();
    let (last, count): (f64, usize) =
        lua.load(include_str!("list_length.lua")).set_name("=lithops").call((table, border))?;
    if count == 0 && !table.is_empty() {
        return Err(Raise::argument(
            2,
            "list expected, got a table whose keys are not 1, 2, …; make a list of its values, or of `lithops.args(key, value)`",
        ));
    }
    // A few nils among the elements are meant; a few elements among nils are not.
    if last > 2.0 * count as f64 + 8.0 {
        return Err(Raise::argument(
            2,
            format!(
                "list expected, got {count} elements with keys up to {last}; for a list with so many nils, set its field `n`"
            ),
        ));
    }
    Ok(last as usize)
}

/// How elements are encoded.
#[derive(Clone, Debug)]
pub struct Encoding {
    /// Which modules travel.
    pub modules: bool,
    pub include: Vec<String>,
    pub exclude: Vec<String>,
    /// The most megabytes that all elements together may take; `None`: no limit.
    pub limit_mb: Option<u64>,
}

impl Encoding {
    pub fn options<'a>(&'a self, root: &'a str) -> EncodeOptions<'a> {
        EncodeOptions {
            modules: self.modules,
            include_modules: &self.include,
            exclude_modules: &self.exclude,
            ..EncodeOptions::new(root)
        }
    }

    /// Encodes the first `count` elements of `table`, which in the input come behind `before` others. On failure, `list`
    /// holds those before the one that was refused.
    fn encode(
        &self,
        lua: &Lua,
        session: &Session,
        table: &Table,
        count: usize,
        before: u64,
        list: &mut EncodedList,
    ) -> Result<(), Raise> {
        // Modules that nothing mentions are the function's matter.
        let options = EncodeOptions { include_modules: &[], elements_before: before, ..self.options("the input") };
        let several = session.args_metatable.get();
        session.codec().encode_list(lua, table, 1..=count as i64, several, &options, list).map_err(refused)
    }

    /// Refuses an input of so many bytes where that is more than the configuration allows.
    fn check_size(&self, bytes: usize) -> Result<(), Raise> {
        match self.limit_mb {
            Some(limit) if bytes as u64 > limit.saturating_mul(1 << 20) => Err(Raise::Message(format!(
                "the input has more than {limit} MB, the limit that `lithops.data_limit` sets; raise it, as in `-o \
                 lithops.data_limit={}`, or put the data into storage and pass its addresses",
                limit.saturating_mul(2)
            ))),
            _ => Ok(()),
        }
    }
}

/// A value that cannot be sent.
pub fn refused(error: EncodeError) -> Raise {
    Raise::Message(error.to_string())
}

/// Elements are pulled from an iterator so many at a time at most: between two pulls, finished calls are looked at.
const MAX_PULL: usize = 4096;
/// An iterator that takes longer for a batch hands in element by element: a call costs far less than that.
const SLOW: Duration = Duration::from_millis(1);

/// Reads an iterator as its job wants more.
pub struct Feeder {
    next: Function,
    invariant: Value,
    control: Value,
    encoding: Encoding,
    fed: u64,
    fed_bytes: usize,
    /// How many elements it gives at a time: more and more while it is quick. What a slow one has given is at work while
    /// it makes the next.
    batch_size: usize,
}

impl Feeder {
    fn new((next, invariant, control): Iteration, encoding: Encoding) -> Self {
        Self { next, invariant, control, encoding, fed: 0, fed_bytes: 0, batch_size: 1 }
    }

    /// Hands in elements if the job wants some. Gives whether it did anything; `Err`: the iterator raised an error, or
    /// gave something that cannot be sent. Its input ends there.
    pub fn feed(lua: &Lua, session: &Session, entry: &JobEntry) -> Result<bool, Raise> {
        let wanted = entry.job.wanted_elements().min(MAX_PULL);
        // Taken out: the iterator may itself look at the job.
        let Some(mut feeder) = (wanted > 0).then(|| entry.feeder.take()).flatten() else { return Ok(false) };
        let wanted = wanted.min(feeder.batch_size);
        entry.is_being_fed.set(true);
        let pulled = feeder.pull(lua, session, entry, wanted);
        entry.is_being_fed.set(false);
        entry.hold(session.take_sent_jobs());
        match pulled {
            Ok(true) => {
                *entry.feeder.borrow_mut() = Some(feeder);
                Ok(true)
            }
            Ok(false) => {
                entry.job.close_input(feeder.fed);
                Ok(true)
            }
            Err(raise) => {
                entry.job.close_input(feeder.fed);
                Err(raise)
            }
        }
    }

    /// Hands in up to `wanted` elements; `false` at the end.
    fn pull(&mut self, lua: &Lua, session: &Session, entry: &JobEntry, wanted: usize) -> Result<bool, Raise> {
        let batch = lua.create_table_with_capacity(wanted, 0)?;
        // Elements that were pulled, and those among them that are not in `list` yet.
        let (mut count, mut waiting) = (0, 0);
        let mut list = EncodedList::default();
        let mut more = Ok(true);
        let began = Instant::now();
        self.batch_size = (self.batch_size * 2).min(MAX_PULL);
        while count < wanted {
            // As the generic `for` calls it.
            let args = (self.invariant.clone(), self.control.clone());
            let values = match crate::lua::call_with_traceback(lua, &self.next, args) {
                Ok(values) => values,
                // What it gave before is input all the same.
                Err(error) => {
                    more = Err(error.into());
                    break;
                }
            };
            let value = values.into_iter().next().unwrap_or(Value::Nil);
            if value.is_nil() {
                more = Ok(false);
                break;
            }
            self.control = value.clone();
            let may_change =
                !matches!(value, Value::Boolean(_) | Value::Integer(_) | Value::Number(_) | Value::String(_));
            count += 1;
            waiting += 1;
            batch.raw_set(waiting, value)?;
            if may_change {
                // Written down before the iterator goes on: it may give the same table again, with the next row in it.
                let before = self.fed + list.len() as u64;
                let written = self.encoding.encode(lua, session, &batch, waiting, before, &mut list);
                waiting = 0;
                if let Err(refused) = written {
                    more = Err(refused);
                    break;
                }
            }
            if began.elapsed() > SLOW {
                self.batch_size = 1;
                break;
            }
        }
        let before = self.fed + list.len() as u64;
        if let Err(refused) = self.encoding.encode(lua, session, &batch, waiting, before, &mut list) {
            // It comes before what ended the batch, if anything did.
            more = Err(refused);
        }
        self.fed_bytes += list.bytes.len();
        if let Err(refused) = self.encoding.check_size(self.fed_bytes) {
            list = EncodedList::default();
            more = Err(refused);
        }
        let bytes = Bytes::from(std::mem::take(&mut list.bytes));
        let mut from = 0;
        let messages = list.ends.iter().map(|end| {
            let message = bytes.slice(from..*end);
            from = *end;
            message
        });
        entry.job.push_elements(self.fed, messages);
        self.fed += list.len() as u64;
        more
    }
}
