//! `http`: a client.
//!
//! - `request` reads what to send; `body` sends what a script hands in, and gives what comes back.
//!
//! A script's thread waits for the work, which the process's I/O thread does.

mod body;
mod request;

use std::time::Duration;

use mlua::{BString, IntoLuaMulti, Lua, LuaString, MultiValue, Table, Value};
use reqwest::header::HeaderMap;
use reqwest::{Method, RequestBuilder, Response};

use crate::http::{HttpError, HttpErrorKind};
use crate::lua::api::errors;
use crate::lua::bind::{Raise, bind};
use crate::lua::stream::ByteStream;

use request::Request;

pub(super) fn open(lua: &Lua) -> mlua::Result<Table> {
    let module = lua.create_table()?;
    let methods = [
        ("get", Method::GET),
        ("head", Method::HEAD),
        ("post", Method::POST),
        ("put", Method::PUT),
        ("delete", Method::DELETE),
    ];
    for (name, method) in methods {
        let function = bind(lua, &format!("http.{name}"), move |lua, (url, options): (LuaString, Option<Table>)| {
            send(lua, Request::with_method(method.clone(), &url, options, name)?)
        })?;
        module.raw_set(name, function)?;
    }
    let request = bind(lua, "http.request", |lua, options: Table| send(lua, Request::with_options(options)?))?;
    module.raw_set("request", request)?;
    Ok(module)
}

/// Sends a request. The answer, or `nil` and an error object.
fn send(lua: &Lua, request: Request) -> Result<MultiValue, Raise> {
    let action = crate::http::action(&request.method, &request.url);
    let client = crate::http::client_following(request.max_redirects).map_err(Raise::Message)?;
    let mut builder = client.request(request.method.clone(), request.url.clone()).headers(request.headers.clone());
    if let (Some(timeout), false) = (request.timeout, request.stream) {
        builder = builder.timeout(timeout);
    }
    // A stream may take as long as it takes; only its beginning must come in time.
    let within = request.timeout.filter(|_| request.stream);
    let outcome =
        body::send(lua, &request, builder, |builder| exchange(builder, action.clone(), within, request.stream))?;
    match outcome {
        Ok(Answer { head, whole }) => Ok(response(lua, head, whole, &action)?.into_lua_multi(lua)?),
        Err(error) => {
            let object = errors::plain(lua, error.kind.as_str(), &format!("failed to {error}"))?;
            Ok((Value::Nil, object).into_lua_multi(lua)?)
        }
    }
}

/// An answer, with its body if that was read.
struct Answer {
    head: Head,
    whole: Option<bytes::Bytes>,
}

/// What is known of an answer before its body.
struct Head {
    status: u16,
    url: String,
    headers: HeaderMap,
    /// Where the body is still to be read.
    response: Option<Response>,
    /// Where it came before all of the request was sent.
    unsent: Option<body::Pieces>,
}

async fn exchange(
    builder: RequestBuilder,
    action: String,
    within: Option<Duration>,
    stream: bool,
) -> Result<Answer, HttpError> {
    let sent = async { builder.send().await.map_err(|error| HttpError::of(&*action, &error)) };
    let response = match within {
        None => sent.await?,
        Some(within) => match tokio::time::timeout(within, sent).await {
            Ok(sent) => sent?,
            Err(_) => {
                let reason = format!("there was no answer within {} s", within.as_secs_f64());
                return Err(HttpError::new(HttpErrorKind::Timeout, action, reason));
            }
        },
    };
    let (status, url) = (response.status().as_u16(), response.url().to_string());
    let headers = response.headers().clone();
    if stream {
        return Ok(Answer { head: Head { status, url, headers, response: Some(response), unsent: None }, whole: None });
    }
    let whole = response.bytes().await.map_err(|error| HttpError::of(action, &error))?;
    Ok(Answer { head: Head { status, url, headers, response: None, unsent: None }, whole: Some(whole) })
}

/// An answer as a script gets it.
fn response(lua: &Lua, head: Head, whole: Option<bytes::Bytes>, action: &str) -> mlua::Result<Table> {
    let table = lua.create_table_with_capacity(0, 5)?;
    table.raw_set("status", head.status)?;
    table.raw_set("ok", (200..300).contains(&head.status))?;
    table.raw_set("url", head.url)?;
    let headers = lua.create_table()?;
    for name in head.headers.keys() {
        let values: Vec<&[u8]> = head.headers.get_all(name).iter().map(|value| value.as_bytes()).collect();
        headers.raw_set(name.as_str(), BString::from(values.join(&b", "[..])))?;
    }
    table.raw_set("headers", headers)?;
    match (head.response, whole) {
        (Some(response), _) => {
            table.raw_set("body", ByteStream::new("an answer", body::Incoming::new(response, head.unsent, action)))?
        }
        (None, whole) => table.raw_set("body", lua.create_string(whole.unwrap_or_default())?)?,
    }
    Ok(table)
}
