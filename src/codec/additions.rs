//! Fields that the script added to tables of the VM, such as `string.trim`, or replaced there.

use mlua::ffi;

use super::bytecode::Mentions;
use super::encode::{Encoder, KIT};
use super::program::Patch;
use super::snapshot::{STRING_META, slot};
use super::wire::Kind;
use super::{EncodeError, raw};

impl Encoder<'_> {
    unsafe fn find_patches(&mut self) -> Vec<Patch> {
        let mut patches = Vec::new();
        // SAFETY: the three lists are of length `watched`, the first two of tables; the stack is balanced.
        unsafe {
            let top = ffi::lua_gettop(self.l);
            for table in 1..=self.inner.snapshot.watched {
                for list in [slot::TABLES, slot::OLD_TABLES] {
                    ffi::lua_rawgeti_(self.l, KIT, list);
                    ffi::lua_rawgeti_(self.l, -1, table);
                    ffi::lua_remove(self.l, -2);
                }
                let (now, then) = (top + 1, top + 2);
                ffi::lua_pushnil(self.l);
                while ffi::lua_next(self.l, now) != 0 {
                    if ffi::lua_type(self.l, -2) == ffi::LUA_TSTRING {
                        ffi::lua_pushvalue(self.l, -2);
                        ffi::lua_rawget_(self.l, then);
                        if ffi::lua_rawequal(self.l, -1, -2) == 0 {
                            patches.push(Patch { table, field: raw::string(self.l, then + 1).into(), sent: false });
                        }
                    }
                    ffi::lua_settop(self.l, then + 1);
                }
                ffi::lua_settop(self.l, top);
            }
        }
        patches
    }

    /// Queues the additions to the VM's tables whose names a function mentions. Those to the metatable of strings always, since
    /// operators do not mention them.
    pub unsafe fn patches_for(&mut self, mentions: &Mentions) {
        // SAFETY: `TABLE_NAMES` is a list of `watched` names; the stack is balanced.
        unsafe {
            if self.program().patches.is_none() {
                let patches = self.find_patches();
                self.program().patches = Some(patches);
            }
            let Some(mut patches) = self.program().patches.take() else {
                return;
            };
            for (number, patch) in patches.iter_mut().enumerate().filter(|(_, patch)| !patch.sent) {
                ffi::lua_rawgeti_(self.l, KIT, slot::TABLE_NAMES);
                ffi::lua_rawgeti_(self.l, -1, patch.table);
                if mentions.strings.contains(&patch.field) || raw::string(self.l, -1) == STRING_META {
                    patch.sent = true;
                    ffi::lua_pushinteger(self.l, number as ffi::lua_Integer);
                    self.enqueue(-1, Kind::Patch, 0, 0);
                    ffi::lua_pop(self.l, 1);
                }
                ffi::lua_pop(self.l, 2);
            }
            self.program().patches = Some(patches);
        }
    }

    /// # Safety
    /// The queue holds the number of a patch under `id`.
    pub unsafe fn patch(&mut self, id: u32) -> Result<(), EncodeError> {
        // SAFETY: the lists are as `find_patches` says; the stack is balanced on success.
        unsafe {
            let top = ffi::lua_gettop(self.l);
            self.push_patch(id);
            self.value(-3)?;
            self.value(-2)?;
            self.value(-1)?;
            ffi::lua_settop(self.l, top);
        }
        Ok(())
    }

    /// Pushes the name of the table, the field's name, and its value.
    ///
    /// # Safety
    /// As for `patch`.
    pub unsafe fn push_patch(&mut self, id: u32) {
        // SAFETY: as for `patch`.
        unsafe {
            self.push_queued(id);
            let number = ffi::lua_tonumber(self.l, -1) as usize;
            let patches = self.program().patches.as_ref();
            let (table, field) = patches
                .and_then(|all| all.get(number))
                .map_or((1, Box::default()), |patch| (patch.table, patch.field.clone()));
            ffi::lua_pop(self.l, 1);
            ffi::lua_rawgeti_(self.l, KIT, slot::TABLE_NAMES);
            ffi::lua_rawgeti_(self.l, -1, table);
            ffi::lua_remove(self.l, -2);
            raw::push_string(self.l, &field);
            ffi::lua_rawgeti_(self.l, KIT, slot::TABLES);
            ffi::lua_rawgeti_(self.l, -1, table);
            raw::raw_field(self.l, ffi::lua_gettop(self.l), &field);
            ffi::lua_replace(self.l, -3);
            ffi::lua_pop(self.l, 1);
        }
    }
}
