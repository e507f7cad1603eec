# D: core.runtime's loadLibrary opens a plugin with RTLD_LAZY; the run-time library then asks for it, and for each
# library that it needs, with RTLD_NOLOAD.  Names are mangled with back references, types as in _D3foo3barFiZi.
. "$TOP/tests/lib.sh"
. "$TOP/tests/gallery.sh"

need gdc
prepare dlang
explained ./host
expect_eq "output" "$(cat audited.out)" 42
answer=$(plugreport why-loaded libplugin.so)
expect_match "who opened it" "$answer" '^libplugin\.so was loaded because rt_loadLibrary\(\).* in libgphobos\.so'
expect_match "for whom" "$answer" 'host\.load\(immutable\(char\)\[\]\) at host\.d:5 in host'
expect_match "main" "$answer" 'D main\(\) at host\.d:8 in host'
expect_match "type information" "$(plugreport bindings --from libplugin.so)" 'vtable for TypeInfo_Struct '
expect_match "not demangled" "$(plugreport bindings --from libplugin.so --no-demangle)" ' _D6plugin6answerFiZi '
rm -f plugaudit.db*
recipe dlang
