---@meta http

---A client for HTTP and HTTPS. Connections are kept and used again. Certificates are checked against the system's; proxies are those of
---the environment (`HTTPS_PROXY` and its like).
---@class http
local http = {}

---@class http.Options
---@field headers? table<string, string|number|(string|number)[]>
---@field query? table<string, string|number|boolean|(string|number)[]> Added to the URL, sorted by name.
---@field body? string|number|file*|lithops.Stream|table A string, or anything with a method `read(n)`, which is sent as it is read, until the server refuses. A `read` that takes long is waited for, whatever the `timeout`.
---@field range? integer[] `{first, last}`: bytes counted from 0, both included; without `last`, to the end.
---@field timeout? number Seconds for all of it; with `stream`, until the answer begins. A server that sends nothing for 60 seconds is given up in any case.
---@field stream? boolean The body of the answer is a stream. Default: false, a string.
---@field max_redirects? integer Default: 10. 0: a redirect is the answer.

---@class http.Request: http.Options
---@field url string
---@field method? string Default: GET.

---@class http.Response
---@field status integer
---@field ok boolean Whether the status is 200 to 299.
---@field url string After redirects.
---@field headers table<string, string> Names are in lower case; one that comes several times has its values joined by `, `.
---@field body string|lithops.Stream

---Why there is no answer.
---@class http.Error
---@field kind "unreachable"|"timeout"|"too_many_redirects"|"interrupted"|"protocol"
---@field message string

---A status of 400 or more is an answer, too. The same is true of all functions here.
---@param url string
---@param options? http.Options
---@return http.Response? response Nil if there is no answer, or not all of it.
---@return http.Error? err
function http.get(url, options) end

---@param url string
---@param options? http.Options
---@return http.Response? response
---@return http.Error? err
function http.head(url, options) end

---@param url string
---@param options? http.Options
---@return http.Response? response
---@return http.Error? err
function http.post(url, options) end

---@param url string
---@param options? http.Options
---@return http.Response? response
---@return http.Error? err
function http.put(url, options) end

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
