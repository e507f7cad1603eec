# RTLD_NOW (dlopen(3)): everything is bound before dlopen returns, which fails when that can't be done.
# LD_BIND_NOW makes every RTLD_LAZY such a one.
. "$TOP/tests/lib.sh"
. "$TOP/tests/gallery.sh"

so good.so -Wl,-z,lazy <<<'#include <stdlib.h>
int good(int n) { return n ? abs(n) + atoi("1") : 0; }'
so bad.so -Wl,-z,lazy <<<'int nobody_has_this(void); int bad(int n) { return n ? nobody_has_this() : 0; }'
program host <<'END'
#include <dlfcn.h>
#include <stdio.h>
int main(void)
{
	puts(dlopen("./good.so", RTLD_NOW) ? "good" : "good failed");
	puts(dlopen("./bad.so", RTLD_NOW) ? "bad" : "bad failed");
	puts(dlopen("./bad.so", RTLD_LAZY) ? "bad, lazily" : "bad failed");
	return 0;
}
END
judge LD_BIND_NOW=1 ./host
judge ./host
transcript <<'END'
$ cat program.out
good
bad failed
bad, lazily
$ plugreport calls
       AT    TID  CALL                           RESULT                                                                         KNOWN BY  CALLED FROM
  0.61 ms  25334  dlopen("./good.so", RTLD_NOW)  loaded good.so                                                                 opening   main() at host.c:5 in host
  0.71 ms  25334  dlopen("./bad.so", RTLD_NOW)   failed: bad.so refers to nobody_has_this, which nothing in its scopes defines  opening   main() at host.c:6 in host
  0.77 ms  25334  dlopen("./bad.so", RTLD_LAZY)  loaded bad.so                                                                  opening   main() at host.c:7 in host
Results known by opening, search or name are inferred from what came next.
$ plugreport bindings --from good.so --kind plt
  FROM     SYMBOL  VERSION      TO         KIND  SOURCE      COUNT
  good.so  atoi    GLIBC_2.2.5  libc.so.6  plt   la_symbind      1
$ plugreport object bad.so | sed -n '/^Not bound/,/^$/p'
Not bound when the load failed  [inferred, from the files' symbols]
  SYMBOL           WHO HAS IT
  nobody_has_this  nobody that was loaded

END
