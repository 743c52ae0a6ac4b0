//! All functions that this program made in an account's region.

use futures_util::stream::{self, StreamExt, TryStreamExt};
use serde::Serialize;

use super::error::{DeployError, Refusal};
use super::functions::{Functions, NAMESPACE_TAG};
use super::settings::{NAME_PREFIX, NameParts, parse_name};
use crate::aws::{Account, AwsError, AwsErrorKind, Failed};

/// Functions that are looked at, or deleted, at the same time.
const AT_ONCE: usize = 8;

/// One of our functions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FunctionSummary {
    pub name: String,
    #[serde(flatten)]
    pub parts: NameParts,
    /// `Active`, `Pending`, …, as AWS has it.
    pub state: String,
    /// `Zip` or `Image`.
    pub package: String,
    pub code_bytes: i64,
    /// ISO 8601.
    pub last_modified: String,
}

/// Our functions, by name; with `namespace`, only those of that.
///
/// # Errors
/// Where AWS refuses.
pub async fn list(account: &Account, namespace: Option<&str>) -> Result<Vec<FunctionSummary>, DeployError> {
    let functions = Functions::of(account);
    let mut pages = functions.client().list_functions().into_paginator().send();
    let mut found = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.failed("list the functions")?;
        for function in page.functions() {
            let Some(name) = function.function_name() else { continue };
            let Some(parts) = parse_name(name) else { continue };
            found.push(FunctionSummary {
                name: name.to_owned(),
                parts,
                state: String::new(),
                package: function.package_type().map_or("Zip", |kind| kind.as_str()).to_owned(),
                code_bytes: function.code_size,
                last_modified: function.last_modified().unwrap_or_default().to_owned(),
            });
        }
    }
    if let Some(wanted) = namespace {
        found.retain(|summary| summary.parts.namespace.as_deref().is_some_and(|part| wanted.starts_with(part)));
    }
    let functions = &functions;
    let looked = stream::iter(found).map(|summary| look(functions, summary));
    let mut all: Vec<_> = looked.buffer_unordered(AT_ONCE).try_collect().await?;
    all.retain(|summary: &FunctionSummary| {
        namespace.is_none_or(|wanted| summary.parts.namespace.as_deref() == Some(wanted))
    });
    all.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(all)
}

/// Adds what a list of AWS's does not say: the state, and the whole namespace.
async fn look(functions: &Functions, mut summary: FunctionSummary) -> Result<FunctionSummary, AwsError> {
    // Deleted meanwhile.
    let Some(found) = functions.get(&summary.name).await? else {
        summary.state = "Deleted".into();
        return Ok(summary);
    };
    let state = found.configuration().and_then(|configuration| configuration.state());
    summary.state = state.map_or("Active", |state| state.as_str()).to_owned();
    if let Some(namespace) = found.tags().and_then(|tags| tags.get(NAMESPACE_TAG)) {
        summary.parts.namespace = Some(namespace.clone());
    }
    Ok(summary)
}

/// Deletes one of our functions. Gives whether it was there.
///
/// # Errors
/// Where the function is not ours, or AWS refuses.
pub async fn delete(account: &Account, name: &str) -> Result<bool, DeployError> {
    if parse_name(name).is_none() {
        let reason = format!("this program did not make it: its functions are named {NAME_PREFIX}…");
        return Err(AwsError::new(AwsErrorKind::Other, format!("delete the function {name}"), reason).into());
    }
    super::forget(name);
    match Functions::of(account).delete(name).await {
        Ok(()) => Ok(true),
        Err(Refusal::NoFunction) => Ok(false),
        Err(Refusal::Final(error) | Refusal::NotYet(error)) => Err(error.into()),
        Err(Refusal::Conflict) => {
            let reason = "it is being changed by somebody; try again in a minute";
            Err(AwsError::new(AwsErrorKind::Conflict, format!("delete the function {name}"), reason).into())
        }
    }
}
