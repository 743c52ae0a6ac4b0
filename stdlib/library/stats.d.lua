---@meta stats

---Statistics of lists, and of values on many workers.
---
---```lua
---local stats = require "stats"
---local lists = { { 1, 2, 3 }, { 4, 5 } }
---local function work(list)
---  return { size = stats.summary():add_all(list), rank = stats.sketch():add_all(list) }
---end
---local all = stats.merge(lithops.map(work, lists):get_result())
---print(all.size:mean(), all.size:variance(), all.rank:median())
---print(all.size)
---```
---
---prints
---
---```text
---3	2.5	3
---summary of 5 values: mean 3, standard deviation 1.58114, min 1, max 5
---```
---
---Where lists are taken, so are tables whose metatable has `__iter`, such as iterators of `fun`. Lists with nils among their elements raise an
---error.
---
---An *accumulator* takes numbers in one by one and keeps little of them: `summary` (moments), `sketch` (quantiles), `histogram`,
---`bivariate` (two quantities). Those of parts, merged, are that of the whole. They are plain tables, which can be passed to functions on
---workers and returned from them. `lithops.map_reduce(f, data, stats.merge)` merges what calls return.
---
---What is not defined is NaN: anything but the sum of no values, the variance of one value, and whatever a NaN went into. What is no
---number raises an error.
---@class stats
local stats = {}

---An empty summary: count, sum, mean, variance, skewness, kurtosis, least and greatest value.
---@return stats.Summary
function stats.summary() end

---Options of `stats.sketch`.
---@class stats.SketchOptions
---@field k? integer How many values it holds at least; from 8. So many are exact; of more, ranks are wrong by `8 / k` at most in 99 of 100 cases, mostly by half of that. Default: 1024, which are 0.8 %.

---An empty sketch, which estimates quantiles of any number of values in a memory of `4 * k` numbers at most.
---@param options? stats.SketchOptions
---@return stats.Sketch
function stats.sketch(options) end

---Options of `stats.histogram`.
---@class stats.HistogramOptions
---@field bins? integer How many bins there are, from 2 to 1,000,000. Default: 10. Without `min` and `max`, the most that there may be. Default: 32.
---@field min? number Where the first bin begins.
---@field max? number Where the last bin ends. It belongs to the bin.

---An empty histogram. Without `min` and `max`, its bins follow the values: their width is the least power of two of which `bins` are enough,
---and they begin at multiples of it. The order of values, and which of them were merged, does not matter.
---@param options? stats.HistogramOptions
---@return stats.Histogram
function stats.histogram(options) end

---An empty accumulator of points: covariance, correlation, and the straight line through them.
---@return stats.Bivariate
function stats.bivariate() end

---One accumulator of all in a list, which are not changed. All have to be of the same kind, with the same options. A list of tables of accumulators
---gives a table with all of their keys: `{ { price = summary, by_day = { mon = sketch } }, … }`.
---@generic T
---@param list T[] What `get_result` gives.
---@return T? merged nil for an empty list.
---@return string? err
function stats.merge(list) end

---The sum, compensated: what is lost in adding a small number to a large one is added at the end.
---@param list number[] The values.
---@return number result
function stats.sum(list) end

---The mean.
---@param list number[] The values.
---@return number result
function stats.mean(list) end

---The variance of which the values are a sample: their squared distances from the mean, divided by one less than their number.
---@param list number[] The values.
---@return number result
function stats.variance(list) end

---The variance of the values alone: their squared distances from the mean, divided by their number.
---@param list number[] The values.
---@return number result
function stats.pvariance(list) end

---The standard deviation: the root of `variance`.
---@param list number[] The values.
---@return number result
function stats.stdev(list) end

---The root of `pvariance`.
---@param list number[] The values.
---@return number result
function stats.pstdev(list) end

---The skewness of the values: 0 if they are symmetric, more than 0 if the greater ones are farther from the mean.
---@param list number[] The values.
---@return number result
function stats.skewness(list) end

---The excess kurtosis of the values: 0 for the normal distribution, more than 0 if more of them are far from the mean.
---@param list number[] The values.
---@return number result
function stats.kurtosis(list) end

---The least value.
---@param list number[] The values.
---@return number result
function stats.min(list) end

---The greatest value.
---@param list number[] The values.
---@return number result
function stats.max(list) end

---The median: the quantile 0.5.
---@param list number[] The values.
---@return number result
function stats.median(list) end

---The values below which so many parts of all are: `local low, high = stats.quantile(list, 0.05, 0.95)`. Between two neighbours, in
---proportion, as Python's `statistics.quantiles(method="inclusive")` and the default of NumPy and R do.
---@param list number[] The values.
---@param q number From 0 to 1.
---@param ... number More of them.
---@return number ... One for each.
function stats.quantile(list, q, ...) end

---The covariance of which the points of two lists are a sample.
---@param xs number[] The first quantity of all points.
---@param ys number[] The second quantity of each, as many.
---@return number result
function stats.covariance(xs, ys) end

---Pearson's correlation, from -1 to 1; NaN if all of a list are equal.
---@param xs number[] The first quantity of all points.
---@param ys number[] The second quantity of each, as many.
---@return number result
function stats.correlation(xs, ys) end

---The straight line `y = slope * x + intercept` with the least squares of distances from `y`.
---@param xs number[] The first quantity of all points.
---@param ys number[] The second quantity of each, as many.
---@return number slope NaN if all of `xs` are equal.
---@return number intercept
function stats.linear_regression(xs, ys) end

---Made by `stats.summary`.
---@class stats.Summary
---@field kind "summary" What it is.
local Summary = {}

---Adds a value.
---@param x number The value.
---@param weight? number How many times it counts, 0 or more. Default: 1.
---@return stats.Summary self
function Summary:add(x, weight) end

---Adds all values of a list, or all first values that an iterator function gives.
---@param list number[]|fun(...: any): number? The values.
---@return stats.Summary self
function Summary:add_all(list) end

---Adds all that another one has seen, which is not changed.
---@param other stats.Summary
---@return stats.Summary self
function Summary:merge(other) end

---How many values there were.
---@return integer count
function Summary:count() end

---The sum of all weights.
---@return number weight
function Summary:weight() end

---The sum, compensated.
---@return number result
function Summary:sum() end

---The mean.
---@return number result
function Summary:mean() end

---As `stats.variance`, with weights as counts.
---@return number result
function Summary:variance() end

---As `stats.pvariance`.
---@return number result
function Summary:pvariance() end

---As `stats.stdev`.
---@return number result
function Summary:stdev() end

---As `stats.pstdev`.
---@return number result
function Summary:pstdev() end

---The standard deviation of the mean: `stdev` divided by the root of the number of values.
---@return number result
function Summary:standard_error() end

---As `stats.skewness`.
---@return number result
function Summary:skewness() end

---As `stats.kurtosis`.
---@return number result
function Summary:kurtosis() end

---The least value.
---@return number result
function Summary:min() end

---The greatest value.
---@return number result
function Summary:max() end

---Made by `stats.sketch`.
---@class stats.Sketch
---@field kind "sketch" What it is.
---@field k integer How many values it holds at least.
local Sketch = {}

---Adds a value.
---@param x number The value.
---@param weight? integer How many times it counts, 0 or more. Default: 1.
---@return stats.Sketch self
function Sketch:add(x, weight) end

---Adds all values of a list, or all first values that an iterator function gives.
---@param list number[]|fun(...: any): number? The values.
---@return stats.Sketch self
function Sketch:add_all(list) end

---Adds all that another one with the same `k` has seen, which is not changed.
---@param other stats.Sketch
---@return stats.Sketch self
function Sketch:merge(other) end

---How many values there were.
---@return integer count
function Sketch:count() end

---As `stats.quantile`: exact for 0 and 1, and as long as `is_exact`.
---@param q number From 0 to 1.
---@param ... number More of them.
---@return number ... One for each.
function Sketch:quantile(q, ...) end

---The median: the quantile 0.5.
---@return number result
function Sketch:median() end

---The part of all values that are not greater than `x`, from 0 to 1.
---@param x number The value.
---@return number result
function Sketch:rank(x) end

---The least value.
---@return number result
function Sketch:min() end

---The greatest value.
---@return number result
function Sketch:max() end

---Whether all values are still there, so that all it says is exact.
---@return boolean
function Sketch:is_exact() end

---How far the rank of a quantile may be from what was asked for, as a part of all values. It follows from what was left out, by Hoeffding's
---inequality.
---@param confidence? number In which part of all cases that holds, between 0 and 1. Default: 0.99.
---@return number result
function Sketch:rank_error(confidence) end

---A bin of a histogram: values of at least `from`, and below `to`.
---@class stats.Bin
---@field from number Where it begins.
---@field to number Where it ends.
---@field count number How many values are in it.

---Made by `stats.histogram`. It prints with bars.
---@class stats.Histogram
---@field kind "histogram" What it is.
local Histogram = {}

---Adds a value.
---@param x number The value.
---@param weight? number How many times it counts, 0 or more. Default: 1.
---@return stats.Histogram self
function Histogram:add(x, weight) end

---Adds all values of a list, or all first values that an iterator function gives.
---@param list number[]|fun(...: any): number? The values.
---@return stats.Histogram self
function Histogram:add_all(list) end

---Adds all that another one with the same options has seen, which is not changed.
---@param other stats.Histogram
---@return stats.Histogram self
function Histogram:merge(other) end

---How many values there were, those in no bin too.
---@return number count
function Histogram:count() end

---All bins in order.
---@return stats.Bin[]
function Histogram:bins() end

---How many values are in no bin. Bins that follow the values do not follow those beyond 1e300.
---@return number below Those below the first bin.
---@return number above Those above the last bin.
---@return number nans NaN.
function Histogram:outside() end

---Made by `stats.bivariate`.
---@class stats.Bivariate
---@field kind "bivariate" What it is.
local Bivariate = {}

---Adds a point.
---@param x number The first quantity.
---@param y number The second quantity.
---@param weight? number How many times it counts, 0 or more. Default: 1.
---@return stats.Bivariate self
function Bivariate:add(x, y, weight) end

---Adds the points of two lists.
---@param xs number[] The first quantity of all points.
---@param ys number[] The second quantity of each, as many.
---@return stats.Bivariate self
function Bivariate:add_all(xs, ys) end

---Adds all that another one has seen, which is not changed.
---@param other stats.Bivariate
---@return stats.Bivariate self
function Bivariate:merge(other) end

---How many points there were.
---@return integer count
function Bivariate:count() end

---Both means.
---@return number x
---@return number y
function Bivariate:means() end

---As `stats.covariance`.
---@return number result
function Bivariate:covariance() end

---As `stats.correlation`.
---@return number result
function Bivariate:correlation() end

---As `stats.linear_regression`.
---@return number slope
---@return number intercept
function Bivariate:linear_regression() end

return stats
