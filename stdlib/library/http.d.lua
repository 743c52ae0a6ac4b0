---@meta http

---A client for HTTP and HTTPS. Connections are kept and used again. Certificates are checked against the system's; proxies are those of
---the environment (`HTTPS_PROXY` and its like).
---@class http
local http = {}

---@class http.Options
---@field headers? table<string, string|number|(string|number)[]> Headers of the request. One with several values is a list.
---@field query? table<string, string|number|boolean|(string|number)[]> Added to the URL, sorted by name.
---@field body? string|number|file*|lithops.Stream|table A string, or anything with a method `read(n)`, which is sent as it is read, until the server refuses. A `read` that takes long is waited for, whatever the `timeout`.
---@field range? integer[] `{first, last}`: bytes counted from 0, both included; without `last`, to the end.
---@field timeout? number Seconds for all of it; with `stream`, until the answer begins. A server that sends nothing for 60 seconds is given up in any case.
---@field stream? boolean The body of the answer is a stream. Default: false, a string.
---@field max_redirects? integer Default: 10. 0: a redirect is the answer.

---A request with all that it has.
---@class http.Request: http.Options
---@field url string Where it goes to.
---@field method? string Default: GET.

---An answer.
---@class http.Response
---@field status integer The status, such as 200.
---@field ok boolean Whether the status is 200 to 299.
---@field url string After redirects.
---@field headers table<string, string> Names are in lower case; one that comes several times has its values joined by `, `.
---@field body string|lithops.Stream What came; a stream with the option `stream`.

---Why there is no answer, in a word.
---@alias http.ErrorKind
---| "unreachable" # The server cannot be found or connected to, or its certificate is not good.
---| "timeout" # The time was over.
---| "too_many_redirects" # There were more redirects than `max_redirects`.
---| "interrupted" # The answer broke off.
---| "protocol" # What the server sent is no HTTP.

---Why there is no answer. `tostring` gives the message.
---@class http.Error
---@field kind http.ErrorKind What went wrong, in a word.
---@field message string What went wrong, in a sentence.
---@field traceback string Empty; other error objects have one.

---A status of 400 or more is an answer, too. The same is true of all functions here.
---
---```lua
---local http = require "http"
---local response, err = http.get("http://127.0.0.1:1/", { timeout = 5 })
---print(response, err.kind)
---```
---
---prints
---
---```text
---nil	unreachable
---```
---@param url string
---@param options? http.Options
---@return http.Response? response Nil if there is no answer, or not all of it.
---@return http.Error? err
function http.get(url, options) end

---Asks for the headers alone.
---@param url string
---@param options? http.Options
---@return http.Response? response
---@return http.Error? err
function http.head(url, options) end

---Sends `body` to be processed.
---@param url string
---@param options? http.Options
---@return http.Response? response
---@return http.Error? err
function http.post(url, options) end

---Sends `body` to be stored.
---@param url string
---@param options? http.Options
---@return http.Response? response
---@return http.Error? err
function http.put(url, options) end

---Asks for a deletion.
---@param url string
---@param options? http.Options
---@return http.Response? response
---@return http.Error? err
function http.delete(url, options) end

---Any method.
---@param request http.Request
---@return http.Response? response
---@return http.Error? err
function http.request(request) end

return http
