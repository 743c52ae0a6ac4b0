//! Cloud objects in a script's hands.

use mlua::{MetaMethod, UserData, UserDataFields, UserDataMethods, Value};

use super::arguments::as_cloud_object;
use crate::storage::CloudObject;

impl UserData for CloudObject {
    fn add_fields<F: UserDataFields<Self>>(fields: &mut F) {
        fields.add_meta_field("__name", "cloud object");
        // Without it a field that is not there would be an error of mlua's.
        fields.add_meta_field_with(MetaMethod::Index, |lua| lua.create_table());
        fields.add_field_method_get("backend", |_, this| Ok(this.backend.clone()));
        fields.add_field_method_get("bucket", |_, this| Ok(this.bucket.clone()));
        fields.add_field_method_get("key", |_, this| Ok(this.key.clone()));
    }

    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        methods.add_meta_method(MetaMethod::ToString, |_, this, ()| {
            Ok(format!("cloud object {}/{} ({})", this.bucket, this.key, this.backend))
        });
        methods.add_meta_method(MetaMethod::Eq, |_, this, other: Value| {
            Ok(as_cloud_object(&other).as_ref() == Some(this))
        });
    }
}
