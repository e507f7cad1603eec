# The module's file keeps the guest's rules: it exports its la_* entry points and nothing else, has no
# thread-local storage, is bound when it is loaded, and uses nothing of libc that allocates, locks,
# formats, reads the locale or loads libraries.
. "$TOP/tests/lib.sh"

need readelf nm
expect_eq "exported" "$(nm -D --defined-only "$MODULE" | awk '{ print $NF }' | sort | tr '\n' ' ')" \
	"la_activity la_objclose la_objopen la_objsearch la_preinit $SYMBIND la_version "
headers=$(readelf -lW "$MODULE")
expect_no_match "no thread-local storage" "$headers" '^ *TLS '
expect_no_match "no executable stack" "$headers" 'GNU_STACK.*RWE'
dynamic=$(readelf -dW "$MODULE")
expect_match "bound at load" "$dynamic" 'BIND_NOW'
expect_no_match "no text relocations" "$dynamic" 'TEXTREL'
expect_no_match "no search path of its own" "$dynamic" '(RPATH|RUNPATH)'
expect_no_match "libraries" "$(sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' <<<"$dynamic" |
	grep -vE '^(libc\.so\.6|libunwind-.*|ld-linux.*)$' || true)" .
expect_no_match "used of libc" "$(nm -D --undefined-only "$MODULE" | awk '{ print $NF }')" \
	'^(malloc|calloc|realloc|free|.*printf|fopen|fwrite|dl(m?open|v?sym|close|error|addr|info)|pthread_.*|setlocale|is(alpha|digit|space)|__ctype.*|__tls_get_addr|strto.*|qsort|getenv|syslog)(@|$)'
