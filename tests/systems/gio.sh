# GIO modules: giomodule.cache in /usr/lib/*/gio/modules says which module has which extension point; a module
# is opened when such an extension is asked for, here TLS.
. "$TOP/tests/lib.sh"
. "$TOP/tests/gallery.sh"

need gio /usr/bin/python3
prepare gio
explained ./prog
expect_eq "output" "$(cat audited.out)" TLS
answer=$(plugreport why-loaded libgiognutls.so)
expect_match "who opened it" "$answer" 'g_module_open_full\(\).* in libgmodule'
expect_match "for whom" "$answer" 'main\(\) at prog\.c:4 in prog'
rm -f plugaudit.db*
recipe gio
