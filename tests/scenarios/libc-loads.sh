# libc loads NSS modules and character set converters by itself, past every tap: these loads are
# explained as libc's own, with the stack that led there.
. "$TOP/tests/lib.sh"

gconv=$(dirname "$(find /usr/lib /lib -name 'ISO8859-15.so' 2>/dev/null | head -1)")
[ -n "$gconv" ] || skip "there is no character set converter to load"
program prog <<'END'
#include <iconv.h>
#include <netdb.h>
#include <pwd.h>
#include <stdio.h>
static int look_up_user(void)
{
	return getpwnam("nobody") != NULL;
}
static int look_up_host(void)
{
	struct addrinfo *result = NULL;
	return getaddrinfo("localhost", NULL, NULL, &result);
}
static int convert(void)
{
	return iconv_open("ISO8859-15", "UTF-16") != (iconv_t)-1;
}
int main(void)
{
	printf("%d\n", look_up_user());
	printf("%d\n", look_up_host());
	printf("%d\n", convert());
	return 0;
}
END
same_run ./prog
expect_sound
expect_db "no tap saw a load" "SELECT count(*) FROM call WHERE kind IN ('dlopen', 'dlmopen')" 0
loaded=$(db "SELECT soname FROM object WHERE namespace = 0 AND kind = 'library' AND
	opened_seq > (SELECT seq FROM activity WHERE kind = 'preinit')")
expect_match "the converters" "$loaded" 'ISO8859-15|^libnss_files|^$'
expect_db "each is libc's, or needed by such a one" "SELECT path, reason FROM object
	WHERE kind = 'library' AND namespace = 0 AND reason NOT IN ('libc', 'needed')
	AND opened_seq > (SELECT seq FROM activity WHERE kind = 'preinit')" ""
expect_db "ISO8859-15.so" "SELECT reason FROM object WHERE path LIKE '%/ISO8859-15.so'" libc
expect_match "the stack at the search leads to the program" "$(db "SELECT f.function, f.line
	FROM object o JOIN search s ON s.id = o.reason_search JOIN stack_frame f ON f.stack = s.stack
	WHERE o.path LIKE '%/ISO8859-15.so' ORDER BY f.depth")" '^convert\|16$'
answer=$(plugreport why-loaded ISO8859-15.so)
expect_match "why-loaded tells that libc asked" "$answer" 'libc itself'
expect_match "and for whom" "$answer" 'convert\(\) at prog\.c:16'
nss=$(db "SELECT path FROM object WHERE path LIKE '%/libnss_%' AND reason = 'libc' LIMIT 1")
if [ -n "$nss" ]; then
	expect_match "the stack at the search of $nss" "$(db "SELECT f.function FROM object o
		JOIN search t ON t.id = o.reason_search JOIN search s ON s.id = coalesce(t.request, t.id)
		JOIN stack_frame f ON f.stack = s.stack WHERE o.path = '$nss'")" '^look_up_(user|host)$'
fi
