# GIO modules: giomodule.cache in /usr/lib/*/gio/modules says which module has which extension point; a module
# is opened when such an extension is asked for, here TLS.
. "$TOP/tests/lib.sh"
. "$TOP/tests/gallery.sh"

need gio /usr/bin/python3
cat >prog.c <<'END'
void *g_tls_backend_get_default(void);
int g_tls_backend_supports_tls(void *);
int puts(const char *);
int main(void) { puts(g_tls_backend_supports_tls(g_tls_backend_get_default()) ? "TLS" : "no TLS"); return 0; }
END
$CC -g -o prog prog.c -l:libgio-2.0.so.0
explained ./prog
expect_eq "output" "$(cat audited.out)" TLS
answer=$(plugreport why-loaded libgiognutls.so)
expect_match "who opened it" "$answer" 'g_module_open_full\(\).* in libgmodule'
expect_match "for whom" "$answer" 'main\(\) at prog\.c:4 in prog'
rm -f plugaudit.db*
recipe gio
