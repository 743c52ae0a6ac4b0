---@meta fun

---Lazy iterators, with the interface of the library Lua Fun.
---
---```lua
---local fun = require "fun"
---local odd_squares = fun.range(10):filter(function(x) return x % 2 == 1 end):map(function(x) return x * x end)
---print(odd_squares:sum(), table.concat(odd_squares:totable(), " "))
---for _, name, size in fun.zip({ "a", "b" }, { 10, 20 }) do print(name, size) end
---print(lithops.map_reduce(function(x) return x + 1 end, odd_squares, fun.sum):get_result())
---```
---
---prints
---
---```text
---165	1 9 25 49 81
---a	10
---b	20
---170
---```
---
---All functions that take an iterator are methods of iterators, too: `fun.map(f, list)` is `fun.iter(list):map(f)`. Functions take
---in place of an iterator whatever `fun.iter` takes. Nothing is computed before somebody asks for elements.
---
---An element can have several values, as key and value of a map; functions get all of them. In a `for`, an iterator gives its state in front
---of them, which is of no use: `for _, key, value in fun.iter(map) do`. `values` gives an iterator function without it.
---
---An iterator can be gone over again and again, from the start, and be sent to workers. Only what can be read once, such as lines of a
---file and other iterator functions, is gone after it. `lithops.map(f, it)` makes a call of the first value of each element, as they come.
---
---What differs from Lua Fun: an iterator is one value, never three; `iter` of an iterator function alone loses no value; `intersperse`
---puts nothing behind the last element; `nth` and `length` go over the elements, also of lists and strings.
---
---`require "fun" ()` makes globals of all functions, but for names that are globals already.
---@class fun
---@field operator fun.operator Lua's operators as functions.
---@field op fun.operator The same.
---@overload fun()
local fun = {}

---Iterators, and what becomes one: a list, up to the first nil; a map, which is a table whose length is 0; the characters of a string; a range; an
---iterator function; a table whose metatable has `__ipairs`, `__pairs` or `__iter`.
---@alias fun.Iterable fun.Iterator|any[]|table<any, any>|string|lithops.Range|(fun(...: any): ...: any)

---Made by the functions of `fun`.
---@class fun.Iterator
---@field gen fun(param: any, state: any): any, ... Gives the next state and the values of an element, or nil.
---@field param any What `gen` is called with first.
---@field state any What `gen` is called with behind that, the first time.
---@operator call: any
local Iterator = {}

---Numbers, both ends included. `range(n)` counts from 1, or down from -1 if `n` is negative; `range(0)` is empty.
---@param first number Where it begins; if it is alone, where it ends.
---@param last? number Where it ends. It may be infinite.
---@param step? number Default: 1, or -1 if `last` is smaller than `first`. 0 raises an error.
---@return fun.Iterator
---@overload fun(n: number): fun.Iterator
function fun.range(first, last, step) end

---The same values, again and again, without an end.
---@param ... any
---@return fun.Iterator
function fun.duplicate(...) end

---An alias of `duplicate`.
---@param ... any
---@return fun.Iterator
function fun.replicate(...) end

---An alias of `duplicate`.
---@param ... any
---@return fun.Iterator
function fun.xrepeat(...) end

---`f(0)`, `f(1)`, `f(2)`, … without an end.
---@param f fun(i: integer): ...: any
---@return fun.Iterator
function fun.tabulate(f) end

---0 without an end.
---@return fun.Iterator
function fun.zeros() end

---1 without an end.
---@return fun.Iterator
function fun.ones() end

---Random numbers of `math.random` without an end: at least 0 and below 1; with `n`, whole ones of at least 0 and below `n`; with `n` and `m`, whole
---ones of at least `n` and below `m`. Each time they are others.
---@param n? integer The lower bound; if it is alone, the upper one.
---@param m? integer The upper bound.
---@return fun.Iterator
function fun.rands(n, m) end

---All values that a generic `for` would give: `fun.from(ipairs(list))`, `fun.from(pairs(map))`. `iter` takes the first one for the state
---where `param` or `state` is given.
---@param next_values fun(invariant: any, control: any): ...: any
---@param invariant any What it is called with first.
---@param control any What it is called with behind that, the first time; then it is the first value that it gave.
---@return fun.Iterator
function fun.from(next_values, invariant, control) end

---Lua's operators as functions.
---@class fun.operator
local operator = {}

---`a < b`.
---@param a any On the left.
---@param b any On the right.
---@return boolean result
function operator.lt(a, b) end

---`a <= b`.
---@param a any On the left.
---@param b any On the right.
---@return boolean result
function operator.le(a, b) end

---`a == b`.
---@param a any On the left.
---@param b any On the right.
---@return boolean result
function operator.eq(a, b) end

---`a ~= b`.
---@param a any On the left.
---@param b any On the right.
---@return boolean result
function operator.ne(a, b) end

---`a >= b`.
---@param a any On the left.
---@param b any On the right.
---@return boolean result
function operator.ge(a, b) end

---`a > b`.
---@param a any On the left.
---@param b any On the right.
---@return boolean result
function operator.gt(a, b) end

---`a + b`.
---@param a any On the left.
---@param b any On the right.
---@return number result
function operator.add(a, b) end

---`a - b`.
---@param a any On the left.
---@param b any On the right.
---@return number result
function operator.sub(a, b) end

---`a * b`.
---@param a any On the left.
---@param b any On the right.
---@return number result
function operator.mul(a, b) end

---`a / b`.
---@param a any On the left.
---@param b any On the right.
---@return number result
function operator.div(a, b) end

---`a / b`.
---@param a any On the left.
---@param b any On the right.
---@return number result
function operator.truediv(a, b) end

---`a / b`, rounded down.
---@param a any On the left.
---@param b any On the right.
---@return integer result
function operator.floordiv(a, b) end

---`a / b`, rounded towards 0.
---@param a any On the left.
---@param b any On the right.
---@return integer result
function operator.intdiv(a, b) end

---`a % b`.
---@param a any On the left.
---@param b any On the right.
---@return number result
function operator.mod(a, b) end

---`a ^ b`.
---@param a any On the left.
---@param b any On the right.
---@return number result
function operator.pow(a, b) end

---`-a`.
---@param a any The operand.
---@return number result
function operator.unm(a) end

---`-a`; not a comparison, which is `ne`.
---@param a any The operand.
---@return number result
function operator.neq(a) end

---`a .. b`.
---@param a any On the left.
---@param b any On the right.
---@return string result
function operator.concat(a, b) end

---`#a`.
---@param a any The operand.
---@return integer result
function operator.len(a) end

---`#a`.
---@param a any The operand.
---@return integer result
function operator.length(a) end

---`a and b`.
---@param a any On the left.
---@param b any On the right.
---@return any result
function operator.land(a, b) end

---`a or b`.
---@param a any On the left.
---@param b any On the right.
---@return any result
function operator.lor(a, b) end

---`not a`.
---@param a any The operand.
---@return boolean result
function operator.lnot(a) end

---`not not a`.
---@param a any The operand.
---@return boolean result
function operator.truth(a) end

---An iterator over a list, a map, a string, …; or over what `gen(param, state)` gives, which are the next state and values. An iterator
---function alone needs no state: what it gives are the values.
---@param ... any What to iterate over, or `gen`, `param` and `state`.
---@return fun.Iterator
function fun.iter(...) end

---The same as `iter`.
---@param ... any What to iterate over, or `gen`, `param` and `state`.
---@return fun.Iterator
function fun.wrap(...) end

---An iterator function of the values alone, for `for x in it:values() do`, for `lithops.map`, and for whatever else takes one. It can be
---used once.
---@param ... any What to iterate over, or `gen`, `param` and `state`.
---@return fun(): ...: any
function fun.values(...) end

---What an iterator is made of.
---@param ... any What to iterate over, or `gen`, `param` and `state`.
---@return function gen
---@return any param
---@return any state
function fun.unwrap(...) end

---Calls a function with the values of each element.
---@param f fun(...: any)
---@param ... any What to iterate over, or `gen`, `param` and `state`.
function fun.each(f, ...) end

---An alias of `each`.
---@param f fun(...: any)
---@param ... any What to iterate over, or `gen`, `param` and `state`.
function fun.for_each(f, ...) end

---An alias of `each`.
---@param f fun(...: any)
---@param ... any What to iterate over, or `gen`, `param` and `state`.
function fun.foreach(f, ...) end

---The last of `result = f(result, …)` for all elements.
---@param f fun(result: any, ...: any): any
---@param initial any What `result` is at first.
---@param ... any What to iterate over, or `gen`, `param` and `state`.
---@return any result
function fun.foldl(f, initial, ...) end

---An alias of `foldl`.
---@param f fun(result: any, ...: any): any
---@param initial any What `result` is at first.
---@param ... any What to iterate over, or `gen`, `param` and `state`.
---@return any result
function fun.reduce(f, initial, ...) end

---Whether a function gives true for all elements; true for none.
---@param f fun(...: any): any
---@param ... any What to iterate over, or `gen`, `param` and `state`.
---@return boolean
function fun.all(f, ...) end

---An alias of `all`.
---@param f fun(...: any): any
---@param ... any What to iterate over, or `gen`, `param` and `state`.
---@return boolean
function fun.every(f, ...) end

---Whether a function gives true for an element. It stops at the first.
---@param f fun(...: any): any
---@param ... any What to iterate over, or `gen`, `param` and `state`.
---@return boolean
function fun.any(f, ...) end

---An alias of `any`.
---@param f fun(...: any): any
---@param ... any What to iterate over, or `gen`, `param` and `state`.
---@return boolean
function fun.some(f, ...) end

---The position of the first element that is equal to `x`.
---@param x any What is looked for.
---@param ... any What to iterate over, or `gen`, `param` and `state`.
---@return integer? position From 1; nil if there is none.
function fun.index(x, ...) end

---An alias of `index`.
---@param x any What is looked for.
---@param ... any What to iterate over, or `gen`, `param` and `state`.
---@return integer? position From 1; nil if there is none.
function fun.index_of(x, ...) end

---An alias of `index`.
---@param x any What is looked for.
---@param ... any What to iterate over, or `gen`, `param` and `state`.
---@return integer? position From 1; nil if there is none.
function fun.elem_index(x, ...) end

---The least element, by `<`. No elements raise an error.
---@param ... any What to iterate over, or `gen`, `param` and `state`.
---@return any element
function fun.min(...) end

---An alias of `min`.
---@param ... any What to iterate over, or `gen`, `param` and `state`.
---@return any element
function fun.minimum(...) end

---The greatest element, by `<`. No elements raise an error.
---@param ... any What to iterate over, or `gen`, `param` and `state`.
---@return any element
function fun.max(...) end

---An alias of `max`.
---@param ... any What to iterate over, or `gen`, `param` and `state`.
---@return any element
function fun.maximum(...) end

---What is left of all elements where a function gives the lesser of two. No elements raise an error.
---@param f fun(a: any, b: any): any Gives `a` or `b`.
---@param ... any What to iterate over, or `gen`, `param` and `state`.
---@return any element
function fun.min_by(f, ...) end

---An alias of `min_by`.
---@param f fun(a: any, b: any): any Gives `a` or `b`.
---@param ... any What to iterate over, or `gen`, `param` and `state`.
---@return any element
function fun.minimum_by(f, ...) end

---What is left of all elements where a function gives the greater of two. No elements raise an error.
---@param f fun(a: any, b: any): any Gives `a` or `b`.
---@param ... any What to iterate over, or `gen`, `param` and `state`.
---@return any element
function fun.max_by(f, ...) end

---An alias of `max_by`.
---@param f fun(a: any, b: any): any Gives `a` or `b`.
---@param ... any What to iterate over, or `gen`, `param` and `state`.
---@return any element
function fun.maximum_by(f, ...) end

---How many elements there are.
---@param ... any What to iterate over, or `gen`, `param` and `state`.
---@return integer count
function fun.length(...) end

---Whether there are no elements.
---@param ... any What to iterate over, or `gen`, `param` and `state`.
---@return boolean
function fun.is_null(...) end

---The sum of all elements; 0 for none.
---@param ... any What to iterate over, or `gen`, `param` and `state`.
---@return number result
function fun.sum(...) end

---The product of all elements; 1 for none.
---@param ... any What to iterate over, or `gen`, `param` and `state`.
---@return number result
function fun.product(...) end

---A list of all elements, the first value of each.
---@param ... any What to iterate over, or `gen`, `param` and `state`.
---@return any[] list
function fun.totable(...) end

---A table whose keys are the first values of elements, with the second values.
---@param ... any What to iterate over, or `gen`, `param` and `state`.
---@return table<any, any> map
function fun.tomap(...) end

---The values of the element at a position; nil if there is none.
---@param n integer From 1.
---@param ... any What to iterate over, or `gen`, `param` and `state`.
---@return any ...
function fun.nth(n, ...) end

---The values of the first element. No elements raise an error.
---@param ... any What to iterate over, or `gen`, `param` and `state`.
---@return any ...
function fun.head(...) end

---An alias of `head`.
---@param ... any What to iterate over, or `gen`, `param` and `state`.
---@return any ...
function fun.car(...) end

---All but the first element.
---@param ... any What to iterate over, or `gen`, `param` and `state`.
---@return fun.Iterator
function fun.tail(...) end

---An alias of `tail`.
---@param ... any What to iterate over, or `gen`, `param` and `state`.
---@return fun.Iterator
function fun.cdr(...) end

---The first `n` elements. No more than those are read.
---@param n integer How many.
---@param ... any What to iterate over, or `gen`, `param` and `state`.
---@return fun.Iterator
function fun.take_n(n, ...) end

---The elements in front of the first for which a function gives false.
---@param f fun(...: any): any
---@param ... any What to iterate over, or `gen`, `param` and `state`.
---@return fun.Iterator
function fun.take_while(f, ...) end

---`take_n` of a number, `take_while` of a function.
---@param n_or_f integer|(fun(...: any): any) How many; or a function that gives true for each element in front of the cut.
---@param ... any What to iterate over, or `gen`, `param` and `state`.
---@return fun.Iterator
function fun.take(n_or_f, ...) end

---All but the first `n` elements.
---@param n integer How many.
---@param ... any What to iterate over, or `gen`, `param` and `state`.
---@return fun.Iterator
function fun.drop_n(n, ...) end

---The first element for which a function gives false, and all behind it.
---@param f fun(...: any): any
---@param ... any What to iterate over, or `gen`, `param` and `state`.
---@return fun.Iterator
function fun.drop_while(f, ...) end

---`drop_n` of a number, `drop_while` of a function.
---@param n_or_f integer|(fun(...: any): any) How many; or a function that gives true for each element in front of the cut.
---@param ... any What to iterate over, or `gen`, `param` and `state`.
---@return fun.Iterator
function fun.drop(n_or_f, ...) end

---What `take` and `drop` give. It needs what can be gone over twice.
---@param n_or_f integer|(fun(...: any): any) How many; or a function that gives true for each element in front of the cut.
---@param ... any What to iterate over, or `gen`, `param` and `state`.
---@return fun.Iterator taken
---@return fun.Iterator rest
function fun.span(n_or_f, ...) end

---An alias of `span`.
---@param n_or_f integer|(fun(...: any): any) How many; or a function that gives true for each element in front of the cut.
---@param ... any What to iterate over, or `gen`, `param` and `state`.
---@return fun.Iterator taken
---@return fun.Iterator rest
function fun.split(n_or_f, ...) end

---An alias of `span`.
---@param n_or_f integer|(fun(...: any): any) How many; or a function that gives true for each element in front of the cut.
---@param ... any What to iterate over, or `gen`, `param` and `state`.
---@return fun.Iterator taken
---@return fun.Iterator rest
function fun.split_at(n_or_f, ...) end

---The elements for which a function gives true.
---@param f fun(...: any): any
---@param ... any What to iterate over, or `gen`, `param` and `state`.
---@return fun.Iterator
function fun.filter(f, ...) end

---An alias of `filter`, as it is in Lua Fun: it keeps the elements for which the function gives true.
---@param f fun(...: any): any
---@param ... any What to iterate over, or `gen`, `param` and `state`.
---@return fun.Iterator
function fun.remove_if(f, ...) end

---The strings in which a pattern of Lua is found; with a function, `filter`.
---@param pattern_or_f string|(fun(...: any): any) A pattern, as `string.find` takes it.
---@param ... any What to iterate over, or `gen`, `param` and `state`.
---@return fun.Iterator
function fun.grep(pattern_or_f, ...) end

---The elements for which a function gives true, and the others. It needs what can be gone over twice.
---@param f fun(...: any): any
---@param ... any What to iterate over, or `gen`, `param` and `state`.
---@return fun.Iterator chosen
---@return fun.Iterator others
function fun.partition(f, ...) end

---The positions, from 1, of all elements that are equal to `x`.
---@param x any What is looked for.
---@param ... any What to iterate over, or `gen`, `param` and `state`.
---@return fun.Iterator
function fun.indexes(x, ...) end

---An alias of `indexes`.
---@param x any What is looked for.
---@param ... any What to iterate over, or `gen`, `param` and `state`.
---@return fun.Iterator
function fun.indices(x, ...) end

---An alias of `indexes`.
---@param x any What is looked for.
---@param ... any What to iterate over, or `gen`, `param` and `state`.
---@return fun.Iterator
function fun.elem_indexes(x, ...) end

---An alias of `indexes`.
---@param x any What is looked for.
---@param ... any What to iterate over, or `gen`, `param` and `state`.
---@return fun.Iterator
function fun.elem_indices(x, ...) end

---What a function gives for each element: all its values.
---@param f fun(...: any): ...: any
---@param ... any What to iterate over, or `gen`, `param` and `state`.
---@return fun.Iterator
function fun.map(f, ...) end

---The elements with their positions, from 1, in front.
---@param ... any What to iterate over, or `gen`, `param` and `state`.
---@return fun.Iterator
function fun.enumerate(...) end

---The elements with `x` between each two.
---@param x any What is put in between.
---@param ... any What to iterate over, or `gen`, `param` and `state`.
---@return fun.Iterator
function fun.intersperse(x, ...) end

---The elements of all that a function gives: of anything that `iter` takes; nil has none.
---@param f fun(...: any): fun.Iterable?
---@param ... any What to iterate over, or `gen`, `param` and `state`.
---@return fun.Iterator
function fun.flat_map(f, ...) end

---The elements again and again, without an end. It needs what can be gone over twice.
---@param ... any What to iterate over, or `gen`, `param` and `state`.
---@return fun.Iterator
function fun.cycle(...) end

---Elements side by side: the first value of one of each. It ends with the shortest.
---@param ... fun.Iterable
---@return fun.Iterator
function fun.zip(...) end

---The elements of one, then those of the next.
---@param ... fun.Iterable
---@return fun.Iterator
function fun.chain(...) end

---Whether the second begins with all elements of the first.
---@param short fun.Iterable
---@param long fun.Iterable
---@return boolean
function fun.is_prefix_of(short, long) end

---An iterator over a list, a map, a string, …; or over what `gen(param, state)` gives, which are the next state and values. An iterator
---function alone needs no state: what it gives are the values.
---@return fun.Iterator
function Iterator:iter() end

---The same as `iter`.
---@return fun.Iterator
function Iterator:wrap() end

---An iterator function of the values alone, for `for x in it:values() do`, for `lithops.map`, and for whatever else takes one. It can be
---used once.
---@return fun(): ...: any
function Iterator:values() end

---What an iterator is made of.
---@return function gen
---@return any param
---@return any state
function Iterator:unwrap() end

---Calls a function with the values of each element.
---@param f fun(...: any)
function Iterator:each(f) end

---An alias of `each`.
---@param f fun(...: any)
function Iterator:for_each(f) end

---An alias of `each`.
---@param f fun(...: any)
function Iterator:foreach(f) end

---The last of `result = f(result, …)` for all elements.
---@param f fun(result: any, ...: any): any
---@param initial any What `result` is at first.
---@return any result
function Iterator:foldl(f, initial) end

---An alias of `foldl`.
---@param f fun(result: any, ...: any): any
---@param initial any What `result` is at first.
---@return any result
function Iterator:reduce(f, initial) end

---Whether a function gives true for all elements; true for none.
---@param f fun(...: any): any
---@return boolean
function Iterator:all(f) end

---An alias of `all`.
---@param f fun(...: any): any
---@return boolean
function Iterator:every(f) end

---Whether a function gives true for an element. It stops at the first.
---@param f fun(...: any): any
---@return boolean
function Iterator:any(f) end

---An alias of `any`.
---@param f fun(...: any): any
---@return boolean
function Iterator:some(f) end

---The position of the first element that is equal to `x`.
---@param x any What is looked for.
---@return integer? position From 1; nil if there is none.
function Iterator:index(x) end

---An alias of `index`.
---@param x any What is looked for.
---@return integer? position From 1; nil if there is none.
function Iterator:index_of(x) end

---An alias of `index`.
---@param x any What is looked for.
---@return integer? position From 1; nil if there is none.
function Iterator:elem_index(x) end

---The least element, by `<`. No elements raise an error.
---@return any element
function Iterator:min() end

---An alias of `min`.
---@return any element
function Iterator:minimum() end

---The greatest element, by `<`. No elements raise an error.
---@return any element
function Iterator:max() end

---An alias of `max`.
---@return any element
function Iterator:maximum() end

---What is left of all elements where a function gives the lesser of two. No elements raise an error.
---@param f fun(a: any, b: any): any Gives `a` or `b`.
---@return any element
function Iterator:min_by(f) end

---An alias of `min_by`.
---@param f fun(a: any, b: any): any Gives `a` or `b`.
---@return any element
function Iterator:minimum_by(f) end

---What is left of all elements where a function gives the greater of two. No elements raise an error.
---@param f fun(a: any, b: any): any Gives `a` or `b`.
---@return any element
function Iterator:max_by(f) end

---An alias of `max_by`.
---@param f fun(a: any, b: any): any Gives `a` or `b`.
---@return any element
function Iterator:maximum_by(f) end

---How many elements there are.
---@return integer count
function Iterator:length() end

---Whether there are no elements.
---@return boolean
function Iterator:is_null() end

---The sum of all elements; 0 for none.
---@return number result
function Iterator:sum() end

---The product of all elements; 1 for none.
---@return number result
function Iterator:product() end

---A list of all elements, the first value of each.
---@return any[] list
function Iterator:totable() end

---A table whose keys are the first values of elements, with the second values.
---@return table<any, any> map
function Iterator:tomap() end

---The values of the element at a position; nil if there is none.
---@param n integer From 1.
---@return any ...
function Iterator:nth(n) end

---The values of the first element. No elements raise an error.
---@return any ...
function Iterator:head() end

---An alias of `head`.
---@return any ...
function Iterator:car() end

---All but the first element.
---@return fun.Iterator
function Iterator:tail() end

---An alias of `tail`.
---@return fun.Iterator
function Iterator:cdr() end

---The first `n` elements. No more than those are read.
---@param n integer How many.
---@return fun.Iterator
function Iterator:take_n(n) end

---The elements in front of the first for which a function gives false.
---@param f fun(...: any): any
---@return fun.Iterator
function Iterator:take_while(f) end

---`take_n` of a number, `take_while` of a function.
---@param n_or_f integer|(fun(...: any): any) How many; or a function that gives true for each element in front of the cut.
---@return fun.Iterator
function Iterator:take(n_or_f) end

---All but the first `n` elements.
---@param n integer How many.
---@return fun.Iterator
function Iterator:drop_n(n) end

---The first element for which a function gives false, and all behind it.
---@param f fun(...: any): any
---@return fun.Iterator
function Iterator:drop_while(f) end

---`drop_n` of a number, `drop_while` of a function.
---@param n_or_f integer|(fun(...: any): any) How many; or a function that gives true for each element in front of the cut.
---@return fun.Iterator
function Iterator:drop(n_or_f) end

---What `take` and `drop` give. It needs what can be gone over twice.
---@param n_or_f integer|(fun(...: any): any) How many; or a function that gives true for each element in front of the cut.
---@return fun.Iterator taken
---@return fun.Iterator rest
function Iterator:span(n_or_f) end

---An alias of `span`.
---@param n_or_f integer|(fun(...: any): any) How many; or a function that gives true for each element in front of the cut.
---@return fun.Iterator taken
---@return fun.Iterator rest
function Iterator:split(n_or_f) end

---An alias of `span`.
---@param n_or_f integer|(fun(...: any): any) How many; or a function that gives true for each element in front of the cut.
---@return fun.Iterator taken
---@return fun.Iterator rest
function Iterator:split_at(n_or_f) end

---The elements for which a function gives true.
---@param f fun(...: any): any
---@return fun.Iterator
function Iterator:filter(f) end

---An alias of `filter`, as it is in Lua Fun: it keeps the elements for which the function gives true.
---@param f fun(...: any): any
---@return fun.Iterator
function Iterator:remove_if(f) end

---The strings in which a pattern of Lua is found; with a function, `filter`.
---@param pattern_or_f string|(fun(...: any): any) A pattern, as `string.find` takes it.
---@return fun.Iterator
function Iterator:grep(pattern_or_f) end

---The elements for which a function gives true, and the others. It needs what can be gone over twice.
---@param f fun(...: any): any
---@return fun.Iterator chosen
---@return fun.Iterator others
function Iterator:partition(f) end

---The positions, from 1, of all elements that are equal to `x`.
---@param x any What is looked for.
---@return fun.Iterator
function Iterator:indexes(x) end

---An alias of `indexes`.
---@param x any What is looked for.
---@return fun.Iterator
function Iterator:indices(x) end

---An alias of `indexes`.
---@param x any What is looked for.
---@return fun.Iterator
function Iterator:elem_indexes(x) end

---An alias of `indexes`.
---@param x any What is looked for.
---@return fun.Iterator
function Iterator:elem_indices(x) end

---What a function gives for each element: all its values.
---@param f fun(...: any): ...: any
---@return fun.Iterator
function Iterator:map(f) end

---The elements with their positions, from 1, in front.
---@return fun.Iterator
function Iterator:enumerate() end

---The elements with `x` between each two.
---@param x any What is put in between.
---@return fun.Iterator
function Iterator:intersperse(x) end

---The elements of all that a function gives: of anything that `iter` takes; nil has none.
---@param f fun(...: any): fun.Iterable?
---@return fun.Iterator
function Iterator:flat_map(f) end

---The elements again and again, without an end. It needs what can be gone over twice.
---@return fun.Iterator
function Iterator:cycle() end

---Elements side by side: the first value of one of each. It ends with the shortest.
---@param ... fun.Iterable
---@return fun.Iterator
function Iterator:zip(...) end

---The elements of one, then those of the next.
---@param ... fun.Iterable
---@return fun.Iterator
function Iterator:chain(...) end

---Whether another begins with all elements of this one.
---@param other fun.Iterable
---@return boolean
function Iterator:is_prefix_of(other) end

return fun
