# Rust programs that load plugins as the libloading crate does: dlopen with RTLD_LAZY, dlsym, dlclose when the
# value is dropped; called through slots that ld.so tells no auditor about.
. "$TOP/tests/lib.sh"
. "$TOP/tests/gallery.sh"

need rustc
so libplugin.so <<<'int plugin(void) { return 42; }'
cat >host.rs <<'END'
use std::ffi::CString;
use std::os::raw::{c_char, c_int, c_void};
#[link(name = "dl")]
extern "C" {
    fn dlopen(name: *const c_char, flags: c_int) -> *mut c_void;
    fn dlsym(handle: *mut c_void, name: *const c_char) -> *mut c_void;
    fn dlclose(handle: *mut c_void) -> c_int;
}
struct Library(*mut c_void);
impl Library {
    fn new(name: &str) -> Library {
        let name = CString::new(name).unwrap();
        Library(unsafe { dlopen(name.as_ptr(), 1) })
    }
    fn call(&self, name: &str) -> i32 {
        let name = CString::new(name).unwrap();
        let f = unsafe { dlsym(self.0, name.as_ptr()) };
        let f: extern "C" fn() -> i32 = unsafe { std::mem::transmute(f) };
        f()
    }
}
impl Drop for Library {
    fn drop(&mut self) { unsafe { dlclose(self.0); } }
}
fn main() {
    let library = Library::new("./libplugin.so");
    println!("{}", library.call("plugin"));
}
END
rustc --edition 2018 -g -o host host.rs >rustc.log 2>&1 || skip "rustc can't build it: $(head -n 1 rustc.log)"
explained ./host
expect_eq "output" "$(cat audited.out)" 42
answer=$(plugreport why-loaded libplugin.so)
expect_match "demangled" "$answer" 'host::Library::new.* at host\.rs:13 in host'
expect_match "unloaded" "$(plugreport calls)" 'dlclose\(libplugin\.so\)'
expect_match "when it is dropped" "$(plugreport calls)" '<host::Library as core::ops::drop::Drop>::drop'
rm -f plugaudit.db*
recipe rust
