# Rust programs that load plugins as the libloading crate does: dlopen with RTLD_LAZY, dlsym, dlclose when the
# value is dropped; called through slots that ld.so tells no auditor about.
. "$TOP/tests/lib.sh"
. "$TOP/tests/gallery.sh"

need rustc
(prepare rust) >rustc.log 2>&1 || skip "rustc can't build it: $(head -n 1 rustc.log)"
explained ./host
expect_eq "output" "$(cat audited.out)" 42
answer=$(plugreport why-loaded libplugin.so)
expect_match "demangled" "$answer" 'host::Library::new.* at host\.rs:13 in host'
expect_match "unloaded" "$(plugreport calls)" 'dlclose\(libplugin\.so\)'
expect_match "when it is dropped" "$(plugreport calls)" '<host::Library as core::ops::drop::Drop>::drop'
rm -f plugaudit.db*
recipe rust
