//! Knobs and record over HTTP, for those who are not in this process: `/emulator/…`, unsigned.

use hyper::body::Incoming;
use hyper::{Method, Request, Response};
use serde_json::{Value, json};

use super::server::{Body, collect, empty, full, json as answer};
use super::{Cloud, Knobs, code, pool};

/// Longer than any set of knobs.
const MAX_BODY_BYTES: usize = 1 << 20;

/// Answers one request; `path` is what follows `/emulator/`.
pub async fn serve(cloud: &Cloud, path: &str, request: Request<Incoming>) -> Response<Body> {
    let method = request.method().clone();
    match (&method, path) {
        (&Method::GET, "knobs") => answer(200, &json!(*cloud.knobs())),
        (&Method::POST, "knobs") => {
            let body = collect(request.into_body(), MAX_BODY_BYTES).await.unwrap_or_default();
            match turn(cloud, &body) {
                Ok(()) => answer(200, &json!(*cloud.knobs())),
                Err(error) => answer(400, &json!({"message": error.to_string()})),
            }
        }
        (&Method::GET, "record") => answer(200, &json!(*cloud.record())),
        (&Method::DELETE, "record") => {
            cloud.record().forget();
            empty(204)
        }
        (&Method::GET, "logs") => answer(200, &json!(pool::logs(cloud))),
        // Where `GetFunction` says that a function's code is.
        (&Method::GET, path) => match path.strip_prefix("code/").and_then(|sha256| code::zip(cloud, sha256)) {
            Some(zip) => Response::new(full(zip)),
            None => empty(404),
        },
        _ => empty(404),
    }
}

/// Lays `changes`, a JSON object, over the knobs.
fn turn(cloud: &Cloud, changes: &[u8]) -> Result<(), serde_json::Error> {
    let changes: serde_json::Map<String, Value> = serde_json::from_slice(changes)?;
    let mut all = json!(*cloud.knobs());
    if let Value::Object(all) = &mut all {
        all.extend(changes);
    }
    let new: Knobs = serde_json::from_value(all)?;
    cloud.turn(|knobs| *knobs = new);
    Ok(())
}
