//! What to send.

use std::time::Duration;

use mlua::{LuaString, Table, Value};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue, RANGE};
use reqwest::{Method, Url};

use crate::http::MAX_REDIRECTS;
use crate::lua::api::storage::range;
use crate::lua::bind::Raise;
use crate::lua::options::Options;

const OPTIONS: [&str; 7] = ["headers", "body", "timeout", "range", "stream", "max_redirects", "query"];

/// A request.
pub(super) struct Request {
    pub method: Method,
    pub url: Url,
    pub headers: HeaderMap,
    pub body: Value,
    pub timeout: Option<Duration>,
    pub stream: bool,
    pub max_redirects: usize,
}

impl Request {
    /// The arguments of `http.get` and its like.
    pub fn with_method(
        method: Method,
        url: &LuaString,
        options: Option<Table>,
        function: &'static str,
    ) -> Result<Request, Raise> {
        let url = read_url(&url.to_string_lossy()).map_err(|text| Raise::argument(1, text))?;
        Request::read(method, url, &Options::new(options, &OPTIONS, function)?)
    }

    /// The argument of `http.request`.
    pub fn with_options(options: Table) -> Result<Request, Raise> {
        let known = [&["method", "url"], &OPTIONS[..]].concat();
        let options = Options::new(Some(options), &known, "request")?;
        let method = options.string("method")?.unwrap_or_else(|| "GET".into());
        let Ok(method) = Method::from_bytes(method.to_ascii_uppercase().as_bytes()) else {
            let given = options.value("method")?.unwrap_or(Value::Nil);
            return Err(options.refuse("method", "the name of an HTTP method", &given));
        };
        let Some(url) = options.string("url")? else {
            return Err(Raise::message("request: `url` is missing"));
        };
        let url = read_url(&url).map_err(|text| Raise::Message(format!("request: {text}")))?;
        Request::read(method, url, &options)
    }

    fn read(method: Method, mut url: Url, options: &Options) -> Result<Request, Raise> {
        add_query(&mut url, options)?;
        let mut headers = read_headers(options)?;
        if let Some(range) = range(options)? {
            let last = range.last.map(|last| last.to_string()).unwrap_or_default();
            if let Ok(value) = HeaderValue::try_from(format!("bytes={}-{last}", range.first)) {
                headers.insert(RANGE, value);
            }
        }
        let max_redirects = options.count("max_redirects")?.map_or(MAX_REDIRECTS, |most| most.min(100) as usize);
        Ok(Request {
            method,
            url,
            headers,
            body: options.value("body")?.unwrap_or(Value::Nil),
            timeout: options.seconds("timeout")?,
            stream: options.boolean("stream")?.unwrap_or(false),
            max_redirects,
        })
    }
}

fn read_url(text: &str) -> Result<Url, String> {
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(url),
        Ok(url) => Err(format!("`http://` or `https://` expected, not `{}:`", url.scheme())),
        Err(error) => Err(format!("bad URL {text:?}: {error}")),
    }
}

/// A value of a header or of the query as text; `None` if it cannot be.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => text.to_str().ok().map(|text| text.to_owned()),
        Value::Integer(_) | Value::Number(_) | Value::Boolean(_) => value.to_string().ok(),
        _ => None,
    }
}

/// The pairs of an option that is a table of names and texts, or lists of texts, sorted by name.
fn pairs(options: &Options, option: &str) -> Result<Vec<(String, String)>, Raise> {
    let mut found = Vec::new();
    let Some(table) = options.table(option)? else {
        return Ok(found);
    };
    let refuse = |value: &Value| options.refuse(option, "a table of names and strings, or lists of strings", value);
    for pair in table.pairs::<Value, Value>() {
        let (name, value) = pair?;
        let name = name.as_string().and_then(|name| name.to_str().ok().map(|name| name.to_owned()));
        let name = name.ok_or_else(|| refuse(&value))?;
        match &value {
            Value::Table(list) => {
                for item in list.sequence_values::<Value>() {
                    let item = item?;
                    found.push((name.clone(), plain(&item).ok_or_else(|| refuse(&item))?));
                }
            }
            single => found.push((name, plain(single).ok_or_else(|| refuse(single))?)),
        }
    }
    // Lists keep their order.
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(found)
}

fn add_query(url: &mut Url, options: &Options) -> Result<(), Raise> {
    let query = pairs(options, "query")?;
    if !query.is_empty() {
        url.query_pairs_mut().extend_pairs(query);
    }
    Ok(())
}

fn read_headers(options: &Options) -> Result<HeaderMap, Raise> {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs(options, "headers")? {
        match (HeaderName::try_from(&name), HeaderValue::try_from(&value)) {
            (Ok(header), Ok(value)) => {
                headers.append(header, value);
            }
            // Not the value: it may be a secret.
            _ => {
                return Err(Raise::Message(format!(
                    "the header {name:?} has a name or value that HTTP does not allow"
                )));
            }
        }
    }
    Ok(headers)
}
