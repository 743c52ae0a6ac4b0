//! A web server with documents: with ranges or without, and with faults on demand.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;
use hyper::{Response, StatusCode};

use crate::web::{Asked, Body, WebServer, pieces, whole};

/// What is at a path.
#[derive(Clone, Default)]
pub struct Document {
    pub content: Vec<u8>,
    pub etag: Option<String>,
    pub has_ranges: bool,
    /// Without it, HEAD is answered with 405.
    pub has_head: bool,
    /// Its answers do not say how long they are.
    pub is_chunked: bool,
    /// Its answers to this method do not.
    pub is_chunked_for: Option<&'static str>,
    /// The bytes of a piece, where answers do not say how long they are; `None` is all at once.
    pub piece_bytes: Option<usize>,
    /// It is elsewhere.
    pub redirect: Option<String>,
    /// So many answers are a status instead.
    pub refusals: Vec<u16>,
    /// So many answers end after half of their bytes.
    pub cuts: usize,
}

impl Document {
    pub fn new(content: impl Into<Vec<u8>>) -> Document {
        let etag = Some("\"1\"".into());
        Document { content: content.into(), etag, has_ranges: true, has_head: true, ..Document::default() }
    }
}

#[derive(Default)]
struct State {
    documents: HashMap<String, Document>,
    requests: Vec<String>,
}

/// The server. It ends when it is dropped.
pub struct Documents {
    server: WebServer,
    state: Arc<Mutex<State>>,
}

impl Documents {
    pub fn start() -> Documents {
        let state = Arc::<Mutex<State>>::default();
        let shared = state.clone();
        Documents { server: WebServer::start(move |asked| answer(&shared, asked)), state }
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.server.url())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub fn put(&self, path: &str, document: Document) {
        self.state().documents.insert(path.into(), document);
    }

    /// All requests so far: method, path, range.
    pub fn requests(&self) -> Vec<String> {
        self.state().requests.clone()
    }
}

fn answer(state: &Mutex<State>, asked: &Asked) -> Response<Body> {
    let mut state = state.lock().unwrap();
    let range = Some(asked.header("range")).filter(|range| !range.is_empty());
    state.requests.push(format!("{} {} {}", asked.method, asked.path, range.unwrap_or("-")));
    let Some(document) = state.documents.get_mut(&asked.path) else { return whole(404, "") };
    if let Some(refusal) = document.refusals.pop() {
        return whole(refusal, "");
    }
    if let Some(to) = &document.redirect {
        let mut answer = whole(302, "");
        answer.headers_mut().insert("location", to.parse().unwrap());
        return answer;
    }
    if asked.method == "HEAD" && !document.has_head {
        return whole(405, "");
    }
    let content = Bytes::from(document.content.clone());
    let wanted = range.filter(|_| document.has_ranges).map(|range| {
        let (first, last) = range.strip_prefix("bytes=").unwrap().split_once('-').unwrap();
        let last = last.parse().unwrap_or(usize::MAX).min(content.len().saturating_sub(1));
        (first.parse::<usize>().unwrap(), last)
    });
    let (bytes, part) = match wanted {
        None => (content, None),
        Some((first, _)) if first >= content.len() => return whole(416, ""),
        Some((first, last)) => (content.slice(first..=last), Some(format!("bytes {first}-{last}/{}", content.len()))),
    };
    let length = bytes.len();
    let is_cut = document.cuts > 0 && asked.method == "GET";
    document.cuts -= usize::from(is_cut);
    let is_chunked = document.is_chunked || document.is_chunked_for == Some(asked.method.as_str());
    let mut answer = match (is_cut, is_chunked) {
        _ if asked.method == "HEAD" => whole(200, ""),
        (true, _) => pieces(vec![Ok(bytes.slice(..length / 2)), Err(std::io::Error::other("cut"))]),
        (false, true) => {
            let chunks = bytes.chunks(document.piece_bytes.unwrap_or(usize::MAX));
            pieces(chunks.map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect())
        }
        (false, false) => whole(200, bytes),
    };
    let headers = answer.headers_mut();
    if let Some(etag) = &document.etag {
        headers.insert("etag", etag.parse().unwrap());
    }
    if document.has_ranges {
        headers.insert("accept-ranges", "bytes".parse().unwrap());
    }
    if !is_chunked {
        headers.insert("content-length", length.into());
    }
    if let Some(part) = part {
        headers.insert("content-range", part.parse().unwrap());
        *answer.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    answer
}
