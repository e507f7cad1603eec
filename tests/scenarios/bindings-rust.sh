# A Rust program calls what it imports through GLOB_DAT slots: every binding that ld.so prints is in
# the database, and its dlopen is seen.
. "$TOP/tests/lib.sh"
. "$TOP/tests/oracle/bindings.sh"

need rustc readelf
cat >prog.rs <<'END2'
use std::ffi::{c_char, c_int, c_void};
use std::thread;
#[link(name = "dl")]
extern "C" {
    fn dlopen(name: *const c_char, flags: c_int) -> *mut c_void;
    fn dlsym(handle: *mut c_void, name: *const c_char) -> *mut c_void;
}
fn main() {
    let handle = unsafe { dlopen(c"libm.so.6".as_ptr(), 2) };
    let cbrt = unsafe { dlsym(handle, c"cbrt".as_ptr()) };
    let cbrt: extern "C" fn(f64) -> f64 = unsafe { std::mem::transmute(cbrt) };
    let sum: f64 = (0..4).map(|i| thread::spawn(move || cbrt(i as f64 * 8.0)).join().unwrap()).sum();
    println!("{:.3}", sum);
    assert!(std::panic::catch_unwind(|| panic!("on purpose")).is_err());
}
END2
rustc --edition 2021 -g -o prog prog.rs >rustc.log 2>&1 || skip "rustc can't build it: $(head -1 rustc.log)"
bindings_equal ./prog
expect_eq "it works" "$(cat ld-debug.out)" "$(./prog 2>/dev/null)"
expect_db "calls" "SELECT c.kind, c.name FROM call c JOIN object o ON o.id = c.caller_object
	WHERE o.kind = 'main' AND c.name IN ('libm.so.6', 'cbrt')" "dlopen|libm.so.6
dlsym|cbrt"
expect_true "slots, not calls, tell" [ "$(db "SELECT count(*) FROM v_binding WHERE kind = 'got'
	AND source = 'relocation' AND from_path LIKE '%/prog' AND to_path IS NOT NULL")" -gt 20 ]
