//! How often garbage is collected.

use lithops_lua::lua::{ConfigChoice, Vm, VmSettings};

#[track_caller]
fn check(code: &str) {
    const PACE: &str = r#"
        local function pace()
          local pause, step = collectgarbage("setpause", 1), collectgarbage("setstepmul", 1)
          collectgarbage("setpause", pause)
          collectgarbage("setstepmul", step)
          return pause .. "/" .. step
        end
        local function same(a, b) assert(a == b, tostring(a) .. " is not " .. tostring(b)) end
    "#;
    let vm = Vm::new(&VmSettings::driver(Vec::new(), ConfigChoice::default())).unwrap();
    vm.lua.load(format!("{PACE}{code}")).exec().unwrap();
}

#[test]
fn a_large_heap_is_collected_less_often() {
    check(
        r#"
        same(pace(), "130/400")
        local large = {}
        for i = 1, 600000 do large[i] = { i } end
        collectgarbage()
        same(pace(), "200/200")
        collectgarbage()
        same(pace(), "200/200")
        large = nil
        -- The cycle that frees it looks at the heap before it is free.
        collectgarbage()
        collectgarbage()
        same(pace(), "130/400")
        "#,
    );
}

#[test]
fn what_the_script_sets_stays() {
    check(
        r#"
        collectgarbage("setpause", 150)
        for _ = 1, 3 do collectgarbage() end
        same(pace(), "150/400")
        collectgarbage("setpause", 130)
        for _ = 1, 3 do collectgarbage() end
        same(pace(), "130/400")
        "#,
    );
    check("collectgarbage('setstepmul', 300) collectgarbage() collectgarbage() same(pace(), '130/300')");
}
