//! `.doc`: what the annotations say of a name.

use super::Session;
use super::complete::function_at;
use crate::luacats::{library, terminal};

/// Characters of a line, which a terminal of the usual width has.
const WIDTH: usize = 80;

/// What is known of `name`; the error names the nearest one that is known.
pub fn of(session: &Session, name: &str) -> Result<String, String> {
    let nearest = match terminal::document(library(), name, WIDTH) {
        Ok(text) => return Ok(text),
        Err(nearest) => nearest,
    };
    // A variable that holds a function.
    let full = function_at(session, name);
    full.and_then(|full| terminal::document(library(), &full, WIDTH).ok()).ok_or_else(|| match nearest {
        Some(nearest) => format!("nothing is known of `{name}`; did you mean `{nearest}`?"),
        None => format!("nothing is known of `{name}`; `.doc lithops` is a good begin"),
    })
}
