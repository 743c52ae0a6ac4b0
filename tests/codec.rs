//! The codec, between two VMs that stand for driver and worker. One module an area.

#[path = "codec/closures.rs"]
mod closures;
#[path = "codec/hostile.rs"]
mod hostile;
#[path = "codec/lists.rs"]
mod lists;
#[path = "codec/modules.rs"]
mod modules;
#[path = "codec/properties.rs"]
mod properties;
#[path = "codec/refusals.rs"]
mod refusals;
#[path = "codec/size.rs"]
mod size;
#[path = "codec/support.rs"]
mod support;
#[path = "codec/values.rs"]
mod values;
